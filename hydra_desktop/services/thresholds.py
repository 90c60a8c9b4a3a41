"""Thresholds of the active models: shown with their history and cost, chosen by hand, by best F1 or by false alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
from sqlalchemy import Connection

from ..database import halls, model_store, plots
from ..database.connection import Database
from ..database.model_store import BEST_F1, BY_HAND, ModelRecord, ThresholdChange
from ..domain.errors import ModelFileError, SettingsError
from ..domain.hall import PlotType
from ..domain.label import Role
from ..domain.verdict import DEFAULT_THRESHOLD
from ..vision.chosen_thresholds import best_f1_threshold, threshold_for_rate
from ..vision.held_out import Cost, HeldOut
from ..vision.model_file import Model
from ..vision.opening import read_model
from ..vision.tuned_model import TunedModel
from . import lookup

RATE_DAYS = 7  # up to the newest plot; so many days tell how many plots come
PAUSE = timedelta(hours=6)  # without a plot: the hall took no data
FEWEST_PLOTS, FEWEST_HOURS = 30, 6.0  # that tell how many plots come a day


@dataclass(frozen=True)
class ByHand:
    """Thresholds, 0 to 1, by label; labels that it doesn't name keep theirs."""

    values: Mapping[str, float]


@dataclass(frozen=True)
class BestF1:
    """The thresholds with the best F1 of each label, as training chooses them."""


@dataclass(frozen=True)
class FalseAlarms:
    """The lowest threshold of the faulty labels with which at most so many false alarms come a day.

    A false alarm has a false positive of its own at least, so no more of those are let through; by the rule k of n
    alarms become fewer still. `plots_a_day` is counted where it is None.
    """

    a_day: float
    plots_a_day: float | None = None


Choice = ByHand | BestF1 | FalseAlarms


@dataclass(frozen=True)
class Rate:
    """How many plots of a type come on a day of data taking, and how that is known."""

    plots_a_day: float
    source: str


@dataclass(frozen=True)
class Evidence:
    """What a model's training said of the plots that it held out; `labels` are the columns."""

    labels: tuple[str, ...]
    held_out: HeldOut
    split: str

    @classmethod
    def of(cls, model: Model | TunedModel) -> Evidence:
        """What is in a model; raises ModelFileError for one that came without."""
        if model.held_out is None:
            raise ModelFileError(
                f"This model came without the probabilities of its held-out plots, so what thresholds cost isn't "
                f"known; train again: hydra-desktop train {model.plot_type} --activate"
            )
        return cls(model.labels, model.held_out, str(model.card.get("split", "")))

    def best_f1(self) -> dict[str, float]:
        """The thresholds with the best F1 of each label."""
        target = self.held_out.target.astype(int)
        return {name: best_f1_threshold(self.held_out.chances, target, index) for index, name in enumerate(self.labels)}

    def for_false_alarms(self, a_day: float, rate: Rate, plot_type: PlotType) -> dict[str, float]:
        """The thresholds of the faulty labels with at most `a_day` false positives; raises SettingsError without any.

        Every plot is counted as a Good one, which most are. Too few held-out plots to show that rate are no reason to
        lower a threshold: then it is that of best F1 at least.
        """
        faulty = [index for index, flag in enumerate(self._of_role(plot_type, Role.FAULTY)) if flag]
        if not faulty:
            raise SettingsError(f"The model of {plot_type.name} knows no faulty label, so it gives no false alarm.")
        is_good = self._of_role(plot_type, Role.GOOD)[self.held_out.target]
        if not is_good.any():
            raise SettingsError(f"The model of {plot_type.name} knows no Good plot, so false alarms can't be told.")
        share = min(1.0, a_day / rate.plots_a_day)
        value = threshold_for_rate(self.held_out.chances, is_good, faulty, share)
        least = self.best_f1() if share * is_good.sum() < 1 else {}
        return {name: max(value, least.get(name, 0.0)) for name in (self.labels[index] for index in faulty)}

    def cost(self, thresholds: Mapping[str, float], plot_type: PlotType) -> Cost:
        """What thresholds cost on the held-out plots."""
        values = np.array([thresholds.get(name, DEFAULT_THRESHOLD) for name in self.labels])
        return self.held_out.cost(values, self._of_role(plot_type, Role.GOOD), self._of_role(plot_type, Role.FAULTY))

    def _of_role(self, plot_type: PlotType, role: Role) -> np.ndarray:
        return np.array([plot_type.label(name).role is role for name in self.labels])


