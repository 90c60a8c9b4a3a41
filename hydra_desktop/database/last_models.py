"""The newest model and the active one of each plot type, without what is large of their cards.

A card is read as JSON and each value taken only where it is of its type: a cast in SQL would fail for the whole hall.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..domain.training import LastModel
from . import tables as t

_M, _P = t.models.c, t.plot_types.c
_CARD = t.models.c.card
_MOST = 2**63  # a database takes no larger number
_FACTS = (
    _M.id,
    _P.name.label("plot_type"),
    _M.created_at,
    _M.created_by,
    _CARD["newest_label"].label("newest_label"),
    _CARD["labels_seen"].label("seen"),
    _CARD["plots"].label("plots"),
    _CARD["run_periods"].label("run_periods"),
)


@dataclass(frozen=True)
class ActiveModel:
    """The model that judges a plot type now; `macro_f1` on held-out plots, None where it wasn't measured."""

    id: int
    created_at: datetime
    user: str
    macro_f1: float | None


def newest(c: sa.Connection, hall_id: int) -> dict[str, LastModel]:
    """The newest model of each plot type, put live or not."""
    ids = (
        sa.select(sa.func.max(_M.id))
        .where(_M.plot_type_id.in_(sa.select(_P.id).where(_P.hall_id == hall_id)))
        .group_by(_M.plot_type_id)
    )
    rows = c.execute(
        sa.select(*_FACTS).join(t.plot_types, _P.id == _M.plot_type_id).where(_M.id.in_(ids))
    )  # what it was trained on, a hash for each plot, stays where it is
    return {row.plot_type: _last(row) for row in rows}


def active(c: sa.Connection, hall_id: int) -> dict[str, ActiveModel]:
    """The active model of each plot type that has one."""
    rows = c.execute(
        sa.select(
            _M.id, _P.name.label("plot_type"), _M.created_at, _M.created_by,
            _CARD[("figures", "macro_f1")].label("macro_f1"),
        )
        .join(t.active_models, t.active_models.c.model_id == _M.id)
        .join(t.plot_types, _P.id == t.active_models.c.plot_type_id)
        .where(_P.hall_id == hall_id)
    )  # fmt: skip
    return {row.plot_type: ActiveModel(row.id, row.created_at, row.created_by, _number(row.macro_f1)) for row in rows}


def newest_periods(c: sa.Connection, hall_id: int) -> dict[str, str]:
    """The run period of the newest plot of each plot type that has plots."""
    plot = (
        sa.select(t.plots.c.run_period)
        .where(t.plots.c.plot_type_id == _P.id)
        .order_by(t.plots.c.taken_at.desc(), t.plots.c.id.desc())
        .limit(1)
        .correlate(t.plot_types)
        .scalar_subquery()
    )
    rows = c.execute(sa.select(_P.name, plot).where(_P.hall_id == hall_id))
    return {name: period for name, period in rows if period is not None}


def _last(row: Any) -> LastModel:
    return LastModel(
        row.id,
        row.created_at,
        row.created_by,
        tuple(row.plots) if isinstance(row.plots, dict) else (),
        tuple(one for one in row.run_periods if isinstance(one, str)) if isinstance(row.run_periods, list) else (),
        row.newest_label if _is_count(row.newest_label) else None,
        {label: count for label, count in row.seen.items() if _is_count(count)} if isinstance(row.seen, dict) else {},
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST


def _number(value: object) -> float | None:
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _MOST else None
    )
