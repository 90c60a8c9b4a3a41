from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from hydra_desktop.domain.errors import Stopped, TrainingError
from hydra_desktop.vision import chosen_thresholds, fitting, head, model_file
from hydra_desktop.vision.backbone import CHANNELS
from hydra_desktop.vision.deviation import Description
from hydra_desktop.vision.predictor import Predictor
from tests.vision.conftest import PLOT_TYPE, Drawn, noise


def plots_of(shift: np.ndarray, seed: int = 0) -> Description:
    """Descriptions in which plots with a shift look different in some channels."""
    plots = noise(len(shift), seed)
    plots.pooled[:, :64] += shift[:, None].astype(np.float32)
    return plots


def with_faults(chosen: Sequence[int], count: int, seed: int = 0) -> Description:
    """Descriptions in which the chosen plots deviate, each at a place of its own."""
    random = np.random.default_rng(seed + 100)
    plots = noise(count, seed)
    for index in chosen:
        plots.parts[1][index, random.integers(0, 1100) + np.arange(3)] += 6.0
    return plots


def own_runs(count: int) -> list[str]:
    return [str(index) for index in range(count)]


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
    assert card["trained_on"] == sorted(f"hash of {run}" for run in drawn.runs)
    assert sum(card["plots"].values()) == len(drawn.labels)
    assert card["runs"] == len(set(drawn.runs))
    assert card["split"] == "5 folds by run"
    assert card["run_periods"] == [""]
    assert set(card["recipe"]["fault"]["held_out"]) == {"balanced", "not balanced"}
    assert card["unfamiliar"]["level"] == pytest.approx(1 / (1 + card["runs"]), abs=1e-4)


def test_training_again_gives_the_same_model_and_progress_rises_to_its_end(drawn: Drawn, trained: head.Trained) -> None:
    told: list[float] = []
    again = head.train(
        PLOT_TYPE,
        drawn.description,
        drawn.labels,
        drawn.runs,
        good=["Good"],
        hashes=[f"hash of {run}" for run in drawn.runs],
        progress=lambda _stage, fraction: told.append(fraction),
    )
    assert model_file.save(again.model) == model_file.save(trained.model)
    np.testing.assert_array_equal(again.held_out, trained.held_out)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_stop_is_heard(drawn: Drawn) -> None:
    with pytest.raises(Stopped):
        head.train(PLOT_TYPE, drawn.description, drawn.labels, drawn.runs, good=["Good"], stop=lambda: True)


def test_a_held_out_plot_that_no_other_run_is_like_is_unfamiliar() -> None:
    plots = noise(120)
    plots.pooled[7] += 5 * np.sign(np.arange(CHANNELS) % 2 - 0.5)
    trained = head.train("T", plots, ["Good"] * 90 + ["Bad"] * 30, own_runs(120), good=["Good"])
    assert list(np.flatnonzero(trained.unfamiliar)) == [7]


@pytest.mark.parametrize("faulty_runs", [["9"] * 20, ["9"] * 10 + ["10"] * 10], ids=["one run", "two runs"])
@pytest.mark.parametrize("seed", range(3))  # of two runs both may be held out at once
def test_faults_of_few_runs_are_learned(faulty_runs: list[str], seed: int) -> None:
    plots = with_faults(range(60, 80), 80)
    labels, runs = ["Good"] * 60 + ["Bad"] * 20, [f"good {index // 4}" for index in range(60)] + faulty_runs
    trained = head.train("T", plots, labels, runs, good=["Good"], recipe=fitting.Recipe(seed=seed))
    new = with_faults(range(10), 20, seed=5)
    judged = trained.model.judge(new, trained.model.normal(""))
    assert (judged.chances[:10, 1] > 0.9).all()
    assert (judged.chances[10:, 1] < 0.1).all()
    assert ("plots that aren't Good are of one run" in trained.model.card["split"]) is (len(set(faulty_runs)) == 1)


