"""A row of plots with what they are and what the model said, from which some are chosen to be labelled anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ...domain.plot import Plot
from .. import words
from ..pictures import PictureKey, Pictures
from ..theme import Theme

SHAPE = 0.75  # height to width of a picture
ITEM_ROLE = Qt.ItemDataRole.UserRole

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Told:
    """A plot, what people say it is, and what the model said with which confidence."""

    plot: Plot
    label: str
    said: str
    confidence: float

    @property
    def text(self) -> str:
        """All of it in words."""
        return f"{self.label}, said {self.said} {words.confidence(self.confidence)}, run {self.plot.name.run_number}"


class ToldModel(QAbstractListModel):
    """The plots in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.items: Sequence[Told] = ()

    def show_items(self, items: Sequence[Told]) -> None:
        """Take over other plots."""
        self.beginResetModel()
        self.items = tuple(items)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """How many there are."""
        return 0 if parent is not None and parent.isValid() else len(self.items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A plot, or its words."""
        if not index.isValid():
            return None
        item = self.items[index.row()]
        if role == ITEM_ROLE:
            return item
        told = (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole)
        return item.text if role in told else None


class ToldDelegate(QStyledItemDelegate):
    """Paints a plot with two lines below it."""

    def __init__(self, theme: Theme, pictures: Pictures, folder: Path) -> None:
        super().__init__()
        self._theme, self._pictures, self._folder = theme, pictures, folder
        self.height = 160

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """As wide as the picture that has room."""
        return QSize(round(self._picture_height / SHAPE) + self._theme.px(10), self.height)

    @property
    def _picture_height(self) -> int:
        return max(self._theme.px(40), self.height - self._theme.px(54))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a plot."""
        item: Told = index.data(ITEM_ROLE)
        c, px = self._theme.colours, self._theme.px
        painter.save()
        box = option.rect.adjusted(px(3), px(3), -px(3), -px(3))
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        is_current = bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.fillRect(box, QColor(c.selected if is_chosen else c.background))
        picture = QRect(box.left() + px(2), box.top() + px(2), box.width() - px(4), self._picture_height - px(4))
        self._picture(painter, option, picture, item)
        first = QRect(box.left() + px(5), picture.bottom() + px(2), box.width() - px(10), px(21))
        second = first.translated(0, px(20))
        run = f"run {item.plot.name.run_number}"
        painter.setFont(self._theme.font(12))
        painter.setPen(QColor(c.muted))
        painter.drawText(first, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, run)
        room = first.width() - painter.fontMetrics().horizontalAdvance(run) - px(6)
        self._line(painter, QRect(first.left(), first.top(), room, first.height()), item.label, bold=True)
        self._line(painter, second, f"said {item.said} {words.confidence(item.confidence)}")
        painter.setBrush(Qt.BrushStyle.NoBrush)
        width = px(4) if is_current else px(2) if is_chosen else 1
        painter.setPen(QPen(QColor(c.text if is_current or is_chosen else c.line), width))
        painter.drawRect(box)
        painter.restore()

    def _line(self, painter: QPainter, box: QRect, text: str, *, bold: bool = False) -> None:
        painter.setFont(self._theme.fitting(text, box.width(), 13, 9, bold=bold))
        painter.setPen(QColor(self._theme.colours.text))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)

    def _picture(self, painter: QPainter, option: QStyleOptionViewItem, room: QRect, item: Told) -> None:
        c = self._theme.colours
        painter.fillRect(room, QColor(c.raised))
        view = option.widget
        ratio = view.devicePixelRatioF() if view is not None else 1.0
        shown = self._pictures.get(PictureKey.fitting(self._folder, item.plot.content_hash, room.size(), ratio))
        if shown is None:
            return
        if shown.plot.isNull():
            painter.setPen(QColor(c.muted))
            painter.setFont(self._theme.font(12))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, shown.problem)
            return
        size = (shown.plot.size() / ratio).scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(
            room.left() + (room.width() - size.width()) // 2, room.top() + (room.height() - size.height()) // 2,
            size.width(), size.height(),
        )  # fmt: skip
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target, shown.plot)
        painter.fillRect(target, QColor(0, 0, 0, round(255 * (1 - self._theme.plot_light))))


class PlotsView(QListView):
    """The plots side by side; `chosen_changed` tells that others are selected."""

    chosen_changed = Signal()

    def __init__(self, theme: Theme, pictures: Pictures, folder: Path) -> None:
        super().__init__()
        self._theme = theme
        self.told = ToldModel()
        self._delegate = ToldDelegate(theme, pictures, folder)
        self.setModel(self.told)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName("Plots of the framed cell")
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen_changed.emit())
        pictures.ready.connect(lambda _key: self.viewport().update())

    @property
    def chosen(self) -> list[Told]:
        """The selected plots, all of them where none is."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [self.told.items[row] for row in rows] if rows else list(self.told.items)

    def show_items(self, items: Sequence[Told]) -> None:
        """Take over other plots, none selected."""
        self.told.show_items(items)
        if items:
            self.selectionModel().setCurrentIndex(self.told.index(0), self.selectionModel().SelectionFlag.NoUpdate)
        self.chosen_changed.emit()

    def rescale(self) -> None:
        """Take over the theme's size and colours, and the height there is."""
        bar = self.horizontalScrollBar().sizeHint().height()  # its room is kept, or it would come and go for ever
        self._delegate.height = max(self._theme.px(90), self.contentsRect().height() - bar - 2)
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is other room."""
        super().resizeEvent(event)
        self.rescale()
