"""The labeling screen of a window: built when it is first wanted, one for the hall that is shown."""

from __future__ import annotations

from collections.abc import Callable, Collection

from PySide6.QtCore import QLockFile, QObject

from .. import paths
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..services.detail import DetailService
from ..services.label_pages import LabelPages
from ..services.labeling import Labeler
from ..settings import Settings
from ..views import words
from ..views.background import Background
from ..views.detail.reader import DetailReader
from ..views.labeling.desk import Desk
from ..views.labeling.labeling_screen import LabelingScreen
from ..views.main_window import MainWindow, Place
from ..views.pictures import Evidence
from .followed_hall import FollowedHall

MOST_WINDOWS = 99  # of one person at a station


class LabelingDesks(QObject):
    """Opens labeling in one window, and ends its work when another hall is shown or the window goes."""

    def __init__(
        self, window: MainWindow, settings: Settings, database: Database, background: Background, evidence: Evidence
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._window, self._settings, self._database = window, settings, database
        self._background, self._evidence = background, evidence
        self._hall: FollowedHall | None = None
        self._labeler: Labeler | None = None
        self._place: QLockFile | None = None
        self._wanted = ""  # the plot type to begin with at the next opening
        self._back: Callable[[], object] | None = None  # to where chosen plots were opened from

    def choose(self, plot_type: str) -> None:
        """Begin with a plot type when the screen is opened next."""
        self._wanted = plot_type

    def open(self, hall: FollowedHall) -> None:
        """Show the labeling screen of a hall, as it was left."""
        if hall is not self._hall:
            self.close()
            self._build(hall)
        self.read()

    def open_plots(
        self, hall: FollowedHall, plot_type: str, plot_ids: Collection[int], text: str = "",
        back: Callable[[], object] | None = None,
    ) -> None:  # fmt: skip
        """Open labeling on these plots of a type and no others, labelled or not.

        `text` says above them what they are; `back` is called when the person leaves them with the key that the screen
        tells.
        """
        self._window.open_screen(Place.LABELING)
        self.open(hall)  # where another hall's was open
        screen, labeler = self._window.screens.get(Place.LABELING), self._labeler
        if isinstance(screen, LabelingScreen) and labeler is not None:
            self._back = back
            said = text or words.count(len(plot_ids), "chosen plot")
            self._background.run(
                labeler.hall,
                lambda found: screen.show_plots(found, plot_type, plot_ids, said),
                lambda why: screen.desk.told.emit(why, True),
                owner=screen,
            )

    def read(self) -> None:
        """Read the hall's plot types anew and begin with what is chosen."""
        screen, labeler = self._window.screens.get(Place.LABELING), self._labeler
        if isinstance(screen, LabelingScreen) and labeler is not None:
            wanted, self._wanted = self._wanted, ""
            self._background.run(
                labeler.hall,
                lambda hall: screen.show_hall(hall, wanted),
                lambda why: screen.desk.told.emit(why, True),
                owner=screen,
            )

    def close(self) -> None:
        """End its work, once everything decided is stored."""
        screen = self._window.screens.get(Place.LABELING)
        if isinstance(screen, LabelingScreen):
            self._window.set_screen(Place.LABELING, None)
            screen.close_threads()
            screen.deleteLater()
        if self._place is not None:
            self._place.unlock()
        self._hall = self._labeler = self._place = self._back = None

    def _build(self, hall: FollowedHall) -> None:
        user = hall.settings.user
        number, self._place = _free_place()
        station = hall.settings.station if number == 1 else f"{hall.settings.station}, window {number}"
        images = ImageStore(hall.settings.image_folder)
        self._hall, self._labeler = hall, Labeler(self._database, hall.id, user, station)
        desk = Desk(self._labeler, LabelPages(self._database, hall.id, user, station))
        service = DetailService(self._database, hall.id, hall.name, images, user, station)
        reader = DetailReader(service, self._background, desk)
        screen = LabelingScreen(self._window.theme, desk, reader, self._evidence, hall.settings.image_folder)
        desk.setParent(screen)
        screen.asked_anew.connect(self.read)
        screen.plots_left.connect(self._go_back)
        screen.label_key_wanted.connect(self._set_key)
        self._window.set_screen(Place.LABELING, screen)

    def _go_back(self) -> None:
        back, self._back = self._back, None
        if back is not None:
            back()

    def _set_key(self, plot_type: str, label: str, key: str) -> None:
        screen, labeler = self._window.screens.get(Place.LABELING), self._labeler
        if isinstance(screen, LabelingScreen) and labeler is not None:
            self._background.run(
                lambda: labeler.set_key(plot_type, label, key),
                lambda _done: self.read(),
                lambda why: screen.desk.told.emit(why, True),
                owner=screen,
            )


def _free_place() -> tuple[int, QLockFile | None]:
    """The lowest number that no other window has, of this program or another: each labels other plots.

    What a window took back and can give again goes by its number, also after a restart.
    """
    folder = paths.home()
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, MOST_WINDOWS + 1):
        lock = QLockFile(str(folder / f"labeling-{number}.lock"))
        lock.setStaleLockTime(0)  # only that of a program that is gone
        if lock.tryLock(0):
            return number, lock
        if lock.error() is not QLockFile.LockError.LockFailedError:  # it can't be written there: be alone, and work
            break
    return 1, None
