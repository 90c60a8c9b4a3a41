"""The plots that say what is normal: named by a person, or proposed and then confirmed by one."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from ..database import given_labels, halls, references
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..database.references import PastReference
from ..domain import reference as rules
from ..domain.errors import PlotReferenceError
from ..domain.hall import Hall, PlotType
from ..domain.label import Role
from ..domain.plot import NamePattern, Plot
from ..domain.reference import Reference, ReferenceState
from ..sources.manifest import ManifestRow, read_manifest
from . import lookup
from .importing import SHOWN, ImportReport, Refusal, import_rows, name_of
from .progress import Progress


@dataclass(frozen=True)
class ReferenceReport:
    """A reference that was set, proposed or confirmed, and the plots that are not in it by reason."""

    reference: Reference
    left_out: Mapping[str, int] = field(default_factory=dict)
    imported: ImportReport | None = None
    known: bool = False  # the same was proposed before

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """Rows of a manifest that couldn't be taken."""
        return self.imported.refused if self.imported is not None else ()

    def text(self) -> str:
        """The report in words."""
        reference = self.reference
        lines = [f"{reference.plot_type}, {_of(reference.run_period)}: {_described(reference)}."]
        foreign = Counter(plot.name.run_period for plot in reference.plots)
        del foreign[reference.run_period]
        lines += [f"  {count} of its plots are of {_of(period)}" for period, count in foreign.items()]
        if self.imported is not None and self.imported.added:
            lines.append(f"  new in the database: {sum(self.imported.added.values())} plots")
        lines += [f"  left out, {reason}: {count}" for reason, count in self.left_out.items()]
        lines += [f"    line {refusal.line}: {refusal.message}" for refusal in self.refused[:SHOWN]]
        if reference.state is ReferenceState.PROPOSED:
            missing = rules.SIZE - len(reference.plots)
            if missing > 0:
                lines.append(f"  {missing} more steady plots would make it whole; propose again when they are there.")
            lines.append(
                ("  It waits already. " if self.known else "  ")
                + f"Look at the plots, then: hydra-desktop reference confirm {_arguments(reference)}"
            )
        return "\n".join(lines)


@dataclass(frozen=True)
class ConfirmedAllReport:
    """References that were confirmed together, and why others weren't."""

    confirmed: tuple[ReferenceReport, ...]
    refused: tuple[str, ...]

    def text(self) -> str:
        """The report in words."""
        return "\n".join([*(one.text() for one in self.confirmed), *(f"Not confirmed: {one}" for one in self.refused)])


@dataclass(frozen=True)
class RevokedReport:
    """A reference or proposal that was taken back, and what is in force for its run period now."""

    revoked: Reference
    now: Reference | None

    def text(self) -> str:
        """The report in words."""
        holds = "there is no reference now" if self.now is None else f"what holds now is {_described(self.now)}"
        return f"Taken back for {_of(self.revoked.run_period)}: {_described(self.revoked)}; {holds}."


@dataclass(frozen=True)
class ReferencesShown:
    """What is in force for each run period of a plot type, and the proposals that wait, in the order of time."""

    plot_type: str
    in_force: Mapping[str, Reference]
    proposals: Mapping[str, Reference]

    def text(self) -> str:
        """All of it in words, a line for each plot."""
        lines = []
        for period in dict.fromkeys([*self.in_force, *self.proposals]):
            reference, proposal = self.in_force.get(period), self.proposals.get(period)
            lines.append(f"{self.plot_type}, {_of(period)}: {_described(reference) if reference else 'no reference'}.")
            shown = reference and not (
                reference.state is ReferenceState.INHERITED and reference.origin in self.in_force
            )
            if reference is not None and shown:
                lines += _plot_lines(reference.plots)
            if proposal is not None:
                lines.append(
                    f"  {_described(proposal)}; to use it: hydra-desktop reference confirm {_arguments(proposal)}"
                )
                lines += _plot_lines(proposal.plots)
        return "\n".join(lines) or (
            f"{self.plot_type} has no reference. Label {rules.FEWEST} plots or more as good, name some "
            f"(hydra-desktop reference set {self.plot_type} MANIFEST.csv), or let Hydra propose the first steady ones "
            f"(hydra-desktop reference propose {self.plot_type})."
        )


