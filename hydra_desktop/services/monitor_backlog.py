"""The files that wait to be judged, the newest first."""

from __future__ import annotations

import heapq
import queue
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..sources.arrival import Arrival

RETRY_S = 2.0


@dataclass(order=True)
class _Waiting:
    age: float
    order: int
    arrival: Arrival = field(compare=False)


class Backlog:
    """Each file once, until what came of it is stored; a file that changed meanwhile waits again.

    Any thread may call `put`, `put_later` and `done`; the rest belongs to the one that judges. Its
    length is that of what was taken in.
    """

    def __init__(self) -> None:
        self._arrived: queue.Queue[Sequence[Arrival]] = queue.Queue()
        self._to_retry: queue.Queue[tuple[float, Arrival]] = queue.Queue()
        self._retry: list[tuple[float, Arrival]] = []
        self._waiting: list[_Waiting] = []
        self._order = 0
        self._known: dict[str, tuple[int, int]] = {}  # size and time of what waits or is being judged

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def has_more(self) -> bool:
        """Whether files arrived that weren't taken in yet; those that are tried again later don't count."""
        return not self._arrived.empty()

    def put(self, arrivals: Sequence[Arrival]) -> None:
        """Files arrived."""
        self._arrived.put(arrivals)

    def put_later(self, arrival: Arrival) -> None:
        """Let a file wait again in `RETRY_S`."""
        self._to_retry.put((time.monotonic() + RETRY_S, arrival))

    def done(self, arrival: Arrival) -> None:
        """What came of a file is stored."""
        self._known.pop(arrival.relative, None)

    def take_in(self, wait_s: float) -> None:
        """Take in what arrived, waiting so long for the first of it."""
        while not self._to_retry.empty():
            self._retry.append(self._to_retry.get())
        now = time.monotonic()
        due = [arrival for at, arrival in self._retry if at <= now]
        self._retry = [(at, arrival) for at, arrival in self._retry if at > now]
        arrived = list(due)
        try:
            while True:
                arrived += self._arrived.get(timeout=wait_s) if wait_s else self._arrived.get_nowait()
                wait_s = 0.0
        except queue.Empty:
            pass
        for arrival in arrived:
            stamp = (arrival.size, arrival.modified_ns)
            if self._known.get(arrival.relative) == stamp and arrival not in due:
                continue
            self._known[arrival.relative] = stamp
            self._order += 1
            heapq.heappush(self._waiting, _Waiting(-arrival.modified_at_s, self._order, arrival))

    def next(self) -> Arrival:
        """Take out the newest; there must be one."""
        return heapq.heappop(self._waiting).arrival
