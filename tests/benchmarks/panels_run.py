"""One start of a wall, or of a plain grid of labels, on plots that are there; what it cost, as JSON.

python -m tests.benchmarks.panels_run wall|labels DATABASE IMAGES PANELS
"""

from __future__ import annotations

import sys
import time

STARTED = time.perf_counter()

import json  # noqa: E402 the time of the imports is measured
import subprocess  # noqa: E402
import threading  # noqa: E402
from collections.abc import Callable  # noqa: E402
from datetime import timedelta  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import psutil  # noqa: E402
from PySide6.QtCore import QElapsedTimer, QEventLoop, Qt, QTimer  # noqa: E402
from PySide6.QtGui import QPixmap  # noqa: E402
from PySide6.QtWidgets import QApplication, QGridLayout, QLabel, QScrollArea, QScrollBar, QVBoxLayout, QWidget  # noqa: E402

from hydra_desktop import settings  # noqa: E402
from hydra_desktop.app import Desktop  # noqa: E402
from hydra_desktop.database.connection import open_database  # noqa: E402
from tests.fakes.fed_hall import HALL, FedHall  # noqa: E402

SIZE = (3840, 2160)
FRAMES = 300
IDLE_S = 10.0
SCROLLED = 7  # the step of size at which 300 panels are three screens


def run(until: Callable[[], bool], limit_s: float = 60.0) -> None:
    """Run the event loop until something is so."""
    loop, clock = QEventLoop(), QElapsedTimer()
    clock.start()
    poll = QTimer()
    poll.timeout.connect(lambda: loop.quit() if until() or clock.elapsed() > 1e3 * limit_s else None)
    poll.start(1)
    loop.exec()
    if not until():
        raise TimeoutError("it did not come to that")


def scroll(bar: QScrollBar) -> float:
    """The 99th percentile of the time of a frame while a person scrolls, ms."""
    frames = []
    step = max(8, bar.maximum() // FRAMES)
    for number in range(FRAMES):
        started = time.perf_counter()
        bar.setValue((number * step) % max(1, bar.maximum()))
        QApplication.processEvents()
        frames.append(1e3 * (time.perf_counter() - started))
    return float(np.percentile(frames, 99))


def idle() -> float:
    """Percent of one core while nothing changes."""
    process = psutil.Process()
    before, started = process.cpu_times(), time.perf_counter()
    loop = QEventLoop()
    QTimer.singleShot(round(1e3 * IDLE_S), loop.quit)
    loop.exec()
    after = process.cpu_times()
    return 100 * (after.user + after.system - before.user - before.system) / (time.perf_counter() - started)


def megabytes() -> float:
    """Memory of this process."""
    return psutil.Process().memory_info().rss / 1e6


def wall(url: str, images: Path, panels: int) -> dict[str, float]:
    """The program's own wall."""
    chosen = settings.load(url, HALL)
    assert chosen.image_folder == images, "HYDRA_HOME has the pictures"
    before_mb, started = megabytes(), time.perf_counter()
    database = open_database(url)
    desktop = Desktop(chosen, database)
    desktop.window.resize(*SIZE)
    desktop.start()
    screen = desktop.wall
    run(lambda: len(screen.model.items) == panels and not screen.pictures.busy and screen.is_painted)
    found = {"start": time.perf_counter() - started, "memory": (megabytes() - before_mb) / panels}
    hall = FedHall(open_database(url), images, panels)
    hall.chunks = 1
    committed: list[float] = []

    def feed(age: timedelta) -> None:
        hall.feed(age)
        committed.append(time.perf_counter())

    refreshed = []
    for age in (timedelta(), timedelta(), timedelta(minutes=5)):
        position = screen.model.snapshot.position
        committed.clear()
        threading.Thread(target=feed, args=(age,)).start()
        run(lambda at=position: bool(committed) and screen.model.snapshot.position > at and screen.is_painted)
        refreshed.append(time.perf_counter() - committed[0])
    found["refresh"] = float(np.median(refreshed))
    # as in a hall between two chunks: a monitor that is alive, and says so
    beats = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.fed_hall", url, str(images), str(panels), "2", "0"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert beats.stdout is not None
    beats.stdout.readline()
    found["idle"] = idle()
    beats.communicate(b"\n")
    screen._use_layout(size=SCROLLED)
    run(lambda: screen.is_painted)
    found["scroll"] = scroll(screen.view.verticalScrollBar())
    started = time.perf_counter()
    desktop.window.close()
    desktop.close()
    database.close()
    return {**found, "close": time.perf_counter() - started}


def labels(url: str, images: Path, panels: int) -> dict[str, float]:
    """What a first try would be: a label with a picture and one with a name for each plot."""
    paths = sorted(path for path in images.glob("*/*"))[:panels]
    columns = 20
    side = SIZE[0] // columns - 8
    before_mb, started = megabytes(), time.perf_counter()
    window, page = QScrollArea(), QWidget()
    grid = QGridLayout(page)
    shown = []
    for number, path in enumerate(paths):
        cell = QWidget()
        inside = QVBoxLayout(cell)
        inside.addWidget(QLabel(f"Detector_{number:03d}"))
        picture = QLabel()
        picture.setPixmap(_scaled(path, side))
        inside.addWidget(picture)
        inside.addWidget(QLabel("Good"))
        shown.append(picture)
        grid.addWidget(cell, number // columns, number % columns)
    window.setWidget(page)
    window.resize(*SIZE)
    window.show()
    QApplication.processEvents()
    found = {"start": time.perf_counter() - started, "memory": (megabytes() - before_mb) / panels}
    started = time.perf_counter()
    for label, path in zip(shown, reversed(paths), strict=True):
        label.setPixmap(_scaled(path, side))
    QApplication.processEvents()
    found["refresh"] = time.perf_counter() - started
    found["idle"] = idle()
    page.setFixedSize(SIZE[0] - 40, 3 * SIZE[1])
    QApplication.processEvents()
    found["scroll"] = scroll(window.verticalScrollBar())
    started = time.perf_counter()
    window.close()
    return {**found, "close": time.perf_counter() - started}


def _scaled(path: Path, side: int) -> QPixmap:
    return QPixmap(str(path)).scaled(
        side, side, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )


def main() -> None:
    """Measure one of them."""
    kind, url, images, panels = sys.argv[1:5]
    application = QApplication(sys.argv[:1])
    imports = time.perf_counter() - STARTED
    found = {"wall": wall, "labels": labels}[kind](url, Path(images), int(panels))
    print(json.dumps({"imports": imports, **found}), flush=True)
    application.quit()


if __name__ == "__main__":
    main()
