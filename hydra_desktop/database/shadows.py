"""Models on trial, one of a plot type at most, and what they said beside the active one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..domain.library import Shadow
from . import clock, feed
from . import tables as t
from .naming import plot_type_id

_S = t.shadow_models.c
_RUNS = _S.ended_at.is_(None)
_SELECT = (
    sa.select(t.plot_types.c.name, _S.model_id, _S.since, _S.user, _S.station, _S.ended_at, _S.ended_by)
    .join(t.plot_types, t.plot_types.c.id == _S.plot_type_id)
    .order_by(_S.id)
)


def begin(c: sa.Connection, hall_id: int, plot_type: str, model_id: int, *, user: str, station: str) -> None:
    """Put a model on trial, in the place of the one that is."""
    type_id = plot_type_id(c, hall_id, plot_type)
    end(c, hall_id, type_id, user=user)
    c.execute(
        t.shadow_models.insert().values(
            plot_type_id=type_id, model_id=model_id, since=clock.now(c), user=user, station=station, ended_by=""
        )
    )
    feed.publish(c, hall_id, "model", model_id)


def end(c: sa.Connection, hall_id: int, type_id: int, *, user: str, model_id: int | None = None) -> bool:
    """End the trial of a plot type (its id), with `model_id` only if it is that of this model; False without one."""
    chosen = [_S.plot_type_id == type_id, _RUNS]
    if model_id is not None:
        chosen.append(_S.model_id == model_id)
    ended = c.scalars(
        t.shadow_models.update().where(*chosen).values(ended_at=clock.now(c), ended_by=user).returning(_S.model_id)
    ).all()
    for one in ended:
        feed.publish(c, hall_id, "model", one)
    return bool(ended)


def running(c: sa.Connection, hall_id: int) -> dict[str, Shadow]:
    """The model on trial of each plot type that has one."""
    rows = c.execute(_SELECT.where(t.plot_types.c.hall_id == hall_id, _RUNS))
    return {row.name: Shadow(*row) for row in rows}


def of_model(c: sa.Connection, model_id: int) -> list[Shadow]:
    """The trials of a model, the oldest first."""
    return [Shadow(*row) for row in c.execute(_SELECT.where(_S.model_id == model_id))]


def said(c: sa.Connection, model_id: int, since: datetime, until: datetime) -> Sequence[sa.Row[Any]]:
    """What a model on trial and the one that was active said of plots in a span of time, counted by what that was.

    Rows with label and status, active_label and active_status, and so many plots; of those that a person labelled,
    accepted guesses left out, how many there are and for how many each model has that label. Labels are None without.
    """
    tried, live, given = t.verdicts.alias("tried"), t.verdicts.alias("live"), t.given_labels.alias("given")
    own, other = t.labels.alias("own"), t.labels.alias("other")
    g = t.given_labels.c
    in_force = (
        sa.select(sa.func.max(g.id))
        .where(g.plot_id == tried.c.plot_id, sa.not_(g.withdrawn), sa.not_(g.accepted))
        .correlate(tried)
        .scalar_subquery()
    )
    return c.execute(
        sa.select(
            own.c.name.label("label"),
            tried.c.status,
            other.c.name.label("active_label"),
            live.c.status.label("active_status"),
            sa.func.count().label("plots"),
            sa.func.count(given.c.id).label("labelled"),
            sa.func.count(sa.case((given.c.label_id == live.c.label_id, 1))).label("active_right"),
            sa.func.count(sa.case((given.c.label_id == tried.c.label_id, 1))).label("shadow_right"),
        )
        .select_from(tried)
        .join(live, sa.and_(live.c.plot_id == tried.c.plot_id, live.c.live))
        .outerjoin(own, own.c.id == tried.c.label_id)
        .outerjoin(other, other.c.id == live.c.label_id)
        .outerjoin(given, given.c.id == in_force)
        .where(tried.c.model_id == model_id, tried.c.shadow, tried.c.decided_at >= since, tried.c.decided_at < until)
        .group_by(own.c.name, tried.c.status, other.c.name, live.c.status)
    ).all()
