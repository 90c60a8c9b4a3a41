"""Runs the desktop program, and the demo."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMessageLogContext, QSocketNotifier, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from .. import __version__, paths
from ..database.connection import Database, open_database, open_up_to_date
from ..domain.errors import SiteError
from ..settings import Settings
from .desktop import Desktop

if TYPE_CHECKING:
    from ..services.demo import Demo

log = logging.getLogger(__name__)

LOG_BYTES = 5_000_000
END_S = 60.0  # the threads of the program have to end, which may store something yet
_HARMLESS = ("This plugin does not support propagateSizeHints()",)  # the offscreen platform, at every window
DEMO_CHUNKS_WITHOUT_DISPLAY = 3
SCREENSHOT_SIZE = (1920, 1080)


def run(settings: Settings, *, own_process: bool = False) -> int:
    """Run the desktop program on the user's own database; returns an exit code.

    With `own_process` the process ends here where a thread would hold it up for long, as one whose database hangs.
    """
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
        _tell(desktop.finish())
        if own_process:
            limit = threading.Timer(END_S, _leave, [code])
            limit.daemon = True
            limit.start()
        desktop.close()
    finally:
        database.close()
    if own_process and any(not one.daemon for one in threading.enumerate() if one is not threading.main_thread()):
        _leave(code)  # what it still does was told as not done
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
    from ..services import demo as demo_service  # brings the network's runtime, which a wall does without

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
            if not desktop.wall.is_painted:
                return
            try:
                desktop.screenshot(screenshot)
            except SiteError as error:
                problem.append(error)
            if not desktop.wall.is_painted and not problem:
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
    _tell(desktop.finish())
    desktop.close()
    return problem[0] if problem else None


def _tell(undone: list[str]) -> None:
    """No window is open any more: what wasn't done is told where the program was started from."""
    for line in undone:
        print(line, file=sys.stderr)  # noqa: T201


def _leave(code: int) -> None:
    """End the process, whatever its threads wait for."""
    names = ", ".join(sorted(one.name for one in threading.enumerate() if not one.daemon))
    log.warning("The program ends without waiting for: %s", names)
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
            stream.flush()
    os._exit(code)


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
