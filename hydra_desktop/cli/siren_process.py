"""The siren's process: it follows the database by itself, and sounds whatever becomes of the program.

A JSON line on its input tells what only the program knows: ``follow`` (halls), ``role``, ``volume``, ``speech``,
``silence``, ``test``, ``alive`` as a regular sign of life, ``quit``. A JSON line on its output says how sound stands
and what sounds; the first one asks for what only the program knows, also after it started itself anew, in its place,
because the sound server came or went.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, NoReturn

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from .. import paths
from ..domain.label import Severity
from ..domain.loudness import Annunciation, Loudness, Trouble
from ..domain.station import StationRole
from ..services.loudness import AlarmFollower
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


@dataclass(frozen=True)
class Memory:
    """What outlives a new start in the same process; times are of the machine's steady clock, s."""

    halls: tuple[str, ...]
    loudness: Loudness
    answered_s: float  # when the database last answered
    seen_s: float  # when the program last gave a sign of life
    ended_s: float | None = None  # when the program's end of the line was closed
    volume: float = 1.0
    speaks: bool = False

    def packed(self) -> str:
        """As JSON, of plain values."""
        known = self.loudness
        return json.dumps(
            {
                "halls": self.halls,
                "role": known.role,
                "heard": [(*one[:2], one.raised_at.isoformat(), *one[3:]) for one in known.heard],
                "troubles": sorted(known.troubles),
                "silenced": sorted(known.silenced),
                "silenced_troubles": sorted(known.silenced_troubles),
                "answered_s": self.answered_s,
                "seen_s": self.seen_s,
                "ended_s": self.ended_s,
                "volume": self.volume,
                "speaks": self.speaks,
            }
        )

    @staticmethod
    def unpacked(text: str) -> Memory:
        """From JSON."""
        known: dict[str, Any] = json.loads(text)
        heard = tuple(
            Annunciation(hall_id, alarm_id, datetime.fromisoformat(raised_at), Severity(severity), *rest)
            for hall_id, alarm_id, raised_at, severity, *rest in known["heard"]
        )
        loudness = Loudness(
            StationRole(known["role"]),
            heard,
            frozenset(Trouble(one) for one in known["troubles"]),
            frozenset((a, b, c, d) for a, b, c, d in known["silenced"]),
            frozenset(Trouble(one) for one in known["silenced_troubles"]),
        )
        rest = {name: known[name] for name in ("answered_s", "seen_s", "ended_s", "volume", "speaks")}
        return Memory(tuple(known["halls"]), loudness, **rest)


