"""Training a model on stored features: seconds, deterministic under a seed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import sklearn
from scipy.optimize import minimize_scalar
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold
from threadpoolctl import threadpool_limits

from ..domain.errors import Stopped, TrainingError
from .backbone import IDENTITY, Floats
from .deviation import SUMMARY, Cells, Description, Normal, summarise
from .model_file import Model, softmax

Progress = Callable[[str, float], None]
StopFlag = Callable[[], bool]

STRENGTHS = (0.1, 1.0, 10.0, 100.0)  # inverse regularisation that is tried, on blocks of size one
COMPONENTS = 96  # directions of appearance that are kept: faster, and no worse on held-out runs than all
LEAST_SPREAD = 0.3  # of the median channel's: one that hardly varied must not be blown up when it drifts
EVIDENCE = ("appearance and deviation", "deviation", "appearance")  # what the label is judged by, all tried
FOLDS = 5
FEWEST_A_LABEL = 2
LOWEST_LOG_TEMPERATURE = -1.5  # where held-out plots are separated wholly, nothing tells how sure to be


@dataclass(frozen=True)
class Recipe:
    """Options of a training; the defaults are meant to be left alone.

    `balanced` weighs every label alike in the fit, as training on as many Good as Bad plots
    does; probabilities are calibrated on the true proportions afterwards.
    """

    balanced: bool = True
    seed: int = 0


@dataclass(frozen=True)
class Trained:
    """A model and its held-out probabilities float32 (N, L), each from a fit without that plot's run."""

    model: Model
    held_out: Floats
    figures: Mapping[str, Any] = field(default_factory=dict)


def train(
    plot_type: str,
    description: Description,
    labels: Sequence[str],
    groups: Sequence[str],
    *,
    good: Sequence[str],
    hashes: Sequence[str] = (),
    recipe: Recipe = Recipe(),
    progress: Progress = lambda _stage, _fraction: None,
    stop: StopFlag = lambda: False,
) -> Trained:
    """Train on the description of N plots with their labels, split by `groups` (runs), never by row.

    `good` names the labels of role good. Raises TrainingError when there is too little to learn
    from, Stopped when `stop` says so.
    """
    names = sorted(set(labels), key=lambda name: (name not in good, name))
    _expect_enough(plot_type, labels, names)
    target = np.array([names.index(label) for label in labels])
    is_good = np.isin(np.asarray(labels), list(good))
    folds = _folds(target, np.asarray(groups), recipe.seed)
    progress("deviation", 0.0)
    summary = _held_out_summary(description.cells, is_good, folds)
    normal = _normal(description.cells, is_good)
    appearance, deviation = _appearance(description.pooled), _deviation(summary)
    held_out = _choose(appearance, deviation, target, folds, recipe, progress, stop)
    temperature = _temperature(held_out.logits, target)
    progress("fit", 0.9)
    inputs = np.concatenate([_on(appearance, held_out.evidence), _on(deviation, held_out.evidence)], axis=1)
    fitted, bias = _fit(inputs, target, held_out.strength, recipe, len(names))
    fitted, bias = fitted / temperature, bias / temperature
    weights, constant = appearance.unscaled(fitted[:, : appearance.inputs.shape[1]])
    deviation_weights, other_constant = deviation.unscaled(fitted[:, appearance.inputs.shape[1] :])
    bias = bias + constant + other_constant
    chances = softmax((held_out.logits / temperature).astype(np.float32))
    thresholds = {name: best_f1_threshold(chances, target, index) for index, name in enumerate(names)}
    counts = {name: int((target == index).sum()) for index, name in enumerate(names)}
    card = {
        "plot_type": plot_type,
        "backbone": IDENTITY,
        "recipe": {
            "balanced": recipe.balanced,
            "seed": recipe.seed,
            "strength": held_out.strength,
            "evidence": held_out.evidence,
        },
        "plots": counts,
        "runs": len(set(groups)),
        "split": held_out.split,
        "temperature": round(float(temperature), 4),
        "trained_on": sorted(set(hashes)),
        "versions": {"onnxruntime": onnxruntime.__version__, "scikit-learn": sklearn.__version__},
    }
    model = Model(
        plot_type,
        tuple(names),
        weights.astype(np.float32),
        deviation_weights.astype(np.float32),
        bias.astype(np.float32),
        normal,
        (summary[is_good] if is_good.any() else summary).mean(axis=0),
        thresholds,
        card,
    )
    progress("done", 1.0)
    return Trained(model, chances)


