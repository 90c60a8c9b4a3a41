"""Stations of a hall: their signs of life, who is signed in, and since when each could be heard.

All moments are by the database's clock, so that a station whose clock is wrong is neither missed nor believed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from ..domain.station import CLOSED, SILENT_AFTER, Station, StationRole
from . import clock, feed
from . import tables as t
from .upsert import upsert

SPAN_ENDS_AFTER = timedelta(seconds=60)  # a longer silence between two signs of life is an absence
_S, _P, _I = t.stations.c, t.station_presence.c, t.sign_ins.c


class Presence(NamedTuple):
    """A span of time in which a station was there, in one role, and could sound or couldn't."""

    station: str
    role: StationRole
    can_sound: bool
    since: datetime
    until: datetime


class SignIn(NamedTuple):
    """Who was signed in at a station; `until` is None while that lasts."""

    station: str
    user: str
    at: datetime
    until: datetime | None


def beat(c: sa.Connection, hall_id: int, name: str, role: StationRole, *, sound: str, can_sound: bool) -> None:
    """A sign of life of a station, which is registered by it; `sound` says in words how its sound stands."""
    now = clock.now(c)
    before = c.execute(sa.select(_S.role, _S.sound, _S.can_sound).where(*_named(hall_id, name))).one_or_none()
    facts = {"role": str(role), "sound": sound, "can_sound": can_sound}
    upsert(c, t.stations, {"hall_id": hall_id, "name": name, "heard_at": now, **facts}, on=["hall_id", "name"])
    if before is None or before._asdict() != facts:
        feed.publish(c, hall_id, "station", None)
    _be_present(c, hall_id, name, role, can_sound, now)


def leave(c: sa.Connection, hall_id: int, name: str) -> None:
    """A station says farewell: nobody needs to wait for its silence to know that it is gone."""
    left = c.execute(
        t.stations.update().where(*_named(hall_id, name)).values(sound=CLOSED, can_sound=False, heard_at=clock.now(c))
    )
    if left.rowcount:
        feed.publish(c, hall_id, "station", None)


def all(c: sa.Connection, hall_id: int) -> tuple[Station, ...]:
    """The stations that ever gave a sign of life in a hall, by name; moments by the clock of this station."""
    off = clock.here(c, (now := clock.now(c))) - now
    rows = c.execute(sa.select(t.stations).where(_S.hall_id == hall_id).order_by(_S.name))
    return tuple(_station(row, off) for row in rows)


def audible_alive(c: sa.Connection, hall_id: int) -> bool:
    """Whether an alarm of a hall would be heard: an audible station that can sound gave a sign of life lately."""
    since = clock.now(c) - SILENT_AFTER
    heard = sa.select(_S.id).where(
        _S.hall_id == hall_id, _S.role == str(StationRole.AUDIBLE), _S.can_sound, _S.heard_at > since
    )
    return bool(c.scalar(sa.select(heard.exists())))


def sign_in(c: sa.Connection, hall_id: int, name: str, user: str) -> None:
    """A person takes over at a station; who was signed in there is signed out."""
    now = clock.now(c)
    _sign_out(c, hall_id, name, now)
    upsert(
        c,
        t.stations,
        {"hall_id": hall_id, "name": name, "role": str(StationRole.AUDIBLE), "user": user, "signed_in_at": now},
        on=["hall_id", "name"],
        update=["user", "signed_in_at"],
    )
    c.execute(t.sign_ins.insert().values(hall_id=hall_id, station=name, user=user, at=now))
    feed.publish(c, hall_id, "station", None)


def sign_out(c: sa.Connection, hall_id: int, name: str) -> None:
    """Nobody is at a station any more."""
    _sign_out(c, hall_id, name, clock.now(c))
    c.execute(t.stations.update().where(*_named(hall_id, name)).values(user="", signed_in_at=None))
    feed.publish(c, hall_id, "station", None)


def sound_tested(c: sa.Connection, hall_id: int, name: str, user: str) -> None:
    """A person had the sound of a station tested."""
    c.execute(t.stations.update().where(*_named(hall_id, name)).values(tested_at=clock.now(c), tested_by=user))
    feed.publish(c, hall_id, "station", None)


def presences(c: sa.Connection, hall_id: int, since: datetime, until: datetime) -> list[Presence]:
    """When stations were there in a span of time, the oldest first."""
    rows = c.execute(
        sa.select(_P.station, _P.role, _P.can_sound, _P.since, _P.until)
        .where(_P.hall_id == hall_id, _P.until > since, _P.since < until)
        .order_by(_P.since, _P.id)
    )
    return [Presence(row.station, StationRole(row.role), *row[2:]) for row in rows]


def sign_ins(c: sa.Connection, hall_id: int, since: datetime, until: datetime) -> list[SignIn]:
    """Who was signed in where in a span of time, the oldest first."""
    rows = c.execute(
        sa.select(_I.station, _I.user, _I.at, _I.until)
        .where(_I.hall_id == hall_id, _I.at < until, sa.or_(_I.until.is_(None), _I.until > since))
        .order_by(_I.at, _I.id)
    )
    return [SignIn(*row) for row in rows]


def _be_present(c: sa.Connection, hall_id: int, name: str, role: StationRole, can_sound: bool, now: datetime) -> None:
    """Lengthen the span of time in which the station is there, or begin another."""
    last = c.execute(
        sa.select(_P.id, _P.role, _P.can_sound)
        .where(_P.hall_id == hall_id, _P.station == name, _P.until > now - SPAN_ENDS_AFTER)
        .order_by(_P.until.desc(), _P.id.desc())
        .limit(1)
    ).one_or_none()
    if last is not None:  # one in another role lasted until now
        c.execute(t.station_presence.update().where(_P.id == last.id).values(until=now))
    if last is None or (last.role, last.can_sound) != (str(role), can_sound):
        c.execute(
            t.station_presence.insert().values(
                hall_id=hall_id, station=name, role=str(role), can_sound=can_sound, since=now, until=now
            )
        )


def _sign_out(c: sa.Connection, hall_id: int, name: str, now: datetime) -> None:
    c.execute(
        t.sign_ins.update().where(_I.hall_id == hall_id, _I.station == name, _I.until.is_(None)).values(until=now)
    )


def _named(hall_id: int, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    return _S.hall_id == hall_id, _S.name == name


def _station(r: Any, off: timedelta) -> Station:
    signed_in_at, heard_at, tested_at = (
        None if at is None else at + off for at in (r.signed_in_at, r.heard_at, r.tested_at)
    )
    return Station(
        r.name, StationRole(r.role), heard_at, r.sound, r.can_sound, r.user, signed_in_at, tested_at, r.tested_by
    )
