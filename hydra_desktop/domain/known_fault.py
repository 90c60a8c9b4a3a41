"""Known faults: an expert's note that a plot type has this fault, in this region, until that run or date."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from .hall import PlotType
from .label import Role
from .plot import PlotName
from .run import RunState
from .verdict import Status, Verdict

LEAST_SIDE = 0.01  # of a region, as a share of the picture


@dataclass(frozen=True)
class Region:
    """A rectangle on a plot, in shares of the picture's width and height, from its upper left corner."""

    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.left, self.top, self.width, self.height))):
            raise ValueError("a region is four finite numbers: left, top, width, height")
        if min(self.width, self.height) < LEAST_SIDE - 1e-9:
            raise ValueError(f"a region is at least {100 * LEAST_SIDE:.0f} % of the picture wide and high")
        if min(self.left, self.top) < 0 or self.left + self.width > 1 + 1e-9 or self.top + self.height > 1 + 1e-9:
            raise ValueError("a region lies within the picture, whose sides are 1")

    @classmethod
    def within(cls, left: float, top: float, right: float, bottom: float) -> Region:
        """The part within the picture of a rectangle between two corners, in any order; never too small."""
        first, last = sorted((left, right))
        upper, lower = sorted((top, bottom))
        first, width = _side(first, last)
        upper, height = _side(upper, lower)
        return cls(first, upper, width, height)

    @property
    def right(self) -> float:
        """Its right side."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower side."""
        return self.top + self.height

    def pixels(self, height: int, width: int) -> tuple[slice, slice]:
        """Rows and columns of a picture of that size that it touches."""
        rows = slice(math.floor(self.top * height + 1e-6), math.ceil(self.bottom * height - 1e-6))
        return rows, slice(math.floor(self.left * width + 1e-6), math.ceil(self.right * width - 1e-6))


def _side(low: float, high: float) -> tuple[float, float]:
    first = min(max(float(low), 0.0), 1.0 - LEAST_SIDE)
    return first, max(min(float(high), 1.0) - first, LEAST_SIDE)


@dataclass(frozen=True)
class KnownFault:
    """One known fault: of a plot type and pad ("" for all of them), of a label, in a region (None: the whole plot).

    It is known up to the run `until_run` of its run period, or for plots that were taken before `until`.
    """

    id: int
    plot_type: str
    pad: str
    label: str
    region: Region | None
    run_period: str
    until_run: int | None
    until: datetime | None
    why: str
    user: str
    station: str
    at: datetime
    ended_at: datetime | None = None
    ended_by: str = ""

    def is_of(self, plot_type: str, pad: str) -> bool:
        """Whether it is a fault of that stream."""
        return self.plot_type == plot_type and self.pad in ("", pad)

    def is_known_in(self, name: PlotName, taken_at: datetime) -> bool:
        """Whether it is in force for a plot of this name and time."""
        if self.ended_at is not None or not self.is_of(name.plot_type, name.pad):
            return False
        if self.until_run is not None and not self._reaches(name.run_period, name.run_number):
            return False
        return self.until is None or taken_at < self.until

    def goes_on(self, run: RunState, now: datetime) -> bool:
        """Whether it is in force now, in the run as last known."""
        if self.ended_at is not None or (self.until is not None and now >= self.until):
            return False
        known = self.until_run is not None and run.run_number is not None
        return not known or self._reaches(run.run_period, run.run_number or 0)

    def _reaches(self, run_period: str, run_number: int) -> bool:
        other = self.run_period not in ("", run_period)  # "": nobody knew it
        return not other and (self.until_run is None or run_number <= self.until_run)

    def as_of(self, when: datetime) -> KnownFault:
        """As it stood at a time: what ended later hadn't yet."""
        later = self.ended_at is not None and self.ended_at > when
        return replace(self, ended_at=None, ended_by="") if later else self

    @property
    def until_words(self) -> str:
        """Until when it is known, times in those of here."""
        parts = []
        if self.until_run is not None:
            period = f" of {self.run_period}" if self.run_period else ""
            parts.append(f"the end of run {self.until_run}{period}")
        if self.until is not None:
            parts.append(f"{self.until.astimezone():%Y-%m-%d %H:%M}")
        return " or ".join(parts) or "it is ended"

    @property
    def words(self) -> str:
        """How a panel says it."""
        return f"{self.label}, known"


def in_force(faults: Iterable[KnownFault], name: PlotName, taken_at: datetime) -> tuple[KnownFault, ...]:
    """Those that are in force for a plot."""
    return tuple(fault for fault in faults if fault.is_known_in(name, taken_at))


def is_in_question(verdict: Verdict, faults: Iterable[KnownFault], plot_type: PlotType) -> bool:
    """Whether what is known may be all that a verdict says.

    That is a verdict of one of these labels, whatever its status but NoModel, and one that is Unfamiliar, as such a
    label means little.
    """
    if verdict.status is Status.UNFAMILIAR:
        return any(fault.region is not None or fault.label == verdict.label for fault in faults)
    return plot_type.label(verdict.label).role is Role.FAULTY and any(fault.label == verdict.label for fault in faults)


def is_quiet(verdict: Verdict, plot_type: PlotType) -> bool:
    """Whether the rest of a plot, judged with what is known set to normal, is nothing to tell anybody."""
    return verdict.status is not Status.UNFAMILIAR and plot_type.label(verdict.label).role is not Role.FAULTY