def test_kinds_of_one_run_each_are_told_apart() -> None:
    shift = np.repeat([0.0, 3.0, -3.0], [30, 8, 8])
    labels, runs = ["Good"] * 30 + ["Hot"] * 8 + ["Dead"] * 8, own_runs(30) + ["hot"] * 8 + ["dead"] * 8
    model = head.train("T", plots_of(shift), labels, runs, good=["Good"]).model
    judged = model.judge(plots_of(shift, 1), model.normal(""))
    truth = np.array([model.labels.index(label) for label in labels])
    among = judged.chances[30:, 1:] / judged.chances[30:, 1:].sum(axis=1, keepdims=True)
    assert (among[np.arange(16), truth[30:] - 1] > 0.7).all()


@pytest.mark.parametrize("plots", [0, 1])
def test_a_reference_of_which_nothing_is_left_is_none(plots: int) -> None:
    labels = ["Good"] * 16 + ["Bad"] * 8
    references = {"": np.arange(plots)}
    trained = head.train("T", noise(24), labels, own_runs(24), good=["Good"], references=references)
    plain = head.train("T", noise(24), labels, own_runs(24), good=["Good"])
    assert model_file.save(trained.model) == model_file.save(plain.model)
    assert trained.model.card["references"] == {}


def test_a_run_never_judges_itself() -> None:
    # labels are chance, but every plot is there twice: who trains on the other one of its run knows its label
    once = noise(50)
    labels = ["Good", "Bad"] * 25
    trained = head.train("T", once.at(np.tile(np.arange(50), 2)), labels * 2, own_runs(50) * 2, good=["Good"])
    truth = np.array([trained.model.labels.index(label) for label in labels * 2])
    assert (trained.held_out.argmax(axis=1) == truth).mean() < 0.75


def test_plots_of_one_run_only_still_train_and_the_split_is_told() -> None:
    labels = ["Good"] * 12 + ["Bad"] * 12
    trained = head.train("T", plots_of(np.repeat([0, 3], 12)), labels, ["7"] * 24, good=["Good"])
    assert trained.model.card["split"] == "folds by plot: all plots are of one run"
    by_chunk = head.train("T", noise(20), ["Good"] * 20, own_runs(20), good=["Good"], unit="chunk").model.card["split"]
    assert by_chunk.startswith("5 folds by chunk, as the plots are of too few runs: ")


def test_a_label_of_one_run_alone_doesnt_stop_the_training() -> None:
    labels = ["Good"] * 20 + ["Bad"] * 10 + ["NoData"] * 3
    runs = [*own_runs(30), "99", "99", "99"]
    trained = head.train("T", plots_of(np.repeat([0, 3, 6], [20, 10, 3])), labels, runs, good=["Good"])
    assert np.isfinite(trained.held_out).all()
    assert set(trained.model.labels) == {"Good", "Bad", "NoData"}


