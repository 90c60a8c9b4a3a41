from __future__ import annotations

import numpy as np
import pytest

from hydra_desktop.vision import familiar
from hydra_desktop.vision.backbone import CHANNELS
from hydra_desktop.vision.familiar import LEVEL, Familiar, nearest


def plots_of(runs: int, plots: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Appearance relative to normal, where each run has something of its own, and the runs."""
    random = np.random.default_rng(seed)
    groups = np.repeat(np.arange(runs), plots)
    own = random.standard_normal((runs, CHANNELS))[groups]
    return (own + 0.3 * random.standard_normal((len(groups), CHANNELS))).astype(np.float32), groups


def known(runs: int, plots: int = 2) -> Familiar:
    relative, groups = plots_of(runs, plots)
    return Familiar.of(relative, groups, np.arange(len(groups), dtype=np.int32), 0)


def test_of_new_runs_few_are_called_unfamiliar_and_their_p_values_are_even() -> None:
    trained = known(150, 1)
    values = trained.look(plots_of(200, 1, seed=1)[0])[0]
    assert trained.level == LEVEL
    assert (values <= trained.level).mean() <= 0.04
    assert 0.25 < (values <= 0.5).mean() < 0.6
    assert values.min() > 0
    assert values.max() <= 1


def test_something_quite_different_is_unfamiliar() -> None:
    trained = known(150)
    values, _, distances = trained.look(plots_of(5, 1, seed=1)[0] + 3 * np.sign(np.arange(CHANNELS) % 2 - 0.5))
    assert (values <= trained.level).all()
    assert values[0] == pytest.approx(1 / 151)
    assert distances.min() > trained.distances.max()


@pytest.mark.parametrize("runs", [2, 10])
def test_with_few_runs_the_level_is_what_these_allow(runs: int) -> None:
    trained = known(runs)
    assert trained.level == pytest.approx(1 / (1 + runs))
    far = trained.look(np.full((1, CHANNELS), 50.0, np.float32))[0]
    assert (far <= trained.level).all()


def test_channels_that_few_plots_have_dont_make_new_plots_unfamiliar() -> None:
    random = np.random.default_rng(6)
    sparse = np.maximum(random.standard_normal((110, CHANNELS), np.float32) - 1.5, 0)  # as pooled features are
    trained = Familiar.of(sparse[:10], np.arange(10), np.arange(10, dtype=np.int32), 0)
    values = trained.look(sparse[10:])[0]
    assert (values <= trained.level).mean() < 0.2  # 1/11 is what the level says


def test_plots_of_one_run_are_compared_with_each_other() -> None:
    relative, _ = plots_of(12, 1)
    trained = Familiar.of(relative, np.zeros(12, int), np.arange(12, dtype=np.int32), 0)
    assert len(trained.distances) == 1
    assert trained.distances[0] > 0


def test_the_nearest_three_come_with_their_hashes_and_distances() -> None:
    relative, groups = plots_of(30, 2)
    hashes = np.arange(60, dtype=np.int32)[::-1].copy()
    trained = Familiar.of(relative, groups, hashes, 0)
    _, rows, distances = trained.look(relative[[20, 41]])
    assert rows.shape == distances.shape == (2, 3)
    assert list(rows[:, 0]) == [20, 41]
    assert list(rows[:, 1]) == [21, 40]  # the other plot of the run
    assert list(trained.hashes[rows[:, 0]]) == [39, 18]
    np.testing.assert_allclose(distances[:, 0], 0.0, atol=0.05)
    assert (np.diff(distances, axis=1) >= 0).all()


def test_the_nearest_are_those_of_a_plain_search_and_fewer_where_there_are_fewer() -> None:
    random = np.random.default_rng(3)
    points, others = random.random((5, 64), np.float32), random.random((40, 64), np.float32)
    far = np.linalg.norm(points[:, None] - others, axis=2)
    rows, distances = nearest(points, others)
    np.testing.assert_array_equal(rows, far.argsort(axis=1)[:, :3])
    np.testing.assert_allclose(distances, np.sort(far, axis=1)[:, :3], rtol=1e-3)
    assert nearest(points, others[:2])[0].shape == (5, 2)


def test_of_very_many_plots_no_more_are_unfamiliar_than_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(familiar, "MOST_POINTS", 200)
    basis = np.random.default_rng(0).standard_normal((4, CHANNELS))

    def plots(count: int, seed: int) -> np.ndarray:
        return (np.random.default_rng(seed).standard_normal((count, 4)) @ basis).astype(np.float32)

    trained, unfamiliar = Familiar.held_out(plots(2000, 1), np.arange(2000), np.arange(2000, dtype=np.int32), 0)
    values = trained.look(plots(2000, 2))[0]
    assert (values <= LEVEL).mean() <= 0.02
    assert unfamiliar.mean() == pytest.approx(LEVEL, abs=0.001)


def test_of_very_many_plots_some_are_kept_but_all_runs_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(familiar, "MOST_POINTS", 20)
    trained = known(30)
    assert len(trained.points) == len(trained.hashes) == 20
    assert len(trained.distances) == 30
    np.testing.assert_array_equal(trained.hashes, np.sort(trained.hashes))
    np.testing.assert_array_equal(known(30).points, trained.points)
