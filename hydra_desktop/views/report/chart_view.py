"""Charts that are drawn as SVG, in the colours and at the size of the screen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QByteArray, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...outputs.report_charts import Look
from ..theme import Theme

Draw = Callable[[float, float, Look], str]


def look(theme: Theme) -> Look:
    """How charts look on a panel in this theme."""
    c = theme.colours
    return Look(c.text, c.muted, c.line, c.background, c.raised, theme.px(13), theme.font(13).family())


class ChartView(QWidget):
    """Shows what `show_chart` was given to draw, anew at each size."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._draw: Draw | None = None
        self._renderer: QSvgRenderer | None = None
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_chart(self, draw: Draw) -> None:
        """Take over how to draw it."""
        self._draw = draw
        self.renew()

    def renew(self) -> None:
        """Draw anew: the size or the colours have changed."""
        self._renderer = None
        self.update()

    def minimumSizeHint(self) -> QSize:
        """As small as it can still be read."""
        return QSize(self._theme.px(200), self._theme.px(150))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is other room."""
        super().resizeEvent(event)
        self.renew()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint it."""
        if self._draw is None or self.width() < 20 or self.height() < 20:
            return
        if self._renderer is None:
            svg = self._draw(float(self.width()), float(self.height()), look(self._theme))
            self._renderer = QSvgRenderer(QByteArray(svg.encode()))
        painter = QPainter(self)
        self._renderer.render(painter, QRectF(self.rect()))
        painter.end()
