"""The list of panels: it keeps the face of each that was in sight, and hears drags and the wheel."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPixmap,
    QRegion,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QApplication, QListView, QStyle, QStyleOptionViewItem

from .panel_delegate import PanelDelegate

TEXT = QPalette.ColorRole.WindowText
FRAME_S = 0.005  # of one paint that may go into new faces; the rest follows
FACES = 2  # screens full of panels that are kept as painted


class PanelView(QListView):
    """Panels as icons.

    `moved` carries a row and the row it was dragged to, `resized_by` steps of Ctrl and the wheel, `entered_by_key`
    tells that Enter was pressed.
    """

    moved = Signal(int, int)
    resized_by = Signal(int)
    entered_by_key = Signal()

    def __init__(self, delegate: PanelDelegate) -> None:
        super().__init__()
        self._delegate = delegate
        self._turned = 0
        self._pressed = self._target = -1  # rows, while a panel is dragged
        self._pressed_at = QPoint()
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
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # so that what is scrolled is moved

    @property
    def is_painted(self) -> bool:
        """Whether every panel in sight stands as it is to look."""
        port = self.viewport().rect()
        return all(
            row in self._faces and not self._stale.get(row, QRegion()).translated(cell.topLeft()).intersects(port)
            for row, cell in self._rows_in(QRegion(port))
        )

    def refresh(self, row: int, box: QRect | None = None) -> None:
        """Paint a panel again, or only a part of it, given within its cell; at once where it is in sight."""
        part = box if box is not None else QRect(QPoint(0, 0), self._delegate.cell)
        if part.isEmpty():
            return
        if row in self._faces:
            self._stale[row] = self._stale.get(row, QRegion()).united(part)
        cell = self.visualRect(self.model().index(row, 0))
        self.viewport().update(part.translated(cell.topLeft()))

    def refresh_all(self) -> None:
        """Paint all panels again, each as it was until its turn comes."""
        whole = QRegion(QRect(QPoint(0, 0), self._delegate.cell))
        self._stale = dict.fromkeys(self._faces, whole)
        self.viewport().update()

    def _forget(self) -> None:
        self._faces.clear()
        self._stale.clear()
        self._columns = 0
        self.viewport().update()

    def reset(self) -> None:
        """Other panels, or others in their places."""
        super().reset()
        self._pressed = self._target = -1  # what was dragged is elsewhere
        self.unsetCursor()
        self._forget()

    def event(self, event: QEvent) -> bool:
        """On a screen of another pixel ratio all is painted anew."""
        if event.type() is QEvent.Type.DevicePixelRatioChange:
            self._forget()
        return super().event(event)

    def doItemsLayout(self) -> None:
        """Cells are elsewhere, or of another size."""
        super().doItemsLayout()
        self._forget()

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

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:
        """Paint where the keyboard is."""
        super().currentChanged(current, previous)
        for index in (current, previous):
            if index.isValid():
                self.refresh(index.row())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is: at the first panel, where it was nowhere yet."""
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self.model().rowCount():
            nothing = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self.model().index(0, 0), nothing)
        elif self.currentIndex().isValid():
            self.refresh(self.currentIndex().row())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keyboard is elsewhere."""
        super().focusOutEvent(event)
        if self.currentIndex().isValid():
            self.refresh(self.currentIndex().row())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the panels that are dirty: most of them as they were, so that scrolling costs next to nothing.

        Qt's own would ask the delegate for every panel between two that are dirty. No paint takes long: what has no
        time yet is as it was, or empty, until the next.
        """
        painter = QPainter(self.viewport())
        ground = self.palette().color(QPalette.ColorRole.Window)
        for part in event.region():
            painter.fillRect(part, ground)
        began_s, late = time.perf_counter(), QRegion()
        for row, cell in self._rows_in(event.region()):
            needs_work = row not in self._faces or row in self._stale
            if needs_work and time.perf_counter() - began_s > FRAME_S:
                late = late.united(cell)
                if row in self._faces:
                    painter.drawPixmap(cell.topLeft(), self._faces[row])
                continue
            painter.drawPixmap(cell.topLeft(), self._face(row, cell.size()))
            if row == self._target:
                edge = cell.left() if self._target < self._pressed else cell.right() - 3
                painter.fillRect(QRect(edge, cell.top(), 4, cell.height()), self.palette().color(TEXT))
        painter.end()
        if not late.isEmpty():  # keys and alarms go first
            QTimer.singleShot(0, self, lambda: self.viewport().update(late))
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
            if self.hasFocus() and index == self.currentIndex():
                option.state |= QStyle.StateFlag.State_HasFocus
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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens a panel; all else is as in any list."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered_by_key.emit()
        else:
            super().keyPressEvent(event)

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

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A panel may be dragged from here on."""
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        plain = event.button() is Qt.MouseButton.LeftButton and not event.modifiers()
        self._pressed = index.row() if plain and index.isValid() else -1
        self._pressed_at = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag a panel: a line shows the place where it would go."""
        if self._pressed < 0:
            super().mouseMoveEvent(event)
            return
        at = event.position().toPoint()
        far = (at - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()
        if self._target >= 0 or far:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._aim(self.indexAt(at).row())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Drop a panel that was dragged."""
        row, target = self._pressed, self._target
        self._pressed = -1
        self.unsetCursor()
        self._aim(-1)
        super().mouseReleaseEvent(event)
        if row >= 0 and target >= 0 and target != row:
            self.moved.emit(row, target)

    def _aim(self, row: int) -> None:
        for touched in {self._target, row} - {-1}:
            self.viewport().update(self.visualRect(self.model().index(touched, 0)))
        self._target = row
