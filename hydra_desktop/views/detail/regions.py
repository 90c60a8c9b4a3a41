"""Regions of known faults as they are painted over a plot."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from ...domain.known_fault import Region
from .. import marks
from ..theme import Theme


def place(region: Region, size: tuple[int, int], shown: tuple[float, float, float, float], target: QRect) -> QRectF:
    """Where a region is on the screen: `shown` is the part of a picture of that `size` that fills the `target`."""
    left, top, right, bottom = shown
    across, down = target.width() / (right - left), target.height() / (bottom - top)
    return QRectF(
        target.left() + (region.left * size[0] - left) * across,
        target.top() + (region.top * size[1] - top) * down,
        region.width * size[0] * across,
        region.height * size[1] * down,
    )


def outline(painter: QPainter, theme: Theme, box: QRectF, colour: str, words: str = "") -> None:
    """A frame that shows on dark and on light plots, with a pin and words in its upper left corner."""
    c, px = theme.colours, theme.px
    painter.setBrush(Qt.BrushStyle.NoBrush)
    inner = box.adjusted(px(1.5), px(1.5), -px(1.5), -px(1.5))
    for shade, width in ((c.panel, px(4)), (colour, px(2))):
        painter.setPen(QPen(QColor(shade), width))
        painter.drawRect(inner)
    if not words:
        return
    painter.setFont(theme.font(12))
    metrics = painter.fontMetrics()
    height = metrics.height() + px(4)
    tag = QRectF(box.left(), box.top(), metrics.horizontalAdvance(words) + height + px(10), height)
    painter.fillRect(tag, QColor(c.panel))
    mark = QRectF(tag.left() + px(5), tag.top() + px(3), height - px(6), height - px(6))
    marks.paint(painter, "pin", mark, colour, hole=c.panel)
    painter.setPen(QColor(colour))
    text = tag.adjusted(height + px(2), 0, 0, 0)
    painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
