"""Labels that people gave, with their history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..domain.plot import Plot
from . import plots
from . import tables as t


@dataclass(frozen=True)
class LabelledPlot:
    """A plot with the label that it has now, and who gave it."""

    plot: Plot
    label: str
    user: str


def give(
    c: sa.Connection,
    plot_id: int,
    label: str,
    *,
    user: str,
    at: datetime,
    mode: str = "import",
    taken_ms: int | None = None,
    guess_visible: bool = False,
    accepted: bool = False,
) -> int | None:
    """Store a label; None when this user's label of the plot is the same already.

    The label must be one of the plot type's (`halls.ensure_labels`), else KeyError.
    """
    g = t.given_labels.c
    label_id = c.scalar(
        sa.select(t.labels.c.id)
        .join(t.plots, t.plots.c.plot_type_id == t.labels.c.plot_type_id)
        .where(t.plots.c.id == plot_id, t.labels.c.name == label)
    )
    if label_id is None:
        raise KeyError(label)
    before = c.scalar(
        sa.select(g.label_id)
        .where(g.plot_id == plot_id, g.user == user, sa.not_(g.withdrawn))
        .order_by(g.id.desc())
        .limit(1)
    )
    if before == label_id:
        return None
    given: int = c.execute(
        t.given_labels.insert()
        .values(
            plot_id=plot_id,
            label_id=label_id,
            user=user,
            at=at,
            mode=mode,
            taken_ms=taken_ms,
            guess_visible=guess_visible,
            accepted=accepted,
            withdrawn=False,
        )
        .returning(g.id)
    ).scalar_one()
    return given


def imported(c: sa.Connection, plot_ids: Sequence[int], user: str) -> dict[int, str]:
    """The label with which an import of this user last gave each of the plots, where one did."""
    g = t.given_labels.c
    found: dict[int, str] = {}
    for start in range(0, len(plot_ids), 500):
        for plot_id, label in c.execute(
            sa.select(g.plot_id, t.labels.c.name)
            .join(t.labels, t.labels.c.id == g.label_id)
            .where(g.plot_id.in_(plot_ids[start : start + 500]), g.user == user, g.mode == "import")
            .order_by(g.id)
        ):
            found[plot_id] = label
    return found


def of_plots(c: sa.Connection, plot_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """The newest label of each of a few plots that have one, and who gave it."""
    g = t.given_labels.c
    rows = c.execute(
        sa.select(g.plot_id, t.labels.c.name, g.user)
        .join(t.labels, t.labels.c.id == g.label_id)
        .where(g.plot_id.in_(plot_ids), sa.not_(g.withdrawn))
        .order_by(g.id)
    )
    return {plot_id: (label, user) for plot_id, label, user in rows}


def current(c: sa.Connection, hall_id: int, plot_type: str) -> list[LabelledPlot]:
    """The newest label of each labelled plot of a type, in the order of the plots' ids."""
    newest = (
        sa.select(t.given_labels.c.plot_id, sa.func.max(t.given_labels.c.id).label("id"))
        .join(t.plots, t.plots.c.id == t.given_labels.c.plot_id)
        .join(t.plot_types, t.plot_types.c.id == t.plots.c.plot_type_id)
        .where(t.plot_types.c.hall_id == hall_id, t.plot_types.c.name == plot_type)
        .where(sa.not_(t.given_labels.c.withdrawn))
        .group_by(t.given_labels.c.plot_id)
        .subquery()
    )
    rows = c.execute(
        sa.select(*plots.COLUMNS, t.labels.c.name.label("given"), t.given_labels.c.user)
        .select_from(plots.JOINED)
        .join(newest, newest.c.plot_id == t.plots.c.id)
        .join(t.given_labels, t.given_labels.c.id == newest.c.id)
        .join(t.labels, t.labels.c.id == t.given_labels.c.label_id)
        .order_by(t.plots.c.id)
    )
    return [LabelledPlot(plots.from_row(row), row.given, row.user) for row in rows]


def rows(c: sa.Connection, hall_id: int) -> Iterator[Any]:
    """Every label ever given, for export, oldest first."""
    yield from c.execute(
        sa.select(
            t.plots.c.id.label("plot_id"),
            t.plot_types.c.name.label("plot_type"),
            t.plots.c.run_period,
            t.plots.c.run_number,
            t.plots.c.chunk,
            t.plots.c.pad,
            t.plots.c.taken_at,
            t.plots.c.content_hash,
            t.labels.c.name.label("label"),
            t.given_labels.c.user,
            t.given_labels.c.at,
            t.given_labels.c.mode,
            t.given_labels.c.withdrawn,
        )
        .select_from(plots.JOINED)
        .join(t.given_labels, t.given_labels.c.plot_id == t.plots.c.id)
        .join(t.labels, t.labels.c.id == t.given_labels.c.label_id)
        .where(t.plots.c.hall_id == hall_id)
        .order_by(t.given_labels.c.id)
        .execution_options(yield_per=2000)
    )
