"""What the alarm performance page lists: the worst actors, nuisances, stations and severities."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen

from ...domain.alarm_performance import AIMS
from ...domain.intervals import percent
from ...domain.label import Severity
from ...domain.wall import PanelState
from ...services.alarm_performance import AlarmFigures, lasting, rate, share, who_of
from .. import marks
from .painted import RIGHT, Painted

NOT_ENOUGH = "not enough data"
HEAD, ROW, LEAST = 22, 40, 19  # heights


class _Part(Painted):
    """Shows figures of a span."""

    _shown: AlarmFigures | None = None

    def show_figures(self, shown: AlarmFigures) -> None:
        """Take over the figures."""
        self._shown = shown
        self.setAccessibleDescription(self.told())
        self.updateGeometry()
        self.update()

    def told(self) -> str:
        """What it shows, in words."""
        return ""

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint it."""
        if self._shown is not None:
            self._paint(self._painter(), self._shown)

    def _paint(self, painter: QPainter, shown: AlarmFigures) -> None:
        raise NotImplementedError

    def _dash(self, painter: QPainter, box: QRectF, text: str = NOT_ENOUGH) -> None:
        """Say at the right of a box that there is too little to tell."""
        c, px = self._theme.colours, self._theme.px
        used = self._word(painter, box.adjusted(px(18), 0, 0, 0), text, c.muted, 12, RIGHT)
        mark = QRectF(box.right() - used - px(18), box.center().y() - px(6), px(12), px(12))
        marks.paint(painter, "dashed", mark, c.muted, hollow=True)


class WorstActors(_Part):
    """The ten worst actors with their share and their rule."""

    def told(self) -> str:
        """The list in words."""
        found = self._shown.found
        return "; ".join(f"{who_of(one)} {one.count}" for one in found.worst)

    def minimumSizeHint(self) -> QSize:
        """Room for ten rows."""
        return QSize(self._theme.px(280), self._theme.px(HEAD + 10 * LEAST))

    def _paint(self, painter: QPainter, shown: AlarmFigures) -> None:
        c, px, found = self._theme.colours, self._theme.px, shown.found
        width = float(self.width())
        if not found.worst:
            self._word(painter, QRectF(0, 0, width, px(HEAD)), "No alarm in this span.", c.muted)
            return
        number, bar, last = float(px(22)), 0.42 * width, width - px(104)
        high = min(float(px(ROW)), (self.height() - px(HEAD)) / 10)
        for text, left, right, side in (
            ("plot type", number + px(8), bar, None), ("alarms", bar, last, None),
            ("share", last, last + px(50), RIGHT),
            ("k of n", last + px(50), width, RIGHT),
        ):  # fmt: skip
            box = QRectF(left, 0, right - left, px(HEAD))
            self._word(painter, box, text, c.muted, 12, **({"side": side} if side is not None else {}))
        most = found.worst[0].count
        for place, one in enumerate(found.worst):
            top = px(HEAD) + place * high
            self._word(painter, QRectF(0, top, number - px(2), high), str(place + 1), c.muted, 12, RIGHT)
            name = QRectF(number + px(8), top, bar - number - px(16), high)
            self._word(painter, name, who_of(one), c.text, 13, bold=True)
            room = last - bar - px(44)
            length = room * one.count / most
            painter.fillRect(QRectF(bar, top + high / 2 - px(6), length, px(12)), QColor(c.muted))
            self._word(
                painter, QRectF(bar + length + px(6), top, px(44), high), f"{one.count:,}", c.text, 13, bold=True
            )
            shared = percent(one.count / found.alarms) if found.worst_share is not None else "-"
            self._word(painter, QRectF(last, top, px(50), high), shared, c.muted, 13, RIGHT)
            rule = shown.rules.get(one.plot_type, "-")
            self._word(painter, QRectF(last + px(50), top, width - last - px(50), high), rule, c.muted, 13, RIGHT)


class Nuisances(_Part):
    """Chattering, fleeting, stale, shelved, suppressed and out of service: how many, and which."""

    def told(self) -> str:
        """The list in words."""
        return "; ".join(f"{number} {name}: {which}" for number, name, _, which in self._shown.nuisances())

    def minimumSizeHint(self) -> QSize:
        """Room for six rows of two lines."""
        return QSize(self._theme.px(280), self._theme.px(6 * 36))

    def _paint(self, painter: QPainter, shown: AlarmFigures) -> None:
        c, px = self._theme.colours, self._theme.px
        rows = shown.nuisances()
        high = self.height() / len(rows)
        for place, (number, name, what, which) in enumerate(rows):
            top = place * high
            self._rule(painter, top)
            ink = c.text if number else c.muted
            self._word(painter, QRectF(0, top, px(40), high), f"{number:,}", ink, 24, bold=True, least=14)
            left, line = float(px(46)), min(high / 2, float(px(20)))
            begin = top + (high - 2 * line) / 2 if which else top + (high - line) / 2
            used = self._word(painter, QRectF(left, begin, self.width() - left, line), name, c.text, 13, bold=True)
            beside = left + used + px(10)
            self._word(painter, QRectF(beside, begin, self.width() - beside, line), what, c.muted, 12)
            if which:
                self._word(painter, QRectF(left, begin + line, self.width() - left, line), which, c.text, 12)


