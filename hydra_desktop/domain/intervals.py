"""How much a number of plots shows: intervals of shares, and whether one model does better than another.

Plots of a run are alike, so a run counts as a whole wherever runs are known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Z = 1.959964  # of 95 %
RESAMPLES = 1000

Ints = npt.NDArray[np.int_]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Share:
    """`hits` of `total` with the 95 % interval of the share, 0 to 1; there is nothing to tell of none."""

    hits: int
    total: int
    low: float = 0.0
    high: float = 1.0

    @property
    def value(self) -> float | None:
        """The share, None of nothing."""
        return self.hits / self.total if self.total else None


def percent(value: float) -> str:
    """A share as ``97 %``; what is not quite all or nothing is never written as that."""
    for digits in (0, 1):
        shown = f"{100 * value:.{digits}f}"
        if value in (0.0, 1.0) or float(shown) not in (0.0, 100.0):
            return f"{shown} %"
    return "> 99.9 %" if value > 0.5 else "< 0.1 %"


def wilson(hits: int, total: int, spread: float = 1.0) -> Share:
    """The score interval of Wilson (1927), which is honest of few plots too.

    `spread` is how many times the variance of independent plots theirs is.
    """
    if not total:
        return Share(0, 0)
    count, share = total / max(1.0, spread), hits / total
    middle = (share + Z**2 / (2 * count)) / (1 + Z**2 / count)
    half = Z / (1 + Z**2 / count) * math.sqrt(share * (1 - share) / count + Z**2 / (4 * count**2))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Share(hits, total, 0.0 if hits == 0 else low, 1.0 if hits == total else high)


def share(right: Flags, groups: Ints) -> Share:
    """The share of N plots that are `right`, bool (N,), of `groups` (N,), such as runs.

    The interval is Wilson's with as many plots as would tell as much if they were independent (the design effect of
    Kish 1965); where all are right, or none, nothing can be told of how alike the plots of a group are.
    """
    total, hits = len(right), int(right.sum())
    if not 0 < hits < total:
        return wilson(hits, total)
    value, (_, place) = hits / total, np.unique(groups, return_inverse=True)
    count = int(place.max()) + 1
    if count < 2:
        return wilson(hits, total)
    beyond = np.bincount(place, right - value, minlength=count)
    variance = count / (count - 1) * float((beyond**2).sum()) / total**2
    return wilson(hits, total, variance * (total - 1) / (value * (1 - value)))


def sign_flip(differences: Sequence[int]) -> float:
    """The exact p-value that so many more are won than lost, in either sense, were each difference as likely reversed.

    A difference is that of one group: plots that the first gets right and the second wrong, less the others. Where
    each group is one plot this is McNemar's exact test (1947).
    """
    steps = [abs(one) for one in differences if one]
    if not steps:
        return 1.0
    reach = sum(steps)
    chances = np.zeros(2 * reach + 1)
    chances[reach] = 1.0
    for step in steps:
        moved = np.zeros_like(chances)
        moved[step:] += 0.5 * chances[:-step]
        moved[:-step] += 0.5 * chances[step:]
        chances = moved
    sums = np.arange(-reach, reach + 1)
    return float(min(1.0, chances[np.abs(sums) >= abs(sum(differences))].sum()))


def holm(values: Sequence[float]) -> list[float]:
    """P-values of several questions asked at once, so that none of them is found by asking often (Holm 1979)."""
    order = sorted(range(len(values)), key=lambda place: values[place])
    found, least = [0.0] * len(values), 0.0
    for rank, place in enumerate(order):
        least = max(least, min(1.0, (len(values) - rank) * values[place]))
        found[place] = least
    return found


def bootstrap(
    groups: Ints, figure: Callable[[npt.NDArray[np.float64]], float], *, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """The 95 % interval of a figure of N plots in resamplings of their `groups` (N,) (Efron 1979).

    `figure` is given how often each plot counts, float64 (N,); where it is nan the resampling tells nothing.
    """
    place = np.unique(groups, return_inverse=True)[1]
    count = int(place.max()) + 1 if len(place) else 0
    if count < 2:
        return math.nan, math.nan
    random = np.random.default_rng(seed)
    drawn = random.multinomial(count, np.full(count, 1 / count), size=resamples).astype(np.float64)
    found = np.array([figure(one[place]) for one in drawn])
    found = found[~np.isnan(found)]
    if not len(found):
        return math.nan, math.nan
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)
