"""Plot types that are out of service: nothing of theirs alarms. Of each one row is open at most (IntegrityError)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..domain.held import OutOfService
from ..domain.who import Who
from . import feed
from . import tables as t
from .naming import plot_type_id

_O = t.out_of_service.c
_SELECT = sa.select(t.out_of_service, t.plot_types.c.name.label("plot_type")).join(
    t.plot_types, t.plot_types.c.id == _O.plot_type_id
)
_OPEN = _SELECT.where(_O.hall_id == sa.bindparam("hall_id"), _O.ended_at.is_(None)).order_by(_O.since.desc())


def begin(
    c: sa.Connection, hall_id: int, plot_type: str, *, at: datetime, until: datetime | None, who: Who, why: str
) -> None:
    """Out of service from now on; raises KeyError for a plot type that the hall doesn't have."""
    c.execute(
        t.out_of_service.insert().values(
            hall_id=hall_id,
            plot_type_id=plot_type_id(c, hall_id, plot_type),
            since=at,
            until=until,
            user=who.user,
            station=who.station,
            why=why,
            ended_by="",
        )
    )
    feed.publish(c, hall_id, "alarm", None)


def end(c: sa.Connection, hall_id: int, plot_type: str, *, at: datetime, who: Who) -> bool:
    """In service again; False when it was all the time."""
    chosen = sa.and_(_O.plot_type_id == plot_type_id(c, hall_id, plot_type), _O.ended_at.is_(None))
    ended = c.execute(t.out_of_service.update().where(chosen).values(ended_at=at, ended_by=who.user)).rowcount == 1
    if ended:
        feed.publish(c, hall_id, "alarm", None)
    return ended


def all_open(c: sa.Connection, hall_id: int) -> tuple[OutOfService, ...]:
    """What is out of service now, the newest first."""
    return tuple(_one(row) for row in c.execute(_OPEN, {"hall_id": hall_id}))


def names(c: sa.Connection, hall_id: int) -> frozenset[str]:
    """The plot types that are out of service now."""
    return frozenset(one.plot_type for one in all_open(c, hall_id))


def _one(r: Any) -> OutOfService:
    return OutOfService(r.plot_type, r.since, r.until, r.user, r.station, r.why)
