"""Training by real keys and clicks: from the table to a job in the database, and to its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from hydra_desktop import settings
from hydra_desktop.app import Desktop
from hydra_desktop.database import tables as t
from hydra_desktop.database import training_jobs
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.hall import PlotType
from hydra_desktop.domain.label import default_label
from hydra_desktop.domain.training import (
    HELD_OUT_LOSS,
    TRAINING_LOSS,
    USUAL,
    Curve,
    Job,
    JobState,
    Labelled,
    LastModel,
    Light,
    Options,
    Recipe,
    Stop,
    standing,
)
from hydra_desktop.services import library
from hydra_desktop.services.importing import import_manifest
from hydra_desktop.services.progress import Progress
from hydra_desktop.services.training_state import TypeState
from hydra_desktop.views import keys
from hydra_desktop.views.labeling.labeling_screen import LabelingScreen
from hydra_desktop.views.library.questions import InSpiteQuestion
from hydra_desktop.views.main_window import Place
from hydra_desktop.views.theme import Theme
from hydra_desktop.views.training.speech import NO_PLOT_TYPE
from hydra_desktop.views.training.training_screen import TrainingScreen
from tests.fakes import library_hall, manifests
from tests.fakes.upgraded import upgraded

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
LABELS = tuple(map(default_label, ("Good", "Bad", "NoData", "Ignore")))


def state(name: str, good: int, *, bad: int = 0, new: int = 0, drift: str = "", accepted: int = 0) -> TypeState:
    given = {"Good": good - accepted, **({"Bad": bad} if bad else {})}
    last = LastModel(5, NOW, "eva", ("Good", "Bad"), (), 9, {**given, "Good": good})
    passed = {"Good": accepted} if accepted else {}
    labelled = Labelled(
        PlotType(name, labels=LABELS), given, passed, {"Good": new} if new else {}, last if good else None, "", drift
    )
    return TypeState(labelled, standing(labelled), None)


STATES = (
    state("A_current", 300, bad=9),
    state("B_ready", 200, bad=12, new=40, accepted=30),
    state("C_few", 4),
    state("D_drifted", 120, new=3, drift="38 of the last 40 plots"),
)
RUNNING = Job(
    7, "D_drifted", JobState.RUNNING, "eva", "desk", NOW, Options(Recipe.BOTH), NOW, None,
    "fine-tuning, tuning, epoch 3 of at most 10", 0.25, 110.0, "control room", attempts=1,
    log="0:00 computing features",
    curves={HELD_OUT_LOSS: Curve(((0, 0.9), (1, 0.4), (2, 0.5))), TRAINING_LOSS: Curve(((0, 1.0),))},
)  # fmt: skip
DONE = Job(5, "A_current", JobState.DONE, "bob", "desk", NOW, ended_at=NOW, model_id=44)
FAILED = Job(4, "C_few", JobState.FAILED, "bob", "desk", NOW, ended_at=NOW, error="C_few has too few labelled plots")
WAITING = Job(8, "B_ready", JobState.WAITING, "bob", "control room", NOW)


@pytest.fixture
def screen(qtbot: QtBot) -> TrainingScreen:
    made = TrainingScreen(Theme())
    qtbot.addWidget(made)
    made.resize(1400, 900)
    made.show()
    qtbot.waitExposed(made)
    made.show_states({one.name: one for one in STATES}, in_order=True)
    made.take_focus()
    return made


def names(screen: TrainingScreen) -> list[str]:
    return [row.name for row in screen.types.rows]


def test_the_headline_answers_and_the_most_urgent_is_first(screen: TrainingScreen) -> None:
    assert screen.title.text() == "2 of 4 plot types gain from training: 1 drifted, 1 ready"
    assert screen.subtitle.text() == "1 has too few labels, 1 is up to date."
    assert names(screen) == ["D_drifted", "B_ready", "C_few", "A_current"]
    assert screen.lights[Light.READY].text() == "Ready  1"
    assert "30 accepted guesses" in screen.types.rows[1].detail
    assert screen.all.text() == "Train all that changed (2)  [Shift+T]"
    assert screen.some.text() == "Train selected (0)"  # a key only where it acts
    assert not screen.some.isEnabled()


def test_one_some_or_all_are_asked_for_by_keys(qtbot: QtBot, screen: TrainingScreen) -> None:
    asked: list[tuple[list[str], Options]] = []
    screen.training_asked.connect(lambda those, options: asked.append((those, options)))
    view = screen.table.view
    qtbot.keyClick(view, Qt.Key.Key_Return)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert screen.some.text() == "Train selected (2)  [T]"
    qtbot.keyClick(view, Qt.Key.Key_T)
    assert screen.types.selected == []
    qtbot.keyClick(view, Qt.Key.Key_T)  # nothing is selected
    qtbot.keyClick(view, Qt.Key.Key_T, SHIFT)
    assert [those for those, _ in asked] == [["D_drifted"], ["D_drifted", "C_few"], ["D_drifted", "B_ready"]]
    assert {options for _, options in asked} == {USUAL}


def test_what_is_in_the_queue_is_not_asked_for_again(qtbot: QtBot, screen: TrainingScreen) -> None:
    screen.show_jobs([RUNNING, WAITING])
    assert [row.going for row in screen.types.rows] == ["running", "waits", "", ""]
    assert not screen.all.isEnabled()
    assert not screen.one.isEnabled()
    with qtbot.assertNotEmitted(screen.training_asked):
        qtbot.keyClick(screen.table.view, Qt.Key.Key_Return)
        qtbot.keyClick(screen.table.view, Qt.Key.Key_T, SHIFT)
        qtbot.keyClick(screen.table.view, Qt.Key.Key_Space)
    assert screen.types.selected == []
    assert "1 job runs, 1 waits." in screen.subtitle.text()


def test_options_are_folded_away_and_told_where_they_are_not_usual(qtbot: QtBot, screen: TrainingScreen) -> None:
    panel = screen.options
    assert not panel.recipe.isVisible()
    assert panel.changed.text() == "nothing changed from the defaults"
    qtbot.keyClick(screen.table.view, Qt.Key.Key_O)
    assert panel.recipe.isVisible()
    panel.recipe.setCurrentIndex(1)
    qtbot.mouseClick(panel.balanced, Qt.MouseButton.LeftButton, pos=QPoint(8, panel.balanced.height() // 2))
    qtbot.keyClicks(panel.alarms, "0,5")
    assert panel.options == Options(Recipe.BOTH, balanced=False, false_alarms_a_day=0.5)
    assert panel.changed.text() == (
        "changed: a whole network too, labels weigh by their plots, at most 0.5 false alarms a day"
    )
    qtbot.keyClicks(panel.alarms, "x")
    assert panel.options is None
    assert "Write a number" in panel.problem.text()
    with qtbot.assertNotEmitted(screen.training_asked):
        qtbot.mouseClick(screen.one, Qt.MouseButton.LeftButton)
    assert "O shows them" in screen.told.text()


def test_the_job_that_runs_shows_stage_time_left_and_curves_and_is_stopped(
    qtbot: QtBot, screen: TrainingScreen
) -> None:
    screen.show_jobs([RUNNING, WAITING])
    panel = screen.panel
    assert panel.name.text() == "D_drifted"
    assert "asked for by eva at desk, runs on control room" in panel.facts.text()
    assert panel.headline.text() == "1 min 50 s left in this stage"
    panel.show_job(replace(RUNNING, options=USUAL), 0)  # whose stages are short, but more than one too
    assert panel.headline.text() == "1 min 50 s left in this stage"
    panel.show_job(replace(RUNNING, wish=Stop.KEEP, wished_by="ben at control room", wished_at=NOW), 0)
    assert panel.facts.text().endswith(" stopped by ben at control room")
    panel.show_job(RUNNING, 0)
    assert "epoch 3 of at most 10: 25 %" in panel.line.text()
    assert panel.curves.plots[HELD_OUT_LOSS].title.text() == "Log-loss, best 0.40"
    assert not panel.curves.plots[TRAINING_LOSS].isVisible()
    qtbot.keyClick(screen.table.view, Qt.Key.Key_P)
    assert panel.curves.plots[TRAINING_LOSS].isVisible()
    assert "measures only progress" in panel.curves.fold.text()
    qtbot.keyClick(screen.table.view, Qt.Key.Key_G)
    assert panel.log.toPlainText() == "0:00 computing features"
    asked: list[tuple[int, Stop]] = []
    screen.stop_asked.connect(lambda job, wish: asked.append((job, wish)))
    qtbot.keyClick(screen.table.view, Qt.Key.Key_B, CONTROL)
    qtbot.keyClick(screen.table.view, Qt.Key.Key_Period, CONTROL)
    assert asked == [(7, Stop.KEEP), (7, Stop.DISCARD)]
    screen.show_jobs([replace(RUNNING, wish=Stop.KEEP)])
    assert panel.headline.text() == "Stopping, the best is kept..."
    assert not panel.keep.isVisible()
    screen.show_jobs([replace(RUNNING, stage="training, novelty", curves={})])
    assert not panel.keep.isVisible()  # nothing could be kept
    assert not panel.curves.isVisible()
    screen.show_jobs([replace(RUNNING, silent=True)])
    assert panel.headline.text() == "Its station doesn't answer"


def test_ended_jobs_lead_to_their_report_or_to_labeling(qtbot: QtBot, screen: TrainingScreen) -> None:
    lost = Job(
        3, "D_drifted", JobState.LOST, "bob", "desk", NOW, Options(Recipe.BOTH), ended_at=NOW, error="desk ended"
    )
    screen.show_jobs([WAITING, DONE, FAILED, lost])
    queue = screen.queue
    qtbot.keyClick(screen.table.view, Qt.Key.Key_F6)
    assert queue.hasFocus()
    assert queue.selectionModel().isSelected(screen.listed.index(0))  # the keyboard is seen to be there
    qtbot.keyClick(queue, Qt.Key.Key_Down)
    assert screen.panel.headline.text() == "Finished: model 44"
    with qtbot.waitSignal(screen.report_asked) as told:
        qtbot.keyClick(queue, Qt.Key.Key_Return)
    assert told.args == [44]
    with qtbot.waitSignal(screen.labeling_asked) as told:
        place = screen._job_delegate.button(queue.visualRect(screen.listed.index(2))).center()
        qtbot.mouseClick(queue.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told.args == ["C_few"]
    assert screen.panel.line.text() == "C_few has too few labelled plots"
    queue.setCurrentIndex(screen.listed.index(3))
    with qtbot.waitSignal(screen.training_asked) as told:
        qtbot.keyClick(queue, Qt.Key.Key_Return)
    assert told.args == [["D_drifted"], Options(Recipe.BOTH)]
    queue.setCurrentIndex(screen.listed.index(0))
    with qtbot.waitSignal(screen.stop_asked) as told:
        qtbot.keyClick(queue, Qt.Key.Key_Return)
    assert told.args == [8, Stop.DISCARD]
    qtbot.keyClick(queue, Qt.Key.Key_Escape)
    assert "1 job waits: a station" in screen.panel.headline.text()


def test_a_row_with_too_few_labels_leads_to_labeling(qtbot: QtBot, screen: TrainingScreen) -> None:
    view = screen.table.view
    with qtbot.waitSignal(screen.labeling_asked) as told:
        place = screen.delegate.button(view.visualRect(screen.types.index(2))).center()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told.args == ["C_few"]
    with qtbot.waitSignal(screen.labeling_asked) as told:
        qtbot.keyClick(view, Qt.Key.Key_L)
    assert told.args == ["C_few"]


def test_rows_stay_in_their_places_until_somebody_looks_anew(screen: TrainingScreen) -> None:
    screen.table.view.setCurrentIndex(screen.types.index(3))
    later = {one.name: one for one in (*STATES[1:], state("A_current", 300, bad=9, new=30), state("E_new", 2))}
    screen.show_states(later, in_order=False)
    assert names(screen) == ["D_drifted", "B_ready", "C_few", "A_current", "E_new"]
    assert screen.table.view.row == 3
    screen.show_states(later, in_order=True)
    assert names(screen) == ["D_drifted", "A_current", "B_ready", "C_few", "E_new"]
    assert screen.types.rows[screen.table.view.row].name == "A_current"


def test_plot_types_are_searched_and_narrowed(qtbot: QtBot, screen: TrainingScreen) -> None:
    qtbot.keyClick(screen.table.view, Qt.Key.Key_Slash)
    assert screen.search.hasFocus()
    qtbot.keyClicks(screen.search, "read")
    assert names(screen) == ["B_ready"]
    qtbot.keyClicks(screen.search, "xyz")
    assert screen.empty.isVisible()
    assert "Esc" in screen.empty.text()
    qtbot.keyClick(screen.search, Qt.Key.Key_Escape)
    assert len(names(screen)) == 4
    qtbot.mouseClick(screen.lights[Light.TOO_FEW], Qt.MouseButton.LeftButton)
    assert names(screen) == ["C_few"]


def test_an_empty_hall_says_what_to_do(screen: TrainingScreen) -> None:
    screen.show_states({}, in_order=True)
    assert screen.title.text() == "Nothing to train yet"
    assert screen.empty.text() == NO_PLOT_TYPE
    assert not screen.all.isVisible()
    assert screen.no_job.isVisible()
    assert "press Enter" in screen.panel.headline.text()


@pytest.mark.parametrize("theme", ["dark", "light", "contrast"])
def test_it_is_painted_in_every_look_and_no_word_of_a_button_is_cut(
    qtbot: QtBot, screen: TrainingScreen, theme: str
) -> None:
    screen.show_jobs([RUNNING, WAITING, DONE, FAILED])
    screen._theme.name = theme
    for size, scale in (((1280, 760), 0.75), ((3840, 2100), 2.0)):
        screen.resize(*size)
        screen._theme.set_window_scale(scale)
        screen.setStyleSheet(screen._theme.style_sheet())
        screen.rescale()
        qtbot.waitUntil(lambda: screen.table.view.viewport().width() > 100, timeout=20_000)
        assert not screen.grab().isNull()
        for button in screen.findChildren(QPushButton):
            if button.isVisible() and button.text():
                assert button.fontMetrics().horizontalAdvance(button.text()) <= button.width()


def test_every_key_that_acts_is_on_the_sheet(qtbot: QtBot, screen: TrainingScreen) -> None:
    screen.show_jobs([RUNNING])
    always = {"L", "Ctrl+.", "Ctrl+B", "G", "O", "P", "/", "Esc", "F5", "F6", "F7", "Space", "Enter", "Ctrl+I"}
    assert always <= set(dict(keys.of(screen)))
    assert not {"T", "R", "B"} & set(dict(keys.of(screen)))
    screen.table.view.setCurrentIndex(screen.types.index(1))
    qtbot.keyClick(screen.table.view, Qt.Key.Key_Space)
    assert {"T", "Shift+T"} <= set(dict(keys.of(screen)))
    screen.show_jobs([DONE])
    assert "R" in dict(keys.of(screen))


@dataclass
class Site:
    """The program on a hall with one plot type to train, and one with too few labels."""

    desktop: Desktop
    database: Database

    @property
    def screen(self) -> TrainingScreen:
        found = self.desktop.window.screens[Place.TRAINING]
        assert isinstance(found, TrainingScreen)
        return found


@pytest.fixture
def site(qtbot: QtBot, tmp_path: Path) -> Iterator[Site]:
    chosen = settings.load(None, "D")
    database = upgraded(chosen.database_url)
    images = ImageStore(chosen.image_folder)
    for name, labels in (("hump", ["Good"] * 22 + ["Bad"] * 4), ("few", ["Good"] * 3)):
        manifest = manifests.write(tmp_path / name, labels, plot_type=name)
        import_manifest(database, "D", images, manifest, user="ann", progress=Progress())
    desktop = Desktop(chosen, database)
    qtbot.addWidget(desktop.window)
    desktop.window.resize(1600, 900)
    desktop.window.show()
    qtbot.waitExposed(desktop.window)
    for thread in (desktop.hall.follower, desktop.hall.trainer):
        thread.start()
    desktop.window.open_screen(Place.TRAINING)
    qtbot.waitUntil(lambda: len(desktop.window.screens[Place.TRAINING].types.rows) == 2, timeout=20_000)
    yield Site(desktop, database)
    desktop.close()
    database.close()


def test_from_a_key_to_a_finished_model_on_every_station(qtbot: QtBot, site: Site) -> None:
    screen, view = site.screen, site.screen.table.view
    assert view.hasFocus()
    assert names(screen) == ["hump", "few"]
    qtbot.keyClick(view, Qt.Key.Key_T, SHIFT)
    qtbot.waitUntil(lambda: "1 job asked for: hump." in screen.told.text(), timeout=20_000)
    qtbot.waitUntil(lambda: bool(screen.jobs) and screen.jobs[0].state is JobState.DONE, timeout=60_000)
    qtbot.waitUntil(lambda: screen.types.everything["hump"].state.standing.light is Light.UP_TO_DATE, timeout=20_000)
    asked: list[int] = []
    site.desktop.screens[site.desktop.window].training.report_asked.connect(asked.append)
    qtbot.keyClick(view, Qt.Key.Key_F6)
    screen.queue.setCurrentIndex(screen.listed.index(0))
    qtbot.keyClick(screen.queue, Qt.Key.Key_Return)
    assert asked == [screen.jobs[0].model_id]
    site.desktop.window.open_screen(Place.TRAINING)  # from the report
    panel = screen.panel
    qtbot.waitUntil(panel.activate.isVisible, timeout=20_000)
    not_live, measured = panel.line.text().splitlines()
    assert not_live == "Not live. No model is live now; nothing changes until you activate it."
    assert " faulty called good" in measured
    assert not panel.back.isVisible()
    qtbot.keyClick(view, Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(lambda: panel.line.text().startswith("It is live"), timeout=20_000)
    assert f"model {asked[0]} is live now, before it no model" in screen.told.text()
    assert not panel.activate.isVisible()
    view.setCurrentIndex(screen.types.index(screen.types.place("few")))
    screen.take_focus()
    qtbot.keyClick(view, Qt.Key.Key_L)
    labeling = site.desktop.window.screens[Place.LABELING]
    assert isinstance(labeling, LabelingScreen)
    qtbot.waitUntil(lambda: labeling.side.plot_types.currentText() == "few", timeout=20_000)


def test_a_new_model_goes_live_and_back_and_a_worse_one_only_in_spite(qtbot: QtBot, site: Site) -> None:
    hall_id = site.desktop.hall.id
    file = library_hall.file_of("CDC_occupancy")
    with site.database.read() as c:  # there is no plot that neither was trained on: each is known by its own figures
        known = {"trained_on": list(c.scalars(sa.select(t.plots.c.content_hash)))}
    first, worse = (
        library_hall.add(
            site.database, hall_id, "hump", of_card={**library_hall.card(missed=missed), **known}, file=file
        )
        for missed in (2, 40)
    )
    library.activate(site.database, "D", first, user="eva")
    with site.database.write() as c:
        (job_id,) = training_jobs.ask(c, hall_id, ["hump"], USUAL, user="eva", station="desk")
        c.execute(
            t.training_jobs.update()
            .where(t.training_jobs.c.id == job_id)
            .values(state=str(JobState.DONE), model_id=worse, ended_at=datetime.now(UTC))
        )
    screen, panel = site.screen, site.screen.panel
    qtbot.waitUntil(panel.activate.isVisible, timeout=20_000)
    assert panel.line.text().startswith(f"Not live. Model {first} is live now")
    qtbot.keyClick(screen.table.view, Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(lambda: bool(screen.findChildren(InSpiteQuestion)), timeout=20_000)
    (question,) = screen.findChildren(InSpiteQuestion)
    qtbot.keyClicks(question.why, "new detector")
    qtbot.keyClick(question.why, Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(lambda: library_hall.active(site.database, hall_id) == {"hump": worse}, timeout=20_000)
    qtbot.waitUntil(panel.back.isVisible, timeout=20_000)
    assert panel.back.text() == f"Go back to model {first}  [B]"
    qtbot.keyClick(screen.table.view, Qt.Key.Key_B)
    qtbot.waitUntil(lambda: library_hall.active(site.database, hall_id) == {"hump": first}, timeout=20_000)
    qtbot.waitUntil(panel.activate.isVisible, timeout=20_000)
    assert "rolled back" in screen.told.text()


def choose_files(qtbot: QtBot, screen: TrainingScreen, *paths: Path) -> None:
    """Write paths into the dialog that asks for them (tests/test_whole_training.py types them)."""
    qtbot.waitUntil(lambda: bool(screen.findChildren(QFileDialog)), timeout=20_000)
    (dialog,) = screen.findChildren(QFileDialog)
    dialog.findChild(QLineEdit, "fileNameEdit").setText(" ".join(f'"{path}"' for path in paths))
    dialog.accept()
    qtbot.waitUntil(lambda: not screen.findChildren(QFileDialog), timeout=20_000)


def test_manifests_and_folders_are_imported_by_keys(qtbot: QtBot, site: Site, tmp_path: Path) -> None:
    screen, view = site.screen, site.screen.table.view
    one = manifests.write(tmp_path / "one", ["Good"] * 21 + ["Bad"] * 3, plot_type="one")
    two = manifests.write(tmp_path / "one", ["Good"] * 20, plot_type="two", name="two.csv")
    (tmp_path / "one" / "two_3.png").unlink()
    qtbot.keyClick(view, Qt.Key.Key_I, CONTROL)
    choose_files(qtbot, screen, one, two)
    qtbot.waitUntil(lambda: "imported" in screen.told.text(), timeout=20_000)
    assert screen.told.text().startswith("24 plots of one, 19 plots of two imported, 1 refused.")
    assert "two.csv 4: two_3.png isn't there" in screen.told.text()
    qtbot.waitUntil(lambda: set(names(screen)) == {"hump", "few", "one", "two"}, timeout=20_000)
    assert names(screen)[:2] == ["hump", "one"]  # ready to train
    assert screen.imports.button.text() == "Import...  [Ctrl+I]"
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n")
    qtbot.keyClick(view, Qt.Key.Key_I, CONTROL)
    choose_files(qtbot, screen, bad)
    qtbot.waitUntil(lambda: "lacks the columns file and plot_type" in screen.told.text(), timeout=20_000)
    assert screen.told.text().endswith("Nothing was imported.")
    folder = tmp_path / "labels" / "three" / "Bad"
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(manifests.png("Bad", 1))
    qtbot.keyClick(view, Qt.Key.Key_I, CONTROL | SHIFT)
    choose_files(qtbot, screen, tmp_path / "labels")
    qtbot.waitUntil(lambda: screen.told.text().startswith("1 plot of three imported, 0 refused."), timeout=20_000)


def test_closing_the_program_ends_the_child_and_gives_its_job_back(qtbot: QtBot, site: Site) -> None:
    screen = site.screen
    screen.options.recipe.setCurrentIndex(1)
    qtbot.keyClick(screen.table.view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(screen.jobs) and bool(screen.jobs[0].stage), timeout=60_000)
    child = psutil.Process(site.desktop.hall.trainer.runner.child_pid)
    site.desktop.hall.trainer.close()
    assert not child.is_running()
    with site.database.read() as c:
        (job,) = training_jobs.listing(c, site.desktop.hall.id)
    assert (job.state, job.attempts) == (JobState.WAITING, 0)
    assert datetime.now(UTC) - job.asked_at < timedelta(minutes=5)
