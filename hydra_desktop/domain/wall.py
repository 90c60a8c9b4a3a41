"""What the live wall shows, and the rules by which a panel says how it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from .alarm import Alarm
from .condition import Condition
from .episode import Episode
from .hall import PlotType
from .held import OutOfService, Suppression
from .known_fault import KnownFault
from .label import Role, Severity
from .plot import Plot
from .reference import WithoutReference
from .run import RunState
from .station import Station
from .verdict import Status, Verdict

MONITOR_SILENT_AFTER = timedelta(seconds=10)


class PanelState(StrEnum):
    """How a panel stands; never blank. Named as the wall says it."""

    KNOWN = "known"  # a known fault and nothing else
    GOOD = "Good"  # Confirmed, a label of role good
    CONDITION = "condition"  # Confirmed, a label of role condition without severity: NoData, LED
    FAULT = "fault"  # Confirmed, a label with a severity
    UNCONFIRMED = "Unconfirmed"
    UNFAMILIAR = "Unfamiliar"
    NO_MODEL = "NoModel"
    WAITING = "waiting"
    STALE = "stale"
    BEAM_OFF = "beam off"
    MONITOR_DOWN = "monitor down"


@dataclass(frozen=True)
class Panel:
    """One plot type on the wall, or one alarm's stream: its newest plot and what is known of it."""

    plot_type: PlotType
    plot: Plot | None = None
    verdict: Verdict | None = None
    verdict_id: int | None = None
    episode: Episode | None = None
    alarm: Alarm | None = None
    condition: Condition | None = None
    known: KnownFault | None = None  # all that the verdict says
    held: str = ""  # why it makes no alarm now, "" while it may

    @property
    def severity(self) -> Severity:
        """Severity of the verdict's label, NONE without a verdict."""
        if self.verdict is None or not self.verdict.label:
            return Severity.NONE
        return self.plot_type.label(self.verdict.label).severity

    @property
    def pad(self) -> str:
        """Pad of the alarm, else of the plot, "" where there is none."""
        if self.alarm is not None:
            return self.alarm.pad
        return self.plot.name.pad if self.plot is not None else ""


@dataclass(frozen=True)
class MonitorHealth:
    """The last sign of life of the monitor; `last_seen_at` is None when there never was one.

    Of another time than now nothing is `recorded`.
    """

    last_seen_at: datetime | None = None
    queue_length: int = 0
    station: str = ""
    message: str = ""  # what the monitor wants a person to know, e.g. an unwritable folder
    recorded: bool = True

    def alive(self, now: datetime) -> bool:
        """Whether the monitor gave a sign of life lately."""
        return self.last_seen_at is not None and now - self.last_seen_at < MONITOR_SILENT_AFTER

    def down(self, now: datetime) -> bool:
        """Whether it is known that the monitor gave none."""
        return self.recorded and not self.alive(now)


@dataclass(frozen=True)
class News:
    """A line that a coordinator wrote for all."""

    text: str = ""
    user: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class WallSnapshot:
    """All that a wall shows of one hall, as of one position of the change feed.

    `in_alarm` has a panel for each alarm of a plot type, with the newest plot of its own pad; `panels` has one for
    each plot type: that of the alarm that most needs a person, else that of the most doubtful pad.
    `alarms` are the open ones, the newest annunciation first; `held` those that are shelved, suppressed by design or
    out of service, as are the rules and plot types in `suppressions` and `out_of_service`; `conditions` the open
    ones, the newest first; `without_reference` are the plot types whose newest verdict rests on the reference of
    an older run period; `problems` are the newest plots or files that could not be taken, newest
    first, as (time, message).

    `as_of` is None on a live wall; else all is told as it stood at that time, and what isn't recorded
    of it is left out.
    """

    hall_name: str
    position: int = 0
    run: RunState = RunState()
    panels: tuple[Panel, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    monitor: MonitorHealth = MonitorHealth()
    news: News = News()
    newest_data_at: datetime | None = None
    analysed_total: int = 0
    last_alarm_ended_at: datetime | None = None
    problems: tuple[tuple[datetime, str], ...] = field(default=())
    conditions: tuple[Condition, ...] = ()
    in_alarm: tuple[Panel, ...] = ()
    without_reference: tuple[WithoutReference, ...] = ()
    as_of: datetime | None = None
    held: tuple[Alarm, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    out_of_service: tuple[OutOfService, ...] = ()
    stations: tuple[Station, ...] = ()


def panel_state(panel: Panel, run: RunState, monitor: MonitorHealth, now: datetime) -> PanelState:
    """How a panel stands at the time `now` (UTC, aware), which for a wall of another time is that time.

    A monitor that is down comes first, as no verdict is then to be relied on as current;
    beam off explains both a missing and an old plot.
    """
    if monitor.down(now):
        return PanelState.MONITOR_DOWN
    if panel.plot is None or panel.verdict is None:
        return PanelState.BEAM_OFF if run.beam_on is False else PanelState.WAITING
    if panel.plot_type.chunked and (now - panel.plot.taken_at).total_seconds() > panel.plot_type.stale_after_s:
        return PanelState.BEAM_OFF if run.beam_on is False else PanelState.STALE
    if panel.verdict.status is Status.NO_MODEL:
        return PanelState.NO_MODEL
    if panel.known is not None:
        return PanelState.KNOWN
    if panel.verdict.status is Status.UNFAMILIAR:
        return PanelState.UNFAMILIAR
    if panel.verdict.status is Status.UNCONFIRMED:
        return PanelState.UNCONFIRMED
    if panel.severity > Severity.NONE:
        return PanelState.FAULT
    if panel.plot_type.label(panel.verdict.label).role is Role.GOOD:
        return PanelState.GOOD
    return PanelState.CONDITION
