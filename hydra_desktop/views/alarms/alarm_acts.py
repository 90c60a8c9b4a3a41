"""What people do about the alarms on their screen: which keys and buttons act now, and what is asked first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QMetaMethod, QObject, Signal, SignalInstance
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QWidget

from ...domain.alarm import OF_PLOTS, Alarm, AlarmState, Disposition
from ...domain.alarm_settings import SHIFT_S
from ...domain.wall import WallSnapshot
from .. import alarm_speech, keys
from ..dialogs import open_over
from ..theme import Theme
from .alarm_side import AlarmSide
from .alarm_view import AlarmView
from .questions import OUT_SPANS, DispositionQuestion, SignInQuestion, SpanQuestion, TakeAllQuestion, shelf_spans
from .rows import Act, ItemRow
from .station_bar import StationBar


class AlarmActs(QObject):
    """Tells what people did by signals and does nothing itself; `chosen` is what the keys act on.

    Signals begin with an alarm's id or a plot type's name: `acknowledged`, `unshelved`, `reset_asked`, `put_back`;
    `shelved` (id, seconds, why, when it was raised), `commented` (id, text), `disposed` (id, Disposition),
    `taken_out` (plot type, seconds or None, why), `all_acknowledged` (when each was raised, by id). `detail_asked`
    carries a plot type and pad, `signed_in` a name, "" for nobody. `performance_asked` and `handover_asked` ask for
    other pages; their keys are there as soon as somebody listens. `taken` tells that an alarm was taken here,
    `answered` that a question is over.
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
    signed_in = Signal(str)
    taken = Signal()
    answered = Signal()

    def __init__(
        self,
        screen: QWidget,
        theme: Theme,
        view: AlarmView,
        side: AlarmSide,
        stations: StationBar,
        *,
        user: str,
        station: str,
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__(screen)
        self._screen, self._theme, self._view, self._side, self._stations = screen, theme, view, side, stations
        self._user, self._station, self._clock = user, station, clock
        self.shelve_at_most_s = SHIFT_S
        self.sounds = False  # an alarm, here and now
        self._snapshot: WallSnapshot | None = None
        self._is_away = False
        self._just_taken: set[tuple[int, datetime]] = set()  # asked for, and not told by a snapshot yet
        self._actions: dict[str, QAction] = {}
        self._make_keys()
        self._connect()

    @property
    def is_live(self) -> bool:
        """Whether what is shown is now, so that something can be done about it."""
        return self._snapshot is not None and self._snapshot.as_of is None and not self._is_away

    @property
    def chosen(self) -> Alarm | None:
        """The alarm that the keys act on, None where none is chosen."""
        row = self._view.chosen
        return row.alarm if row is not None else None

    @property
    def silences(self) -> bool:
        """Whether there is a sound to silence."""
        return self.sounds and (self._snapshot is None or self._snapshot.as_of is None)

    @property
    def to_take(self) -> list[Alarm]:
        """The alarms that need a person, but for those that were just taken here."""
        alarms = self._snapshot.alarms if self._snapshot is not None else ()
        return [
            one for one in alarms if alarm_speech.is_to_take(one) and (one.id, one.raised_at) not in self._just_taken
        ]

    @property
    def worst(self) -> Alarm | None:
        """The alarm that most needs a person."""
        return min(self.to_take, key=alarm_speech.by_need, default=None)

    @property
    def by_key(self) -> Alarm | None:
        """The alarm that the key takes: the chosen one, or the worst where that needs nobody."""
        if not self.is_live:
            return None
        chosen = self.chosen
        own = [one for one in self.to_take if chosen is not None and one.id == chosen.id]
        return own[0] if own else self.worst

    def show_snapshot(self, snapshot: WallSnapshot) -> None:
        """Take over how the hall stands."""
        self._snapshot, self._is_away = snapshot, False
        self._just_taken &= {(one.id, one.raised_at) for one in snapshot.alarms if alarm_speech.is_to_take(one)}

    def show_trouble(self) -> None:
        """The database is away: nothing can be done until it is back."""
        self._is_away = True

    def show_failure(self) -> None:
        """Something was not done: what was taken here may be to take still."""
        self._just_taken.clear()

    def offer(self) -> None:
        """Say what can be done now: a key is drawn, and acts, only where it does something."""
        row, alarm, live = self._view.chosen, self.chosen, self.is_live
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
        if self.silences:
            names.append("silence")
        self._side.offer(tuple(names), main, can_comment=live and (alarm is not None or self._side.is_writing))
        has = set(names)
        keys.tell_nothing(self._view)
        if "full" in has:
            keys.tell(self._view, "Enter", "Open the plot in full")
        for name, possible in (
            ("take", self.by_key is not None),
            ("all", live and len(self.to_take) > 1),
            ("silence", self.silences),
            ("comment", live and alarm is not None),
            ("shelve", "shelve" in has),
            ("unshelve", "unshelve" in has),
            ("wrong", "wrong" in has),
            ("dispose", "dispose" in has),
            ("reset", main == "reset"),
            ("out", bool({"out", "back"} & has)),
            ("evidence", self._side.picture.has_evidence),
            ("performance", self._is_heard(self.performance_asked)),
            ("handover", self._is_heard(self.handover_asked)),
        ):
            self._actions[name].setEnabled(possible)
        self._stations.performance.setVisible(self._actions["performance"].isEnabled())
        self._stations.handover.setVisible(self._actions["handover"].isEnabled())

    def acknowledge(self) -> None:
        """Take the chosen alarm, or the worst where that needs nobody, and go on to the next."""
        if self.by_key is not None:
            self._take(self.by_key)

    def acknowledge_worst(self) -> None:
        """Take the alarm of the banner."""
        if self.worst is not None and self.is_live:
            self._take(self.worst)

    def acknowledge_all(self) -> None:
        """Ask whether all alarms that are shown as to take are taken."""
        alarms = self.to_take
        if not alarms or not self.is_live:
            return
        question = TakeAllQuestion(alarms, self._screen)
        question.decided.connect(lambda: self.all_acknowledged.emit({one.id: one.occurrence for one in alarms}))
        self._ask(question)

    def shelve(self) -> None:
        """Ask for how long and why the chosen alarm is put aside."""
        alarm = self.chosen
        if alarm is None:
            return
        own = self._stations.own_station()
        spans = shelf_spans(self.shelve_at_most_s, own.signed_in_at if own and own.user else None, self._clock())
        text = f"{alarm_speech.said_of(alarm)} makes no sound while it is shelved, and returns by itself."
        question = SpanQuestion("Shelve the alarm", text, "Shelve", spans, min(1, len(spans) - 1), self._screen)
        question.decided.connect(lambda seconds, why: self.shelved.emit(alarm.id, seconds, why, alarm.occurrence))
        self._ask(question)

    def take_out_of_service(self) -> None:
        """Ask until when and why nothing of the plot type alarms."""
        name = self.chosen.plot_type if self.chosen is not None else ""
        if not name:
            return
        text = f"No plot of {name} alarms, whatever it shows. It is listed here as long as that is so."
        question = SpanQuestion("Out of service", text, "Take out of service", OUT_SPANS, 1, self._screen)
        question.decided.connect(lambda seconds, why: self.taken_out.emit(name, seconds, why))
        self._ask(question)

    def ask_disposition(self) -> None:
        """Ask what the chosen alarm was in the end."""
        alarm = self.chosen
        if alarm is not None:
            question = DispositionQuestion(alarm, self._screen)
            question.decided.connect(lambda disposition: self.disposed.emit(alarm.id, disposition))
            self._ask(question)

    def ask_sign_in(self) -> None:
        """Ask who is on shift here."""
        own = self._stations.own_station()
        question = SignInQuestion(self._station, own.user if own is not None else "", self._user, self._screen)
        question.named.connect(self.signed_in)
        question.left.connect(lambda: self.signed_in.emit(""))
        self._ask(question)

    def open_in_full(self) -> None:
        """Ask for the plot of the chosen row in full."""
        row = self._view.chosen
        if row is None:
            return
        if row.alarm is not None and row.alarm.plot_type:
            self.detail_asked.emit(row.alarm.plot_type, row.alarm.pad)
        elif row.alarm is None and row.suppression is None and row.plot_types:
            self.detail_asked.emit(row.plot_types[0], row.known.pad if row.known is not None else "")

    def press(self, name: str) -> None:
        """The button of the side with that name was pressed."""
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

    def press_row(self, row: ItemRow) -> None:
        """The button of a row was clicked."""
        self._view.choose(self._view.model().row_of(row.key))
        acts = {
            Act.TAKE: lambda: self.press("take"),
            Act.RESET: lambda: self.press("reset"),
            Act.UNSHELVE: lambda: self.press("unshelve"),
            Act.PUT_BACK: self._switch_service,
            Act.COMMENT: self._side.write_comment,
        }
        if row.act in acts:
            acts[row.act]()

    def _make_keys(self) -> None:
        for name, key, text, work in (
            ("take", "A", "Acknowledge the chosen alarm and go on to the next", self.acknowledge),
            ("all", "Shift+A", "Acknowledge all that are to take, after a question", self.acknowledge_all),
            ("silence", "S", "Silence the sound until the next new alarm", self.silenced.emit),
            ("comment", "C", "Write a comment that everyone on shift reads", self._side.write_comment),
            ("shelve", "H", "Shelve the chosen alarm for a time", self.shelve),
            ("unshelve", "U", "Take the chosen alarm from the shelf", lambda: self.press("unshelve")),
            ("wrong", "W", "This verdict is wrong: the plot goes to the experts' queue", lambda: self.press("wrong")),
            ("dispose", "D", "Say what the chosen alarm was in the end", self.ask_disposition),
            ("reset", "R", "Reset the chosen alarm, which is over", lambda: self.press("reset")),
            ("out", "O", "Out of service, or in service again", self._switch_service),
            ("evidence", "E", "Evidence off, or on again", self._side.picture.switch_evidence),
            ("sign in", "G", "Sign in, or out", self.ask_sign_in),
            ("test", "Ctrl+T", "Test the sound of this station", self.sound_tested.emit),
            ("performance", "P", "How the alarms perform", self.performance_asked.emit),
            ("handover", "Ctrl+D", "Hand the shift over", self.handover_asked.emit),
        ):
            self._actions[name] = keys.add(self._screen, key, text, work)

    def _connect(self) -> None:
        self._view.doubleClicked.connect(lambda _index: self.open_in_full())
        self._view.entered.connect(self.open_in_full)
        self._side.pressed.connect(self.press)
        self._side.commented.connect(self.commented)
        self._stations.sound_tested.connect(self.sound_tested)
        self._stations.performance_wanted.connect(self.performance_asked)
        self._stations.handover_wanted.connect(self.handover_asked)
        self._stations.sign_in_wanted.connect(self.ask_sign_in)

    def _take(self, alarm: Alarm) -> None:
        self._just_taken.add((alarm.id, alarm.raised_at))
        self.acknowledged.emit(alarm.id)
        if not self._side.is_writing and (self.chosen is None or self.chosen.id == alarm.id):
            following = self._next_to_take(alarm)
            if following is not None:
                self._view.choose(self._view.model().row_of(f"alarm {following.id}"))
        self.taken.emit()

    def _next_to_take(self, after: Alarm) -> Alarm | None:
        """The alarm below that needs a person, else the first."""
        ids = {one.id for one in self.to_take}
        rows = self._view.model().rows
        order = [row.alarm for row in rows if isinstance(row, ItemRow) and row.alarm is not None]
        place = next((number for number, one in enumerate(order) if one.id == after.id), -1)
        return next((one for one in (*order[place + 1 :], *order[: max(place, 0)]) if one.id in ids), None)

    def _switch_service(self) -> None:
        row = self._view.chosen
        if row is not None and row.out_of_service is not None:
            self.put_back.emit(row.out_of_service.plot_type)
        else:
            self.take_out_of_service()

    def _is_heard(self, signal: SignalInstance) -> bool:
        return self.isSignalConnected(QMetaMethod.fromSignal(signal))

    def _ask(self, question: QDialog) -> None:
        c, px = self._theme.colours, self._theme.px
        question.setStyleSheet(
            f"* {{ font-size: {max(13, px(15))}px; }}"
            f"QPushButton:checked {{ background: {c.text}; color: {c.background}; }}"
        )
        question.finished.connect(self.answered)
        open_over(self._screen, question)
