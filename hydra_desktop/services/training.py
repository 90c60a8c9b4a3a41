"""A model trained on the labels that people gave, measured on held-out runs, stored, put live."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from ..database import given_labels, halls, label_suspects, model_store, references, tables
from ..database.connection import Database
from ..database.given_labels import LabelledPlot
from ..database.image_store import ImageStore
from ..database.label_suspects import SuspectLabel
from ..database.model_store import BEST_F1
from ..domain.errors import Stopped, TrainingError, WorseModelError
from ..domain.hall import PlotType
from ..domain.label import Role
from ..domain.labeling import Queue
from ..domain.plot import Plot
from ..domain.reference import Reference, ReferenceState, in_time_order
from ..domain.verdict import judge
from ..vision import finetune, head, model_file, tuned_model
from ..vision.evaluate import Figures
from ..vision.fitting import Recipe
from ..vision.model_file import Model
from ..vision.tuned_model import TunedModel
from . import evaluating, features, library, lookup, second_recipe, suspects, thresholds
from .grouping import groups, run_of, unit
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
    suspects: int = 0  # labels that look wrong, in their queue now
    mistakes: int = 0  # held-out plots that it told wrong, in their queue now
    accepted: int = 0  # of the plots trained on: accepted guesses, by which nothing was measured
    kept_out: str = ""  # why it wasn't put live although that was wanted

    def figures(self) -> dict[str, object]:
        """All as plain values, for a JSON file."""
        return {
            "plot_type": self.plot_type,
            "model_id": self.model_id,
            "active": self.active,
            "trained_on": dict(self.counts),
            "accepted": self.accepted,
            "left_out": dict(self.left_out),
            "split": self.split,
            "thresholds": dict(self.thresholds),
            "thresholds_chosen": self.chosen,
            "seconds": round(self.seconds, 2),
            "held_out": asdict(self.held_out),
            "second_recipe": self.second,
            "suspect_labels": self.suspects,
            "mistakes": self.mistakes,
            "kept_out": self.kept_out,
        }

    def text(self) -> str:
        """The report in words."""
        labels = ", ".join(f"{label} {count}" for label, count in self.counts.items())
        why = "worse than the active one" if self.kept_out else "--activate puts one live"
        lines = [
            f"{self.plot_type}: model {self.model_id} trained on {sum(self.counts.values())} plots ({labels})"
            f" in {self.seconds:.1f} s, " + ("now live." if self.active else f"not live ({why})."),
        ]
        if self.kept_out:
            lines.append(f"  {self.kept_out}")
        if self.accepted:
            lines.append(f"  of these, accepted guesses, which are in no figure: {self.accepted}")
        lines += [f"  left out, {reason}: {count}" for reason, count in self.left_out.items() if count]
        chosen = ", ".join(f"{label} {value:.2f}" for label, value in self.thresholds.items())
        lines += [
            f"On held-out plots ({self.split}):",
            *evaluating.table(self.held_out),
            f"  thresholds chosen on them, {self.chosen}: {chosen}",
            *([f"  {self.second}"] if self.second else []),
            *([f"{self.suspects} labels look wrong; they wait in the queue Suspect labels."] if self.suspects else []),
            *(
                [f"{self.mistakes} held-out plots it told wrong; they wait in the queue {Queue.MISTAKE.words}."]
                if self.mistakes
                else []
            ),
        ]
        return "\n".join(lines)


# Called with the id of the model that was stored, before that is for good.
Stored = Callable[[Connection, int], None]


def _nothing_more(_connection: Connection, _model_id: int) -> None:
    pass


def train(
    database: Database,
    hall_name: str,
    images: ImageStore,
    plot_type: str,
    *,
    activate: bool,
    user: str,
    station: str = "",
    progress: Progress,
    checkpoints: Path | None = None,
    false_alarms: FalseAlarms | None = None,
    balanced: bool = True,
    stored: Stored = _nothing_more,
) -> TrainingReport:
    """Train a model of a plot type on its labelled plots, store it, and put it live if wanted.

    One that is worse than the active model on held-out runs is stored and not put live.

    What is normal in a run period say the plots of its confirmed reference, labelled or not, else its Good plots.
    With a folder for `checkpoints` the second recipe is tried as well, and used if it clearly wins. Thresholds of
    faulty labels are chosen for `false_alarms` where that is given, else all by best F1. `stored` is called in the
    transaction that stores the model, with its id: what raises there lets nothing be stored.

    Raises SettingsError for an unknown hall or plot type, and where too few plots came to know
    the rate of false alarms; TrainingError when there is too little to learn from; Stopped when the
    progress' stop flag is set and there is nothing to be kept.
    """
    started = time.monotonic()
    with database.read() as connection:
        hall_id = lookup.hall(connection, hall_name)
        hall = halls.load(connection, hall_id)
        labelled = given_labels.current(connection, hall_id, lookup.plot_type(hall.plot_types, plot_type))
        newest_label = given_labels.newest_id(connection, hall_id, plot_type)
        in_force = references.in_force(connection, hall_id, plot_type)
        settings = hall.plot_types[plot_type]
        rate = thresholds.rate_of(connection, hall_id, plot_type, false_alarms) if false_alarms else None
    chosen, left_out = _choose(_in_time_order(labelled), settings)
    periods = {one.plot.name.run_period for one in chosen}
    confirmed = [one for period, one in in_force.items() if period in periods and one.state is ReferenceState.CONFIRMED]
    beside = _unlabelled(confirmed, labelled)

    plots = [*(one.plot for one in chosen), *beside]
    extracted = features.of_plots(database, images, [plot.content_hash for plot in plots], progress)
    if extracted.refused:
        kept = [int(index) for index in extracted.kept]
        beside = [plots[index] for index in kept if index >= len(chosen)]
        readable = [chosen[index] for index in kept if index < len(chosen)]
        left_out["picture not readable"] = len(chosen) - len(readable)
        chosen = readable
        if not chosen:
            raise TrainingError(f"No picture of {plot_type} could be read: {extracted.refused[0]}")
    labels = [one.label for one in chosen]
    every_run = [str(group) for group in groups([one.plot for one in chosen], beside)]
    runs = every_run[: len(chosen)]
    good = [name for name in dict.fromkeys(labels) if settings.label(name).role is Role.GOOD]
    hashes = [one.plot.content_hash for one in chosen]
    trained = head.train(
        plot_type,
        extracted.description,
        labels,
        every_run,
        good=good,
        accepted=[one.accepted for one in chosen],
        periods=[one.plot.name.run_period for one in chosen],
        hashes=hashes,
        references=_positions(confirmed, chosen, beside, good),
        unit=unit([one.plot for one in chosen]),
        recipe=Recipe(balanced),
        progress=lambda stage, fraction: progress(f"training, {stage}", fraction),
        stop=progress.stop.is_set,
    )
    held_out = _held_out(trained.model, trained.unfamiliar[trained.judged], settings)
    card = {**trained.model.card, "figures": asdict(held_out)}
    # by these it is seen which labels came, and which were taken back, since
    card |= {"newest_label": newest_label, "labels_seen": dict(Counter(one.label for one in labelled))}
    # by these it is seen which plots come from a run that it knows, whatever becomes of its labels
    card |= {"runs": len({run_of(one.plot) for one in chosen}), "runs_seen": sorted({run_of(one) for one in plots})}
    # by these the monitor knows that it needn't make what is normal anew, by fewer plots than were here
    card["reference_sets"] = {
        one.run_period: one.fingerprint for one in confirmed if one.run_period in card["references"]
    }
    judged = [one for one, counts in zip(hashes, trained.judged, strict=True) if counts]
    held = trained.model.held_out
    model = replace(trained.model, card=card, held_out=held.of_pictures(judged) if held is not None else None)
    used: Model | TunedModel = model
    told, second = "", None
    if checkpoints is not None:
        try:
            second = second_recipe.run(
                replace(trained, model=model), images, hashes, labels, runs, good, checkpoints / plot_type, progress
            )
            told = second.text
            if second.used:
                used = second.model
                held_out = _held_out(used, trained.unfamiliar[second.at], settings)
                card = {**card, "split": used.card.get("split", ""), "figures": asdict(held_out)}
        except Stopped:
            if not progress.keep.is_set():
                raise
            told = "fine-tuning: stopped before there was anything to keep"
        except TrainingError as error:  # what is too little for a network may be enough without
            told = f"fine-tuning: not tried. {error}"
        card = {**card, "second_recipe": told}
    values, how = dict(used.thresholds), BEST_F1
    if false_alarms is not None and rate is not None:
        values |= Evidence.of(used).for_false_alarms(false_alarms.a_day, rate, settings)
        how = thresholds.described(false_alarms, rate)
    file = tuned_model.save(used) if isinstance(used, TunedModel) else model_file.save(used)
    suspect_labels = [
        SuspectLabel(chosen[one.row].given_id, chosen[one.row].plot.id, one.quality, one.suggested)
        for one in suspects.find(labels, trained.model.labels, trained.held_out)
    ]
    rows = second.at if second is not None and second.used else np.flatnonzero(trained.judged)
    mistaken = _mistakes(Evidence.of(used), [chosen[row] for row in rows])
    if not progress.keep.is_set():
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
        current = {one.given_id for one in labelled}
        suspect = label_suspects.replace(connection, hall_id, plot_type, model_id, suspect_labels, current)
        mistakes = label_suspects.replace(
            connection, hall_id, plot_type, model_id, mistaken, current, tables.model_mistakes
        )
        kept_out = _put_live(connection, hall_id, model_id, user, station) if activate else ""
        stored(connection, model_id)
    if second is not None and checkpoints is not None:
        finetune.forget(checkpoints / plot_type)
    return TrainingReport(
        plot_type,
        model_id,
        activate and not kept_out,
        dict(Counter(labels).most_common()),
        left_out,
        str(card.get("split", "")),
        held_out,
        values,
        how,
        time.monotonic() - started,
        told,
        suspect,
        mistakes,
        sum(one.accepted for one in chosen),
        kept_out,
    )


def _put_live(connection: Connection, hall_id: int, model_id: int, user: str, station: str) -> str:
    """Put a model live that was just trained; gives the reason where it isn't, being worse than the active one."""
    record = library.record_of(connection, hall_id, model_id)
    try:
        library.put_live(connection, hall_id, record, user=user, station=station, comment="trained")
    except WorseModelError as error:
        return f"{error} To do so all the same: hydra-desktop models activate {model_id} --in-spite"
    return ""


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


