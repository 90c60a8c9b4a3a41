"""The alarms screen: what needs a person, what somebody has, what is held back, and all about the chosen one."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QMetaMethod, Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import QAction, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ...database.connection import Database
from ...domain.alarm import OF_PLOTS, Alarm, AlarmState, Disposition
from ...domain.alarm_settings import SHIFT_S
from ...domain.hall import PlotType
from ...domain.station import StationRole
from ...domain.wall import WallSnapshot
from .. import alarm_speech, keys, words
from ..background import Background
from ..dialogs import open_over
from ..pictures import Evidence, Pictures
from ..theme import Theme
from ..wall.message_line import MessageLine
from . import speech
from .alarm_banner import AlarmBanner
from .alarm_delegate import AlarmDelegate
from .alarm_list_model import AlarmListModel
from .alarm_side import AlarmSide
from .alarm_view import AlarmView, Heads
from .questions import OUT_SPANS, DispositionQuestion, SignInQuestion, SpanQuestion, TakeAllQuestion, shelf_spans
from .reader import AlarmReader
from .rows import Act, ItemRow, make_rows
from .station_bar import StationBar

TICK_MS = 1000
BLINK_MS = 500


class AlarmsScreen(QWidget):
    """Shows snapshots; tells what people did by signals and does nothing itself.

    Signals begin with an alarm's id or a plot type's name: `acknowledged`, `unshelved`, `reset_asked`, `put_back`;
    `shelved` (id, seconds, why, when it was raised), `commented` (id, text), `disposed` (id, Disposition),
    `taken_out` (plot type, seconds or None, why), `all_acknowledged` (when each was raised, by id). `detail_asked`
    carries a plot type and pad, `signed_in` a name, "" for nobody, `role_wanted` a StationRole, `volume_wanted` 0..1,
    `speech_wanted` whether plot types are named. `performance_asked` and `handover_asked` ask for other pages; their
    keys are there as soon as somebody listens.
    """

    acknowledged = Signal(int)
    all_acknowledged = Signal(object)  # a dict: as Signal(dict) its keys would have to be texts
    shelved = Signal(int, float, str, object)
    unshelved = Signal(int)
    commented = Signal(int, str)
    reset_asked = Signal(int)
    disposed = Signal(int, object)
    taken_out = Signal(str, object, str)
    put_back = Signal(str)
    silenced = Signal()
    detail_asked = Signal(str, str)
    performance_asked = Signal()
    handover_asked = Signal()
    sound_tested = Signal()
    role_wanted = Signal(object)
    volume_wanted = Signal(float)
    speech_wanted = Signal(bool)
    signed_in = Signal(str)

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
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # while there is no list
        self._theme, self._clock = theme, clock
        self._user, self._station = user, station
        self.shelve_at_most_s = SHIFT_S
        self._snapshot: WallSnapshot | None = None
        self._trouble = ""
        self._sounds = self._silenced_here = False
        self._can_sound = True
        self._just_taken: set[tuple[int, datetime]] = set()  # asked for, and not told by a snapshot yet
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
        self._actions: dict[str, QAction] = {}
        self._lay_out()
        self._connect()
        self._make_keys()
        self._tick, self._blink = QTimer(self), QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._ticked)
        self._blink.setInterval(BLINK_MS)
        self._blink.timeout.connect(self._blinked)
        self.rescale()
        self._show()

    # what is shown

    @property
    def is_live(self) -> bool:
        """Whether what is shown is now, so that something can be done about it."""
        return self._snapshot is not None and self._snapshot.as_of is None and not self._trouble

    @property
    def chosen(self) -> Alarm | None:
        """The alarm that the keys act on, None where none is chosen."""
        row = self.view.chosen
        return row.alarm if row is not None else None

    @property
    def busy(self) -> bool:
        """Whether something is still to come."""
        return self.reader.busy or self.pictures.busy

    def show_snapshot(self, snapshot: WallSnapshot) -> None:
        """Take over how the hall stands."""
        self._snapshot, self._trouble = snapshot, ""
        unacknowledged = {(one.id, one.raised_at) for one in snapshot.alarms if alarm_speech.is_to_take(one)}
        self._just_taken &= unacknowledged
        self.reader.follow((*snapshot.alarms, *snapshot.held))
        if self.isVisible():  # else when it is shown
            self._show()

    def show_trouble(self, message: str) -> None:
        """Say that the database is away; what stands here is old."""
        self._trouble = message
        if self.isVisible():
            self._show()

    def show_failure(self, message: str) -> None:
        """Say that what a person asked for was not done; it stays until it is put away."""
        self._just_taken.clear()
        self.failures.show_message(f"{words.clock(datetime.now(UTC))} {message}")
        self._show()

    def show_sound(
        self, role: StationRole, volume: float, *, speaks: bool, sounds: bool, silenced: bool, audible: bool = True
    ) -> None:
        """Take over what this station is and how loud, whether it sounds now, was silenced, and could sound at all."""
        self.stations.show_role(role)
        self.stations.show_volume(volume, speaks=speaks)
        self.stations.show_sounding(sounds)
        if (sounds, silenced, audible) != (self._sounds, self._silenced_here, self._can_sound):
            self._sounds, self._silenced_here, self._can_sound = sounds, silenced, audible
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

    # what people do

    def acknowledge(self) -> None:
        """Take the chosen alarm, or the worst where that needs nobody, and go on to the next."""
        alarm = self._to_take_by_key()
        if alarm is not None:
            self._take(alarm)

    def acknowledge_worst(self) -> None:
        """Take the alarm of the banner."""
        alarm = self._worst()
        if alarm is not None and self.is_live:
            self._take(alarm)

    def acknowledge_all(self) -> None:
        """Ask whether all alarms that are shown as to take are taken."""
        alarms = self._to_take()
        if not alarms or not self.is_live:
            return
        question = TakeAllQuestion(alarms, self)
        question.decided.connect(lambda: self.all_acknowledged.emit({one.id: one.occurrence for one in alarms}))
        self._ask(question)

    def shelve(self) -> None:
        """Ask for how long and why the chosen alarm is put aside."""
        alarm = self.chosen
        if alarm is None:
            return
        own = self.stations.own_station()
        spans = shelf_spans(self.shelve_at_most_s, own.signed_in_at if own and own.user else None, self._clock())
        text = f"{alarm_speech.said_of(alarm)} makes no sound while it is shelved, and returns by itself."
        question = SpanQuestion("Shelve the alarm", text, "Shelve", spans, min(1, len(spans) - 1), self)
        question.decided.connect(lambda seconds, why: self.shelved.emit(alarm.id, seconds, why, alarm.occurrence))
        self._ask(question)

    def take_out_of_service(self) -> None:
        """Ask until when and why nothing of the plot type alarms."""
        name = self.chosen.plot_type if self.chosen is not None else ""
        if not name:
            return
        text = f"No plot of {name} alarms, whatever it shows. It is listed here as long as that is so."
        question = SpanQuestion("Out of service", text, "Take out of service", OUT_SPANS, 1, self)
        question.decided.connect(lambda seconds, why: self.taken_out.emit(name, seconds, why))
        self._ask(question)

    def ask_disposition(self) -> None:
        """Ask what the chosen alarm was in the end."""
        alarm = self.chosen
        if alarm is not None:
            question = DispositionQuestion(alarm, self)
            question.decided.connect(lambda disposition: self.disposed.emit(alarm.id, disposition))
            self._ask(question)

    def ask_sign_in(self) -> None:
        """Ask who is on shift here."""
        own = self.stations.own_station()
        question = SignInQuestion(self._station, own.user if own is not None else "", self._user, self)
        question.named.connect(self.signed_in)
        question.left.connect(lambda: self.signed_in.emit(""))
        self._ask(question)

    def open_in_full(self) -> None:
        """Ask for the plot of the chosen row in full."""
        row = self.view.chosen
        if row is None:
            return
        if row.alarm is not None and row.alarm.plot_type:
            self.detail_asked.emit(row.alarm.plot_type, row.alarm.pad)
        elif row.alarm is None and row.suppression is None and row.plot_types:
            self.detail_asked.emit(row.plot_types[0], row.known.pad if row.known is not None else "")

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
        self.banner.silence.connect(self.silenced)
        self.banner.acknowledge.connect(self.acknowledge_worst)
        self.view.selectionModel().currentChanged.connect(lambda *_: None if self._showing else self._show_chosen())
        self.view.doubleClicked.connect(lambda _index: self.open_in_full())
        self.view.entered.connect(self.open_in_full)
        self.delegate.pressed.connect(self._pressed_row)
        self.pictures.ready.connect(lambda _key: self.view.viewport().update())
        self.reader.reasons_came.connect(self._show)
        self.reader.came.connect(self.side.show_look)
        self.reader.came.connect(lambda _look: self._offer(self.view.chosen))
        self.reader.failed.connect(self._tell_unread)
        self.side.pressed.connect(self._pressed)
        self.side.commented.connect(self.commented)
        self.side.left.connect(self._comment_left)
        self.stations.sound_tested.connect(self.sound_tested)
        self.stations.role_wanted.connect(self.role_wanted)
        self.stations.volume_wanted.connect(self.volume_wanted)
        self.stations.speech_wanted.connect(self.speech_wanted)
        self.stations.performance_wanted.connect(self.performance_asked)
        self.stations.handover_wanted.connect(self.handover_asked)
        self.stations.sign_in_wanted.connect(self.ask_sign_in)

    def _make_keys(self) -> None:
        for name, key, text, work in (
            ("take", "A", "Acknowledge the chosen alarm and go on to the next", self.acknowledge),
            ("all", "Shift+A", "Acknowledge all that are to take, after a question", self.acknowledge_all),
            ("silence", "S", "Silence the sound until the next new alarm", self.silenced.emit),
            ("comment", "C", "Write a comment that everyone on shift reads", self.side.write_comment),
            ("shelve", "H", "Shelve the chosen alarm for a time", self.shelve),
            ("unshelve", "U", "Take the chosen alarm from the shelf", lambda: self._pressed("unshelve")),
            ("wrong", "W", "This verdict is wrong: the plot goes to the experts' queue",
             lambda: self._pressed("wrong")),
            ("dispose", "D", "Say what the chosen alarm was in the end", self.ask_disposition),
            ("reset", "R", "Reset the chosen alarm, which is over", lambda: self._pressed("reset")),
            ("out", "O", "Out of service, or in service again", self._switch_service),
            ("evidence", "E", "Evidence off, or on again", self.side.picture.switch_evidence),
            ("sign in", "G", "Sign in, or out", self.ask_sign_in),
            ("test", "Ctrl+T", "Test the sound of this station", self.sound_tested.emit),
            ("performance", "P", "How the alarms perform", self.performance_asked.emit),
            ("handover", "Ctrl+D", "Hand the shift over", self.handover_asked.emit),
        ):  # fmt: skip
            self._actions[name] = keys.add(self, key, text, work)
        keys.add(self.side.comment, "Esc", "", self._leave_comment)

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
        self.delegate.can_act = self.is_live
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
        alarm = self._worst()
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
        self._offer(row)
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

    def _offer(self, row: ItemRow | None) -> None:
        """Say what can be done now: a key is drawn, and acts, only where it does something."""
        alarm, live = row.alarm if row is not None else None, self.is_live
        names: list[str] = []
        main = ""
        if alarm is not None and live:
            of_plots = alarm.kind in OF_PLOTS and alarm.plot_type != ""
            if alarm.state is AlarmState.SHELVED:
                names.append("unshelve")
            if alarm.state in alarm_speech.NEED and alarm.state is not AlarmState.LATCHED:
                names.append("shelve")
            names += ["wrong"] if of_plots else []
            names.append("dispose")
            names += ["out", "full"] if alarm.plot_type else []
            main = "take" if alarm_speech.is_to_take(alarm) else ""
            main = "reset" if alarm.state is AlarmState.LATCHED else main
        elif row is not None and row.out_of_service is not None:
            names = ["back", "full"] if live else ["full"]
        elif (alarm is not None and alarm.plot_type) or (row is not None and row.known is not None):
            names = ["full"]
        if self._silences():
            names.append("silence")
        self.side.offer(tuple(names), main, can_comment=live and (alarm is not None or self.side.is_writing))
        has = set(names)
        keys.tell_nothing(self.view)
        if "full" in has:
            keys.tell(self.view, "Enter", "Open the plot in full")
        by_key = self._to_take_by_key()
        for name, possible in (
            ("take", by_key is not None),
            ("all", live and len(self._to_take()) > 1),
            ("silence", self._silences()),
            ("comment", live and alarm is not None),
            ("shelve", "shelve" in has),
            ("unshelve", "unshelve" in has),
            ("wrong", "wrong" in has),
            ("dispose", "dispose" in has),
            ("reset", main == "reset"),
            ("out", bool({"out", "back"} & has)),
            ("evidence", self.side.picture.has_evidence),
            ("performance", self._is_heard(self.performance_asked)),
            ("handover", self._is_heard(self.handover_asked)),
        ):
            self._actions[name].setEnabled(possible)
        self.stations.performance.setVisible(self._actions["performance"].isEnabled())
        self.stations.handover.setVisible(self._actions["handover"].isEnabled())
        if self._snapshot is None:
            return
        now = self._snapshot.as_of or self._clock()
        worst = self._worst()
        self.banner.show_said(
            speech.banner(self._snapshot, self.reader.why, now),
            silences=self._silences(),
            takes=live and worst is not None,
            takes_by_key=worst is not None and by_key is not None and worst.id == by_key.id,
        )

    def _is_heard(self, signal: SignalInstance) -> bool:
        return self.isSignalConnected(QMetaMethod.fromSignal(signal))

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
        if self._sounds:
            return "sounding"
        if self._silenced_here and self._can_sound:
            return "silenced here"
        if self.stations.role is StationRole.VIEWER:
            return "a viewer makes no sound"
        return "" if self._can_sound else "no sound here"

    def _focus_list(self) -> None:
        (self if self.view.isHidden() else self.view).setFocus()

    def _worst(self) -> Alarm | None:
        """The alarm that most needs a person, but for one that was just taken here."""
        if self._snapshot is None:
            return None
        return min(self._to_take(), key=alarm_speech.by_need, default=None)

    def _to_take(self) -> list[Alarm]:
        alarms = self._snapshot.alarms if self._snapshot is not None else ()
        return [
            one for one in alarms if alarm_speech.is_to_take(one) and (one.id, one.raised_at) not in self._just_taken
        ]

    def _to_take_by_key(self) -> Alarm | None:
        """The alarm that the key takes: the chosen one, or the worst where that needs nobody."""
        if not self.is_live:
            return None
        to_take, chosen = self._to_take(), self.chosen
        own = [one for one in to_take if chosen is not None and one.id == chosen.id]
        return own[0] if own else self._worst()

    def _silences(self) -> bool:
        return self._sounds and (self._snapshot is None or self._snapshot.as_of is None)

    def _take(self, alarm: Alarm) -> None:
        self._just_taken.add((alarm.id, alarm.raised_at))
        self.acknowledged.emit(alarm.id)
        if not self.side.is_writing and (self.chosen is None or self.chosen.id == alarm.id):
            following = self._next_to_take(alarm)
            if following is not None:
                self.choose(following.id)
        self._show_chosen()

    def _next_to_take(self, after: Alarm) -> Alarm | None:
        """The alarm below that needs a person, else the first."""
        ids = {one.id for one in self._to_take()}
        order = [row.alarm for row in self.model.rows if isinstance(row, ItemRow) and row.alarm is not None]
        place = next((number for number, one in enumerate(order) if one.id == after.id), -1)
        return next((one for one in (*order[place + 1 :], *order[: max(place, 0)]) if one.id in ids), None)

    def _pressed(self, name: str) -> None:
        alarm = self.chosen
        if name in ("back", "out"):
            self._switch_service()
        elif name == "full":
            self.open_in_full()
        elif name == "silence":
            self.silenced.emit()
        elif alarm is not None:
            {
                "take": lambda: self._take(alarm),
                "reset": lambda: self.reset_asked.emit(alarm.id),
                "unshelve": lambda: self.unshelved.emit(alarm.id),
                "shelve": self.shelve,
                "wrong": lambda: self.disposed.emit(alarm.id, Disposition.WRONG_MODEL),
                "dispose": self.ask_disposition,
            }[name]()

    def _pressed_row(self, row: ItemRow) -> None:
        """The button of a row was clicked."""
        self.view.choose(self.model.row_of(row.key))
        acts = {
            Act.TAKE: lambda: self._pressed("take"),
            Act.RESET: lambda: self._pressed("reset"),
            Act.UNSHELVE: lambda: self._pressed("unshelve"),
            Act.PUT_BACK: self._switch_service,
            Act.COMMENT: self.side.write_comment,
        }
        if row.act in acts:
            acts[row.act]()

    def _switch_service(self) -> None:
        row = self.view.chosen
        if row is not None and row.out_of_service is not None:
            self.put_back.emit(row.out_of_service.plot_type)
        else:
            self.take_out_of_service()

    def _leave_comment(self) -> None:
        self.side.comment.clear()
        self._comment_left()

    def _comment_left(self) -> None:
        self._focus_list()
        self._show()  # what was written about may be gone

    def _ask(self, question: QDialog) -> None:
        c, px = self._theme.colours, self._theme.px
        question.setStyleSheet(
            f"QDialog {{ border: {max(2, px(2))}px solid {c.edge}; }} * {{ font-size: {max(13, px(15))}px; }}"
            f"QPushButton:checked {{ background: {c.text}; color: {c.background}; }}"
        )
        question.finished.connect(self._focus_list)
        open_over(self, question)

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
