"""The header: is something wrong, which hall and run, how fresh is what the wall shows."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...domain.alarm import AlarmState
from ...domain.wall import PanelState, WallSnapshot
from .. import marks, words
from ..theme import Theme
from .headline import Headline, headline
from .panel_list_model import PanelItem


class Header(QWidget):
    """Painted whole each second; two lines that never jump."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._snapshot = WallSnapshot("")
        self._items: list[PanelItem] = []
        self._shown = 0
        self._contact_at: datetime | None = None
        self._trouble = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("State of the hall")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # else all behind it is painted each second too
        self.rescale()

    def rescale(self) -> None:
        """Take over the theme's size."""
        self.setFixedHeight(self._theme.px(72))
        self.update()

    def show_snapshot(
        self, snapshot: WallSnapshot, items: list[PanelItem], shown: int, contact_at: datetime | None
    ) -> None:
        """Take over a new snapshot with all its panels, how many of them are shown, and when it came."""
        same = not self._trouble and contact_at is not None and self._contact_at is not None
        same = same and snapshot.panels is self._snapshot.panels and snapshot.run is self._snapshot.run
        self._snapshot, self._contact_at = snapshot, contact_at
        self._trouble = ""
        self._items, self._shown = items, shown
        if not same:  # else it says the same until the next tick
            self.update()

    def show_items(self, items: list[PanelItem], shown: int) -> None:
        """Take over all panels after a filter or a tick, and how many of them are shown."""
        self._items, self._shown = items, shown
        self.update()

    def show_trouble(self, message: str) -> None:
        """Say that the database is away."""
        self._trouble = message
        self.update()

    def headline(self, now: datetime) -> Headline:
        """What stands at the top left."""
        if self._contact_at is None and not self._trouble:
            return Headline("Opening", "reading the database", "dots", self._theme.colours.muted)
        said = headline(self._snapshot, self._items, now, self._theme.colours, away=bool(self._trouble))
        return said if self._snapshot.as_of is None else replace(said, title=f"Then: {said.title}")

    def facts(self, now: datetime) -> list[tuple[str, str]]:
        """The first line as (muted word, strong word) pairs."""
        s = self._snapshot
        run = s.run.run_number
        beam = {None: "unknown", True: "on", False: "off"}[s.run.beam_on]
        if s.run.beam_on and s.run.beam_current_na is not None:
            beam += f" {s.run.beam_current_na:.0f} nA"
        data = words.age(now - s.newest_data_at) + " old" if s.newest_data_at else "none yet"
        if s.as_of is not None:
            return [
                ("run then", str(run) if run is not None else "unknown"),
                ("beam then", beam),
                ("data then", data),
                ("showing", f"{self._shown} / {len(self._items)}"),
            ]
        link = words.age(now - self._contact_at) if self._contact_at else "none"
        return [
            ("run", str(run) if run is not None else "unknown"),
            ("beam", beam),
            ("data", f"{data}, link {link}"),
            ("showing", f"{self._shown} / {len(self._items)}"),
        ]

    def counts(self) -> list[tuple[str, str, str, str]]:
        """The second line: mark, colour, words of each state that is on the wall, and its key."""
        c = self._theme.colours
        by_key: Counter[tuple[str, str, str]] = Counter()
        order = {PanelState.GOOD: 0, PanelState.FAULT: 1, PanelState.UNCONFIRMED: 2, PanelState.UNFAMILIAR: 3}
        ranked = sorted(self._items, key=lambda item: (order.get(item.state, 4), -item.severity, item.word))
        for item in ranked:
            word = str(item.state) if item.state is PanelState.STALE else item.word
            if item.is_kept:
                by_key[_held_mark(item), c.muted, word] += 1
                continue
            colour = {
                PanelState.GOOD: c.good,
                PanelState.FAULT: c.severity(item.severity),
                PanelState.UNCONFIRMED: c.unconfirmed,
                PanelState.UNFAMILIAR: c.unfamiliar,
            }.get(item.state, c.muted)
            by_key[marks.for_state(item.state, item.severity), colour, word] += 1
        found = [(mark, colour, f"{count} {word}", word) for (mark, colour, word), count in by_key.items()]
        rules = Counter(item.held for item in self._items if item.held and not item.is_kept)
        by_rule = [("pause", c.muted, f"{count} {reason}", reason) for reason, count in sorted(rules.items())]
        return [*found[:1], *by_rule, *found[1:]]

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the header."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, px = self._theme.colours, self._theme.px
        now = self._snapshot.as_of or datetime.now(UTC)
        painter.fillRect(self.rect(), QColor(c.background))
        painter.setPen(QColor(c.line))
        painter.setBrush(QColor(c.panel))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        left = self._headline(painter, QRect(0, 0, min(px(360), self.width() // 4), self.height()), now)
        right = self._right(painter, now)
        x = left + px(20)
        painter.setFont(self._theme.font(24, bold=True))
        x = self._write(painter, x, px(8), px(30), self._snapshot.hall_name, c.text) + px(22)
        for muted, strong in self.facts(now):
            painter.setFont(self._theme.font(18))
            width = painter.fontMetrics().horizontalAdvance(f"{muted} {strong}")
            if x + width > right - px(130):
                break
            x = self._write(painter, x, px(8), px(30), muted + " ", c.muted)
            stale = muted == "data" and self._is_late(now)
            x = self._write(painter, x, px(8), px(30), strong, c.medium if stale else c.text) + px(22)
        alive = not self._snapshot.monitor.down(now) and not self._trouble
        mark, colour = ("tick", c.good) if alive else ("cross", c.high)
        word = "monitor alive" if alive else "monitor down"
        if not self._snapshot.monitor.recorded:
            mark, colour, word = "dash", c.muted, "monitor: not recorded"
        if x + px(170) < right:
            marks.paint(painter, mark, QRectF(x, px(15), px(16), px(16)), colour)
            painter.setFont(self._theme.font(18, bold=not alive))
            self._write(painter, x + px(22), px(8), px(30), word, c.text)
        self._counts_line(painter, left + px(20), right)
        painter.end()

    def _is_late(self, now: datetime) -> bool:
        newest = self._snapshot.newest_data_at
        limits = [item.plot_type.stale_after_s for item in self._items]
        return newest is not None and bool(limits) and (now - newest).total_seconds() > min(limits)

    def _counts_line(self, painter: QPainter, x: int, right: int) -> None:
        c, px = self._theme.colours, self._theme.px
        painter.setFont(self._theme.font(16))
        for mark, colour, text, _ in self.counts():
            width = painter.fontMetrics().horizontalAdvance(text) + px(24)
            if x + width > right:
                break
            marks.paint(painter, mark, QRectF(x, px(45), px(15), px(15)), colour, hole=c.panel)
            x = self._write(painter, x + px(22), px(40), px(26), text, c.text) + px(18)

    def _headline(self, painter: QPainter, box: QRect, now: datetime) -> int:
        """Is something wrong? At the top left, in words."""
        c, px = self._theme.colours, self._theme.px
        said = self.headline(now)
        word = self._theme.word_on(said.fill) if said.fill else c.text
        if said.fill:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(said.fill))
            painter.drawRoundedRect(QRectF(box), 4, 4)
        mark_box = QRectF(px(16), box.height() / 2 - px(15), px(30), px(30))
        colour = word if said.fill else said.colour
        marks.paint(painter, said.mark, mark_box, colour, hollow=said.hollow, hole=said.fill or c.panel)
        left = px(60)
        room = box.width() - left - px(8)
        painter.setFont(self._theme.fitting(said.title, room, 22, 14, bold=True))
        painter.setPen(QColor(word))
        title = painter.fontMetrics().elidedText(said.title, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(QRect(left, px(8), room, px(32)), Qt.AlignmentFlag.AlignVCenter, title)
        painter.setFont(self._theme.font(14))
        painter.setPen(QColor(word if said.fill else c.muted))
        below = painter.fontMetrics().elidedText(said.below, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(left, px(40), room, px(22)), Qt.AlignmentFlag.AlignVCenter, below)
        if not said.fill:
            painter.setPen(QColor(c.line))
            painter.drawLine(box.right(), 1, box.right(), box.height() - 2)
        return box.right()

    def _right(self, painter: QPainter, now: datetime) -> int:
        c, px = self._theme.colours, self._theme.px
        painter.setFont(self._theme.font(20, bold=True))
        clock = words.clock(now)
        zone = now.astimezone().tzname() or ""
        width = painter.fontMetrics().horizontalAdvance(clock)
        painter.setFont(self._theme.font(14))
        zone_width = painter.fontMetrics().horizontalAdvance(" " + zone)
        total = f"{self._snapshot.analysed_total:,} analysed in total"
        if self._snapshot.as_of is not None:
            total = words.day(now)
        total_width = painter.fontMetrics().horizontalAdvance(total)
        edge = self.width() - px(14)
        self._write(painter, edge - zone_width, px(8), px(30), " " + zone, c.muted)
        painter.setFont(self._theme.font(20, bold=True))
        self._write(painter, edge - zone_width - width, px(8), px(30), clock, c.text)
        painter.setFont(self._theme.font(14))
        self._write(painter, edge - total_width, px(40), px(26), total, c.muted)
        return edge - max(total_width, width + zone_width) - px(16)

    @staticmethod
    def _write(painter: QPainter, x: float, y: int, height: int, text: str, colour: str) -> int:
        painter.setPen(QColor(colour))
        width = painter.fontMetrics().horizontalAdvance(text)
        painter.drawText(QRectF(x, y, width + 2, height), Qt.AlignmentFlag.AlignVCenter, text)
        return round(x + width)


def _held_mark(item: PanelItem) -> str:
    return (
        "barred" if item.held == AlarmState.OUT_OF_SERVICE else "clock" if item.held == AlarmState.SHELVED else "pause"
    )
