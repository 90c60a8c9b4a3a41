"""Training a model on stored features: seconds, deterministic under a seed.

Two questions, one after the other. Is the plot normal? By its deviation from what is normal in
its run period, with its appearance where that is clearly better on held-out runs. And which of
the labels of that side is it? By whatever tells them apart best. All is relative to what is
normal, so that a model carries over to the next run period with the reference of that period.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import sklearn
from sklearn.metrics import f1_score
from threadpoolctl import threadpool_limits

from ..domain.errors import Stopped, TrainingError
from .backbone import CHANNELS, DEPTHS, IDENTITY, Floats
from .chosen_thresholds import best_f1_threshold
from .deviation import SCALES, SUMMARY, Description, Normal, Variations, folds, steady, variations
from .familiar import LEAST_SPREAD, LEVEL, Familiar
from .fitting import USUAL, Array, Index, Recipe, best_temperature, calibration, fit_labels, fit_rising
from .held_out import HeldOut
from .model_file import Linear, Model, compose, logistic, softmax

Flags = npt.NDArray[np.bool_]
Progress = Callable[[str, float], None]
StopFlag = Callable[[], bool]

STRENGTHS = (0.1, 1.0, 10.0, 100.0)  # inverse regularisation that is tried, on blocks of size one
COMPONENTS = 96  # directions of appearance that are kept: faster, and no worse on held-out runs than all
FEWEST_A_LABEL = 2
REFERENCE = 30  # first Good plots of a run period, by which it will be judged
CLEARLY = 0.8  # of the log-loss with less evidence, if more is to be asked whether a plot is normal


@dataclass(frozen=True)
class Trained:
    """A model and its held-out probabilities float32 (N, L), each from a fit without that plot's run.

    `unfamiliar` bool (N,) marks the plots that would be Unfamiliar to a model of the other runs. Only those `judged`,
    bool (N,), are in the model's own held-out probabilities and figures.
    """

    model: Model
    held_out: Floats
    unfamiliar: Flags
    judged: Flags
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Watch:
    """Who is told how far the training is, and says when it is to stop."""

    progress: Progress
    stop: StopFlag
    begin: float = 0.0
    end: float = 1.0

    def __call__(self, stage: str, fraction: float) -> None:
        if self.stop():
            raise Stopped("The training was stopped.")
        self.progress(stage, self._at(fraction))

    def part(self, begin: float, end: float) -> _Watch:
        """The one who is told of a part of this work."""
        return _Watch(self.progress, self.stop, self._at(begin), self._at(end))

    def _at(self, fraction: float) -> float:
        return self.begin + fraction * (self.end - self.begin)


def train(
    plot_type: str,
    description: Description,
    labels: Sequence[str],
    groups: Sequence[str],
    *,
    good: Sequence[str],
    accepted: Sequence[bool] | None = None,
    periods: Sequence[str] | None = None,
    hashes: Sequence[str] = (),
    references: Mapping[str, Index] | None = None,
    unit: str = "run",
    recipe: Recipe = USUAL,
    progress: Progress = lambda _stage, _fraction: None,
    stop: StopFlag = lambda: False,
) -> Trained:
    """Train on the description of N plots with their labels, split by `groups` (runs), never by row.

    `unit` says what a group is where there are too few runs.
    `good` names the labels of role good, `periods` gives the run period of each plot, in the order
    of time. `references` gives of a run period the plots that say what is normal, in place of its Good
    ones: their positions in `description` and `groups`, where those without a label come after the N;
    the few that deviate much from the rest are left out. `accepted` marks plots whose label is a guess of an earlier
    model that a person let pass: they are learned from, but nothing is chosen, calibrated or measured by them, as a
    model would be praised for repeating its mistakes. Good plots alone are enough: then a plot that
    deviates is Unfamiliar. Raises TrainingError when there is too little to learn from, Stopped when
    `stop` says so.
    """
    watch = _Watch(progress, stop)
    names = sorted(set(labels), key=lambda name: (name not in good, name))
    judged = ~np.asarray(accepted if accepted is not None else [False] * len(labels), bool)
    _expect_enough(plot_type, labels, names, good, judged)
    target = np.array([names.index(label) for label in labels])
    is_good = np.isin(np.asarray(labels), list(good))
    every_run = np.unique(np.asarray(groups), return_inverse=True)[1]
    runs = every_run[: len(labels)]
    when = np.asarray(periods if periods is not None else [""] * len(labels))
    with threadpool_limits(limits=1):  # on a busy machine threads of BLAS spin on each other: 1 s against 35 s
        normal_plots = {
            period: rows[steady(description.at(rows), every_run[rows])]
            for period, rows in (references or {}).items()
            if period in when and len(rows) >= FEWEST_A_LABEL  # none is left where all were labelled otherwise since
        }
        first = watch.part(0.0, 0.5)
        normals, known, new = _relative(description, is_good, every_run, when, normal_plots, recipe.seed, first)
        excess, relative, blocks = known.excess, known.pooled, known.blocks()
        fold, split = _split(runs, ~is_good, recipe.seed, unit)
        if is_good.all():
            fault, fault_card = (
                _only_good(excess[judged], runs[judged]),
                {"evidence": "deviation, from Good plots alone"},
            )
            fault_logit = fault.of(relative, excess).astype(np.float64)
        else:
            fault, fault_logit, fault_card = _is_fault(
                blocks, new.blocks(), ~is_good, fold, when, judged, recipe, watch.part(0.5, 0.65)
            )
        kinds, kind_logits, kind_card = _which_kind(
            blocks, target, is_good, names, runs, judged, recipe, watch.part(0.65, 0.95)
        )
        watch("novelty", 0.95)
        trained_on = sorted(set(hashes))
        places = {one: number for number, one in enumerate(trained_on)}
        rows = np.array([places.get(one, -1) for one in hashes] or [-1] * len(labels), np.int32)
        familiar, unfamiliar = Familiar.held_out(relative, runs, rows, recipe.seed, judged)
        if is_good.all():
            unfamiliar |= fault_logit > 0
    sides = tuple(name in good for name in names)
    chances = compose(fault_logit.astype(np.float32), kind_logits.astype(np.float32), sides)
    held_out = HeldOut(chances[judged], target[judged].astype(np.int32), unfamiliar=unfamiliar[judged])
    thresholds = {name: best_f1_threshold(held_out.chances, target[judged], index) for index, name in enumerate(names)}
    card = {
        "plot_type": plot_type,
        "backbone": IDENTITY,
        "recipe": {"balanced": recipe.balanced, "seed": recipe.seed, "fault": fault_card, "kind": kind_card},
        "plots": {name: int((target == index).sum()) for index, name in enumerate(names)},
        **({} if judged.all() else {"accepted": int((~judged).sum())}),
        "runs": len(set(groups[: len(labels)])),
        "run_periods": list(normals),
        "references": {period: len(rows) for period, rows in normal_plots.items()},
        "unfamiliar": {"level": round(familiar.level, 4), "wanted": LEVEL, "runs": len(familiar.distances)},
        "split": split,
        "trained_on": trained_on,
        "versions": {"onnxruntime": onnxruntime.__version__, "scikit-learn": sklearn.__version__},
    }
    model = Model(plot_type, tuple(names), sides, fault, kinds, normals, familiar, thresholds, card, held_out)
    progress("done", 1.0)
    return Trained(model, chances, unfamiliar, judged)


def _expect_enough(
    plot_type: str, labels: Sequence[str], names: Sequence[str], good: Sequence[str], judged: Flags
) -> None:
    if not labels:
        raise TrainingError(f"{plot_type} has no labelled plots; label or import some first.")
    if len(names) < 2 and names[0] not in good:
        raise TrainingError(
            f"{plot_type} has labels of one kind only ({names[0]}); label some Good plots, they alone are enough."
        )
    few = [name for name in names if list(labels).count(name) < FEWEST_A_LABEL]
    if few:
        raise TrainingError(
            f"{plot_type} has fewer than {FEWEST_A_LABEL} plots of {', '.join(few)}; "
            "label more of it or use another label."
        )
    chosen = [label in good for label, one in zip(labels, judged, strict=True) if one]
    for side, what in ((True, "Good"), (False, "other")):
        if any((name in good) is side for name in names) and chosen.count(side) < FEWEST_A_LABEL:
            raise TrainingError(
                f"{plot_type} has {chosen.count(side)} {what} plots whose label a person chose, the rest are guesses "
                f"that were accepted with their page; choose {FEWEST_A_LABEL} at least, a model is measured by them."
            )


@dataclass(frozen=True)
class _Relative:
    """N plots less what is normal: their excess float32 (N, 20), their appearance float32 (N, 1432)."""

    excess: Floats
    pooled: Floats

    @classmethod
    def empty(cls, count: int) -> _Relative:
        return cls(np.zeros((count, len(SUMMARY)), np.float32), np.zeros((count, CHANNELS), np.float32))

    def measure(
        self,
        description: Description,
        inside: Index,
        reference: Index,
        runs: Index,
        seed: int,
        known: Variations | None,
    ) -> Normal:
        """Fill in the plots `inside` a run period, by their rows; returns what is normal there by the `reference`."""
        part = np.union1d(inside, reference)
        normal, summary = Normal.held_out(description.at(part), np.isin(part, reference), runs[part], seed, known)
        self.excess[inside] = summary[np.isin(part, inside)]
        self.pooled[inside] = description.pooled[inside] - normal.pooled
        return normal

    def blocks(self) -> Blocks:
        """Both kinds of evidence."""
        return _deviation(self.excess), _appearance(self.pooled)


def _relative(
    description: Description,
    is_good: npt.NDArray[np.bool_],
    runs: Index,
    when: npt.NDArray[Any],
    references: Mapping[str, Index],
    seed: int,
    watch: _Watch,
) -> tuple[dict[str, Normal], _Relative, _Relative]:
    """What is normal in each run period, and how far each labelled plot is from it without its own run.

    Once by its reference or else all its Good plots, and once as if the period were new: about the first of these,
    by how plots vary elsewhere. A period with neither is measured by what is
    normal in all, and as the model then doesn't know what is normal there, its plots are judged as those of a new one.
    """
    distinct = list(dict.fromkeys(when.tolist()))
    good = np.flatnonzero(is_good) if is_good.sum() >= FEWEST_A_LABEL else np.arange(len(when))
    own = {
        period: next(
            (
                rows
                for rows in (references.get(period, good[:0]), good[when[good] == period])
                if len(rows) >= FEWEST_A_LABEL
            ),
            good[:0],
        )
        for period in distinct
    }

    def vary(periods: Sequence[str]) -> Variations | None:
        rows = np.concatenate([own[period] for period in periods] or [good[:0]])
        if len(rows) < REFERENCE:
            return None
        return variations(description.at(rows), np.repeat(periods, [len(own[period]) for period in periods]))

    several = len(distinct) > 1
    common = vary(distinct) or variations(description.at(good), when[good]) if several else None
    normals: dict[str, Normal] = {}
    known, new = _Relative.empty(len(when)), _Relative.empty(len(when))
    for number, period in enumerate(distinct):
        watch("what is normal", number / len(distinct))
        inside, rows = np.flatnonzero(when == period), own[period]
        normal = known.measure(description, inside, rows if len(rows) else good, runs, seed, common)
        if len(rows) or not any(len(one) for one in own.values()):  # what is normal elsewhere is no word on this one
            normals[period] = normal
        elsewhere = vary([other for other in distinct if other != period]) if several else None
        if elsewhere is not None and len(rows):
            new.measure(description, inside, rows[:REFERENCE], runs, seed, elsewhere)
        else:
            new.excess[inside], new.pooled[inside] = known.excess[inside], known.pooled[inside]
    return normals, known, new


@dataclass(frozen=True)
class _Block:
    """One kind of evidence, scaled so that its rows have a mean square length of one.

    `inputs` (N, K) are ((raw - centre) / spread) @ components.T of the raw columns (N, D).
    """

    name: str
    inputs: Array
    centre: Array
    spread: Array
    components: Array

    def unscaled(self, weights: Array) -> tuple[Array, Array]:
        """Weights (L, K) of the inputs as weights (L, D) of the raw columns, and what to add to the bias (L,)."""
        raw = weights @ self.components / self.spread
        return raw, -raw @ self.centre


# whether a plot is normal is asked of more evidence only where that is clearly better: what is less holds longer
_ASKED = ("deviation of the network's map", "deviation", "deviation and appearance")
Blocks = tuple[_Block, _Block]
Fit = Callable[[Array, Index, float, Recipe, int], tuple[Array, Array]]
CELLS = 1 + len(SCALES[0].tops)  # the first numbers of the summary are those of the network's map
# of each kind of evidence how many numbers of the summary it uses, and whether appearance
_SETS: dict[str, tuple[int, bool]] = {
    "deviation": (len(SUMMARY), False),
    "deviation of the network's map": (CELLS, False),
    "deviation and appearance": (len(SUMMARY), True),
    "appearance": (0, True),
}


# the three depths of the network weigh alike, however many channels each has: measured with appearance alone, on
# held-out runs, AUC 0.82 to 0.87 for dead modules and 0.85 to 0.89 for yields beside the last depth alone
_DEPTHS_ALIKE = np.sqrt(np.repeat(DEPTHS, DEPTHS) / max(DEPTHS))


def _appearance(relative: Floats) -> _Block:
    raw = relative.astype(np.float64)
    centre, spread = raw.mean(axis=0), raw.std(axis=0) + 1e-6
    spread = np.maximum(spread, LEAST_SPREAD * np.median(spread)) * _DEPTHS_ALIKE
    scaled = (raw - centre) / spread
    # directions of the plots, from the smaller of the two matrices of products
    small = len(scaled) < scaled.shape[1]
    sizes, vectors = np.linalg.eigh(scaled @ scaled.T if small else scaled.T @ scaled)
    kept = sizes > 1e-8 * max(sizes[-1], 1e-8)
    sizes, vectors = sizes[kept][-COMPONENTS:], vectors[:, kept][:, -COMPONENTS:]
    components = (scaled.T @ vectors / np.sqrt(sizes)).T if small else vectors.T
    components /= np.sqrt(max(sizes.sum() / len(scaled), 1e-12))
    return _Block("appearance", scaled @ components.T, centre, spread, components)


def _deviation(excess: Floats) -> _Block:
    raw = excess.astype(np.float64)
    centre, spread = raw.mean(axis=0), np.maximum(raw.std(axis=0), 1e-3)
    components = np.eye(raw.shape[1]) / np.sqrt(raw.shape[1])
    return _Block("deviation", (raw - centre) / spread @ components, centre, spread, components)


def _folds(runs: Index, target: Index, seed: int) -> Index:
    """Folds by run; plots of a label that would all be in one are divided by run among themselves.

    Or by plot, where they are of one run: a rule that never saw a label can't tell how sure it is to be of it.
    """
    fold = folds(runs, seed)
    for label in np.unique(target):
        same = target == label
        if len(np.unique(fold[same])) < 2:
            fold[same] = folds(runs[same], seed)
    return fold


def _split(runs: Index, is_fault: npt.NDArray[np.bool_], seed: int, unit: str) -> tuple[Index, str]:
    """Folds by run, and what they are in words."""
    fold = _folds(runs, is_fault.astype(int), seed)
    if len(np.unique(runs)) < 2:
        return fold, f"folds by plot: all plots are of one {unit}"
    said = f"{len(np.unique(fold))} folds by {unit}"
    if unit != "run":
        said += (
            ", as the plots are of too few runs: figures promise more than a new run will keep, label some of others"
        )
    for side, what in ((is_fault, "plots that aren't Good"), (~is_fault, "Good plots")):
        if len(np.unique(runs[side])) == 1:
            said += f"; all {what} are of one {unit} and divided by plot, label some of other runs too"
    return fold, said


def _by_period(when: npt.NDArray[Any], is_fault: Flags, judged: Flags) -> Index | None:
    """Folds by run period, None where there aren't two that each have Good and other plots to judge."""
    periods = np.unique(when, return_inverse=True)[1]
    count = int(periods.max()) + 1
    least = min(np.bincount(periods[side & judged], minlength=count).min() for side in (is_fault, ~is_fault))
    return periods if count > 1 and least >= FEWEST_A_LABEL else None


