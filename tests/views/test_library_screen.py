"""The library by real keys: models live and back, in shadow, in sets, out and in; other stations are followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from hydra_desktop.database import activations, shadows
from hydra_desktop.database.connection import Database
from hydra_desktop.services import library, model_exchange, model_sets, shadow
from hydra_desktop.services.shadow import ShadowReport
from hydra_desktop.views import keys
from hydra_desktop.views.background import Background
from hydra_desktop.views.library.desk import LibraryDesk
from hydra_desktop.views.library.library_screen import LibraryScreen
from hydra_desktop.views.library.questions import InSpiteQuestion, SetQuestion, TypeQuestion
from hydra_desktop.views.main_window import MainWindow, Place
from hydra_desktop.views.theme import Theme
from hydra_desktop.views.wall.wall_screen import WallScreen
from tests.fakes import library_hall
from tests.fakes.library_hall import HALL, TYPES, active, card
from tests.fakes.upgraded import upgraded

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key
LONG_MS = 30_000  # real models are opened, on a machine that may be busy


@dataclass
class Library:
    """A window at its library, and what was told."""

    qtbot: QtBot
    database: Database
    hall_id: int
    window: MainWindow
    screen: LibraryScreen
    told: list[tuple[str, bool]] = field(default_factory=list)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is."""
        self.qtbot.waitUntil(lambda: QApplication.focusWidget() is not None, timeout=LONG_MS)
        self.qtbot.keyClick(QApplication.focusWidget(), key, modifier)

    def settle(self) -> None:
        """Wait until all is read and done."""
        self.qtbot.waitUntil(lambda: not self.screen.desk.is_busy, timeout=LONG_MS)

    def do(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> str:
        """Press a key that does something; gives what was told of it."""
        with self.qtbot.waitSignal(self.screen.desk.told, timeout=LONG_MS):
            self.press(key, modifier)
        self.settle()
        return self.told[-1][0]

    def dialog(self, kind: type[QWidget]) -> Any:
        """The dialog that is open."""
        self.qtbot.waitUntil(lambda: isinstance(QApplication.activeWindow(), kind), timeout=LONG_MS)
        return QApplication.activeWindow()

    def after_dialog(self) -> None:
        """The dialog went; the offscreen platform gives the focus back to no window by itself."""
        self.qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None, timeout=LONG_MS)
        self.window.activateWindow()
        self.qtbot.waitUntil(self.window.isActiveWindow, timeout=LONG_MS)
        self.settle()

    def live(self) -> dict[str, int]:
        return active(self.database, self.hall_id)

    def choose(self, model_id: int) -> None:
        """Go to a model by keys, from the list of plot types."""
        self.screen.model_view.setFocus()
        self.press(Key.Key_Home)
        while self.screen.chosen.id != model_id:
            self.press(Key.Key_Down)


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    opened = upgraded(f"sqlite:///{home / 'hydra.db'}")
    yield opened
    opened.close()


def open_library(qtbot: QtBot, database: Database, hall_id: int, tmp_path: Path) -> Iterator[Library]:
    theme, background = Theme(), Background()
    window = MainWindow(theme)
    wall = WallScreen(theme, tmp_path / "images", lambda _verdict, _label: None, hall=HALL)
    window.show_wall(HALL, wall)
    desk = LibraryDesk(database, HALL, hall_id, background, user="eva", station="desk")
    screen = LibraryScreen(theme, desk)
    desk.setParent(screen)
    window.set_screen(Place.LIBRARY, screen)
    qtbot.addWidget(window)
    made = Library(qtbot, database, hall_id, window, screen)
    desk.told.connect(lambda text, failed: made.told.append((text, failed)))
    window.resize(1280, 800)
    window.show()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG_MS)
    qtbot.keyClick(window, Key.Key_4, CONTROL)
    desk.read()
    made.settle()
    while screen.types.rows and desk.plot_type != TYPES[0]:
        made.press(Key.Key_Down)
        made.settle()
    yield made
    background.close()
    wall.close_threads()


