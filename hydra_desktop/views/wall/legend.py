"""What marks and colours mean, at the foot of the wall."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from .. import marks
from ..theme import Theme
from .panel_list_model import PanelItem


class Legend(QWidget):
    """What marks and colours mean; an entry takes its colour only while its state is on the wall."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._here: set[str] = set()
        self.setAccessibleName("Legend")
        self.rescale()

    def rescale(self) -> None:
        """Take over the theme's size."""
        self.setFixedHeight(self._theme.px(24))
        self.update()

    def show_items(self, items: list[PanelItem]) -> None:
        """Take over which states are on the wall."""
        here = {marks.for_state(item.state, item.severity) for item in items}
        if here != self._here:
            self._here = here
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the legend."""
        painter = QPainter(self)
        c, px = self._theme.colours, self._theme.px
        painter.setFont(self._theme.font(13))
        x = px(4)
        for mark, colour, text in (
            ("square", c.high, "high, e.g. Bad"),
            ("triangle", c.medium, "medium, e.g. HotChannel"),
            ("diamond", c.low, "low"),
            ("tick", c.good, "Good"),
            ("question", c.unconfirmed, "not confirmed"),
            ("star", c.unfamiliar, "Unfamiliar"),
            ("pin", c.muted, "known fault"),
            ("dash", c.muted, "condition"),
            ("dashed", c.muted, "NoModel"),
            ("dots", c.muted, "waiting"),
            ("hatch", c.muted, "stale"),
            (marks.ARROW, c.muted, "the plot is at the right, under this number"),
            ("", c.muted, "% is confidence"),
            ("", c.muted, "run and age on small panels where they differ from the header"),
        ):
            width = painter.fontMetrics().horizontalAdvance(text)
            if x + width + px(22) > self.width():
                break
            here = mark in self._here
            if mark:
                box = QRectF(x, self.height() / 2 - px(7), px(14), px(14))
                marks.paint(painter, mark, box, colour if here else c.edge, hole=c.background)
                x += px(20)
            painter.setPen(QColor(c.text if here else c.muted))
            painter.drawText(QRectF(x, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
            x += width + px(16)
        painter.end()
