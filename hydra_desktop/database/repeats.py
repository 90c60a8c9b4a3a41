"""Streams that show the same picture again and again."""

from __future__ import annotations

import sqlalchemy as sa

from ..domain.hall import Hall
from ..domain.label import Role
from ..domain.repeated import Look, Repeated, same
from ..domain.verdict import Status
from . import tables as t

MOST = 200  # chunks that are counted

_P, _ONE = t.plots.c, t.plots.alias("one")
# of each stream the hash of the newest plot but one, by the index of the stream alone
_BEFORE = (
    sa.select(_ONE.c.content_hash)
    .where(_ONE.c.plot_type_id == t.panels.c.plot_type_id, _ONE.c.pad == t.panels.c.pad, _ONE.c.live)
    .order_by(_ONE.c.taken_at.desc(), _ONE.c.id.desc())
    .limit(1)
    .offset(1)
    .correlate(t.panels)
    .scalar_subquery()
)
_TWICE = (
    sa.select(t.panels.c.plot_type_id, t.plot_types.c.name, t.panels.c.pad)
    .join(t.plots, _P.id == t.panels.c.plot_id)
    .join(t.plot_types, t.plot_types.c.id == t.panels.c.plot_type_id)
    .where(t.panels.c.hall_id == sa.bindparam("hall_id"), _P.content_hash == _BEFORE)
    .order_by(t.plot_types.c.name, t.panels.c.pad)
)
_LOOKS = (
    sa.select(
        _P.run_number, _P.chunk, _P.content_hash, _P.taken_at, _P.beam_on, t.verdicts.c.status,
        sa.func.coalesce(t.labels.c.name, "").label("label"),
    )
    .join(t.verdicts, (t.verdicts.c.plot_id == _P.id) & t.verdicts.c.live)
    .outerjoin(t.labels, t.labels.c.id == t.verdicts.c.label_id)
    .where(_P.plot_type_id == sa.bindparam("type_id"), _P.pad == sa.bindparam("pad"), _P.live)
    .order_by(_P.taken_at.desc(), _P.id.desc())
    .limit(MOST)
)  # fmt: skip


def repeated(c: sa.Connection, hall_id: int, hall: Hall) -> list[Repeated]:
    """Streams whose last chunks, as many as the hall's settings say, show one picture although there is beam.

    Plots that are made once per run or ignored are left out, and those without a model: nobody knows whether they are
    empty.
    """
    found: list[Repeated] = []
    if not hall.alarms.repeated_chunks:
        return found
    for type_id, name, pad in c.execute(_TWICE, {"hall_id": hall_id}):
        plot_type = hall.plot_types.get(name)
        if plot_type is None or plot_type.ignored or not plot_type.chunked:
            continue
        looks = [
            Look(
                row.run_number,
                row.chunk,
                row.content_hash,
                row.taken_at,
                row.beam_on is not False
                and row.status != Status.NO_MODEL
                and plot_type.label(row.label).role is not Role.CONDITION,
            )
            for row in c.execute(_LOOKS, {"type_id": type_id, "pad": pad})
            if row.chunk is not None
        ]
        told = same(looks, hall.alarms.repeated_chunks)
        if told is not None:
            found.append(Repeated(name, pad, *told))
    return found
