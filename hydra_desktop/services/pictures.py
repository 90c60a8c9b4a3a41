"""Many pictures worked on side by side, a little ahead of the caller and in their order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

THREADS = os.cpu_count() or 2  # a plot is decoded and goes through the network on one of them

Source = TypeVar("Source")
Result = TypeVar("Result")


def ahead(
    sources: Iterable[Source], work: Callable[[Source], Result], threads: int = THREADS
) -> Iterator[tuple[Source, Result]]:
    """Each source with its result, in order, computed on a small pool a little ahead.

    An exception of `work` surfaces at its place. Ending the iteration early ends the pool.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="pictures")
    waiting: deque[tuple[Source, Future[Result]]] = deque()
    try:
        for source in sources:
            waiting.append((source, pool.submit(work, source)))
            if len(waiting) >= 3 * threads:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(cancel_futures=True)
