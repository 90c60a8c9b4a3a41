"""A model with a whole network of its own: its file, and judging with it. Opening a foreign one runs no code.

The file is safetensors with a JSON card, as that of a linear model; the network lies in it as the bytes of
an ONNX graph. What a graph may hold is what our own export writes: the operators of `OPERATORS`, with all
numbers inside, as a graph that names another file would have it read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from ..domain.errors import ModelFileError
from .backbone import BATCH, LAST_CHANNELS, MAP_HEIGHT, MAP_WIDTH, Floats, stack
from .evidence import of_appearance
from .held_out import HeldOut
from .model_file import softmax
from .picture import HEIGHT, WIDTH, Picture

FORMAT = "hydra-desktop-tuned-1"
INPUT = "pictures"
OUTPUTS = ("pooled", "logits", "last")
OPERATORS = {
    *("Add", "Cast", "Clip", "Concat", "Constant", "ConstantOfShape", "Conv", "Div", "Gemm", "Pad", "ReduceMean"),
    *("Reshape", "Slice", "Sub", "Transpose"),
}


@dataclass(frozen=True)
class TunedModel:
    """A classifier of one plot type, `network` the bytes of an ONNX graph.

    The graph takes uint8 (N, 224, 320, 3) and gives the pooled features float32 (N, 1280), calibrated logits
    (N, L) and the last map (N, 1280, 7, 10); `weights` float32 (L, 1280) are those from pooled features to logits.
    `first` is the file of the first recipe's model of the same plots, for what this one can't tell: what is
    unfamiliar, and how far a plot deviates from the reference; empty where there is none. `held_out` is None in
    models of former versions.
    """

    plot_type: str
    labels: tuple[str, ...]
    weights: Floats
    network: bytes
    thresholds: Mapping[str, float]
    card: Mapping[str, Any]
    first: bytes = b""
    held_out: HeldOut | None = None


@dataclass(frozen=True)
class TunedPrediction:
    """What a tuned model says of one plot.

    `probabilities` sum to 1; `evidence` maps each label to float32 (14, 20); `pooled` float32 (1280,) are
    features of this network and can't be compared with those of the shared one.
    """

    probabilities: Mapping[str, float]
    evidence: Mapping[str, Floats]
    pooled: Floats


class TunedPredictor:
    """Judges plots of one type with a tuned model; threads may share it."""

    def __init__(self, model: TunedModel, threads: int = 1) -> None:
        """Open the network; raises ModelFileError when it isn't one that Hydra wrote, or is damaged."""
        import onnxruntime  # only here: the program that holds wall and siren reads models and runs none
        from onnxruntime.capi import onnxruntime_pybind11_state as refusals

        _expect_harmless(model.network)
        self.model = model
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.load_model_format", "ONNX")  # read as it was inspected
        try:
            self._session = onnxruntime.InferenceSession(model.network, options, providers=["CPUExecutionProvider"])
            found = self._run(np.zeros((1, HEIGHT, WIDTH, 3), np.uint8))
        except (
            refusals.Fail, refusals.InvalidArgument, refusals.InvalidGraph, refusals.InvalidProtobuf, refusals.NoModel,
            refusals.NotImplemented, refusals.RuntimeException, ValueError,
        ) as error:  # fmt: skip
            raise ModelFileError(f"The network in this model can't be run ({error}); train it again.") from error
        shapes = [(1, LAST_CHANNELS), (1, len(model.labels)), (1, LAST_CHANNELS, MAP_HEIGHT, MAP_WIDTH)]
        if [part.shape for part in found] != shapes or not all(np.isfinite(part).all() for part in found):
            raise ModelFileError("The network in this model doesn't fit its labels; train it again.")

    def probabilities(self, pictures: npt.NDArray[np.uint8]) -> Floats:
        """Calibrated probabilities float32 (N, L) of pictures uint8 (N, 224, 320, 3)."""
        parts = [softmax(self._run(pictures[at : at + BATCH])[1]) for at in range(0, len(pictures), BATCH)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.model.labels)), np.float32)

    def predict(self, pictures: Sequence[Picture]) -> list[TunedPrediction]:
        """Predictions for pictures uint8 (224, 320, 3), in their order."""
        predictions = []
        for start in range(0, len(pictures), BATCH):
            pooled, logits, last = self._run(stack(list(pictures[start : start + BATCH])))
            for row, chances in enumerate(softmax(logits)):
                maps = of_appearance([last[row]], self.model.weights)
                predictions.append(
                    TunedPrediction(
                        dict(zip(self.model.labels, map(float, chances), strict=True)),
                        dict(zip(self.model.labels, maps, strict=True)),
                        pooled[row],
                    )
                )
        return predictions

    def _run(self, pictures: npt.NDArray[np.uint8]) -> list[Floats]:
        return self._session.run(OUTPUTS, {INPUT: pictures})


