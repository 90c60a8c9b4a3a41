"""Plays through Qt, on a platform that has no sound server."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtMultimedia import QMediaDevices, QSoundEffect

from .tones import PATTERNS, SILENCE
from .wave_file import shipped

PATIENCE_S = 5.0  # beyond its length, for a device to take what is played


class QtPlayer:
    """Plays on the default output. On PulseAudio it isn't to be used, see pulse_player."""

    def __init__(self, folder: Path) -> None:
        self._proven = False
        self._playing = ""
        self._ends_by_s: float | None = None  # something that began before is to have come to its end by then
        self._effects = {}
        self._lengths_s = {tone: wave.length_s for tone, wave in shipped(folder).items()}
        for tone in (*PATTERNS, SILENCE):
            effect = QSoundEffect()
            effect.setSource(QUrl.fromLocalFile(str(folder / f"{tone}.wav")))
            effect.playingChanged.connect(lambda tone=tone: self._turned(tone))
            self._effects[tone] = effect
        self._voice = QSoundEffect()
        self._begin(SILENCE)

    def try_again(self) -> None:
        """Play a silence, to see whether the device takes it."""
        self._ends_by_s = None
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

    def close(self) -> None:
        """Be silent for ever."""
        self.stop()

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
