"""Sounds in WAV files of one channel and 16 bits."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .tones import PATTERNS, SILENCE


@dataclass(frozen=True)
class Wave:
    """samples : int16 (N,)."""

    samples: npt.NDArray[np.int16]
    rate_hz: int

    @property
    def length_s(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate_hz

    def as_loud_as(self, volume: float, first: int = 0, end: int | None = None) -> bytes:
        """Samples from `first` on to before `end`, at a volume 0..1."""
        return (self.samples[first:end] * volume).astype("<i2").tobytes()


def read(file: Path) -> Wave:
    """The sound in a file."""
    with wave.open(str(file), "rb") as opened:
        return Wave(np.frombuffer(opened.readframes(opened.getnframes()), "<i2"), opened.getframerate())


def shipped(folder: Path) -> dict[str, Wave]:
    """All tones, and the silence."""
    return {name: read(folder / f"{name}.wav") for name in (*PATTERNS, SILENCE)}
