"""Runs the training jobs of a hall on a thread of its own; the work itself is a child process of it."""

from __future__ import annotations

import atexit
import logging
import threading

from PySide6.QtCore import QObject, QThread, Signal

from ...services.training_runner import Runner
from ...settings import Settings

log = logging.getLogger(__name__)

END_MS = 5000  # for a job to be given back
KILLED_MS = 2000  # for what is left after its child was killed
DATABASE_MS = 40_000  # after which a database that is away has been given up (database/connection.py)


class RunnerThread(QThread):
    """Started with the program; a job that runs when it ends is given back to the queue.

    `trouble` tells in words why no job runs here.
    """

    trouble = Signal(str)

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runner = Runner(settings, self.trouble.emit)
        self._stop_flag = threading.Event()

    def run(self) -> None:
        """The thread's work."""
        self.runner.run(self._stop_flag)

    def begin_end(self) -> None:
        """Let the thread end without waiting for it."""
        self._stop_flag.set()

    def close(self) -> None:
        """End the thread and its child, and wait for both; for a thread that hangs only for some seconds."""
        self.begin_end()
        if self.wait(END_MS):
            return
        self.runner.kill_child()
        if not self.wait(KILLED_MS):
            log.warning("The runner of training jobs doesn't end; its job is taken up by another station")
            self.setParent(None)
            atexit.register(self.wait, DATABASE_MS)  # when nobody looks any more; Qt aborts over a thread that runs
