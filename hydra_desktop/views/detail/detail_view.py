"""The detail view: opens over panels and alarms, follows the newest plot or stays where a person went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ...domain.alarm import Alarm, AlarmState
from ...domain.hall import PlotType
from ...domain.known_fault import Region
from ...domain.wall import Panel, WallSnapshot
from ...services.detail import Ask, Detail, DetailService
from ...services.deviation_process import DeviationProcess
from .. import alarm_speech, keys
from ..background import Background
from ..pictures import Pictures
from ..theme import Theme
from . import speech, stream
from .acts import Acts
from .banner import Banner
from .exports import Exports, Shown
from .history_strip import HistoryStrip
from .plots_area import PlotsArea
from .reader import DetailReader
from .region_tool import offered
from .rendering import FullPictures
from .side import Side
from .strips import Strips

TICK_MS = 1000
BLINK_MS = 500
UNREADABLE = "This plot can't be read now."
AGAIN_MS = 2000  # other people's changes are looked for no oftener


class DetailView(QWidget):
    """One stream of plots in full.

    `acknowledged` carries an alarm's id, `closed` the plot type that was looked at.
    """

    acknowledged = Signal(int)
    silenced = Signal()
    closed = Signal(str)

    def __init__(
        self,
        theme: Theme,
        service: DetailService,
        background: Background,
        image_folder: Path,
        deviation: DeviationProcess,
    ) -> None:
        super().__init__()
        self.setObjectName("screen")
        self._theme, self._service, self._background, self._deviation = theme, service, background, deviation
        self._slow = Background(threads=1, parent=self)  # minutes may pass before a busy machine has a deviation
        self._snapshot = WallSnapshot("")
        self._names: tuple[str, ...] = ()
        self._ask: Ask | None = None
        self._detail: Detail | None = None
        self._seen: object = None
        self._waiting_export = ""
        self.full = FullPictures(image_folder, background, self)
        self.pictures = Pictures(lambda _verdict, _label: None, parent=self)
        self.banner = Banner(theme)
        self.position = QLabel()
        self.position.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.position.setAccessibleName("Where you are")
        self.others = QPushButton()
        self.others.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.plots = PlotsArea(theme, self.full)
        self.strips = Strips(theme, self.pictures, image_folder, self)
        self.history = HistoryStrip(theme)
        self.side = Side(theme)
        self._reader = DetailReader(service, background, self)
        self._acts = Acts(self, service, background)
        self._exports = Exports(self, service, background, self.full)
        self._layouts = self._lay_out()
        self._tick, self._blink, self._again = QTimer(self), QTimer(self), QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._blink.setInterval(BLINK_MS)
        self._again.setInterval(AGAIN_MS)
        self._again.setSingleShot(True)
        self._connect()
        self._make_shortcuts()
        self.setFocusProxy(self.plots.first.canvas)
        theme.changed.connect(self.rescale)
        self.rescale()

    @property
    def detail(self) -> Detail | None:
        """What is shown, None while it is read for the first time."""
        return self._detail

    @property
    def busy(self) -> bool:
        """Whether something is still to come."""
        return self._reader.busy or self.full.busy or self.pictures.busy

    def open(self, plot_type: str, pad: str, names: Sequence[str], plot_id: int | None = None) -> None:
        """Look at a stream: its newest plot, or another one; `names` are the plot types that Up and Down go through."""
        self._names = tuple(names)
        self._ask, self._detail, self._seen = Ask(plot_type, pad, plot_id), None, None
        self.side.show_notice("")
        self.plots.start(self._plot_type)
        self._tick.start()
        self._show_standing()
        self._read()
        self.setFocus()

    def show_snapshot(self, snapshot: WallSnapshot) -> None:
        """Take over what the wall knows; the stream is read anew when something of it changed."""
        changed = snapshot.position != self._snapshot.position
        self._snapshot = snapshot
        if self._ask is None:
            return
        panel, alarm = self._panel, self._alarm
        seen = (panel.verdict_id if panel else None, alarm.id if alarm else None, alarm.changed_at if alarm else None)
        self._show_standing()
        if seen != self._seen:
            self._seen = seen
            self._read()
        elif changed and not self._again.isActive():
            self._again.start()

    def close_view(self) -> None:
        """Go back to the wall."""
        if self._ask is None:
            return
        name = self._ask.plot_type
        self._ask, self._detail = None, None
        for timer in (self._tick, self._blink, self._again):
            timer.stop()
        self.closed.emit(name)

    def close_threads(self) -> None:
        """End the work in the background."""
        for timer in (self._tick, self._blink, self._again):
            timer.stop()
        self._deviation.close()
        self._slow.close()
        self.pictures.close()

    def go(self, by: int) -> None:
        """Go some chunks on in the history, or back."""
        detail = self._detail
        if detail is None or not detail.history:
            return
        ids = [one.plot.id for one in detail.history]
        wanted = self._ask.plot_id
        here = ids.index(wanted) if wanted in ids else len(ids) - 1 if wanted is None else len(ids)
        place = here + by
        if 0 <= place < len(ids):
            self.look_at(ids[place])

    def look_at(self, plot_id: int | None) -> None:
        """Look at a plot of this stream, or at one it was taught by; None is the newest, which is followed."""
        if self._ask is None:
            return
        newest = self._panel
        if newest is not None and newest.plot is not None and newest.plot.id == plot_id:
            plot_id = None
        self._ask = replace(self._ask, plot_id=plot_id)
        if self._detail is not None:
            detail = self._detail
            marked = plot_id if plot_id is not None else (detail.history[-1].plot.id if detail.history else None)
            self.history.show_history(detail.history, self._plot_type, detail.contested, marked)
        self._read()

    def go_to_type(self, by: int) -> None:
        """Look at the next plot type, or the one before."""
        if self._ask is None or not self._names:
            return
        here = self._names.index(self._ask.plot_type) if self._ask.plot_type in self._names else -by
        name = self._names[(here + by) % len(self._names)]
        panel = next((one for one in self._snapshot.panels if one.plot_type.name == name), None)
        self.open(name, panel.pad if panel is not None else "", self._names)

    def go_to_other_alarm(self) -> None:
        """Look at the alarm elsewhere that most needs a person; pressed again at the next."""
        others = [one for one in self._others if one.plot_type]  # those of the hall have no plot to look at
        if others:
            after = [one for one in others if self._alarm is not None and one.id > self._alarm.id]
            fresh = [one for one in others if one.state is AlarmState.UNACKNOWLEDGED]
            chosen = (fresh or after or others)[0]
            self.open(chosen.plot_type, chosen.pad, self._names)

    def acknowledge(self) -> None:
        """Ask that the alarm of this stream be taken."""
        alarm = self._alarm
        if alarm is not None and alarm_speech.is_to_take(alarm):
            self.acknowledged.emit(alarm.id)

    def contest(self) -> None:
        """Ask which label this plot should have."""
        if self._detail is not None:
            self._acts.contest(self._detail, self._plot_type)

    def take_back(self) -> None:
        """Take a contest of this plot back."""
        if self._detail is not None:
            self._acts.take_back(self._detail)

    def draw_known(self) -> None:
        """Draw where a fault is that is known; Enter then asks the rest."""
        detail, canvas = self._detail, self.plots.first.canvas
        if detail is None or detail.shown is None or detail.past is None or not detail.past.verdict.label:
            return
        self.plots.swap(False)
        canvas.setFocus()
        canvas.tool.start(offered(detail.maps.get(detail.past.verdict.label)))
        self.side.show_notice(
            "Draw where the fault is, by mouse; or arrows move it, with Shift they resize it. "
            "Enter goes on, Esc leaves it."
        )

    def end_known(self) -> None:
        """Say that what is known of this plot is over."""
        if self._detail is not None:
            self._acts.end_known(self._detail)

    def _region_drawn(self, region: Region) -> None:
        self.side.show_notice("")
        if self._detail is not None:
            self._acts.tell_known(self._detail, self._plot_type, region)

    def settle_reference(self) -> None:
        """Confirm the proposal that waits, or have one made, where the button offers it."""
        if self._detail is not None and self.strips.button.isVisible() and self.strips.button.isEnabled():
            self.strips.button.setEnabled(False)
            self._acts.settle_reference(self._detail)

    def export(self, how: str) -> None:
        """Copy, save or enter into the logbook what is shown, as soon as it is."""
        detail = self._detail
        self._waiting_export = ""
        if detail is None or (detail.shown is not None and self.full.picture(detail.shown.content_hash) is None):
            self._waiting_export = how
            return
        order = self.plots.first.canvas.order_in_full()
        if detail.shown is None or order is None:
            self.side.show_notice("There is no picture to take.", trouble=True)
            return
        plot_type, area = self._plot_type, self.plots
        shown = Shown(
            detail,
            plot_type.guidance,
            plot_type.contact,
            order,
            area.first.canvas.overlay,
            area.map_name,
            area.opacity.value() / 100,
            area.compared,
        )
        {"copy": self._exports.copy, "save": self._exports.save, "logbook": self._exports.enter}[how](shown)

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        for layout in self._layouts:
            layout.setSpacing(px(8))
        self.setStyleSheet(
            f"#card {{ background: {c.panel}; border: 1px solid {c.line}; border-radius: {px(4)}px; }}"
            f"#head {{ font-weight: bold; }} #muted {{ color: {c.muted}; font-size: {px(12)}px; }}"
            f"#segment {{ padding: {px(4)}px {px(8)}px; border-radius: 0; border-color: {c.line};"
            f" background: {c.panel}; font-size: {px(12)}px; }}"
            f"#segment:checked {{ background: {c.text}; color: {c.background}; }}"
            f"#segment:disabled {{ color: {c.edge}; }} #segment:checked:disabled {{ color: {c.background}; }}"
        )
        self._fit_side()
        self._strip_frame.layout().setContentsMargins(px(12), px(6), px(12), px(6))
        self.others.setMinimumHeight(px(32))
        for part in (self.banner, self.plots, self.strips, self.history, self.side):
            part.rescale()
        self._show_standing()
        if self._detail is not None:
            self._show()

    def minimumSizeHint(self) -> QSize:
        """As narrow as needs be: no window is wider than its screen."""
        return QSize(1, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the column beside its share."""
        super().resizeEvent(event)
        self._fit_side()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space held swaps the plots; arrows go through the history and the plot types."""
        steps = {
            Qt.Key.Key_Left: lambda: self.go(-1),
            Qt.Key.Key_Right: lambda: self.go(1),
            Qt.Key.Key_Up: lambda: self.go_to_type(-1),
            Qt.Key.Key_Down: lambda: self.go_to_type(1),
            Qt.Key.Key_PageUp: lambda: self.go_to_type(-1),
            Qt.Key.Key_PageDown: lambda: self.go_to_type(1),
        }
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.plots.swap(True)
        elif event.key() in steps and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            steps[Qt.Key(event.key())]()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space let go puts the plots back."""
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.plots.swap(False)
        else:
            super().keyReleaseEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """A window that is left hears no key come up."""
        if event.type() is QEvent.Type.ActivationChange:
            self.plots.swap(False)
        super().changeEvent(event)

    def _lay_out(self) -> tuple:
        line = QHBoxLayout()
        line.addWidget(self.position, 1)
        line.addWidget(self.others)
        self._strip_frame = QFrame()
        self._strip_frame.setObjectName("card")
        QVBoxLayout(self._strip_frame).addWidget(self.history)
        left = QVBoxLayout()
        left.addWidget(self.plots, 1)
        left.addLayout(self.strips.row)
        left.addWidget(self._strip_frame)
        body = QHBoxLayout()
        body.addLayout(left, 1)
        body.addWidget(self.side)
        layout = QVBoxLayout(self)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.banner)
        layout.addLayout(line)
        layout.addLayout(body, 1)
        return line, left, body, layout

    def _fit_side(self) -> None:
        px = self._theme.px
        self.side.setFixedWidth(max(px(330), min(px(420), round(self.width() * 0.21))))

    def _connect(self) -> None:
        self._tick.timeout.connect(self._ticked)
        self._blink.timeout.connect(lambda: self.banner.set_blink(not self.banner._blink))
        self._again.timeout.connect(self._read)
        self.full.ready.connect(lambda: self._waiting_export and self.export(self._waiting_export))
        self.others.clicked.connect(self.go_to_other_alarm)
        self.plots.deviation_wanted.connect(self._ask_deviation)
        self.strips.normal.chosen.connect(self.look_at)
        self.strips.nearest.chosen.connect(self.look_at)
        self.strips.reference_asked.connect(self.settle_reference)
        self.history.chosen.connect(self.look_at)
        self.side.pressed.connect(self._pressed)
        tool = self.plots.first.canvas.tool
        tool.confirmed.connect(self._region_drawn)
        tool.left.connect(lambda: self.side.show_notice(""))
        self._reader.came.connect(self._take)
        self._reader.failed.connect(self._read_failed)
        for part in (self._acts, self._exports):
            part.done.connect(self.side.show_notice)
            part.failed.connect(self._tell)
        self._acts.done.connect(lambda _said: self._read())
        self._acts.failed.connect(lambda _why: self._read())

    def _make_shortcuts(self) -> None:
        area = self.plots
        for key, text, work in (
            ("Esc", "Back to the wall", self.close_view),
            ("Home", "Back to the newest plot, which is followed", lambda: self.look_at(None)),
            ("N", "Go to the next other alarm", self.go_to_other_alarm),
            ("A", "Acknowledge this alarm", self.acknowledge),
            ("S", "Silence the sound until the next new alarm", self.silenced.emit),
            ("1", "Open the nearest training plot", lambda: self.strips.nearest.click(0)),
            ("2", "Open the second nearest", lambda: self.strips.nearest.click(1)),
            ("3", "Open the third nearest", lambda: self.strips.nearest.click(2)),
            ("R", "Confirm or propose what is normal", self.settle_reference),
            ("W", "This verdict is wrong", self.contest),
            ("Shift+W", "Take the contest back", self.take_back),
            ("K", "This fault is known: draw where it is", self.draw_known),
            ("Shift+K", "What is known of this plot is over", self.end_known),
            ("L", "Write a logbook entry", lambda: self.export("logbook")),
            ("Ctrl+C", "Copy the plot as shown", lambda: self.export("copy")),
            ("Ctrl+S", "Save the plot as shown", lambda: self.export("save")),
        ):
            keys.add(self, key, text, work)
        for key, text, work in (
            ("M", "Next map over the plot", lambda: area.maps.step(1)),
            ("Shift+M", "Map before", lambda: area.maps.step(-1)),
            ("[", "Weaker map", lambda: area.step_opacity(-1)),
            ("]", "Stronger map", lambda: area.step_opacity(1)),
            ("C", "Compare with the next", lambda: area.others.step(1)),
            ("Shift+C", "Compare with the one before", lambda: area.others.step(-1)),
        ):
            keys.add(self, key, text, work, repeats=True)

    def _pressed(self, name: str) -> None:
        works = {
            "close": self.close_view, "wrong": self.contest, "take back": self.take_back,
            "silence": self.silenced.emit, "acknowledge": self.acknowledge, "known": self.draw_known,
            "known over": self.end_known,
        }  # fmt: skip
        works.get(name, lambda: self.export(name))()

    def _read(self) -> None:
        if self._ask is not None:
            alarm = self._alarm or stream.held(self._snapshot, self._ask)
            self._reader.read(replace(self._ask, alarm_id=alarm.id if alarm is not None else None))

    def _take(self, detail: Detail) -> None:
        if self._ask == replace(detail.ask, alarm_id=None):  # else one is elsewhere by now
            self._detail = detail
            if self.side.notice.text().startswith(UNREADABLE):
                self.side.show_notice("")  # now it can
            self._show()

    def _read_failed(self, why: str) -> None:
        if self._ask is not None:
            self._tell(f"{UNREADABLE} {why}")
            self._again.start()

    def _show(self) -> None:
        detail, plot_type = self._detail, self._plot_type
        shown = detail.shown.id if detail.shown is not None else None
        self.plots.show_detail(detail, plot_type, self._frame())
        self.strips.button.setEnabled(True)
        self.strips.show_detail(detail, plot_type)
        self.history.show_history(detail.history, plot_type, detail.contested, shown)
        self.side.show_detail(detail, plot_type, self._service.user)
        self._show_standing()

    def _show_standing(self) -> None:
        """What follows from the wall's snapshot alone: how the stream stands, and other alarms."""
        if self._ask is None:
            return
        now, c, alarm = datetime.now(UTC), self._theme.colours, self._alarm
        log = self._detail.log if self._detail is not None else ()
        self.banner.show_said(speech.banner(self._ask, self._snapshot, log, c, now))
        fresh = alarm is not None and alarm.state is AlarmState.UNACKNOWLEDGED
        if fresh and not self._blink.isActive():
            self._blink.start()
        elif not fresh:
            self._blink.stop()
            self.banner.set_blink(False)
        sounding = any(one.state is AlarmState.UNACKNOWLEDGED for one in self._snapshot.alarms)
        self.side.show_alarm(alarm, sounding=sounding)
        text, fill = speech.others(self._others, c, now)
        self.others.setText(text)
        self.others.setEnabled(any(one.plot_type for one in self._others))
        word = self._theme.word_on(fill) if fill else c.text
        self.others.setStyleSheet(
            f"background: {fill or c.panel}; color: {word}; border: 1px solid {fill or c.line};"
            f" font-weight: {'bold' if fill else 'normal'}; padding: 0 {self._theme.px(12)}px;"
        )
        self._show_position(now)

    def _show_position(self, now: datetime) -> None:
        text, away = speech.position(self._ask, self._detail, now)
        c, px = self._theme.colours, self._theme.px
        self.position.setText(text)
        self.position.setToolTip(text)
        frame = c.unconfirmed if away else c.line
        weight = "bold" if away else "normal"
        self.position.setStyleSheet(
            f"background: {c.panel}; color: {c.text if away else c.muted}; border: {2 if away else 1}px solid {frame};"
            f" border-radius: {px(4)}px; padding: {px(4)}px {px(12)}px; font-weight: {weight};"
        )

    def _ticked(self) -> None:
        self._show_standing()
        self.plots.tick()

    def _frame(self) -> str:
        alarm, detail = self._alarm, self._detail
        if alarm is None or detail is None or not detail.is_newest or not alarm_speech.is_to_take(alarm):
            return ""
        return self._theme.colours.severity(alarm.severity)

    def _ask_deviation(self) -> None:
        detail = self._detail
        if detail is None or detail.shown is None or detail.past is None or detail.past.model_id is None:
            return
        plot_id, model_id = detail.shown.id, detail.past.model_id

        def failed(why: str) -> None:
            self.plots.show_deviation(plot_id, why)
            self._tell(why)

        self._slow.run(
            lambda: self._deviation.map(plot_id, model_id),
            lambda found: self.plots.show_deviation(plot_id, found),
            failed,
            owner=self,
        )

    def _tell(self, message: str) -> None:
        self.side.show_notice(message, trouble=True)

    @property
    def _panel(self) -> Panel | None:
        return stream.panel(self._snapshot, self._ask)

    @property
    def _plot_type(self) -> PlotType:
        return stream.plot_type(self._snapshot, self._ask)

    @property
    def _alarm(self) -> Alarm | None:
        return stream.alarm(self._snapshot, self._ask)

    @property
    def _others(self) -> list[Alarm]:
        return stream.others(self._snapshot, self._ask)
