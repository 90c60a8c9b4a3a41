"""Commands the siren, which makes the alarm sound in a process of its own."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from ..domain.label import Severity

log = logging.getLogger(__name__)

_RESTART_MS = 2000


class SirenClient(QObject):
    """Keeps the siren's process alive and tells it what to sound.

    `state_changed` carries how sound stands in words, and whether any can be made.
    """

    state_changed = Signal(str, bool)

    def __init__(self, command: Sequence[str] | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = list(command or (sys.executable, "-m", "hydra_desktop.siren"))
        self._process = QProcess(self)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._ended)
        self._process.errorOccurred.connect(lambda _error: self._ended())
        self._closing = False
        self._wanted: Severity | None = None
        self.state, self.audible = "sound is being looked for", True

    def start(self) -> None:
        """Start the process."""
        self._process.start(self._command[0], self._command[1:])

    def sound(self, severity: Severity) -> None:
        """Sound until silenced or stopped."""
        self._wanted = severity
        self._send({"do": "sound", "severity": severity.word})

    def stop(self) -> None:
        """Make no sound: nothing is unacknowledged, or a person silenced it."""
        if self._wanted is None:
            return  # nothing sounds but perhaps a test, which is to be heard to its end
        self._wanted = None
        self._send({"do": "stop"})

    def test(self) -> None:
        """Sound once, to be heard."""
        self._send({"do": "test"})

    def close(self) -> None:
        """End the process."""
        self._closing = True
        if self._process.state() is QProcess.ProcessState.NotRunning:
            return
        self._send({"do": "quit"})
        self._process.closeWriteChannel()
        if not self._process.waitForFinished(2000):
            self._process.kill()
            self._process.waitForFinished(1000)

    def _send(self, message: dict[str, str]) -> None:
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
            self._set_state(said.get("state", ""), bool(said.get("audible", False)))

    def _ended(self) -> None:
        if self._closing:
            return
        self._set_state("the siren ended; starting it again", False)
        QTimer.singleShot(_RESTART_MS, self._restart)

    def _restart(self) -> None:
        if self._closing or self._process.state() is not QProcess.ProcessState.NotRunning:
            return
        self.start()
        if self._wanted is not None:
            self._process.waitForStarted(1000)
            self.sound(self._wanted)

    def _set_state(self, state: str, audible: bool) -> None:
        if (state, audible) != (self.state, self.audible):
            self.state, self.audible = state, audible
            self.state_changed.emit(state, audible)
