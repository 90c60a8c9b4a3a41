"""What the detail view of a stream of plots reads and does: all of one look in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from ..database import (
    alarms,
    contests,
    given_labels,
    halls,
    known_faults,
    model_store,
    plots,
    references,
    verdicts,
    wall,
)
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..database.wall import PastVerdict
from ..domain import reference as rules
from ..domain.alarm import AlarmStep
from ..domain.contest import Contest
from ..domain.hall import Logbook
from ..domain.known_fault import KnownFault, Region, in_force
from ..domain.plot import Plot
from ..domain.reference import Reference
from ..domain.verdict import Verdict
from ..domain.who import Who
from . import known_faults as known_faults_service
from . import reference as reference_service

LAST = 200  # verdicts of the history strip


class Other(StrEnum):
    """What a plot is compared with, named as the screen says it."""

    LAST_GOOD = "last Good"
    REFERENCE = "reference"
    BEFORE = "one chunk before"
    FIRST_OF_RUN = "same run, first chunk"


@dataclass(frozen=True)
class Ask:
    """Which plot of a stream is looked at, the newest where `plot_id` is None, and which alarm's log is wanted."""

    plot_type: str
    pad: str
    plot_id: int | None = None
    alarm_id: int | None = None


@dataclass(frozen=True)
class Compared:
    """Another plot, with its verdict where it has one."""

    plot: Plot
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Neighbour:
    """One of the nearest training plots; `plot` is None where it isn't in this database."""

    content_hash: str
    distance: float
    plot: Plot | None = None
    label: str = ""
    user: str = ""


@dataclass(frozen=True)
class Detail:
    """One look at a plot of a stream.

    `shown` is None before the first plot; `past` is its verdict, None for one that was never judged.
    `thresholds` are those in force when it was judged. `history`, oldest first, are the last 200
    verdicts of the stream, or those around the plot where it is older. `maps` are float32 (h, w) by
    label. `novelty` is the p-value of being familiar, None where it wasn't measured. `label` is what a
    person said the plot is, "" when nobody did.
    """

    ask: Ask
    shown: Plot | None = None
    past: PastVerdict | None = None
    is_newest: bool = True
    history: tuple[PastVerdict, ...] = ()
    contested: frozenset[int] = frozenset()  # plots of the history
    thresholds: Mapping[str, float] = field(default_factory=dict)
    maps: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    novelty: float | None = None
    nearest: tuple[Neighbour, ...] = ()
    others: Mapping[Other, Compared] = field(default_factory=dict)
    reference: Reference | None = None
    proposal: Reference | None = None
    label: str = ""
    labelled_by: str = ""
    contests: tuple[Contest, ...] = ()
    log: tuple[AlarmStep, ...] = ()
    logbook: Logbook = Logbook()
    known: tuple[KnownFault, ...] = ()  # faults that are known on this plot
    known_by: KnownFault | None = None  # that which is all its verdict says


