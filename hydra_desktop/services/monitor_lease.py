"""A monitor's lease on the folder that it watches, and its signs of life.

The lease is held while the folder is there, and given back when it is gone, so that a monitor of
another station may watch it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ..database import heartbeats, leases
from ..database.connection import Database
from ..domain.errors import LeaseLostError, SiteError, first_line
from . import monitor_process

log = logging.getLogger(__name__)

LEASE_TTL_S = 10.0


class FolderLease:
    """The lease of this process on one folder; threads share it.

    `folder` is where it is here, `source` the name under which all stations lease it.
    """

    def __init__(
        self, database: Database, hall_id: int, station: str, folder: Path, source: str, *, gone_after_s: float
    ) -> None:
        """For `gone_after_s` the folder may be missing before it is given up."""
        self._database, self._hall_id, self._station = database, hall_id, station
        self._folder, self._source = folder, source
        self._gone_after_s = gone_after_s
        self._seen_at = time.monotonic()
        self._fencing = self._verified = 0  # fencing numbers, 0 for none
        self.holder = f"{station}:{os.getpid()}"
        self.is_missed = True  # when it ends: it gives signs of life

    @property
    def is_held(self) -> bool:
        """Whether it was acquired and not given back since; another monitor may have taken it over."""
        return self._fencing != 0

    @property
    def is_lost(self) -> bool:
        """After `verify` raised: whether no other lease was acquired since, under which the same may be tried again."""
        return self._verified != 0 and self._verified == self._fencing

    def folder_is_there(self) -> bool:
        """Whether the folder can be looked into; one of a server that died is as good as gone."""
        try:
            return self._folder.is_dir()
        except OSError:
            return False

    def has_folder(self) -> bool:
        """Whether the folder is there, or was until a moment ago."""
        now = time.monotonic()
        if self.folder_is_there():
            self._seen_at = now
        return now - self._seen_at < self._gone_after_s

    def acquire(self, stop: threading.Event, patience_s: float) -> None:
        """Take the lease, waiting for that of a monitor that died to run out.

        Raises LeaseLostError when another still has it after `patience_s`, or when told to stop.
        """
        deadline = time.monotonic() + patience_s
        while True:
            with self._database.write() as connection:
                fencing = leases.acquire(connection, self._hall_id, self._source, self.holder, LEASE_TTL_S)
                holder = leases.holder(connection, self._hall_id, self._source)
                if fencing is None and holder is not None and monitor_process.is_dead(holder[0], self._station):
                    leases.release(connection, self._hall_id, self._source, holder[1])
                    continue
            if fencing is not None:
                self._fencing = fencing
                return
            if time.monotonic() > deadline or stop.wait(0.5):
                name = holder[0] if holder else "unknown"
                raise LeaseLostError(f"Another monitor ({name}) watches {self._folder} already; stop that one first.")

    def verify(self, connection: Connection) -> None:
        """Raise LeaseLostError unless it is held; until commit nobody else can take it."""
        self._verified = self._fencing
        if not self._verified:
            raise LeaseLostError(f"{self._folder} is gone; what was read of it waits until it is back.")
        leases.verify(connection, self._hall_id, self._source, self._verified)

    def beat(self, connection: Connection, queue_length: int, message: str) -> None:
        """Prolong the lease and give a sign of life; raises LeaseLostError when another monitor has it now."""
        if not leases.renew(connection, self._hall_id, self._source, self._fencing, LEASE_TTL_S):
            raise LeaseLostError(f"Another monitor watches {self._folder} now; this one ends.")
        self._say_alive(connection, queue_length, message)

    def beat_without(self, connection: Connection, queue_length: int, message: str) -> bool:
        """Give a sign of life while the folder is missing; False, and none, when another monitor watches it."""
        if leases.living_holder(connection, self._hall_id, self._source) is not None:
            return False
        self._say_alive(connection, queue_length, message)
        return True

    def release(self) -> None:
        """Give the lease back."""
        try:
            with self._database.write() as connection:
                leases.release(connection, self._hall_id, self._source, self._fencing)
        except (SiteError, DBAPIError) as error:
            log.info("The lease runs out by itself: %s", first_line(error))
        self._fencing = 0

    def _say_alive(self, connection: Connection, queue_length: int, message: str) -> None:
        if not self.is_missed:
            return
        heartbeats.beat(
            connection,
            self._hall_id,
            heartbeats.MONITOR,
            self._station,
            os.getpid(),
            queue_length=queue_length,
            message=message,
        )
