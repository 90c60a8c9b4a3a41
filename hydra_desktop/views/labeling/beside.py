"""What a plot is compared with: one plot beside it, and those that can be chosen in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ...services.detail import Detail, Other
from .. import words
from ..pictures import PictureKey, Pictures
from ..theme import Theme
from .caps import CapButton, key_cap
from .plot_face import PlotFace
from .tile_painter import cover

THUMB = 104  # a thumbnail's width
SHAPE = 0.7


@dataclass(frozen=True)
class Compared:
    """A plot to compare with: what it is, its picture, and where it is from."""

    what: str
    content_hash: str
    facts: str


def of_detail(detail: Detail) -> list[Compared]:
    """What there is to compare the plot of a look with, each picture once."""
    found: dict[str, Compared] = {}
    for other, what in (
        (Other.REFERENCE, "normal now"),
        (Other.LAST_GOOD, "last Good"),
        (Other.BEFORE, "chunk before"),
        (Other.FIRST_OF_RUN, "first of the run"),
    ):
        one = detail.others.get(other)
        if one is None:
            continue
        name = one.plot.name
        facts = f"run {name.run_number}" + (f", chunk {name.chunk}" if name.chunk is not None else "")
        if other is Other.REFERENCE and detail.reference is not None:
            facts += f", of {words.count(len(detail.reference.plots), 'plot')} of the reference"
        found.setdefault(one.plot.content_hash, Compared(what, one.plot.content_hash, facts))
    return list(found.values())


class Beside(QFrame):
    """The plot that is compared with, its thumbnails at its side; `hide_wanted` asks to give its room away."""

    hide_wanted = Signal()
    changed = Signal()

    def __init__(self, theme: Theme, pictures: Pictures, folder: Path) -> None:
        super().__init__()
        self.setObjectName("card")
        self._theme = theme
        self._found: list[Compared] = []
        self._chosen = 0
        self.title, self.facts = QLabel(), QLabel()
        self.face = PlotFace(theme, pictures, folder)
        self.thumbs = _Thumbs(theme, pictures, folder)
        self.thumbs.chosen.connect(self.choose)
        self.hide_button = CapButton(theme, "hide", ["R"], self.hide_wanted.emit, is_flat=True)
        self.facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.head = QHBoxLayout()
        self.head.addWidget(self.title)
        self.head.addWidget(self.facts, 1)
        self.head.addWidget(self.hide_button)
        body = QHBoxLayout()
        body.addWidget(self.face, 1)
        body.addWidget(self.thumbs)
        layout = QVBoxLayout(self)
        layout.addLayout(self.head)
        layout.addLayout(body, 1)
        self._layouts = (self.head, body, layout)

    @property
    def shown(self) -> Compared | None:
        """What is compared with now."""
        return self._found[self._chosen % len(self._found)] if self._found else None

    @property
    def can_change(self) -> bool:
        """Whether there is another to choose."""
        return len(self._found) > 1

    def show_found(self, found: Sequence[Compared]) -> None:
        """Take over what there is to compare with."""
        self._found = list(found)
        self._say()

    def change(self, step: int) -> None:
        """Compare with the next or the one before."""
        if self._found:
            self.choose((self._chosen + step) % len(self._found))

    def choose(self, number: int) -> None:
        """Compare with one of them."""
        self._chosen = number
        self._say()

    def say_key(self, key: str) -> None:
        """Take over the key that hides it."""
        if self.hide_button.keys != (key,):
            self.head.removeWidget(self.hide_button)
            self.hide_button.deleteLater()
            self.hide_button = CapButton(self._theme, "hide", [key], self.hide_wanted.emit, is_flat=True)
            self.head.addWidget(self.hide_button)

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self.setStyleSheet(f"#card {{ background: {c.panel}; border: 1px solid {c.line}; }}")
        self.title.setStyleSheet(f"font-size: {px(14)}px; font-weight: bold;")
        self.facts.setStyleSheet(f"color: {c.muted};")
        for layout in self._layouts:
            layout.setSpacing(px(8))
        self._layouts[-1].setContentsMargins(px(10), px(8), px(10), px(10))
        self.hide_button.updateGeometry()
        self.thumbs.rescale()

    def _say(self) -> None:
        shown = self.shown
        if shown is None:
            self.title.setText("Nothing to compare with")
            self.facts.setText("")
            self.face.show_plot("", "", "No Good plot of this plot type is known yet.")
        else:
            self.title.setText(shown.what[0].upper() + shown.what[1:])
            self.facts.setText(shown.facts)
            if self.face.shows != shown.content_hash:
                self.face.show_plot(shown.content_hash, f"{shown.what}, {shown.facts}")
        self.thumbs.show_found(self._found, self._chosen % len(self._found) if self._found else 0)
        self.changed.emit()


class _Thumbs(QWidget):
    """The plots that can be chosen, one below the other; `chosen` carries the number of the clicked one."""

    chosen = Signal(int)

    def __init__(self, theme: Theme, pictures: Pictures, folder: Path) -> None:
        super().__init__()
        self._theme, self._pictures, self._folder = theme, pictures, folder
        self._found: list[Compared] = []
        self._chosen = 0
        self._shown: frozenset[PictureKey] = frozenset()
        self.setAccessibleName("Plots to compare with")
        pictures.ready.connect(self._ready)

    def show_found(self, found: list[Compared], chosen: int) -> None:
        """Take over the plots and which one is shown."""
        self._found, self._chosen = list(found), chosen
        self.setAccessibleDescription(", ".join(one.what for one in found))
        self.setVisible(len(found) > 1)
        self.update()

    def rescale(self) -> None:
        """Take over the theme's size."""
        self.setFixedWidth(self._theme.px(THUMB))
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Compare with the clicked one."""
        for number, box in enumerate(self._boxes()):
            if box.contains(event.position().toPoint()):
                self.chosen.emit(number)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint those that have room, and the keys that change."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        c, px, ratio = self._theme.colours, self._theme.px, self.devicePixelRatioF()
        caption, shown = px(20), set()
        for number, (one, box) in enumerate(zip(self._found, self._boxes(), strict=False)):
            room = box.adjusted(3, 3, -3, -caption)
            key = PictureKey.fitting(self._folder, one.content_hash, room.size(), ratio)
            shown.add(key)
            found = self._pictures.get(key)
            if found is not None and not found.plot.isNull():
                target = QRect(QPoint(), (found.plot.size() / ratio).scaled(room.size(), _KEEP))
                target.moveCenter(room.center())
                painter.drawImage(target, found.plot)
                if number != self._chosen:
                    cover(painter, target, "#000000" if self._theme.dark else c.panel, 1 - self._theme.plot_light)
            if number == self._chosen:
                painter.setPen(QPen(QColor(c.text), max(2, px(2))))
                painter.drawRect(room.adjusted(-1, -1, 1, 1))
            painter.setFont(self._theme.fitting(one.what, box.width() - 8, 11, 8, bold=number == self._chosen))
            painter.setPen(QColor(c.text if number == self._chosen else c.muted))
            line = QRect(box.left() + 3, box.bottom() - caption, box.width(), caption)
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, one.what[0].upper() + one.what[1:])
        if self._boxes():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            side, top = px(20), self.height() - px(22)
            for number, text in enumerate("[]"):
                key_cap(painter, QRect(3 + number * (side + px(4)), top, side, side).toRectF(), text, self._theme)
            left = 3 + 2 * (side + px(4))
            painter.setFont(self._theme.fitting("change", self.width() - left - 2, 11, 8))
            painter.setPen(QColor(c.muted))
            painter.drawText(QRect(left, top, self.width() - left, side), Qt.AlignmentFlag.AlignVCenter, "change")
        painter.end()
        self._shown = frozenset(shown)

    def _boxes(self) -> list[QRect]:
        px = self._theme.px
        size = QSize(self.width(), round(self.width() * SHAPE) + px(20))
        room = max(0, (self.height() - px(26)) // (size.height() + px(4)))
        return [QRect(QPoint(0, row * (size.height() + px(4))), size) for row in range(min(room, len(self._found)))]

    def _ready(self, key: PictureKey) -> None:
        if key in self._shown:
            self.update()


_KEEP = Qt.AspectRatioMode.KeepAspectRatio