@dataclass(frozen=True)
class DetailService:
    """Reads and changes what a detail view shows, for one hall, person and station."""

    database: Database
    hall_id: int
    hall_name: str
    images: ImageStore
    user: str
    station: str

    def read(self, ask: Ask) -> Detail:
        """All that is shown of a plot; raises DatabaseError when the database is away."""
        with self.database.read() as connection:
            return self._read(connection, ask)

    def contest(self, verdict_id: int, label: str, comment: str = "") -> Contest:
        """Say that a verdict is wrong and which label it should be."""
        with self.database.write() as connection:
            return contests.add(
                connection, self.hall_id, verdict_id, label, comment=comment, user=self.user, station=self.station
            )

    def take_back(self, contest_id: int) -> bool:
        """Take a contest back; False when somebody did before."""
        with self.database.write() as connection:
            return contests.take_back(connection, self.hall_id, contest_id, user=self.user)

    def add_known_fault(
        self,
        plot_type: str,
        label: str,
        *,
        pad: str,
        region: Region | None,
        until_run: int | None,
        until: datetime | None,
        why: str,
    ) -> KnownFault:
        """Say that a fault is known. Raises AlarmActError, SettingsError."""
        return known_faults_service.add(
            self.database, self.hall_id, plot_type, label, pad=pad, region=region, until_run=until_run, until=until,
            why=why, who=Who(self.user, self.station),
        )  # fmt: skip

    def end_known_fault(self, fault_id: int) -> None:
        """Say that a known fault is over. Raises AlarmActError where it is already."""
        known_faults_service.end(self.database, self.hall_id, fault_id, who=Who(self.user, self.station))

    def confirm_reference(self, plot_type: str, run_period: str) -> str:
        """Put the proposal that waits in force; tells what came of it. Raises PlotReferenceError."""
        report = reference_service.confirm(
            self.database, self.hall_name, plot_type, run_period=run_period, user=self.user
        )
        left = "".join(f"; left out, {reason}: {count}" for reason, count in report.left_out.items())
        return f"{len(report.reference.plots)} plots are the reference of {plot_type} now{left}."

    def propose_reference(self, plot_type: str, run_period: str) -> str:
        """Propose the first steady plots of a run period; tells what came of it. Raises PlotReferenceError."""
        report = reference_service.propose(
            self.database, self.hall_name, self.images, plot_type, run_period=run_period, user=self.user
        )
        return f"{len(report.reference.plots)} plots are proposed as the reference of {plot_type}; look at them."

    def _read(self, c: Connection, ask: Ask) -> Detail:
        last = wall.history(c, self.hall_id, ask.plot_type, LAST, pad=ask.pad)
        newest = last[0] if last else None
        logbook = halls.logbook(c, self.hall_id)
        log = tuple(alarms.log(c, ask.alarm_id)) if ask.alarm_id is not None else ()
        past, shown = newest, newest.plot if newest is not None else None
        if ask.plot_id is not None:
            shown = plots.get(c, ask.plot_id)
            past = next((one for one in last if one.plot.id == shown.id), None) or wall.past(c, shown.id)
        if shown is None:
            return Detail(ask, log=log, logbook=logbook)
        place = past if past is not None and past.plot.name.pad == ask.pad else newest
        history = self._around(c, ask, place, last) if place is not None else ()
        reference, proposal = self._reference(c, ask.plot_type, shown.name.run_period)
        label, labelled_by = given_labels.of_plots(c, [shown.id]).get(shown.id, ("", ""))
        detail = Detail(
            ask,
            shown,
            past,
            newest is not None and shown.id == newest.plot.id,
            history,
            frozenset(contests.contested(c, [one.plot.id for one in history])),
            others=self._others(c, ask, shown, history, reference),
            reference=reference,
            proposal=proposal,
            label=label,
            labelled_by=labelled_by,
            contests=tuple(contests.of_plot(c, shown.id)),
            log=log,
            logbook=logbook,
            known=in_force(known_faults.not_ended(c, self.hall_id), shown.name, shown.taken_at),
        )
        return detail if past is None else self._with_verdict(c, detail, past)

    def _around(self, c: Connection, ask: Ask, place: PastVerdict, last: list[PastVerdict]) -> tuple[PastVerdict, ...]:
        """The last verdicts, oldest first, or those around an older one or the oldest of them."""
        recent = last if len(last) < LAST else last[:-1]  # from the oldest of them on one wants to go further back
        if any(one.plot.id == place.plot.id for one in recent):
            return tuple(reversed(last))
        half = LAST // 2
        before = wall.history(c, self.hall_id, ask.plot_type, half, pad=ask.pad, before=place.plot)
        after = wall.following(c, self.hall_id, ask.plot_type, ask.pad, place.plot, half)
        return (*reversed(before), place, *after)

    def _with_verdict(self, c: Connection, detail: Detail, past: PastVerdict) -> Detail:
        decided_at = past.decided_at or datetime.now(UTC)
        thresholds = {} if past.model_id is None else model_store.thresholds_at(c, past.model_id, decided_at)
        known = verdicts.familiarities(c, [past.verdict_id]).get(past.verdict_id)
        nearest: tuple[Neighbour, ...] = ()
        if known is not None:
            nearest = self._neighbours(c, detail.ask.plot_type, known.nearest)
        return replace(
            detail,
            known_by=next((fault for fault in detail.known if fault.id == past.known_fault_id), None),
            thresholds=thresholds,
            maps=verdicts.evidence(c, past.verdict_id),
            novelty=known.novelty if known is not None else None,
            nearest=nearest,
        )

    def _neighbours(
        self, c: Connection, plot_type: str, nearest: tuple[tuple[str, float], ...]
    ) -> tuple[Neighbour, ...]:
        found = plots.by_content(c, self.hall_id, plot_type, [content for content, _ in nearest])
        labels = given_labels.of_plots(c, [plot.id for plot in found.values()])
        neighbours = []
        for content, distance in nearest:
            plot = found.get(content)
            label, user = labels.get(plot.id, ("", "")) if plot is not None else ("", "")
            neighbours.append(Neighbour(content, distance, plot, label, user))
        return tuple(neighbours)

    def _reference(self, c: Connection, plot_type: str, run_period: str) -> tuple[Reference | None, Reference | None]:
        """What is in force in a run period, and the proposal that waits there."""
        in_force = references.in_force(c, self.hall_id, plot_type)
        proposal = references.proposals(c, self.hall_id, plot_type).get(run_period)
        return rules.of_period(in_force, run_period), proposal

    def _others(
        self, c: Connection, ask: Ask, shown: Plot, history: tuple[PastVerdict, ...], reference: Reference | None
    ) -> dict[Other, Compared]:
        """What there is to compare a plot with."""
        found: dict[Other, Compared | None] = dict.fromkeys(Other)
        places = [one.plot.id for one in history]
        inside = shown.id in places
        good = wall.last_good(c, self.hall_id, ask.plot_type, pad=ask.pad, before=shown if inside else None)
        found[Other.LAST_GOOD] = _compared(good)
        if reference is not None and reference.plots:
            same = [plot for plot in reference.plots if plot.name.pad == shown.name.pad]
            found[Other.REFERENCE] = Compared((same or reference.plots)[-1])
        if inside and (at := places.index(shown.id)) > 0:
            found[Other.BEFORE] = _compared(history[at - 1])
        first = wall.first_of_run(c, self.hall_id, shown)
        if first is not None and first.plot.id != shown.id:
            found[Other.FIRST_OF_RUN] = _compared(first)
        return {other: one for other, one in found.items() if one is not None}


def _compared(past: PastVerdict | None) -> Compared | None:
    return Compared(past.plot, past.verdict) if past is not None else None
