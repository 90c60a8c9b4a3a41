"""Which plots of a queue are next for a person, and whose they are for a while.

A page is one range of `label_queue` in the order that is wanted. Whoever takes plots claims them,
so that nobody else is offered them until the claim ends; claims are taken one person at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ..domain.labeling import Filters, Order, Queue
from . import clock, label_actions, plots
from . import tables as t
from .naming import plot_type_id
from .upsert import insert

CLAIMED_FOR = timedelta(minutes=10)
FEW = 20_000  # plots: to find and sort all of them takes less than to look for the first ones in order
_LOCK = 711996

_Q, _K = t.label_queue.c, t.label_claims.c


@dataclass(frozen=True)
class Holder:
    """One person at one station."""

    hall_id: int
    user: str
    station: str


@dataclass(frozen=True)
class View:
    """The part of a queue that is looked at, and in which order."""

    plot_type_id: int
    queue: Queue
    order: Order
    conditions: tuple[sa.ColumnElement[bool], ...] = ()

    @classmethod
    def of(cls, c: sa.Connection, hall_id: int, plot_type: str, queue: Queue, order: Order, filters: Filters) -> View:
        """The view of a queue through filters; raises KeyError for a plot type that the hall hasn't."""
        type_id = plot_type_id(c, hall_id, plot_type)
        return cls(type_id, queue, order, tuple(_conditions(type_id, filters)))

    @property
    def rows(self) -> tuple[sa.ColumnElement[bool], ...]:
        """The rows of the queue that are meant."""
        return (_Q.plot_type_id == self.plot_type_id, _Q.queue == self.stored, *self.conditions)

    @property
    def stored(self) -> Queue:
        """The queue as the table has it: a random sample is the unlabelled ones in another order."""
        return Queue.UNLABELLED if self.queue is Queue.RANDOM else self.queue


def count(c: sa.Connection, view: View) -> int:
    """How many plots wait there, whoever works on them."""
    return c.scalar(sa.select(sa.func.count()).select_from(t.label_queue).where(*view.rows)) or 0


def candidates(
    c: sa.Connection,
    view: View,
    holder: Holder,
    limit: int,
    without: Collection[int] = frozenset(),
    *,
    first: int = 0,
    few: bool = False,
) -> list[int]:
    """The ids of the next plots in order, without those that others have or that were skipped just now.

    The `first` ones in order are passed over. With `few` they are all found and sorted: where filters leave a few,
    an index of the order leads past all others.
    """
    columns, backwards = _ORDERS[_order(view)]
    now = clock.now(c)
    free = [
        _Q.plot_id.not_in(sa.select(_K.plot_id).where(_K.until > now, sa.not_(_mine(holder)))),
        *(_not_skipped(c, holder, now) if view.queue is not Queue.EVERY else []),  # there one turns pages
        *([_Q.plot_id.not_in(without)] if without else []),
    ]
    if few and columns[0] is not _Q.taken_at:  # by which the table itself lies
        columns = (columns[0] + 0, *columns[1:])  # which no index knows
    wanted = sa.select(_Q.plot_id).where(*view.rows, *free)  # an index has it without the table
    ordered = wanted.order_by(*(column.desc() if backwards else column for column in columns))
    return list(c.scalars(ordered.limit(limit).offset(first)))


@dataclass(frozen=True)
class Kind:
    """What a waiting plot is like: what the model says it is, where it is from, and its picture."""

    guess_id: int | None
    pad: str
    run_period: str
    run_number: int
    content_hash: str


def kinds(c: sa.Connection, plot_ids: Sequence[int]) -> dict[int, Kind]:
    """What a few waiting plots are like, by their ids."""
    p = t.plots.c
    rows = c.execute(
        sa.select(p.id, _Q.guess_id, p.pad, p.run_period, p.run_number, p.content_hash)
        .select_from(t.plots.join(t.label_queue, _Q.plot_id == p.id))
        .where(p.id.in_(plot_ids))
    )
    return {plot_id: Kind(*kind) for plot_id, *kind in rows}


