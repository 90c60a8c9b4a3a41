"""Training: what it costs those who watch meanwhile, all plot types in one go, and how quickly the hall is counted."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import Connection

from hydra_desktop import paths
from hydra_desktop.database import halls, training_jobs
from hydra_desktop.database.connection import Database, open_database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.training import USUAL, JobState, Options, Recipe, Stage, Stop, stage_of
from hydra_desktop.services import demo, training_state
from hydra_desktop.services.label_pages import build
from hydra_desktop.services.training_jobs import TrainingJobs
from hydra_desktop.services.training_runner import Runner
from hydra_desktop.settings import Settings
from hydra_desktop.vision.backbone import exported

from . import bench_live, labelled_hall, simulated_labels
from .figure import Figure, median_ms

ROUNDS = 5
TUNED = "CDC_occupancy"
CHILD = "hydra_desktop.services.training_child"
GOOD, EACH = 24, 8  # labelled plots of each plot type that is trained in one go


def figures(_data: Path | None) -> Iterator[Figure]:
    """A wall and a monitor beside a training; then 73 plot types; then a hall with years of labels."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HYDRA_CACHE"] = str(paths.cache().resolve())
        os.environ["HYDRA_HOME"] = folder
        exported()
        yield from _beside_a_training(Path(folder))
        yield from _in_one_go(Path(folder))
        yield from _counted(Path(folder))


def _beside_a_training(folder: Path) -> Iterator[Figure]:
    first, *chunks = bench_live.draw(folder / "drawn", 1 + 4 * ROUNDS)
    place = folder / "followed"
    chosen = bench_live.settings_of(place)
    with bench_live.monitor_at_work(place) as judge, _opened(chosen.database_url) as database:
        simulated_labels.fill(database, ImageStore(chosen.image_folder), good=90, each=30, only=[TUNED])
        jobs = _jobs(database, chosen)
        judge(first)
        with bench_live.wall_at_work(place) as quiet:
            for files in chunks[:ROUNDS]:
                judge(files)
        cancels_s: list[float] = []
        with bench_live.wall_at_work(place) as stall, _tuning(database, jobs, cancels_s):
            for files in chunks[ROUNDS : 2 * ROUNDS]:
                judge(files)
        # with and without by turns: what else the machine does changes slowly
        with bench_live.wall_at_work(place), _tuning(database, jobs, cancels_s) as child:
            alone, beside = [], []
            for number in range(2 * ROUNDS, 4 * ROUNDS, 2):
                child.suspend()
                alone.append(judge(chunks[number]))
                child.resume()
                beside.append(judge(chunks[number + 1]))
    ratio = statistics.median(one / other for one, other in zip(beside, alone, strict=True))
    kind = "event loop stall while training and monitoring"
    yield Figure(f"{kind}, 99th percentile", stall[1], "ms", "under 16", stall[1] < 16)
    yield Figure(f"{kind}, longest", stall[0], "ms", "under 100", stall[0] < 100)
    yield Figure("event loop stall of the same wall without training, 99th percentile", quiet[1], "ms")
    yield Figure("event loop stall of the same wall without training, longest", quiet[0], "ms")
    yield Figure("chunk of 73 without training", statistics.median(alone), "s")
    yield Figure("chunk of 73 while training", statistics.median(beside), "s")
    yield Figure("ratio of these", ratio, "", "at most 2", ratio <= 2)
    slowest_s = max(cancels_s)
    yield Figure(
        "from Cancel to a job's end while a network is tuned, longest", slowest_s, "s", "under 1", slowest_s < 1
    )


