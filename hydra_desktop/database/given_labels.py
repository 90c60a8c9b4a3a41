"""Labels that people gave, with their history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..domain.labeling import Mode
from ..domain.plot import Plot
from . import plots
from . import tables as t
from .naming import plot_type_id


@dataclass(frozen=True)
class LabelledPlot:
    """A plot with the label in force, and who gave it; `accepted` is a guess taken over, which never evaluates."""

    plot: Plot
    label: str
    user: str
    accepted: bool = False
    given_id: int = 0


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

    A label that is chosen after it was only accepted is another.
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
    before = c.execute(
        sa.select(g.label_id, g.accepted)
        .where(g.plot_id == plot_id, g.user == user, sa.not_(g.withdrawn))
        .order_by(g.id.desc())
        .limit(1)
    ).one_or_none()
    if before is not None and before.label_id == label_id and (accepted or not before.accepted):
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


def imported(c: sa.Connection, plot_ids: Sequence[int], user: str) -> dict[int, tuple[str, bool]]:
    """The label that an import of this user last gave to each of the plots, where one did, and if it was accepted."""
    g = t.given_labels.c
    found: dict[int, tuple[str, bool]] = {}
    for start in range(0, len(plot_ids), 500):
        for plot_id, label, accepted in c.execute(
            sa.select(g.plot_id, t.labels.c.name, g.accepted)
            .join(t.labels, t.labels.c.id == g.label_id)
            .where(g.plot_id.in_(plot_ids[start : start + 500]), g.user == user, g.mode == "import")
            .order_by(g.id)
        ):
            found[plot_id] = label, accepted
    return found


def of_plots(c: sa.Connection, plot_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """The label in force of each of a few plots that have one, and who gave it."""
    g = t.given_labels.c
    rows = c.execute(
        sa.select(g.plot_id, t.labels.c.name, g.user)
        .join(t.labels, t.labels.c.id == g.label_id)
        .where(g.plot_id.in_(plot_ids), sa.not_(g.withdrawn))
        .order_by(g.accepted.desc(), g.id)  # what is chosen goes before what is accepted: the last one counts
    )
    return {plot_id: (label, user) for plot_id, label, user in rows}


def current(c: sa.Connection, hall_id: int, plot_type: str) -> list[LabelledPlot]:
    """The label in force (`domain.labeling`) of each labelled plot of a type, in the order of the plots' ids."""
    g = t.given_labels.c
    chosen = sa.func.max(sa.case((sa.not_(g.accepted), g.id), else_=None))
    newest = (
        sa.select(g.plot_id, sa.func.coalesce(chosen, sa.func.max(g.id)).label("id"))
        .join(t.plots, t.plots.c.id == t.given_labels.c.plot_id)
        .join(t.plot_types, t.plot_types.c.id == t.plots.c.plot_type_id)
        .where(t.plot_types.c.hall_id == hall_id, t.plot_types.c.name == plot_type)
        .where(sa.not_(t.given_labels.c.withdrawn))
        .group_by(t.given_labels.c.plot_id)
        .subquery()
    )
    rows = c.execute(
        sa.select(*plots.COLUMNS, t.labels.c.name.label("given"), g.user, g.accepted, g.id.label("given_id"))
        .select_from(plots.JOINED)
        .join(newest, newest.c.plot_id == t.plots.c.id)
        .join(t.given_labels, t.given_labels.c.id == newest.c.id)
        .join(t.labels, t.labels.c.id == t.given_labels.c.label_id)
        .order_by(t.plots.c.id)
    )
    return [LabelledPlot(plots.from_row(row), row.given, row.user, row.accepted, row.given_id) for row in rows]


def newest_id(c: sa.Connection, hall_id: int, plot_type: str) -> int:
    """The id of the newest label that anybody gave to a plot of this type, 0 without any."""
    of_type = t.labels.c.plot_type_id == plot_type_id(c, hall_id, plot_type)
    newest = sa.select(sa.func.max(t.given_labels.c.id)).where(t.given_labels.c.label_id == t.labels.c.id)
    each = sa.select(newest.scalar_subquery().label("id")).where(of_type).subquery()
    return c.scalar(sa.select(sa.func.max(each.c.id))) or 0


def of_several(c: sa.Connection, hall_id: int, plot_type: str | None = None) -> Iterator[Any]:
    """What people chose of plots that several labelled, oldest first, but for what settled a dispute.

    Raises KeyError for a plot type that the hall hasn't.
    """
    g, p = t.given_labels.c, t.plots.c
    own = (sa.not_(g.withdrawn), sa.not_(g.accepted), g.mode != str(Mode.ADJUDICATE))
    several = sa.select(g.plot_id).where(*own).group_by(g.plot_id).having(sa.func.min(g.user) != sa.func.max(g.user))
    chosen = (
        sa.select(g.plot_id, g.user, t.labels.c.name.label("label"), g.at)
        .join(t.labels, t.labels.c.id == g.label_id)
        .join(t.plots, p.id == g.plot_id)
        .where(*own, p.hall_id == hall_id, g.plot_id.in_(several))
        .order_by(g.id)
    )
    if plot_type is not None:
        chosen = chosen.where(p.plot_type_id == plot_type_id(c, hall_id, plot_type))
    yield from c.execute(chosen)


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
            t.given_labels.c.accepted,
            t.given_labels.c.withdrawn,
        )
        .select_from(plots.JOINED)
        .join(t.given_labels, t.given_labels.c.plot_id == t.plots.c.id)
        .join(t.labels, t.labels.c.id == t.given_labels.c.label_id)
        .where(t.plots.c.hall_id == hall_id)
        .order_by(t.given_labels.c.id)
        .execution_options(yield_per=2000)
    )
