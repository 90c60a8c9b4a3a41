"""Makes tones sound by whatever the station has: PulseAudio or PipeWire, or bare ALSA."""

from __future__ import annotations

import logging
import time
import wave
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PySide6.QtCore import QUrl
from PySide6.QtMultimedia import QMediaDevices, QSoundEffect

from .tones import PATTERNS, SILENCE

log = logging.getLogger(__name__)

PATIENCE_S = 5.0  # beyond its length, for a device to take what is played


class Player(Protocol):
    """Something that plays a tone once; it begins with a silence, to see whether the device takes it."""

    name: str

    def play(self, tone: str) -> None:
        """Start a tone; a former one ends."""

    def speak(self, file: Path) -> None:
        """Start a WAV file; a tone isn't ended by it."""

    def stop(self) -> None:
        """Be silent at once."""

    def set_volume(self, volume: float) -> None:
        """How loud, 0..1."""

    def problem(self) -> str:
        """Why nothing can be heard, "" when nothing is known against it."""

    def proven(self) -> bool:
        """Whether the device has taken what was played last."""


class QtPlayer:
    """Plays through Qt, on the default output of PulseAudio or PipeWire."""

    def __init__(self, folder: Path) -> None:
        device = QMediaDevices.defaultAudioOutput()
        self.name = device.description() or "default output"
        self._proven = False
        self._playing = ""
        self._ends_by_s: float | None = None  # something that began before is to have come to its end by then
        self._effects = {}
        self._lengths_s = {}
        for tone in (*PATTERNS, SILENCE):
            file = folder / f"{tone}.wav"
            self._lengths_s[tone] = length_s(file)
            effect = QSoundEffect()
            effect.setSource(QUrl.fromLocalFile(str(file)))
            effect.playingChanged.connect(lambda tone=tone: self._turned(tone))
            self._effects[tone] = effect
        self._voice = QSoundEffect()
        self._begin(SILENCE)

    def play(self, tone: str) -> None:
        """Start a tone; a former one ends."""
        self._halt()
        self._begin(tone)

    def speak(self, file: Path) -> None:
        """Start a WAV file; a tone isn't ended by it."""
        self._voice.stop()
        source = QUrl.fromLocalFile(str(file))
        if self._voice.source() != source:
            self._voice.setSource(source)
        self._voice.play()  # once it is loaded

    def stop(self) -> None:
        """Be silent at once."""
        self._halt()
        self._voice.stop()
        self._ends_by_s = None

    def set_volume(self, volume: float) -> None:
        """How loud, 0..1."""
        for effect in (*self._effects.values(), self._voice):
            effect.setVolume(volume)

    def problem(self) -> str:
        """Why nothing can be heard, "" when all is well."""
        if QMediaDevices.defaultAudioOutput().isNull():
            return "no sound device"
        if any(effect.status() == QSoundEffect.Status.Error for effect in self._effects.values()):
            return "the sound device refuses the tones"
        if self._ends_by_s is not None and time.monotonic() > self._ends_by_s:
            return "the sound device takes no sound"
        return ""

    def proven(self) -> bool:
        """Whether the device has taken something to its end, the silence or a tone."""
        return self._proven

    def _begin(self, tone: str) -> None:
        if self._ends_by_s is None:
            self._ends_by_s = time.monotonic() + self._lengths_s[tone] + PATIENCE_S
        self._playing = tone
        self._effects[tone].play()

    def _halt(self) -> None:
        halted, self._playing = self._playing, ""
        if halted and halted != SILENCE:
            self._effects[halted].stop()

    def _turned(self, tone: str) -> None:
        if tone in (self._playing, SILENCE) and not self._effects[tone].isPlaying():
            self._proven, self._ends_by_s = True, None


class AlsaPlayer:
    """Plays on bare ALSA by the extra ``alsa``."""

    def __init__(self, folder: Path, library: Any) -> None:
        self.name = "ALSA"
        self._library = library
        self._playing: list[Any] = []
        self._problem = ""
        self._proven = False
        self._volume = 1.0
        self._tones = {tone: _read(folder / f"{tone}.wav") for tone in (*PATTERNS, SILENCE)}
        self.play(SILENCE)

    def play(self, tone: str) -> None:
        """Start a tone; a former one ends."""
        self.stop()
        self._begin(*self._tones[tone])

    def speak(self, file: Path) -> None:
        """Start a WAV file; a tone isn't ended by it."""
        self._begin(*_read(file))

    def stop(self) -> None:
        """Be silent at once."""
        for one in self._playing:
            one.stop()
        self._playing.clear()

    def set_volume(self, volume: float) -> None:
        """How loud, 0..1."""
        self._volume = volume

    def problem(self) -> str:
        """Why nothing can be heard, "" when all is well."""
        return self._problem

    def proven(self) -> bool:
        """Whether the device has taken what was played last."""
        return self._proven

    def _begin(self, samples: np.ndarray[Any, np.dtype[np.int16]], rate_hz: int) -> None:
        try:
            data = (samples * self._volume).astype("<i2").tobytes()
            self._playing.append(self._library.play_buffer(data, 1, 2, rate_hz))
            self._problem, self._proven = "", True
        except Exception as error:  # noqa: BLE001 the library's own error type isn't always importable
            self._problem, self._proven = f"ALSA can't play ({error})", False


def find_player(folder: Path) -> Player | None:
    """The best player that this station has now, None when no sound can be made."""
    if not QMediaDevices.defaultAudioOutput().isNull():
        return QtPlayer(folder)
    try:
        import simpleaudio
    except ImportError:
        return None
    if not _has_alsa_card():
        return None
    return AlsaPlayer(folder, simpleaudio)


def length_s(file: Path) -> float:
    """How long a WAV file lasts."""
    with wave.open(str(file), "rb") as opened:
        return opened.getnframes() / opened.getframerate()


def _read(file: Path) -> tuple[np.ndarray[Any, np.dtype[np.int16]], int]:
    with wave.open(str(file), "rb") as opened:
        return np.frombuffer(opened.readframes(opened.getnframes()), "<i2"), opened.getframerate()


def _has_alsa_card() -> bool:
    if Path("~/.asoundrc").expanduser().exists() or Path("/etc/asound.conf").exists():
        return True
    return any(Path("/dev/snd").glob("pcm*p")) if Path("/dev/snd").is_dir() else False
