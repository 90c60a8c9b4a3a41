from __future__ import annotations

import numpy as np
import pytest

from hydra_desktop.vision.backbone import Features
from hydra_desktop.vision.deviation import (
    FOLDS,
    SCALES,
    SUMMARY,
    Normal,
    Spread,
    Variation,
    describe,
    folds,
    shares,
    steady,
    summarise,
)
from tests.vision.conftest import Drawn, noise

NAMES = [scale.name for scale in SCALES]


def several_plots_of(runs: int, plots: int) -> np.ndarray:
    return np.repeat(np.arange(runs), plots)


def test_a_picture_is_described_by_its_means_over_places(drawn: Drawn) -> None:
    picture = drawn.pictures[7].astype(float) / 255
    parts = dict(zip(NAMES, drawn.description.parts, strict=True))
    blocks = parts["blocks"][7].reshape(28, 40, 3)
    np.testing.assert_allclose(blocks[5, 11], picture[40:48, 88:96].mean(axis=(0, 1)), atol=1e-5)
    windows = parts["windows"][7].reshape(27, 39, 3)
    np.testing.assert_allclose(windows[26, 38], picture[208:224, 304:320].mean(axis=(0, 1)), atol=1e-5)
    np.testing.assert_allclose(windows[5, 11], picture[40:56, 88:104].mean(axis=(0, 1)), atol=1e-5)
    np.testing.assert_allclose(parts["columns"][7], picture.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(parts["rows"][7], picture.mean(axis=1), atol=1e-5)
    for scale in SCALES:
        assert parts[scale.name].shape == (len(drawn.labels), scale.places, scale.channels)
    np.testing.assert_array_equal(drawn.description.pooled, drawn.features.pooled)


def test_cells_are_projected_each_in_its_place_by_an_orthonormal_matrix(drawn: Drawn) -> None:
    units = np.zeros((1, 112, 14, 20), np.float32)
    units[0].reshape(112, 280)[:, :112] = np.eye(112)  # the cell of number k has only channel k
    empty = np.zeros((1, 1), np.float32)
    projection = describe(Features(empty, empty, units, empty), drawn.pictures[:1]).parts[0][0, :112]
    np.testing.assert_allclose(projection.T @ projection, np.eye(24), atol=1e-5)
    cells = drawn.description.parts[0]
    np.testing.assert_allclose(cells[1, 3 * 20 + 7], drawn.features.mid[1, :, 3, 7] @ projection, atol=1e-4)


def test_some_of_the_plots_are_chosen_by_position_or_by_truth() -> None:
    plots = noise(6)
    chosen = plots.at(np.array([4, 1]))
    assert len(chosen) == 2
    np.testing.assert_array_equal(chosen.pooled, plots.pooled[[4, 1]])
    for part, whole in zip(chosen.parts, plots.parts, strict=True):
        np.testing.assert_array_equal(part, whole[[4, 1]])
    assert len(plots.at(np.arange(6) % 2 == 0)) == 3


def spread_of(part: np.ndarray, removed: int) -> Spread:
    return Variation.of(part, np.zeros(len(part)), removed).around(part)


@pytest.mark.parametrize("number", range(len(SCALES)), ids=NAMES)
def test_good_plots_deviate_by_about_one_and_a_changed_place_stands_out(number: int) -> None:
    spread = spread_of(noise(120).parts[number], 2)
    part = noise(1, seed=1).parts[number]
    assert 0.8 < spread.map(part).mean() < 1.25
    part[0, 123] += 6.0
    found = spread.map(part)
    assert found.shape == (1, SCALES[number].places)
    assert found.dtype == np.float32
    assert found[0].argmax() == 123


def test_what_good_plots_have_in_common_is_no_deviation_but_a_fault_of_one_place_is() -> None:
    random = np.random.default_rng(2)
    shape = random.random((1120, 3)).astype(np.float32)  # more entries: all places brighter, each by its own share

    def plots(gains: np.ndarray) -> np.ndarray:
        noisy = 0.02 * random.standard_normal((len(gains), 1120, 3))
        return (gains[:, None, None] * shape + noisy).astype(np.float32)

    known = plots(1 + 0.3 * random.standard_normal(60))
    removed, kept = spread_of(known, 2), spread_of(known, 0)
    components = removed.variation.components
    np.testing.assert_allclose(components @ components.T, np.eye(len(components)), atol=1e-4)
    usual, brighter, faulty = plots(np.array([1.0, 1.7, 1.0]))[:, None]
    faulty[0, 400] -= 0.2
    assert removed.map(brighter).mean() < 1.5 * removed.map(usual).mean()
    assert kept.map(brighter).mean() > 3 * kept.map(usual).mean()
    assert removed.map(faulty)[0].argmax() == 400
    assert removed.map(faulty)[0, 400] > 10 * removed.map(usual).mean()


def test_a_new_run_period_has_a_mean_of_its_own_and_varies_as_the_others_do() -> None:
    random = np.random.default_rng(4)
    shape = random.random((280, 24)).astype(np.float32)

    def plots(count: int, middle: float) -> np.ndarray:
        gains = middle + 0.3 * random.standard_normal((count, 1, 1))
        return (gains * shape + 0.02 * random.standard_normal((count, 280, 24))).astype(np.float32)

    old, older, few, later = plots(60, 1.0), plots(60, 2.0), plots(6, 3.0), plots(20, 3.0)
    known = Variation.of(np.concatenate([old, older]), np.repeat(["b", "a"], 60), 2)
    assert known.deviation.max() < 0.6  # that the periods differ is not how plots of one vary
    faulty = later[:1].copy()
    faulty[0, 100] -= 0.3
    spread = known.around(few)
    usual = spread.map(later).mean()  # in a direction that six plots couldn't tell
    assert spread.map(faulty)[0].argmax() == 100
    alone = spread_of(few, 0)
    contrast = spread.map(faulty)[0, 100] / usual
    assert contrast > 10 > alone.map(faulty)[0, 100] / alone.map(later).mean()
    np.testing.assert_array_equal(spread.mean, few.mean(axis=0))


def test_a_place_that_never_varied_doesnt_make_a_speck_infinitely_strange() -> None:
    known, plots = noise(40), noise(1, seed=1)
    for part in known.parts:
        part[:, 5] = 2.0  # a known dead region: the same on every plot
    for part in plots.parts:
        part[0, 5] = 2.01
    maps = Normal.without_usual(known).maps(plots.parts)
    assert all(part[0, 5] < 1.0 for part in maps)
    assert np.isfinite(summarise(maps)).all()


@pytest.mark.parametrize("count", [2, 30])
def test_equal_good_plots_give_finite_statistics(count: int) -> None:
    normal = Normal.of(noise(1).at(np.zeros(count, int)), np.arange(count))
    assert np.isfinite(normal.summary(noise(2))).all()


def test_no_run_is_in_two_folds_and_folds_have_about_as_many_runs() -> None:
    groups = several_plots_of(23, 3)
    found = folds(groups, seed=4)
    of_run = found.reshape(23, 3)
    assert (of_run == of_run[:, :1]).all()
    assert sorted(np.bincount(of_run[:, 0])) == [4, 4, 5, 5, 5]
    np.testing.assert_array_equal(folds(groups, seed=4), found)
    assert (folds(groups, seed=5) != found).any()
    assert set(folds(several_plots_of(3, 2))) == {0, 1, 2}  # as many as there are runs


def test_a_single_run_is_divided_by_plot() -> None:
    assert sorted(np.bincount(folds(np.full(12, 7)))) == [2, 2, 2, 3, 3]
    assert len(set(folds(np.full(12, 7)))) == FOLDS


def test_held_out_each_plot_is_measured_without_its_own_run() -> None:
    # both plots of a run have the same pattern at a place, which only that run has
    once = noise(20)
    plots, runs = once.at(np.repeat(np.arange(20), 2)), several_plots_of(20, 2)
    normal, held_out = Normal.held_out(plots, np.ones(40, bool), runs)
    assert held_out.shape == (40, len(SUMMARY))
    np.testing.assert_allclose(held_out.mean(axis=0), 0.0, atol=1e-4)  # what is usual was taken off
    new = normal.summary(noise(40, seed=9))
    assert np.abs(new.mean(axis=0)).max() < 0.2  # new plots of the kind are as held-out ones were
    assert normal.summary(plots).mean() < -0.05  # those that it saw are nearer than that


@pytest.mark.parametrize(("count", "removed"), [(9, 0), (10, 0), (13, 1), (24, 1), (25, 2)])
def test_as_many_directions_are_taken_out_as_the_fewest_held_out_plots_allow(count: int, removed: int) -> None:
    normal = Normal.of(noise(count), np.arange(count))
    assert [len(one.components) for one in normal.variations] == [removed] * 5


def test_held_out_a_faulty_plot_goes_with_the_good_ones_of_its_run() -> None:
    plots = noise(24)
    runs, good = several_plots_of(12, 2), np.arange(24) % 2 == 0
    for part in plots.parts:
        part[22:, :40] += 8.0  # all of run 11 looks so: its Good plot must not explain its fault away
    normal, held_out = Normal.held_out(plots, good, runs)
    np.testing.assert_array_equal(normal.pooled, plots.pooled[good].mean(axis=0))
    assert (held_out[23] > held_out[~good][:11].max(axis=0))[[0, 4, 8, 12, 16]].all()
    seen = normal.summary(plots.at(np.array([23])))[0]
    assert held_out[23].mean() > seen.mean()


def test_one_bad_plot_in_ten_is_left_out_and_of_many_at_most_one_in_five() -> None:
    plots, runs = noise(30), several_plots_of(10, 3)
    assert steady(plots, runs).sum() >= 28
    for part in plots.parts:
        part[[3, 14, 25], :60] += 5.0
    kept = steady(plots, runs)
    assert not kept[[3, 14, 25]].any()
    assert kept.sum() >= 25
    for part in plots.parts:
        for number, index in enumerate(range(0, 30, 3)):
            part[index, 20 * number : 20 * number + 60] += 7.0
    assert steady(plots, runs).sum() >= 24
    assert steady(noise(4), np.arange(4)).all()


def test_shares_sum_to_one_and_go_to_the_highest_places() -> None:
    plots = noise(1, seed=1)
    for part in plots.parts:
        part[0, 123] += 8.0
    maps = Normal.without_usual(noise(50)).maps(plots.parts)
    for scale, part in zip(SCALES, shares(maps), strict=True):
        assert part.shape == (1, 1 + len(scale.tops), scale.places)
        np.testing.assert_allclose(part.sum(axis=2), 1.0, atol=1e-5)
        assert part[0, 1, 123] == pytest.approx(1.0)  # the highest place has all of its own number
        assert [(row > 1e-9).sum() for row in part[0, 1:]] == list(scale.tops)


def test_the_summary_is_of_the_mean_and_of_the_highest_places() -> None:
    maps = tuple(np.arange(1, scale.places + 1, dtype=np.float32)[None] for scale in SCALES)
    found = dict(zip(SUMMARY, summarise(maps)[0], strict=True))
    assert found["blocks mean"] == pytest.approx(np.log(560.5))
    assert found["blocks top 8"] == pytest.approx(np.log(1120 - 3.5))
    assert found["rows top 1"] == pytest.approx(np.log(224))


def test_the_direction_has_the_sense_and_the_region_of_a_change() -> None:
    normal = Normal.without_usual(noise(50))
    more, less = noise(2, seed=1).parts[0].reshape(2, 14, 20, 24)
    more[:7, :7] += 3.0
    less[7:, 14:] -= 3.0
    cells = np.stack([more, less]).reshape(2, 280, 24)
    excess = np.array([[1.0], [3.0]], np.float32) * np.ones((2, len(SUMMARY)), np.float32)
    found = normal.direction((cells, *noise(2).parts[1:]), excess)
    np.testing.assert_allclose(np.sqrt((found**2).mean(axis=1)), [1.0, 3.0], rtol=1e-4)
    found = found.reshape(2, 6, 8)
    assert found[0].mean(axis=1).argmax() == 0
    assert found[1].mean(axis=1).argmin() == 5
