"""Alarms: what the shift crew is asked to act on, with the life cycle of ISA-18.2 (IEC 62682).

The machine is a few facts (`Life`), of which the state follows; the letters are those of the standard's figure:
A normal, B unacknowledged, C acknowledged, D returned unacknowledged, F latched, G shelved, H suppressed by
design, I out of service.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from .hall import AlarmRule
from .label import Severity
from .plot import Plot
from .verdict import DEFAULT_THRESHOLD, Status, Verdict


class AlarmState(StrEnum):
    """States of ISA-18.2."""

    NORMAL = "normal"  # A
    UNACKNOWLEDGED = "unacknowledged"  # B
    ACKNOWLEDGED = "acknowledged"  # C
    RETURNED_UNACKNOWLEDGED = "returned unacknowledged"  # D
    LATCHED = "latched"  # F: taken and over, waits for a reset
    SHELVED = "shelved"  # G
    SUPPRESSED = "suppressed"  # H, by design
    OUT_OF_SERVICE = "out of service"  # I


OPEN_STATES = (
    AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED_UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED, AlarmState.LATCHED
)  # fmt: skip
HELD_STATES = (AlarmState.SHELVED, AlarmState.SUPPRESSED, AlarmState.OUT_OF_SERVICE)
TO_TAKE = (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED_UNACKNOWLEDGED)


class AlarmKind(StrEnum):
    """What an alarm is about; a lost connection is an alarm of its own beside the fault that it may hide."""

    FAULT = "fault"  # a label with a severity, Confirmed
    UNFAMILIAR = "unfamiliar"  # unlike all that the model knows, and strongly so in one place
    CHANGED = "changed"  # all plots of a type differ alike
    STALE = "stale"  # a plot type that stopped coming
    REPEATED = "repeated"  # the same picture again and again, with beam
    QUIET = "quiet"  # no plot of any type comes
    SOURCE = "source"  # the folder is gone
    MONITOR = "monitor"  # doesn't answer
    STORAGE = "storage"  # the disk is full, pictures can't be kept
    LATE = "late"  # even the newest plots are so old that no fault of theirs alarms
    CANARY = "canary"  # a known fault, sent through, didn't arrive at the end
    FLOOD = "flood"  # more alarms than a person can take in


OF_FOLDER: tuple[AlarmKind, ...] = (AlarmKind.SOURCE, AlarmKind.STORAGE, AlarmKind.LATE)  # `pad` is the folder
OF_PLOTS = (AlarmKind.FAULT, AlarmKind.UNFAMILIAR)  # raised by single plots, with verdict and confidence behind them


class Disposition(StrEnum):
    """What an alarm was in the end, as a person says."""

    REAL = "real"
    BENIGN = "benign"
    WRONG_MODEL = "wrong model"  # the plot goes to the labeling queue
    WRONG_DATA = "wrong data"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Life:
    """What the machine remembers of an alarm; `state` follows from it.

    `severity` is that of the condition, of one occurrence the highest. `taken` is the severity at which a
    person acknowledged this occurrence, None before. `annunciated` says that the occurrence was ever
    unacknowledged for all to hear; one that began while it was held never was. `label` is the fault by which it is
    known; another of the same severity is a new annunciation.
    """

    active: bool = False
    severity: Severity = Severity.NONE
    annunciated: bool = False
    taken: Severity | None = None
    latches: bool = False
    suppressed: bool = False
    shelved_until: datetime | None = None
    out_of_service: bool = False
    label: str = ""

    @property
    def state(self) -> AlarmState:
        """The state of ISA-18.2 that follows."""
        if self.out_of_service:
            return AlarmState.OUT_OF_SERVICE
        if self.shelved_until is not None:
            return AlarmState.SHELVED
        if not self.active and not self.annunciated:
            return AlarmState.NORMAL
        if self.suppressed:
            return AlarmState.SUPPRESSED
        taken = self.taken is not None and self.taken >= self.severity
        if self.active:
            return AlarmState.ACKNOWLEDGED if taken else AlarmState.UNACKNOWLEDGED
        if not taken:
            return AlarmState.RETURNED_UNACKNOWLEDGED
        return AlarmState.LATCHED if self.latches else AlarmState.NORMAL

    @property
    def sounds(self) -> bool:
        """Whether it is to be heard."""
        return self.state is AlarmState.UNACKNOWLEDGED

    def with_condition(self, active: bool, severity: Severity = Severity.NONE, label: str = "") -> Life:
        """The condition was looked at: with `active` it holds, at a `severity`.

        Of what stands there already, another `label` is another fault, unless it is less severe and nobody has taken
        what stands there. Where that was taken, or is held, it takes its place with its own severity.
        """
        if self.suppressed and self.annunciated:
            return self  # while a rule suppresses it nobody looks: it stands as it was until the rule ends
        if not active:
            return replace(self, active=False)._settled()
        anew = not self.active and (self.taken is not None or not self.annunciated)  # another occurrence
        begun = replace(self, taken=None, severity=Severity.NONE) if anew else self
        if label not in ("", self.label) and (severity >= self.severity or self.state not in TO_TAKE):
            before = begun.severity if self.state in TO_TAKE else Severity.NONE
            begun = replace(begun, taken=None, label=label, severity=before)
        return replace(begun, active=True, severity=max(begun.severity, severity))._settled()

    def acknowledged(self) -> Life:
        """A person took what stands there; of an alarm that nobody can hear there is nothing to take."""
        if self.state not in TO_TAKE:
            return self
        return replace(self, taken=self.severity)._settled()

    def grown(self) -> Life:
        """More fell to what a person took, more plot types for instance: it is heard again."""
        return replace(self, taken=None)._settled() if self.state is AlarmState.ACKNOWLEDGED else self

    def reset(self) -> Life:
        """A person says that a latched alarm is over."""
        return Life(latches=self.latches, label=self.label) if self.state is AlarmState.LATCHED else self

    def shelved(self, until: datetime) -> Life:
        """A person puts it aside until a time, or for another time than before."""
        if self.state is AlarmState.NORMAL or self.out_of_service:
            return self
        return replace(self, shelved_until=until, annunciated=False, taken=None)

    def unshelved(self) -> Life:
        """Back from the shelf: normal, or unacknowledged where the condition holds."""
        return replace(self, shelved_until=None)._settled()

    def at(self, now: datetime) -> Life:
        """What the time does: a shelf is left by itself."""
        over = self.shelved_until is not None and self.shelved_until <= now
        return self.unshelved() if over else self

    def suppressed_by_design(self) -> Life:
        """A rule of the hall says that it means nothing now."""
        return replace(self, suppressed=True)

    def released(self) -> Life:
        """The rule ends: who had taken it has taken it still; what only began meanwhile is looked at anew."""
        if not self.suppressed:
            return self
        active = self.active and (self.annunciated or self.shelved_until is not None or self.out_of_service)
        return replace(self, suppressed=False, active=active)._settled()

    def taken_out_of_service(self) -> Life:
        """Somebody works at it."""
        return replace(self, out_of_service=True, annunciated=False, taken=None, shelved_until=None)

    def put_back(self) -> Life:
        """In service again: normal, or unacknowledged where the condition holds."""
        return replace(self, out_of_service=False)._settled()

    def annunciates_after(self, before: Life) -> bool:
        """Whether this is a new annunciation after `before`: unacknowledged anew, more severe, or another fault."""
        if self.state is not AlarmState.UNACKNOWLEDGED:
            return False
        same = before.state is AlarmState.UNACKNOWLEDGED
        same |= before.state is AlarmState.SUPPRESSED and before.annunciated  # it was heard before the rule held
        return not same or self.severity > before.severity or self.label != before.label

    def _settled(self) -> Life:
        """With what follows at once: what is heard was annunciated, what is over is forgotten."""
        state = self.state
        if state is AlarmState.UNACKNOWLEDGED and not self.annunciated:
            return replace(self, annunciated=True)
        if state is AlarmState.NORMAL:
            return Life(latches=self.latches, suppressed=self.suppressed, label=self.label)
        return self


@dataclass(frozen=True)
class Behind:
    """What is behind a transition, as far as it rests on a plot."""

    plot_id: int | None = None
    verdict_id: int | None = None
    model_id: int | None = None
    confidence: float | None = None
    threshold: float | None = None


@dataclass(frozen=True)
class Alarm:
    """An alarm of a plot type and pad, or of the hall ("" for both), from its first annunciation to normal.

    `label` is the word that it is known by, "Bad" or "No data"; `facts` a sentence of what was seen.
    `acknowledged_by` and `acknowledged_at` are None until somebody took it; `held_by` and `held_why` say who
    shelved it and why. `version` rises with every change.
    """

    id: int
    plot_type: str
    pad: str
    label: str
    severity: Severity
    state: AlarmState
    raised_at: datetime
    changed_at: datetime
    plot_id: int | None = None
    confidence: float | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    returned_at: datetime | None = None
    kind: AlarmKind = AlarmKind.FAULT
    facts: str = ""
    active: bool = True
    held_until: datetime | None = None
    held_by: str = ""
    held_why: str = ""
    comment: str = ""  # the newest of the shift's
    disposition: Disposition | None = None
    version: int = field(default=0, compare=False)
    life: Life = field(default=Life(), compare=False)
    annunciated_at: datetime | None = field(default=None, compare=False)  # see `occurrence`

    @property
    def occurrence(self) -> datetime:
        """When what stands there was annunciated, by the database's clock; another annunciation has another."""
        return self.annunciated_at or self.raised_at

    def later_by(self, off: timedelta) -> Alarm:
        """As told by a clock that is so much ahead of the database's."""
        if not off:
            return self
        times = {name: getattr(self, name) for name in ("acknowledged_at", "returned_at", "held_until")}
        told = {name: at + off for name, at in times.items() if at is not None}
        return replace(
            self,
            raised_at=self.raised_at + off,
            changed_at=self.changed_at + off,
            annunciated_at=self.raised_at,
            **told,
        )

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is left to do or to wait for."""
        return self.state is AlarmState.NORMAL


@dataclass(frozen=True)
class AlarmStep:
    """A line of an alarm's log: from one state to another, by whom and why; with the same states a comment."""

    at: datetime
    former: AlarmState
    state: AlarmState
    who: str
    station: str
    why: str
    label: str
    confidence: float | None
    severity: Severity = Severity.NONE
    comment: str = ""
    behind: Behind = Behind()
    annunciates: bool = False


