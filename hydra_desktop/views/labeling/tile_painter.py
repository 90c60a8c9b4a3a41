"""Paints a tile: the plot's picture, and a strip that says by mark, word and colour what it is taken for."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPixmap

from ...domain.hall import PlotType
from ...domain.labeling import QueuedPlot
from .. import marks
from ..pictures import PictureKey, Pictures
from ..theme import Theme
from .tile import Standing, Tile

GAP = 8
SMALLEST_TEXT = 9
_SKIPPED = 0.6  # how much a skipped plot is covered


class Focus(Enum):
    """Where the keyboard is, seen from a tile."""

    ELSEWHERE = 0
    WOULD_BE_HERE = 1  # once the view has it
    HERE = 2


class TilePainter:
    """Paints tiles of one size, each in a cell that holds its gap."""

    def __init__(self, theme: Theme, pictures: Pictures, image_folder: Path) -> None:
        self._theme, self._pictures, self._folder = theme, pictures, image_folder
        self._marks: dict[tuple[tuple[str, str, marks.Fill, str], int, float], QPixmap] = {}
        self.is_one_run = False  # then chunks tell plots apart

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        self._marks.clear()

    @property
    def gap(self) -> int:
        """The space between two tiles."""
        return 2 * max(2, self._theme.px(GAP) // 2)

    def strip_height(self, width: int) -> int:
        """The height of the strip of a tile of that width."""
        return round(self._text(width) * 1.9)

    def _text(self, width: int) -> int:
        px = self._theme.px
        return max(SMALLEST_TEXT, min(px(16), max(px(10), round(0.068 * width))))

    def tile(self, cell: QRect) -> QRect:
        """A tile in its cell."""
        half = self.gap // 2
        return cell.adjusted(half, half, -half, -half)

    def picture_room(self, cell: QRect) -> QRect:
        """Where a tile shows its picture."""
        tile = self.tile(cell)
        return tile.adjusted(1, 1, -1, -self.strip_height(tile.width()))

    def badge(self, cell: QRect, tile: Tile) -> QRect:
        """Where a stack tells how many it holds, null where there is none; a click opens it."""
        if not tile.item.alike:
            return QRect()
        room, size = self.picture_room(cell), self._text(self.tile(cell).width())
        width = round(self._theme.advance(_alike(tile), size, bold=True) + size)
        return QRect(room.left() + 3, room.bottom() - round(1.8 * size) - 2, width, round(1.8 * size))

    def key(self, item: QueuedPlot, room: QSize, ratio: float) -> PictureKey:
        """What is fetched for a plot."""
        return PictureKey.fitting(self._folder, item.plot.content_hash, room, ratio)

    def paint(
        self, painter: QPainter, cell: QRect, tile: Tile, plot_type: PlotType, key: PictureKey, *,
        is_selected: bool, focus: Focus,
    ) -> None:  # fmt: skip
        """Paint a tile with the picture of that key."""
        c, box = self._theme.colours, self.tile(cell)
        if tile.item.alike:
            self._edges_behind(painter, box)
        strip = QRect(box.left(), box.bottom() + 1 - self.strip_height(box.width()), box.width(), 0)
        strip.setBottom(box.bottom())
        painter.fillRect(box, QColor(c.selected if is_selected else c.panel))
        is_lit = is_selected or focus is not Focus.ELSEWHERE
        self._picture(painter, self.picture_room(cell), tile, key, is_lit=is_lit)
        self._strip(painter, strip, tile, plot_type, is_selected=is_selected)
        if tile.item.alike:
            self._badge(painter, self.badge(cell, tile), tile)
        if tile.is_unfamiliar:
            self._corner(painter, box.topLeft() + QPoint(2, 2), "star", c.unfamiliar, strip.height())
        if tile.is_pending:
            place = box.topRight() + QPoint(1 - strip.height(), 2)
            self._corner(painter, place, "dots", c.text, strip.height())
        self._frame(painter, box, tile, plot_type)
        self._outline(painter, box, is_selected=is_selected, focus=focus)

    def _edges_behind(self, painter: QPainter, box: QRect) -> None:
        c, step = self._theme.colours, max(2, self.gap // 4)
        for behind in (2, 1):
            edge = box.translated(behind * step - 1, 1 - behind * step).adjusted(0, 0, -1, -1)
            painter.setPen(QPen(QColor(c.muted), 1))
            painter.setBrush(QColor(c.raised))
            painter.drawRect(edge)

    def _picture(self, painter: QPainter, room: QRect, tile: Tile, key: PictureKey, *, is_lit: bool) -> None:
        c = self._theme.colours
        shown = self._pictures.get(key)
        if shown is None:
            return
        if shown.plot.isNull():
            painter.setFont(self._theme.exact_font(self._text(room.width())))
            painter.setPen(QColor(c.muted))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, shown.problem)
            return
        target = QRect(
            QPoint(0, 0), shown.plot.size() / painter.device().devicePixelRatioF()
        )  # it was made for this room
        target.moveCenter(room.center())
        painter.drawImage(target, shown.plot)
        if tile.standing is Standing.SKIPPED:
            cover(painter, target, c.background, _SKIPPED)
        elif not is_lit:
            cover(painter, target, "#000000" if self._theme.dark else c.panel, 1 - self._theme.plot_light)

    def _strip(self, painter: QPainter, strip: QRect, tile: Tile, plot_type: PlotType, *, is_selected: bool) -> None:
        c, theme = self._theme.colours, self._theme
        size = self._text(strip.width())
        ground, colour, word_colour, side_colour = c.selected if is_selected else c.panel, c.muted, c.text, c.muted
        label = plot_type.label(tile.label) if tile.label else None
        if label is not None:
            colour = c.label(label)
        if tile.standing is Standing.GIVEN:
            ground, colour = colour, theme.word_on(colour)
            word_colour = side_colour = colour
            painter.fillRect(strip, QColor(ground))
        elif label is None:
            word_colour = c.muted
        margin = max(3, round(0.45 * size))
        line = QRectF(strip).adjusted(margin, 0, -margin, 0)
        if label is not None:
            face = self._mark((marks.for_label(label, plot_type.labels), colour, tile.fill, ground), size, painter)
            painter.drawPixmap(round(line.left()) - 1, strip.center().y() - size // 2 - 1, face)
            line.setLeft(line.left() + 1.45 * size)
        self._words(painter, line, tile, size, (word_colour, side_colour))

    def _mark(self, look: tuple[str, str, marks.Fill, str], size: int, painter: QPainter) -> QPixmap:
        """A mark of so many pixels, with one of room around it; drawn once for all tiles."""
        ratio = painter.device().devicePixelRatioF()
        found = self._marks.get((look, size, ratio))
        if found is None:
            mark, colour, fill, ground = look
            found = QPixmap(QSize(size + 2, size + 2) * ratio)
            found.setDevicePixelRatio(ratio)
            found.fill(QColor(ground))
            drawn = QPainter(found)
            marks.paint_filled(drawn, mark, QRectF(1, 1, size, size), colour, fill, ground)
            drawn.end()
            self._marks[look, size, ratio] = found
        return found

    def _words(self, painter: QPainter, line: QRectF, tile: Tile, size: int, colours: tuple[str, str]) -> None:
        """The word, its figure and the run, as much of it as has room; the word always."""
        theme, between = self._theme, 0.5 * size
        is_bold = tile.standing in (Standing.GIVEN, Standing.BEFORE)
        word, figure = tile.word, tile.figure
        room = line.width()
        width = theme.advance(word, size, bold=is_bold)
        figure_width = between + theme.advance(figure, size) if figure else 0.0
        if width + figure_width > room:
            figure, figure_width = "", 0.0
        left = room - width - figure_width - between
        places = tile.short_where(is_one_run=self.is_one_run)
        where = next((one for one in places if theme.advance(one, size) <= left), "")
        middle = Qt.AlignmentFlag.AlignVCenter
        font = theme.fitting_pixels(word, room, size, SMALLEST_TEXT, bold=is_bold)
        if width > room:
            word = QFontMetricsF(font).elidedText(word, Qt.TextElideMode.ElideRight, room)
        painter.setPen(QColor(colours[0]))
        painter.setFont(font)
        painter.drawText(line, middle, word)
        if figure or where:
            painter.setPen(QColor(colours[1]))
            painter.setFont(theme.exact_font(size))
        if figure:
            painter.drawText(line.adjusted(width + between, 0, 0, 0), middle, figure)
        if where:
            painter.drawText(line, middle | Qt.AlignmentFlag.AlignRight, where)

    def _badge(self, painter: QPainter, badge: QRect, tile: Tile) -> None:
        c = self._theme.colours
        painter.setPen(QPen(QColor(c.edge), 1))
        painter.setBrush(QColor(c.panel))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawRoundedRect(QRectF(badge).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QColor(c.text))
        painter.setFont(self._theme.exact_font(badge.height() / 1.8, bold=True))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, _alike(tile))

    def _corner(self, painter: QPainter, place: QPoint, mark: str, colour: str, size: float) -> None:
        """A mark on a ground of its own in a corner of the picture."""
        corner = QRectF(place.x(), place.y(), size - 2, size - 2)
        painter.fillRect(corner, QColor(self._theme.colours.panel))
        marks.paint(painter, mark, corner.adjusted(2, 2, -2, -2), colour, hole=self._theme.colours.panel)

    def _frame(self, painter: QPainter, box: QRect, tile: Tile, plot_type: PlotType) -> None:
        c = self._theme.colours
        pen = QPen(QColor(c.line), 1)
        if tile.standing is Standing.SKIPPED:
            pen = QPen(QColor(c.muted), max(1, self._theme.px(1)))
            pen.setDashPattern([4, 3])
        elif tile.standing is Standing.GIVEN:
            pen = QPen(QColor(c.label(plot_type.label(tile.label))), max(1, self._theme.px(1.5)))
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box.adjusted(0, 0, -1, -1))

    def _outline(self, painter: QPainter, box: QRect, *, is_selected: bool, focus: Focus) -> None:
        """Say by a frame in the gap what is selected and where the keyboard is."""
        c, px = self._theme.colours, self._theme.px
        if focus is not Focus.ELSEWHERE:
            width = px(5)
            edge = min(self.gap // 2, width - 1)
            colour = c.text if focus is Focus.HERE else c.edge
        elif is_selected:
            width, colour, edge = max(2, px(2)), c.text, max(2, px(2)) + 1
        else:
            return
        pen = QPen(QColor(colour), width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        inset = edge - width / 2
        painter.drawRect(QRectF(box).adjusted(-inset, -inset, inset, inset))


def cover(painter: QPainter, target: QRect, colour: str, share: float) -> None:
    """Cover a picture in part."""
    if share > 0:
        shade = QColor(colour)
        shade.setAlphaF(share)
        painter.fillRect(target, shade)


def _alike(tile: Tile) -> str:
    return f"× {tile.count} alike"
