from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import onnx
import pytest
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from hydra_desktop import paths
from hydra_desktop.domain.errors import ModelFileError
from hydra_desktop.vision import evidence, finetune, model_file, tuned_model
from hydra_desktop.vision.backbone import Backbone
from hydra_desktop.vision.opening import read_model, renamed
from hydra_desktop.vision.tuned_model import TunedModel, TunedPredictor


@pytest.fixture(scope="module")
def model() -> TunedModel:
    """A network as published under a head of random numbers."""
    import torch

    network = finetune.network(3)
    with torch.no_grad():
        torch.nn.init.normal_(network.head.weight, std=0.1, generator=torch.Generator().manual_seed(1))
        network.head.bias.zero_()
    network.fold(temperature=1.0)
    return TunedModel(
        "CDC_occupancy",
        ("Good", "Bad", "NoData"),
        network.head.weight.detach().numpy().copy(),
        finetune.exported(network),
        {"Good": 0.5, "Bad": 0.6, "NoData": 0.4},
        {"recipe": {"name": "fine-tuning"}},
        b"the file of another model",
    )


def test_a_model_read_again_is_the_same(model: TunedModel) -> None:
    again = tuned_model.load(tuned_model.save(model))
    assert replace(again, weights=model.weights) == model
    np.testing.assert_array_equal(again.weights, model.weights)


def test_predictions_are_of_the_network(model: TunedModel, backbone: Backbone) -> None:
    predictor = TunedPredictor(tuned_model.load(tuned_model.save(model)))
    chosen = np.random.default_rng(1).integers(0, 255, (10, 224, 320, 3), dtype=np.uint8)  # more than a batch
    published = backbone(chosen)
    expected = model_file.softmax(published.pooled[:, :1280] @ model.weights.T)
    np.testing.assert_allclose(predictor.probabilities(chosen), expected, atol=1e-3)
    predictions = predictor.predict(list(chosen))
    for row, one in enumerate(predictions):
        assert list(one.probabilities) == ["Good", "Bad", "NoData"]
        np.testing.assert_allclose(list(one.probabilities.values()), expected[row], atol=1e-3)
        np.testing.assert_allclose(one.pooled, published.pooled[row, :1280], atol=1e-3)
        maps = evidence.of_appearance([published.last[row]], model.weights)
        assert maps.shape == (3, 14, 20)
        np.testing.assert_allclose(np.stack(list(one.evidence.values())), maps, atol=1e-3)
    assert predictor.predict([]) == []
    assert predictor.probabilities(chosen[:0]).shape == (0, 3)


def test_kinds_of_models_are_told_apart(model: TunedModel) -> None:
    tuned = tuned_model.save(model)
    linear = save_tensors({"bias": np.zeros(1, np.float32)}, metadata={"format": model_file.FORMAT})
    assert tuned_model.recognises(tuned)
    assert not tuned_model.recognises(linear)
    with pytest.raises(ModelFileError, match="no tuned model"):
        tuned_model.load(linear)
    with pytest.raises(ModelFileError):
        model_file.load(tuned)


def test_a_model_can_be_one_of_another_plot_type(model: TunedModel) -> None:
    first = (paths.shipped("models") / "demo" / "CDC_occupancy.safetensors").read_bytes()
    other = read_model(renamed(tuned_model.save(replace(model, first=first)), "FDC_occupancy"))
    assert isinstance(other, TunedModel)
    assert (other.plot_type, model_file.load(other.first).plot_type) == ("FDC_occupancy", "FDC_occupancy")
    np.testing.assert_array_equal(other.weights, model.weights)
    assert replace(other, plot_type=model.plot_type, first=model.first, weights=model.weights) == model


@pytest.mark.parametrize(
    "foreign",
    [b"", b"no model", pickle.dumps({"weights": [1.0]}), bytes(200), b"\xff" * 50, b"\x02" + bytes(7) + b"{}"],
    ids=["empty", "text", "pickle", "zeros", "ones", "no header"],
)
def test_a_foreign_file_is_refused(foreign: bytes) -> None:
    assert not tuned_model.recognises(foreign)
    with pytest.raises(ModelFileError, match="no tuned model"):
        tuned_model.load(foreign)


def test_a_file_cut_off_is_refused(model: TunedModel) -> None:
    data = tuned_model.save(model)
    for length in (100, len(data) // 2, len(data) - 1):
        with pytest.raises(ModelFileError):
            tuned_model.load(data[:length])


@pytest.mark.parametrize(
    "tensors",
    [
        {"weights": np.zeros((2, 1280), np.float32)},
        {"weights": np.zeros((3, 1280), np.float16)},
        {"weights": np.full((3, 1280), np.nan, np.float32)},
    ],
    ids=["labels", "kind", "no number"],
)
def test_numbers_that_dont_fit_are_refused(model: TunedModel, tensors: dict[str, np.ndarray]) -> None:
    data = tuned_model.save(model)
    header = tuned_model._header(data)
    with pytest.raises(ModelFileError, match="don't fit"):
        tuned_model.load(save_tensors({**load_tensors(data), **tensors}, metadata=header))


def elsewhere(graph: onnx.ModelProto) -> None:
    graph.graph.initializer[0].data_location = onnx.TensorProto.EXTERNAL
    graph.graph.initializer[0].external_data.add(key="location", value="/etc/passwd")
    graph.graph.initializer[0].ClearField("raw_data")


def elsewhere_in_a_node(graph: onnx.ModelProto) -> None:
    tensor = onnx.TensorProto(data_type=1, dims=[1], data_location=onnx.TensorProto.EXTERNAL)
    graph.graph.node.append(onnx.helper.make_node("Constant", [], ["far"], value=tensor))


def own_operator(graph: onnx.ModelProto) -> None:
    graph.graph.node[0].domain = "com.elsewhere"


def loop(graph: onnx.ModelProto) -> None:
    graph.graph.node[0].op_type = "Loop"


def function(graph: onnx.ModelProto) -> None:
    graph.functions.add(name="Clip", domain="com.elsewhere")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (elsewhere, "another file"),
        (elsewhere_in_a_node, "another file"),
        (own_operator, "operators"),
        (loop, "operators"),
        (function, "operators"),
    ],
)
def test_a_graph_that_reaches_outside_is_refused(
    model: TunedModel, change: Callable[[onnx.ModelProto], None], said: str
) -> None:
    graph = onnx.load_model_from_string(model.network)
    change(graph)
    changed = replace(model, network=graph.SerializeToString())
    with pytest.raises(ModelFileError, match=said):
        tuned_model.load(tuned_model.save(changed))
    with pytest.raises(ModelFileError, match=said):
        TunedPredictor(changed)


def test_a_graph_of_other_shape_is_refused(model: TunedModel) -> None:
    with pytest.raises(ModelFileError, match="doesn't fit its labels"):
        TunedPredictor(replace(model, labels=("Good", "Bad")))
    graph = onnx.load_model_from_string(model.network)
    graph.graph.output.pop()
    with pytest.raises(ModelFileError, match="can't be run"):
        TunedPredictor(replace(model, network=graph.SerializeToString()))
    with pytest.raises(ModelFileError, match="damaged"):
        TunedPredictor(replace(model, network=b"\x08\x08no graph"))