def told_since_begun(log: Iterable[AlarmStep]) -> list[AlarmStep]:
    """The annunciations since an alarm last began, by its log, the oldest step first."""
    told: list[AlarmStep] = []
    for step in log:
        if step.annunciates:
            goes_on = step.former in (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED)
            told = [*told, step] if goes_on else [step]
    return told


def labels_told(log: Iterable[AlarmStep]) -> set[str]:
    """The faults that were annunciated since an alarm last began, by its log, the oldest step first."""
    return {step.label for step in told_since_begun(log)}


@dataclass(frozen=True)
class Finding:
    """What was found in a plot: its verdict, and the severity with which that alarms, NONE when it never does.

    `threshold` is that which the fault's probability had to reach, None where it isn't known. `told` is where all that
    its verdict says is told already, a known fault or what a change of its plot type says: then it alarms as little
    as a Good plot, and this says why.
    """

    plot: Plot
    verdict_id: int
    verdict: Verdict
    severity: Severity
    model_id: int | None = None
    threshold: float | None = None
    told: str = ""

    @property
    def name(self) -> str:
        """The word for what was found."""
        status = self.verdict.status
        return str(status) if status is Status.UNFAMILIAR else self.verdict.label

    @property
    def is_sure(self) -> bool:
        """Whether its verdict is in no doubt."""
        return bool(self.told) or self.verdict.status is Status.CONFIRMED


