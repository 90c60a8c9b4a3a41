"""Measures how long the event loop is held up: the gaps of a timer that should fire every 5 ms."""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer

INTERVAL_MS = 5


class StallProbe(QObject):
    """Counts, from its start, by how much each timer came late."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._late_ms: list[float] = []
        self._last = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._fired)

    def start(self) -> None:
        """Begin anew."""
        self._late_ms.clear()
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> tuple[float, float]:
        """End; the longest stall and the 99th percentile, in ms."""
        self._timer.stop()
        if not self._late_ms:
            return 0.0, 0.0
        return max(self._late_ms), float(np.percentile(self._late_ms, 99))

    def _fired(self) -> None:
        now = time.perf_counter()
        self._late_ms.append(max(0.0, 1e3 * (now - self._last) - INTERVAL_MS))
        self._last = now