def set_from_manifest(
    database: Database,
    hall_name: str,
    images: ImageStore,
    plot_type: str,
    manifest: Path,
    *,
    run_period: str | None = None,
    comment: str = "",
    user: str,
    progress: Progress,
) -> ReferenceReport:
    """Make the plots of a manifest the reference of a run period, by default of the one that its rows name.

    Rows whose plot isn't in the database are imported first, and features computed that are
    missing. Left out are rows of other plot types and those whose label, there or in the
    database, isn't of role good. Raises ManifestError when the manifest can't be read,
    PlotReferenceError when it names several run periods or too few plots.
    """
    with database.read() as connection:
        found = halls.find(connection, hall_name)
        hall = Hall(hall_name) if found is None else halls.load(connection, found)
    of_type, usable, left_out = _usable_rows(read_manifest(manifest), plot_type, hall)
    _expect_enough(len(usable), plot_type, manifest.name, left_out)
    if run_period is None:
        pattern = NamePattern(hall.name_pattern)
        named = {name_of(row, pattern).run_period for row in usable}
        run_period = _only(named, f"{manifest.name} has plots of {{}}; name the one for which this reference holds")
    imported = import_rows(database, hall_name, images, manifest, of_type, user=user, progress=progress, relabel=False)
    wanted = {row.line for row in usable}  # the others are counted already
    left_out.update(refusal.reason for refusal in imported.refused if refusal.line in wanted)
    ids = [imported.plot_ids[row.line] for row in usable if row.line in imported.plot_ids]
    if ids:  # here, and not by a monitor that has plots to judge
        with database.read() as connection:
            chosen = references.plots_of(connection, lookup.hall(connection, hall_name), plot_type, ids)
        from . import features  # brings the network's runtime, which a wall does without

        features.of_plots(database, images, [plot.content_hash for plot in chosen], progress)
    with database.write() as connection:
        hall_id = lookup.hall(connection, hall_name)
        settings = halls.load(connection, hall_id).plot_types[plot_type]
        chosen = references.plots_of(connection, hall_id, plot_type, ids)
        good = _good_of(connection, hall_id, settings, chosen, left_out)
        _expect_enough(len(good), plot_type, manifest.name, left_out)
        reference = references.add(
            connection,
            hall_id,
            plot_type,
            run_period,
            good,
            state=ReferenceState.CONFIRMED,
            user=user,
            comment=comment,
        )
    return ReferenceReport(reference, left_out, imported)


def set_from_plots(
    database: Database,
    hall_name: str,
    plot_type: str,
    plot_ids: Sequence[int],
    *,
    run_period: str | None = None,
    state: ReferenceState = ReferenceState.CONFIRMED,
    comment: str = "",
    user: str,
) -> ReferenceReport:
    """Make these plots the reference of a run period, or with that state a proposal.

    The period is by default the one that they are of. Plots of other types and those with a
    label that isn't of role good are left out. Raises PlotReferenceError when they are of
    several periods or too few.
    """
    with database.write() as connection:
        hall_id, settings = _find(connection, hall_name, plot_type)
        chosen = references.plots_of(connection, hall_id, plot_type, plot_ids)
        left_out = +Counter({"no plot of this type": len(set(plot_ids)) - len(chosen)})
        good = _good_of(connection, hall_id, settings, chosen, left_out)
        _expect_enough(len(good), plot_type, "this choice", left_out)
        if run_period is None:
            named = {plot.name.run_period for plot in good}
            run_period = _only(named, "These plots are of {}; name the one for which this reference holds")
        reference = references.add(
            connection, hall_id, plot_type, run_period, good, state=state, user=user, comment=comment
        )
    return ReferenceReport(reference, left_out)