@dataclass(frozen=True)
class ThresholdsShown:
    """The thresholds of a plot type's active model, their cost and history; `unknown` says why there is no cost."""

    plot_type: str
    model_id: int
    values: Mapping[str, float]
    history: Sequence[ThresholdChange]
    split: str
    costs: Mapping[str, Cost]  # by what was chosen
    unknown: str

    def text(self) -> str:
        """All of it in words."""
        lines = [f"{self.plot_type}, model {self.model_id}, thresholds now:"]
        lines += [f"  {label:<16} {value:.3f}" for label, value in self.values.items()]
        lines += [*_cost_lines(self.costs, self.split, self.unknown), "History, newest first:"]
        for one in self.history:
            values = ", ".join(f"{label} {value:.3f}" for label, value in one.values.items())
            comment = f" ({one.comment})" if one.comment else ""
            lines.append(f"  {one.at:%Y-%m-%d %H:%M} UTC, {one.user}, {one.chosen}: {values}{comment}")
        return "\n".join(lines)


@dataclass(frozen=True)
class ThresholdsSet:
    """Thresholds that were put in force, with what they were before; `notes` say what a person should know."""

    plot_type: str
    model_id: int
    chosen: str
    before: Mapping[str, float]
    values: Mapping[str, float]
    split: str
    costs: Mapping[str, Cost]
    unknown: str
    notes: tuple[str, ...]

    def text(self) -> str:
        """The report in words."""
        lines = [f"{self.plot_type}, model {self.model_id}: set, {self.chosen}; in use from the next plots on."]
        lines += [
            f"  {label:<16} {self.before.get(label, DEFAULT_THRESHOLD):.3f} -> {value:.3f}"
            for label, value in self.values.items()
        ]
        return "\n".join([*lines, *_cost_lines(self.costs, self.split, self.unknown), *self.notes])


def show(database: Database, hall_name: str, plot_type: str) -> ThresholdsShown:
    """The thresholds of the active model; raises SettingsError without such a plot type or model."""
    with database.read() as connection:
        _, settings, record = _active(connection, hall_name, plot_type)
        history = model_store.threshold_history(connection, record.id)
        evidence, unknown = _look(connection, record)
    costs = {}
    if evidence is not None:
        costs = {
            "now": evidence.cost(record.thresholds, settings),
            BEST_F1: evidence.cost(evidence.best_f1(), settings),
        }
    return ThresholdsShown(
        plot_type, record.id, record.thresholds, history, evidence.split if evidence else "", costs, unknown
    )


def change(
    database: Database, hall_name: str, plot_type: str, choice: Choice, *, user: str, comment: str = ""
) -> ThresholdsSet:
    """Put thresholds of the active model in force; the monitor uses them from its next batch on.

    Raises SettingsError without such a plot type, active model or label, for a number that is out of range, where too
    few plots came to know their rate, and when another model is put live meanwhile; ModelFileError where the choice
    needs held-out plots that the model lacks.
    """
    with database.read() as connection:
        hall_id, settings, record = _active(connection, hall_name, plot_type)
        evidence, unknown = _look(connection, record)
        notes: tuple[str, ...] = ()
        if isinstance(choice, ByHand):
            values, chosen = _checked(choice.values, record), BY_HAND
        elif evidence is None:
            raise ModelFileError(unknown)
        elif isinstance(choice, BestF1):
            values, chosen = evidence.best_f1(), BEST_F1
        else:
            rate = rate_of(connection, hall_id, plot_type, choice)
            values, chosen = evidence.for_false_alarms(choice.a_day, rate, settings), described(choice, rate)
            notes = _notes(choice, rate, evidence.cost(values, settings))
    with database.write() as connection:
        if _active(connection, hall_name, plot_type)[2].id != record.id:
            raise SettingsError(f"Another model of {plot_type} was put live meanwhile; nothing was set, look again.")
        model_store.set_thresholds(connection, record.id, values, user=user, chosen=chosen, comment=comment)
    costs = {}
    if evidence is not None:
        after = {**record.thresholds, **values}
        costs = {"before": evidence.cost(record.thresholds, settings), "now": evidence.cost(after, settings)}
    return ThresholdsSet(
        plot_type,
        record.id,
        chosen,
        record.thresholds,
        values,
        evidence.split if evidence else "",
        costs,
        unknown,
        notes,
    )


