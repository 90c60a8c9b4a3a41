from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hydra_desktop.domain.errors import Stopped, TrainingError
from hydra_desktop.vision import head
from hydra_desktop.vision.deviation import SCALES, Description
from tests.vision.conftest import PLOT_TYPE, Drawn


def plots_of(shift: np.ndarray, seed: int = 0) -> Description:
    """Descriptions in which plots with a shift differ in a few channels."""
    random = np.random.default_rng(seed)
    count = len(shift)
    pooled = random.random((count, 1280)).astype(np.float32)
    pooled[:, :8] += shift[:, None].astype(np.float32)
    cells = (random.standard_normal((count, scale.cells, scale.projected)).astype(np.float32) for scale in SCALES)
    return Description(pooled, tuple(cells))


def test_faults_of_runs_never_seen_are_found(drawn: Drawn, trained: head.Trained) -> None:
    names = np.array(trained.model.labels)
    said = names[trained.held_out.argmax(axis=1)]
    truth = np.array(drawn.labels)
    assert (said[truth == "Good"] == "Good").mean() >= 0.9
    assert (said[truth != "Good"] != "Good").mean() >= 0.8
    assert names[0] == "Good"


def test_probabilities_are_calibrated_sums_and_thresholds_are_within_reach(trained: head.Trained) -> None:
    np.testing.assert_allclose(trained.held_out.sum(axis=1), 1.0, atol=1e-5)
    assert set(trained.model.thresholds) == set(trained.model.labels)
    assert all(0.0 < value < 1.0 for value in trained.model.thresholds.values())


def test_the_card_tells_what_it_was_trained_on(drawn: Drawn, trained: head.Trained) -> None:
    card = trained.model.card
    assert card["trained_on"] == ["a", "b"]
    assert sum(card["plots"].values()) == len(drawn.labels)
    assert card["runs"] == len(set(drawn.runs))
    assert "by run" in card["split"]


def test_training_again_gives_the_same_model(drawn: Drawn, trained: head.Trained) -> None:
    again = head.train(PLOT_TYPE, drawn.description, drawn.labels, drawn.runs, good=["Good"])
    np.testing.assert_array_equal(again.model.weights, trained.model.weights)
    np.testing.assert_array_equal(again.held_out, trained.held_out)


def test_a_run_never_judges_itself() -> None:
    # each run has one label and a mark of its own: who trains on a row of that run knows its label
    count = 60
    labels = ["Good", "Bad"] * (count // 2)
    runs = [str(index // 2 * 2 + index % 2) for index in range(count)]
    marks = np.zeros(count)
    once = plots_of(marks)
    twice = Description(np.concatenate([once.pooled] * 2), tuple(np.concatenate([part] * 2) for part in once.cells))
    trained = head.train("T", twice, labels * 2, runs * 2, good=["Good"])
    truth = np.array([trained.model.labels.index(label) for label in labels * 2])
    assert (trained.held_out.argmax(axis=1) == truth).mean() < 0.75


def test_plots_of_one_run_only_still_train_and_the_split_is_told() -> None:
    labels = ["Good"] * 12 + ["Bad"] * 12
    trained = head.train("T", plots_of(np.repeat([0, 3], 12)), labels, ["7"] * 24, good=["Good"])
    assert "by plot" in trained.model.card["split"]


def test_a_label_of_one_run_alone_doesnt_stop_the_training() -> None:
    labels = ["Good"] * 20 + ["Bad"] * 10 + ["NoData"] * 3
    runs = [str(index) for index in range(30)] + ["99"] * 3
    trained = head.train("T", plots_of(np.repeat([0, 3, 6], [20, 10, 3])), labels, runs, good=["Good"])
    assert np.isfinite(trained.held_out).all()
    assert set(trained.model.labels) == {"Good", "Bad", "NoData"}


def test_rare_faults_count_as_much_as_many_good_plots_when_balanced() -> None:
    labels = ["Good"] * 180 + ["Bad"] * 8
    shift = np.concatenate([np.zeros(180), np.full(8, 0.6)])
    runs = [str(index) for index in range(188)]
    recalls = {}
    for balanced in (True, False):
        recipe = head.Recipe(balanced=balanced)
        trained = head.train("T", plots_of(shift), labels, runs, good=["Good"], recipe=recipe)
        bad = trained.model.labels.index("Bad")
        recalls[balanced] = trained.held_out[180:, bad].mean()
    assert recalls[True] >= recalls[False] - 0.02


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([], "no labelled plots"),
        (["Good"] * 6, "one kind only"),
        (["Good"] * 5 + ["Bad"], "fewer than 2 plots of Bad"),
    ],
)
def test_too_little_is_said(labels: list[str], message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        head.train("T", plots_of(np.zeros(len(labels))), labels, [str(i) for i in range(len(labels))], good=["Good"])


def test_progress_rises_to_its_end(drawn: Drawn) -> None:
    told: list[float] = []
    head.train(
        PLOT_TYPE,
        drawn.description,
        drawn.labels,
        drawn.runs,
        good=["Good"],
        progress=lambda _stage, fraction: told.append(fraction),
    )
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_stop_is_heard(drawn: Drawn) -> None:
    with pytest.raises(Stopped):
        head.train(PLOT_TYPE, drawn.description, drawn.labels, drawn.runs, good=["Good"], stop=lambda: True)


def test_constant_features_do_no_harm() -> None:
    labels = ["Good"] * 15 + ["Bad"] * 15
    plots = plots_of(np.repeat([0, 3], 15))
    pooled = plots.pooled.copy()
    pooled[:, 100:400] = 0.25
    trained = head.train("T", replace(plots, pooled=pooled), labels, [str(i) for i in range(30)], good=["Good"])
    assert np.isfinite(trained.model.weights).all()
    np.testing.assert_allclose(trained.model.weights[:, 100:400], 0.0, atol=1e-6)


def test_the_best_threshold_is_in_the_middle_of_the_best_range() -> None:
    target = np.array([0] * 10 + [1] * 10)
    bad = np.concatenate([np.full(8, 0.1), np.full(2, 0.6), np.full(10, 0.9)])
    chances = np.stack([1 - bad, bad], axis=1).astype(np.float32)
    assert 0.65 < head.best_f1_threshold(chances, target, 1) < 0.85
    assert head.best_f1_threshold(chances, np.zeros(20, int), 1) == 0.5


def test_deviation_alone_finds_a_fault_at_a_place_that_differs_from_plot_to_plot() -> None:
    random = np.random.default_rng(3)
    labels = ["Good"] * 60 + ["Bad"] * 30
    plots = plots_of(np.zeros(90))
    for index in range(60, 90):
        plots.cells[1][index, random.integers(0, 1120)] += 6.0
    trained = head.train("T", plots, labels, [str(index) for index in range(90)], good=["Good"])
    assert trained.model.card["recipe"]["evidence"] == "deviation"
    said = trained.held_out.argmax(axis=1) == trained.model.labels.index("Bad")
    assert said[60:].mean() > 0.9
    assert said[:60].mean() < 0.1
    assert (trained.model.weights == 0).all()


def test_appearance_finds_what_is_strange_in_every_plot() -> None:
    labels = ["Good"] * 40 + ["Bad"] * 40
    trained = head.train(
        "T", plots_of(np.repeat([0, 2], 40)), labels, [str(index) for index in range(80)], good=["Good"]
    )
    assert "appearance" in trained.model.card["recipe"]["evidence"]
    truth = np.repeat([0, 1], 40)
    assert (trained.held_out.argmax(axis=1) == truth).mean() > 0.85