def _unlabelled(confirmed: Sequence[Reference], labelled: Sequence[LabelledPlot]) -> list[Plot]:
    """Plots of the references that have no label, each once."""
    given = {one.plot.id for one in labelled}
    plots = {plot.id: plot for reference in confirmed for plot in reference.plots if plot.id not in given}
    return list(plots.values())


def _positions(
    confirmed: Sequence[Reference], chosen: Sequence[LabelledPlot], beside: Sequence[Plot], good: Sequence[str]
) -> dict[str, np.ndarray]:
    """Of each reference where its plots are among those chosen and those beside; none that was labelled otherwise."""
    row = {one.plot.id: index for index, one in enumerate(chosen) if one.label in good}
    row.update({plot.id: len(chosen) + index for index, plot in enumerate(beside)})
    return {
        reference.run_period: np.array([row[plot.id] for plot in reference.plots if plot.id in row], np.int64)
        for reference in confirmed
    }


def _mistakes(found: Evidence, plots: Sequence[LabelledPlot]) -> list[SuspectLabel]:
    """Which of the N plots that were held out the model told wrong, the surest first."""
    chances, target = found.held_out.chances, found.held_out.target
    rows = np.flatnonzero(chances.argmax(axis=1) != target)
    return [
        SuspectLabel(
            plots[row].given_id,
            plots[row].plot.id,
            float(chances[row, target[row]]),
            found.labels[int(chances[row].argmax())],
        )
        for row in map(int, rows[np.argsort(-chances[rows].max(axis=1), kind="stable")])
    ]


def _held_out(model: Model | TunedModel, unfamiliar: npt.NDArray[np.bool_], settings: PlotType) -> Figures:
    """Figures of a model on the plots that it held out; `unfamiliar` says which the first recipe doesn't know."""
    found = Evidence.of(model).held_out
    verdicts = [
        judge(
            dict(zip(model.labels, map(float, row), strict=True)), model.thresholds, settings, unfamiliar=bool(strange)
        )
        for row, strange in zip(found.chances, unfamiliar, strict=True)
    ]
    return evaluating.measure([model.labels[index] for index in found.target], verdicts, settings)
