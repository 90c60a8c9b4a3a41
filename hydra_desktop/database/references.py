"""References: every set that was ever proposed or confirmed, and what follows of them.

A row is never changed but for its revocation; the newest that isn't revoked counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from ..domain import reference as rules
from ..domain.label import Role
from ..domain.labeling import Queue
from ..domain.plot import Plot
from ..domain.reference import Candidate, Period, Reference, ReferenceState
from ..domain.verdict import Status
from . import conditions, feed, given_labels, label_queue, plots
from . import tables as t
from .naming import plot_type_id

_AT_ONCE = 500  # ids in one question


@dataclass(frozen=True)
class PastReference:
    """A reference as it was set, and who took it back when, if anybody did."""

    reference: Reference
    revoked_at: datetime | None
    revoked_by: str | None


def add(
    c: sa.Connection,
    hall_id: int,
    plot_type: str,
    run_period: str,
    chosen: Sequence[Plot],
    *,
    state: ReferenceState,
    user: str,
    comment: str = "",
) -> Reference:
    """Store a confirmed or a proposed reference; its plots are kept for training from now on.

    What was before stays in the history. A confirmed one ends what was so of the
    plot type. Raises ValueError for another state.
    """
    if state not in (ReferenceState.CONFIRMED, ReferenceState.PROPOSED):
        raise ValueError(f"a reference that is {state} follows from others, it isn't stored")
    at = datetime.now(UTC)
    type_id = _locked(c, hall_id, plot_type)
    if state is ReferenceState.CONFIRMED:
        conditions.end(c, hall_id, type_id, who=user, why="a new reference")
    reference_id: int = c.execute(
        t.plot_references.insert()
        .values(
            plot_type_id=type_id,
            run_period=run_period,
            state=str(state),
            at=at,
            user=user,
            comment=comment,
        )
        .returning(t.plot_references.c.id)
    ).scalar_one()
    if chosen:
        rows = [{"reference_id": reference_id, "plot_id": plot.id} for plot in chosen]
        c.execute(t.plot_reference_plots.insert(), rows)
    of_it = sa.select(t.plot_reference_plots.c.plot_id).where(t.plot_reference_plots.c.reference_id == reference_id)
    c.execute(t.plots.update().where(t.plots.c.id.in_(of_it), sa.not_(t.plots.c.kept)).values(kept=True))
    feed.publish(c, hall_id, "reference" if state is ReferenceState.CONFIRMED else "proposal", reference_id)
    ordered = tuple(replace(plot, kept=True) for plot in rules.in_time_order(chosen))
    return Reference(plot_type, run_period, state, ordered, reference_id, user, at, comment)


def propose_first(
    c: sa.Connection, hall_id: int, plot_type: str, run_period: str, chosen: Sequence[Plot], *, user: str
) -> None:
    """Store a proposal unless something was ever set for the run period, by a person at this moment too."""
    _locked(c, hall_id, plot_type)
    if not was_set(c, hall_id, plot_type, run_period):
        add(c, hall_id, plot_type, run_period, chosen, state=ReferenceState.PROPOSED, user=user)


def _locked(c: sa.Connection, hall_id: int, plot_type: str) -> int:
    """The id of a plot type whose references nobody else sets until the transaction ends."""
    type_id = plot_type_id(c, hall_id, plot_type)
    # not for update of its key: plots of the type may be stored meanwhile; SQLite has one writer anyway
    c.execute(sa.select(t.plot_types.c.id).where(t.plot_types.c.id == type_id).with_for_update(key_share=True))
    return type_id


def revoke(c: sa.Connection, hall_id: int, reference_id: int, *, user: str) -> None:
    """Take a reference or a proposal back; the one before it counts again."""
    r = t.plot_references
    c.execute(
        r.update()
        .where(r.c.id == reference_id, r.c.revoked_at.is_(None))
        .values(revoked_at=datetime.now(UTC), revoked_by=user)
    )
    feed.publish(c, hall_id, "reference", reference_id)


def in_force(c: sa.Connection, hall_id: int, plot_type: str) -> Mapping[str, Reference]:
    """The reference of each run period of a plot type (`domain.reference.in_force`), in the order of time.

    Empty when there is none for any. For a period that has no plots yet ask `domain.reference.of_period`.
    Raises KeyError for a plot type that the hall doesn't have.
    """
    confirmed = {
        reference.run_period: reference
        for reference in _loaded(c, _standing(c, hall_id, plot_type), plot_type).values()
        if reference.state is ReferenceState.CONFIRMED
    }
    names = periods(c, hall_id, plot_type)
    names += [name for name in confirmed if name not in names]  # set before the first plot of the period
    without = [name for name in names if name not in confirmed]
    return rules.in_force(names, confirmed, _defaults(c, hall_id, plot_type, without))


def proposals(c: sa.Connection, hall_id: int, plot_type: str) -> dict[str, Reference]:
    """The proposal that waits for a person's word, of each run period that has one."""
    loaded = _loaded(c, _standing(c, hall_id, plot_type), plot_type).values()
    return {one.run_period: one for one in loaded if one.state is ReferenceState.PROPOSED}


