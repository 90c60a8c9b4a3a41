"""Runs and their chunks, found without reading their plots one by one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..domain.past import Moment, PastRun
from . import tables as t

_Hall = sa.bindparam("hall_id", type_=t.plots.c.hall_id.type)


def runs(c: sa.Connection, hall_id: int) -> list[PastRun]:
    """Runs of a hall that have live plots, in the order of time: run periods as they ended first, then by number."""
    by_period: dict[str, list[PastRun]] = {}
    for period, number, last_at in c.execute(_RUNS, {"hall_id": hall_id}):
        by_period.setdefault(period, []).append(PastRun(number, period, last_at))
    in_order = sorted(by_period.values(), key=lambda some: min(run.last_at for run in some))
    return [run for some in in_order for run in sorted(some, key=lambda run: run.run_number)]


def chunk_beside(
    c: sa.Connection, hall_id: int, run_period: str, run_number: int, chunk: int | None, step: int
) -> int | None:
    """The chunk before (`step` -1) or after (1) a chunk of a run, None at its end.

    Without a chunk it is the last (-1) or the first (1).
    """
    p = t.plots.c
    chosen = sa.select(sa.func.max(p.chunk) if step < 0 else sa.func.min(p.chunk)).where(
        *_of_run(hall_id, run_period, run_number), p.chunk.is_not(None)
    )
    if chunk is not None:
        chosen = chosen.where(p.chunk < chunk if step < 0 else p.chunk > chunk)
    found: int | None = c.scalar(chosen)
    return found


def begin_of(c: sa.Connection, hall_id: int, run_period: str, run_number: int) -> datetime | None:
    """When the first plot of a run was taken, None where it has none."""
    found: datetime | None = c.scalar(
        sa.select(sa.func.min(t.plots.c.taken_at)).where(*_of_run(hall_id, run_period, run_number))
    )
    return found


def end_of(c: sa.Connection, hall_id: int, run_period: str, run_number: int, chunk: int | None = None) -> Moment | None:
    """When the last plot of a run, or of one chunk of it, was judged; None when it has no live verdict."""
    p, v = t.plots.c, t.verdicts.c
    # asked for each plot in turn: a planner that joins may read all verdicts there are
    decided_at = sa.select(v.decided_at).where(v.plot_id == p.id, v.live).scalar_subquery()
    chosen = sa.select(decided_at.label("judged"), p.taken_at).where(*_of_run(hall_id, run_period, run_number))
    if chunk is not None:
        chosen = chosen.where(p.chunk == chunk)
    of_run = chosen.subquery()
    last = sa.select(sa.func.max(of_run.c.judged), sa.func.max(of_run.c.taken_at)).where(of_run.c.judged.is_not(None))
    judged: datetime | None
    judged, taken = c.execute(last).one()
    return None if judged is None else Moment(judged, taken)


def _of_run(hall_id: int, run_period: str, run_number: int) -> tuple[Any, ...]:
    p = t.plots.c
    return p.hall_id == hall_id, p.live, p.run_period == run_period, p.run_number == run_number


def _all_runs() -> sa.Select[Any]:
    """Jumps from period to period, and in each from run to run, in the index; of each run it reads one plot."""
    first, next_, low, high, last, any_ = (
        t.plots.alias(name) for name in ("first", "next", "low", "high", "last", "some")
    )
    lowest = sa.select(sa.func.min(first.c.run_period).label("name")).where(first.c.hall_id == _Hall, first.c.live)
    periods = lowest.cte("periods", recursive=True)
    following = sa.select(sa.func.min(next_.c.run_period)).where(
        next_.c.hall_id == _Hall, next_.c.live, next_.c.run_period > periods.c.name
    )
    periods = periods.union_all(sa.select(following.scalar_subquery()).where(periods.c.name.is_not(None)))
    least = sa.select(sa.func.min(low.c.run_number)).where(
        low.c.hall_id == _Hall, low.c.live, low.c.run_period == periods.c.name
    )
    numbers = (
        sa.select(periods.c.name.label("period"), least.scalar_subquery().label("number"))
        .where(periods.c.name.is_not(None))
        .cte("numbers", recursive=True)
    )
    greater = sa.select(sa.func.min(high.c.run_number)).where(
        high.c.hall_id == _Hall,
        high.c.live,
        high.c.run_period == numbers.c.period,
        high.c.run_number > numbers.c.number,
    )
    numbers = numbers.union_all(
        sa.select(numbers.c.period, greater.scalar_subquery()).where(numbers.c.number.is_not(None))
    )

    def taken(plots: Any, *conditions: Any) -> Any:
        return (
            sa.select(plots.c.taken_at)
            .where(
                plots.c.hall_id == _Hall,
                plots.c.live,
                plots.c.run_period == numbers.c.period,
                plots.c.run_number == numbers.c.number,
                *conditions,
            )
            .order_by(plots.c.chunk.desc())
            .limit(1)
            .scalar_subquery()
        )

    last_at = sa.func.coalesce(taken(last, last.c.chunk.is_not(None)), taken(any_), type_=t.UtcDateTime)
    return sa.select(numbers.c.period, numbers.c.number, last_at).where(numbers.c.number.is_not(None))


_RUNS = _all_runs()
