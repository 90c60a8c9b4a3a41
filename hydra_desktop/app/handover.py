"""The report that a shift hands over, in a window: read in the background, saved as a page or for paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from ..database.connection import Database
from ..outputs import report_page
from ..outputs.report_page import Page
from ..outputs.whole_file import whole_file
from ..services import handover
from ..views.alarms.handover_page import HandoverPage
from ..views.background import Background
from ..views.main_window import MainWindow, Place
from ..views.report import report_pdf
from .followed_hall import FollowedHall


class Handovers(QObject):
    """Opens the report in one window."""

    def __init__(self, window: MainWindow, database: Database, background: Background) -> None:
        super().__init__(window)
        self._window, self._database, self._background = window, database, background
        self.page: HandoverPage | None = None
        window.page_left.connect(self._page_left)

    def open(self, hall: FollowedHall, place: Place = Place.ALARMS, back: Callable[[], object] | None = None) -> None:
        """Show what the shift of a hall hands over; Escape leads `back`, else to the place that it came from."""
        page = HandoverPage(self._window.theme, place.name.capitalize())
        page.left.connect(back or (lambda: self._window.open_screen(place)))
        page.hours_asked.connect(lambda _hours: self._read(page, hall))
        page.html_asked.connect(lambda path: self._save(page, path, write_html))
        page.pdf_asked.connect(lambda path: self._save(page, path, report_pdf.write))
        self._window.open_page(page, place)  # what was open before is left
        self.page = page
        page.headline.setText("Reading what the shift hands over...")
        self._read(page, hall)

    def close(self) -> None:
        """Forget the page."""
        if self.page is not None:
            self.page.deleteLater()
        self.page = None

    def _read(self, page: HandoverPage, hall: FollowedHall) -> None:
        hours, user = page.hours, hall.who.user

        def work() -> Page:
            return handover.read(self._database, hall.name, length=timedelta(hours=hours)).page(user)

        def show(found: Page) -> None:
            if page.hours == hours:  # else a person asked for another length meanwhile
                page.show_page(found)

        self._run(page, work, show)

    def _save(self, page: HandoverPage, path: Path, write: Callable[[Page, Path], None]) -> None:
        shown = page.shown
        if shown is None:
            return
        page.tell(f"Writing {path.name}...")
        self._run(page, lambda: write(shown, path), lambda _none: page.tell(f"Saved: {path}"))

    def _run(self, page: HandoverPage, work: Callable[[], Any], success: Callable[[Any], None]) -> None:
        def here(answer: Callable[[Any], None]) -> Callable[[Any], None]:
            return lambda value: answer(value) if page is self.page else None

        self._background.run(work, here(success), here(page.show_failure), owner=page)

    def _page_left(self, page: object) -> None:
        if page is self.page:
            self.close()


def write_html(page: Page, path: Path) -> None:
    """Write the report as a page, whole or not at all; raises StorageError."""
    with whole_file(path) as file:
        file.write(report_page.html(page))
