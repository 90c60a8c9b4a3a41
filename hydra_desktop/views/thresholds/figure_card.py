"""One figure of the bench: its number, what it is now, and its curve over all thresholds of a label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..theme import Theme


class FigureCard(QWidget):
    """A title, a large number with its unit, lines below it, and a curve beside them."""

    def __init__(self, theme: Theme, title: str) -> None:
        super().__init__()
        self._theme, self._title = theme, title
        self._number, self._unit, self._lines = "", "", ()
        self._steps: npt.NDArray[np.float64] = np.zeros(0)
        self._curve: npt.NDArray[np.float64] = np.zeros(0)
        self._now = self._value = 0.5
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_figure(self, title: str, number: str, unit: str, lines: Sequence[str]) -> None:
        """Take over the number and what is said of it."""
        self._title, self._number, self._unit, self._lines = title, number, unit, tuple(lines)
        self.setAccessibleName(" ".join([f"{title}: {number} {unit}.", *lines]))
        self.update()

    def show_curve(self, steps: npt.NDArray[np.float64], curve: npt.NDArray[np.float64], now: float) -> None:
        """Take over the figure (N,) at each threshold of `steps` (N,), and the one in force."""
        self._steps, self._curve, self._now = steps, curve, now
        self.update()

    def show_value(self, value: float) -> None:
        """Take over the threshold that is tried."""
        self._value = value
        self.update()

    @property
    def text(self) -> str:
        """All of it in words."""
        return self.accessibleName()

    def minimumSizeHint(self) -> QSize:
        """As small as it can still be read."""
        return QSize(self._theme.px(300), self._theme.px(74))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, px = self._theme.colours, self._theme.px
        painter.setPen(QPen(QColor(c.line), 1))
        painter.setBrush(QColor(c.panel))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), px(3), px(3))
        has_curve = self.width() > px(330) and np.isfinite(self._curve).any()
        wide = self.width() - px(20) - (px(150) if has_curve else 0)
        left = _left_middle()
        painter.setPen(QColor(c.text))
        painter.setFont(self._theme.fitting(self._title, wide, 14, 10, bold=True))
        painter.drawText(QRectF(px(10), px(5), wide, px(20)), left, self._title)
        top, room = px(25), self.height() - px(30)
        high = min(px(38), room - px(17) * len(self._lines))
        painter.setFont(self._theme.exact_font(max(px(15), high * 0.78), bold=True))
        painter.drawText(QRectF(px(10), top, wide, high), left, self._number)
        width = painter.fontMetrics().horizontalAdvance(self._number) + px(8)
        painter.setFont(self._theme.fitting(self._unit, wide - width, 13, 9))
        painter.drawText(QRectF(px(10) + width, top, wide - width, high), left, self._unit)
        painter.setPen(QColor(c.muted))
        for number, line in enumerate(self._lines):
            painter.setFont(self._theme.fitting(line, wide, 12, 9))
            painter.drawText(QRectF(px(10), top + high + number * px(17), wide, px(17)), left, line)
        if has_curve:
            self._paint_curve(painter, QRectF(self.width() - px(142), px(12), px(130), self.height() - px(34)))

    def _paint_curve(self, painter: QPainter, field: QRectF) -> None:
        c, px = self._theme.colours, self._theme.px
        most = float(np.nanmax(self._curve)) or 1.0
        first, last = float(self._steps[0]), float(self._steps[-1])

        def at(step: float, value: float) -> QPointF:
            x = field.left() + (step - first) / (last - first) * field.width()
            return QPointF(min(max(x, field.left()), field.right()), field.bottom() - value / most * field.height())

        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(c.line), 1))
        painter.drawLine(field.bottomLeft(), field.bottomRight())
        painter.setPen(QPen(QColor(c.text), px(1.5)))
        painter.drawPolyline(QPolygonF([at(*point) for point in zip(self._steps, self._curve, strict=True)]))
        for step, style, colour in (
            (self._now, Qt.PenStyle.DashLine, c.muted), (self._value, Qt.PenStyle.SolidLine, c.text),
        ):  # fmt: skip
            x = at(step, 0).x()
            painter.setPen(QPen(QColor(colour), px(1), style))
            painter.drawLine(QPointF(x, field.top() - px(4)), QPointF(x, field.bottom()))
        painter.setPen(QColor(c.muted))
        painter.setFont(self._theme.font(11))
        foot = QRectF(field.left() - px(10), field.bottom() + px(2), field.width() + px(20), px(16))
        painter.drawText(foot, _left_middle(), f"{100 * first:.0f} %")
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{100 * last:.0f} %")


def _left_middle() -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
