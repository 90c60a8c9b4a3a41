"""History mode: the wall as it was at another time, unmistakably not live; Esc returns to now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeySequence, QPainter, QPaintEvent, QTransform
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ...domain.past import PastRun
from ...domain.wall import MonitorHealth, WallSnapshot
from .. import keys
from ..pictures import Evidence
from ..theme import Theme
from ..wall.wall_screen import WallScreen
from .banner import Banner
from .time_bar import KEYS, TimeBar

FRAME = 10
NOT_TAKEN = "Alarms of another time can't be acknowledged: Esc returns to now, where A takes one"
NOT_OPENED = "A plot opens in full on the live wall, where arrows go back in its history: Esc returns to now"


class HistoryScreen(QWidget):
    """A wall of its own, so that the live one goes on untouched below; tells by signals what was asked for.

    `time_chosen`, `run_chosen`, `chunk_stepped` and `run_stepped` are those of the bar, `left` asks for
    the live wall, `silenced` for silence of what sounds now.
    """

    time_chosen = Signal(object)
    run_chosen = Signal(object, object)
    chunk_stepped = Signal(int)
    run_stepped = Signal(int)
    left = Signal()
    silenced = Signal()

    def __init__(self, theme: Theme, image_folder: Path, evidence: Evidence, hall: str) -> None:
        super().__init__()
        self.setObjectName("screen")
        self._theme = theme
        self.shown = WallSnapshot("")
        self.banner = Banner(theme)
        self.bar = TimeBar(theme)
        self.wall = WallScreen(theme, image_folder, evidence, hall=hall)
        self.wall.layouts.is_kept = False  # what is hidden of then isn't hidden of now
        self._layout = QVBoxLayout(self)
        for widget in (self.banner, self.bar):
            self._layout.addWidget(widget)
        self._layout.addWidget(self.wall, 1)
        self._connect()
        self._make_shortcuts()

    @property
    def view(self) -> QWidget:
        """What has the focus on a wall."""
        return self.wall.view

    def open_at(self, live: WallSnapshot, when: datetime, trouble: str = "") -> None:
        """Begin with the live wall as it stands, frozen: that needs no database."""
        self.show_live(live, trouble)
        self.show_past(replace(live, as_of=when, monitor=MonitorHealth(recorded=False), problems=()))

    def show_past(self, snapshot: WallSnapshot) -> None:
        """Show the wall of another time."""
        self.shown = snapshot
        self.banner.show_past(snapshot)
        self.wall.show_snapshot(snapshot)
        if snapshot.as_of is not None:
            self.bar.show_time(snapshot.as_of, snapshot.run.run_number)

    def show_reading(self) -> None:
        """Say that the wall of the time asked for is still to come."""
        self.banner.show_past(self.shown, told="reading what was asked for...")

    def show_runs(self, runs: Sequence[PastRun]) -> None:
        """Take over which runs can be looked at."""
        self.bar.show_runs(runs)

    def show_live(self, snapshot: WallSnapshot, trouble: str = "") -> None:
        """Take over how the hall stands now, which is told beside."""
        self.banner.show_live(snapshot, trouble)

    def tell(self, message: str) -> None:
        """Say why what was asked for isn't shown."""
        self.banner.show_past(self.shown, told=message)

    def take_focus(self) -> None:
        """Put the cursor into the time, where a person goes on."""
        self.bar.open_at(self.shown.as_of or datetime.now(UTC))

    def set_wall_mode(self, on: bool) -> None:
        """Leave out what only a desk needs."""
        self.wall.set_wall_mode(on)

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        px = self._theme.px
        frame = px(FRAME)
        self._layout.setContentsMargins(frame + px(6), frame + px(6), frame + px(6), frame)
        self._layout.setSpacing(px(6))
        self.banner.rescale()
        self.bar.rescale()
        self.wall.rescale()

    def close_threads(self) -> None:
        """End the work in the background."""
        self.wall.close_threads()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the frame: coloured and hatched, as colour is never the only sign."""
        painter = QPainter(self)
        c, width = self._theme.colours, self._theme.px(FRAME)
        hatch = QBrush(QColor(self._theme.word_on(c.past)), Qt.BrushStyle.BDiagPattern)
        hatch.setTransform(QTransform.fromScale(max(1, round(self._theme.scale)), max(1, round(self._theme.scale))))
        whole = QRectF(self.rect())
        painter.fillRect(whole, QColor(c.background))
        for part in (
            QRectF(0, 0, whole.width(), width),
            QRectF(0, whole.height() - width, whole.width(), width),
            QRectF(0, 0, width, whole.height()),
            QRectF(whole.width() - width, 0, width, whole.height()),
        ):
            painter.fillRect(part, QColor(c.past))
            painter.fillRect(part, hatch)
        painter.end()

    def _connect(self) -> None:
        for signal in ("time_chosen", "run_chosen", "chunk_stepped", "run_stepped"):
            getattr(self.bar, signal).connect(getattr(self, signal))
        self.bar.refused.connect(self.tell)
        self.bar.escaped.connect(self.left)
        self.wall.silenced.connect(self.silenced)
        self.wall.acknowledged.connect(lambda _alarm: self.tell(NOT_TAKEN))
        self.wall.detail_asked.connect(lambda _plot_type, _pad: self.tell(NOT_OPENED))
        keys.tell_nothing(self.wall.view)

    def _make_shortcuts(self) -> None:
        for action in self.wall.actions():
            # Esc has one meaning here, wherever the cursor is; news are written for now
            if action.shortcut() in (QKeySequence("Esc"), QKeySequence("N")):
                self.wall.removeAction(action)
        for what, text, signal, step in (
            ("chunk back", "One chunk back", self.chunk_stepped, -1),
            ("chunk on", "One chunk on", self.chunk_stepped, 1),
            ("run back", "To the end of the run before", self.run_stepped, -1),
            ("run on", "To the end of the run after", self.run_stepped, 1),
        ):
            keys.add(self, KEYS[what], text, lambda signal=signal, step=step: signal.emit(step), repeats=True)
        keys.add(self, "Esc", "Back to now", self.left.emit)
        keys.add(self, "T", "Write a time", self.take_focus)
