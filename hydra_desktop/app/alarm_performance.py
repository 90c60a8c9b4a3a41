"""The alarm performance page of a window: read in the background, and again every minute while it shows the present."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer

from ..database.connection import Database
from ..services import alarm_performance
from ..services.alarm_performance import AlarmFigures, Reach
from ..views.alarms.performance_page import PerformancePage
from ..views.background import Background
from ..views.main_window import MainWindow, Place
from .followed_hall import FollowedHall
from .handover import Handovers

AGAIN_MS = 60_000


class AlarmPerformance(QObject):
    """Opens the page in one window, and from it the report that a shift hands over."""

    def __init__(self, window: MainWindow, database: Database, background: Background) -> None:
        super().__init__(window)
        self._window, self._database, self._background = window, database, background
        self._hall: FollowedHall | None = None
        self._place = Place.ALARMS
        self._asked = 0
        self.page: PerformancePage | None = None
        self.handovers = Handovers(window, database, background)
        self._timer = QTimer(self)
        self._timer.setInterval(AGAIN_MS)
        self._timer.timeout.connect(self._again)
        window.page_left.connect(self._page_left)

    def open(self, hall: FollowedHall, place: Place = Place.ALARMS) -> None:
        """Show the figures of a hall; Escape leads back to the place that it came from."""
        page = PerformancePage(self._window.theme, place.name.capitalize())
        page.left.connect(lambda: self._window.open_screen(place))
        page.span_asked.connect(self._read)
        page.export_asked.connect(self._export)
        page.hand_over_asked.connect(lambda: self.handovers.open(hall, place, back=lambda: self.open(hall, place)))
        self._window.open_page(page, place)  # what was open before is left
        self.page, self._hall, self._place = page, hall, place
        page.show_reading()
        self._read(page.reach, page.back)
        self._timer.start()

    def close(self) -> None:
        """End its work."""
        self.handovers.close()
        self._close()

    def _read(self, reach: Reach, back: int) -> None:
        page, hall = self.page, self._hall
        if page is None or hall is None:
            return
        self._asked += 1
        asked = self._asked

        def show(shown: AlarmFigures) -> None:
            if asked == self._asked:  # else a person asked for another span meanwhile
                page.show_figures(shown)

        self._run(page, lambda: alarm_performance.of_reach(self._database, hall.name, reach, back), show)

    def _again(self) -> None:
        if self.page is not None and self.page.back == 0:
            self._read(self.page.reach, 0)

    def _export(self, path: Path) -> None:
        page = self.page
        if page is None or page.shown is None:
            return
        shown = page.shown
        page.tell(f"Writing {path.name}...")
        self._run(
            page,
            lambda: alarm_performance.export(shown, path),
            lambda rows: page.tell(f"Saved: {path}, {alarm_performance.count(rows, 'line')}"),
        )

    def _run(self, page: PerformancePage, work: Callable[[], Any], success: Callable[[Any], None]) -> None:
        def here(answer: Callable[[Any], None]) -> Callable[[Any], None]:
            return lambda value: answer(value) if page is self.page else None

        self._background.run(work, here(success), here(page.show_failure), owner=page)

    def _page_left(self, page: object) -> None:
        if page is self.page:
            self._close()

    def _close(self) -> None:
        self._timer.stop()
        if self.page is not None:
            self.page.deleteLater()
        self.page = self._hall = None
