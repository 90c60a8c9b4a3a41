"""Figures of a model on labelled plots that it never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import f1_score, roc_auc_score


@dataclass(frozen=True)
class Figures:
    """How well verdicts agree with labels.

    `macro_f1` is over the labels that occur; `auc` is of Good against the rest by fault score,
    None when one of both is missing; `false_alarms_per_1000` are Good plots at or above the
    fault score that finds 90 % of the rest; `false_positives_per_1000` are Good plots with a
    Confirmed faulty verdict. `confusion[label][verdict]` counts plots.
    """

    plots: int
    macro_f1: float
    auc: float | None
    false_alarms_per_1000: float | None
    false_positives_per_1000: float | None
    unfamiliar_good_share: float | None
    recall: dict[str, float]
    confusion: dict[str, dict[str, int]]


def evaluate(
    labels: Sequence[str],
    verdicts: Sequence[str],
    fault_scores: Sequence[float],
    *,
    good: Sequence[str],
    false_positive: Sequence[bool] | None = None,
    unfamiliar: Sequence[bool] | None = None,
) -> Figures:
    """Figures over N plots; `good` names the labels of role good.

    `false_positive` marks plots with a Confirmed faulty verdict, `unfamiliar` the Unfamiliar ones.
    """
    truth, said = np.asarray(labels), np.asarray(verdicts)
    scores = np.asarray(fault_scores, float)
    is_good = np.isin(truth, list(good))
    names = sorted(set(labels))
    auc = alarms = None
    if is_good.any() and not is_good.all():
        auc = float(roc_auc_score(~is_good, scores))
        cut = np.quantile(scores[~is_good], 0.1, method="lower")
        alarms = float(1000 * (scores[is_good] >= cut).mean())
    wrong = np.asarray(false_positive, bool) if false_positive is not None else None
    strange = np.asarray(unfamiliar, bool) if unfamiliar is not None else None
    return Figures(
        plots=len(truth),
        macro_f1=float(f1_score(truth, said, labels=names, average="macro", zero_division=0)) if len(truth) else 0.0,
        auc=auc,
        false_alarms_per_1000=alarms,
        false_positives_per_1000=float(1000 * wrong[is_good].mean()) if wrong is not None and is_good.any() else None,
        unfamiliar_good_share=float(strange[is_good].mean()) if strange is not None and is_good.any() else None,
        recall={name: float((said[truth == name] == name).mean()) for name in names},
        confusion={
            name: {other: int(((truth == name) & (said == other)).sum()) for other in sorted(set(verdicts))}
            for name in names
        },
    )