def propose(
    database: Database,
    hall_name: str,
    images: ImageStore,
    plot_type: str,
    *,
    run_period: str | None = None,
    user: str,
) -> ReferenceReport:
    """Propose the first steady plots of a run period, by default of the newest one with live plots.

    Raises PlotReferenceError, saying how many more are needed, while there are too few.
    """
    with database.read() as connection:  # no write waits while it searches
        hall_id, settings = _find(connection, hall_name, plot_type)
        newest_first = references.periods(connection, hall_id, plot_type)[::-1]
        for period in newest_first if run_period is None else [run_period]:
            candidates = references.candidates(connection, hall_id, plot_type, period)
            if candidates:
                break
        else:
            where = "" if run_period is None else f" of {_of(run_period)}"
            raise PlotReferenceError(
                f"{plot_type} has no live plots{where} to choose from; "
                f"start the monitor, or name plots: hydra-desktop reference set {plot_type} MANIFEST.csv"
            )
        ready = rules.steady(candidates, settings)
        chosen = rules.first_of([plot for plot in ready if images.has(plot.content_hash)])
        if len(chosen) < rules.LEAST:
            raise PlotReferenceError(
                f"{plot_type}, {_of(period)}: {len(chosen)} steady live plots so far, {rules.LEAST - len(chosen)} "
                "more are needed for a proposal; try again when they are there."
            )
        before = references.proposals(connection, hall_id, plot_type).get(period)
        if before is not None and set(before.plot_ids) == {plot.id for plot in chosen}:
            return ReferenceReport(before, known=True)
    with database.write() as connection:
        reference = references.add(
            connection,
            hall_id,
            plot_type,
            period,
            chosen,
            state=ReferenceState.PROPOSED,
            user=user,
        )
    return ReferenceReport(reference)


def confirm(
    database: Database, hall_name: str, plot_type: str, *, run_period: str | None = None, user: str
) -> ReferenceReport:
    """Put the proposal that waits in force, but for plots that people labelled other than good since.

    Raises PlotReferenceError when none waits, or several do and no run period is named.
    """
    with database.write() as connection:
        hall_id, settings = _find(connection, hall_name, plot_type)
        waiting = references.proposals(connection, hall_id, plot_type)
        if run_period is None and waiting:
            run_period = _only(waiting, f"{plot_type} has proposals for {{}}; name one")
        proposal = waiting.get(run_period or "")
        if proposal is None:
            what = plot_type if run_period is None else f"{plot_type}, {_of(run_period)},"
            raise PlotReferenceError(
                f"{what} has no proposal that waits; make one: hydra-desktop reference propose {plot_type}"
            )
        return _confirmed(connection, hall_id, settings, proposal, user)


def confirm_all(database: Database, hall_name: str, *, run_period: str | None = None, user: str) -> ConfirmedAllReport:
    """Put the proposals of all plot types for a run period in force, but for those that can't be.

    Raises PlotReferenceError when none waits, or some do for several run periods and none of these is named.
    """
    with database.write() as connection:
        hall_id = lookup.hall(connection, hall_name)
        known = halls.load(connection, hall_id).plot_types
        waiting = [
            of for of, state in references.states(connection, hall_id).items() if state is ReferenceState.PROPOSED
        ]
        if run_period is None and waiting:
            run_period = _only({period for _, period in waiting}, "There are proposals for {}; name one")
        names = sorted(name for name, period in waiting if period == run_period)
        if not names:
            where = "" if run_period is None else f" for {_of(run_period)}"
            raise PlotReferenceError(
                f"No proposal waits{where}; make one of a plot type: hydra-desktop reference propose PLOT_TYPE"
            )
        confirmed, refused = [], []
        for name in names:
            proposal = references.proposals(connection, hall_id, name)[run_period or ""]
            try:
                confirmed.append(_confirmed(connection, hall_id, known[name], proposal, user))
            except PlotReferenceError as error:  # before anything of it was written
                refused.append(str(error))
    return ConfirmedAllReport(tuple(confirmed), tuple(refused))