def states(c: sa.Connection, hall_id: int) -> dict[tuple[str, str], ReferenceState]:
    """What counts of all that was set for each plot type and run period of a hall: confirmed, or a proposal waits."""
    r = t.plot_references.c
    newest = sa.select(sa.func.max(r.id)).where(r.revoked_at.is_(None)).group_by(r.plot_type_id, r.run_period)
    rows = c.execute(
        sa.select(t.plot_types.c.name, r.run_period, r.state)
        .join(t.plot_types, t.plot_types.c.id == r.plot_type_id)
        .where(t.plot_types.c.hall_id == hall_id, r.id.in_(newest))
    )
    return {(name, run_period): ReferenceState(state) for name, run_period, state in rows}


def was_set(c: sa.Connection, hall_id: int, plot_type: str, run_period: str) -> bool:
    """Whether a reference of a run period was ever confirmed or proposed, also one that was taken back."""
    r = t.plot_references.c
    chosen = sa.select(r.id).where(r.plot_type_id == plot_type_id(c, hall_id, plot_type), r.run_period == run_period)
    return c.execute(chosen.limit(1)).first() is not None


def history(c: sa.Connection, hall_id: int, plot_type: str) -> list[PastReference]:
    """Every set of a plot type that was ever proposed or confirmed, newest first."""
    rows = _rows(c, hall_id, plot_type)
    loaded = _loaded(c, rows, plot_type)
    return [PastReference(loaded[row.id], row.revoked_at, row.revoked_by) for row in reversed(rows)]


def periods(c: sa.Connection, hall_id: int, plot_type: str) -> list[str]:
    """Run periods of a plot type's plots, in the order of time."""
    rows = c.execute(_PERIODS, {"type": plot_type_id(c, hall_id, plot_type)})
    return rules.periods_in_order(Period(*row) for row in rows)


def _of_periods() -> sa.Select[Any]:
    """Run, time and kind of time of the first plot of each run period; jumps from period to period in the index."""
    of_type = sa.bindparam("type", type_=t.plots.c.plot_type_id.type)
    one, next_, first, found = (t.plots.alias(name) for name in ("one", "next", "first", "found"))
    lowest = sa.select(sa.func.min(one.c.run_period).label("name")).where(one.c.plot_type_id == of_type)
    names = lowest.cte("periods", recursive=True)
    following = (
        sa.select(sa.func.min(next_.c.run_period))
        .where(next_.c.plot_type_id == of_type, next_.c.run_period > names.c.name)
        .scalar_subquery()
    )
    names = names.union_all(sa.select(following).where(names.c.name.is_not(None)))
    first_id = (
        sa.select(first.c.id)
        .where(first.c.plot_type_id == of_type, first.c.run_period == names.c.name)
        .order_by(first.c.run_number, first.c.taken_at)
        .limit(1)
        .scalar_subquery()
    )
    return sa.select(
        found.c.run_period, found.c.run_number, found.c.taken_at, found.c.taken_at_is_file_time
    ).select_from(names.join(found, found.c.id == first_id))


_PERIODS = _of_periods()


def candidates(c: sa.Connection, hall_id: int, plot_type: str, run_period: str) -> list[Candidate]:
    """All live plots of a type in a run period, with what is known of each."""
    given = {one.plot.id: one.label for one in given_labels.current(c, hall_id, plot_type)}
    confirmed = sa.case((t.verdicts.c.status == str(Status.CONFIRMED), t.labels.c.name), else_=None)
    rows = c.execute(
        sa.select(*plots.COLUMNS, confirmed.label("confirmed"))
        .select_from(plots.JOINED)
        .outerjoin(t.verdicts, sa.and_(t.verdicts.c.plot_id == t.plots.c.id, t.verdicts.c.live))
        .outerjoin(t.labels, t.labels.c.id == t.verdicts.c.label_id)
        .where(
            t.plots.c.plot_type_id == plot_type_id(c, hall_id, plot_type),
            t.plots.c.run_period == run_period,
            t.plots.c.live,
        )
    )
    return [Candidate(plots.from_row(row), given.get(row.id, ""), row.confirmed or "", row.beam_on) for row in rows]


def plots_of(c: sa.Connection, hall_id: int, plot_type: str, plot_ids: Iterable[int]) -> list[Plot]:
    """Those of the plots that are of this plot type, in the order of time."""
    ids = list(dict.fromkeys(plot_ids))
    type_id = plot_type_id(c, hall_id, plot_type)
    found: list[Plot] = []
    for start in range(0, len(ids), _AT_ONCE):
        some = t.plots.c.id.in_(ids[start : start + _AT_ONCE])
        rows = c.execute(
            sa.select(*plots.COLUMNS).select_from(plots.JOINED).where(some, t.plots.c.plot_type_id == type_id)
        )
        found += map(plots.from_row, rows)
    return rules.in_time_order(found)


