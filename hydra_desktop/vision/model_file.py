"""A trained model and its file: one safetensors file with a JSON card. Opening one runs no code."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from ..domain.errors import ModelFileError
from .backbone import CHANNELS, IDENTITY, Floats
from .deviation import (
    MOST_REMOVED,
    SCALES,
    SUMMARY,
    Description,
    Maps,
    Normal,
    Spread,
    Variation,
    Variations,
    summarise,
)
from .familiar import DIRECTIONS, Familiar
from .held_out import HeldOut

FORMAT = "hydra-desktop-model-4"


@dataclass(frozen=True)
class Linear:
    """A linear rule, or L of them: `weights` (L, 1432) on appearance, `deviation` (L, 20) on excess, `bias` (L,)."""

    weights: Floats
    deviation: Floats
    bias: Any

    def of(self, relative: Floats, excess: Floats) -> Floats:
        """Logits (N,) or (N, L) of N plots' appearance (N, 1432) and excess (N, 20)."""
        return relative @ self.weights.T + excess @ self.deviation.T + self.bias


@dataclass(frozen=True)
class Judgement:
    """What a model says of N plots.

    `chances` float32 (N, L), `novelty` float32 (N,) the p-value of being familiar, `strange`
    bool (N,) whether the plot is Unfamiliar, `nearest` (N, 3) rows of the nearest training plots
    with their `distances`, `excess` float32 (N, 20) the deviation from what is usual, `maps` where it is.
    """

    chances: Floats
    novelty: Floats
    strange: npt.NDArray[np.bool_]
    nearest: npt.NDArray[np.int_]
    distances: Floats
    excess: Floats
    maps: Maps


@dataclass(frozen=True)
class Model:
    """A classifier of one plot type, linear on what differs from normal.

    `sides` tells of each label whether it is of role good. `fault` is the rule whether a plot is
    not Good, `kinds` are those by which labels of one side are told apart. `normals` says what is
    normal in each run period of the training, in the order of time; how Good plots vary is the same for all.
    `held_out` is None in models of former versions.
    """

    plot_type: str
    labels: tuple[str, ...]
    sides: tuple[bool, ...]
    fault: Linear
    kinds: Linear
    normals: Mapping[str, Normal]
    familiar: Familiar
    thresholds: Mapping[str, float]
    card: Mapping[str, Any]
    held_out: HeldOut | None = None

    @property
    def variations(self) -> Variations:
        """How Good plots vary, of each scale, in any run period."""
        return next(iter(self.normals.values())).variations

    def normal(self, period: str) -> Normal:
        """What is normal in a run period, that of the newest one for a period that the model doesn't know."""
        return self.normals.get(period) or list(self.normals.values())[-1]

    def judge(self, description: Description, normal: Normal, *, inherited: bool = False) -> Judgement:
        """The judgement of N plots against what is normal in their run period.

        Where that was `inherited` from another run period, a plot that isn't as it was there may be as
        it should be here: it is Unfamiliar, whatever it looks like, until somebody says what is normal now.
        """
        maps = normal.maps(description.parts)
        relative, excess = description.pooled - normal.pooled, summarise(maps) - normal.usual
        logits = self.fault.of(relative, excess)
        chances = compose(logits, self.kinds.of(relative, excess), self.sides)
        novelty, rows, distances = self.familiar.look(relative)
        strange = novelty <= self.familiar.level
        if all(self.sides) or inherited:  # with Good alone, what deviates has no other name
            strange |= logits > 0
        return Judgement(chances, novelty, strange, rows, distances, excess, maps)

    def hash_of(self, row: int) -> str:
        """The content hash of a training plot, "" where it isn't known."""
        place = int(self.familiar.hashes[row])
        known: Sequence[str] = self.card.get("trained_on", ())
        return known[place] if 0 <= place < len(known) else ""

    def evidence_weights(self) -> tuple[Floats, Floats]:
        """What appearance (L, 1432) and excess (L, 20) add to the logit of each label."""
        sign = np.where(np.array(self.sides), -1.0, 1.0).astype(np.float32)[:, None]
        return self.kinds.weights + sign * self.fault.weights, self.kinds.deviation + sign * self.fault.deviation


