"""Alarms: what the shift crew is asked to act on, with the life cycle of ISA-18.2."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
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

    The window starts anew at a run or model change. A condition, once active, ends when
    fewer than `k` of the last `n` chunks were faulty and the newest was not.
    """

    def __init__(self, rule: AlarmRule, history: Iterable[Severity] = ()) -> None:
        self.rule = rule
        self._last: deque[Severity] = deque(history, maxlen=rule.n)

    def see(self, severity: Severity) -> None:
        """Count one more chunk; NONE when it had no Confirmed fault."""
        self._last.append(severity)

    def restart(self) -> None:
        """Forget all: another run or another model begins."""
        self._last.clear()

    @property
    def faulty(self) -> int:
        """Number of faulty chunks in the window."""
        return sum(severity > Severity.NONE for severity in self._last)

    @property
    def severity(self) -> Severity:
        """The highest severity in the window."""
        return max(self._last, default=Severity.NONE)

    def raises(self) -> bool:
        """Whether the newest chunk makes the condition active."""
        return bool(self._last) and self._last[-1] > Severity.NONE and self.faulty >= self.rule.k

    def clears(self) -> bool:
        """Whether the condition, being active, ends."""
        return bool(self._last) and self._last[-1] is Severity.NONE and self.faulty < self.rule.k
