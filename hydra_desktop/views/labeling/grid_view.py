"""The page under keys and mouse: moves, selection, painting with a label, magnifying."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication

from .. import keys
from ..pictures import Pictures
from ..theme import Theme
from .arrangement import Direction
from .beside import Compared
from .magnifier import CAPTION, Magnifier
from .page_canvas import PageCanvas
from .sheet import Sheet

HOVER_MS = 400
HOVERED_WIDTH = 560  # of the plot that the mouse rests on, for a 1080p screen

_ARROWS = {
    Qt.Key.Key_Left: Direction.LEFT,
    Qt.Key.Key_Right: Direction.RIGHT,
    Qt.Key.Key_Up: Direction.UP,
    Qt.Key.Key_Down: Direction.DOWN,
}
_PLAIN, _SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
_CONTROL, _KEYPAD = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.KeypadModifier
_LEFT = Qt.MouseButton.LeftButton


class GridView(PageCanvas):
    """Moves and selects on its sheet by itself; what more a person wants is told by signals.

    `painted` carries plot ids and the label they are to get, `opened` a plot that was double-clicked, `stack_asked`
    one whose stack is to be opened. Label keys, Enter, Tab and Backspace are not heard here.
    """

    painted = Signal(object, str)
    opened = Signal(int)
    stack_asked = Signal(int)

    def __init__(self, theme: Theme, sheet: Sheet, pictures: Pictures, image_folder: Path) -> None:
        super().__init__(theme, sheet, pictures, image_folder)
        self._armed: str | None = None
        self._last_painted: int | None = None
        self._pressed_at: QPoint | None = None
        self._pressed_on: int | None = None
        self._kept: frozenset[int] = frozenset()  # what stays selected beside a dragged box
        self._turned = 0
        self._under_mouse: int | None = None
        self._magnified = Magnifier(theme, pictures, image_folder, self, hint="Space or Esc closes it")
        self._beside: Compared | None = None
        self._compares = False
        self._hovered = Magnifier(theme, pictures, image_folder, self, hint="")
        self._hovered.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._rests = QTimer(self, singleShot=True, interval=HOVER_MS)
        self._rests.timeout.connect(self._show_hovered)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Page of plots")
        for key, text in (
            ("Arrows", "Go from plot to plot"),
            ("Shift+Arrows", "Widen the selection"),
            ("Ctrl+A", "Select the group, then the page"),
            ("Home, End", "Go to the first or last plot"),
            ("Space", "Magnify the plot, or close that"),
            ("Esc", "Close what is magnified, then let the selection go"),
        ):
            keys.tell(self, key, text)
        for key, text, step in (("Alt+Up", "Larger plots", 1), ("Alt+Down", "Smaller plots, more of them", -1)):
            keys.add(self, key, text, lambda step=step: self.set_size(self.size_step + step), repeats=True)

    @property
    def armed(self) -> str | None:
        """The label that the mouse paints with."""
        return self._armed

    def arm(self, label: str | None) -> None:
        """Let the mouse paint with a label, or select again with None."""
        self._armed = label
        self._last_painted = None
        self._drop_band()
        if label is None:
            self.unsetCursor()
        else:
            self.setCursor(Qt.CursorShape.CrossCursor)

    @property
    def magnified(self) -> int | None:
        """The plot that is shown large, by Space or under the mouse."""
        return self._magnified.plot_id if self._magnified.plot_id is not None else self._hovered.plot_id

    def show_beside(self, beside: Compared | None) -> None:
        """Take over what is normal now, for who wants it beside a plot."""
        self._beside = beside
        if self._compares and self._magnified.isVisible():
            self._magnify()

    def compare(self) -> None:
        """Magnify the plot in focus with what is normal beside it, or close that."""
        self._compares = not (self._compares and self._magnified.isVisible())
        self._magnify() if self._compares else self._magnified.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is other room, for what is magnified too."""
        super().resizeEvent(event)
        self._hovered.hide()
        if self._magnified.isVisible():
            self._magnify()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        super().rescale()
        self._hovered.hide()
        self._magnified.update()

    # Where the keyboard is, told also to those who don't see it

    def _page_shown(self) -> None:
        super()._page_shown()
        self._last_painted = self._pressed_at = None
        self._drop_band()
        self._rest_not()
        if self._magnified.isVisible():
            self._magnify()
        self._tell_focus()

    def _tiles_changed(self, plot_ids: frozenset[int]) -> None:
        super()._tiles_changed(plot_ids)
        if self._sheet.focus in plot_ids:
            self._tell_focus()
            if self._magnified.isVisible():
                self._magnify()

    def _focus_moved(self, before: int | None, now: int | None) -> None:
        super()._focus_moved(before, now)
        self._tell_focus()
        if self._magnified.isVisible():
            self._magnify()

    def _tell_focus(self) -> None:
        focus = self._sheet.focus
        text = self._sheet.tiles[focus].accessible if focus is not None else "no plots"
        self.setAccessibleDescription(text)
        if self.hasFocus() and QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    # Magnifying

    def _magnify(self) -> None:
        focus = self._sheet.focus
        if focus is None:
            self._magnified.hide()
            return
        self._rest_not()
        tile, beside = self._sheet.tiles[focus], self._beside if self._compares else None
        self._magnified.show_tile(tile, self._sheet.plot_type, self._keys[focus], self.rect(), beside)

    def _show_hovered(self) -> None:
        one = self._under_mouse
        if one is None or one not in self._sheet.tiles or self._magnified.isVisible() or self._pressed_at is not None:
            return
        px, cell = self._theme.px, self.cell(one)
        width = min(max(px(HOVERED_WIDTH), 2 * cell.width()), max(1, self.width() // 2 - cell.width() // 2))
        height = min(self.height(), round(width * self._shape()) + px(CAPTION + 8))
        fits_right = cell.right() + width <= self.width()
        left = cell.right() + 1 if fits_right else max(0, cell.left() - width)
        top = max(0, min(self.height() - height, cell.center().y() - height // 2))
        box = QRect(left, top, width, height)
        self._hovered.show_tile(self._sheet.tiles[one], self._sheet.plot_type, self._keys[one], box)

    def _rest_not(self) -> None:
        """The mouse rests on nothing."""
        self._rests.stop()
        self._under_mouse = None
        self._hovered.hide()

    # Keys

    def event(self, event: QEvent) -> bool:
        """Keys of its own go before shortcuts of the window while they do something here."""
        if event.type() is QEvent.Type.ShortcutOverride and self._hears(event):  # type: ignore[arg-type]
            event.accept()
            return True
        return super().event(event)

    def _hears(self, event: QKeyEvent) -> bool:
        key, modifiers = event.key(), event.modifiers() & ~_KEYPAD
        if key == Qt.Key.Key_Escape:
            return bool(self._magnified.isVisible() or self._sheet.selection or not self._band.isNull())
        if self._sheet.focus is None:
            return False
        if key in _ARROWS or key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            return modifiers in (_PLAIN, _SHIFT)
        return (key, modifiers) in ((Qt.Key.Key_Space, _PLAIN), (Qt.Key.Key_A, _CONTROL))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move, select and magnify; the rest is the screen's."""
        self._rest_not()
        if not self._hears(event):
            super().keyPressEvent(event)
            return
        key, focus = event.key(), self._sheet.focus
        if key == Qt.Key.Key_Escape:
            self._let_go()
        elif key == Qt.Key.Key_Space:
            self._compares = False
            self._magnified.hide() if self._magnified.isVisible() else self._magnify()
        elif key == Qt.Key.Key_A:
            self._sheet.select_more()
        elif focus is not None:
            aim = self._aim(key, focus)
            self._sheet.extend(aim) if event.modifiers() & _SHIFT else self._sheet.go(aim)

    def _aim(self, key: int, focus: int) -> int:
        if key in _ARROWS:
            return self._arrangement.neighbour(focus, _ARROWS[Qt.Key(key)])
        ids = list(self._sheet.tiles)
        return ids[0] if key == Qt.Key.Key_Home else ids[-1]

    def _let_go(self) -> None:
        if not self._band.isNull():
            self._pressed_at = None
            self._drop_band()
        elif self._magnified.isVisible():
            self._magnified.hide()
        else:
            self._sheet.let_go()

    # Mouse

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ctrl and the wheel change the size."""
        if not event.modifiers() & _CONTROL:
            super().wheelEvent(event)
            return
        self._rest_not()
        self._turned += event.angleDelta().y()
        steps = int(self._turned / 120)
        self._turned -= 120 * steps
        if steps:
            self.set_size(self.size_step + steps)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to a plot, or begin a box."""
        self._rest_not()
        if event.button() is not _LEFT:
            super().mousePressEvent(event)
            return
        place, modifiers = event.position().toPoint(), event.modifiers()
        one = self.plot_at(place)
        self._pressed_at, self._pressed_on = place, one
        if one is None:
            group = self.group_at(place)
            if group is not None and self._armed is None:
                self._sheet.select(group.plot_ids)
                self._pressed_at = None
        elif self._painter.badge(self.cell(one), self._sheet.tiles[one]).contains(place):
            self._pressed_at = None
            self.stack_asked.emit(one)
        elif self._armed is None:
            self._select_by_mouse(one, modifiers)
        self._kept = self._sheet.selection if modifiers & _CONTROL else frozenset()

    def _select_by_mouse(self, plot_id: int, modifiers: Qt.KeyboardModifier) -> None:
        if modifiers & _SHIFT:
            self._sheet.extend(plot_id)
        elif modifiers & _CONTROL:
            self._sheet.toggle(plot_id)
        else:
            self._sheet.choose(plot_id)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag a box, or wait for the mouse to rest."""
        place = event.position().toPoint()
        if self._pressed_at is None:
            self._wait_for_rest(self.plot_at(place))
            return
        far = (place - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()
        if far or not self._band.isNull():
            self._stretch(QRect(self._pressed_at, place).normalized() & self.rect())

    def _wait_for_rest(self, plot_id: int | None) -> None:
        if plot_id != self._under_mouse:
            self._rest_not()
            self._under_mouse = plot_id
        if plot_id is not None and not self._hovered.isVisible():
            self._rests.start()

    def _stretch(self, band: QRect) -> None:
        margin = self._theme.px(2)
        self.update((self._band | band).adjusted(-margin, -margin, margin, margin))
        self._band = band
        if self._armed is None:
            self._sheet.select({*self._kept, *self.plots_in(band)})

    def _drop_band(self) -> None:
        if not self._band.isNull():
            self._band = QRect()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Paint what was clicked or is in the box."""
        if event.button() is not _LEFT or self._pressed_at is None:
            super().mouseReleaseEvent(event)
            return
        band, one = self._band, self._pressed_on
        self._pressed_at = None
        self._drop_band()
        if self._armed is None:
            if band.isNull() and one is None:
                self._sheet.let_go()
        elif not band.isNull():
            self._paint_with(self._armed, self.plots_in(band))
        elif one is not None and one in self._sheet.tiles:
            is_range = event.modifiers() & _SHIFT and self._last_painted in self._sheet.tiles
            first = self._last_painted if is_range and self._last_painted is not None else one
            self._sheet.go(one)
            self._paint_with(self._armed, self._sheet.range(first, one))
            self._last_painted = one

    def _paint_with(self, label: str, plot_ids: tuple[int, ...]) -> None:
        if plot_ids:
            self._last_painted = plot_ids[-1]
            self.painted.emit(plot_ids, label)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open a plot; while the mouse paints, two fast clicks are two clicks."""
        one = self.plot_at(event.position().toPoint())
        if self._armed is not None or one is None or event.button() is not _LEFT or event.modifiers() != _PLAIN:
            self.mousePressEvent(event)
        else:
            self._rest_not()
            self.opened.emit(one)

    def leaveEvent(self, event: QEvent) -> None:
        """The mouse is elsewhere."""
        super().leaveEvent(event)
        self._rest_not()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keyboard is elsewhere, and the mouse counts for nothing."""
        super().focusOutEvent(event)
        self._rest_not()

    def _band_colour(self) -> str:
        if self._armed is None:
            return super()._band_colour()
        return self._theme.colours.label(self._sheet.plot_type.label(self._armed))
