"""The banner of the alarms screen: the worst alarm that nobody has taken, and what can be done about it at once."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from .. import marks
from ..theme import Theme
from .speech import Said


class AlarmBanner(QWidget):
    """Painted, with two buttons at its right; it blinks between two looks that can both be read."""

    silence = Signal()
    acknowledge = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.said = Said("Reading the alarms...", mark="dots")
        self._blink = False
        self._keys = (False, False)
        self.setAccessibleName("The worst alarm")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.silence_button, self.take_button = QPushButton(), QPushButton()
        self._row = QHBoxLayout(self)
        self._row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        self._row.addStretch(1)
        for button, signal in ((self.silence_button, self.silence), (self.take_button, self.acknowledge)):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(signal)
            button.hide()
            self._row.addWidget(button)
        self.rescale()

    def show_said(self, said: Said, *, silences: bool, takes: bool, takes_by_key: bool) -> None:
        """Take over what is said, and which acts there are; by a key only where that would take this alarm."""
        self._keys = (silences, takes_by_key)
        self.silence_button.setText("Silence  [S]")
        self.silence_button.setAccessibleName("Silence")
        self.take_button.setText("Acknowledge  [A]" if takes_by_key else "Acknowledge")
        self.take_button.setAccessibleName("Acknowledge")
        self.silence_button.setVisible(silences)
        self.take_button.setVisible(takes)
        if said != self.said:
            self.said = said
            parts = (said.word, said.title, *said.facts, said.strong, said.right)
            self.setAccessibleDescription(", ".join(part for part in parts if part))
            self._style()
            self.update()

    def set_blink(self, blink: bool) -> None:
        """Turn to the other look."""
        if blink != self._blink:
            self._blink = blink
            self._style()
            self.update()

    def rescale(self) -> None:
        """Take over the theme's size."""
        px = self._theme.px
        self.setFixedHeight(px(70))
        self._row.setContentsMargins(px(16), px(10), px(14), px(10))
        self._row.setSpacing(px(8))
        self._style()
        self.update()

    def minimumSizeHint(self) -> QSize:
        """As narrow as needs be."""
        return QSize(1, self.height())

    @property
    def _fill(self) -> str:
        if not self.said.is_filled or self.said.severity is None:
            return ""
        return self._theme.colours.text if self._blink else self._theme.colours.severity(self.said.severity)

    def _style(self) -> None:
        c, px, fill = self._theme.colours, self._theme.px, self._fill
        word = self._theme.word_on(fill) if fill else c.text
        under = self._theme.word_on(word)
        both = f"font-size: {px(16)}px; font-weight: bold; padding: {px(8)}px {px(16)}px; border-radius: {px(4)}px;"
        line = f"border: {max(1, px(1.5))}px solid {word};"
        self.silence_button.setStyleSheet(
            f"QPushButton {{ {both} background: transparent; color: {word}; {line} }}"
            f"QPushButton:focus {{ border-width: {px(3)}px; }}"
        )
        self.take_button.setStyleSheet(
            f"QPushButton {{ {both} background: {word}; color: {under}; {line} }}"
            f"QPushButton:focus {{ border: {px(3)}px solid {under}; }}"
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the banner; what has no room is left out, the least important first."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, px, said, fill = self._theme.colours, self._theme.px, self.said, self._fill
        colour = c.severity(said.severity) if said.severity is not None else c.good
        width = px(4) if said.is_framed else 1
        painter.setPen(QPen(QColor(fill or (colour if said.is_framed else c.line)), width))
        painter.setBrush(QColor(fill or c.panel))
        half = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), 4, 4)
        word = self._theme.word_on(fill) if fill else c.text
        loud = said.is_filled or said.is_framed
        size = px(34 if loud else 22)
        box = QRectF(px(16), (self.height() - size) / 2, size, size)
        marks.paint(painter, said.mark, box, word if fill else colour, hole=fill or c.panel)
        shown = [one for one in (self.silence_button, self.take_button) if one.isVisible()]
        right = min((one.x() for one in shown), default=self.width()) - px(16)
        x = box.right() + px(14)
        painter.setPen(QColor(word))
        x = self._write(painter, x, said.word, right, px(34 if loud else 22), bold=True) + px(18)
        x = self._write(painter, x, said.title, right, px(24), bold=True, middle=True) + px(24 if said.title else 0)
        facts = [(fact, False) for fact in said.facts] + ([(said.strong, True)] if said.strong else [])
        ends = sum(self._theme.advance(text, px(19), bold=bold) + px(24) for text, bold in facts)
        more = self._theme.advance(said.right, px(17)) if said.right else 0.0
        if more and x + ends + more + px(10) <= right:
            painter.setFont(self._theme.exact_font(px(17)))
            painter.drawText(
                QRectF(right - more - 2, 0, more + 4, self.height()), Qt.AlignmentFlag.AlignVCenter, said.right
            )
        elif more:  # how many wait matters more than since when
            facts = [(said.right, False), *facts[:1]]
        for text, bold in facts:
            size = px(19) if loud else px(17)
            if x + self._theme.advance(text, size, bold=bold) > right:
                continue
            x = self._write(painter, x, text, right, size, bold=bold) + px(24)
        painter.end()

    def _write(
        self, painter: QPainter, x: float, text: str, right: float, size: float, *, bold: bool = False,
        middle: bool = False,
    ) -> float:  # fmt: skip
        if not text:
            return x
        font = self._theme.fitting_pixels(text, right - x, size, max(12.0, 0.6 * size), bold=bold)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
        text = metrics.elidedText(text, mode, max(0, round(right - x)))
        width = metrics.horizontalAdvance(text)
        painter.drawText(QRectF(x, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        return x + width