@dataclass(frozen=True)
class _HeldOut:
    loss: float
    evidence: str
    strength: float
    logits: Array


def _is_fault(
    blocks: Blocks,
    new: Blocks,
    is_fault: npt.NDArray[np.bool_],
    fold: Index,
    when: npt.NDArray[Any],
    judged: Flags,
    recipe: Recipe,
    watch: _Watch,
) -> tuple[Linear, Array, dict[str, Any]]:
    """Whether a plot is not Good: the linear rule, its held-out logits (N,) and what was found.

    `new` are the blocks of plots as if their run period were new. Choices rest on the plots that are `judged`.
    """
    target = is_fault.astype(int)
    rising = blocks[0].inputs.shape[1]

    def fit(inputs: Array, target: Index, strength: float, recipe: Recipe, _labels: int) -> tuple[Array, Array]:
        return fit_rising(inputs, target, strength, recipe, rising)

    # what is learned of several run periods must hold in a new one: the network's map alone may do so longest
    hard = _by_period(when, is_fault, judged)
    asked, asking, asked_of = (_ASKED[1:], fold, blocks) if hard is None else (_ASKED, hard, new)
    share = 0.8 / len(asked)
    chosen = _choose(asked_of, target, asking, judged, asked[:1], recipe, watch.part(0.0, share), fit=fit)
    for number, evidence in enumerate(asked[1:], start=1):
        here = watch.part(share * number, share * (number + 1))
        wider = _choose(asked_of, target, asking, judged, (evidence,), recipe, here, fit=fit)
        chosen = wider if wider.loss < CLEARLY * chosen.loss else chosen
    if hard is not None:  # probabilities are those of a run period whose normal is known
        chosen = _choose(
            blocks, target, fold, judged, (chosen.evidence,), recipe, watch.part(0.8, 0.9), (chosen.strength,), fit
        )
    logits = chosen.logits[:, 1] - chosen.logits[:, 0]
    slope, offset = calibration(logits[judged], target[judged])
    weights, bias = fit(_inputs(blocks, chosen.evidence), target, chosen.strength, recipe, 2)
    linear = _linear(blocks, slope * (weights[1:] - weights[:1]), slope * (bias[1:] - bias[:1]) + offset)
    other = _choose(
        blocks,
        target,
        fold,
        judged,
        (chosen.evidence,),
        Recipe(not recipe.balanced, recipe.seed),
        watch.part(0.9, 1.0),
        (chosen.strength,),
        fit,
    )
    card = {
        "evidence": chosen.evidence,
        "strength": chosen.strength,
        "slope": round(slope, 4),
        "held_out": {
            "balanced" if one.balanced else "not balanced": _effect(held.logits[judged], target[judged])
            for one, held in ((recipe, chosen), (Recipe(not recipe.balanced), other))
        },
    }
    flat = Linear(linear.weights[0], linear.deviation[0], linear.bias[0])
    return flat, slope * logits + offset, card


