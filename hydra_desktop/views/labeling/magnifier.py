"""A plot of the page, large, over the others."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ...domain.hall import PlotType
from .. import marks
from ..pictures import PictureKey, Pictures
from ..theme import Theme
from .beside import Compared
from .tile import Standing, Tile

CAPTION = 30


class Magnifier(QWidget):
    """Shows a tile's plot as large as its own room allows, at first as it is on the tile; a click closes it.

    It never takes the keyboard.
    """

    def __init__(self, theme: Theme, pictures: Pictures, image_folder: Path, parent: QWidget, *, hint: str) -> None:
        super().__init__(parent)
        self._theme, self._pictures, self._folder, self._hint = theme, pictures, image_folder, hint
        self._tile: Tile | None = None
        self._plot_type = PlotType("")
        self._small: PictureKey | None = None
        self._wanted: frozenset[PictureKey] = frozenset()
        self._beside: Compared | None = None
        pictures.ready.connect(self._came)
        self.setAccessibleName("Magnified plot")
        self.hide()

    @property
    def plot_id(self) -> int | None:
        """The plot that is shown, None while nothing is."""
        return self._tile.item.plot.id if self._tile is not None and self.isVisible() else None

    def show_tile(
        self, tile: Tile, plot_type: PlotType, small: PictureKey, box: QRect, beside: Compared | None = None
    ) -> None:
        """Show a plot in a box of the parent; `small` is its picture that is there already."""
        self._tile, self._plot_type, self._small, self._beside = tile, plot_type, small, beside
        self.setAccessibleDescription(tile.accessible)
        self.setGeometry(box)
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the plot, undimmed, and what it is below it."""
        if self._tile is None:
            return
        c, px = self._theme.colours, self._theme.px
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(c.raised))
        line = QRect(px(12), self.height() - px(CAPTION), self.width() - px(24), px(CAPTION))
        room = QRect(px(8), px(8), self.width() - px(16), line.top() - px(8))
        self._wanted = frozenset()
        if self._beside is None:
            self._picture(painter, room, self._tile.item.plot.content_hash, self._small)
        else:
            head, half = px(26), (room.width() - px(12)) // 2
            for number, (text, content_hash, small) in enumerate(
                (
                    (self._tile.where, self._tile.item.plot.content_hash, self._small),
                    (f"{self._beside.what}, {self._beside.facts}", self._beside.content_hash, None),
                )
            ):
                place = QRect(room.left() + number * (half + px(12)), room.top(), half, head)
                painter.setFont(self._theme.fitting(text, half, 14, 10, bold=True))
                painter.setPen(QColor(c.text))
                painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text[0].upper() + text[1:])
                under = QRect(place.left(), room.top() + head, half, room.height() - head)
                self._picture(painter, under, content_hash, small)
        painter.setFont(self._theme.font(14))
        self._caption(painter, line, self._tile)
        painter.setPen(QPen(QColor(c.edge), max(1, px(1))))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _picture(self, painter: QPainter, room: QRect, content_hash: str, small: PictureKey | None) -> None:
        key = PictureKey.fitting(self._folder, content_hash, room.size(), self.devicePixelRatioF())
        self._wanted |= {key}
        shown = self._pictures.get(key) or self._pictures.have(small)
        painter.setFont(self._theme.font(14))
        if shown is not None and shown.plot.isNull():
            painter.setPen(QColor(self._theme.colours.muted))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, shown.problem)
        elif shown is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            target = QRect(room.topLeft(), shown.plot.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio))
            target.moveCenter(room.center())
            painter.drawImage(target, shown.plot)

    def _caption(self, painter: QPainter, line: QRect, tile: Tile) -> None:
        """Say what the plot is; where a person gave it a label, on the label's colour, as on its tile."""
        c, px = self._theme.colours, self._theme.px
        word_colour, side_colour = c.text, c.muted
        if tile.label:
            label = self._plot_type.label(tile.label)
            ground, colour = c.raised, c.label(label)
            if tile.standing is Standing.GIVEN:
                painter.fillRect(QRect(0, line.top(), self.width(), line.height()), QColor(colour))
                ground, colour = colour, self._theme.word_on(colour)
                word_colour = side_colour = colour
            mark = QRectF(line.left(), line.center().y() - px(7), px(15), px(15))
            marks.paint_filled(painter, marks.for_label(label, self._plot_type.labels), mark, colour, tile.fill, ground)
            line.setLeft(line.left() + px(22))
        metrics, middle = painter.fontMetrics(), Qt.AlignmentFlag.AlignVCenter
        hint_width = metrics.horizontalAdvance(self._hint) + px(16) if self._hint else 0
        painter.setPen(QColor(word_colour))
        painter.drawText(
            line, middle, metrics.elidedText(tile.accessible, Qt.TextElideMode.ElideRight, line.width() - hint_width)
        )
        painter.setPen(QColor(side_colour))
        painter.drawText(line, middle | Qt.AlignmentFlag.AlignRight, self._hint)

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        """A click closes it."""
        self.hide()

    def _came(self, key: PictureKey) -> None:
        if key in self._wanted and self.isVisible():
            self.update()
