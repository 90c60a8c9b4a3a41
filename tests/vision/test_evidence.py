from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hydra_desktop.vision import evidence, head
from hydra_desktop.vision.backbone import network
from hydra_desktop.vision.deviation import summarise
from tests.fakes import torchvision_for_cpu
from tests.vision.conftest import Drawn


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
            return self.linear(self.body(given)[0])

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


def test_closed_form_equals_grad_cam(drawn: Drawn, trained: head.Trained) -> None:
    chosen = [0, 5, drawn.labels.index("NoData"), *(len(drawn.labels) // 2 + np.arange(2))]
    weights = trained.model.weights
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
    np.testing.assert_allclose(maps.sum(axis=(1, 2)), weights @ drawn.features.pooled[0], rtol=1e-4)


def test_deviation_points_at_the_cell_that_deviates_and_sums_to_what_it_adds(trained: head.Trained) -> None:
    model = replace(trained.model, deviation_weights=np.tile(np.array([[-1.0], [1.0]], np.float32), (1, 8)))
    model = replace(model, labels=("Good", "Bad"), usual=np.zeros(8, np.float32))
    deviation = (np.ones((1, 280), np.float32), np.ones((1, 1120), np.float32))
    deviation[0][0, 5 * 20 + 13] = 40.0
    deviation[1][0, 11 * 40 + 27] = 40.0
    good, bad = evidence.of_deviation(model, deviation, summarise(deviation))
    assert good.max() == 0
    assert np.unravel_index(bad.argmax(), bad.shape) == (5, 13)
    assert bad.sum() / 4 == pytest.approx(summarise(deviation)[0].sum(), rel=1e-4)  # four cells make one of the coarse


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
