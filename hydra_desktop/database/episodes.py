"""Episodes: unbroken stretches of one verdict."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..domain.episode import Episode
from ..domain.plot import Plot
from ..domain.verdict import Status
from . import tables as t
from .naming import label_id, plot_type_id

_COLUMNS = (t.episodes, t.plot_types.c.name.label("plot_type"), sa.func.coalesce(t.labels.c.name, "").label("label"))


def newest(c: sa.Connection, hall_id: int) -> dict[tuple[str, str], Episode]:
    """The episode that each stream is in now, by plot type and pad."""
    found = _load(c, sa.select(t.panels.c.episode_id).where(t.panels.c.hall_id == hall_id).scalar_subquery())
    return {(episode.plot_type, episode.pad): episode for episode in found}


def start(c: sa.Connection, hall_id: int, plot_type: str, pad: str, label: str, status: Status, plot: Plot) -> Episode:
    """Begin an episode with its first plot."""
    type_id = plot_type_id(c, hall_id, plot_type)
    id_ = c.execute(
        t.episodes.insert()
        .values(
            hall_id=hall_id,
            plot_type_id=type_id,
            pad=pad,
            label_id=label_id(c, type_id, label) if label else None,
            status=str(status),
            started_at=plot.taken_at,
            last_at=plot.taken_at,
            first_plot_id=plot.id,
            last_plot_id=plot.id,
            plots=1,
        )
        .returning(t.episodes.c.id)
    ).scalar_one()
    return Episode(id_, plot_type, pad, label, status, plot.taken_at, plot.taken_at, plot.id, plot.id, 1)


_EXTEND = (  # built once: building a statement costs more than carrying it out
    t.episodes.update()
    .where(t.episodes.c.id == sa.bindparam("episode"))
    .values(last_plot_id=sa.bindparam("plot"), last_at=sa.bindparam("at"), plots=t.episodes.c.plots + 1)
)


def extend(c: sa.Connection, episode_id: int, plot_id: int, at: datetime) -> None:
    """Add a plot to an episode."""
    c.execute(_EXTEND, {"episode": episode_id, "plot": plot_id, "at": at})


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
