"""Thresholds chosen on the probabilities of held-out plots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .backbone import Floats


def best_f1_threshold(chances: Floats, target: npt.NDArray[np.integer], index: int) -> float:
    """The threshold of a label with the best F1 of its Confirmed verdicts on held-out plots.

    Where several do equally well, the middle of their range. `chances` is (N, L), `target` (N,).
    """
    top = chances.argmax(axis=1) == index
    values = chances[:, index]
    lowest = 1.0 / max(2, chances.shape[1])
    candidates = np.linspace(lowest, 0.95, 60)
    truth = target == index
    scores = []
    for candidate in candidates:
        called = top & (values >= candidate)
        hits = (called & truth).sum()
        scores.append(2 * hits / max(1, called.sum() + truth.sum()))
    best = np.flatnonzero(np.asarray(scores) >= max(scores) - 1e-9)
    return float(round(candidates[best].mean(), 3)) if max(scores) > 0 else 0.5


def threshold_for_rate(chances: Floats, is_good: npt.NDArray[np.bool_], faulty: Sequence[int], share: float) -> float:
    """The lowest threshold with which at most `share` of the Good plots get a Confirmed verdict of the labels `faulty`.

    One for all of these labels: as probabilities are calibrated, no other choice finds more faults at that price.
    `chances` (N, L) of held-out plots, `is_good` (N,), `faulty` columns. Never below what a label needs to be the
    most probable.
    """
    wrong = np.sort(chances.max(axis=1)[is_good & np.isin(chances.argmax(axis=1), faulty)])[::-1]
    allowed = int(share * is_good.sum())
    lowest = 1.0 / max(2, chances.shape[1])
    if len(wrong) <= allowed:
        return round(lowest, 3)
    return float(min(1.0, np.ceil(1000 * max(lowest, np.nextafter(wrong[allowed], 2.0))) / 1000))
