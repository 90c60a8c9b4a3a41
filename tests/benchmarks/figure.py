"""One figure of a benchmark."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

REPEAT = 15


@dataclass(frozen=True)
class Figure:
    """A measured figure; `met` is None where no goal was set."""

    name: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None

    def line(self, group: str) -> str:
        """The one line that the benchmark prints."""
        goal = f" (goal: {self.goal})" if self.goal else ""
        verdict = "" if self.met is None else (" ok" if self.met else " short")
        return f"{group}/{self.name}: {self.value:.4g} {self.unit}{goal}{verdict}"


def median_ms(work: Callable[[], object]) -> float:
    """How long some work takes, the median of several times after a first one that doesn't count."""
    work()
    times = []
    for _ in range(REPEAT):
        started = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - started))
    return statistics.median(times)
