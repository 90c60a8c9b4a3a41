"""When a hall needs a monitor."""

from __future__ import annotations

import os

from hydra_desktop.database import halls, heartbeats
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.hall import Hall
from hydra_desktop.services import monitor_process


def hall_with(database: Database, folder: str) -> int:
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
        halls.apply(c, hall_id, Hall("D", folder), user="test")
        return hall_id


def test_a_hall_without_a_folder_needs_none(database: Database) -> None:
    assert not monitor_process.is_needed(database, hall_with(database, ""), "here")


def test_one_that_lives_is_enough_and_one_that_was_killed_is_not(database: Database) -> None:
    hall_id = hall_with(database, "/plots")
    assert monitor_process.is_needed(database, hall_id, "here")
    with database.write() as c:
        heartbeats.beat(c, hall_id, "monitor", "here", os.getpid())
    assert not monitor_process.is_needed(database, hall_id, "here")
    with database.write() as c:
        heartbeats.beat(c, hall_id, "monitor", "here", 2**22 + 1)  # no system has a process of that number
    assert monitor_process.is_needed(database, hall_id, "here")
    assert not monitor_process.is_needed(database, hall_id, "another station")
