"""Training: which plot types gain from it, and the jobs that people asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from .hall import PlotType
from .label import Role

FEWEST_GOOD = 20  # labelled plots that say what is normal; with fewer a model calls much Unfamiliar
NEW_LABELS = 20  # since the last model: then the next one is worth its minute
NEW_FAULTY = 3  # the same, of faults: they are rare, and each teaches more
FEWEST_A_LABEL = 2  # plots without which a label can't be learned


class Recipe(StrEnum):
    """What is trained."""

    FIRST = "first"  # a head on the shared network: seconds
    BOTH = "both"  # beside it a whole network, which is used if it clearly wins: minutes to hours


class JobState(StrEnum):
    """Where a job stands; the last four are its end."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"  # the stations that had it died, one after the other


OPEN = (JobState.WAITING, JobState.RUNNING)


class Stop(StrEnum):
    """What a person wants of a job that goes on; the later word counts."""

    NONE = ""
    KEEP = "keep"  # the best so far
    DISCARD = "discard"


class Stage(StrEnum):
    """The stages of a job, in their order; `TUNE` only with both recipes."""

    READ = "read"
    FEATURES = "features"
    LEARN = "learn"
    TUNE = "tune"
    STORE = "store"


_STAGES = (("computing features", Stage.FEATURES), ("training", Stage.LEARN), ("fine-tuning", Stage.TUNE))


def stage_of(words: str) -> Stage:
    """The stage that a service's words on its progress belong to."""
    if words.startswith("storing"):
        return Stage.STORE
    return next((stage for begin, stage in _STAGES if words.startswith(begin)), Stage.READ)


def stages_of(recipe: Recipe) -> tuple[Stage, ...]:
    """The stages that a job of this recipe goes through."""
    return tuple(stage for stage in Stage if stage is not Stage.TUNE or recipe is Recipe.BOTH)


@dataclass(frozen=True)
class Options:
    """How a job trains; the defaults are meant to be left alone.

    `balanced`: every label weighs alike in the fit. Thresholds of faulty labels are chosen for so many
    `false_alarms_a_day`, None for the best F1.
    """

    recipe: Recipe = Recipe.FIRST
    balanced: bool = True
    false_alarms_a_day: float | None = None

    def plain(self) -> dict[str, Any]:
        """As plain values; what is usual is left out."""
        found: dict[str, Any] = {}
        if self.recipe is not Recipe.FIRST:
            found["recipe"] = str(self.recipe)
        if not self.balanced:
            found["balanced"] = False
        if self.false_alarms_a_day is not None:
            found["false_alarms_a_day"] = self.false_alarms_a_day
        return found

    @property
    def text(self) -> str:
        """In words."""
        parts = ["head and whole network" if self.recipe is Recipe.BOTH else "head on the shared network"]
        if not self.balanced:
            parts.append("labels weigh by their number")
        if self.false_alarms_a_day is not None:
            parts.append(f"for {self.false_alarms_a_day:g} false alarms a day")
        return ", ".join(parts)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Options:
        """From plain values."""
        return cls(
            Recipe(plain.get("recipe", Recipe.FIRST)), plain.get("balanced", True), plain.get("false_alarms_a_day")
        )


USUAL = Options()


@dataclass(frozen=True)
class Curve:
    """A line that grows while a job runs: (step, value) points, rising in step."""

    points: tuple[tuple[float, float], ...] = ()

    MOST = 400  # points that are kept

    def grown(self, points: Sequence[tuple[float, float]]) -> Curve:
        """With more points; of a long line every second one is kept, always the last."""
        line = (*self.points, *points)
        while len(line) > self.MOST:
            line = (*line[:-1][::2], line[-1])
        return Curve(line)


HELD_OUT_LOSS = "log-loss"  # on plots of runs kept aside
HELD_OUT_F1 = "macro-F1"  # on the same
TRAINING_LOSS = "training loss"  # on the plots it is trained on: measures only progress


@dataclass(frozen=True)
class Job:
    """A training that somebody asked for.

    `fraction` and `left_s` are those of the `stage`; `left_s` is None where nothing can be told. `station` is where
    it was asked for, `runs_on` where it runs or ran last. `wish` is what a person wants of it meanwhile,
    `wished_by` who and where: ``ben at control room``.
    """

    id: int
    plot_type: str
    state: JobState
    user: str
    station: str
    asked_at: datetime
    options: Options = USUAL
    started_at: datetime | None = None
    ended_at: datetime | None = None
    stage: str = ""
    fraction: float = 0.0
    left_s: float | None = None
    runs_on: str = ""
    wish: Stop = Stop.NONE
    attempts: int = 0
    model_id: int | None = None
    error: str = ""
    log: str = ""
    curves: Mapping[str, Curve] = field(default_factory=dict)
    wished_by: str = ""
    wished_at: datetime | None = None
    silent: bool = False  # it is said to run, and its station doesn't answer: another takes it up

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in OPEN

    @property
    def may_keep(self) -> bool:
        """Whether stopping it now could keep something: only a network under tuning has a best so far."""
        return self.state is JobState.RUNNING and stage_of(self.stage) is Stage.TUNE and self.wish is Stop.NONE


