"""Alarms: what the shift crew is asked to act on, with the life cycle of ISA-18.2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .hall import AlarmRule
from .label import Severity
from .plot import Plot
from .verdict import Status, Verdict


class AlarmState(StrEnum):
    """States of ISA-18.2 that this release enters; shelving and suppression come later."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED_UNACKNOWLEDGED = "returned unacknowledged"


OPEN_STATES = (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED, AlarmState.RETURNED_UNACKNOWLEDGED)


@dataclass(frozen=True)
class Alarm:
    """One occurrence of a fault of one plot type, from its annunciation to normal.

    `acknowledged_by` and `acknowledged_at` are None until somebody took it. `number` is the
    short number that panel and card share on the wall.
    """

    id: int
    plot_type: str
    pad: str
    label: str
    severity: Severity
    state: AlarmState
    raised_at: datetime
    changed_at: datetime
    plot_id: int
    confidence: float
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    returned_at: datetime | None = None


@dataclass(frozen=True)
class AlarmStep:
    """A line of an alarm's log: from one state to another, by whom and why."""

    at: datetime
    former: AlarmState
    state: AlarmState
    who: str
    station: str
    why: str
    label: str
    confidence: float | None


def after_condition(state: AlarmState, active: bool) -> AlarmState:
    """The state after the condition was looked at again."""
    if active:
        if state is AlarmState.NORMAL or state is AlarmState.RETURNED_UNACKNOWLEDGED:
            return AlarmState.UNACKNOWLEDGED
        return state
    if state is AlarmState.UNACKNOWLEDGED:
        return AlarmState.RETURNED_UNACKNOWLEDGED
    if state is AlarmState.ACKNOWLEDGED:
        return AlarmState.NORMAL
    return state


def after_acknowledge(state: AlarmState) -> AlarmState:
    """The state after a person took the alarm."""
    if state is AlarmState.UNACKNOWLEDGED:
        return AlarmState.ACKNOWLEDGED
    if state is AlarmState.RETURNED_UNACKNOWLEDGED:
        return AlarmState.NORMAL
    return state


@dataclass(frozen=True)
class Finding:
    """What was found in a plot: its verdict, and the severity with which that alarms, NONE when it never does."""

    plot: Plot
    verdict_id: int
    verdict: Verdict
    severity: Severity


class AlarmWindow:
    """Remembers what was found in the last chunks: the k-of-n rule.

    The window starts anew at a run or model change. A condition, once active, ends when fewer
    than `k` of the last `n` chunks were faulty and the newest was surely not: a verdict in
    doubt raises nothing and clears nothing.
    """

    def __init__(self, rule: AlarmRule) -> None:
        self.rule = rule
        self._last: list[Finding] = []  # oldest first, one a chunk

    def see(self, finding: Finding) -> None:
        """Take in what was found, at its place in time; of one chunk the newest plot counts."""
        chunk = finding.plot.name.chunk
        for other in self._last:
            if chunk is not None and other.plot.name.chunk == chunk:
                if other.plot.place > finding.plot.place:
                    return
                self._last.remove(other)
                break
        self._last = sorted([*self._last, finding], key=lambda one: one.plot.place)[-self.rule.n :]

    def restart(self) -> None:
        """Forget all: another run or another model begins."""
        self._last.clear()

    @property
    def newest(self) -> Finding | None:
        """What was found in the newest chunk, None before the first."""
        return self._last[-1] if self._last else None

    @property
    def newest_fault(self) -> Finding | None:
        """What was found in the newest faulty chunk, None when no chunk was."""
        return next((one for one in reversed(self._last) if one.severity > Severity.NONE), None)

    @property
    def faulty(self) -> int:
        """Number of faulty chunks in the window."""
        return sum(one.severity > Severity.NONE for one in self._last)

    @property
    def seen(self) -> int:
        """Number of chunks in the window, at most n."""
        return len(self._last)

    def raises(self) -> bool:
        """Whether the condition is active, in whatever order the chunks came."""
        return self.faulty >= self.rule.k

    def clears(self) -> bool:
        """Whether the condition, being active, ends."""
        newest = self.newest
        return (
            newest is not None
            and newest.verdict.status is Status.CONFIRMED
            and newest.severity is Severity.NONE
            and not self.raises()
        )
