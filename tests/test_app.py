"""The program as its parts work together: what goes wrong reaches the person."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from hydra_desktop import app, paths, settings
from hydra_desktop.app import Desktop, followed_hall
from hydra_desktop.app.followed_hall import FollowedHall
from hydra_desktop.database import halls
from hydra_desktop.domain.errors import SettingsError
from hydra_desktop.domain.hall import Hall
from hydra_desktop.domain.wall import MonitorHealth, WallSnapshot
from hydra_desktop.settings import Settings
from hydra_desktop.views.background import Background
from tests.fakes.raised_hall import HALL, RaisedHall
from tests.fakes.upgraded import upgraded

LIMIT_S = 60.0


@pytest.fixture
def chosen(home: Path) -> Settings:
    return settings.load(None, "D")


@pytest.fixture
def desktop(qtbot: QtBot, chosen: Settings) -> Iterator[Desktop]:
    database = upgraded(chosen.database_url)
    made = Desktop(chosen, database)
    qtbot.addWidget(made.window)
    made.window.show()
    yield made
    made.close()
    database.close()


def alive() -> WallSnapshot:
    return WallSnapshot("D", monitor=MonitorHealth(datetime.now(UTC)))


def test_the_window_takes_the_whole_screen_and_does_so_again_after_wall_mode(desktop: Desktop) -> None:
    desktop.fill_screen()
    window = desktop.window
    assert window.size() == window.screen().availableSize()
    window.toggle_wall_mode()
    assert window.isFullScreen()
    window.toggle_wall_mode()
    assert window.isMaximized()
    assert not window.isFullScreen()


def test_an_alarm_that_could_not_be_taken_is_told_until_it_is_put_away(qtbot: QtBot, desktop: Desktop) -> None:
    told = desktop.wall.lines.failures
    threads: list[threading.Thread] = []
    desktop.wall.show_snapshot(alive())
    desktop.background.run(lambda: 1 / 0, failure=lambda _why: threads.append(threading.current_thread()))
    desktop.wall.acknowledged.emit(99)
    qtbot.waitUntil(lambda: told.isVisible() and bool(threads))
    assert threads == [threading.main_thread()]
    assert "The alarm was not acknowledged." in told.message
    assert str(paths.log_file()) in told.message
    desktop.wall.show_snapshot(alive())
    assert told.isVisible()
    assert desktop.wall.header.headline(datetime.now(UTC)).title == "No plots yet"
    told.clicked.emit()
    desktop.wall.show_snapshot(alive())
    assert not told.isVisible()


def test_an_alarm_is_taken_while_all_that_is_to_be_read_hangs(qtbot: QtBot, desktop: Desktop) -> None:
    hanging = threading.Event()
    try:
        for _ in range(4):  # more than there are threads
            desktop.background.run(lambda: hanging.wait(LIMIT_S))
        desktop.wall.acknowledged.emit(99)
        qtbot.waitUntil(lambda: "The alarm was not acknowledged." in desktop.wall.lines.failures.message)
    finally:
        hanging.set()


@pytest.mark.parametrize("hangs", [False, True])
def test_what_a_person_asked_for_last_is_done_before_the_program_ends_or_told(
    qtbot: QtBot, chosen: Settings, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    monkeypatch.setattr(followed_hall, "WISHES_S", 0.1 if hangs else LIMIT_S)
    database = upgraded(chosen.database_url)
    site = RaisedHall.made(database, chosen.image_folder)
    alarm = site.alarm()
    background, parent, let_on = Background(), QObject(), threading.Event()
    hall = FollowedHall(replace(chosen, hall=HALL, user="wim"), database, background, parent)
    hall._wishes.run(lambda: let_on.wait(LIMIT_S))
    hall.acknowledge(alarm.id)
    if not hangs:
        threading.Timer(0.2, let_on.set).start()
    undone = hall.finish()
    assert site.now(alarm.id).acknowledged_by == (None if hangs else "wim")
    told = ["The alarm was not acknowledged: the program ended before it could be done."]
    assert undone == (told if hangs else [])
    let_on.set()
    hall.close()
    background.close()
    database.close()


HANGING = """
import sys, threading
from PySide6.QtCore import QTimer
from hydra_desktop import app, cli
from hydra_desktop.app import desktop, followed_hall

where = sys.argv.pop()
app.END_S, followed_hall.WISHES_S = 1.0, 0.2
start = desktop.Desktop.start

def start_with_a_database_that_hangs(self):
    start(self)
    hang = threading.Event().wait
    if where == "wishes":
        self.hall._wishes.run(hang)
        self.hall.acknowledge(1)
    else:
        self.background.run(hang)
    QTimer.singleShot(0, self.end)

