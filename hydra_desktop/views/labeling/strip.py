"""The page as a strip of small plots: what was decided, the one in focus, and what comes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ...domain.hall import PlotType
from .. import marks
from ..pictures import PictureKey, Pictures
from ..theme import Theme
from .legend import label_colour
from .tile import Standing, Tile

GAP = 8


class Strip(QWidget):
    """`wanted` carries the id of a plot that was clicked."""

    wanted = Signal(int)

    def __init__(self, theme: Theme, pictures: Pictures, folder: Path) -> None:
        super().__init__()
        self._theme, self._pictures, self._folder = theme, pictures, folder
        self._tiles: Sequence[Tile] = ()
        self._place = 0
        self._plot_type = PlotType("")
        self.setAccessibleName("Plots of this page")
        pictures.ready.connect(self._ready)

    def show_tiles(self, tiles: Sequence[Tile], place: int, plot_type: PlotType) -> None:
        """Take over the page and the place in it."""
        self._tiles, self._place, self._plot_type = tiles, place, plot_type
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the plot that was clicked."""
        for tile, box in self._boxes():
            if box.contains(event.position().toPoint()):
                self.wanted.emit(tile.item.plot.id)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the small plots that have room, the one in focus in the middle where it can be."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for tile, box in self._boxes():
            self._paint(painter, tile, box)
        painter.end()

    def _boxes(self) -> list[tuple[Tile, QRect]]:
        gap = self._theme.px(GAP)
        height = self.height() - 2 * self._theme.px(4)
        width = round(height * 1.15)
        room = max(1, (self.width() + gap) // (width + gap))
        first = max(0, min(self._place - room // 2, len(self._tiles) - room))
        shown = self._tiles[first : first + room]
        return [
            (tile, QRect(number * (width + gap) + 3, self._theme.px(4), width, height))
            for number, tile in enumerate(shown)
        ]

    def _paint(self, painter: QPainter, tile: Tile, box: QRect) -> None:
        c, px = self._theme.colours, self._theme.px
        strip = QRect(box.left(), box.bottom() - px(21), box.width(), px(22))
        room = QRect(box.left(), box.top(), box.width(), box.height() - strip.height())
        painter.fillRect(box, QColor(c.panel))
        ratio = self.devicePixelRatioF()
        content = tile.item.plot.content_hash
        key = PictureKey(
            self._folder / content[:2] / content,
            max(1, round(room.width() * ratio)),
            max(1, round(room.height() * ratio)),
        )
        shown = self._pictures.get(key)
        if shown is not None and not shown.plot.isNull():
            size = shown.plot.size() / ratio
            size.scale(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(
                room.left() + (room.width() - size.width()) // 2, room.top() + (room.height() - size.height()) // 2,
                size.width(), size.height(),
            )  # fmt: skip
            painter.drawImage(place, shown.plot)
            here = self._tiles[self._place] if self._place < len(self._tiles) else None
            if tile is not here and self._theme.plot_light < 1:
                shade = QColor("#000000")
                shade.setAlphaF(1 - self._theme.plot_light)
                painter.fillRect(place, shade)
        label = self._plot_type.label(tile.label) if tile.label else None
        is_filled = tile.standing in (Standing.GIVEN, Standing.BEFORE) and label is not None
        colour = label_colour(label, self._theme) if label is not None else c.muted
        painter.fillRect(strip, QColor(colour if is_filled else c.raised))
        ink = self._theme.word_on(colour) if is_filled else c.text if label is not None else c.muted
        mark = QRectF(strip.left() + px(5), strip.center().y() - px(6), px(13), px(13))
        if label is not None:
            hole = colour if is_filled else c.raised
            marks.paint_filled(painter, marks.for_label(label), mark, ink if is_filled else colour, tile.fill, hole)
        text = tile.word if tile.label or tile.standing is Standing.SKIPPED else tile.where
        words_room = QRectF(mark.right() + px(5), strip.top(), strip.right() - mark.right() - px(8), strip.height())
        painter.setFont(self._theme.fitting(text, words_room.width(), 12, 8, bold=is_filled))
        painter.setPen(QColor(ink))
        painter.drawText(words_room, Qt.AlignmentFlag.AlignVCenter, text)
        is_here = self._place < len(self._tiles) and tile is self._tiles[self._place]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(c.text if is_here else c.line), px(4) if is_here else 1))
        painter.drawRect(box)

    def _ready(self, key: PictureKey) -> None:
        if key.height < self.height() * self.devicePixelRatioF():
            self.update()