class SirenProcess(QObject):
    """Brings together what is to be heard and what makes it heard."""

    _heard = Signal(tuple)
    _came = Signal(dict)
    _line_ended = Signal()

    def __init__(self, settings: Settings, patience: Patience, memory: Memory) -> None:
        super().__init__()
        self._settings, self._patience = settings, patience
        self._memory = memory
        self._said = ""
        self._closing = False
        self._succession = Succession(paths.siren_file(settings.station, settings.database_url))
        self._succession.begin()
        self._siren = Siren(self)
        self._siren.set_volume(memory.volume)
        self._siren.set_speech(memory.speaks)
        self._siren.told.connect(lambda _state, _can_sound: self._update())
        self._siren.anew.connect(self._start_anew)
        self._follower = AlarmFollower(settings, memory.halls)
        self._life = StationLife(settings, self._standing())
        self._stop = threading.Event()
        self._heard.connect(self._hear)
        self._came.connect(self._obey)
        self._line_ended.connect(self._be_alone)
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._look)
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._follow, self._life.run, self._read_commands)
        ]

    def start(self) -> None:
        """Begin."""
        self._say(hello=True)
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
        self._threads[1].join(FAREWELL_S)
        self._succession.end()

    def _follow(self) -> None:
        self._follower.follow(self._stop, self._heard.emit, lambda why: log.info("%s", why))

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
        loudness = self._memory.loudness.hear(heard)
        self._memory = replace(self._memory, loudness=loudness, answered_s=time.monotonic())
        self._update()

    def _obey(self, message: dict[str, Any]) -> None:
        """Carry out one command; an unknown one is but a sign of life."""
        what, memory = message.get("do"), replace(self._memory, seen_s=time.monotonic())
        with contextlib.suppress(KeyError, TypeError, ValueError):  # nonsense is let be
            if what == "follow":
                memory = replace(memory, halls=tuple(map(str, message["halls"])))
            elif what == "role":
                memory = replace(memory, loudness=replace(memory.loudness, role=StationRole(message["role"])))
            elif what == "silence":
                memory = replace(memory, loudness=memory.loudness.silence())
            elif what == "volume":
                memory = replace(memory, volume=float(message["volume"]))
                self._siren.set_volume(memory.volume)
            elif what == "speech":
                memory = replace(memory, speaks=bool(message["on"]))
                self._siren.set_speech(memory.speaks)
            elif what == "test":
                self._siren.test()
        self._memory = memory
        self._follower.halls = memory.halls
        if what == "quit":
            self.close(farewell=True)
            QCoreApplication.quit()
        else:
            self._update()

    def _be_alone(self) -> None:
        if not self._closing and self._memory.ended_s is None:
            self._memory = replace(self._memory, ended_s=time.monotonic())
            self._look()

    def _look(self) -> None:
        """What time does: a database or a program that has been away for long, and the end of an orphan."""
        now, memory = time.monotonic(), self._memory
        troubles = set()
        if now - memory.answered_s > self._follower.patience_s:
            troubles.add(Trouble.DATABASE)
        gone_s = memory.ended_s if memory.ended_s is not None else memory.seen_s + self._patience.sign_s
        if now - gone_s > self._patience.gone_s:
            troubles.add(Trouble.PROGRAM)
        self._memory = replace(memory, loudness=memory.loudness.suffer(troubles))
        if now > gone_s and self._succession.is_over():
            log.info("Another siren of this station took over")
            self.close(farewell=False)
            QCoreApplication.quit()
        elif memory.ended_s is not None and self._has_no_more_to_do(now - memory.ended_s):
            self.close(farewell=True)
            QCoreApplication.quit()
        else:
            self._update()

    def _has_no_more_to_do(self, alone_s: float) -> bool:
        is_viewer = self._memory.loudness.role is StationRole.VIEWER
        return is_viewer or alone_s > self._patience.orphan_s or not self._settings.home.exists()

    def _update(self) -> None:
        if self._closing:
            return
        self._siren.sound(self._memory.loudness.soundings)
        self._life.stand(self._standing())
        self._say()

    def _standing(self) -> Standing:
        role = self._memory.loudness.role
        return Standing(self._memory.halls, role, self._siren.state, self._siren.can_sound)

    def _say(self, *, hello: bool = False) -> None:
        known = self._memory.loudness
        said = json.dumps(
            {
                "state": self._siren.state,
                "can_sound": self._siren.can_sound,
                "sounds": [one.tone for one in known.soundings],
                "silenced": len(known.silenced) + len(known.silenced_troubles),
                "troubles": sorted(known.troubles),
            }
        )
        if said == self._said and not hello:
            return
        self._said = said
        with contextlib.suppress(BrokenPipeError, ValueError):  # nobody listens any more
            sys.stdout.write(json.dumps({"hello": True}) + "\n" if hello else said + "\n")
            sys.stdout.flush()

    def _start_anew(self) -> NoReturn:
        self._siren.close()
        arguments = ["-m", str(__package__), "--hall", self._settings.hall, "siren"]
        arguments += ["--station", self._settings.station]
        for name, value in asdict(self._patience).items():
            arguments += [f"--{name.replace('_', '-')}", str(value)]
        environment = {**os.environ, "HYDRA_DATABASE": self._settings.database_url}
        with contextlib.suppress(BrokenPipeError, ValueError):
            sys.stdout.flush()
        os.execve(  # noqa: S606 ourselves
            sys.executable, [sys.executable, *arguments, "--resume", self._memory.packed()], environment
        )


def run(settings: Settings, patience: Patience, resume: str = "") -> int:
    """Run the siren until it is told to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is for the program, which tells us
    _log_to_file()
    application = QCoreApplication(sys.argv[:1])
    now = time.monotonic()
    memory = Memory.unpacked(resume) if resume else Memory((settings.hall,), Loudness(), now, now)
    process = SirenProcess(settings, patience, memory)
    process.start()
    code = application.exec()
    with contextlib.suppress(BrokenPipeError, ValueError):
        sys.stdout.flush()
    os._exit(code)  # a thread may wait on the input, or on a database, for ever


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