def _effect(held_out: Array, target: Index) -> dict[str, float]:
    """What balancing does, after calibration: log-loss and F1 of not Good on held-out plots, by their logits (N, 2)."""
    logits = held_out[:, 1] - held_out[:, 0]
    slope, offset = calibration(logits, target)
    chances = np.clip(logistic((slope * logits + offset).astype(np.float32)), 1e-7, 1 - 1e-7)
    loss = float(-(target * np.log(chances) + (1 - target) * np.log(1 - chances)).mean())
    return {"log_loss": round(loss, 4), "f1": round(float(f1_score(target, chances >= 0.5, zero_division=0)), 4)}


def _only_good(excess: Floats, runs: Index) -> Linear:
    """Without any fault to learn from: how many standard deviations beyond what runs of Good plots reach.

    The mean of the scaled summary is compared with the highest of each held-out run, at the
    level that their number allows.
    """
    spread = excess.std(axis=0).astype(np.float64) + 0.05
    strange = (excess / spread).mean(axis=1)
    highest = np.sort([strange[runs == run].max() for run in np.unique(runs)])
    limit = highest[-1 - int(LEVEL * len(highest))]
    sigma = max(float(strange.std()), 1e-3)
    weights = 1.0 / (spread * len(spread) * sigma)
    return Linear(np.zeros(CHANNELS, np.float32), weights.astype(np.float32), np.float32(-limit / sigma))


