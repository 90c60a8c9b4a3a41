"""The head of the side: what the chosen row is, in the colour of its severity."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from .. import marks
from ..theme import Theme
from .rows import ItemRow, Look


class SideHead(QWidget):
    """Painted: mark, word, confidence and plot type; at the right the run, below who has it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.row: ItemRow | None = None
        self.confidence = self.holder = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("The chosen alarm")

    def show_row(self, row: ItemRow | None, confidence: str, holder: str) -> None:
        """Take over what is chosen."""
        if (row, confidence, holder) != (self.row, self.confidence, self.holder):
            self.row, self.confidence, self.holder = row, confidence, holder
            if row is not None:
                self.setAccessibleDescription(f"{row.accessible}, {holder}")
            self.update()

    def minimumSizeHint(self) -> QSize:
        """As narrow as needs be."""
        return QSize(1, self.height())

    def rescale(self) -> None:
        """Take over the theme's size."""
        self.setFixedHeight(max(self._theme.px(62), 48))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the head."""
        row = self.row
        if row is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, px = self._theme.colours, self._theme.px
        colour = c.severity(row.severity)
        fill = colour if row.look is Look.FILLED else ""
        if fill:
            painter.fillRect(self.rect(), QColor(fill))
        else:
            painter.setPen(QPen(QColor(c.line if row.look is Look.MUTED else colour), 1))
            painter.drawLine(self.rect().bottomLeft(), self.rect().bottomRight())
        word = self._theme.word_on(fill) if fill else c.muted if row.look is Look.MUTED else c.text
        upper, lower = max(20, px(22)), max(12, px(14))
        first = QRectF(px(14), px(5), self.width() - 2 * px(14), upper * 1.35)
        second = QRectF(px(14), first.bottom() - 2, first.width(), lower * 1.5)
        mark = QRectF(first.left(), first.center().y() - upper * 0.45, upper * 0.9, upper * 0.9)
        hollow = row.look in (Look.HOLLOW, Look.MUTED)
        marks.paint(painter, row.mark, mark, word if fill else colour, hollow=hollow, hole=fill or c.panel)
        x = mark.right() + px(10)
        room = first.right() - x
        name = f"{row.word}  {self.confidence}".strip()
        size = upper * 0.95
        need = self._theme.advance(name, size, bold=True)
        left = self._write(painter, QRectF(x, first.top(), room, first.height()), name, size, word, bold=True)
        if need < room:
            rest = QRectF(x + left + px(14), first.top(), room - left - px(14), first.height())
            self._write(painter, rest, row.title, upper * 0.8, word, bold=True, middle=True)
        painter.setFont(self._theme.exact_font(lower))
        right = row.where
        width = self._theme.advance(right, lower)
        if right and width < second.width() * 0.6:
            painter.setPen(QColor(word if fill else c.muted))
            painter.drawText(second, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, right)
            second.setRight(second.right() - width - px(10))
        self._write(painter, second, self.holder, lower, word, bold=True)
        painter.end()

    def _write(
        self, painter: QPainter, box: QRectF, text: str, size: float, colour: str, *, bold: bool = False,
        middle: bool = False,
    ) -> float:  # fmt: skip
        font = self._theme.fitting_pixels(text, box.width(), size, max(11.0, 0.65 * size), bold=bold)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
        shown = painter.fontMetrics().elidedText(text, mode, max(0, round(box.width())))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, shown)
        return painter.fontMetrics().horizontalAdvance(shown)
