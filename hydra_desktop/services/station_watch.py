"""A station's part in looking after the alarms of the halls that it follows, on a thread of its own."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

from ..database import halls
from ..database.connection import Database, open_database
from ..domain.errors import BusyError, DatabaseError
from ..settings import Settings
from .alarm_watch import LOOK_EVERY_S, AlarmWatch

log = logging.getLogger(__name__)

RETRY_S = 2.0


class StationWatch:
    """Looks after alarms whenever nobody else does; `followed` gives the names of the halls."""

    def __init__(self, settings: Settings, followed: Callable[[], tuple[str, ...]]) -> None:
        self._settings, self._followed = settings, followed
        self._faults: dict[str, str] = {}  # of halls that can't be looked after, as they were logged

    def run(self, stop: threading.Event) -> None:
        """Look until told to stop; a database that is away is waited for."""
        while not stop.is_set():
            try:
                database = open_database(self._settings.database_url)
            except DatabaseError as error:
                log.info("%s", error)
                stop.wait(RETRY_S)
                continue
            watches: dict[str, AlarmWatch] = {}
            try:
                while not stop.is_set():
                    self._look(database, watches)
                    stop.wait(LOOK_EVERY_S)
                for watch in watches.values():
                    watch.leave()
            except DatabaseError as error:
                log.warning("Alarms are looked after again when the database answers: %s", error)
                stop.wait(RETRY_S)
            except Exception:  # whatever it is, somebody must look
                log.exception("Alarms couldn't be looked after; it is tried again")
                stop.wait(RETRY_S)
            finally:
                database.close()

    def _look(self, database: Database, watches: dict[str, AlarmWatch]) -> None:
        """Look after each hall, whatever another's fault is; raises DatabaseError when the database is away."""
        followed = self._followed()
        for name in followed:
            try:
                self._look_after(database, watches, name)
                self._faults.pop(name, None)
            except BusyError as error:
                log.info("The alarms of %s are looked after in a moment: %s", name, error)
            except DatabaseError:
                raise
            except Exception as error:
                watches.pop(name, None)  # its lease runs out, so that another station may try
                if self._faults.get(name) != repr(error):
                    log.exception("Alarms of %s can't be looked after; it is tried again", name)
                self._faults[name] = repr(error)
        for name in set(watches) - set(followed):
            watches.pop(name).leave()

    def _look_after(self, database: Database, watches: dict[str, AlarmWatch], name: str) -> None:
        if name not in watches:
            with database.read() as connection:
                hall_id = halls.find(connection, name)
            if hall_id is None:
                return
            station = self._settings.station
            watches[name] = AlarmWatch(database, hall_id, station, f"{station}:{os.getpid()}:{name}")
        watches[name].look()
