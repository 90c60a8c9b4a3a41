"""The siren's real process, as a test commands it in the program's place, and alarms for it."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hydra_desktop.database import alarms, clock, feed, halls
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.label import Severity

LIMIT_S = 30.0
HALL = "D"


def lines(stream: Any) -> queue.Queue[bytes | None]:
    """The lines of a pipe as they come, None at its end."""
    came: queue.Queue[bytes | None] = queue.Queue()

    def read() -> None:
        with contextlib.closing(stream):
            for line in stream:
                came.put(line)
        came.put(None)

    threading.Thread(target=read).start()
    return came


class SirenProcess:
    """The process, and what it says."""

    def __init__(
        self, url: str, its_environment: Mapping[str, str], *, station: str = "here", hall: str = HALL, **options: float
    ) -> None:
        """`options` are those of the command, such as ``orphan_s``."""
        command = [sys.executable, "-m", "hydra_desktop.cli", "--database", url, "--hall", hall, "siren"]
        command += ["--station", station]
        for name, value in ({"orphan_s": 5.0} | options).items():
            command += [f"--{name.replace('_', '-')}", str(value)]
        self.process = subprocess.Popen(
            command,
            env={"PYTHONPATH": str(Path(__file__).parents[2]), **its_environment},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._said = lines(self.process.stdout)
        self.state: dict[str, Any] = {}

    def says(self, within_s: float = LIMIT_S) -> dict[str, Any]:
        """The next line that it says."""
        line = self._said.get(timeout=within_s)
        assert line is not None, "the siren ended"
        said = json.loads(line)
        if not said.get("hello"):
            self.state = said
        return said

    def until(self, condition: Callable[[dict[str, Any]], object], within_s: float = LIMIT_S) -> dict[str, Any]:
        """What it says as soon as that is so."""
        deadline = time.monotonic() + within_s
        while not (self.state and condition(self.state)):
            self.says(deadline - time.monotonic())
        return self.state

    def sounds(self, *tones: str) -> None:
        """Wait until these tones sound and no others; none for silence."""
        self.until(lambda said: said["sounds"] == list(tones))

    def is_audible(self) -> None:
        """Wait until it has proved that it can make a sound."""
        self.until(lambda said: said["can_sound"])

    def do(self, what: str, **more: Any) -> None:
        """Give a command."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": what, **more}).encode() + b"\n")
        self.process.stdin.flush()

    def leave(self) -> None:
        """End its input, as when the program dies."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()

    def quit(self) -> None:
        """Tell it to end, as a program does that is closed."""
        self.do("quit")
        assert self.process.wait(LIMIT_S) == 0
        self.leave()

    def close(self) -> None:
        """End it whatever it does."""
        self.leave()
        self.process.kill()
        self.process.wait(LIMIT_S)


def raise_alarm(
    database: Database, severity: Severity = Severity.HIGH, plot_type: str = "CDC_occupancy", hall: str = HALL
) -> int:
    """An alarm of a plot type that nobody has taken; gives its id."""
    with database.write() as c:
        hall_id = halls.find_or_create(c, hall)
        halls.ensure_plot_type(c, hall_id, plot_type)
        alarm = alarms.raise_alarm(
            c, hall_id, label="Bad", severity=severity, at=clock.now(c), station="monitor", why="test",
            plot_type=plot_type,
        )  # fmt: skip
        feed.publish(c, hall_id, "alarm", alarm.id)
    return alarm.id
