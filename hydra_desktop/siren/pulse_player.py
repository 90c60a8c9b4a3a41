"""Plays on PulseAudio, or PipeWire in its place, by libpulse alone.

Not by Qt: with 6.11 two effects played at about the same time sometimes make its audio thread wedge the whole process
(seen in one of three tries: "QSocketNotifier: Invalid socket"), and it looks for a sound server only once.
"""

from __future__ import annotations

import ctypes
import queue
import threading
import time
from pathlib import Path
from typing import Any

from .tones import SILENCE
from .wave_file import Wave, read, shipped

PATIENCE_S = 5.0  # beyond its length, for a device to take what is played
_STEP_S = 0.02  # between two looks whether it is to stop
_AHEAD_S = 0.5  # in the server's buffer, so that a busy machine tears no hole
_LEAD_STEPS = 3  # of silence before all: of what begins at once the server may drop a little
_PLAYBACK, _S16LE, _DEFAULT = 1, 3, 0xFFFFFFFF


class _Spec(ctypes.Structure):
    _fields_ = (("format", ctypes.c_int), ("rate", ctypes.c_uint32), ("channels", ctypes.c_uint8))


class _Buffers(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint32) for name in ("maxlength", "tlength", "prebuf", "minreq", "fragsize"))


class PulsePlayer:
    """Plays on the default output, each tone by a connection of its own, on a thread of its own."""

    def __init__(self, folder: Path, library: ctypes.CDLL) -> None:
        self._library = library
        self._waves = shipped(folder)
        self._volume = 1.0
        self._turn = 0  # rises with whatever is to sound or to stop; what is of an older turn ends
        self._problem, self._proven = "", False
        self._ends_by_s: float | None = None
        self._wanted: queue.SimpleQueue[tuple[int, Wave] | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()
        self.try_again()

    def try_again(self) -> None:
        """Play a silence, to see whether the device takes it; not while it is still being tried."""
        if self._ends_by_s is None:
            self._begin(self._waves[SILENCE])

    def play(self, tone: str) -> None:
        """Start a tone; a former one ends."""
        self._begin(self._waves[tone])

    def speak(self, file: Path) -> None:
        """Start a WAV file; a former one ends."""
        self._begin(read(file))

    def stop(self) -> None:
        """Be silent at once."""
        self._turn += 1

    def close(self) -> None:
        """Be silent for ever."""
        self._turn += 1
        self._wanted.put(None)

    def set_volume(self, volume: float) -> None:
        """How loud, 0..1."""
        self._volume = volume

    def problem(self) -> str:
        """Why nothing can be heard, "" when all is well."""
        if self._ends_by_s is not None and time.monotonic() > self._ends_by_s:
            return "the sound device takes no sound"
        return self._problem

    def proven(self) -> bool:
        """Whether the device has taken something to its end."""
        return self._proven

    def _begin(self, wave: Wave) -> None:
        self._turn += 1
        if self._ends_by_s is None:
            self._ends_by_s = time.monotonic() + wave.length_s + PATIENCE_S
        self._wanted.put((self._turn, wave))

    def _run(self) -> None:
        while (wanted := self._wanted.get()) is not None:
            turn, wave = wanted
            if turn != self._turn and wave.samples.any():
                if self._wanted.empty():
                    self._ends_by_s = None  # nothing is left that the device is to take
                continue
            self._ends_by_s = time.monotonic() + wave.length_s + PATIENCE_S
            problem = self._play(turn, wave)
            self._problem, self._proven = problem, self._proven or not problem
            self._ends_by_s = None

    def _play(self, turn: int, wave: Wave) -> str:
        """Play to the end, or until something else is to sound; gives what was wrong."""
        library, error = self._library, ctypes.c_int()
        spec = _Spec(_S16LE, wave.rate_hz, 1)
        buffers = _Buffers(_DEFAULT, 2 * round(_AHEAD_S * wave.rate_hz), _DEFAULT, _DEFAULT, _DEFAULT)
        stream = library.pa_simple_new(
            None, b"Hydra siren", _PLAYBACK, None, b"alarm", ctypes.byref(spec), None, ctypes.byref(buffers),
            ctypes.byref(error),
        )  # fmt: skip
        if not stream:
            return f"the sound server refuses it ({self._reason(error)})"
        try:
            step = round(_STEP_S * wave.rate_hz)
            for first in range(-_LEAD_STEPS * step, len(wave.samples), step):
                if turn != self._turn and wave.samples.any():
                    library.pa_simple_flush(stream, ctypes.byref(error))
                    return ""
                data = wave.as_loud_as(self._volume, first, first + step) if first >= 0 else bytes(2 * step)
                if library.pa_simple_write(stream, data, len(data), ctypes.byref(error)) < 0:
                    return f"the sound device takes no sound ({self._reason(error)})"
            if library.pa_simple_drain(stream, ctypes.byref(error)) < 0:
                return f"the sound device takes no sound ({self._reason(error)})"
        finally:
            library.pa_simple_free(stream)
        return ""

    def _reason(self, error: ctypes.c_int) -> str:
        return bytes(self._library.pa_strerror(error)).decode(errors="replace")


def library() -> ctypes.CDLL | None:
    """What plays, None where it isn't installed."""
    try:
        found = ctypes.CDLL("libpulse-simple.so.0")
    except OSError:
        return None
    pointer, number, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    signatures: tuple[tuple[str, Any, list[Any]], ...] = (
        ("pa_simple_new", pointer, [text, text, number, text, text, pointer, pointer, pointer, pointer]),
        ("pa_simple_write", number, [pointer, text, ctypes.c_size_t, pointer]),
        ("pa_simple_drain", number, [pointer, pointer]),
        ("pa_simple_flush", number, [pointer, pointer]),
        ("pa_simple_free", None, [pointer]),
        ("pa_strerror", text, [number]),
    )
    for name, result, arguments in signatures:
        function = getattr(found, name)
        function.restype, function.argtypes = result, arguments
    return found
