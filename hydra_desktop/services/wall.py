"""What walls need of the database: to follow it, and to fetch evidence."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..database import halls, verdicts, wall
from ..database.connection import Database, open_database
from ..database.feed import ChangeWaiter
from ..domain.errors import DatabaseError
from ..domain.wall import WallSnapshot
from ..settings import Settings

log = logging.getLogger(__name__)

WAIT_S = 1.0
LEAST_BETWEEN_S = 0.15  # a chunk commits a dozen times a second; people don't look that fast
RETRY_S = 2.0


class WallFollower:
    """Follows one hall: a new snapshot as soon as something changed, on the caller's thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def follow(
        self,
        stop: threading.Event,
        on_snapshot: Callable[[WallSnapshot], None],
        on_trouble: Callable[[str], None],
    ) -> None:
        """Hand over snapshots until `stop` is set; `on_trouble` tells that the database is away."""
        while not stop.is_set():
            try:
                database = open_database(self._settings.database_url)
            except DatabaseError as error:
                on_trouble(str(error))
                stop.wait(RETRY_S)
                continue
            waiter = ChangeWaiter(database)
            try:
                with database.write() as connection:
                    hall_id = halls.find_or_create(connection, self._settings.hall)
                self._follow_one(database, waiter, hall_id, stop, on_snapshot)
            except DatabaseError as error:
                log.warning("%s", error)
                on_trouble(str(error))
                stop.wait(RETRY_S)
            finally:
                waiter.close()
                database.close()

    @staticmethod
    def _follow_one(
        database: Database,
        waiter: ChangeWaiter,
        hall_id: int,
        stop: threading.Event,
        on_snapshot: Callable[[WallSnapshot], None],
    ) -> None:
        reader = wall.WallReader(hall_id)
        while not stop.is_set():
            # on PostgreSQL heartbeats don't notify, so a quiet second is looked at as well
            waiter.wait(WAIT_S, stop)
            if stop.is_set():
                return
            started = time.monotonic()
            with database.read() as connection:
                snapshot = reader.read(connection)
            on_snapshot(snapshot)
            stop.wait(max(0.0, LEAST_BETWEEN_S - (time.monotonic() - started)))


def evidence(database: Database, verdict_id: int, label: str) -> npt.NDArray[np.float32] | None:
    """The evidence map of a label of a verdict, float32 (h, w), None when there is none."""
    with database.read() as connection:
        return verdicts.evidence(connection, verdict_id).get(label)
