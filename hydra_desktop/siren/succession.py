"""Which siren is a station's: the newest, for which one whose program is gone makes room."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import psutil


class Succession:
    """A file that names the newest siren of a station, by its process."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def begin(self) -> None:
        """From now on this process is the newest; without a place to write one it sounds all the same."""
        partial = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(str(os.getpid()))
            partial.replace(self._file)

    def is_over(self) -> bool:
        """Whether another siren that lives came after this one."""
        newest = self._newest()
        if newest in (None, os.getpid()):
            return False
        try:
            return "siren" in psutil.Process(newest).cmdline()
        except psutil.Error:
            return False

    def end(self) -> None:
        """Leave no file of this process."""
        if self._newest() == os.getpid():
            self._file.unlink(missing_ok=True)

    def _newest(self) -> int | None:
        try:
            return int(self._file.read_text())
        except (OSError, ValueError):
            return None