def rate_of(connection: Connection, hall_id: int, plot_type: str, choice: FalseAlarms) -> Rate:
    """How many plots come a day, as said or as counted; raises SettingsError where neither tells, or for nonsense."""
    if not choice.a_day >= 0:
        raise SettingsError(f"The false alarms a day must be a number from 0 on, not {choice.a_day:g}.")
    if choice.plots_a_day is None:
        return counted(plot_type, plots.live_times(connection, hall_id, plot_type, timedelta(days=RATE_DAYS)))
    if not choice.plots_a_day > 0:
        raise SettingsError(f"The plots a day must be a number above 0, not {choice.plots_a_day:g}.")
    return Rate(choice.plots_a_day, "as said")


def counted(plot_type: str, times: Sequence[datetime]) -> Rate:
    """The rate of plots that were taken at these times, in rising order, pauses left out.

    Raises SettingsError when they are too few.
    """
    gaps = [after - before for before, after in pairwise(times)]
    gaps = [gap for gap in gaps if gap <= PAUSE]
    hours = sum(gaps, timedelta()) / timedelta(hours=1)
    if len(times) < FEWEST_PLOTS or hours < FEWEST_HOURS:
        raise SettingsError(
            f"{len(times)} plots of {plot_type} came live within {hours:.1f} hours of data taking in {RATE_DAYS} days, "
            f"too few to know how many come a day ({FEWEST_PLOTS} within {FEWEST_HOURS:.0f} hours are needed); "
            "say how many: --plots-a-day N."
        )
    return Rate(24 * len(gaps) / hours, f"counted from {times[0]:%Y-%m-%d %H:%M} to {times[-1]:%Y-%m-%d %H:%M} UTC")


def described(choice: FalseAlarms, rate: Rate) -> str:
    """How thresholds were chosen, for the history."""
    return f"at most {choice.a_day:g} false alarms a day of {rate.plots_a_day:.0f} plots, {rate.source}"


def _notes(choice: FalseAlarms, rate: Rate, cost: Cost) -> tuple[str, ...]:
    if choice.a_day * cost.good >= rate.plots_a_day:
        return ()
    return (
        f"{cost.good} Good plots were held out, which can't show fewer than {rate.plots_a_day / cost.good:.2g} false "
        "alarms a day: the thresholds lie above all that were taken for faulty, and not below those of best F1, yet "
        "more false alarms may come. Label more Good plots and train again.",
    )


def _active(connection: Connection, hall_name: str, plot_type: str) -> tuple[int, PlotType, ModelRecord]:
    hall_id = lookup.hall(connection, hall_name)
    known = halls.load(connection, hall_id).plot_types
    settings = known[lookup.plot_type(known, plot_type)]
    records = model_store.listing(connection, hall_id, plot_type, only_active=True)
    if not records:
        raise SettingsError(f"{plot_type} has no active model; make one: hydra-desktop train {plot_type} --activate")
    return hall_id, settings, records[0]


def _look(connection: Connection, record: ModelRecord) -> tuple[Evidence | None, str]:
    """What the model knows of held-out plots, or why it knows nothing."""
    try:
        return Evidence.of(read_model(model_store.file(connection, record.id))), ""
    except ModelFileError as error:
        return None, f"{record.plot_type}, model {record.id}: {error}"


def _checked(values: Mapping[str, float], record: ModelRecord) -> dict[str, float]:
    if not values:
        raise SettingsError("Name a label and its threshold: LABEL=VALUE.")
    for label, value in values.items():
        if label not in record.thresholds:
            there = ", ".join(record.thresholds)
            raise SettingsError(f"The model of {record.plot_type} has no label {label}; it has {there}.")
        if not 0 <= value <= 1:
            raise SettingsError(f"The threshold of {label} must be a number from 0 to 1, not {value:g}.")
    return dict(values)


def _cost_lines(costs: Mapping[str, Cost], split: str, unknown: str) -> list[str]:
    if not costs:
        return [unknown]
    lines = [f"On held-out plots ({split}):"]
    for name, one in costs.items():
        words = [f"Unconfirmed {100 * one.unconfirmed / one.plots:.1f} % of {one.plots}"]
        if one.faulty:
            words.insert(0, f"recall of faulty {one.found / one.faulty:.3f} of {one.faulty}")
        if one.good:
            per_1000 = 1000 * one.false_positives / one.good
            words.insert(0, f"false positives {per_1000:.1f} per 1,000 Good ({one.false_positives} of {one.good})")
        lines.append(f"  {name:<8} {', '.join(words)}")
    return lines
