"""Which model of a plot type is active, with every change of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from ..domain.library import Activation, ActivationKind
from . import clock, conditions, feed, shadows
from . import tables as t
from .naming import plot_type_ids
from .upsert import upsert

_A = t.model_activations.c


def hold(c: sa.Connection, hall_id: int, plot_types: Iterable[str]) -> dict[str, int]:
    """Let nobody else change the active models of these plot types until the transaction ends; their ids by name.

    Raises KeyError when the hall has none of that name.
    """
    ids = plot_type_ids(c, hall_id, plot_types)
    if c.dialect.name == "postgresql":  # in one order everywhere, so that two never wait in a circle
        wanted = sa.select(t.plot_types.c.id).where(t.plot_types.c.id.in_(ids.values())).order_by(t.plot_types.c.id)
        c.execute(wanted.with_for_update(key_share=True))
    return ids


def active_ids(c: sa.Connection, hall_id: int) -> dict[str, int]:
    """The active model of each plot type that has one."""
    rows = c.execute(
        sa.select(t.plot_types.c.name, t.active_models.c.model_id)
        .join(t.plot_types, t.plot_types.c.id == t.active_models.c.plot_type_id)
        .where(t.plot_types.c.hall_id == hall_id)
    )
    return dict(rows.all())


def put(
    c: sa.Connection,
    hall_id: int,
    type_id: int,
    model_id: int | None,
    *,
    user: str,
    station: str = "",
    kind: ActivationKind = ActivationKind.ACTIVATED,
    comment: str = "",
    in_spite_of: str = "",
    set_activation_id: int | None = None,
) -> datetime:
    """Make a model, or none, the active one of a plot type; what was so in the eyes of the one before is over.

    A trial of that model ends. Gives the time of the change.
    """
    conditions.end(c, hall_id, type_id, who=user, why="another model")
    before = c.scalar(sa.select(t.active_models.c.model_id).where(t.active_models.c.plot_type_id == type_id))
    if model_id is None:
        c.execute(t.active_models.delete().where(t.active_models.c.plot_type_id == type_id))
    else:
        upsert(c, t.active_models, {"plot_type_id": type_id, "model_id": model_id}, on=["plot_type_id"])
        shadows.end(c, hall_id, type_id, user=user, model_id=model_id)
    at = clock.now(c)
    c.execute(
        t.model_activations.insert().values(
            plot_type_id=type_id,
            model_id=model_id,
            at=at,
            user=user,
            station=station,
            kind=str(kind),
            before_id=before,
            comment=comment,
            in_spite_of=in_spite_of,
            set_activation_id=set_activation_id,
        )
    )
    feed.publish(c, hall_id, "model", model_id if model_id is not None else before)
    return at


_SELECT = (
    sa.select(t.model_activations, t.plot_types.c.name.label("plot_type"), t.model_sets.c.name.label("set_name"))
    .join(t.plot_types, t.plot_types.c.id == _A.plot_type_id)
    .outerjoin(t.model_set_activations, t.model_set_activations.c.id == _A.set_activation_id)
    .outerjoin(t.model_sets, t.model_sets.c.id == t.model_set_activations.c.set_id)
    .order_by(_A.id)
)


def history(c: sa.Connection, hall_id: int, plot_type: str) -> list[Activation]:
    """Every change of a plot type's active model, the oldest first."""
    return _found(c, _SELECT.where(t.plot_types.c.hall_id == hall_id, t.plot_types.c.name == plot_type))


def of_set(c: sa.Connection, set_activation_id: int) -> list[Activation]:
    """The changes that an activation of a set made."""
    return _found(c, _SELECT.where(_A.set_activation_id == set_activation_id))


def newest(c: sa.Connection, hall_id: int, plot_types: Iterable[str] | None = None) -> Mapping[str, Activation]:
    """The last change of each plot type's active model, of all by default."""
    last = sa.select(sa.func.max(_A.id)).group_by(_A.plot_type_id).scalar_subquery()
    chosen = _SELECT.where(t.plot_types.c.hall_id == hall_id, _A.id.in_(last))
    if plot_types is not None:
        chosen = chosen.where(t.plot_types.c.name.in_(list(plot_types)))
    return {one.plot_type: one for one in _found(c, chosen)}


def _found(c: sa.Connection, chosen: sa.Select[tuple[object, ...]]) -> list[Activation]:
    return [
        Activation(
            row.id,
            row.plot_type,
            row.model_id,
            row.before_id,
            row.at,
            row.user,
            row.station,
            ActivationKind(row.kind),
            row.comment,
            row.in_spite_of,
            row.set_name or "",
        )
        for row in c.execute(chosen)
    ]
