"""One plot, as large as its place; what was fetched before is there at once."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..pictures import PictureKey, Pictures, Shown
from ..theme import Theme


class PlotFace(QWidget):
    """Shows the picture of a plot; `painted` counts the pictures that were painted whole, the last `painted_at_s`."""

    def __init__(self, theme: Theme, pictures: Pictures, folder: Path) -> None:
        super().__init__()
        self._theme, self._pictures, self._folder = theme, pictures, folder
        self._hash = ""
        self._evidence: tuple[int, str] | None = None
        self._empty = ""
        self._fetched: set[PictureKey] = set()  # in the size that it has
        self._last: tuple[str, Shown] | None = None  # what was painted last, until the right size has come
        self.painted, self.painted_at_s = 0, 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(60, 40)
        pictures.ready.connect(self._ready)

    @property
    def shows(self) -> str:
        """The content hash of the plot that is shown, "" for none."""
        return self._hash

    def show_plot(self, content_hash: str, name: str, empty: str = "") -> None:
        """Show a plot, or why there is none."""
        self._hash, self._empty, self._evidence = content_hash, empty, None
        self.setAccessibleName(name or empty)
        self.update()

    def show_evidence(self, verdict_id: int | None, label: str = "") -> None:
        """Lay the evidence of a verdict for a label over the plot, or nothing."""
        self._evidence = (verdict_id, label) if verdict_id is not None else None
        self.update()

    def prefetch(self, content_hash: str) -> None:
        """Fetch a plot that is soon to be shown."""
        key = self._key(content_hash)
        self._fetched.add(key)
        self._pictures.get(key)

    def key(self) -> PictureKey:
        """What is to be painted now."""
        key = self._key(self._hash)
        if self._evidence is None:
            return key
        return PictureKey(key.path, key.width, key.height, *self._evidence)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Pictures of another size are wanted."""
        super().resizeEvent(event)
        self._pictures.forget_waiting(self._fetched)
        self._fetched.clear()

    def sizeHint(self) -> QSize:
        """Half of what a screen has."""
        return QSize(self._theme.px(700), self._theme.px(500))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the plot at its own aspect, never dimmed: here it is looked at."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.colours.panel))
        shown = self._pictures.get(self.key()) if self._hash else None
        words = self._empty if not self._hash else ""
        if self._hash:
            self._fetched.add(self.key())
        if shown is not None and shown.plot.isNull():
            words = shown.problem
        elif shown is not None:
            self._last = (self._hash, shown)
            self._paint(painter, shown)
            self.painted += 1
            self.painted_at_s = time.perf_counter()
        elif self._last is not None and self._last[0] == self._hash:
            self._paint(painter, self._last[1])
        if words:
            painter.setPen(QColor(self._theme.colours.muted))
            painter.setFont(self._theme.font(14))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)
        painter.end()

    def _paint(self, painter: QPainter, shown: Shown) -> None:
        size = shown.plot.size() / self.devicePixelRatioF()
        size.scale(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect((self.width() - size.width()) // 2, (self.height() - size.height()) // 2, *size.toTuple())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if shown.evidence.isNull():
            painter.drawImage(place, shown.plot)
            return
        painter.drawImage(place, shown.grey)
        painter.setOpacity(0.6)
        painter.drawImage(place, shown.evidence)
        painter.setOpacity(1.0)

    def _key(self, content_hash: str) -> PictureKey:
        ratio = self.devicePixelRatioF()
        path = self._folder / content_hash[:2] / content_hash
        return PictureKey(path, max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio)))

    def _ready(self, key: PictureKey) -> None:
        if self._hash and key == self.key():
            self.update()
