"""The library of a window: built when it is first wanted, one for the hall that is shown, up to date by its feed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from ..database.connection import Database
from ..database.image_store import ImageStore
from ..views.background import Background
from ..views.library.desk import LibraryDesk
from ..views.library.library_screen import LibraryScreen
from ..views.main_window import MainWindow, Place
from .followed_hall import FollowedHall


class Libraries(QObject):
    """Opens the library in one window, and ends its work when another hall is shown or the window goes.

    `report_asked` and `thresholds_asked` carry a model, `compare_asked` models, the first to be compared with the rest.
    `open_references` shows what is normal now, and what is proposed as that, of a hall.
    """

    report_asked = Signal(int)
    thresholds_asked = Signal(int)
    compare_asked = Signal(list)

    def __init__(
        self,
        window: MainWindow,
        database: Database,
        background: Background,
        open_references: Callable[[FollowedHall], None],
    ) -> None:
        super().__init__(window)
        self._window, self._database, self._background = window, database, background
        self._open_references = open_references
        self._hall: FollowedHall | None = None

    @property
    def screen(self) -> LibraryScreen | None:
        """The screen, None before it was opened."""
        found = self._window.screens.get(Place.LIBRARY)
        return found if isinstance(found, LibraryScreen) else None

    def open(self, hall: FollowedHall, plot_type: str = "") -> None:
        """Show the library of a hall, at a plot type or as it was left."""
        if hall is not self._hall:
            self.close()
            self._build(hall)
        screen = self.screen
        if screen is not None:
            if plot_type:
                screen.desk.plot_type = plot_type
            self._show_run_period(screen, hall)
            screen.desk.read()

    def follow(self, hall: FollowedHall) -> None:
        """The hall has changed."""
        screen = self.screen
        if screen is None or hall is not self._hall or not screen.isVisible():
            return
        self._show_run_period(screen, hall)
        screen.desk.follow()

    def close(self) -> None:
        """End its work."""
        screen = self.screen
        if screen is not None:
            screen.desk.close()
            self._window.set_screen(Place.LIBRARY, None)
            screen.deleteLater()
        self._hall = None

    @staticmethod
    def _show_run_period(screen: LibraryScreen, hall: FollowedHall) -> None:
        if hall.latest is not None:
            screen.show_run_period(hall.latest.run.run_period)

    def _build(self, hall: FollowedHall) -> None:
        self._hall = hall
        desk = LibraryDesk(
            self._database, hall.name, hall.id, self._background,
            user=hall.settings.user, station=hall.settings.station, images=ImageStore(hall.settings.image_folder),
        )  # fmt: skip
        screen = LibraryScreen(self._window.theme, desk)
        desk.setParent(screen)
        screen.report_asked.connect(self.report_asked)
        screen.thresholds_asked.connect(self.thresholds_asked)
        screen.compare_asked.connect(self.compare_asked)
        screen.reference_asked.connect(lambda _plot_type: self._open_references(hall))
        self._window.set_screen(Place.LIBRARY, screen)
