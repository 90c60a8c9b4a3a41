"""The tones of the siren: patterns that differ in rhythm, not only in pitch.

Bursts of pulses with a few harmonics, after the idea of IEC 60601-1-8: high is ten quick pulses in
two groups, medium three slow ones, low two soft ones.
"""

from __future__ import annotations

import math
import struct
import sys
import wave
from pathlib import Path

RATE_HZ = 44_100
# pitch in Hz; onset of each pulse in s; length of a pulse in s; loudness 0..1
PATTERNS: dict[str, tuple[float, tuple[float, ...], float, float]] = {
    "high": (880.0, (0.0, 0.16, 0.32, 0.58, 0.74, 1.3, 1.46, 1.62, 1.88, 2.04), 0.11, 0.9),
    "medium": (660.0, (0.0, 0.35, 0.7), 0.2, 0.7),
    "low": (523.25, (0.0, 0.45), 0.22, 0.5),
}
PERIOD_S = {"high": 3.0, "medium": 4.0, "low": 8.0}
_FADE_S = 0.012


def samples(name: str) -> list[float]:
    """One period of a tone as samples -1..1 at 44,100 Hz, silence after it included."""
    pitch, onsets, length, loudness = PATTERNS[name]
    values = [0.0] * int(PERIOD_S[name] * RATE_HZ)
    for onset in onsets:
        first = int(onset * RATE_HZ)
        count = int(length * RATE_HZ)
        for index in range(count):
            at = index / RATE_HZ
            fade = min(1.0, at / _FADE_S, (length - at) / _FADE_S)
            tone = sum(math.sin(2 * math.pi * pitch * part * at) / part for part in (1, 2, 3)) / 1.6
            values[first + index] += loudness * fade * tone * 0.6
    return values


def write(folder: Path) -> None:
    """Write all tones as 16 bit WAV files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PATTERNS:
        data = b"".join(struct.pack("<h", round(32767 * max(-1.0, min(1.0, value)))) for value in samples(name))
        with wave.open(str(folder / f"{name}.wav"), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE_HZ)
            out.writeframes(data)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
