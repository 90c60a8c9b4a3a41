"""What a station says of itself: that it lives, and how its sound stands."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from ..database import halls, stations
from ..database.connection import Database, open_database
from ..domain.errors import DatabaseError
from ..domain.station import LOOKING, StationRole
from ..settings import Settings
from . import canary
from .loudness import expect_file

log = logging.getLogger(__name__)

BEAT_S = 3.0
RETRY_S = 2.0


@dataclass(frozen=True)
class Standing:
    """How a station stands, as all stations of its halls are to know."""

    halls: tuple[str, ...]
    role: StationRole = StationRole.AUDIBLE
    sound: str = LOOKING
    can_sound: bool = False


class StationLife:
    """Gives signs of life of a station, made to live on a thread of its own."""

    def __init__(self, settings: Settings, standing: Standing) -> None:
        self._settings = settings
        self._standing = standing
        self._changed = threading.Event()
        self._stop = False
        self._says_farewell = False

    def stand(self, standing: Standing) -> None:
        """From now on it stands so; told at once when that is another way, from whatever thread."""
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
            try:
                database = open_database(self._settings.database_url)
            except DatabaseError as error:
                log.info("%s", error)
                self._wait(RETRY_S)
                continue
            try:
                self._beat(database)
            except DatabaseError as error:
                log.info("%s", error)
                self._wait(RETRY_S)
            except Exception:  # whatever it is, a station that lives must say so
                log.exception("This station couldn't say that it lives; it is tried again")
                self._wait(RETRY_S)
            finally:
                database.close()

    def _beat(self, database: Database) -> None:
        while not self._stop:
            expect_file(database)
            standing = self._standing
            with database.write() as c:
                for hall_id in _ids(c, standing.halls):
                    stations.beat(
                        c, hall_id, self._settings.station, standing.role, sound=standing.sound,
                        can_sound=standing.can_sound,
                    )  # fmt: skip
                    if standing.role is StationRole.AUDIBLE and standing.can_sound:
                        canary.heard(c, hall_id, self._settings.station)
            self._wait(BEAT_S)
        if self._says_farewell:
            with database.write() as c:
                for hall_id in _ids(c, self._standing.halls):
                    stations.leave(c, hall_id, self._settings.station)

    def _wait(self, seconds: float) -> None:
        self._changed.wait(seconds)
        self._changed.clear()


def _ids(c: sa.Connection, names: Collection[str]) -> list[int]:
    return [hall_id for name in names if (hall_id := halls.find(c, name)) is not None]
