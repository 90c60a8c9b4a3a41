"""The tones of the siren: patterns that differ in rhythm, not only in pitch.

Bursts of pulses with four harmonics above their pitch, spaced as in IEC 60601-1-8: high is ten quick pulses in
two bursts of three and two, medium three slow ones, low two soft ones. They come again sooner than at a bedside,
as halls are loud. The system's own tone, for when Hydra itself needs help, knocks twice, three times over.
"""

from __future__ import annotations

import math
import struct
import sys
import wave
from pathlib import Path

from .. import paths

RATE_HZ = 44_100
# pitch in Hz; onset of each pulse in s; length of a pulse in s; loudness 0..1
PATTERNS: dict[str, tuple[float, tuple[float, ...], float, float]] = {
    "high": (880.0, (0.0, 0.17, 0.34, 0.68, 0.85, 1.41, 1.58, 1.75, 2.09, 2.26), 0.11, 0.9),
    "medium": (660.0, (0.0, 0.35, 0.7), 0.2, 0.7),
    "low": (523.25, (0.0, 0.45), 0.22, 0.5),
    "system": (392.0, (0.0, 0.24, 0.9, 1.14, 1.8, 2.04), 0.14, 0.7),
}
PERIOD_S = {"high": 3.5, "medium": 4.0, "low": 8.0, "system": 5.0}
SILENCE, SILENCE_S = "silence", 0.3  # a buffer that a device takes or refuses and nobody hears
TAIL_S = 0.3  # of silence after the last pulse
_PARTS = (1, 2, 3, 4, 5)  # multiples of the pitch, each as strong as its number is small
_FADE_S = 0.012


def end_s(name: str) -> float:
    """When the last pulse of a tone is over."""
    _, onsets, length, _ = PATTERNS[name]
    return onsets[-1] + length


def samples(name: str) -> list[float]:
    """A tone once, as samples -1..1 at 44,100 Hz, and a little silence."""
    pitch, onsets, length, loudness = PATTERNS[name]
    values = [0.0] * int((end_s(name) + TAIL_S) * RATE_HZ)
    for onset in onsets:
        first = int(onset * RATE_HZ)
        count = int(length * RATE_HZ)
        for index in range(count):
            at = index / RATE_HZ
            fade = min(1.0, at / _FADE_S, (length - at) / _FADE_S)
            tone = sum(math.sin(2 * math.pi * pitch * part * at) / part for part in _PARTS) / 1.8
            values[first + index] += loudness * fade * tone * 0.9
    return values


def write(folder: Path) -> None:
    """Write all tones as 16 bit WAV files, and the silence."""
    folder.mkdir(parents=True, exist_ok=True)
    tones = {name: samples(name) for name in PATTERNS} | {SILENCE: [0.0] * int(SILENCE_S * RATE_HZ)}
    for name, values in tones.items():
        data = b"".join(struct.pack("<h", round(32767 * max(-1.0, min(1.0, value)))) for value in values)
        with wave.open(str(folder / f"{name}.wav"), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE_HZ)
            out.writeframes(data)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else paths.shipped("resources") / "sounds")
