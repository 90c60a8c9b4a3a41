"""Whether a hall needs a monitor, and starting one as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import psutil

from ..database import halls, heartbeats
from ..database.connection import Database
from ..domain.errors import StorageError
from ..domain.wall import MonitorHealth
from ..settings import Settings


def is_needed(database: Database, hall_id: int, station: str) -> bool:
    """Whether the hall has a folder that no living monitor watches.

    A monitor of this station that was killed is known to be dead at once, one of another
    station when its heartbeats stay away.
    """
    with database.read() as connection:
        if not halls.load(connection, hall_id).source_folder:
            return False
        beat = heartbeats.newest(connection, hall_id, heartbeats.MONITOR)
    if beat is None or not MonitorHealth(beat.at).alive(datetime.now(UTC)):
        return True
    return beat.station == station and not psutil.pid_exists(beat.pid)


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