class Stations(_Part):
    """What each station sounded, took and how long it was alive."""

    HEADS = ("sounds per 10 min", "taken", "median time to it", "time alive")

    def told(self) -> str:
        """The table in words."""
        return "; ".join(f"{one.station}: acknowledged {one.acknowledged}" for one in self._shown.found.stations)

    def minimumSizeHint(self) -> QSize:
        """Room for its rows."""
        rows = len(self._shown.found.stations) if self._shown is not None else 2
        return QSize(self._theme.px(320), self._theme.px(HEAD + 30 * max(1, min(4, rows))))

    def _paint(self, painter: QPainter, shown: AlarmFigures) -> None:
        c, px, rows = self._theme.colours, self._theme.px, shown.found.stations
        width = float(self.width())
        if not rows:
            text = "No station was on in this span, and nobody took an alarm."
            self._word(painter, QRectF(0, 0, width, px(HEAD)), text, c.muted)
            return
        edges = [share_ * width for share_ in (0.27, 0.52, 0.62, 0.86, 1.0)]
        self._word(painter, QRectF(0, 0, edges[0], px(HEAD)), "station", c.muted, 12)
        for head, left, right in zip(self.HEADS, edges, edges[1:], strict=False):
            box = QRectF(left + px(6), 0, right - left - px(6), px(HEAD))
            self._word(painter, box, head, c.muted, 12, RIGHT, least=9)
        high = min(float(px(ROW)), (self.height() - px(HEAD)) / len(rows))
        for place, one in enumerate(rows):
            top = px(HEAD) + place * high
            self._rule(painter, top)
            two = high >= px(32)
            name = QRectF(0, top, edges[0] - px(6), high / 2 if two else high)
            self._word(painter, name, one.station, c.text, 13, bold=True)
            if two:
                under = QRectF(0, top + high / 2, edges[0], high / 2)
                self._word(painter, under, "audible" if one.is_audible else "viewer", c.muted, 12)
            boxes = [QRectF(left + px(6), top, right - left - px(6), high) for left, right in pairwise(edges)]
            if not one.is_audible:
                self._word(painter, boxes[0], "silent", c.muted, 13, RIGHT)
            elif one.sounds is None:
                self._dash(painter, boxes[0])
            else:
                self._word(painter, boxes[0], rate(one.sounds), c.text, 13, RIGHT)
            self._word(painter, boxes[1], f"{one.acknowledged:,}", c.text, 13, RIGHT)
            if one.median_time is None:
                self._dash(painter, boxes[2])
            else:
                self._word(painter, boxes[2], lasting(one.median_time), c.text, 13, RIGHT)
            self._word(painter, boxes[3], share(one.alive), c.text, 13, RIGHT)


class Severities(_Part):
    """Shares of high, medium and low above their aims, and what makes the most of too much."""

    def told(self) -> str:
        """The shares in words."""
        found = self._shown.found
        return "; ".join(f"{one.word} {found.severities.get(one, 0)}" for one in AIMS)

    def minimumSizeHint(self) -> QSize:
        """Two bars, and two lines below."""
        return QSize(self._theme.px(320), self._theme.px(112))

    def _paint(self, painter: QPainter, shown: AlarmFigures) -> None:
        c, px, found = self._theme.colours, self._theme.px, shown.found
        left, high = float(px(70)), float(px(24))
        shares = {one: found.severity_share(one) for one in AIMS}
        self._word(painter, QRectF(0, 0, left - px(6), high), "this span", c.text, 12)
        if found.why_no_shares:
            box = QRectF(left, 0, self.width() - left - 1, high)
            pen = QPen(QColor(c.edge), 1)
            pen.setDashPattern([4, 3])
            painter.setPen(pen)
            painter.drawRect(box)
            text = f"Not enough data: {found.why_no_shares}"
            self._word(painter, box.adjusted(px(8), 0, -px(8), 0), text, c.muted, 12)
        else:
            self._bar(painter, QRectF(left, 0, self.width() - left, high), {k: v or 0.0 for k, v in shares.items()}, 1)
        top = high + px(8)
        self._word(painter, QRectF(0, top, left - px(6), high), "aim", c.muted, 12)
        self._bar(painter, QRectF(left, top, self.width() - left, high), AIMS, 0)
        first, second = shown.too_many()
        for place, (text, colour) in enumerate(((first, c.text), (second, c.muted))):
            self._word(painter, QRectF(0, top + high + px(8) + place * px(20), self.width(), px(20)), text, colour, 13)

    def _bar(self, painter: QPainter, box: QRectF, shares: dict[Severity, float], coloured: int) -> None:
        c, px = self._theme.colours, self._theme.px
        begin = box.left()
        for severity, shared in shares.items():
            wide = box.width() * shared
            if wide < 1:
                continue
            part = QRectF(begin + 1, box.top() + 1, max(1.0, wide - 3), box.height() - 2)
            painter.setPen(QPen(QColor(c.severity(severity) if coloured else c.edge), px(2) if coloured else 1))
            painter.setBrush(QColor(c.panel))
            painter.drawRect(part)
            inner = part.adjusted(px(5), 0, -px(2), 0)
            if coloured and inner.width() > px(58):
                mark = QRectF(inner.left(), inner.center().y() - px(6), px(12), px(12))
                name = marks.for_state(PanelState.FAULT, severity)
                marks.paint(painter, name, mark, c.severity(severity), hole=c.panel)
                inner.setLeft(inner.left() + px(17))
            text = f"{percent(shared)} {severity.word}"
            if self._theme.advance(text, px(12), bold=True) > inner.width():
                text = percent(shared)
            if self._theme.advance(text, px(11), bold=bool(coloured)) < inner.width() - px(2):
                ink = c.text if coloured else c.muted
                self._word(painter, inner, text, ink, 12, bold=bool(coloured), least=9)
            begin += wide