def _which_kind(
    blocks: Blocks,
    target: Index,
    is_good: npt.NDArray[np.bool_],
    names: Sequence[str],
    runs: Index,
    judged: Flags,
    recipe: Recipe,
    watch: _Watch,
) -> tuple[Linear, Array, dict[str, Any]]:
    """Which label of its side a plot has: rules for all labels, held-out logits (N, L) and what was found."""
    count = len(names)
    width = sum(block.inputs.shape[1] for block in blocks)
    rules, biases = np.zeros((count, width)), np.zeros(count)
    logits, card = np.zeros((len(target), count)), {}
    for half, (side, name) in enumerate(((is_good, "good"), (~is_good, "not good"))):
        here = np.unique(target[side])
        if len(here) < 2:
            continue
        part = tuple(_Block(one.name, one.inputs[side], one.centre, one.spread, one.components) for one in blocks)
        own = np.searchsorted(here, target[side])
        fold = _folds(runs[side], own, recipe.seed)
        now = watch.part(half / 2, (half + 1) / 2)
        counts = judged[side]
        chosen = _choose((part[0], part[1]), own, fold, counts, tuple(_SETS), recipe, now)
        temperature = best_temperature(chosen.logits[counts], own[counts])
        weights, bias = fit_labels(
            _inputs((part[0], part[1]), chosen.evidence), own, chosen.strength, recipe, len(here)
        )
        rules[here], biases[here] = weights / temperature, bias / temperature
        all_inputs = _inputs(blocks, chosen.evidence)
        logits[:, here] = (all_inputs @ weights.T + bias) / temperature
        logits[np.ix_(side, here)] = chosen.logits / temperature
        card[name] = {
            "evidence": chosen.evidence,
            "strength": chosen.strength,
            "temperature": round(float(temperature), 4),
        }
    return _linear(blocks, rules, biases), logits, card


