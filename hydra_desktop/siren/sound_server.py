"""Whether the sound server lives, asked by a connection of our own."""

from __future__ import annotations

import ctypes
import time

_READY, _FAILED = 4, 5  # of pa_context_state_t; above _FAILED it was ended
_NO_AUTOSPAWN = 1
_STEP_US = 20_000


class SoundServer:
    """A connection to PulseAudio, or to PipeWire in its place."""

    def __init__(self) -> None:
        self._library = _library()
        self._context: int | None = None
        if self._library is not None:
            self._loop = self._library.pa_mainloop_new()

    def lives(self, patience_s: float = 0.2) -> bool:
        """Whether it answers now, and did so ever since it was last asked; False without libpulse."""
        if self._library is None:
            return False
        if self._context is None:
            api = self._library.pa_mainloop_get_api(self._loop)
            self._context = self._library.pa_context_new(api, b"Hydra siren")
            self._library.pa_context_connect(self._context, None, _NO_AUTOSPAWN, None)
        while self._library.pa_mainloop_iterate(self._loop, 0, None) > 0:
            pass
        deadline = time.monotonic() + patience_s
        while (state := self._library.pa_context_get_state(self._context)) < _READY and time.monotonic() < deadline:
            if self._library.pa_mainloop_prepare(self._loop, _STEP_US) < 0:
                break
            self._library.pa_mainloop_poll(self._loop)
            self._library.pa_mainloop_dispatch(self._loop)
        if state >= _FAILED:
            self._library.pa_context_unref(self._context)
            self._context = None
        return bool(state == _READY)


def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libpulse.so.0")
    except OSError:
        return None
    pointer, number, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    for name, result, arguments in (
        ("pa_mainloop_new", pointer, []),
        ("pa_mainloop_get_api", pointer, [pointer]),
        ("pa_mainloop_iterate", number, [pointer, number, pointer]),
        ("pa_mainloop_prepare", number, [pointer, number]),
        ("pa_mainloop_poll", number, [pointer]),
        ("pa_mainloop_dispatch", number, [pointer]),
        ("pa_context_new", pointer, [pointer, text]),
        ("pa_context_connect", number, [pointer, text, number, pointer]),
        ("pa_context_get_state", number, [pointer]),
        ("pa_context_unref", None, [pointer]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
