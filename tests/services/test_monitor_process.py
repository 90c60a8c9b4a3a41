"""When a hall needs a monitor."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from hydra_desktop import settings
from hydra_desktop.database import halls, heartbeats, leases
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.errors import SettingsError
from hydra_desktop.domain.hall import Hall
from hydra_desktop.services import monitor_process
from tests.fakes.upgraded import upgraded


def hall_with(database: Database, folder: str) -> int:
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
        halls.apply(c, hall_id, Hall("D", folder), user="test")
        return hall_id


def lease(database: Database, hall_id: int, folder: Path, holder: str) -> None:
    with database.write() as c:
        former = leases.holder(c, hall_id, str(folder))
        if former is not None:
            leases.release(c, hall_id, str(folder), former[1])
        assert leases.acquire(c, hall_id, str(folder), holder, 60.0)


def test_a_hall_without_a_folder_needs_none(database: Database) -> None:
    assert not monitor_process.is_needed(database, hall_with(database, ""), "here")


def test_one_that_lives_is_enough_and_one_that_was_killed_is_not(database: Database, tmp_path: Path) -> None:
    hall_id = hall_with(database, str(tmp_path))
    assert monitor_process.is_needed(database, hall_id, "here")
    lease(database, hall_id, tmp_path, f"here:{os.getpid()}")
    assert not monitor_process.is_needed(database, hall_id, "here")
    lease(database, hall_id, tmp_path, f"here:{2**22 + 1}")  # no system has a process of that number
    assert monitor_process.is_needed(database, hall_id, "here")
    assert not monitor_process.is_needed(database, hall_id, "another station")


def test_one_of_another_folder_is_not_enough(database: Database, tmp_path: Path) -> None:
    hall_id = hall_with(database, str(tmp_path))
    lease(database, hall_id, tmp_path / "another", f"here:{os.getpid()}")
    with database.write() as c:
        heartbeats.beat(c, hall_id, "monitor", "here", os.getpid())
    assert monitor_process.is_needed(database, hall_id, "here")


def test_where_the_folder_is_not_none_is_started_and_it_is_said_unless_another_station_watches_it(
    database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "plots"
    hall_id = hall_with(database, str(folder))
    with pytest.raises(SettingsError, match="plots isn't on this station"):
        monitor_process.is_needed(database, hall_id, "here")
    lease(database, hall_id, folder, "another station:1")
    assert not monitor_process.is_needed(database, hall_id, "here")


def test_a_folder_of_the_settings_has_their_name_on_every_station(tmp_path: Path) -> None:
    disk, other = tmp_path / "disk", tmp_path / "other"
    for folder in (disk, other):
        folder.mkdir()
    (tmp_path / "plots").symlink_to(disk)
    hall = Hall("D", str(tmp_path / "plots"))
    assert monitor_process.source_name(hall, tmp_path / "plots") == str(tmp_path / "plots")
    assert monitor_process.source_name(hall, disk) == str(tmp_path / "plots")
    assert monitor_process.source_name(hall, other) == str(other)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # both kinds would show the same
def test_one_that_ends_with_an_error_is_told_and_tried_ever_later(database: Database, database_url: str) -> None:
    clock = [0.0]
    keeper = monitor_process.Keeper(settings.load(database_url, "D"), clock=lambda: clock[0])
    for wait_s in (3.0, 6.0):
        assert keeper.may_start()
        assert keeper.trouble == "" or wait_s > 3.0
        keeper.start()
        assert not keeper.may_start()
        assert keeper.process is not None
        assert keeper.process.wait(60) == 1  # the hall names no folder
        assert not keeper.may_start()
        assert "source.folder" in keeper.trouble
        clock[0] += wait_s - 0.1
        assert not keeper.may_start()
        clock[0] += 0.2
    keeper.start()
    clock[0] += 3600
    assert keeper.process.wait(60) == 1
    assert not keeper.may_start()
    clock[0] += 3.1
    assert keeper.may_start()  # it had lived for long


def test_one_that_was_asked_to_end_leaves_no_word(database_url: str, tmp_path: Path) -> None:
    database = upgraded(database_url)  # before the monitor, which makes no shared one
    keeper = monitor_process.Keeper(settings.load(database_url, "D"))
    keeper.start(tmp_path)
    assert keeper.process is not None
    hall_id = 0
    deadline = time.monotonic() + 60
    while not hall_id and time.monotonic() < deadline:
        with database.read() as c:
            found = halls.find(c, "D")
            hall_id = found if found and heartbeats.newest(c, found, "monitor") else 0
    database.close()
    keeper.process.terminate()
    assert keeper.process.wait(60) == 0
    assert keeper.may_start()
    assert keeper.trouble == ""


def test_a_log_that_got_too_long_is_put_aside_at_the_next_start(tmp_path: Path, home: Path) -> None:
    keeper = monitor_process.Keeper(settings.load(f"sqlite:///{tmp_path / 'hydra.db'}", "D"))
    log, aside = home / "monitor.log", home / "monitor.log.1"
    for before in (b"older ", b"newer "):
        log.write_bytes(before * (monitor_process.LOG_BYTES // len(before) + 1))
        keeper.start()
        assert keeper.process is not None
        assert keeper.process.wait(60) == 1  # the hall names no folder
        assert not log.read_bytes().startswith(before)
        assert aside.read_bytes().startswith(before)
        keeper.may_start()
        assert "source.folder" in keeper.trouble  # which is its last line
    keeper.start()
    assert keeper.process is not None
    assert keeper.process.wait(60) == 1
    assert log.read_bytes().count(b"source.folder") == 2  # a short one is gone on with
    assert sorted(path.name for path in home.glob("monitor.log*")) == ["monitor.log", "monitor.log.1"]
