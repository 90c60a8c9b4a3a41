"""Models: their files, which is active, and their thresholds, all with history."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from ..domain.errors import ModelFileError
from ..domain.label import Role
from . import activations, feed, halls
from . import tables as t
from .naming import label_ids, plot_type_id

BEST_F1, BY_HAND = "best F1", "by hand"


@dataclass(frozen=True)
class ModelRecord:
    """A model without its file."""

    id: int
    plot_type: str
    sha256: str
    card: Mapping[str, Any]
    created_at: datetime
    created_by: str
    active: bool
    thresholds: Mapping[str, float]

    @property
    def trained_on(self) -> frozenset[str]:
        """The content hashes of the plots that it was trained on, as far as its card tells."""
        told = self.card.get("trained_on")
        return frozenset(one for one in told if isinstance(one, str)) if isinstance(told, list) else frozenset()

    @property
    def runs_seen(self) -> frozenset[tuple[str, int]]:
        """The runs that it was trained on, by run period and number; none in models of older versions."""
        told = self.card.get("runs_seen")
        pairs = [one for one in told if isinstance(one, list) and len(one) == 2] if isinstance(told, list) else []
        return frozenset((one[0], one[1]) for one in pairs if isinstance(one[0], str) and isinstance(one[1], int))

    @property
    def is_imported(self) -> bool:
        """Whether it was trained elsewhere."""
        return "imported" in self.card


@dataclass(frozen=True)
class ThresholdChange:
    """Thresholds that were put in force together; `chosen` says how."""

    at: datetime
    user: str
    chosen: str
    comment: str
    values: Mapping[str, float]


def add(
    c: sa.Connection,
    hall_id: int,
    plot_type: str,
    *,
    file: bytes,
    card: Mapping[str, Any],
    thresholds: Mapping[str, float],
    user: str,
    chosen: str = BEST_F1,
    comment: str = "from training",
) -> int:
    """Store a model with its first thresholds and how they were `chosen`; returns its id."""
    halls.ensure_labels(c, hall_id, plot_type, list(thresholds), user=user, comment="label of a model")
    model_id: int = c.execute(
        t.models.insert()
        .values(
            plot_type_id=plot_type_id(c, hall_id, plot_type),
            sha256=hashlib.sha256(file).hexdigest(),
            card=dict(card),
            created_at=datetime.now(UTC),
            created_by=user,
        )
        .returning(t.models.c.id)
    ).scalar_one()
    c.execute(t.model_files.insert().values(model_id=model_id, data=file))
    set_thresholds(c, model_id, thresholds, user=user, chosen=chosen, comment=comment)
    return model_id


def activate(c: sa.Connection, model_id: int, *, user: str) -> None:
    """Make a model the active one of its plot type, whatever is active now and however it compares."""
    type_id, hall_id = _type_and_hall(c, model_id)
    activations.put(c, hall_id, type_id, model_id, user=user)


def active(c: sa.Connection, hall_id: int) -> dict[str, ModelRecord]:
    """The active model of each plot type that has one."""
    return {record.plot_type: record for record in listing(c, hall_id, only_active=True)}


def listing(
    c: sa.Connection,
    hall_id: int,
    plot_type: str | None = None,
    *,
    only_active: bool = False,
    ids: Collection[int] | None = None,
) -> list[ModelRecord]:
    """All models of a hall or of one plot type, newest first; only those of `ids` where these are given."""
    m = t.models.c
    statement = (
        sa.select(m.id, t.plot_types.c.name, m.sha256, m.card, m.created_at, m.created_by, t.active_models.c.model_id)
        .join(t.plot_types, t.plot_types.c.id == m.plot_type_id)
        .outerjoin(t.active_models, t.active_models.c.model_id == m.id)
        .where(t.plot_types.c.hall_id == hall_id)
        .order_by(m.id.desc())
    )
    if plot_type is not None:
        statement = statement.where(t.plot_types.c.name == plot_type)
    if ids is not None:
        statement = statement.where(m.id.in_(list(ids)))
    if only_active:
        statement = statement.where(t.active_models.c.model_id.is_not(None))
    found = c.execute(statement).all()
    values = _thresholds(c, [row.id for row in found])
    return [ModelRecord(*row[:6], row.model_id is not None, values.get(row.id, {})) for row in found]


def file(c: sa.Connection, model_id: int) -> bytes:
    """The bytes of a model's file; raises ModelFileError when they aren't what was stored."""
    row = c.execute(
        sa.select(t.model_files.c.data, t.models.c.sha256)
        .join(t.models, t.models.c.id == t.model_files.c.model_id)
        .where(t.models.c.id == model_id)
    ).one_or_none()
    if row is None:
        raise ModelFileError(f"Model {model_id} isn't in the database.")
    data = bytes(row.data)
    if hashlib.sha256(data).hexdigest() != row.sha256:
        raise ModelFileError(f"The file of model {model_id} was changed since it was stored; train or import it again.")
    return data


def roles(c: sa.Connection, model_id: int) -> dict[str, Role]:
    """The role of each label that a model's plot type ever had."""
    rows = c.execute(
        sa.select(t.labels.c.name, t.labels.c.role)
        .join(t.models, t.models.c.plot_type_id == t.labels.c.plot_type_id)
        .where(t.models.c.id == model_id)
    )
    return {row.name: Role(row.role) for row in rows}


