"""Labels that a training doubts, until a person looked at them: unlikely ones, and those that the model told wrong."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from ..domain.labeling import in_force
from . import label_queue
from . import tables as t
from .naming import label_ids


@dataclass(frozen=True)
class SuspectLabel:
    """A label of a plot that may be wrong; `quality` says how well it agrees with others, 0..1."""

    given_id: int
    plot_id: int
    quality: float
    suggested: str


def replace(
    c: sa.Connection,
    hall_id: int,
    plot_type: str,
    model_id: int,
    suspects: Sequence[SuspectLabel],
    current: Collection[int],
    table: sa.Table = t.label_suspects,
) -> int:
    """Put what a training found in the place of what the one before did, and plots into their queues; how many it is.

    `current` are the ids of the labels in force, `table` says of which doubt they are. Whoever labelled a suspect plot
    again has answered: it is suspect no more, whatever was said.
    """
    columns = table.c
    of_type = sa.select(t.models.c.plot_type_id).where(t.models.c.id == model_id).scalar_subquery()
    before = c.execute(
        sa.select(columns.given_id, columns.plot_id)
        .join(t.models, t.models.c.id == columns.model_id)
        .where(t.models.c.plot_type_id == of_type)
    ).all()
    answered = {row.plot_id for row in before if row.given_id not in current}
    gone = [{"gone": row.given_id} for row in before if row.given_id in current]
    if gone:
        c.execute(table.delete().where(columns.given_id == sa.bindparam("gone")), gone)
    names = label_ids(c, hall_id, [plot_type])
    open_ones = [one for one in suspects if one.plot_id not in answered]
    said = label_queue.given(c, [one.plot_id for one in open_ones])
    new = []
    for one in open_ones:
        force = in_force(said.get(one.plot_id, ()))
        if force is not None and force.id == one.given_id:  # nobody said anything else meanwhile
            suggested_id = names[plot_type, one.suggested]
            new.append(
                {
                    "given_id": one.given_id,
                    "plot_id": one.plot_id,
                    "model_id": model_id,
                    "quality": one.quality,
                    "suggested_id": suggested_id,
                }
            )
    if new:
        c.execute(table.insert(), new)
    label_queue.refresh(c, {row.plot_id for row in before} | {one.plot_id for one in open_ones})
    return len(new)