@pytest.fixture
def models(database: Database) -> list[int]:
    """Three models of the first plot type, the second of which misses much; the first one is live."""
    hall_id = library_hall.fill(database)
    found = [
        library_hall.add(database, hall_id, of_card=of_card) for of_card in (card(), card(missed=30), card(missed=1))
    ]
    library.activate(database, HALL, found[0], user="ann", station="counting house")
    return found


@pytest.fixture
def at(qtbot: QtBot, database: Database, models: list[int], tmp_path: Path) -> Iterator[Library]:
    yield from open_library(qtbot, database, library_hall.fill(database), tmp_path)


def test_a_model_goes_live_and_back_by_a_key_each(at: Library, models: list[int]) -> None:
    screen = at.screen
    assert screen.headline.text() == "1 of 3 plot types has a live model, 2 have none"
    assert screen.type_view.hasFocus()
    at.choose(models[2])
    assert screen.activate.text() == f"Activate {models[2]}  [Ctrl+Enter]"
    assert not screen.roll_back.isEnabled()  # there was nothing before
    assert f"model {models[2]} is live now, before it model {models[0]}" in at.do(Key.Key_Return, CONTROL)
    assert at.live() == {TYPES[0]: models[2]}
    assert not screen.activate.isEnabled()
    assert screen.told.isVisible()
    assert screen.roll_back.text() == f"Roll back to model {models[0]}  [B]"
    assert "rolled back" in at.do(Key.Key_B)
    assert at.live() == {TYPES[0]: models[0]}
    page = screen.facts.toPlainText()
    assert f"back to model {models[0]}" in page
    assert "eva at desk" in page
    assert "ann at counting house" in page


def test_a_worse_model_asks_with_its_numbers_and_the_reason_is_kept(at: Library, models: list[int]) -> None:
    at.choose(models[1])
    with at.qtbot.waitSignal(at.screen.desk.warned, timeout=LONG_MS):
        at.press(Key.Key_Return, CONTROL)
    question: InSpiteQuestion = at.dialog(InSpiteQuestion)
    assert "misses 30 of 60 faulty plots" in question._text.text()
    at.press(Key.Key_Return)  # Enter alone leaves it
    at.after_dialog()
    assert at.live() == {TYPES[0]: models[0]}
    with at.qtbot.waitSignal(at.screen.desk.warned, timeout=LONG_MS):
        at.press(Key.Key_Return, CONTROL)
    question = at.dialog(InSpiteQuestion)
    at.qtbot.keyClicks(question.why, "noise run")
    with at.qtbot.waitSignal(at.screen.desk.told, timeout=LONG_MS):
        at.qtbot.keyClick(question.why, Key.Key_Return, CONTROL)
    at.after_dialog()
    assert at.live() == {TYPES[0]: models[1]}
    with at.database.read() as c:
        last = activations.history(c, at.hall_id, TYPES[0])[-1]
    assert last.comment == "noise run"
    assert "misses 30 of 60" in last.in_spite_of


def test_a_warning_that_is_overruled_is_the_one_that_was_read(at: Library, models: list[int]) -> None:
    model_sets.save(at.database, HALL, "Worse", models={TYPES[0]: models[1]}, user="eva")
    at.screen.desk.read()
    at.settle()
    at.choose(models[1])
    for view, key in ((at.screen.model_view, Key.Key_Return), (at.screen.set_view, Key.Key_L)):
        was = at.live()[TYPES[0]]
        other = next(one for one in (models[0], models[2]) if one != was)
        view.setFocus()
        with at.qtbot.waitSignal(at.screen.desk.warned, timeout=LONG_MS):
            at.press(key, CONTROL)
        question: InSpiteQuestion = at.dialog(InSpiteQuestion)
        at.settle()
        library.activate(at.database, HALL, other, user="ben", in_spite=True)  # while the question is open
        at.screen.desk.follow()
        at.qtbot.waitUntil(lambda: at.screen.desk.seen.shelf.active_id == other, timeout=LONG_MS)  # noqa: B023
        at.qtbot.keyClicks(question.why, "noise run")
        with at.qtbot.waitSignal(at.screen.desk.told, timeout=LONG_MS):
            at.qtbot.keyClick(question.why, Key.Key_Return, CONTROL)
        at.after_dialog()
        assert "Somebody else was first" in at.told[-1][0]
        assert at.live() == {TYPES[0]: other}


