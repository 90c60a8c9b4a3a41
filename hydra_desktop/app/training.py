"""The training screen of a window: built when it is first wanted, one for the hall that is shown."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from ..database.connection import Database
from ..database.image_store import ImageStore
from ..domain.training import Options, Stop
from ..services.training_desk import Look, look
from ..services.training_jobs import TrainingJobs
from ..views.background import Background, Newest
from ..views.library.asking import Asking
from ..views.library.desk import LibraryDesk
from ..views.main_window import MainWindow, Place
from ..views.training.training_screen import TrainingScreen
from .followed_hall import FollowedHall
from .training_imports import TrainingImports


class TrainingDesks(QObject):
    """Opens training in one window, and keeps it up to date while it is seen.

    `report_asked` carries a model whose report is wanted, `labeling_asked` a plot type to label.
    """

    report_asked = Signal(int)
    labeling_asked = Signal(str)

    def __init__(self, window: MainWindow, database: Database, background: Background) -> None:
        super().__init__(window)
        self._window, self._database, self._background = window, database, background
        self._hall: FollowedHall | None = None
        self._jobs: TrainingJobs | None = None
        self._imports: TrainingImports | None = None
        self._models: LibraryDesk | None = None
        self._asking: Asking | None = None
        self._looking = Newest(background)
        self._stamp: tuple[int, ...] | None = None

    @property
    def screen(self) -> TrainingScreen | None:
        """The screen, once it was opened."""
        found = self._window.screens.get(Place.TRAINING)
        return found if isinstance(found, TrainingScreen) else None

    def open(self, hall: FollowedHall) -> None:
        """Show the training screen of a hall, as it was left."""
        if hall is not self._hall:
            self.close()
            self._build(hall)
        self._look(anew=True)

    def close(self) -> None:
        """Take the screen away."""
        screen = self.screen
        self._looking.forget()
        if self._imports is not None:
            self._imports.close()
        if self._models is not None:
            self._models.close()
        if screen is not None:
            self._window.set_screen(Place.TRAINING, None)
            screen.deleteLater()
        if self._hall is not None:
            self._hall.snapshot.disconnect(self._hear)
        self._hall = self._jobs = self._imports = self._models = self._asking = None

    def _build(self, hall: FollowedHall) -> None:
        settings = hall.settings
        self._hall = hall
        self._jobs = TrainingJobs(self._database, hall.id, settings.user, settings.station)
        screen = TrainingScreen(self._window.theme)
        screen.asked_anew.connect(lambda: self._look(anew=True))
        screen.training_asked.connect(self._ask)
        screen.stop_asked.connect(self._stop)
        screen.report_asked.connect(self.report_asked)
        screen.labeling_asked.connect(self.labeling_asked)
        self._imports = TrainingImports(screen, hall, self._database, self._background, lambda: self._look(anew=True))
        self._connect_models(screen, hall)
        hall.snapshot.connect(self._hear)  # as whenever something changed, and once a second
        self._window.set_screen(Place.TRAINING, screen)

    def _connect_models(self, screen: TrainingScreen, hall: FollowedHall) -> None:
        """What becomes of a finished job's model goes the library's way."""
        settings = hall.settings
        desk = self._models = LibraryDesk(
            self._database, hall.name, hall.id, self._background, user=settings.user, station=settings.station,
            images=ImageStore(settings.image_folder),
        )  # fmt: skip
        desk.setParent(screen)
        self._asking = Asking(screen, desk)  # a signal alone would not keep it
        screen.model_shown.connect(desk.choose)
        screen.activation_asked.connect(desk.activate)
        screen.roll_back_asked.connect(desk.roll_back)
        desk.seen_changed.connect(lambda: screen.show_shelf(desk.seen.shelf, desk.is_acting))
        desk.told.connect(lambda text, _failed: screen.tell(text))
        desk.warned.connect(self._asking.in_spite)

    def _hear(self, _snapshot: object) -> None:
        if self.screen is not None and self.screen.isVisible():
            self._look()
            if self._models is not None:
                self._models.follow()

    def _look(self, *, anew: bool = False) -> None:
        hall, screen = self._hall, self.screen
        if hall is None or screen is None:
            return
        if anew:
            self._stamp = None
        stamp, database = self._stamp, self._database

        def show(found: Look) -> None:
            self._stamp = found.stamp
            screen.show_jobs(found.jobs)
            if found.states is not None:
                screen.show_states(found.states, in_order=stamp is None)

        self._looking.run(lambda: look(database, hall.name, hall.id, stamp), show, screen.show_failure)

    def _ask(self, names: list[str], options: Options) -> None:
        jobs = self._jobs
        if jobs is not None:
            self._do(lambda: jobs.answer(jobs.ask(names, options), options))

    def _stop(self, job_id: int, wish: Stop) -> None:
        jobs = self._jobs
        if jobs is not None:
            self._do(lambda: jobs.stop(job_id, wish))

    def _do(self, work: Callable[[], str | None]) -> None:
        """Do what a person asked for, and say the words that come of it."""
        screen = self.screen
        if screen is None:
            return

        def done(told: str | None) -> None:
            screen.tell(told or "")
            self._look()

        self._background.run(work, done, screen.tell, owner=screen)
