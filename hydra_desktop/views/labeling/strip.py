"""The page as a strip of small plots: what was decided, the one in focus, and what comes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ...domain.hall import PlotType
from ...domain.labeling import QueuedPlot
from ..pictures import PictureKey, Pictures
from ..theme import Theme
from .tile import Tile
from .tile_painter import Focus, TilePainter

HEIGHT = 116
WIDE = 1.2  # a tile's width over its height


class Strip(QWidget):
    """`wanted` carries the id of a plot that was clicked."""

    wanted = Signal(int)

    def __init__(self, theme: Theme, pictures: Pictures, folder: Path) -> None:
        super().__init__()
        self._theme = theme
        self._painter = TilePainter(theme, pictures, folder)
        self._tiles: Sequence[Tile] = ()
        self._coming: Sequence[Tile] = ()
        self._place = 0
        self._plot_type = PlotType("")
        self._shown: frozenset[PictureKey] = frozenset()
        self.setAccessibleName("Plots of this page")
        pictures.ready.connect(self._ready)

    def show_tiles(
        self, tiles: Sequence[Tile], place: int, plot_type: PlotType, coming: Sequence[QueuedPlot] = ()
    ) -> None:
        """Take over the page, the place in it, and the beginning of the next page."""
        self._tiles, self._place, self._plot_type = tiles, place, plot_type
        self._coming = tuple(map(Tile, coming))
        runs = {tile.item.plot.name.run_number for tile in tiles}
        self._painter.is_one_run = len(runs) == 1
        self.update()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        self.setFixedHeight(self._theme.px(HEIGHT))
        self._painter.rescale()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the plot that was clicked."""
        for number, tile, cell in self._cells():
            if number < len(self._tiles) and cell.contains(event.position().toPoint()):
                self.wanted.emit(tile.item.plot.id)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the small plots that have room, the one in focus in the middle where it can be."""
        painter = QPainter(self)
        ratio, shown = self.devicePixelRatioF(), set()
        for number, tile, cell in self._cells():
            key = self._painter.key(tile.item, self._painter.picture_room(QRect(QPoint(), cell.size())).size(), ratio)
            shown.add(key)
            if number >= len(self._tiles):
                painter.setOpacity(0.5)
            self._painter.paint(
                painter, cell, tile, self._plot_type, key,
                is_selected=False, focus=Focus.HERE if number == self._place else Focus.ELSEWHERE,
            )  # fmt: skip
        painter.end()
        self._shown = frozenset(shown)

    def _cells(self) -> list[tuple[int, Tile, QRect]]:
        gap = self._painter.gap
        size = QSize(round((self.height() - gap) * WIDE) + gap, self.height())
        room = max(1, (self.width() + gap) // size.width())
        every = [*self._tiles, *self._coming]
        first = max(0, min(self._place - room // 2, len(every) - room))
        return [
            (first + number, tile, QRect(QPoint(number * size.width(), 0), size))
            for number, tile in enumerate(every[first : first + room])
        ]

    def _ready(self, key: PictureKey) -> None:
        if key in self._shown:
            self.update()
