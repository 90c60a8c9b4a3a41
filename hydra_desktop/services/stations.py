"""What a station says of itself: that it lives, and how its sound stands."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from ..database import halls, stations
from ..database.connection import Database, open_database
from ..domain.errors import DatabaseError
from ..domain.station import LOOKING, StationRole
from ..settings import Settings
from . import canary

log = logging.getLogger(__name__)

BEAT_S = 3.0
RETRY_S = 2.0
STANDS_FOR_S = 5.0  # of a station that doesn't say for so long how it stands nobody knows whether it would sound


@dataclass(frozen=True)
class Standing:
    """How a station stands, as all stations of its halls are to know."""

    halls: tuple[str, ...]
    role: StationRole = StationRole.AUDIBLE
    sound: str = LOOKING
    can_sound: bool = False


class StationLife:
    """Gives signs of life of a station, made to live on a thread of its own.

    There are some as long as it is said again and again how the station stands, by that thread which makes its sound.
    """

    def __init__(self, settings: Settings, standing: Standing) -> None:
        self._settings = settings
        self._standing, self._stood_s = standing, time.monotonic()
        self._untold_since_s: float | None = None
        self._changed = threading.Event()
        self._stop = False
        self._says_farewell = False

    @property
    def untold_since_s(self) -> float | None:
        """Since when, by `time.monotonic`, the database takes no sign of life; None while it takes them."""
        return self._untold_since_s

    def stand(self, standing: Standing) -> None:
        """It stands so now; told at once when that is another way, from whatever thread."""
        self._stood_s = time.monotonic()
        if standing != self._standing:
            self._standing = standing
            self._changed.set()

    def end(self, *, farewell: bool) -> None:
        """Let `run` end, and with `farewell` tell all that the station is gone, from whatever thread."""
        self._says_farewell = farewell
        self._stop = True
        self._changed.set()

    def run(self) -> None:
        """Give signs of life until it is ended; a database that is away is waited for."""
        while not self._stop:
            self._try()
            try:
                database = open_database(self._settings.database_url)
            except DatabaseError as error:
                log.info("%s", error)
                self._wait(RETRY_S)
                continue
            try:
                self._live(database)
            except DatabaseError as error:
                log.info("%s", error)
                self._wait(RETRY_S)
            except Exception:  # whatever it is, a station that lives must say so
                log.exception("This station couldn't say that it lives; it is tried again")
                self._wait(RETRY_S)
            finally:
                database.close()

    def beat(self, database: Database) -> None:
        """Give one sign of life, if it was said lately how the station stands; raises DatabaseError."""
        if time.monotonic() - self._stood_s > STANDS_FOR_S:
            self._untold_since_s = None
            return
        self._try()
        standing = self._standing
        with database.write() as c:
            for hall_id in _ids(c, standing.halls):
                stations.beat(
                    c, hall_id, self._settings.station, standing.role, sound=standing.sound,
                    can_sound=standing.can_sound,
                )  # fmt: skip
                if standing.role is StationRole.AUDIBLE and standing.can_sound:
                    canary.heard(c, hall_id, self._settings.station)
        self._untold_since_s = None

    def _live(self, database: Database) -> None:
        while not self._stop:
            self.beat(database)
            self._wait(BEAT_S)
        if self._says_farewell:
            with database.write() as c:
                for hall_id in _ids(c, self._standing.halls):
                    stations.leave(c, hall_id, self._settings.station)

    def _try(self) -> None:
        if self._untold_since_s is None:
            self._untold_since_s = time.monotonic()

    def _wait(self, seconds: float) -> None:
        self._changed.wait(seconds)
        self._changed.clear()


def _ids(c: sa.Connection, names: Collection[str]) -> list[int]:
    return [hall_id for name in names if (hall_id := halls.find(c, name)) is not None]
