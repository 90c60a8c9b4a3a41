"""The second recipe: the whole network tuned to one plot type, at about nine plots a second on two cores.

It starts from a linear head on the published features, so that tuning doesn't first undo them (Kumar et al.
2022, arXiv:2202.10054). BatchNorm stays as published, statistics and scale: with running statistics a small
set ends at AUC 1.0 and accuracy 0.5. Torch is imported where it is used only.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime
import safetensors
import sklearn
from safetensors import SafetensorError
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold
from threadpoolctl import threadpool_limits

from ..domain.errors import Stopped, StorageError, TrainingError
from ..domain.training import HELD_OUT_F1, HELD_OUT_LOSS, TRAINING_LOSS
from . import backbone
from .backbone import IDENTITY, LAST_CHANNELS, Floats
from .chosen_thresholds import best_f1_threshold
from .evaluate import evaluate
from .familiar import LEAST_SPREAD
from .fitting import best_temperature
from .head import FEWEST_A_LABEL, Progress
from .held_out import HeldOut
from .model_file import softmax
from .picture import HEIGHT, WIDTH, Picture
from .tuned_model import INPUT, OUTPUTS, TunedModel

AT_ONCE = 2  # pictures between two looks at the stop flag without a GPU: a third of a second on two cores
JUDGED_AT_ONCE = 8
CHECKPOINT_S = 60.0  # what a kill may cost at most, beside what was done since the last whole epoch
MOST_SHIFT = 2  # pixels; plots stay aligned, and are never mirrored
BRIGHTNESS = 0.05  # at most this share brighter or darker
PROBE_STRENGTH = 10.0  # inverse regularisation of the linear head that tuning starts from
LEAST_GAIN = 0.05  # of the first recipe's log-loss: less isn't worth a network of its own at every plot
FEWEST_GROUPS = 5  # fewer say nothing of other runs
RESAMPLES = 2000
DRAWN_AN_EPOCH = 20  # points of the training loss
LEAST_CHANCE = 1e-6  # a single plot judged wrongly for certain must not decide

Ints = npt.NDArray[np.int_]
Texts = npt.NDArray[np.str_]


class Wish(Enum):
    """What the one who waits wants of a training under way."""

    GO_ON = "go on"
    DISCARD = "discard"
    KEEP_THE_BEST = "keep the best"


StopFlag = Callable[[], Wish]
Draw = Callable[[str, float, float], None]


class Pictures(Protocol):
    """N pictures uint8 (224, 320, 3): an array, a list, or what decodes them as they are asked for."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Any: ...


@dataclass(frozen=True)
class Recipe:
    """Options of a tuning; the defaults are meant to be left alone.

    A part of the plots, one in `folds` by run, is held out to stop early, `patience` epochs after the best.
    With `every_plot` there is a fit for each fold, so that every plot is held out once; the model is the
    first fit's. Rates are those of AdamW.
    """

    epochs: int = 10
    patience: int = 3
    batch: int = 8
    body_rate: float = 3e-5
    head_rate: float = 1e-3
    weight_decay: float = 0.01
    folds: int = 5
    every_plot: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Tuned:
    """A tuned model and its held-out probabilities float32 (M, L) of the plots `at` (M,), in rising order.

    Each plot was judged by a fit that didn't train on its run, at an epoch and a temperature chosen without it.
    """

    model: TunedModel
    held_out: Floats
    at: Ints


@dataclass(frozen=True)
class Comparison:
    """Log-loss of two recipes on the same held-out plots, every label weighing alike.

    `low` and `high` bound the gain of the second in 95 % of resamplings of the groups.
    """

    first: float
    second: float
    low: float
    high: float
    groups: int

    @property
    def better(self) -> bool:
        """Whether the second is the better one beyond chance, and by enough to be worth its cost."""
        gain = self.first - self.second
        return self.groups >= FEWEST_GROUPS and self.low > 0 and gain >= LEAST_GAIN * self.first


