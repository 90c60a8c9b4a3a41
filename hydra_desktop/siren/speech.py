"""Says words by espeak-ng, where the station has it; rendered to a WAV file, so that the player plays it as a tone."""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
from pathlib import Path

from PySide6.QtCore import QObject, QProcess

log = logging.getLogger(__name__)

ENGINE = "espeak-ng"
_WORDS_A_MINUTE = "150"
LONGEST = 200  # characters


def missing() -> str:
    """Why nothing can be said here, "" where it can."""
    return "" if shutil.which(ENGINE) else f"no speech: {ENGINE} isn't installed on this station"


class Speech(QObject):
    """Renders what is to be said, ahead of time."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: QProcess | None = None
        self._failed: set[str] = set()

    def file(self, words: str) -> Path | None:
        """The WAV file with these words; None while there is none yet, which begins to be made."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="hydra-speech-")
        path = Path(self._folder.name) / f"{hashlib.sha256(words.encode()).hexdigest()[:16]}.wav"
        if path.exists():
            return path
        if words not in self._failed and self._process is None and not missing():
            self._render(words, path)
        return None

    def close(self) -> None:
        """Leave no file."""
        if self._process is not None:
            self._process.kill()
            self._process.waitForFinished(1000)
        if self._folder is not None:
            self._folder.cleanup()

    def _render(self, words: str, path: Path) -> None:
        partial = path.with_suffix(".part")
        process = QProcess(self)
        self._process = process

        def end(code: int = 1) -> None:
            if code == 0 and partial.exists():
                partial.rename(path)
            else:
                log.warning("%s can't say %r", ENGINE, words)
                self._failed.add(words)
            process.deleteLater()
            self._process = None

        process.finished.connect(lambda code, _status: end(code))
        process.errorOccurred.connect(lambda error: end() if error is QProcess.ProcessError.FailedToStart else None)
        process.start(ENGINE, ["-v", "en", "-s", _WORDS_A_MINUTE, "-w", str(partial), "--", words[:LONGEST]])