CLEARLY_GOOD = 0.1  # a probability of faults that ends a condition whatever the hysteresis
_KEPT = 500  # findings at most, however long the delays


class AlarmWindow:
    """Remembers what was found in the last chunks: the k-of-n rule, with its delays.

    The window starts anew at a run or model change and after suppression. A condition, once active, ends when fewer
    than `k` of the last `n` chunks were faulty, the newest was surely not, by the rule's hysteresis, and that was
    so for the off-delay: a verdict in doubt raises nothing and clears nothing. Delays are told by when plots were
    taken.
    """

    def __init__(self, rule: AlarmRule) -> None:
        self.rule = rule
        self._all: list[Finding] = []  # oldest first, one a chunk
        self._quiet_since: datetime | None = None  # since when it was without faults at the end of the run before
        self._after: Plot | None = None  # what lies before counts no more

    def see(self, finding: Finding) -> None:
        """Take in what was found, at its place in time; of one chunk the newest plot counts."""
        if self._after is not None and finding.plot.place < self._after.place:
            return
        chunk = finding.plot.name.chunk
        for other in self._all:
            if chunk is not None and other.plot.name.chunk == chunk:
                if other.plot.place > finding.plot.place:
                    return
                self._all.remove(other)
                break
        kept = sorted([*self._all, finding], key=lambda one: one.plot.place)[-_KEPT:]
        since = kept[-1].plot.taken_at - timedelta(seconds=max(self.rule.on_delay_s, self.rule.off_delay_s))
        needed = sum(one.plot.taken_at >= since for one in kept) if self.rule.is_delayed else 0
        self._all = kept[-(needed + self.rule.n) :]

    def restart(self, *, goes_on: bool = False) -> None:
        """Forget all: another run or another model begins; where it `goes_on`, a time without faults goes on too."""
        quiet = self._quiet
        if not goes_on or (quiet and not quiet[-1]):
            self._quiet_since = None
        elif quiet:
            first = self._first_of(quiet)
            if first > 0 or self._quiet_since is None:
                self._quiet_since = self._all[first].plot.taken_at
        self._all.clear()
        self._after = None

    def start_after(self, plot: Plot) -> None:
        """Forget what lies before a plot, which itself means nothing; what came of a later time stays."""
        later = [one for one in self._all if one.plot.place > plot.place]
        before = self._after
        self.restart()
        self._all = later
        self._after = plot if before is None or before.place < plot.place else before

    @property
    def _last(self) -> list[Finding]:
        return self._all[-self.rule.n :]

    @property
    def newest(self) -> Finding | None:
        """What was found in the newest chunk, None before the first."""
        return self._all[-1] if self._all else None

    @property
    def newest_fault(self) -> Finding | None:
        """What was found in the newest faulty chunk of the last n, None when no chunk was."""
        return next((one for one in reversed(self._last) if one.severity > Severity.NONE), None)

    @property
    def faulty(self) -> int:
        """Number of faulty chunks of the last n."""
        return sum(one.severity > Severity.NONE for one in self._last)

    @property
    def seen(self) -> int:
        """Number of chunks in the window, at most n."""
        return len(self._last)

    def raises(self, name: str = "") -> bool:
        """Whether the condition is active, in whatever order the chunks came; with a `name`, by that fault alone."""
        return self._lasts([self._is_reached(end, name) for end in range(len(self._all))], self.rule.on_delay_s)

    def clears(self) -> bool:
        """Whether the condition, being active, ends."""
        newest = self.newest
        if newest is not None and (newest.told or newest.verdict.status is Status.NO_MODEL):
            return not self._is_reached(len(self._all) - 1)  # nothing is left that could be waited for
        if newest is None or not newest.is_sure or not self._is_clearly_good(newest):
            return False
        quiet = self._quiet
        if self._quiet_since is not None and all(quiet):
            return (newest.plot.taken_at - self._quiet_since).total_seconds() >= self.rule.off_delay_s
        return self._lasts(quiet, self.rule.off_delay_s)

    @property
    def _quiet(self) -> list[bool]:
        """Of each chunk whether it was neither faulty nor in an active condition."""
        return [not self._is_reached(end) and one.severity is Severity.NONE for end, one in enumerate(self._all)]

    @staticmethod
    def _first_of(so: list[bool]) -> int:
        """Where the unbroken stretch at the end begins."""
        first = len(so) - 1
        while first > 0 and so[first - 1]:
            first -= 1
        return first

    def _is_reached(self, end: int, name: str = "") -> bool:
        """Whether k of the n chunks up to this place were faulty, with a `name` by that fault."""
        some = self._all[max(0, end + 1 - self.rule.n) : end + 1]
        return sum(one.severity > Severity.NONE and name in ("", one.name) for one in some) >= self.rule.k

    def _is_clearly_good(self, finding: Finding) -> bool:
        if not self.rule.hysteresis or finding.told:
            return True
        fault = self.newest_fault
        threshold = fault.threshold if fault is not None and fault.threshold is not None else DEFAULT_THRESHOLD
        return finding.verdict.fault_score <= max(CLEARLY_GOOD, threshold - self.rule.hysteresis)

    def _lasts(self, so: list[bool], delay_s: float) -> bool:
        """Whether it is so now, and was without a break for a delay."""
        if not so or not so[-1]:
            return False
        first = self._first_of(so)
        return (self._all[-1].plot.taken_at - self._all[first].plot.taken_at).total_seconds() >= delay_s
