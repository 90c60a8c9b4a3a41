"""Whether a plot is like anything that a model was trained on, as a conformal p-value.

Vovk, Gammerman, Shafer, Algorithmic Learning in a Random World, 2005: a new plot's distance to the
training set is compared with the distances that whole runs had to all other runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from .backbone import CHANNELS, Floats
from .deviation import folds

NEAREST = 3
LEVEL = 0.01  # of plots of a new run like the old ones, how many may be called Unfamiliar
DIRECTIONS = 64
MOST_POINTS = 2000
LEAST_SPREAD = 0.3  # of the median channel's: one that hardly varied must not be blown up when it drifts


@dataclass(frozen=True)
class Familiar:
    """The training set as points, and how far runs lie from each other.

    `spread` float32 (1432,) scales pooled features relative to what is normal, `points` float32
    (N, 64) are random projections of them, which keep distances (Johnson and Lindenstrauss 1984),
    `hashes` (N,) the position of each in the model's list of plots, and `distances` float32 (R,)
    sorted: of each run the largest distance of its plots to other runs.
    """

    spread: Floats
    points: Floats
    hashes: npt.NDArray[np.int32]
    distances: Floats

    @classmethod
    def of(cls, relative: Floats, groups: npt.NDArray[np.int_], hashes: npt.NDArray[np.int32], seed: int) -> Familiar:
        """What is familiar after N plots: `relative` float32 (N, 1432) to what is normal, `groups` (N,) their runs."""
        return cls.held_out(relative, groups, hashes, seed)[0]

    @classmethod
    def held_out(
        cls,
        relative: Floats,
        groups: npt.NDArray[np.int_],
        hashes: npt.NDArray[np.int32],
        seed: int,
        judged: npt.NDArray[np.bool_] | None = None,
    ) -> tuple[Familiar, npt.NDArray[np.bool_]]:
        """The same, and which of the N plots would be Unfamiliar to the other runs, bool (N,).

        Only those `judged`, bool (N,), tell how far runs lie from each other.
        """
        fold, found = folds(groups, seed), np.zeros(len(relative), np.float32)
        kept = np.sort(np.random.default_rng(seed).permutation(len(relative))[:MOST_POINTS])
        point = np.isin(np.arange(len(relative)), kept)
        for number in np.unique(fold):
            outside = fold == number
            others = relative[~outside]
            # a new plot has no part in the scale by which it is measured, so these may have none either
            scale = _spread(others if len(others) > 1 else relative)
            points = _project(relative[~outside & point], scale)  # as few as new plots will be compared with
            found[outside] = nearest(_project(relative[outside], scale), points)[1].mean(axis=1)
        spread = _spread(relative)
        counts = np.ones(len(relative), bool) if judged is None else judged
        largest = np.array([found[(groups == group) & counts].max() for group in np.unique(groups[counts])], np.float32)
        trained = cls(spread, _project(relative[kept], spread), hashes[kept], np.sort(largest))
        count = len(largest)
        beyond = count - np.searchsorted(trained.distances, found, side="left")  # with the plot's own run in its place
        return trained, (beyond / count <= max(LEVEL, 1.0 / count)) & (count > 1)

    @property
    def level(self) -> float:
        """The share of familiar runs that may be called Unfamiliar: 0.01, or what the number of runs allows."""
        return max(LEVEL, 1.0 / (1 + len(self.distances)))

    def look(self, relative: Floats) -> tuple[Floats, npt.NDArray[np.int_], Floats]:
        """Of N plots the p-values (N,), and the rows (N, 3) and distances (N, 3) of the nearest training plots."""
        rows, distances = nearest(_project(relative, self.spread), self.points)
        beyond = len(self.distances) - np.searchsorted(self.distances, distances.mean(axis=1), side="left")
        values = (1.0 + beyond) / (1.0 + len(self.distances))
        return values.astype(np.float32), rows, distances


def nearest(points: Floats, others: Floats) -> tuple[npt.NDArray[np.int_], Floats]:
    """The rows and distances, each (N, 3), of the nearest of M others; fewer than 3 where there are fewer."""
    squared = (points**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * points @ others.T
    count = min(NEAREST, len(others))
    rows = np.argpartition(squared, count - 1, axis=1)[:, :count] if len(others) > count else _all(squared)
    rows = np.take_along_axis(rows, np.take_along_axis(squared, rows, 1).argsort(axis=1), 1)
    return rows, np.sqrt(np.maximum(np.take_along_axis(squared, rows, 1), 0.0)).astype(np.float32)


def _all(squared: Floats) -> npt.NDArray[np.int_]:
    return np.tile(np.arange(squared.shape[1]), (len(squared), 1))


def _spread(relative: Floats) -> Floats:
    spread = relative.std(axis=0) + 1e-6
    return np.maximum(spread, LEAST_SPREAD * np.median(spread)).astype(np.float32)


def _project(relative: Floats, spread: Floats) -> Floats:
    return ((relative / spread) @ _directions()).astype(np.float32)


@lru_cache
def _directions() -> Floats:
    gaussian = np.random.default_rng(20261124).standard_normal((CHANNELS, DIRECTIONS))
    return (gaussian / np.sqrt(DIRECTIONS)).astype(np.float32)
