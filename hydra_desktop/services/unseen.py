"""The plots that a model never saw, with the labels that people give them now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection

from ..database import given_labels, halls, model_store, references
from ..database.connection import Database
from ..database.given_labels import LabelledPlot
from ..database.image_store import ImageStore
from ..database.model_store import ModelRecord
from ..domain.errors import ModelFileError, SettingsError
from ..domain.hall import PlotType
from ..domain.label import Role
from ..domain.reference import in_time_order
from ..domain.unseen import Unseen
from ..vision import model_file
from ..vision.held_out import HeldOut
from ..vision.model_file import Model
from ..vision.opening import read_model
from ..vision.tuned_model import TunedModel
from . import lookup
from .grouping import run_of, runs
from .judging_anew import judge_anew
from .normals import is_used
from .progress import Progress

ACCEPTED, EXCLUDED, GONE = "accepted guess", "label left out by its role", "no label any more"
SINCE = "plots labelled since, of runs that it wasn't trained on"


@dataclass(frozen=True)
class Ground:
    """What a model can be measured on.

    `held` gives the rows of its held-out probabilities by plot id, `fresh` are the ids of labelled plots whose run and
    picture it knows nothing of; all of them are in `labelled`, by id, with labels that a person chose.
    `left_out` counts held-out plots by why they aren't here.
    """

    record: ModelRecord
    settings: PlotType
    model: Model | TunedModel
    labelled: Mapping[int, LabelledPlot]
    run: Mapping[int, int]  # of each plot, by id, numbered from 0
    held: Mapping[int, int]
    fresh: frozenset[int]
    left_out: Mapping[str, int]

    @property
    def split(self) -> str:
        """How its plots were held out."""
        return str(self.record.card.get("split", ""))


def look(connection: Connection, hall_id: int, model_id: int) -> Ground:
    """What a model of a hall can be measured on; raises SettingsError without it, ModelFileError where it is damaged.

    A held-out plot is known by its content; where several have the same, they are told apart by their order in time.
    """
    record = record_of(connection, hall_id, model_id)
    settings = halls.load(connection, hall_id).plot_types[record.plot_type]
    model = read_model(model_store.file(connection, record.id))
    every = _in_time_order(given_labels.current(connection, hall_id, record.plot_type))
    usable = [one for one in every if not why_not(one, settings)]
    labelled = {one.plot.id: one for one in usable}
    number = runs([one.plot for one in every])
    run = {one.plot.id: int(its) for one, its in zip(every, number, strict=True)}
    held, left_out = _held(model.held_out, every, settings)
    known = set(record.trained_on)
    seen_runs = record.runs_seen or {run_of(one.plot) for one in every if one.plot.content_hash in known}
    first = model_file.load(model.first) if isinstance(model, TunedModel) else model
    in_force = references.in_force(connection, hall_id, record.plot_type)
    known |= {content for one in in_force.values() if is_used(one, first) for content in one.content_hashes}
    fresh = frozenset(
        one.plot.id for one in usable if one.plot.content_hash not in known and run_of(one.plot) not in seen_runs
    )
    return Ground(record, settings, model, labelled, run, held, fresh, left_out)


def record_of(connection: Connection, hall_id: int, model_id: int) -> ModelRecord:
    """A model of a hall by its number; raises SettingsError naming those that are there."""
    there = model_store.listing(connection, hall_id)
    found = next((one for one in there if one.id == model_id), None)
    if found is None:
        some = ", ".join(f"{one.id} ({one.plot_type})" for one in there[:10]) or "none yet"
        raise SettingsError(f"There is no model {model_id} in this hall; the newest are {some}.")
    return found


def of_model(
    database: Database, hall_name: str, images: ImageStore, model_id: int, progress: Progress | None = None
) -> Unseen:
    """The plots that a model never saw, what it said of them, and what people say now.

    Those it held out in its training. A model without them is let judge plots that were labelled since, and where there
    is none the plots that it was trained on, which is marked. Accepted guesses are in neither.
    Raises SettingsError, ModelFileError, Stopped.
    """
    with database.read() as connection:
        hall_id = lookup.hall(connection, hall_name)
        ground = look(connection, hall_id, model_id)
    if ground.model.held_out is not None:
        return _of_held_out(ground, ground.model.held_out)
    fresh = [plot_id for plot_id in ground.labelled if plot_id in ground.fresh]
    chosen = fresh or list(ground.labelled)
    return _judged(database, hall_id, images, ground, chosen, progress or Progress(), in_sample=not fresh)


def why_not(one: LabelledPlot, settings: PlotType) -> str:
    """Why a plot's label is in no figure, "" where it is."""
    if settings.label(one.label).role is Role.EXCLUDED:
        return EXCLUDED
    return ACCEPTED if one.accepted else ""


