"""The figures of a model on plots that it never saw, with what so few plots can show of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .hall import PlotType
from .intervals import FEWEST_RUNS, Share, share
from .label import Role
from .reference import in_time_order
from .unseen import Unseen, macro_f1, roles
from .verdict import DEFAULT_THRESHOLD

BINS = 20  # of a histogram of confidence, and of what confidences promise, from the least a label can win with up
RELIABILITY_BINS = 8
BAND_RESAMPLES = 200
RECALLS = np.linspace(0.0, 1.0, 101)

Flags = npt.NDArray[np.bool_]
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cell:
    """Plots of one label that the model said were `said`.

    `histogram` counts them by confidence, from `lowest` of the report to 1; `unconfirmed` aren't Confirmed. `rows` are
    their places among the plots, the surest first.
    """

    label: str
    said: str
    count: int
    unconfirmed: int
    histogram: tuple[int, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True)
class LabelFigures:
    """How well one label is told: `precision` of what was called so, `recall` of what is so; `f1` is None of none."""

    label: str
    plots: int
    precision: Share
    recall: Share
    f1: float | None


@dataclass(frozen=True)
class CurvePoint:
    """Precision at a recall, with the 95 % band by run; nan where no plot tells, or too few runs."""

    recall: float
    precision: float
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True)
class Promise:
    """Plots with about the same confidence: what it says on average, and how often it was right."""

    confidence: float
    right: Share


@dataclass(frozen=True)
class PeriodFigures:
    """One run period: faulty plots that were found, Good ones called faulty, and Unfamiliar among these Good."""

    period: str
    plots: int
    found: Share
    false_positives: Share
    unfamiliar: Share | None


@dataclass(frozen=True)
class Missed:
    """The faulty plots without a Confirmed faulty verdict, by what they got instead."""

    said_good: int = 0  # or a condition: nobody would look at them
    unconfirmed: int = 0
    unfamiliar: int = 0

    @property
    def count(self) -> int:
        """All of them."""
        return self.said_good + self.unconfirmed + self.unfamiliar


@dataclass(frozen=True)
class ModelReport:
    """Figures of one model at the thresholds in force.

    `found` counts faulty plots with a Confirmed faulty verdict, `false_positives` the Good plots with one, `unfamiliar`
    the Unfamiliar among Good (None where that isn't known). `calibration_error` is the expected one (Naeini 2015), by
    bins of equal numbers of plots. `mistakes` are the rows of all misclassified plots, the surest first.
    """

    unseen: Unseen
    thresholds: Mapping[str, float]
    lowest: float
    cells: tuple[tuple[Cell, ...], ...]  # by label, then by what was said
    by_label: tuple[LabelFigures, ...]
    macro_f1: float
    found: Share
    missed: Missed
    false_positives: Share
    unfamiliar: Share | None
    curve: tuple[CurvePoint, ...]  # of the faulty labels together, rising in recall
    operating: CurvePoint | None
    promises: tuple[Promise, ...]
    calibration_error: float
    by_period: tuple[PeriodFigures, ...]
    mistakes: tuple[int, ...]

    def cell(self, row: int) -> Cell:
        """The cell in which a plot is."""
        return self.cells[int(self.unseen.truth[row])][int(self.unseen.top[row])]


def report(unseen: Unseen, thresholds: Mapping[str, float], plot_type: PlotType) -> ModelReport:
    """All figures of a model on the plots that it never saw, one at least."""
    good, faulty = (unseen.of_role(role, plot_type) for role in (Role.GOOD, Role.FAULTY))
    called, groups = unseen.called(thresholds, plot_type), unseen.groups
    unknown = unseen.unfamiliar
    curve, operating = _curve(unseen, faulty, called, plot_type)
    promises = _promises(unseen)
    return ModelReport(
        unseen=unseen,
        thresholds={name: thresholds.get(name, DEFAULT_THRESHOLD) for name in unseen.names},
        lowest=1 / max(2, len(unseen.names)),
        cells=_cells(unseen, thresholds),
        by_label=tuple(_of_label(unseen, index) for index in range(len(unseen.labels))),
        macro_f1=macro_f1(unseen.truth, unseen.top, np.ones(len(unseen))),
        found=share(called[faulty], groups[faulty]),
        missed=_missed(unseen, faulty & ~called, plot_type),
        false_positives=share(called[good], groups[good]),
        unfamiliar=share(unknown[good], groups[good]) if unknown is not None else None,
        curve=curve,
        operating=operating,
        promises=promises,
        calibration_error=_calibration_error(promises),
        by_period=_by_period(unseen, good, faulty, called),
        mistakes=_surest_first(unseen, np.flatnonzero(~unseen.right)),
    )


def _surest_first(unseen: Unseen, rows: npt.NDArray[np.int_]) -> tuple[int, ...]:
    return tuple(rows[np.argsort(-unseen.confidence[rows], kind="stable")].tolist())


def _cells(unseen: Unseen, thresholds: Mapping[str, float]) -> tuple[tuple[Cell, ...], ...]:
    confirmed, edges = unseen.confirmed(thresholds), np.linspace(1 / max(2, len(unseen.names)), 1.0, BINS + 1)
    found = []
    for place, label in enumerate(unseen.labels):
        row = []
        for column, said in enumerate(unseen.names):
            inside = np.flatnonzero((unseen.truth == place) & (unseen.top == column))
            counts = np.histogram(np.clip(unseen.confidence[inside], edges[0], 1.0), edges)[0]
            row.append(
                Cell(
                    label,
                    said,
                    len(inside),
                    int((~confirmed[inside]).sum()),
                    tuple(counts.tolist()),
                    _surest_first(unseen, inside),
                )
            )
        found.append(tuple(row))
    return tuple(found)


def _of_label(unseen: Unseen, index: int) -> LabelFigures:
    is_label, is_said = unseen.truth == index, unseen.top == index
    hits, both = int((is_label & is_said).sum()), int(is_label.sum() + is_said.sum())
    return LabelFigures(
        unseen.labels[index],
        int(is_label.sum()),
        share(is_label[is_said], unseen.groups[is_said]),
        share(is_said[is_label], unseen.groups[is_label]),
        2 * hits / both if both else None,
    )


def _missed(unseen: Unseen, missed: Flags, plot_type: PlotType) -> Missed:
    unknown = unseen.unfamiliar if unseen.unfamiliar is not None else np.zeros(len(unseen), bool)
    is_faulty = roles(unseen.names, Role.FAULTY, plot_type)[unseen.top]
    return Missed(
        int((missed & ~unknown & ~is_faulty).sum()),
        int((missed & ~unknown & is_faulty).sum()),
        int((missed & unknown).sum()),
    )


def _curve(
    unseen: Unseen, faulty: Flags, called: Flags, plot_type: PlotType
) -> tuple[tuple[CurvePoint, ...], CurvePoint | None]:
    """Precision over recall of faulty plots by the probability of all faulty labels, and where the thresholds are."""
    if not faulty.any() or faulty.all():
        return (), None
    scores = unseen.chances[:, roles(unseen.names, Role.FAULTY, plot_type)].sum(axis=1)
    order = np.argsort(-scores, kind="stable")
    hits, last = faulty[order], np.append(np.diff(scores[order]) != 0, True)
    place = np.unique(unseen.groups, return_inverse=True)[1]
    line = _precision(hits, np.ones(len(hits)), last)
    low = high = np.full(len(RECALLS), math.nan)
    count = int(place.max()) + 1
    if count >= FEWEST_RUNS:
        drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), size=BAND_RESAMPLES)
        lines = np.array([_precision(hits, one[place][order].astype(np.float64), last) for one in drawn])
        low, high = np.nanquantile(np.where(np.isnan(lines), 0.0, lines), (0.025, 0.975), axis=0)
    points = tuple(
        CurvePoint(*map(float, point)) for point in zip(RECALLS, line, low, high, strict=True) if point[0] > 0
    )
    count_called = int(called.sum())
    if not count_called:
        return points, None
    hit = int((called & faulty).sum())
    return points, CurvePoint(hit / int(faulty.sum()), hit / count_called)


def _precision(hits: Flags, weights: Array, last: Flags) -> Array:
    """The best precision that is reached at each of `RECALLS` or more, nan where there is no faulty plot.

    The plots are in falling order of score; `last` marks the last of each score.
    """
    found, called = np.cumsum(hits * weights)[last], np.cumsum(weights)[last]
    if found[-1] == 0:
        return np.full(len(RECALLS), math.nan)
    recall, precision = found / found[-1], found / np.maximum(called, 1e-9)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return best[np.minimum(np.searchsorted(recall, RECALLS - 1e-9), len(best) - 1)]


def _promises(unseen: Unseen) -> tuple[Promise, ...]:
    """Plots by rising confidence in parts of equal size; those of equal confidence are never parted."""
    order = np.argsort(unseen.confidence, kind="stable")
    values, found, start = unseen.confidence[order], [], 0
    for part in range(1, RELIABILITY_BINS + 1):
        end = round(part * len(order) / RELIABILITY_BINS)
        while start < end < len(order) and values[end] == values[end - 1]:
            end += 1
        if end > start:
            rows = order[start:end]
            found.append(Promise(float(values[start:end].mean()), share(unseen.right[rows], unseen.groups[rows])))
            start = end
    return tuple(found)


def _calibration_error(promises: Sequence[Promise]) -> float:
    plots = sum(one.right.total for one in promises)
    return sum(one.right.total * abs(one.confidence - (one.right.value or 0.0)) for one in promises) / max(1, plots)


def _by_period(unseen: Unseen, good: Flags, faulty: Flags, called: Flags) -> tuple[PeriodFigures, ...]:
    """By run period, the newest last."""
    found = []
    when = np.array(unseen.periods, object)
    last = {plot.name.run_period: place for place, plot in enumerate(in_time_order(unseen.plots))}
    for period in sorted(last, key=lambda name: last[name]):
        inside = when == period
        its_good, its_faulty, groups = inside & good, inside & faulty, unseen.groups
        unknown = unseen.unfamiliar
        found.append(
            PeriodFigures(
                period,
                int(inside.sum()),
                share(called[its_faulty], groups[its_faulty]),
                share(called[its_good], groups[its_good]),
                share(unknown[its_good], groups[its_good]) if unknown is not None else None,
            )
        )
    return tuple(found)


def headline(found: ModelReport, faulty_label: str = "") -> str:
    """The answer in a sentence: what it would miss, and how often it would call a Good plot faulty."""
    what, missed, wrong = faulty_label or "faulty plots", found.missed.count, found.false_positives
    parts = []
    if found.found.total:
        parts.append(f"Would miss {_of_many(missed, found.found.total, what)}")
    if wrong.total:
        parts.append(f"{'call' if parts else 'Would call'} {_of_many(wrong.hits, wrong.total, 'Good')} faulty")
    if not parts:
        return "No faulty and no Good plot is among those it never saw"
    return " and ".join(parts)


MANY = 200  # fewer plots can't be told of 1,000


def _of_many(hits: int, total: int, what: str) -> str:
    if not hits:
        return f"none of {total:,} {what}"
    if total < MANY:
        return f"{hits} of {total} {what}"
    return f"{1000 * hits / total:.3g} of 1,000 {what}"