def others(c: sa.Connection, view: View, holder: Holder) -> list[tuple[str, int]]:
    """The other people who work on plots that wait there, and on how many."""
    held = sa.select(_K.plot_id, _K.user).where(_K.until > clock.now(c), sa.not_(_mine(holder)))
    whose: dict[int, str] = dict(c.execute(held).all())
    return sorted(Counter(whose[plot_id] for plot_id in _waiting(c, view, whose)).items())


def claim(
    c: sa.Connection, view: View, holder: Holder, plot_ids: Iterable[int], keep: Collection[int] = frozenset()
) -> set[int]:
    """Claim plots; those that were got: not claimed by another meanwhile, and waiting still.

    What the holder had before is given back, but for `keep` and what is claimed now.
    """
    _hold(c, holder.hall_id)
    now = clock.now(c)
    values = {"user": holder.user, "station": holder.station, "until": now + CLAIMED_FOR}
    wanted = sorted(set(plot_ids))
    got: set[int] = set()
    if wanted:
        statement = insert(c.dialect.name, t.label_claims)
        statement = statement.on_conflict_do_update(
            index_elements=["plot_id"],
            set_=values,
            where=sa.or_(_K.until <= now, _mine(holder)),
        )
        got.update(c.scalars(statement.returning(_K.plot_id), [{"plot_id": one, **values} for one in wanted]))
        got.intersection_update(_waiting(c, view, got))
    _give_back(c, holder, keep=got.union(keep))
    c.execute(t.label_claims.update().where(_mine(holder)).values(until=values["until"]))
    return got


def release(c: sa.Connection, holder: Holder) -> None:
    """Give back all that a holder has."""
    _hold(c, holder.hall_id)
    _give_back(c, holder, keep=frozenset())


def counts(c: sa.Connection, hall_id: int, plot_type: str) -> dict[Queue, int]:
    """How many plots wait in each queue."""
    rows = c.execute(
        sa.select(_Q.queue, sa.func.count())
        .where(_Q.plot_type_id == plot_type_id(c, hall_id, plot_type))
        .group_by(_Q.queue)
    )
    found: dict[str, int] = dict(rows.all())
    return {queue: found.get(queue, 0) for queue in Queue} | {Queue.RANDOM: found.get(Queue.UNLABELLED, 0)}


def label_counts(c: sa.Connection, hall_id: int, plot_type: str) -> dict[str, int]:
    """How many plots have each label in force, the labels in the plot type's order."""
    numbers = (
        sa.select(_Q.label_id, sa.func.count().label("number"))
        .where(_Q.plot_type_id == plot_type_id(c, hall_id, plot_type), _Q.queue == Queue.EVERY)
        .group_by(_Q.label_id)
        .subquery()
    )
    label = t.labels.c
    rows = c.execute(
        sa.select(label.name, numbers.c.number)
        .join(numbers, numbers.c.label_id == label.id)
        .order_by(label.position, label.id)
    )
    return dict(rows.all())


def choices(c: sa.Connection, hall_id: int, plot_type: str) -> tuple[list[str], list[str]]:
    """The run periods of a plot type's plots, the newest first, and the people who gave them labels."""
    type_id = plot_type_id(c, hall_id, plot_type)
    users = sa.select(_Q.user).where(_Q.plot_type_id == type_id, _Q.queue == Queue.EVERY).distinct()
    return plots.run_periods(c, type_id), sorted(user for user in c.scalars(users) if user)


_Columns = tuple[sa.ColumnElement[Any], ...]
_ORDERS: dict[str, tuple[_Columns, bool]] = {  # the columns, and whether from the highest down
    Order.NEWEST: ((_Q.taken_at, _Q.plot_id), True),
    Order.OLDEST: ((_Q.taken_at, _Q.plot_id), False),
    Order.RUN: ((_Q.run_number, _Q.taken_at, _Q.plot_id), False),
    Order.LEAST_SURE: ((_Q.confidence, _Q.taken_at, _Q.plot_id), False),
    Order.MOST_SURE: ((_Q.confidence, _Q.taken_at, _Q.plot_id), True),
    "plot": ((_Q.plot_id,), False),
    "shuffle": ((_Q.shuffle,), False),
}


