"""Intervals and tests against what is known of them from elsewhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest, t
from sklearn.metrics import f1_score

from hydra_desktop.domain.intervals import Share, bootstrap, holm, percent, share, sign_flip, student_t, wilson


@pytest.mark.parametrize(("hits", "total"), [(0, 3), (3, 3), (1, 12), (101, 112), (980, 1000), (0, 1), (5000, 5001)])
def test_the_interval_is_that_of_wilson(hits: int, total: int) -> None:
    known = binomtest(hits, total).proportion_ci(method="wilson")
    found = wilson(hits, total)
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=1e-6)
    assert found.low <= hits / total <= found.high


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 %"), (1.0, "100 %"), (0.97, "97 %"), (0.998, "99.8 %"), (0.9999, "> 99.9 %"), (0.004, "0.4 %"),
        (0.0001, "< 0.1 %"),
    ],
)  # fmt: skip
def test_what_is_not_quite_all_is_never_called_all(value: float, text: str) -> None:
    assert percent(value) == text


def test_of_nothing_nothing_is_told() -> None:
    assert wilson(0, 0) == Share(0, 0, 0.0, 1.0)
    assert wilson(0, 0).value is None


def test_plots_of_few_runs_show_less_than_as_many_of_many() -> None:
    right = np.array([True] * 80 + [False] * 20)
    apart = share(right, np.arange(100))
    assert (apart.low, apart.high) == pytest.approx((wilson(80, 100).low, wilson(80, 100).high))
    together = share(right, np.arange(100) // 10)  # whole runs are right or wrong
    assert together.low < apart.low - 0.1
    assert together.high > apart.high
    alone = share(right, np.zeros(100, int))
    assert (alone.hits, alone.low, alone.high, alone.has_interval) == (80, 0.0, 1.0, False)
    assert apart.has_interval


@pytest.mark.parametrize("wrong", [0, 1, 7])
def test_plots_that_are_all_right_show_no_more_than_their_runs_would(wrong: int) -> None:
    groups = np.arange(300) // 30
    right = np.arange(300) >= wrong  # in one run, where any is wrong
    found = share(right, groups)
    assert found.low == pytest.approx(wilson(300 - wrong, 300, 30).low)
    assert found.low < 0.75
    assert share(~right, groups).high == pytest.approx(1 - found.low)
    assert share(right[:0], groups[:0]) == Share(0, 0)


@pytest.mark.parametrize("freedoms", [1, 2, 7, 10, 11, 30, 500])
def test_the_quantile_is_that_of_student(freedoms: int) -> None:
    assert student_t(freedoms) == pytest.approx(t.ppf(0.975, freedoms), rel=1e-3)


def test_of_few_runs_the_interval_still_holds_the_truth() -> None:
    random = np.random.default_rng(5)
    groups = np.arange(120) // 30
    held = 0
    for _ in range(500):
        rate = random.uniform(0.5, 0.9, 4)  # runs differ
        found = share(random.random(120) < rate[groups], groups)
        held += found.low <= 0.7 <= found.high
    assert held / 500 >= 0.93


def test_the_interval_of_shares_by_run_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    groups = np.arange(400) // 10
    held = 0
    for _ in range(300):
        rate = np.where(random.random(40) < 0.5, 0.95, 0.65)  # runs differ
        found = share(random.random(400) < rate[groups], groups)
        held += found.low <= 0.8 <= found.high
    assert 0.91 <= held / 300 <= 0.99


@pytest.mark.parametrize(("won", "lost"), [(14, 3), (3, 14), (1, 0), (0, 0), (6, 0), (30, 31)])
def test_of_single_plots_the_test_is_that_of_mcnemar(won: int, lost: int) -> None:
    expected = binomtest(won, won + lost).pvalue if won + lost else 1.0
    assert sign_flip([1] * won + [-1] * lost) == pytest.approx(expected)


def test_what_is_won_in_one_run_alone_shows_nothing() -> None:
    assert sign_flip([14]) == 1.0
    assert sign_flip([7, 7]) == 0.5
    assert sign_flip([1] * 14) < 0.001


def test_who_asks_often_finds_no_more_by_chance() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_a_resampling_counts_whole_groups_and_is_the_same_again() -> None:
    random = np.random.default_rng(2)
    truth, said = random.integers(0, 2, 200), random.integers(0, 2, 200)

    def figure(weights: np.ndarray) -> float:
        return float(f1_score(truth, said, sample_weight=weights, average="macro"))

    groups = np.arange(200) // 4
    low, high = bootstrap(groups, figure, resamples=200)
    assert low < figure(np.ones(200)) < high
    assert bootstrap(groups, figure, resamples=200) == (low, high)
    assert all(map(math.isnan, bootstrap(np.zeros(5, int), lambda _: 1.0)))
    assert all(map(math.isnan, bootstrap(np.zeros(0, int), lambda _: 1.0)))
    assert all(map(math.isnan, bootstrap(np.arange(5), lambda _: math.nan)))
    assert all(map(math.isnan, bootstrap(np.arange(40) % 4, lambda weights: float(weights[0]))))  # too few to draw
