"""How many plots carry each label, and how many labels came since: counted in the database, no label is loaded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from ..domain.labeling import Queue
from . import label_queue
from . import tables as t

Counts = dict[str, dict[str, int]]  # plot type -> label -> plots

_G, _L, _P, _Q = t.given_labels.c, t.labels.c, t.plot_types.c, t.label_queue.c
_EVERY = _Q.queue == sa.literal_column(f"'{Queue.EVERY}'")  # every kept plot is in it once, with its label in force


def in_force(c: sa.Connection, hall_id: int) -> Counts:
    """Plots by their label in force, of each plot type that has labelled ones."""
    if label_queue.is_built(c, hall_id):
        label, count = _Q.label_id, sa.func.count()
        types = sa.select(_P.id).where(_P.hall_id == hall_id)
        counted = sa.select(label, count).where(_EVERY, _Q.plot_type_id.in_(types), label.is_not(None)).group_by(label)
    else:  # nobody has labelled here by hand since an older version wrote the database
        counted = _counted(hall_id, accepted=None)
    return _named(c, hall_id, dict(c.execute(counted).all()))


def accepted(c: sa.Connection, hall_id: int) -> Counts:
    """Those of them whose label is a guess that was let pass."""
    return _named(c, hall_id, dict(c.execute(_counted(hall_id, accepted=True)).all()))


def since(c: sa.Connection, hall_id: int, newest: Mapping[str, int]) -> Counts:
    """Plots by the labels that were given after one (its id) of these plot types, and not taken back."""
    rows = c.execute(
        sa.select(_L.id, _P.name).join(t.plot_types, _P.id == _L.plot_type_id).where(_P.hall_id == hall_id)
    ).all()
    found = {}
    for label_id, plot_type in rows:
        if plot_type in newest:
            found[label_id] = c.scalar(_SINCE, {"label": label_id, "after": newest[plot_type]}) or 0
    return _named(c, hall_id, found)


_SINCE = sa.select(sa.func.count(_G.plot_id.distinct())).where(
    _G.label_id == sa.bindparam("label"), _G.id > sa.bindparam("after"), sa.not_(_G.withdrawn)
)


def _counted(hall_id: int, *, accepted: bool | None) -> sa.Select[Any]:
    other = t.given_labels.alias("other")
    of_hall = sa.select(_L.id).join(t.plot_types, _P.id == _L.plot_type_id).where(_P.hall_id == hall_id)
    # what a person chose goes before what was let pass, and the newest before the others
    later = sa.and_(other.c.accepted == _G.accepted, other.c.id > _G.id)
    goes_before = sa.exists().where(
        other.c.plot_id == _G.plot_id,
        sa.not_(other.c.withdrawn),
        sa.or_(later, sa.and_(_G.accepted, sa.not_(other.c.accepted))),
    )
    chosen = sa.select(_G.label_id, sa.func.count()).where(
        _G.label_id.in_(of_hall), sa.not_(_G.withdrawn), sa.not_(goes_before)
    )
    return (chosen.where(_G.accepted) if accepted else chosen).group_by(_G.label_id)


def _named(c: sa.Connection, hall_id: int, counts: Mapping[int, int]) -> Counts:
    found: Counts = defaultdict(dict)
    names = (
        sa.select(_L.id, _P.name, _L.name.label("label"))
        .join(t.plot_types, _P.id == _L.plot_type_id)
        .where(_P.hall_id == hall_id)
        .order_by(_L.position)
    )
    for label_id, plot_type, label in c.execute(names):
        if counts.get(label_id):
            found[plot_type][label] = counts[label_id]
    return dict(found)


def stamp(c: sa.Connection, hall_id: int) -> tuple[int, ...]:
    """Numbers that change with labels that are given, models, references, settings and conditions of a hall."""
    kinds = ("model", "reference", "hall", "condition")
    f, m = t.changes.c, t.models.c
    told = sa.select(sa.func.max(f.position)).where(f.hall_id == hall_id, f.kind.in_(kinds))
    newest = (sa.select(sa.func.max(column)) for column in (_G.id, m.id))
    return tuple(c.scalar(one) or 0 for one in (*newest, told))
