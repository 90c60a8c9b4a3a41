from __future__ import annotations

import pytest

from hydra_desktop.vision.evaluate import evaluate

TRUTH = ["Good"] * 6 + ["Bad"] * 3 + ["NoData"]
SAID = ["Good"] * 5 + ["Bad"] * 3 + ["Good", "NoData"]
SCORES = [0.1, 0.2, 0.1, 0.1, 0.3, 0.9, 0.95, 0.8, 0.15, 0.99]


def test_figures_are_those_counted_by_hand() -> None:
    figures = evaluate(TRUTH, SAID, SCORES, good=["Good"], false_positive=[i == 5 for i in range(10)])
    assert figures.plots == 10
    assert figures.recall == pytest.approx({"Good": 5 / 6, "Bad": 2 / 3, "NoData": 1.0})
    assert figures.confusion["Bad"] == {"Bad": 2, "Good": 1, "NoData": 0}
    assert figures.macro_f1 == pytest.approx((10 / 12 + 4 / 6 + 1.0) / 3)
    # pairs of a Good and another plot: of 24, those of 0.15 with 0.2, 0.3, 0.9 and 0.8 with 0.9 are wrong
    assert figures.auc == pytest.approx(20 / 24)
    assert figures.false_positives_per_1000 == pytest.approx(1000 / 6)
    # 90 % of four faults needs all four, so the cut is at 0.15: three Good plots lie at or above it
    assert figures.false_alarms_per_1000 == pytest.approx(500.0)


def test_without_faults_or_without_good_plots_what_cant_be_said_isnt() -> None:
    only_good = evaluate(["Good"] * 3, ["Good"] * 3, [0.1, 0.2, 0.3], good=["Good"])
    assert only_good.auc is None
    assert only_good.false_alarms_per_1000 is None
    assert only_good.false_positives_per_1000 is None
    assert evaluate(["Bad"] * 2, ["Bad", "Good"], [0.9, 0.2], good=["Good"], false_positive=[0, 0]).auc is None


def test_unfamiliar_among_good_is_stated() -> None:
    figures = evaluate(TRUTH, SAID, SCORES, good=["Good"], unfamiliar=[True, *[False] * 9])
    assert figures.unfamiliar_good_share == pytest.approx(1 / 6)


def test_another_label_of_role_good_counts_as_good() -> None:
    figures = evaluate(["Good", "Fine", "Bad"], ["Good", "Fine", "Bad"], [0.1, 0.2, 0.9], good=["Good", "Fine"])
    assert figures.auc == 1.0
    assert figures.macro_f1 == 1.0


def test_no_plots_are_no_error() -> None:
    assert evaluate([], [], [], good=["Good"]).plots == 0
