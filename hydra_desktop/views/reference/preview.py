"""The plot that is looked at, large, over one that is normal until now."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ...domain.plot import Plot
from ..pictures import PictureKey, Pictures
from ..theme import Theme
from .proposal_delegate import ProposalDelegate
from .proposal_list_model import ProposalRow


class Preview(QWidget):
    """Shows two plots, each with its words below."""

    def __init__(self, theme: Theme, pictures: Pictures, delegate: ProposalDelegate) -> None:
        super().__init__()
        self._theme, self._pictures, self._delegate = theme, pictures, delegate
        self._shown: list[tuple[Plot | None, str]] = []
        self._keys: set[PictureKey] = set()
        pictures.ready.connect(self._repaint)
        self.setAccessibleName("The chosen plot")

    def show_plot(self, row: ProposalRow | None, index: int) -> None:
        """Take over the row and the number of its plot."""
        self._shown = []
        if row is not None and index < len(row.plots):
            former = row.former[0] if row.former else None
            self._shown = [(row.plots[index], row.plot_words(index)), (former, row.former_words)]
        self.setAccessibleDescription(self._shown[0][1] if self._shown else "")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint both plots."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        c, px = self._theme.colours, self._theme.px
        self._keys.clear()
        most, line_height, top = self.height() // 2 - px(48), px(40), 0
        for number, (plot, text) in enumerate(self._shown):
            if plot is not None and most > 8:
                top += self._plot(painter, plot, QRect(0, top, self.width(), most)) + px(4)
            painter.setPen(QColor(c.muted if number else c.text))
            painter.setFont(self._theme.font(13))
            line = QRect(0, top, self.width(), line_height)
            painter.drawText(line, Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, text)
            top += line_height + px(8)
        painter.end()

    def _plot(self, painter: QPainter, plot: Plot, room: QRect) -> int:
        """Paint a plot at the top of a room; returns its height, a likely one while it is fetched."""
        ratio = self.devicePixelRatioF()
        key = self._delegate.key(plot, room.size(), ratio)
        self._keys.add(key)
        shown = self._pictures.get(key)
        if shown is None or shown.plot.isNull():
            return room.width() * 2 // 3
        size = (shown.plot.size() / ratio).scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        painter.drawImage(QRect(room.topLeft(), size), shown.plot)
        return size.height()

    def _repaint(self, key: PictureKey) -> None:
        if key in self._keys:
            self.update()
