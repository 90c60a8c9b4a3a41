"""One job: who asked for it, how far it is, its curves and its words, and how to stop it."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout

from ...domain.library import named
from ...domain.training import Job, JobState, Stop
from ...services.model_listing import Shelf
from .. import words
from ..theme import Theme
from .curves import Curves
from .stage_strip import StageStrip

NOTHING = (
    "No model is trained now.\nChoose a plot type at the left and press Enter, or select some with Space and press T. "
    "Every station sees the job; a finished model changes nothing until somebody activates it."
)
STATES = {
    JobState.DONE: "Finished",
    JobState.FAILED: "Failed",
    JobState.CANCELLED: "Cancelled",
    JobState.LOST: "Lost",
    JobState.WAITING: "Waits",
    JobState.RUNNING: "Runs",
}


class JobPanel(QFrame):
    """Tells by `stop_asked` that a job is to end, and how; of a finished one what is to become of its model."""

    stop_asked = Signal(int, object)
    report_asked = Signal(int)
    activation_asked = Signal(int)
    roll_back_asked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self._theme = theme
        self.job: Job | None = None
        self._shelf: Shelf | None = None
        self._acting = False
        self.name, self.facts, self.headline, self.line = QLabel(), QLabel(), QLabel(), QLabel()
        self.strip, self.curves, self.log = StageStrip(theme), Curves(theme), QPlainTextEdit()
        self.fold = QPushButton()
        self.fold.setFlat(True)
        self.fold.setCheckable(True)
        self.fold.toggled.connect(lambda _on: self._unfold())
        self.cancel = QPushButton("Cancel  [Ctrl+.]")
        self.keep = QPushButton("Stop and keep the best  [Ctrl+B]")
        self.keep.setObjectName("main")
        self.report, self.back, self.activate = QPushButton("Report  [R]"), QPushButton(), QPushButton()
        self.activate.setObjectName("main")
        self.report.clicked.connect(lambda: self.report_asked.emit(self._model_id))
        self.activate.clicked.connect(lambda: self.activation_asked.emit(self._model_id))
        self.back.clicked.connect(self.roll_back_asked)
        self.cancel.clicked.connect(lambda: self._stop(Stop.DISCARD))
        self.keep.clicked.connect(lambda: self._stop(Stop.KEEP))
        for label in (self.facts, self.headline, self.line):
            label.setWordWrap(True)
        self.facts.setObjectName("muted")
        self.line.setObjectName("muted")
        self.log.setReadOnly(True)
        self.log.setAccessibleName("Log of the job")
        self._lay_out()
        self._unfold()
        self.show_job(None, 0)

    def show_job(self, job: Job | None, waiting: int) -> None:
        """Show a job, or why there is none; `waiting` others wait."""
        self.job = job
        for widget in (self.name, self.facts, self.strip, self.line, self.fold):
            widget.setVisible(job is not None)
        self.cancel.setVisible(job is not None and job.is_open and job.wish is not Stop.DISCARD)
        self.keep.setVisible(job is not None and job.may_keep)
        self.log.setVisible(job is not None and self.fold.isChecked())
        self.curves.show_curves(job.curves if job is not None else {})
        self._show_model()
        if job is None:
            verb = "waits" if waiting == 1 else "wait"
            wait = f"{words.count(waiting, 'job')} {verb}: a station with Hydra Desktop open begins within seconds."
            self.headline.setText(wait if waiting else NOTHING)
            self.headline.setStyleSheet("")
            return
        self.name.setText(job.plot_type)
        self.facts.setText(_facts(job))
        self.headline.setText(_headline(job))
        self.headline.setStyleSheet(f"font-size: {self._theme.px(20)}px; font-weight: bold;")
        self.line.setText(self._live or _line(job))
        self.strip.setVisible(job.state in (JobState.RUNNING, JobState.DONE))
        self.strip.show_job(job)
        if self.log.toPlainText() != job.log:
            self.log.setPlainText(job.log)
            bar = self.log.verticalScrollBar()
            bar.setValue(bar.maximum())

    def show_shelf(self, shelf: Shelf | None, acting: bool) -> None:
        """Take over what is live of the plot type of the job; `acting`: that is being changed."""
        self._shelf, self._acting = shelf, acting
        self._show_model()
        if self._live:
            self.line.setText(self._live)

    @property
    def _model_id(self) -> int:
        return (self.job.model_id if self.job is not None else None) or 0

    @property
    def _live(self) -> str:
        """What is live of the plot type of a finished job, "" where that isn't known."""
        shelf = self._shelf
        if not self._model_id or shelf is None or self.job is None or shelf.plot_type != self.job.plot_type:
            return ""
        if shelf.active_id == self._model_id:
            said = "It is live: the monitor uses it from its next chunk on."
        else:
            said = (
                f"Not live. {named(shelf.active_id).capitalize()} is live now; nothing changes until you activate it."
            )
        measured = next((one.measured for one in shelf.models if one.id == self._model_id), None)
        return f"{said}\n{measured.text()}" if measured is not None else said

    def _show_model(self) -> None:
        """Bring the buttons of a finished job's model up to date."""
        shelf, model_id = self._shelf, self._model_id
        known = bool(self._live) and shelf is not None
        self.report.setVisible(bool(model_id))
        self.activate.setVisible(known and shelf.active_id != model_id)
        self.activate.setText(f"Activate {model_id}  [Ctrl+Enter]")
        self.activate.setAccessibleName(f"Activate model {model_id}")
        self.back.setVisible(known and shelf.back and shelf.active_id == model_id)
        to = named(shelf.back_to) if known else ""
        self.back.setText(f"Go back to {to}  [B]")
        self.back.setAccessibleName(f"Go back to {to}")
        for button in (self.activate, self.back):
            button.setEnabled(not self._acting)

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        px = self._theme.px
        self.name.setStyleSheet(f"font-size: {px(16)}px; font-weight: bold;")
        self.log.setFixedHeight(px(150))
        self.curves.rescale()
        self.strip.updateGeometry()
        self._layout.setSpacing(px(6))
        self._layout.setContentsMargins(px(14), px(10), px(14), px(10))

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.fold)
        buttons.addStretch(1)
        for button in (self.report, self.back, self.cancel, self.keep, self.activate):
            buttons.addWidget(button)
        self._layout = QVBoxLayout(self)
        for widget in (self.name, self.facts, self.strip, self.headline, self.line, self.curves, self.log):
            self._layout.addWidget(widget)
        self._layout.addLayout(buttons)

    def _unfold(self) -> None:
        self.log.setVisible(self.fold.isChecked() and self.job is not None)
        self.fold.setText(f"{'Fold' if self.fold.isChecked() else 'Show'} the log  [G]")

    def _stop(self, wish: Stop) -> None:
        if self.job is not None:
            self.stop_asked.emit(self.job.id, wish)


