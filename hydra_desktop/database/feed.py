"""The change feed: what is new, in the order of commits.

Every transaction that changes what somebody watches publishes it here. Positions are given
last of all before the commit, under a lock that the commit ends (SQLite: there is one writer
at a time; PostgreSQL: an advisory lock). So whoever has read up to a position has missed
nothing below it, writers wait for each other only that moment, and as nobody asks for another
lock after this one, they never wait in a circle.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import sqlalchemy as sa

from ..domain.errors import DatabaseError
from . import tables as t

if TYPE_CHECKING:
    from .connection import Database

_LOCK = 711995
_CHANNEL = "hydra_changes"
POLL_S = 0.05  # how often SQLite's data_version is looked at
PENDING = "hydra_changes"  # execution option: the list of what a write transaction publishes


@dataclass(frozen=True)
class Change:
    """One change; `kind` is plots, alarm, condition, contest, hall, model, model_set, reference, label and the like."""

    position: int
    kind: str
    subject_id: int | None


def publish(c: sa.Connection, hall_id: int, kind: str, subject_id: int | None) -> None:
    """Tell all that something changed, once this transaction (`Database.write`) commits.

    The same change is told once a transaction. Raises RuntimeError in one that only reads.
    """
    pending = c.get_execution_options().get(PENDING)
    if pending is None:
        raise RuntimeError("changes are published in Database.write()")
    pending[hall_id, kind, subject_id] = None


_INSERT = t.changes.insert()


def write_pending(c: sa.Connection) -> None:
    """Give what this transaction published its positions; the last before its commit."""
    pending = c.get_execution_options()[PENDING]
    if not pending:
        return
    if c.dialect.name == "postgresql":
        c.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        for hall_id in {hall_id for hall_id, _, _ in pending}:
            c.execute(sa.select(sa.func.pg_notify(_CHANNEL, str(hall_id))))
    at = datetime.now(UTC)
    c.execute(
        _INSERT,
        [
            {"hall_id": hall_id, "kind": kind, "subject_id": subject_id, "at": at}
            for hall_id, kind, subject_id in pending
        ],
    )


def position(c: sa.Connection, hall_id: int) -> int:
    """The newest position of a hall's feed, 0 when nothing ever changed."""
    return c.scalar(sa.select(sa.func.max(t.changes.c.position)).where(t.changes.c.hall_id == hall_id)) or 0


def read_after(c: sa.Connection, hall_id: int, position: int, limit: int = 1000) -> list[Change]:
    """Changes after a position, oldest first."""
    f = t.changes.c
    rows = c.execute(
        sa.select(f.position, f.kind, f.subject_id)
        .where(f.hall_id == hall_id, f.position > position)
        .order_by(f.position)
        .limit(limit)
    )
    return [Change(*row) for row in rows]


def prune(c: sa.Connection, older_than: datetime) -> int:
    """Forget changes from before a moment; returns how many."""
    return c.execute(t.changes.delete().where(t.changes.c.at < older_than)).rowcount


class ChangeWaiter:
    """Waits on a connection of its own until the database may hold something new; SQLite is asked every `poll_s`."""

    def __init__(self, database: Database, poll_s: float = POLL_S) -> None:
        self._database = database
        self._poll_s = poll_s
        self._sqlite: sqlite3.Connection | None = None
        self._postgresql: psycopg.Connection | None = None
        self._version = -1

    def wait(self, timeout_s: float, stop: threading.Event) -> bool:
        """Wait until something may be new; False when nothing was or `stop` was set.

        The first call returns True at once. Raises DatabaseError when the database is away;
        a later call connects anew.
        """
        try:
            if self._database.dialect == "sqlite":
                return self._wait_sqlite(timeout_s, stop)
            return self._wait_postgresql(timeout_s, stop)
        except (psycopg.Error, sqlite3.Error, OSError) as error:
            self.close()
            raise DatabaseError(f"The database {self._database.url} doesn't answer: {error}") from error

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(psycopg.Error, sqlite3.Error):
            if self._sqlite is not None:
                self._sqlite.close()
            if self._postgresql is not None:
                self._postgresql.close()
        self._sqlite = self._postgresql = None

    def _wait_sqlite(self, timeout_s: float, stop: threading.Event) -> bool:
        if self._sqlite is None:
            self._sqlite = sqlite3.connect(self._database.engine.url.database or "", check_same_thread=False)
            self._version = -1
        deadline = time.monotonic() + timeout_s
        while True:
            version = self._sqlite.execute("PRAGMA data_version").fetchone()[0]
            if version != self._version:
                self._version = version
                return True
            if time.monotonic() >= deadline or stop.wait(self._poll_s):
                return False

    def _wait_postgresql(self, timeout_s: float, stop: threading.Event) -> bool:
        if self._postgresql is None:
            url = self._database.engine.url.set(drivername="postgresql")
            self._postgresql = psycopg.connect(
                url.render_as_string(hide_password=False), autocommit=True, **self._database.connect_options
            )
            self._postgresql.execute(f"LISTEN {_CHANNEL}")
            return True
        deadline = time.monotonic() + timeout_s
        while not stop.is_set():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return False
            if list(self._postgresql.notifies(timeout=min(left_s, 0.2), stop_after=1)):
                return True
        return False
