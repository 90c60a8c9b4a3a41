"""What breaks around the monitor is an alarm while it lasts, ends by itself, and costs no plot."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from hydra_desktop import settings
from hydra_desktop.database import alarms, clock, feed, halls, verdicts
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.alarm import TO_TAKE, Alarm, AlarmKind, AlarmState
from hydra_desktop.domain.errors import DatabaseError
from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.who import Who
from hydra_desktop.services import alarms as alarm_service
from hydra_desktop.services import demo, monitor_process
from hydra_desktop.services import monitor as monitor_module
from hydra_desktop.services.alarm_watch import AlarmWatch
from hydra_desktop.services.monitor import Monitor
from hydra_desktop.sources.simulated import SimulatedHall
from tests.conftest import wait_for
from tests.fakes.postgres_server import PostgresServer, programs
from tests.fakes.siren_process import SirenProcess
from tests.fakes.sound_server import environment
from tests.fakes.upgraded import upgraded

TYPES = 4
ANN = Who("ann", "control room")
AWAY = "Hydra's database does not answer"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "plots" / "source"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def simulated() -> SimulatedHall:
    return SimulatedHall(demo.SEED, TYPES)


@pytest.fixture
def chosen(database_url: str) -> settings.Settings:
    return settings.load(database_url, "Demo")


@pytest.fixture
def ready(chosen: settings.Settings, source: Path) -> Iterator[Database]:
    """The simulated hall with its models; a monitor's silence is told soon."""
    database = upgraded(chosen.database_url)
    prepare(database, source)
    yield database
    database.close()


def prepare(database: Database, source: Path) -> None:
    demo.prepare(database, demo.SEED, source, TYPES)
    with database.write() as c:
        hall_id = halls.find(c, "Demo") or 0
        hall = halls.load(c, hall_id)
        halls.apply(c, hall_id, replace(hall, alarms=replace(hall.alarms, unanswered_after_s=2.0)), user="test")


