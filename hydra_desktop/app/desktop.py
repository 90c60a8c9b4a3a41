"""The windows of the program on the halls that it follows, with all that they need."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication

from .. import paths
from ..database import halls
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..domain.errors import SiteError, StorageError
from ..domain.label import Severity
from ..services import wall as wall_service
from ..services.detail import DetailService
from ..services.deviation_process import DeviationProcess
from ..settings import Settings
from ..views import alarm_speech, words
from ..views.background import Background
from ..views.detail.detail_view import DetailView
from ..views.detail.opening import DetailOpener
from ..views.follower import Follower
from ..views.main_window import MainWindow
from ..views.siren_client import SirenClient
from ..views.stored import stored
from ..views.theme import Theme
from ..views.wall.wall_screen import WallScreen
from .followed_hall import FollowedHall
from .pages import Pages
from .screens import Screens

log = logging.getLogger(__name__)

SWITCH_S = 0.0005  # how long another thread may keep the screen's from running


class Desktop(QObject):
    """Every window of this program, the halls that they show, and the siren that all share."""

    def __init__(self, settings: Settings, database: Database) -> None:
        super().__init__()
        sys.setswitchinterval(SWITCH_S)
        self._settings = settings
        self._database = database
        self._started = self._tends = self._asks = self._told_to_end = False
        self.background = Background(parent=self)
        self.siren = SirenClient(settings, parent=self)
        self.halls: dict[str, FollowedHall] = {}
        self.windows: list[MainWindow] = []
        self._pages: dict[MainWindow, Pages] = {}
        self.screens: dict[MainWindow, Screens] = {}
        self.background.failed.connect(self._tell_all)
        self.siren.state_changed.connect(self._show_sound)
        self.hall = self.follow(settings.hall)
        self.window = self.open_window()

    @property
    def wall(self) -> WallScreen:
        """The wall of the first window."""
        return self.window.wall

    @property
    def follower(self) -> Follower:
        """The thread that follows the hall of the start."""
        return self.hall.follower

    def start(self) -> None:
        """Show the window and start following."""
        sys.excepthook = self.report
        gc.freeze()  # what is loaded stays; to look through it all again would hold the screen up for 50 ms
        self._started = True
        self.siren.start()
        for hall in self.halls.values():
            hall.start()
        self.window.show()
        self.window.open_screen(0)

    def fill_screen(self) -> None:
        """Take the whole screen, whatever its size; a window manager is asked to, where there is one."""
        self.window.resize(self.window.screen().availableSize())
        self.window.setWindowState(Qt.WindowState.WindowMaximized)

    def tend_monitor(self) -> None:
        """From now on start a monitor whenever the folder of a hall that is followed has none alive."""
        self._tends = True
        for hall in self.halls.values():
            hall.tend_monitor()

    def ask_before_closing(self) -> None:
        """From now on closing the last window asks whether a monitor that this program started goes on."""
        self._asks = True

    def end(self) -> None:
        """Close every window without a question; a monitor goes on."""
        self._told_to_end = True
        QApplication.closeAllWindows()

    def finish(self) -> list[str]:
        """Do what people asked for, if it can be done soon, and tell what of that isn't done."""
        for hall in self.halls.values():
            hall.begin_end()
        return [line for hall in self.halls.values() for line in hall.finish()]

    def close(self) -> None:
        """End the siren and all threads; one whose database hangs is waited for."""
        self.siren.close()
        for hall in self.halls.values():
            hall.begin_end()
        for hall in self.halls.values():
            hall.close()
        for window in self.windows:
            self._pages[window].close()
            self.screens[window].close()
            window.close_threads()
        self.background.close()

    def report(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Tell the person of an error that a slot raised; its details go to the log file."""
        log.error("An error that nobody caught", exc_info=(kind, error, trace))
        own = f"Something went wrong in the program: {kind.__name__} {error}. {paths.log_file()} has more."
        self._tell_all(str(error) if isinstance(error, SiteError) else own)

    def screenshot(self, path: Path) -> None:
        """Write what the window shows to a PNG file."""
        image = QImage(self.window.size(), QImage.Format.Format_RGB32)
        self.window.render(image)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not image.save(str(path)):
            raise StorageError(f"The screenshot can't be written to {path}; name another file.")

    def follow(self, name: str) -> FollowedHall:
        """Follow a hall from now until the program ends, shown or not."""
        if name in self.halls:
            return self.halls[name]
        hall = FollowedHall(replace(self._settings, hall=name), self._database, self.background, self)
        self.halls[name] = hall
        self.siren.follow(list(self.halls))
        hall.snapshot.connect(lambda snapshot: self._on_walls(hall, lambda wall: wall.show_snapshot(snapshot)))
        hall.trouble.connect(lambda message: self._on_walls(hall, lambda wall: wall.show_trouble(message)))
        hall.failed.connect(lambda message: self._tell_failure(hall, message))
        for signal in (hall.snapshot, hall.trouble):
            signal.connect(lambda _told: self._tell_pages(hall))
        hall.snapshot.connect(lambda _snapshot: self._tell_windows_of_others())
        if self._started:
            hall.start()
        if self._tends:
            hall.tend_monitor()
        return hall

    def open_window(self) -> MainWindow:
        """Another window, on a screen that has none yet where there is one."""
        remembered = stored()
        theme = Theme(
            name=str(remembered.value("theme", "dark")), size=float(str(remembered.value("size", 1.0))), parent=self
        )
        window = MainWindow(theme)
        window.ask_before_closing(lambda: self._may_close(window))
        window.hall_wanted.connect(lambda name: self.show_hall(window, name))
        window.halls_wanted.connect(lambda: self._list_halls(window))
        window.window_wanted.connect(lambda: self._open_beside(window))
        window.closed.connect(lambda: self._forget(window))
        self._pages[window] = Pages(
            window, self._settings, self._database, self.background, self._evidence, self._silence
        )
        self.screens[window] = Screens(
            window,
            self._settings,
            self._database,
            self.background,
            self._evidence,
            self.siren,
            lambda: self.halls[window.hall],
            self._pages[window].open_references,
        )
        self.show_hall(window, self.hall.name)
        self.windows.append(window)
        return window

    def show_hall(self, window: MainWindow, name: str) -> None:
        """Show a hall in a window; one that was shown there before comes back as it was left."""
        hall = self.follow(name)
        wall = window.walls.get(name)
        if wall is None:
            wall = WallScreen(window.theme, self._settings.image_folder, self._evidence, hall=name)
            wall.silenced.connect(self._silence)
            wall.sound_tested.connect(self.siren.test)
            wall.acknowledged.connect(hall.acknowledge)
            wall.alarm_asked.connect(self.screens[window].alarms.open_at)
            wall.beam_switched.connect(hall.switch_beam)
            wall.news_written.connect(hall.write_news)
            wall.elsewhere.connect(lambda: self._show_loudest(window))
            wall.show_sound(self.siren.state, self.siren.audible)
            self._pages[window].add_to(wall, hall)
            self._add_detail(wall, hall, window.theme)
        window.show_wall(name, wall)
        if hall.latest is not None:
            wall.show_snapshot(hall.latest)
        if hall.latest_trouble:
            wall.show_trouble(hall.latest_trouble)
        self._tell_of_others(window)
        self._tell_windows(hall)

    def _add_detail(self, wall: WallScreen, hall: FollowedHall, theme: Theme) -> None:
        settings = hall.settings
        images = ImageStore(settings.image_folder)
        service = DetailService(self._database, hall.id, hall.name, images, settings.user, settings.station)
        deviation = DeviationProcess(settings)
        detail = DetailView(theme, service, self.background, settings.image_folder, deviation)
        detail.acknowledged.connect(hall.acknowledge)
        detail.silenced.connect(self._silence)
        DetailOpener(wall, detail)

    def _on_walls(self, hall: FollowedHall, work: Callable[[WallScreen], None]) -> None:
        for window in self.windows:
            if window.hall == hall.name:
                work(window.wall)

    def _tell_windows(self, hall: FollowedHall) -> None:
        """Every screen of a window says how many alarms of its hall are to take, and whether one would be heard."""
        to_take = [one for one in hall.latest.alarms if alarm_speech.is_to_take(one)] if hall.latest else []
        for window in self.windows:
            if window.hall == hall.name:
                worst = max((one.severity for one in to_take), default=Severity.NONE)
                text = f"{words.count(len(to_take), 'alarm')} to take" if to_take else ""
                window.show_to_take(text, window.theme.colours.severity(worst) if to_take else "")
                window.show_unheard(window.wall.lines.sound.message)

    def _tell_pages(self, hall: FollowedHall) -> None:
        self._tell_windows(hall)
        for pages in self._pages.values():
            pages.tell(hall)
        for screens in self.screens.values():
            screens.library.follow(hall)
            screens.alarms.follow(hall)

    def _tell_failure(self, hall: FollowedHall, message: str) -> None:
        """Tell what was not done where the hall is shown, and where it isn't any more on every wall."""
        for screens in self.screens.values():
            screens.alarms.tell_failure(hall, message)
        if any(window.hall == hall.name for window in self.windows):
            self._on_walls(hall, lambda wall: wall.show_failure(message))
        else:
            self._tell_all(f"{hall.name}: {message}")

    def _tell_all(self, message: str) -> None:
        for window in self.windows:
            window.wall.show_failure(message)

    def _show_sound(self, state: str, audible: bool) -> None:
        for window in self.windows:
            for wall in window.walls.values():
                wall.show_sound(state, audible)
            window.show_unheard(window.wall.lines.sound.message)

    def _silence(self) -> None:
        self.siren.silence()

    def _tell_windows_of_others(self) -> None:
        for window in self.windows:
            self._tell_of_others(window)
            self.screens[window].alarms.follow(self.halls[window.hall])

    def _tell_of_others(self, window: MainWindow) -> None:
        """A wall says when a hall that it doesn't show has alarms to take."""
        others = [hall for hall in self.halls.values() if hall.name != window.hall and hall.unacknowledged]
        window.wall.show_elsewhere([(hall.name, hall.unacknowledged) for hall in others])

    def _show_loudest(self, window: MainWindow) -> None:
        others = [hall for hall in self.halls.values() if hall.name != window.hall and hall.unacknowledged]
        if others:
            self.show_hall(window, max(others, key=lambda hall: hall.loudness or Severity.NONE).name)

    def _list_halls(self, window: MainWindow) -> None:
        def read() -> list[str]:
            with self._database.read() as connection:
                return halls.names(connection)

        self.background.run(read, window.choose_hall, owner=window)

    def _open_beside(self, window: MainWindow) -> None:
        other = self.open_window()
        self.show_hall(other, window.hall)
        taken = {one.screen() for one in self.windows if one is not other}
        free = [screen for screen in QGuiApplication.screens() if screen not in taken]
        if free:
            other.setGeometry(free[0].availableGeometry())
            other.setWindowState(Qt.WindowState.WindowMaximized)
        else:
            other.resize(window.size() * 0.8)
        other.show()
        other.activateWindow()
        other.open_screen(0)

    def _forget(self, window: MainWindow) -> None:
        if len(self.windows) > 1:  # the last one is still asked for what it showed
            self.windows.remove(window)
            self._pages.pop(window).close()
            self.screens.pop(window).close()
            window.close_threads()
            self.window = self.windows[0]
            window.deleteLater()

    def _evidence(self, verdict_id: int, label: str) -> npt.NDArray[np.float32] | None:
        return wall_service.evidence(self._database, verdict_id, label)

    def _may_close(self, window: MainWindow) -> bool:
        own = [hall.monitor for hall in self.halls.values() if hall.monitor.alive]
        if not self._asks or len(self.windows) > 1 or self._told_to_end or not own:
            return True
        answer = window.ask_about_monitor()
        if answer == "stop":
            for monitor in own:
                monitor.stop()
        return answer != "stay" or self._told_to_end  # perhaps while the question stood
