"""The whole program on a screen of its own, from its start to a Bad plot acknowledged: real keys, a real mouse."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import psutil
import pytest
import watchfiles
from PySide6.QtCore import QSettings
from sqlalchemy import Connection

from hydra_desktop.database import alarms, halls
from hydra_desktop.database.connection import open_database
from hydra_desktop.domain.alarm import Alarm, AlarmState
from tests.conftest import wait_for
from tests.fakes.sound_server import environment, missing, start_server, stop_server

pytestmark = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")) or bool(missing()),
    reason="Xvfb, xdotool or PulseAudio isn't installed here; .ci/run installs them",
)
LIMIT_S = 90.0
Found = TypeVar("Found")


def wait_for_file(folder: Path, look: Callable[[], Found | None]) -> Found:
    """Wait until a file below a folder has what is looked for."""
    stop = threading.Event()
    timer = threading.Timer(LIMIT_S, stop.set)
    timer.start()
    try:
        for _ in watchfiles.watch(folder, stop_event=stop, yield_on_timeout=True, rust_timeout=1000):
            if (found := look()) is not None:
                return found
    finally:
        timer.cancel()
    pytest.fail(f"it never came below {folder}")


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
def sound() -> Iterator[dict[str, str]]:
    """A sound server; without one a notice stands above all, and panels are elsewhere."""
    with tempfile.TemporaryDirectory(prefix="hydra-sound-", ignore_cleanup_errors=True) as folder:
        server = start_server(Path(folder))
        yield environment(Path(folder))
        stop_server(server)


@pytest.fixture
def program(home: Path, display: str, sound: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The demo, as a person starts it: with its monitor, its siren and chunks that come in."""
    environment = {key: value for key, value in sound.items() if key != "QT_QPA_PLATFORM"}
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
        done = subprocess.run(
            ["xdotool", *words], env=self._environment, capture_output=True, text=True, check=True, timeout=LIMIT_S
        )
        return done.stdout

    def find_window(self) -> str:
        """The program's window, as soon as it is there."""
        return self.do("search", "--sync", "--onlyvisible", "--name", "^Hydra, ").split()[0]

    def keys(self, *names: str) -> None:
        for name in names:
            self.do("key", name)


def test_a_bad_plot_is_acknowledged_by_keyboard_only(home: Path, display: str, program: subprocess.Popen[str]) -> None:
    person = Person(display)
    person.do("windowfocus", "--sync", person.find_window())  # as a window manager does
    database = open_database(f"sqlite:///{next(home.rglob('*.db'))}")
    try:
        wait_for(database, "Demo", lambda c, hall_id: _bad(c, hall_id, AlarmState.UNACKNOWLEDGED), LIMIT_S)
        assert program.poll() is None

        def take(c: Connection, hall_id: int) -> bool:
            if not _bad(c, hall_id, AlarmState.ACKNOWLEDGED):
                person.keys("a")  # again, where the wall didn't show it yet
                return False
            return True

        wait_for(database, "Demo", take, LIMIT_S)
        with database.read() as c:
            taken = _bad(c, 1, AlarmState.ACKNOWLEDGED)[0]
        assert taken.acknowledged_by
        assert taken.acknowledged_at is not None
        assert taken.acknowledged_at >= taken.raised_at
        person.keys("F10", "F11", "F11")  # the light look, wall mode and back

        def stored() -> Path | None:
            files = list(home.rglob("screens-*.ini"))
            is_light = files and QSettings(str(files[0]), QSettings.Format.IniFormat).value("theme") == "light"
            return files[0] if is_light else None

        file = wait_for_file(home, stored)
        person.do("mousemove", "60", "160", "mousedown", "1", "mousemove", "90", "165", "mousemove", "260", "160")
        person.do("mousemove", "262", "162", "mouseup", "1")  # the first panel to the third place

        def order() -> list[str] | None:
            value = QSettings(str(file), QSettings.Format.IniFormat).value("layouts/Demo", "{}")
            return json.loads(str(value)).get("current", {}).get("own") or None

        names = wait_for_file(file.parent, order)
        with database.read() as c:
            usual = list(halls.load(c, 1).plot_types)
        assert names[:3] == [usual[1], usual[2], usual[0]]
        person.keys("ctrl+q")
        assert program.wait(LIMIT_S) == 0
    finally:
        database.close()


def _bad(c: Connection, hall_id: int, state: AlarmState) -> list[Alarm]:
    return [one for one in alarms.open_alarms(c, hall_id) if one.state is state and one.label == "Bad"]
