"""The labeling screen by real keys and the mouse, on a real database."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from PySide6.QtCore import QEvent, QRect, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QInputDialog, QWidget
from pytestqt.qtbot import QtBot

from hydra_desktop.database import contests, halls, label_queue
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database, open_database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.hall import Hall, PlotType
from hydra_desktop.domain.label import default_label
from hydra_desktop.domain.labeling import Choice, Given, Mode, Queue, in_force, keyed
from hydra_desktop.services.detail import DetailService
from hydra_desktop.services.label_pages import LabelPages
from hydra_desktop.services.labeling import Labeler, decision
from hydra_desktop.views import keys, marks
from hydra_desktop.views.background import Background
from hydra_desktop.views.detail.reader import DetailReader
from hydra_desktop.views.labeling.desk import BUSY, Desk
from hydra_desktop.views.labeling.key_bar import KeyBar
from hydra_desktop.views.labeling.key_choice import KeyChoice
from hydra_desktop.views.labeling.labeling_screen import LabelingScreen
from hydra_desktop.views.labeling.page_canvas import TILE_WIDTHS
from hydra_desktop.views.labeling.tile import Standing
from hydra_desktop.views.theme import Theme
from tests.fakes.desk_hall import HALL, TYPE, fill
from tests.fakes.typing_person import Person
from tests.fakes.upgraded import upgraded

PLOTS = 90
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton
Key = Qt.Key


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a hall of plots that wait; each three of a picture, which makes stacks."""
    folder = tmp_path_factory.mktemp("desk")
    database = upgraded(f"sqlite:///{folder / 'hydra.db'}")
    fill(database, folder / "images", PLOTS, pictures=PLOTS // 3)
    database.close()
    return folder


@pytest.fixture
def database(filled: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(filled / "hydra.db", tmp_path)
    opened = open_database(f"sqlite:///{tmp_path / 'hydra.db'}")
    yield opened
    opened.close()


class Sitting:
    """A person at the screen, and what the database has of what was done there."""

    def __init__(self, qtbot: QtBot, database: Database, images: Path) -> None:
        self._qtbot, self.database, self.is_closed = qtbot, database, False
        self.person = Person(database, images, lambda **_facts: None)
        self.screen, self.desk, self.sheet = self.person.screen, self.person.desk, self.person.desk.sheet
        self.screen.side.stacks.setChecked(False)  # the tests of stacks want them
        self.settle()

    @property
    def view(self) -> QWidget:
        return self.screen.single if self.screen.is_single else self.screen.grid

    @property
    def told(self) -> str:
        return self.screen.told.text()

    def press(self, *pressed: Qt.Key | str, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        for one in pressed:
            self._qtbot.keyClick(self.view, one, modifiers)
            self.settle()

    def type_at(self, widget: QWidget, *pressed: Qt.Key | str) -> None:
        for one in pressed:
            self._qtbot.keyClick(widget, one)
        self.settle()

    def focused(self, *pressed: Qt.Key) -> None:
        """Press keys where the keyboard is."""
        for one in pressed:
            self._qtbot.keyClick(QApplication.focusWidget() or self.screen, one)
        self.settle()

    def settle(self) -> None:
        self.wait(lambda: self.desk.is_stored and not self.desk.is_loading and not self.busy)

    @property
    def busy(self) -> bool:
        is_read = self.desk._reader.busy or self.desk._writer.busy or self.desk._waiting or self.desk._behind
        return bool(is_read) or self.screen._soon.isActive()

    def wait(self, condition: Callable[[], object]) -> None:
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=10_000)

    def choose(self, queue: Queue) -> None:
        self.screen.side.choose(queue)
        self.settle()

    def read_detail(self) -> None:
        """Let what else is known of the plot in focus come."""
        self.screen._read_detail()
        self.wait(lambda: not self.screen._reader.busy)

    def given(self, plot_id: int) -> tuple[Given, ...]:
        with self.database.read() as c:
            return label_queue.given(c, [plot_id]).get(plot_id, ())

    def label(self, plot_id: int) -> str:
        found = in_force(self.given(plot_id))
        return found.label if found is not None else ""

    def standing(self, plot_id: int) -> Standing:
        return self.sheet.tiles[plot_id].standing

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self.screen.hide()
            self.person.close()
            self.screen.deleteLater()


@pytest.fixture
def sitting(qtbot: QtBot, database: Database, filled: Path) -> Iterator[Sitting]:
    made = Sitting(qtbot, database, filled / "images")
    made.screen.take_focus()
    yield made
    made.close()


def another(database: Database, user: str = "ben") -> Labeler:
    with database.read() as c:
        hall_id = halls.find(c, HALL)
    assert hall_id is not None
    return Labeler(database, hall_id, user, "elsewhere")


def say(labeler: Labeler, plot_id: int, label: str, note: str = "") -> None:
    labeler.decide(decision([Choice(plot_id, label, note=note)], Mode.SINGLE, 4000))


# Grid mode


def test_enter_commits_the_page_as_shown_and_tells_given_from_accepted(sitting: Sitting) -> None:
    s = sitting
    first, second, third = list(s.sheet.tiles)[:3]
    guess = s.sheet.tiles[first].item.shown_guess
    hidden = [one for one, tile in s.sheet.tiles.items() if tile.item.blind]
    s.press(Key.Key_N)
    s.press(Key.Key_Right, Key.Key_S)
    assert (s.standing(first), s.standing(second), s.standing(third)) == (
        Standing.GIVEN, Standing.SKIPPED, Standing.OPEN,
    )  # fmt: skip
    accepted = {one.plot.id: one.shown_guess for one in s.sheet.to_accept()}
    assert s.screen.bar.main.text() == f"Commit page: accept {len(accepted)} guesses"
    assert "never evaluate" in s.screen.bar.note.text()
    s.press(Key.Key_Return)
    given = s.given(third)[0]
    assert (given.label, given.accepted, given.guess_visible, given.mode) == (accepted[third], True, True, "grid")
    assert (s.given(first)[0].label, s.given(first)[0].accepted) == ("NoData", False)
    assert guess != "NoData"
    assert s.given(second) == ()
    assert all(s.label(one) == label for one, label in accepted.items())
    assert not any(one in accepted for one in hidden)
    if hidden:  # those wait for the person's own word, the page with them
        assert s.sheet.focus == hidden[0]
    else:
        assert first not in s.sheet.tiles


def test_a_key_labels_what_is_selected(sitting: Sitting) -> None:
    s = sitting
    ids = list(s.sheet.tiles)
    s.press(Key.Key_Right, Key.Key_Right, modifiers=SHIFT)
    assert s.sheet.selection == set(ids[:3])
    assert s.screen.bar.head.text() == "3 selected"
    assert "let go" in [one.text() for one in s.screen.bar.acts]
    s.press(Key.Key_B)
    assert [s.label(one) for one in ids[:4]] == ["Bad", "Bad", "Bad", ""]
    assert s.sheet.selection == frozenset()
    with s.database.read() as c:
        assert c.scalar(sa.select(sa.func.count()).select_from(t.label_actions)) == 1  # one act, taken back as one
    s.press(Key.Key_Backspace)
    assert [s.label(one) for one in ids[:3]] == ["", "", ""]
    assert s.screen.told.text() == "Taken back: Bad, 3 plots."


def test_the_mouse_paints_with_a_label_of_the_palette(qtbot: QtBot, sitting: Sitting) -> None:
    s = sitting
    grid, ids = s.screen.grid, list(s.sheet.tiles)
    row = s.screen.legend._rows["NoData"]
    qtbot.mouseClick(row, LEFT)
    assert grid.armed == "NoData"
    qtbot.mouseClick(grid, LEFT, pos=grid.cell(ids[1]).center())
    s.settle()
    qtbot.mouseClick(grid, LEFT, SHIFT, grid.cell(ids[4]).center())
    s.settle()
    assert [s.label(one) for one in ids[:6]] == ["", "NoData", "NoData", "NoData", "NoData", ""]
    start, end = grid.cell(ids[5]).center(), grid.cell(ids[6]).center()
    qtbot.mousePress(grid, LEFT, pos=start)
    qtbot.mouseMove(grid, end)
    qtbot.mouseRelease(grid, LEFT, pos=end)
    s.settle()
    assert [s.label(one) for one in ids[5:8]] == ["NoData", "NoData", ""]
    qtbot.mouseClick(row, LEFT)
    assert grid.armed is None


def test_plots_are_made_larger_and_smaller_by_keys_and_the_reference_stands_beside(sitting: Sitting) -> None:
    s = sitting
    before = s.screen.grid.size_step
    s.press("+")
    assert s.screen.grid.size_step == before + 1
    s.press("-", "-")
    assert s.screen.grid.size_step == before - 1
    s.read_detail()
    s.press(Key.Key_R)
    assert s.screen.grid.magnified == s.sheet.focus
    s.press(Key.Key_R)
    assert s.screen.grid.magnified is None


# Single mode


def test_one_key_labels_and_goes_on_and_backspace_takes_back(sitting: Sitting) -> None:
    s = sitting
    ids = list(s.sheet.tiles)
    s.press(Key.Key_Right, Key.Key_Tab)
    assert s.screen.is_single
    assert s.sheet.focus == ids[1]
    s.press(Key.Key_B)
    assert (s.label(ids[1]), s.sheet.focus) == ("Bad", ids[2])
    given = s.given(ids[1])[0]
    assert (given.mode, given.user, given.accepted) == ("single", "eva", False)
    assert given.taken_ms is not None
    s.press(Key.Key_S)
    assert (s.given(ids[2]), s.sheet.focus, s.desk.session.skipped) == ((), ids[3], 1)
    s.press(Key.Key_Return)
    accepted = s.given(ids[3])
    assert [(one.label, one.accepted) for one in accepted] == [(s.sheet.tiles[ids[3]].item.shown_guess, True)]
    s.press(Key.Key_Backspace, Key.Key_Backspace, Key.Key_Backspace)
    assert s.sheet.focus == ids[1]
    assert all(s.standing(one) is Standing.OPEN for one in ids)
    assert (s.given(ids[1]), s.desk.session.can_redo) == ((), 3)
    s.press(Key.Key_Y, modifiers=CONTROL)
    assert (s.label(ids[1]), s.standing(ids[1])) == ("Bad", Standing.GIVEN)
    assert s.screen.single.guess.text() == "Bad"
    assert "given here" in s.screen.single.why.text()
    s.press(Key.Key_Tab)
    assert not s.screen.is_single
    assert s.sheet.focus == ids[1]


def test_a_key_that_is_held_down_labels_once_and_an_unknown_one_is_told(qtbot: QtBot, sitting: Sitting) -> None:
    s = sitting
    s.press(Key.Key_Tab)
    second = list(s.sheet.tiles)[1]
    again = QKeyEvent(QEvent.Type.KeyPress, Key.Key_B, Qt.KeyboardModifier.NoModifier, "b", True)
    s.press(Key.Key_B)
    QApplication.sendEvent(s.view, again)
    s.settle()
    assert s.sheet.focus == second
    s.press("x")
    assert s.told == "X does nothing here; F1 shows every key."
    assert s.label(second) == ""


def test_what_is_normal_is_beside_it_and_can_be_changed_and_hidden(sitting: Sitting) -> None:
    s = sitting
    s.press(Key.Key_Tab)
    s.read_detail()
    single = s.screen.single
    first = single.beside.shown
    assert first is not None
    assert single.beside.can_change
    assert single.beside.face.shows == first.content_hash
    s.press("]")
    other = single.beside.shown
    assert other is not None
    assert other != first
    s.press("[")
    assert single.beside.shown == first
    s.press(Key.Key_R)
    assert not single._side.isVisible()
    s.press(Key.Key_R, Key.Key_Space)
    assert not single.strip.isVisible()
    s.press(Key.Key_Space)
    assert single.strip.isVisible()
    s.press(Key.Key_E)
    assert s.told == "No evidence is stored for this plot."


def test_a_note_goes_with_the_label(sitting: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    s = sitting
    s.press(Key.Key_Tab)
    plot = s.sheet.focus
    assert plot is not None

    def write() -> None:
        dialog = s.screen.findChild(QInputDialog)
        assert dialog is not None
        dialog.setTextValue("a dip at bin 16")
        dialog.accept()

    QTimer.singleShot(0, write)
    s.press(Key.Key_W)
    assert s.screen.single.facts._facts["Note"] == "a dip at bin 16"
    s.press(Key.Key_B)
    assert s.given(plot)[0].note == "a dip at bin 16"
    assert s.screen.acts._notes == {}


# Taking back


def test_undo_goes_back_across_pages_and_into_another_screen(qtbot: QtBot, sitting: Sitting, filled: Path) -> None:
    s = sitting
    s.screen.grid.set_size(len(TILE_WIDTHS) - 1)  # few plots on a page
    s.settle()
    s.press(Key.Key_Tab)
    first, total = s.sheet.focus, len(s.sheet.tiles)
    assert first is not None
    for _ in range(total):
        s.press(Key.Key_N)
    assert first not in s.sheet.tiles  # the next page
    s.press(Key.Key_Backspace)
    assert len(s.sheet.tiles) == 1
    assert "shown again" in s.screen.page_note.text()
    s.close()
    later = Sitting(qtbot, s.database, filled / "images")
    try:
        assert later.desk.session.labels == total - 1
        for _ in range(total - 1):
            later.press(Key.Key_Backspace)
        assert later.sheet.focus == first
        assert later.label(first) == ""
        later.press(Key.Key_Backspace)
        assert later.told == "There is nothing left to take back in this session."
        for _ in range(total):
            later.press(Key.Key_Y, modifiers=CONTROL)
        assert later.label(first) == "NoData"
        assert later.desk.session.labels == total
    finally:
        later.close()


def test_what_stood_before_is_shown_once_something_is_taken_back(sitting: Sitting) -> None:
    s = sitting
    first = s.sheet.focus
    assert first is not None
    s.press(Key.Key_N, Key.Key_B, Key.Key_Backspace)
    assert s.label(first) == "NoData"
    assert (s.standing(first), s.sheet.tiles[first].label) == (Standing.BEFORE, "NoData")
    assert first not in [one.plot.id for one in s.sheet.to_accept()]


def test_what_is_taken_back_may_be_of_another_plot_type(sitting: Sitting) -> None:
    s = sitting
    first = s.sheet.focus
    s.press(Key.Key_B)
    other = PlotType("Other", labels=(default_label("Fine"), default_label("Odd")))
    with s.database.write() as c:
        halls.apply(c, s.person.labeler.hall_id, Hall(HALL, plot_types={"Other": other}), user="x", comment="")
    s.screen.show_hall(s.person.labeler.hall(), "Other")
    s.settle()
    assert [one.key for one in s.screen.labels] == ["f", "o"]
    assert s.screen.empty.text().startswith("No plot of this plot type is kept yet.")
    s.press(Key.Key_Backspace)
    assert s.screen.plot_type.name == TYPE
    assert s.sheet.focus == first
    s.press(Key.Key_G)
    assert s.label(first or 0) == "Good"


# Queues and filters


def test_queues_and_filters_are_changed_by_keyboard(qtbot: QtBot, sitting: Sitting) -> None:
    s, side = sitting, sitting.screen.side
    s.wait(lambda: QApplication.focusWidget() is s.screen.grid)
    s.press(Key.Key_F6)
    assert QApplication.focusWidget() is side.queues
    s.focused(Key.Key_Down)
    assert s.desk.ask.queue is Queue.UNCONFIRMED
    s.focused(Key.Key_Tab)
    assert QApplication.focusWidget() is side.first_run
    runs = {tile.item.plot.name.run_number for tile in s.sheet.tiles.values()}
    assert runs == {1000}
    for text in ("1001", "1000"):
        s.type_at(QApplication.focusWidget(), *text, Key.Key_Tab)
    assert not s.sheet.tiles
    assert s.screen.empty.text() == "Nothing is from 1001 to 1000: turn them round.\nF8 clears the filters."
    s.focused(Key.Key_Escape)
    assert QApplication.focusWidget() is s.screen.grid
    s.press(Key.Key_F8)
    assert s.sheet.tiles
    assert side.wishes == ""
    side.guess.setCurrentText("Bad")
    side.least.setText("60")
    side.since.setText("2026-03-01")
    side.least.editingFinished.emit()
    s.settle()
    guesses = [tile.item.guess for tile in s.sheet.tiles.values()]
    assert guesses
    assert all(one is not None and one.label == "Bad" and one.confidence >= 0.6 for one in guesses)
    assert side.wishes == "confidence from 60 %, taken from 2026-03-01, guess Bad"
    assert side.wishes in s.screen.page_note.text()
    assert side._filters_title.text() == "Filters: 3 set"
    side.since.setText("yesterday")
    side.since.editingFinished.emit()
    assert side.problem == "Write a day as 2026-11-24, or leave it empty."
    assert not side.label.isEnabled()  # nothing in this queue has one
    s.press(Key.Key_F6)
    s.focused(Key.Key_Return)
    assert QApplication.focusWidget() is s.screen.grid


def test_every_plot_is_relabelled_without_opening_it(sitting: Sitting) -> None:
    s = sitting
    first = s.sheet.focus
    assert first is not None
    s.press(Key.Key_N)
    s.choose(Queue.EVERY)
    s.screen.side.label.setCurrentText("NoData")
    s.settle()
    assert list(s.sheet.tiles) == [first]
    assert s.sheet.groups[0].title == "NoData"
    s.press(Key.Key_B)
    assert (s.label(first), s.given(first)[-1].mode) == ("Bad", "relabel")
    s.press(Key.Key_F8)
    size = len(s.sheet.tiles)
    shown = s.screen.left.text(), s.screen.page_note.text()
    assert shown == (f"{PLOTS} plots", f"1 to {size} of {PLOTS}")
    s.press(Key.Key_PageUp)
    assert s.told == "This is the first page."
    s.press(Key.Key_PageDown)
    assert s.screen.page_note.text().startswith(f"{size + 1} to ")
    while s.desk.ask.first + s.desk.ask.size < PLOTS:
        s.press(Key.Key_PageDown)
    s.press(Key.Key_PageDown)
    assert s.told == "This is the last page; Page Up goes back."


def test_a_dispute_is_settled_as_one_of_the_two_said_without_the_guess(sitting: Sitting) -> None:
    s = sitting
    ids = list(s.sheet.tiles)[:2]
    ann, ben = another(s.database, "ann"), another(s.database)
    for one in ids:
        say(ann, one, "Good", note="looks fine")
        say(ben, one, "Bad")
    s.choose(Queue.DISPUTED)
    assert s.screen.is_single
    assert set(s.sheet.tiles) == set(ids)
    place = s.sheet.focus
    assert place is not None
    single, bar = s.screen.single, s.screen.bar
    assert single.guess.text() == "Good or Bad?"
    assert not single.probabilities.isVisible()
    said = single.voices.accessibleDescription()
    assert "ann: Good" in said
    assert "looks fine" in said
    assert "Given in single mode, 4 s" in said
    assert [(one.keyed.label.name, one.accessibleName()) for one in bar.voices] == [
        ("Good", "Good, key LEFT, as ann said, or G"), ("Bad", "Bad, key RIGHT, as ben said, or B"),
    ]  # fmt: skip
    assert s.screen.agreement.in_words == "ann and ben: 0 of 2 labelled alike, kappa, 95 %: 0.00 to 0.66"
    s.press(Key.Key_Tab)
    assert s.screen.is_single
    assert s.told == "What two people disagree on is weighed one plot at a time."
    s.press(Key.Key_Right)
    settled = s.given(place)[-1]
    assert (settled.label, settled.mode, settled.guess_visible) == ("Bad", "adjudicate", False)
    assert s.sheet.focus != place
    s.press(Key.Key_Up)
    assert s.sheet.focus == place
    s.press(Key.Key_Down, Key.Key_Left)
    assert [s.label(one) for one in sorted(ids, key=lambda one: one != place)] == ["Bad", "Good"]
    assert s.desk.left == 0


def test_a_queue_that_weighs_leaves_the_keyboard_where_it_is(sitting: Sitting) -> None:
    s, queues = sitting, sitting.screen.side.queues
    s.press(Key.Key_F6)
    s.type_at(queues, *[Key.Key_Down] * 5)
    assert (s.desk.ask.queue, s.screen.is_single) == (Queue.DISPUTED, True)
    assert QApplication.focusWidget() is queues
    s.type_at(queues, *[Key.Key_Down] * 3)
    assert (s.desk.ask.queue, s.screen.is_single) == (Queue.RANDOM, False)


def test_what_the_shift_contests_needs_a_word_of_its_own(sitting: Sitting) -> None:
    s = sitting
    place = s.sheet.focus
    assert place is not None
    verdict_id = s.sheet.tiles[place].item.verdict_id
    assert verdict_id is not None
    with s.database.write() as c:
        contests.add(c, s.person.labeler.hall_id, verdict_id, "Bad", comment="a hole", user="shift", station="wall")
    s.choose(Queue.CONTESTED)
    assert list(s.sheet.tiles) == [place]
    s.press(Key.Key_Return)
    assert s.given(place) == ()
    assert s.told.startswith("1 plot waits for your own word: the shift says that the guess is wrong")
    s.read_detail()
    assert s.screen.page_side.voices.accessibleDescription().startswith("shift: Bad")
    s.press(Key.Key_Tab)
    s.read_detail()
    assert s.screen.single.why.text() == "guess, and the shift says that it is wrong"
    assert "a hole" in s.screen.single.voices.accessibleDescription()
    s.press(Key.Key_Return)
    assert s.given(place) == ()
    s.press(Key.Key_B)
    assert s.label(place) == "Bad"
    assert not s.sheet.tiles


def test_a_hidden_guess_is_told_once_the_plot_is_labelled(sitting: Sitting) -> None:
    s = sitting
    s.choose(Queue.RANDOM)
    place = s.sheet.focus
    assert place is not None
    guess = s.sheet.tiles[place].item.guess
    assert guess is not None
    assert s.sheet.tiles[place].word == "guess hidden"
    s.press(Key.Key_Tab)
    s.read_detail()
    single = s.screen.single
    assert single.guess.text() == "Guess not shown"
    assert not single.probabilities.isVisible()
    s.press(Key.Key_Return)
    assert s.told.startswith("This plot waits for your own word")
    s.press(Key.Key_I)
    assert (s.label(place), s.given(place)[0].guess_visible) == ("Ignore", False)
    s.press(Key.Key_Left)
    assert f"the guess is {guess.label}" in single.why.text()
    assert single.probabilities.isVisible()
    s.press(Key.Key_G)  # said again, with the guess told
    assert s.given(place)[-1].guess_visible
    s.press(Key.Key_Backspace, Key.Key_Backspace)
    s.sheet.go(place)
    s.press(Key.Key_B)  # what was told can't be untold
    assert s.given(place)[-1].guess_visible


def test_relabeling_passes_no_plot_over_where_what_is_said_takes_plots_out_of_the_filter(sitting: Sitting) -> None:
    s = sitting
    s.person.labeler.decide(decision([Choice(one, "Bad") for one in all_plots(s)], Mode.GRID, 1))
    s.choose(Queue.EVERY)
    s.screen.side.show_choices([], ["Good", "Bad", "NoData"], ["eva"])
    s.screen.side.label.setCurrentText("Bad")
    s.settle()
    seen, corrected = set(s.sheet.tiles), list(s.sheet.tiles)[:4]
    for one in corrected:
        s.sheet.go(one)
        s.press(Key.Key_G)
    while True:
        before = set(s.sheet.tiles)
        s.press(Key.Key_PageDown)
        if set(s.sheet.tiles) == before:
            break
        seen |= set(s.sheet.tiles)
    assert seen == set(all_plots(s))


def all_plots(sitting: Sitting) -> list[int]:
    with sitting.database.read() as c:
        return list(c.scalars(sa.select(t.plots.c.id)))


def test_a_page_that_was_on_its_way_takes_nothing_from_what_was_taken_back(sitting: Sitting) -> None:
    s = sitting
    page = set(s.sheet.tiles)
    s.desk._next = None
    s.desk._wants_next = s.desk.is_loading = True  # Enter was pressed, and the next page is slow
    s.screen.acts.give("Bad")
    assert "The next page is coming" in s.told
    s.desk._wants_next = s.desk.is_loading = False
    s.press(Key.Key_B)
    s.desk._wants_next = s.desk.is_loading = True
    s.press(Key.Key_Backspace)
    assert not s.desk.is_loading
    assert set(s.sheet.tiles) == page


def test_a_key_that_waits_is_stored_when_the_screen_closes(sitting: Sitting) -> None:
    s = sitting
    s.press(Key.Key_Tab)
    first = s.sheet.focus
    held = sqlite3.connect(s.database.engine.url.database or "", isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    s.screen.acts.give("Bad")
    second = s.sheet.focus
    s.screen.acts.give("NoData")
    assert s.desk.holds
    s.desk._start_all()
    held.execute("ROLLBACK")
    held.close()
    s.close()
    assert first is not None
    assert second is not None
    assert (s.label(first), s.label(second)) == ("Bad", "NoData")


def test_a_stack_takes_one_label_and_can_be_opened(sitting: Sitting) -> None:
    s = sitting
    s.screen.side.stacks.setChecked(True)
    s.settle()
    stacks = [one for one, tile in s.sheet.tiles.items() if len(tile.item.alike) > 1]
    first, second = stacks[:2]
    s.sheet.go(first)
    alike = s.sheet.tiles[first].item.alike
    s.press(Key.Key_N)
    assert [s.label(one) for one in (first, *alike)] == ["NoData"] * (1 + len(alike))
    s.sheet.go(second)
    s.press(Key.Key_Tab)
    others = s.sheet.tiles[second].item.alike
    assert s.screen.single.stack.text() == f"× {1 + len(others)} alike: they take the same label"
    s.press(Key.Key_O)
    assert set(s.sheet.tiles) == {second, *others}
    s.press(Key.Key_Tab)
    assert set(s.sheet.tiles) == {second, *others}
    s.press(Key.Key_B)
    assert [s.label(one) for one in (second, *others)] == ["Bad", *[""] * len(others)]
    assert s.screen.acts.open_stack() is None  # nothing alike is left to open
    assert s.desk.left == PLOTS - len(alike) - 2


# What the database says meanwhile


def test_while_the_database_is_locked_one_key_waits_and_no_key_is_lost_silently(
    qtbot: QtBot, sitting: Sitting, tmp_path: Path
) -> None:
    s = sitting
    s.press(Key.Key_Tab)
    first, second, third = list(s.sheet.tiles)[:3]
    lock = sqlite3.connect(tmp_path / "hydra.db", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    try:
        qtbot.keyClick(s.view, Key.Key_B)
        assert s.sheet.focus == second  # the picture doesn't wait for it
        assert s.sheet.tiles[first].is_pending
        assert s.screen.stored.text() == "Storing"
        qtbot.keyClick(s.view, Key.Key_N)
        assert (s.sheet.focus, s.screen.stored.text()) == (second, "Storing, one key waits")
        qtbot.keyClick(s.view, Key.Key_G)
        assert s.told == BUSY
    finally:
        lock.execute("ROLLBACK")
        lock.close()
    s.settle()
    assert [s.label(one) for one in (first, second, third)] == ["Bad", "NoData", ""]
    assert s.sheet.focus == third
    assert s.screen.stored.text() == "\u2713 All stored"
    assert s.told == ""


def test_what_cannot_be_stored_is_shown_again_as_it_was(sitting: Sitting) -> None:
    s = sitting
    first = s.sheet.focus
    assert first is not None
    s.press(Key.Key_N)
    hall = s.person.labeler.hall()
    plot_type = hall.plot_types[TYPE]
    fewer = replace(plot_type, labels=tuple(one for one in plot_type.labels if one.name != "Ignore"))
    with s.database.write() as c:
        halls.apply(c, s.person.labeler.hall_id, replace(hall, plot_types={TYPE: fewer}), user="x", comment="")
    s.press(Key.Key_I)
    assert s.told.startswith("Not stored: 1 plot again as before. The label Ignore is none of this plot type any more")
    assert (s.standing(first), s.sheet.tiles[first].label) == (Standing.GIVEN, "NoData")
    assert not s.sheet.tiles[first].is_pending
    s.press(Key.Key_B)
    assert (s.label(first), s.told) == ("Bad", "")


# Keys, marks, pace


def test_a_label_gets_another_key(sitting: Sitting) -> None:
    s = sitting

    def set_key(plot_type: str, label: str, key: str) -> None:
        s.person.labeler.set_key(plot_type, label, key)
        s.screen.show_hall(s.person.labeler.hall())

    s.screen.label_key_wanted.connect(set_key)
    s.press(Key.Key_Right)
    place = s.sheet.focus

    def choose() -> None:
        dialog = s.screen.findChild(KeyChoice)
        assert dialog is not None
        s._qtbot.keyClick(dialog, Key.Key_Down)
        assert dialog.title.text() == "Press the key that gives Bad"
        s._qtbot.keyClick(dialog, "s")

    QTimer.singleShot(0, choose)
    s.press(Key.Key_F2)
    assert [(one.label.name, one.key) for one in s.screen.labels][:2] == [("Good", "g"), ("Bad", "s")]
    assert s.sheet.focus == place  # the work goes on where it was
    assert s.screen.bar.acts[0].keys == ("Shift+S",)  # what had the key has Shift with it now
    s.press(Key.Key_S)
    assert s.label(place or 0) == "Bad"
    s.press(Key.Key_Right)
    s.press(Key.Key_S, modifiers=SHIFT)
    assert s.standing(s.sheet.focus or 0) is Standing.SKIPPED


def test_every_key_is_on_the_sheet_of_keys(sitting: Sitting) -> None:
    s = sitting
    of_grid = dict(keys.of(s.screen))
    wanted = ["G", "B", "N", "I", "Enter", "S", "R", "W", "O", "Tab", "Backspace", "+, -", "Alt+Up", "Ctrl+A"]
    assert {*wanted, "F2", "F5", "F6", "F7", "F8"} <= set(of_grid)
    s.press(Key.Key_Tab)
    of_single = dict(keys.of(s.screen))
    assert {"E", "[, ]", "Space"} <= set(of_single)
    assert of_single["Enter"] == "Accept the guess, go on"


def test_pace_and_what_is_left_are_told(sitting: Sitting) -> None:
    s = sitting
    s.press(Key.Key_Right, modifiers=SHIFT)
    s.press(Key.Key_B)
    assert s.screen.left.text() == f"{PLOTS - 2} left"
    (rate, _), (left, _), (to_go, _), (done, _) = s.screen.pace.figures()
    assert (int(rate) > 0, left, done) == (True, str(PLOTS - 2), "2")
    assert to_go != "-"
    s.press(Key.Key_Tab)
    assert s.screen.speed.text().endswith("2 this session")


def test_the_screen_begins_where_it_was_left(qtbot: QtBot, sitting: Sitting, filled: Path) -> None:
    s = sitting
    s.choose(Queue.UNCONFIRMED)
    s.close()
    labeler, background = s.person.labeler, Background()
    desk = Desk(labeler, LabelPages(s.database, labeler.hall_id, "eva", "desk"))
    service = DetailService(s.database, labeler.hall_id, HALL, ImageStore(filled / "images"), "eva", "desk")
    reader = DetailReader(service, background, desk)
    screen = LabelingScreen(Theme(), desk, reader, lambda _verdict, _label: None, filled / "images")
    qtbot.addWidget(screen)
    screen.show_hall(labeler.hall())
    qtbot.waitUntil(lambda: bool(desk.sheet.tiles))
    assert desk.ask.queue is Queue.UNCONFIRMED
    screen.close_threads()
    background.close()


def test_labels_always_have_room_and_never_cover_each_other(qtbot: QtBot) -> None:
    names = ["Good", "Acceptable", "Bad", "SectorLoss", "HotChannel", "Outlier", "NoData", "LowStat", "NoBeam", "LED"]
    names += ["Cosmic", "Ignore", "Pedestal"]
    labels = keyed([default_label(name) for name in names])
    bar = KeyBar(Theme())
    qtbot.addWidget(bar)
    bar.say_main("Next")
    bar.show()
    for large in (True, False):
        bar.show_labels(labels, large=large)
        for width in (3840, 1280, 640):
            bar.resize(width, bar.height())
            boxes = [one.geometry() for one in bar.buttons]
            assert all(QRect(0, 0, width, bar.height()).contains(one) for one in boxes)
            assert not any(one.intersects(other) for one in boxes for other in boxes if one is not other)
            assert not any(one.intersects(bar.main.geometry()) for one in boxes)


def test_labels_that_share_a_mark_have_a_letter_in_it() -> None:
    labels = [default_label(name) for name in ("Good", "Bad", "SectorLoss", "Spikes", "HotChannel", "NoData", "NoBeam")]
    found = {one.name: marks.for_label(one, labels) for one in labels}
    assert found == {
        "Good": "circled tick", "Bad": "square", "SectorLoss": "square S", "Spikes": "triangle",
        "HotChannel": "triangle H", "NoData": "hexagon", "NoBeam": "hexagon N",
    }  # fmt: skip
    assert len(set(found.values())) == len(found)


def test_counting_comes_behind_the_next_label_of_a_fast_person(sitting: Sitting) -> None:
    order: list[str] = []
    sitting.desk.counted.connect(lambda _counts: order.append("counted"))
    sitting.desk.stored.connect(lambda _act: order.append("stored"))
    sitting.press(Key.Key_B)
    order.clear()
    sitting.screen._count()  # as the timer does
    sitting.settle()
    assert order == []
    sitting.press(Key.Key_B)
    sitting.wait(lambda: len(order) == 2)
    assert order == ["stored", "counted"]
    sitting.desk._since -= 10  # after a rest at once
    sitting.screen._count()
    sitting.wait(lambda: len(order) == 3)


def test_what_comes_back_from_another_queue_settles_no_dispute(sitting: Sitting) -> None:
    sitting.press(Key.Key_B)
    sitting.choose(Queue.DISPUTED)
    sitting.desk.undo()
    sitting.settle()
    sitting.press(Key.Key_B)
    with sitting.database.read() as c:
        modes = c.scalars(sa.select(t.label_actions.c.mode).order_by(t.label_actions.c.id)).all()
    assert len(modes) == 2
    assert "adjudicate" not in modes
