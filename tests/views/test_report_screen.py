"""The report of real models by real keys and clicks, from the bar to labeling and back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtPdf import QPdfDocument
from PySide6.QtWidgets import QFileDialog, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot

from hydra_desktop import settings
from hydra_desktop.app import Desktop
from hydra_desktop.database import label_queue, model_store
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.labeling import Queue
from hydra_desktop.domain.model_report import report
from hydra_desktop.services import label_pages
from hydra_desktop.views import keys
from hydra_desktop.views.labeling.labeling_screen import LabelingScreen
from hydra_desktop.views.main_window import Place
from hydra_desktop.views.report.report_screen import ReportScreen, told
from hydra_desktop.views.thresholds.threshold_screen import ThresholdScreen
from hydra_desktop.vision import model_file
from tests.domain.test_model_report import THRESHOLDS, many
from tests.domain.test_model_report import TYPE as TYPE_OF_MANY
from tests.fakes.measured_hall import HALL, TYPE, MeasuredHall
from tests.fakes.upgraded import upgraded

WRONG = {3: "Bad", 11: "Bad", 12: "Bad", 30: "Good"}  # runs whose label was turned after the training
SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


@dataclass
class Site:
    """The program, and the hall of the tests."""

    desktop: Desktop
    database: Database

    @property
    def screen(self) -> ReportScreen:
        """The report that is open."""
        found = self.desktop.screens[self.desktop.window].reports.screen
        assert found is not None
        return found

    def open(self, model_id: int, place: Place = Place.TRAINING) -> None:
        """Open a report."""
        self.desktop.screens[self.desktop.window].reports.open(self.desktop.hall, model_id, place)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database: model 1, active, 2, and 3 and 4 as older versions stored them."""
    folder = tmp_path_factory.mktemp("made")
    database = upgraded(f"sqlite:///{folder / 'hydra.db'}")
    hall = MeasuredHall(database, ImageStore(folder / "images"), folder)
    hall.add()
    hall.train(activate=True)
    hall.train()
    hall.say(WRONG, "eva")
    label_pages.build(database, hall.hall_id)
    with database.write() as c:
        label_queue.refresh(c, hall.ids().values())
        model = model_file.load(model_store.file(c, 1))
        assert model.held_out is not None
        for held_out in (None, replace(model.held_out, plots=None, unfamiliar=None)):
            file = model_file.save(replace(model, held_out=held_out))
            model_store.add(c, hall.hall_id, TYPE, file=file, card=model.card, thresholds=model.thresholds, user="ann")
    database.close()
    return folder


@pytest.fixture
def site(qtbot: QtBot, home: Path, made: Path) -> Iterator[Site]:
    chosen = settings.load(None, HALL)
    shutil.copy(made / "hydra.db", home / "hydra.db")
    chosen.image_folder.symlink_to(made / "images", target_is_directory=True)
    database = upgraded(chosen.database_url)
    desktop = Desktop(chosen, database)
    qtbot.addWidget(desktop.window)
    desktop.window.resize(1280, 800)
    desktop.window.show()
    qtbot.waitExposed(desktop.window)
    yield Site(desktop, database)
    desktop.close()
    database.close()


def wait_for_report(qtbot: QtBot, site: Site) -> ReportScreen:
    screen = site.screen
    qtbot.waitUntil(lambda: screen.report is not None and not site.desktop.background.busy, timeout=20_000)
    return screen


def press(qtbot: QtBot, widget: QWidget, *pressed: Qt.Key, more: Qt.KeyboardModifier | None = None) -> None:
    for key in pressed:
        qtbot.keyClick(widget, key, more or Qt.KeyboardModifier.NoModifier)


def runs(screen: ReportScreen) -> list[int]:
    """The runs of the plots that are listed."""
    return [one.plot.name.run_number for one in screen.plots.told.items]


