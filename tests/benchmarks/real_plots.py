"""Real plots from a folder of manifests, their frozen splits, and how verdicts on them are scored.

Splits and scorer were written before the recipe that they measure and aren't changed with it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hydra_desktop.services.features import extract
from hydra_desktop.services.progress import Progress
from hydra_desktop.vision import evaluate, head, model_file
from hydra_desktop.vision.backbone import Backbone
from hydra_desktop.vision.deviation import Description, Normal, steady
from hydra_desktop.vision.picture import decode_for_network

SPLITS = 5
TEST_SHARE = 0.3
FIRST_SEED = 1000
CONDITIONS = ("NoData", "LowStat", "NoBeam")
REFERENCE = 30
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class RealPlots:
    """Plots of one type, labelled or not ("") and in the order of time; `groups` are never divided by a split."""

    name: str
    files: list[Path]
    rows: list[dict[str, str]]
    labels: npt.NDArray[np.str_]
    groups: npt.NDArray[np.str_]
    periods: npt.NDArray[np.str_]
    description: Description

    @cached_property
    def labelled(self) -> Mask:
        """Those with a label."""
        return self.labels != ""

    @cached_property
    def runs(self) -> npt.NDArray[np.int_]:
        """The run number of each."""
        return np.array([int(row["run_number"]) for row in self.rows])

    @cached_property
    def faults(self) -> npt.NDArray[np.str_]:
        """The kind of the injected fault of each Bad plot, "" for the rest."""
        return np.array([row.get("fault", "") if row["label"] == "Bad" else "" for row in self.rows])

    def train(self, chosen: Mask) -> head.Trained:
        """A model of some of the labelled plots; labels with a single plot are left out."""
        chosen = chosen & self.labelled
        labels, counts = np.unique(self.labels[chosen], return_counts=True)
        chosen = chosen & np.isin(self.labels, labels[counts >= head.FEWEST_A_LABEL])
        return head.train(
            self.name,
            self.description.at(chosen),
            list(self.labels[chosen]),
            list(self.groups[chosen]),
            good=["Good"],
            periods=list(self.periods[chosen]),
            hashes=[str(file) for file, used in zip(self.files, chosen, strict=True) if used],
        )

    def first(self, chosen: Mask, count: int = REFERENCE) -> Mask:
        """The first of some of the plots."""
        mask = np.zeros(len(self.rows), bool)
        mask[np.flatnonzero(chosen)[:count]] = True
        return mask

    def reference(self, chosen: Mask, model: model_file.Model) -> Normal:
        """What is normal according to some plots, as the monitor takes a reference."""
        part, runs = self.description.at(chosen), np.unique(self.groups[chosen], return_inverse=True)[1]
        kept = steady(part, runs, model.variations)
        return Normal.of(part.at(kept), runs[kept], known=model.variations)


def load(data: Path, name: str, backbone: Backbone) -> RealPlots:
    """The plots of a manifest with their features."""
    with (data / f"{name}.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    rows.sort(key=lambda row: (int(row["run_number"]), int(row["chunk"] or 0)))
    files = [data / row["file"] for row in rows]
    groups = [row["run_number"] + ("/" + row["chunk"] if name == "pixel_zphi" else "") for row in rows]
    extracted = extract(files, decode_for_network, backbone, Progress())
    return RealPlots(
        name,
        files,
        rows,
        np.array([row["label"] for row in rows]),
        np.array(groups),
        np.array([row["run_period"] for row in rows]),
        extracted.description,
    )


def splits(plots: RealPlots) -> Iterator[tuple[Mask, Mask]]:
    """Masks of training and test plots, by group, of each split."""
    for number in range(SPLITS):
        distinct = np.unique(plots.groups)
        np.random.default_rng(FIRST_SEED + number).shuffle(distinct)
        test = np.isin(plots.groups, distinct[: max(1, int(TEST_SHARE * len(distinct)))])
        yield ~test & plots.labelled, test & plots.labelled


@dataclass(frozen=True)
class Scored:
    """Verdicts on test plots: `faulty` is a Confirmed faulty verdict of a plot that isn't Unfamiliar."""

    figures: evaluate.Figures
    truth: npt.NDArray[np.str_]
    said: npt.NDArray[np.str_]
    confidence: npt.NDArray[np.float32]
    fault_score: npt.NDArray[np.float32]
    faulty: Mask
    other: Mask  # a Confirmed verdict other than Good, of a plot that isn't Unfamiliar
    strange: Mask
    judgement: model_file.Judgement
    cut: float  # the fault score that finds 90 % of what isn't Good

    @property
    def good(self) -> Mask:
        """The Good plots."""
        return self.truth == "Good"


def score(plots: RealPlots, model: model_file.Model, test: Mask, normal: Normal | None = None) -> Scored:
    """Verdicts of a model, as it is after it was written to a file and read again, on test plots."""
    model = model_file.load(model_file.save(model))
    part = plots.description.at(test)
    period = str(plots.periods[test][0])
    inherited = normal is None and period not in model.normals
    found = model.judge(part, normal or model.normal(period), inherited=inherited)
    said = np.array([model.labels[index] for index in found.chances.argmax(axis=1)])
    confidence = found.chances.max(axis=1)
    confirmed = (confidence >= np.array([model.thresholds[label] for label in said])) & ~found.strange
    scores = 1.0 - found.chances[:, [label == "Good" for label in model.labels]].sum(axis=1)
    truth = plots.labels[test]
    other = confirmed & (said != "Good")
    faulty = other & ~np.isin(said, CONDITIONS)
    figures = evaluate.evaluate(
        list(truth),
        list(said),
        list(scores),
        good=["Good"],
        false_positive=list(faulty),
        unfamiliar=list(found.strange),
    )
    rest = scores[(truth != "Good") & (truth != "")]
    cut = float(np.quantile(rest, 0.1, method="lower")) if len(rest) else 1.0
    return Scored(figures, truth, said, confidence, scores, faulty, other, found.strange, found, cut)


def interval(values: Sequence[float]) -> str:
    """Mean and 95 % interval of 5 splits, Student's t."""
    mean, half = float(np.mean(values)), 2.776 * float(np.std(values, ddof=1)) / np.sqrt(len(values))
    return f"{mean:.3f} +- {half:.3f}"


def of_count(hits: int, count: int) -> str:
    """A count with the 95 % interval of its share, Wilson 1927, both of 1,000."""
    if not count:
        return "0 of 0"
    share, z = hits / count, 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return f"{hits} of {count}, {1000 * (middle - half):.0f} to {1000 * (middle + half):.0f}"


def calibration_error(confidence: npt.NDArray[np.floating], right: npt.NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error in bins of equal width (Guo et al. 2017)."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(confidence[place == one].mean() - right[place == one].mean()) * (place == one).mean() for one in set(place)
    ]
    return float(sum(gaps))


def perfect_error(confidence: npt.NDArray[np.floating], times: int = 200) -> float:
    """The calibration error that a perfectly calibrated model has on as many plots, 95th percentile of a bootstrap."""
    random = np.random.default_rng(0)
    found = []
    for _ in range(times):
        chosen = random.choice(confidence, len(confidence))
        found.append(calibration_error(chosen, random.random(len(chosen)) < chosen))
    return float(np.percentile(found, 95))


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
