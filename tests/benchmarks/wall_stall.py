"""A wall that says when it is shown, and at the end by how much its event loop was held up."""

from __future__ import annotations

import sys
import threading

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from hydra_desktop import settings
from hydra_desktop.app import Desktop
from hydra_desktop.database.connection import open_database
from hydra_desktop.views.stall_probe import StallProbe


class _Told(QObject):
    to_stop = Signal()


def main() -> None:
    """Run until a line comes in."""
    application = QApplication(sys.argv[:1])
    chosen = settings.load(sys.argv[1], sys.argv[2])
    database = open_database(chosen.database_url)
    desktop = Desktop(chosen, database)
    desktop.window.resize(1920, 1080)
    probe = StallProbe()
    told = _Told()
    told.to_stop.connect(application.quit)

    def shown(_snapshot: object) -> None:
        desktop.follower.snapshot.disconnect(shown)
        QTimer.singleShot(500, begin)

    def begin() -> None:
        probe.start()
        print("shown", flush=True)

    desktop.follower.snapshot.connect(shown)
    desktop.start()
    threading.Thread(target=lambda: (sys.stdin.readline(), told.to_stop.emit()), daemon=True).start()
    application.exec()
    longest_ms, p99_ms = probe.stop()
    desktop.close()
    database.close()
    print(longest_ms, p99_ms, flush=True)


if __name__ == "__main__":
    main()
