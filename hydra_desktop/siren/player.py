"""What makes tones sound: a sound server, bare ALSA, or what the platform has."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Protocol

from . import pulse_player
from .alsa_player import AlsaPlayer


class Player(Protocol):
    """Something that plays a tone once; it begins with a silence, to see whether the device takes it."""

    def try_again(self) -> None:
        """Play a silence, to see whether the device takes it."""

    def play(self, tone: str) -> None:
        """Start a tone; a former one ends."""

    def speak(self, file: Path) -> None:
        """Start a WAV file, when a tone has come to its end."""

    def stop(self) -> None:
        """Be silent at once."""

    def close(self) -> None:
        """Be silent for ever."""

    def set_volume(self, volume: float) -> None:
        """How loud, 0..1."""

    def problem(self) -> str:
        """Why nothing can be heard, "" when nothing is known against it."""

    def proven(self) -> bool:
        """Whether the device has taken something."""


def find_player(folder: Path, *, server_lives: bool) -> Player | None:
    """The best player that this station has now, None when no sound can be made."""
    if server_lives:
        library = pulse_player.library()
        if library is not None:
            return pulse_player.PulsePlayer(folder, library)
    if sys.platform != "linux":
        from .qt_player import QtPlayer  # brings all of Qt's multimedia

        return QtPlayer(folder)
    try:
        import simpleaudio
    except ImportError:
        return None
    return AlsaPlayer(folder, simpleaudio) if _has_alsa_card() else None


def _has_alsa_card() -> bool:
    if Path("~/.asoundrc").expanduser().exists() or Path("/etc/asound.conf").exists():
        return True
    return any(Path("/dev/snd").glob("pcm*p")) if Path("/dev/snd").is_dir() else False
