"""The active model of a plot type measured on labelled plots that it never saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..database import references
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..domain.errors import ManifestError, SettingsError
from ..domain.hall import PlotType
from ..domain.label import Role
from ..domain.plot import NamePattern
from ..domain.verdict import Status, Verdict
from ..sources.manifest import read_manifest
from ..vision.evaluate import Figures
from ..vision.evaluate import evaluate as figures_of
from . import lookup
from .importing import name_of
from .judging_files import JudgedFile, PictureFile, content_hash, judge_files
from .live_models import LiveModels
from .normals import is_used
from .progress import Progress


@dataclass(frozen=True)
class EvaluationReport:
    """Figures of a model on a manifest; plots that don't count are told by reason."""

    plot_type: str
    model_id: int
    manifest: str
    measured: Figures
    left_out: Mapping[str, int]
    refused: tuple[str, ...]

    def figures(self) -> dict[str, object]:
        """All as plain values, for a JSON file."""
        return {
            "plot_type": self.plot_type,
            "model_id": self.model_id,
            "manifest": self.manifest,
            **asdict(self.measured),
            "left_out": dict(self.left_out),
        }

    def text(self) -> str:
        """The report in words."""
        lines = [f"{self.plot_type}, model {self.model_id}, on {self.measured.plots} plots of {self.manifest}"]
        lines += [f"  left out, {reason}: {count}" for reason, count in self.left_out.items() if count]
        return "\n".join([*lines, *table(self.measured)])


def evaluate(
    database: Database,
    hall_name: str,
    images: ImageStore,
    plot_type: str,
    manifest: Path,
    *,
    progress: Progress,
) -> EvaluationReport:
    """Measure the active model on the labelled plots of a manifest.

    Plots that the model was trained on, or that say what is normal, are left out, known by their content, and labels
    that are accepted guesses: a model can't be measured by what it said. Raises
    SettingsError without such a plot type or model, ManifestError when nothing is left.
    """
    with database.read() as connection:
        hall_id = lookup.hall(connection, hall_name)
        models = LiveModels.load(connection, hall_id, [plot_type], images)
        in_force = references.in_force(connection, hall_id, plot_type) if plot_type in models.records else {}
    lookup.plot_type(models.hall.plot_types, plot_type)
    if plot_type not in models.records:
        raise SettingsError(f"{plot_type} has no active model; make one: hydra-desktop train {plot_type} --activate")
    settings = models.plot_type(plot_type)
    trained_on = models.records[plot_type].trained_on
    pattern, model = NamePattern(models.hall.name_pattern), models.predictor.models[plot_type]
    normal = {one for reference in in_force.values() if is_used(reference, model) for one in reference.content_hashes}
    reasons = (
        "another plot type",
        "without a label",
        "label left out by its role",
        "accepted guess",
        "trained on",
        "in the reference",
    )
    left_out = dict.fromkeys((*reasons, "not readable"), 0)
    labels: list[str] = []
    files: list[PictureFile] = []
    for row in read_manifest(manifest):
        if row.problem:
            left_out["not readable"] += 1
        elif row.plot_type != plot_type:
            left_out["another plot type"] += 1
        elif not row.label:
            left_out["without a label"] += 1
        elif settings.label(row.label).role is Role.EXCLUDED:
            left_out["label left out by its role"] += 1
        elif row.accepted:
            left_out["accepted guess"] += 1
        elif (content := content_hash(row.path)) in trained_on:
            left_out["trained on"] += 1
        elif content in normal:
            left_out["in the reference"] += 1
        else:
            labels.append(row.label)
            files.append(PictureFile(row.file, row.path, plot_type, name_of(row, pattern).run_period))
    verdicts: list[Verdict] = []
    truth: list[str] = []
    refused: list[str] = []
    for label, outcome in zip(labels, judge_files(files, models, progress), strict=True):
        if isinstance(outcome, JudgedFile):
            verdicts.append(outcome.verdict)
            truth.append(label)
        else:
            refused.append(outcome.message)
    left_out["not readable"] += len(refused)
    if not verdicts:
        said = ", ".join(f"{reason}: {count}" for reason, count in left_out.items() if count)
        raise ManifestError(
            f"{manifest} has no plot to measure {plot_type} on ({said or 'it has no rows'}); "
            "name a manifest with labelled plots of it that the model wasn't trained on."
        )
    return EvaluationReport(
        plot_type,
        models.records[plot_type].id,
        manifest.name,
        measure(truth, verdicts, settings),
        left_out,
        tuple(refused),
    )


def measure(labels: Sequence[str], verdicts: Sequence[Verdict], plot_type: PlotType) -> Figures:
    """Figures of N verdicts against N labels."""
    return figures_of(
        labels,
        [verdict.label for verdict in verdicts],
        [verdict.fault_score for verdict in verdicts],
        good=[name for name in set(labels) if plot_type.label(name).role is Role.GOOD],
        false_positive=[
            verdict.status is Status.CONFIRMED and plot_type.label(verdict.label).role is Role.FAULTY
            for verdict in verdicts
        ],
        unfamiliar=[verdict.status is Status.UNFAMILIAR for verdict in verdicts],
    )


def table(figures: Figures) -> list[str]:
    """Figures in words, a line each."""

    def shown(value: float | None, digits: int = 3) -> str:
        return "-" if value is None else f"{value:.{digits}f}"

    share = figures.unfamiliar_good_share
    lines = [
        f"  macro-F1                                  {shown(figures.macro_f1)}",
        f"  AUC, Good against the rest                {shown(figures.auc)}",
        f"  false alarms per 1,000 Good at 90 % found {shown(figures.false_alarms_per_1000, 1)}",
        f"  false positives per 1,000 Good            {shown(figures.false_positives_per_1000, 1)}"
        + ("" if share is None else f"  (Unfamiliar among Good: {100 * share:.1f} %)"),
    ]
    for name, recall in figures.recall.items():
        row = figures.confusion[name]
        said = ", ".join(f"{other} {count}" for other, count in sorted(row.items(), key=lambda one: -one[1]) if count)
        lines.append(f"  recall {name:<16} {recall:.3f} of {sum(row.values()):>5}  ({said})")
    return lines
