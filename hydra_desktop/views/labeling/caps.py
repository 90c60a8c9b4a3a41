"""Keys as they are drawn: a cap with what stands on it, and buttons that show the key that does the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from ...domain.label import Label
from .. import marks
from ..marks import Fill
from ..theme import Theme

CAP = 22
WORDS = 13
_WRITTEN = {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓"}


def on_caps(key: str) -> str:
    """What stands on the cap of a key: a capital letter, and an arrow where it is one."""
    return "+".join(_WRITTEN.get(part, part if len(part) > 1 else part.upper()) for part in key.split("+"))


def cap_width(text: str, height: float, theme: Theme) -> float:
    """The width of a cap of that height: square for a single sign."""
    return max(height, theme.advance(text, height * 0.56, bold=True) + height * 0.55)


def key_cap(painter: QPainter, box: QRectF, text: str, theme: Theme, *, acts: bool = True) -> None:
    """Paint a key with what stands on it; faint where it does nothing now."""
    c = theme.colours
    painter.setPen(QPen(QColor(c.edge if acts else c.line), 1))
    painter.setBrush(QColor(c.panel))
    painter.drawRoundedRect(box, 3, 3)
    size = box.height() * 0.56
    painter.setFont(theme.fitting_pixels(text, box.width() - 2, size, size * 0.6, bold=True))
    painter.setPen(QColor(c.text if acts else c.muted))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def paint_label(
    painter: QPainter, label: Label, among: Sequence[Label], box: QRectF, theme: Theme, fill: Fill = Fill.WHOLE
) -> None:
    """Paint a label's mark in its colour; `among` are the labels of its plot type."""
    marks.paint_filled(
        painter, marks.for_label(label, among), box, theme.colours.label(label), fill, theme.colours.panel
    )


class CapButton(QAbstractButton):
    """Words, and behind or before them the caps of the keys that do the same; it never takes the keyboard.

    `is_main` is the one filled button of a screen, `is_flat` one without a frame, its caps before the words. One that
    is checked, where it can be, keeps the look of one under the mouse.
    """

    def __init__(
        self, theme: Theme, words: str, caps: Sequence[str], work: Callable[[], object] | None = None,
        *, is_main: bool = False, is_flat: bool = False, parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._theme, self._caps, self._is_main, self._is_flat = theme, tuple(map(on_caps, caps)), is_main, is_flat
        self.keys = tuple(caps)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.say(words)
        if work is not None:
            self.clicked.connect(lambda _checked=False: work())

    def say(self, words: str) -> None:
        """Take over other words."""
        if words != self.text():
            self.setText(words)
            self.setAccessibleName(f"{words}, key {' '.join(self.keys)}" if self.keys else words)
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """As wide as words and caps."""
        px = self._theme.px
        words = self._theme.advance(self.text(), self._size, bold=self._is_main) if self.text() else 0.0
        between = px(8) if self.text() and self._caps else 0
        height = px(44 if self._is_main else 26 if self._is_flat else 32)
        return QSize(round(2 * self._margin + words + between + self._caps_width), height)

    def minimumSizeHint(self) -> QSize:
        """No narrower than that."""
        return self.sizeHint()

    def changeEvent(self, event: QEvent) -> None:
        """Look as it is: enabled or not."""
        super().changeEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, acts = self._theme.colours, self.isEnabled()
        is_hot = acts and (self.underMouse() or self.isDown() or self.isChecked())
        ink = c.text if acts else c.muted
        if self._is_main and acts:
            ink = c.background
            self._fill(painter, c.muted if self.isDown() else c.text, c.text)
        elif not self._is_flat:
            self._fill(painter, c.selected if is_hot else c.raised, c.edge if acts else c.line)
        elif is_hot:
            self._fill(painter, c.selected, c.selected)
        height = float(self._cap_height)
        left, top = float(self._margin), (self.height() - height) / 2
        if self._is_flat:
            left = self._paint_caps(painter, left, top, height, acts=acts) + self._theme.px(8 if self._caps else 0)
        painter.setFont(self._theme.exact_font(self._size, bold=self._is_main))
        painter.setPen(QColor(ink))
        room = QRectF(left, 0, self.width() - left, self.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self.text())
        if not self._is_flat:
            caps = self.width() - self._margin - self._caps_width
            self._paint_caps(painter, caps, top, height, acts=acts, inverse=self._is_main and acts)
        painter.end()

    def _fill(self, painter: QPainter, ground: str, line: str) -> None:
        painter.setPen(QPen(QColor(line), 1))
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _paint_caps(
        self, painter: QPainter, left: float, top: float, height: float, *, acts: bool, inverse: bool = False
    ) -> float:
        for text in self._caps:
            box = QRectF(left, top, cap_width(text, height, self._theme), height)
            if inverse:
                painter.setPen(QPen(QColor(self._theme.colours.background), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(box, 3, 3)
                painter.setFont(self._theme.exact_font(height * 0.56, bold=True))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
            else:
                key_cap(painter, box, text, self._theme, acts=acts)
            left = box.right() + self._theme.px(4)
        return left - self._theme.px(4)

    @property
    def _size(self) -> float:
        return self._theme.scale * (14 if self._is_main else WORDS)

    @property
    def _margin(self) -> int:
        return self._theme.px(14 if self._is_main else 4 if self._is_flat else 10)

    @property
    def _cap_height(self) -> int:
        return self._theme.px(CAP - 2)

    @property
    def _caps_width(self) -> float:
        height, gap = float(self._cap_height), self._theme.px(4)
        return sum(cap_width(text, height, self._theme) + gap for text in self._caps) - (gap if self._caps else 0)