def compose(fault: Floats, kinds: Floats, sides: Sequence[bool]) -> Floats:
    """Probabilities (N, L) from the logits (N,) of not being Good and those (N, L) within each side.

    Rows sum to 1 unless all labels are of one role: then the rest is the chance of something unknown.
    """
    good = np.array(sides)
    chances = np.zeros(kinds.shape, np.float32)
    sure = logistic(fault)
    for side, share in ((good, 1 - sure), (~good, sure)):
        if side.any():
            chances[:, side] = share[:, None] * softmax(kinds[:, side])
    return chances


def logistic(logits: Floats) -> Floats:
    """Probabilities of logits."""
    return (1 / (1 + np.exp(-np.clip(logits, -40, 40)))).astype(np.float32)


def softmax(logits: Floats) -> Floats:
    """Probabilities of logits (N, L)."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (shifted / shifted.sum(axis=1, keepdims=True)).astype(np.float32)


def save(model: Model) -> bytes:
    """The bytes of a model's file; deviations and what belongs to them are kept in float16, which is enough."""
    header = {
        "format": FORMAT,
        "backbone": IDENTITY,
        "plot_type": model.plot_type,
        "labels": json.dumps(model.labels),
        "sides": json.dumps(model.sides),
        "run_periods": json.dumps(list(model.normals)),
        "thresholds": json.dumps(dict(model.thresholds)),
        "card": json.dumps(dict(model.card), sort_keys=True),
    }
    tensors: dict[str, npt.NDArray[Any]] = {
        "familiar_spread": model.familiar.spread.astype(np.float32),
        "familiar_points": model.familiar.points.astype(np.float16),
        "familiar_hashes": model.familiar.hashes.astype(np.int32),
        "familiar_distances": model.familiar.distances.astype(np.float32),
    }
    for name, rule in (("fault", model.fault), ("kinds", model.kinds)):
        tensors[f"{name}_weights"] = rule.weights.astype(np.float32)
        tensors[f"{name}_deviation"] = rule.deviation.astype(np.float32)
        tensors[f"{name}_bias"] = np.asarray(rule.bias, np.float32)
    for scale, variation in zip(SCALES, model.variations, strict=True):
        tensors[f"variation_{scale.name}_deviation"] = _half_above_zero(variation.deviation)
        tensors[f"variation_{scale.name}_components"] = _half(variation.components)
        tensors[f"variation_{scale.name}_left"] = _half_above_zero(variation.left)
    for number, normal in enumerate(model.normals.values()):
        tensors[f"normal_{number}_pooled"] = normal.pooled.astype(np.float32)
        tensors[f"normal_{number}_usual"] = normal.usual.astype(np.float32)
        for scale, spread in zip(SCALES, normal.spreads, strict=True):
            # near 1 a float16 is off by a good part of a deviation
            tensors[f"normal_{number}_{scale.name}_mean"] = spread.mean.astype(np.float32)
            tensors[f"normal_{number}_{scale.name}_weight"] = _half_above_zero(spread.weight)
    if model.held_out is not None:
        tensors.update(model.held_out.tensors())
    return _ordered(save_tensors(tensors, metadata=header))


_PARTS = ("deviation", "components", "left")
_LARGEST = 60000.0  # float16 holds no more


def _half(values: Floats) -> npt.NDArray[np.float16]:
    return np.clip(values, -_LARGEST, _LARGEST).astype(np.float16)


def _half_above_zero(values: Floats) -> npt.NDArray[np.float16]:
    """The same of variances and their like: of a colour that never varied they are too small for float16."""
    return _half(np.maximum(values, np.finfo(np.float16).smallest_subnormal))


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
    except (SafetensorError, ValueError, KeyError, RecursionError) as error:  # KeyError: a kind of number unknown here
        raise ModelFileError(f"This is no model of Hydra, or it is damaged: {error}") from error
    if header.get("format") != FORMAT:
        raise ModelFileError("This is no model of Hydra, or one of another version; train it again.")
    if header.get("backbone") != IDENTITY:
        raise ModelFileError(
            f"This model was made for the backbone {header.get('backbone')}, "
            f"this program has {IDENTITY}; train it again."
        )
    try:
        model = _model(header, {name: _float32(value) for name, value in tensors.items()})
        whole = _whole(model)
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise ModelFileError(f"This model lacks a part ({error}); train it again.") from error
    if not whole:
        raise ModelFileError("This model is damaged: its numbers don't fit its labels; train it again.")
    return model


