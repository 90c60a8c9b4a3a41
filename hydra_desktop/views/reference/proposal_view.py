"""The list of proposals under keys and mouse."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView

from .proposal_delegate import COLUMNS, LINES, ProposalDelegate
from .proposal_list_model import ProposalListModel, RowState


class ProposalView(QListView):
    """Up and down go from row to row, left and right from plot to plot; tells by signals what was asked for a row."""

    confirmed = Signal(int)
    rejected = Signal(int)
    toggled = Signal(int, int)  # row, number of the plot
    moved = Signal()  # another row or plot is looked at

    def __init__(self, delegate: ProposalDelegate, model: ProposalListModel) -> None:
        super().__init__()
        self._delegate, self._proposals = delegate, model
        self.setItemDelegate(delegate)
        self.setModel(model)
        self.setUniformItemSizes(True)
        self.setAccessibleName("Proposed references")
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.selectionModel().currentChanged.connect(lambda *_: self._row_changed())

    @property
    def row(self) -> int:
        """The current row, -1 without one."""
        return self.currentIndex().row()

    @property
    def cursor_plot(self) -> int:
        """The number of the plot that is looked at in the current row."""
        return self._delegate.cursor

    def choose(self, row: int) -> None:
        """Make a row the current one."""
        self.setCurrentIndex(self._proposals.index(row))

    def move_cursor(self, step: int) -> None:
        """Look at another plot of the row."""
        if self.row >= 0:
            last = min(len(self._proposals.rows[self.row].plots), COLUMNS * LINES) - 1
            self._delegate.cursor = max(0, min(last, self._delegate.cursor + step))
            self.update(self.currentIndex())
            self.moved.emit()

    def fit(self) -> None:
        """Take over another width or size of everything."""
        self._delegate.width = self.viewport().width()
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What keys do in a row; the rest is the list's."""
        key, row = event.key(), self.row
        if row >= 0 and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.move_cursor(1 if key == Qt.Key.Key_Right else -1)
        elif row >= 0 and key == Qt.Key.Key_Space:
            self.toggled.emit(row, self._delegate.cursor)
        elif row >= 0 and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & ~_KEYPAD:
            self.confirmed.emit(row)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on a plot leaves it out or takes it in again; the buttons of a row are clicked as such."""
        super().mousePressEvent(event)
        place = event.position().toPoint()
        index = self.indexAt(place)
        if not index.isValid() or event.button() is not Qt.MouseButton.LeftButton:
            return
        row, box = self._proposals.rows[index.row()], self.visualRect(index)
        if row.state is RowState.WAITING and self._delegate.button(box, "confirm").contains(place):
            self.confirmed.emit(index.row())
        elif row.state is RowState.WAITING and self._delegate.button(box, "reject").contains(place):
            self.rejected.emit(index.row())
        else:
            plot = self._delegate.plot_at(box, len(row.plots), place)
            if plot is not None:
                self._delegate.cursor = plot
                self.toggled.emit(index.row(), plot)
                self.moved.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Rows are as wide as the list."""
        super().resizeEvent(event)
        self.fit()

    def _row_changed(self) -> None:
        self._delegate.cursor = 0
        self.moved.emit()


_KEYPAD = Qt.KeyboardModifier.KeypadModifier
