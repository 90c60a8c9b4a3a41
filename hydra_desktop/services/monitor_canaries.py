"""The way of canaries through the monitor: each is sent while no real plot waits, and kept apart from real plots."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from ..database.connection import Database
from ..domain.errors import DatabaseError, StorageError, first_line
from ..domain.hall import Hall
from .canary import Canaries, Sent
from .judging import Judge, JudgingModels, Outcome
from .monitor_lease import FolderLease
from .monitor_writer import Writer

log = logging.getLogger(__name__)

LOOK_S = 1.0  # between looks whether it is time for one


class MonitorCanaries:
    """Gives canaries to the judge and what came of them to the writer.

    `run` has a thread of its own; `look`, `give` and `without` belong to the one that judges.
    """

    def __init__(
        self, database: Database, canaries: Canaries, lease: FolderLease, writer: Writer, hall: Callable[[], Hall]
    ) -> None:
        """`hall` gives the hall as it is now."""
        self._database, self._canaries = database, canaries
        self._lease, self._writer, self._hall = lease, writer, hall
        self._sent: queue.Queue[Sent] = queue.Queue()  # on its way to the judge
        self._judged: dict[Path, Sent] = {}  # or about to be
        self._models: JudgingModels | None = None
        self._idle = threading.Event()

    def look(self, models: JudgingModels, *, idle: bool) -> None:
        """Take note by which models plots are judged, and whether no real plot waits."""
        self._models = models
        (self._idle.set if idle else self._idle.clear)()

    def run(self, stop: threading.Event) -> None:
        """Send one whenever it is time for it, until told to stop."""
        while not stop.wait(LOOK_S):
            if self._models is None or not self._idle.is_set() or not self._lease.is_held:
                continue
            try:
                sent = self._canaries.send(self._hall(), self._models)
            except (DatabaseError, DBAPIError, StorageError) as error:
                log.info("A canary is sent later: %s", first_line(error))
                continue
            if sent is not None:
                self._sent.put(sent)

    def give(self, judge: Judge) -> None:
        """Let the judge have those that were sent, as far as it has room."""
        while judge.room > 0 and not self._sent.empty():
            sent = self._sent.get()
            self._judged[sent.arrival.path] = sent
            judge.give(sent.arrival, judge.models)

    def without(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """The outcomes of real plots; what came of canaries goes its own way."""
        real = []
        for outcome in outcomes:
            sent = self._judged.pop(outcome.arrival.path, None)
            if sent is None:
                real.append(outcome)
            else:
                self._writer.give([partial(self._store, sent, outcome)])
        self._canaries.saw(real)
        return real

    def withdraw(self) -> None:
        """Take back those that are on their way, of a monitor that was killed as well."""
        try:
            self._canaries.withdraw()
        except (DatabaseError, DBAPIError, OSError) as error:
            log.info("Canaries on their way may be missed: %s", first_line(error))

    def _store(self, sent: Sent, outcome: Outcome) -> None:
        with self._database.write() as connection:
            self._lease.verify(connection)
            self._canaries.take(connection, sent, outcome, self._hall())
        sent.arrival.path.unlink(missing_ok=True)
