"""A real sound server whose sound nobody hears but a test."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hydra_desktop.siren.tones import PATTERNS, end_s

RATE_HZ = 44_100
LIMIT_S = 20.0


def missing() -> str:
    """Why there can be none, "" where all is installed."""
    absent = [name for name in ("pulseaudio", "pactl", "parec") if shutil.which(name) is None]
    return f"{' and '.join(absent)} (Debian: pulseaudio, pulseaudio-utils) isn't installed here" if absent else ""


class Ear:
    """Hears what the sound server plays, in real time; silence comes as zeros."""

    def __init__(self, its_environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [
                "parec", "--device=hydra.monitor", "--format=s16le", f"--rate={RATE_HZ}", "--channels=1",
                "--latency-msec=50",
            ],
            env=its_environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def hear(self, seconds: float) -> npt.NDArray[np.float64]:
        """The next samples, -1..1."""
        assert self._process.stdout is not None
        data = self._process.stdout.read(2 * round(seconds * RATE_HZ))
        return np.frombuffer(data, "<i2") / 32768

    def forget(self) -> None:
        """Drop what was heard while nobody asked: the next sample is of now."""
        took_s = 0.0
        while took_s < 0.05:
            began_s = time.monotonic()
            self.hear(0.1)
            took_s = time.monotonic() - began_s

    def hears(self, pitch_hz: float, within_s: float) -> bool:
        """Whether a tone of that pitch comes within a time."""
        return any(abs(pitch(self.hear(0.1)) - pitch_hz) < 15 for _ in range(round(within_s / 0.1)))

    def hear_whole(self, tone: str, within_s: float) -> npt.NDArray[np.float64]:
        """All of a tone with a little before and after, once something is heard that is to be its first sample."""
        before = self.hear(0.1)
        for _ in range(round(within_s / 0.1)):
            heard = self.hear(0.1)
            if np.abs(heard).max() > 0.005:
                return np.concatenate([before, heard, self.hear(end_s(tone) + 0.3)])
            before = heard
        raise AssertionError(f"{tone} never came")

    def silent_for(self, seconds: float, within_s: float) -> bool:
        """Whether it gets silent, and stays so for longer than any pause between tones."""
        heard = quiet = 0.0
        while heard < within_s:
            quiet = 0.0 if np.abs(self.hear(0.1)).max() > 0.005 else quiet + 0.1
            heard += 0.1
            if quiet >= seconds:
                return True
        return False

    def hears_again(self, tone: str, within_s: float, step_s: float = 0.02) -> float:
        """When the next sample that isn't silence came, by `time.monotonic`; it is to be of that tone."""
        for _ in range(round(within_s / step_s)):
            heard = self.hear(step_s)
            if np.abs(heard).max() > 0.005:
                at = time.monotonic()
                assert abs(pitch(self.hear(0.09)) - PATTERNS[tone][0]) < 15
                return at
        raise AssertionError(f"{tone} never came")

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


def onsets_s(samples: npt.NDArray[np.float64]) -> list[float]:
    """When each pulse begins, s, told to some 2 ms."""
    step = RATE_HZ // 500
    samples = np.concatenate([np.zeros(10 * step), samples])
    loudness = np.abs(samples[: len(samples) // step * step]).reshape(-1, step).max(axis=1)
    loudness = np.maximum.reduce([np.roll(loudness, by) for by in range(-5, 6)])  # over the swings of the lowest tone
    loud = loudness > 0.2 * loudness.max()
    return [(at - 5) * step / RATE_HZ for at in np.flatnonzero(loud[1:] & ~loud[:-1])]


def has_rhythm(samples: npt.NDArray[np.float64], tone: str, within_s: float = 0.02) -> bool:
    """Whether a whole tone is there, of its pitch, with all of its pulses where they belong and no other between."""
    pitch_hz, expected, length_s, _ = PATTERNS[tone]
    heard = onsets_s(samples)
    for first in range(len(heard) - len(expected) + 1):
        pulses = np.array(heard[first : first + len(expected)]) - heard[first]
        if np.abs(pulses - expected).max() < within_s:
            at = max(0, round(heard[first] * RATE_HZ))
            pulse = samples[at : at + round(length_s * RATE_HZ)]
            if len(pulse) and abs(pitch(pulse) - pitch_hz) < 15:
                return True
    return False


def environment(folder: Path) -> dict[str, str]:
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
        env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + LIMIT_S
    asking = ["pactl", "info"]
    while subprocess.run(asking, env=environment(folder), capture_output=True, check=False).returncode:
        assert server.poll() is None, "pulseaudio ended"
        assert time.monotonic() < deadline, "pulseaudio doesn't answer"
    return server


def stop_server(server: subprocess.Popen[bytes]) -> None:
    """End a server."""
    server.terminate()
    server.wait(LIMIT_S)
