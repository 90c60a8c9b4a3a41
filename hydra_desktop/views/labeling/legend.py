"""The labels with their keys, marks and counts; a click arms one for painting with the mouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ...domain.label import Label
from ...domain.labeling import Keyed
from .. import marks
from ..marks import Fill
from ..theme import Theme
from .caps import key_cap, on_caps, paint_label

ROW = 30
COLUMN = 58
HINT = "Mouse: click a label here, then click plots; Shift-click paints a range, a dragged box all in it."


class LegendRow(QAbstractButton):
    """A label: key, mark, name, how often given and guessed on this page, and how many plots have it in all."""

    def __init__(self, theme: Theme, keyed: Keyed, among: Sequence[Label]) -> None:
        super().__init__()
        self._theme, self.keyed, self._among = theme, keyed, among
        self._counts = ("", "", "")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_counts(self, given: int, guessed: int, in_all: int) -> None:
        """Take over the counts; a dash stands for none."""
        self._counts = (str(given or "-"), str(guessed or "-"), f"{in_all}")
        said = f"given {given}, guessed {guessed}, in all {in_all}"
        self.setAccessibleName(f"{self.keyed.label.name}, key {self.keyed.key.upper()}")
        self.setAccessibleDescription(said)
        self.setToolTip(f"{self.keyed.label.name}: {said}. Click to paint with it.")
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(self._theme.px(240), self._theme.px(ROW))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint it; the armed one has a frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, px = self._theme.colours, self._theme.px
        whole = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.isChecked() or self.underMouse():
            painter.setPen(QPen(QColor(c.text), 2 if self.isChecked() else 0))
            painter.setBrush(QColor(c.selected))
            painter.drawRoundedRect(whole, 4, 4)
        middle = Qt.AlignmentFlag.AlignVCenter
        cap = QRectF(px(8), (self.height() - px(22)) / 2, px(22), px(22))
        key_cap(painter, cap, on_caps(self.keyed.key), self._theme)
        box = QRectF(cap.right() + px(10), (self.height() - px(15)) / 2, px(15), px(15))
        paint_label(painter, self.keyed.label, self._among, box, self._theme)
        column = px(COLUMN)
        name = QRectF(box.right() + px(9), 0, self.width() - box.right() - 3 * column - px(9), self.height())
        painter.setPen(QColor(c.text))
        font = self._theme.fitting(self.keyed.label.name, name.width(), 13, 9)
        painter.setFont(font)
        painter.drawText(name, middle, self.keyed.label.name)
        painter.setFont(self._theme.font(13))
        for number, text in enumerate(self._counts):
            painter.setPen(QColor(c.text if number < 2 and text != "-" else c.muted))
            place = QRectF(self.width() - (3 - number) * column - px(6), 0, column, self.height())
            painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, text)
        painter.end()


class Legend(QWidget):
    """All labels of the plot type; `armed` carries the label that the mouse paints with, None for none."""

    armed = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._rows: dict[str, LegendRow] = {}
        self._head, self._marks, self.hint = _Heads(theme), _MarksHint(theme), QLabel(HINT)
        self.hint.setWordWrap(True)
        self.hint.setObjectName("muted")
        self._list = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._head)
        layout.addLayout(self._list)
        layout.addWidget(self._marks)
        layout.addWidget(self.hint)
        self._layout = layout
        self.rescale()

    def show_labels(self, labels: Sequence[Keyed]) -> None:
        """Take over the labels of a plot type."""
        for row in self._rows.values():
            row.deleteLater()
            self._list.removeWidget(row)
        among = [one.label for one in labels]
        self._rows = {one.label.name: LegendRow(self._theme, one, among) for one in labels}
        for row in self._rows.values():
            row.clicked.connect(lambda checked, row=row: self.arm(row.keyed.label.name if checked else None))
            self._list.addWidget(row)
        self.rescale()

    def show_counts(self, given: Mapping[str, int], guessed: Mapping[str, int], in_all: Mapping[str, int]) -> None:
        """Take over how often each label is given and guessed on this page, and stands in all."""
        for name, row in self._rows.items():
            row.show_counts(given.get(name, 0), guessed.get(name, 0), in_all.get(name, 0))

    def arm(self, label: str | None) -> None:
        """Let the mouse paint with a label, or with none."""
        for name, row in self._rows.items():
            row.setChecked(name == label)
        self.armed.emit(label)

    def rescale(self) -> None:
        """Take over the theme's size."""
        px = self._theme.px
        self._list.setSpacing(px(2))
        self._layout.setSpacing(px(6))
        self._head.setFixedHeight(px(20))
        for row in self._rows.values():
            row.updateGeometry()
        self._marks.setFixedHeight(px(20))


class _Heads(QWidget):
    """What stands in the columns."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        c, px, middle = self._theme.colours, self._theme.px, Qt.AlignmentFlag.AlignVCenter
        painter.setFont(self._theme.font(13, bold=True))
        painter.setPen(QColor(c.text))
        painter.drawText(QRectF(px(8), 0, self.width(), self.height()), middle, "Labels")
        painter.setPen(QColor(c.muted))
        for number, text in enumerate(("given", "guessed", "in all")):
            column = px(COLUMN)
            place = QRectF(self.width() - (3 - number) * column - px(6), 0, column, self.height())
            painter.setFont(self._theme.fitting(text, column - px(6), 12, 9))
            painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, text)
        painter.end()


class _MarksHint(QWidget):
    """How a guess, an accepted guess and a given label are told apart."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName("Hollow: guess. Half filled: accepted guess. Filled: given by a person.")

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, px = self._theme.colours, self._theme.px
        painter.setFont(self._theme.font(12))
        x = float(px(8))
        for words, fill in (("guess", Fill.HOLLOW), ("accepted", Fill.HALF), ("given", Fill.WHOLE)):
            box = QRectF(x, (self.height() - px(13)) / 2, px(13), px(13))
            marks.paint_filled(painter, "square", box, c.muted, fill, c.panel)
            x = box.right() + px(6)
            width = painter.fontMetrics().horizontalAdvance(words)
            painter.setPen(QColor(c.muted))
            painter.drawText(QRectF(x, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, words)
            x += width + px(14)
        painter.end()
