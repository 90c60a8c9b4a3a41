"""The pages that a window shows in the wall's place: another time, and what is proposed as normal."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from ..database.connection import Database
from ..services.deviating import Deviating
from ..settings import Settings
from ..views import keys
from ..views.background import Background
from ..views.history.history_screen import HistoryScreen
from ..views.history.visit import Visit
from ..views.main_window import MainWindow
from ..views.pictures import Evidence
from ..views.reference.confirming import Confirming
from ..views.reference.reference_screen import ReferenceScreen
from ..views.wall.wall_screen import WallScreen
from .followed_hall import FollowedHall


class Pages(QObject):
    """Opens pages in one window and closes them; the live wall goes on below, and its alarms are told there."""

    def __init__(
        self, window: MainWindow, settings: Settings, database: Database, background: Background, evidence: Evidence,
        silence: Callable[[], None],
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._window, self._settings = window, settings
        self._database, self._background = database, background
        self._evidence, self._silence = evidence, silence
        self._at_work: Visit | Confirming | None = None
        self._page: HistoryScreen | ReferenceScreen | None = None
        self._hall: FollowedHall | None = None  # of the page
        window.page_left.connect(lambda page: self._close() if page is self._page else None)

    def add_to(self, wall: WallScreen, hall: FollowedHall) -> None:
        """Let the pages of a hall be opened from its wall."""
        keys.add(wall, "T", "The wall at another time or run", lambda: self._open_history(hall))
        keys.add(wall, "R", "Look at proposed references and confirm them", lambda: self.open_references(hall))
        wall.references_asked.connect(lambda: self.open_references(hall))

    def tell(self, hall: FollowedHall) -> None:
        """Say on the open page how its hall stands now."""
        if self._page is not None and hall is self._hall:
            self._page.show_live(self._window.walls[hall.name].model.snapshot, hall.latest_trouble)

    def close(self) -> None:
        """End the work in the background."""
        self._close()

    def _open_history(self, hall: FollowedHall) -> None:
        screen = HistoryScreen(self._window.theme, self._settings.image_folder, self._evidence, hall.name)
        screen.silenced.connect(self._silence)
        visit = Visit(screen, self._background, self._database, hall.id)
        visit.begin(self._window.walls[hall.name].model.snapshot, hall.latest_trouble)
        self._open(screen, visit, hall)

    def open_references(self, hall: FollowedHall) -> None:
        """Show what is proposed as normal, in the wall's place."""
        screen = ReferenceScreen(self._window.theme, self._settings.image_folder)
        confirming = Confirming(
            screen, self._background, self._database, hall.name, user=self._settings.user,
            deviating=Deviating(self._settings.database_url),
        )  # fmt: skip
        confirming.begin()
        self._open(screen, confirming, hall)

    def _open(self, screen: HistoryScreen | ReferenceScreen, work: Visit | Confirming, hall: FollowedHall) -> None:
        screen.left.connect(lambda: self._window.open_screen(0))
        self._window.open_page(screen)
        self._page, self._at_work, self._hall = screen, work, hall
        self.tell(hall)

    def _close(self) -> None:
        if self._at_work is not None:
            self._at_work.end()
        if self._page is not None:
            self._page.close_threads()
            self._page.deleteLater()
        self._page = self._at_work = self._hall = None