def test_who_acts_on_what_is_no_longer_so_is_told_what_is(at: Library, models: list[int]) -> None:
    at.choose(models[2])
    library.activate(at.database, HALL, models[1], user="ben", station="hall", in_spite=True)
    told = at.do(Key.Key_Return, CONTROL)
    assert f"Somebody else was first, and nothing was changed. {TYPES[0]}: model {models[1]} is active" in told
    assert "by ben at hall" in told
    assert at.told[-1][1]
    assert at.live() == {TYPES[0]: models[1]}
    assert at.screen.desk.seen.shelf is not None
    assert at.screen.desk.seen.shelf.active_id == models[1]  # and it is shown
    assert f"model {models[2]} is live now" in at.do(Key.Key_Return, CONTROL)


def test_what_another_station_does_is_shown(at: Library, models: list[int]) -> None:
    at.choose(models[1])
    library.activate(at.database, HALL, models[2], user="ben")
    at.screen.desk.follow()  # as the hall's follower does at each change
    at.qtbot.waitUntil(lambda: at.screen.desk.seen.shelf.active_id == models[2], timeout=LONG_MS)
    assert at.screen.chosen.id == models[1]  # what was chosen stays so
    before = at.screen.desk.seen
    at.screen.desk.follow()
    at.settle()
    assert at.screen.desk.seen is before  # nothing changed: nothing is read


def test_a_model_is_tried_in_shadow_by_one_key(at: Library, models: list[int]) -> None:
    at.choose(models[2])
    assert "judges in shadow" in at.do(Key.Key_S)
    assert at.screen.shadow.text() == "Shadow off  [S]"
    assert at.screen.headline.text().endswith("; 1 model in shadow")
    assert "It has judged no plot yet" in at.screen.facts.toPlainText()
    assert "isn't in shadow any more" in at.do(Key.Key_S)
    with at.database.read() as c:
        assert shadows.running(c, at.hall_id) == {}
    at.choose(models[0])
    assert not at.screen.shadow.isEnabled()  # it is live


