"""Settings of one start of the program: database, hall, station and user."""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from . import paths


@dataclass(frozen=True)
class Settings:
    """What every part of the program needs to know to work on the right data.

    `database_url` is an SQLAlchemy URL; `home` holds the embedded database and the image store.
    """

    database_url: str
    hall: str
    home: Path
    station: str
    user: str

    @property
    def image_folder(self) -> Path:
        """The folder of the image store."""
        return self.home / "images"


def load(database: str | None = None, hall: str | None = None) -> Settings:
    """Settings from options first, then HYDRA_DATABASE and HYDRA_HOME, then defaults."""
    home = paths.home()
    url = database or os.environ.get("HYDRA_DATABASE") or str(home / "hydra.db")
    if "://" not in url:
        url = sqlite_url(Path(url).expanduser().resolve())
    return Settings(url, hall or os.environ.get("HYDRA_HALL") or "Hall", home, socket.gethostname(), _user())


def sqlite_url(path: Path) -> str:
    """The URL of an SQLite file, whatever characters its path has."""
    from sqlalchemy import URL  # only once a database is wanted

    return URL.create("sqlite", database=str(path)).render_as_string()


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user in this container
        return "unknown"
