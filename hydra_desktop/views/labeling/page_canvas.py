"""The page as painted tiles: where each is, and its face kept until something of it changes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from ...domain.labeling import QueuedPlot
from ..pictures import PictureKey, Pictures
from ..stored import stored
from ..theme import Theme
from . import heading
from .arrangement import Arrangement, Room, arrange
from .sheet import Group, Sheet, grouped
from .tile import Tile
from .tile_painter import Focus, TilePainter

TILE_WIDTHS = (104, 136, 183, 230, 300, 400, 560)  # of the sizes that can be chosen, for a 1080p screen
USUAL_SIZE = 2
USUAL_SHAPE = 0.75  # height over width of plots of a type that wasn't seen here yet
OTHER_SHAPE = 0.03  # by which a shape must differ to be another
SETTLED_MS = 150  # after the last change of the window's size
IDLE_MS = 10  # between two times that tiles of the next page are painted
FRAME_S = 0.008  # of one paint that may go into new faces; the rest follows
_SIZE, _SHAPE = "labeling/tile_size", "labeling/shape"


class PageCanvas(QWidget):
    """Paints a sheet; all of the page is in sight.

    `capacity_changed` tells how many tiles fit now in the chosen size, `size_changed` that size, an index of
    `TILE_WIDTHS`.
    """

    capacity_changed = Signal(int)
    size_changed = Signal(int)

    def __init__(self, theme: Theme, sheet: Sheet, pictures: Pictures, image_folder: Path) -> None:
        super().__init__()
        self._theme, self._pictures = theme, pictures
        self._painter = TilePainter(theme, pictures, image_folder)
        self._size = _stored_size()
        self._shapes: dict[str, float] = {}  # by plot type, as seen
        self._arrangement = Arrangement()
        self._capacity = 0
        self._faces: dict[int, QPixmap] = {}  # by plot, as painted last
        self._stale: set[int] = set()
        self._keys: dict[int, PictureKey] = {}  # of the pictures on the tiles
        self._shown: dict[PictureKey, list[int]] = {}  # which tiles show a picture
        self._ahead: tuple[QueuedPlot, ...] = ()
        self._ahead_cell = QSize()
        self._ahead_faces: dict[int, QPixmap] = {}  # of the next page, painted while nothing else is to do
        self._idle = QTimer(self, singleShot=True, interval=IDLE_MS)
        self._idle.timeout.connect(self._paint_ahead)
        self._band = QRect()  # a box that is dragged
        self._settled = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._settled.timeout.connect(self._tell_capacity)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        pictures.ready.connect(self._came)
        self._sheet = sheet
        self._listen()

    # What the screen asks for

    @property
    def sheet(self) -> Sheet:
        """The sheet that is shown."""
        return self._sheet

    def show_sheet(self, sheet: Sheet) -> None:
        """Show another sheet, as that of an opened stack."""
        for signal, slot in self._heard():
            signal.disconnect(slot)
        self._sheet = sheet
        self._listen()
        self._page_shown()

    def capacity(self) -> int:
        """How many tiles fit now in the chosen size, as far as can be known before a page's groups are."""
        return self._room().capacity

    @property
    def size_step(self) -> int:
        """The chosen size, an index of `TILE_WIDTHS`."""
        return self._size

    def set_size(self, step: int) -> None:
        """Choose a size; it is remembered at this station."""
        step = max(0, min(len(TILE_WIDTHS) - 1, step))
        if step == self._size:
            return
        self._size = step
        stored().setValue(_SIZE, step)
        self._arrange()
        self.size_changed.emit(step)
        self._tell_capacity()

    def prefetch(self, items: Sequence[QueuedPlot]) -> None:
        """Decode the pictures of the next page in the background, as it will show them."""
        self._ahead = tuple(items)
        if not self.isVisible() or self._arrangement.cell.isEmpty():
            return
        cell = arrange([group.plot_ids for group in grouped(items)], self._room()).cell
        ids = {one.plot.id for one in items}
        kept = self._ahead_faces if cell == self._ahead_cell else {}
        self._ahead_cell, self._ahead_faces = cell, {one: face for one, face in kept.items() if one in ids}
        for key in self._ahead_keys().values():
            self._pictures.get(key)
        self._idle.start()

    def _ahead_keys(self) -> dict[int, PictureKey]:
        room = self._painter.picture_room(QRect(QPoint(0, 0), self._ahead_cell)).size()
        return {one.plot.id: self._painter.key(one, room, self.devicePixelRatioF()) for one in self._ahead}

    def _paint_ahead(self) -> None:
        """Paint some tiles of the next page, so that it stands at once when it is wanted."""
        if not self.isVisible():  # it goes on when it is shown
            return
        if not self.is_painted:
            self._idle.start()
            return
        began_s, here = time.perf_counter(), self._painter.is_one_run
        self._painter.is_one_run = len({one.plot.name.run_number for one in self._ahead}) == 1
        keys = self._ahead_keys()
        for one in self._ahead:
            if one.plot.id in self._ahead_faces or self._pictures.have(keys[one.plot.id]) is None:
                continue
            face = self._new_face(self._ahead_cell)
            self._paint_face(
                face, self._ahead_cell, Tile(one), keys[one.plot.id], is_selected=False, focus=Focus.ELSEWHERE
            )
            self._ahead_faces[one.plot.id] = face
            if time.perf_counter() - began_s > FRAME_S / 2:
                self._idle.start()
                break
        self._painter.is_one_run = here

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        self._painter.rescale()
        self._forget_faces()
        self._arrange()
        self._tell_capacity()

    @property
    def is_painted(self) -> bool:
        """Whether every tile stands as it is to look, its picture apart."""
        return self._faces.keys() >= self._arrangement.cells.keys() and not self._stale

    @property
    def is_whole(self) -> bool:
        """Whether every tile stands as it is to look, with its picture."""
        return self.is_painted and all(self._pictures.have(key) is not None for key in self._shown)

    @property
    def is_ahead(self) -> bool:
        """Whether the next page is painted too."""
        return len(self._ahead_faces) == len(self._ahead)

    def cell(self, plot_id: int) -> QRect:
        """Where a tile is, its gap included."""
        return self._arrangement.cells[plot_id]

    def plot_at(self, place: QPoint) -> int | None:
        """The plot whose tile is at a place."""
        hits = (one for one, cell in self._arrangement.cells.items() if self._painter.tile(cell).contains(place))
        return next(hits, None)

    def group_at(self, place: QPoint) -> Group | None:
        """The group whose heading is at a place."""
        hits = (one for one in self._arrangement.headings if one.box.contains(place))
        return next((self._sheet.groups[one.group] for one in hits), None)

    def plots_in(self, box: QRect) -> tuple[int, ...]:
        """The plots whose tiles a box touches, in the order of the page."""
        return tuple(one for one, cell in self._arrangement.cells.items() if self._painter.tile(cell).intersects(box))

    # What changes

    def _heard(self) -> tuple:
        sheet = self._sheet
        return (
            (sheet.page_shown, self._page_shown),
            (sheet.tiles_changed, self._tiles_changed),
            (sheet.focus_moved, self._focus_moved),
            (sheet.selection_changed, self._selection_changed),
        )

    def _listen(self) -> None:
        for signal, slot in self._heard():
            signal.connect(slot)

    def _page_shown(self) -> None:
        self._forget_faces()
        runs = {tile.item.plot.name.run_number for tile in self._sheet.tiles.values()}
        self._painter.is_one_run = len(runs) == 1
        self._arrange()
        if self._arrangement.cell == self._ahead_cell:
            tiles = self._sheet.tiles
            self._faces = {one: face for one, face in self._ahead_faces.items() if one in tiles and not tiles[one].said}
            self._stale = {self._sheet.focus} & self._faces.keys()
        self._ahead, self._ahead_faces = (), {}

    def _tiles_changed(self, plot_ids: frozenset[int]) -> None:
        self._refresh(plot_ids)
        touched = {self._sheet.groups.index(self._sheet.group_of(one)) for one in plot_ids}
        for place in self._arrangement.headings:
            if place.group in touched:
                self.update(place.box)

    def _focus_moved(self, before: int | None, now: int | None) -> None:
        moved = {one for one in (before, now) if one is not None}
        self._refresh(moved)
        if len({self._sheet.group_of(one).plot_ids for one in moved}) > 1:
            self._update_headings()

    def _selection_changed(self, plot_ids: frozenset[int]) -> None:
        self._refresh(plot_ids)
        self._update_headings()

    def _update_headings(self) -> None:
        for place in self._arrangement.headings:
            self.update(place.box)

    def _refresh(self, plot_ids: Iterable[int]) -> None:
        """Paint tiles again, at once where they are in sight."""
        for one in plot_ids:
            if one in self._arrangement.cells:
                self._stale.add(one)
                self.update(self._arrangement.cells[one])

    def _forget_faces(self) -> None:
        self._faces.clear()
        self._stale.clear()
        self.update()

    def _came(self, key: PictureKey) -> None:
        plot_ids = self._shown.get(key, ())
        if plot_ids and not self._learn_shape(key):
            self._refresh(plot_ids)
        elif self._ahead and not self._idle.isActive():
            self._idle.start()

    def _learn_shape(self, key: PictureKey) -> bool:
        """Take over the shape of a plot type's plots from the first that is seen; whether it is another."""
        name, shown = self._sheet.plot_type.name, self._pictures.have(key)
        if name in self._shapes or shown is None or shown.plot.isNull():
            return False
        before, shape = self._shape(), shown.plot.height() / shown.plot.width()
        is_other = abs(shape / before - 1) > OTHER_SHAPE
        self._shapes[name] = shape if is_other else before
        if is_other:
            stored().setValue(f"{_SHAPE}/{name}", shape)
            self._arrange()
            self._tell_capacity()
        return is_other

    def _shape(self) -> float:
        name = self._sheet.plot_type.name
        if name in self._shapes:
            return self._shapes[name]
        return _number(stored().value(f"{_SHAPE}/{name}"), USUAL_SHAPE, least=0.1, most=10.0)

    def _room(self) -> Room:
        px = self._theme.px
        return Room(
            width=self.width(),
            height=self.height(),
            tile_width=px(TILE_WIDTHS[self._size]),
            shape=self._shape(),
            gap=self._painter.gap,
            heading=px(heading.HEIGHT),
            strip=self._painter.strip_height,
        )

    def _arrange(self) -> None:
        """Put the tiles in their places; pictures of another size are fetched, what isn't needed any more is not."""
        before = self._arrangement.cell
        self._arrangement = arrange([group.plot_ids for group in self._sheet.groups], self._room())
        if self._arrangement.cell != before:
            self._forget_faces()
            ahead = self._ahead_keys().values() if not self._ahead_cell.isEmpty() else ()
            self._pictures.forget_waiting({*self._shown, *ahead})
        room = self._painter.picture_room(QRect(QPoint(0, 0), self._arrangement.cell)).size()
        ratio = self.devicePixelRatioF()
        self._keys = {one: self._painter.key(tile.item, room, ratio) for one, tile in self._sheet.tiles.items()}
        self._shown = {}
        for one, key in self._keys.items():
            self._shown.setdefault(key, []).append(one)
        if self.isVisible():
            for key in self._shown:
                self._pictures.get(key)
            if self._arrangement.cell != before:
                self.prefetch(self._ahead)
        self.update()

    def _tell_capacity(self) -> None:
        capacity = self.capacity()
        if capacity != self._capacity:
            self._capacity = capacity
            self.capacity_changed.emit(capacity)

    # What Qt asks for

    def event(self, event: QEvent) -> bool:
        """On a screen of another pixel ratio all is painted anew; what was hidden begins to fetch its pictures."""
        if event.type() in (QEvent.Type.DevicePixelRatioChange, QEvent.Type.Show):
            self._forget_faces()
            self._arrange()
            self.prefetch(self._ahead)
            self._tell_capacity()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is other room; how much is told when it has settled."""
        super().resizeEvent(event)
        self._arrange()
        self._settled.start()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(event)
        self._refresh({self._sheet.focus} - {None})

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keyboard is elsewhere."""
        super().focusOutEvent(event)
        self._refresh({self._sheet.focus} - {None})

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is dirty, most of it as it was; what has no time yet is as it was, or empty, until the next."""
        painter = QPainter(self)
        c, region = self._theme.colours, event.region()
        for part in region:
            painter.fillRect(part, QColor(c.background))
        began_s, late = time.perf_counter(), False
        for one, cell in self._arrangement.cells.items():
            if not region.intersects(cell):
                continue
            if one not in self._faces or one in self._stale:
                if time.perf_counter() - began_s > FRAME_S:
                    late = True
                    if one not in self._faces:
                        continue
                else:
                    self._make_face(one, cell)
            painter.drawPixmap(cell.topLeft(), self._faces[one])
        self._paint_headings(painter, event)
        if not self._band.isNull():
            self._paint_band(painter)
        painter.end()
        if late:
            QTimer.singleShot(0, self, self._update_late)

    def _update_late(self) -> None:
        for one, cell in self._arrangement.cells.items():
            if one not in self._faces or one in self._stale:
                self.update(cell)

    def _make_face(self, plot_id: int, cell: QRect) -> None:
        face = self._faces.get(plot_id)
        if face is None:
            face = self._faces[plot_id] = self._new_face(cell.size())
        self._stale.discard(plot_id)
        here = Focus.HERE if self.hasFocus() else Focus.WOULD_BE_HERE
        self._paint_face(
            face,
            cell.size(),
            self._sheet.tiles[plot_id],
            self._keys[plot_id],
            is_selected=plot_id in self._sheet.selection,
            focus=here if plot_id == self._sheet.focus else Focus.ELSEWHERE,
        )

    def _new_face(self, size: QSize) -> QPixmap:
        ratio = self.devicePixelRatioF()
        face = QPixmap(size * ratio)
        face.setDevicePixelRatio(ratio)
        return face

    def _paint_face(
        self, face: QPixmap, size: QSize, tile: Tile, key: PictureKey, *, is_selected: bool, focus: Focus
    ) -> None:
        place = QRect(QPoint(0, 0), size)
        painter = QPainter(face)
        painter.fillRect(place, QColor(self._theme.colours.background))
        self._painter.paint(painter, place, tile, self._sheet.plot_type, key, is_selected=is_selected, focus=focus)
        painter.end()

    def _paint_headings(self, painter: QPainter, event: QPaintEvent) -> None:
        focus = self._sheet.focus
        current = self._sheet.group_of(focus) if focus is not None else None
        for place in self._arrangement.headings:
            if event.region().intersects(place.box):
                has_focus = self._sheet.groups[place.group] is current
                heading.paint(painter, self._theme, place, self._sheet, self._painter.gap, has_focus=has_focus)

    def _paint_band(self, painter: QPainter) -> None:
        shade = QColor(self._band_colour())
        painter.setPen(QPen(shade, max(1, self._theme.px(1.5))))
        shade.setAlphaF(0.18)
        painter.setBrush(shade)
        painter.drawRect(self._band.adjusted(0, 0, -1, -1))

    def _band_colour(self) -> str:
        return self._theme.colours.text


def _stored_size() -> int:
    return round(_number(stored().value(_SIZE), USUAL_SIZE, least=0, most=len(TILE_WIDTHS) - 1))


def _number(value: object, otherwise: float, *, least: float, most: float) -> float:
    """A number from the station's file, which anybody may have edited."""
    try:
        found = float(str(value))
    except ValueError:
        return otherwise
    return found if least <= found <= most else otherwise
