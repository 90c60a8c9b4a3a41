"""When alarms were suppressed by design, by which rule. Of each rule one row is open at most (IntegrityError)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..domain.held import Suppression
from . import feed
from . import tables as t

_S = t.suppressions.c
_IS_OPEN = _S.until.is_(None)
_SINCE = sa.select(t.suppressions).where(
    _S.hall_id == sa.bindparam("hall_id"), sa.or_(_IS_OPEN, _S.until > sa.bindparam("after", type_=t.UtcDateTime))
)
_BETWEEN = _SINCE.where(_S.since <= sa.bindparam("end", type_=t.UtcDateTime)).order_by(_S.since)
_OPEN = sa.select(t.suppressions).where(_S.hall_id == sa.bindparam("hall_id"), _IS_OPEN).order_by(_S.since.desc())


def all_open(c: sa.Connection, hall_id: int) -> tuple[Suppression, ...]:
    """The rules that hold now, the newest first."""
    return tuple(_one(row) for row in c.execute(_OPEN, {"hall_id": hall_id}))


def since(c: sa.Connection, hall_id: int, after: datetime) -> tuple[Suppression, ...]:
    """The rules that hold now or held after a time."""
    return tuple(_one(row) for row in c.execute(_SINCE, {"hall_id": hall_id, "after": after}))


def between(c: sa.Connection, hall_id: int, begin: datetime, end: datetime) -> tuple[Suppression, ...]:
    """The rules that held at any time from one to another, both included, the oldest first."""
    return tuple(_one(row) for row in c.execute(_BETWEEN, {"hall_id": hall_id, "after": begin, "end": end}))


def begin(c: sa.Connection, hall_id: int, rule: str, why: str, *, at: datetime) -> None:
    """A rule holds from now on."""
    c.execute(t.suppressions.insert().values(hall_id=hall_id, rule=rule, why=why, since=at, arrivals=0))
    feed.publish(c, hall_id, "alarm", None)


def go_on(c: sa.Connection, hall_id: int, suppression: Suppression, *, why: str, holds_until: datetime | None) -> None:
    """Keep up to date why a rule holds, or until when it only stays on."""
    if (suppression.why, suppression.holds_until) != (why, holds_until):
        values = {"why": why, "holds_until": holds_until}
        c.execute(t.suppressions.update().where(_S.id == suppression.id).values(**values))
        feed.publish(c, hall_id, "alarm", None)


def end(c: sa.Connection, hall_id: int, suppression: Suppression, *, at: datetime) -> None:
    """A rule holds no more."""
    c.execute(t.suppressions.update().where(_S.id == suppression.id, _IS_OPEN).values(until=at))
    feed.publish(c, hall_id, "alarm", None)


def count(c: sa.Connection, ids: Iterable[int]) -> None:
    """One fault more that made no alarm because of these."""
    c.execute(t.suppressions.update().where(_S.id.in_(list(ids))).values(arrivals=_S.arrivals + 1))


def _one(r: Any) -> Suppression:
    return Suppression(r.id, r.rule, r.why, r.since, r.until, r.holds_until, r.arrivals)
