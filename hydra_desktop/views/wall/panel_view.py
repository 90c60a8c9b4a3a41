"""The list of panels: it tells its delegate what is dirty, and hears drags and the wheel."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragMoveEvent, QDropEvent, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QListView

from .panel_delegate import PanelDelegate


class PanelView(QListView):
    """Panels as icons.

    `moved` carries a row and the row it was dragged to, `resized_by` steps of Ctrl and the wheel.
    """

    moved = Signal(int, int)
    resized_by = Signal(int)

    def __init__(self, delegate: PanelDelegate) -> None:
        super().__init__()
        self._delegate = delegate
        self._turned = 0
        self.setItemDelegate(delegate)
        self.setAccessibleName("Plots")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the panels that are dirty."""
        self._delegate.dirty = event.region()
        super().paintEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ctrl and the wheel change the size."""
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        self._turned += event.angleDelta().y()
        steps = int(self._turned / 120)
        if steps:
            self._turned -= 120 * steps
            self.resized_by.emit(steps)
        event.accept()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """A panel can be dropped on another one's place."""
        if event.source() is self and self.indexAt(event.position().toPoint()).isValid():
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Move the panel that was dragged."""
        target = self.indexAt(event.position().toPoint())
        if event.source() is not self or not target.isValid() or not self.currentIndex().isValid():
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)  # a move would have Qt remove what was dragged
        event.accept()
        self.moved.emit(self.currentIndex().row(), target.row())
