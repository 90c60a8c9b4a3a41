"""What happened to the alarms of a hall over a span of time, in a few statements that read nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..domain.alarm import AlarmKind, AlarmState, Disposition
from ..domain.alarm_history import AlarmHistory, LogLine, Presence, SignIn, Span
from ..domain.held import Suppression
from ..domain.label import Severity
from ..domain.station import StationRole
from . import alarms, out_of_service, stations
from . import tables as t

_A, _G, _S = t.alarms.c, t.alarm_log.c, t.suppressions.c

_LINES = (
    sa.select(
        _G.id, _G.alarm_id, _A.kind, sa.func.coalesce(t.plot_types.c.name, "").label("plot_type"), _A.pad, _G.label,
        _G.severity, _G.at, _G.from_state, _G.to_state, _G.who, _G.station, _G.annunciates, _G.why, _G.comment,
        _A.disposition,
    )
    .select_from(t.alarm_log)
    .join(t.alarms, _A.id == _G.alarm_id)
    .join(t.plot_types, t.plot_types.c.id == _A.plot_type_id, isouter=True)
    .where(_A.hall_id == sa.bindparam("hall_id"))
)  # fmt: skip
_BEGIN, _END = (sa.bindparam(name, type_=t.UtcDateTime) for name in ("begin", "end"))
# from the log, whose index on the time holds the span: a planner that begins at the alarms reads all there are
_OF_SPAN = _LINES.where(_G.at >= _BEGIN, _G.at < _END).order_by(_G.id)
_OF_ALARMS = _LINES.where(_G.alarm_id.in_(sa.bindparam("ids", expanding=True)), sa.or_(_G.at < _BEGIN, _G.at >= _END))


def read(c: sa.Connection, hall_id: int, span: Span) -> AlarmHistory:
    """All of it; what is open and held is that of now."""
    open_now = alarms.open_alarms(c, hall_id)
    return AlarmHistory(
        span=span,
        lines=_lines(c, hall_id, span, {one.id for one in open_now}),
        suppressions=_suppressions(c, hall_id, span),
        presences=[
            Presence(one.station, one.role is StationRole.AUDIBLE and one.can_sound, one.since, one.until)
            for one in stations.presences(c, hall_id, span.begin, span.end)
        ],
        stations=[(one.name, one.role is StationRole.AUDIBLE) for one in stations.all(c, hall_id)],
        sign_ins=[
            SignIn(one.station, one.user, one.at, one.until)
            for one in stations.sign_ins(c, hall_id, span.begin, span.end)
        ],
        open_now=open_now,
        out_of_service=out_of_service.all_open(c, hall_id),
    )


def first(c: sa.Connection, hall_id: int) -> datetime | None:
    """When the first alarm that is still known was raised, None where there never was one."""
    first_id = sa.select(_A.id).where(_A.hall_id == hall_id).order_by(_A.id).limit(1).scalar_subquery()
    found: datetime | None = c.scalar(sa.select(sa.func.min(_G.at)).where(_G.alarm_id == first_id))
    return found


def _lines(c: sa.Connection, hall_id: int, span: Span, open_now: set[int]) -> list[LogLine]:
    """Those of a span, and all others of alarms that began before it or are open now."""
    within = {"hall_id": hall_id, "begin": span.begin, "end": span.end}
    found = c.execute(_OF_SPAN, within).all()
    first = {row.alarm_id: row for row in reversed(found)}.values()
    normal = AlarmState.NORMAL
    began_before = {row.alarm_id for row in first if row.from_state != normal or row.to_state == normal}
    others = c.execute(_OF_ALARMS, within | {"ids": sorted(began_before | open_now)}).all()
    return [_line(row) for row in sorted((*found, *others), key=lambda row: int(row.id))]


def _suppressions(c: sa.Connection, hall_id: int, span: Span) -> list[Suppression]:
    """Those that reach into a span, the oldest first."""
    reaching = sa.or_(_S.until.is_(None), _S.until > span.begin)
    found = sa.select(t.suppressions).where(_S.hall_id == hall_id, _S.since < span.end, reaching).order_by(_S.since)
    return [
        Suppression(row.id, row.rule, row.why, row.since, row.until, row.holds_until, row.arrivals)
        for row in c.execute(found)
    ]


def _line(r: Any) -> LogLine:
    return LogLine(
        r.alarm_id, AlarmKind(r.kind), r.plot_type, r.pad, r.label, Severity(r.severity), r.at,
        AlarmState(r.from_state), AlarmState(r.to_state), r.who, r.station, r.annunciates, r.why, r.comment,
        Disposition(r.disposition) if r.disposition else None,
    )  # fmt: skip
