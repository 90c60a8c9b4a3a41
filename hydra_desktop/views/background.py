"""The one door for slow work: it runs on another thread, and an error always reaches a person."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import shiboken6
from PySide6.QtCore import QObject, Signal

from .. import paths
from ..domain.errors import SiteError

log = logging.getLogger(__name__)


class Background(QObject):
    """Runs slow work for the screens; `failed` carries the message of whatever nobody else shows."""

    failed = Signal(str)
    _done = Signal(object)

    def __init__(self, threads: int = 2, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(threads, "background")  # PySide keeps 1 KB of each QRunnable of a QThreadPool
        self._closed = False
        self._open = 0
        self._futures: set[Future[None]] = set()
        self._done.connect(self._take)

    @property
    def busy(self) -> bool:
        """Whether answers are still to come."""
        return self._open > 0

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
        if self._closed:
            return
        fail = failure or self.failed.emit

        def is_there() -> bool:
            return owner is None or shiboken6.isValid(owner)

        def do() -> None:
            try:
                result = work()
            except SiteError as error:
                why = str(error)
            except Exception as error:
                log.exception("Work in the background failed")
                why = f"Something went wrong in the program: {type(error).__name__} {error}. "
                why += f"{paths.log_file()} has more."
            else:
                self._tell(lambda: success(result) if is_there() else None)
                return
            self._tell(lambda: fail(why) if is_there() else self.failed.emit(why))

        self._open += 1
        future = self._pool.submit(do)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)

    def close(self, *, drop: bool = True) -> None:
        """Wait for what runs; what waits is dropped, or done too."""
        self._closed = True
        self._pool.shutdown(cancel_futures=drop)

    def finish(self, limit_s: float) -> None:
        """Do what waits too, for at most a time (s); then what waits still is dropped.

        What runs then goes on, on a thread that Python's end would wait for.
        """
        self._closed = True
        left = wait(set(self._futures), limit_s).not_done
        self._pool.shutdown(wait=not left, cancel_futures=True)

    def _tell(self, answer: Callable[[], None]) -> None:
        try:
            self._done.emit(answer)
        except RuntimeError:
            log.debug("The window was closed before the work ended")

    def _take(self, answer: Callable[[], None]) -> None:
        self._open -= 1
        answer()


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
