"""Imports asked for at the training screen: one at a time, in the background, until the screen goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ..database.connection import Database
from ..database.image_store import ImageStore
from ..services.importing_several import Imported, import_several
from ..services.progress import Progress
from ..views.background import Background
from ..views.training.training_screen import TrainingScreen
from .followed_hall import FollowedHall

TELL_S = 0.1  # between two words on how far it is


class TrainingImports(QObject):
    """Takes labelled plots into a hall and tells its screen; `done` is called when the table is to be read anew."""

    _went = Signal(str, float)

    def __init__(
        self, screen: TrainingScreen, hall: FollowedHall, database: Database, background: Background,
        done: Callable[[], None],
    ) -> None:  # fmt: skip
        super().__init__(screen)
        self._screen, self._hall, self._database, self._done = screen, hall, database, done
        self._background = background
        self._progress = Progress()
        screen.imports.asked.connect(self._begin)
        screen.imports.stop_asked.connect(self._stop)
        self._went.connect(screen.imports.show_progress)

    def close(self) -> None:
        """Stop what runs; what is stored stays."""
        self._progress.stop.set()

    def _begin(self, paths: Sequence[Path]) -> None:
        screen, hall = self._screen, self._hall
        if screen.imports.is_importing:
            return
        screen.imports.begin()
        screen.tell("")
        told_at = [0.0]

        def report(stage: str, fraction: float) -> None:
            now = time.monotonic()
            if now - told_at[0] > TELL_S:
                told_at[0] = now
                self._went.emit(stage, fraction)

        progress = self._progress = Progress(report)
        images = ImageStore(hall.settings.image_folder)

        def work() -> Imported:
            return import_several(self._database, hall.name, images, paths, user=hall.settings.user, progress=progress)

        def ended(text: str) -> None:
            screen.imports.end()
            screen.tell(text)
            self._done()

        self._background.run(work, lambda found: ended(found.text()), ended, owner=screen)

    def _stop(self) -> None:
        self._screen.imports.show_stopping()
        self._progress.stop.set()
