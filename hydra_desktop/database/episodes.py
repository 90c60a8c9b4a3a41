"""Episodes: unbroken stretches of one verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from ..domain.episode import Episode
from ..domain.verdict import Status
from . import tables as t
from .naming import label_ids, plot_type_ids

_COLUMNS = (t.episodes, t.plot_types.c.name.label("plot_type"), sa.func.coalesce(t.labels.c.name, "").label("label"))


def newest(c: sa.Connection, hall_id: int) -> dict[tuple[str, str], Episode]:
    """The episode that each stream is in now, by plot type and pad."""
    found = _load(c, sa.select(t.panels.c.episode_id).where(t.panels.c.hall_id == hall_id).scalar_subquery())
    return {(episode.plot_type, episode.pad): episode for episode in found}


# statements are built once: building one costs more than carrying it out
_START = t.episodes.insert().returning(t.episodes.c.first_plot_id, t.episodes.c.id)
_EXTEND = (
    t.episodes.update()
    .where(t.episodes.c.id == sa.bindparam("episode"))
    .values({name: sa.bindparam(f"new_{name}") for name in ("last_plot_id", "last_at", "plots")})
)


def start(c: sa.Connection, hall_id: int, new: Sequence[Episode]) -> list[Episode]:
    """Store new episodes, whatever their ids are; returns them with the ids that they have then.

    Raises KeyError for a label that the plot type never had.
    """
    if not new:
        return []
    names = {one.plot_type for one in new}
    type_ids, labels = plot_type_ids(c, hall_id, names), label_ids(c, hall_id, names)
    rows = c.execute(
        _START,
        [
            {
                "hall_id": hall_id,
                "plot_type_id": type_ids[one.plot_type],
                "pad": one.pad,
                "label_id": labels[one.plot_type, one.label] if one.label else None,
                "status": str(one.status),
                "started_at": one.started_at,
                "last_at": one.last_at,
                "first_plot_id": one.first_plot_id,
                "last_plot_id": one.last_plot_id,
                "plots": one.plots,
            }
            for one in new
        ],
    )
    ids: dict[int, int] = dict(rows.all())
    return [replace(one, id=ids[one.first_plot_id]) for one in new]


def extend(c: sa.Connection, longer: Sequence[Episode]) -> None:
    """Store up to where stored episodes go now."""
    if not longer:
        return
    c.execute(
        _EXTEND,
        [
            {
                "episode": one.id,
                "new_last_plot_id": one.last_plot_id,
                "new_last_at": one.last_at,
                "new_plots": one.plots,
            }
            for one in longer
        ],
    )


def by_id(c: sa.Connection, ids: Iterable[int]) -> dict[int, Episode]:
    """Episodes by their ids."""
    return {episode.id: episode for episode in _load(c, list(ids))}


def _load(c: sa.Connection, ids: Any) -> list[Episode]:
    rows = c.execute(
        sa.select(*_COLUMNS)
        .select_from(t.episodes.join(t.plot_types, t.plot_types.c.id == t.episodes.c.plot_type_id))
        .outerjoin(t.labels, t.labels.c.id == t.episodes.c.label_id)
        .where(t.episodes.c.id.in_(ids))
    )
    return [
        Episode(
            r.id, r.plot_type, r.pad, r.label, Status(r.status), r.started_at, r.last_at, r.first_plot_id,
            r.last_plot_id, r.plots,
        )
        for r in rows
    ]  # fmt: skip