def test_rare_faults_count_as_much_as_many_good_plots_when_balanced() -> None:
    labels = ["Good"] * 150 + ["Bad"] * 8
    plots = with_faults(range(150, 158), 158)
    recalls = {}
    for balanced in (True, False):
        trained = head.train("T", plots, labels, own_runs(158), good=["Good"], recipe=fitting.Recipe(balanced=balanced))
        recalls[balanced] = trained.held_out[150:, trained.model.labels.index("Bad")].mean()
    assert recalls[True] >= recalls[False] - 0.02


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([], "no labelled plots"),
        (["Bad"] * 6, "one kind only.*label some Good plots"),
        (["Good"] * 5 + ["Bad"], "fewer than 2 plots of Bad"),
        (["Good"], "fewer than 2 plots of Good"),
    ],
)
def test_too_little_is_said(labels: list[str], message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        head.train("T", noise(len(labels)), labels, own_runs(len(labels)), good=["Good"])


def test_accepted_guesses_are_learned_from_and_never_judged(drawn: Drawn, trained: head.Trained) -> None:
    random = np.random.default_rng(3)
    accepted = random.random(len(drawn.labels)) < 0.4
    few = head.train(PLOT_TYPE, drawn.description, drawn.labels, drawn.runs, good=["Good"], accepted=accepted)
    held_out = few.model.held_out
    assert held_out is not None
    names = few.model.labels
    assert [names[index] for index in held_out.target] == [
        label for label, one in zip(drawn.labels, accepted, strict=True) if not one
    ]
    np.testing.assert_array_equal(held_out.chances, few.held_out[~accepted])
    np.testing.assert_array_equal(few.judged, ~accepted)
    assert sum(few.model.card["plots"].values()) == len(drawn.labels)
    assert few.model.card["accepted"] == accepted.sum()
    none = head.train(
        PLOT_TYPE,
        drawn.description,
        drawn.labels,
        drawn.runs,
        good=["Good"],
        accepted=[False] * len(drawn.labels),
        hashes=[f"hash of {run}" for run in drawn.runs],
    )
    assert model_file.save(none.model) == model_file.save(trained.model)


def test_accepted_guesses_that_are_wrong_make_no_figure_better() -> None:
    # a guess that was let pass is what the model said: counted, it would praise the model for its mistakes
    plots = with_faults(range(60, 120), 120)
    labels = ["Good"] * 60 + ["Bad"] * 30 + ["Good"] * 30
    accepted = [False] * 90 + [True] * 30
    trained = head.train("T", plots, labels, own_runs(120), good=["Good"], accepted=accepted)
    assert trained.model.held_out is not None
    assert np.bincount(trained.model.held_out.target).tolist() == [60, 30]
    said = trained.held_out.argmax(axis=1)
    plain = head.train("T", plots.at(np.arange(90)), labels[:90], own_runs(90), good=["Good"])
    assert plain.held_out[60:90, 1].mean() > 0.9
    # calibrated by what was chosen alone, half of all faults that are called Good cost what they cost
    assert (said[60:90] == 1).mean() > 0.5


def test_of_a_run_that_is_held_out_accepted_guesses_teach_nothing() -> None:
    labels = list(np.where(np.random.default_rng(7).random(60) < 0.5, "Good", "Bad"))  # there is nothing to learn
    twice = noise(60).at(np.tile(np.arange(60), 2))
    accepted = np.repeat([False, True], 60)
    trained = head.train("T", twice, labels * 2, own_runs(60) * 2, good=["Good"], accepted=accepted)
    names = np.array(trained.model.labels)
    assert (names[trained.held_out[:60].argmax(axis=1)] == np.array(labels)).mean() < 0.7


def test_of_good_plots_alone_accepted_ones_move_no_limit() -> None:
    plots = noise(80)
    for part in plots.parts:
        part[60:, 30:36] += 6.0  # faults that passed for Good
    accepted = np.arange(80) >= 60
    trained = head.train("T", plots, ["Good"] * 80, own_runs(80), good=["Good"], accepted=accepted)
    assert len(trained.model.familiar.distances) == 60
    assert trained.model.held_out is not None
    assert len(trained.model.held_out.target) == 60


@pytest.mark.parametrize(
    ("accepted", "message"),
    [
        ([True] * 40, "0 Good plots whose label a person chose"),
        ([False] * 20 + [True] * 19 + [False], "1 other plots whose label a person chose"),
    ],
)
def test_a_person_must_have_chosen_some_of_each_side(accepted: list[bool], message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        head.train("T", noise(40), ["Good"] * 20 + ["Bad"] * 20, own_runs(40), good=["Good"], accepted=accepted)


def test_constant_features_do_no_harm() -> None:
    plots = plots_of(np.repeat([0, 3], 15))
    plots.pooled[:, 100:400] = 0.25
    trained = head.train("T", plots, ["Good"] * 15 + ["Bad"] * 15, own_runs(30), good=["Good"])
    assert np.isfinite(trained.held_out).all()
    assert np.isfinite(trained.model.fault.weights).all()
    np.testing.assert_allclose(trained.model.fault.weights[100:400], 0.0, atol=1e-6)


def test_deviation_alone_finds_a_fault_at_a_place_that_differs_from_plot_to_plot() -> None:
    labels = ["Good"] * 60 + ["Bad"] * 30
    trained = head.train("T", with_faults(range(60, 90), 90), labels, own_runs(90), good=["Good"])
    assert trained.model.card["recipe"]["fault"]["evidence"] == "deviation"
    said = trained.held_out.argmax(axis=1) == trained.model.labels.index("Bad")
    assert said[60:].mean() > 0.9
    assert said[:60].mean() < 0.1
    assert (trained.model.fault.weights == 0).all()


def test_appearance_finds_what_is_strange_in_every_plot() -> None:
    trained = head.train(
        "T", plots_of(np.repeat([0, 3], 40)), ["Good"] * 40 + ["Bad"] * 40, own_runs(80), good=["Good"]
    )
    assert "appearance" in trained.model.card["recipe"]["fault"]["evidence"]
    assert (trained.held_out.argmax(axis=1) == np.repeat([0, 1], 40)).mean() > 0.85


def test_kinds_of_faults_are_told_apart_among_themselves() -> None:
    labels = ["Good"] * 30 + ["Bad"] * 15 + ["Hot"] * 15
    plots = with_faults(range(30, 60), 60)
    plots.pooled[45:, :40] += 3.0
    trained = head.train("T", plots, labels, own_runs(60), good=["Good"])
    names = trained.model.labels
    assert names == ("Good", "Bad", "Hot")
    assert trained.model.sides == (True, False, False)
    among = trained.held_out[30:, 1:].argmax(axis=1)
    assert (among == np.repeat([0, 1], 15)).mean() > 0.85
    assert not trained.model.kinds.weights[0].any()  # the only Good label has no rival on its side


def test_good_plots_alone_make_a_faulty_one_strange_and_a_new_good_one_not() -> None:
    trained = head.train("T", noise(60), ["Good"] * 60, own_runs(60), good=["Good"])
    model = trained.model
    assert model.labels == ("Good",)
    assert model.card["recipe"]["fault"]["evidence"] == "deviation, from Good plots alone"
    assert trained.held_out.shape == (60, 1)
    assert (trained.held_out > 0.5).mean() > 0.95
    normal = model.normal("")
    assert model.judge(noise(40, seed=1), normal).strange.mean() <= 0.1
    faulty = noise(10, seed=2)
    for part in faulty.parts:
        part[:, 30:36] += 6.0
    judged = model.judge(faulty, normal)
    assert judged.strange.all()
    assert (judged.chances[:, 0] < 0.5).all()


def test_each_of_two_run_periods_has_its_normal() -> None:
    # the second period looks different all over; its faults are of the same kind
    labels = (["Good"] * 20 + ["Bad"] * 8) * 2
    periods = ["2024-09"] * 28 + ["2024-01"] * 28  # in the order of time, which isn't that of names
    plots = with_faults([*range(20, 28), *range(48, 56)], 56)
    for part in (plots.pooled, *plots.parts):
        part[28:] += 4.0
    trained = head.train("T", plots, labels, own_runs(56), good=["Good"], periods=periods)
    model = trained.model
    assert model.card["split"] == "5 folds by run"
    assert model.card["run_periods"] == list(model.normals) == ["2024-09", "2024-01"]
    assert (trained.held_out.argmax(axis=1) == np.array([name == "Bad" for name in labels])).mean() > 0.9
    assert model.normal("2024-09") is model.normals["2024-09"]
    assert model.normal("2025-01") is model.normals["2024-01"]  # a new one inherits the newest
    assert model.normals["2024-01"].pooled.mean() == pytest.approx(4.5, abs=0.1)


def test_what_is_normal_in_a_period_without_good_plots_isnt_known() -> None:
    labels = ["Good"] * 20 + ["Bad"] * 10
    plots = with_faults(range(20, 30), 30)
    periods = ["A"] * 25 + ["B"] * 5
    trained = head.train("T", plots, labels, own_runs(30), good=["Good"], periods=periods)
    assert trained.model.card["split"] == "5 folds by run"
    assert list(trained.model.normals) == trained.model.card["run_periods"] == ["A"]
    no_good = head.train("T", plots, ["NoData"] * 20 + ["Bad"] * 10, own_runs(30), good=["Good"], periods=periods)
    assert list(no_good.model.normals) == ["A", "B"]


def test_good_plots_of_a_period_with_faulty_labels_alone_are_no_faults() -> None:
    plots = with_faults(range(40, 80), 80)
    new = noise(20, 5)
    for one, those in ((plots, slice(60, 80)), (new, slice(0, 20))):
        for part in one.parts:
            part[those] += 1.5  # in the second period all is otherwise
    labels, periods = ["Good"] * 40 + ["Bad"] * 40, ["A"] * 60 + ["B"] * 20
    model = head.train("T", plots, labels, own_runs(80), good=["Good"], periods=periods).model
    normal, inherited = Predictor({"T": model}).normal(model, "B")
    assert inherited
    assert model.judge(new, normal, inherited=inherited).strange.all()


def test_the_best_threshold_is_in_the_middle_of_the_best_range() -> None:
    target = np.array([0] * 10 + [1] * 10)
    bad = np.concatenate([np.full(8, 0.1), np.full(2, 0.6), np.full(10, 0.9)])
    chances = np.stack([1 - bad, bad], axis=1).astype(np.float32)
    assert 0.65 < chosen_thresholds.best_f1_threshold(chances, target, 1) < 0.85
    assert chosen_thresholds.best_f1_threshold(chances, np.zeros(20, int), 1) == 0.5


@pytest.mark.parametrize(("share", "called"), [(0.0, 0), (0.01, 1), (0.02, 2), (1.0, 30)])
def test_a_threshold_for_a_rate_lets_at_most_that_share_of_good_plots_be_called(share: float, called: int) -> None:
    bad = np.concatenate([np.linspace(0.55, 0.99, 30), np.full(70, 0.1), np.full(20, 0.97)])
    chances = np.stack([1 - bad, bad], axis=1).astype(np.float32)
    good = np.arange(120) < 100
    threshold = chosen_thresholds.threshold_for_rate(chances, good, [1], share)
    assert (chances[good, 1] >= threshold).sum() == called
    assert 0.5 <= threshold <= 1.0


@pytest.mark.parametrize("sides", [(True, False, False), (True, True, False), (False, False, False)])
def test_probabilities_are_composed_of_the_side_and_the_label_in_it(sides: tuple[bool, ...]) -> None:
    random = np.random.default_rng(0)
    fault, kinds = (5 * random.standard_normal(shape, np.float32) for shape in ((50,), (50, 3)))
    chances = model_file.compose(fault, kinds, sides)
    np.testing.assert_allclose(chances[:, ~np.array(sides)].sum(axis=1), 1 / (1 + np.exp(-fault)), atol=1e-5)
    if any(sides):
        np.testing.assert_allclose(chances.sum(axis=1), 1.0, atol=1e-5)


def test_with_only_good_the_rest_is_the_chance_of_something_unknown() -> None:
    fault = np.array([-2.0, 3.0], np.float32)
    chances = model_file.compose(fault, np.zeros((2, 1), np.float32), (True,))
    np.testing.assert_allclose(chances[:, 0], 1 / (1 + np.exp(fault)), rtol=1e-5)
