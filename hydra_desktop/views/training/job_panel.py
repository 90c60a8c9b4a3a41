"""One job: who asked for it, how far it is, its curves and its words, and how to stop it."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout

from ...domain.training import Job, JobState, Recipe, Stop
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
    """Tells by `stop_asked` that a job is to end, and how."""

    stop_asked = Signal(int, object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self._theme = theme
        self.job: Job | None = None
        self.name, self.facts, self.headline, self.line = QLabel(), QLabel(), QLabel(), QLabel()
        self.strip, self.curves, self.log = StageStrip(theme), Curves(theme), QPlainTextEdit()
        self.fold = QPushButton()
        self.fold.setFlat(True)
        self.fold.setCheckable(True)
        self.fold.toggled.connect(lambda _on: self._unfold())
        self.cancel = QPushButton("Cancel  [Ctrl+.]")
        self.keep = QPushButton("Stop and keep the best  [Ctrl+B]")
        self.keep.setObjectName("main")
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
        self.line.setText(_line(job))
        self.strip.setVisible(job.state in (JobState.RUNNING, JobState.DONE))
        self.strip.show_job(job)
        if self.log.toPlainText() != job.log:
            self.log.setPlainText(job.log)
            bar = self.log.verticalScrollBar()
            bar.setValue(bar.maximum())

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
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.keep)
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
    recipe = "head and whole network" if job.options.recipe is Recipe.BOTH else "head on the shared network"
    where = f"asked for by {job.user} at {job.station}"
    if job.runs_on and job.runs_on != job.station:
        where += f", runs on {job.runs_on}" if job.is_open else f", ran on {job.runs_on}"
    begun = f", begun {words.clock(job.started_at)}" if job.started_at is not None else ""
    return f"{recipe}; {where}{begun}"


def _headline(job: Job) -> str:
    if job.state is not JobState.RUNNING:
        return STATES[job.state] + (f": model {job.model_id}" if job.model_id is not None else "")
    if job.silent:
        return "Its station doesn't answer"
    if job.wish is not Stop.NONE:
        return "Stopping..." if job.wish is Stop.DISCARD else "Stopping, the best is kept..."
    if job.left_s is None:
        return "Reading..." if not job.stage else "At work"
    return f"{left(job.left_s)} left" + (" in this stage" if job.options.recipe is Recipe.BOTH else "")


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