def hold(c: sa.Connection, model_id: int) -> None:
    """Let nobody else change a model's thresholds until the transaction ends."""
    c.execute(sa.select(t.models.c.id).where(t.models.c.id == model_id).with_for_update(key_share=True))


def set_thresholds(
    c: sa.Connection, model_id: int, thresholds: Mapping[str, float], *, user: str, chosen: str, comment: str = ""
) -> None:
    """Put thresholds in force from now on; what was before stays in the history."""
    hold(c, model_id)
    _, hall_id = _type_and_hall(c, model_id)
    plot_type = c.execute(
        sa.select(t.plot_types.c.name)
        .join(t.models, t.models.c.plot_type_id == t.plot_types.c.id)
        .where(t.models.c.id == model_id)
    ).scalar_one()
    ids = label_ids(c, hall_id, [plot_type])
    at = datetime.now(UTC)
    for label, value in thresholds.items():
        c.execute(
            t.thresholds.insert().values(
                model_id=model_id,
                label_id=ids[plot_type, label],
                value=float(value),
                at=at,
                user=user,
                chosen=chosen,
                comment=comment,
            )
        )
    feed.publish(c, hall_id, "model", model_id)


def thresholds_of(c: sa.Connection, model_id: int) -> dict[str, float]:
    """The thresholds of a model that are in force, by label."""
    return _thresholds(c, [model_id]).get(model_id, {})


def thresholds_at(c: sa.Connection, model_id: int, at: datetime) -> dict[str, float]:
    """The thresholds of a model that were in force at a moment, by label."""
    h = t.thresholds.c
    rows = c.execute(
        sa.select(t.labels.c.name, h.value)
        .join(t.labels, t.labels.c.id == h.label_id)
        .where(h.model_id == model_id, h.at <= at)
        .order_by(h.id)
    )
    return dict(rows.all())


def threshold_history(c: sa.Connection, model_id: int) -> list[ThresholdChange]:
    """Every change of a model's thresholds, newest first."""
    h = t.thresholds.c
    found = c.execute(
        sa.select(h.at, h.user, h.chosen, h.comment, t.labels.c.name, h.value)
        .join(t.labels, t.labels.c.id == h.label_id)
        .where(h.model_id == model_id)
        .order_by(h.id)
    )
    together = groupby(found, key=lambda row: (row.at, row.user, row.chosen, row.comment))
    return [ThresholdChange(*of, {row.name: row.value for row in rows}) for of, rows in together][::-1]


def _thresholds(c: sa.Connection, model_ids: list[int]) -> dict[int, dict[str, float]]:
    if not model_ids:
        return {}
    h = t.thresholds.c
    newest = (
        sa.select(sa.func.max(h.id)).where(h.model_id.in_(model_ids)).group_by(h.model_id, h.label_id).scalar_subquery()
    )
    found: dict[int, dict[str, float]] = {}
    for model_id, label, value in c.execute(
        sa.select(h.model_id, t.labels.c.name, h.value)
        .join(t.labels, t.labels.c.id == h.label_id)
        .where(h.id.in_(newest))
    ):
        found.setdefault(model_id, {})[label] = value
    return found


def _type_and_hall(c: sa.Connection, model_id: int) -> tuple[int, int]:
    row = c.execute(
        sa.select(t.plot_types.c.id, t.plot_types.c.hall_id)
        .join(t.models, t.models.c.plot_type_id == t.plot_types.c.id)
        .where(t.models.c.id == model_id)
    ).one_or_none()
    if row is None:
        raise ModelFileError(f"Model {model_id} isn't in the database.")
    return row.id, row.hall_id
