"""The strip at the top of the detail view: how the stream stands now, and where one looks."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from .. import marks
from ..theme import Theme


@dataclass(frozen=True)
class Said:
    """What a banner says; `fill` is the colour behind it, "" on the plain panel, `frame` that around it.

    `rights` are facts in shorter and shorter forms, `state` stands in a box.
    """

    word: str
    title: str
    facts: tuple[str, ...]
    rights: tuple[str, ...]
    state: str
    mark: str
    colour: str
    fill: str = ""
    frame: str = ""
    hollow: bool = False


class Banner(QWidget):
    """Painted whole; it blinks between two looks that can both be read, while nobody has taken the alarm."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.said = Said("", "", (), (), "", "dots", theme.colours.muted)
        self._blink = False
        self.setAccessibleName("This plot")
        self.rescale()

    def show_said(self, said: Said) -> None:
        """Take over what is said."""
        if said != self.said:
            self.said = said
            parts = (said.word, said.title, *said.facts, *said.rights[:1], said.state)
            self.setAccessibleDescription(", ".join(part for part in parts if part))
            self.update()

    def set_blink(self, blink: bool) -> None:
        """Turn to the other look."""
        if blink != self._blink:
            self._blink = blink
            self.update()

    def rescale(self) -> None:
        """Take over the theme's size."""
        self.setFixedHeight(self._theme.px(52))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the banner; what has no room is left out from the end."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, px, said = self._theme.colours, self._theme.px, self.said
        fill = c.text if said.fill and self._blink else said.fill
        width = px(2) if said.frame and not fill else 1
        painter.setPen(QPen(QColor(fill or said.frame or c.line), width))
        painter.setBrush(QColor(fill or c.panel))
        half = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), 4, 4)
        word = self._theme.word_on(fill) if fill else c.text
        middle = Qt.AlignmentFlag.AlignVCenter
        size = px(26)
        mark = QRectF(px(14), (self.height() - size) / 2, size, size)
        marks.paint(painter, said.mark, mark, word if fill else said.colour, hollow=said.hollow, hole=fill or c.panel)
        right = self._state(painter, word)
        x = mark.right() + px(12)
        painter.setPen(QColor(word))
        painter.setFont(self._theme.font(24, bold=True))
        x = self._write(painter, x, said.word, right) + px(14)
        painter.setFont(self._theme.fitting(said.title, right - x, 20, 13, bold=True))
        x = self._write(painter, x, said.title, right) + px(22)
        painter.setFont(self._theme.font(15))
        measure = painter.fontMetrics().horizontalAdvance
        written = next((one for one in said.rights if x + measure(one) + px(20) <= right), "")
        if written:
            box = QRectF(right - measure(written) - px(16), 0, measure(written) + 2, self.height())
            painter.drawText(box, middle, written)
            right = round(box.left())
        for fact in said.facts:
            if x + measure(fact) + px(16) > right:
                break
            x = self._write(painter, x, fact, right) + px(18)
        painter.end()

    def _state(self, painter: QPainter, word: str) -> int:
        """The box at the right; where it begins."""
        px = self._theme.px
        if not self.said.state:
            return self.width() - px(4)
        painter.setFont(self._theme.font(15, bold=True))
        width = painter.fontMetrics().horizontalAdvance(self.said.state) + px(24)
        box = QRectF(self.width() - width - px(14), px(10), width, self.height() - px(20))
        painter.setPen(QPen(QColor(word), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 4, 4)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.said.state)
        return round(box.left())

    def _write(self, painter: QPainter, x: float, text: str, right: float) -> float:
        metrics = painter.fontMetrics()
        text = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, max(0, round(right - x)))
        width = metrics.horizontalAdvance(text)
        painter.drawText(QRectF(x, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        return x + width
