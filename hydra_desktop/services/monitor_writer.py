"""The monitor's writer thread: has what was judged stored, batch by batch, and again while the database is away."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from ..domain.errors import DatabaseError, LeaseLostError, SiteError, first_line
from .judging import Outcome, Refused
from .monitor_backlog import RETRY_S
from .monitor_lease import FolderLease
from .monitor_store import BatchStore

log = logging.getLogger(__name__)

_One = TypeVar("_One")
Errand = Callable[[], None]  # something else that is written under the lease, in its own transaction


class Writer:
    """Stores what it is given, on the thread that calls `run`.

    `trouble` is what a person should know of the database, "" where all is well.
    """

    def __init__(self, store: BatchStore, lease: FolderLease, stop: threading.Event) -> None:
        self._store, self._lease, self._stop = store, lease, stop
        self._to_store: queue.Queue[list[Outcome | Errand] | None] = queue.Queue(maxsize=4)
        self.trouble = ""

    def give(self, results: Sequence[Outcome | Errand]) -> None:
        """Let results be stored, waiting while too many are on their way; nothing is taken any more after a stop."""
        while not self._stop.is_set():
            try:
                self._to_store.put(list(results), timeout=0.5)
            except queue.Full:
                continue
            return

    def end(self, thread: threading.Thread) -> None:
        """Let the thread of `run` end when all that was given is stored, and wait for that."""
        while thread.is_alive():  # one that gave up on a database that is away takes nothing more
            try:
                self._to_store.put(None, timeout=0.5)
            except queue.Full:
                continue
            thread.join()

    def run(self) -> None:
        """Store until the end; raises LeaseLostError when another monitor has the folder."""
        while results := all_waiting(self._to_store):
            while not self._is_written(results):
                if self._stop.wait(RETRY_S):
                    return
                self._store.reload()

    def _is_written(self, results: Sequence[Outcome | Errand]) -> bool:
        """Write all of it; False when that must be tried again."""
        try:
            outcomes = [one for one in results if not callable(one)]
            if outcomes:
                self._store_safely(outcomes)
            for one in results:
                if callable(one):
                    one()
        except LeaseLostError:
            if self._lease.is_lost:
                raise
            return False  # the folder was gone for a moment, and the lease with it
        except DatabaseError as error:
            self.trouble = f"The database doesn't answer: {first_line(error)}. Plots wait."
            return False
        self.trouble = ""
        return True

    def _store_safely(self, outcomes: Sequence[Outcome]) -> None:
        """Store a batch; what can't be stored at all is told as a problem and holds nothing up."""
        try:
            self._store.store(outcomes)
        except SiteError:
            raise
        except Exception as error:
            log.exception("A batch of %d can't be stored", len(outcomes))
            self._store.reload()
            if len(outcomes) > 1:
                for one in outcomes:
                    self._store_safely([one])
                return
            if isinstance(outcomes[0], Refused):
                raise
            self._store.store([Refused(outcomes[0].arrival, f"it can't be stored ({first_line(error)}); see the log")])


def all_waiting(batches: queue.Queue[list[_One] | None]) -> list[_One]:
    """All batches that wait, as one, the first of them waited for; empty at the end, which a None marks.

    A transaction costs as much as some plots: a writer that is behind makes one of several.
    """
    results = list(batches.get() or ())
    while results:
        try:
            more = batches.get_nowait()
        except queue.Empty:
            break
        if more is None:
            batches.put(None)  # met again when these are stored
            break
        results += more
    return results
