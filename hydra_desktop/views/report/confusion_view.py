"""The confusion matrix under keys and mouse: a cell is framed, and its plots are listed below."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ...domain.hall import PlotType
from ...domain.model_report import Cell, ModelReport
from ...outputs.report_charts import Confusion, confusion
from ..theme import Theme
from .chart_view import look

_STEPS = {
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
}  # fmt: skip


class ConfusionView(QWidget):
    """Arrows and clicks choose a cell, which `cell_chosen` tells."""

    cell_chosen = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._found: ModelReport | None = None
        self._settings = PlotType("")
        self._drawn: tuple[Confusion, QSvgRenderer] | None = None
        self.place: tuple[int, int] | None = None  # of the framed cell: label, said; None where none is
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Confusion matrix")

    @property
    def cell(self) -> Cell | None:
        """The framed cell."""
        if self._found is None or self.place is None:
            return None
        return self._found.cells[self.place[0]][self.place[1]]

    def show_report(self, found: ModelReport, settings: PlotType, place: tuple[int, int] | None) -> None:
        """Take over the figures, with a cell framed; nothing is told."""
        self._found, self._settings = found, settings
        self.place = place
        self.renew()
        self._say()

    def choose(self, place: tuple[int, int] | None) -> None:
        """Frame a cell, or none."""
        if self._found is not None and place != self.place:
            self.place = place
            self.update()
            self._say()
            self.cell_chosen.emit()

    def box(self, place: tuple[int, int]) -> QRectF:
        """Where a cell is."""
        return QRectF(*self._matrix()[0].cells[place[0]][place[1]])

    def at(self, point: QPointF) -> tuple[int, int] | None:
        """The cell at a point."""
        if self._found is None:
            return None
        for row, boxes in enumerate(self._matrix()[0].cells):
            for column, box in enumerate(boxes):
                if QRectF(*box).contains(point):
                    return row, column
        return None

    def renew(self) -> None:
        """Draw anew: the size or the colours have changed."""
        self._drawn = None
        self.update()

    def minimumSizeHint(self) -> QSize:
        """As small as its cells can still be told apart."""
        rows = len(self._found.unseen.labels) if self._found is not None else 3
        return QSize(self._theme.px(360), self._theme.px(90 + 46 * rows))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from cell to cell."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None or self._found is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
            return
        rows, columns = len(self._found.cells), len(self._found.unseen.names)
        if self.place is None:
            self.choose((0, 0))
            return
        row, column = self.place
        self.choose((max(0, min(rows - 1, row + step[0])), max(0, min(columns - 1, column + step[1]))))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click frames a cell."""
        place = self.at(event.position())
        if place is not None and event.button() is Qt.MouseButton.LeftButton:
            self.choose(place)
        super().mousePressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tell what a cell is where the pointer rests."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self.at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), self._told(place) if place is not None else "", self)
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is other room."""
        super().resizeEvent(event)
        self.renew()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the matrix and the frame."""
        if self._found is None or self.width() < 20 or self.height() < 20:
            return
        painter = QPainter(self)
        self._matrix()[1].render(painter, QRectF(self.rect()))
        if self.place is not None:
            width = self._theme.px(4 if self.hasFocus() else 2)
            painter.setPen(QPen(QColor(self._theme.colours.text), width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.box(self.place).adjusted(-1, -1, 1, 1))
        painter.end()

    def focusInEvent(self, event) -> None:
        """The frame says where the keyboard is."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event) -> None:
        """The frame says that it isn't here."""
        super().focusOutEvent(event)
        self.update()

    def _matrix(self) -> tuple[Confusion, QSvgRenderer]:
        if self._drawn is None:
            colours = {name: self._settings.label(name).colour for name in self._found.unseen.labels}
            drawn = confusion(self._found, colours, self.width(), self.height(), look(self._theme))
            self._drawn = drawn, QSvgRenderer(QByteArray(drawn.svg.encode()))
        return self._drawn

    def _told(self, place: tuple[int, int]) -> str:
        cell = self._found.cells[place[0]][place[1]]
        doubt = f", {cell.unconfirmed} of them not Confirmed" if cell.unconfirmed else ""
        return f"{cell.count} of {cell.label} said to be {cell.said}{doubt}"

    def _say(self) -> None:
        told = self._told(self.place) if self.place is not None else "no cell chosen"
        self.setAccessibleDescription(told)
