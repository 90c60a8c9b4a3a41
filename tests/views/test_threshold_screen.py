"""The threshold bench by real keys and the mouse, on a real model and a real week of verdicts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hydra_desktop import settings
from hydra_desktop.app import Desktop
from hydra_desktop.database import given_labels, label_queue, model_store
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.views.labeling.labeling_screen import LabelingScreen
from hydra_desktop.views.main_window import Place
from hydra_desktop.views.thresholds.speech import when
from hydra_desktop.views.thresholds.threshold_screen import ThresholdScreen
from tests.fakes.measured_hall import HALL, TYPE, MeasuredHall
from tests.fakes.upgraded import upgraded
from tests.services.test_threshold_bench import START, live

Key = Qt.Key
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
LIMIT_MS = 20_000
NONE = Qt.KeyboardModifier.NoModifier


@dataclass
class Site:
    """A program with a model whose thresholds are shown."""

    desktop: Desktop
    hall: MeasuredHall
    model_id: int
    plot_ids: list[int]

    @property
    def screen(self) -> ThresholdScreen:
        found = self.desktop.screens[self.desktop.window].thresholds.screen
        assert found is not None
        return found

    def open(self, qtbot: QtBot) -> ThresholdScreen:
        self.desktop.screens[self.desktop.window].thresholds.open(self.desktop.hall, self.model_id, Place.LIBRARY)
        qtbot.waitUntil(lambda: self.screen.bench is not None, timeout=LIMIT_MS)
        return self.screen

    def thresholds(self) -> dict[str, float]:
        with self.hall.database.read() as c:
            (record,) = model_store.listing(c, self.hall.hall_id, only_active=True)
        return dict(record.thresholds)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, list[int]]:
    """A folder with a database, the model that is live there, and the plots of its week."""
    folder = tmp_path_factory.mktemp("made")
    database = upgraded(f"sqlite:///{folder / 'hydra.db'}")
    hall = MeasuredHall(database, ImageStore(folder / "images"), folder)
    hall.add()
    model_id = hall.train(activate=True).model_id
    chances = [0.01] * 120
    chances[10:14], chances[30:34], chances[50:54] = [0.97] * 4, [0.7] * 4, [0.56] * 4
    plot_ids = live(hall, model_id, chances)
    with database.write() as c:
        model_store.set_thresholds(c, model_id, {"Good": 0.5, "Bad": 0.6}, user="ann", chosen="by hand")
        given_labels.give(c, plot_ids[31], "Bad", user="ann", at=START)
        label_queue.refresh(c, [plot_ids[31]])
    database.close()
    return folder, model_id, plot_ids


@pytest.fixture
def site(qtbot: QtBot, home: Path, made: tuple[Path, int, list[int]]) -> Iterator[Site]:
    chosen = settings.load(None, HALL)
    folder, model_id, plot_ids = made
    shutil.copy(folder / "hydra.db", home)
    shutil.copytree(folder / "images", chosen.image_folder)
    database = upgraded(chosen.database_url)
    hall = MeasuredHall(database, ImageStore(chosen.image_folder), home)
    desktop = Desktop(chosen, database)
    desktop.window.show()
    qtbot.waitUntil(desktop.window.isActiveWindow)
    yield Site(desktop, hall, model_id, plot_ids)
    desktop.end()
    desktop.close()
    database.close()


def press(qtbot: QtBot, *pressed: Key | tuple[Key, Qt.KeyboardModifier]) -> None:
    """Press keys where the keyboard is."""
    for one in pressed:
        key, more = one if isinstance(one, tuple) else (one, NONE)
        widget = QApplication.focusWidget()
        assert isinstance(widget, QWidget)
        qtbot.keyClick(widget, key, more)


def test_a_line_moved_by_key_tells_at_once_what_it_would_do(qtbot: QtBot, site: Site) -> None:
    screen = site.open(qtbot)
    assert screen.label == "Bad"
    assert screen.headline.text() == f"Bad at 60 %, as it is now: 2 alarms {when(screen.bench)}"
    assert not screen.apply.isEnabled()
    press(qtbot, (Key.Key_Right, SHIFT), (Key.Key_Right, SHIFT), Key.Key_Right)
    assert screen.values["Bad"] == pytest.approx(0.71)
    assert screen.headline.text() == f"At 71 % instead of 60 %: 1 fewer alarm (1 a real fault) {when(screen.bench)}"
    assert screen.chips["Bad"].text() == "Bad  71 %, was 60 %"
    assert "Unconfirmed: 6.7 % of the plots" in screen.unconfirmed.text
    assert screen.missed.text.startswith("Missed Bad: ")
    assert "a day at most, at this hall's rate" in screen.false_alarms.text
    assert screen.strip.accessibleName().endswith("difference, 1 vanish, 0 appear")
    qtbot.waitUntil(lambda: [one.plot.id for one in screen.plots.told.items] == [site.plot_ids[31]], timeout=LIMIT_MS)
    assert screen.plots.told.items[0].label == "1 gone, fault"
    press(qtbot, Key.Key_Backspace)
    assert screen.values == screen.bench.now
    press(qtbot, *[Key.Key_Left] * 5)
    assert screen.headline.text() == f"At 55 % instead of 60 %: 1 more alarm {when(screen.bench)}"
    press(qtbot, Key.Key_B)
    assert screen.values["Bad"] == pytest.approx(screen.bench.best_f1("Bad"))
    press(qtbot, Key.Key_Backspace, Key.Key_Up)
    assert screen.label == "Good"
    assert screen.chart.accessibleName() == "Threshold of Good: 50 %"


def test_plots_of_one_run_that_it_was_trained_on_are_marked_and_give_no_interval(qtbot: QtBot, site: Site) -> None:
    screen = site.open(qtbot)
    assert "40 labelled plots of 40 runs that it never saw." in screen.lines.text()
    assert "95 %: " in screen.missed.text
    found = screen.bench.unseen
    alone = replace(found, groups=np.zeros(40, int), split="5 folds by chunk, as the plots are of too few runs")
    screen.show_bench(replace(screen.bench, unseen=alone))
    assert (
        "40 labelled plots of 1 run that it never saw, but other plots of these runs it did: a new run will keep less. "
        "No intervals, as plots of one run don't tell what another will bring."
    ) in screen.lines.text()
    for card in (screen.missed, screen.false_alarms):
        assert "95 %" not in card.text


def test_the_line_is_dragged(qtbot: QtBot, site: Site) -> None:
    screen = site.open(qtbot)
    chart = screen.chart
    y = chart.height() // 2
    qtbot.mousePress(chart, Qt.MouseButton.LeftButton, pos=QPoint(round(chart.x_of(0.6)), y))
    for value in (0.7, 0.8, 0.9):
        qtbot.mouseMove(chart, QPoint(round(chart.x_of(value)), y))
    qtbot.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=QPoint(round(chart.x_of(0.9)), y))
    assert screen.values["Bad"] == pytest.approx(0.9, abs=0.01)
    qtbot.mouseClick(screen.chips["Good"], Qt.MouseButton.LeftButton)
    assert screen.label == "Good"


def test_thresholds_are_put_in_force_with_a_comment_and_taken_back(qtbot: QtBot, site: Site) -> None:
    screen = site.open(qtbot)
    press(qtbot, *[(Key.Key_Right, SHIFT)] * 3, Key.Key_Tab, Key.Key_Tab, Key.Key_Tab)
    assert screen.comment.hasFocus()
    qtbot.keyClicks(screen.comment, "too many at night")
    press(qtbot, (Key.Key_Return, CONTROL))
    press(qtbot, (Key.Key_Z, CONTROL))  # too early: it isn't read again yet
    qtbot.waitUntil(lambda: len(screen.bench.history) == 3, timeout=LIMIT_MS)
    assert site.thresholds()["Bad"] == 0.75
    newest = screen.bench.history[0]
    assert (newest.comment, newest.chosen, dict(newest.values)) == ("too many at night", "by hand", {"Bad": 0.75})
    assert "too many at night" in screen.history.item(0).text()
    assert "Ctrl+Z takes it back" in screen.told.text()
    assert screen.comment.text() == ""
    press(qtbot, (Key.Key_Z, CONTROL))
    qtbot.waitUntil(lambda: len(screen.bench.history) == 4, timeout=LIMIT_MS)
    assert site.thresholds()["Bad"] == 0.6
    screen.history.setFocus()
    screen.history.setCurrentRow(1)
    press(qtbot, Key.Key_Return)  # those of before are tried, not yet in force
    assert screen.values["Bad"] == 0.75
    assert site.thresholds()["Bad"] == 0.6


def test_what_somebody_else_set_meanwhile_is_not_overwritten(qtbot: QtBot, site: Site) -> None:
    screen = site.open(qtbot)
    with site.hall.database.write() as c:
        model_store.set_thresholds(c, site.model_id, {"Bad": 0.8}, user="kim", chosen="by hand", comment="mine")
    screen.comment.setText("calmer")
    press(qtbot, Key.Key_Left, (Key.Key_Return, CONTROL))
    qtbot.waitUntil(lambda: screen.bench.now["Bad"] == 0.8, timeout=LIMIT_MS)
    assert screen.told.text().startswith("kim set other thresholds at")
    assert site.thresholds()["Bad"] == 0.8
    assert (screen.values["Bad"], screen.comment.text()) == (0.59, "calmer")  # to be looked at, and decided anew


def test_enter_labels_the_plots_of_alarms_that_differ_and_escape_goes_back(qtbot: QtBot, site: Site) -> None:
    screen = site.open(qtbot)
    press(qtbot, *[(Key.Key_Right, SHIFT)] * 3)
    qtbot.waitUntil(lambda: len(screen.plots.told.items) == 1, timeout=LIMIT_MS)
    press(qtbot, Key.Key_Tab, Key.Key_Return)

    def shown() -> bool:
        labeling = site.desktop.window.screens.get(Place.LABELING)
        return isinstance(labeling, LabelingScreen) and set(labeling.desk.sheet.tiles) == {site.plot_ids[31]}

    qtbot.waitUntil(shown, timeout=LIMIT_MS)
    site.open(qtbot)
    press(qtbot, Key.Key_Escape)
    assert site.desktop.screens[site.desktop.window].thresholds.screen is None
    assert site.desktop.window._buttons.checkedId() == Place.LIBRARY


def test_a_model_without_a_week_says_so(qtbot: QtBot, site: Site) -> None:
    site.model_id = site.hall.train().model_id
    screen = site.open(qtbot)
    assert "not active" in screen.trail.text()
    assert screen.headline.text().endswith("as it is now; the model judged no plot of late")  # not: 0 alarms
    press(qtbot, Key.Key_Right)
    assert "judged no plot" in screen.headline.text()
    assert screen.strip._state is not None
    assert "shadow mode" in screen.strip._state.empty
    assert TYPE in screen.trail.text()


@pytest.mark.parametrize("size", [(1280, 800), (3840, 2160)])
def test_everything_has_room(qtbot: QtBot, site: Site, size: tuple[int, int]) -> None:
    site.desktop.window.resize(*size)
    screen = site.open(qtbot)
    screen.grab()
    for button in (screen.apply, screen.discard, screen.undo, screen.best, screen.back):
        assert button.isVisible()
        corner = button.mapTo(screen, QPoint(button.width(), button.height()))
        assert corner.x() <= screen.width()
        assert corner.y() <= screen.height()
