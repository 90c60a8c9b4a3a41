"""A figure of the alarms beside its aim."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPaintEvent, QPen

from ...services.alarm_performance import Aim
from .. import marks
from ..theme import Theme
from .painted import LEFT, Painted


class AimCard(Painted):
    """Its name, the number, and whether that is within the aim; dashed and muted where there is too little to tell."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "")
        self._aim: Aim | None = None

    def show_aim(self, aim: Aim) -> None:
        """Take over the figure."""
        self._aim = aim
        self.setAccessibleName(f"{aim.name}: {aim.value} {aim.beside}, {aim.note}")
        self.update()

    def minimumSizeHint(self) -> QSize:
        """As small as it can still be read."""
        note = 2 * QFontMetrics(self._theme.font(12)).lineSpacing()
        return QSize(self._theme.px(140), self._theme.px(74 + 8) + note)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint it."""
        aim = self._aim
        if aim is None:
            return
        painter = self._painter()
        c, px = self._theme.colours, self._theme.px
        known = aim.value != "Not enough data"
        pen = QPen(QColor(c.line if known else c.edge), 1, Qt.PenStyle.SolidLine if known else Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(QColor(c.panel))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), px(3), px(3))
        left, wide = float(px(14)), float(self.width() - px(24))
        self._word(painter, QRectF(left, px(8), wide, px(24)), aim.name, c.text, 14, bold=True)
        if known:
            used = self._word(painter, QRectF(left, px(34), wide, px(36)), aim.value, c.text, 30, bold=True, least=18)
            rest = QRectF(left + used + px(10), px(38), wide - used - px(10), px(32))
            if aim.beside and rest.width() > px(24):
                self._word(painter, rest, aim.beside, c.muted, 13)
        else:
            marks.paint(painter, "dashed", QRectF(left, px(43), px(18), px(18)), c.muted, hollow=True)
            box = QRectF(left + px(26), px(34), wide - px(26), px(36))
            self._word(painter, box, aim.value, c.muted, 18, bold=True)
        foot = QRectF(left, px(74), wide, self.height() - px(78))
        if aim.is_met is None:
            painter.setFont(self._theme.font(12))
            painter.setPen(QColor(c.muted))
            painter.drawText(foot, int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap), aim.note)
            return
        box = QRectF(left, px(77), px(14), px(14))
        if aim.is_met:
            marks.paint(painter, "tick", box, c.good)
        else:
            marks.paint(painter, "triangle", box, c.medium, hole=c.panel)
        text = QRectF(left + px(22), px(72), wide - px(22), px(24))
        self._word(painter, text, aim.note, c.muted if aim.is_met else c.text, 13, LEFT)
