"""Where things are: the data that ships with the program and the user's own data."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent


def shipped(folder: str) -> Path:
    """The folder ``resources`` or ``models`` that ships with the program.

    In an installed package it lies inside the package, in a checkout beside it.
    """
    inside = _PACKAGE / "_shipped" / folder
    return inside if inside.is_dir() else _PACKAGE.parent / folder


def home() -> Path:
    """The user's data folder: HYDRA_HOME, else the platform's place for it (not created)."""
    chosen = os.environ.get("HYDRA_HOME")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("hydra-desktop"))


def cache() -> Path:
    """The folder for what can be made anew, such as exported networks (not created).

    HYDRA_CACHE, else ``cache`` in HYDRA_HOME, else the platform's place for it.
    """
    chosen = os.environ.get("HYDRA_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    chosen = os.environ.get("HYDRA_HOME")
    return Path(chosen).expanduser() / "cache" if chosen else Path(platformdirs.user_cache_dir("hydra-desktop"))


def log_file() -> Path:
    """Where the program writes what went wrong in it (not created)."""
    return home() / "hydra-desktop.log"


def siren_file(station: str, database_url: str) -> Path:
    """Where the siren of a station that follows a database says which process it is (not created)."""
    which = hashlib.sha256(f"{station}\n{database_url}".encode()).hexdigest()[:12]
    return home() / f"siren-{which}.pid"
