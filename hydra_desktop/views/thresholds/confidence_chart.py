"""Plots by the model's confidence in a label and by what people say, with a threshold that is dragged."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...domain.hall import PlotType
from ..theme import Theme
from .speech import percent

BINS = 50
_ALIGN_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_ALIGN_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ConfidenceChart(QWidget):
    """Histograms on a log scale; `moved` carries the threshold, 0 to 1, that the line was dragged to."""

    moved = Signal(float)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._plot_type = PlotType("")
        self._bars: Mapping[str, npt.NDArray[np.int64]] = {}
        self._label, self._now, self._value, self._why = "", 0.5, 0.5, ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.SplitHCursor)

    def show_bars(
        self, plot_type: PlotType, label: str, bars: Mapping[str, npt.NDArray[np.int64]], now: float, why: str = ""
    ) -> None:
        """Take over the plots by label, int64 (BINS,) each, and the threshold in force; `why` there are none."""
        self._plot_type, self._label, self._bars, self._now, self._why = plot_type, label, bars, now, why
        self.update()

    def show_value(self, value: float) -> None:
        """Take over the threshold that is tried."""
        self._value = value
        self.setAccessibleName(f"Threshold of {self._label}: {percent(value)}")
        self.update()

    def minimumSizeHint(self) -> QSize:
        """As small as it can still be read."""
        return QSize(self._theme.px(320), self._theme.px(170))

    @property
    def field(self) -> QRectF:
        """Where the bars are."""
        px = self._theme.px
        return QRectF(self.rect()).adjusted(px(46), px(58), -px(26), -px(40))

    def x_of(self, value: float) -> float:
        """Where a threshold is."""
        field = self.field
        return field.left() + value * field.width()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The line jumps there."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._drag(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The line follows."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._drag(event.position())

    def _drag(self, at: QPointF) -> None:
        field = self.field
        self.setFocus()
        self.moved.emit(round(min(1.0, max(0.0, (at.x() - field.left()) / max(1.0, field.width()))), 2))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint it."""
        painter = QPainter(self)
        c, px, field = self._theme.colours, self._theme.px, self.field
        painter.setFont(self._theme.font(12))
        self._scale(painter, field)
        if self._why:
            painter.setPen(QColor(c.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(field.adjusted(px(20), 0, -px(20), 0), int(flags), self._why)
        self._paint_bars(painter, field)
        low, high = sorted((self._now, self._value))
        if high > low:
            between = QColor(c.text)
            between.setAlpha(28)
            painter.fillRect(
                QRectF(self.x_of(low), field.top(), self.x_of(high) - self.x_of(low), field.height()), between
            )
        self._paint_lines(painter, field)
        if self.hasFocus():
            painter.setPen(QPen(QColor(c.text), px(2)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    @property
    def _most(self) -> int:
        return max((int(bar.max()) for bar in self._bars.values()), default=1) or 1

    def _height(self, count: int, field: QRectF) -> float:
        """Of a bar: on a log scale on which a single plot is seen."""
        return field.height() * math.log1p(count) / math.log1p(max(10, self._most) * 1.3)

    def _scale(self, painter: QPainter, field: QRectF) -> None:
        c, px = self._theme.colours, self._theme.px
        for count in (1, 10, 100, 1000, 10_000, 100_000):
            if count <= max(10, self._most):
                y = field.bottom() - self._height(count, field)
                painter.setPen(QColor(c.line))
                painter.drawLine(QPointF(field.left(), y), QPointF(field.right(), y))
                painter.setPen(QColor(c.muted))
                painter.drawText(QRectF(0, y - px(9), field.left() - px(6), px(18)), _ALIGN_RIGHT, str(count))
        painter.setPen(QColor(c.muted))
        for tenth in range(0, 11, 1 if field.width() > px(520) else 2):
            box = QRectF(self.x_of(tenth / 10) - px(30), field.bottom() + px(3), px(60), px(16))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{10 * tenth} %")
        foot = QRectF(field.left(), field.bottom() + px(20), field.width(), px(17))
        painter.drawText(foot, _ALIGN_RIGHT, f"confidence that the plot is {self._label}")
        painter.drawText(foot, _ALIGN_LEFT, "plots, log scale")

    def _paint_bars(self, painter: QPainter, field: QRectF) -> None:
        colours = {name: self._theme.colours.label(self._plot_type.label(name)) for name in self._bars}
        step = field.width() / BINS
        wide = max(1.0, step * 0.86 / max(1, len(self._bars)))
        for number, (name, bar) in enumerate(self._bars.items()):
            for place in np.flatnonzero(bar):
                high = self._height(int(bar[place]), field)
                box = QRectF(
                    field.left() + place * step + number * wide + step * 0.07, field.bottom() - high, wide, high
                )
                painter.fillRect(box, QColor(colours[name]))
        px, x = self._theme.px, field.left()
        for name, bar in self._bars.items():
            text = f"{name} {int(bar.sum())}"
            painter.fillRect(QRectF(x, px(9), px(10), px(10)), QColor(colours[name]))
            painter.setPen(QColor(self._theme.colours.text))
            width = painter.fontMetrics().horizontalAdvance(text)
            painter.drawText(QRectF(x + px(14), px(4), width + px(4), px(20)), _ALIGN_LEFT, text)
            x += width + px(30)

    def _paint_lines(self, painter: QPainter, field: QRectF) -> None:
        c, px = self._theme.colours, self._theme.px
        x = self.x_of(self._now)
        painter.setPen(QPen(QColor(c.muted), max(1, px(1)), Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, field.top() - px(8)), QPointF(x, field.bottom()))
        said = f"now {percent(self._now)}"
        x = self.x_of(self._value)
        painter.setPen(QPen(QColor(c.text), px(2)))
        painter.drawLine(QPointF(x, field.top() - px(10)), QPointF(x, field.bottom()))
        text = percent(self._value)
        painter.setFont(self._theme.font(14, bold=True))
        width = painter.fontMetrics().horizontalAdvance(text) + px(18)
        left = min(max(0.0, x - width / 2), self.width() - width)
        box = QRectF(left, field.top() - px(32), width, px(22))
        painter.fillRect(box, QColor(c.text))
        painter.setPen(QColor(c.panel))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.setFont(self._theme.font(12))
        painter.setPen(QColor(c.muted))
        if self._now != self._value:
            at = self.x_of(self._now)
            room = painter.fontMetrics().horizontalAdvance(said) + px(8)
            is_left = self._now < self._value
            spot = at - room if (is_left and at - room > 0) or at + room > self.width() else at + px(4)
            painter.drawText(QRectF(spot, box.top(), room, box.height()), _ALIGN_LEFT, said)
        beside = QRectF(x + px(8), field.top() - px(6), field.right() - x - px(8), px(18))
        if beside.width() > px(150):
            painter.setPen(QColor(c.text))
            painter.drawText(beside, _ALIGN_LEFT, "Confirmed")
        low = min(x, self.x_of(self._now))
        before = QRectF(field.left(), field.top() - px(6), low - field.left() - px(8), px(18))
        if before.width() > px(200):
            painter.setPen(QColor(c.muted))
            painter.drawText(before, _ALIGN_RIGHT, "Unconfirmed: waits for a person")
