"""The siren's process: a JSON line on its input commands it, a JSON line on its output says how sound stands.

Commands: ``{"do": "sound", "severity": "high"}`` repeats a tone until ``stop``; ``test`` sounds
once; ``quit`` ends. When its commander dies while a tone sounds, it goes on for a while: a crash
of the program must not silence an alarm that nobody has taken.

When the sound server comes or goes the process starts itself anew, in its place and with its
tone, as Qt looks for a server only once.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import NoReturn

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from .. import paths
from .player import find_player
from .sound_server import SoundServer
from .tones import PATTERNS, PERIOD_S

ALONE_S = 120.0  # how long it sounds on after its commander is gone
LOOK_AGAIN_MS = 2000


class Siren(QObject):
    """Repeats one tone at a time, and looks for a sound device until there is one."""

    def __init__(self) -> None:
        super().__init__()
        self._server = SoundServer()
        self._server_lives = self._server.lives(1.0)  # before Qt looks, so that none comes between unseen
        self._folder = paths.shipped("resources") / "sounds"
        self._player = find_player(self._folder)
        self._tone = ""
        self._said = ""
        self._failed = ""
        self._repeat = QTimer(self)
        self._repeat.timeout.connect(self._play)
        self._watch = QTimer(self)
        self._watch.setInterval(LOOK_AGAIN_MS)
        self._watch.timeout.connect(self.look)
        self._watch.start()
        self.look()

    def obey(self, message: dict[str, str]) -> None:
        """Carry out one command; an unknown one is ignored."""
        what = message.get("do")
        if what == "sound" and message.get("severity") in PATTERNS:
            tone = message["severity"]
            if tone != self._tone or not self._repeat.isActive():
                self._tone = tone
                self._repeat.start(round(1000 * PERIOD_S[tone]))
                self._play()
        elif what == "stop":
            self._tone = ""
            self._repeat.stop()
            if self._player is not None:
                self._player.stop()
        elif what == "test":
            self._sound("medium")
        elif what == "quit":
            QCoreApplication.quit()

    def be_alone(self) -> None:
        """The commander is gone: end, but let a sounding alarm sound on for a while."""
        if self._tone:
            QTimer.singleShot(round(1000 * ALONE_S), QCoreApplication.quit)
        else:
            QCoreApplication.quit()

    def look(self) -> None:
        """Look whether sound can be made, and say it when that changed."""
        if self._server.lives() is not self._server_lives:
            if self._server_lives:
                self._say("the sound server went away")
            _start_anew(self._tone)
        if self._player is None or self._player.problem():
            self._player = find_player(self._folder)
            self._play()
        self._tell()

    def _tell(self) -> None:
        """Say how sound stands; what failed before stays failed until a tone succeeds."""
        if self._player is None:
            self._say("no sound device")
            return
        problem = self._player.problem()
        if problem or self._player.proven():
            self._failed = problem
        self._say(self._failed)

    def _say(self, problem: str) -> None:
        audible = not problem
        state = "this station is audible" if audible else f"NO SOUND: {problem}"
        said = json.dumps({"state": state, "audible": audible})
        if said != self._said:
            self._said = said
            try:
                sys.stdout.write(said + "\n")
                sys.stdout.flush()
            except (BrokenPipeError, ValueError):
                return  # nobody listens any more

    def _play(self) -> None:
        if self._tone:
            self._sound(self._tone)

    def _sound(self, tone: str) -> None:
        if self._player is not None:
            self._player.play(tone)
            self._tell()


def _start_anew(tone: str) -> NoReturn:
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", str(__package__), tone])  # noqa: S606 ourselves


class _Commands(QObject):
    came = Signal(dict)
    ended = Signal()


def main() -> int:
    """Run the siren until told to quit."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is for the program, which tells us
    application = QCoreApplication(sys.argv)
    siren = Siren()
    siren.obey({"do": "sound", "severity": sys.argv[1] if len(sys.argv) > 1 else ""})  # started anew with a tone
    commands = _Commands()
    commands.came.connect(siren.obey)
    commands.ended.connect(siren.be_alone)

    def read() -> None:
        for line in sys.stdin:
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if isinstance(message, dict):
                commands.came.emit(message)
        commands.ended.emit()

    threading.Thread(target=read, daemon=True).start()
    code = application.exec()
    sys.stdout.flush()
    os._exit(code)  # the reading thread waits on the input for ever


if __name__ == "__main__":
    sys.exit(main())
