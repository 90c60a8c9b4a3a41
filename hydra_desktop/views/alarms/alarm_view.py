"""The list of alarms: arrows go from row to row, past the heads of sections."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from ..theme import Theme
from .alarm_delegate import HEADS, AlarmDelegate, columns
from .alarm_list_model import ROW_ROLE, AlarmListModel
from .rows import ItemRow, Look

_FLAGS = QItemSelectionModel.SelectionFlag


class AlarmView(QListView):
    """Shows the list; `entered` tells that Enter was pressed on a row."""

    entered = Signal()

    def __init__(self, model: AlarmListModel, delegate: AlarmDelegate) -> None:
        super().__init__()
        self.setModel(model)
        self.setItemDelegate(delegate)
        self._delegate = delegate
        self._is_second = False  # click of two on a button
        self.setObjectName("alarms")
        self.setAccessibleName("Alarms")
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)

    @property
    def chosen(self) -> ItemRow | None:
        """The row that one stands on."""
        row = self.currentIndex().data(ROW_ROLE) if self.currentIndex().isValid() else None
        return row if isinstance(row, ItemRow) else None

    def choose(self, place: int) -> None:
        """Stand on a row, -1 for none."""
        if place < 0:
            self.selectionModel().clear()
            return
        index = self.model().index(place, 0)
        self.selectionModel().setCurrentIndex(index, _FLAGS.ClearAndSelect)
        self.scrollTo(index)

    def go(self, by: int) -> None:
        """Stand some rows further on, past the heads of sections."""
        rows: list[object] = self.model().rows
        places = [place for place, row in enumerate(rows) if isinstance(row, ItemRow)]
        if not places:
            return
        here = self.currentIndex().row()
        at = places.index(here) if here in places else -1 if by > 0 else len(places)
        self.choose(places[max(0, min(len(places) - 1, at + by))])
        if self.currentIndex().row() == places[0]:
            self.verticalScrollBar().setValue(0)  # with the head of its section

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End go from row to row; Enter opens."""
        steps = {
            Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -5, Qt.Key.Key_PageDown: 5,
            Qt.Key.Key_Home: -9999, Qt.Key.Key_End: 9999,
        }  # fmt: skip
        if event.key() in steps:
            self.go(steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        else:
            event.ignore()  # a letter is a key of the screen, no search

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The second click on a button does nothing: by then another row may be under it."""
        index = self.indexAt(event.position().toPoint())
        row = index.data(ROW_ROLE) if index.isValid() else None
        box = self._delegate.button_box(self.visualRect(index), row) if isinstance(row, ItemRow) else None
        self._is_second = box is not None and box.contains(event.position().toPoint())
        if not self._is_second:
            super().mouseDoubleClickEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """As usual, but for the second click on a button."""
        was_second, self._is_second = self._is_second, False
        if not was_second:
            super().mouseReleaseEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Only the columns that are dirty are painted."""
        self._delegate.dirty = event.region()
        super().paintEvent(event)

    def turn_strips(self) -> None:
        """Paint again what blinks: the verdicts that nobody has taken, where they are in sight."""
        at, sight = columns(self._delegate.theme, self.viewport().width()), self.viewport().rect()
        for place, row in enumerate(self.model().rows):
            if isinstance(row, ItemRow) and row.look is Look.FILLED:
                box = self.visualRect(self.model().index(place, 0))
                if box.intersects(sight):
                    self.viewport().update(at.box("verdict", box))

    def keyboardSearch(self, _search: str) -> None:
        """Nothing: letters are keys of the screen."""


class Heads(QWidget):
    """What the columns of the list are."""

    def __init__(self, theme: Theme, view: AlarmView) -> None:
        super().__init__()
        self._theme, self._view = theme, view
        self.rescale()

    def rescale(self) -> None:
        """Take over the theme's size."""
        self.setFixedHeight(max(self._theme.px(30), 20))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the heads over their columns."""
        painter = QPainter(self)
        c = self._theme.colours
        painter.fillRect(self.rect(), c.raised)
        painter.setFont(self._theme.exact_font(max(11, self._theme.px(13))))
        painter.setPen(c.muted)
        at = columns(self._theme, self._view.viewport().width())
        for name, text in HEADS.items():
            box = at.box(name, self.rect())
            if box.width():
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()
