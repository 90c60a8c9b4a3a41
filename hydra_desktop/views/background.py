"""The one door for slow work: it runs on another thread, and an error always reaches a person."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import shiboken6
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
        *,
        owner: QObject | None = None,
    ) -> None:
        """Run `work` on another thread; `success` or `failure` is called on this one.

        Where the `owner` went with its window meanwhile, nothing is called, and a failure is told by `failed`.
        """
        signals = _Signals(self)
        self._open.add(signals)

        def is_there() -> bool:
            return owner is None or shiboken6.isValid(owner)

        fail = failure or self.failed.emit
        signals.succeeded.connect(lambda result: success(result) if is_there() else None)
        signals.failed.connect(lambda why: fail(why) if is_there() else self.failed.emit(why))
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


class Newest:
    """Of work that a person asks for faster than it is done only the newest counts: one runs, one waits."""

    def __init__(self, background: Background) -> None:
        self._background = background
        self._runs = False
        self._waiting: tuple[Callable[[], Any], Callable[[Any], None], Callable[[str], None]] | None = None
        self._asked = 0

    @property
    def busy(self) -> bool:
        """Whether the answer to the newest question is still to come."""
        return self._runs

    def run(self, work: Callable[[], Any], success: Callable[[Any], None], failure: Callable[[str], None]) -> None:
        """Run `work` as `Background.run`, but for what is asked again before its turn or its answer came."""
        self._asked += 1
        self._waiting = (work, success, failure)
        if not self._runs:
            self._next()

    def forget(self) -> None:
        """Nobody waits for an answer any more."""
        self._asked += 1
        self._waiting = None

    def _next(self) -> None:
        if self._waiting is None:
            return
        (work, success, failure), self._waiting = self._waiting, None
        self._runs, number = True, self._asked

        def done(tell: Callable[[Any], None], value: Any) -> None:
            self._runs = False
            is_newest = number == self._asked
            self._next()
            if is_newest:
                tell(value)

        self._background.run(work, lambda value: done(success, value), lambda why: done(failure, why))