def _facts(job: Job) -> str:
    where = f"asked for by {job.user} at {job.station}"
    if job.runs_on and job.runs_on != job.station:
        where += f", runs on {job.runs_on}" if job.is_open else f", ran on {job.runs_on}"
    begun = f", begun {words.clock(job.started_at)}" if job.started_at is not None else ""
    stopped = f", {words.clock(job.wished_at)} stopped by {job.wished_by}" if job.wished_at is not None else ""
    return f"{job.options.text}; {where}{begun}{stopped}"


def _headline(job: Job) -> str:
    if job.state is not JobState.RUNNING:
        return STATES[job.state] + (f": model {job.model_id}" if job.model_id is not None else "")
    if job.silent:
        return "Its station doesn't answer"
    if job.wish is not Stop.NONE:
        return "Stopping..." if job.wish is Stop.DISCARD else "Stopping, the best is kept..."
    if job.left_s is None:
        return "Reading..." if not job.stage else "At work"
    return f"{left(job.left_s)} left in this stage"


def _line(job: Job) -> str:
    if job.state is JobState.RUNNING and not job.silent:
        return f"{job.stage[:1].upper()}{job.stage[1:]}: {100 * job.fraction:.0f} %" if job.stage else "It begins."
    if job.silent:
        return f"{job.runs_on} had it; another station takes it up in some seconds."
    return job.error[:1].upper() + job.error[1:]


def left(seconds: float) -> str:
    """A time left as ``1 min 50 s``."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return words.duration(timedelta(seconds=seconds))
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
