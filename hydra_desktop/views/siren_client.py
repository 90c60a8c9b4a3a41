"""Commands the siren, which makes the alarm sound in a process of its own and follows the database by itself."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from ..domain.station import LOOKING, StationRole
from ..settings import Settings
from .stored import stored

log = logging.getLogger(__name__)

_RESTART_MS = 2000
VIEWS = "this station is a viewer: alarms make no sound here"
_ALIVE_MS = 2000  # between two signs of life, which this thread gives: when it hangs they stay away


class SirenClient(QObject):
    """Keeps the siren's process alive and tells it what only the program knows.

    `state_changed` carries how sound stands in words, and whether any can be made, or that isn't known yet;
    `sounds_changed` that other tones sound (`sounds`), or something was silenced (`silenced`). Role, volume and
    speech are remembered on this station.
    """

    state_changed = Signal(str, bool)
    sounds_changed = Signal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("HYDRA_DATABASE", settings.database_url)  # its password is nothing for a list of processes
        environment.insert("HYDRA_HOME", str(settings.home))
        self._process.setProcessEnvironment(environment)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._ended)
        self._process.errorOccurred.connect(lambda _error: self._ended())
        self._alive = QTimer(self)
        self._alive.timeout.connect(lambda: self._send(do="alive"))
        self._closing = False
        self.halls: tuple[str, ...] = (settings.hall,)
        self.sounds: tuple[str, ...] = ()
        self.silenced = 0
        self._sound = LOOKING, False
        self._troubles: tuple[str, ...] = ()
        self.state, self.audible = LOOKING, True
        remembered = stored()
        self.role = _role(remembered.value("sound/role", ""))
        self.volume = float(str(remembered.value("sound/volume", 1.0)))
        self.speaks = str(remembered.value("sound/speech", False)).lower() == "true"

    def start(self) -> None:
        """Start the process."""
        arguments = ["-m", "hydra_desktop.cli", "--hall", self._settings.hall, "siren"]
        self._process.start(sys.executable, [*arguments, "--station", self._settings.station])
        self._alive.start(_ALIVE_MS)

    def follow(self, halls: Sequence[str]) -> None:
        """Make the alarms of these halls heard."""
        self.halls = tuple(halls)
        self._send(do="follow", halls=self.halls)

    def silence(self) -> None:
        """Make no sound for what sounds now, until there is another alarm; changes no state of an alarm."""
        self._send(do="silence")

    def test(self) -> None:
        """Sound once, to be heard."""
        self._send(do="test")

    def set_role(self, role: StationRole) -> None:
        """Whether alarms are heard at this station, from now on and at every start."""
        self.role = role
        stored().setValue("sound/role", str(role))
        self._send(do="role", role=role)
        self._show_state()

    def set_volume(self, volume: float) -> None:
        """How loud, 0..1, from now on and at every start."""
        self.volume = volume
        stored().setValue("sound/volume", volume)
        self._send(do="volume", volume=volume)

    def set_speech(self, on: bool) -> None:
        """Whether plot types are named between the tones, from now on and at every start."""
        self.speaks = on
        stored().setValue("sound/speech", on)
        self._send(do="speech", on=on)

    def close(self) -> None:
        """End the process."""
        self._closing = True
        self._alive.stop()
        if self._process.state() is QProcess.ProcessState.NotRunning:
            return
        self._send(do="quit")
        self._process.closeWriteChannel()
        if not self._process.waitForFinished(3000):
            self._process.kill()
            self._process.waitForFinished(1000)

    def _send(self, **message: Any) -> None:
        if self._process.state() is not QProcess.ProcessState.NotRunning:
            self._process.write(json.dumps(message).encode() + b"\n")

    def _read(self) -> None:
        while self._process.canReadLine():
            line = bytes(self._process.readLine().data())
            try:
                said = json.loads(line)
            except ValueError:
                log.warning("The siren said %r", line)
                continue
            if said.get("hello"):
                self._tell_all()
            else:
                self._take(said)

    def _tell_all(self) -> None:
        """What only the program knows, to a siren that has just started."""
        self._send(do="follow", halls=self.halls)
        self._send(do="role", role=self.role)
        self._send(do="volume", volume=self.volume)
        self._send(do="speech", on=self.speaks)

    def _take(self, said: dict[str, Any]) -> None:
        self._sound = str(said.get("state", "")), bool(said.get("can_sound", False))
        self._troubles = tuple(map(str, said.get("troubles", ())))
        self._show_state()
        sounds, silenced = tuple(said.get("sounds", ())), int(said.get("silenced", 0))
        if (sounds, silenced) != (self.sounds, self.silenced):
            self.sounds, self.silenced = sounds, silenced
            self.sounds_changed.emit()

    def _ended(self) -> None:
        if self._closing:
            return
        self._sound, self._troubles = ("NO SOUND: the siren ended and is started again", False), ()
        self._show_state()
        QTimer.singleShot(_RESTART_MS, self._restart)

    def _restart(self) -> None:
        if not self._closing and self._process.state() is QProcess.ProcessState.NotRunning:
            self.start()

    def _show_state(self) -> None:
        state, can_sound = self._sound
        audible = can_sound or state == LOOKING  # which is no trouble
        if self.role is StationRole.VIEWER:
            state, audible = VIEWS, True
        state = "; ".join((state, *self._troubles))
        if (state, audible) != (self.state, self.audible):
            self.state, self.audible = state, audible
            self.state_changed.emit(state, audible)


def _role(word: object) -> StationRole:
    try:
        return StationRole(str(word))
    except ValueError:
        return StationRole.AUDIBLE
