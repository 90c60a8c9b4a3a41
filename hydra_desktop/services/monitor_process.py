"""Whether a hall needs a monitor, and starting one as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from ..database import halls, leases
from ..database.connection import Database
from ..domain.errors import SettingsError, StorageError
from ..domain.hall import Hall
from ..settings import Settings


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
    """Start a monitor that outlives this process; its words go to ``monitor.log`` in the data folder."""
    command = [sys.executable, "-m", "hydra_desktop.cli", "--database", settings.database_url]
    command += ["--hall", settings.hall, "monitor", *([str(folder)] if folder else [])]
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
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
