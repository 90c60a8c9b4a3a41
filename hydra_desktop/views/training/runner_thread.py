"""Runs the training jobs of a hall on a thread of its own; the work itself is a child process of it."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, QThread

from ...services.training_runner import Runner
from ...settings import Settings


class RunnerThread(QThread):
    """Started with the program; a job that runs when it ends is given back to the queue."""

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runner = Runner(settings)
        self._stop_flag = threading.Event()

    def run(self) -> None:
        """The thread's work."""
        self.runner.run(self._stop_flag)

    def close(self) -> None:
        """End the thread and its child, and wait for both."""
        self._stop_flag.set()
        self.wait()
