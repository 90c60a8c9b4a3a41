"""The plot that is looked at, large, over one that is normal until now."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ...domain.plot import Plot
from ..theme import Theme
from ..wall.pictures import PictureKey, Pictures
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
        height = self.height() // 2
        for number, (plot, text) in enumerate(self._shown):
            room = QRect(0, number * height, self.width(), height - px(44))
            line = QRect(0, room.bottom() + px(4), self.width(), px(38))
            painter.setPen(QColor(c.muted if number else c.text))
            painter.setFont(self._theme.font(13))
            painter.drawText(line, Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, text)
            if plot is None or room.height() < 8:
                continue
            ratio = self.devicePixelRatioF()
            key = self._delegate.key(plot, room.size(), ratio)
            self._keys.add(key)
            shown = self._pictures.get(key)
            if shown is None or shown.plot.isNull():
                continue
            size = (shown.plot.size() / ratio).scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(room.left(), room.bottom() - size.height(), size.width(), size.height())
            painter.drawImage(target, shown.plot)
        painter.end()

    def _repaint(self, key: PictureKey) -> None:
        if key in self._keys:
            self.update()