class Light(StrEnum):
    """Whether a plot type gains from training, the most urgent first."""

    DRIFTED = "Drifted"
    READY = "Ready"
    STALE = "Stale"
    TOO_FEW = "Too few labels"
    UP_TO_DATE = "Up to date"


GAINS = (Light.DRIFTED, Light.READY, Light.STALE)


@dataclass(frozen=True)
class LastModel:
    """The newest model of a plot type, active or not: by what it was trained on it is seen what is new."""

    id: int
    created_at: datetime
    user: str
    labels: tuple[str, ...]
    run_periods: tuple[str, ...] = ()
    newest_label: int | None = None  # None: trained by a version that didn't note it, or elsewhere
    seen: Mapping[str, int] = field(default_factory=dict)  # label -> labelled plots at that time


@dataclass(frozen=True)
class Labelled:
    """What is labelled of a plot type, and what its models know.

    `given` and `accepted` hold the plots of each label in force that a person chose, or let pass with its page; `new`
    the plots of each label given since the last model. `run_period` is that of the newest plot, "" where unknown.
    """

    plot_type: PlotType
    given: Mapping[str, int] = field(default_factory=dict)
    accepted: Mapping[str, int] = field(default_factory=dict)
    new: Mapping[str, int] = field(default_factory=dict)
    last: LastModel | None = None
    run_period: str = ""
    drift: str = ""  # what is seen of a change that goes on, in words

    @property
    def counts(self) -> dict[str, int]:
        """Plots by label in force, however it came."""
        names = dict.fromkeys((*self.given, *self.accepted))
        return {name: self.given.get(name, 0) + self.accepted.get(name, 0) for name in names}

    def of_role(self, role: Role, counts: Mapping[str, int]) -> int:
        """How many of the counted have a label of that role."""
        return sum(count for name, count in counts.items() if self.plot_type.label(name).role is role)

    @property
    def has_changed(self) -> bool:
        """Whether labels were given or taken back since the last model, or there is none."""
        if self.last is None:
            return bool(self.counts)
        return bool(self.new) or (self.last.newest_label is not None and dict(self.last.seen) != self.counts)


@dataclass(frozen=True)
class Standing:
    """The light of a plot type, and why in words."""

    light: Light
    reason: str


def standing(labelled: Labelled) -> Standing:
    """Whether a plot type gains from training now.

    Drifted: a change goes on and there are labels to learn it from. Ready: at least `NEW_LABELS` new labels, or
    `NEW_FAULTY` new faults, or no model yet. Stale: the labels that it may have, or the run period, aren't those of
    the last model. Too few: less than `FEWEST_GOOD` Good plots are labelled.
    """
    good = labelled.of_role(Role.GOOD, labelled.counts)
    if good < FEWEST_GOOD:
        return Standing(Light.TOO_FEW, f"{good:,} Good, needs {FEWEST_GOOD}")
    if labelled.drift:
        return Standing(Light.DRIFTED, labelled.drift)
    last, new = labelled.last, sum(labelled.new.values())
    faulty = labelled.of_role(Role.FAULTY, labelled.new)
    if last is None:
        everything = labelled.of_role(Role.FAULTY, labelled.counts)
        return Standing(Light.READY, f"first model, {everything:,} faulty" if everything else "first model, Good alone")
    if new >= NEW_LABELS or faulty >= NEW_FAULTY:
        return Standing(Light.READY, f"{new:,} new labels" + (f", {faulty:,} of them faulty" if faulty else ""))
    added = [
        label.name
        for label in labelled.plot_type.labels
        if label.role is not Role.EXCLUDED
        and label.name not in last.labels
        and labelled.counts.get(label.name, 0) >= FEWEST_A_LABEL
    ]
    if added:
        return Standing(Light.STALE, f"not in the last model: {', '.join(added)}")
    if new and labelled.run_period and last.run_periods and labelled.run_period not in last.run_periods:
        return Standing(Light.STALE, f"no plot of {labelled.run_period} was trained on")
    if new:
        return Standing(Light.UP_TO_DATE, f"{new} new label{'s' if new > 1 else ''}")
    return Standing(Light.UP_TO_DATE, "labels taken back since" if labelled.has_changed else "nothing new")