def test_what_was_said_in_shadow_is_read_of_the_chosen_model_only(
    at: Library, models: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    real = shadow.report

    def report(database: Database, hall: str, model_id: int) -> ShadowReport:
        read.append(model_id)
        return real(database, hall, model_id)

    def read_anew() -> list[int]:
        at.settle()
        read.clear()
        at.screen.desk.read()
        at.settle()
        return read

    monkeypatch.setattr(shadow, "report", report)
    for model_id in models[1:]:
        shadow.begin(at.database, HALL, model_id, user="ben")
    assert read_anew() == [models[2]]  # the newest is chosen
    at.choose(models[1])
    assert read_anew() == [models[1]]
    assert "until" in at.screen.facts.toPlainText()
    assert "It has judged no plot yet" in at.screen.facts.toPlainText()
    at.choose(models[0])
    assert read_anew() == []


def test_a_set_is_saved_put_live_and_rolled_back(at: Library, models: list[int]) -> None:
    screen = at.screen
    assert screen.no_sets.isVisible()
    screen.show_run_period("2026-03")
    at.press(Key.Key_S, CONTROL)
    question: SetQuestion = at.dialog(SetQuestion)
    assert question.name.text() == "2026-03"
    at.qtbot.keyClicks(question.comment, "spring")
    with at.qtbot.waitSignal(screen.desk.told, timeout=LONG_MS):
        at.qtbot.keyClick(question.comment, Key.Key_Return, CONTROL)
    at.after_dialog()
    assert at.told[-1] == ("The set 2026-03 is saved with 1 model.", False)
    assert not screen.activate_set.isEnabled()  # it is what is live
    at.choose(models[2])
    at.do(Key.Key_Return, CONTROL)
    screen.set_view.setFocus()
    assert "of 1 plot types 1 changed" in at.do(Key.Key_L, CONTROL)
    assert at.live() == {TYPES[0]: models[0]}
    assert "The set 2026-03 is live since" in screen.lines.text()
    assert "rolled back" in at.do(Key.Key_B, CONTROL)
    assert at.live() == {TYPES[0]: models[2]}
    assert not screen.roll_back_set.isEnabled()


def choose_file(at: Library, path: Path) -> None:
    dialog: QFileDialog = at.dialog(QFileDialog)
    (name,) = dialog.findChildren(QLineEdit, "fileNameEdit")
    name.setText(str(path))
    at.qtbot.keyClick(name, Key.Key_Return)


def test_a_model_goes_out_and_comes_in(at: Library, models: list[int], tmp_path: Path) -> None:
    path = tmp_path / "out.hydra-model"
    at.choose(models[2])
    at.press(Key.Key_E, CONTROL)
    with at.qtbot.waitSignal(at.screen.desk.told, timeout=LONG_MS):
        choose_file(at, path)
    at.after_dialog()
    assert path.stat().st_size > 100_000
    at.press(Key.Key_I, CONTROL)
    with at.qtbot.waitSignal(at.screen.desk.told, timeout=LONG_MS):
        choose_file(at, path)
    at.after_dialog()
    text, failed = at.told[-1]
    assert failed
    assert "This model is here already" in text
    assert at.screen.told.text() == text


def test_a_model_of_a_plot_type_with_another_name_asks_which_it_is_here(
    at: Library, models: list[int], tmp_path: Path
) -> None:
    path = tmp_path / "out.hydra-model"
    other = upgraded(f"sqlite:///{tmp_path / 'other.db'}")
    hall_id = library_hall.fill(other, ("CDC_amplitude",))
    model_exchange.export(other, HALL, library_hall.add(other, hall_id, "CDC_amplitude"), path, user="eva")
    other.close()
    at.press(Key.Key_I, CONTROL)
    with at.qtbot.waitSignal(at.screen.desk.unknown_type, timeout=LONG_MS):
        choose_file(at, path)
    question: TypeQuestion = at.dialog(TypeQuestion)
    at.qtbot.keyClick(question.types, Key.Key_Down)
    with at.qtbot.waitSignal(at.screen.desk.told, timeout=LONG_MS):
        at.qtbot.keyClick(question.types, Key.Key_Return, CONTROL)
    at.after_dialog()
    assert f"{TYPES[0]}: stored as model" in at.told[-1][0]
    assert at.screen.type_view.currentIndex().data() == TYPES[0]  # and it is shown
    assert "imported by eva" in at.screen.facts.toPlainText().casefold()


def test_other_screens_are_asked_for_once_somebody_listens(at: Library, models: list[int]) -> None:
    screen, asked = at.screen, []
    at.choose(models[1])
    for button in (screen.report, screen.thresholds, screen.compare, screen.reference):
        assert not button.isVisible()
    at.press(Key.Key_O)
    screen.report_asked.connect(lambda one: asked.append(("report", one)))
    screen.thresholds_asked.connect(lambda one: asked.append(("thresholds", one)))
    screen.compare_asked.connect(lambda ids: asked.append(("compare", ids)))
    screen.reference_asked.connect(lambda name: asked.append(("reference", name)))
    at.choose(models[2])
    at.press(Key.Key_O)
    at.press(Key.Key_H)
    at.press(Key.Key_C)
    at.press(Key.Key_Down, SHIFT)
    at.press(Key.Key_C)
    at.press(Key.Key_R)
    assert asked == [
        ("report", models[2]),
        ("thresholds", models[2]),
        ("compare", [models[2], models[0]]),
        ("compare", [models[2], models[1]]),
        ("reference", TYPES[0]),
    ]


def test_a_search_leaves_what_fits_and_its_letters_do_nothing_else(at: Library, models: list[int]) -> None:
    at.press(Key.Key_Slash)
    assert at.screen.search.hasFocus()
    at.qtbot.keyClicks(at.screen.search, "cdc_")
    at.settle()
    assert [one.plot_type for one in at.screen.types.rows] == [TYPES[2]]
    assert at.screen.shelf_title.text() == TYPES[2]
    assert "No model of CDC_occupancy yet" in at.screen.empty.text()
    assert "Ctrl+I" in at.screen.empty.text()
    at.qtbot.keyClicks(at.screen.search, "bs")  # B and S act elsewhere
    assert at.live() == {TYPES[0]: models[0]}
    at.press(Key.Key_Escape)
    assert len(at.screen.types.rows) == len(TYPES)
    assert at.screen.type_view.hasFocus()


def test_an_empty_hall_says_what_to_do(qtbot: QtBot, database: Database, tmp_path: Path) -> None:
    with_nothing = open_library(qtbot, database, library_hall.fill(database, ()), tmp_path)
    at = next(with_nothing)
    assert at.screen.headline.text() == "No plot types yet"
    assert "hydra-desktop import" in at.screen.empty.text()
    assert not any(button.isEnabled() and button.isVisible() for button in (at.screen.activate, at.screen.save_set))
    next(with_nothing, None)


def test_a_database_that_is_away_is_said(qtbot: QtBot, at: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    at.database.close()
    at.database.engine.dispose()
    Path(at.database.engine.url.database or "").write_bytes(b"no database at all" * 100)
    with at.qtbot.waitSignal(at.screen.desk.told, timeout=LONG_MS):
        at.press(Key.Key_F5)
    assert "is damaged or is none" in at.told[-1][0]
    assert at.screen.told.isVisible()
    assert len(at.screen.models.rows) == 3  # what was read stays


@pytest.mark.parametrize("theme", ["dark", "light", "contrast"])
@pytest.mark.parametrize("size", [(1280, 800), (3840, 2160)])
def test_no_word_on_a_button_is_cut_off(at: Library, models: list[int], theme: str, size: tuple[int, int]) -> None:
    while at.window.theme.name != theme:
        at.press(Key.Key_F10)
    at.window.resize(*size)
    for signal in (
        at.screen.report_asked,
        at.screen.compare_asked,
        at.screen.thresholds_asked,
        at.screen.reference_asked,
    ):
        signal.connect(lambda _of: None)
    at.choose(models[2])
    at.do(Key.Key_Return, CONTROL)
    at.qtbot.waitUntil(lambda: at.window.width() == size[0], timeout=LONG_MS)
    buttons = [button for button in at.screen._buttons if button.isVisible()]
    assert len(buttons) == (len(at.screen._buttons) - 2)  # there is no set yet
    at.qtbot.waitUntil(
        lambda: all(button.width() >= button.minimumSizeHint().width() for button in buttons), timeout=LONG_MS
    )
    for button in buttons:
        assert button.mapTo(at.screen, QPoint(button.width(), 0)).x() <= at.screen.width()
    told: Callable[[], dict[str, str]] = lambda: {text: key for key, text in keys.of(at.window)}  # noqa: E731
    assert told()["Go back to what was live before"] == "B"


def test_with_large_words_nothing_is_wider_than_the_window(at: Library, models: list[int]) -> None:
    heard: list[int] = []
    at.screen.thresholds_asked.connect(heard.append)
    for signal in (at.screen.report_asked, at.screen.compare_asked, at.screen.reference_asked):
        signal.connect(lambda _of: None)
    at.choose(models[1])
    at.choose(models[2])
    assert at.screen.thresholds.isVisible()
    for _ in range(3):
        at.press(Key.Key_Equal, CONTROL)
    at.window.resize(1000, 700)
    at.qtbot.waitUntil(lambda: at.window.width() == 1000, timeout=LONG_MS)
    at.qtbot.waitUntil(lambda: not at.screen.thresholds.isVisible(), timeout=LONG_MS)
    assert at.screen.activate.mapTo(at.window, QPoint(at.screen.activate.width(), 0)).x() <= 1000
    at.press(Key.Key_H)  # its key acts all the same
    assert heard == [models[2]]


def test_only_keys_that_act_now_are_told(at: Library, models: list[int]) -> None:
    at.choose(models[0])
    told = dict(keys.of(at.window))
    assert "Ctrl+S" in told
    for key in ("B", "O", "H", "S", "Ctrl+L"):
        assert key not in told
    assert not any("live" in text and "Return" in key for key, text in told.items())


def test_tab_goes_through_all_that_can_be_used(at: Library, models: list[int]) -> None:
    seen = []
    for _ in range(12):
        at.press(Key.Key_Tab)
        seen.append(QApplication.focusWidget())
    assert at.screen.model_view in seen
    assert at.screen.facts in seen
    assert at.screen.save_set in seen
    assert len(model_sets.listing(at.database, HALL)) == 0
