"""A hall: one deployment, with its plot types, its source and its rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from .alarm_settings import AlarmSettings
from .label import Label, Role, Severity, default_label

DEFAULT_LABEL_NAMES = ("Good", "Bad", "NoData", "Ignore")

# One picture: .../RunPeriod-2021-08/Run080464/RF_TOF_selftiming-02_0037.png
# The pad and the chunk may be missing: a plot without a chunk is made once per run.
DEFAULT_NAME_PATTERN = (
    r"(?:.*?/)??(?:RunPeriod-(?P<run_period>[^/]+)/)?Run(?P<run_number>\d+)/"
    r"(?P<plot_type>[^/]+?)(?:-(?P<pad>\d{2}))?(?:_(?P<chunk>\d{4,}))?\.(?:png|jpg|jpeg|bmp|webp|gif)"
)


@dataclass(frozen=True)
class AlarmRule:
    """A Confirmed faulty verdict alarms once `k` of the last `n` chunks had one (1 <= k <= n).

    It must have been so for `on_delay_s`, and over for `off_delay_s` before the alarm ends. `hysteresis` is by how
    much the probability of a fault must have fallen below the threshold that confirmed it, 0..1. One that `latches`
    stays until a person resets it; `once_per_run` is for cumulative plots, which don't become good again in a run.
    `unfamiliar` is the severity of an Unfamiliar plot that deviates strongly in one place, None for the highest of
    the plot type's faulty labels.
    """

    k: int = 2
    n: int = 3
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0
    hysteresis: float = 0.0
    latches: bool = False
    once_per_run: bool = False
    unfamiliar: Severity | None = None

    @property
    def is_delayed(self) -> bool:
        """Whether more than the last n chunks matter."""
        return self.on_delay_s > 0 or self.off_delay_s > 0

    def __post_init__(self) -> None:
        if not 1 <= self.k <= self.n:
            raise ValueError(f"alarm rule needs 1 <= k <= n, got k = {self.k}, n = {self.n}")


# 3 of 5, and over for half an hour before it ends: measured by `make bench ONLY=alarms` to make half the false alarms
# of 2 of 3, and one a day in place of dozens of a plot type that flickers
USUAL_RULE = AlarmRule(3, 5, off_delay_s=1800.0)


@dataclass(frozen=True)
class PlotType:
    """A monitoring plot's name with all that the hall says about it."""

    name: str
    group: str = ""
    chunked: bool = True
    labels: tuple[Label, ...] = tuple(default_label(name) for name in DEFAULT_LABEL_NAMES)
    alarm_rule: AlarmRule = USUAL_RULE
    age_limit_s: float = 1800.0  # an older plot never sounds
    stale_after_s: float = 900.0  # without a new plot for that long the panel says stale
    collect_percent: float = 2.0
    contact: str = ""
    guidance: str = ""
    ignored: bool = False

    def label(self, name: str) -> Label:
        """The label of that name as this plot type uses it, the default for a foreign one."""
        for label in self.labels:
            if label.name == name:
                return label
        return default_label(name)

    @property
    def unfamiliar_severity(self) -> Severity:
        """That of an Unfamiliar plot that deviates strongly: as the rule says, else the highest of a faulty label."""
        if self.alarm_rule.unfamiliar is not None:
            return self.alarm_rule.unfamiliar
        return max((one.severity for one in self.labels if one.role is Role.FAULTY), default=Severity.NONE)

    @property
    def rule(self) -> AlarmRule:
        """The alarm rule in force: a plot made once per run has no second chance to confirm."""
        own = self.alarm_rule
        return own if self.chunked else AlarmRule(1, 1, latches=own.latches, unfamiliar=own.unfamiliar)


@dataclass(frozen=True)
class Logbook:
    """Where logbook entries go: a folder ("": whoever writes one chooses), then a command (empty: none).

    Each word of the command may hold the facts of `FACTS` in braces, as ``{html}``.
    """

    folder: str = ""
    command: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (name for word in self.command for name in _FACT.findall(word)):
            if name not in FACTS:
                raise ValueError(f"holds {{{name}}}, which is no fact; known are {', '.join(FACTS)}")
        if self.command and (not self.command[0] or _FACT.search(self.command[0])):
            raise ValueError("must begin with the program to run, and that can't be a fact")

    def filled(self, facts: Mapping[str, str]) -> list[str]:
        """The command with these facts in the place of their names."""
        return [_FACT.sub(lambda name: facts[name[1]], word) for word in self.command]


FACTS = (
    "html", "hall", "plot_type", "pad", "run_period", "run", "chunk", "taken_at", "label", "status", "confidence",
    "user", "station",
)  # fmt: skip
_FACT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class RunPvs:
    """Names of EPICS process variables that tell of the run and the beam, "" where there is none.

    The beam is on where `beam_pv` isn't 0; `beam_current_pv` is in nA.
    """

    beam_pv: str = ""
    beam_current_pv: str = ""
    run_pv: str = ""
    run_period_pv: str = ""
    run_state_pv: str = ""
    events_pv: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Each that is named, once."""
        return tuple(dict.fromkeys(name for f in fields(self) if (name := getattr(self, f.name))))


@dataclass(frozen=True)
class Hall:
    """A hall's settings.

    `source_folder` is the folder watched for plots ("" when none is set), `name_pattern` a
    regular expression with the groups plot_type, run_number and optionally run_period, pad,
    chunk. `beam_file` is a JSON file with run and beam state ("" when there is none).
    """

    name: str
    source_folder: str = ""
    name_pattern: str = DEFAULT_NAME_PATTERN
    beam_file: str = ""
    plot_types: Mapping[str, PlotType] = field(default_factory=dict)
    logbook: Logbook = Logbook()
    alarms: AlarmSettings = AlarmSettings()
    run_pvs: RunPvs = RunPvs()
