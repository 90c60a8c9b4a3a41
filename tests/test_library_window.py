"""The library in the program: opened from the bar, up to date by the hall's feed, and one for each hall."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hydra_desktop import settings
from hydra_desktop.app import Desktop
from hydra_desktop.database import halls
from hydra_desktop.database.connection import Database
from hydra_desktop.services import library
from hydra_desktop.views.library.library_screen import LibraryScreen
from hydra_desktop.views.main_window import MainWindow, Place
from hydra_desktop.views.reference.reference_screen import ReferenceScreen
from tests.fakes import library_hall
from tests.fakes.library_hall import HALL
from tests.fakes.upgraded import upgraded

CONTROL = Qt.KeyboardModifier.ControlModifier
TYPE = "CDC_occupancy"
LONG_MS = 30_000  # real models are read, on a machine that may be busy


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    opened = upgraded(settings.load().database_url)
    with opened.write() as c:
        halls.find_or_create(c, "B")
    yield opened
    opened.close()


@pytest.fixture
def models(database: Database) -> list[int]:
    hall_id = library_hall.fill(database, (TYPE,))
    return [library_hall.add(database, hall_id, TYPE) for _ in range(2)]


@pytest.fixture
def desktop(qtbot: QtBot, database: Database, models: list[int]) -> Iterator[Desktop]:
    made = Desktop(settings.load(None, HALL), database)
    made.hall.start()
    made.window.show()
    qtbot.waitUntil(made.window.isActiveWindow, timeout=LONG_MS)
    yield made
    made.end()
    made.close()


def opened(qtbot: QtBot, window: MainWindow) -> LibraryScreen:
    """The library of a window, opened by its key and read."""
    qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_4, CONTROL)
    screen = window.screens[Place.LIBRARY]
    assert isinstance(screen, LibraryScreen)
    qtbot.waitUntil(lambda: screen.desk.seen.types is not None and not screen.desk.is_busy, timeout=LONG_MS)
    return screen


def test_what_another_station_does_comes_by_the_feed(
    qtbot: QtBot, desktop: Desktop, database: Database, models: list[int]
) -> None:
    screen = opened(qtbot, desktop.window)
    assert screen.headline.text() == "No plot type of 1 has a live model"
    qtbot.waitUntil(lambda: screen.type_view.hasFocus(), timeout=LONG_MS)
    library.activate(database, HALL, models[0], user="ben", station="elsewhere")
    qtbot.waitUntil(lambda: screen.headline.text() == "1 of 1 plot type has a live model", timeout=LONG_MS)
    assert "ben at elsewhere" in screen.facts.toPlainText()


def test_the_references_are_within_reach(qtbot: QtBot, desktop: Desktop) -> None:
    screen = opened(qtbot, desktop.window)
    qtbot.waitUntil(lambda: screen.type_view.hasFocus(), timeout=LONG_MS)
    assert screen.reference.isVisible()
    qtbot.keyClick(screen.type_view, Qt.Key.Key_R)
    assert isinstance(desktop.window.page, ReferenceScreen)
    qtbot.waitUntil(lambda: not desktop.background.busy, timeout=LONG_MS)
    assert opened(qtbot, desktop.window) is screen  # as it was left


def test_each_hall_has_a_library_of_its_own(qtbot: QtBot, desktop: Desktop) -> None:
    first = opened(qtbot, desktop.window)
    desktop.show_hall(desktop.window, "B")
    other = opened(qtbot, desktop.window)
    assert other is not first
    assert other.headline.text() == "No plot types yet"
    second = desktop.open_window()
    second.show()
    qtbot.waitUntil(second.isActiveWindow, timeout=LONG_MS)
    assert opened(qtbot, second).headline.text() == "No plot type of 1 has a live model"
    second.close()
