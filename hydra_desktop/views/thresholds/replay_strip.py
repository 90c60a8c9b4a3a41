"""A span of time twice, as it would be with the thresholds in force and with those that are tried."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..theme import Theme

MOST_DRAWN = 400  # alarms of a row; more would be a bar anyway
SHORT = {1: ", fault", 0: ", no fault", -1: ""}  # what a person said of an alarm


@dataclass(frozen=True)
class Marks:
    """Alarms in time, M of them: `begin_us` and `end_us` int64 (M,) in microseconds since 1970, `said` int8 (M,)."""

    begin_us: npt.NDArray[np.int64]
    end_us: npt.NDArray[np.int64]
    said: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.begin_us)


@dataclass(frozen=True)
class StripState:
    """What a strip shows: its span, both rows of alarms and what differs, with the words before each row."""

    since: datetime
    until: datetime
    now: Marks
    tried: Marks
    vanish: Marks
    appear: Marks
    names: tuple[tuple[str, str], tuple[str, str], tuple[str, str]]
    empty: str = ""  # why there is nothing to replay


class ReplayStrip(QWidget):
    """Paints both rows on one axis of time, and between them what vanishes and what appears, with numbers."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._state: StripState | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_state(self, state: StripState) -> None:
        """Take over what it shows."""
        self._state = state
        self.setAccessibleName("; ".join(f"{name}, {count}" for name, count in state.names) if not state.empty else "")
        self.update()

    def sizeHint(self) -> QSize:
        """Three rows and an axis."""
        return QSize(self._theme.px(600), self._theme.px(150))

    def minimumSizeHint(self) -> QSize:
        """As high as its rows."""
        return QSize(self._theme.px(300), self._theme.px(150))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint it."""
        state = self._state
        if state is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, px = self._theme.colours, self._theme.px
        if state.empty:
            painter.setPen(QPen(QColor(c.edge), 1, Qt.PenStyle.DashLine))
            box = QRectF(self.rect()).adjusted(px(1), px(6), -px(1), -px(6))
            painter.drawRect(box)
            painter.setPen(QColor(c.muted))
            painter.setFont(self._theme.font(13))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(box.adjusted(px(12), 0, -px(12), 0), int(flags), state.empty)
            return
        head = px(176)
        field = QRectF(head, px(4), self.width() - head - px(14), self.height() - px(26))
        rows = [field.top() + field.height() * share for share in (0.18, 0.5, 0.84)]
        self._axis(painter, field, state)
        for y, (name, count) in zip(rows, state.names, strict=True):
            painter.setPen(QColor(c.text))
            painter.setFont(self._theme.fitting(name, head - px(8), 13, 9, bold=True))
            painter.drawText(QRectF(0, y - px(18), head - px(6), px(18)), _LEFT, name)
            painter.setPen(QColor(c.muted))
            painter.setFont(self._theme.fitting(count, head - px(8), 12, 9))
            painter.drawText(QRectF(0, y, head - px(6), px(17)), _LEFT, count)
            painter.setPen(QColor(c.line))
            painter.drawLine(QPointF(field.left(), y), QPointF(field.right(), y))
        self._alarms(painter, field, rows[0], state, state.now)
        self._alarms(painter, field, rows[1], state, state.tried)
        self._differences(painter, field, rows, state)

    def _x(self, field: QRectF, state: StripState, at_us: int) -> float:
        begin, end = _us(state.since), _us(state.until)
        return field.left() + field.width() * min(1.0, max(0.0, (at_us - begin) / max(1, end - begin)))

    def _axis(self, painter: QPainter, field: QRectF, state: StripState) -> None:
        c, px = self._theme.colours, self._theme.px
        painter.setFont(self._theme.font(12))
        day = state.since.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        days = max(1, (state.until - state.since) // timedelta(days=1))
        every = timedelta(days=max(1, days // 8))
        while day <= state.until:
            x = self._x(field, state, _us(day))
            if day >= state.since:
                painter.setPen(QColor(c.line))
                painter.drawLine(QPointF(x, field.top()), QPointF(x, field.bottom()))
            after = self._x(field, state, _us(day + every))
            if after - x > px(70):
                painter.setPen(QColor(c.muted))
                box = QRectF(x, field.bottom() + px(3), after - x, px(18))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{day:%a} {day.day} {day:%b}")
            day += every

    def _alarms(self, painter: QPainter, field: QRectF, y: float, state: StripState, marks: Marks) -> None:
        c, px = self._theme.colours, self._theme.px
        for begin, end, said in zip(*_drawn(marks), strict=True):
            x, after = self._x(field, state, int(begin)), self._x(field, state, int(end))
            painter.fillRect(QRectF(x, y - px(3), max(1.0, after - x), px(6)), QColor(c.muted))
            box = QRectF(x - px(5), y - px(5), px(10), px(10))
            painter.setPen(QPen(QColor(c.text), px(1.5)))
            painter.setBrush(QColor(c.text) if said == 1 else QColor(c.panel))
            if said == -1:
                painter.drawEllipse(box)
            else:
                painter.drawRect(box)

    def _differences(self, painter: QPainter, field: QRectF, rows: list[float], state: StripState) -> None:
        c, px = self._theme.colours, self._theme.px
        painter.setFont(self._theme.font(12, bold=True))
        number = 0
        for marks, from_row, style in (
            (state.vanish, rows[0], Qt.PenStyle.SolidLine), (state.appear, rows[1], Qt.PenStyle.DashLine),
        ):  # fmt: skip
            for begin, _end, _said in zip(*_drawn(marks), strict=True):
                number += 1
                x = self._x(field, state, int(begin))
                painter.setPen(QPen(QColor(c.muted), 1, Qt.PenStyle.DotLine))
                painter.drawLine(QPointF(x, from_row + px(6)), QPointF(x, rows[2] - px(10)))
                painter.setPen(QPen(QColor(c.text), px(1.5), style))
                painter.setBrush(QColor(c.panel))
                box = QRectF(x - px(10), rows[2] - px(10), px(20), px(20))
                painter.drawEllipse(box)
                if number < 100:
                    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(number))


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def _drawn(marks: Marks) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int8]]:
    every = max(1, -(-len(marks) // MOST_DRAWN))
    return marks.begin_us[::every], marks.end_us[::every], marks.said[::every]


def _us(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
