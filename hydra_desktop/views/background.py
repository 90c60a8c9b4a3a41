"""The one door for slow work: it runs on another thread, and an error always reaches a person."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from .. import paths
from ..domain.errors import SiteError

log = logging.getLogger(__name__)


class _Signals(QObject):
    succeeded = Signal(object)
    failed = Signal(str)


class _Job(QRunnable):
    def __init__(self, work: Callable[[], Any], signals: _Signals) -> None:
        super().__init__()
        self._work = work
        self._signals = signals

    def run(self) -> None:
        try:
            result = self._work()
        except SiteError as error:
            self._tell(self._signals.failed, str(error))
        except Exception as error:
            log.exception("Work in the background failed")
            self._tell(
                self._signals.failed,
                f"Something went wrong in the program: {type(error).__name__} {error}. {paths.log_file()} has more.",
            )
        else:
            self._tell(self._signals.succeeded, result)

    @staticmethod
    def _tell(signal: Any, value: Any) -> None:
        try:
            signal.emit(value)
        except RuntimeError:
            log.debug("The window was closed before the work ended")


class Background(QObject):
    """Runs slow work for the screens; `failed` carries the message of whatever nobody else shows."""

    failed = Signal(str)

    def __init__(self, threads: int = 2, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._open: set[_Signals] = set()

    def run(
        self,
        work: Callable[[], Any],
        success: Callable[[Any], None] = lambda _result: None,
        failure: Callable[[str], None] | None = None,
    ) -> None:
        """Run `work` on another thread; `success` or `failure` is called on this one."""
        signals = _Signals(self)
        self._open.add(signals)
        signals.succeeded.connect(success)
        signals.failed.connect(failure or self.failed.emit)
        for signal in (signals.succeeded, signals.failed):
            signal.connect(lambda _value: self._forget(signals))
        job = _Job(work, signals)
        self._pool.start(job)

    def close(self) -> None:
        """Wait for what runs; what waits is dropped."""
        self._pool.clear()
        self._pool.waitForDone()

    def _forget(self, signals: _Signals) -> None:
        self._open.discard(signals)
        signals.deleteLater()