def test_the_answer_is_there_and_arrows_list_the_plots_of_each_cell(qtbot: QtBot, site: Site) -> None:
    site.open(1)
    screen = wait_for_report(qtbot, site)
    assert screen.headline.text() == "Would miss 3 of 18 Bad and call 1 of 22 Good faulty"
    assert "Training  ›  hump  ›  Report of model 1" in screen.trail.text()
    assert "40 plots of 40 runs that the model never saw" in screen.lines.text()
    assert screen.matrix.hasFocus()
    assert screen.matrix.place == (1, 0)  # the faulty ones that it missed
    assert sorted(runs(screen)) == [3, 11, 12]
    assert screen._heads["plots"][0].text() == "3 plots of Bad, said to be Good"
    press(qtbot, screen.matrix, Qt.Key.Key_Right)
    assert (screen.matrix.place, len(runs(screen))) == ((1, 1), 15)
    press(qtbot, screen.matrix, Qt.Key.Key_Up, Qt.Key.Key_Up)
    assert (screen.matrix.place, runs(screen)) == ((0, 1), [30])
    assert screen.relabel.text() == "Relabel these (1)"
    press(qtbot, screen.matrix, Qt.Key.Key_M)
    assert screen.matrix.place is None
    assert sorted(runs(screen)) == sorted(WRONG)
    confidences = [one.confidence for one in screen.plots.told.items]
    assert confidences == sorted(confidences, reverse=True)


