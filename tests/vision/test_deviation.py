from __future__ import annotations

import numpy as np
import pytest

from hydra_desktop.vision.deviation import SCALES, SUMMARY, Cells, Normal, Scale, projection, shares, summarise
from tests.vision.conftest import Drawn

RANDOM = np.random.default_rng(11)


def good(count: int) -> Cells:
    return tuple(RANDOM.standard_normal((count, scale.cells, scale.projected)).astype(np.float32) for scale in SCALES)


@pytest.mark.parametrize("scale", SCALES, ids=lambda scale: scale.name)
def test_the_projection_is_fixed_and_orthonormal(scale: Scale) -> None:
    np.testing.assert_allclose(projection(scale).T @ projection(scale), np.eye(scale.projected), atol=1e-5)


def test_projecting_keeps_cells_in_their_place(drawn: Drawn) -> None:
    for scale, part, maps in zip(
        SCALES, drawn.description.cells, (drawn.features.mid, drawn.features.fine), strict=True
    ):
        assert part.shape == (len(drawn.labels), scale.cells, scale.projected)
        np.testing.assert_allclose(part[1, 3 * scale.width + 7], maps[1, :, 3, 7] @ projection(scale), atol=1e-4)


@pytest.mark.parametrize("number", [0, 1])
def test_good_plots_deviate_by_about_one_and_a_changed_cell_stands_out(number: int) -> None:
    normal = Normal.of(good(200))
    cells = good(1)
    assert 0.8 < normal.maps(cells)[number].mean() < 1.2
    cells[number][0, 123] += 6.0
    assert normal.maps(cells)[number][0].argmax() == 123
    strange, usual = summarise(normal.maps(cells))[0], summarise(normal.maps(good(1)))[0]
    assert strange.shape == (len(SUMMARY),)
    assert (strange > usual)[4 * number : 4 * number + 4].all()


def test_a_cell_that_never_varied_doesnt_make_a_speck_infinitely_strange() -> None:
    known = good(40)
    for part in known:
        part[:, 5] = 2.0  # a known dead region: the same on every plot
    normal = Normal.of(known)
    cells = good(1)
    for part in cells:
        part[0, 5] = 2.01
    assert all(part[0, 5] < 1.0 for part in normal.maps(cells))
    assert np.isfinite(summarise(normal.maps(cells))).all()


def test_equal_good_plots_give_finite_statistics() -> None:
    normal = Normal.of(tuple(np.repeat(part, 5, axis=0) for part in good(1)))
    assert all(np.isfinite(part).all() for part in normal.maps(good(2)))


def test_shares_sum_to_one_and_go_to_the_highest_cells() -> None:
    normal = Normal.of(good(50))
    cells = good(1)
    cells[0][0, 123] += 6.0
    found = shares(normal.maps(cells))
    for scale, part in zip(SCALES, found, strict=True):
        assert part.shape == (1, 1 + len(scale.tops), scale.cells)
        np.testing.assert_allclose(part.sum(axis=2), 1.0, atol=1e-5)
    assert found[0][0, :, 123].argmax() == 1  # the highest cell has all of its own number
    assert found[0][0, 1, 123] == pytest.approx(1.0)
