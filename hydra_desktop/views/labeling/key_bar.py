"""The keys of labeling at the foot of the screen: a button for each label, large in single mode, and what else acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from ...domain.label import Label
from ...domain.labeling import Keyed
from ..marks import Fill
from ..theme import Theme
from .caps import CapButton, cap_width, key_cap, on_caps, paint_label

LARGE, SMALL = 64, 30  # heights of a label's button
GAP = 8
HEAD, NOTE = 84, 210  # widths
LEAST_ACTS = 300  # of room for what else acts, else it has a line of its own


@dataclass(frozen=True)
class Act:
    """What can be done besides labelling: its keys, what it is, and the work."""

    caps: tuple[str, ...]
    words: str
    work: Callable[[], object]


class LabelButton(QAbstractButton):
    """A label with its key; below it is said how sure the guess is, or who said it."""

    def __init__(self, theme: Theme, keyed: Keyed, among: Sequence[Label], parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self.keyed, self._among = theme, keyed, among
        self.is_large = False
        self._below, self._fill, self._is_framed = "", Fill.WHOLE, False
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._name()

    def say(self, below: str, *, fill: Fill = Fill.WHOLE, is_framed: bool = False) -> None:
        """Take over what is said below the name; framed is what the plot is taken for, hollow while it is a guess."""
        if (below, fill, is_framed) != (self._below, self._fill, self._is_framed):
            self._below, self._fill, self._is_framed = below, fill, is_framed
            self._name()
            self.update()

    @property
    def _word(self) -> str:
        return self.keyed.label.name + ("?" if self._fill is Fill.HOLLOW else "")

    def _name(self) -> None:
        below = f", {self._below}" if self._below else ""
        self.setAccessibleName(f"{self.keyed.label.name}, key {self.keyed.key.upper()}{below}")

    def size_if(self, large: bool) -> QSize:
        """As wide as the name."""
        px, name, scale = self._theme.px, self.keyed.label.name, self._theme.scale
        if not large:
            cap = cap_width(on_caps(self.keyed.key), px(22), self._theme)
            return QSize(round(px(36) + cap + self._theme.advance(name, scale * 13)), px(SMALL))
        width = max(
            self._theme.advance(name + "?", scale * 16, bold=True) + px(24),
            self._theme.advance(self._below, scale * 12), px(70),
        )  # fmt: skip
        return QSize(px(78) + round(width), px(LARGE))

    def sizeHint(self) -> QSize:
        """As wide as the name."""
        return self.size_if(self.is_large)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint it; faint where there is nothing to label."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, px = self._theme.colours, self._theme.px
        middle, acts = Qt.AlignmentFlag.AlignVCenter, self.isEnabled()
        label, key = self.keyed.label, on_caps(self.keyed.key)
        is_hot = acts and self.underMouse()
        ink = QColor(c.text if acts else c.muted)
        if self.is_large:
            frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            painter.setPen(QPen(QColor(c.text if self._is_framed else c.line), 2 if self._is_framed else 1))
            painter.setBrush(QColor(c.selected if self._is_framed or is_hot else c.panel))
            painter.drawRoundedRect(frame, 4, 4)
            side = px(40)
            top = (self.height() - side) / 2
            key_cap(painter, QRectF(px(11), top, side, side), key, self._theme, acts=acts)
            left, bare = px(62), not self._below
            line = QRectF(left, 0 if bare else px(10), self.width() - left - px(6), self.height() if bare else px(22))
            mark = QRectF(left, line.center().y() - px(8), px(16), px(16))
            line.setLeft(mark.right() + px(8))
            painter.setFont(self._theme.fitting(self._word, line.width(), 16, 10, bold=True))
            painter.setPen(ink)
            painter.drawText(line, middle, self._word)
            painter.setFont(self._theme.fitting(self._below, self.width() - left - px(6), 12, 9))
            painter.setPen(QColor(c.muted))
            painter.drawText(QRectF(left, px(33), self.width() - left - px(6), px(20)), middle, self._below)
        else:
            if is_hot:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(c.selected))
                painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
            cap = QRectF(px(2), (self.height() - px(22)) / 2, cap_width(key, px(22), self._theme), px(22))
            key_cap(painter, cap, key, self._theme, acts=acts)
            mark = QRectF(cap.right() + px(8), (self.height() - px(14)) / 2, px(14), px(14))
            painter.setFont(self._theme.font(13, bold=self._is_framed))
            painter.setPen(ink)
            room = QRectF(mark.right() + px(6), 0, self.width(), self.height())
            painter.drawText(room, middle, self._word)
        if not acts:
            painter.setOpacity(0.45)
        paint_label(painter, label, self._among, mark, self._theme, self._fill)
        painter.end()


class KeyBar(QWidget):
    """`label_pressed` carries a label's name, `main_pressed` tells that what Enter does was pressed.

    The labels always have room: side by side and large where they can, else small, in as many rows as they need.
    What else acts is left out where there is no room for it; the sheet of keys has all of it.
    """

    label_pressed = Signal(str)
    main_pressed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("keybar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._wants_large = False
        self.head, self.note = QLabel(self), QLabel(self)
        self.main = CapButton(theme, "", ["Enter"], self.main_pressed.emit, is_main=True, parent=self)
        self.head.setObjectName("head")
        self.note.setObjectName("muted")
        self.note.setWordWrap(True)
        self.buttons: list[LabelButton] = []
        self.voices: list[LabelButton] = []
        self.acts: list[CapButton] = []
        self.rescale()

    def show_labels(self, labels: Sequence[Keyed], *, large: bool) -> None:
        """Take over the labels with their keys."""
        self._drop(self.buttons)
        self._wants_large = large
        among = [one.label for one in labels]
        self.buttons = [LabelButton(self._theme, one, among, self) for one in labels]
        for button in self.buttons:
            button.clicked.connect(lambda _checked=False, name=button.keyed.label.name: self.label_pressed.emit(name))
            button.show()
        self._place()

    def show_voices(self, said: Sequence[tuple[str, Label, str]]) -> None:
        """Take over what people said of a plot, each with its key, in the place of what Enter does; none to go back."""
        now = [(one.keyed.key, one.keyed.label, one._below) for one in self.voices]
        if list(said) == now:
            return
        self._drop(self.voices)
        among = [one.keyed.label for one in self.buttons]
        self.voices = [LabelButton(self._theme, Keyed(label, key), among, self) for key, label, _ in said]
        for button, (_, label, below) in zip(self.voices, said, strict=True):
            button.say(below, is_framed=True)
            button.clicked.connect(lambda _checked=False, name=label.name: self.label_pressed.emit(name))
            button.show()
        self._place()

    def say_of_labels(self, below: Mapping[str, str], framed: str, fill: Fill) -> None:
        """What is said below each label, and which one the plot is taken for ("" for none in sight)."""
        for button in self.buttons:
            name = button.keyed.label.name
            is_it = name == framed
            button.say(below.get(name, ""), fill=fill if is_it else Fill.WHOLE, is_framed=is_it)

    def enable_labels(self, on: bool) -> None:
        """Whether there is a plot to label."""
        for button in self.buttons:
            button.setEnabled(on)

    def show_acts(self, acts: Sequence[Act]) -> None:
        """Take over what else can be done now, what matters most first."""
        if [(one.caps, one.words) for one in acts] == [(one.keys, one.text()) for one in self.acts]:
            return
        self._drop(self.acts)
        self.acts = [CapButton(self._theme, one.words, one.caps, one.work, is_flat=True, parent=self) for one in acts]
        self._place()

    def say_main(self, words: str, *, note: str = "", head: str = "") -> None:
        """What Enter does now, what follows from it, and what the labels go to."""
        if (words, note, head) != (self.main.text(), self.note.text(), self.head.text()):
            self.main.say(words)
            self.note.setText(note)
            self.head.setText(head)
            self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is other room."""
        super().resizeEvent(event)
        self._place()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self.setStyleSheet(
            f"#keybar {{ background: {c.raised}; border-top: 1px solid {c.line}; }}"
            f"#muted {{ color: {c.muted}; }} #head {{ font-weight: bold; }}"
        )
        for label in (self.head, self.note):
            label.setFont(self._theme.font(13))
        self._place()
        self.setMinimumWidth(px(200))

    def sizeHint(self) -> QSize:
        """As high as what is in it."""
        return QSize(self._theme.px(900), self.height())

    @property
    def _reserved(self) -> int:
        """The width that is kept for what Enter does, whatever it does."""
        longest = max((f"Accept {one.keyed.label.name}?" for one in self.buttons), key=len, default="")
        words = longest if self._wants_large else "Commit page: accept 000 guesses"
        extra = self.main.sizeHint().width() - self._theme.advance(self.main.text(), self._theme.scale * 14, bold=True)
        return round(self._theme.advance(words, self._theme.scale * 14, bold=True) + extra)

    def _drop(self, buttons: list) -> None:
        for button in buttons:
            button.hide()
            button.deleteLater()
        buttons.clear()

    def _place(self) -> None:
        """Give everything its place: what Enter does at the right, labels at the left, and between what has room.

        How high it is rests on the labels and the width alone, so that nothing above it moves.
        """
        px = self._theme.px
        margin, gap = px(14), px(GAP)
        left, right = self._place_right(margin, gap)
        room = right - 2 * gap - left
        is_large = self._wants_large and sum(one.size_if(True).width() + gap for one in self.buttons) <= room
        places = _wrapped([one.size_if(is_large).width() for one in self.buttons], gap, room)
        row, between = px(LARGE if is_large else SMALL), px(4)
        rows = max((line for line, _ in places), default=0) + 1
        ends = max((left + x + one.size_if(is_large).width() for one, (line, x) in
                    zip(self.buttons, places, strict=True) if line == rows - 1), default=left)  # fmt: skip
        lines = rows
        if not is_large and rows == 1 and (self._wants_large or right - ends < px(LEAST_ACTS)):
            lines = 2
        high = max(lines * row + (lines - 1) * between, px(LARGE) if self._wants_large else px(44))
        height = high + 2 * px(8)
        top = (height - lines * row - (lines - 1) * between) // 2
        for button, (line, x) in zip(self.buttons, places, strict=True):
            button.is_large = is_large
            button.setGeometry(left + x, top + line * (row + between), button.size_if(is_large).width(), row)
        for one in (*self.voices, self.main):
            one.move(one.x(), (height - one.height()) // 2)
        line = px(28)
        if is_large:
            top, tops = (height - 2 * line) // 2, [0, line]
            used = self._columns(QRect(ends + 2 * gap, top, right - ends - 4 * gap, 2 * line), line)
        else:
            tops = [top + number * (row + between) for number in range(rows - 1, lines)]
            starts = [ends + 2 * gap if number == 0 else left for number in range(len(tops))]
            used = self._flow([QRect(x, y, right - gap - x, row) for x, y in zip(starts, tops, strict=True)])
        used = max(used, *(one.x() + one.width() for one in self.buttons), 0)
        self.note.setVisible(bool(self.note.text()) and right - 2 * gap - used >= px(NOTE))
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.note.setGeometry(right - 2 * gap - px(NOTE), 0, px(NOTE), height)
        self.head.setGeometry(margin, 0, px(HEAD), height)
        if self.height() != height:
            self.setFixedHeight(height)

    def _place_right(self, margin: int, gap: int) -> tuple[int, int]:
        """Place what Enter does, or what people said; where the room for the labels begins and ends."""
        px = self._theme.px
        self.main.setVisible(not self.voices)
        widths = [one.size_if(True).width() for one in self.voices]
        reserved = max(sum(widths) + gap * max(0, len(widths) - 1), self.main.sizeHint().width(), self._reserved)
        x = self.width() - margin
        for one, width in reversed(list(zip(self.voices, widths, strict=True))):
            one.is_large = True
            one.setGeometry(x - width, 0, width, px(LARGE))
            x -= width + gap
        size = self.main.sizeHint()
        self.main.setGeometry(self.width() - margin - size.width(), 0, size.width(), size.height())
        self.head.setVisible(bool(self.head.text()))
        left = margin if self._wants_large else margin + px(HEAD) + gap
        return left, self.width() - margin - reserved

    def _columns(self, room: QRect, line: int) -> int:
        """Place acts two by two, as many as have room; where they end."""
        left, has_room = room.left(), True
        for first in range(0, len(self.acts), 2):
            column = self.acts[first : first + 2]
            width = max(one.sizeHint().width() for one in column)
            has_room = has_room and left + width <= room.right()
            for number, one in enumerate(column):
                one.setVisible(has_room)
                one.setGeometry(left, room.top() + number * line, one.sizeHint().width(), line)
            left += (width + self._theme.px(10)) if has_room else 0
        return left

    def _flow(self, lines: Sequence[QRect]) -> int:
        """Place acts one after the other into lines, as many as have room; where the last of them ends."""
        gap, used, waiting = self._theme.px(10), 0, list(self.acts)
        for line in lines:
            left = line.left()
            while waiting and left + waiting[0].sizeHint().width() <= line.right():
                one = waiting.pop(0)
                one.setVisible(True)
                one.setGeometry(left, line.top(), one.sizeHint().width(), line.height())
                left += one.sizeHint().width() + gap
            used = max(used, left)
        for one in waiting:
            one.setVisible(False)
        return used


def _wrapped(widths: Sequence[int], gap: int, room: int) -> list[tuple[int, int]]:
    """The line of each, and where in it it begins."""
    found, line, x = [], 0, 0
    for width in widths:
        if x and x + width > room:
            line, x = line + 1, 0
        found.append((line, x))
        x += width + gap
    return found
