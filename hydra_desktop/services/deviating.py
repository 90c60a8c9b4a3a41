"""Which plots of a proposed reference deviate from the others, found in a process of its own.

The desktop program holds no network and none of its libraries; this process does, while it is asked.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from ..domain.errors import PlotReferenceError, SiteError
from ..domain.plot import Plot

LEAST = 5  # plots of which one can be said to deviate


@dataclass(frozen=True)
class Compared:
    """How many plots were compared with each other, and the ids of those that deviate much from the rest."""

    plots: int = 0
    deviating: frozenset[int] = frozenset()


class Deviating:
    """Answers one question after the other; its process starts with the first. Threads may share it."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._asking = threading.Lock()
        self._process: SpawnProcess | None = None
        self._to_process: Connection | None = None
        self._closed = False

    def find(self, plots: Sequence[Plot]) -> Compared:
        """Which of the plots deviate much from the rest; those without stored features aren't looked at.

        Raises PlotReferenceError when the process ended before its answer, as it does at once on `close`.
        """
        with self._asking:
            try:
                to_process = self._to_process or self._start()
                to_process.send(tuple(plots))
                answer: Compared = to_process.recv()
            except (EOFError, OSError) as error:
                raise PlotReferenceError("Which plots deviate from the others isn't known; look at each.") from error
            return answer

    def close(self) -> None:
        """End the process; who waits for an answer gets none."""
        self._closed = True
        if self._process is not None:
            self._process.terminate()

    def _start(self) -> Connection:
        if self._closed:
            raise EOFError
        context = multiprocessing.get_context("spawn")
        self._to_process, its_end = context.Pipe()
        process = context.Process(target=_answer, args=(its_end, self._database_url), daemon=True)
        process.start()
        its_end.close()  # so that its death is seen
        self._process = process
        if self._closed:  # meanwhile
            process.terminate()
        return self._to_process


def _answer(questions: Connection, database_url: str) -> None:
    """The work of the process, until nobody asks any more."""
    while True:
        try:
            plots = questions.recv()
        except EOFError:
            return
        try:
            compared = _find(database_url, plots)
        except SiteError:  # the database is away
            compared = Compared()
        questions.send(compared)


# the imports are here as the desktop program, which imports this module, does without them
def _find(database_url: str, plots: tuple[Plot, ...]) -> Compared:
    import numpy as np
    from threadpoolctl import threadpool_limits

    from ..database import features
    from ..database.connection import open_database
    from ..vision.deviation import DESCRIBED_BY, steady, unpack
    from .grouping import groups
    from .priority import MONITOR, give_way

    give_way(MONITOR)
    database = open_database(database_url)
    try:
        with database.read() as connection:
            stored = features.get(connection, DESCRIBED_BY, list({plot.content_hash for plot in plots}))
    finally:
        database.close()
    packed = {one.content_hash: (one.pooled, one.parts) for one in stored.values() if one.parts is not None}
    known = [plot for plot in plots if plot.content_hash in packed]
    if len(known) < LEAST:
        return Compared()
    with threadpool_limits(limits=1):
        kept = steady(unpack([packed[plot.content_hash] for plot in known]), groups(known))
    return Compared(len(known), frozenset(known[index].id for index in np.flatnonzero(~kept)))
