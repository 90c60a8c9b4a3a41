from __future__ import annotations

import numpy as np

from hydra_desktop.vision.deviation import PROJECTED, Normal, project, projection, summarise
from tests.vision.conftest import Drawn

RANDOM = np.random.default_rng(11)


def good(count: int) -> np.ndarray:
    return RANDOM.standard_normal((count, 280, PROJECTED)).astype(np.float32)


def test_the_projection_is_fixed_and_orthonormal() -> None:
    np.testing.assert_allclose(projection().T @ projection(), np.eye(PROJECTED), atol=1e-5)


def test_projecting_keeps_cells_in_their_place(drawn: Drawn) -> None:
    mid = drawn.features.mid[:2]
    cells = project(mid)
    assert cells.shape == (2, 280, PROJECTED)
    np.testing.assert_allclose(cells[1, 3 * 20 + 7], mid[1, :, 3, 7] @ projection(), atol=1e-4)


def test_good_plots_deviate_by_about_one_and_a_changed_cell_stands_out() -> None:
    normal = Normal.of(good(200))
    cells = good(1)
    assert 0.8 < normal.map(cells).mean() < 1.2
    cells[0, 123] += 4.0
    assert normal.map(cells)[0].argmax() == 123
    assert (summarise(normal.map(cells)) > summarise(normal.map(good(1)))).all()


def test_a_cell_that_never_varied_doesnt_make_a_speck_infinitely_strange() -> None:
    known = good(40)
    known[:, 5] = 2.0  # a known dead region: the same on every plot
    normal = Normal.of(known)
    cells = good(1)
    cells[0, 5] = 2.01
    assert normal.map(cells)[0, 5] < 1.0
    assert np.isfinite(summarise(normal.map(cells))).all()


def test_equal_good_plots_give_finite_statistics() -> None:
    normal = Normal.of(np.repeat(good(1), 5, axis=0))
    assert np.isfinite(normal.map(good(2))).all()
