"""Words painted in boxes, which shrink and are cut where they have no room."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..theme import Theme

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Painted(QWidget):
    """A control that paints what it shows."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def _painter(self) -> QPainter:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return painter

    def _word(
        self, painter: QPainter, box: QRectF, text: str, colour: str, size: float = 13,
        side: Qt.AlignmentFlag = LEFT, *, bold: bool = False, least: float = 10,
    ) -> float:  # fmt: skip
        """Paint a text into a box; gives how wide it is."""
        font = self._theme.fitting(text, box.width(), round(size), round(least), bold=bold)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, math.ceil(box.width()))
        painter.drawText(box, side, shown)
        return float(painter.fontMetrics().horizontalAdvance(shown))

    def _rule(self, painter: QPainter, y: float) -> None:
        painter.setPen(QPen(QColor(self._theme.colours.line), 1))
        painter.drawLine(QPointF(0, y), QPointF(self.width(), y))
