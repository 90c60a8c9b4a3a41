"""The jobs of a hall: what runs, what waits, what ended lately and what can be done with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ...domain.training import Job, JobState
from .. import keys, marks, words
from ..theme import Theme
from .job_panel import left
from .type_list_model import Index

JOB_ROLE, ACT_ROLE = Qt.ItemDataRole.UserRole + 1, Qt.ItemDataRole.UserRole + 2
_MARKS = {
    JobState.RUNNING: "arrow",
    JobState.WAITING: "dots",
    JobState.DONE: "tick",
    JobState.FAILED: "cross",
    JobState.CANCELLED: "dash",
    JobState.LOST: "cross",
}


def state_words(job: Job) -> str:
    """How a job stands, in a few words."""
    if job.state is JobState.RUNNING:
        return "its station doesn't answer" if job.silent else f"running, {100 * job.fraction:.0f} %"
    if job.state is JobState.WAITING:
        return f"waits again: {job.error}" if job.error else "waits"
    if job.state is JobState.DONE:
        return f"model {job.model_id}, {words.clock(job.ended_at)}" if job.ended_at else f"model {job.model_id}"
    return f"{job.state}: {job.error}"


def act_of(job: Job, few: Collection[str]) -> str:
    """What the button of a job's row does, "" without one; plot types that have too `few` labels need some first."""
    if job.is_open:
        return "Cancel" if job.state is JobState.WAITING else ""
    if job.state is JobState.DONE:
        return "Report"
    return "Label" if job.state is JobState.FAILED and job.plot_type in few else "Again"


class JobListModel(QAbstractListModel):
    """Jobs as they are listed."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[Job] = []
        self._few: frozenset[str] = frozenset()

    def show_few(self, few: frozenset[str]) -> None:
        """Take over which plot types have too few labels."""
        if few != self._few:
            self._few = few
            self.dataChanged.emit(self.index(0), self.index(len(self.jobs) - 1))

    def show_jobs(self, jobs: Sequence[Job]) -> None:
        """Take over what there is."""
        if [job.id for job in jobs] != [job.id for job in self.jobs]:
            self.beginResetModel()
            self.jobs = list(jobs)
            self.endResetModel()
            return
        changed = [number for number, job in enumerate(jobs) if job != self.jobs[number]]
        self.jobs = list(jobs)
        for number in changed:
            self.dataChanged.emit(self.index(number), self.index(number))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """How many there are."""
        return 0 if parent.isValid() else len(self.jobs)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A job, its plot type, or what a screen reader says."""
        if not index.isValid() or index.row() >= len(self.jobs):
            return None
        job = self.jobs[index.row()]
        if role == JOB_ROLE:
            return job
        if role == ACT_ROLE:
            return act_of(job, self._few)
        if role == Qt.ItemDataRole.DisplayRole:
            return job.plot_type
        if role == Qt.ItemDataRole.ToolTipRole:
            return state_words(job)
        said = f"{job.plot_type}, {job.user} at {job.station}, {state_words(job)}"
        return said if role == Qt.ItemDataRole.AccessibleTextRole else None


class JobDelegate(QStyledItemDelegate):
    """Paints a job in two lines."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        """The size of a row."""
        return QSize(option.rect.width(), self._theme.px(44))

    def button(self, box: QRect) -> QRect:
        """Where a row has its button."""
        px = self._theme.px
        return QRect(box.right() - px(94), box.center().y() - px(14), px(84), px(29))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a row."""
        job: Job = index.data(JOB_ROLE)
        c, px, box = self._theme.colours, self._theme.px, option.rect
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        focus = current and bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.save()
        painter.fillRect(box, QColor(c.selected if current else c.panel))
        if current:
            painter.fillRect(QRect(box.left(), box.top(), px(4 if focus else 2), box.height()), QColor(c.text))
        painter.setPen(QColor(c.line))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        wrong = job.state in (JobState.FAILED, JobState.LOST)
        size = px(12)
        spot = QRectF(box.left() + px(12), box.center().y() - size / 2, size, size)
        marks.paint(painter, _MARKS[job.state], spot, c.medium if wrong else c.text if job.is_open else c.muted)
        act = index.data(ACT_ROLE)
        right = self.button(box).left() - px(8)
        line = QRect(box.left() + px(34), box.top() + px(4), right - box.left() - px(34), px(19))
        who = f"{job.user} at {job.station}"
        half = line.width() * 3 // 5
        self._word(painter, line.adjusted(0, 0, half - line.width(), 0), job.plot_type, c.text, bold=job.is_open)
        self._word(painter, line.adjusted(half + px(8), 0, 0, 0), who, c.muted)
        self._word(painter, line.translated(0, px(18)), state_words(job), c.text if wrong else c.muted)
        if act:
            self._button(painter, self.button(box), act)
        elif job.left_s is not None:
            self._word(painter, self.button(box), left(job.left_s), c.text)
        painter.restore()

    def _button(self, painter: QPainter, box: QRect, text: str) -> None:
        c = self._theme.colours
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(c.edge), 1))
        painter.setBrush(QColor(c.raised))
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setPen(QColor(c.text))
        painter.setFont(self._theme.font(13))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _word(self, painter: QPainter, place: QRect, text: str, colour: str, *, bold: bool = False) -> None:
        painter.setPen(QColor(colour))
        painter.setFont(self._theme.font(13, bold=bold))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)


class QueueView(QListView):
    """Tells by signals what is wanted of a job: `acted` what its button says, `chosen` that it be shown."""

    acted = Signal(int, str)
    chosen = Signal(int)

    def __init__(self, delegate: JobDelegate, model: JobListModel) -> None:
        super().__init__()
        self._delegate, self._jobs = delegate, model
        self._id = 0
        self.setItemDelegate(delegate)
        self.setModel(model)
        self.setUniformItemSizes(True)
        self.setAccessibleName("Training jobs")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.selectionModel().currentChanged.connect(lambda *_: self._tell())
        model.modelAboutToBeReset.connect(self._remember)
        model.modelReset.connect(self._find_again)
        keys.tell(self, "Enter", "Do what the job's button says")

    @property
    def job(self) -> Job | None:
        """The job in the current row."""
        row = self.currentIndex().row()
        return self._jobs.jobs[row] if 0 <= row < len(self._jobs.jobs) else None

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The keyboard is always at a job."""
        super().focusInEvent(event)
        by_mouse = event.reason() is Qt.FocusReason.MouseFocusReason
        if self._jobs.jobs and not by_mouse and not self.selectionModel().hasSelection():
            self.setCurrentIndex(self._jobs.index(max(0, self.currentIndex().row())))
            self._tell()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter does what the row's button says; the rest is the list's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.job is not None:
            self.acted.emit(self.job.id, self.currentIndex().data(ACT_ROLE))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on a row's button does what that says."""
        super().mousePressEvent(event)
        place = event.position().toPoint()
        index = self.indexAt(place)
        if index.isValid() and self._delegate.button(self.visualRect(index)).contains(place):
            self.acted.emit(self._jobs.jobs[index.row()].id, index.data(ACT_ROLE))

    def _tell(self) -> None:
        if self.job is not None:
            self.chosen.emit(self.job.id)

    def _remember(self) -> None:
        self._id = self.job.id if self.job is not None else 0

    def _find_again(self) -> None:
        ids = [job.id for job in self._jobs.jobs]
        if self._id in ids:
            self.setCurrentIndex(self._jobs.index(ids.index(self._id)))
