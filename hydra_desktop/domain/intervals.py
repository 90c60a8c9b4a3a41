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
T = (
    12.7062,
    4.3027,
    3.1824,
    2.7764,
    2.5706,
    2.4469,
    2.3646,
    2.3060,
    2.2622,
    2.2281,
)  # Student's, of 1, 2, ... freedoms
FEWEST_RUNS = 5  # that can be drawn anew, so that an interval of the draws means something
RESAMPLES = 1000

Ints = npt.NDArray[np.int_]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Share:
    """`hits` of `total` with the 95 % interval of the share; from 0 to 1 where nothing is known of it."""

    hits: int
    total: int
    low: float = 0.0
    high: float = 1.0

    @property
    def value(self) -> float | None:
        """The share, None of nothing."""
        return self.hits / self.total if self.total else None

    @property
    def has_interval(self) -> bool:
        """Whether something is known of how far it is to be trusted."""
        return (self.low, self.high) != (0.0, 1.0)


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

    The interval is Wilson's with as many plots as would tell as much if they were independent: by the design effect of
    Kish (1965), and fewer by Student's t for few groups, as Korn and Graubard (Survey Methodology 24, 1998) do it.
    How alike the plots of a group are isn't seen where those that are right, or those that aren't, are in one group at
    most: then a group counts as one plot, as if its plots were all the same. Of a single group nothing is told.
    """
    total, hits = len(right), int(right.sum())
    place = np.unique(groups, return_inverse=True)[1]
    count = int(place.max()) + 1 if total else 0
    if count < 2:
        return Share(hits, total)
    if count == total:  # each of a group of its own: independent
        return wilson(hits, total)
    hit = np.bincount(place, right, minlength=count)
    size = np.bincount(place, minlength=count)
    if min(np.count_nonzero(hit), np.count_nonzero(size - hit)) < 2:
        return wilson(hits, total, total / count)
    value = hits / total
    variance = count / (count - 1) * float(((hit - value * size) ** 2).sum()) / total**2
    spread = max(1.0, variance * (total - 1) / (value * (1 - value)))
    return wilson(hits, total, spread * (student_t(count - 1) / Z) ** 2)


def student_t(freedoms: int) -> float:
    """The 97.5 % quantile of Student's t (for many degrees of freedom by Abramowitz and Stegun 26.7.5)."""
    if freedoms <= len(T):
        return T[freedoms - 1]
    return Z + (Z**3 + Z) / (4 * freedoms) + (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * freedoms**2)


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

    `figure` is given how often each plot counts, float64 (N,); where it is nan the resampling tells nothing. With fewer
    than `FEWEST_RUNS` groups the interval is nan: there are too few ways to draw them, and it would be too narrow.
    """
    place = np.unique(groups, return_inverse=True)[1]
    count = int(place.max()) + 1 if len(place) else 0
    if count < FEWEST_RUNS:
        return math.nan, math.nan
    random = np.random.default_rng(seed)
    drawn = random.multinomial(count, np.full(count, 1 / count), size=resamples).astype(np.float64)
    found = np.array([figure(one[place]) for one in drawn])
    found = found[~np.isnan(found)]
    if not len(found):
        return math.nan, math.nan
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)