def _rows(c: sa.Connection, hall_id: int, plot_type: str) -> list[Any]:
    """All rows of a plot type, oldest first."""
    r = t.plot_references
    of_type = sa.select(r).where(r.c.plot_type_id == plot_type_id(c, hall_id, plot_type))
    return list(c.execute(of_type.order_by(r.c.id)))


def _standing(c: sa.Connection, hall_id: int, plot_type: str) -> list[Any]:
    """The newest confirmed row of each run period, and the proposal that came after it."""
    standing: dict[tuple[str, str], Any] = {}
    for row in _rows(c, hall_id, plot_type):
        if row.revoked_at is None:
            if row.state == ReferenceState.CONFIRMED:
                standing.pop((row.run_period, ReferenceState.PROPOSED), None)
            standing[row.run_period, row.state] = row
    return list(standing.values())


def _loaded(c: sa.Connection, rows: Sequence[Any], plot_type: str) -> dict[int, Reference]:
    """References by their ids, with their plots."""
    members: dict[int, list[Plot]] = defaultdict(list)
    m = t.plot_reference_plots
    ids = [row.id for row in rows]
    for start in range(0, len(ids), _AT_ONCE):
        for row in c.execute(
            sa.select(m.c.reference_id, *plots.COLUMNS)
            .select_from(plots.JOINED)
            .join(m, m.c.plot_id == t.plots.c.id)
            .where(m.c.reference_id.in_(ids[start : start + _AT_ONCE]))
        ):
            members[row.reference_id].append(plots.from_row(row))
    return {
        row.id: Reference(
            plot_type,
            row.run_period,
            ReferenceState(row.state),
            tuple(rules.in_time_order(members[row.id])),
            row.id,
            row.user,
            row.at,
            row.comment,
        )
        for row in rows
    }


def _defaults(c: sa.Connection, hall_id: int, plot_type: str, names: Sequence[str]) -> dict[str, Reference]:
    """The first plots that people labelled with a role of good, of each of these run periods where enough are.

    They are those of the first runs that have as many together as a reference needs, in the order of time.
    """
    type_id = plot_type_id(c, hall_id, plot_type)
    labels = t.labels.c
    of_good = sa.select(labels.id, labels.name).where(labels.plot_type_id == type_id, labels.role == str(Role.GOOD))
    good: dict[int, str] = dict(c.execute(of_good).all())
    if label_queue.is_built(c, hall_id):
        labelled = {period: _first_good(c, type_id, list(good), period) for period in names}
    else:  # nobody has labelled here by hand since an older version wrote the database
        labelled = defaultdict(list)
        for one in given_labels.current(c, hall_id, plot_type):
            if one.label in good.values():
                labelled[one.plot.name.run_period].append(one.plot)
    return {
        period: Reference(
            plot_type, period, ReferenceState.DEFAULT, tuple(rules.in_time_order(labelled[period])[: rules.SIZE])
        )
        for period in names
        if len(labelled[period]) >= rules.FEWEST
    }


def _first_good(c: sa.Connection, type_id: int, label_ids: Sequence[int], run_period: str) -> list[Plot]:
    """The plots of the first runs that have a reference's worth of these labels in force, else all that have them."""
    of_period = {"type": type_id, "period": run_period}
    runs = sorted(run for label_id in label_ids for run in c.scalars(_FIRST_RUNS, {**of_period, "label": label_id}))[
        : rules.SIZE
    ]
    if not runs:
        return []
    rows = c.execute(_OF_RUNS, {**of_period, "labels": list(label_ids), "last": runs[-1]})
    return [plots.from_row(row) for row in rows]


_Q = t.label_queue.c
# every plot is in this queue once, with its label in force; it is written out for the index to be seen to fit
_OF_PERIOD = (
    _Q.queue == sa.literal_column(f"'{Queue.EVERY}'"),
    _Q.plot_type_id == sa.bindparam("type"),
    _Q.run_period == sa.bindparam("period"),
)
_FIRST_RUNS = (
    sa.select(_Q.run_number)
    .where(*_OF_PERIOD, _Q.label_id == sa.bindparam("label"))
    .order_by(_Q.run_number)
    .limit(rules.SIZE)
)
_OF_RUNS = (
    sa.select(*plots.COLUMNS)
    .select_from(plots.JOINED.join(t.label_queue, _Q.plot_id == t.plots.c.id))
    .where(
        *_OF_PERIOD,
        _Q.label_id.in_(sa.bindparam("labels", expanding=True)),
        _Q.run_number <= sa.bindparam("last"),
    )
)
