"""Plots judged into a CSV file, with their evidence maps where they are wanted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
from PIL import Image

from ..database import halls
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..domain.errors import PlotNameError, StorageError
from ..domain.plot import NamePattern, PlotName
from ..outputs.csv_file import write_rows
from ..sources.manifest import read_manifest
from ..vision.evidence import enlarge, overlay
from . import lookup
from .importing import name_of
from .judging_files import JudgedFile, PictureFile, UnreadableFile, judge_files
from .live_models import LiveModels
from .progress import Progress

COLUMNS = ("file", "plot_type", "verdict", "confidence", "status", "fault_score")
MAP_SIDE = 320  # pixels of the longer side of a stored map at most: what the network saw


@dataclass(frozen=True)
class ClassifyReport:
    """What came of it; `refused` has a message for each plot that couldn't be judged."""

    csv: Path
    verdicts: Mapping[tuple[str, str], int]  # (label, status) -> plots
    refused: tuple[str, ...]

    def text(self) -> str:
        """The report in words."""
        lines = [f"{sum(self.verdicts.values())} plots judged, in {self.csv}."]
        lines += [
            f"  {label or '-'}, {status}: {count}"
            for (label, status), count in sorted(self.verdicts.items(), key=lambda one: -one[1])
        ]
        if self.refused:
            lines.append(f"  {len(self.refused)} plots could not be judged.")
        return "\n".join(lines)


def classify(
    database: Database,
    hall_name: str,
    images: ImageStore,
    sources: Sequence[Path],
    *,
    plot_type: str | None,
    csv: Path,
    maps: Path | None = None,
    progress: Progress,
) -> ClassifyReport:
    """Judge the plots of manifests and single pictures, a row for each in the CSV file `csv`.

    `plot_type`, where given, is taken for all of them; else a manifest says it, and of a
    picture its name by the hall's pattern. Nothing is stored in the database. Raises
    ManifestError, StorageError, ModelFileError, and SettingsError for an unknown hall.
    """
    refused: list[str] = []
    with database.read() as connection:
        hall_id = lookup.hall(connection, hall_name)
        pattern = NamePattern(halls.load(connection, hall_id).name_pattern)
        files = list(_files(sources, plot_type, pattern, refused))
        models = LiveModels.load(connection, hall_id, [file.plot_type for file in files], images)
    labels = tuple(dict.fromkeys(label for name in models.records for label in models.labels(name)))
    tally: Counter[tuple[str, str]] = Counter()
    writer = _MapWriter(maps) if maps is not None else None

    def rows() -> Iterator[list[object]]:
        for outcome in judge_files(files, models, progress, keep_pictures=maps is not None):
            if isinstance(outcome, UnreadableFile):
                refused.append(outcome.message)
                continue
            tally[outcome.verdict.label, outcome.verdict.status.value] += 1
            if writer is not None:
                writer.write(outcome)
            yield _row(outcome, labels)

    write_rows(csv, (*COLUMNS, *(f"p_{label}" for label in labels)), rows())
    return ClassifyReport(csv, dict(tally), tuple(refused))


def _files(
    sources: Iterable[Path], plot_type: str | None, pattern: NamePattern, refused: list[str]
) -> Iterator[PictureFile]:
    for source in sources:
        if source.is_dir():
            refused.append(f"{source}: is a folder; name its pictures or a manifest")
        elif source.suffix.lower() == ".csv":
            for row in read_manifest(source):
                if row.problem:
                    refused.append(f"{source}, line {row.line}: {row.problem}")
                else:
                    period = name_of(row, pattern).run_period
                    yield PictureFile(row.file, row.path, plot_type or row.plot_type, period)
        else:
            name = _name(source, pattern)
            if plot_type is not None or name is not None:
                named, period = (name.plot_type, name.run_period) if name is not None else ("", "")
                yield PictureFile(str(source), source, plot_type or named, period)
            else:
                refused.append(f"{source}: its name doesn't say its plot type; give --plot-type")


def _name(source: Path, pattern: NamePattern) -> PlotName | None:
    try:
        return pattern.read(source.absolute().as_posix())
    except PlotNameError:
        return None


def _row(judged: JudgedFile, labels: Sequence[str]) -> list[object]:
    verdict = judged.verdict
    named: list[object] = [judged.file.name, judged.file.plot_type, verdict.label]
    if not verdict.label:  # NoModel: nobody has judged, so there is no number either
        return [*named, None, verdict.status.value, None, *(None for _ in labels)]
    chances = (verdict.probabilities.get(label) for label in labels)
    return [
        *named,
        _number(verdict.confidence),
        verdict.status.value,
        _number(verdict.fault_score),
        *(None if chance is None else _number(chance) for chance in chances),
    ]


def _number(value: float) -> str:
    return f"{value:.9g}"


class _MapWriter:
    """Writes the evidence map of the verdict's label of each plot, under the plot's own name."""

    def __init__(self, folder: Path) -> None:
        """Raises StorageError when the folder can't be made."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{folder} can't be made ({error.strerror}); name another folder.") from error
        self._folder = folder
        self._taken: set[Path] = set()

    def write(self, judged: JudgedFile) -> None:
        """Write NPY, float32 at the plot's aspect, and PNG, the map over the plot."""
        evidence = judged.prediction.evidence.get(judged.verdict.label)
        if evidence is None or judged.picture is None:
            return
        height, width = judged.picture.shape[:2]
        scale = min(1.0, MAP_SIDE / max(height, width))
        enlarged = enlarge(evidence, max(1, round(height * scale)), max(1, round(width * scale)))
        stem = self._stem(judged.file)
        try:
            stem.parent.mkdir(parents=True, exist_ok=True)
            np.save(stem.with_name(f"{stem.name}.npy"), enlarged.astype(np.float32))
            Image.fromarray(overlay(judged.picture, evidence)).save(stem.with_name(f"{stem.name}.png"))
        except OSError as error:
            raise StorageError(f"{stem} can't be written ({error.strerror}); check space and permissions.") from error

    def _stem(self, file: PictureFile) -> Path:
        """The path without suffix: that of the plot's file as it was named, within the folder."""
        named = PurePath(file.name)
        inside = PurePath(*(part for part in named.parts if part not in (named.anchor, "..", ".")))
        stem = self._folder / inside.with_suffix("")
        choice, number = stem, 1
        while choice in self._taken:
            number += 1
            choice = stem.with_name(f"{stem.name}-{number}")
        self._taken.add(choice)
        return choice
