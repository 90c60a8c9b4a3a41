"""Logistic rules on scaled inputs, and how sure their logits may be: what training chooses from and calibrates by."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from .model_file import softmax

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int_]

NEVER = -20.0  # a logit that never wins


@dataclass(frozen=True)
class Recipe:
    """Options of a training; the defaults are meant to be left alone.

    `balanced` weighs every label alike in the fit, as training on as many Good as Bad plots
    does; probabilities are calibrated on the true proportions afterwards.
    """

    balanced: bool = True
    seed: int = 0


USUAL = Recipe()


def fit_rising(inputs: Array, is_fault: Index, strength: float, recipe: Recipe, rising: int) -> tuple[Array, Array]:
    """Weights (2, D) and bias (2,) of Good and not Good by logistic regression; the first `rising` can't be below zero.

    More deviation never makes a plot better: without that bound a rule learns from one run period what is
    not so in the next. The penalty is that of scikit-learn's LogisticRegression with C = `strength`.
    """
    width = inputs.shape[1]
    if len(np.unique(is_fault)) < 2:
        return np.zeros((2, width)), np.where(np.arange(2) == is_fault[0], 0.0, NEVER)
    sign = 2.0 * is_fault - 1.0
    counts = np.bincount(is_fault, minlength=2)
    weight = (len(is_fault) / 2 / counts)[is_fault] if recipe.balanced else np.ones(len(is_fault))

    def loss(point: Array) -> tuple[float, Array]:
        margin = sign * (inputs @ point[:width] + point[width])
        slope = -sign * weight / (1 + np.exp(np.clip(margin, -50, 50)))
        penalty = 0.5 / strength * float((point[:width] ** 2).sum())
        gradient = np.append(inputs.T @ slope + point[:width] / strength, slope.sum())
        return float((weight * np.logaddexp(0, -margin)).sum()) + penalty, gradient

    bounds = [(0.0, None)] * rising + [(None, None)] * (width - rising + 1)
    found = minimize(loss, np.zeros(width + 1), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 300}).x
    half = np.array([-0.5, 0.5])
    return half[:, None] * found[:width], half * found[width]


def fit_labels(inputs: Array, target: Index, strength: float, recipe: Recipe, labels: int) -> tuple[Array, Array]:
    """Weights (L, D) and bias (L,); a label that isn't in this part gets a logit that never wins."""
    present = np.unique(target)
    weights, bias = np.zeros((labels, inputs.shape[1])), np.full(labels, NEVER)
    if len(present) < 2:
        bias[present] = 0.0
        return weights, bias
    machine = LogisticRegression(
        C=strength, max_iter=300, class_weight="balanced" if recipe.balanced else None, random_state=recipe.seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # close enough after 300 steps
        machine.fit(inputs, target)
    if len(present) == 2:
        weights[present[1]], bias[present[1]] = machine.coef_[0] / 2, machine.intercept_[0] / 2
        weights[present[0]], bias[present[0]] = -machine.coef_[0] / 2, -machine.intercept_[0] / 2
    else:
        weights[present], bias[present] = machine.coef_, machine.intercept_
    return weights, bias


def calibration(logits: Array, target: Index) -> tuple[float, float]:
    """Slope and offset of held-out logits with the least log-loss at the true proportions.

    Platt 1999; the slope is drawn towards 1, since plots that are separated wholly can't tell how sure to be.
    """
    sign = 2.0 * target - 1.0

    def loss(point: Array) -> float:
        scaled = np.exp(point[0]) * logits + point[1]
        return float(np.logaddexp(0.0, -sign * scaled).mean() + 1e-3 * point[0] ** 2 + 1e-5 * point[1] ** 2)

    found = minimize(loss, np.zeros(2), method="Nelder-Mead").x
    return float(np.exp(found[0])), float(found[1])


def best_temperature(logits: npt.NDArray[Any], target: Index) -> float:
    """The temperature with the least log-loss on held-out plots (Guo et al. 2017, arXiv:1706.04599)."""

    def loss(log_temperature: float) -> float:
        chances = softmax((logits / np.exp(log_temperature)).astype(np.float32))
        return float(-np.log(chances[np.arange(len(target)), target] + 1e-9).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-1.5, 3.0), method="bounded").x))
