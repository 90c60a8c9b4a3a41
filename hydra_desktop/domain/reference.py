"""References: the plots that say what is normal now for a plot type, one set for each run period."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from .hall import PlotType
from .label import Role
from .plot import Plot, PlotName

SIZE = 30  # plots that a proposed or default reference has
LEAST = 10  # fewer are no proposal, and no default while there is a reference to inherit
FEWEST = 2  # plots of any reference
MOST_OF_A_RUN = 10  # of a proposal, while other runs have more to give


class ReferenceState(StrEnum):
    """On whose word a reference rests."""

    CONFIRMED = "confirmed"  # a person's
    PROPOSED = "proposed"  # nobody's yet; never in force
    DEFAULT = "default"  # the first plots that people labelled with a role of good
    INHERITED = "inherited"  # it is that of another run period


@dataclass(frozen=True)
class Reference:
    """A set of plots, in the order of time, that is what normal means in a run period.

    `id`, `user` and `at` are those under which it is stored; a default has none. An inherited
    one has those of the reference that it is, whose run period is `origin`.
    """

    plot_type: str
    run_period: str
    state: ReferenceState
    plots: tuple[Plot, ...]
    id: int | None = None
    user: str = ""
    at: datetime | None = None
    comment: str = ""
    origin: str | None = None

    @property
    def plot_ids(self) -> tuple[int, ...]:
        """The plots' ids."""
        return tuple(plot.id for plot in self.plots)

    @property
    def content_hashes(self) -> tuple[str, ...]:
        """The hash of each plot's picture; equal pictures repeat."""
        return tuple(plot.content_hash for plot in self.plots)

    @property
    def fingerprint(self) -> str:
        """One text for one set of pictures, whoever named it: hexadecimal SHA-256."""
        return hashlib.sha256("".join(sorted(self.content_hashes)).encode()).hexdigest()

    def inherited_by(self, run_period: str) -> Reference:
        """This reference as another run period has it while that has none of its own."""
        origin = self.run_period if self.origin is None else self.origin
        return replace(self, run_period=run_period, state=ReferenceState.INHERITED, origin=origin)


@dataclass(frozen=True)
class Period:
    """When a run period began for a plot type: the number of its lowest run, and the first time in that."""

    name: str
    first_run: int
    first_taken_at: datetime
    is_file_time: bool


@dataclass(frozen=True)
class WithoutReference:
    """A plot type that is judged by the reference of an older run period; `proposed` says that a proposal waits."""

    plot_type: str
    run_period: str
    proposed: bool = False


@dataclass(frozen=True)
class Candidate:
    """A live plot that may go into a proposal.

    `given` is the label that a person gave it, `confirmed` that of its Confirmed verdict, both
    "" without one; `beam_on` is None where nobody knows.
    """

    plot: Plot
    given: str = ""
    confirmed: str = ""
    beam_on: bool | None = None


def in_time_order(plots: Iterable[Plot]) -> list[Plot]:
    """Plots by the time they were taken; by run and chunk where a time is only that of a file."""
    chosen = list(plots)
    by_run = any(plot.taken_at_is_file_time for plot in chosen)

    def key(plot: Plot) -> tuple[object, ...]:
        run = (plot.name.run_number, -1 if plot.name.chunk is None else plot.name.chunk)
        return (run, plot.taken_at, plot.id) if by_run else (plot.taken_at, run, plot.id)

    return sorted(chosen, key=key)


def periods_in_order(periods: Iterable[Period]) -> list[str]:
    """Names of run periods by when they began; by their runs where a time is only that of a file."""
    chosen = list(periods)
    by_run = any(period.is_file_time for period in chosen)

    def key(period: Period) -> tuple[object, ...]:
        run, at = period.first_run, period.first_taken_at
        return (run, at, period.name) if by_run else (at, run, period.name)

    return [period.name for period in sorted(chosen, key=key)]


def in_force(
    periods: Sequence[str], confirmed: Mapping[str, Reference], defaults: Mapping[str, Reference]
) -> dict[str, Reference]:
    """The reference in force for each of the run periods, which come in the order of time.

    That is the period's own, confirmed or else default; else it inherits that of the last period
    before which has its own, else of the first one after. A default of fewer than `LEAST` plots
    counts only where there is none to inherit. Empty when there is none at all.
    """
    enough = {period: one for period, one in defaults.items() if len(one.plots) >= LEAST}
    own = {**enough, **confirmed} or defaults
    found = {}
    owner = next((period for period in periods if period in own), None)
    for period in periods:
        owner = period if period in own else owner
        if owner is not None:
            found[period] = own[period] if period in own else own[owner].inherited_by(period)
    return found


def of_period(references: Mapping[str, Reference], run_period: str) -> Reference | None:
    """The reference for a plot of that period; a period not heard of is new and inherits the last one's."""
    if run_period in references or not references:
        return references.get(run_period)
    return references[list(references)[-1]].inherited_by(run_period)


def steady(candidates: Iterable[Candidate], plot_type: PlotType) -> list[Plot]:
    """Those that look like normal running, in the order of time, of each plot the newest revision.

    Left out are plots taken without beam, plots that a person labelled other than good, and
    plots without a person's word whose Confirmed verdict is a condition such as NoData. A
    faulty verdict leaves none out: in a new run period the old model may be wrong of all.
    """
    newest: dict[PlotName, Candidate] = {}
    for candidate in sorted(candidates, key=lambda one: one.plot.revision):
        newest[candidate.plot.name] = candidate
    return in_time_order(one.plot for one in newest.values() if one.beam_on is not False and _normal(one, plot_type))


def first_of(plots: Sequence[Plot], size: int = SIZE) -> list[Plot]:
    """The first `size` of plots in the order of time, at most `MOST_OF_A_RUN` of a run where others make up for it."""
    of_run: Counter[int] = Counter()
    chosen: list[Plot] = []
    spare: list[Plot] = []
    for plot in plots:
        of_run[plot.name.run_number] += 1
        (chosen if of_run[plot.name.run_number] <= MOST_OF_A_RUN else spare).append(plot)
    chosen = chosen[:size]
    return in_time_order([*chosen, *spare[: size - len(chosen)]])


def _normal(candidate: Candidate, plot_type: PlotType) -> bool:
    if candidate.given:
        return plot_type.label(candidate.given).role is Role.GOOD
    return not candidate.confirmed or plot_type.label(candidate.confirmed).role is not Role.CONDITION
