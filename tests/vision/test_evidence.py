from __future__ import annotations

import numpy as np
import pytest
import torch

from hydra_desktop.vision import evidence, head
from hydra_desktop.vision.backbone import DEPTHS, Backbone, network
from hydra_desktop.vision.deviation import SCALES, SUMMARY, Maps, describe, summarise
from hydra_desktop.vision.predictor import Predictor
from tests.fakes import torchvision_for_cpu
from tests.vision.conftest import PLOT_TYPE, Drawn, noise


def library_maps(pictures: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Unscaled Grad-CAM of the usual library at the layer before pooling: (N, L, 7, 10)."""
    torchvision_for_cpu.install()
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    body = network()

    class Classifier(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = body
            self.linear = torch.nn.Linear(weights.shape[1], len(weights), bias=False)
            self.linear.weight.data = torch.from_numpy(weights)

        def forward(self, given: torch.Tensor) -> torch.Tensor:
            return self.linear(self.body(given)[0][:, :1280])

    class Unscaled(GradCAM):
        def compute_cam_per_layer(self, input_tensor, targets, eigen_smooth):  # type: ignore[no-untyped-def]
            activations = self.activations_and_grads.activations[0].cpu().data.numpy()
            gradients = self.activations_and_grads.gradients[0].cpu().data.numpy()
            cam = self.get_cam_image(input_tensor, self.target_layers[0], targets, activations, gradients, eigen_smooth)
            return [np.maximum(cam, 0)[:, None]]

        def aggregate_multi_layers(self, cam_per_target_layer):  # type: ignore[no-untyped-def]
            return cam_per_target_layer[0][:, 0]

    given = torch.from_numpy(pictures.astype(np.float32))
    with Unscaled(model=Classifier().eval(), target_layers=[body.head]) as cam:
        columns = [
            cam(input_tensor=given, targets=[ClassifierOutputTarget(label)] * len(pictures))
            for label in range(len(weights))
        ]
    return np.stack(columns, axis=1)


def test_closed_form_equals_grad_cam(drawn: Drawn) -> None:
    chosen = [0, 5, drawn.labels.index("NoData"), *(len(drawn.labels) // 2 + np.arange(2))]
    weights = np.random.default_rng(4).standard_normal((3, 1280), np.float32)
    expected = library_maps(drawn.pictures[chosen], weights)
    ours = np.stack([evidence.maps(drawn.features.last[index], weights) for index in chosen])
    assert ours.shape == expected.shape == (len(chosen), len(weights), 7, 10)
    assert expected.max() > 1e-2  # else there was nothing to compare
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_without_evidence_a_map_is_zero_and_never_negative(drawn: Drawn) -> None:
    against = -np.ones((1, 1280), np.float32)
    assert (evidence.maps(drawn.features.last[0], against) == 0).all()


def test_the_map_sums_to_what_the_logit_gains_where_all_speak_for_it(drawn: Drawn) -> None:
    weights = np.random.default_rng(0).random((3, 1280)).astype(np.float32)  # the last map is never negative
    maps = evidence.maps(drawn.features.last[0], weights)
    np.testing.assert_allclose(maps.sum(axis=(1, 2)), weights @ drawn.features.pooled[0, :1280], rtol=1e-4)


def flat_maps() -> Maps:
    return tuple(np.ones((1, scale.places), np.float32) for scale in SCALES)


@pytest.mark.parametrize(
    ("number", "place", "row", "column"),
    [
        (0, 5 * 20 + 13, 5, 13),
        (1, 11 * 40 + 27, 5, 13),
        (2, 26 * 39 + 38, 13, 19),
        (3, 200, None, 12),
        (4, 100, 6, None),
    ],
    ids=[scale.name for scale in SCALES],
)
def test_deviation_points_at_the_place_that_deviates_and_sums_to_what_it_adds(
    number: int, place: int, row: int | None, column: int | None
) -> None:
    deviation = flat_maps()
    deviation[number][0, place] = 60.0
    excess = summarise(deviation)[0] - summarise(flat_maps())[0]
    weights = np.stack([-np.ones(len(SUMMARY)), np.ones(len(SUMMARY))]).astype(np.float32)
    good, bad = evidence.of_deviation(weights, deviation, excess)
    assert good.max() == 0
    assert bad.shape == (14, 20)
    highest = np.argwhere(bad > 0.9 * bad.max())
    assert set(highest[:, 0]) == ({row} if row is not None else set(range(14)))
    assert set(highest[:, 1]) == ({column} if column is not None else set(range(20)))
    assert bad.sum() / 4 == pytest.approx(excess.sum(), rel=1e-3)  # four cells make one of the 70


@pytest.mark.parametrize(
    ("depth", "first", "place", "cells"),
    [
        (0, 0, (2, 7), [(y, x) for y in (4, 5) for x in (14, 15)]),
        (1, 1280, (9, 13), [(9, 13)]),
        (2, 1392, (3, 18), [(3, 18)]),
    ],
    ids=["last", "mid", "fine"],
)
def test_appearance_counts_as_far_as_it_differs_from_normal(
    depth: int, first: int, place: tuple[int, int], cells: list[tuple[int, int]]
) -> None:
    random = np.random.default_rng(5)
    labels = ["Good"] * 30 + ["Bad"] * 30
    plots = noise(60)
    some = DEPTHS[depth] // 10
    plots.pooled[30:, first : first + some] += 3.0
    model = head.train("T", plots, labels, [str(index) for index in range(60)], good=["Good"]).model
    weights, on_excess = model.evidence_weights()
    np.testing.assert_allclose(weights[0], -weights[1], rtol=1e-5)  # what speaks for Bad speaks against Good
    normal = model.normal("")
    depths = [
        np.broadcast_to(mean[:, None, None], (len(mean), *size)).copy()
        for mean, size in zip(np.split(normal.pooled, (1280, 1392)), ((7, 10), (14, 20), (14, 20)), strict=True)
    ]
    nothing = flat_maps(), np.zeros(len(SUMMARY), np.float32)
    assert evidence.combined(model, depths, normal.pooled, *nothing).max() == pytest.approx(0.0, abs=1e-4)
    depths[depth][:some, place[0], place[1]] += 5 + random.random(some)
    good, bad = evidence.combined(model, depths, normal.pooled, *nothing)
    assert on_excess.shape == (2, len(SUMMARY))
    assert good.max() == pytest.approx(0.0, abs=1e-4)
    assert np.unravel_index(bad.argmax(), bad.shape) in cells


def test_the_evidence_of_a_fault_is_where_it_was_drawn(backbone: Backbone, drawn: Drawn) -> None:
    good = np.flatnonzero(np.array(drawn.labels) == "Good")
    pictures = drawn.pictures.copy()
    faulty = good[20:]
    pictures[faulty, 96:112, 160:176] = np.array([250, 30, 30])
    chosen = describe(backbone(pictures[good]), pictures[good])
    labels = ["Bad" if index in faulty else "Good" for index in good]
    model = head.train(PLOT_TYPE, chosen, labels, [drawn.runs[index] for index in good], good=["Good"]).model
    found = Predictor({PLOT_TYPE: model}, backbone).predict([pictures[faulty[0]]], [PLOT_TYPE])[0].evidence["Bad"]
    row, column = np.unravel_index(found.argmax(), found.shape)
    assert abs(row - 6.5) <= 1.5
    assert abs(column - 10.5) <= 1.5
    assert found[5:9, 9:13].sum() > 0.3 * found.sum()


def test_enlarged_to_the_plot_the_highest_point_stays_in_its_cell() -> None:
    small = np.zeros((7, 10), np.float32)
    small[2, 7] = 1.0
    large = evidence.enlarge(small, 533, 800)
    assert large.shape == (533, 800)
    assert large.min() >= 0
    row, column = np.unravel_index(large.argmax(), large.shape)
    assert (int(row) * 7 // 533, int(column) * 10 // 800) == (2, 7)


def test_the_overlay_has_the_size_of_the_plot_and_a_fixed_scale() -> None:
    picture = np.full((53, 80, 3), 200, np.uint8)
    none = evidence.overlay(picture, np.zeros((7, 10), np.float32))
    little = evidence.overlay(picture, np.full((7, 10), 0.01, np.float32))
    assert none.shape == picture.shape
    assert none.dtype == np.uint8
    assert np.abs(little.astype(int) - none).max() < 12  # little evidence isn't stretched to much
