"""Guesses for plots that wait for a label and that no model has judged: those that were imported, above all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..database import label_queue, verdicts
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..domain.errors import SettingsError
from ..domain.plot import Plot
from ..domain.verdict import Familiarity
from . import label_pages, lookup
from .judging_files import JudgedFile, PictureFile, judge_files
from .live_models import LiveModels
from .progress import Progress

BATCH = 64  # plots in one transaction


@dataclass(frozen=True)
class GuessReport:
    """How many plots got a guess, and which could not be read."""

    plot_type: str
    guessed: int
    refused: tuple[str, ...] = ()

    def text(self) -> str:
        """The report in words."""
        if not self.guessed and not self.refused:
            return f"{self.plot_type}: every unlabelled plot has a guess already."
        lines = [f"{self.plot_type}: {self.guessed} unlabelled plots have a guess now; Labeling shows it."]
        return "\n".join([*lines, *(f"  left out, {reason}" for reason in self.refused)])


def guess(database: Database, hall_name: str, images: ImageStore, plot_type: str, *, progress: Progress) -> GuessReport:
    """Let the active model of a plot type judge its unlabelled plots, the newest first.

    What the monitor has judged, or this model before, stays as it is; the verdicts touch no wall and no alarm.
    Raises SettingsError without such a plot type or model, Stopped with what was judged until then stored.
    """
    with database.read() as c:
        hall_id = lookup.hall(c, hall_name)
    label_pages.build(database, hall_id)
    with database.read() as c:
        models = LiveModels.load(c, hall_id, [plot_type], images)
        lookup.plot_type(models.hall.plot_types, plot_type)
        if plot_type not in models.records:
            raise SettingsError(
                f"{plot_type} has no active model; make one: hydra-desktop train {plot_type} --activate"
            )
        model_id = models.records[plot_type].id
        waiting = label_queue.without_guess(c, hall_id, plot_type, model_id)
    files = [_file(plot, images) for plot in waiting]
    judged: list[verdicts.JudgedPlot] = []
    refused: list[str] = []
    guessed = 0
    for plot, outcome in zip(waiting, judge_files(files, models, progress), strict=True):
        if isinstance(outcome, JudgedFile):
            judged.append(_judged(plot, model_id, outcome))
        else:
            refused.append(outcome.message)
        if len(judged) == BATCH:
            guessed += _store(database, hall_id, judged)
            judged = []
    guessed += _store(database, hall_id, judged)
    return GuessReport(plot_type, guessed, tuple(refused))


def _file(plot: Plot, images: ImageStore) -> PictureFile:
    name = plot.name
    path = images.path(plot.content_hash)
    return PictureFile(f"run {name.run_number}, plot {plot.id}", path, name.plot_type, name.run_period)


def _judged(plot: Plot, model_id: int, outcome: JudgedFile) -> verdicts.JudgedPlot:
    found = outcome.prediction
    familiarity = Familiarity(found.novelty, found.nearest, found.deviation)
    return verdicts.JudgedPlot(plot.id, plot.name.plot_type, model_id, outcome.verdict, found.evidence, {}, familiarity)


def _store(database: Database, hall_id: int, judged: Sequence[verdicts.JudgedPlot]) -> int:
    with database.write() as c:
        verdicts.add(c, hall_id, judged, live=False)
        label_queue.refresh(c, [one.plot_id for one in judged])
    return len(judged)
