"""A row of small pictures that can be opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from .. import marks
from ..pictures import PictureKey, Pictures
from ..theme import Theme
from .standing import Standing

SHAPE = 1.35
HEIGHT = 66  # of a picture
GAP = 10
FOOT = 18


@dataclass(frozen=True)
class Small:
    """A picture with what stands below it; `plot_id` is None where it can't be opened."""

    content_hash: str
    text: str
    plot_id: int | None = None
    standing: Standing | None = None
    key: str = ""  # that opens it
    missing: str = ""  # said in its place where it isn't in this database


class Thumb(QAbstractButton):
    """One small picture."""

    def __init__(self, theme: Theme, pictures: Pictures, folder: Path) -> None:
        super().__init__()
        self._theme, self._pictures, self._folder = theme, pictures, folder
        self.small = Small("", "")
        self._wanted: PictureKey | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        pictures.ready.connect(self._came)

    def show_small(self, small: Small) -> None:
        """Take over a picture."""
        self.small = small
        word = f"{small.standing.word}, " if small.standing is not None else ""
        self.setAccessibleName(f"{word}{small.text}{'' if small.plot_id else ', not in this database'}")
        self.setToolTip(self.accessibleName())
        self.setEnabled(small.plot_id is not None)
        self.update()

    def sizeHint(self) -> QSize:
        """The picture with a line below it."""
        px = self._theme.px
        return QSize(px(HEIGHT * SHAPE), px(HEIGHT + FOOT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the picture and its line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, px, small = self._theme.colours, self._theme.px, self.small
        room = QRect(0, 0, self.width(), self.height() - px(FOOT))
        painter.fillRect(room, QColor(c.raised))
        shown = None
        if not small.missing:
            ratio = self.devicePixelRatioF()
            path = self._folder / small.content_hash[:2] / small.content_hash
            self._wanted = PictureKey(path, round(room.width() * ratio), round(room.height() * ratio))
            shown = self._pictures.get(self._wanted)
        painter.setFont(self._theme.font(11))
        if shown is not None and not shown.plot.isNull():
            size = (shown.plot.size() / self.devicePixelRatioF()).scaled(
                room.size(), Qt.AspectRatioMode.KeepAspectRatio
            )
            target = QRect(
                (room.width() - size.width()) // 2, (room.height() - size.height()) // 2, size.width(), size.height()
            )
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, shown.plot)
            painter.fillRect(target, QColor(0, 0, 0, round(255 * (1 - self._theme.plot_light))))
        elif small.missing or shown is not None:
            painter.setPen(QColor(c.muted))
            text = small.missing or "picture is gone"
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
        x = 0
        line = QRectF(0, self.height() - px(FOOT), self.width(), px(FOOT))
        if small.key:
            painter.setPen(QPen(QColor(c.edge), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            box = QRectF(1, line.top() + px(2), px(14), px(14))
            painter.drawRoundedRect(box, 2, 2)
            painter.setPen(QColor(c.text))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, small.key)
            x += px(19)
        if small.standing is not None:
            marks.paint(
                painter, small.standing.mark, QRectF(x, line.top() + px(3), px(12), px(12)), small.standing.colour,
                hole=c.panel,
            )  # fmt: skip
            x += px(16)
        painter.setPen(QColor(c.text if small.standing is None else c.muted))
        text = f"{small.standing.word} {small.text}" if small.standing is not None else small.text
        text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, self.width() - x)
        painter.drawText(line.adjusted(x, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
        if self.hasFocus():
            painter.setPen(QPen(QColor(c.text), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(room.adjusted(1, 1, -1, -1))
        painter.end()

    def _came(self, key: PictureKey) -> None:
        if key == self._wanted:
            self.update()


class Thumbnails(QWidget):
    """A title, what is so of the pictures, and as many of them as there is room for; `chosen` carries a plot's id."""

    chosen = Signal(int)

    def __init__(self, theme: Theme, pictures: Pictures, folder: Path, title: str) -> None:
        super().__init__()
        self._theme = theme
        self._make: Callable[[], Thumb] = lambda: Thumb(theme, pictures, folder)
        self._smalls: Sequence[Small] = ()
        self._thumbs: list[Thumb] = []
        self.setAccessibleName(title)
        self._title = QLabel(title)
        self._title.setObjectName("head")
        self._count = QLabel()
        self._count.setObjectName("muted")
        self._note = QLabel()
        self._note.setObjectName("muted")
        self._note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._empty = QLabel()
        self._empty.setObjectName("muted")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._empty.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.head = QHBoxLayout()
        for widget in (self._title, self._count):
            self.head.addWidget(widget)
        self.head.addWidget(self._note, 1)
        self._row = QHBoxLayout()
        self._row.addWidget(self._empty, 1)
        self._row.addStretch(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self.head)
        layout.addLayout(self._row, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.rescale()

    def show_smalls(self, smalls: Sequence[Small], *, note: str = "", empty: str = "") -> None:
        """Take over pictures, a note beside the title, and what is said where there is none."""
        self._smalls = tuple(smalls)
        self._note.setText(note)
        self._note.setToolTip(note)
        self._empty.setText(empty)
        self._empty.setVisible(not smalls)
        self._fill()

    def rescale(self) -> None:
        """Take over the theme's size."""
        px = self._theme.px
        self._row.setSpacing(px(GAP))
        self.layout().setSpacing(px(4))
        self.setFixedHeight(px(HEIGHT + FOOT + 30))
        for thumb in self._thumbs:
            thumb.setFixedSize(thumb.sizeHint())
        self._fill()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many as fit."""
        super().resizeEvent(event)
        self._fill()

    def click(self, number: int) -> None:
        """Open the picture of that place, from 0, where there is one."""
        if number < len(self._smalls) and (plot_id := self._smalls[number].plot_id) is not None:
            self.chosen.emit(plot_id)

    @property
    def thumbs(self) -> list[Thumb]:
        """The pictures that are shown."""
        return [thumb for thumb in self._thumbs if not thumb.isHidden()]

    def _fill(self) -> None:
        px = self._theme.px
        room = max(1, (self.width() + px(GAP)) // (px(HEIGHT * SHAPE) + px(GAP)))
        count = min(room, len(self._smalls))
        step = (len(self._smalls) - 1) / (count - 1) if count > 1 else 0.0
        chosen = [self._smalls[round(number * step)] for number in range(count)]
        while len(self._thumbs) < count:
            thumb = self._make()
            thumb.setFixedSize(thumb.sizeHint())
            thumb.clicked.connect(lambda _checked=False, thumb=thumb: self.chosen.emit(thumb.small.plot_id))
            self._thumbs.append(thumb)
            self._row.insertWidget(len(self._thumbs), thumb)
        for thumb, small in zip(self._thumbs, chosen, strict=False):
            thumb.show_small(small)
        for number, thumb in enumerate(self._thumbs):
            thumb.setVisible(number < count)
        shown = f"{count} of {len(self._smalls)}" if count < len(self._smalls) else f"{count}"
        self._count.setText(shown if self._smalls else "")
