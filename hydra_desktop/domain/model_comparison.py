"""Two models on the same plots: which is better, and whether so few plots can show it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .hall import PlotType
from .intervals import Share, bootstrap, holm, share, sign_flip
from .label import Role
from .unseen import Flags, Ints, Unseen, macro_f1

LEVEL = 0.05  # of chance, below which a difference is called shown
FEWEST_TO_SHOW = 6  # runs: of five that are all won a sixteenth is chance


@dataclass(frozen=True)
class Difference:
    """Plots that one model has right and the other wrong; `p` as by chance alone, by run (see `sign_flip`)."""

    plots: int
    won: int
    lost: int
    p: float

    @property
    def is_better(self) -> bool:
        """Whether the first is shown to be better."""
        return self.p < LEVEL and self.won > self.lost

    @property
    def is_worse(self) -> bool:
        """Whether the first is shown to be worse."""
        return self.p < LEVEL and self.lost > self.won

    @classmethod
    def of(cls, first: Flags, second: Flags, groups: Ints) -> Difference:
        """Of what two models got right, bool (N,) each."""
        gain = first.astype(int) - second.astype(int)
        place = np.unique(groups, return_inverse=True)[1]
        by_group = np.bincount(place, gain, minlength=1).astype(int).tolist()
        return cls(len(gain), int((gain > 0).sum()), int((gain < 0).sum()), sign_flip(by_group))


@dataclass(frozen=True)
class Standing:
    """One model on the plots that are compared, at its thresholds; shares of faulty and of Good plots."""

    model_id: int
    macro_f1: float
    right: Share
    found: Share
    false_positives: Share


@dataclass(frozen=True)
class Pair:
    """The first model against another one.

    `by_label` tells it for the plots of each label; `found` of faulty plots with a Confirmed faulty verdict and
    `false_positives` of Good plots without one, both with p-values as of several questions asked at once. `gain` is
    that in macro-F1, from `low` to `high` in 95 % of resamplings of the runs, nan where there are too few.
    """

    other_id: int
    overall: Difference
    by_label: Mapping[str, Difference]
    found: Difference
    false_positives: Difference
    gain: float
    low: float
    high: float

    @property
    def worse_in(self) -> tuple[str, ...]:
        """The labels in which the first is shown to be worse."""
        return tuple(label for label, one in self.by_label.items() if one.is_worse)


def standing(model_id: int, unseen: Unseen, thresholds: Mapping[str, float], plot_type: PlotType) -> Standing:
    """How one model does on its own."""
    good, faulty = (unseen.of_role(role, plot_type) for role in (Role.GOOD, Role.FAULTY))
    called, groups = unseen.called(thresholds, plot_type), unseen.groups
    return Standing(
        model_id,
        macro_f1(unseen.truth, unseen.top, np.ones(len(unseen))),
        share(unseen.right, groups),
        share(called[faulty], groups[faulty]),
        share(called[good], groups[good]),
    )


def pair(
    first: Unseen,
    second: Unseen,
    other_id: int,
    thresholds: Sequence[Mapping[str, float]],
    plot_type: PlotType,
) -> Pair:
    """Compare what two models say of the same plots in the same order, `thresholds` those of each."""
    known = list(dict.fromkeys((*first.labels, *second.labels)))
    truth, groups = np.array([known.index(label) for label in first.labels])[first.truth], first.groups
    said = [np.array([known.index(name) for name in one.names])[one.top] for one in (first, second)]
    right = [one == truth for one in said]
    there = np.unique(truth)
    by_label = [Difference.of(right[0][truth == one], right[1][truth == one], groups[truth == one]) for one in there]
    good, faulty = (first.of_role(role, plot_type) for role in (Role.GOOD, Role.FAULTY))
    called = [one.called(values, plot_type) for one, values in zip((first, second), thresholds, strict=True)]

    def gain(weights: npt.NDArray[np.float64]) -> float:
        return macro_f1(truth, said[0], weights) - macro_f1(truth, said[1], weights)

    low, high = bootstrap(groups, gain) if len(truth) else (math.nan, math.nan)
    found, spared = _together(
        [
            Difference.of(called[0][faulty], called[1][faulty], groups[faulty]),
            Difference.of(~called[0][good], ~called[1][good], groups[good]),
        ]
    )
    return Pair(
        other_id,
        Difference.of(right[0], right[1], groups),
        dict(zip((known[one] for one in there), _together(by_label), strict=True)),
        found,
        spared,
        gain(np.ones(len(truth))),
        low,
        high,
    )


def _together(asked: Sequence[Difference]) -> list[Difference]:
    """The same with p-values as of questions asked at once."""
    return [replace(one, p=p) for one, p in zip(asked, holm([one.p for one in asked]), strict=True)]
