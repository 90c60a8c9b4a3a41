"""Reads proposals and stores what a person says of them, one after the other, in the background."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QObject

from ...database.connection import Database
from ...domain.reference import ReferenceState
from ...services import reference
from ...services.deviating import Compared, Deviating
from ...services.reference import ReferenceReport, ReferencesShown
from .. import words
from ..background import Background
from .proposal_list_model import ProposalRow, RowState
from .reference_screen import ReferenceScreen

_Work = tuple[Callable[[], Any], Callable[[Any], None], Callable[[str], None]]


class Confirming(QObject):
    """Does the work of a reference screen; one thing runs at a time, so that alarms are taken meanwhile."""

    def __init__(
        self, screen: ReferenceScreen, background: Background, database: Database, hall_name: str, *, user: str,
        deviating: Deviating,
    ) -> None:  # fmt: skip
        super().__init__()
        self._screen, self._background = screen, background
        self._database, self._hall, self._user = database, hall_name, user
        self._deviating = deviating
        self._decided: deque[_Work] = deque()
        self._reads: deque[_Work] = deque()
        self._runs = self._over = self._checks = False
        screen.confirmed.connect(self._confirm)
        screen.all_confirmed.connect(self._confirm_all)
        screen.rejected.connect(self._reject)
        screen.taken_back.connect(self._take_back)

    def begin(self) -> None:
        """Read what waits, then each of it."""
        self._do(lambda: reference.waiting(self._database, self._hall), self._begin, self._screen.show_failure)

    def end(self) -> None:
        """What still waits to be read is of no use any more; what was confirmed is stored all the same."""
        self._over = True
        self._reads.clear()
        self._deviating.close()

    def _begin(self, waiting: list[tuple[str, str]]) -> None:
        self._screen.show_rows([ProposalRow(plot_type, period) for plot_type, period in waiting])
        for row in range(len(waiting)):
            self._read(row)

    def _read(self, row: int) -> None:
        one = self._screen.model.rows[row]
        self._do(
            lambda: reference.show(self._database, self._hall, one.plot_type, run_period=one.run_period),
            lambda shown: self._show(row, shown),
            lambda why: self._change(row, told=why),
            is_reading=True,
        )

    def _show(self, row: int, shown: ReferencesShown) -> None:
        one = self._screen.model.rows[row]
        proposal = shown.proposals.get(one.run_period)
        before = shown.in_force.get(one.run_period)
        if proposal is None:
            self._change(row, state=RowState.GONE, told="Somebody decided it meanwhile; what holds is told beside.")
        else:
            self._change(row, state=RowState.WAITING, proposal=proposal, told="")
        self._change(row, before=before)
        self._check_next()

    def _check_next(self) -> None:
        """Ask which plots of the next row deviate."""
        rows = self._screen.model.rows
        row = next((i for i, one in enumerate(rows) if one.plots and one.compared is None), None)
        if row is None or self._checks or self._over:
            return
        self._checks = True
        plots = rows[row].plots

        def known(compared: Compared) -> None:
            self._checks = False
            if not self._over:
                self._change(row, compared=compared)
                self._check_next()

        def unknown(why: str) -> None:
            if not self._over:
                self._screen.told.setText(why)

        self._background.run(lambda: self._deviating.find(plots), known, unknown)

    def _confirm(self, row: int) -> None:
        one = self._screen.model.rows[row]
        if not one.is_open:
            return
        self._change(row, state=RowState.WORKING, told="")
        self._do(
            lambda: reference.confirm(
                self._database, self._hall, one.plot_type, run_period=one.run_period, leave_out=one.left_out,
                user=self._user,
            ),
            lambda report: self._confirmed(row, report),
            lambda why: self._refused(row, why),
        )  # fmt: skip

    def _confirm_all(self) -> None:
        for row, one in enumerate(self._screen.model.rows):
            if one.is_open:
                self._confirm(row)

    def _confirmed(self, row: int, report: ReferenceReport) -> None:
        made = report.reference
        at = words.clock(made.at or datetime.now(UTC))[:5]
        told = f"{len(made.plots)} plots confirmed by {made.user}, {at}; from the next chunk verdicts use it"
        self._change(row, state=RowState.CONFIRMED, told=told, stored_id=made.id)
        self._screen.told.setText(f"{made.plot_type}: {told}.")
        self._go_on(row)

    def _reject(self, row: int) -> None:
        one = self._screen.model.rows[row]
        if one.state is not RowState.WAITING:
            return
        self._change(row, state=RowState.WORKING, told="")
        self._do(
            lambda: reference.reject(self._database, self._hall, one.plot_type, one.run_period, user=self._user),
            lambda _proposal: self._rejected(row),
            lambda why: self._refused(row, why),
        )

    def _rejected(self, row: int) -> None:
        one = self._screen.model.rows[row]
        at = words.clock(datetime.now(UTC))[:5]
        told = f"rejected by {self._user}, {at}; it isn't proposed again by itself"
        self._change(row, state=RowState.REJECTED, told=told)
        self._screen.told.setText(f"{one.plot_type}: {told}.")
        self._go_on(row)

    def _take_back(self, row: int) -> None:
        """Undo what was decided: a confirmed reference is revoked, a rejected proposal made again."""
        one = self._screen.model.rows[row]
        if one.state is RowState.CONFIRMED:
            work = self._revoking(one)
        elif one.state is RowState.REJECTED:
            work = self._proposing(one)
        else:
            return
        self._change(row, state=RowState.WORKING, told="")
        self._do(work, lambda _done: self._read(row), lambda why: self._refused(row, why))

    def _revoking(self, one: ProposalRow) -> Callable[[], Any]:
        return lambda: reference.revoke(
            self._database, self._hall, one.plot_type, run_period=one.run_period, expected=one.stored_id,
            user=self._user,
        )  # fmt: skip

    def _proposing(self, one: ProposalRow) -> Callable[[], Any]:
        ids = [plot.id for plot in one.plots]
        return lambda: reference.set_from_plots(
            self._database, self._hall, one.plot_type, ids, run_period=one.run_period,
            state=ReferenceState.PROPOSED, user=self._user,
        )  # fmt: skip

    def _refused(self, row: int, why: str) -> None:
        """What was asked for wasn't done: say why, and read how it stands."""
        self._screen.told.setText(why)
        self._change(row, state=RowState.READING)
        self._read(row)

    def _go_on(self, row: int) -> None:
        """Go to the next row that waits, if this one was looked at."""
        if self._screen.view.row != row:
            return
        rows = self._screen.model.rows
        later = (i for i in (*range(row + 1, len(rows)), *range(row)) if rows[i].state is RowState.WAITING)
        following = next(later, None)
        if following is not None:
            self._screen.view.choose(following)

    def _change(self, row: int, **facts: Any) -> None:
        if not self._over:
            self._screen.model.change(row, **facts)

    def _do(
        self,
        work: Callable[[], Any],
        success: Callable[[Any], None],
        failure: Callable[[str], None],
        *,
        is_reading: bool = False,
    ) -> None:
        """Do this after what waits; what a person decided goes before what is only read."""
        (self._reads if is_reading else self._decided).append((work, success, failure))
        if not self._runs:
            self._next()

    def _next(self) -> None:
        waiting = self._decided or self._reads
        if not waiting:
            return
        work, success, failure = waiting.popleft()
        self._runs = True

        def done(tell: Callable[[Any], None], value: Any) -> None:
            self._runs = False
            if not self._over:
                tell(value)
            elif tell is failure:
                self._background.failed.emit(value)
            if not self._runs:
                self._next()

        self._background.run(work, lambda value: done(success, value), lambda why: done(failure, why))
