"""Paints a proposal: its name and facts, the proposed plots, and beside them those that hold until now."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ...domain.plot import Plot
from .. import marks
from ..pictures import PictureKey, Pictures
from ..theme import Theme
from .proposal_list_model import ROW_ROLE, ProposalRow, RowState

COLUMNS, LINES, FORMER = 10, 3, 5
SHAPE = 0.75  # height to width of a thumbnail
WIDEST = 96
_DECIDED = {RowState.CONFIRMED, RowState.REJECTED, RowState.GONE}
_MARKS = {RowState.CONFIRMED: "tick", RowState.REJECTED: "cross", RowState.GONE: "dash"}

Index = QModelIndex | QPersistentModelIndex


class ProposalDelegate(QStyledItemDelegate):
    """Paints rows of one size; `cursor` is the number of the plot that keys act on, in the current row."""

    def __init__(self, theme: Theme, pictures: Pictures, image_folder: Path) -> None:
        super().__init__()
        self._theme, self._pictures, self._folder = theme, pictures, image_folder
        self.width = 800
        self.cursor = 0
        self.waiting: dict[PictureKey, set[int]] = {}  # rows that want a picture that is being fetched

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """The size of a row, its gap included."""
        px = self._theme.px
        return QSize(self.width, px(30) + LINES * self._cell.height() + px(22))

    @property
    def _cell(self) -> QSize:
        """A thumbnail with its gap."""
        px = self._theme.px
        room = (self.width - px(250) - px(40)) / (COLUMNS + FORMER)
        width = int(max(px(30), min(px(WIDEST), room)))
        return QSize(width, round(width * SHAPE))

    def thumbnail(self, row: QRect, index: int, *, former: bool = False) -> QRect:
        """Where a plot of a row is."""
        px, cell = self._theme.px, self._cell
        columns = FORMER if former else COLUMNS
        left = row.left() + px(250) + (COLUMNS * cell.width() + px(20) if former else 0)
        top = row.top() + px(36)
        place = QPoint(left + index % columns * cell.width(), top + index // columns * cell.height())
        return QRect(place, cell).adjusted(0, 0, -px(4), -px(4))

    def plot_at(self, row: QRect, count: int, place: QPoint) -> int | None:
        """The number of the proposed plot at a place of a row."""
        hits = (index for index in range(min(count, COLUMNS * LINES)) if self.thumbnail(row, index).contains(place))
        return next(hits, None)

    def button(self, row: QRect, which: str) -> QRect:
        """Where a row has its button: ``confirm`` or ``reject``."""
        px = self._theme.px
        width = px(112)
        left = row.left() + px(14) + (width + px(6) if which == "reject" else 0)
        return QRect(left, row.bottom() - px(48), width, px(32))

    def key(self, plot: Plot, size: QSize, ratio: float) -> PictureKey:
        """What is fetched for a plot at a size."""
        path = self._folder / plot.content_hash[:2] / plot.content_hash
        return PictureKey(path, max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a row."""
        row: ProposalRow = index.data(ROW_ROLE)
        c, px = self._theme.colours, self._theme.px
        is_current = bool(option.state & QStyle.StateFlag.State_Selected)
        has_focus = is_current and bool(option.state & QStyle.StateFlag.State_HasFocus)
        half = px(4)
        box = option.rect.adjusted(half, half, -half, -half)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = max(2, px(2)) if is_current else 1
        painter.setPen(QPen(QColor(c.text if has_focus else c.edge if is_current else c.line), width))
        painter.setBrush(QColor(c.selected if is_current else c.panel))
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        self._words(painter, option.rect, box, row)
        if row.state is RowState.WAITING:
            self._buttons(painter, option.rect, row, is_current=is_current)
        captions = ((False, "proposed"), (True, row.former_words))
        for former, text in captions:
            first = self.thumbnail(option.rect, 0, former=former)
            columns = FORMER if former else COLUMNS
            line = QRect(first.left(), box.top() + px(5), columns * self._cell.width(), px(24))
            painter.setPen(QColor(c.muted))
            painter.setFont(self._theme.fitting(text, line.width(), 13, 9))
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, text)
        for number, plot in enumerate(row.plots[: COLUMNS * LINES]):
            place = self.thumbnail(option.rect, number)
            self._thumbnail(painter, place, plot, index.row(), is_out=plot.id in row.left_out)
            if plot.id in row.deviating:
                self._mark_deviating(painter, place)
            if has_focus and number == self.cursor and row.state is RowState.WAITING:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(c.text), px(3)))
                painter.drawRect(place.adjusted(-1, -1, 1, 1))
        for number, plot in enumerate(row.former):
            place = self.thumbnail(option.rect, number, former=True)
            self._thumbnail(painter, place, plot, index.row(), is_out=False)
        painter.restore()

    def _words(self, painter: QPainter, row_box: QRect, box: QRect, row: ProposalRow) -> None:
        c, px = self._theme.colours, self._theme.px
        width = px(232)
        left, top = box.left() + px(10), box.top() + px(6)
        painter.setPen(QColor(c.text))
        painter.setFont(self._theme.fitting(row.plot_type, width, 18, 11, bold=True))
        name = painter.fontMetrics().elidedText(row.plot_type, Qt.TextElideMode.ElideMiddle, width)
        painter.drawText(QRect(left, top, width, px(26)), Qt.AlignmentFlag.AlignVCenter, name)
        top += px(28)
        painter.setPen(QColor(c.muted))
        for line in row.facts:
            painter.setFont(self._theme.fitting(line, width, 13, 9))
            painter.drawText(QRect(left, top, width, px(19)), Qt.AlignmentFlag.AlignVCenter, line)
            top += px(19)
        told = row.told or (str(row.state) if row.state in (RowState.WORKING, *_DECIDED) else "")
        if not told or row.proposal is None:
            return
        room = QRect(left, top + px(4), width, row_box.bottom() - px(14) - top)
        if row.state is RowState.WAITING:  # something went wrong; the buttons stay
            room.setBottom(self.button(row_box, "confirm").top() - px(2))
        if row.state in _MARKS:
            colour = c.good if row.state is RowState.CONFIRMED else c.muted
            marks.paint(painter, _MARKS[row.state], QRectF(left, room.top() + px(3), px(16), px(16)), colour)
            room.setLeft(left + px(22))
        painter.setPen(QColor(c.text))
        painter.setFont(self._theme.font(13))
        painter.drawText(room, Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, told)

    def _buttons(self, painter: QPainter, row_box: QRect, row: ProposalRow, *, is_current: bool) -> None:
        c = self._theme.colours
        main, other = self.button(row_box, "confirm"), self.button(row_box, "reject")
        keys = ("  [C]", "  [Del]") if is_current else ("", "")
        for box, text, works in (
            (main, f"Confirm {row.staying}{keys[0]}", row.is_open),
            (other, f"Reject{keys[1]}", True),
        ):
            painter.setPen(QPen(QColor((c.text if box is main else c.edge) if works else c.line), 1))
            painter.setBrush(QColor(c.raised))
            painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            painter.setPen(QColor(c.text if works else c.muted))
            painter.setFont(self._theme.fitting(text, box.width() - self._theme.px(8), 13, 9, bold=box is main))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _thumbnail(self, painter: QPainter, place: QRect, plot: Plot, row: int, *, is_out: bool) -> None:
        c, px = self._theme.colours, self._theme.px
        ratio = painter.device().devicePixelRatioF()
        key = self.key(plot, place.size(), ratio)
        shown = self._pictures.get(key)
        if shown is None:
            self.waiting.setdefault(key, set()).add(row)
            painter.fillRect(place, QColor(c.raised))
        elif shown.plot.isNull():
            painter.fillRect(place, QColor(c.raised))
            painter.setPen(QColor(c.muted))
            painter.setFont(self._theme.font(9))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, "picture gone")
        else:
            size = (shown.plot.size() / ratio).scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(QPoint(0, 0), size)
            target.moveCenter(place.center())
            painter.drawImage(target, shown.plot)
            painter.fillRect(target, QColor(0, 0, 0, round(255 * (1 - self._theme.plot_light))))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(c.line), 1))
            painter.drawRect(target)
        if is_out:
            shade = QColor(c.background)
            shade.setAlphaF(0.75)
            painter.fillRect(place, shade)
            painter.setPen(QPen(QColor(c.text), px(2)))
            painter.drawLine(place.topLeft(), place.bottomRight())
            painter.drawLine(place.topRight(), place.bottomLeft())

    def _mark_deviating(self, painter: QPainter, place: QRect) -> None:
        c, px = self._theme.colours, self._theme.px
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(c.unfamiliar), px(2)))
        painter.drawRect(place)
        size = px(18)
        corner = QRectF(place.right() - size, place.top(), size, size)
        painter.fillRect(corner, QColor(c.panel))
        marks.paint(painter, "star", corner, c.unfamiliar, hole=c.panel)
