"""Ids of plot types and labels by their names."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from . import tables as t
from .tables import storable

_OF_NAMES = (
    t.plot_types.c.hall_id == sa.bindparam("hall"),
    t.plot_types.c.name.in_(sa.bindparam("names", expanding=True)),
)
_PLOT_TYPES = sa.select(t.plot_types.c.name, t.plot_types.c.id).where(*_OF_NAMES)
_LABELS = (
    sa.select(t.plot_types.c.name, t.labels.c.name, t.labels.c.id)
    .join(t.plot_types, t.plot_types.c.id == t.labels.c.plot_type_id)
    .where(*_OF_NAMES)
)


def plot_type_id(c: sa.Connection, hall_id: int, name: str) -> int:
    """Id of a plot type; raises KeyError when the hall has none of that name."""
    return plot_type_ids(c, hall_id, [name])[name]


def plot_type_ids(c: sa.Connection, hall_id: int, names: Iterable[str]) -> dict[str, int]:
    """Ids of plot types by name; raises KeyError when the hall lacks one of them."""
    wanted = list(dict.fromkeys(names))
    found = dict(c.execute(_PLOT_TYPES, {"hall": hall_id, "names": wanted}).all())
    return {name: found[storable(name)] for name in wanted}


def label_ids(c: sa.Connection, hall_id: int, plot_types: Iterable[str]) -> dict[tuple[str, str], int]:
    """Id of each label that these plot types ever had, by plot type and label."""
    wanted = {storable(name): name for name in plot_types}
    rows = c.execute(_LABELS, {"hall": hall_id, "names": list(wanted)})
    return {(wanted[plot_type], label): id_ for plot_type, label, id_ in rows}
