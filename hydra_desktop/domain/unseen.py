"""Plots on which a model is measured: what people say of them now, and what the model said without having seen them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .hall import PlotType
from .label import Role
from .plot import Plot
from .verdict import DEFAULT_THRESHOLD

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int_]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Unseen:
    """N plots with their labels and what a model says of each.

    `names` are the model's labels, the columns of `chances` float32 (N, L). `truth` int (N,) points into `labels`,
    which are the model's and after them those that it doesn't know. `groups` int (N,) tell which plots are alike:
    `unit` is what a group is, "" where that isn't known, and then all are one. `plots` is empty where it isn't known
    which plots they are, `unfamiliar` bool (N,) is None where that isn't known. `in_sample` tells that the model was
    trained on them, so that every figure promises too much. `split` says how they were held out, `left_out` counts by
    reason those that aren't here, and `notes` what the figures lack.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    truth: Ints
    chances: Floats
    groups: Ints
    plots: tuple[Plot, ...] = ()
    unfamiliar: Flags | None = None
    in_sample: bool = False
    split: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unit: str = "run"

    def __len__(self) -> int:
        return len(self.truth)

    @cached_property
    def of_runs(self) -> str:
        """Of how many runs they are, to be written after their number; "" where that isn't known."""
        count = len(set(self.groups.tolist()))
        return f" of {count:,} {self.unit}{'' if count == 1 else 's'}" if self.unit else ""

    @cached_property
    def no_interval(self) -> str:
        """Why no figure of them has a 95 % interval, "" where they have."""
        if not self.unit:
            return "no intervals, as it isn't known of which runs they are"
        alone = len(set(self.groups.tolist())) < 2
        return f"no intervals, as plots of one {self.unit} don't tell what another will bring" if alone else ""

    @property
    def is_of_seen_runs(self) -> bool:
        """Whether they are of runs that the model was trained on too, so that a new run will keep less."""
        return is_of_seen_runs(self.split)

    @cached_property
    def top(self) -> Ints:
        """The columns of the most probable labels, int (N,)."""
        return self.chances.argmax(axis=1)

    @cached_property
    def confidence(self) -> npt.NDArray[np.float64]:
        """Their probabilities, float64 (N,)."""
        return self.chances.max(axis=1).astype(np.float64) if len(self) else np.zeros(0)

    @cached_property
    def right(self) -> Flags:
        """Whether the most probable label is what people say, bool (N,)."""
        return self.top == self.truth  # the labels begin with the columns

    @cached_property
    def periods(self) -> tuple[str, ...]:
        """The run period of each plot, none where they aren't known."""
        return tuple(plot.name.run_period for plot in self.plots)

    def of_role(self, role: Role, plot_type: PlotType) -> Flags:
        """Which plots have a label of a role, bool (N,)."""
        return roles(self.labels, role, plot_type)[self.truth]

    def confirmed(self, thresholds: Mapping[str, float]) -> Flags:
        """Which verdicts are Confirmed, bool (N,); what is Unfamiliar isn't."""
        least = np.array([thresholds.get(name, DEFAULT_THRESHOLD) for name in self.names])
        found = self.confidence >= least[self.top]
        return found if self.unfamiliar is None else found & ~self.unfamiliar

    def called(self, thresholds: Mapping[str, float], plot_type: PlotType) -> Flags:
        """Which have a Confirmed verdict of a faulty label, bool (N,): they would be a matter for an alarm."""
        return self.confirmed(thresholds) & roles(self.names, Role.FAULTY, plot_type)[self.top]


def is_of_seen_runs(split: str) -> bool:
    """Whether plots that were held out in this way are of runs that the model was trained on too."""
    return "by plot" in split or "too few runs" in split


def roles(names: tuple[str, ...], role: Role, plot_type: PlotType) -> Flags:
    """Which of L labels have a role, bool (L,)."""
    return np.array([plot_type.label(name).role is role for name in names], bool)


def macro_f1(truth: npt.NDArray[Any], said: npt.NDArray[Any], weights: npt.NDArray[np.float64]) -> float:
    """The mean F1 over the labels that occur, with plots counted as `weights` (N,) say; nan of none."""
    scores = []
    for label in np.unique(truth):
        is_label, is_said = truth == label, said == label
        there = weights[is_label].sum()
        if there > 0:
            scores.append(2 * weights[is_label & is_said].sum() / (there + weights[is_said].sum()))
    return float(np.mean(scores)) if scores else float("nan")
