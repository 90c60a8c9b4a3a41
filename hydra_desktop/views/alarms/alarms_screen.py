"""The alarms screen: what needs a person, what somebody has, what is held back, and all about the chosen one."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ...database.connection import Database
from ...domain.alarm import Alarm, AlarmState
from ...domain.hall import PlotType
from ...domain.station import StationRole
from ...domain.wall import WallSnapshot
from .. import keys, words
from ..background import Background
from ..pictures import Evidence, Pictures
from ..theme import Theme
from ..wall.message_line import MessageLine
from . import speech
from .alarm_acts import AlarmActs
from .alarm_banner import AlarmBanner
from .alarm_delegate import AlarmDelegate
from .alarm_list_model import AlarmListModel
from .alarm_side import AlarmSide
from .alarm_view import AlarmView, Heads
from .reader import AlarmReader
from .rows import ItemRow, make_rows
from .station_bar import StationBar

TICK_MS = 1000
BLINK_MS = 500


class AlarmsScreen(QWidget):
    """Shows snapshots; what people do about them is told by `acts`."""

    def __init__(
        self,
        theme: Theme,
        image_folder: Path,
        evidence: Evidence,
        database: Database,
        hall_id: int,
        background: Background,
        *,
        user: str,
        station: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self.setObjectName("screen")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # while there is no list; a click takes it from no comment
        self._theme, self._clock = theme, clock
        self._snapshot: WallSnapshot | None = None
        self._trouble = ""
        self._silenced_here = False
        self._can_sound = True
        self._looked: tuple[int, int] | None = None  # id and version of the alarm that was read last
        self._showing = False
        self.pictures = Pictures(evidence, parent=self)
        self.reader = AlarmReader(database, hall_id, background, self)
        self.standing = MessageLine("Trouble")
        self.failures = MessageLine("Failures", is_button=True)
        self.banner = AlarmBanner(theme)
        self.model = AlarmListModel(self)
        self.delegate = AlarmDelegate(theme, self.pictures, image_folder, self)
        self.view = AlarmView(self.model, self.delegate)
        self.heads = Heads(theme, self.view)
        self.empty = QLabel()
        self.side = AlarmSide(theme, self.pictures, image_folder)
        self.stations = StationBar(theme, station)
        self.acts = AlarmActs(
            self, theme, self.view, self.side, self.stations, user=user, station=station, clock=clock
        )  # fmt: skip
        self._lay_out()
        self._connect()
        self._tick, self._blink = QTimer(self), QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._ticked)
        self._blink.setInterval(BLINK_MS)
        self._blink.timeout.connect(self._blinked)
        self.rescale()
        self._show()

    # what is shown

    @property
    def chosen(self) -> Alarm | None:
        """The alarm that the keys act on, None where none is chosen."""
        return self.acts.chosen

    @property
    def busy(self) -> bool:
        """Whether something is still to come."""
        return self.reader.busy or self.pictures.busy

    def show_snapshot(self, snapshot: WallSnapshot) -> None:
        """Take over how the hall stands."""
        self._snapshot, self._trouble = snapshot, ""
        self.acts.show_snapshot(snapshot)
        self.reader.follow((*snapshot.alarms, *snapshot.held))
        if self.isVisible():  # else when it is shown
            self._show()

    def show_trouble(self, message: str) -> None:
        """Say that the database is away; what stands here is old."""
        self._trouble = message
        self.acts.show_trouble()
        if self.isVisible():
            self._show()

    def show_failure(self, message: str) -> None:
        """Say that what a person asked for was not done; it stays until it is put away."""
        self.acts.show_failure()
        self.failures.show_message(f"{words.clock(datetime.now(UTC))} {message}")
        self._show()

    def show_sound(
        self, role: StationRole, volume: float, *, speaks: bool, sounds: bool, silenced: bool, audible: bool = True
    ) -> None:
        """Take over what this station is and how loud, whether it sounds now, was silenced, and could sound at all."""
        self.stations.show_role(role)
        self.stations.show_volume(volume, speaks=speaks)
        self.stations.show_sounding(sounds)
        if (sounds, silenced, audible) != (self.acts.sounds, self._silenced_here, self._can_sound):
            self.acts.sounds, self._silenced_here, self._can_sound = sounds, silenced, audible
            if self.isVisible():
                self._show()

    def take_focus(self) -> None:
        """Stand on the alarm that most needs a person, with the keyboard in the list; or go on with a comment."""
        if self.side.is_writing:
            self.side.write_comment()
            return
        self._choose_worst()
        self._focus_list()

    def choose(self, alarm_id: int) -> None:
        """Stand on an alarm."""
        place = self.model.row_of(f"alarm {alarm_id}")
        if place >= 0:
            self.view.choose(place)

    def set_wall_mode(self, _on: bool) -> None:
        """Nothing here is for a desk only."""

    def close_threads(self) -> None:
        """End the work in the background."""
        self._tick.stop()
        self._blink.stop()
        self.pictures.close()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        for layout in self._layouts:
            layout.setSpacing(px(8))
        self._layouts[0].setContentsMargins(px(12), px(8), px(12), px(8))
        for part in (self.banner, self.side, self.stations, self.heads):
            part.rescale()
        self._frame.setStyleSheet(
            f"#frame {{ background: {c.panel}; border: 1px solid {c.line}; border-radius: {px(4)}px; }}"
            f"#alarms {{ background: {c.panel}; border: none; }}"
        )
        self.empty.setStyleSheet(f"font-size: {max(15, px(20))}px; color: {c.text}; background: {c.panel};")
        line = f"padding: {px(5)}px {px(10)}px; border-radius: {px(4)}px; background: {c.panel}; color: {c.text};"
        for one in (self.standing, self.failures):
            one.setStyleSheet(f"font-size: {max(12, px(14))}px; {line} border: 1px solid {c.medium};")
        self._fit_side()
        self.view.scheduleDelayedItemsLayout()
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the side its share."""
        super().resizeEvent(event)
        self._fit_side()

    def showEvent(self, event: QShowEvent) -> None:
        """Tell ages again."""
        super().showEvent(event)
        self._tick.start()
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks."""
        super().hideEvent(event)
        self._tick.stop()
        self._blink.stop()

    # putting it together

    def _lay_out(self) -> None:
        self._frame = QFrame()
        self._frame.setObjectName("frame")
        table = QVBoxLayout(self._frame)
        table.setContentsMargins(1, 1, 1, 1)
        table.setSpacing(0)
        table.addWidget(self.heads)
        table.addWidget(self.view, 1)
        table.addWidget(self.empty, 1)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        body = QHBoxLayout()
        body.addWidget(self._frame, 1)
        body.addWidget(self.side)
        layout = QVBoxLayout(self)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        for line in (self.standing, self.failures):
            layout.addWidget(line)
        layout.addWidget(self.banner)
        layout.addLayout(body, 1)
        layout.addWidget(self.stations)
        self._layouts = (layout, body)

    def _connect(self) -> None:
        self.failures.clicked.connect(lambda: self.failures.setVisible(False))
        self.banner.silence.connect(self.acts.silenced)
        self.banner.acknowledge.connect(self.acts.acknowledge_worst)
        self.view.selectionModel().currentChanged.connect(lambda *_: None if self._showing else self._show_chosen())
        self.delegate.pressed.connect(self.acts.press_row)
        self.pictures.ready.connect(lambda _key: self.view.viewport().update())
        self.reader.reasons_came.connect(self._show)
        self.reader.came.connect(self.side.show_look)
        self.reader.came.connect(lambda _look: self._offer())
        self.reader.failed.connect(self._tell_unread)
        self.side.left.connect(self._comment_left)
        keys.add(self.side.comment, "Esc", "", self._leave_comment)
        self.acts.taken.connect(self._show_chosen)
        self.acts.answered.connect(self._go_on)

    # bringing it up to date

    def _show(self) -> None:
        """Bring all up to date with the snapshot, the time and what is known."""
        snapshot = self._snapshot
        self.standing.show_message(
            f"Database away: what you see is old. Silence works; all else comes back with it. {self._trouble}"
            if self._trouble and snapshot is not None
            else ""
        )
        if snapshot is None:
            said = speech.Said("Database away" if self._trouble else "Reading the alarms...", mark="dots")
            self.banner.show_said(said, silences=False, takes=False, takes_by_key=False)
            self._show_emptiness()
            self._show_chosen()
            return
        now = snapshot.as_of or self._clock()
        before = self.view.chosen
        self._showing = True
        self.model.show_rows(make_rows(snapshot, now, self.reader.why, self._sound))
        self._showing = False
        self.delegate.can_act = self.acts.is_live
        self._keep_chosen(before)
        self.stations.show_snapshot(snapshot)
        self._show_emptiness()
        self._show_chosen()
        fresh = snapshot.as_of is None and any(one.state is AlarmState.UNACKNOWLEDGED for one in snapshot.alarms)
        if fresh and self.isVisible() and not self._blink.isActive():
            self._blink.start()
        elif not fresh:
            self._blink.stop()
            self._set_blink(False)

    def _keep_chosen(self, before: ItemRow | None) -> None:
        """Stand where one stood; where that row went, on what needs a person, or else on its neighbour."""
        if before is not None and self.model.row_of(before.key) >= 0:
            if self.view.chosen is None or self.view.chosen.key != before.key:
                self.view.choose(self.model.row_of(before.key))
            return
        if self.side.is_writing:
            self._keep_what_is_written_about()
        else:
            self._choose_worst()

    def _keep_what_is_written_about(self) -> None:
        """Its row went: nothing is chosen until the comment is written, or the row is back."""
        row = self.side.row
        self.view.choose(self.model.row_of(row.key) if row is not None else -1)

    def _choose_worst(self) -> None:
        alarm = self.acts.worst
        if alarm is not None:
            self.choose(alarm.id)
        elif self.view.chosen is None:
            self.view.choose(-1)
            self.view.go(1)

    def _show_chosen(self) -> None:
        row, snapshot = self.view.chosen, self._snapshot
        plot_type = PlotType("")
        name = row.plot_types[0] if row is not None and row.alarm is not None and row.plot_types else ""
        if snapshot is not None and name:
            panels = (*snapshot.in_alarm, *snapshot.panels)
            plot_type = next((one.plot_type for one in panels if one.plot_type.name == name), PlotType(name))
        if row is None and self.side.is_writing:
            self.side.show_gone(self._why_gone())
        else:
            self.side.show_row(row, plot_type)
        self._offer()
        alarm = row.alarm if row is not None else None
        wanted = (alarm.id, alarm.version) if alarm is not None else None
        if alarm is not None and wanted != self._looked and self.isVisible() and not self._trouble:
            self.reader.look(alarm)
            self._looked = wanted

    def _tell_unread(self, why: str) -> None:
        self._looked = None  # to be asked again with the next tick
        self.side.show_trouble(why)

    def _why_gone(self) -> str:
        """Why what is written about isn't listed any more."""
        alarm = self.side.row.alarm if self.side.row is not None else None
        held = self._snapshot.held if self._snapshot is not None else ()
        state = next((str(one.state) for one in held if alarm is not None and one.id == alarm.id), "over")
        return f"It is {state} now"

    def _offer(self) -> None:
        """Say what can be done now, and in the banner what is to be done first."""
        self.acts.offer()
        if self._snapshot is None:
            return
        now = self._snapshot.as_of or self._clock()
        worst, by_key = self.acts.worst, self.acts.by_key
        self.banner.show_said(
            speech.banner(self._snapshot, self.reader.why, now),
            silences=self.acts.silences,
            takes=self.acts.is_live and worst is not None,
            takes_by_key=worst is not None and by_key is not None and worst.id == by_key.id,
        )

    def _show_emptiness(self) -> None:
        empty = not any(isinstance(row, ItemRow) for row in self.model.rows)
        here = self.hasFocus() or self.view.hasFocus()
        self.view.setVisible(not empty)
        self.heads.setVisible(not empty)
        self.empty.setVisible(empty)
        title, _, rest = speech.empty(self._snapshot, self._trouble).partition("\n")
        self.empty.setText(f"<b>{html.escape(title)}</b><br>{html.escape(rest).replace(chr(10), '<br>')}")
        self.side.empty.setVisible(self.side.row is None and not empty)
        if here:
            self._focus_list()  # the keyboard stays here, whether there is a list or not

    @property
    def _sound(self) -> str:
        """What is heard here of an alarm that nobody has taken."""
        if self.acts.sounds:
            return "sounding"
        if self._silenced_here and self._can_sound:
            return "silenced here"
        if self.stations.role is StationRole.VIEWER:
            return "a viewer makes no sound"
        return "" if self._can_sound else "no sound here"

    def _focus_list(self) -> None:
        (self if self.view.isHidden() else self.view).setFocus()

    def _go_on(self) -> None:
        """A question is over: the keyboard is back in the list, or in the comment that is being written."""
        if self.window().focusWidget() is not self.side.comment:
            self._focus_list()

    def _leave_comment(self) -> None:
        self.side.comment.clear()
        self._comment_left()

    def _comment_left(self) -> None:
        self._focus_list()
        self._show()  # what was written about may be gone

    def _fit_side(self) -> None:
        px = self._theme.px
        self.side.setFixedWidth(max(px(400), 320, min(px(620), round(self.width() * 0.305))))

    def _ticked(self) -> None:
        self._show()
        if self.pictures.forget_partial():
            self.view.viewport().update()

    def _blinked(self) -> None:
        self._set_blink(not self.delegate.blink)

    def _set_blink(self, on: bool) -> None:
        if on != self.delegate.blink:
            self.delegate.blink = on
            self.banner.set_blink(on)
            self.view.turn_strips()
