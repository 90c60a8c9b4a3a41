"""A real monitor at work beside a test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from hydra_desktop.services.monitor import Monitor


@contextmanager
def running(monitor: Monitor) -> Iterator[threading.Thread]:
    """A monitor at work on a thread, told to stop at the end."""
    thread = threading.Thread(target=monitor.run)
    thread.start()
    try:
        yield thread
    finally:
        monitor.stop()
        thread.join()
