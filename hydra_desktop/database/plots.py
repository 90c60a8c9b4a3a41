"""Plots: every arrival of a picture, once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ..domain.plot import NewPlot, Plot, PlotName
from . import clock
from . import tables as t
from .naming import plot_type_id, plot_type_ids
from .tables import storable
from .upsert import insert_new

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
    t.plots.c.beam_on,
)
JOINED = t.plots.join(t.plot_types, t.plot_types.c.id == t.plots.c.plot_type_id)
_KNOWN = sa.select(t.plots.c.origin_key).where(
    t.plots.c.hall_id == sa.bindparam("hall"), t.plots.c.origin_key.in_(sa.bindparam("digests", expanding=True))
)
_STREAM_CHUNK = tuple(t.plots.c[name] for name in ("plot_type_id", "run_number", "chunk", "pad", "run_period"))
_NEWEST_OF_RUNS = (  # lists of each column, as SQLite reads the whole table for a list of tuples
    sa.select(*_STREAM_CHUNK, sa.func.max(t.plots.c.revision))
    .where(
        t.plots.c.live,
        t.plots.c.plot_type_id.in_(sa.bindparam("types", expanding=True)),
        t.plots.c.run_number.in_(sa.bindparam("runs", expanding=True)),
    )
    .group_by(*_STREAM_CHUNK)
)
_NEWEST_OF_CHUNKS = _NEWEST_OF_RUNS.where(t.plots.c.chunk.in_(sa.bindparam("chunks", expanding=True)))
_NEWEST_OF_UNCHUNKED = _NEWEST_OF_RUNS.where(t.plots.c.chunk.is_(None))
_StreamChunk = tuple[int, int, int | None, str, str]


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
        row.beam_on,
    )


def add(c: sa.Connection, hall_id: int, new: NewPlot, *, live: bool) -> Plot | None:
    """Store one plot, see `add_all`."""
    return add_all(c, hall_id, [new], live=live)[0]


def add_all(c: sa.Connection, hall_id: int, new: Sequence[NewPlot], *, live: bool) -> list[Plot | None]:
    """Store plots in their order; None for each arrival that is known.

    A live plot with other bytes under the same run and chunk is a new revision. The plot types
    must be there (`halls.ensure_plot_type`), else KeyError.
    """
    if not new:
        return []
    type_ids = plot_type_ids(c, hall_id, (one.name.plot_type for one in new))
    chunks = [_stream_chunk(type_ids, one.name) for one in new]
    if live:
        _hold(c, chunks)
    known = known_origins(c, hall_id, (one.origin_key for one in new))
    revisions = _newest_revisions(c, chunks) if live else Counter[_StreamChunk]()
    arrived_at = clock.now(c)
    rows: dict[str, dict[str, Any]] = {}
    for one, chunk in zip(new, chunks, strict=True):
        if one.origin_key in known:
            continue
        known.add(one.origin_key)
        if live:
            revisions[chunk] += 1
        key = _digest(one.origin_key)
        rows[key] = {
            "hall_id": hall_id,
            "plot_type_id": type_ids[one.name.plot_type],
            "pad": one.name.pad,
            "run_period": one.name.run_period,
            "run_number": one.name.run_number,
            "chunk": one.name.chunk,
            "revision": revisions[chunk] if live else 1,
            "content_hash": one.content_hash,
            "taken_at": one.taken_at,
            "taken_at_is_file_time": one.taken_at_is_file_time,
            "arrived_at": arrived_at,
            "origin_key": key,
            "live": live,
            "kept": not live,
            "beam_on": one.beam_on,
        }
    ids = insert_new(c, t.plots, list(rows.values()), on=["hall_id", "origin_key"], by="origin_key")
    stored: list[Plot | None] = []
    for one in new:
        key = _digest(one.origin_key)
        id_ = ids.pop(key, None)
        if id_ is None:
            stored.append(None)
            continue
        revision = rows[key]["revision"]
        stored.append(
            Plot(
                id_,
                one.name,
                one.content_hash,
                one.taken_at,
                arrived_at,
                revision,
                not live,
                one.taken_at_is_file_time,
                one.beam_on,
            )
        )
    return stored


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
        rows = c.scalars(_KNOWN, {"hall": hall_id, "digests": digests[start : start + 500]})
        found.update(by_digest[digest] for digest in rows)
    return found


def get(c: sa.Connection, plot_id: int) -> Plot:
    """The plot of that id; raises KeyError when there is none."""
    row = c.execute(sa.select(*COLUMNS).select_from(JOINED).where(t.plots.c.id == plot_id)).one_or_none()
    if row is None:
        raise KeyError(plot_id)
    return from_row(row)


def of_ids(c: sa.Connection, hall_id: int, plot_ids: Sequence[int]) -> dict[int, Plot]:
    """Those of a few plots that the hall has, by their ids."""
    p = t.plots.c
    # asked by their ids alone: SQLite would search by the hall
    rows = c.execute(sa.select(*COLUMNS, p.hall_id).select_from(JOINED).where(p.id.in_(list(plot_ids))))
    return {row.id: from_row(row) for row in rows if row.hall_id == hall_id}


def run_periods(c: sa.Connection, plot_type_id: int) -> list[str]:
    """The run periods of a plot type, the one with the newest plot of its last run first."""
    p = t.plots.c
    found: dict[str, Any] = {}
    period: str | None = ""
    while period is not None:  # each with a look into an index, however many plots there are
        of_period = (p.plot_type_id == plot_type_id, p.run_period == period)
        last = sa.select(p.taken_at).where(*of_period).order_by(p.run_number.desc(), p.taken_at.desc()).limit(1)
        if period:
            found[period] = c.scalar(last)
        period = c.scalar(
            sa.select(sa.func.min(p.run_period)).where(p.plot_type_id == plot_type_id, p.run_period > period)
        )
    return sorted(found, key=lambda one: found[one], reverse=True)


def by_content(c: sa.Connection, hall_id: int, plot_type: str, hashes: Iterable[str]) -> dict[str, Plot]:
    """The first plot of a type with each of these few pictures, where there is one."""
    p = t.plots.c
    rows = c.execute(
        sa.select(*COLUMNS)
        .select_from(JOINED)
        .where(p.content_hash.in_(list(hashes)), p.plot_type_id == plot_type_id(c, hall_id, plot_type))
        .order_by(p.id.desc())
    )
    return {row.content_hash: from_row(row) for row in rows}


def live_times(c: sa.Connection, hall_id: int, plot_type: str, span: timedelta) -> list[datetime]:
    """When the live plots of a type were taken, in rising order, from `span` before the newest on."""
    p = t.plots.c
    of_type = (p.plot_type_id == plot_type_id(c, hall_id, plot_type), p.live)
    newest = c.scalar(sa.select(p.taken_at).where(*of_type).order_by(p.taken_at.desc()).limit(1))
    if newest is None:
        return []
    return list(c.scalars(sa.select(p.taken_at).where(*of_type, p.taken_at >= newest - span).order_by(p.taken_at)))


def content_hashes(c: sa.Connection) -> Iterator[str]:
    """The content of every plot of all halls, each once, in order."""
    statement = sa.select(t.plots.c.content_hash).distinct().order_by(t.plots.c.content_hash)
    yield from c.scalars(statement.execution_options(yield_per=2000))


def keep(c: sa.Connection, plot_ids: Iterable[int]) -> None:
    """Keep plots for training."""
    c.execute(t.plots.update().where(t.plots.c.id.in_(list(plot_ids))).values(kept=True))


_OLDER_OF_CHUNK = (
    sa.select(t.plots.c.id)
    .where(
        t.plots.c.plot_type_id
        == sa.select(t.plots.c.plot_type_id).where(t.plots.c.id == sa.bindparam("plot")).scalar_subquery(),
        t.plots.c.run_number == sa.bindparam("run"),
        t.plots.c.chunk.is_not_distinct_from(sa.bindparam("chunk", type_=t.plots.c.chunk.type)),
        t.plots.c.run_period == sa.bindparam("period"),
        t.plots.c.live,
        t.plots.c.id < sa.bindparam("plot"),
    )
    .limit(1)
)


def is_first_of_chunk(c: sa.Connection, plot: Plot) -> bool:
    """Whether no other live plot of the same type, run and chunk was stored before."""
    name = plot.name
    of = {"plot": plot.id, "run": name.run_number, "chunk": name.chunk, "period": name.run_period}
    return c.scalar(_OLDER_OF_CHUNK, of) is None


def _stream_chunk(type_ids: Mapping[str, int], name: PlotName) -> _StreamChunk:
    """What plots share that are revisions of each other, as the database has it."""
    return type_ids[name.plot_type], name.run_number, name.chunk, storable(name.pad), storable(name.run_period)


def _newest_revisions(c: sa.Connection, chunks: Iterable[_StreamChunk]) -> Counter[_StreamChunk]:
    """The newest revision that is stored of each, 0 for what is new."""
    found = Counter[_StreamChunk]()
    for chunked, statement in ((True, _NEWEST_OF_CHUNKS), (False, _NEWEST_OF_UNCHUNKED)):
        asked = {chunk for chunk in chunks if (chunk[2] is not None) == chunked}
        if not asked:
            continue
        types, runs, numbers, *_ = map(set, zip(*asked, strict=True))
        of = {"types": list(types), "runs": list(runs)} | ({"chunks": list(numbers)} if chunked else {})
        found.update({tuple(chunk): newest for *chunk, newest in c.execute(statement, of)})
    return found


def _hold(c: sa.Connection, chunks: Iterable[_StreamChunk]) -> None:
    """Let nobody else count revisions of these until the transaction ends."""
    if c.dialect.name == "postgresql":  # on SQLite there is one writer at a time
        # in one order everywhere, so that two who hold several never wait in a circle
        numbers = sorted({int.from_bytes(_sha256(repr(chunk)).digest()[:8], signed=True) for chunk in chunks})
        c.execute(_HOLD, {"numbers": numbers})


_HOLD = sa.select(
    sa.func.pg_advisory_xact_lock(
        sa.func.unnest(sa.bindparam("numbers", type_=sa.ARRAY(sa.BigInteger)), type_=sa.BigInteger)
    )
)


def _digest(key: str) -> str:
    return _sha256(key).hexdigest()


def _sha256(text: str) -> Any:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape"))
