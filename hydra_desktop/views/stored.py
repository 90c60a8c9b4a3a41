"""What a station remembers of its screens: look, size, layouts; in a file of its own in the data folder."""

from __future__ import annotations

import socket

from PySide6.QtCore import QSettings

from .. import paths


def stored() -> QSettings:
    """The station's file; one that can't be written is no error, the next start is then as usual."""
    return QSettings(str(paths.home() / f"screens-{socket.gethostname()}.ini"), QSettings.Format.IniFormat)
