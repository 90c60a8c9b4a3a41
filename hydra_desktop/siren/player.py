"""Makes tones sound by whatever the station has: PulseAudio or PipeWire, or bare ALSA."""

from __future__ import annotations

import logging
import wave
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QUrl
from PySide6.QtMultimedia import QMediaDevices, QSoundEffect

from .tones import PATTERNS

log = logging.getLogger(__name__)


class Player(Protocol):
    """Something that plays a tone once."""

    name: str

    def play(self, tone: str) -> None:
        """Start a tone; a former one ends."""

    def stop(self) -> None:
        """Be silent at once."""

    def problem(self) -> str:
        """Why nothing can be heard, "" when nothing is known against it."""

    def proven(self) -> bool:
        """Whether the device has taken the last tone."""


class QtPlayer:
    """Plays through Qt, on the default output of PulseAudio or PipeWire."""

    def __init__(self, folder: Path) -> None:
        device = QMediaDevices.defaultAudioOutput()
        self.name = device.description() or "default output"
        self._effects = {}
        for tone in PATTERNS:
            effect = QSoundEffect()
            effect.setSource(QUrl.fromLocalFile(str(folder / f"{tone}.wav")))
            self._effects[tone] = effect

    def play(self, tone: str) -> None:
        """Start a tone; a former one ends."""
        self.stop()
        self._effects[tone].play()

    def stop(self) -> None:
        """Be silent at once."""
        for effect in self._effects.values():
            effect.stop()

    def problem(self) -> str:
        """Why nothing can be heard, "" when all is well."""
        if QMediaDevices.defaultAudioOutput().isNull():
            return "no sound device"
        if any(effect.status() == QSoundEffect.Status.Error for effect in self._effects.values()):
            return "the sound device refuses the tones"
        return ""

    def proven(self) -> bool:
        """Whether the device has taken the tones."""
        return all(effect.status() == QSoundEffect.Status.Ready for effect in self._effects.values())


class AlsaPlayer:
    """Plays on bare ALSA by the extra ``alsa``."""

    def __init__(self, folder: Path, library: Any) -> None:
        self.name = "ALSA"
        self._library = library
        self._playing: Any = None
        self._problem = ""
        self._proven = False
        self._tones = {}
        for tone in PATTERNS:
            with wave.open(str(folder / f"{tone}.wav"), "rb") as file:
                self._tones[tone] = file.readframes(file.getnframes()), file.getframerate()

    def play(self, tone: str) -> None:
        """Start a tone; a former one ends."""
        self.stop()
        data, rate = self._tones[tone]
        try:
            self._playing = self._library.play_buffer(data, 1, 2, rate)
            self._problem, self._proven = "", True
        except Exception as error:  # noqa: BLE001 the library's own error type isn't always importable
            self._problem, self._proven = f"ALSA can't play ({error}); when that is mended, test the sound", False

    def stop(self) -> None:
        """Be silent at once."""
        if self._playing is not None:
            self._playing.stop()
            self._playing = None

    def problem(self) -> str:
        """Why nothing can be heard, "" when all is well."""
        return self._problem

    def proven(self) -> bool:
        """Whether the device has taken the last tone."""
        return self._proven


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


def _has_alsa_card() -> bool:
    if Path("~/.asoundrc").expanduser().exists() or Path("/etc/asound.conf").exists():
        return True
    return any(Path("/dev/snd").glob("pcm*p")) if Path("/dev/snd").is_dir() else False
