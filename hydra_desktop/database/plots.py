"""Plots: every arrival of a picture, once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from ..domain.plot import NewPlot, Plot, PlotName
from . import tables as t
from .naming import plot_type_id
from .upsert import insert_if_new

COLUMNS = (
    t.plots.c.id,
    t.plot_types.c.name.label("plot_type"),
    t.plots.c.pad,
    t.plots.c.run_period,
    t.plots.c.run_number,
    t.plots.c.chunk,
    t.plots.c.revision,
    t.plots.c.content_hash,
    t.plots.c.taken_at,
    t.plots.c.arrived_at,
    t.plots.c.kept,
    t.plots.c.taken_at_is_file_time,
)
JOINED = t.plots.join(t.plot_types, t.plot_types.c.id == t.plots.c.plot_type_id)


_NEWEST_REVISION = sa.select(sa.func.max(t.plots.c.revision)).where(
    t.plots.c.plot_type_id == sa.bindparam("type"),
    t.plots.c.run_number == sa.bindparam("run"),
    t.plots.c.chunk.is_not_distinct_from(sa.bindparam("chunk", type_=t.plots.c.chunk.type)),
    t.plots.c.pad == sa.bindparam("pad"),
    t.plots.c.run_period == sa.bindparam("period"),
    t.plots.c.live,
)


def from_row(row: Any) -> Plot:
    """The plot that a row with `COLUMNS` holds."""
    name = PlotName(row.plot_type, row.run_number, row.chunk, row.run_period, row.pad)
    return Plot(
        row.id,
        name,
        row.content_hash,
        row.taken_at,
        row.arrived_at,
        row.revision,
        row.kept,
        row.taken_at_is_file_time,
    )


def add(c: sa.Connection, hall_id: int, new: NewPlot, *, live: bool) -> Plot | None:
    """Store a plot; None when that arrival is known.

    A live plot with other bytes under the same run and chunk is a new revision. The plot type
    must be there (`halls.ensure_plot_type`), else KeyError.
    """
    type_id = plot_type_id(c, hall_id, new.name.plot_type)
    name = new.name
    revision = 1
    if live:
        _hold_chunk(c, type_id, name)
        of = {"type": type_id, "run": name.run_number, "chunk": name.chunk, "pad": name.pad, "period": name.run_period}
        newest = c.scalar(_NEWEST_REVISION, of)
        revision = (newest or 0) + 1
    arrived_at = datetime.now(UTC)
    added = insert_if_new(
        c,
        t.plots,
        {
            "hall_id": hall_id,
            "plot_type_id": type_id,
            "pad": name.pad,
            "run_period": name.run_period,
            "run_number": name.run_number,
            "chunk": name.chunk,
            "revision": revision,
            "content_hash": new.content_hash,
            "taken_at": new.taken_at,
            "taken_at_is_file_time": new.taken_at_is_file_time,
            "arrived_at": arrived_at,
            "origin_key": _digest(new.origin_key),
            "live": live,
            "kept": not live,
            "beam_on": new.beam_on,
        },
        on=["hall_id", "origin_key"],
    )
    if added is None:
        return None
    return Plot(added, name, new.content_hash, new.taken_at, arrived_at, revision, not live, new.taken_at_is_file_time)


def find_by_origin(c: sa.Connection, hall_id: int, origin_key: str) -> int | None:
    """Id of the plot with that origin key."""
    return c.scalar(
        sa.select(t.plots.c.id).where(t.plots.c.hall_id == hall_id, t.plots.c.origin_key == _digest(origin_key))
    )


def known_origins(c: sa.Connection, hall_id: int, keys: Iterable[str]) -> set[str]:
    """Those of the origin keys that are stored already."""
    by_digest = {_digest(key): key for key in keys}
    found: set[str] = set()
    digests = list(by_digest)
    for start in range(0, len(digests), 500):
        some = digests[start : start + 500]
        rows = c.scalars(
            sa.select(t.plots.c.origin_key).where(t.plots.c.hall_id == hall_id, t.plots.c.origin_key.in_(some))
        )
        found.update(by_digest[digest] for digest in rows)
    return found


def get(c: sa.Connection, plot_id: int) -> Plot:
    """The plot of that id; raises KeyError when there is none."""
    row = c.execute(sa.select(*COLUMNS).select_from(JOINED).where(t.plots.c.id == plot_id)).one_or_none()
    if row is None:
        raise KeyError(plot_id)
    return from_row(row)


def content_hashes(c: sa.Connection) -> Iterator[str]:
    """The content of every plot of all halls, each once, in order."""
    statement = sa.select(t.plots.c.content_hash).distinct().order_by(t.plots.c.content_hash)
    yield from c.scalars(statement.execution_options(yield_per=2000))


def keep(c: sa.Connection, plot_ids: Iterable[int]) -> None:
    """Keep plots for training."""
    c.execute(t.plots.update().where(t.plots.c.id.in_(list(plot_ids))).values(kept=True))


def is_first_of_chunk(c: sa.Connection, plot: Plot) -> bool:
    """Whether no other live plot of the same type, run and chunk was stored before."""
    p, name = t.plots.c, plot.name
    other = (
        sa.select(p.id)
        .select_from(JOINED)
        .where(
            p.plot_type_id == sa.select(p.plot_type_id).where(p.id == plot.id).scalar_subquery(),
            p.run_number == name.run_number,
            p.chunk.is_not_distinct_from(name.chunk),
            p.run_period == name.run_period,
            p.live,
            p.id < plot.id,
        )
        .limit(1)
    )
    return c.scalar(other) is None


def _hold_chunk(c: sa.Connection, type_id: int, name: PlotName) -> None:
    """Let nobody else count revisions of this plot until the transaction ends."""
    if c.dialect.name == "postgresql":  # on SQLite there is one writer at a time
        key = f"{type_id}|{name.pad}|{name.run_period}|{name.run_number}|{name.chunk}"
        number = int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()[:8], signed=True)
        c.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
