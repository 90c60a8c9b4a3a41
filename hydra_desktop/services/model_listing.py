"""What the library holds: the plot types with what is live, and the models of one with all that is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..database import activations, feed, halls, model_store, shadows
from ..database import tables as t
from ..database.connection import Database
from ..database.model_store import ModelRecord, ThresholdChange
from ..domain.library import Activation, Measured, Shadow, former, named
from ..domain.unseen import is_of_seen_runs
from . import lookup


@dataclass(frozen=True)
class TypeStanding:
    """A plot type in the library: how many models it has, which is live since when, and which is on trial.

    `last` is the last change of what is live, `shadow` the model on trial; None for none.
    """

    plot_type: str
    models: int
    active_id: int | None
    trained_at: datetime | None  # the active one
    last: Activation | None
    shadow: Shadow | None

    @property
    def state(self) -> str:
        """In words."""
        if self.active_id is not None:
            return "live"
        return "no model" if not self.models else "none live"

    def text(self) -> str:
        """In a line."""
        found = f"{self.plot_type:<28} {named(self.active_id):<12} {self.models} in the library"
        if self.last is not None:
            found += f"; {self.last.text()}"
        return found + (f"; model {self.shadow.model_id} in shadow" if self.shadow else "")

    def figures(self) -> dict[str, object]:
        """All as plain values, for a JSON file."""
        return {
            "plot_type": self.plot_type,
            "state": self.state,
            "active_id": self.active_id,
            "trained_at": self.trained_at.isoformat() if self.trained_at else None,
            "models": self.models,
            "last_change": self.last.text() if self.last else "",
            "shadow_id": self.shadow.model_id if self.shadow else None,
        }


@dataclass(frozen=True)
class LibraryModel:
    """A model with what stands on its card.

    `trained_on` are plots by label, `measured` is None without figures of held-out plots, and `caution` says why those
    promise more than a new run will keep, "" where they don't. `origin` tells where an imported one comes from.
    """

    id: int
    plot_type: str
    created_at: datetime
    created_by: str
    sha256: str
    active: bool
    trained_on: Mapping[str, int]
    runs: int | None
    run_periods: Sequence[str]
    recipe: str
    split: str
    measured: Measured | None
    caution: str
    origin: str
    thresholds: Mapping[str, float]
    threshold_changes: Sequence[ThresholdChange]
    shadows: Sequence[Shadow]

    @property
    def on_trial(self) -> bool:
        """Whether it judges in shadow now."""
        return any(one.ended_at is None for one in self.shadows)

    def figures(self) -> dict[str, object]:
        """All as plain values, for a JSON file."""
        return {
            "id": self.id,
            "plot_type": self.plot_type,
            "created_at": self.created_at.isoformat(),
            "created_by": self.created_by,
            "sha256": self.sha256,
            "active": self.active,
            "on_trial": self.on_trial,
            "trained_on": dict(self.trained_on),
            "runs": self.runs,
            "run_periods": list(self.run_periods),
            "recipe": self.recipe,
            "split": self.split,
            "held_out": vars(self.measured) if self.measured else None,
            "caution": self.caution,
            "origin": self.origin,
            "thresholds": dict(self.thresholds),
        }


@dataclass(frozen=True)
class Shelf:
    """The models of one plot type, the newest first, and every change of what is live, the newest first.

    `back` tells whether there is anything to roll back to, `back_to` the model (None: no model).
    """

    plot_type: str
    models: Sequence[LibraryModel]
    active_id: int | None
    activations: Sequence[Activation]
    back: bool
    back_to: int | None

    def text(self) -> str:
        """All of it in words."""
        lines = [f"{self.plot_type}: {named(self.active_id)} is live, {len(self.models)} models in the library."]
        for one in self.models:
            state = "live" if one.active else "on trial" if one.on_trial else ""
            trained = ", ".join(f"{label} {count}" for label, count in one.trained_on.items()) or "unknown plots"
            lines.append(
                f"  model {one.id:<5} {state:<8} {one.created_at:%Y-%m-%d %H:%M} by {one.created_by}, "
                f"trained on {trained}"
            )
            lines.append(f"    {one.measured.text() if one.measured else 'no figures of held-out plots'}")
            if one.caution:
                lines.append(f"    {one.caution}")
            if one.origin:
                lines.append(f"    {one.origin}")
            values = ", ".join(f"{label} {value:.3f}" for label, value in one.thresholds.items())
            lines.append(f"    thresholds {values or 'none'}")
        lines += ["What was live, newest first:"] if self.activations else ["Nothing was ever live."]
        lines += [f"  {one.text()}" for one in self.activations]
        if self.back:
            lines.append(f"  a roll back goes to {named(self.back_to)}")
        return "\n".join(lines)

    def figures(self) -> dict[str, object]:
        """All as plain values, for a JSON file."""
        return {
            "plot_type": self.plot_type,
            "active_id": self.active_id,
            "roll_back_to": self.back_to if self.back else None,
            "models": [one.figures() for one in self.models],
            "history": [one.text() for one in self.activations],
        }


def overview(database: Database, hall_name: str) -> list[TypeStanding]:
    """Every plot type of a hall that isn't ignored, by name."""
    with database.read() as c:
        hall_id = lookup.hall(c, hall_name)
        ignored = {name for name, one in halls.load(c, hall_id).plot_types.items() if one.ignored}
        active, last, trials = (
            activations.active_ids(c, hall_id),
            activations.newest(c, hall_id),
            shadows.running(c, hall_id),
        )
        counts: dict[str, int] = dict(
            c.execute(
                sa.select(t.plot_types.c.name, sa.func.count(t.models.c.id))
                .outerjoin(t.models, t.models.c.plot_type_id == t.plot_types.c.id)
                .where(t.plot_types.c.hall_id == hall_id)
                .group_by(t.plot_types.c.name)
            ).all()
        )
        trained = dict(
            c.execute(sa.select(t.models.c.id, t.models.c.created_at).where(t.models.c.id.in_(active.values()))).all()
        )
    return [
        TypeStanding(
            name, counts[name], active.get(name), trained.get(active.get(name, 0)), last.get(name), trials.get(name)
        )
        for name in sorted(counts, key=str.casefold)
        if name not in ignored
    ]


