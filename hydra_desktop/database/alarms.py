"""Alarms and their log, to which every transition is appended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..domain.alarm import Alarm, AlarmState, AlarmStep
from ..domain.label import Severity
from . import tables as t
from .naming import plot_type_id

# written out, as a planner uses a partial index only for a condition it can read
_IS_OPEN = t.alarms.c.state != sa.literal_column(f"'{AlarmState.NORMAL}'")
_IS_RAISED = t.alarm_log.c.from_state == sa.literal_column(f"'{AlarmState.NORMAL}'")
_SELECT = sa.select(t.alarms, t.plot_types.c.name.label("plot_type")).join(
    t.plot_types, t.plot_types.c.id == t.alarms.c.plot_type_id
)


def open_alarms(c: sa.Connection, hall_id: int) -> list[Alarm]:
    """Alarms that aren't back to normal, the newest annunciation first."""
    rows = c.execute(
        _SELECT.where(t.alarms.c.hall_id == hall_id, _IS_OPEN).order_by(
            t.alarms.c.raised_at.desc(), t.alarms.c.id.desc()
        )
    )
    return [_alarm(row) for row in rows]


def open_at(c: sa.Connection, hall_id: int, when: datetime) -> list[Alarm]:
    """Alarms as they stood at a time, from their log; those that weren't normal then, as `open_alarms`."""
    a, g = t.alarms.c, t.alarm_log.c
    unmoved = c.execute(_SELECT.where(a.hall_id == hall_id, _IS_OPEN, a.changed_at <= when))
    found = {row.id: _alarm(row) for row in unmoved}
    last_raised: int | None = c.scalar(
        sa.select(g.alarm_id).where(g.at <= when, _IS_RAISED).order_by(g.at.desc(), g.id.desc()).limit(1)
    )
    if last_raised is None:
        return []
    moved = c.execute(
        sa.select(t.alarm_log, a.pad, t.plot_types.c.name.label("plot_type"))
        .select_from(t.alarms)
        .join(t.alarm_log, g.alarm_id == a.id)
        .join(t.plot_types, t.plot_types.c.id == a.plot_type_id)
        .where(a.hall_id == hall_id, a.changed_at > when, a.id <= last_raised, g.at <= when)
        .order_by(g.id)
    )
    for row in moved:
        found[row.alarm_id] = _after(found.get(row.alarm_id), row)
    still = [alarm for alarm in found.values() if alarm.state is not AlarmState.NORMAL]
    return sorted(still, key=lambda alarm: (alarm.raised_at, alarm.id), reverse=True)


def get(c: sa.Connection, alarm_id: int) -> Alarm:
    """The alarm of that id; raises KeyError when there is none."""
    row = c.execute(_SELECT.where(t.alarms.c.id == alarm_id)).one_or_none()
    if row is None:
        raise KeyError(alarm_id)
    return _alarm(row)


def log(c: sa.Connection, alarm_id: int) -> list[AlarmStep]:
    """All that happened to an alarm, oldest first."""
    rows = c.execute(sa.select(t.alarm_log).where(t.alarm_log.c.alarm_id == alarm_id).order_by(t.alarm_log.c.id))
    return [
        AlarmStep(
            row.at, AlarmState(row.from_state), AlarmState(row.to_state), row.who, row.station, row.why, row.label,
            row.confidence,
        )
        for row in rows
    ]  # fmt: skip


def raise_alarm(
    c: sa.Connection,
    hall_id: int,
    *,
    plot_type: str,
    pad: str,
    label: str,
    severity: Severity,
    plot_id: int,
    verdict_id: int,
    confidence: float,
    at: datetime,
    station: str,
    who: str = "monitor",
    why: str,
) -> Alarm:
    """A new occurrence, unacknowledged; a stream has one open alarm at most (IntegrityError)."""
    alarm_id = c.execute(
        t.alarms.insert()
        .values(
            hall_id=hall_id,
            plot_type_id=plot_type_id(c, hall_id, plot_type),
            pad=pad,
            label=label,
            severity=int(severity),
            state=str(AlarmState.UNACKNOWLEDGED),
            raised_at=at,
            changed_at=at,
            plot_id=plot_id,
            verdict_id=verdict_id,
            confidence=confidence,
        )
        .returning(t.alarms.c.id)
    ).scalar_one()
    alarm = get(c, alarm_id)
    _append(c, alarm, AlarmState.NORMAL, at, who, station, why)
    return alarm


