"""The banner over a wall that isn't live: of when it is, how to return, and what is so now."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...domain.alarm import AlarmState
from ...domain.wall import PanelState, WallSnapshot
from .. import alarm_speech, marks, words
from ..theme import Theme

BLINK_MS = 500
TITLE = "NOT LIVE"


class Banner(QWidget):
    """Says at the left that the wall below is of another time, and at the right how the hall stands now."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._live = WallSnapshot("")
        self._trouble = ""
        self._when = self._way = ""
        self.blink = False
        self._timer = QTimer(self)
        self._timer.setInterval(BLINK_MS)
        self._timer.timeout.connect(self._blinked)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.rescale()

    @property
    def told(self) -> str:
        """How to return, and what else was told last."""
        return self._way

    @property
    def text(self) -> str:
        """What the banner says of the wall below."""
        return f"{TITLE}: {self._when}; {self._way}"

    def show_past(self, snapshot: WallSnapshot, *, told: str = "") -> None:
        """Say of when the wall is, and what else is to be told: what is read, or why something isn't shown."""
        when = snapshot.as_of
        self._when = f"as it was on {words.day(when)} {words.clock(when)}" if when is not None else ""
        if snapshot.run.run_number is not None:
            self._when += f", run {snapshot.run.run_number}"
        self._way = told or "Esc returns to now"
        if "Esc" not in self._way:
            self._way += " Esc returns to now"
        self._tell()

    def show_live(self, snapshot: WallSnapshot, trouble: str = "") -> None:
        """Take over how the hall stands now; `trouble` says that the database is away."""
        self._live, self._trouble = snapshot, trouble
        blinks = bool(self._fresh) and not trouble
        if blinks and not self._timer.isActive():
            self._timer.start()
        elif not blinks:
            self._timer.stop()
            self.blink = False
        self._tell()

    @property
    def _fresh(self) -> list:
        return [alarm for alarm in self._live.alarms if alarm.state is AlarmState.UNACKNOWLEDGED]

    @property
    def is_blinking(self) -> bool:
        """Whether an alarm that nobody has taken is told."""
        return self._timer.isActive()

    def now_in_words(self) -> tuple[str, str]:
        """How the hall stands now: what comes first, and what to do or know."""
        if self._trouble:
            return "Now: database away", "what is new isn't known"
        if self._live.monitor.down(datetime.now(UTC)):
            return "Now: monitor down", "nobody judges plots; Esc returns"
        if self._fresh:
            worst = max(self._fresh, key=lambda alarm: (alarm.severity, alarm.raised_at))
            title = f"{words.count(len(self._fresh), 'new alarm')} now"
            return title, f"{alarm_speech.said_of(worst)}; Esc returns"
        if self._live.alarms:
            return f"Now: {words.count(len(self._live.alarms), 'alarm')}", "none new"
        return "Now: no alarm", "the live wall goes on"

    def rescale(self) -> None:
        """Take over the theme's size."""
        self.setFixedHeight(self._theme.px(76))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the banner."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, px = self._theme.colours, self._theme.px
        beside = QRect(0, 0, min(px(470), self.width() * 3 // 10), self.height())
        beside.moveRight(self.width() - 1)
        room = QRect(0, 0, beside.left() - px(8), self.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(c.past))
        painter.drawRoundedRect(QRectF(room), 4, 4)
        word = QColor(self._theme.word_on(c.past))
        painter.setPen(word)
        painter.setFont(self._theme.font(44, bold=True))
        left = px(18)
        painter.drawText(room.adjusted(left, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, TITLE)
        left += painter.fontMetrics().horizontalAdvance(TITLE) + px(22)
        painter.setPen(QPen(word, px(2)))
        painter.drawLine(left, px(14), left, room.height() - px(14))
        left += px(20)
        width = room.right() - left - px(12)
        for text, top, height, size, least, bold in (
            (self._when, 6, 38, 30, 16, True),
            (self._way, 43, 26, 19, 13, False),
        ):
            painter.setFont(self._theme.fitting(text, width, size, least, bold=bold))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, width)
            painter.drawText(QRect(left, px(top), width, px(height)), Qt.AlignmentFlag.AlignVCenter, shown)
        self._now(painter, beside)
        painter.end()

    def _now(self, painter: QPainter, box: QRect) -> None:
        c, px = self._theme.colours, self._theme.px
        title, below = self.now_in_words()
        fresh = [] if self._trouble else self._fresh
        down = bool(self._trouble) or self._live.monitor.down(datetime.now(UTC))
        fill, mark, mark_colour = c.panel, "dash", c.muted
        if down:
            mark, mark_colour = "cross", c.high
        elif fresh:
            worst = max(alarm.severity for alarm in fresh)
            fill = c.text if self.blink else c.severity(worst)
            mark, mark_colour = marks.for_state(PanelState.FAULT, worst), self._theme.word_on(fill)
        word = QColor(self._theme.word_on(fill) if fresh and not down else c.text)
        painter.setPen(QPen(QColor(c.line), 1))
        painter.setBrush(QColor(fill))
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        size = px(30)
        place = QRectF(box.left() + px(14), box.center().y() - size / 2, size, size)
        marks.paint(painter, mark, place, mark_colour, hole=fill)
        left = round(place.right()) + px(14)
        width = box.right() - left - px(8)
        painter.setPen(word)
        for text, top, height, font_size, least, bold in (
            (title, 8, 32, 24, 14, True),
            (below, 41, 24, 16, 10, False),
        ):
            painter.setFont(self._theme.fitting(text, width, font_size, least, bold=bold))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, width)
            painter.drawText(QRect(left, px(top), width, px(height)), Qt.AlignmentFlag.AlignVCenter, shown)

    def _tell(self) -> None:
        self.setAccessibleName(f"{self.text}. {'. '.join(self.now_in_words())}")
        self.update()

    def _blinked(self) -> None:
        self.blink = not self.blink
        self.update()
