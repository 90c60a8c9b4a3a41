"""The siren's real process on a real PulseAudio server: what is commanded is heard."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

pytestmark = pytest.mark.skipif(
    not (shutil.which("pulseaudio") and shutil.which("parec")),
    reason="pulseaudio and parec (Debian: pulseaudio, pulseaudio-utils) aren't installed here",
)
RATE_HZ = 44_100
LIMIT_S = 20.0
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

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hydra_desktop.siren"],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._said = lines(self.process.stdout)

    def says(self) -> dict[str, Any]:
        """The next line that it says."""
        line = self._said.get(timeout=LIMIT_S)
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


class Ear:
    """Hears what the sound server plays, in real time; silence comes as zeros."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [
                "parec", "--device=hydra.monitor", "--format=s16le", f"--rate={RATE_HZ}", "--channels=1",
                "--latency-msec=50",
            ],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def hear(self, seconds: float) -> npt.NDArray[np.float64]:
        """The next samples, -1..1."""
        assert self._process.stdout is not None
        data = self._process.stdout.read(2 * round(seconds * RATE_HZ))
        return np.frombuffer(data, "<i2") / 32768

    def hears(self, pitch_hz: float, within_s: float) -> bool:
        """Whether a tone of that pitch comes within a time."""
        return any(abs(pitch(self.hear(0.1)) - pitch_hz) < 15 for _ in range(round(within_s / 0.1)))

    def silent_for(self, seconds: float, within_s: float) -> bool:
        """Whether it gets silent, and stays so for longer than any pause between tones."""
        heard = quiet = 0.0
        while heard < within_s:
            quiet = 0.0 if np.abs(self.hear(0.1)).max() > 0.005 else quiet + 0.1
            heard += 0.1
            if quiet >= seconds:
                return True
        return False

    def close(self) -> None:
        """Hear no more."""
        self._process.kill()
        self._process.wait(LIMIT_S)
        assert self._process.stdout is not None
        self._process.stdout.close()


def pitch(samples: npt.NDArray[np.float64]) -> float:
    """The strongest frequency, Hz; 0 in silence."""
    if np.abs(samples).max() < 0.01:
        return 0.0
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.fft.rfftfreq(len(samples), 1 / RATE_HZ)[spectrum.argmax()])


def _environment(folder: Path) -> dict[str, str]:
    mine = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "PULSE_SERVER": f"unix:{folder}/socket"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PULSE_", "DBUS_"))}
    return kept | mine


def start_server(folder: Path) -> subprocess.Popen[bytes]:
    """A PulseAudio server of our own, whose sound goes nowhere but to `Ear`."""
    server = subprocess.Popen(
        [
            "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
            "-L", f"module-native-protocol-unix socket={folder}/socket auth-anonymous=1",
            "-L", "module-null-sink sink_name=hydra rate=44100",
        ],
        env=_environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + LIMIT_S
    asking = ["pactl", "info"]
    while subprocess.run(asking, env=_environment(folder), capture_output=True, check=False).returncode:
        assert server.poll() is None, "pulseaudio ended"
        assert time.monotonic() < deadline, "pulseaudio doesn't answer"
    return server


@pytest.fixture
def sound_folder() -> Iterator[Path]:
    """A folder with a short name: that of a socket may have 107 characters."""
    with tempfile.TemporaryDirectory(prefix="hydra-sound-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def sound_server(sound_folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    server = start_server(sound_folder)
    yield server
    server.terminate()
    server.wait(LIMIT_S)


@pytest.fixture
def ear(sound_folder: Path, sound_server: subprocess.Popen[bytes]) -> Iterator[Ear]:
    opened = Ear(_environment(sound_folder))
    yield opened
    opened.close()


@pytest.fixture
def siren(sound_folder: Path) -> Iterator[Siren]:
    started = Siren(_environment(sound_folder))
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
    assert ear.silent_for(3.2, within_s=8)
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


def test_without_a_sound_server_it_says_so_and_looks_again(siren: Siren, sound_folder: Path) -> None:
    said = siren.says()
    assert said["audible"] is False
    assert "NO SOUND" in said["state"]
    siren.do(do="sound", severity="high")
    siren.leave()
    with pytest.raises(subprocess.TimeoutExpired):
        siren.process.wait(1.0)  # an alarm waits, so it does