def change(
    c: sa.Connection,
    alarm: Alarm,
    state: AlarmState,
    *,
    at: datetime,
    who: str,
    station: str,
    why: str,
    **facts: Any,
) -> Alarm | None:
    """Move an alarm to another state and append that to its log; None when it moved meanwhile.

    `facts` are columns to set with it, such as label, severity, plot_id or confidence.
    """
    values: dict[str, Any] = {"state": str(state), "changed_at": at, **facts}
    if "severity" in values:
        values["severity"] = int(values["severity"])
    if state is AlarmState.ACKNOWLEDGED:
        values |= {"acknowledged_by": who, "acknowledged_at": at}
    elif state is AlarmState.UNACKNOWLEDGED:
        values |= {"acknowledged_by": None, "acknowledged_at": None, "returned_at": None, "raised_at": at}
    elif state is AlarmState.RETURNED_UNACKNOWLEDGED:
        values |= {"returned_at": at}
    moved = c.execute(
        t.alarms.update().where(t.alarms.c.id == alarm.id, t.alarms.c.state == str(alarm.state)).values(**values)
    )
    if moved.rowcount != 1:
        return None
    after = get(c, alarm.id)
    _append(c, after, alarm.state, at, who, station, why)
    return after


def last_ended_at(c: sa.Connection, hall_id: int, by: datetime | None = None) -> datetime | None:
    """When the last alarm went back to normal, or the last one by a time."""
    a = t.alarms.c
    ended = sa.select(a.changed_at).where(a.hall_id == hall_id, a.state == str(AlarmState.NORMAL))
    if by is not None:
        ended = ended.where(a.changed_at <= by)
    found: datetime | None = c.scalar(ended.order_by(a.changed_at.desc()).limit(1))
    return found


def rows(c: sa.Connection, hall_id: int) -> Iterator[Any]:
    """Every transition of every alarm, for export, oldest first."""
    g = t.alarm_log.c
    yield from c.execute(
        sa.select(
            g.at,
            t.plot_types.c.name.label("plot_type"),
            t.alarms.c.pad,
            g.alarm_id,
            g.from_state,
            g.to_state,
            g.label,
            g.severity,
            g.confidence,
            g.who,
            g.station,
            g.why,
            g.plot_id,
        )
        .join(t.alarms, t.alarms.c.id == g.alarm_id)
        .join(t.plot_types, t.plot_types.c.id == t.alarms.c.plot_type_id)
        .where(t.alarms.c.hall_id == hall_id)
        .order_by(g.id)
    )


def _append(c: sa.Connection, alarm: Alarm, former: AlarmState, at: datetime, who: str, station: str, why: str) -> None:
    c.execute(
        t.alarm_log.insert().values(
            alarm_id=alarm.id,
            at=at,
            from_state=str(former),
            to_state=str(alarm.state),
            who=who,
            station=station,
            why=why,
            label=alarm.label,
            severity=int(alarm.severity),
            plot_id=alarm.plot_id,
            confidence=alarm.confidence,
        )
    )


def _after(before: Alarm | None, r: Any) -> Alarm:
    """An alarm after a row of its log."""
    state = AlarmState(r.to_state)
    if before is None or state is AlarmState.UNACKNOWLEDGED:
        return Alarm(
            r.alarm_id, r.plot_type, r.pad, r.label, Severity(r.severity), state, r.at, r.at, r.plot_id, r.confidence
        )
    after = replace(
        before, label=r.label, severity=Severity(r.severity), state=state, changed_at=r.at, plot_id=r.plot_id,
        confidence=r.confidence,
    )  # fmt: skip
    if state is AlarmState.ACKNOWLEDGED:
        return replace(after, acknowledged_by=r.who, acknowledged_at=r.at)
    return replace(after, returned_at=r.at)


def _alarm(r: Any) -> Alarm:
    return Alarm(
        r.id, r.plot_type, r.pad, r.label, Severity(r.severity), AlarmState(r.state), r.raised_at, r.changed_at,
        r.plot_id, r.confidence, r.acknowledged_by, r.acknowledged_at, r.returned_at,
    )  # fmt: skip