desktop.Desktop.start = start_with_a_database_that_hangs
sys.exit(cli.main())
"""


@pytest.mark.parametrize("where", ["wishes", "reading"])
def test_a_database_that_hangs_does_not_keep_the_program_from_ending(home: Path, where: str) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(Path(__file__).parents[1])}
    ended = subprocess.run(
        [sys.executable, "-c", HANGING, where], env=environment, cwd=home, capture_output=True, text=True,
        timeout=LIMIT_S, check=False,
    )  # fmt: skip
    told = "The alarm was not acknowledged: the program ended before it could be done.\n"
    assert (ended.returncode, ended.stderr) == (0, told if where == "wishes" else "")
    assert "The program ends without waiting for: " in paths.log_file().read_text()


@pytest.fixture
def log_file() -> Iterator[Path]:
    root, own = logging.getLogger(), logging.getLogger("hydra_desktop")
    before, level, own_level = list(root.handlers), root.level, own.level
    root.handlers.clear()  # those of pytest
    app._log_to_file()
    yield paths.log_file()
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = before
    root.setLevel(level)
    own.setLevel(own_level)


def test_an_error_in_a_slot_reaches_the_person_and_its_details_the_log(
    qtbot: QtBot, desktop: Desktop, log_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(error: Exception) -> None:
        raise error

    monkeypatch.setattr(sys, "excepthook", desktop.report)
    told = desktop.wall.lines.failures
    QTimer.singleShot(0, lambda: fail(ZeroDivisionError("in a slot")))
    qtbot.waitUntil(lambda: "ZeroDivisionError in a slot" in told.message)
    assert str(log_file) in told.message
    lines = log_file.read_text().splitlines()
    assert lines[0].endswith("starts")
    assert all(line[:4] == f"{datetime.now():%Y}" for line in lines[:2])  # noqa: DTZ005 as it is written
    assert "Traceback (most recent call last):" in lines
    for _ in range(2):
        QTimer.singleShot(0, lambda: fail(SettingsError("Name another folder.")))
    QTimer.singleShot(0, lambda: fail(SettingsError("The end.")))
    qtbot.waitUntil(lambda: "The end." in told.message)
    assert "(and 2 before)" in told.message
    assert told.toolTip().count("Name another folder.") == 1


def test_a_log_that_cannot_be_written_stops_nothing(home: Path) -> None:
    paths.log_file().mkdir()
    before = list(logging.getLogger().handlers)
    app._log_to_file()
    assert logging.getLogger().handlers == before


@pytest.fixture
def demo(home: Path) -> Iterator[subprocess.Popen[str]]:
    """The demo as it waits for its second chunk, started from a terminal: a run under nohup hands its deafness on."""
    former = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    started = subprocess.Popen(
        [sys.executable, "-m", "hydra_desktop.cli", "demo", "--chunks", "2", "--interval", "1000"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=home,
        env={**os.environ, "PYTHONPATH": str(Path(app.__file__).parents[2])},
    )  # fmt: skip
    signal.signal(signal.SIGHUP, former)
    yield started
    if started.poll() is None:
        for process in [*psutil.Process(started.pid).children(recursive=True), started]:
            process.kill()
    started.communicate()


def child_of(demo: subprocess.Popen[str], word: str) -> psutil.Process:
    """A process of the demo, as soon as there is one with this word in its command."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        assert demo.poll() is None, demo.communicate()
        for child in psutil.Process(demo.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if word in child.cmdline():
                    return child
    raise AssertionError(f"the demo started no {word}")


def test_when_the_terminal_is_closed_the_demo_ends_with_its_monitor(home: Path, demo: subprocess.Popen[str]) -> None:
    monitor = child_of(demo, "monitor")
    child_of(demo, "siren")  # the window stands
    demo.send_signal(signal.SIGHUP)
    demo.communicate(timeout=LIMIT_S)
    assert not monitor.is_running()
    assert list(home.glob("demo-*")) == []


def test_a_demo_whose_monitor_died_ends_and_says_so(home: Path, demo: subprocess.Popen[str]) -> None:
    child_of(demo, "siren")
    child_of(demo, "monitor").kill()
    _, said = demo.communicate(timeout=LIMIT_S)
    assert demo.returncode == 1
    assert "The demo's monitor ended with code -9" in said
    assert "Traceback" not in said
    assert list(home.glob("demo-*")) == []


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_the_program_asks_nothing_and_its_monitor_goes_on(
    home: Path, chosen: Settings, tmp_path: Path, name: signal.Signals
) -> None:
    database = upgraded(chosen.database_url)
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
        halls.apply(c, hall_id, Hall("D", str(tmp_path)), user="test")
    program = subprocess.Popen(
        [sys.executable, "-m", "hydra_desktop.cli", "--hall", "D"], stderr=subprocess.PIPE, text=True, cwd=home,
        env={**os.environ, "PYTHONPATH": str(Path(app.__file__).parents[2])},
    )  # fmt: skip
    monitor = None
    try:
        monitor = child_of(program, "monitor")
        siren = child_of(program, "siren")  # the window stands
        program.send_signal(name)
        _, said = program.communicate(timeout=LIMIT_S)
        assert program.returncode == 0, said
        assert monitor.is_running()
        assert monitor.status() != psutil.STATUS_ZOMBIE
        psutil.wait_procs([siren], timeout=LIMIT_S)
        assert not siren.is_running()
    finally:
        program.kill()
        program.communicate()
        if monitor is not None:
            monitor.kill()
        database.close()


def test_told_to_end_while_it_asks_about_the_monitor(qtbot: QtBot, desktop: Desktop, tmp_path: Path) -> None:
    desktop.ask_before_closing()
    desktop.hall.monitor.start(tmp_path)
    process = desktop.hall.monitor.process
    assert process is not None
    try:
        QTimer.singleShot(0, desktop.window.close)
        QTimer.singleShot(0, desktop.end)  # heard by the loop of the question
        qtbot.waitUntil(lambda: not desktop.window.isVisible())
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
