"""A trained model and its file: one safetensors file with a JSON card. Opening one runs no code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from ..domain.errors import ModelFileError
from .backbone import CHANNELS, IDENTITY, Floats
from .deviation import SCALES, SUMMARY, Description, Normal, summarise

FORMAT = "hydra-desktop-model-2"


@dataclass(frozen=True)
class Model:
    """A classifier of one plot type, linear on appearance and deviation.

    `weights` float32 (L, 1280) act on the pooled features, `deviation_weights` float32 (L, 8)
    on the summary of the deviation from `normal`, `bias` is float32 (L,). `usual` float32 (8,) is
    the mean summary of Good plots of runs that the statistics didn't see.
    """

    plot_type: str
    labels: tuple[str, ...]
    weights: Floats
    deviation_weights: Floats
    bias: Floats
    normal: Normal
    usual: Floats
    thresholds: Mapping[str, float]
    card: Mapping[str, Any]

    def probabilities(self, description: Description) -> Floats:
        """Calibrated probabilities float32 (N, L); each row sums to 1."""
        return self.chances(description.pooled, summarise(self.normal.maps(description.cells)))

    def chances(self, pooled: Floats, summary: Floats) -> Floats:
        """The same from pooled features (N, 1280) and the summary of the deviation (N, 8)."""
        return softmax(pooled @ self.weights.T + summary @ self.deviation_weights.T + self.bias)


def softmax(logits: Floats) -> Floats:
    """Probabilities of logits (N, L)."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (shifted / shifted.sum(axis=1, keepdims=True)).astype(np.float32)


def save(model: Model) -> bytes:
    """The bytes of a model's file; weights are kept in float16 where that is enough."""
    header = {
        "format": FORMAT,
        "backbone": IDENTITY,
        "plot_type": model.plot_type,
        "labels": json.dumps(model.labels),
        "thresholds": json.dumps(dict(model.thresholds)),
        "card": json.dumps(dict(model.card), sort_keys=True),
    }
    tensors: dict[str, npt.NDArray[Any]] = {
        "weights": model.weights.astype(np.float16),
        "deviation_weights": model.deviation_weights.astype(np.float32),
        "bias": model.bias.astype(np.float32),
        "usual": model.usual.astype(np.float32),
    }
    for scale, mean, variance in zip(SCALES, model.normal.mean, model.normal.variance, strict=True):
        tensors[f"{scale.name}_mean"] = mean.astype(np.float16)
        tensors[f"{scale.name}_variance"] = np.maximum(variance, 1e-4).astype(np.float16)
    return _ordered(save_tensors(tensors, metadata=header))


def _ordered(data: bytes) -> bytes:
    """The same file with its header in one order: safetensors writes the metadata in any."""
    length = int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8 : 8 + length]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)  # the tensors stay aligned
    return len(header).to_bytes(8, "little") + header + data[8 + length :]


def load(data: bytes) -> Model:
    """Open a model's file.

    Raises ModelFileError when it is damaged, no model at all, or made for another backbone.
    """
    try:
        tensors = load_tensors(data)
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length]).get("__metadata__", {})
    except (SafetensorError, ValueError, safetensors.SafetensorError) as error:
        raise ModelFileError(f"This is no model of Hydra, or it is damaged: {error}") from error
    if header.get("format") != FORMAT:
        raise ModelFileError("This is no model of Hydra, or one of another version; train it again.")
    if header.get("backbone") != IDENTITY:
        raise ModelFileError(
            f"This model was made for the backbone {header.get('backbone')}, "
            f"this program has {IDENTITY}; train it again."
        )
    try:
        labels = tuple(json.loads(header["labels"]))
        model = Model(
            plot_type=header["plot_type"],
            labels=labels,
            weights=tensors["weights"].astype(np.float32),
            deviation_weights=tensors["deviation_weights"].astype(np.float32),
            bias=tensors["bias"].astype(np.float32),
            normal=Normal(
                tuple(tensors[f"{scale.name}_mean"].astype(np.float32) for scale in SCALES),
                tuple(tensors[f"{scale.name}_variance"].astype(np.float32) for scale in SCALES),
            ),
            usual=tensors["usual"].astype(np.float32),
            thresholds=json.loads(header["thresholds"]),
            card=json.loads(header["card"]),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise ModelFileError(f"This model lacks a part ({error}); train it again.") from error
    if not _whole(model):
        raise ModelFileError("This model is damaged: its numbers don't fit its labels; train it again.")
    return model


def _whole(model: Model) -> bool:
    """Whether every array has its shape and a number in each place, and every text its kind."""
    count = len(model.labels)
    shapes = [
        (model.weights, (count, CHANNELS)),
        (model.deviation_weights, (count, len(SUMMARY))),
        (model.bias, (count,)),
        (model.usual, (len(SUMMARY),)),
    ]
    for scale, mean, variance in zip(SCALES, model.normal.mean, model.normal.variance, strict=True):
        shapes += [(mean, (scale.cells, scale.projected)), (variance, (scale.cells, scale.projected))]
    return (
        count > 0
        and all(isinstance(label, str) for label in model.labels)
        and isinstance(model.card, dict)
        and isinstance(model.thresholds, dict)
        and all(isinstance(value, float | int) for value in model.thresholds.values())
        and all(array.shape == shape and bool(np.isfinite(array).all()) for array, shape in shapes)
        and all(bool((variance > 0).all()) for variance in model.normal.variance)
    )
