"""How work in the background lets others go first."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

MONITOR = 10  # after a screen that somebody looks at
TRAINING = 15  # and after the monitor


def give_way(niceness: int) -> None:
    """Lower this process for good, by up to 19."""
    if hasattr(os, "nice"):
        os.nice(niceness)
    # Linux shares processor time between sessions before it looks at niceness, where they aren't in control groups
    if hasattr(os, "getsid") and os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(niceness), encoding="ascii")
