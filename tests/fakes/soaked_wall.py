"""A wall that runs for a while under a hall that feeds it; what it needs meanwhile, as JSON lines.

python -m tests.fakes.soaked_wall DATABASE SECONDS EVERY: a line each EVERY seconds, and the stalls at the end.
"""

from __future__ import annotations

import gc
import json
import sys
import threading
import time

import psutil
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from hydra_desktop import settings
from hydra_desktop.app import Desktop
from hydra_desktop.database.connection import open_database
from hydra_desktop.views.stall_probe import StallProbe

from .fed_hall import HALL


def main() -> None:
    """Run, and tell."""
    url, seconds, every = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    application = QApplication(sys.argv[:1])
    chosen = settings.load(url, HALL)
    database = open_database(url)
    desktop = Desktop(chosen, database)
    desktop.window.resize(1920, 1080)
    probe, process, started = StallProbe(), psutil.Process(), time.monotonic()

    def tell() -> None:
        gc.collect()
        passed = time.monotonic() - started
        said = {
            "s": passed,
            "mb": process.memory_info().rss / 1e6,
            "threads": process.num_threads(),
            "python_threads": threading.active_count(),
            "handles": process.num_fds() if hasattr(process, "num_fds") else 0,
            "timers": len(desktop.findChildren(QTimer)) + len(desktop.window.findChildren(QTimer)),
            "objects": len(desktop.window.findChildren(object)),
            "python_objects": len(gc.get_objects()),
            "pictures": len(desktop.wall.pictures._cache),
            "position": desktop.wall.model.snapshot.position,
        }
        print(json.dumps(said), flush=True)
        if passed > seconds:
            application.quit()

    timer = QTimer()
    timer.timeout.connect(tell)
    timer.start(round(1e3 * every))
    QTimer.singleShot(5000, probe.start)  # the start is measured elsewhere
    desktop.start()
    application.exec()
    longest_ms, p99_ms = probe.stop()
    desktop.close()
    database.close()
    print(json.dumps({"longest_ms": longest_ms, "p99_ms": p99_ms}), flush=True)


if __name__ == "__main__":
    main()
