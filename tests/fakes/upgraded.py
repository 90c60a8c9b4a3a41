"""Databases at this program's version, ready for a test."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from hydra_desktop.database.connection import Database, open_database


def upgraded(url: str) -> Database:
    """Open a database, upgraded; a new embedded one is a copy of one that was upgraded before, ten times as quick."""
    name = sa.make_url(url).database if url.startswith("sqlite:") else None
    if name and not Path(name).exists():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_empty(), name)
    return open_database(url, upgrade=True)


@cache
def _empty() -> Path:
    """An embedded database without rows, made once."""
    folder = Path(tempfile.mkdtemp(prefix="hydra-empty-"))
    atexit.register(shutil.rmtree, folder)
    open_database(f"sqlite:///{folder / 'hydra.db'}", upgrade=True).close()
    return folder / "hydra.db"
