"""Jobs run in a process of their own: whatever is killed, each job ends or is taken up, and nothing is half stored."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from hydra_desktop import settings as settings_module
from hydra_desktop.database import halls, leases, model_store, training_jobs
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import LeaseLostError
from hydra_desktop.domain.training import Job, JobState, Options, Recipe, Stage, Stop, stage_of
from hydra_desktop.services import training_runner
from hydra_desktop.services.importing import import_manifest
from hydra_desktop.services.progress import Progress
from hydra_desktop.services.training import train
from hydra_desktop.services.training_jobs import TrainingJobs
from hydra_desktop.services.training_process import TrainingProcess
from hydra_desktop.services.training_runner import Runner
from hydra_desktop.settings import Settings
from hydra_desktop.vision.opening import read_model
from tests.conftest import wait_for
from tests.fakes import manifests

HALL = "D"
SMALL = ["Good"] * 8 + ["Bad"] * 6
LONG = Options(Recipe.BOTH)  # minutes


@pytest.fixture
def settings(database_url: str) -> Settings:
    return replace(settings_module.load(database_url, HALL), station="desk", user="eva")


@pytest.fixture
def jobs(database: Database, settings: Settings, tmp_path: Path) -> TrainingJobs:
    """A hall with two plot types that can be trained and one that can't."""
    images = ImageStore(settings.image_folder)
    for name, labels in (("hump", SMALL), ("heap", SMALL), ("few", ["Bad"])):
        manifest = manifests.write(tmp_path / name, labels, plot_type=name)
        import_manifest(database, HALL, images, manifest, user="ann", progress=Progress())
    with database.read() as c:
        return TrainingJobs(database, halls.find(c, HALL) or 0, "eva", "desk")


@contextmanager
def running(*runners: Runner) -> Iterator[threading.Event]:
    """Each on a thread of its own, until the end."""
    stop = threading.Event()
    threads = [threading.Thread(target=runner.run, args=(stop,)) for runner in runners]
    for thread in threads:
        thread.start()
    try:
        yield stop
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()


def until(jobs: TrainingJobs, so: Callable[[Job], object], job_id: int) -> Job:
    """Wait until something is so of a job."""
    wait_for(jobs.database, HALL, lambda c, _hall: so(training_jobs.get(c, job_id)), timeout_s=240)
    with jobs.database.read() as c:
        return training_jobs.get(c, job_id)


def ended(job: Job) -> bool:
    return not job.is_open


def tuning(job: Job) -> bool:
    return stage_of(job.stage) is Stage.TUNE


def models(jobs: TrainingJobs) -> int:
    with jobs.database.read() as c:
        return c.scalar(sa.select(sa.func.count()).select_from(t.models)) or 0