def shelf(database: Database, hall_name: str, plot_type: str) -> Shelf:
    """The models of a plot type; raises SettingsError for one that isn't there."""
    with database.read() as c:
        hall_id = lookup.hall(c, hall_name)
        name = lookup.plot_type(halls.load(c, hall_id).plot_types, plot_type)
        changes = activations.history(c, hall_id, name)
        models = [_model(c, record) for record in model_store.listing(c, hall_id, name)]
        back, back_to = former(changes)
        active = next((one.id for one in models if one.active), None)
    return Shelf(name, models, active, changes[::-1], back, back_to)


def _model(c: sa.Connection, record: ModelRecord) -> LibraryModel:
    card = record.card
    split = _text(card.get("split"))
    runs = card.get("runs")
    tuned = _text(card.get("second_recipe")).endswith(": used")
    return LibraryModel(
        id=record.id,
        plot_type=record.plot_type,
        created_at=record.created_at,
        created_by=record.created_by,
        sha256=record.sha256,
        active=record.active,
        trained_on=_counts(card.get("plots")),
        runs=runs if isinstance(runs, int) else None,
        run_periods=[str(one) for one in card["run_periods"] if one]
        if isinstance(card.get("run_periods"), list)
        else [],
        recipe="whole network" if tuned else "frozen network",
        split=split,
        measured=Measured.of(card, model_store.roles(c, record.id)),
        caution=_caution(card, split),
        origin=_origin(card),
        thresholds=record.thresholds,
        threshold_changes=model_store.threshold_history(c, record.id),
        shadows=shadows.of_model(c, record.id),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _counts(value: object) -> dict[str, int]:
    if not isinstance(value, dict):
        return {}
    return {str(label): count for label, count in value.items() if isinstance(count, int)}


def _caution(card: Mapping[str, Any], split: str) -> str:
    """Why the figures promise more than a new run will keep."""
    if is_of_seen_runs(split):
        return f"measured on plots of runs that it was trained on too ({split})"
    if isinstance(card.get("imported"), dict):
        return "measured where it was trained, not on this hall's plots"
    return ""


def _origin(card: Mapping[str, Any]) -> str:
    found = card.get("imported")
    if not isinstance(found, dict):
        return ""
    said = {name: _text(found.get(name)) for name in ("hall", "plot_type", "exported_by", "exported_at", "by")}
    return (
        f"imported by {said['by']}: {said['plot_type']} of the hall {said['hall']}, "
        f"exported by {said['exported_by']}, {said['exported_at'][:16].replace('T', ' ')} UTC"
    )


def news(database: Database, hall_id: int, position: int | None) -> tuple[int, frozenset[str]]:
    """Where the change feed is, and the kinds of what changed since a position of it."""
    with database.read() as c:
        if position is None:
            return feed.position(c, hall_id), frozenset()
        changes = feed.read_after(c, hall_id, position)
    return (changes[-1].position if changes else position), frozenset(one.kind for one in changes)
