from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from hydra_desktop.domain.errors import Stopped, TrainingError
from hydra_desktop.sources.simulated import SimulatedHall
from hydra_desktop.vision import finetune, tuned_model
from hydra_desktop.vision.backbone import Backbone
from hydra_desktop.vision.finetune import Recipe, Tuned, Wish
from hydra_desktop.vision.picture import HEIGHT, WIDTH, resize
from tests.vision.conftest import PLOT_TYPE

SMALL = Recipe(epochs=2, folds=2, batch=2, every_plot=True)
UNTUNED = Recipe(epochs=0, folds=2)


class Plots:
    """Six plots of six runs, half of them empty."""

    def __init__(self) -> None:
        drawn = list(SimulatedHall(5).training_set(PLOT_TYPE, good=4, each=4, seed=1))
        chosen = [plot for plot in drawn if plot.label == "Good"][:3] + [p for p in drawn if p.label == "NoData"][:3]
        self.pictures = [resize(plot.picture) for plot in chosen]
        self.labels = [plot.label for plot in chosen]
        self.runs = [f"run {number}" for number in range(len(chosen))]
        self.hashes = [f"plot {number}" for number in range(len(chosen))]


@pytest.fixture(scope="module")
def plots() -> Plots:
    return Plots()


def train(plots: Plots, recipe: Recipe = SMALL, **options: object) -> Tuned:
    return finetune.train(
        PLOT_TYPE,
        plots.pictures,
        plots.labels,
        plots.runs,
        good=["Good"],
        hashes=plots.hashes,
        recipe=recipe,
        **options,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def tuned(plots: Plots) -> Tuned:
    return train(plots)


def wishes(wish: Wish, after: int) -> Iterator[Wish]:
    """GO_ON that many times, then `wish` for good."""
    return (Wish.GO_ON if number < after else wish for number in count())


def test_every_plot_is_held_out_once(plots: Plots, tuned: Tuned) -> None:
    assert tuned.at.tolist() == list(range(6))
    assert tuned.held_out.shape == (6, 2)
    np.testing.assert_allclose(tuned.held_out.sum(axis=1), 1.0, atol=1e-5)
    card = tuned.model.card
    assert set(card["trained_on"]) | set(card["held_out"]) == set(plots.hashes)
    assert not set(card["trained_on"]) & set(card["held_out"])
    assert card["split"] == "2 of 2 folds by run, 6 plots held out"
    assert json.loads(json.dumps(card)) == card


def test_accepted_guesses_are_never_held_out_and_teach_nothing_of_a_run_that_is(plots: Plots) -> None:
    twice = Plots()
    for name in ("pictures", "labels", "runs"):
        setattr(twice, name, getattr(plots, name) * 2)
    twice.hashes = [*plots.hashes, *(f"accepted {number}" for number in range(6))]
    tuned = train(twice, Recipe(epochs=0, folds=2), accepted=np.repeat([False, True], 6))
    held_out = {plots.hashes[index] for index in tuned.at}
    card = tuned.model.card
    assert held_out == set(card["held_out"])
    outside = {name.replace("plot", "accepted") for name in held_out}
    assert set(card["trained_on"]) == set(twice.hashes) - held_out - outside


def test_the_network_learns_and_what_is_exported_is_the_best(plots: Plots, tuned: Tuned) -> None:
    card = tuned.model.card
    assert len(card["log_loss_by_epoch"]) == 3
    assert card["log_loss_by_epoch"][card["epochs"]] == min(card["log_loss_by_epoch"])
    chances = tuned_model.TunedPredictor(tuned.model).probabilities(np.stack(plots.pictures))
    said = [tuned.model.labels[index] for index in chances.argmax(axis=1)]
    assert said == plots.labels


def test_only_convolutions_and_the_head_are_trained() -> None:
    network = finetune.network(2)
    trained = {name.rsplit(".", 2)[-2] for name, one in network.named_parameters() if one.requires_grad}
    assert "head" in trained
    assert not any("bn" in name or "_fc" in name for name in trained)
    assert not any(module.training for module in network.modules())


def test_a_training_that_was_killed_goes_on_to_the_same_model(plots: Plots, tuned: Tuned, tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    def kill(stage: str, fraction: float) -> None:
        if "epoch 2" in stage:
            raise Killed

    with pytest.raises(Killed):
        train(plots, checkpoints=tmp_path, progress=kill)
    assert [path.name for path in tmp_path.iterdir()] == ["fold-0.safetensors"]
    stages: list[str] = []
    again = train(plots, checkpoints=tmp_path, progress=lambda stage, _: stages.append(stage))
    assert next(stage for stage in stages if "tuning" in stage).startswith("tuning, epoch 2")
    np.testing.assert_array_equal(again.held_out, tuned.held_out)
    np.testing.assert_array_equal(again.model.weights, tuned.model.weights)
    assert again.model.card == tuned.model.card
    finetune.forget(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_damaged_checkpoint_is_begun_anew_at_a_linear_head_on_the_published_features(
    plots: Plots, tmp_path: Path, backbone: Backbone
) -> None:
    (tmp_path / "fold-0.safetensors").write_bytes(b"half a file")
    untuned = train(plots, UNTUNED, checkpoints=tmp_path)
    assert untuned.model.card["epochs"] == 0
    assert len(untuned.at) == 3
    seen = tuned_model.TunedPredictor(untuned.model).predict(plots.pictures)
    published = backbone(np.stack(plots.pictures)).pooled[:, :1280]
    np.testing.assert_allclose([one.pooled for one in seen], published, atol=1e-3)


def test_keeping_the_best_gives_what_was_reached(plots: Plots) -> None:
    asked = wishes(Wish.KEEP_THE_BEST, after=3)
    kept = train(plots, stop=asked.__next__)
    assert kept.model.card["log_loss_by_epoch"] == kept.model.card["log_loss_by_epoch"][:1]
    assert len(kept.at) == 3
    with pytest.raises(Stopped, match="anything to keep"):
        train(plots, stop=lambda: Wish.KEEP_THE_BEST)


def test_discarding_is_heard_within_a_few_pictures_and_leaves_nothing(plots: Plots, tmp_path: Path) -> None:
    (tmp_path / "fold-0.safetensors").write_bytes(b"of earlier days")
    looks: list[int] = []

    class Counted:
        asked = 0

        def __len__(self) -> int:
            return len(plots.pictures)

        def __getitem__(self, index: int) -> np.ndarray:
            self.asked += 1
            return plots.pictures[index]

    pictures = Counted()

    def stop() -> Wish:
        looks.append(pictures.asked)
        return Wish.DISCARD if len(looks) > 5 else Wish.GO_ON

    options = {"recipe": SMALL, "checkpoints": tmp_path, "stop": stop}
    with pytest.raises(Stopped):
        finetune.train(PLOT_TYPE, pictures, plots.labels, plots.runs, good=["Good"], **options)  # type: ignore[arg-type]
    assert max(np.diff(looks)) <= finetune.JUDGED_AT_ONCE
    assert pictures.asked == looks[5]  # nothing was done after it
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("labels", "runs"),
    [
        ([], []),
        (["Good"] * 4, ["1", "2", "3", "4"]),
        (["Good", "Good", "Bad"], ["1", "2", "3"]),
        (["Good", "Good", "Bad", "Bad"], ["1"] * 4),
        (["Good", "Good", "Bad", "Bad"], ["1", "1", "2", "2"]),
    ],
    ids=["none", "one label", "one Bad", "one run", "a run for each label"],
)
def test_too_little_to_learn_from_is_said(labels: list[str], runs: list[str]) -> None:
    with pytest.raises(TrainingError, match=f"{PLOT_TYPE} has .*label"):
        finetune.train(PLOT_TYPE, [None] * len(labels), labels, runs, good=["Good"])


def test_a_varied_plot_stays_in_its_place() -> None:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[50, 100] = 200
    rng = np.random.default_rng(0)
    found = []
    for _ in range(40):
        varied = finetune.varied(picture, rng)
        assert varied.shape == picture.shape
        assert 190 <= varied.max() <= 210
        found.append(np.unravel_index(varied[..., 0].argmax(), varied.shape[:2]))
    rows, columns = np.array(found).T
    assert {int(row) for row in rows} == set(range(48, 53))
    assert {int(column) for column in columns} == set(range(98, 103))


def held_out(certainty: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Probabilities (M, 2) that give the right label this much."""
    chances = np.empty((len(target), 2), np.float32)
    chances[np.arange(len(target)), target] = certainty
    chances[np.arange(len(target)), 1 - target] = 1 - certainty
    return chances


def test_the_second_recipe_wins_by_a_clear_win_only() -> None:
    rng = np.random.default_rng(3)
    target = np.arange(200) % 2
    runs = [str(index // 4) for index in range(200)]
    first = rng.uniform(0.5, 0.9, 200)
    ours, theirs = held_out(first, target), held_out(first + 0.08, target)
    assert finetune.better(ours, theirs, target, runs)
    assert not finetune.better(theirs, ours, target, runs)
    assert not finetune.better(ours, ours, target, runs)
    assert not finetune.better(ours, held_out(first + 0.002, target), target, runs)  # less than it costs
    noisy = np.clip(first + rng.choice([-0.3, 0.3], 50).repeat(4), 0.05, 0.97)
    assert not finetune.better(ours, held_out(noisy, target), target, runs)  # good in some runs, bad in others
    few = [str(index // 100) for index in range(200)]
    assert not finetune.better(ours, theirs, target, few)


def test_a_rare_label_weighs_as_much_as_a_common_one() -> None:
    target = np.array([0] * 95 + [1] * 5)
    runs = [str(index % 20) for index in range(100)]
    certainty = np.full(100, 0.8)
    worse_on_bad = np.where(target == 1, 0.4, 0.85)
    assert not finetune.better(held_out(certainty, target), held_out(worse_on_bad, target), target, runs)
    compared = finetune.compare(held_out(certainty, target), held_out(worse_on_bad, target), target, runs)
    assert compared.low <= compared.first - compared.second <= compared.high < 0


def test_torch_stays_away_until_something_is_tuned() -> None:
    code = "import sys; import hydra_desktop.vision.finetune; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
