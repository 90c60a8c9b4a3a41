"""Work for the screen a few pieces at a time, so that keys and alarms are never held up for long."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from PySide6.QtCore import QObject, QTimer


class Spread(QObject):
    """Does pieces of work in their order, `at_once` of them, then the event loop runs, then the next."""

    def __init__(self, work: Callable[[Any], None], at_once: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._at_once = at_once
        self._pieces: dict[Hashable, None] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._go_on)

    def add(self, pieces: Iterable[Hashable]) -> None:
        """Put pieces at the end; one that waits already keeps its place."""
        self._pieces.update(dict.fromkeys(pieces))
        if self._pieces and not self._timer.isActive():
            self._timer.start()

    def __bool__(self) -> bool:
        """Whether pieces wait."""
        return bool(self._pieces)

    def clear(self) -> None:
        """Forget what waits."""
        self._pieces.clear()

    def _go_on(self) -> None:
        for piece in list(self._pieces)[: self._at_once]:
            del self._pieces[piece]
            self._work(piece)
        if self._pieces:
            self._timer.start()
