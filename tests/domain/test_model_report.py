"""Figures of a model on a few plots that can be counted by hand, and on many against what scikit-learn says."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_curve, precision_score, recall_score

from hydra_desktop.domain.hall import PlotType
from hydra_desktop.domain.intervals import Share
from hydra_desktop.domain.label import default_label
from hydra_desktop.domain.model_report import BINS, CurvePoint, Missed, ModelReport, headline, report
from hydra_desktop.domain.plot import Plot, PlotName
from hydra_desktop.domain.unseen import Unseen

NAMES = ("Good", "Bad", "HotChannel", "NoData")
TYPE = PlotType("CDC", labels=tuple(default_label(name) for name in NAMES))
THRESHOLDS = {"Good": 0.5, "Bad": 0.7, "HotChannel": 0.5, "NoData": 0.5}
START = datetime(2026, 3, 1, tzinfo=UTC)

TRUTH = (0, 0, 0, 1, 1, 1, 1, 2, 3)
CHANCES = (
    (0.9, 0.1, 0.0, 0.0),
    (0.1, 0.9, 0.0, 0.0),  # Good, a false positive
    (0.4, 0.6, 0.0, 0.0),  # Good, called Bad but Unconfirmed
    (0.1, 0.8, 0.1, 0.0),  # Bad, found
    (0.8, 0.2, 0.0, 0.0),  # Bad, said Good
    (0.35, 0.65, 0.0, 0.0),  # Bad, not sure enough
    (0.0, 0.1, 0.9, 0.0),  # Bad, found as another fault
    (0.1, 0.0, 0.9, 0.0),  # HotChannel, found, unless Unfamiliar
    (0.0, 0.0, 0.0, 1.0),
)


def plots(count: int, runs: int = 3) -> tuple[Plot, ...]:
    at = [START + timedelta(minutes=number) for number in range(count)]
    return tuple(
        Plot(number + 1, PlotName("CDC", number % runs, number, f"2026-{number % runs}"), f"{number:064x}", when, when)
        for number, when in enumerate(at)
    )


def few(unfamiliar: int | None = None, **more: object) -> Unseen:
    unknown = None if unfamiliar is None else np.arange(9) == unfamiliar
    return Unseen(
        NAMES, NAMES, np.array(TRUTH), np.array(CHANCES, np.float32), np.arange(9) % 3, plots(9), unknown,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def many(seed: int = 0, count: int = 600) -> Unseen:
    random = np.random.default_rng(seed)
    truth = random.choice(4, count, p=[0.7, 0.15, 0.05, 0.1])
    logits = random.standard_normal((count, 4)) * 1.3 + 2.2 * np.eye(4)[truth]
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return Unseen(NAMES, NAMES, truth, chances.astype(np.float32), np.arange(count) // 10, plots(count, 60))


def test_what_is_missed_and_what_is_called_faulty_wrongly_is_counted() -> None:
    found = report(few(), THRESHOLDS, TYPE)
    assert (found.found.hits, found.found.total) == (3, 5)
    assert found.missed == Missed(said_good=1, unconfirmed=1)
    assert (found.false_positives.hits, found.false_positives.total) == (1, 3)
    assert found.unfamiliar is None
    assert headline(found) == "Would miss 2 of 5 faulty plots and call 1 of 3 Good faulty"
    assert headline(report(many(), THRESHOLDS, TYPE), "Bad").count("of 1,000") == 1  # Good; the faulty ones are few
    strange = report(few(7), THRESHOLDS, TYPE)  # what is Unfamiliar is no Confirmed fault
    assert strange.missed == Missed(said_good=1, unconfirmed=1, unfamiliar=1)
    assert strange.unfamiliar == Share(0, 3, 0.0, pytest.approx(0.5615, abs=1e-3))


def test_each_plot_is_in_one_cell_the_surest_first() -> None:
    found = report(few(), THRESHOLDS, TYPE)
    counts = [[cell.count for cell in row] for row in found.cells]
    assert counts == confusion_matrix(TRUTH, np.argmax(CHANCES, axis=1)).tolist()
    good_as_bad = found.cells[0][1]
    assert (good_as_bad.rows, good_as_bad.unconfirmed) == ((1, 2), 1)
    assert len(good_as_bad.histogram) == BINS
    assert sum(good_as_bad.histogram) == 2
    assert found.cells[3][3].histogram[-1] == 1
    assert found.mistakes == (1, 6, 4, 2)
    assert found.cell(6) is found.cells[1][2]


def test_figures_are_those_of_scikit_learn() -> None:
    unseen = many()
    found, said = report(unseen, THRESHOLDS, TYPE), unseen.top
    assert found.macro_f1 == pytest.approx(f1_score(unseen.truth, said, average="macro"))
    for index, one in enumerate(found.by_label):
        asked = {"labels": [index], "average": "macro"}
        assert one.precision.value == pytest.approx(precision_score(unseen.truth, said, **asked))
        assert one.recall.value == pytest.approx(recall_score(unseen.truth, said, **asked))
        assert one.recall.low < (one.recall.value or 0) < one.recall.high
    faulty = np.isin(unseen.truth, (1, 2))
    precision, recall, _ = precision_recall_curve(faulty, unseen.chances[:, 1] + unseen.chances[:, 2])
    for point in found.curve:
        assert point.precision == pytest.approx(precision[recall >= point.recall - 1e-9].max())
        assert point.low <= point.precision + 0.02
        assert point.high >= point.precision - 0.02
    assert found.operating is not None
    assert found.operating.recall == pytest.approx(found.found.value)


def test_confidences_that_keep_their_promise_have_a_small_error() -> None:
    random = np.random.default_rng(4)
    sure = random.uniform(0.5, 1.0, 4000)
    chances = np.stack([sure, 1 - sure], axis=1).astype(np.float32)
    groups = np.arange(4000) // 5
    honest = np.where(random.random(4000) < sure, 0, 1)
    boasting = np.where(random.random(4000) < 0.5, 0, 1)

    def error(truth: np.ndarray) -> float:
        of_two = Unseen(("Good", "Bad"), ("Good", "Bad"), truth, chances, groups)
        return report(of_two, {}, TYPE).calibration_error

    assert error(honest) < 0.03
    assert error(boasting) == pytest.approx(0.25, abs=0.03)


def test_run_periods_are_told_apart_the_newest_last() -> None:
    found = report(few(0), THRESHOLDS, TYPE).by_period
    assert [one.period for one in found] == ["2026-0", "2026-1", "2026-2"]
    assert [one.plots for one in found] == [3, 3, 3]
    assert sum(one.found.total for one in found) == 5
    assert [one.unfamiliar.hits for one in found if one.unfamiliar] == [1, 0, 0]


def test_a_label_that_the_model_does_not_know_is_always_a_mistake() -> None:
    one = few()
    unseen = Unseen(NAMES, (*NAMES, "Cosmic"), np.array([*TRUTH[:-1], 4]), one.chances, one.groups, one.plots)
    found = report(unseen, THRESHOLDS, TYPE)
    assert 8 in found.mistakes
    assert found.by_label[4].recall.value == 0
    assert found.by_label[4].precision.total == 0


@pytest.mark.parametrize("label", [0, 1, 3])
def test_plots_of_one_label_alone_have_no_curve_and_are_reported_all_the_same(label: int) -> None:
    chances = np.array([[0.7, 0.2, 0.05, 0.05]] * 4, np.float32)
    found: ModelReport = report(Unseen(NAMES, NAMES, np.full(4, label), chances, np.zeros(4, int)), THRESHOLDS, TYPE)
    assert found.curve == ()
    assert found.operating is None
    assert found.by_period == ()
    assert (
        headline(found)
        == {
            0: "Would call none of 4 Good faulty",
            1: "Would miss 4 of 4 faulty plots",
            3: "No faulty and no Good plot is among those it never saw",
        }[label]
    )


def test_plots_of_one_run_alone_have_a_curve_without_a_band() -> None:
    one = few()
    found = report(Unseen(NAMES, NAMES, one.truth, one.chances, np.zeros(9, int)), THRESHOLDS, TYPE)
    assert found.curve
    assert all(isinstance(point, CurvePoint) and math.isnan(point.low) for point in found.curve)
