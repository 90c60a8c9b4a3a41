"""The siren's real process on a real PulseAudio server: what is commanded is heard."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.sound_server import LIMIT_S, Ear, environment, missing, start_server, stop_server

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())
PITCH_HZ = {"high": 880.0, "medium": 660.0, "low": 523.25}


def lines(stream: Any) -> queue.Queue[bytes | None]:
    """The lines of a pipe as they come, None at its end."""
    came: queue.Queue[bytes | None] = queue.Queue()

    def read() -> None:
        with contextlib.closing(stream):
            for line in stream:
                came.put(line)
        came.put(None)

    threading.Thread(target=read).start()
    return came


class Siren:
    """The process, and what it says."""

    def __init__(self, its_environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hydra_desktop.siren"],
            env=its_environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._said = lines(self.process.stdout)

    def says(self, within_s: float = LIMIT_S) -> dict[str, Any]:
        """The next line that it says."""
        line = self._said.get(timeout=within_s)
        assert line is not None, "the siren ended"
        return json.loads(line)

    def do(self, **command: str) -> None:
        """Give a command."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        self.process.stdin.flush()

    def leave(self) -> None:
        """End its input, as when its commander dies."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def close(self) -> None:
        """End it whatever it does."""
        self.leave()
        self.process.kill()
        self.process.wait(LIMIT_S)


@pytest.fixture
def sound_folder() -> Iterator[Path]:
    """A folder with a short name: that of a socket may have 107 characters."""
    with tempfile.TemporaryDirectory(prefix="hydra-sound-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def sound_server(sound_folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    server = start_server(sound_folder)
    yield server
    stop_server(server)


@pytest.fixture
def ear(sound_folder: Path, sound_server: subprocess.Popen[bytes]) -> Iterator[Ear]:
    opened = Ear(environment(sound_folder))
    yield opened
    opened.close()


@pytest.fixture
def siren(sound_folder: Path) -> Iterator[Siren]:
    started = Siren(environment(sound_folder))
    yield started
    started.close()


def test_a_commanded_tone_is_heard_again_and_again_until_stopped(ear: Ear, siren: Siren) -> None:
    assert siren.says() == {"state": "this station is audible", "audible": True}
    assert ear.silent_for(0.5, within_s=5)
    siren.do(do="sound", severity="high")
    assert ear.hears(PITCH_HZ["high"], within_s=10)
    assert ear.silent_for(0.6, within_s=5)  # the pause between two periods
    assert ear.hears(PITCH_HZ["high"], within_s=5)
    siren.do(do="stop")
    assert ear.silent_for(1.3, within_s=6)  # no pause in a tone is that long
    siren.do(do="nonsense")
    siren.do(do="sound", severity="none")
    siren.do(do="test")
    assert ear.hears(PITCH_HZ["medium"], within_s=5)
    siren.do(do="quit")
    assert siren.process.wait(LIMIT_S) == 0


def test_a_worse_alarm_changes_the_tone(ear: Ear, siren: Siren) -> None:
    siren.says()
    siren.do(do="sound", severity="low")
    assert ear.hears(PITCH_HZ["low"], within_s=10)
    siren.do(do="sound", severity="high")
    assert ear.hears(PITCH_HZ["high"], within_s=5)


def test_an_alarm_sounds_on_when_the_program_is_gone(ear: Ear, siren: Siren) -> None:
    siren.says()
    siren.do(do="sound", severity="high")
    assert ear.hears(PITCH_HZ["high"], within_s=10)
    siren.leave()
    assert ear.silent_for(0.6, within_s=5)
    assert ear.hears(PITCH_HZ["high"], within_s=5)
    assert siren.process.poll() is None


def test_a_quiet_siren_ends_with_the_program(siren: Siren, sound_server: subprocess.Popen[bytes]) -> None:
    siren.says()
    siren.leave()
    assert siren.process.wait(LIMIT_S) == 0


def test_without_a_sound_server_it_says_so_and_an_alarm_waits_for_one(siren: Siren, sound_folder: Path) -> None:
    said = siren.says()
    assert said["audible"] is False
    assert "NO SOUND" in said["state"]
    siren.do(do="sound", severity="high")
    server = start_server(sound_folder)
    ear = Ear(environment(sound_folder))
    try:
        assert siren.says()["audible"] is True
        assert ear.hears(PITCH_HZ["high"], within_s=10)
        siren.do(do="stop")
        assert ear.silent_for(1.3, within_s=6)  # no pause in a tone is that long
    finally:
        ear.close()
        stop_server(server)


def test_a_sound_server_that_went_away_is_missed_and_taken_again(sound_folder: Path) -> None:
    server = start_server(sound_folder)
    ear = Ear(environment(sound_folder))
    siren = Siren(environment(sound_folder))
    try:
        assert siren.says()["audible"] is True
        siren.do(do="test")
        assert ear.hears(PITCH_HZ["medium"], within_s=10)
        siren.do(do="stop")
        assert ear.silent_for(0.5, within_s=5)
        stop_server(server)
        said = siren.says()
        assert said["audible"] is False
        assert "NO SOUND" in said["state"]
        server = start_server(sound_folder)
        while not siren.says()["audible"]:
            pass
        ear.close()
        ear = Ear(environment(sound_folder))
        siren.do(do="sound", severity="high")
        assert ear.hears(PITCH_HZ["high"], within_s=10)
    finally:
        ear.close()
        siren.close()
        stop_server(server)


def test_on_bare_alsa_a_tone_that_failed_is_no_sound_until_one_succeeds(sound_folder: Path) -> None:
    broken = sound_folder / "broken"
    broken.touch()
    (sound_folder / ".asoundrc").touch()  # the sign of an ALSA set-up where there is no card
    (sound_folder / "simpleaudio.py").write_text(
        "import pathlib\n"
        "class Playing:\n    def stop(self): pass\n"
        "def play_buffer(*_what):\n"
        f"    if pathlib.Path({str(broken)!r}).exists():\n"
        "        raise RuntimeError('Error opening PCM device')\n"
        "    return Playing()\n"
    )
    siren = Siren(environment(sound_folder) | {"PYTHONPATH": f"{sound_folder}{os.pathsep}{Path.cwd()}"})
    try:
        assert siren.says()["audible"] is True  # nothing is known against it yet
        siren.do(do="test")
        said = siren.says()
        assert said["audible"] is False
        assert "Error opening PCM device" in said["state"]
        siren.do(do="sound", severity="high")
        with pytest.raises(queue.Empty):
            siren.says(within_s=2.6)  # it looks every 2 s, and a tone is tried every 3 s
        broken.unlink()
        assert siren.says()["audible"] is True
    finally:
        siren.close()
