"""The stages of a job as a strip: what is done, what goes on and how far, what comes."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ...domain.training import Job, JobState, Stage, stage_of, stages_of
from .. import marks
from ..theme import Theme

NAMES = {
    Stage.READ: "Read plots",
    Stage.FEATURES: "Features",
    Stage.LEARN: "Learn",
    Stage.TUNE: "Tune",
    Stage.STORE: "Store",
}


class StageStrip(QWidget):
    """One bar for each stage, its name below, a tick once it is done."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._job: Job | None = None

    def show_job(self, job: Job) -> None:
        """Show how far a job is."""
        self._job = job
        stage = NAMES[stage_of(job.stage)]
        self.setAccessibleName(f"Stage {stage}, {100 * job.fraction:.0f} %")
        self.update()

    def sizeHint(self) -> QSize:
        """As high as a bar and a line of words."""
        return QSize(self._theme.px(200), self._theme.px(34))

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return QSize(1, self._theme.px(34))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the strip."""
        if self._job is None:
            return
        c, px, job = self._theme.colours, self._theme.px, self._job
        painter = QPainter(self)
        stages = stages_of(job.options.recipe)
        now = len(stages) if job.state is JobState.DONE else stages.index(stage_of(job.stage))
        wide = self.width() / len(stages)
        for number, stage in enumerate(stages):
            bar = QRectF(number * wide, px(2), wide - px(5), px(5))
            painter.fillRect(bar, QColor(c.line))
            done = 1.0 if number < now else job.fraction if number == now and job.stage else 0.0
            painter.fillRect(QRectF(bar.left(), bar.top(), bar.width() * done, bar.height()), QColor(c.text))
            line = QRect(round(bar.left()), px(11), round(bar.width()), px(20))
            if number < now:
                size = px(12)
                marks.paint(painter, "tick", QRectF(line.left(), line.center().y() - size / 2, size, size), c.muted)
                line.setLeft(line.left() + px(16))
            painter.setPen(QColor(c.text if number == now else c.muted))
            painter.setFont(self._theme.font(12, bold=number == now))
            name = painter.fontMetrics().elidedText(NAMES[stage], Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, name)