def best_f1_threshold(chances: Floats, target: npt.NDArray[np.int_], index: int) -> float:
    """The threshold of a label with the best F1 of its Confirmed verdicts on held-out plots.

    Where several do equally well, the middle of their range. `chances` is (N, L), `target` (N,).
    """
    top = chances.argmax(axis=1) == index
    values = chances[:, index]
    lowest = 1.0 / chances.shape[1]
    candidates = np.linspace(lowest, 0.95, 60)
    truth = target == index
    scores = []
    for candidate in candidates:
        called = top & (values >= candidate)
        hits = (called & truth).sum()
        scores.append(2 * hits / max(1, called.sum() + truth.sum()))
    best = np.flatnonzero(np.asarray(scores) >= max(scores) - 1e-9)
    return float(round(candidates[best].mean(), 3)) if max(scores) > 0 else 0.5


@dataclass(frozen=True)
class _HeldOut:
    logits: npt.NDArray[np.float64]
    strength: float
    evidence: str
    split: str


@dataclass(frozen=True)
class _Folds:
    pairs: list[tuple[npt.NDArray[np.int_], npt.NDArray[np.int_]]]
    split: str


def _expect_enough(plot_type: str, labels: Sequence[str], names: Sequence[str]) -> None:
    if not labels:
        raise TrainingError(f"{plot_type} has no labelled plots; label or import some first.")
    if len(names) < 2:
        raise TrainingError(
            f"{plot_type} has labels of one kind only ({names[0]}); label some plots of another kind, Bad for instance."
        )
    few = [name for name in names if list(labels).count(name) < FEWEST_A_LABEL]
    if few:
        raise TrainingError(
            f"{plot_type} has fewer than {FEWEST_A_LABEL} plots of {', '.join(few)}; "
            "label more of it or use another label."
        )


def _folds(target: npt.NDArray[np.int_], groups: npt.NDArray[Any], seed: int) -> _Folds:
    count = len(set(groups.tolist()))
    if count >= 2:
        folds = GroupKFold(min(FOLDS, count), shuffle=True, random_state=seed)
        return _Folds(list(folds.split(target, target, groups)), f"{min(FOLDS, count)} folds by run")
    fewest = int(np.bincount(target).min())
    if fewest >= 2:
        chosen = StratifiedKFold(min(FOLDS, fewest), shuffle=True, random_state=seed)
        return _Folds(list(chosen.split(target, target)), "folds by plot: all plots are of one run")
    return _Folds(
        list(KFold(2, shuffle=True, random_state=seed).split(target)), "folds by plot: all plots are of one run"
    )