def revoke(
    database: Database, hall_name: str, plot_type: str, *, run_period: str | None = None, user: str
) -> RevokedReport:
    """Take back the newest reference or proposal of a run period.

    Raises PlotReferenceError when there is none, or there are some of several run periods and
    none of these is named.
    """
    with database.write() as connection:
        hall_id, _ = _find(connection, hall_name, plot_type)
        newest: dict[str, Reference] = {}
        for past in references.history(connection, hall_id, plot_type):
            if past.revoked_at is None:
                newest.setdefault(past.reference.run_period, past.reference)
        if run_period is None and newest:
            run_period = _only(newest, f"{plot_type} has references for {{}}; name one")
        last = newest.get(run_period or "")
        if last is None or last.id is None:
            raise PlotReferenceError(
                f"{plot_type} has no reference to take back; see: hydra-desktop reference history {plot_type}"
            )
        references.revoke(connection, hall_id, last.id, user=user)
        now = rules.of_period(references.in_force(connection, hall_id, plot_type), last.run_period)
    return RevokedReport(last, now)


def show(database: Database, hall_name: str, plot_type: str, *, run_period: str | None = None) -> ReferencesShown:
    """What is in force for each run period of a plot type, or for one, and the proposals that wait."""
    with database.read() as connection:
        hall_id, _ = _find(connection, hall_name, plot_type)
        in_force = references.in_force(connection, hall_id, plot_type)
        proposals = references.proposals(connection, hall_id, plot_type)
    if run_period is not None:
        reference = rules.of_period(in_force, run_period)
        in_force = {} if reference is None else {run_period: reference}
        proposals = {period: one for period, one in proposals.items() if period == run_period}
    return ReferencesShown(plot_type, in_force, proposals)


def history(database: Database, hall_name: str, plot_type: str) -> list[PastReference]:
    """Every reference that was ever set, proposed or confirmed, newest first."""
    with database.read() as connection:
        hall_id, _ = _find(connection, hall_name, plot_type)
        return references.history(connection, hall_id, plot_type)


def history_text(plot_type: str, past: Sequence[PastReference]) -> str:
    """The history in words, a line for each."""
    lines = []
    for one in past:
        line = f"{one.reference.id}: {_of(one.reference.run_period)}, {_described(one.reference)}"
        if one.revoked_at is not None:
            line += f"; taken back by {one.revoked_by}, {_moment(one.revoked_at)}"
        lines.append(line)
    return "\n".join(lines) or f"Nobody has set or proposed a reference of {plot_type} yet."


def _confirmed(
    connection: Connection, hall_id: int, settings: PlotType, proposal: Reference, user: str
) -> ReferenceReport:
    """A proposal put in force; raises PlotReferenceError when people labelled too many of its plots otherwise."""
    left_out: Counter[str] = Counter()
    good = _good_of(connection, hall_id, settings, proposal.plots, left_out)
    _expect_enough(len(good), settings.name, "the proposal", left_out)
    reference = references.add(
        connection,
        hall_id,
        settings.name,
        proposal.run_period,
        good,
        state=ReferenceState.CONFIRMED,
        user=user,
        comment=proposal.comment,
    )
    return ReferenceReport(reference, left_out)


