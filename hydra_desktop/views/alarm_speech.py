"""What alarms say of themselves, in the same words on every screen."""

from __future__ import annotations

from datetime import datetime

from ..domain.alarm import TO_TAKE, Alarm, AlarmKind, AlarmState
from ..domain.wall import PanelState
from . import marks, words

WHOLE_HALL = "whole hall"
NEED = (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED_UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED, AlarmState.LATCHED)
SHORT = {
    AlarmState.UNACKNOWLEDGED: "unacknowledged",
    AlarmState.RETURNED_UNACKNOWLEDGED: "returned",
    AlarmState.ACKNOWLEDGED: "taken",
    AlarmState.LATCHED: "to reset",
}
_KINDS = {  # what stands in the place of a picture
    AlarmKind.MONITOR: "cross",
    AlarmKind.SOURCE: "cross",
    AlarmKind.STORAGE: "cross",
    AlarmKind.LATE: "cross",
    AlarmKind.CANARY: "cross",
    AlarmKind.QUIET: "dots",
    AlarmKind.STALE: "hatch",
    AlarmKind.REPEATED: "hatch",
    AlarmKind.CHANGED: "star",
    AlarmKind.UNFAMILIAR: "star",
}


def place(alarm: Alarm) -> str:
    """What an alarm is of: a plot type with its pad, or the whole hall."""
    return words.stream(alarm.plot_type, alarm.pad) if alarm.plot_type else WHOLE_HALL


def said_of(alarm: Alarm) -> str:
    """What and where, in one breath; of the hall the word alone."""
    return f"{alarm.label}: {place(alarm)}" if alarm.plot_type else alarm.label


def is_to_take(alarm: Alarm) -> bool:
    """Whether somebody must still take it."""
    return alarm.state in TO_TAKE


def is_hollow(alarm: Alarm) -> bool:
    """Whether its mark and strip are hollow and steady: somebody has it, or it is over."""
    return alarm.state is not AlarmState.UNACKNOWLEDGED


def mark(alarm: Alarm) -> str:
    """The mark of its severity, or of a fault that is gone before anybody took it."""
    if alarm.state is AlarmState.RETURNED_UNACKNOWLEDGED:
        return marks.RETURN
    return marks.for_state(PanelState.FAULT, alarm.severity)


def kind_mark(alarm: Alarm) -> str:
    """The mark in the place of a picture, of an alarm that has none."""
    return _KINDS.get(alarm.kind) or marks.for_state(PanelState.FAULT, alarm.severity)


def confidence(alarm: Alarm) -> str:
    """The confidence of the verdict behind it, "" where it rests on none."""
    return words.confidence(alarm.confidence) if alarm.confidence is not None else ""


def holder(alarm: Alarm) -> str:
    """Who has it, or what it waits for: "taken by shift, 14:03"."""
    if alarm.state is AlarmState.LATCHED:
        return "over, waits for a reset"
    if alarm.state is AlarmState.ACKNOWLEDGED:
        at = f", {words.clock(alarm.acknowledged_at)[:5]}" if alarm.acknowledged_at is not None else ""
        return f"taken by {alarm.acknowledged_by}{at}" if alarm.acknowledged_by else f"taken{at}"
    if alarm.state is AlarmState.SHELVED:
        until = f" until {words.clock(alarm.held_until)[:5]}" if alarm.held_until is not None else ""
        return f"shelved{until}" + (f" by {alarm.held_by}" if alarm.held_by else "")
    if is_to_take(alarm):
        return "Not acknowledged"
    return str(alarm.state)


def by_need(alarm: Alarm) -> tuple[int, int, float, int]:
    """The order in which alarms need a person: a sort key, the most urgent first."""
    rank = NEED.index(alarm.state) if alarm.state in NEED else len(NEED)
    return rank, -alarm.severity, -alarm.raised_at.timestamp(), alarm.id


def counts(alarms: tuple[Alarm, ...] | list[Alarm], *, leaving_out: AlarmState | None = None) -> list[str]:
    """How many are in which state: "1 returned", "4 taken"."""
    found = []
    for state in NEED:
        number = sum(alarm.state is state for alarm in alarms)
        if number and state is not leaving_out:
            found.append(f"{number} {SHORT[state]}")
    return found


def left(until: datetime, now: datetime) -> str:
    """A time left as "42 min left", "1 min 50 s left"."""
    seconds = max(0, round((until - now).total_seconds()))
    if seconds < 60:
        return f"{seconds} s left"
    minutes, rest = divmod(seconds, 60)
    if minutes < 5:
        return f"{minutes} min {rest} s left" if rest else f"{minutes} min left"
    return f"{words.duration(until - now)} left"
