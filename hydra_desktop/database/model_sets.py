"""Named sets of models of many plot types, with every activation of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ..domain.library import ActivationKind, ModelSet
from . import activations, clock, feed
from . import tables as t
from .naming import plot_type_ids

_S, _A, _M = t.model_sets.c, t.model_set_activations.c, t.model_set_members.c


@dataclass(frozen=True)
class SetActivation:
    """That a set was put live, or rolled back."""

    id: int
    set_id: int
    at: datetime
    user: str
    station: str
    comment: str
    kind: ActivationKind


def add(
    c: sa.Connection,
    hall_id: int,
    name: str,
    run_period: str,
    models: Mapping[str, int],
    *,
    user: str,
    station: str,
    comment: str,
) -> int:
    """Store a set of models, by plot type; returns its id. Raises IntegrityError where the name is taken."""
    set_id: int = c.execute(
        t.model_sets.insert()
        .values(
            hall_id=hall_id, name=name, run_period=run_period, at=clock.now(c), user=user, station=station,
            comment=comment,
        )
        .returning(_S.id)
    ).scalar_one()  # fmt: skip
    ids = plot_type_ids(c, hall_id, models)
    rows = [{"set_id": set_id, "plot_type_id": ids[of], "model_id": model_id} for of, model_id in models.items()]
    c.execute(t.model_set_members.insert(), rows)
    feed.publish(c, hall_id, "model_set", set_id)
    return set_id


def note(
    c: sa.Connection, hall_id: int, set_id: int, kind: ActivationKind, *, user: str, station: str, comment: str
) -> int:
    """Note that a set is put live or rolled back; returns the id under which its changes are kept."""
    id_: int = c.execute(
        t.model_set_activations.insert()
        .values(set_id=set_id, at=clock.now(c), user=user, station=station, comment=comment, kind=str(kind))
        .returning(_A.id)
    ).scalar_one()
    feed.publish(c, hall_id, "model_set", set_id)
    return id_


def history(c: sa.Connection, hall_id: int) -> list[SetActivation]:
    """Every activation and roll back of a hall's sets, the oldest first."""
    rows = c.execute(
        sa.select(_A.id, _A.set_id, _A.at, _A.user, _A.station, _A.comment, _A.kind)
        .join(t.model_sets, _S.id == _A.set_id)
        .where(_S.hall_id == hall_id)
        .order_by(_A.id)
    )
    return [SetActivation(*row[:6], ActivationKind(row.kind)) for row in rows]


def standing(oldest_first: list[SetActivation]) -> list[SetActivation]:
    """The activations that weren't rolled back, the last one at the end."""
    stack: list[SetActivation] = []
    for one in oldest_first:
        if one.kind is ActivationKind.ROLLED_BACK:
            del stack[-1:]
        else:
            stack.append(one)
    return stack


def listing(c: sa.Connection, hall_id: int) -> list[ModelSet]:
    """All sets of a hall, the newest first."""
    members: dict[int, dict[str, int]] = defaultdict(dict)
    for set_id, plot_type, model_id in c.execute(
        sa.select(_M.set_id, t.plot_types.c.name, _M.model_id)
        .join(t.plot_types, t.plot_types.c.id == _M.plot_type_id)
        .where(t.plot_types.c.hall_id == hall_id)
        .order_by(t.plot_types.c.name)
    ):
        members[set_id][plot_type] = model_id
    put_live = {one.set_id: one for one in standing(history(c, hall_id))}
    active, changes = activations.active_ids(c, hall_id), activations.newest(c, hall_id)
    rows = c.execute(
        sa.select(_S.id, _S.name, _S.run_period, _S.at, _S.user, _S.station, _S.comment)
        .where(_S.hall_id == hall_id)
        .order_by(_S.id.desc())
    )
    found = []
    for row in rows:
        last, models = put_live.get(row.id), members[row.id]
        live = models and all(active.get(of) == model_id for of, model_id in models.items())
        there = [changes[of] for of in models if live and of in changes]
        change = max(there, key=lambda one: one.id, default=None)
        found.append(
            ModelSet(
                *row,
                models=models,
                activated_at=last.at if last else None,
                activated_by=last.user if last else "",
                live_since=change.at if change else None,
                live_by=change.user if change else "",
            )
        )
    return found
