"""Alarms of conditions that no single plot tells: raised while they hold, ended when they don't."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ..database import alarms, feed
from ..domain.alarm import Alarm, AlarmKind, Life
from ..domain.label import Severity
from ..domain.who import Who

_Point = tuple[AlarmKind, str, str]


@dataclass(frozen=True)
class Holding:
    """A condition that holds, of a plot type and pad or of the hall; `facts` says in words what is so.

    One of the hall has no plot type; its pad is the group or the source that it is of, "" for all of them.
    One of many plot types has `grown` where there are more than its alarm told of.
    """

    kind: AlarmKind
    label: str
    severity: Severity
    facts: str
    plot_type: str = ""
    pad: str = ""
    grown: bool = False

    @property
    def point(self) -> _Point:
        """What there is one alarm of."""
        return self.kind, self.plot_type, self.pad


def settle(
    connection: Connection,
    hall_id: int,
    holding: Sequence[Holding],
    kinds: Collection[AlarmKind],
    *,
    now: datetime,
    who: Who,
    open_alarms: Sequence[Alarm],
) -> bool:
    """Make those open alarms that are of these kinds those of what holds; whether anything was moved."""
    known = {(one.kind, one.plot_type, one.pad): one for one in open_alarms if one.kind in kinds}
    moved = False
    for one in holding:
        alarm = known.pop(one.point, None)
        if alarm is None:
            raised = alarms.raise_alarm(
                connection, hall_id, kind=one.kind, plot_type=one.plot_type, pad=one.pad, label=one.label,
                severity=one.severity, facts=one.facts, at=now, who=who.user, station=who.station, why=one.facts,
            )  # fmt: skip
            feed.publish(connection, hall_id, "alarm", raised.id)
            moved = True
            continue
        label = one.label if one.severity >= alarm.life.severity else ""  # better than before is nothing new
        after = alarm.life.with_condition(True, one.severity, label)
        after = after.grown() if one.grown else after
        is_moved = turn(connection, hall_id, alarm, after, one.facts, now, who)
        moved |= is_moved
        if (is_moved or after == alarm.life) and alarms.say(connection, alarm, one.facts):
            feed.publish(connection, hall_id, "alarm", alarm.id)
    for alarm in known.values():
        moved |= turn(connection, hall_id, alarm, alarm.life.with_condition(False), "it is over", now, who)
    return moved


def turn(connection: Connection, hall_id: int, alarm: Alarm, life: Life, why: str, now: datetime, who: Who) -> bool:
    """Move an alarm to another life, where it is another; whether it moved."""
    if life == alarm.life:
        return False
    moved = alarms.move(connection, alarm, life, at=now, who=who.user, station=who.station, why=why)
    if moved is None:  # somebody moved it in this very moment; it is looked at again soon
        return False
    feed.publish(connection, hall_id, "alarm", alarm.id)
    return True
