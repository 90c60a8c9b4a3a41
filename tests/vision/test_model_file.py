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
from hydra_desktop.vision.backbone import Backbone
from hydra_desktop.vision.deviation import SCALES, Description, describe
from tests.vision.conftest import Drawn


@pytest.fixture
def data(trained: head.Trained) -> bytes:
    return model_file.save(trained.model)


def changed(data: bytes, header: dict[str, str] | None = None, **tensors: np.ndarray) -> bytes:
    """The same file with other metadata or tensors."""
    length = int.from_bytes(data[:8], "little")
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    return save_tensors({**load_tensors(data), **tensors}, metadata={**metadata, **(header or {})})


def without(data: bytes, name: str) -> bytes:
    """The same file without a tensor."""
    length = int.from_bytes(data[:8], "little")
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    return save_tensors({key: value for key, value in load_tensors(data).items() if key != name}, metadata=metadata)


def refused(data: bytes) -> bool:
    try:
        model_file.load(data)
    except ModelFileError:
        return True
    return False


def test_a_model_read_again_says_the_same(drawn: Drawn, trained: head.Trained, data: bytes) -> None:
    again = model_file.load(data)
    assert again.labels == trained.model.labels
    assert again.thresholds == trained.model.thresholds
    assert again.card == trained.model.card
    assert again.sides == trained.model.sides
    assert list(again.normals) == list(trained.model.normals)
    ours = again.judge(drawn.description, again.normal(""))
    theirs = trained.model.judge(drawn.description, trained.model.normal(""))
    np.testing.assert_allclose(ours.chances, theirs.chances, atol=0.01)
    np.testing.assert_allclose(ours.excess, theirs.excess, atol=0.005)
    np.testing.assert_array_equal(ours.strange, theirs.strange)
    np.testing.assert_array_equal(ours.nearest[:, 0], theirs.nearest[:, 0])
    assert again.hash_of(3) == f"hash of {drawn.runs[3]}"


def test_a_model_of_several_periods_keeps_their_order(drawn: Drawn, trained: head.Trained) -> None:
    normal = trained.model.normal("")
    of_few = replace(normal, pooled=normal.pooled + 1, usual=normal.usual + 1)
    model = replace(trained.model, normals={"2025-01": normal, "2024-02": of_few})
    again = model_file.load(model_file.save(model))
    assert list(again.normals) == ["2025-01", "2024-02"]
    np.testing.assert_array_equal(again.normals["2024-02"].usual, of_few.usual)
    np.testing.assert_array_equal(again.normal("new").pooled, of_few.pooled)


def test_a_model_without_hashes_names_none(trained: head.Trained) -> None:
    unnamed = replace(trained.model, card={})
    assert unnamed.hash_of(0) == ""


def test_the_bytes_are_the_same_each_time_and_few(trained: head.Trained, data: bytes) -> None:
    assert model_file.save(trained.model) == data
    assert model_file.save(model_file.load(data)) == data
    assert len(data) < 300_000


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
    "header",
    [
        {"labels": "[]"},
        {"labels": "7"},
        {"labels": '["Good"]'},
        {"labels": "[1, 2, 3, 4]"},
        {"labels": "[[], [], [], []]"},
        {"labels": "[" * 100_000},
        {"sides": "[true]"},
        {"sides": "[1, 0, 0, 0]"},
        {"run_periods": "[]"},
        {"run_periods": '["A", "B"]'},
        {"run_periods": "[7]"},
        {"thresholds": "[1]"},
        {"thresholds": '{"Good": "high"}'},
        {"thresholds": '{"Good": NaN}'},
        {"card": "not json"},
        {"card": "[]"},
        {"card": '{"trained_on": 7}'},
    ],
    ids=lambda header: str(header)[:40],
)
def test_a_card_that_doesnt_fit_is_refused(data: bytes, header: dict[str, str]) -> None:
    with pytest.raises(ModelFileError):
        model_file.load(changed(data, header))


def test_labels_that_repeat_are_refused(trained: head.Trained, data: bytes) -> None:
    names = json.dumps([trained.model.labels[0]] * len(trained.model.labels))
    assert refused(changed(data, {"labels": names}))


@pytest.mark.parametrize("kind", ["BF16", "F8_E4M3"])
def test_numbers_of_a_kind_that_numpy_lacks_are_refused(kind: str) -> None:
    header = json.dumps({"x": {"dtype": kind, "shape": [0], "data_offsets": [0, 0]}}).encode()
    assert refused(len(header).to_bytes(8, "little") + header)


def test_distances_of_runs_must_be_there_and_rise(data: bytes) -> None:
    distances = load_tensors(data)["familiar_distances"]
    assert refused(changed(data, familiar_distances=distances[:0]))
    assert refused(changed(data, familiar_distances=distances[::-1].copy()))


def test_every_array_is_checked_for_its_shape_and_numbers(data: bytes) -> None:
    tensors = load_tensors(data)
    assert len(tensors) == 4 + 2 * 3 + 2 + 3 + (3 + 2) * len(SCALES)
    for name, value in tensors.items():
        taller = np.zeros((*value.shape[:-1], value.shape[-1] + 1) if value.ndim else (2,), value.dtype) + 1
        assert refused(changed(data, **{name: taller})) or name == "familiar_distances", name
        if value.ndim:
            assert refused(changed(data, **{name: np.array(1, value.dtype)})), name
        if value.dtype not in (np.int32, np.bool_) and value.size:
            assert refused(changed(data, **{name: np.full_like(value, np.nan)})), name
            assert refused(changed(data, **{name: np.full_like(value, np.inf)})), name
        # models of former versions don't tell which plots were Unfamiliar
        assert refused(without(data, name)) is (name != "held_out_unfamiliar"), name


@pytest.mark.parametrize(
    "name",
    ["familiar_spread", *(f"variation_{scale.name}_{part}" for scale in SCALES for part in ("deviation", "left"))],
)
def test_what_is_divided_by_must_be_positive(data: bytes, name: str) -> None:
    value = load_tensors(data)[name]
    assert refused(changed(data, **{name: np.zeros_like(value)}))
    assert refused(changed(data, **{name: -value}))


def test_a_model_of_equal_plots_stays_whole_in_float16(drawn: Drawn) -> None:
    one = Description(drawn.description.pooled[:1], tuple(part[:1] for part in drawn.description.parts))
    plots = one.at(np.zeros(6, int))
    model = head.train("T", plots, ["Good"] * 6, [str(index) for index in range(6)], good=["Good"]).model
    again = model_file.load(model_file.save(model))
    assert np.isfinite(again.judge(plots, again.normal("")).excess).all()


def test_a_model_of_plots_without_a_colour_stays_whole(backbone: Backbone) -> None:
    # a red histogram on white: what is red of each pixel never varies
    random = np.random.default_rng(0)
    pictures = np.full((12, 224, 320, 3), 255, np.uint8)
    for picture, height in zip(pictures, random.integers(60, 120, 12), strict=True):
        picture[200 - height : 200, 40:280, 1:] = 0
    plots = describe(backbone(pictures), pictures)
    model = head.train("T", plots, ["Good"] * 12, [str(index) for index in range(12)], good=["Good"]).model
    again = model_file.load(model_file.save(model))
    theirs, ours = (one.judge(plots, one.normal("")) for one in (model, again))
    np.testing.assert_allclose(ours.excess, theirs.excess, atol=0.01)