@contextmanager
def _tuning(database: Database, jobs: TrainingJobs, cancels_s: list[float]) -> Iterator[psutil.Process]:
    """A network is tuned meanwhile, by the process that is given; the wall's own program runs it.

    How long it takes to cancel it is added to `cancels_s`.
    """
    (job,) = jobs.ask([TUNED], Options(Recipe.BOTH))
    bench_live.wait_until(database, lambda c: stage_of(training_jobs.get(c, job.id).stage) is Stage.TUNE, poll_s=0.1)
    family = psutil.Process().children(recursive=True)
    yield next(one for one in family if CHILD in one.cmdline())
    (left,) = (one for one in jobs.listing() if one.id == job.id)
    if left.state is not JobState.RUNNING:
        raise RuntimeError(f"the training ended before the chunks did: {left.state} {left.error}")
    asked_at = time.perf_counter()
    jobs.stop(job.id, Stop.DISCARD)
    bench_live.wait_until(database, lambda c: not training_jobs.get(c, job.id).is_open, poll_s=0.02)
    cancels_s.append(time.perf_counter() - asked_at)


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = open_database(url, upgrade=True)
    try:
        yield database
    finally:
        database.close()


def _jobs(database: Database, chosen: Settings) -> TrainingJobs:
    with database.read() as c:
        return TrainingJobs(database, halls.find(c, chosen.hall) or 0, chosen.user, chosen.station)


def _in_one_go(folder: Path) -> Iterator[Figure]:
    one, other = folder / "one", folder / "other"
    chosen = bench_live.settings_of(one)
    with _opened(chosen.database_url) as database:
        (one / "source").mkdir()
        demo.prepare(database, demo.SEED, one / "source")
        count = simulated_labels.fill(database, ImageStore(chosen.image_folder), good=GOOD, each=EACH)
    shutil.copytree(one, other)
    with _opened(chosen.database_url) as database:
        jobs = _jobs(database, chosen)
        names = list(training_state.of_hall(database, chosen.hall))
        together_s, peak = _run_jobs(database, chosen, jobs, names)
        failed = [job.error for job in jobs.listing() if job.state is not JobState.DONE]
    apart_s = _run_commands(bench_live.settings_of(other), names)
    yield Figure("labelled plots of all plot types", count, "plots")
    yield Figure(f"{len(names)} plot types trained in one go", together_s, "s")
    yield Figure("jobs that failed in it", len(failed), "", "none", not failed)
    yield Figure("peak memory of the process that trains", peak / 2**20, "MB")
    yield Figure("one after the other, a command each", apart_s, "s")
    yield Figure("ratio of one go to that", together_s / apart_s, "", "below 1", together_s < apart_s)


def _run_jobs(database: Database, chosen: Settings, jobs: TrainingJobs, names: list[str]) -> tuple[float, int]:
    """How long all take from the key until the last model is stored, in seconds, and the child's most bytes."""
    runner, stop, peak = Runner(chosen), threading.Event(), 0
    thread = threading.Thread(target=runner.run, args=(stop,))
    thread.start()
    started = time.perf_counter()
    jobs.ask(names, USUAL)

    def over(c: Connection) -> bool:
        nonlocal peak
        peak = max(peak, _most_bytes(runner.child_pid))
        return not any(job.is_open for job in training_jobs.listing(c, jobs.hall_id, 0))

    bench_live.wait_until(database, over, poll_s=0.2)
    took_s = time.perf_counter() - started
    stop.set()
    thread.join()
    return took_s, peak


def _most_bytes(pid: int | None) -> int:
    try:
        return psutil.Process(pid).memory_info().rss if pid is not None else 0
    except psutil.NoSuchProcess:
        return 0


def _run_commands(chosen: Settings, names: list[str]) -> float:
    """How long the command takes for one plot type after the other, a process each, in seconds."""
    environment = {**os.environ, "HYDRA_HOME": str(chosen.home), "OMP_WAIT_POLICY": "PASSIVE"}
    started = time.perf_counter()
    for name in names:
        command = [sys.executable, "-m", "hydra_desktop.cli", "--database", chosen.database_url, "--hall", chosen.hall]
        subprocess.run([*command, "train", name], check=True, capture_output=True, env=environment)
    return time.perf_counter() - started


def _counted(folder: Path) -> Iterator[Figure]:
    with _opened(f"sqlite:///{folder}/big.db") as database:
        hall = labelled_hall.fill(database)
        build(database, hall.hall_id)
        took_ms = median_ms(lambda: training_state.of_hall(database, "Big"))
        yield Figure("how a hall with 200,000 labels stands", took_ms, "ms", "under 300", took_ms < 300)
