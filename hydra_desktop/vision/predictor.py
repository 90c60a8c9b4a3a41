"""Live prediction: one pass of the backbone for all plot types, then a small head for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from threadpoolctl import threadpool_limits

from . import evidence
from .backbone import Backbone, Features, Floats, stack
from .deviation import Description, Normal, describe
from .model_file import Model
from .picture import Picture
from .tuned_model import TunedPredictor

References = Mapping[str, Mapping[str, Normal]]  # by plot type and run period


@dataclass(frozen=True)
class Prediction:
    """What a model says of one plot; all empty without a model.

    `evidence` maps each label to float32 (14, 20). `novelty` is the p-value of being familiar,
    `nearest` names the nearest training plots by content hash with their distance, and `deviation`
    float32 (48,) is that of `domain.verdict.Familiarity`. `inherited` tells that its run period
    has no reference yet, so that an older one served; `description` is that of this one plot.
    """

    probabilities: Mapping[str, float] = field(default_factory=dict)
    evidence: Mapping[str, Floats] = field(default_factory=dict)
    unfamiliar: bool = False
    novelty: float = 1.0
    nearest: tuple[tuple[str, float], ...] = ()
    deviation: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    inherited: bool = False
    description: Description | None = None


class Predictor:
    """Judges plots of many types with one shared backbone; threads may share it.

    `references` are what people confirmed as normal since the models were trained, in the order of time; they
    go before what the models know. The last of them is the newest of all, unless the model knows its period.
    `tuned` are networks of single plot types, whose word on the label goes before that of the model beside them.
    """

    def __init__(
        self,
        models: Mapping[str, Model],
        backbone: Backbone | None = None,
        references: References | None = None,
        tuned: Mapping[str, TunedPredictor] | None = None,
    ) -> None:
        self.models = dict(models)
        self.tuned = dict(tuned or {})
        self.references = dict(references or {})
        self.backbone = backbone or Backbone()
        # for good, and so for the whole process: heads are too small for threads of BLAS, which spin against
        # those of the network, measured 1.8 times the time
        threadpool_limits(limits=1, user_api="blas")

    def predict(
        self, pictures: Sequence[Picture], plot_types: Sequence[str], periods: Sequence[str] | None = None
    ) -> list[Prediction]:
        """Judge N pictures uint8 (224, 320, 3), each of a plot type and run period."""
        if not pictures:
            return []
        stacked = stack(list(pictures))
        features = self.backbone(stacked)
        when = periods if periods is not None else [""] * len(pictures)
        described = describe(features, stacked)
        found = [
            self._one(features, described.at(np.array([index])), index, name, period)
            for index, (name, period) in enumerate(zip(plot_types, when, strict=True))
        ]
        return [self._tuned(*each) for each in zip(found, pictures, plot_types, strict=True)]

    def without_maps(self, one: Description, picture: Picture, plot_type: str, period: str) -> Prediction:
        """What the model of a plot type says of one plot that was described already; empty without a model."""
        model = self.models.get(plot_type)
        if model is None:
            return Prediction()
        normal, inherited = self.normal(model, period)
        found = model.judge(one, normal, inherited=inherited)
        chances = {label: float(p) for label, p in zip(model.labels, found.chances[0], strict=True)}
        said = Prediction(chances, unfamiliar=bool(found.strange[0]), inherited=inherited)
        return replace(self._tuned(said, picture, plot_type), evidence={})

    def _tuned(self, prediction: Prediction, picture: Picture, plot_type: str) -> Prediction:
        if plot_type not in self.tuned:
            return prediction
        second = self.tuned[plot_type].predict([picture])[0]
        return replace(prediction, probabilities=second.probabilities, evidence=second.evidence)

    def _one(self, features: Features, one: Description, index: int, plot_type: str, period: str) -> Prediction:
        model = self.models.get(plot_type)
        if model is None:
            return Prediction(description=one)
        normal, inherited = self.normal(model, period)
        found = model.judge(one, normal, inherited=inherited)
        maps = evidence.combined(model, features.depths(index), normal.pooled, found.maps, found.excess[0])
        return Prediction(
            {label: float(p) for label, p in zip(model.labels, found.chances[0], strict=True)},
            dict(zip(model.labels, maps, strict=True)),
            bool(found.strange[0]),
            float(found.novelty[0]),
            tuple(
                (model.hash_of(row), float(far)) for row, far in zip(found.nearest[0], found.distances[0], strict=True)
            ),
            normal.direction(one.parts, found.excess)[0],
            inherited,
            one,
        )

    def normal(self, model: Model, period: str) -> tuple[Normal, bool]:
        """What is normal in a run period, and whether that was inherited from an older one."""
        confirmed = self.references.get(model.plot_type, {})
        known = {**model.normals, **confirmed}
        if period in known:
            return known[period], False
        last = list(confirmed or model.normals)[-1]
        newest = list(model.normals)[-1] if last in model.normals else last
        return known[newest], set(known) != {""}  # a training that knew of no periods holds for all
