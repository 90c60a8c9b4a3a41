"""A visit to another time: opens the screen, fetches what is asked for, and returns to now."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QObject

from ...database.connection import Database
from ...domain.wall import WallSnapshot
from ...services import past_wall
from ..background import Background, Newest
from .history_screen import HistoryScreen

MOST_STEPS = 50


class Visit(QObject):
    """Fetches in the background what a history screen asks for; only the newest question is answered."""

    def __init__(self, screen: HistoryScreen, background: Background, database: Database, hall_id: int) -> None:
        super().__init__(screen)
        self._screen, self._background = screen, background
        self._newest = Newest(background)
        self._database, self._hall_id = database, hall_id
        self._steps: deque[tuple[Callable[..., WallSnapshot], int]] = deque(maxlen=MOST_STEPS)  # keys pressed faster
        self._over = False
        screen.time_chosen.connect(lambda when: self._go(past_wall.at, when))
        screen.run_chosen.connect(lambda number, period: self._go(past_wall.at_end_of, number, period))
        screen.chunk_stepped.connect(lambda step: self._step(past_wall.chunk_beside, step))
        screen.run_stepped.connect(lambda step: self._step(past_wall.run_beside, step))

    def begin(self, live: WallSnapshot, trouble: str = "") -> None:
        """Open at this moment, and read which runs there are."""
        self._screen.open_at(live, datetime.now(UTC), trouble)
        self._background.run(
            lambda: past_wall.known_runs(self._database, self._hall_id),
            lambda runs: None if self._over else self._screen.show_runs(runs),
            lambda why: None if self._over else self._screen.tell(f"The runs aren't known. {why}"),
        )

    def end(self) -> None:
        """What is still being read is of no use any more."""
        self._over = True
        self._steps.clear()
        self._newest.forget()

    def _go(self, question: Callable[..., WallSnapshot], *what: Any) -> None:
        self._steps.clear()
        self._ask(question, *what)

    def _step(self, question: Callable[..., WallSnapshot], step: int) -> None:
        if self._newest.busy:
            self._steps.append((question, step))
        else:
            self._ask(question, self._screen.shown, step)

    def _ask(self, question: Callable[..., WallSnapshot], *what: Any) -> None:
        self._screen.show_reading()
        self._newest.run(lambda: question(self._database, self._hall_id, *what), self._show, self._refuse)

    def _show(self, snapshot: WallSnapshot) -> None:
        self._screen.show_past(snapshot)
        if self._steps:
            self._step(*self._steps.popleft())

    def _refuse(self, why: str) -> None:
        self._steps.clear()
        self._screen.tell(why)
