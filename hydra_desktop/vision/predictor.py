"""Live prediction: one pass of the backbone for all plot types, then a small head for each."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from threadpoolctl import ThreadpoolController

from . import evidence
from .backbone import CHANNELS, Backbone, Features, Floats, stack
from .deviation import describe, summarise
from .model_file import Model
from .picture import Picture


@dataclass(frozen=True)
class Prediction:
    """What a model says of one plot; all empty without a model.

    `evidence` maps each label to float32 (14, 20); `pooled` is float32 (1280,). `novelty`, `nearest`
    and `deviation` float32 (48,) are those of `domain.verdict.Familiarity`.
    """

    probabilities: Mapping[str, float] = field(default_factory=dict)
    evidence: Mapping[str, Floats] = field(default_factory=dict)
    unfamiliar: bool = False
    novelty: float = 1.0
    nearest: tuple[tuple[str, float], ...] = ()
    deviation: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    pooled: Floats = field(default_factory=lambda: np.zeros(CHANNELS, np.float32))


class Predictor:
    """Judges plots of many types with one shared backbone; threads may share it."""

    def __init__(self, models: Mapping[str, Model], backbone: Backbone | None = None) -> None:
        self.models = dict(models)
        self.backbone = backbone or Backbone()
        self._one_by_one = threading.Lock()
        self._blas = ThreadpoolController().select(user_api="blas")

    def predict(self, pictures: Sequence[Picture], plot_types: Sequence[str]) -> list[Prediction]:
        """Predictions for pictures uint8 (224, 320, 3) of the given plot types, in their order."""
        if not pictures:
            return []
        features = self.backbone(stack(list(pictures)))
        # heads are too small for threads: those of BLAS spin against onnxruntime's, measured 1.8 times the time
        with self._one_by_one, self._blas.limit(limits=1):
            return [self._one(features, index, name) for index, name in enumerate(plot_types)]

    def _one(self, features: Features, index: int, plot_type: str) -> Prediction:
        pooled = features.pooled[index]
        model = self.models.get(plot_type)
        if model is None:
            return Prediction(pooled=pooled)
        at = slice(index, index + 1)
        one = describe(Features(features.pooled[at], features.last[at], features.mid[at], features.fine[at]))
        deviation = model.normal.maps(one.cells)
        summary = summarise(deviation)
        chances = model.chances(one.pooled, summary)[0]
        maps = evidence.combined(model, features.last[index], deviation, summary)
        return Prediction(
            {label: float(p) for label, p in zip(model.labels, chances, strict=True)},
            dict(zip(model.labels, maps, strict=True)),
            deviation=_sized(model.normal.direction(one.cells)[0], summary[0] - model.usual),
            pooled=pooled,
        )


def _sized(direction: Floats, logarithms: Floats) -> Floats:
    """A direction (D,) with the root mean square of the logarithms of how much farther than usual a plot is."""
    length = float(np.sqrt(np.mean(direction * direction)))
    size = float(np.sqrt(np.mean(logarithms * logarithms)))
    return (direction * (size / max(length, 1e-9))).astype(np.float32)