def _in_time_order(labelled: Sequence[LabelledPlot]) -> list[LabelledPlot]:
    place = {plot.id: number for number, plot in enumerate(in_time_order(one.plot for one in labelled))}
    return sorted(labelled, key=lambda one: place[one.plot.id])


def _held(
    held_out: HeldOut | None, every: Sequence[LabelledPlot], settings: PlotType
) -> tuple[dict[int, int], dict[str, int]]:
    """The rows of held-out plots by plot id, and how many have no label that counts, by reason."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, content_hash in enumerate(held_out.content_hashes if held_out is not None else ()):
        rows[content_hash].append(row)
    found: dict[int, int] = {}
    left_out: Counter[str] = Counter()
    for one in sorted(every, key=lambda one: why_not(one, settings) != ""):  # those that count have the first choice
        waiting = rows.get(one.plot.content_hash)
        if waiting:
            row, reason = waiting.pop(0), why_not(one, settings)
            if reason:
                left_out[reason] += 1
            else:
                found[one.plot.id] = row
    left_out[GONE] = sum(map(len, rows.values()))
    return found, {reason: count for reason, count in left_out.items() if count}


def _of_held_out(ground: Ground, held_out: HeldOut) -> Unseen:
    names, split = ground.model.labels, ground.split
    notes = []
    if held_out.unfamiliar is None:
        notes.append("which of the plots were Unfamiliar isn't known: the model is of an older version")
    if held_out.plots is None:
        notes.append(
            "which plots they were isn't known, so neither their runs nor labels given since: the model is of an older "
            "version, train it again"
        )
        return Unseen(
            names, names, held_out.target.astype(np.int64), held_out.chances, np.zeros(held_out.target.size, np.int64),
            (), held_out.unfamiliar, split=split, notes=tuple(notes), unit="",
        )  # fmt: skip
    chosen, rows = list(ground.held), list(ground.held.values())
    if not chosen:
        why = ", ".join(f"{reason}: {count}" for reason, count in ground.left_out.items())
        raise ModelFileError(
            f"None of the plots that model {ground.record.id} held out has a label that counts now ({why}); "
            f"train it again: hydra-desktop train {ground.record.plot_type}"
        )
    unfamiliar = held_out.unfamiliar[rows] if held_out.unfamiliar is not None else None
    unseen = _unseen(ground, chosen, names, held_out.chances[rows], unfamiliar)
    return replace(unseen, split=split, left_out=ground.left_out, notes=tuple(notes))


def _judged(
    database: Database, hall_id: int, images: ImageStore, ground: Ground, chosen: Sequence[int], progress: Progress,
    *, in_sample: bool,
) -> Unseen:  # fmt: skip
    said = judge_anew(database, hall_id, images, ground.record, [ground.labelled[one].plot for one in chosen], progress)
    if not len(said.kept):
        raise ModelFileError(
            f"Model {ground.record.id} came without its held-out plots, and {ground.record.plot_type} has no labelled "
            f"plot to measure it on; label some and train again: hydra-desktop train {ground.record.plot_type}"
        )
    unseen = _unseen(ground, [chosen[row] for row in said.kept], said.names, said.chances, said.unfamiliar)
    if in_sample:
        note = "the model was trained on these plots, so every figure promises more than it will keep; train it again"
        return replace(unseen, in_sample=True, split="plots that it was trained on", notes=(note,))
    return replace(unseen, split=SINCE)


def _unseen(
    ground: Ground, chosen: Sequence[int], names: tuple[str, ...], chances: np.ndarray, unfamiliar: np.ndarray | None
) -> Unseen:
    given = [ground.labelled[one].label for one in chosen]
    labels = (*names, *sorted(set(given) - set(names)))
    truth = np.array([labels.index(label) for label in given], np.int64)
    return Unseen(
        names, labels, truth, chances, np.array([ground.run[one] for one in chosen], np.int64),
        tuple(ground.labelled[one].plot for one in chosen), unfamiliar,
    )  # fmt: skip
