"""Many picture files decoded ahead, in their order, while the caller works on the ones before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

LOOKAHEAD = 24
THREADS = 2

Source = TypeVar("Source")
Result = TypeVar("Result")


def ahead(sources: Iterable[Source], work: Callable[[Source], Result]) -> Iterator[tuple[Source, Result]]:
    """Each source with its result, in order, computed on a small pool a little ahead.

    An exception of `work` surfaces at its place. Ending the iteration early ends the pool.
    """
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="pictures")
    waiting: deque[tuple[Source, Future[Result]]] = deque()
    try:
        for source in sources:
            waiting.append((source, pool.submit(work, source)))
            if len(waiting) >= LOOKAHEAD:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(cancel_futures=True)
