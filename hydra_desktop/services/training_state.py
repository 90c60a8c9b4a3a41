"""How each plot type of a hall stands: its labels, what is new of them, its model, and whether training pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..database import conditions, halls, label_counts, last_models
from ..database.connection import Database
from ..database.last_models import ActiveModel
from ..domain.training import Labelled, Light, Standing, standing
from . import lookup


@dataclass(frozen=True)
class TypeState:
    """How a plot type stands."""

    labelled: Labelled
    standing: Standing
    active: ActiveModel | None

    @property
    def name(self) -> str:
        """The plot type's name."""
        return self.labelled.plot_type.name


def of_hall(database: Database, hall: str) -> dict[str, TypeState]:
    """Every plot type of a hall that isn't ignored, in the hall's order; raises SettingsError for an unknown hall."""
    with database.read() as c:
        hall_id = lookup.hall(c, hall)
        plot_types = halls.load(c, hall_id).plot_types
        counts, accepted = label_counts.in_force(c, hall_id), label_counts.accepted(c, hall_id)
        last, active = last_models.newest(c, hall_id), last_models.active(c, hall_id)
        noted = {name: model.newest_label for name, model in last.items() if model.newest_label is not None}
        new = label_counts.since(c, hall_id, noted)
        periods = last_models.newest_periods(c, hall_id)
        drift = {one.plot_type: one.facts for one in conditions.open_conditions(c, hall_id)}
    states = {}
    for name, plot_type in plot_types.items():
        if plot_type.ignored:
            continue
        all_of, passed = counts.get(name, {}), accepted.get(name, {})
        labelled = Labelled(
            plot_type,
            {label: count - passed.get(label, 0) for label, count in all_of.items() if count > passed.get(label, 0)},
            passed,
            new.get(name, {}) if name in noted else all_of,  # what no model noted to have seen is new to it
            last.get(name),
            periods.get(name, ""),
            drift.get(name, ""),
        )
        states[name] = TypeState(labelled, standing(labelled), active.get(name))
    return states


def changed(states: Mapping[str, TypeState]) -> list[str]:
    """The plot types whose labels changed since their last model, and are enough for a good one."""
    enough = [one for one in states.values() if one.standing.light is not Light.TOO_FEW]
    return [one.name for one in enough if one.labelled.has_changed]