@pytest.fixture
def watched(ready: Database) -> Iterator[None]:
    """A process beside the monitor that looks after the alarms, as every station has one."""
    with ready.read() as c:
        watch = AlarmWatch(ready, halls.find(c, "Demo") or 0, "control room", "test")
    stop = threading.Event()
    thread = threading.Thread(target=watch.run, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join()


class Works:
    """A monitor on a thread of its own."""

    def __init__(self, chosen: settings.Settings, source: Path) -> None:
        self.monitor = Monitor(chosen, source, rescan_s=1.0)
        self._thread = threading.Thread(target=self.monitor.run)

    def __enter__(self) -> Monitor:
        self._thread.start()
        return self.monitor

    def __exit__(self, *_: object) -> None:
        self.monitor.stop()
        self._thread.join()


def stands(kind: AlarmKind, *states: AlarmState) -> Callable[[Connection, int], Alarm | None]:
    """A condition: an alarm of a kind stands in one of these states."""
    return lambda c, hall_id: next(
        (one for one in alarms.open_alarms(c, hall_id) if one.kind is kind and one.state in states), None
    )


def over(kind: AlarmKind) -> Callable[[Connection, int], bool]:
    """A condition: no alarm of a kind is open any more."""
    return lambda c, hall_id: all(one.kind is not kind for one in alarms.open_alarms(c, hall_id))


def judged(plots: int) -> Callable[[Connection, int], bool]:
    """A condition: so many plots are judged."""
    return lambda c, hall_id: verdicts.count(c, hall_id) == plots


def take(database: Database, kind: AlarmKind) -> Alarm:
    with database.read() as c:
        hall_id = halls.find(c, "Demo") or 0
        (alarm,) = (one for one in alarms.open_alarms(c, hall_id) if one.kind is kind)
    return alarm_service.acknowledge(database, hall_id, alarm.id, who=ANN)


def test_a_monitor_that_is_killed(
    chosen: settings.Settings, source: Path, simulated: SimulatedHall, ready: Database, watched: None
) -> None:
    process = monitor_process.start(chosen, source)
    again = None
    try:
        simulated.write_next_chunk(source.parent)
        wait_for(ready, "Demo", judged(TYPES))
        process.kill()
        process.wait()
        simulated.write_next_chunk(source.parent)
        wait_for(ready, "Demo", stands(AlarmKind.MONITOR, AlarmState.UNACKNOWLEDGED))
        assert "no sign of life" in take(ready, AlarmKind.MONITOR).facts
        again = monitor_process.start(chosen, source)
        wait_for(ready, "Demo", over(AlarmKind.MONITOR))
        wait_for(ready, "Demo", judged(2 * TYPES))
    finally:
        for one in (process, again):
            if one is not None:
                one.terminate()
                one.wait()


def test_a_folder_that_vanishes(
    chosen: settings.Settings,
    source: Path,
    simulated: SimulatedHall,
    ready: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(monitor_module, "GONE_AFTER_S", 0.2)
    with Works(chosen, source):
        simulated.write_next_chunk(source.parent)
        wait_for(ready, "Demo", judged(TYPES))
        away = source.with_name("away")
        source.rename(away)
        wait_for(ready, "Demo", stands(AlarmKind.SOURCE, AlarmState.UNACKNOWLEDGED))
        assert str(source) in take(ready, AlarmKind.SOURCE).facts
        source.mkdir()
        simulated.write_next_chunk(source.parent)  # what came meanwhile
        for run in source.rglob("*.png"):
            kept = away / run.relative_to(source)
            kept.parent.mkdir(parents=True, exist_ok=True)
            run.rename(kept)
        shutil.rmtree(source)
        away.rename(source)
        wait_for(ready, "Demo", over(AlarmKind.SOURCE))
        wait_for(ready, "Demo", judged(2 * TYPES))


def test_a_monitor_that_starts_without_its_folder_says_so(
    chosen: settings.Settings, source: Path, ready: Database
) -> None:
    away = source.with_name("away")
    source.rename(away)
    with Works(chosen, source):
        wait_for(ready, "Demo", stands(AlarmKind.SOURCE, AlarmState.UNACKNOWLEDGED))
        away.rename(source)
        take(ready, AlarmKind.SOURCE)
        wait_for(ready, "Demo", over(AlarmKind.SOURCE))


def _small_disk(folder: Path, size: str, *more: str) -> bool:
    """Make a folder a disk of its own; False where that isn't allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ",".join((f"size={size}", *more))
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, check=False
    )
    return done.returncode == 0


@pytest.fixture
def small_disk(chosen: settings.Settings) -> Iterator[Path]:
    if os.geteuid() != 0 or not _small_disk(chosen.image_folder, "64k"):
        pytest.skip("to make a disk that fills up one must be root and allowed to mount")
    yield chosen.image_folder
    subprocess.run(["umount", "-l", str(chosen.image_folder)], check=True)


def test_a_disk_that_fills(
    chosen: settings.Settings, source: Path, simulated: SimulatedHall, ready: Database, small_disk: Path
) -> None:
    with Works(chosen, source):
        (small_disk / "other").write_bytes(b"x" * 64_000)  # somebody else's
        simulated.write_next_chunk(source.parent)
        wait_for(ready, "Demo", _full)
        assert "can't be written" in take(ready, AlarmKind.STORAGE).facts
        assert _small_disk(small_disk, "64m", "remount")
        wait_for(ready, "Demo", over(AlarmKind.STORAGE))
        wait_for(ready, "Demo", judged(TYPES))


def _full(c: Connection, hall_id: int) -> Any:
    found = stands(AlarmKind.STORAGE, AlarmState.UNACKNOWLEDGED)(c, hall_id)
    return found is not None and found.severity.word == "high"


@pytest.mark.skipif(programs() is None, reason="PostgreSQL isn't installed here")
@pytest.mark.parametrize(
    "away_s", [0.0, pytest.param(300.0, marks=[pytest.mark.soak, pytest.mark.timeout(900)])], ids=["short", "5 minutes"]
)
def test_a_database_that_stops_is_heard_and_loses_no_plot_and_no_alarm(
    home: Path, source: Path, simulated: SimulatedHall, away_s: float
) -> None:
    server = PostgresServer()
    try:
        chosen = settings.load(server.new_database(), "Demo")
        ready = upgraded(chosen.database_url)
        prepare(ready, source)
        with Works(chosen, source), contextlib.closing(_siren(chosen)) as siren:
            simulated.write_next_chunk(source.parent)
            wait_for(ready, "Demo", judged(TYPES))
            with ready.write() as c:
                hall_id = halls.find(c, "Demo") or 0
                kept = alarms.raise_alarm(
                    c, hall_id, plot_type=next(iter(halls.load(c, hall_id).plot_types)), label="Bad",
                    severity=Severity.LOW, at=clock.now(c), station="test", why="test",
                )  # fmt: skip
                feed.publish(c, hall_id, "alarm", kept.id)
            siren.until(lambda said: said["sounds"] and AWAY not in said["troubles"])
            server.stop()
            with pytest.raises(DatabaseError), ready.read() as c:
                halls.names(c)
            simulated.write_next_chunk(source.parent)
            siren.until(lambda said: AWAY in said["troubles"])
            assert "system" in siren.state["sounds"]
            threading.Event().wait(away_s)
            server.start()
            siren.until(lambda said: AWAY not in said["troubles"], within_s=60.0)
            wait_for(ready, "Demo", judged(2 * TYPES))
            with ready.read() as c:
                log = alarms.log(c, kept.id)
                found = alarms.get(c, kept.id)
            assert log[0].state is AlarmState.UNACKNOWLEDGED
            assert found.state in TO_TAKE
        ready.close()
    finally:
        server.close()


def _siren(chosen: settings.Settings) -> SirenProcess:
    """The siren of a station without sound, which says what would be heard."""
    folder = chosen.home / "station"
    folder.mkdir(parents=True)
    return SirenProcess(chosen.database_url, environment(folder), hall="Demo")