def better(first: Floats, second: Floats, target: Ints, groups: Sequence[str]) -> bool:
    """Whether the second recipe is to be used: a clear win on the same held-out plots, no tie."""
    return compare(first, second, target, groups).better


def compare(first: Floats, second: Floats, target: Ints, groups: Sequence[str], *, seed: int = 0) -> Comparison:
    """Compare held-out probabilities float32 (M, L) of plots whose labels are the columns `target` (M,).

    Groups (runs) are drawn anew as a whole, as plots of one run are alike.
    """
    weight = _weights(target, first.shape[1])[target]
    losses = [weight * _surprise(chances, target) for chances in (first, second)]
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    gain, size = np.bincount(group, losses[0] - losses[1]), np.bincount(group, weight)
    drawn = np.random.default_rng(seed).multinomial(len(size), np.full(len(size), 1 / len(size)), RESAMPLES)
    low, high = np.quantile((drawn @ gain) / (drawn @ size), [0.025, 0.975])
    total = weight.sum()
    return Comparison(
        float(losses[0].sum() / total), float(losses[1].sum() / total), float(low), float(high), len(size)
    )


def train(
    plot_type: str,
    pictures: Pictures,
    labels: Sequence[str],
    groups: Sequence[str],
    *,
    good: Sequence[str],
    accepted: npt.NDArray[np.bool_] | None = None,
    hashes: Sequence[str] = (),
    recipe: Recipe = Recipe(),
    checkpoints: Path | None = None,
    progress: Progress = lambda _stage, _fraction: None,
    stop: StopFlag = lambda: Wish.GO_ON,
    draw: Draw = lambda _curve, _step, _value: None,
) -> Tuned:
    """Tune the network to N plots with their labels, split by `groups` (runs), never by row.

    `good` names the labels of role good. Plots with an `accepted` label, bool (N,), are learned from outside the runs
    held out, and never judged. What was done is kept in the folder `checkpoints`, and a training of
    the same plots by the same recipe goes on from there; `forget` it once the model is stored. `draw` takes the points
    of the first fit's curves, by epochs: `HELD_OUT_LOSS` and `HELD_OUT_F1` after each, `TRAINING_LOSS` at steps.
    Raises TrainingError when there is too little to learn from, StorageError when a checkpoint can't be written,
    Stopped when `stop` says to discard, or to keep the best before there is any.
    """
    names = sorted(set(labels), key=lambda name: (name not in good, name))
    target = np.array([names.index(label) for label in labels], int)
    belongs = np.asarray([str(group) for group in groups])
    unjudged = np.zeros(len(target), bool) if accepted is None else np.asarray(accepted, bool)
    folds = _folds(plot_type, target, belongs, names, recipe, unjudged)
    fingerprint = _fingerprint(plot_type, labels, belongs, hashes, recipe, np.flatnonzero(unjudged))
    task = _Task(pictures, target, belongs, tuple(names), recipe, fingerprint)
    try:
        pooled = _pooled(pictures, progress, stop)
        fits: list[_Fit] = []
        for number, part in enumerate(folds if recipe.every_plot else folds[:1]):

            def told(stage: str, fraction: float, done: int = number) -> None:
                share = len(folds) if recipe.every_plot else 1
                progress(stage, 0.05 + 0.9 * (done + fraction) / share)

            fit = _Fit(task, part, part[~unjudged[part]], number, checkpoints, draw)
            fit.start(pooled)
            fit.run(told, stop)
            fits.append(fit)
            if number:
                fit.drop()
            if _asked(stop) is not Wish.GO_ON:
                break
    except (Stopped, KeyboardInterrupt):
        if checkpoints is not None and stop() is Wish.DISCARD:
            forget(checkpoints)
        raise
    progress("export", 0.95)
    tuned = _finish(plot_type, task, fits, good, hashes)
    progress("done", 1.0)
    return tuned


def forget(checkpoints: Path) -> None:
    """Remove what a training left in its folder."""
    for path in checkpoints.glob("fold-*.safetensors"):
        path.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Task:
    pictures: Pictures
    target: Ints
    groups: Texts
    names: tuple[str, ...]
    recipe: Recipe
    fingerprint: str


