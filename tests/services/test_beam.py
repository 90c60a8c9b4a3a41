"""The run as a beam file tells it, on a real database."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hydra_desktop.database import feed, halls
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.alarm_settings import NO_BEAM, SuppressionRule
from hydra_desktop.domain.run import BeamSource, RunState
from hydra_desktop.services.beam import AWAY_S, COUNT_EVERY_S, OLD_S, BeamFollower


@pytest.fixture
def hall_id(database: Database) -> int:
    with database.write() as c:
        return halls.find_or_create(c, "D")


def follow(database: Database, follower: BeamFollower, path: Path, hall_id: int, **told: object) -> RunState:
    path.write_text(json.dumps(told))
    with database.write() as c:
        follower.store(c, follower.read(str(path)))
    with database.read() as c:
        return halls.run_state(c, hall_id)


def changes(database: Database, hall_id: int) -> int:
    with database.read() as c:
        return sum(one.kind == "run" for one in feed.read_after(c, hall_id, 0))


def test_state_and_events_are_stored_and_a_run_begins_with_its_number(
    database: Database, hall_id: int, tmp_path: Path
) -> None:
    follower, path = BeamFollower(hall_id, names_run=True), tmp_path / "beam.json"
    first = follow(database, follower, path, hall_id, run_number=7, state="configuring", events=0)
    assert (first.run_number, first.state, first.events) == (7, "configuring", 0)
    assert first.began_at is not None
    running = follow(database, follower, path, hall_id, run_number=7, state="running", events=5)
    assert (running.state, running.events, running.began_at) == ("running", 5, first.began_at)
    second = follow(database, follower, path, hall_id, run_number=8, state="running", events=0)
    assert second.began_at is not None
    assert second.began_at > first.began_at
    rule = SuppressionRule("start", first_s=60.0, entries_below=100)
    assert rule.why(second, second.began_at) == "run 8 has just begun"


def test_events_alone_are_told_now_and_then(database: Database, hall_id: int, tmp_path: Path) -> None:
    follower, path = BeamFollower(hall_id, names_run=True), tmp_path / "beam.json"
    follow(database, follower, path, hall_id, run_number=7, events=0)
    for events in (10, 20, 30):
        assert follow(database, follower, path, hall_id, run_number=7, events=events).events == 0
    assert changes(database, hall_id) == 1
    follower._counted_at -= COUNT_EVERY_S  # as if so much time had passed
    assert follow(database, follower, path, hall_id, run_number=7, events=40).events == 40
    assert follow(database, follower, path, hall_id, run_number=7, events=50, beam_on=False).events == 50


def test_an_old_file_says_nothing_of_the_run(database: Database, hall_id: int, tmp_path: Path) -> None:
    follower, path = BeamFollower(hall_id, names_run=True), tmp_path / "beam.json"
    path.write_text(json.dumps({"run_number": 7, "state": "configuring", "events": 3, "beam_on": True}))
    old = path.stat().st_mtime - OLD_S - 60
    os.utime(path, (old, old))
    with database.write() as c:
        follower.store(c, follower.read(str(path)))
    with database.read() as c:
        state = halls.run_state(c, hall_id)
    assert (state.run_number, state.state, state.events, state.beam_on) == (None, "", None, True)
    assert "hasn't been written since" in follower.trouble


@pytest.mark.parametrize("how", ["old", "gone", "no object", "no file is set"])
def test_a_file_that_says_off_and_dies_holds_no_alarm_back(
    database: Database, hall_id: int, tmp_path: Path, how: str
) -> None:
    follower, path = BeamFollower(hall_id, names_run=True), tmp_path / "beam.json"
    off = follow(database, follower, path, hall_id, run_number=7, beam_on=False, beam_current_nA=0.5)
    assert NO_BEAM.why(off, datetime.now(UTC)) == "the beam is off"
    if how == "old":
        old = path.stat().st_mtime - OLD_S - 60
        os.utime(path, (old, old))
    elif how == "gone":
        path.unlink()
        follower._read_at -= AWAY_S + 1  # as if so much time had passed
    elif how == "no object":
        path.write_text("[]")
    with database.write() as c:
        follower.store(c, follower.read("" if how == "no file is set" else str(path)))
    with database.read() as c:
        now = halls.run_state(c, hall_id)
    assert (now.beam_on, now.beam_current_na) == (None, None)
    assert NO_BEAM.why(now, datetime.now(UTC)) == ""
    assert how == "no file is set" or "no alarm is held back" in follower.trouble


def test_a_switch_stands_when_the_file_dies(database: Database, hall_id: int, tmp_path: Path) -> None:
    follower, path = BeamFollower(hall_id, names_run=True), tmp_path / "beam.json"
    with database.write() as c:
        halls.set_run_state(c, hall_id, RunState(7, beam_on=False, source=BeamSource.SWITCH))
        path.write_text("[]")
        follower.store(c, follower.read(str(path)))
        assert halls.run_state(c, hall_id).beam_on is False
