"""The page as a strip of small plots: what was decided, the one in focus, and what comes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPixmap
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
        self._theme, self._pictures = theme, pictures
        self._painter = TilePainter(theme, pictures, folder)
        self._tiles: Sequence[Tile] = ()
        self._coming: Sequence[Tile] = ()
        self._place = 0
        self._plot_type = PlotType("")
        self._shown: frozenset[PictureKey] = frozenset()
        self._faces: dict[int, tuple[object, QPixmap]] = {}  # by plot, with all on which it rests
        self.setAccessibleName("Plots of this page")
        pictures.ready.connect(self._ready)

    def show_tiles(
        self, tiles: Sequence[Tile], place: int, plot_type: PlotType, coming: Sequence[QueuedPlot] = ()
    ) -> None:
        """Take over the page, the place in it, and the beginning of the next page."""
        if plot_type != self._plot_type:
            self._faces.clear()
        self._tiles, self._place, self._plot_type = tiles, place, plot_type
        self._coming = tuple(map(Tile, coming))
        runs = {tile.item.plot.name.run_number for tile in tiles}
        self._painter.is_one_run = len(runs) == 1
        self.update()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        self.setFixedHeight(self._theme.px(HEIGHT))
        self._painter.rescale()
        self._faces.clear()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the plot that was clicked."""
        for number, tile, cell in self._cells():
            if number < len(self._tiles) and cell.contains(event.position().toPoint()):
                self.wanted.emit(tile.item.plot.id)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the small plots that have room, the one in focus in the middle where it can be."""
        painter = QPainter(self)
        ratio, shown, faces = self.devicePixelRatioF(), set(), {}
        for number, tile, cell in self._cells():
            key = self._painter.key(tile.item, self._painter.picture_room(QRect(QPoint(), cell.size())).size(), ratio)
            shown.add(key)
            is_here = number == self._place
            looks = (tile, is_here, key, self._pictures.get(key) is not None, self._painter.is_one_run)
            one = tile.item.plot.id
            face = self._faces[one][1] if one in self._faces and self._faces[one][0] == looks else None
            faces[one] = (looks, face or self._face(tile, cell.size(), key, is_here=is_here))
            painter.setOpacity(1.0 if number < len(self._tiles) else 0.5)
            painter.drawPixmap(cell.topLeft(), faces[one][1])
        painter.end()
        self._shown, self._faces = frozenset(shown), faces

    def _face(self, tile: Tile, size: QSize, key: PictureKey, *, is_here: bool) -> QPixmap:
        ratio = self.devicePixelRatioF()
        face = QPixmap(size * ratio)
        face.setDevicePixelRatio(ratio)
        face.fill(QColor(self._theme.colours.background))
        painter = QPainter(face)
        self._painter.paint(
            painter, QRect(QPoint(), size), tile, self._plot_type, key,
            is_selected=False, focus=Focus.HERE if is_here else Focus.ELSEWHERE,
        )  # fmt: skip
        painter.end()
        return face

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