def _float32(value: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return value.astype(np.float32) if value.dtype == np.float16 else value


def _model(header: Mapping[str, str], tensors: Mapping[str, npt.NDArray[Any]]) -> Model:
    variations = tuple(Variation(*(tensors[f"variation_{scale.name}_{part}"] for part in _PARTS)) for scale in SCALES)
    normals = {}
    for number, period in enumerate(json.loads(header["run_periods"])):
        start = f"normal_{number}"
        spreads = tuple(
            Spread(tensors[f"{start}_{scale.name}_mean"], tensors[f"{start}_{scale.name}_weight"], variation)
            for scale, variation in zip(SCALES, variations, strict=True)
        )
        normals[period] = Normal(tensors[f"{start}_pooled"], spreads, tensors[f"{start}_usual"])
    rules = [Linear(*(tensors[f"{name}_{part}"] for part in ("weights", "deviation", "bias"))) for name in _RULES]
    return Model(
        header["plot_type"],
        tuple(json.loads(header["labels"])),
        tuple(json.loads(header["sides"])),
        rules[0],
        rules[1],
        normals,
        Familiar(*(tensors[f"familiar_{part}"] for part in ("spread", "points", "hashes", "distances"))),
        json.loads(header["thresholds"]),
        json.loads(header["card"]),
        HeldOut.of(tensors),
    )


_RULES = ("fault", "kinds")


def _whole(model: Model) -> bool:
    """Whether every array has its shape and a number in each place, and every text its kind; may raise TypeError."""
    far = model.familiar.distances
    count, points = len(model.labels), len(model.familiar.points)
    shapes: list[tuple[npt.NDArray[Any], tuple[int, ...]]] = [
        (model.fault.weights, (CHANNELS,)),
        (model.fault.deviation, (len(SUMMARY),)),
        (model.fault.bias, ()),
        (model.kinds.weights, (count, CHANNELS)),
        (model.kinds.deviation, (count, len(SUMMARY))),
        (model.kinds.bias, (count,)),
        (model.familiar.spread, (CHANNELS,)),
        (model.familiar.points, (points, DIRECTIONS)),
        (model.familiar.hashes, (points,)),
        (far, (len(far),)),
    ]
    positive = [model.familiar.spread]
    for scale, variation in zip(SCALES, model.variations if model.normals else (), strict=bool(model.normals)):
        size, kept = (scale.places, scale.channels), min(len(variation.components), MOST_REMOVED)
        shapes += [(variation.deviation, size), (variation.left, size)]
        shapes.append((variation.components, (kept, scale.places * scale.channels)))
        positive += [variation.deviation, variation.left]
    for normal in model.normals.values():
        shapes += [(normal.pooled, (CHANNELS,)), (normal.usual, (len(SUMMARY),))]
        for scale, spread in zip(SCALES, normal.spreads, strict=True):
            shapes += [(one, (scale.places, scale.channels)) for one in (spread.mean, spread.weight)]
            positive.append(spread.weight)
    return (
        count > 0
        and points > 0
        and len(far) > 0
        and bool((far[1:] >= far[:-1]).all())  # p-values are found by bisection
        and bool(model.normals)
        and len(set(model.labels)) == count
        and len(model.sides) == count
        and (model.held_out is None or model.held_out.fits(count))
        and all(isinstance(side, bool) for side in model.sides)
        and all(isinstance(label, str) for label in (*model.labels, *model.normals))
        and isinstance(model.card, dict)
        and isinstance(model.card.get("trained_on", []), list)
        and all(isinstance(one, str) for one in model.card.get("trained_on", []))
        and isinstance(model.card.get("reference_sets", {}), dict)
        and isinstance(model.thresholds, dict)
        and all(isinstance(value, float | int) and 0 <= value <= 1 for value in model.thresholds.values())
        and all(array.shape == shape and bool(np.isfinite(array).all()) for array, shape in shapes)
        and all(bool((array > 0).all()) for array in positive)
    )
