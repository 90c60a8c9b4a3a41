from __future__ import annotations

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from hydra_desktop.domain.errors import ModelFileError
from hydra_desktop.vision import head, model_file
from hydra_desktop.vision.deviation import Normal
from tests.vision.conftest import Drawn


@pytest.fixture
def data(trained: head.Trained) -> bytes:
    return model_file.save(trained.model)


def changed(data: bytes, header: dict[str, str] | None = None, **tensors: np.ndarray) -> bytes:
    """The same file with other metadata or tensors."""
    length = int.from_bytes(data[:8], "little")
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    return save_tensors({**load_tensors(data), **tensors}, metadata={**metadata, **(header or {})})


def test_a_model_read_again_says_the_same(drawn: Drawn, trained: head.Trained, data: bytes) -> None:
    again = model_file.load(data)
    assert again.labels == trained.model.labels
    assert again.thresholds == trained.model.thresholds
    assert again.card == trained.model.card
    np.testing.assert_allclose(
        again.probabilities(drawn.description), trained.model.probabilities(drawn.description), atol=0.01
    )


def test_the_bytes_are_the_same_each_time_and_few(trained: head.Trained, data: bytes) -> None:
    assert model_file.save(trained.model) == data
    assert model_file.save(model_file.load(data)) == data
    assert len(data) < 80_000


@pytest.mark.parametrize(
    "foreign",
    [b"", b"no model", pickle.dumps({"weights": [1.0]}), bytes(200), b"PK\x03\x04" + bytes(500)],
    ids=["empty", "text", "pickle", "zeros", "zip"],
)
def test_a_foreign_file_is_refused(foreign: bytes) -> None:
    with pytest.raises(ModelFileError, match="no model of Hydra"):
        model_file.load(foreign)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_file_cut_off_is_refused(data: bytes, share: float) -> None:
    with pytest.raises(ModelFileError):
        model_file.load(data[: int(len(data) * share)])


def test_another_backbone_is_told_by_name(data: bytes) -> None:
    with pytest.raises(ModelFileError, match=r"made for the backbone resnet.*train it again"):
        model_file.load(changed(data, {"backbone": "resnet"}))


def test_another_format_is_refused(data: bytes) -> None:
    with pytest.raises(ModelFileError, match="another version"):
        model_file.load(changed(data, {"format": "hydra-desktop-model-0"}))
    with pytest.raises(ModelFileError, match="no model"):
        model_file.load(save_tensors({"weights": np.zeros((2, 1280), np.float16)}))


@pytest.mark.parametrize(
    "header", [{"labels": "[]"}, {"labels": "7"}, {"labels": '["Good"]'}, {"thresholds": "[1]"}, {"card": "not json"}]
)
def test_a_card_that_doesnt_fit_is_refused(data: bytes, header: dict[str, str]) -> None:
    with pytest.raises(ModelFileError):
        model_file.load(changed(data, header))


@pytest.mark.parametrize(
    "tensors",
    [
        {"mid_mean": np.zeros((3, 24), np.float16)},
        {"fine_variance": np.zeros((1120, 8), np.float16)},
        {"deviation_weights": np.zeros((1, 8), np.float32)},
        {"usual": np.zeros(3, np.float32)},
        {"bias": np.full(3, np.nan, np.float32)},
        {"weights": np.zeros((3, 640), np.float16)},
    ],
    ids=["mean", "variance", "deviation", "usual", "bias", "weights"],
)
def test_numbers_that_dont_fit_are_refused(data: bytes, tensors: dict[str, np.ndarray]) -> None:
    with pytest.raises(ModelFileError, match="damaged"):
        model_file.load(changed(data, **tensors))


def test_a_tiny_variance_stays_positive_in_float16(trained: head.Trained) -> None:
    normal = trained.model.normal
    tiny = Normal(normal.mean, tuple(np.full_like(part, 1e-9) for part in normal.variance))
    again = model_file.load(model_file.save(replace(trained.model, normal=tiny)))
    assert all((part > 0).all() for part in again.normal.variance)
