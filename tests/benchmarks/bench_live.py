"""The live loop: files on disk to stored verdicts, beside what a bare loop and the usual tools need."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image
from sqlalchemy import Connection

from hydra_desktop import paths, settings
from hydra_desktop.database import halls, heartbeats, verdicts
from hydra_desktop.database.connection import Database, open_database
from hydra_desktop.database.feed import ChangeWaiter
from hydra_desktop.services import demo, monitor_process
from hydra_desktop.services.wall import WallFollower
from hydra_desktop.sources.simulated import SimulatedHall
from hydra_desktop.sources.simulated.canvas import png
from hydra_desktop.vision.backbone import Backbone, network, stack
from hydra_desktop.vision.picture import decode_for_network
from tests.fakes import torchvision_for_cpu

from .figure import Figure

ROUNDS = 7
POLL_S = 0.005  # a moment in which nobody asks mustn't count as the monitor's
SLOW_PLOTS = 12  # of the one-at-a-time loop, which is measured a plot


def figures(_data: Path | None) -> Iterator[Figure]:
    """73 files of 1200 x 800 on disk to 73 stored verdicts with evidence maps."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HYDRA_CACHE"] = str(paths.cache().resolve())
        os.environ["HYDRA_HOME"] = folder
        first, *chunks = draw(Path(folder) / "drawn", 1 + ROUNDS)
        backbone = Backbone(os.cpu_count() or 2)  # all cores, as onnxruntime would by itself
        bare, ours, watched = [], [], []
        with monitor_at_work(Path(folder) / "alone") as judge:
            _bare_loop(first, backbone)
            judge(first)  # both are measured at work
            for files in chunks:
                bare.append(_bare_loop(files, backbone))
                ours.append(judge(files))
        with monitor_at_work(Path(folder) / "followed") as judge, wall_at_work(Path(folder) / "followed") as stall:
            judge(first)
            watched = [judge(files) for files in chunks]
        slow = _library_loop(first[:SLOW_PLOTS]) / SLOW_PLOTS * len(first)
        latency_ms = _latency_ms(Path(folder))
    bare_s, ours_s = statistics.median(bare), statistics.median(ours)
    # of each round, whose parts lie seconds apart: what else the machine does changes slowly
    ratio = statistics.median(one / other for one, other in zip(ours, bare, strict=True))
    yield Figure("chunk of 73, files to stored verdicts", ours_s, "s")
    yield Figure("bare sequential decode and onnxruntime", bare_s, "s")
    yield Figure("ratio to the bare loop", ratio, "", "at most 0.85", ratio <= 0.85)
    yield Figure("ratio while a wall follows on the same cores", statistics.median(watched) / bare_s, "")
    gain = slow / ours_s
    yield Figure("times faster than torch eager with library Grad-CAM", gain, "", "at least 8", gain >= 8)
    longest_ms, p99_ms = stall
    yield Figure("event loop stall, 99th percentile", p99_ms, "ms", "under 16", p99_ms < 16)
    yield Figure("event loop stall, longest", longest_ms, "ms")
    yield Figure("commit to snapshot on the wall", latency_ms, "ms", "at most 300", latency_ms <= 300)


def draw(folder: Path, count: int) -> list[list[Path]]:
    """Chunks of a hall."""
    hall = SimulatedHall(demo.SEED)
    chunks = []
    for number in range(1, count + 1):
        (folder / str(number)).mkdir(parents=True)
        chunks.append([])
        for plot in hall.chunk():
            path = folder / str(number) / f"{plot.name.plot_type}_{number:04d}.png"
            large = Image.fromarray(plot.picture).resize((1200, 800), Image.Resampling.BILINEAR)
            path.write_bytes(png(np.asarray(large)))
            chunks[-1].append(path)
    return chunks


def _bare_loop(files: list[Path], backbone: Backbone) -> float:
    """Decode one after the other, then the network in batches; nothing stored."""
    started = time.perf_counter()
    for start in range(0, len(files), 8):
        backbone(stack([decode_for_network(path) for path in files[start : start + 8]]))
    return time.perf_counter() - started