def _usable_rows(
    rows: Sequence[ManifestRow], plot_type: str, hall: Hall
) -> tuple[list[ManifestRow], list[ManifestRow], Counter[str]]:
    """The rows of the plot type, those of them that may be in a reference, and how many may not, by reason."""
    settings = hall.plot_types.get(plot_type) or PlotType(plot_type)
    left_out: Counter[str] = Counter()
    of_type, usable = [], []
    for row in rows:
        if row.problem:
            left_out["unusable row"] += 1
        elif row.plot_type != plot_type:
            left_out["another plot type"] += 1
        else:
            of_type.append(row)
            if row.label and settings.label(row.label).role is not Role.GOOD:
                left_out[f"labelled {row.label}"] += 1
            else:
                usable.append(row)
    if not of_type and left_out["another plot type"]:
        lookup.plot_type({*hall.plot_types, *(row.plot_type for row in rows)}, plot_type)
    return of_type, usable, left_out


def _good_of(
    connection: Connection, hall_id: int, settings: PlotType, plots: Sequence[Plot], left_out: Counter[str]
) -> list[Plot]:
    """Those without a label or with one of role good; counts the others."""
    given = {one.plot.id: one.label for one in given_labels.current(connection, hall_id, settings.name)}
    good = []
    for plot in plots:
        label = given.get(plot.id, "")
        if label and settings.label(label).role is not Role.GOOD:
            left_out[f"labelled {label}"] += 1
        else:
            good.append(plot)
    return good


def _expect_enough(count: int, plot_type: str, where: str, left_out: Mapping[str, int]) -> None:
    if count < rules.FEWEST:
        said = ", ".join(f"{reason}: {number}" for reason, number in left_out.items())
        raise PlotReferenceError(
            f"A reference of {plot_type} needs {rules.FEWEST} plots at least, better {rules.SIZE}; "
            f"{where} has {count} to use" + (f" (left out, {said})." if said else ".")
        )


def _find(connection: Connection, hall_name: str, plot_type: str) -> tuple[int, PlotType]:
    hall_id = lookup.hall(connection, hall_name)
    known = halls.load(connection, hall_id).plot_types
    return hall_id, known[lookup.plot_type(known, plot_type)]


def _only(periods: Mapping[str, object] | set[str], message: str) -> str:
    """The one run period there is; raises PlotReferenceError with the message when there are several."""
    names = sorted(periods)
    if len(names) > 1:
        raise PlotReferenceError(
            message.format("several run periods: " + ", ".join(name or "none" for name in names))
            + " with --run-period"
            + (' (--run-period "" is none).' if "" in names else ".")
        )
    return names[0]


def _of(run_period: str) -> str:
    return f"run period {run_period}" if run_period else "no run period"


def _arguments(reference: Reference) -> str:
    return f"{shlex.quote(reference.plot_type)} --run-period {shlex.quote(reference.run_period)}"


def _described(reference: Reference) -> str:
    runs = sorted({plot.name.run_number for plot in reference.plots})
    of_runs = f"run {runs[0]}" if len(runs) == 1 else f"{len(runs)} runs from {runs[0]} to {runs[-1]}"
    said = {
        ReferenceState.CONFIRMED: f"confirmed by {reference.user}",
        ReferenceState.PROPOSED: f"proposed by {reference.user}",
        ReferenceState.DEFAULT: "default, the first plots labelled good",
        ReferenceState.INHERITED: f"inherited from {_of(reference.origin or '')}",
    }[reference.state]
    when = f", {_moment(reference.at)}" if reference.at is not None else ""
    comment = f" ({reference.comment})" if reference.comment else ""
    return f"{said}{when}, {len(reference.plots)} plots of {of_runs}{comment}"


def _plot_lines(plots: Sequence[Plot]) -> list[str]:
    return [
        f"  plot {plot.id}: run {plot.name.run_number}"
        + (f", chunk {plot.name.chunk}" if plot.name.chunk is not None else "")
        + (f", pad {plot.name.pad}" if plot.name.pad else "")
        + f", taken {_moment(plot.taken_at)}"
        + (" (time of the file)" if plot.taken_at_is_file_time else "")
        for plot in plots
    ]


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
