"""The list of panels: it keeps the face of each that was in sight, and hears drags and the wheel."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragMoveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPixmap,
    QRegion,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyleOptionViewItem

from .panel_delegate import PanelDelegate

FACES = 2  # screens full of panels that are kept as painted


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
        self._faces: OrderedDict[int, QPixmap] = OrderedDict()  # by row, as painted last
        self._columns = 0  # 0 where they must be counted anew
        self._stale: dict[int, QRegion] = {}  # what of a face is to be painted again
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
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # so that what is scrolled is moved

    @property
    def is_painted(self) -> bool:
        """Whether every panel in sight stands as it is to look."""
        rows = self._rows_in(QRegion(self.viewport().rect()))
        return all(row in self._faces and row not in self._stale for row, _ in rows)

    def refresh(self, row: int, box: QRect | None = None) -> None:
        """Paint a panel again, or only a part of it, given within its cell; at once where it is in sight."""
        part = box if box is not None else QRect(QPoint(0, 0), self._delegate.cell)
        if row in self._faces:
            self._stale[row] = self._stale.get(row, QRegion()).united(part)
        cell = self.visualRect(self.model().index(row, 0))
        self.viewport().update(part.translated(cell.topLeft()))

    def refresh_all(self) -> None:
        """Paint all panels again."""
        self._faces.clear()
        self._stale.clear()
        self._columns = 0
        self.viewport().update()

    def reset(self) -> None:
        """Other panels, or others in their places."""
        super().reset()
        self.refresh_all()

    def doItemsLayout(self) -> None:
        """Cells are elsewhere, or of another size."""
        super().doItemsLayout()
        self.refresh_all()

    def dataChanged(self, first: QModelIndex, last: QModelIndex, roles: Sequence[int] = ()) -> None:
        """Paint what looks different."""
        super().dataChanged(first, last, roles)
        for row in range(first.row(), last.row() + 1):
            self.refresh(row)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Paint the frames of what is selected."""
        super().selectionChanged(selected, deselected)
        for index in (*selected.indexes(), *deselected.indexes()):
            self.refresh(index.row())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the panels that are dirty: most of them as they were, so that scrolling costs next to nothing.

        Qt's own would ask the delegate for every panel between two that are dirty.
        """
        painter = QPainter(self.viewport())
        ground = self.palette().color(QPalette.ColorRole.Window)
        for part in event.region():
            painter.fillRect(part, ground)
        for row, cell in self._rows_in(event.region()):
            painter.drawPixmap(cell.topLeft(), self._face(row, cell.size()))
        painter.end()
        lines = self.viewport().height() // max(1, self.gridSize().height()) + 2
        most = FACES * lines * max(1, self._columns)
        while len(self._faces) > most:
            self._stale.pop(self._faces.popitem(last=False)[0], None)

    def _face(self, row: int, size: QSize) -> QPixmap:
        face = self._faces.get(row)
        stale = self._stale.pop(row, None)
        if face is None:
            ratio = self.devicePixelRatioF()
            face = QPixmap(size * ratio)
            face.setDevicePixelRatio(ratio)
            stale = QRegion(QRect(QPoint(0, 0), size))
            self._faces[row] = face
        self._faces.move_to_end(row)
        if stale is not None:
            self._delegate.dirty = stale
            option = QStyleOptionViewItem()
            option.rect = QRect(QPoint(0, 0), size)
            index = self.model().index(row, 0)
            if self.selectionModel().isSelected(index):
                option.state |= QStyle.StateFlag.State_Selected
            painter = QPainter(face)
            painter.setClipRegion(stale)
            if stale.contains(option.rect):
                painter.fillRect(option.rect, self.palette().color(QPalette.ColorRole.Window))
            self._delegate.paint(painter, option, index)
            painter.end()
        return face

    def _rows_in(self, region: QRegion) -> list[tuple[int, QRect]]:
        """The rows that a region of the viewport touches, each with its cell."""
        count = self.model().rowCount()
        if not count:
            return []
        origin = self.visualRect(self.model().index(0, 0))
        cell = self.gridSize()
        if not self._columns:
            self._columns = next(
                (row for row in range(1, count) if self.visualRect(self.model().index(row, 0)).y() != origin.y()), count
            )
        columns = self._columns
        found: dict[int, QRect] = {}
        for part in region:
            top, bottom = (part.top() - origin.y()) // cell.height(), (part.bottom() - origin.y()) // cell.height()
            left, right = (part.left() - origin.x()) // cell.width(), (part.right() - origin.x()) // cell.width()
            for line in range(max(0, top), bottom + 1):
                for column in range(max(0, left), min(columns - 1, right) + 1):
                    row = line * columns + column
                    if row < count and row not in found:
                        at = QPoint(origin.x() + column * cell.width(), origin.y() + line * cell.height())
                        found[row] = QRect(at, cell)
        return list(found.items())

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
