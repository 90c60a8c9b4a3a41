"""The wall's side of the database: what it costs to read and to follow with months of verdicts behind it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from hydra_desktop.database.connection import open_database
from tests.fakes.postgres_server import PostgresServer, programs

from . import big_database
from .figure import Figure

MILLION = 1_000_000
ON_POSTGRESQL = 100_000  # filling a million there takes minutes
REPLAY = 500_000


def figures(_data: Path | None) -> Iterator[Figure]:
    """A million verdicts on SQLite, and where it is installed a tenth of that on PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _on(f"sqlite:///{folder}/big.db", "a million verdicts", MILLION, REPLAY)
    if programs() is None:
        return
    server = PostgresServer()
    try:
        yield from _on(
            server.new_database(), f"PostgreSQL, {ON_POSTGRESQL} verdicts", ON_POSTGRESQL, ON_POSTGRESQL // 2
        )
    finally:
        server.close()


def _on(url: str, kind: str, verdicts: int, replay: int) -> Iterator[Figure]:
    database = open_database(url, upgrade=True)
    try:
        yield from big_database.figures(big_database.fill(database, verdicts, replay), kind)
    finally:
        database.close()
