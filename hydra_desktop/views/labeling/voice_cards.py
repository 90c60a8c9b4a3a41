"""What people said of a plot, each on a card: who, which label, when, how, and the note that was left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from ...domain.contest import Contest
from ...domain.hall import PlotType
from ...domain.labeling import Given, Mode, QueuedPlot, voices
from .. import marks, words
from ..theme import Theme
from .caps import cap_width, key_cap, on_caps

HEIGHT, NARROWEST = 76, 150
_HOW = {
    Mode.GRID: "in grid mode",
    Mode.SINGLE: "in single mode",
    Mode.RELABEL: "when relabeling",
    Mode.IMPORT: "by import",
    Mode.ADJUDICATE: "to settle it",
}


@dataclass(frozen=True)
class Voice:
    """One card; `key` gives the same label, "" where none does."""

    who: str
    label: str
    when: str
    how: str
    note: str = ""
    key: str = ""

    @classmethod
    def of(cls, given: Given, key: str = "") -> Voice:
        """What a person said."""
        took = f", {_seconds(given.taken_ms)}" if given.taken_ms else ""
        how = "Guess accepted" if given.accepted else "Given"
        how += " " + _HOW.get(Mode(given.mode), given.mode) if given.mode in set(Mode) else f" {given.mode}"
        return cls(given.user, given.label, _when(given), how + took, given.note, key)

    @classmethod
    def of_contest(cls, contest: Contest) -> Voice:
        """That somebody says that the verdict is wrong."""
        return cls(contest.user, contest.label, _when(contest), "Says that the verdict is wrong", contest.comment)

    @classmethod
    def of_plot(cls, item: QueuedPlot, contests: Sequence[Contest], keys: Sequence[str] = ()) -> list[Voice]:
        """What people say of a plot now, the first with these keys, and whether they say that its verdict is wrong."""
        found = [
            cls.of(one, keys[number] if number < len(keys) else "") for number, one in enumerate(voices(item.given))
        ]
        return found + [cls.of_contest(one) for one in contests if one.stands]

    @property
    def in_words(self) -> str:
        """All of it, for who doesn't see it."""
        parts = (f"{self.who}: {self.label}", self.when, self.how, self.note, f"key {self.key}" if self.key else "")
        return ", ".join(part for part in parts if part)


class VoiceCards(QWidget):
    """Painted cards, side by side where they have room; nothing where nobody said anything."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._voices: tuple[Voice, ...] = ()
        self._plot_type = PlotType("")
        self.setAccessibleName("What people said")
        self.hide()

    def show_voices(self, voices: Sequence[Voice], plot_type: PlotType) -> None:
        """Take over what people said."""
        if (tuple(voices), plot_type) == (self._voices, self._plot_type):
            return
        self._voices, self._plot_type = tuple(voices), plot_type
        self.setAccessibleDescription("; ".join(one.in_words for one in voices))
        self.setVisible(bool(voices))
        self.rescale()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        px = self._theme.px
        lines = -(-len(self._voices) // self._columns) if self._voices else 0
        height = lines * px(HEIGHT) + max(0, lines - 1) * px(8)
        if self.height() != height:
            self.setFixedHeight(height)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is other room."""
        super().resizeEvent(event)
        self.rescale()

    def sizeHint(self) -> QSize:
        """As high as its lines."""
        return QSize(self._theme.px(2 * NARROWEST), self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the cards."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        px, gap = self._theme.px, self._theme.px(8)
        width = (self.width() + gap) / self._columns - gap
        for number, voice in enumerate(self._voices):
            line, column = divmod(number, self._columns)
            self._paint(painter, voice, QRectF(column * (width + gap), line * (px(HEIGHT) + gap), width, px(HEIGHT)))
        painter.end()

    @property
    def _columns(self) -> int:
        fit = max(1, self.width() // self._theme.px(NARROWEST))
        return max(1, min(len(self._voices), fit))

    def _paint(self, painter: QPainter, voice: Voice, card: QRectF) -> None:
        c, px, theme = self._theme.colours, self._theme.px, self._theme
        painter.setPen(QPen(QColor(c.line), 1))
        painter.setBrush(QColor(c.panel))
        painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        inside = card.adjusted(px(10), px(6), -px(10), -px(6))
        line = QRectF(inside.left(), inside.top(), inside.width(), px(24))
        if voice.key:
            text = on_caps(voice.key)
            cap = QRectF(line.left(), line.top() + px(1), cap_width(text, px(22), theme), px(22))
            key_cap(painter, cap, text, theme)
            line.setLeft(cap.right() + px(8))
        label = self._plot_type.label(voice.label)
        ground = c.label(label)
        ink = theme.word_on(ground)
        chip_width = min(theme.advance(voice.label, theme.scale * 13, bold=True) + px(34), line.width() * 0.5)
        chip = QRectF(line.right() - chip_width, line.top(), chip_width, px(24))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(chip, 3, 3)
        mark = QRectF(chip.left() + px(7), chip.center().y() - px(7), px(14), px(14))
        marks.paint(painter, marks.for_label(label, self._plot_type.labels), mark, ink, hole=ground)
        self._text(painter, QRectF(mark.right() + px(5), chip.top(), chip.right() - mark.right() - px(8), px(24)),
                   voice.label, ink, bold=True)  # fmt: skip
        line.setRight(chip.left() - px(8))
        used = self._text(painter, line, voice.who, c.text, bold=True)
        line.setLeft(line.left() + used + px(8))
        self._text(painter, line, voice.when, c.muted)
        row = QRectF(inside.left(), inside.top() + px(25), inside.width(), px(19))
        self._text(painter, row, voice.note or "No note left", c.text if voice.note else c.muted)
        self._text(painter, row.translated(0, px(19)), voice.how, c.muted)

    def _text(self, painter: QPainter, room: QRectF, text: str, colour: str, *, bold: bool = False) -> float:
        """Write as much of a text as has room; its width."""
        font = self._theme.font(13 if bold else 12, bold=bold)
        metrics = QFontMetricsF(font)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, room.width()))
        painter.setFont(font)
        painter.setPen(QColor(colour))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)
        return min(metrics.horizontalAdvance(text), room.width())


def _seconds(taken_ms: int) -> str:
    return f"{taken_ms / 1000:.0f} s" if taken_ms >= 1000 else f"{taken_ms / 1000:.1f} s"


def _when(one: Given | Contest) -> str:
    return f"{words.day(one.at)} {words.clock(one.at)[:5]}"