def _library_loop(files: list[Path]) -> float:
    """One plot at a time: torch eager and Grad-CAM of the usual library."""
    torchvision_for_cpu.install()
    import torch
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    lite0 = network()

    class Classifier(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.head = lite0, torch.nn.Linear(1280, 4)

        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            return self.head(self.body(pictures)[0])

    model = Classifier().eval()
    cam = GradCAM(model=model, target_layers=[lite0.head])
    started = time.perf_counter()
    for path in files:
        picture = torch.from_numpy(decode_for_network(path)[None].astype(np.float32))
        with torch.no_grad():
            label = int(model(picture).argmax())
        cam(input_tensor=picture, targets=[ClassifierOutputTarget(label)])
    return time.perf_counter() - started


@contextmanager
def monitor_at_work(folder: Path) -> Iterator[Callable[[list[Path]], float]]:
    """A monitor at work: given the files of a chunk, the seconds from their arrival to the last verdict."""
    chosen = settings_of(folder)
    source = folder / "source"
    source.mkdir(parents=True)
    database = open_database(chosen.database_url, upgrade=True)
    demo.prepare(database, demo.SEED, source)
    with database.read() as connection:
        hall_id = halls.find(connection, demo.HALL) or 0
    monitor = monitor_process.start(chosen, source, {"HYDRA_HOME": str(chosen.home)})
    run = source / "Run000001"

    def judge(files: list[Path]) -> float:
        run.mkdir(exist_ok=True)
        with database.read() as connection:
            expected = verdicts.count(connection, hall_id) + len(files)
        started = time.perf_counter()
        for path in files:
            (run / path.name).hardlink_to(path)
        wait_until(database, lambda c: verdicts.count(c, hall_id) >= expected)
        return time.perf_counter() - started

    try:
        wait_until(database, lambda c: heartbeats.newest(c, hall_id, heartbeats.MONITOR) is not None)
        yield judge
    finally:
        monitor.terminate()
        monitor.wait(30)
        database.close()


def settings_of(folder: Path) -> settings.Settings:
    """The demo's hall, with its data in a folder."""
    home = folder / "home"
    return settings.Settings(f"sqlite:///{home / 'hydra.db'}", demo.HALL, home, "bench", "bench")


def wait_until(database: Database, condition: Callable[[Connection], bool], poll_s: float = POLL_S) -> None:
    """Wait until something is so in the database."""
    waiter, forever = ChangeWaiter(database, poll_s), threading.Event()
    while waiter.wait(60, forever):  # as a wall does, which costs the monitor next to nothing
        with database.read() as connection:
            if condition(connection):
                break
    waiter.close()


@contextmanager
def wall_at_work(folder: Path) -> Iterator[list[float]]:
    """The real wall in a process of its own; the list holds the stall of its event loop afterwards, longest and p99."""
    chosen = settings_of(folder)
    wall = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.wall_stall", chosen.database_url, chosen.hall],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "HYDRA_HOME": str(chosen.home)},
    )
    stall: list[float] = []
    try:
        assert wall.stdout is not None
        wall.stdout.readline()  # it is shown
        yield stall
    finally:
        out, _ = wall.communicate("stop\n", timeout=30)
        stall += [float(value) for value in out.split()[-2:]]


def _latency_ms(folder: Path) -> float:
    """From a commit to the snapshot at whoever follows, median of 10."""
    url = f"sqlite:///{folder / 'latency.db'}"
    chosen = settings.Settings(url, "D", folder, "bench", "bench")
    database = open_database(url, upgrade=True)
    with database.write() as connection:
        hall_id = halls.find_or_create(connection, "D")
    stop, seen = threading.Event(), threading.Event()
    wanted: list[str] = [""]

    def look(snapshot: object) -> None:
        if snapshot.news.text == wanted[0]:  # type: ignore[attr-defined]
            seen.set()

    thread = threading.Thread(target=WallFollower(chosen).follow, args=(stop, look, print))
    thread.start()
    times = []
    for number in range(10):
        seen.clear()
        wanted[0] = f"news {number}"
        with database.write() as connection:
            halls.set_news(connection, hall_id, wanted[0], "bench")
        started = time.perf_counter()
        seen.wait(10)
        times.append(1e3 * (time.perf_counter() - started))
    stop.set()
    thread.join()
    database.close()
    return statistics.median(times)
