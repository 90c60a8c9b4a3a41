"""A model trained on the labels that people gave, measured on held-out runs, stored, put live."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from ..database import given_labels, halls, model_store
from ..database.connection import Database
from ..database.given_labels import LabelledPlot
from ..database.image_store import ImageStore
from ..database.model_store import BEST_F1
from ..domain.errors import Stopped, TrainingError
from ..domain.hall import PlotType
from ..domain.label import Role
from ..domain.reference import in_time_order
from ..domain.verdict import judge
from ..vision import head, model_file, tuned_model
from ..vision.evaluate import Figures
from ..vision.model_file import Model
from ..vision.tuned_model import TunedModel
from . import evaluating, features, lookup, second_recipe, thresholds
from .grouping import groups
from .progress import Progress
from .thresholds import Evidence, FalseAlarms


@dataclass(frozen=True)
class TrainingReport:
    """A new model and its figures on held-out plots, each judged by a fit without its run."""

    plot_type: str
    model_id: int
    active: bool
    counts: Mapping[str, int]  # label -> plots trained on
    left_out: Mapping[str, int]  # reason -> plots
    split: str
    held_out: Figures
    thresholds: Mapping[str, float]
    chosen: str  # how the thresholds were
    seconds: float
    second: str = ""  # what came of the second recipe

    def figures(self) -> dict[str, object]:
        """All as plain values, for a JSON file."""
        return {
            "plot_type": self.plot_type,
            "model_id": self.model_id,
            "active": self.active,
            "trained_on": dict(self.counts),
            "left_out": dict(self.left_out),
            "split": self.split,
            "thresholds": dict(self.thresholds),
            "thresholds_chosen": self.chosen,
            "seconds": round(self.seconds, 2),
            "held_out": asdict(self.held_out),
            "second_recipe": self.second,
        }

    def text(self) -> str:
        """The report in words."""
        labels = ", ".join(f"{label} {count}" for label, count in self.counts.items())
        lines = [
            f"{self.plot_type}: model {self.model_id} trained on {sum(self.counts.values())} plots ({labels})"
            f" in {self.seconds:.1f} s, " + ("now live." if self.active else "not live (--activate puts one live)."),
        ]
        lines += [f"  left out, {reason}: {count}" for reason, count in self.left_out.items() if count]
        chosen = ", ".join(f"{label} {value:.2f}" for label, value in self.thresholds.items())
        lines += [
            f"On held-out plots ({self.split}):",
            *evaluating.table(self.held_out),
            f"  thresholds chosen on them, {self.chosen}: {chosen}",
            *([f"  {self.second}"] if self.second else []),
        ]
        return "\n".join(lines)


def train(
    database: Database,
    hall_name: str,
    images: ImageStore,
    plot_type: str,
    *,
    activate: bool,
    user: str,
    progress: Progress,
    checkpoints: Path | None = None,
    false_alarms: FalseAlarms | None = None,
) -> TrainingReport:
    """Train a model of a plot type on its labelled plots, store it, and put it live if wanted.

    With a folder for `checkpoints` the second recipe is tried as well, and used if it clearly wins. Thresholds of
    faulty labels are chosen for `false_alarms` where that is given, else all by best F1.

    Raises SettingsError for an unknown hall or plot type, and where too few plots came to know
    the rate of false alarms; TrainingError when there is too little to learn from; Stopped when the
    progress' stop flag is set and there is nothing to be kept.
    """
    started = time.monotonic()
    with database.read() as connection:
        hall_id = lookup.hall(connection, hall_name)
        hall = halls.load(connection, hall_id)
        labelled = given_labels.current(connection, hall_id, lookup.plot_type(hall.plot_types, plot_type))
        settings = hall.plot_types[plot_type]
        rate = thresholds.rate_of(connection, hall_id, plot_type, false_alarms) if false_alarms else None
    chosen, left_out = _choose(_in_time_order(labelled), settings)

    extracted = features.of_plots(database, images, [one.plot.content_hash for one in chosen], progress)
    if extracted.refused:
        left_out["picture not readable"] = len(chosen) - len(extracted.kept)
        chosen = [chosen[index] for index in extracted.kept]
        if not chosen:
            raise TrainingError(f"No picture of {plot_type} could be read: {extracted.refused[0]}")
    labels = [one.label for one in chosen]
    runs = [str(group) for group in groups([one.plot for one in chosen])]
    good = [name for name in dict.fromkeys(labels) if settings.label(name).role is Role.GOOD]
    hashes = [one.plot.content_hash for one in chosen]
    trained = head.train(
        plot_type,
        extracted.description,
        labels,
        runs,
        good=good,
        periods=[one.plot.name.run_period for one in chosen],
        hashes=hashes,
        progress=lambda stage, fraction: progress(f"training, {stage}", fraction),
        stop=progress.stop.is_set,
    )
    held_out = _held_out(trained, labels, settings)
    card = {**trained.model.card, "figures": asdict(held_out)}
    model = replace(trained.model, card=card)
    used: Model | TunedModel = model
    told = ""
    if checkpoints is not None:
        try:
            second = second_recipe.run(
                replace(trained, model=model), images, hashes, labels, runs, good, checkpoints / plot_type, progress
            )
            told, used = second.text, second.model if second.used else model
        except Stopped:
            if not progress.keep:
                raise
            told = "fine-tuning: stopped before there was anything to keep"
        card = {**card, "second_recipe": told}
    values, how = dict(used.thresholds), BEST_F1
    if false_alarms is not None and rate is not None:
        values |= Evidence.of(used).for_false_alarms(false_alarms.a_day, rate, settings)
        how = thresholds.described(false_alarms, rate)
    file = tuned_model.save(used) if isinstance(used, TunedModel) else model_file.save(used)
    if not progress.keep:
        progress("storing", 1.0)
    progress.settled.set()
    with database.write() as connection:
        model_id = model_store.add(
            connection,
            hall_id,
            plot_type,
            file=file,
            card=card,
            thresholds=values,
            user=user,
            chosen=how,
        )
        if activate:
            model_store.activate(connection, model_id, user=user)
    return TrainingReport(
        plot_type,
        model_id,
        activate,
        dict(Counter(labels).most_common()),
        left_out,
        str(card.get("split", "")),
        held_out,
        values,
        how,
        time.monotonic() - started,
        told,
    )


def _in_time_order(labelled: Sequence[LabelledPlot]) -> list[LabelledPlot]:
    place = {plot.id: number for number, plot in enumerate(in_time_order(one.plot for one in labelled))}
    return sorted(labelled, key=lambda one: place[one.plot.id])


def _choose(labelled: Sequence[LabelledPlot], settings: PlotType) -> tuple[list[LabelledPlot], dict[str, int]]:
    """The plots to train on, and how many are not, by reason."""
    left_out: dict[str, int] = {}
    usable = [one for one in labelled if settings.label(one.label).role is not Role.EXCLUDED]
    left_out["label left out by its role"] = len(labelled) - len(usable)
    counts = Counter(one.label for one in usable)
    # a single plot of a label must not keep all others from being learnt
    chosen = [one for one in usable if counts[one.label] >= head.FEWEST_A_LABEL]
    if (
        not any(settings.label(one.label).role is Role.GOOD for one in chosen)
        and len({one.label for one in chosen}) < 2
    ):
        there = ", ".join(f"{label} {count}" for label, count in counts.most_common()) or "none"
        raise TrainingError(
            f"{settings.name} has too few labelled plots to learn from ({there}); at least {head.FEWEST_A_LABEL} "
            "Good ones are needed, or two labels with as many each: label or import some more."
        )
    for label, count in counts.items():
        if count < head.FEWEST_A_LABEL:
            left_out[f"too few {label}"] = count
    return chosen, left_out


def _held_out(trained: head.Trained, labels: Sequence[str], settings: PlotType) -> Figures:
    names = trained.model.labels
    verdicts = [
        judge(dict(zip(names, map(float, row), strict=True)), trained.model.thresholds, settings)
        for row in np.asarray(trained.held_out)
    ]
    return evaluating.measure(labels, verdicts, settings)
