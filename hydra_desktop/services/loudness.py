"""Follows the alarms that are to be heard, for the siren's process: whatever becomes of the program, it goes on."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Collection

from ..database import annunciations
from ..database.connection import Database, open_database
from ..database.feed import ChangeWaiter
from ..domain.alarm_settings import AlarmSettings
from ..domain.errors import DatabaseError
from ..domain.loudness import Annunciation
from ..settings import Settings

log = logging.getLogger(__name__)

WAIT_S = 1.0
RETRY_S = 1.0


class AlarmFollower:
    """Follows the alarms of some halls of a database, on the caller's thread.

    `halls` are the names of those; one that isn't there yet is waited for. The database is never made or changed.
    """

    def __init__(self, settings: Settings, names: Collection[str] = ()) -> None:
        self.halls = tuple(names or (settings.hall,))
        self.patience_s = AlarmSettings().unanswered_after_s  # of the halls' settings, once they are read
        self._url = settings.database_url

    def follow(
        self,
        stop: threading.Event,
        on_heard: Callable[[tuple[Annunciation, ...]], object],
        on_trouble: Callable[[str], object],
    ) -> None:
        """Hand over what nobody has taken, again and again until `stop` is set, at least once a second or so.

        Each call of `on_heard` is a sign that the database answers; `on_trouble` tells why it doesn't. One that
        hangs does neither.
        """
        while not stop.is_set():
            try:
                database = open_database(self._url)
            except DatabaseError as error:
                on_trouble(str(error))
                stop.wait(RETRY_S)
                continue
            waiter = ChangeWaiter(database)
            try:
                self._follow_one(database, waiter, stop, on_heard)
            except DatabaseError as error:
                on_trouble(str(error))
                stop.wait(RETRY_S)
            except Exception as error:  # whatever it is, an ear that is deaf must not end
                log.exception("Alarms couldn't be followed; it is tried again")
                on_trouble(str(error))
                stop.wait(RETRY_S)
            finally:
                waiter.close()
                database.close()

    def _follow_one(
        self,
        database: Database,
        waiter: ChangeWaiter,
        stop: threading.Event,
        on_heard: Callable[[tuple[Annunciation, ...]], object],
    ) -> None:
        while not stop.is_set():
            waiter.wait(WAIT_S, stop)
            if stop.is_set():
                return
            with database.read() as connection:
                followed = annunciations.followed(connection, self.halls)
                heard = annunciations.untaken(connection, [one.id for one in followed])
            if followed:
                limits = [one.unanswered_after_s for one in followed if one.unanswered_after_s]
                self.patience_s = min(limits, default=math.inf)
            on_heard(heard)
