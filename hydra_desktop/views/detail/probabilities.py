"""All probabilities of a verdict as bars with their thresholds, and why it has its status."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ...domain.hall import PlotType
from ...domain.verdict import DEFAULT_THRESHOLD, Verdict
from .. import marks, words
from ..theme import Theme
from .standing import of_label

ROW = 22
HEAD = 24


class Probabilities(QWidget):
    """Painted bars, the most probable label first."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._plot_type = PlotType("")
        self._verdict: Verdict | None = None
        self._thresholds: Mapping[str, float] = {}
        self.setAccessibleName("Probabilities")

    def show_verdict(self, verdict: Verdict | None, plot_type: PlotType, thresholds: Mapping[str, float]) -> None:
        """Take over a verdict, None for a plot that nobody judged, and the thresholds that were in force."""
        self._verdict, self._plot_type, self._thresholds = verdict, plot_type, thresholds
        said = [f"{label} {words.confidence(p)}, threshold {self.threshold(label):.0%}" for label, p in self.rows()]
        self.setAccessibleDescription("; ".join(said) or "none")
        self.rescale()

    def rows(self) -> list[tuple[str, float]]:
        """Labels with their probabilities, the most probable first."""
        found = self._verdict.probabilities if self._verdict is not None else {}
        return sorted(found.items(), key=lambda one: -one[1])

    def threshold(self, label: str) -> float:
        """The threshold of a label."""
        return self._thresholds.get(label, DEFAULT_THRESHOLD)

    def rescale(self) -> None:
        """Take over the theme's size."""
        self.setFixedHeight(self._theme.px(HEAD + ROW * max(1, len(self.rows()))))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the bars."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, px = self._theme.colours, self._theme.px
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(self._theme.font(13, bold=True))
        painter.setPen(QColor(c.text))
        painter.drawText(QRectF(0, 0, self.width(), px(HEAD - 4)), middle, "Probabilities")
        painter.setFont(self._theme.font(12))
        painter.setPen(QColor(c.muted))
        rows = self.rows()
        if not rows:
            painter.drawText(QRectF(0, px(HEAD), self.width(), px(ROW)), middle, "none: no model judged this plot")
            painter.end()
            return
        painter.drawText(QRectF(0, 0, self.width(), px(HEAD - 4)), middle | Qt.AlignmentFlag.AlignRight, "threshold")
        width = painter.fontMetrics().horizontalAdvance("threshold")
        painter.setPen(QPen(QColor(c.text), px(2)))
        painter.drawLine(self.width() - width - px(8), px(3), self.width() - width - px(8), px(HEAD - 7))
        painter.setFont(self._theme.font(13, bold=True))
        names = max(painter.fontMetrics().horizontalAdvance(label) for label, _ in rows)
        left = px(22) + min(names, round(self.width() * 0.4)) + px(8)
        right = self.width() - painter.fontMetrics().horizontalAdvance("> 99 %") - px(8)
        for number, (label, p) in enumerate(rows):
            self._row(painter, px(HEAD) + px(ROW) * number, left, right, label, p)
        painter.end()

    def _row(self, painter: QPainter, top: int, left: int, right: int, label: str, p: float) -> None:
        c, px = self._theme.colours, self._theme.px
        first = self._verdict is not None and label == self._verdict.label
        standing = of_label(self._plot_type.label(label), c)
        marks.paint(painter, standing.mark, QRectF(0, top + px(4), px(14), px(14)), standing.colour, hole=c.panel)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(self._theme.font(13, bold=first))
        painter.setPen(QColor(c.text if first else c.muted))
        name = painter.fontMetrics().elidedText(label, Qt.TextElideMode.ElideMiddle, left - px(24))
        painter.drawText(QRectF(px(22), top, left, px(ROW)), middle, name)
        painter.drawText(
            QRectF(right, top, self.width() - right, px(ROW)), middle | Qt.AlignmentFlag.AlignRight, words.confidence(p)
        )
        room, high = right - left, px(8)
        y = top + (px(ROW) - high) / 2
        painter.fillRect(QRectF(left, y, room, high), QColor(c.line))
        painter.fillRect(QRectF(left, y, max(1.0, room * p), high), QColor(standing.colour))
        at = left + room * self.threshold(label)
        painter.setPen(QPen(QColor(c.text), px(2)))
        painter.drawLine(round(at), round(y - px(3)), round(at), round(y + high + px(3)))
