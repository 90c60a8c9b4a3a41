"""Whether a hall needs a monitor, and starting one as a process of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from ..database import halls, leases
from ..database.connection import Database
from ..domain.errors import SettingsError, StorageError
from ..domain.hall import Hall
from ..settings import Settings

FIRST_WAIT_S, LONGEST_WAIT_S = 3.0, 300.0  # until the next is started after one that ended with an error
LOG_BYTES = 5_000_000  # of monitor.log, from which on it is put aside at the next start
LIVED_WELL_S = 60.0  # after a life of that length the next waits no longer than the first


class Keeper:
    """Starts a monitor, and after one that ended with an error the next, ever later.

    `trouble` is what a person should know, "" when all is well.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.trouble = ""
        self._settings = settings
        self._clock = clock
        self._log = settings.home / "monitor.log"
        self._log_start = 0
        self._started_at = self._start_again_at = 0.0
        self._wait_s = FIRST_WAIT_S

    @property
    def alive(self) -> bool:
        """Whether a monitor that was started here lives."""
        return self.process is not None and self.process.poll() is None

    def may_start(self) -> bool:
        """Whether none that was started here lives, and the time for the next has come."""
        if self.alive:
            return False
        if self.process is not None:
            self._take_note(self.process.returncode)
            self.process = None
        return self._clock() >= self._start_again_at

    def start(self, folder: Path | None = None) -> None:
        """Start one; raises StorageError when that can't be done."""
        self._log_start = _make_room(self._log)
        self._started_at = self._clock()
        self.process = start(self._settings, folder)

    def stop(self) -> None:
        """Tell the monitor that was started here to end."""
        if self.process is not None:
            self.process.terminate()

    def _take_note(self, code: int) -> None:
        now = self._clock()
        if code == 0 or now - self._started_at > LIVED_WELL_S:
            self._wait_s = FIRST_WAIT_S
        if code == 0:
            self.trouble = ""
            return
        why = self._last_line() or (f"killed by signal {-code}" if code < 0 else f"exit code {code}")
        self.trouble = f"The monitor ended: {why} It is started again in {self._wait_s:.0f} s; {self._log} has more."
        self._start_again_at = now + self._wait_s
        self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)

    def _last_line(self) -> str:
        try:
            with self._log.open("rb") as log:
                log.seek(max(self._log_start, self._log.stat().st_size - 4096))
                lines = log.read().decode(errors="replace").split("\n")
        except OSError:
            return ""
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def is_needed(database: Database, hall_id: int, station: str) -> bool:
    """Whether the hall has a folder that no living monitor watches.

    A monitor of this station that was killed is known to be dead at once, one of another
    station when its lease runs out. Raises SettingsError when nobody watches the folder and it
    isn't here either.
    """
    with database.read() as connection:
        folder = settings_folder(halls.load(connection, hall_id))
        if folder is None:
            return False
        holder = leases.living_holder(connection, hall_id, str(folder))
    if holder is not None and not is_dead(holder, station):
        return False
    if not folder.is_dir():
        raise SettingsError(
            f"The folder {folder} isn't on this station, and no monitor watches it: mount it, or name another "
            "as source.folder in the hall's settings. A monitor starts as soon as it is there."
        )
    return True


def settings_folder(hall: Hall) -> Path | None:
    """The folder that the hall's settings name, None when they name none."""
    return Path(hall.source_folder).expanduser().absolute() if hall.source_folder else None


def source_name(hall: Hall, folder: Path) -> str:
    """The name under which a folder is leased: on all stations that of the settings, where it is theirs."""
    own = settings_folder(hall)
    real = folder.expanduser().resolve()
    return str(own) if own is not None and own.resolve() == real else str(real)


def is_dead(holder: str, station: str) -> bool:
    """Whether the holder of a lease is a process of this very station that doesn't live any more."""
    of, _, pid = holder.rpartition(":")
    return of == station and pid.isdigit() and not psutil.pid_exists(int(pid))


def start(
    settings: Settings, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a monitor that outlives this process; its words go to ``monitor.log`` in the data folder.

    Raises StorageError when that can't be done.
    """
    command = [sys.executable, "-m", "hydra_desktop.cli", "--database", settings.database_url]
    command += ["--hall", settings.hall, "monitor", *([str(folder)] if folder else [])]
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        _make_room(settings.home / "monitor.log")
        with (settings.home / "monitor.log").open("ab") as output:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={**os.environ, **(environment or {})},
            )
    except OSError as error:
        raise StorageError(f"The monitor can't be started: {error.strerror} ({error.filename}).") from error


def _make_room(log: Path) -> int:
    """Put a log that got too long aside, in place of the one before; gives the bytes that are in it now."""
    with contextlib.suppress(OSError):  # one that can't be put aside grows on
        if log.stat().st_size > LOG_BYTES:
            log.replace(log.with_name(f"{log.name}.1"))
        return log.stat().st_size
    return 0
