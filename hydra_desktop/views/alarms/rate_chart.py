"""Alarms in each ten minutes of a span, with floods and the times without beam."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen

from ...domain.alarm_history import Span, merged
from ...domain.alarm_performance import FLOOD_OVER, MEAN_AIM, WINDOW, Flood
from ...services.alarm_performance import AlarmFigures, clock_of, day_of, who_of
from ..theme import Theme
from .painted import LEFT, RIGHT, Painted

_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_HOURS = (1, 2, 4, 6, 12, 24, 48, 24 * 7, 24 * 14, 24 * 28)


class RateChart(Painted):
    """Bars of 10 min; amber in a flood, hatched where there was no beam."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Alarms per 10 minutes")
        self._shown: AlarmFigures | None = None

    def show_figures(self, shown: AlarmFigures) -> None:
        """Take over what it shows."""
        self._shown = shown
        floods = "; ".join(self._said(flood) for flood in shown.found.floods)
        self.setAccessibleDescription(floods or "no flood")
        self.update()

    def minimumSizeHint(self) -> QSize:
        """As small as it can still be read."""
        return QSize(self._theme.px(400), self._theme.px(120))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint it."""
        shown = self._shown
        if shown is None:
            return
        painter = self._painter()
        c, px = self._theme.colours, self._theme.px
        field = QRectF(px(46), px(8), self.width() - px(46) - px(84), self.height() - px(8) - px(30))
        span = shown.history.span if shown.reach is not None else shown.found.span
        if span.end <= span.begin:
            return
        most = max((FLOOD_OVER + 2, *shown.found.counts))
        step = next((one for one in _STEPS if most / one <= 6), 1000)
        top = step * (most // step + 1)

        def x(moment: datetime) -> float:
            share = (moment - span.begin) / (span.end - span.begin)
            return field.left() + field.width() * min(1.0, max(0.0, share))

        def y(value: float) -> float:
            return field.bottom() - field.height() * value / top

        for value in range(0, top + 1, step):
            painter.setPen(QPen(QColor(c.line), 1))
            painter.drawLine(QPointF(field.left(), y(value)), QPointF(field.right(), y(value)))
            self._word(painter, QRectF(0, y(value) - px(9), px(36), px(18)), str(value), c.muted, 12, RIGHT)
        self._axis(painter, field, span, x)
        self._dark(painter, field, shown, span, x)
        self._bars(painter, shown, x, y)
        painter.setPen(QPen(QColor(c.text), px(1.5), Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(field.left(), y(FLOOD_OVER)), QPointF(field.right(), y(FLOOD_OVER)))
        painter.setPen(QPen(QColor(c.muted), px(1), Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(field.left(), y(MEAN_AIM)), QPointF(field.right(), y(MEAN_AIM)))
        right = field.right() + px(8)
        for value, text, colour in ((FLOOD_OVER, f"flood: {FLOOD_OVER}", c.text), (MEAN_AIM, "about 1", c.muted)):
            box = QRectF(right, y(value) - px(10), self.width() - right, px(20))
            self._word(painter, box, text, colour, 12, bold=value == FLOOD_OVER)
        self._floods(painter, field, shown, x)

    def _axis(self, painter: QPainter, field: QRectF, span: Span, x: object) -> None:
        """Days in their middle, or hours where they begin."""
        c, px = self._theme.colours, self._theme.px
        hours = span.length / timedelta(hours=1)
        room = max(1, int(field.width() / px(88)))
        every = next((one for one in _HOURS if hours / one <= room), _HOURS[-1] * 4)
        local = span.begin.astimezone().replace(tzinfo=None, minute=0, second=0, microsecond=0)
        tick = local.replace(hour=0)
        while tick.astimezone() <= span.end:
            after = tick + timedelta(hours=every)
            at = tick.astimezone()
            if at >= span.begin:
                painter.setPen(QPen(QColor(c.edge), 1))
                painter.drawLine(QPointF(x(at), field.bottom()), QPointF(x(at), field.bottom() + px(5)))
            foot = field.bottom() + px(6)
            if every >= 24:
                first, last = x(at), x(min(after.astimezone(), span.end))
                if last - first >= px(74):
                    box = QRectF(first, foot, last - first, px(20))
                    self._word(painter, box, day_of(at.astimezone()), c.muted, 12, Qt.AlignmentFlag.AlignCenter)
            elif at >= span.begin:
                text = day_of(at.astimezone()) if tick.hour == 0 and hours > 24 else clock_of(at)
                box = QRectF(x(at) - px(44), foot, px(88), px(20))
                self._word(painter, box, text, c.muted, 12, Qt.AlignmentFlag.AlignCenter)
            tick = after

    def _dark(self, painter: QPainter, field: QRectF, shown: AlarmFigures, span: Span, x: object) -> None:
        c, px = self._theme.colours, self._theme.px
        for one in merged(shown.dark, Span(span.begin, min(span.end, shown.now))):
            box = QRectF(x(one.begin), field.top(), max(1.0, x(one.end) - x(one.begin)), field.height())
            painter.fillRect(box, QBrush(QColor(c.edge), Qt.BrushStyle.BDiagPattern))
            words = "beam off"
            wide = self._theme.advance(words, px(12)) + px(10)
            if box.width() > wide + px(6):
                middle = QRectF(box.center().x() - wide / 2, box.center().y() - px(11), wide, px(22))
                painter.fillRect(middle, QColor(c.panel))
                self._word(painter, middle, words, c.text, 12, Qt.AlignmentFlag.AlignCenter)

    def _bars(self, painter: QPainter, shown: AlarmFigures, x: object, y: object) -> None:
        c, found = self._theme.colours, shown.found
        for place, count in enumerate(found.counts):
            begin = found.span.begin + place * WINDOW
            in_flood = any(one.span.holds(begin) for one in found.floods)
            if count:
                left, right = x(begin), x(begin + WINDOW)
                bar = QRectF(left, y(count), max(1.0, (right - left) * 0.86), y(0) - y(count))
                painter.fillRect(bar, QColor(c.medium if in_flood else c.muted))

    def _floods(self, painter: QPainter, field: QRectF, shown: AlarmFigures, x: object) -> None:
        """A band over each flood, and beside it what it was, where there is room."""
        c, px = self._theme.colours, self._theme.px
        free = field.left()
        tint = QColor(c.medium)
        tint.setAlphaF(0.25)
        for flood in shown.found.floods:
            left, right = x(flood.span.begin), x(flood.span.end)
            painter.fillRect(QRectF(left, field.top(), max(float(px(4)), right - left), field.height()), tint)
            size = px(12)
            lines = (f"{flood.peak} in 10 min, {clock_of(flood.peak_at)}", self._cause(flood))
            wide = max(self._theme.advance(line, size, bold=not place) for place, line in enumerate(lines)) + px(8)
            begin = right + px(6)
            if begin + wide > field.right():
                begin = left - px(6) - wide
            if begin < free:
                continue
            for place, line in enumerate(lines):
                box = QRectF(begin, field.top() + px(2) + place * px(18), wide, px(18))
                self._word(painter, box, line, c.muted if place else c.text, 12, LEFT, bold=not place)
            free = max(begin + wide, right) + px(6)

    @staticmethod
    def _cause(flood: Flood) -> str:
        return f"{flood.worst.count} of {flood.alarms}: {who_of(flood.worst)}"

    def _said(self, flood: Flood) -> str:
        return f"{flood.peak} in 10 min at {clock_of(flood.peak_at)}, {self._cause(flood)}"