@dataclass
class _Fit:
    """One fit: the network under training, and what was reached on the plots `held_out` after each epoch.

    It learns from none of the runs of the plots `outside`, of which those held out are judged.
    `history` holds logits (M, L) after 0, 1, 2 ... epochs, `losses` their log-loss, calibrated and with every
    label weighing alike, `best` the numbers of the network after the best epoch.
    """

    task: _Task
    outside: Ints
    held_out: Ints
    number: int
    checkpoints: Path | None
    draw: Draw
    step: int = 0
    history: list[Floats] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    best: Mapping[str, Any] = field(default_factory=dict)

    def start(self, pooled: Floats) -> None:
        """Take up the checkpoint, or begin with a linear head on the published features (N, 1280)."""
        import torch

        recipe, labels = self.task.recipe, len(self.task.names)
        self.inside = np.setdiff1d(np.arange(len(self.task.target)), self.outside)
        self.steps = -(-len(self.inside) // recipe.batch)  # in an epoch
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.network = network(labels).to(self.device)
        self.tuned = {name: one for name, one in self.network.named_parameters() if one.requires_grad}
        head = [one for name, one in self.tuned.items() if name.startswith("head.")]
        body = [one for name, one in self.tuned.items() if not name.startswith("head.")]
        self.optimiser = torch.optim.AdamW(
            [{"params": body, "rate": recipe.body_rate}, {"params": head, "rate": recipe.head_rate}],
            weight_decay=recipe.weight_decay,
        )
        share = _weights(self.task.target[self.inside], labels)
        self.weights = torch.tensor(share, dtype=torch.float32, device=self.device)
        centre, size = _scale(pooled[self.inside])
        with torch.no_grad():
            self.network.scaled.running_mean.copy_(torch.from_numpy(centre))
            self.network.scaled.running_var.copy_(torch.from_numpy(size**2))
        if not self._resume():
            scaled: Floats = (pooled - centre) / size
            weights, bias = _probe(scaled[self.inside], self.task.target[self.inside], labels, recipe.seed)
            with torch.no_grad():
                self.network.head.weight.copy_(torch.from_numpy(weights))
                self.network.head.bias.copy_(torch.from_numpy(bias))
            self._reached((scaled[self.held_out] @ weights.T + bias).astype(np.float32))

    def run(self, progress: Progress, stop: StopFlag) -> None:
        """Train until it gets no better, the epochs are over, or `stop` says so; raises Stopped to discard."""
        recipe = self.task.recipe
        last = recipe.epochs * self.steps
        saved = time.monotonic()
        while self.step < last and len(self.history) - 1 - self.best_epoch < recipe.patience:
            epoch, at = divmod(self.step, self.steps)
            progress(f"tuning, epoch {epoch + 1} of at most {recipe.epochs}", self.step / last)
            order = np.random.default_rng((recipe.seed, self.number, epoch)).permutation(self.inside)
            if not self._learn(order[at * recipe.batch : (at + 1) * recipe.batch], stop):
                return
            self.step += 1
            whole = self.step % self.steps == 0
            if whole:
                logits = self._judge(stop)
                if logits is None:
                    return
                self._reached(logits)
            if self.checkpoints is not None and (whole or time.monotonic() - saved > CHECKPOINT_S):
                self._save(self.checkpoints)
                saved = time.monotonic()

    @property
    def best_epoch(self) -> int:
        """The number of epochs after which the held-out log-loss was least."""
        return int(np.argmin(self.losses))

    def temperature(self) -> float:
        """The temperature of the best epoch."""
        return best_temperature(self.history[self.best_epoch], self.task.target[self.held_out])

    def chances(self) -> Floats:
        """Held-out probabilities (M, L), epoch and temperature chosen on other held-out runs where there are any."""
        target, groups = self.task.target[self.held_out], self.task.groups[self.held_out]
        history = np.stack(self.history)
        count = len(set(groups.tolist()))
        if count < 2:
            return softmax((history[self.best_epoch] / self.temperature()).astype(np.float32))
        chances = np.empty(history.shape[1:], np.float32)
        for others, judged in GroupKFold(min(5, count)).split(target, target, groups):
            weight = self._alike[target[others]]
            epoch = int(np.argmin([_loss(logits[others], target[others], weight) for logits in history]))
            temperature = best_temperature(history[epoch, others], target[others])
            chances[judged] = softmax((history[epoch, judged] / temperature).astype(np.float32))
        return chances

    def drop(self) -> None:
        """Let go of the network, of which only what it said on held-out plots is wanted."""
        self.best = {}
        del self.network, self.tuned, self.optimiser

    @property
    def _alike(self) -> npt.NDArray[np.float64]:
        return _weights(self.task.target, len(self.task.names))

    def _learn(self, chosen: Ints, stop: StopFlag) -> bool:
        """One step on a batch; False when it was stopped halfway, and nothing was changed."""
        import torch

        recipe = self.task.recipe
        rng = np.random.default_rng((recipe.seed, self.number, self.step, 1))
        at_once = AT_ONCE if self.device == "cpu" else len(chosen)
        self.optimiser.zero_grad(set_to_none=True)
        summed = 0.0
        for start in range(0, len(chosen), at_once):
            if _asked(stop) is not Wish.GO_ON:
                return False
            part = chosen[start : start + at_once]
            shown = np.stack([varied(self.task.pictures[int(index)], rng) for index in part])
            _, logits, _ = self.network(torch.from_numpy(shown).to(self.device))
            target = torch.from_numpy(self.task.target[part]).to(self.device)
            losses: Any = torch.nn.functional.cross_entropy(logits, target, weight=self.weights, reduction="sum")
            (losses / len(chosen)).backward()
            summed += float(losses.detach())
        for group in self.optimiser.param_groups:
            group["lr"] = group["rate"] * _rate(self.step, self.steps, recipe.epochs * self.steps)
        self.optimiser.step()
        if self.number == 0 and self.step % max(1, self.steps // DRAWN_AN_EPOCH) == 0:
            self.draw(TRAINING_LOSS, (self.step + 1) / self.steps, summed / len(chosen))
        return True

    def _judge(self, stop: StopFlag) -> Floats | None:
        """Logits (M, L) of the held-out plots, None when it was stopped halfway."""
        import torch

        parts = []
        for start in range(0, len(self.held_out), JUDGED_AT_ONCE):
            if _asked(stop) is not Wish.GO_ON:
                return None
            part = _stacked(self.task.pictures, self.held_out[start : start + JUDGED_AT_ONCE])
            with torch.no_grad():
                parts.append(self.network(torch.from_numpy(part).to(self.device))[1].cpu().numpy())
        return np.concatenate(parts)

    def _reached(self, logits: Floats) -> None:
        self._note(logits)
        if self.best_epoch == len(self.history) - 1:
            self.best = {name: one.detach().cpu().clone() for name, one in self.tuned.items()}

    def _note(self, logits: Floats) -> None:
        target = self.task.target[self.held_out]
        self.history.append(logits)
        self.losses.append(_loss(logits, target, self._alike[target]))
        if self.number == 0:
            epoch = len(self.history) - 1
            self.draw(HELD_OUT_LOSS, epoch, self.losses[-1])
            called = logits.argmax(axis=1)
            score = f1_score(target, called, labels=np.unique(target), average="macro", zero_division=0)
            self.draw(HELD_OUT_F1, epoch, float(score))

    def _save(self, folder: Path) -> None:
        """A checkpoint that appears once it is whole."""
        from safetensors.torch import save_file

        tensors = {f"best/{name}": one for name, one in self.best.items()}
        tensors["history"] = _tensor(np.stack(self.history))
        for name, one in self.tuned.items():
            tensors[f"now/{name}"] = one.detach()
            for moment in ("exp_avg", "exp_avg_sq"):
                tensors[f"{moment}/{name}"] = self.optimiser.state[one][moment]
        path = self._path(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=".fold-", suffix=".tmp", dir=folder)
            os.close(handle)
            try:
                header = {"fingerprint": self.task.fingerprint, "step": json.dumps(self.step)}
                save_file({name: one.cpu().contiguous() for name, one in tensors.items()}, temporary, header)
                Path(temporary).replace(path)
            finally:
                Path(temporary).unlink(missing_ok=True)
        except (OSError, SafetensorError) as error:
            raise StorageError(f"{path} can't be written ({error}); check space and permissions.") from error

    def _resume(self) -> bool:
        """Whether a checkpoint of the same task was there, and was taken up."""
        import torch
        from safetensors.torch import load_file

        if self.checkpoints is None:
            return False
        path = self._path(self.checkpoints)
        try:
            with safetensors.safe_open(path, "pt") as file:
                header = file.metadata() or {}
            if header.get("fingerprint") != self.task.fingerprint:
                return False
            tensors = load_file(path)
            step = int(json.loads(header["step"]))
            history, best = list(tensors["history"].numpy()), {name: tensors[f"best/{name}"] for name in self.tuned}
            moments = {
                name: {moment: tensors[f"{moment}/{name}"] for moment in ("exp_avg", "exp_avg_sq")}
                for name in self.tuned
            }
            now = {name: tensors[f"now/{name}"] for name in self.tuned}
        except (OSError, SafetensorError, KeyError, ValueError):
            return False  # none there, or a damaged one: it is begun anew
        self.step, self.best = step, best
        for logits in history:
            self._note(logits)
        with torch.no_grad():
            for name, one in self.tuned.items():
                one.copy_(now[name])
                self.optimiser.state[one] = {
                    "step": torch.tensor(float(step)),
                    **{moment: value.to(self.device) for moment, value in moments[name].items()},
                }
        return True

    def _path(self, folder: Path) -> Path:
        return folder / f"fold-{self.number}.safetensors"


def network(labels: int) -> Any:
    """The torch module with outputs (pooled, logits, last); only convolutions and head are to be trained."""
    import torch

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = backbone.network()
            self.scaled: Any = torch.nn.BatchNorm1d(LAST_CHANNELS, eps=0.0, affine=False)
            self.head = torch.nn.Linear(LAST_CHANNELS, labels)

        def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
            _, last, _, _ = self.body(pictures)
            pooled = last.mean(dim=(2, 3))
            return pooled, self.head(self.scaled(pooled)), last

        def fold(self, temperature: float) -> None:
            """Put scale and temperature into the numbers of the head, which then acts on the features as they are."""
            with torch.no_grad():
                self.head.weight.div_(self.scaled.running_var.sqrt())
                self.head.bias.sub_(self.head.weight @ self.scaled.running_mean)
                for one in (self.head.weight, self.head.bias):
                    one.div_(temperature)
            self.scaled = torch.nn.Identity()

    whole = Network().eval().requires_grad_(False)
    for module in whole.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.weight.requires_grad_(True)
    whole.head.requires_grad_(True)
    return whole


def exported(whole: Any) -> bytes:
    """A torch module of `network`, once folded, as the bytes of an ONNX graph."""
    import torch

    pictures = torch.zeros((1, HEIGHT, WIDTH, 3), dtype=torch.uint8)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the older exporter, as for the shared network
        written = Path(folder) / "network.onnx"
        torch.onnx.export(
            whole.cpu(),
            (pictures,),
            str(written),
            input_names=[INPUT],
            output_names=list(OUTPUTS),
            dynamic_axes={name: {0: "n"} for name in (INPUT, *OUTPUTS)},
            opset_version=17,
            dynamo=False,
        )
        return written.read_bytes()


def _finish(plot_type: str, task: _Task, fits: Sequence[_Fit], good: Sequence[str], hashes: Sequence[str]) -> Tuned:
    """The first fit's best network as a model, and what all fits said of plots held out."""
    import torch

    first = fits[0]
    temperature = first.temperature()
    with torch.no_grad():
        for name, one in first.tuned.items():
            one.copy_(first.best[name])
    first.network.fold(temperature)
    at = np.concatenate([fit.held_out for fit in fits])
    order = np.argsort(at)
    at, held_out = at[order], np.concatenate([fit.chances() for fit in fits])[order]
    target, names = task.target[at], task.names
    is_good = np.isin(names, list(good))
    figures = evaluate(
        [names[index] for index in target],
        [names[index] for index in held_out.argmax(axis=1)],
        list(1.0 - held_out[:, is_good].sum(axis=1)),
        good=good,
    )
    parts = f"{len(fits)} of {task.recipe.folds} folds" if task.recipe.every_plot else "one split"
    card = {
        "plot_type": plot_type,
        "backbone": IDENTITY,
        "recipe": {"name": "fine-tuning", **asdict(task.recipe)},
        "plots": {name: int((task.target == index).sum()) for index, name in enumerate(names)},
        "runs": len(set(task.groups.tolist())),
        "split": f"{parts} by run, {len(at)} plots held out",
        "epochs": first.best_epoch,
        "log_loss_by_epoch": [round(loss, 5) for loss in first.losses],
        "log_loss": round(float(_surprise(held_out, target).mean()), 5),
        "temperature": round(temperature, 4),
        "figures": asdict(figures),
        "trained_on": sorted({hashes[index] for index in first.inside}) if hashes else [],
        "held_out": sorted({hashes[index] for index in first.held_out}) if hashes else [],
        "device": first.device,
        "versions": {
            "torch": torch.__version__,
            "onnxruntime": onnxruntime.__version__,
            "scikit-learn": sklearn.__version__,
        },
    }
    thresholds = {name: best_f1_threshold(held_out, target, index) for index, name in enumerate(names)}
    graph = exported(first.network)
    weights = first.network.head.weight.detach().numpy().copy()
    kept = HeldOut(held_out, target.astype(np.int32))
    model = TunedModel(plot_type, names, weights, graph, thresholds, card, held_out=kept)
    return Tuned(model, held_out, at)


def _asked(stop: StopFlag) -> Wish:
    wish = stop()
    if wish is Wish.DISCARD:
        raise Stopped("The training was stopped.")
    return wish


def _folds(
    plot_type: str,
    target: Ints,
    groups: Texts,
    names: Sequence[str],
    recipe: Recipe,
    unjudged: npt.NDArray[np.bool_],
) -> list[Ints]:
    """The plots outside each fold's fit, whole groups, with the labels spread as evenly as groups allow."""
    count = len(set(groups.tolist()))
    counts = np.bincount(target, minlength=max(2, len(names)))
    if len(names) < 2 or counts.min() < FEWEST_A_LABEL or count < 2:
        there = ", ".join(f"{name} {counts[index]}" for index, name in enumerate(names)) or "none"
        raise TrainingError(
            f"{plot_type} has too few labelled plots to tune a network on ({there}, of {count} runs); two labels and "
            f"two runs are needed, and {FEWEST_A_LABEL} plots of each label: label more, or use another label."
        )
    folds = min(recipe.folds, count, int(counts.max()))
    chosen = StratifiedGroupKFold(folds, shuffle=True, random_state=recipe.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a label with fewer plots than folds is missing in some
        parts = [outside for _, outside in chosen.split(target, target, groups)]
    # a part with nothing in it to judge, or without two labels beside it to learn, is none
    parts = [part for part in parts if not unjudged[part].all() and len(set(np.delete(target, part).tolist())) > 1]
    if not parts:
        raise TrainingError(
            f"{plot_type} has its labels in too few runs to hold one out and learn from the rest; label plots of more."
        )
    return parts


def _fingerprint(
    plot_type: str, labels: Sequence[str], groups: Texts, hashes: Sequence[str], recipe: Recipe, unjudged: Ints
) -> str:
    """What must be the same for a training to go on."""
    task = [plot_type, list(labels), groups.tolist(), list(hashes), asdict(recipe), IDENTITY, unjudged.tolist()]
    return hashlib.sha256(json.dumps(task).encode()).hexdigest()


def _stacked(pictures: Pictures, chosen: Ints) -> npt.NDArray[np.uint8]:
    return np.stack([np.asarray(pictures[int(index)], np.uint8) for index in chosen])


def _pooled(pictures: Pictures, progress: Progress, stop: StopFlag) -> Floats:
    """Published features (N, 1280) of the pictures."""
    published, parts = backbone.Backbone(), []
    for start in range(0, len(pictures), backbone.BATCH):
        if _asked(stop) is Wish.KEEP_THE_BEST:
            raise Stopped("The training was stopped before there was anything to keep.")
        progress("features", 0.05 * start / len(pictures))
        part = _stacked(pictures, np.arange(start, min(start + backbone.BATCH, len(pictures))))
        parts.append(published(part).pooled[:, :LAST_CHANNELS])
    return np.concatenate(parts)


def _scale(pooled: Floats) -> tuple[Floats, Floats]:
    """Centre and size (1280,) of features (N, 1280), after which rows have a length of about one.

    The head acts on features so scaled: all of them are positive, and a step on them as they are moves every plot.
    """
    spread = pooled.std(axis=0)
    spread = np.maximum(spread, LEAST_SPREAD * np.median(spread) + 1e-6)
    return pooled.mean(axis=0), (spread * np.sqrt(LAST_CHANNELS)).astype(np.float32)


def _probe(scaled: Floats, target: Ints, labels: int, seed: int) -> tuple[Floats, Floats]:
    """Weights (L, 1280) and bias (L,) of a linear head; a label that isn't in this part starts improbable."""
    machine = LogisticRegression(C=PROBE_STRENGTH, max_iter=300, class_weight="balanced", random_state=seed)
    with warnings.catch_warnings(), threadpool_limits(limits=1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        machine.fit(scaled, target)
    coefficients, constants = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:
        coefficients, constants = np.concatenate([-coefficients, coefficients]) / 2, np.array([-1, 1]) * constants / 2
    weights, bias = np.zeros((labels, LAST_CHANNELS), np.float32), np.full(labels, -10.0, np.float32)
    weights[machine.classes_], bias[machine.classes_] = coefficients, constants
    return weights, bias


def varied(picture: Picture, rng: np.random.Generator) -> Floats:
    """A picture shifted by up to 2 pixels and a little brighter or darker, float32 (224, 320, 3)."""
    down, right = rng.integers(0, 2 * MOST_SHIFT + 1, 2)
    edge = np.pad(picture, ((MOST_SHIFT, MOST_SHIFT), (MOST_SHIFT, MOST_SHIFT), (0, 0)), mode="edge")
    shifted = edge[down : down + picture.shape[0], right : right + picture.shape[1]]
    return (shifted * np.float32(1 + rng.uniform(-BRIGHTNESS, BRIGHTNESS))).clip(0, 255).astype(np.float32)


def _rate(step: int, warm: int, last: int) -> float:
    """The share of the full rate: rising over the first epoch, then half a cosine down to nothing."""
    return float(min(1.0, (step + 1) / warm) * 0.5 * (1 + np.cos(np.pi * step / last)))


def _weights(target: Ints, labels: int) -> npt.NDArray[np.float64]:
    """What a plot of each label weighs (L,), so that all labels together weigh alike and a plot one on average."""
    counts = np.bincount(target, minlength=labels)
    return np.where(counts > 0, len(target) / np.maximum(counts, 1) / max(1, (counts > 0).sum()), 0.0)


def _surprise(chances: Floats, target: Ints) -> npt.NDArray[np.float64]:
    """The log-loss of each plot (M,)."""
    return -np.log(np.maximum(chances[np.arange(len(target)), target].astype(np.float64), LEAST_CHANCE))


def _loss(logits: Floats, target: Ints, weight: npt.NDArray[np.float64]) -> float:
    """The weighted log-loss at the best temperature."""
    chances = softmax((logits / best_temperature(logits, target)).astype(np.float32))
    return float((weight * _surprise(chances, target)).sum() / weight.sum())


def _tensor(array: npt.NDArray[Any]) -> Any:
    import torch

    return torch.from_numpy(array)