def _inputs(blocks: Blocks, evidence: str) -> Array:
    """The inputs of both blocks, zero where that kind of evidence doesn't use them."""
    (deviation, appearance), (numbers, pooled) = blocks, _SETS[evidence]
    used = np.where(np.arange(deviation.inputs.shape[1]) < numbers, deviation.inputs, 0.0)
    return np.concatenate([used, appearance.inputs if pooled else np.zeros_like(appearance.inputs)], axis=1)


def _linear(blocks: Blocks, weights: Array, bias: Array) -> Linear:
    """Rules on scaled inputs (L, K) as rules on excess and appearance."""
    deviation, appearance = blocks
    first = deviation.inputs.shape[1]
    on_excess, one = deviation.unscaled(weights[:, :first])
    on_pooled, other = appearance.unscaled(weights[:, first:])
    return Linear(on_pooled.astype(np.float32), on_excess.astype(np.float32), (bias + one + other).astype(np.float32))


def _choose(
    blocks: Blocks,
    target: Index,
    fold: Index,
    judged: Flags,
    sets: Sequence[str],
    recipe: Recipe,
    watch: _Watch,
    strengths: Sequence[float] = STRENGTHS,
    fit: Fit | None = None,
) -> _HeldOut:
    """The kinds of evidence and the strength with the least log-loss on held-out runs, every label weighing alike.

    It is that of the plots that are `judged`; of the others of a held-out run nothing is learned there either.
    """
    best: _HeldOut | None = None
    labels, truth = int(target.max()) + 1, target[judged]
    weight = (len(truth) / labels / np.maximum(1, np.bincount(truth, minlength=labels)))[truth]
    for number, evidence in enumerate(sets):
        inputs = _inputs(blocks, evidence)
        for tried, strength in enumerate(strengths):
            watch("cross-validation", (number + tried / len(strengths)) / len(sets))
            logits = np.zeros((len(target), labels))
            for one in np.unique(fold):
                outside = fold == one
                weights, bias = (fit or fit_labels)(inputs[~outside], target[~outside], strength, recipe, labels)
                logits[outside] = inputs[outside] @ weights.T + bias
            counted = logits[judged]
            chances = softmax((counted / best_temperature(counted, truth)).astype(np.float32))
            loss = float(-(weight * np.log(chances[np.arange(len(truth)), truth] + 1e-9)).mean())
            if best is None or loss < best.loss:
                best = _HeldOut(loss, evidence, strength, logits)
    assert best is not None  # noqa: S101 there is always a strength
    return best