def _order(view: View) -> str:
    return {Queue.RANDOM: "shuffle", Queue.DISPUTED: "plot"}.get(view.queue, view.order)


def _waiting(c: sa.Connection, view: View, plot_ids: Iterable[int]) -> list[int]:
    """Those of a few plots that wait there."""
    # asked by their ids alone: SQLite would read the whole queue
    chosen = sa.select(_Q.plot_id, _Q.plot_type_id, _Q.queue).where(_Q.plot_id.in_(list(plot_ids)), *view.conditions)
    return [
        row.plot_id for row in c.execute(chosen) if row.plot_type_id == view.plot_type_id and row.queue == view.stored
    ]


def _conditions(type_id: int, filters: Filters) -> Iterable[sa.ColumnElement[bool]]:
    f = filters
    if f.first_run is not None:
        yield _Q.run_number >= f.first_run
    if f.last_run is not None:
        yield _Q.run_number <= f.last_run
    if f.run_period is not None:
        yield _Q.run_period == f.run_period
    if f.guess:
        yield _Q.guess_id == _label_id(type_id, f.guess)
    if f.label:
        yield _Q.label_id == _label_id(type_id, f.label)
    if f.user:
        yield _Q.user == f.user
    if f.since is not None:
        yield _Q.taken_at >= f.since
    if f.until is not None:
        yield _Q.taken_at <= f.until
    if f.least_confidence is not None:
        yield _Q.confidence >= f.least_confidence
    if f.plots is not None:
        yield _Q.plot_id.in_(sorted(f.plots))
    if f.most_confidence is not None:
        yield _Q.confidence <= f.most_confidence
        yield _Q.guess_id.is_not(None)


def _label_id(type_id: int, name: str) -> sa.ScalarSelect[int]:
    return sa.select(t.labels.c.id).where(t.labels.c.plot_type_id == type_id, t.labels.c.name == name).scalar_subquery()


def _mine(holder: Holder) -> sa.ColumnElement[bool]:
    return sa.and_(_K.user == holder.user, _K.station == holder.station)


def _not_skipped(c: sa.Connection, holder: Holder, now: datetime) -> list[sa.ColumnElement[bool]]:
    a, s = t.label_actions.c, t.label_skips.c
    last = c.execute(
        sa.select(sa.func.coalesce(a.session_id, a.id).label("session_id"), a.at)
        .where(a.hall_id == holder.hall_id, a.user == holder.user, a.station == holder.station)
        .order_by(a.id.desc())
        .limit(1)
    ).one_or_none()
    if last is None or now - last.at > label_actions.PAUSE:
        return []
    skipped = (
        sa.select(s.plot_id)
        .join(t.label_actions, a.id == s.action_id)
        .where(s.session_id == last.session_id, s.user == holder.user, a.undone_at.is_(None))
    )
    return [_Q.plot_id.not_in(skipped)]


def _give_back(c: sa.Connection, holder: Holder, keep: Collection[int]) -> None:
    mine = sa.select(_K.plot_id).join(t.plots, t.plots.c.id == _K.plot_id)
    held = c.scalars(mine.where(_mine(holder), t.plots.c.hall_id == holder.hall_id))
    gone = [plot_id for plot_id in held if plot_id not in keep]
    if gone:
        c.execute(t.label_claims.delete().where(_K.plot_id.in_(gone)))


def _hold(c: sa.Connection, hall_id: int) -> None:
    """Let nobody else claim or give back until the transaction ends."""
    if c.dialect.name == "postgresql":  # on SQLite there is one writer at a time
        c.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK, sa.cast(hall_id % 2**31, sa.Integer))))
