"""What the lists of the library share: how a row and a line of words are painted."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from .. import marks
from ..theme import Theme

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole
LIVE, SHADOW, NONE_LIVE, NO_MODEL = "circled tick", "star", "dash", "dashed"


def frame(painter: QPainter, theme: Theme, option: QStyleOptionViewItem) -> QRectF:
    """Paint a row's ground and frame; gives the room within."""
    c, px = theme.colours, theme.px
    chosen = bool(option.state & QStyle.StateFlag.State_Selected)
    focus = bool(option.state & QStyle.StateFlag.State_HasFocus)
    box = QRectF(option.rect).adjusted(px(2), px(2), -px(2), -px(2))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    width = max(2, px(2)) if focus else 1
    painter.setPen(QPen(QColor(c.text if focus else c.edge if chosen else c.line), width))
    painter.setBrush(QColor(c.selected if chosen else c.panel))
    painter.drawRoundedRect(box, px(4), px(4))
    return box.adjusted(px(10), px(6), -px(10), -px(6))


def words(
    painter: QPainter, theme: Theme, line: QRectF, text: str, size: int, colour: str, *, bold: bool = False,
    middle: bool = False,
) -> float:  # fmt: skip
    """Write as much of a text as has room, cut off at its end or in its middle; gives its width."""
    font = theme.font(size, bold=bold)
    mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
    metrics = QFontMetricsF(font)
    shown = metrics.elidedText(text, mode, max(0.0, line.width()))
    painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
    return metrics.horizontalAdvance(shown)


def mark(painter: QPainter, theme: Theme, line: QRectF, name: str, colour: str, *, hollow: bool = False) -> QRectF:
    """Paint a mark at the left of a line; gives the room that is left."""
    size = theme.px(14)
    box = QRectF(line.left(), line.center().y() - size / 2, size, size)
    marks.paint(painter, name, box, colour, hollow=hollow, hole=theme.colours.panel)
    return line.adjusted(size + theme.px(6), 0, 0, 0)
