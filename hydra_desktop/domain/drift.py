"""Drift: when many plots of a type turn Unfamiliar or deviate alike at once, the plot type has changed.

One rule decides: there is a stretch back from the newest plot in which at least 10 more plots are
off than aren't (Page's CUSUM, 1954). So 10 in a row tell, as do 25 of the last 40; a few don't. The
change is over by the same rule turned round, and in between all stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt

from .hall import PlotType
from .label import Role
from .plot import Plot
from .verdict import Familiarity, Status, Verdict

LAST = 40  # plots that are looked at
ENOUGH = 10  # more plots that say so than that say otherwise
NOT_GOOD = 0.5  # fault score
STRAYS = 2.5  # root mean square of a deviation; 95 % of new Good plots of four real types are below 2
COSINE = 0.7  # half of such a deviation's square lies along the direction
MOST = 0.8  # of the plots that are off lie so; of plots with different faults less than half do


@dataclass(frozen=True)
class Sight:
    """One plot as drift sees it.

    `known`: the model is sure of a fault or condition that it was taught. `deviation` float32 (D,) is that
    of `Familiarity`.
    """

    plot_id: int
    taken_at: datetime
    run_period: str
    run_number: int
    unfamiliar: bool
    known: bool
    fault_score: float
    deviation: npt.NDArray[np.float32]

    @property
    def order(self) -> tuple[datetime, int]:
        """By which plots are sorted."""
        return self.taken_at, self.plot_id

    @cached_property
    def is_off(self) -> bool:
        """Whether it isn't as plots of this type are meant to be: Unfamiliar, not Good, or far from normal."""
        return self.unfamiliar or self.fault_score >= NOT_GOOD or _rms(self.deviation) >= STRAYS

    @property
    def is_unexplained(self) -> bool:
        """Whether it is off, and not in a way that the model knows."""
        return self.is_off and not self.known


def sight(plot: Plot, plot_type: PlotType, verdict: Verdict, familiarity: Familiarity) -> Sight | None:
    """A plot as drift sees it; None without a model and without beam, when nothing says what is normal."""
    if verdict.status is Status.NO_MODEL or plot.beam_on is False:
        return None
    sure = verdict.status is Status.CONFIRMED
    return Sight(
        plot.id,
        plot.taken_at,
        plot.name.run_period,
        plot.name.run_number,
        verdict.status is Status.UNFAMILIAR,
        sure and plot_type.label(verdict.label).role is not Role.GOOD,
        verdict.fault_score,
        familiarity.deviation,
    )


@dataclass(frozen=True)
class Change:
    """A change of a plot type: `changed` of the last `plots` plots are off.

    `direction` float32 (D,) is their mean direction, of length one; it is empty unless they deviate alike.
    """

    changed: int
    plots: int
    direction: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))

    @property
    def alike(self) -> bool:
        """Whether the plots deviate alike."""
        return self.direction.size > 0

    @property
    def facts(self) -> str:
        """The change in words."""
        facts = f"{self.changed} of the last {self.plots} plots"
        if self.alike:
            facts += ", all alike"
        return facts

    def says(self, sight: Sight) -> bool:
        """Whether a plot deviates as all of them do, so that it says nothing of its own."""
        return self.alike and _cosine(sight.deviation, self.direction) >= COSINE


def find(sights: Sequence[Sight]) -> tuple[Sight, Change] | None:
    """The change that the last plots of a type show, oldest first, with its first plot; None without.

    Different faults are none. Nor is one that lasts and that the model knows, an alarm's matter,
    unless it came with a new run period.
    """
    more, start = _stretch([one.is_unexplained for one in sights])
    if more >= ENOUGH:
        change = since(sights, sights[start].order)
        if change.alike or _stretch([one.unfamiliar for one in sights])[0] >= ENOUGH:
            return sights[start], change
    more, start = _stretch([one.is_off for one in sights])
    if more >= ENOUGH and begins_period(sights, sights[start]):
        change = since(sights, sights[start].order)
        return (sights[start], change) if change.alike else None
    return None


def since(sights: Sequence[Sight], first: tuple[datetime, int]) -> Change:
    """A change as the last plots show it, oldest first; `first` is its first plot's place in their order."""
    after = [one for one in sights if one.order >= first]
    off = [one for one in after if one.is_off]
    return Change(len(off), len(after), _direction([one.deviation for one in off]))


def is_over(sights: Sequence[Sight], first: tuple[datetime, int]) -> bool:
    """Whether most plots, oldest first, are as they are meant to be again after a change with that first plot.

    The plots until then say nothing of the next change.
    """
    return _stretch([not one.is_off for one in sights if one.order >= first])[0] >= ENOUGH


def begins_period(sights: Sequence[Sight], first: Sight) -> bool:
    """Whether a run period begins with a plot: those before, and there are some, are of others."""
    periods = {one.run_period for one in sights if one.order < first.order}
    return bool(periods) and first.run_period not in periods


def _stretch(speaks: Sequence[bool]) -> tuple[int, int]:
    """How many more plots say so than say otherwise in the stretch up to the newest with most, and its start."""
    most, start, total = 0, len(speaks), 0
    for index in reversed(range(len(speaks))):
        total += 1 if speaks[index] else -1
        if total > most:
            most, start = total, index
    return most, start


def _direction(deviations: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    """The mean direction (D,) of deviations that are alike, empty when they aren't."""
    size = max((one.size for one in deviations), default=0)
    whole = [one for one in deviations if one.size == size and one.any()]
    if not whole:
        return np.zeros(0, np.float32)
    units = np.stack(whole) / np.linalg.norm(whole, axis=1, keepdims=True)
    mean = units.mean(axis=0)
    direction = (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)
    alike = int((units @ direction >= COSINE).sum())
    return direction if alike >= MOST * len(deviations) else np.zeros(0, np.float32)


def _cosine(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / lengths if one.size == other.size and lengths > 0 else 0.0


def _rms(deviation: npt.NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(deviation * deviation))) if deviation.size else 0.0
