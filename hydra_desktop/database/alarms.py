"""Alarms and their log, to which every transition is appended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..domain.alarm import (
    OF_PLOTS,
    TO_TAKE,
    Alarm,
    AlarmKind,
    AlarmState,
    AlarmStep,
    Behind,
    Disposition,
    Life,
)
from ..domain.label import Severity
from . import tables as t
from .naming import plot_type_id

# written out, as a planner uses a partial index only for a condition it can read
_IS_OPEN = t.alarms.c.state != sa.literal_column(f"'{AlarmState.NORMAL}'")
_IS_RAISED = sa.and_(  # a comment on an alarm that is over stays within normal
    t.alarm_log.c.from_state == sa.literal_column(f"'{AlarmState.NORMAL}'"),
    t.alarm_log.c.to_state != sa.literal_column(f"'{AlarmState.NORMAL}'"),
)
_RAISED_LAST = 32  # of which the newest by its id is taken: two at about the same time may have crossing times
_SELECT = sa.select(t.alarms, sa.func.coalesce(t.plot_types.c.name, "").label("plot_type")).join(
    t.plot_types, t.plot_types.c.id == t.alarms.c.plot_type_id, isouter=True
)
_IS_OF_TYPE = t.plot_types.c.id == t.alarms.c.plot_type_id


_LOCK = 711997
LOCK_TIMEOUT_MS = 5000


def hold(c: sa.Connection, hall_id: int) -> None:
    """Whoever moves several alarms of a hall holds them first, until the commit: nobody waits in a circle then.

    Who moves one needs nothing: it waits, and is waited for, that moment. The transaction raises BusyError when
    another process, one that hangs perhaps, holds them, or a row, for LOCK_TIMEOUT_MS.
    """
    if c.dialect.name == "postgresql":  # on SQLite there is one writer at a time
        c.exec_driver_sql(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
        c.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK, sa.cast(hall_id % 2**31, sa.Integer))))


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
    raised = sa.select(g.alarm_id).where(g.at <= when, _IS_RAISED).order_by(g.at.desc()).limit(_RAISED_LAST).subquery()
    last_raised: int | None = c.scalar(sa.select(sa.func.max(raised.c.alarm_id)))
    if last_raised is None:
        return []
    moved = c.execute(
        sa.select(t.alarm_log, a.pad, a.kind, sa.func.coalesce(t.plot_types.c.name, "").label("plot_type"))
        .select_from(t.alarms)
        .join(t.alarm_log, g.alarm_id == a.id)
        .join(t.plot_types, _IS_OF_TYPE, isouter=True)
        .where(a.hall_id == hall_id, a.changed_at > when, a.id <= last_raised, g.at <= when)
        .order_by(g.id)
    )
    for row in moved:
        found[row.alarm_id] = _after(found.get(row.alarm_id), row)
    still = [alarm for alarm in found.values() if alarm.state is not AlarmState.NORMAL]
    return sorted(still, key=lambda alarm: (alarm.raised_at, alarm.id), reverse=True)


def get(c: sa.Connection, alarm_id: int, hall_id: int | None = None) -> Alarm:
    """The alarm of that id; raises KeyError when there is none, or only in another hall."""
    row = c.execute(_SELECT.where(t.alarms.c.id == alarm_id)).one_or_none()
    if row is None or hall_id not in (None, row.hall_id):
        raise KeyError(alarm_id)
    return _alarm(row)


def verdict_id(c: sa.Connection, alarm_id: int) -> int | None:
    """The verdict that an alarm rests on, None for one of the hall."""
    found: int | None = c.scalar(sa.select(t.alarms.c.verdict_id).where(t.alarms.c.id == alarm_id))
    return found


def log(c: sa.Connection, alarm_id: int) -> list[AlarmStep]:
    """All that happened to an alarm, oldest first."""
    rows = c.execute(sa.select(t.alarm_log).where(t.alarm_log.c.alarm_id == alarm_id).order_by(t.alarm_log.c.id))
    return [
        AlarmStep(
            row.at, AlarmState(row.from_state), AlarmState(row.to_state), row.who, row.station, row.why, row.label,
            row.confidence, Severity(row.severity), row.comment,
            Behind(row.plot_id, row.verdict_id, row.model_id, row.confidence, row.threshold), row.annunciates,
        )
        for row in rows
    ]  # fmt: skip


def raised_because(c: sa.Connection, alarm_ids: Iterable[int]) -> dict[int, str]:
    """Of each alarm why it was last raised, as its log says: "Confirmed in 4 of 5 chunks"."""
    g = t.alarm_log.c
    raised = sa.select(g.alarm_id, g.why).where(g.alarm_id.in_(list(alarm_ids)), g.annunciates).order_by(g.id)
    return {row.alarm_id: row.why for row in c.execute(raised)}  # of several the last


def raise_alarm(
    c: sa.Connection,
    hall_id: int,
    *,
    label: str,
    severity: Severity,
    at: datetime,
    station: str,
    why: str,
    who: str = "monitor",
    kind: AlarmKind = AlarmKind.FAULT,
    plot_type: str = "",
    pad: str = "",
    facts: str = "",
    latches: bool = False,
    plot_id: int | None = None,
    verdict_id: int | None = None,
    model_id: int | None = None,
    confidence: float | None = None,
    threshold: float | None = None,
) -> Alarm:
    """A new occurrence, unacknowledged; of a point one alarm is open at most (IntegrityError).

    Raises KeyError for a plot type that the hall doesn't have.
    """
    life = Life(latches=latches).with_condition(True, severity, label)
    alarm_id = c.execute(
        t.alarms.insert()
        .values(
            hall_id=hall_id,
            point=point_of(kind, plot_type, pad),
            kind=str(kind),
            plot_type_id=plot_type_id(c, hall_id, plot_type) if plot_type else None,
            pad=pad,
            facts=facts,
            raised_at=at,
            changed_at=at,
            plot_id=plot_id,
            verdict_id=verdict_id,
            confidence=confidence,
            version=0,
            **_columns(life),
        )
        .returning(t.alarms.c.id)
    ).scalar_one()
    alarm = get(c, alarm_id)
    behind = Behind(plot_id, verdict_id, model_id, confidence, threshold)
    _append(c, alarm, Life(), at, who, station, why, behind)
    return alarm


def move(
    c: sa.Connection,
    alarm: Alarm,
    life: Life,
    *,
    at: datetime,
    who: str,
    station: str,
    why: str,
    comment: str = "",
    behind: Behind | None = None,
    **facts: Any,
) -> Alarm | None:
    """Make a life the alarm's and append that to its log; None when it moved meanwhile.

    `behind` is what it rests on now, the same as before where it is None; `facts` are columns to set with it,
    such as kind, held_by or disposition.
    """
    state, before = life.state, alarm.life
    values: dict[str, Any] = {**_columns(life), "changed_at": at, "version": alarm.version + 1, **facts}
    if behind is not None:
        values |= {"plot_id": behind.plot_id, "verdict_id": behind.verdict_id, "confidence": behind.confidence}
    if comment:
        values["comment"] = comment
    if life.annunciates_after(before):
        values |= {"acknowledged_by": None, "acknowledged_at": None, "returned_at": None, "raised_at": at}
    elif state is not before.state:
        if life.taken is not None and before.taken != life.taken:
            values |= {"acknowledged_by": who, "acknowledged_at": at}
        if state is AlarmState.RETURNED_UNACKNOWLEDGED:
            values["returned_at"] = at
    moved = c.execute(
        t.alarms.update().where(t.alarms.c.id == alarm.id, t.alarms.c.version == alarm.version).values(**values)
    )
    if moved.rowcount != 1:
        return None
    after = get(c, alarm.id)
    _append(
        c, after, before, at, who, station, why, behind or Behind(after.plot_id, confidence=after.confidence), comment
    )
    return after


def say(c: sa.Connection, alarm: Alarm, facts: str) -> bool:
    """Keep the sentence up to date that says what is seen, which is no transition; whether it is another one."""
    if facts == alarm.facts:
        return False
    c.execute(t.alarms.update().where(t.alarms.c.id == alarm.id).values(facts=facts))
    return True


def annunciated_since(c: sa.Connection, hall_id: int, since: datetime, kinds_left_out: Iterable[AlarmKind]) -> int:
    """How many annunciations there were since a time."""
    g, a = t.alarm_log.c, t.alarms.c
    left_out = [str(kind) for kind in kinds_left_out]
    counted = sa.select(sa.func.count()).select_from(t.alarm_log.join(t.alarms, a.id == g.alarm_id))
    found = c.scalar(counted.where(g.at > since, g.annunciates, a.hall_id == hall_id, a.kind.not_in(left_out)))
    return found or 0


def point_of(kind: AlarmKind, plot_type: str, pad: str) -> str:
    """What there is one open alarm of at most: of a stream, whatever its plots show."""
    return f"{'plot' if kind in OF_PLOTS else kind} {plot_type} {pad}"


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
            sa.func.coalesce(t.plot_types.c.name, "").label("plot_type"),
            t.alarms.c.pad,
            t.alarms.c.kind,
            g.alarm_id,
            g.from_state,
            g.to_state,
            g.label,
            g.severity,
            g.confidence,
            g.who,
            g.station,
            g.why,
            g.comment,
            g.plot_id,
            g.verdict_id,
            g.model_id,
            g.threshold,
            g.annunciates,
            t.alarms.c.disposition,
        )
        .join(t.alarms, t.alarms.c.id == g.alarm_id)
        .join(t.plot_types, _IS_OF_TYPE, isouter=True)
        .where(t.alarms.c.hall_id == hall_id)
        .order_by(g.id)
    )


def _append(
    c: sa.Connection,
    alarm: Alarm,
    before: Life,
    at: datetime,
    who: str,
    station: str,
    why: str,
    behind: Behind,
    comment: str = "",
) -> None:
    c.execute(
        t.alarm_log.insert().values(
            alarm_id=alarm.id,
            at=at,
            from_state=str(before.state),
            to_state=str(alarm.state),
            who=who,
            station=station,
            why=why,
            label=alarm.label,
            severity=int(alarm.severity),
            plot_id=behind.plot_id,
            verdict_id=behind.verdict_id,
            model_id=behind.model_id,
            confidence=behind.confidence,
            threshold=behind.threshold,
            comment=comment,
            annunciates=alarm.life.annunciates_after(before),
        )
    )


def _after(before: Alarm | None, r: Any) -> Alarm:
    """An alarm after a row of its log."""
    state, severity = AlarmState(r.to_state), Severity(r.severity)
    if before is None or r.annunciates:
        return Alarm(
            r.alarm_id, r.plot_type, r.pad, r.label, severity, state, r.at, r.at, r.plot_id, r.confidence,
            kind=AlarmKind(r.kind), comment=r.comment or (before.comment if before is not None else ""),
        )  # fmt: skip
    after = replace(
        before, label=r.label, severity=severity, state=state, changed_at=r.at,
        plot_id=before.plot_id if r.plot_id is None else r.plot_id,
        confidence=before.confidence if r.plot_id is None else r.confidence,
        comment=r.comment or before.comment, active=state in (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED),
    )  # fmt: skip
    if r.from_state == r.to_state:
        return after
    if state in (AlarmState.ACKNOWLEDGED, AlarmState.LATCHED) and before.state in TO_TAKE:
        return replace(after, acknowledged_by=r.who, acknowledged_at=r.at)
    if state is AlarmState.SHELVED:
        return replace(after, held_by=r.who, held_why=r.comment)
    return replace(after, returned_at=r.at) if state is AlarmState.RETURNED_UNACKNOWLEDGED else after


def _columns(life: Life) -> dict[str, Any]:
    return {
        "state": str(life.state),
        "active": life.active,
        "severity": int(life.severity),
        "annunciated": life.annunciated,
        "taken_severity": None if life.taken is None else int(life.taken),
        "latches": life.latches,
        "suppressed": life.suppressed,
        "shelved_until": life.shelved_until,
        "out_of_service": life.out_of_service,
        "label": life.label,
    }


def _alarm(r: Any) -> Alarm:
    life = Life(
        r.active, Severity(r.severity), r.annunciated, None if r.taken_severity is None else Severity(r.taken_severity),
        r.latches, r.suppressed, r.shelved_until, r.out_of_service, r.label,
    )  # fmt: skip
    return Alarm(
        r.id, r.plot_type, r.pad, r.label, Severity(r.severity), AlarmState(r.state), r.raised_at, r.changed_at,
        r.plot_id, r.confidence, r.acknowledged_by, r.acknowledged_at, r.returned_at, AlarmKind(r.kind), r.facts,
        r.active, r.shelved_until, r.held_by, r.held_why, r.comment,
        Disposition(r.disposition) if r.disposition else None, r.version, life,
    )  # fmt: skip
