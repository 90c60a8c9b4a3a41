"""Ids of plot types and labels by their names."""

from __future__ import annotations

import sqlalchemy as sa

from . import tables as t


def plot_type_ids(c: sa.Connection, hall_id: int) -> dict[str, int]:
    """Id of each plot type of a hall."""
    return {
        name: id_
        for id_, name in c.execute(
            sa.select(t.plot_types.c.id, t.plot_types.c.name).where(t.plot_types.c.hall_id == hall_id)
        )
    }


_PLOT_TYPE = sa.select(t.plot_types.c.id).where(
    t.plot_types.c.hall_id == sa.bindparam("hall"), t.plot_types.c.name == sa.bindparam("name")
)
_LABEL = sa.select(t.labels.c.id).where(
    t.labels.c.plot_type_id == sa.bindparam("plot_type"), t.labels.c.name == sa.bindparam("name")
)


def plot_type_id(c: sa.Connection, hall_id: int, name: str) -> int:
    """Id of a plot type; raises KeyError when the hall has none of that name."""
    found: int | None = c.scalar(_PLOT_TYPE, {"hall": hall_id, "name": name})
    if found is None:
        raise KeyError(name)
    return found


def label_id(c: sa.Connection, plot_type_id: int, name: str) -> int:
    """Id of a label of a plot type; raises KeyError when it never had one of that name."""
    found: int | None = c.scalar(_LABEL, {"plot_type": plot_type_id, "name": name})
    if found is None:
        raise KeyError(name)
    return found


def label_ids(c: sa.Connection, hall_id: int) -> dict[tuple[str, str], int]:
    """Id of each label of a hall by plot type and label."""
    rows = c.execute(
        sa.select(t.labels.c.id, t.plot_types.c.name, t.labels.c.name)
        .join(t.plot_types, t.plot_types.c.id == t.labels.c.plot_type_id)
        .where(t.plot_types.c.hall_id == hall_id)
    )
    return {(plot_type, label): id_ for id_, plot_type, label in rows}
