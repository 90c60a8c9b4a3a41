"""Builds the desktop program and connects its parts."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    QSettings,
    QSocketNotifier,
    Qt,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from . import __version__, paths
from .database import halls
from .database.connection import Database, open_database, open_up_to_date
from .domain.alarm import AlarmState
from .domain.errors import SiteError, StorageError
from .domain.wall import WallSnapshot
from .services import alarms as alarm_service
from .services import monitor_process, notices
from .services import wall as wall_service
from .services.deviating import Deviating
from .settings import Settings
from .views.background import Background
from .views.follower import Follower
from .views.history.history_screen import HistoryScreen
from .views.history.visit import Visit
from .views.main_window import MainWindow
from .views.reference.confirming import Confirming
from .views.reference.reference_screen import ReferenceScreen
from .views.siren_client import SirenClient
from .views.theme import Theme
from .views.wall.wall_screen import WallScreen

if TYPE_CHECKING:
    from .services.demo import Demo

log = logging.getLogger(__name__)

TEND_MS = 3000
LOG_BYTES = 5_000_000
SWITCH_S = 0.0005  # how long another thread may keep the screen's from running
_HARMLESS = ("This plugin does not support propagateSizeHints()",)  # the offscreen platform, at every window
DEMO_CHUNKS_WITHOUT_DISPLAY = 3
SCREENSHOT_SIZE = (1920, 1080)


class Desktop(QObject):
    """One window on one hall, with all that it needs."""

    def __init__(self, settings: Settings, database: Database) -> None:
        super().__init__()
        sys.setswitchinterval(SWITCH_S)
        self._settings = settings
        self._database = database
        with database.write() as connection:
            self._hall_id = halls.find_or_create(connection, settings.hall)
        self._monitor = monitor_process.Keeper(settings)
        self._closed = self._told_to_end = False
        self._tending = QTimer(self)
        self._tending.timeout.connect(self._look_after_monitor)
        self._heard: set[tuple[int, datetime]] = set()
        self._silenced: set[tuple[int, datetime]] = set()
        self._trouble = ""  # of the database
        self._at_work: Visit | Confirming | None = None  # for the page that is shown in the wall's place
        dark = QSettings("hydra-desktop", "hydra-desktop").value("theme", "dark") != "light"
        self.theme = Theme(dark=dark, parent=self)
        self.background = Background(parent=self)
        self.siren = SirenClient(parent=self)
        self.wall = WallScreen(self.theme, settings.image_folder, self._evidence)
        self.window = MainWindow(self.theme, self.wall, settings.hall)
        self.follower = Follower(settings, parent=self)
        self._connect()

    def start(self) -> None:
        """Show the window and start following."""
        sys.excepthook = self.report
        gc.freeze()  # what is loaded stays; to look through it all again would hold the screen up for 50 ms
        self.siren.start()
        self.follower.start()
        self.window.show()
        self.window.open_screen(0)

    def fill_screen(self) -> None:
        """Take the whole screen, whatever its size; a window manager is asked to, where there is one."""
        self.window.resize(self.window.screen().availableSize())
        self.window.setWindowState(Qt.WindowState.WindowMaximized)

    def tend_monitor(self) -> None:
        """From now on start a monitor whenever the hall's folder has none alive."""
        self._look_after_monitor()
        self._tending.start(TEND_MS)

    def ask_before_closing(self) -> None:
        """From now on closing asks whether a monitor that this program started goes on."""
        self.window.ask_before_closing(self._may_close)

    def end(self) -> None:
        """Close every window without a question; a monitor goes on."""
        self._told_to_end = True
        QApplication.closeAllWindows()

    def close(self) -> None:
        """End all threads and the siren."""
        self._closed = True
        self._tending.stop()
        self.follower.close()
        if self.window.page is not None:
            self._close_page(self.window.page)
        self.wall.close_threads()
        self.background.close()
        self.siren.close()

    def report(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Tell the person of an error that a slot raised; its details go to the log file."""
        log.error("An error that nobody caught", exc_info=(kind, error, trace))
        own = f"Something went wrong in the program: {kind.__name__} {error}. {paths.log_file()} has more."
        self.wall.show_failure(str(error) if isinstance(error, SiteError) else own)

    def screenshot(self, path: Path) -> None:
        """Write what the window shows to a PNG file."""
        image = QImage(self.window.size(), QImage.Format.Format_RGB32)
        self.window.render(image)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not image.save(str(path)):
            raise StorageError(f"The screenshot can't be written to {path}; name another file.")

    def _connect(self) -> None:
        self.follower.snapshot.connect(self._show)
        self.follower.trouble.connect(self._show_trouble)
        self.background.failed.connect(self.wall.show_failure)
        self.siren.state_changed.connect(self.wall.alarm_area.show_sound)
        self.wall.silenced.connect(self._silence)
        self.wall.sound_tested.connect(self.siren.test)
        self.wall.acknowledged.connect(self._acknowledge)
        self.wall.beam_switched.connect(self._switch_beam)
        self.wall.news_written.connect(self._write_news)
        self.wall.alarm_area.show_sound(self.siren.state, self.siren.audible)
        self.window.page_left.connect(self._close_page)
        self.window.add_wall_key("T", self._open_history)
        self.window.add_wall_key("R", self._open_references)
        self.wall.references_asked.connect(self._open_references)

    def _open_history(self) -> None:
        """Go to another time; the live wall goes on below."""
        screen = HistoryScreen(self.theme, self._settings.image_folder, self._evidence)
        screen.silenced.connect(self._silence)
        visit = Visit(screen, self.background, self._database, self._hall_id)
        visit.begin(self.wall.model.snapshot, self._trouble)
        self._open_page(screen, visit)

    def _open_references(self) -> None:
        """Look at the references that are proposed."""
        screen = ReferenceScreen(self.theme, self._settings.image_folder)
        confirming = Confirming(
            screen,
            self.background,
            self._database,
            self._settings.hall,
            user=self._settings.user,
            deviating=Deviating(self._settings.database_url),
        )
        confirming.begin()
        self._open_page(screen, confirming)
        self._tell_page_of_now()

    def _open_page(self, screen: HistoryScreen | ReferenceScreen, work: Visit | Confirming) -> None:
        screen.left.connect(lambda: self.window.open_screen(0))
        self.window.open_page(screen)
        self._at_work = work

    def _close_page(self, page: QWidget) -> None:
        if self._at_work is not None:
            self._at_work.end()
            self._at_work = None
        page.close_threads()
        page.deleteLater()

    def _show_trouble(self, message: str) -> None:
        self._trouble = message
        self.wall.show_trouble(message)
        self._tell_page_of_now()

    def _tell_page_of_now(self) -> None:
        """Who looks at another time or at something else hears of new alarms there."""
        page = self.window.page
        if page is not None:
            page.show_live(self.wall.model.snapshot, self._trouble)

    def _show(self, snapshot: WallSnapshot) -> None:
        self._trouble = ""
        if self._monitor.trouble and not snapshot.monitor.alive(datetime.now(UTC)):
            snapshot = replace(snapshot, monitor=replace(snapshot.monitor, message=self._monitor.trouble))
        self.wall.show_snapshot(snapshot)
        self._tell_page_of_now()
        sounding = {
            (alarm.id, alarm.raised_at): alarm for alarm in snapshot.alarms if alarm.state is AlarmState.UNACKNOWLEDGED
        }
        if set(sounding) - self._heard:
            self._silenced.clear()  # silence ends at the next new alarm
        self._heard = set(sounding)
        self._silenced &= self._heard
        loud = [alarm.severity for key, alarm in sounding.items() if key not in self._silenced]
        if loud:
            self.siren.sound(max(loud))
        else:
            self.siren.stop()

    def _silence(self) -> None:
        self._silenced = set(self._heard)
        self.siren.stop()

    def _acknowledge(self, alarm_id: int) -> None:
        self.background.run(
            lambda: alarm_service.acknowledge(
                self._database, self._hall_id, alarm_id, user=self._settings.user, station=self._settings.station
            ),
            failure=self._tell_failure("The alarm was not acknowledged"),
        )

    def _switch_beam(self, beam_on: bool | None) -> None:
        self.background.run(
            lambda: notices.switch_beam(self._database, self._hall_id, beam_on),
            failure=self._tell_failure("The beam was not switched"),
        )

    def _write_news(self, text: str) -> None:
        self.background.run(
            lambda: notices.write_news(self._database, self._hall_id, text, user=self._settings.user),
            failure=self._tell_failure("The news was not written"),
        )

    def _tell_failure(self, what: str) -> Callable[[str], None]:
        return lambda why: self.wall.show_failure(f"{what}. {why}")

    def _evidence(self, verdict_id: int, label: str):
        return wall_service.evidence(self._database, verdict_id, label)

    def _look_after_monitor(self) -> None:
        if self._monitor.may_start():
            self.background.run(
                lambda: monitor_process.is_needed(self._database, self._hall_id, self._settings.station),
                self._start_monitor_if,
                self._tell_of_monitor,
            )

    def _start_monitor_if(self, needed: bool) -> None:
        if not needed:
            self._tell_of_monitor("")
        elif not self._closed:
            try:
                self._monitor.start()
            except SiteError as error:
                self._tell_of_monitor(str(error))

    def _tell_of_monitor(self, trouble: str) -> None:
        if trouble != self._monitor.trouble:
            self._monitor.trouble = trouble
            if trouble:
                log.warning(trouble)

    def _may_close(self) -> bool:
        if self._told_to_end or not self._monitor.alive:
            return True
        answer = self.window.ask_about_monitor()
        if answer == "stop":
            self._monitor.process.terminate()
        return answer != "stay" or self._told_to_end  # perhaps while the question stood


def run(settings: Settings) -> int:
    """Run the desktop program on the user's own database; returns an exit code."""
    _expect_display()
    _log_to_file()
    application = _application()
    database = open_up_to_date(settings.database_url)
    try:
        desktop = Desktop(settings, database)
        desktop.tend_monitor()
        desktop.ask_before_closing()
        desktop.fill_screen()
        with _quit_on_signals(desktop.end):
            desktop.start()
            code = application.exec()
        desktop.close()
    finally:
        database.close()
    return code


def demo(settings: Settings, *, chunks: int | None, interval_s: float, screenshot: Path | None) -> int:
    """Run the simulated hall with its own database and processes; returns an exit code."""
    if not _has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        chunks = chunks or DEMO_CHUNKS_WITHOUT_DISPLAY
        screenshot = screenshot or Path("hydra-demo.png")
        print(f"There is no display: the demo runs offscreen for {chunks} chunks and writes {screenshot}.")  # noqa: T201
    _log_to_file()
    for name in _signals():
        signal.signal(name, signal.default_int_handler)  # so that the processes of the demo end with it
    from .services import demo as demo_service  # brings the network's runtime, which a wall does without

    application = _application()
    demo = demo_service.Demo(settings, chunks, interval_s)
    try:
        demo.start()
        database = open_database(demo.settings.database_url)
        try:
            error = _run_demo(application, demo, database, screenshot)
        finally:
            database.close()
        if error is not None:
            raise error
        print(demo.summary().text())  # noqa: T201
        if screenshot is not None:
            print(f"screenshot: {screenshot}")  # noqa: T201
    finally:
        demo.close()
    return 0


def _run_demo(application: QApplication, demo: Demo, database: Database, screenshot: Path | None) -> SiteError | None:
    desktop = Desktop(demo.settings, database)
    if screenshot is not None:
        desktop.window.resize(*_screenshot_size())
    else:
        desktop.fill_screen()
    problem: list[SiteError] = []

    def finish() -> None:
        poll.stop()
        if screenshot is None:
            desktop.window.close()
            return

        def shoot() -> None:
            if desktop.wall.pictures.busy:
                return
            try:
                desktop.screenshot(screenshot)
            except SiteError as error:
                problem.append(error)
            if desktop.wall.pictures.busy and not problem:
                return  # to paint it, pictures were asked for that nobody had yet
            waiting.stop()
            desktop.window.close()

        waiting.timeout.connect(shoot)
        waiting.start(300)

    def look() -> None:
        try:
            if demo.finished():
                finish()
        except SiteError as error:
            problem.append(error)
            desktop.window.close()

    poll, waiting = QTimer(desktop), QTimer(desktop)
    poll.timeout.connect(look)
    poll.start(500)
    with _quit_on_signals(desktop.window.close):
        desktop.start()
        application.exec()
    desktop.close()
    return problem[0] if problem else None


def _application() -> QApplication:
    qInstallMessageHandler(_log_qt)
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    application.setApplicationName("Hydra Desktop")
    application.setStyle("Fusion")
    return application


def _log_to_file() -> None:
    """From now on what goes wrong in the program is in its log file, with times; without one it runs all the same."""
    path = paths.log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
    except OSError as error:
        log.warning("The log file %s can't be written: %s", path, error.strerror)
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger(__package__).setLevel(logging.INFO)
    log.info("Hydra Desktop %s starts", __version__)


def _signals() -> tuple[signal.Signals, ...]:
    """The signals that end the program; a hang-up only where nobody asked to live on (nohup)."""
    names = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        names.append(signal.SIGHUP)  # the terminal was closed
    return tuple(names)


def _log_qt(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    """Qt's messages go to the log, not to the terminal of whoever watches plots."""
    if message in _HARMLESS:
        return
    levels = {QtMsgType.QtWarningMsg: logging.WARNING, QtMsgType.QtCriticalMsg: logging.ERROR}
    logging.getLogger("qt").log(levels.get(kind, logging.DEBUG), message)


def _has_display() -> bool:
    if os.environ.get("QT_QPA_PLATFORM"):
        return os.environ["QT_QPA_PLATFORM"] != "offscreen"
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _expect_display() -> None:
    if not _has_display() and not os.environ.get("QT_QPA_PLATFORM"):
        raise DisplayError(
            "There is no display. Start this in a graphical session, or run the part that needs none: "
            "hydra-desktop monitor FOLDER"
        )


class DisplayError(SiteError):
    """There is no display to show a window on."""


def _screenshot_size() -> tuple[int, int]:
    wanted = os.environ.get("HYDRA_SCREENSHOT_SIZE", "")
    width, _, height = wanted.partition("x")
    return (int(width), int(height)) if width.isdigit() and height.isdigit() else SCREENSHOT_SIZE


class _quit_on_signals:  # noqa: N801 used like a function
    """Hears Ctrl-C, a polite kill and the end of the terminal while Qt's loop runs, and closes instead of dying."""

    def __init__(self, close: Callable[[], object]) -> None:
        self._close = close

    def __enter__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._former_fd = signal.set_wakeup_fd(self._write)
        self._former = {name: signal.signal(name, lambda *_: None) for name in _signals()}
        self._notifier = QSocketNotifier(self._read, QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._heard)

    def __exit__(self, *_error: object) -> None:
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._former_fd)
        for name, handler in self._former.items():
            signal.signal(name, handler)
        os.close(self._read)
        os.close(self._write)

    def _heard(self) -> None:
        os.read(self._read, 64)
        self._close()