def test_jobs_run_one_after_the_other_in_one_process_and_tell_how_they_ended(
    jobs: TrainingJobs, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[TrainingProcess] = []
    start = TrainingProcess._start
    monkeypatch.setattr(TrainingProcess, "_start", lambda process: (started.append(process), start(process)))
    first, few, last = jobs.ask(["hump", "few", "heap"])
    with running(Runner(settings)):
        until(jobs, lambda job: "On held-out plots" in job.log, last.id)
    assert len(started) == 1
    with jobs.database.read() as c:
        done = training_jobs.get(c, first.id)
    assert done.state is JobState.DONE
    with jobs.database.read() as c:
        record = model_store.listing(c, jobs.hall_id, "hump")[0]
        assert model_store.active(c, jobs.hall_id) == {}
        assert leases.living_holder(c, jobs.hall_id, training_jobs.LEASE) is None
    assert (record.id, record.created_by) == (done.model_id, "eva")
    listed = {job.plot_type: job for job in jobs.listing()}
    assert listed["few"].state is JobState.FAILED
    assert "too few labelled plots" in listed["few"].error
    assert "computing features" in listed["hump"].log
    assert listed["few"].id == few.id
    assert listed["few"].log.endswith(listed["few"].error)


def test_a_job_that_ends_while_its_progress_is_about_to_be_told_ends_well(
    jobs: TrainingJobs, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = training_runner._Account.write

    def late(account: training_runner._Account, database: Database, fencing: int) -> None:
        wait_for(database, HALL, lambda c, _hall: ended(training_jobs.get(c, account.job.id)))
        write(account, database, fencing)

    monkeypatch.setattr(training_runner._Account, "write", late)
    (job,) = jobs.ask(["hump"])
    with running(Runner(settings)):
        until(jobs, lambda job: "On held-out plots" in job.log, job.id)


def test_a_killed_child_fails_its_job_with_the_reason_and_harms_no_other(
    jobs: TrainingJobs, settings: Settings
) -> None:
    with jobs.database.write() as c:
        before = model_store.add(c, jobs.hall_id, "hump", file=b"of before", card={}, thresholds={}, user="eva")
        model_store.activate(c, before, user="eva")
    killed, next_one = jobs.ask(["hump"], LONG) + jobs.ask(["heap"])
    runner = Runner(settings)
    with running(runner):
        until(jobs, tuning, killed.id)
        assert runner.child_pid is not None
        os.kill(runner.child_pid, signal.SIGKILL)
        failed = until(jobs, ended, killed.id)
        assert until(jobs, ended, next_one.id).state is JobState.DONE
    assert failed.state is JobState.FAILED
    assert "killed (SIGKILL)" in failed.error
    with jobs.database.read() as c:
        assert model_store.active(c, jobs.hall_id)["hump"].id == before
        assert model_store.file(c, before) == b"of before"
        assert [record.id for record in model_store.listing(c, jobs.hall_id, "hump")] == [before]


@pytest.mark.parametrize(("wish", "state"), [(Stop.DISCARD, JobState.CANCELLED), (Stop.KEEP, JobState.DONE)])
def test_a_stop_from_another_station_is_heard(
    jobs: TrainingJobs, settings: Settings, wish: Stop, state: JobState
) -> None:
    (job,) = jobs.ask(["hump"], LONG)
    other = replace(jobs, user="bob", station="control room")
    with running(Runner(settings)):
        until(jobs, lambda job: job.may_keep and job.curves, job.id)
        (shown,) = other.listing()
        assert (shown.station, shown.runs_on, shown.user) == ("desk", "desk", "eva")
        other.stop(job.id, wish)
        stopped = until(jobs, ended, job.id)
    assert stopped.state is state
    assert stopped.wished_by == "bob at control room"
    assert stopped.error == ("" if wish is Stop.KEEP else "stopped by bob at control room; no model was stored")
    assert models(jobs) == (1 if wish is Stop.KEEP else 0)
    if wish is Stop.KEEP:
        with jobs.database.read() as c:
            model = read_model(model_store.file(c, stopped.model_id or 0))
        assert model.plot_type == "hump"


def test_a_runner_that_ends_gives_its_job_back_and_leaves_no_process(jobs: TrainingJobs, settings: Settings) -> None:
    (job,) = jobs.ask(["hump"], LONG)
    runner = Runner(settings)
    with running(runner):
        until(jobs, tuning, job.id)
        child = psutil.Process(runner.child_pid)
    assert not child.is_running()
    (left,) = jobs.listing()
    assert (left.state, left.attempts, left.silent) == (JobState.WAITING, 0, False)


def test_two_runners_never_run_one_job(jobs: TrainingJobs, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_runner, "PATIENCE_S", 0.0)
    asked = jobs.ask(["hump", "heap"])
    runners = [Runner(replace(settings, station=name)) for name in ("desk", "control room")]
    with running(*runners):
        for job in asked:
            until(jobs, ended, job.id)
    assert models(jobs) == 2
    assert {job.attempts for job in jobs.listing()} == {1}


def test_a_training_whose_job_another_took_up_stores_nothing(jobs: TrainingJobs, settings: Settings) -> None:
    def lost(c: sa.Connection, model_id: int) -> None:
        assert model_store.file(c, model_id)
        raise LeaseLostError("another has it")

    images = ImageStore(settings.image_folder)
    with pytest.raises(LeaseLostError):
        train(jobs.database, HALL, images, "hump", activate=True, user="eva", progress=Progress(), stored=lost)
    with jobs.database.read() as c:
        left = [c.scalar(sa.select(sa.func.count()).select_from(table)) for table in (t.models, t.model_files)]
        assert left == [0, 0]
        assert model_store.active(c, jobs.hall_id) == {}


KILLED_WHILE_STORING = """
import os, signal, sys
from hydra_desktop import settings
from hydra_desktop.database import model_store, training_jobs
from hydra_desktop.database.connection import open_database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.services.progress import Progress
from hydra_desktop.services.training import train

chosen = settings.load(sys.argv[1], sys.argv[2])
job_id, hall_id, fencing = map(int, sys.argv[3:])

def stored(c, model_id):
    training_jobs.finish(c, hall_id, job_id, fencing, model_id)
    assert model_store.file(c, model_id) and model_store.active(c, hall_id)
    os.kill(os.getpid(), signal.SIGKILL)

train(
    open_database(chosen.database_url), chosen.hall, ImageStore(chosen.image_folder), "hump", activate=True,
    user="eva", progress=Progress(), stored=stored,
)
"""


def test_killed_in_the_middle_of_storing_nothing_is_stored_and_the_job_is_taken_up(
    jobs: TrainingJobs, settings: Settings, database_url: str
) -> None:
    (job,) = jobs.ask(["hump"])
    with jobs.database.write() as c:
        fencing = leases.acquire(c, jobs.hall_id, training_jobs.LEASE, "gone:1", 0.0) or 0
        training_jobs.take_next(c, jobs.hall_id, fencing, "gone")
    numbers = [str(number) for number in (job.id, jobs.hall_id, fencing)]
    killed = subprocess.run([sys.executable, "-c", KILLED_WHILE_STORING, database_url, HALL, *numbers], check=False)
    assert killed.returncode == -signal.SIGKILL
    with jobs.database.read() as c:
        left = [c.scalar(sa.select(sa.func.count()).select_from(table)) for table in (t.models, t.thresholds)]
        assert left == [0, 0]
        assert model_store.active(c, jobs.hall_id) == {}
    with running(Runner(settings)):
        done = until(jobs, ended, job.id)
    assert (done.state, done.attempts, models(jobs)) == (JobState.DONE, 2, 1)


RUN = """
import sys, threading
from dataclasses import replace
from hydra_desktop import settings
from hydra_desktop.services.training_runner import Runner
Runner(replace(settings.load(sys.argv[1], sys.argv[2]), station="desk", user="eva")).run(threading.Event())
"""


def test_a_killed_runner_leaves_no_child_and_another_takes_its_job_up(
    jobs: TrainingJobs, settings: Settings, database_url: str
) -> None:
    (job,) = jobs.ask(["hump"], LONG)
    killed = subprocess.Popen([sys.executable, "-c", RUN, database_url, HALL])
    until(jobs, tuning, job.id)
    (child,) = psutil.Process(killed.pid).children()
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert psutil.wait_procs([child], 60)[1] == []
    assert models(jobs) == 0
    with running(Runner(settings)):
        again = until(jobs, lambda job: job.attempts == 2 and tuning(job), job.id)
        jobs.stop(job.id, Stop.DISCARD)
        until(jobs, ended, job.id)
    assert again.state is JobState.RUNNING
    assert models(jobs) == 0
    assert jobs.database.check() == []
