"""The child process that trains, as its parent sees it: told what to do, and heard."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .. import paths
from ..domain.errors import StorageError
from ..domain.training import Job, Stop
from ..settings import Settings

log = logging.getLogger(__name__)

LAST_LINES = 60  # of what it said on stderr, for the log file
TOLD_LINES = 3  # of these, where it ended by itself, for the person
END_S = 5.0  # for what is left of it after it was killed


@dataclass(frozen=True)
class Said:
    """One line of the child, or with `gone` that it ended."""

    words: dict[str, Any]
    gone: bool = False


class TrainingProcess:
    """Starts the child when there is something to train, and again after one that died; used by one thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None
        self._said: queue.Queue[Said] = queue.Queue()
        self._errors: deque[str] = deque(maxlen=LAST_LINES)
        self._readers: list[threading.Thread] = []

    @property
    def pid(self) -> int | None:
        """The process' id, None when none lives."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def begin(self, job: Job, hall_id: int, fencing: int) -> None:
        """Let it train a job; raises StorageError when it can't be started."""
        if self.pid is None:
            self._start()
        self._tell(
            {
                "job": job.id,
                "hall_id": hall_id,
                "fencing": fencing,
                "plot_type": job.plot_type,
                "user": job.user,
                "options": job.options.plain(),
            }
        )

    def stop(self, job: Job, wish: Stop) -> None:
        """Let it end a job."""
        self._tell({"job": job.id, "stop": str(wish)})

    def said(self, timeout_s: float) -> Iterator[Said]:
        """What it said since, waiting for a first word at most so long."""
        end = time.monotonic() + timeout_s
        while True:
            try:
                yield self._said.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                return
            end = 0.0

    def why_gone(self) -> str:
        """Why it ended by itself, in words; only after it said that it is gone."""
        assert self._process is not None  # noqa: S101 it was there
        try:
            code = self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return "The process that trains said nothing more and didn't end, so it was killed."
        for reader in self._readers:
            reader.join(END_S)
        said = " / ".join([line for line in self._errors if line][-TOLD_LINES:])
        if code == -signal.SIGKILL:
            why = "was killed (SIGKILL): memory ran out, or somebody ended it"
        elif code < 0:
            why = f"was ended by signal {-code} ({signal.strsignal(-code)})"
        else:
            why = f"ended with exit code {code}"
        return f"The process that trains {why}." + (f" It said last: {said}" if said else "")

    @property
    def last_words(self) -> str:
        """What it said last on stderr."""
        return "\n".join(self._errors)

    def kill(self) -> None:
        """End it at once, from whatever thread; the one that uses it hears that it is gone."""
        process = self._process
        if process is not None and process.poll() is None:
            process.kill()

    def close(self) -> None:
        """End it and forget what it said."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.kill()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:  # it hangs in the kernel, and its pipes with it
            log.warning("The process that trains, %d, was killed and doesn't end; it is left behind", process.pid)
            self._readers = []
            return
        for reader in self._readers:
            reader.join(END_S)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):  # what it didn't hear any more
                    stream.close()
        self._readers = []

    def _start(self) -> None:
        self.close()
        environment = {
            **os.environ,
            "HYDRA_DATABASE": self._settings.database_url,
            "HYDRA_HALL": self._settings.hall,
            "HYDRA_HOME": str(self._settings.home),
            "HYDRA_CACHE": str(paths.cache()),
        }
        environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "hydra_desktop.services.training_child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,  # a group of its own for the processor's time, and Ctrl+C isn't meant for it
                env=environment,
            )
        except OSError as error:
            raise StorageError(f"The process that trains can't be started: {error.strerror}.") from error
        self._process, self._said, self._errors = process, queue.Queue(), deque(maxlen=LAST_LINES)
        self._readers = [
            threading.Thread(target=_hear, args=(process.stdout, self._said), daemon=True),
            threading.Thread(target=_keep, args=(process.stderr, self._errors), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _tell(self, words: dict[str, Any]) -> None:
        assert self._process is not None  # noqa: S101 it was begun
        assert self._process.stdin is not None  # noqa: S101 a pipe
        with contextlib.suppress(OSError):  # it is gone, which is heard by itself
            self._process.stdin.write(json.dumps(words) + "\n")
            self._process.stdin.flush()


def _hear(stream: Any, said: queue.Queue[Said]) -> None:
    for line in stream:
        with contextlib.suppress(json.JSONDecodeError):  # half a line of one that was killed
            said.put(Said(json.loads(line)))
    said.put(Said({}, gone=True))


def _keep(stream: Any, lines: deque[str]) -> None:
    for line in stream:
        lines.append(line.rstrip())
