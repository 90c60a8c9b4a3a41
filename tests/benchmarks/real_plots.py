"""Real plots from a folder of manifests, their frozen splits, and how verdicts on them are scored.

Splits and scorer were written before the recipe that they measure and aren't changed with it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hydra_desktop.services.features import extract
from hydra_desktop.services.progress import Progress
from hydra_desktop.vision import evaluate, head, model_file
from hydra_desktop.vision.backbone import Backbone
from hydra_desktop.vision.deviation import Description
from hydra_desktop.vision.picture import decode_for_network

SPLITS = 5
TEST_SHARE = 0.3
FIRST_SEED = 1000
CONDITIONS = ("NoData", "LowStat", "NoBeam")
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class RealPlots:
    """Labelled plots of one type; `groups` are what is never divided between training and test."""

    name: str
    files: list[Path]
    rows: list[dict[str, str]]
    labels: npt.NDArray[np.str_]
    groups: npt.NDArray[np.str_]
    description: Description

    def part(self, chosen: Mask) -> Description:
        """The description of some of the plots."""
        return Description(self.description.pooled[chosen], tuple(one[chosen] for one in self.description.cells))

    def train(self, chosen: Mask) -> head.Trained:
        """A model of some of the plots; labels with a single plot are left out."""
        labels, counts = np.unique(self.labels[chosen], return_counts=True)
        chosen = chosen & np.isin(self.labels, labels[counts >= head.FEWEST_A_LABEL])
        return head.train(
            self.name, self.part(chosen), list(self.labels[chosen]), list(self.groups[chosen]), good=["Good"]
        )


def load(data: Path, name: str, backbone: Backbone) -> RealPlots:
    """The labelled plots of a manifest with their features."""
    with (data / f"{name}.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["label"]]
    files = [data / row["file"] for row in rows]
    groups = [row["run_number"] + ("/" + row["chunk"] if name == "pixel_zphi" else "") for row in rows]
    extracted = extract(files, decode_for_network, backbone, Progress())
    return RealPlots(
        name, files, rows, np.array([row["label"] for row in rows]), np.array(groups), extracted.description
    )


def splits(groups: npt.NDArray[np.str_]) -> Iterator[tuple[Mask, Mask]]:
    """Masks of training and test plots, by group, of each split."""
    for number in range(SPLITS):
        distinct = np.unique(groups)
        np.random.default_rng(FIRST_SEED + number).shuffle(distinct)
        test = np.isin(groups, distinct[: max(1, int(TEST_SHARE * len(distinct)))])
        yield ~test, test


def score(plots: RealPlots, model: model_file.Model, test: Mask) -> evaluate.Figures:
    """Figures of a model, as it is after it was written to a file and read again, on test plots."""
    model = model_file.load(model_file.save(model))
    chances = model.probabilities(plots.part(test))
    said = [model.labels[index] for index in chances.argmax(axis=1)]
    confirmed = chances.max(axis=1) >= np.array([model.thresholds[label] for label in said])
    wrong = [
        bool(sure) and label != "Good" and label not in CONDITIONS for sure, label in zip(confirmed, said, strict=True)
    ]
    scores = 1.0 - chances[:, model.labels.index("Good")]
    return evaluate.evaluate(list(plots.labels[test]), said, list(scores), good=["Good"], false_positive=wrong)


def interval(values: Sequence[float]) -> str:
    """Mean and 95 % interval of 5 splits, Student's t."""
    mean, half = float(np.mean(values)), 2.776 * float(np.std(values, ddof=1)) / np.sqrt(len(values))
    return f"{mean:.3f} +- {half:.3f}"


def points_at(evidence: npt.NDArray[np.float32], box: str) -> bool:
    """Whether the highest cell of a map (h, w) lies within a cell of a box in bins of pixel_zphi.

    The axes of 300 x 200 bins lie at x 41.6 to 307.2 and y 23.8 to 208.6 of 320 x 240 pixels, y upwards.
    """
    height, width = evidence.shape
    row, column = np.unravel_index(evidence.argmax(), evidence.shape)
    x, y, wide, high = (float(part) for part in box.split(","))
    across, up = (307.2 - 41.6) / 300, (208.6 - 23.8) / 200
    left, right = (41.6 + x * across) * width / 320, (41.6 + (x + wide) * across) * width / 320
    top, bottom = (208.6 - (y + high) * up) * height / 240, (208.6 - y * up) * height / 240
    return bool(left - 2 <= column <= right + 1 and top - 2 <= row <= bottom + 1)
