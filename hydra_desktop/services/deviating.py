"""Which plots of a proposed reference deviate from the others, found in a process of its own.

The desktop program holds no network and none of its libraries; this process does, while it is asked.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from ..domain.errors import PlotReferenceError
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
        self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))

    def find(self, plots: Sequence[Plot]) -> Compared:
        """Which of the plots deviate much from the rest; those without stored features aren't looked at.

        Raises PlotReferenceError when the process ended before its answer.
        """
        try:
            return self._pool.submit(_find, self._database_url, tuple(plots)).result()
        except (BrokenProcessPool, RuntimeError) as error:
            raise PlotReferenceError("Which plots deviate from the others isn't known; look at each.") from error

    def close(self) -> None:
        """End the process; who waits for an answer gets none."""
        self._pool.shutdown(wait=False, cancel_futures=True)


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
