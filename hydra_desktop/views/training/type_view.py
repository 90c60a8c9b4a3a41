"""The table of plot types under keys and mouse, with its heading."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QVBoxLayout, QWidget

from .. import keys
from ..theme import Theme
from .type_delegate import COLUMNS, RIGHT, TypeDelegate, places
from .type_list_model import TypeListModel

_KEYPAD = Qt.KeyboardModifier.KeypadModifier


class TypeView(QListView):
    """Tells by signals what is asked for a row: `acted` its button, `trained` that it be trained."""

    acted = Signal(int)
    trained = Signal(int)
    moved = Signal()

    def __init__(self, delegate: TypeDelegate, model: TypeListModel) -> None:
        super().__init__()
        self._delegate, self._types = delegate, model
        self.setItemDelegate(delegate)
        self.setModel(model)
        self.setUniformItemSizes(True)
        self.setAccessibleName("Plot types")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.selectionModel().currentChanged.connect(lambda *_: self.moved.emit())
        model.modelAboutToBeReset.connect(self._remember)
        model.modelReset.connect(self._find_again)
        self._name = ""
        keys.tell(self, "Space", "Select the plot type, or take it out")
        keys.tell(self, "Ctrl+A", "Select all that are shown")

    @property
    def row(self) -> int:
        """The current row, -1 without one."""
        return self.currentIndex().row()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What keys do in a row; the rest is the list's."""
        key, rows = event.key(), self._types.rows
        plain = not event.modifiers() & ~_KEYPAD
        if key == Qt.Key.Key_Space and plain and self.row >= 0:
            self._toggle(self.row)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain and self.row >= 0:
            self.trained.emit(self.row)
        elif key == Qt.Key.Key_A and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            free = [row.name for row in rows if row.job is None]
            self._types.select(free, not all(row.selected for row in rows if row.job is None))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on a row's box selects it, one on its button does what that says."""
        super().mousePressEvent(event)
        place = event.position().toPoint()
        index = self.indexAt(place)
        if not index.isValid() or event.button() is not Qt.MouseButton.LeftButton:
            return
        box = self.visualRect(index)
        if self._delegate.button(box).contains(place):
            self.acted.emit(index.row())
        elif place.x() < places(self._delegate._theme, box)["state"].left():
            self._toggle(index.row())

    def _toggle(self, row: int) -> None:
        chosen = self._types.rows[row]
        if chosen.job is None:
            self._types.select([chosen.name], not chosen.selected)

    def _remember(self) -> None:
        row = self.row
        self._name = self._types.rows[row].name if 0 <= row < len(self._types.rows) else ""

    def _find_again(self) -> None:
        place = max(0, self._types.place(self._name))
        if self._types.rows:
            self.setCurrentIndex(self._types.index(place))
        self.moved.emit()


class TypeTable(QFrame):
    """The view with the names of its columns above."""

    def __init__(self, theme: Theme, delegate: TypeDelegate, model: TypeListModel) -> None:
        super().__init__()
        self.setObjectName("card")
        self.view = TypeView(delegate, model)
        self._heading = _Heading(theme, self.view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        layout.addWidget(self._heading)
        layout.addWidget(self.view, 1)

    def rescale(self) -> None:
        """Take over another size of everything."""
        self._heading.rescale()
        self.view.scheduleDelayedItemsLayout()


class _Heading(QWidget):
    def __init__(self, theme: Theme, view: TypeView) -> None:
        super().__init__()
        self._theme, self._view = theme, view
        self.rescale()

    def rescale(self) -> None:
        self.setFixedHeight(self._theme.px(32))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRect(0, 0, self._view.viewport().width(), self.height())
        painter.setPen(QColor(self._theme.colours.muted))
        painter.setFont(self._theme.font(12))
        place = places(self._theme, box)
        for name, _, text in COLUMNS:
            if name not in place:
                continue
            side = Qt.AlignmentFlag.AlignRight if name in RIGHT else Qt.AlignmentFlag.AlignLeft
            painter.drawText(place[name], Qt.AlignmentFlag.AlignVCenter | side, text)
        painter.setPen(QColor(self._theme.colours.line))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
