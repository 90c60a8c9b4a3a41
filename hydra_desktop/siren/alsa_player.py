"""Plays on bare ALSA by the extra ``alsa``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .tones import SILENCE
from .wave_file import Wave, read, shipped


class AlsaPlayer:
    """Plays by simpleaudio, each tone on a thread of that library."""

    def __init__(self, folder: Path, library: Any) -> None:
        self._library = library
        self._playing: Any = None
        self._problem = ""
        self._proven = False
        self._volume = 1.0
        self._waves = shipped(folder)
        self.try_again()

    def try_again(self) -> None:
        """Play a silence, to see whether the device takes it."""
        self.play(SILENCE)

    def play(self, tone: str) -> None:
        """Start a tone; a former one ends."""
        self._begin(self._waves[tone])

    def speak(self, file: Path) -> None:
        """Start a WAV file; a former one ends."""
        self._begin(read(file))

    def stop(self) -> None:
        """Be silent at once."""
        if self._playing is not None:
            self._playing.stop()
            self._playing = None

    def close(self) -> None:
        """Be silent for ever."""
        self.stop()

    def set_volume(self, volume: float) -> None:
        """How loud, 0..1."""
        self._volume = volume

    def problem(self) -> str:
        """Why nothing can be heard, "" when all is well."""
        return self._problem

    def proven(self) -> bool:
        """Whether the device has taken what was played last."""
        return self._proven

    def _begin(self, wave: Wave) -> None:
        self.stop()
        try:
            self._playing = self._library.play_buffer(wave.as_loud_as(self._volume), 1, 2, wave.rate_hz)
            self._problem, self._proven = "", True
        except Exception as error:  # noqa: BLE001 the library's own error type isn't always importable
            self._problem, self._proven = f"ALSA can't play ({error})", False
