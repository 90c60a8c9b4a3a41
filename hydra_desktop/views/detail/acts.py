"""What a person does about a plot: contests its verdict, takes that back, says what is normal."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from ...domain.hall import PlotType
from ...domain.known_fault import Region
from ...domain.verdict import Status
from ...services.detail import Detail, DetailService
from ..background import Background
from . import speech
from .contest_dialog import ContestDialog
from .known_fault_dialog import KnownFaultDialog

_DOUBT = {Status.UNCONFIRMED: ", not confirmed", Status.UNFAMILIAR: ", unfamiliar"}


class Acts(QObject):
    """Does it in the background; `done` and `failed` carry what is to be said, after each the plot is read anew."""

    done = Signal(str)
    failed = Signal(str)

    def __init__(self, window: QWidget, service: DetailService, background: Background) -> None:
        super().__init__(window)
        self._window, self._service, self._background = window, service, background

    def contest(self, detail: Detail, plot_type: PlotType) -> None:
        """Ask which label the plot should have."""
        past = detail.past
        if past is None or not past.verdict.label:
            return
        plot = speech.place(past.plot)
        word = past.verdict.label + _DOUBT.get(past.verdict.status, "")
        dialog = ContestDialog(plot_type, plot, word, self._window)
        dialog.given.connect(
            lambda label, comment: self._do(
                lambda: self._service.contest(past.verdict_id, label, comment),
                lambda _: f"Contested: {plot} should be {label}. An expert gets it into the labeling queue.",
                "Not contested",
            )
        )
        dialog.finished.connect(self._window.window().activateWindow)
        dialog.open()

    def take_back(self, detail: Detail) -> None:
        """Take the newest contest of the plot back, one's own first."""
        standing = sorted(
            (one for one in detail.contests if one.stands), key=lambda one: one.user != self._service.user
        )
        if standing:
            contest = standing[0]
            self._do(
                lambda: self._service.take_back(contest.id),
                lambda done: "Taken back." if done else "Somebody took it back before.",
                "Not taken back",
            )

    def tell_known(self, detail: Detail, plot_type: PlotType, region: Region) -> None:
        """Ask what is known of the fault in a region of the plot."""
        plot = detail.shown
        if plot is None:
            return
        label = detail.past.verdict.label if detail.past is not None else ""
        dialog = KnownFaultDialog(plot_type, plot, label, region, self._window)
        dialog.given.connect(
            lambda told: self._do(
                lambda: self._service.add_known_fault(
                    plot_type.name,
                    told.label,
                    pad=told.pad,
                    region=told.region,
                    until_run=told.until_run,
                    until=told.until,
                    why=told.why,
                ),
                lambda fault: f"{fault.words}: it doesn't alarm until {fault.until_words}.",
                "Not stored",
            )
        )
        dialog.finished.connect(self._window.window().activateWindow)
        dialog.open()

    def end_known(self, detail: Detail) -> None:
        """End the known fault that the verdict says, else the newest of the plot."""
        if detail.known:
            fault = detail.known_by or detail.known[-1]
            self._do(
                lambda: self._service.end_known_fault(fault.id),
                lambda _: f"{fault.words}: that is over, it alarms as ever.",
                "Not ended",
            )

    def settle_reference(self, detail: Detail) -> None:
        """Confirm the proposal that waits, or have one made."""
        if detail.shown is None:
            return
        name = detail.shown.name
        waits = detail.proposal is not None
        work = self._service.confirm_reference if waits else self._service.propose_reference
        self._do(lambda: work(name.plot_type, name.run_period), str, "Not confirmed" if waits else "Nothing proposed")

    def _do(self, work: Callable[[], object], said: Callable[[object], str], failed: str) -> None:
        self._background.run(
            work,
            lambda result: self.done.emit(said(result)),
            lambda why: self.failed.emit(f"{failed}. {why}"),
            owner=self,
        )
