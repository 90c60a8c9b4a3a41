"""The whole program on a screen of its own, from its start to a Bad plot acknowledged: real keys, a real mouse."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import psutil
import pytest
from PySide6.QtCore import QSettings

from hydra_desktop.database import alarms, halls
from hydra_desktop.database.connection import Database, open_database
from hydra_desktop.domain.alarm import Alarm, AlarmState

pytestmark = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")),
    reason="Xvfb or xdotool isn't installed here; .ci/run installs them",
)
LIMIT_S = 90.0
Found = TypeVar("Found")


def wait_for(look: Callable[[], Found | None], what: str) -> Found:
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise TimeoutError(f"no {what} in {LIMIT_S:.0f} s")


@pytest.fixture
def display() -> Iterator[str]:
    """A screen that nothing else uses, without a window manager."""
    ready, told = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(told), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=[told], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(told)
    try:
        yield f":{os.read(ready, 16).decode().strip()}"
    finally:
        os.close(ready)
        server.terminate()
        server.wait()


@pytest.fixture
def program(home: Path, display: str) -> Iterator[subprocess.Popen[str]]:
    """The demo, as a person starts it: with its monitor, its siren and chunks that come in."""
    environment = {key: value for key, value in os.environ.items() if key != "QT_QPA_PLATFORM"}
    environment |= {"DISPLAY": display, "PYTHONPATH": str(Path(__file__).parents[1])}
    started = subprocess.Popen(
        [sys.executable, "-m", "hydra_desktop.cli", "demo", "--interval", "5", "--chunks", "200"],
        env=environment, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    yield started
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in [*psutil.Process(started.pid).children(recursive=True), psutil.Process(started.pid)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
    started.communicate()


class Person:
    """Somebody at keyboard and mouse."""

    def __init__(self, display: str) -> None:
        self._environment = {**os.environ, "DISPLAY": display}

    def do(self, *words: str) -> str:
        done = subprocess.run(["xdotool", *words], env=self._environment, capture_output=True, text=True, check=False)
        return done.stdout

    def find_window(self) -> str | None:
        return next(iter(self.do("search", "--onlyvisible", "--name", "^Hydra, ").split()), None)

    def keys(self, *names: str) -> None:
        for name in names:
            self.do("key", name)


def test_a_bad_plot_is_acknowledged_by_keyboard_only(home: Path, display: str, program: subprocess.Popen[str]) -> None:
    person = Person(display)
    window = wait_for(person.find_window, "window")
    person.do("windowfocus", "--sync", window)  # as a window manager does
    database = wait_for(lambda: _opened(home), "database")
    try:
        bad = wait_for(lambda: _alarm(database, AlarmState.UNACKNOWLEDGED), "alarm of a Bad plot")
        assert program.poll() is None

        def take() -> Alarm | None:
            person.keys("a")
            return _alarm(database, AlarmState.ACKNOWLEDGED)

        taken = wait_for(take, "alarm that was taken")
        assert taken.acknowledged_by
        assert taken.acknowledged_at is not None
        assert taken.acknowledged_at >= bad.raised_at
        person.keys("F10", "F11", "F11")  # the light look, wall mode and back
        stored = wait_for(lambda: next(iter(home.rglob("screens-*.ini")), None), "file of the station")
        assert QSettings(str(stored), QSettings.Format.IniFormat).value("theme") == "light"
        person.do("mousemove", "60", "160", "mousedown", "1", "mousemove", "90", "165", "mousemove", "260", "160")
        person.do("mousemove", "262", "162", "mouseup", "1")  # the first panel to the third place

        def order() -> list[str]:
            settings = QSettings(str(stored), QSettings.Format.IniFormat)
            return json.loads(str(settings.value("layouts/Demo", "{}"))).get("current", {}).get("own", [])

        names = wait_for(order, "order of the panels")
        with database.read() as c:
            usual = list(halls.load(c, 1).plot_types)
        assert names[:3] == [usual[1], usual[2], usual[0]]
        person.keys("ctrl+q")
        wait_for(lambda: person.find_window() is None, "end of the window")
    finally:
        database.close()


def _opened(home: Path) -> Database | None:
    found = next(iter(home.rglob("*.db")), None)
    if found is None:
        return None
    database = open_database(f"sqlite:///{found}")
    with contextlib.suppress(Exception), database.read() as c:
        if halls.names(c):
            return database
    database.close()
    return None


def _alarm(database: Database, state: AlarmState) -> Alarm | None:
    with database.read() as c:
        found = [one for one in alarms.open_alarms(c, 1) if one.state is state and one.label == "Bad"]
    return found[0] if found else None
