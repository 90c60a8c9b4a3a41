"""Measures how long the event loop is held up: the gaps of a timer that should fire every 5 ms."""

from __future__ import annotations

import math
import time

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer

INTERVAL_MS = 5
STEP_MS, MOST_MS = 0.1, 1000  # of what is counted: a probe that runs for a day needs no more memory than for a second


class StallProbe(QObject):
    """Counts, from its start, by how much each timer came late."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._counts = np.zeros(round(MOST_MS / STEP_MS) + 1, np.int64)
        self._longest_ms = 0.0
        self._last = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._fired)

    def start(self) -> None:
        """Begin anew."""
        self._counts[:] = 0
        self._longest_ms = 0.0
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> tuple[float, float]:
        """End; the longest stall and the 99th percentile (rounded up to 0.1 ms, at most a second), in ms."""
        self._timer.stop()
        seen = int(self._counts.sum())
        at_p99 = int(np.searchsorted(np.cumsum(self._counts), 0.99 * seen)) if seen else 0
        return self._longest_ms, STEP_MS * at_p99

    def _fired(self) -> None:
        now = time.perf_counter()
        late_ms = max(0.0, 1e3 * (now - self._last) - INTERVAL_MS)
        self._longest_ms = max(self._longest_ms, late_ms)
        self._counts[min(math.ceil(late_ms / STEP_MS), len(self._counts) - 1)] += 1
        self._last = now
