"""How fast it goes, how much is left, and how long that will take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from ...domain.labeling import Session, pace, pace_curve
from .. import words
from ..theme import Theme

HEIGHT = 150


class Pace(QWidget):
    """Labels per minute with their course, what is left, and the time to go."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._session, self._left = Session(), 0
        self.setAccessibleName("Pace")
        self.rescale()

    def show_session(self, session: Session, left: int) -> None:
        """Take over what was done and how many plots are left in the queue."""
        self._session, self._left = session, left
        self.setAccessibleDescription(", ".join(f"{figure} {what}" for figure, what in self.figures()))
        self.update()

    def figures(self) -> list[tuple[str, str]]:
        """The figures as they are written, with what each is."""
        per_minute = pace(self._session.recent, datetime.now(UTC))
        to_go = words.duration(timedelta(minutes=self._left / per_minute)) if per_minute >= 1 and self._left else "-"
        return [
            (f"{per_minute:.0f}", "labels per minute"),
            (str(self._left), "left in queue"),
            (to_go, "to go"),
            (str(self._session.labels), "this session"),
        ]

    def rescale(self) -> None:
        """Take over the theme's size."""
        self.setFixedHeight(self._theme.px(HEIGHT))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the figures and the course."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, px = self._theme.colours, self._theme.px
        (rate, rate_words), *others = self.figures()
        half = self.width() * 0.45
        self._text(painter, QRectF(0, 0, self.width(), px(20)), "Pace", 13, c.text, bold=True)
        self._text(painter, QRectF(0, px(24), half, px(40)), rate, 34, c.text, bold=True)
        self._text(painter, QRectF(0, px(64), half, px(18)), rate_words, 12, c.muted)
        curve = QRectF(half + px(8), px(36), self.width() - half - px(12), px(24))
        self._curve(painter, curve)
        line = QRectF(curve.left(), px(64), curve.width(), px(18))
        self._text(painter, line, "15 min ago", 11, c.muted)
        self._text(painter, line, "now", 11, c.muted, Qt.AlignmentFlag.AlignRight)
        third = self.width() / 3
        for number, (figure, what) in enumerate(others):
            room = QRectF(number * third, px(92), third - px(4), px(26))
            self._text(painter, room, figure, 18, c.text, bold=True)
            self._text(painter, room.translated(0, px(26)), what, 12, c.muted)
        painter.end()

    def _text(
        self, painter: QPainter, room: QRectF, text: str, size: int, colour: str,
        side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft, *, bold: bool = False,
    ) -> None:  # fmt: skip
        painter.setFont(self._theme.fitting(text, room.width(), size, 9, bold=bold))
        painter.setPen(QColor(colour))
        painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, text)

    def _curve(self, painter: QPainter, room: QRectF) -> None:
        c = self._theme.colours
        values = pace_curve(self._session.recent, datetime.now(UTC))
        most = max(*values, 1)
        points = [
            QPointF(
                room.left() + room.width() * number / (len(values) - 1), room.bottom() - room.height() * value / most
            )
            for number, value in enumerate(values)
        ]
        painter.setPen(QPen(QColor(c.muted), 1.5))
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(c.text))
        painter.drawEllipse(points[-1], 3, 3)
