"""Known faults, with all that were ended, and the verdicts that say nothing but what is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..domain.known_fault import KnownFault, Region
from ..domain.run import RunState
from . import clock, feed
from . import tables as t
from .naming import label_ids, plot_type_id

_AT_ONCE = 500  # ids in one question


def add(
    c: sa.Connection,
    hall_id: int,
    plot_type: str,
    label: str,
    *,
    pad: str = "",
    region: Region | None,
    run_period: str = "",
    until_run: int | None = None,
    until: datetime | None = None,
    why: str,
    user: str,
    station: str,
) -> KnownFault:
    """Store a known fault, and tell it to all; raises KeyError for a plot type or label that isn't there."""
    at = clock.now(c)
    id_: int = c.execute(
        t.known_faults.insert()
        .values(
            hall_id=hall_id,
            plot_type_id=plot_type_id(c, hall_id, plot_type),
            pad=pad,
            label_id=label_ids(c, hall_id, [plot_type])[plot_type, label],
            region=None if region is None else [region.left, region.top, region.width, region.height],
            run_period=run_period,
            until_run=until_run,
            until=until,
            why=why,
            user=user,
            station=station,
            at=at,
        )
        .returning(t.known_faults.c.id)
    ).scalar_one()
    feed.publish(c, hall_id, "known fault", id_)
    return KnownFault(id_, plot_type, pad, label, region, run_period, until_run, until, why, user, station, at)


def end(c: sa.Connection, hall_id: int, fault_id: int, *, user: str) -> bool:
    """End a known fault; False when it isn't there or was ended before."""
    k = t.known_faults.c
    ended = c.execute(
        t.known_faults.update()
        .where(k.id == fault_id, k.hall_id == hall_id, k.ended_at.is_(None))
        .values(ended_at=clock.now(c), ended_by=user)
    )
    if ended.rowcount:
        feed.publish(c, hall_id, "known fault", fault_id)
    return bool(ended.rowcount)


def not_ended(c: sa.Connection, hall_id: int) -> tuple[KnownFault, ...]:
    """Those that nobody ended, oldest first; of some the last run or the time may be over."""
    return _read(c.execute(_NOT_ENDED, {"hall_id": hall_id}))


def in_force(c: sa.Connection, hall_id: int, run: RunState) -> tuple[KnownFault, ...]:
    """Those that are in force now, in the run as last known, oldest first."""
    now = clock.now(c)
    return tuple(fault for fault in not_ended(c, hall_id) if fault.goes_on(run, now))


def every(c: sa.Connection, hall_id: int) -> tuple[KnownFault, ...]:
    """All that there ever were, newest first."""
    return _read(c.execute(_ALL.order_by(t.known_faults.c.id.desc()), {"hall_id": hall_id}))


def mark(c: sa.Connection, known: Mapping[int, int | None]) -> None:
    """Say of verdicts by which known fault they are known, None for by none."""
    ids = list(known)
    for start in range(0, len(ids), _AT_ONCE):
        some = t.known_verdicts.c.verdict_id.in_(ids[start : start + _AT_ONCE])
        c.execute(t.known_verdicts.delete().where(some))
    rows = [{"verdict_id": one, "known_fault_id": fault} for one, fault in known.items() if fault is not None]
    if rows:
        c.execute(t.known_verdicts.insert(), rows)


def marks(c: sa.Connection, verdict_ids: Sequence[int]) -> dict[int, int]:
    """By which known fault verdicts are known; the others are left out."""
    found: dict[int, int] = {}
    v = t.known_verdicts.c
    for start in range(0, len(verdict_ids), _AT_ONCE):
        some = v.verdict_id.in_(verdict_ids[start : start + _AT_ONCE])
        found.update(c.execute(sa.select(v.verdict_id, v.known_fault_id).where(some)).tuples())
    return found


_ALL = (
    sa.select(t.known_faults, t.plot_types.c.name.label("plot_type"), t.labels.c.name.label("label"))
    .join(t.plot_types, t.plot_types.c.id == t.known_faults.c.plot_type_id)
    .join(t.labels, t.labels.c.id == t.known_faults.c.label_id)
    .where(t.known_faults.c.hall_id == sa.bindparam("hall_id"))
)
_NOT_ENDED = _ALL.where(t.known_faults.c.ended_at.is_(None)).order_by(t.known_faults.c.id)


def _read(rows: Iterable[Any]) -> tuple[KnownFault, ...]:
    return tuple(
        KnownFault(
            row.id,
            row.plot_type,
            row.pad,
            row.label,
            None if row.region is None else Region(*row.region),
            row.run_period,
            row.until_run,
            row.until,
            row.why,
            row.user,
            row.station,
            row.at,
            row.ended_at,
            row.ended_by,
        )
        for row in rows
    )
