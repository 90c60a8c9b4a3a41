"""The siren's process: it follows the database by itself, and sounds whatever becomes of the program.

A JSON line on its input tells what only the program knows: ``follow`` (halls), ``role``, ``volume``, ``speech``,
``silence``, ``test``, ``alive`` as a regular sign of life, ``quit``. A JSON line on its output says how sound stands
and what sounds; the first one asks for what only the program knows.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from .. import paths
from ..domain.loudness import Annunciation, Loudness, Trouble
from ..domain.station import StationRole
from ..services.loudness import AlarmFollower
from ..services.station_watch import StationWatch
from ..services.stations import Standing, StationLife
from ..settings import Settings
from ..siren.siren import Siren
from ..siren.succession import Succession

log = logging.getLogger(__name__)

TICK_MS = 500
FAREWELL_S = 1.0  # for a last word to the database


@dataclass(frozen=True)
class Patience:
    """With a program, s: without a sign of life it hangs; gone for so long is heard; alone for so long it ends."""

    sign_s: float
    gone_s: float
    orphan_s: float


class SirenProcess(QObject):
    """Brings together what is to be heard and what makes it heard."""

    _heard = Signal(tuple)
    _came = Signal(dict)
    _line_ended = Signal()

    def __init__(self, settings: Settings, patience: Patience) -> None:
        super().__init__()
        self._settings, self._patience = settings, patience
        self._halls: tuple[str, ...] = (settings.hall,)
        self._loudness = Loudness()
        self._answered_s = self._seen_s = time.monotonic()  # when database and program last gave a sign of life
        self._away_s = -math.inf  # when the database didn't answer last
        self._ended_s: float | None = None  # when the program's end of the line was closed
        self._said = ""
        self._closing = False
        self._succession = Succession(paths.siren_file(settings.station, settings.database_url))
        self._succession.begin()
        self._siren = Siren(self)
        self._siren.told.connect(lambda _state, _can_sound: self._update())
        self._follower = AlarmFollower(settings, self._halls)
        self._life = StationLife(settings, self._standing())
        self._watch = StationWatch(settings, lambda: self._halls)
        self._stop = threading.Event()
        self._heard.connect(self._hear)
        self._came.connect(self._obey)
        self._line_ended.connect(self._be_alone)
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._look)
        self._threads = [
            threading.Thread(target=work, daemon=True)
            for work in (self._follow, self._life.run, self._look_after_alarms, self._read_commands)
        ]

    def start(self) -> None:
        """Begin."""
        _write(json.dumps({"hello": True}))
        self._update()
        self._clock.start(TICK_MS)
        for thread in self._threads:
            thread.start()

    def close(self, *, farewell: bool) -> None:
        """Be silent, and with `farewell` tell all that this station is gone."""
        self._closing = True
        self._clock.stop()
        self._siren.close()
        self._stop.set()
        self._life.end(farewell=farewell)
        for thread in self._threads[1:3]:
            thread.join(FAREWELL_S)
        self._succession.end()

    def _follow(self) -> None:
        self._follower.follow(self._stop, self._heard.emit, lambda why: log.info("%s", why))

    def _look_after_alarms(self) -> None:
        self._watch.run(self._stop)

    def _read_commands(self) -> None:
        for line in _lines(sys.stdin.fileno()):
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if isinstance(message, dict):
                self._came.emit(message)
        self._line_ended.emit()

    def _hear(self, heard: tuple[Annunciation, ...]) -> None:
        self._loudness = self._loudness.hear(heard)
        self._answered_s = time.monotonic()
        self._update()

    def _obey(self, message: dict[str, Any]) -> None:
        """Carry out one command; an unknown one is but a sign of life."""
        what, self._seen_s = message.get("do"), time.monotonic()
        with contextlib.suppress(KeyError, TypeError, ValueError):  # nonsense is let be
            if what == "follow":
                self._halls = self._follower.halls = tuple(map(str, message["halls"]))
            elif what == "role":
                self._loudness = replace(self._loudness, role=StationRole(message["role"]))
            elif what == "silence":
                self._loudness = self._loudness.silence()
            elif what == "volume":
                self._siren.set_volume(float(message["volume"]))
            elif what == "speech":
                self._siren.set_speech(bool(message["on"]))
            elif what == "test":
                self._siren.test()
        if what == "quit":
            self.close(farewell=True)
            QCoreApplication.quit()
        else:
            self._update()

    def _be_alone(self) -> None:
        if not self._closing:
            self._ended_s = time.monotonic()
            self._look()

    def _look(self) -> None:
        """What time does: a database or a program that has been away for long, and the end of an orphan."""
        now = time.monotonic()
        troubles, untold_s = set(), self._life.untold_since_s
        if now - self._answered_s > self._follower.patience_s:
            troubles.add(Trouble.DATABASE)
            self._away_s = now
        elif untold_s is not None and now - max(untold_s, self._away_s) > self._follower.patience_s:
            troubles.add(Trouble.WRITING)
        gone_s = self._ended_s if self._ended_s is not None else self._seen_s + self._patience.sign_s
        if now - gone_s > self._patience.gone_s:
            troubles.add(Trouble.PROGRAM)
        self._loudness = self._loudness.suffer(troubles)
        if now > gone_s and self._succession.is_over():
            log.info("Another siren of this station took over")
            self.close(farewell=False)
            QCoreApplication.quit()
        elif self._ended_s is not None and self._has_no_more_to_do(now - self._ended_s):
            self.close(farewell=True)
            QCoreApplication.quit()
        else:
            self._update()

    def _has_no_more_to_do(self, alone_s: float) -> bool:
        is_viewer = self._loudness.role is StationRole.VIEWER
        return is_viewer or alone_s > self._patience.orphan_s or not self._settings.home.exists()

    def _update(self) -> None:
        if self._closing:
            return
        self._siren.sound(self._loudness.soundings)
        self._life.stand(self._standing())
        self._say()

    def _standing(self) -> Standing:
        role = self._loudness.role
        return Standing(self._halls, role, self._siren.state, self._siren.can_sound)

    def _say(self) -> None:
        known = self._loudness
        said = json.dumps(
            {
                "state": self._siren.state,
                "can_sound": self._siren.can_sound,
                "sounds": [one.tone for one in known.soundings],
                "silenced": len(known.silenced) + len(known.silenced_troubles),
                "troubles": sorted(known.troubles),
            }
        )
        if said != self._said:
            self._said = said
            _write(said)


def run(settings: Settings, patience: Patience) -> int:
    """Run the siren until it is told to end."""
    for name in ("SIGINT", "SIGHUP"):  # Ctrl-C in the terminal, or its end, is for the program, which tells us
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    _log_to_file()
    application = QCoreApplication(sys.argv[:1])
    process = SirenProcess(settings, patience)
    process.start()
    code = application.exec()
    os._exit(code)  # a thread may wait on the input, or on a database, for ever


def _write(line: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # nobody listens any more
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def _lines(handle: int) -> Iterator[bytes]:
    """The lines of an input, each as soon as it is there."""
    rest = b""
    while data := os.read(handle, 4096):
        *lines, rest = (rest + data).split(b"\n")
        yield from lines


def _log_to_file() -> None:
    path = paths.log_file()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
        logging.basicConfig(level=logging.WARNING, handlers=[handler])
