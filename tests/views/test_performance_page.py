"""The alarm performance page and the hand-over by real keys, on a hall with a week of alarms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from hydra_desktop import settings
from hydra_desktop.app import Desktop
from hydra_desktop.app.alarm_performance import AlarmPerformance
from hydra_desktop.services.alarm_performance import Reach
from hydra_desktop.views.alarms.performance_page import PerformancePage
from hydra_desktop.views.main_window import Place
from tests.fakes.alarm_past import AlarmPast
from tests.fakes.upgraded import upgraded

Key = Qt.Key
CONTROL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier
LIMIT_MS = 20_000


@dataclass
class Site:
    """A program whose hall has a past of alarms."""

    desktop: Desktop
    hall: AlarmPast

    @property
    def pages(self) -> AlarmPerformance:
        return self.desktop.screens[self.desktop.window].performance

    def open(self, qtbot: QtBot) -> PerformancePage:
        self.pages.open(self.desktop.hall)
        page = self.pages.page
        assert page is not None
        qtbot.waitUntil(lambda: page.shown is not None, timeout=LIMIT_MS)
        return page


@pytest.fixture
def site(qtbot: QtBot, home: Path) -> Iterator[Site]:
    chosen = settings.load(None, "D")
    database = upgraded(chosen.database_url)
    hall = AlarmPast(database)
    hall.a_week()
    desktop = Desktop(chosen, database)
    desktop.window.show()
    qtbot.waitUntil(desktop.window.isActiveWindow)
    yield Site(desktop, hall)
    desktop.end()
    desktop.close()
    database.close()


def press(qtbot: QtBot, key: Key, more: Qt.KeyboardModifier = NONE) -> None:
    """Press a key where the keyboard is."""
    widget = QApplication.focusWidget()
    assert isinstance(widget, QWidget)
    qtbot.keyClick(widget, key, more)


def save_as(qtbot: QtBot, path: Path) -> None:
    """Answer the dialog that asks for a file."""
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), QFileDialog), timeout=LIMIT_MS)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QFileDialog)
    dialog.selectFile(str(path))
    dialog.accept()


def test_the_page_answers_in_words_and_figures(qtbot: QtBot, site: Site) -> None:
    page = site.open(qtbot)
    assert page.headline.text().startswith("Calm but for three floods: mean 0.")
    assert page.cards[1].accessibleName() == "Peak in 10 min: 23 , above the aim: at most 10"
    assert page.cards[5].accessibleName().startswith("Alarms that were real faults: Not enough data")
    assert page.chart.accessibleDescription().startswith("23 in 10 min at ")
    assert page.worst.accessibleDescription().startswith("CDC_occupancy ")
    assert "1 Out of service: PS_energy since " in page.nuisances.accessibleDescription()
    assert page.reaches[Reach.WEEK].isChecked()
    image = page.grab().toImage()
    assert not image.isNull()


def test_spans_by_key_and_back_in_time(qtbot: QtBot, site: Site) -> None:
    page = site.open(qtbot)
    before = page.lines.text()
    assert not page.later.isEnabled()
    press(qtbot, Key.Key_Left)
    qtbot.waitUntil(lambda: page.shown.back == 1, timeout=LIMIT_MS)
    assert page.lines.text() != before
    press(qtbot, Key.Key_Right)
    qtbot.waitUntil(lambda: page.shown.back == 0, timeout=LIMIT_MS)
    for key, reach in ((Key.Key_S, Reach.SHIFT), (Key.Key_M, Reach.MONTH), (Key.Key_R, Reach.PERIOD)):
        press(qtbot, key)
        qtbot.waitUntil(lambda reach=reach: page.shown.reach is reach, timeout=LIMIT_MS)
        assert [one for one, button in page.reaches.items() if button.isChecked()] == [reach]
    assert not page.earlier.isEnabled()
    press(qtbot, Key.Key_Escape)
    assert site.desktop.window.page is None
    assert site.pages.page is None


def test_the_log_is_saved(qtbot: QtBot, site: Site, tmp_path: Path) -> None:
    page = site.open(qtbot)
    press(qtbot, Key.Key_E, CONTROL)
    save_as(qtbot, tmp_path / "log.csv")
    qtbot.waitUntil(lambda: page.told.text().startswith("Saved: "), timeout=LIMIT_MS)
    assert (tmp_path / "log.csv").read_text(encoding="utf-8").startswith("at,alarm_id,kind,plot_type")


def test_the_hand_over_is_read_saved_and_left(qtbot: QtBot, site: Site, tmp_path: Path) -> None:
    site.open(qtbot)
    press(qtbot, Key.Key_D, CONTROL)
    report = site.pages.handovers.page
    assert report is not None
    qtbot.waitUntil(lambda: report.shown is not None, timeout=LIMIT_MS)
    assert report.headline.text().startswith("2 alarms open, 1 of them nobody has taken; ")
    assert "The supply is swapped." in report.text.toPlainText()
    before = report.shown
    press(qtbot, Key.Key_Minus)
    qtbot.waitUntil(lambda: report.shown is not before, timeout=LIMIT_MS)
    assert report.length.text() == "the last 7 hours"
    for key, name, begin in ((Key.Key_S, "shift.html", b"<!DOCTYPE"), (Key.Key_P, "shift.pdf", b"%PDF")):
        press(qtbot, key, CONTROL)
        save_as(qtbot, tmp_path / name)
        qtbot.waitUntil(lambda name=name: report.told.text().endswith(name), timeout=LIMIT_MS)
        assert (tmp_path / name).read_bytes().startswith(begin)
    press(qtbot, Key.Key_Escape)
    assert site.pages.page is not None
    assert site.desktop.window.page is site.pages.page


def test_a_look_is_taken_over_at_once(qtbot: QtBot, site: Site) -> None:
    page = site.open(qtbot)
    site.desktop.window.next_theme()
    assert not page.grab().toImage().isNull()
    site.desktop.window.open_screen(Place.WALL)
    assert site.pages.page is None
