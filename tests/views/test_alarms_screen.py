"""The alarms screen in the program, by real keys on a real database: what is pressed is stored, and then shown."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from hydra_desktop import settings
from hydra_desktop.app import Desktop
from hydra_desktop.database import contests, feed, stations, suppressions
from hydra_desktop.database import known_faults as known_rows
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.alarm import Alarm, AlarmKind, AlarmState, Disposition
from hydra_desktop.domain.errors import BusyError
from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.station import StationRole
from hydra_desktop.services import alarms as acts
from hydra_desktop.services import known_faults
from hydra_desktop.views import keys
from hydra_desktop.views.alarms.alarm_delegate import columns
from hydra_desktop.views.alarms.alarms_screen import AlarmsScreen
from hydra_desktop.views.alarms.handover_page import HandoverPage
from hydra_desktop.views.alarms.performance_page import PerformancePage
from hydra_desktop.views.alarms.questions import (
    DispositionQuestion,
    SignInQuestion,
    SpanQuestion,
    TakeAllQuestion,
    shelf_spans,
)
from hydra_desktop.views.alarms.rows import ItemRow, SectionRow
from hydra_desktop.views.detail.detail_view import DetailView
from hydra_desktop.views.main_window import Place
from hydra_desktop.views.theme import Theme
from tests.fakes.raised_hall import HALL, TYPES, RaisedHall
from tests.fakes.upgraded import upgraded

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key
LONG_MS = 30_000


@dataclass
class Room:
    """The program at its alarms, and the hall behind it."""

    qtbot: QtBot
    desktop: Desktop
    site: RaisedHall

    @property
    def screen(self) -> AlarmsScreen:
        found = self.desktop.window.screens[Place.ALARMS]
        assert isinstance(found, AlarmsScreen)
        return found

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is."""
        self.until(lambda: QApplication.focusWidget() is not None)
        self.qtbot.keyClick(QApplication.focusWidget(), key, modifier)

    def repeat(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Let a key that is held repeat itself a few times."""
        for _ in range(3):
            QTest.simulateEvent(QApplication.focusWidget(), True, key, modifier, QTest.keyToAscii(key), True)

    def write(self, text: str) -> None:
        self.qtbot.keyClicks(QApplication.focusWidget(), text)

    def until(self, condition) -> None:
        self.qtbot.waitUntil(condition, timeout=LONG_MS)

    def published(self) -> None:
        """What the test moved by itself reaches the program by the feed."""
        with self.site.database.write() as c:
            feed.publish(c, self.site.id, "alarm", None)

    def raised(self, *given: object, **more: object) -> Alarm:
        """Raise an alarm, and wait until the list has it."""
        alarm = self.site.alarm(*given, **more)
        self.published()
        self.until(lambda: self.row(alarm) is not None)
        return alarm

    def row(self, alarm: Alarm) -> ItemRow | None:
        found = [row for row in self.screen.model.rows if row.key == f"alarm {alarm.id}"]
        return found[0] if found else None

    def open(self) -> None:
        self.qtbot.keyClick(QApplication.focusWidget() or self.desktop.window, Key.Key_5, CONTROL)
        self.until(lambda: self.screen.view.hasFocus() or self.screen.hasFocus())

    def stored(self, alarm: Alarm, state: AlarmState) -> Alarm:
        """Wait until the alarm is in a state, in the database and in the list."""
        self.until(lambda: self.site.now(alarm.id).state is state)
        self.until(lambda: (shown := self.row(alarm)) is None or shown.alarm.state is state)
        return self.site.now(alarm.id)

    def dialog(self, kind: type):
        self.until(lambda: isinstance(QApplication.activeModalWidget(), kind))
        found = QApplication.activeModalWidget()
        self.until(found.isActiveWindow)
        return found

    def after_dialog(self) -> None:
        """The dialog went, and the keyboard is back in the list."""
        self.dialog_gone()
        self.until(lambda: self.screen.view.hasFocus() or self.screen.hasFocus())

    def dialog_gone(self) -> None:
        """The dialog went; the offscreen platform gives the focus back to no window by itself."""
        self.until(lambda: QApplication.activeModalWidget() is None)
        self.desktop.window.activateWindow()
        self.until(self.desktop.window.isActiveWindow)

    def sections(self) -> dict[str, list[str]]:
        """The list: of each section the words and places of its rows."""
        found: dict[str, list[str]] = {}
        for row in self.screen.model.rows:
            if isinstance(row, SectionRow):
                found[str(row.section)] = []
            else:
                found[str(row.section)].append(f"{row.word} {row.title}")
        return found

    def acting(self) -> set[str]:
        """The keys that act on the screen now."""
        return {action.shortcut().toString() for action in self.screen.actions() if action.isEnabled()}


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    opened = upgraded(settings.load().database_url)
    yield opened
    opened.close()


@pytest.fixture
def room(qtbot: QtBot, database: Database, home: Path) -> Iterator[Room]:
    site = RaisedHall.made(database, settings.load().image_folder)
    made = Desktop(replace(settings.load(None, HALL), user="wim", station="desk"), database)
    made.hall.start()
    made.window.resize(1280, 800)
    made.window.show()
    qtbot.waitUntil(lambda: made.window.isActiveWindow() and made.hall.latest is not None, timeout=LONG_MS)
    found = Room(qtbot, made, site)
    found.open()
    QAbstractItemModelTester(found.screen.model, QAbstractItemModelTester.FailureReportingMode.Fatal, found.screen)
    yield found
    made.end()
    made.close()


def test_an_empty_list_says_so_and_a_new_alarm_is_chosen_and_taken_by_a_key(room: Room) -> None:
    screen = room.screen
    assert "No alarms" in screen.empty.text()
    assert screen.banner.said.word == "No alarm"
    assert "A" not in room.acting()
    alarm = room.raised()
    room.until(lambda: screen.banner.said.facts[1:] == ("2 of 3 chunks",))
    assert (screen.banner.said.word, screen.banner.said.title) == ("Bad", TYPES[0])
    assert screen.banner.said.strong == "nobody has taken it"
    assert screen.chosen is not None
    assert screen.chosen.id == alarm.id
    assert screen.banner.take_button.text() == "Acknowledge  [A]"
    room.until(lambda: screen.side.picture.has_evidence and bool(screen.side.picture.good[0]))
    assert "E" in room.acting()
    room.press(Key.Key_A)
    taken = room.stored(alarm, AlarmState.ACKNOWLEDGED)
    assert taken.acknowledged_by == "wim"
    room.until(lambda: room.sections() == {"Needs a person": [], "Taken": [f"Bad {TYPES[0]}"]})
    assert screen.banner.said.word == "Nothing to take"
    assert not screen.banner.take_button.isVisible()
    assert "A" not in room.acting()


def test_a_takes_the_chosen_one_and_goes_on_to_the_next(room: Room) -> None:
    first, second, third = (room.raised(name) for name in TYPES[:3])
    room.open()
    screen = room.screen
    room.press(Key.Key_Home)  # the newest one
    assert screen.chosen.id == third.id
    room.press(Key.Key_Down)
    assert screen.chosen.id == second.id
    room.press(Key.Key_A)
    assert screen.chosen.id == first.id  # at once: the key pressed again takes another
    room.press(Key.Key_A)
    assert screen.chosen.id == third.id
    for one in (first, second):
        room.stored(one, AlarmState.ACKNOWLEDGED)
    assert room.site.now(third.id).state is AlarmState.UNACKNOWLEDGED
    assert screen.chosen.id == third.id


def test_a_key_that_acts_does_it_once_while_it_is_held_and_one_that_moves_goes_on(room: Room) -> None:
    for name in TYPES:
        room.raised(name)
    room.open()
    room.press(Key.Key_Home)
    first, screen, window = room.screen.chosen, room.screen, room.desktop.window
    room.press(Key.Key_A)
    with room.qtbot.assertNotEmitted(screen.acts.acknowledged), room.qtbot.assertNotEmitted(screen.acts.disposed):
        room.repeat(Key.Key_A)
        room.repeat(Key.Key_W)
    room.stored(first, AlarmState.ACKNOWLEDGED)
    room.press(Key.Key_1, CONTROL)
    window.wall.view.setFocus()
    with room.qtbot.assertNotEmitted(window.wall.acknowledged):
        room.repeat(Key.Key_A)
    room.repeat(Key.Key_Plus, CONTROL)
    assert window.theme.size == 1.4


def test_a_click_on_the_button_of_a_row_takes_that_alarm_and_a_second_click_no_other(room: Room) -> None:
    first, second = (room.raised(name) for name in TYPES[:2])
    view = room.screen.view

    def button(alarm: Alarm) -> QPoint:
        index = room.screen.model.index(room.screen.model.row_of(f"alarm {alarm.id}"))
        return room.screen.delegate.button_box(view.visualRect(index), room.row(alarm)).center()

    left = Qt.MouseButton.LeftButton
    here = button(second)
    room.qtbot.mouseClick(view.viewport(), left, pos=here)
    room.stored(second, AlarmState.ACKNOWLEDGED)
    room.until(lambda: button(first) == here)  # it moved up below the pointer
    room.qtbot.mouseDClick(view.viewport(), left, pos=here)
    room.qtbot.mouseRelease(view.viewport(), left, pos=here)
    assert room.screen.isVisible()  # nor was the plot opened
    room.screen._show()
    assert room.site.now(first.id).state is AlarmState.UNACKNOWLEDGED
    assert not room.screen.acts._just_taken
    room.qtbot.mouseClick(view.viewport(), left, pos=here)
    room.stored(first, AlarmState.ACKNOWLEDGED)


def test_what_is_chosen_stays_so_while_others_come_and_go(room: Room) -> None:
    first = room.raised(TYPES[0])
    second = room.raised(TYPES[1])
    room.open()
    room.press(Key.Key_End)
    assert room.screen.chosen.id == first.id
    newest = room.raised(TYPES[2])  # above both
    assert room.screen.chosen.id == first.id
    room.site.end(second.id)
    room.published()
    room.until(lambda: room.row(second).alarm.state is AlarmState.RETURNED_UNACKNOWLEDGED)
    assert [row.alarm.id for row in room.screen.model.rows if isinstance(row, ItemRow)] == [
        newest.id, first.id, second.id,
    ]  # fmt: skip
    assert room.screen.chosen.id == first.id
    assert room.screen.view.currentIndex().row() == 2
    room.press(Key.Key_A)
    room.stored(first, AlarmState.ACKNOWLEDGED)
    assert room.site.now(second.id).state is AlarmState.RETURNED_UNACKNOWLEDGED


def test_one_that_returned_is_told_and_cleared_by_the_key(room: Room) -> None:
    alarm = room.raised()
    room.site.end(alarm.id)
    room.site.arrive(TYPES[0], "Good")
    room.published()
    room.until(lambda: room.row(alarm).word == "Good now")
    assert room.row(alarm).state == "Returned, not taken"
    assert room.row(alarm).state_under.startswith("was Bad, to ")
    assert room.screen.banner.said.word == "Bad is over"
    room.press(Key.Key_A)
    room.stored(alarm, AlarmState.NORMAL)
    room.until(lambda: room.row(alarm) is None)


def test_a_comment_is_written_by_keyboard_and_read_by_all(room: Room) -> None:
    alarm = room.raised()
    room.open()
    room.press(Key.Key_C)
    assert room.screen.side.comment.hasFocus()
    room.write("Ask Ann: also SHUW")  # letters that are keys elsewhere
    room.press(Key.Key_Return)
    room.until(lambda: room.site.now(alarm.id).comment == "Ask Ann: also SHUW")
    assert room.screen.view.hasFocus()
    room.until(lambda: room.row(alarm).text == "Ask Ann: also SHUW")
    room.until(lambda: "Ask Ann: also SHUW" in room.screen.side.happened.text())
    assert room.site.now(alarm.id).state is AlarmState.UNACKNOWLEDGED
    room.press(Key.Key_C)
    room.write("no")
    room.press(Key.Key_Escape)
    assert room.screen.view.hasFocus()
    assert [step.comment for step in room.site.log(alarm.id)] == ["", "Ask Ann: also SHUW"]


def test_a_comment_is_stored_with_the_alarm_that_it_was_begun_for_though_that_is_over(room: Room) -> None:
    other, mine = room.raised(TYPES[1]), room.raised(TYPES[0])
    room.open()
    room.press(Key.Key_Home)
    assert room.screen.chosen.id == mine.id
    room.press(Key.Key_C)
    room.write("HV of sector 3 is tripped, ")
    acts.acknowledge(room.site.database, room.site.id, mine.id, who=room.desktop.hall.who)
    room.site.end(mine.id)
    room.published()
    room.until(lambda: room.row(mine) is None)
    side = room.screen.side
    assert room.screen.chosen is None  # no button acts on another alarm than the one that is shown
    assert (side.row.alarm.id, side.head.holder) == (mine.id, "It is over now")
    assert "still goes into its log" in side.guidance.text()
    room.raised(TYPES[2])
    room.write("Ann is on her way")
    room.press(Key.Key_Return)
    room.until(lambda: room.site.now(mine.id).comment == "HV of sector 3 is tripped, Ann is on her way")
    assert room.site.now(other.id).comment == ""
    assert room.site.now(mine.id).state is AlarmState.NORMAL
    assert room.screen.view.hasFocus()
    assert room.screen.chosen.plot_type == TYPES[2]


def test_nothing_but_a_person_takes_a_comment_from_its_alarm(room: Room) -> None:
    alarms = [room.raised(name) for name in TYPES[:2]]
    room.open()
    room.press(Key.Key_Home)
    chosen, side, window = room.screen.chosen, room.screen.side, room.desktop.window
    room.press(Key.Key_C)
    room.write("taken ")
    room.qtbot.mouseClick(side.buttons["take"], Qt.MouseButton.LeftButton)
    room.stored(chosen, AlarmState.ACKNOWLEDGED)
    assert room.screen.chosen.id == chosen.id
    for clicked in (side.picture, side.head, room.screen.banner):
        room.qtbot.mouseClick(clicked, Qt.MouseButton.LeftButton)
        assert side.comment.hasFocus()
    room.qtbot.mouseClick(side.buttons["dispose"], Qt.MouseButton.LeftButton)
    room.qtbot.keyClick(room.dialog(DispositionQuestion), Key.Key_Escape)
    room.dialog_gone()
    room.until(lambda: side.comment.hasFocus())
    latest = room.desktop.hall.latest
    room.screen.show_trouble("It doesn't answer.")
    assert side.comment.hasFocus()  # else the letters were keys of the screen
    room.press(Key.Key_Return)
    assert side.comment.text() == "taken "
    room.screen.show_snapshot(latest)
    room.press(Key.Key_1, CONTROL)
    room.press(Key.Key_5, CONTROL)
    assert side.comment.hasFocus()
    room.write("by us")
    room.press(Key.Key_Return)
    room.until(lambda: room.site.now(chosen.id).comment == "taken by us")
    (other,) = (one for one in alarms if one.id != chosen.id)
    room.press(Key.Key_C)
    room.write("of the first")
    room.screen.choose(other.id)  # as the wall does
    assert (side.row.alarm.id, side.comment.text()) == (other.id, "")
    assert room.screen.view.hasFocus()
    assert window.isActiveWindow()
    room.screen.choose(chosen.id)
    assert side.comment.text() == "of the first"  # until it is sent or emptied
    room.press(Key.Key_C)
    room.press(Key.Key_Escape)
    room.screen.choose(other.id)
    room.screen.choose(chosen.id)
    assert side.comment.text() == ""


def test_a_comment_that_could_not_be_stored_is_there_again(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    other, mine = room.raised(TYPES[1]), room.raised(TYPES[0])
    room.open()
    side, refuses = room.screen.side, threading.Event()

    def refuse(*_given: object, **_more: object) -> None:
        assert refuses.wait(LONG_MS / 1000)
        raise BusyError("Others use the database.")

    for meanwhile in ("stay", "go on", "elsewhere"):
        room.screen.choose(mine.id)
        refuses.clear()
        with monkeypatch.context() as busy:
            busy.setattr(acts, "comment", refuse)
            room.press(Key.Key_C)
            if not side.comment.text():
                room.write("Ann is on her way")
            room.press(Key.Key_Return)
            assert side.comment.text() == ""
            if meanwhile == "go on":
                room.press(Key.Key_C)
                room.write("with Bob")
            elif meanwhile == "elsewhere":
                room.screen.choose(other.id)
            refuses.set()
            room.until(lambda: "was not written. Others use" in room.screen.failures.message)
        assert "The comment \u201cAnn is on her way" in room.screen.failures.message
        room.screen.failures.show_message("")
        if meanwhile == "elsewhere":
            assert side.comment.text() == ""
            room.screen.choose(mine.id)
        assert side.comment.text() == "Ann is on her way" + (" with Bob" if meanwhile != "stay" else "")
        if side.comment.hasFocus():
            room.screen.view.setFocus()
    room.press(Key.Key_C)
    room.press(Key.Key_Return)
    room.until(lambda: room.site.now(mine.id).comment == "Ann is on her way with Bob")


def test_an_alarm_that_rose_while_the_question_stood_is_not_shelved(room: Room) -> None:
    alarm = room.raised(TYPES[0], "Bad", Severity.MEDIUM)
    room.open()
    room.press(Key.Key_H)
    room.dialog(SpanQuestion)
    room.site.move(alarm.id, lambda life: life.with_condition(True, Severity.HIGH), "worse")
    room.published()
    room.until(lambda: room.row(alarm).severity is Severity.HIGH)
    room.press(Key.Key_1)
    room.write("seen as medium")
    room.press(Key.Key_Return)
    room.until(lambda: room.screen.failures.isVisible())
    assert (
        "The alarm was not shelved. Bad was raised again since you looked, and its severity is high now."
        in room.screen.failures.message
    )
    assert room.site.now(alarm.id).state is AlarmState.UNACKNOWLEDGED
    room.after_dialog()
    room.press(Key.Key_H)
    room.dialog(SpanQuestion)
    room.press(Key.Key_1)
    room.write("seen as high")
    room.press(Key.Key_Return)
    room.stored(alarm, AlarmState.SHELVED)


def test_what_could_not_be_read_of_an_alarm_is_read_as_soon_as_it_can(room: Room) -> None:
    room.raised(TYPES[0])
    room.raised(TYPES[1])
    room.open()
    room.press(Key.Key_Home)
    room.until(lambda: not room.screen.reader.busy)
    with room.site.database.write() as c:
        c.exec_driver_sql("ALTER TABLE alarm_log RENAME TO alarm_log_away")
    room.press(Key.Key_Down)
    happened = room.screen.side.happened
    room.until(lambda: "be read now" in happened.text())
    with room.site.database.write() as c:
        c.exec_driver_sql("ALTER TABLE alarm_log_away RENAME TO alarm_log")
    room.until(lambda: "Confirmed in 2 of 3 chunks" in happened.text())


def test_an_alarm_is_shelved_for_minutes_with_a_reason_and_taken_from_the_shelf(room: Room) -> None:
    alarm = room.raised()
    room.open()
    room.press(Key.Key_H)
    dialog = room.dialog(SpanQuestion)
    assert [span.text for span in dialog.spans[:4]] == ["5 min", "15 min", "30 min", "60 min"]
    room.press(Key.Key_3)
    assert dialog.why.hasFocus()
    assert not dialog.do.isEnabled()  # a reason is asked for
    room.press(Key.Key_Return)
    assert dialog.isVisible()
    room.write("supply is swapped")
    room.press(Key.Key_Return)
    room.after_dialog()
    shelved = room.stored(alarm, AlarmState.SHELVED)
    assert (shelved.held_by, shelved.held_why) == ("wim", "supply is swapped")
    left = (shelved.held_until - room.site.clock()).total_seconds()
    assert 1700 < left <= 1800
    room.until(lambda: "Held back" in room.sections())
    row = room.row(alarm)
    assert row.state in ("Shelved, 30 min left", "Shelved, 29 min left")
    assert row.text == "supply is swapped"
    room.until(lambda: room.screen.chosen is not None and room.screen.chosen.id == alarm.id)
    assert "H" not in room.acting()
    room.press(Key.Key_U)
    back = room.stored(alarm, AlarmState.UNACKNOWLEDGED)
    assert back.raised_at > alarm.raised_at
    assert [step.why for step in room.site.log(alarm.id)][1:] == ["shelved for 30 min", "taken from the shelf"]


def test_a_verdict_is_called_wrong_and_an_alarm_is_said_to_have_been_real(room: Room) -> None:
    alarm = room.raised()
    room.open()
    room.press(Key.Key_W)
    room.until(lambda: room.site.now(alarm.id).disposition is Disposition.WRONG_MODEL)

    def contested() -> list[tuple[str, str]]:
        with room.site.database.read() as c:
            return [(one.label, one.user) for one in contests.of_plot(c, alarm.plot_id)]

    room.until(lambda: contested() == [("Good", "wim")])
    room.press(Key.Key_D)
    room.dialog(DispositionQuestion)
    room.press(Key.Key_1)
    room.after_dialog()
    room.until(lambda: room.site.now(alarm.id).disposition is Disposition.REAL)
    room.until(lambda: "It was: <b>real</b>" in room.screen.side.happened.text())


def test_a_plot_type_is_taken_out_of_service_and_put_back_by_the_same_key(room: Room) -> None:
    alarm = room.raised()
    room.open()
    room.press(Key.Key_O)
    room.dialog(SpanQuestion)
    room.press(Key.Key_5)  # until it is put back
    room.write("opened")
    room.press(Key.Key_Return)
    room.after_dialog()
    room.stored(alarm, AlarmState.OUT_OF_SERVICE)
    room.until(lambda: room.sections() == {"Needs a person": [], "Held back": [f"No alarm {TYPES[0]}"]})
    room.until(lambda: room.screen.view.chosen is not None)
    assert room.screen.view.chosen.out_of_service.until is None
    assert room.screen.view.chosen.text == "opened"
    assert "A" not in room.acting()
    room.press(Key.Key_O)
    room.stored(alarm, AlarmState.UNACKNOWLEDGED)
    room.until(lambda: "Held back" not in room.sections())


def test_a_latched_alarm_waits_for_its_reset(room: Room) -> None:
    alarm = room.raised(latches=True)
    room.open()
    assert "R" not in room.acting()
    room.press(Key.Key_A)
    room.stored(alarm, AlarmState.ACKNOWLEDGED)
    room.site.end(alarm.id)
    room.published()
    room.stored(alarm, AlarmState.LATCHED)
    assert room.row(alarm).state == "Over, waits for a reset"
    assert "A" not in room.acting()
    room.press(Key.Key_R)
    room.stored(alarm, AlarmState.NORMAL)
    room.until(lambda: "No alarms" in room.screen.empty.text())


def test_all_are_taken_after_a_question_but_not_what_came_meanwhile(room: Room) -> None:
    seen = [room.raised(name) for name in TYPES[:2]]
    room.open()
    room.press(Key.Key_A, SHIFT)
    dialog = room.dialog(TakeAllQuestion)
    assert "2 alarms at once" in dialog._text.text()
    room.press(Key.Key_Return)  # the button that leaves them has the focus
    room.after_dialog()
    assert {room.site.now(one.id).state for one in seen} == {AlarmState.UNACKNOWLEDGED}
    room.press(Key.Key_A, SHIFT)
    room.dialog(TakeAllQuestion)
    later = room.raised(TYPES[2])
    room.press(Key.Key_Return, CONTROL)
    room.after_dialog()
    for one in seen:
        room.stored(one, AlarmState.ACKNOWLEDGED)
    assert room.site.now(later.id).state is AlarmState.UNACKNOWLEDGED


def test_an_alarm_of_the_hall_has_a_sentence_and_no_plot(room: Room) -> None:
    alarm = room.raised(
        "", "Monitor down", Severity.HIGH, kind=AlarmKind.MONITOR, facts="No sign of life for 2 min."
    )  # fmt: skip
    room.open()
    row = room.row(alarm)
    assert (row.word, row.title, row.text) == ("Monitor down", "whole hall", "No sign of life for 2 min.")
    assert row.picture.mark == "cross"
    assert room.screen.side.picture.picture.said == "No sign of life for 2 min."
    assert room.acting().isdisjoint({"W", "O", "E"})
    room.press(Key.Key_Return)  # there is no plot to open
    assert room.desktop.window.screens[Place.ALARMS].isVisible()
    window = room.desktop.window
    room.press(Key.Key_1, CONTROL)
    card = window.wall.alarm_area._cards[0]
    card.setFocus()
    room.press(Key.Key_Return)  # nor on the wall: all about it is here
    assert room.screen.isVisible()
    assert room.screen.chosen.id == alarm.id
    room.press(Key.Key_A)
    room.stored(alarm, AlarmState.ACKNOWLEDGED)


def test_what_is_held_back_is_listed_with_who_and_why(room: Room) -> None:
    site, me = room.site, room.desktop.hall.who
    shelved = site.alarm(TYPES[0])
    acts.shelve(site.database, site.id, shelved.id, for_s=600, why="cabling", who=me)
    acts.take_out_of_service(
        site.database, site.id, TYPES[1], why="not in the beam", who=me, until=site.clock() + timedelta(hours=2)
    )
    with site.database.write() as c:
        suppressions.begin(c, site.id, "beam trip", "the beam is 0 nA, below 5 nA", at=site.clock())
    room.published()
    room.until(lambda: len(room.sections().get("Held back", [])) == 3)
    assert room.sections()["Held back"] == [f"Bad {TYPES[0]}", "Beam trip 1 plot type", f"No alarm {TYPES[1]}"]
    head = next(row for row in room.screen.model.rows if isinstance(row, SectionRow) and row.section == "Held back")
    assert head.beside == "3 rows, 3 plot types; no sound"
    assert (room.screen.banner.said.word, room.screen.banner.said.facts) == ("No alarm", ("1 shelved",))
    rule = next(row for row in room.screen.model.rows if isinstance(row, ItemRow) and row.suppression is not None)
    assert rule.plot_types == (TYPES[3],)
    assert "the beam is 0 nA" in rule.text


def test_a_known_fault_is_listed_as_held_back(room: Room) -> None:
    site, me = room.site, room.desktop.hall.who
    _, verdict_id = site.arrive(TYPES[2], "Bad")
    fault = known_faults.add(
        site.database, site.id, TYPES[2], "Bad", region=None, why="bar 12 is off", who=me,
        until=site.clock() + timedelta(days=1),
    )  # fmt: skip
    with site.database.write() as c:
        known_rows.mark(c, {verdict_id: fault.id})  # as the monitor does with each verdict
    room.published()
    room.until(lambda: room.sections().get("Held back") == [f"Bad, known {TYPES[2]}"])
    row = next(row for row in room.screen.model.rows if isinstance(row, ItemRow))
    assert row.text == "bar 12 is off"
    assert row.state == "Known fault"


def test_what_was_not_done_is_told_on_the_screen(room: Room) -> None:
    alarm = room.raised()
    room.open()
    room.press(Key.Key_H)
    room.dialog(SpanQuestion)
    acts.acknowledge(room.site.database, room.site.id, alarm.id, who=room.desktop.hall.who)
    room.site.end(alarm.id)
    room.published()
    room.until(lambda: room.row(alarm) is None)
    room.press(Key.Key_1)
    room.write("too late")
    room.press(Key.Key_Return)
    room.until(lambda: room.screen.failures.isVisible())
    assert "The alarm was not shelved. Bad is normal now; there is nothing to shelve." in room.screen.failures.message


def test_who_is_signed_in_did_it(room: Room) -> None:
    alarm = room.raised()
    room.open()
    room.press(Key.Key_G)
    dialog = room.dialog(SignInQuestion)
    assert dialog.name.text() == "wim"
    room.write("Marie")  # over what is selected
    room.press(Key.Key_Return)
    room.after_dialog()
    room.until(lambda: "On shift: Marie" in room.screen.stations.facts.accessibleDescription())
    room.press(Key.Key_A)
    assert room.stored(alarm, AlarmState.ACKNOWLEDGED).acknowledged_by == "Marie"
    room.press(Key.Key_D, CONTROL)
    page = room.desktop.window.page
    room.until(lambda: page.shown is not None)
    assert page.shown.written.startswith("Written by Marie, ")


def test_enter_opens_the_plot_in_full_and_other_keys_other_pages(room: Room) -> None:
    room.raised(TYPES[1])
    room.open()
    room.press(Key.Key_P)
    assert isinstance(room.desktop.window.page, PerformancePage)
    room.open()
    room.press(Key.Key_D, CONTROL)
    assert isinstance(room.desktop.window.page, HandoverPage)
    room.open()
    room.press(Key.Key_Return)
    detail = room.desktop.window.wall.stack.currentWidget()
    assert isinstance(detail, DetailView)
    assert detail.isVisible()
    room.until(lambda: detail.banner.said.title == TYPES[1])


def test_every_screen_says_that_alarms_are_to_take_and_that_nobody_would_hear_them(room: Room) -> None:
    room.raised()
    window = room.desktop.window
    room.until(lambda: window._to_take.text() == "1 alarm to take  Ctrl+5")
    with room.site.database.write() as c:
        stations.beat(c, room.site.id, "wall", StationRole.VIEWER, sound="", can_sound=False)
    room.until(lambda: window._unheard.message.startswith("No alarm is heard anywhere: "))
    assert window._unheard.isVisible()
    room.qtbot.keyClick(room.screen.view, Key.Key_4, CONTROL)
    assert window._to_take.isVisible()
    assert window._unheard.isVisible()
    window._to_take.click()
    assert room.screen.isVisible()
    room.press(Key.Key_1, CONTROL)
    assert not window._unheard.isVisible()  # the wall has its own
    assert window.wall.lines.sound.isVisible()


def test_where_it_is_another_time_or_the_database_is_away_nothing_can_be_done(room: Room) -> None:
    alarm = room.raised()
    room.open()
    assert "A" in room.acting()
    screen, latest = room.screen, room.desktop.hall.latest
    screen.show_trouble("It doesn't answer.")
    assert screen.standing.isVisible()
    assert "what you see is old" in screen.standing.message
    assert room.acting().isdisjoint({"A", "H", "C"})
    screen.show_snapshot(replace(latest, as_of=datetime.now(UTC)))
    assert not screen.standing.isVisible()
    assert room.acting().isdisjoint({"A", "H", "C", "W", "D", "O", "U", "R", "S"})
    assert not screen.side.comment.isVisible()
    room.press(Key.Key_A)
    screen.show_snapshot(latest)
    assert "A" in room.acting()
    assert room.site.now(alarm.id).state is AlarmState.UNACKNOWLEDGED


def test_the_sheet_of_keys_tells_of_those_that_act(room: Room) -> None:
    told = dict(keys.of(room.desktop.window))
    assert "H" not in told
    room.raised()
    room.open()
    told = dict(keys.of(room.desktop.window))
    assert told["A"] == "Acknowledge the chosen alarm and go on to the next"
    assert {"C", "H", "W", "D", "O", "P", "Ctrl+D", "G", "Ctrl+T", "Enter"} <= set(told)
    assert {"U", "R", "Shift+A"}.isdisjoint(told)


def is_within(part: QWidget, window: QWidget) -> bool:
    return window.rect().contains(part.mapTo(window, part.rect().bottomRight()))


@pytest.mark.parametrize("size", [(1024, 700), (1280, 800), (3840, 2160)])
def test_nothing_is_wider_than_the_screen_and_no_control_is_without_a_name(room: Room, size: tuple[int, int]) -> None:
    for name in TYPES:
        room.raised(name)
    window, screen = room.desktop.window, room.screen
    for steps in (0, 4):  # as usual, and with the largest words
        window.resize(*size)
        for _ in range(steps):
            room.press(Key.Key_Plus, CONTROL)
        room.until(lambda: window.size().toTuple() == size)
        parts = (screen.banner, screen.view, screen.side, screen.stations)
        room.until(lambda parts=parts: all(is_within(part, window) for part in parts))
        for name, button in screen.side.buttons.items():
            if button.isVisible():
                words = button.fontMetrics().horizontalAdvance(button.text())
                assert words <= button.width() or steps, name
        assert not window.grab().isNull()
    controls = [one for one in screen.findChildren(QPushButton) if one.isVisible()]
    assert all(one.accessibleName() or one.text() for one in controls)


@pytest.mark.parametrize(("width", "gone"), [(1500, set()), (560, {"k_of_n"}), (480, {"k_of_n", "since"})])
def test_columns_never_overlap_and_the_least_important_go_first(qtbot: QtBot, width: int, gone: set[str]) -> None:
    theme = Theme()
    theme.set_window_scale(0.72)
    at = columns(theme, width)
    edges = [getattr(at, name) for name in ("picture", "verdict", "title", "state", "since", "k_of_n", "text", "act")]
    shown = [one for one in edges if one[1]]
    assert all(left + wide <= after for (left, wide), (after, _) in pairwise(shown))
    assert gone <= {name for name in ("k_of_n", "since") if not getattr(at, name)[1]}
    assert shown[-1][0] + shown[-1][1] <= width


def test_the_longest_shelf_is_the_shift_s_end_or_what_the_hall_allows() -> None:
    now = datetime(2026, 11, 28, 12, tzinfo=UTC)
    assert [span.seconds for span in shelf_spans(8 * 3600.0, None, now)] == [300, 900, 1800, 3600, 28800]
    ends = shelf_spans(8 * 3600.0, now - timedelta(hours=6), now)[-1]
    assert ends.seconds == 2 * 3600
    assert ends.text.startswith("the shift's end, ")
    assert [span.seconds for span in shelf_spans(1200.0, None, now)] == [300, 900, 1200]
