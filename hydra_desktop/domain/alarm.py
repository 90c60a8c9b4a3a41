"""Alarms: what the shift crew is asked to act on, with the life cycle of ISA-18.2."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .hall import AlarmRule
from .label import Severity


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


class AlarmWindow:
    """Remembers which of the last chunks had a Confirmed fault: the k-of-n rule.

    The window starts anew at a run or model change. A condition, once active, ends when fewer
    than `k` of the last `n` chunks were faulty and the newest was surely not: a verdict in
    doubt raises nothing and clears nothing.
    """

    def __init__(self, rule: AlarmRule) -> None:
        self.rule = rule
        self._last: deque[Severity] = deque(maxlen=rule.n)
        self._newest_is_sure = False

    def see(self, severity: Severity, *, sure: bool = True) -> None:
        """Count one more chunk: NONE when it had no Confirmed fault, `sure` when Confirmed."""
        self._last.append(severity)
        self._newest_is_sure = sure

    def restart(self) -> None:
        """Forget all: another run or another model begins."""
        self._last.clear()
        self._newest_is_sure = False

    @property
    def faulty(self) -> int:
        """Number of faulty chunks in the window."""
        return sum(severity > Severity.NONE for severity in self._last)

    @property
    def seen(self) -> int:
        """Number of chunks in the window, at most n."""
        return len(self._last)

    def raises(self) -> bool:
        """Whether the newest chunk makes the condition active."""
        return bool(self._last) and self._last[-1] > Severity.NONE and self.faulty >= self.rule.k

    def clears(self) -> bool:
        """Whether the condition, being active, ends."""
        return (
            bool(self._last) and self._newest_is_sure and self._last[-1] is Severity.NONE and self.faulty < self.rule.k
        )