def save(model: TunedModel) -> bytes:
    """The bytes of a tuned model's file."""
    header = {
        "format": FORMAT,
        "plot_type": model.plot_type,
        "labels": json.dumps(model.labels),
        "thresholds": json.dumps(dict(model.thresholds)),
        "card": json.dumps(dict(model.card), sort_keys=True),
    }
    tensors: dict[str, npt.NDArray[Any]] = {
        "weights": model.weights.astype(np.float32),
        "network": np.frombuffer(model.network, np.uint8),
        "first": np.frombuffer(model.first, np.uint8),
        **(model.held_out.tensors() if model.held_out is not None else {}),
    }
    return save_tensors(tensors, metadata=header)


def recognises(data: bytes) -> bool:
    """Whether this is the file of a tuned model, by its header alone."""
    try:
        return bool(_header(data).get("format") == FORMAT)
    except (ValueError, AttributeError, RecursionError):
        return False


def load(data: bytes) -> TunedModel:
    """Open a tuned model's file; raises ModelFileError when it is damaged, or no such model at all."""
    if not recognises(data):
        raise ModelFileError("This is no tuned model of Hydra, or one of another version; train it again.")
    try:
        tensors, header = load_tensors(data), _header(data)
        labels = tuple(json.loads(header["labels"]))
        model = TunedModel(
            header["plot_type"],
            labels,
            tensors["weights"],
            tensors["network"].tobytes(),
            json.loads(header["thresholds"]),
            json.loads(header["card"]),
            tensors["first"].tobytes(),
            HeldOut.of(tensors),
        )
        whole = _whole(model)
    except (SafetensorError, KeyError, ValueError, TypeError, RecursionError) as error:
        raise ModelFileError(f"This model is damaged or lacks a part ({error}); train it again.") from error
    if not whole:
        raise ModelFileError("This model is damaged: its numbers don't fit its labels; train it again.")
    _expect_harmless(model.network)
    return model


def _header(data: bytes) -> dict[str, str]:
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]).get("__metadata__", {}) if len(data) >= 8 + length else {}


def _whole(model: TunedModel) -> bool:
    return (
        len(model.labels) > 0
        and all(isinstance(label, str) for label in model.labels)
        and len(set(model.labels)) == len(model.labels)
        and model.weights.shape == (len(model.labels), LAST_CHANNELS)
        and model.weights.dtype == np.float32
        and bool(np.isfinite(model.weights).all())
        and (model.held_out is None or model.held_out.fits(len(model.labels)))
        and isinstance(model.card, dict)
        and isinstance(model.thresholds, dict)
        and all(isinstance(value, float | int) and 0 <= value <= 1 for value in model.thresholds.values())
    )


def _expect_harmless(network: bytes) -> None:
    """Raises ModelFileError unless the graph is of our operators, with all its numbers inside."""
    import onnx
    from google.protobuf.message import DecodeError

    try:
        proto = onnx.load_model_from_string(network)
    except DecodeError as error:
        raise ModelFileError("The network in this model is damaged; train it again.") from error
    for message in _within(proto):
        if isinstance(message, onnx.TensorProto) and (
            message.data_location == onnx.TensorProto.EXTERNAL or message.external_data
        ):
            raise ModelFileError("The network in this model refers to another file, which Hydra's never do; refused.")
        known = isinstance(message, onnx.NodeProto) and not message.domain and message.op_type in OPERATORS
        if isinstance(message, onnx.NodeProto | onnx.FunctionProto) and not known:
            raise ModelFileError("The network in this model has operators that Hydra never writes; refused.")


def _within(message: Any) -> Iterator[Any]:
    """A protobuf message and all messages in it."""
    yield message
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for one in value if hasattr(value, "__len__") else [value]:
                yield from _within(one)
