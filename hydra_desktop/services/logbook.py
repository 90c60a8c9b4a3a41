"""Logbook entries: written whole, then given to the hall's own command where it has one."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from ..domain.errors import SettingsError, StorageError
from ..domain.hall import Logbook
from ..domain.plot import PlotName
from ..outputs.logbook import Entry, html
from ..outputs.whole_file import write_bytes

LONGEST_S = 60.0
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def file_name(name: PlotName, at: datetime) -> str:
    """The usual name of an entry's file."""
    chunk = "" if name.chunk is None else f"_chunk{name.chunk}"
    pad = f"-{name.pad}" if name.pad else ""
    return _UNSAFE.sub("_", f"run{name.run_number}{chunk}_{name.plot_type}{pad}_{at.astimezone():%Y%m%d-%H%M%S}.html")


def write(entry: Entry, path: Path) -> Path:
    """Write an entry's HTML file; one that is there is left, the new one gets a number. Raises StorageError."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    write_bytes(free, html(entry).encode())
    return free


def save(entry: Entry, path: Path) -> Path:
    """Write an entry to the file that a person chose, in the place of what is there; raises StorageError."""
    write_bytes(path, html(entry).encode())
    return path


def hand_on(logbook: Logbook, path: Path, facts: Mapping[str, str], *, limit_s: float = LONGEST_S) -> None:
    """Run the hall's command for an entry, without a shell, and wait for its end; nothing where there is none.

    `facts` are those of `domain.hall.FACTS` but for ``html``, which is the path. Raises SettingsError
    with what the command said when it can't be run, fails or takes too long; the entry's file stays.
    """
    if not logbook.command:
        return
    known = {**facts, "html": str(path)}
    words = logbook.filled(known)
    stays = f"The entry itself is in {path}."
    try:
        done = subprocess.run(
            words,
            env={**os.environ, **{f"HYDRA_{name.upper()}": value for name, value in known.items()}},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SettingsError(
            f"The logbook command {words[0]} had not ended after {limit_s:.0f} s and was stopped. {stays}"
        ) from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise SettingsError(
            f"The logbook command {words[0]} can't be run ({why}); mend logbook.command in the hall's settings. {stays}"
        ) from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        raise SettingsError(
            f"The logbook command {words[0]} failed with code {done.returncode}"
            f"{': ' + said[-1][:300] if said else ''}. {stays}"
        )


def folder_of(logbook: Logbook) -> Path | None:
    """The folder where entries go, None where whoever writes one chooses. Raises StorageError when it isn't there."""
    if not logbook.folder:
        return None
    folder = Path(logbook.folder).expanduser()
    if not folder.is_dir():
        raise StorageError(
            f"The logbook folder {folder} isn't there; make it, or name another in the hall's settings "
            "(logbook.folder)."
        )
    return folder


def facts_of(name: PlotName, taken_at: datetime, hall: str, user: str, station: str) -> dict[str, str]:
    """The facts of a plot and of who writes, as a command is given them; those of a verdict are empty."""
    return {
        "hall": hall,
        "plot_type": name.plot_type,
        "pad": name.pad,
        "run_period": name.run_period,
        "run": str(name.run_number),
        "chunk": "" if name.chunk is None else str(name.chunk),
        "taken_at": taken_at.astimezone(UTC).isoformat(timespec="seconds"),
        "label": "",
        "status": "",
        "confidence": "",
        "user": user,
        "station": station,
    }
