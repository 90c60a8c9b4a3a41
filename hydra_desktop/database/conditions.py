"""Conditions of plot types; one of a kind is open at most (IntegrityError)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from ..domain.condition import Condition, ConditionKind
from . import feed
from . import tables as t
from .naming import plot_type_id

_JOINED = t.conditions.join(t.plot_types, t.plot_types.c.id == t.conditions.c.plot_type_id).join(
    t.plots, t.plots.c.id == t.conditions.c.first_plot_id
)
_SELECT = sa.select(
    t.conditions, t.plot_types.c.name.label("plot_type"), t.plots.c.run_period, t.plots.c.run_number
).select_from(_JOINED)
_IS_OPEN = t.conditions.c.ended_at.is_(None)


def begin(
    c: sa.Connection,
    hall_id: int,
    plot_type: str,
    kind: ConditionKind,
    *,
    first_plot_id: int,
    since: datetime,
    begins_period: bool,
    facts: str,
    at: datetime,
) -> Condition:
    """A new condition, told to all."""
    id_: int = c.execute(
        t.conditions.insert()
        .values(
            hall_id=hall_id,
            plot_type_id=plot_type_id(c, hall_id, plot_type),
            kind=str(kind),
            since=since,
            first_plot_id=first_plot_id,
            begins_period=begins_period,
            facts=facts,
            told_at=at,
            ended_by="",
            why_ended="",
        )
        .returning(t.conditions.c.id)
    ).scalar_one()
    feed.publish(c, hall_id, "condition", id_)
    return _condition(c.execute(_SELECT.where(t.conditions.c.id == id_)).one())


_GO_ON = (  # built once: building a statement costs more than carrying it out
    t.conditions.update()
    .where(t.conditions.c.id == sa.bindparam("condition"), _IS_OPEN)
    .values(facts=sa.bindparam("so"))
)


def go_on(c: sa.Connection, condition_id: int, *, facts: str) -> bool:
    """Keep a condition's facts up to date; False when somebody ended it meanwhile."""
    return c.execute(_GO_ON, {"condition": condition_id, "so": facts}).rowcount == 1


def end(c: sa.Connection, hall_id: int, type_id: int, *, who: str, why: str) -> bool:
    """End what is so of a plot type (its id), and tell it to all; False when nothing was."""
    ids = c.scalars(
        t.conditions.update()
        .where(t.conditions.c.plot_type_id == type_id, _IS_OPEN)
        .values(ended_at=datetime.now(UTC), ended_by=who, why_ended=why)
        .returning(t.conditions.c.id)
    ).all()
    for id_ in ids:
        feed.publish(c, hall_id, "condition", id_)
    return bool(ids)


def open_conditions(c: sa.Connection, hall_id: int) -> list[Condition]:
    """Conditions that hold, the newest first."""
    rows = c.execute(
        _SELECT.where(t.conditions.c.hall_id == hall_id, _IS_OPEN).order_by(
            t.conditions.c.since.desc(), t.conditions.c.id.desc()
        )
    )
    return [_condition(row) for row in rows]


def open_at(c: sa.Connection, hall_id: int, when: datetime) -> list[Condition]:
    """Conditions that were told and held at a time, the newest first; their facts are those told last."""
    k = t.conditions.c
    held = sa.or_(_IS_OPEN, k.ended_at > when)
    rows = c.execute(
        _SELECT.where(t.plot_types.c.hall_id == hall_id, k.told_at <= when, held).order_by(k.since.desc(), k.id.desc())
    )
    return [replace(_condition(row), ended_at=None, ended_by="") for row in rows]


def newest(c: sa.Connection, hall_id: int) -> dict[str, Condition]:
    """The newest condition of each plot type, open or not."""
    ids = (
        sa.select(sa.func.max(t.conditions.c.id))
        .where(t.conditions.c.plot_type_id == t.plot_types.c.id)
        .scalar_subquery()
        .correlate(t.plot_types)
    )
    rows = c.execute(_SELECT.where(t.plot_types.c.hall_id == hall_id, t.conditions.c.id == ids))
    return {row.plot_type: _condition(row) for row in rows}


def rows(c: sa.Connection, hall_id: int) -> Iterator[Any]:
    """Every condition, for export, oldest first."""
    yield from c.execute(
        _SELECT.add_columns(t.plots.c.chunk, t.plots.c.pad)
        .where(t.conditions.c.hall_id == hall_id)
        .order_by(t.conditions.c.id)
    )


def _condition(r: Any) -> Condition:
    return Condition(
        r.id, ConditionKind(r.kind), r.plot_type, r.since, r.first_plot_id, r.run_period, r.run_number,
        r.begins_period, r.facts, r.ended_at, r.ended_by, r.told_at,
    )  # fmt: skip