def test_a_click_on_a_cell_lists_its_plots_with_their_pictures(qtbot: QtBot, site: Site) -> None:
    site.open(1)
    screen = wait_for_report(qtbot, site)
    middle = screen.matrix.box((0, 1)).center().toPoint()
    qtbot.mouseClick(screen.matrix, Qt.MouseButton.LeftButton, pos=middle)
    assert runs(screen) == [30]
    screen.grab()
    qtbot.waitUntil(lambda: not screen.pictures.busy, timeout=20_000)
    shown = screen.plots.grab().toImage()
    assert len({shown.pixel(x, y) for x in range(0, 120, 2) for y in range(0, 90, 2)}) > 4  # no empty frame
    qtbot.mouseClick(screen.matrix, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert screen.matrix.place == (0, 1)  # beside the cells nothing is chosen


def labeling(qtbot: QtBot, site: Site, count: int) -> LabelingScreen:
    """The labeling screen, once so many plots are shown."""

    def shown() -> bool:
        screen = site.desktop.window.screens.get(Place.LABELING)
        return (
            isinstance(screen, LabelingScreen)
            and screen.isVisible()
            and len(screen.desk.sheet.tiles) == count
            and not screen.desk.is_loading
        )

    qtbot.waitUntil(shown, timeout=20_000)
    found = site.desktop.window.screens[Place.LABELING]
    assert isinstance(found, LabelingScreen)
    return found


def test_enter_opens_labeling_on_them_and_f8_comes_back_to_figures_with_the_new_labels(
    qtbot: QtBot, site: Site
) -> None:
    site.open(1)
    screen = wait_for_report(qtbot, site)
    wanted = {one.plot.id for one in screen.plots.told.items}
    press(qtbot, screen.matrix, Qt.Key.Key_Return)
    desk = labeling(qtbot, site, 3)
    assert set(desk.desk.sheet.tiles) == wanted
    qtbot.waitUntil(lambda: desk.title.text() == "Model 1: 3 plots, Bad, said to be Good", timeout=20_000)
    assert desk.leave_button.isVisible()
    assert desk.leave_button.keys == ("F8",)
    assert desk.side.queue is Queue.EVERY
    press(qtbot, desk.grid, Qt.Key.Key_A, more=CONTROL)
    press(qtbot, desk.grid, Qt.Key.Key_G)
    qtbot.waitUntil(lambda: desk.desk.is_stored and desk.desk.sheet.given_counts()["Good"] == 3, timeout=20_000)
    press(qtbot, desk, Qt.Key.Key_F8)
    again = wait_for_report(qtbot, site)
    assert again is not screen
    assert again.isVisible()
    assert again.headline.text() == "Would miss none of 15 Bad and call 1 of 25 Good faulty"
    assert site.desktop.window._buttons.checkedId() == Place.TRAINING
    site.desktop.window.open_screen(Place.LABELING)
    qtbot.waitUntil(lambda: desk.title.text() == "Every plot" and not desk.leave_button.isVisible(), timeout=20_000)


def test_only_the_selected_plots_are_labelled_anew(qtbot: QtBot, site: Site) -> None:
    site.open(1)
    screen = wait_for_report(qtbot, site)
    press(qtbot, screen.matrix, Qt.Key.Key_Tab)
    assert screen.plots.hasFocus()
    press(qtbot, screen.plots, Qt.Key.Key_Right)
    press(qtbot, screen.plots, Qt.Key.Key_Right, more=SHIFT)
    assert screen.relabel.text() == "Relabel the 2 selected"
    chosen = {one.plot.id for one in screen.plots.told.items[1:]}
    press(qtbot, screen.plots, Qt.Key.Key_Enter)
    assert set(labeling(qtbot, site, 2).desk.sheet.tiles) == chosen


def test_another_plot_type_or_queue_ends_what_was_chosen(qtbot: QtBot, site: Site) -> None:
    site.open(1)
    screen = wait_for_report(qtbot, site)
    press(qtbot, screen.matrix, Qt.Key.Key_Return)
    desk = labeling(qtbot, site, 3)
    assert desk.side.wishes == "chosen plots"
    desk.side._another_type(TYPE)
    assert desk.side.filters.count == 0
    qtbot.waitUntil(lambda: len(desk.desk.sheet.tiles) > 3 and not desk.desk.is_loading, timeout=20_000)


@pytest.mark.parametrize(("key", "suffix"), [(Qt.Key.Key_S, "html"), (Qt.Key.Key_P, "pdf")])
def test_it_is_saved_where_the_person_says(qtbot: QtBot, site: Site, tmp_path: Path, key: Qt.Key, suffix: str) -> None:
    site.open(2)
    screen = wait_for_report(qtbot, site)
    press(qtbot, screen.matrix, key, more=CONTROL)
    qtbot.waitUntil(lambda: bool(screen.findChildren(QFileDialog)), timeout=20_000)
    (dialog,) = screen.findChildren(QFileDialog)
    assert dialog.selectedFiles()[0].endswith(f"hump model 2.{suffix}")
    path = tmp_path / f"saved.{suffix}"
    dialog.fileSelected.emit(str(path))
    dialog.reject()
    qtbot.waitUntil(lambda: screen.told.text() == f"Saved: {path}", timeout=20_000)
    if suffix == "html":
        text = path.read_text(encoding="utf-8")
        assert "Would miss 3 of 18 Bad" in text
        assert "Compared with the active model" in text
    else:
        document = QPdfDocument()
        assert document.load(str(path)) is QPdfDocument.Error.None_
        assert document.pageCount() >= 2
        document.close()


def test_it_is_compared_with_the_active_model_by_itself_and_with_others_when_asked(qtbot: QtBot, site: Site) -> None:
    site.open(2)
    screen = wait_for_report(qtbot, site)
    assert "No difference between model 2 and model 1 (active) can be shown on 40 plots" in screen.lines.text()
    press(qtbot, screen.matrix, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: screen._menu.isVisible(), timeout=20_000)
    assert [action.text().split(",")[0] for action in screen._menu.actions()] == ["Model 4", "Model 3", "Model 1"]
    assert screen._menu.actions()[2].text().endswith(", active")
    press(qtbot, screen._menu, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not site.desktop.background.busy, timeout=20_000)
    assert "model 1 (active)" in screen.lines.text()
    screen.choose_model([])
    assert "no other model" in screen.told.text()
    assert not [one for one in screen.findChildren(QMenu) if one.isVisible()]


def test_h_asks_for_the_thresholds_and_escape_goes_back(qtbot: QtBot, site: Site) -> None:
    site.open(2, Place.LIBRARY)
    screen = wait_for_report(qtbot, site)
    known = dict(keys.of(site.desktop.window))
    assert {"M", "C", "H", "Esc", "Ctrl+S", "Ctrl+P", "Arrows"} <= known.keys()
    reports = site.desktop.screens[site.desktop.window].reports
    with qtbot.waitSignal(reports.thresholds_asked) as asked:
        press(qtbot, screen.matrix, Qt.Key.Key_H)
    assert asked.args == [2]
    bench = site.desktop.window.page
    assert isinstance(bench, ThresholdScreen)
    qtbot.waitUntil(lambda: bench.bench is not None, timeout=20_000)
    press(qtbot, bench, Qt.Key.Key_Escape)
    screen = wait_for_report(qtbot, site)
    press(qtbot, screen.matrix, Qt.Key.Key_Escape)
    assert site.desktop.window._buttons.checkedId() == Place.LIBRARY
    assert site.desktop.window.page is None
    assert reports.screen is None


def test_what_a_report_lacks_is_said(qtbot: QtBot, site: Site) -> None:
    site.open(3)
    screen = wait_for_report(qtbot, site)
    assert screen.headline.text().startswith("On plots that it was trained on: would miss ")
    site.open(4)
    screen = wait_for_report(qtbot, site)
    assert screen.headline.text() == "Would miss none of 16 Bad and call none of 24 Good faulty"
    assert runs(screen) == []
    assert not screen.relabel.isEnabled()
    press(qtbot, screen.matrix, Qt.Key.Key_Right)
    assert "which plots they are isn't known" in screen._heads["plots"][1].text()
    site.open(99)
    screen = site.screen
    qtbot.waitUntil(lambda: "There is no model 99" in screen.told.text(), timeout=20_000)
    assert screen.headline.text() == "There is no report of this model."
    assert not screen.buttons["html"].isEnabled()
    press(qtbot, screen.matrix, Qt.Key.Key_Return, Qt.Key.Key_C, Qt.Key.Key_H)
    press(qtbot, screen.matrix, Qt.Key.Key_S, more=CONTROL)  # nothing is there to be saved


def test_who_leaves_while_it_is_read_is_not_bothered(qtbot: QtBot, site: Site) -> None:
    site.open(1)
    site.desktop.window.open_screen(Place.STATUS)
    site.open(2)
    screen = wait_for_report(qtbot, site)
    assert screen.report is not None
    assert screen.report.record.id == 2
    site.desktop.window.open_screen(0)
    assert site.desktop.screens[site.desktop.window].reports.screen is None


def _fits(label: QLabel) -> bool:
    return label.height() >= label.heightForWidth(label.width())


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080), (3840, 2160)])
def test_everything_has_room_at_every_size_and_in_every_theme(qtbot: QtBot, site: Site, size: tuple[int, int]) -> None:
    window = site.desktop.window
    window.resize(*size)
    site.open(2)
    screen = wait_for_report(qtbot, site)
    for _ in range(3):
        qtbot.waitUntil(lambda: _fits(screen.lines) and _fits(screen.headline), timeout=20_000)  # once laid out
        bottom = max(
            one.mapTo(screen, QPoint(0, one.height())).y() for one in (screen.relabel, *screen.buttons.values())
        )
        assert bottom <= screen.height()
        for button in (screen.relabel, *screen.buttons.values()):
            assert button.isVisible()
            assert button.mapTo(screen, QPoint(button.width(), 0)).x() <= screen.width()
        assert all(screen.matrix.rect().contains(screen.matrix.box((row, column)).toRect())
                   for row in range(2) for column in range(2))  # fmt: skip
        window.theme.next()


def test_the_plots_of_a_large_cell_are_listed_at_once() -> None:
    found = report(many(count=12_000), THRESHOLDS, TYPE_OF_MANY)
    rows = found.cells[0][0].rows
    assert len(rows) > 6000
    assert len(told(found, rows)) == len(rows)  # 0.05 s; by a search for each plot it took 17 s
