"""Which of two models is better: on drawn plots where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from hydra_desktop.domain.hall import PlotType
from hydra_desktop.domain.label import default_label
from hydra_desktop.domain.model_comparison import Difference, Pair, pair, standing
from hydra_desktop.domain.unseen import Unseen

NAMES = ("Good", "Bad", "NoData")
TYPE = PlotType("CDC", labels=tuple(default_label(name) for name in NAMES))
VALUES = dict.fromkeys(NAMES, 0.5)


def said(truth: np.ndarray, wrong: np.ndarray, names: tuple[str, ...] = NAMES) -> Unseen:
    """What a model says that is sure of itself: the truth, but another label where it is `wrong`."""
    told = np.where(wrong, (truth + 1) % 3, truth)
    places = np.array([names.index(NAMES[one]) for one in told])
    chances = np.full((len(truth), 3), 0.05, np.float32)
    chances[np.arange(len(truth)), places] = 0.9
    own = np.array([names.index(NAMES[one]) for one in truth])
    return Unseen(names, names, own, chances, np.arange(len(truth)) // 5)


def compared(first_wrong: np.ndarray, second_wrong: np.ndarray, truth: np.ndarray | None = None) -> Pair:
    of = truth if truth is not None else np.arange(len(first_wrong)) % 3
    other = said(of, second_wrong, ("NoData", "Good", "Bad"))  # its labels are in another order
    return pair(said(of, first_wrong), other, 9, (VALUES, VALUES), TYPE)


def at(*rows: int, count: int = 150) -> np.ndarray:
    return np.isin(np.arange(count), rows)


def test_of_equal_models_a_difference_is_shown_as_rarely_as_it_says_though_plots_of_a_run_are_alike() -> None:
    random, groups = np.random.default_rng(3), np.arange(400) // 10
    shown = 0
    for _ in range(400):
        # whole runs are hard for one model or the other, and which is chance
        first, second = (random.random(400) < np.where(random.random(40) < 0.2, 0.6, 0.05)[groups] for _ in range(2))
        found = Difference.of(~first, ~second, groups)
        shown += found.is_better or found.is_worse
    assert shown / 400 < 0.08
    assert shown > 0


def test_a_model_that_is_better_in_many_runs_is_found_to_be() -> None:
    random, groups = np.random.default_rng(3), np.arange(400) // 10
    found = [Difference.of(random.random(400) > 0.05, random.random(400) > 0.15, groups).is_better for _ in range(100)]
    assert np.mean(found) > 0.9


def test_gains_and_losses_are_counted_over_labels_in_any_order() -> None:
    found = compared(at(0, 5), at(0, 10, 20, 30, 40, 50, 60, 70, 80, 90))
    assert (found.overall.won, found.overall.lost, found.overall.plots) == (9, 1, 150)
    assert found.overall.is_better
    assert not found.worse_in
    assert found.low <= found.gain <= found.high
    assert found.gain > 0
    back = compared(at(0, 10, 20, 30, 40, 50, 60, 70, 80, 90), at(0, 5))
    assert back.overall.is_worse
    assert back.gain == pytest.approx(-found.gain)
    same = compared(at(0), at(0))
    assert (same.overall.p, same.gain, same.low, same.high) == (1.0, 0.0, 0.0, 0.0)


def test_a_label_in_which_it_is_worse_is_named_though_it_is_better_in_all() -> None:
    bad = np.arange(1, 150, 15)  # each of a run of its own
    good = np.arange(0, 150, 3)[:40]
    found = compared(at(*bad.tolist()), at(*good.tolist()))
    assert found.overall.is_better
    assert found.worse_in == ("Bad",)
    assert found.by_label["Good"].is_better
    assert not found.by_label["NoData"].is_worse
    assert found.found.is_worse  # what is called NoData in the place of Bad alarms nobody
    assert found.false_positives.is_better


def test_what_one_model_is_worth_is_counted_at_its_thresholds() -> None:
    truth = np.arange(30) % 3
    one = standing(7, said(truth, at(0, 1, count=30)), VALUES, TYPE)
    assert (one.right.hits, one.found.hits, one.found.total, one.false_positives.hits) == (28, 9, 10, 1)
    strict = standing(7, said(truth, at(0, 1, count=30)), {**VALUES, "Bad": 0.95}, TYPE)
    assert (strict.found.hits, strict.false_positives.hits) == (0, 0)