@dataclass(frozen=True)
class _Block:
    """One kind of evidence, `name` of them, scaled so that its rows have a mean square length of one.

    `inputs` (N, K) are ((raw - centre) / spread) @ components.T of the raw columns (N, D).
    """

    name: str
    inputs: npt.NDArray[np.float64]
    centre: npt.NDArray[np.float64]
    spread: npt.NDArray[np.float64]
    components: npt.NDArray[np.float64]

    def unscaled(self, weights: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Weights (L, K) of the inputs as weights (L, D) of the raw columns, and what to add to the bias (L,)."""
        raw = weights @ self.components / self.spread
        return raw, -raw @ self.centre


def _appearance(pooled: Floats) -> _Block:
    raw = pooled.astype(np.float64)
    centre, spread = raw.mean(axis=0), raw.std(axis=0) + 1e-6
    spread = np.maximum(spread, LEAST_SPREAD * np.median(spread))
    scaled = (raw - centre) / spread
    # directions of the plots, from the smaller of the two matrices of products
    small = len(scaled) < scaled.shape[1]
    sizes, vectors = np.linalg.eigh(scaled @ scaled.T if small else scaled.T @ scaled)
    kept = sizes > 1e-8 * max(sizes[-1], 1e-8)
    sizes, vectors = sizes[kept][-COMPONENTS:], vectors[:, kept][:, -COMPONENTS:]
    components = (scaled.T @ vectors / np.sqrt(sizes)).T if small else vectors.T
    components /= np.sqrt(max(sizes.sum() / len(scaled), 1e-12))
    return _Block("appearance", scaled @ components.T, centre, spread, components)


def _deviation(summary: Floats) -> _Block:
    raw = summary.astype(np.float64)
    centre, spread = raw.mean(axis=0), np.maximum(raw.std(axis=0), 1e-3)
    components = np.eye(raw.shape[1]) / np.sqrt(raw.shape[1])
    return _Block("deviation", (raw - centre) / spread @ components, centre, spread, components)


def _on(block: _Block, evidence: str) -> npt.NDArray[np.float64]:
    """The inputs of a block, zero where that kind of evidence isn't used."""
    return block.inputs if block.name in evidence else np.zeros_like(block.inputs)


def _at(cells: Cells, chosen: npt.NDArray[Any]) -> Cells:
    return tuple(part[chosen] for part in cells)


def _normal(cells: Cells, is_good: npt.NDArray[np.bool_]) -> Normal:
    """Statistics of Good plots, or of all plots where fewer than two are Good."""
    return Normal.of(_at(cells, is_good) if is_good.sum() >= 2 else cells)


def _held_out_summary(cells: Cells, is_good: npt.NDArray[np.bool_], folds: _Folds) -> Floats:
    """Deviation summary of each plot from Good plots of other runs only.

    Good plots lie closer to statistics that they were part of; a head trained on those would
    call every new Good plot deviant.
    """
    summary = np.zeros((len(is_good), len(SUMMARY)), np.float32)
    for inside, outside in folds.pairs:
        normal = _normal(_at(cells, inside), is_good[inside])
        summary[outside] = summarise(normal.maps(_at(cells, outside)))
    return summary


def _choose(
    appearance: _Block,
    deviation: _Block,
    target: npt.NDArray[np.int_],
    folds: _Folds,
    recipe: Recipe,
    progress: Progress,
    stop: StopFlag,
) -> _HeldOut:
    """The kinds of evidence and the strength with the least log-loss on held-out runs, every label weighing alike."""
    best: tuple[float, _HeldOut] | None = None
    labels = int(target.max()) + 1
    weight = (len(target) / labels / np.bincount(target, minlength=labels))[target]
    trials = [(evidence, strength) for evidence in EVIDENCE for strength in STRENGTHS]
    for number, (evidence, strength) in enumerate(trials):
        inputs = np.concatenate([_on(appearance, evidence), _on(deviation, evidence)], axis=1)
        logits = np.zeros((len(target), labels))
        for fold, (inside, outside) in enumerate(folds.pairs):
            if stop():
                raise Stopped("The training was stopped.")
            progress("cross-validation", (number + fold / len(folds.pairs)) / len(trials) * 0.9)
            weights, bias = _fit(inputs[inside], target[inside], strength, recipe, labels)
            logits[outside] = inputs[outside] @ weights.T + bias
        scaled_logits = logits / _temperature(logits, target)
        chances = softmax(scaled_logits.astype(np.float32))
        loss = float(-(weight * np.log(chances[np.arange(len(target)), target] + 1e-9)).mean())
        if best is None or loss < best[0]:
            best = (loss, _HeldOut(logits, strength, evidence, folds.split))
    assert best is not None  # noqa: S101 there is always a strength
    return best[1]


def _fit(
    scaled: npt.NDArray[np.float64], target: npt.NDArray[np.int_], strength: float, recipe: Recipe, labels: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Weights (L, D) and bias (L,); a label that isn't in this part gets a logit that never wins."""
    present = np.unique(target)
    weights = np.zeros((labels, scaled.shape[1]))
    bias = np.full(labels, -20.0)
    if len(present) == 1:
        bias[present[0]] = 0.0
        return weights, bias
    machine = LogisticRegression(
        C=strength, max_iter=300, class_weight="balanced" if recipe.balanced else None, random_state=recipe.seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # close enough after 300 steps
        # one thread: on a busy machine those of BLAS spin on each other, measured 1 s against 35 s
        with threadpool_limits(limits=1):
            machine.fit(scaled, target)
    if len(present) == 2:
        weights[present[1]], bias[present[1]] = machine.coef_[0] / 2, machine.intercept_[0] / 2
        weights[present[0]], bias[present[0]] = -machine.coef_[0] / 2, -machine.intercept_[0] / 2
    else:
        weights[present], bias[present] = machine.coef_, machine.intercept_
    return weights, bias


def _temperature(logits: npt.NDArray[np.float64], target: npt.NDArray[np.int_]) -> float:
    """The temperature with the least log-loss on held-out plots (Guo et al. 2017, arXiv:1706.04599)."""

    def loss(log_temperature: float) -> float:
        chances = softmax((logits / np.exp(log_temperature)).astype(np.float32))
        return float(-np.log(chances[np.arange(len(target)), target] + 1e-9).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(LOWEST_LOG_TEMPERATURE, 3.0), method="bounded").x))
