"""Follows the database on a thread of its own and hands snapshots to the screens."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, QThread, Signal

from ..services.wall import WallFollower
from ..settings import Settings


class Follower(QThread):
    """Emits a snapshot when something changed; its thread never touches a widget."""

    snapshot = Signal(object)
    trouble = Signal(str)

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._follower = WallFollower(settings)
        self._stop_flag = threading.Event()

    def run(self) -> None:
        """The thread's work."""
        self._follower.follow(self._stop_flag, self.snapshot.emit, self.trouble.emit)

    def close(self) -> None:
        """End the thread and wait for it."""
        self._stop_flag.set()
        self.wait()
