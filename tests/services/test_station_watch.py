"""A station looks after the alarms of all halls that it follows."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from hydra_desktop.database import alarms, clock, connection, halls
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database, open_database
from hydra_desktop.domain.alarm import AlarmKind, AlarmState
from hydra_desktop.domain.label import Severity
from hydra_desktop.services.alarm_watch import AlarmWatch
from hydra_desktop.services.station_watch import StationWatch
from hydra_desktop.settings import Settings
from tests.conftest import wait_for


def test_a_hall_that_cannot_be_looked_after_leaves_the_others_alone(
    database: Database, database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with database.write() as c:
        broken, sound = (halls.find_or_create(c, name) for name in ("Broken", "Sound"))
        c.execute(t.halls.update().where(t.halls.c.id == broken).values(alarm_settings={"rules": 3}))
        alarm = alarms.raise_alarm(
            c, sound, kind=AlarmKind.SOURCE, label="Source gone", severity=Severity.HIGH, at=clock.now(c),
            station="server", why="it is gone",
        )  # fmt: skip
        now = clock.now(c)
        over = alarm.life.shelved(now - timedelta(seconds=1))
        alarms.move(c, alarm, over, at=now, who="ann", station="desk", why="")
    stop = threading.Event()
    watch = StationWatch(Settings(database_url, "Sound", tmp_path, "here", "ann"), lambda: ("Broken", "Sound"))
    thread = threading.Thread(target=watch.run, args=(stop,))
    thread.start()
    try:
        wait_for(
            database, "Sound",
            lambda c, hall_id: alarms.open_alarms(c, hall_id)[0].state is AlarmState.UNACKNOWLEDGED, 20.0,
        )  # fmt: skip
    finally:
        stop.set()
        thread.join()
    assert "Alarms of Broken can't be looked after" in caplog.text


def test_who_is_in_the_way_of_one_look_takes_no_watch_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="hydra_desktop.services.station_watch")
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_MS", 1)
    url = f"sqlite:///{tmp_path / 'hydra.db'}"
    other, database = open_database(url, upgrade=True), open_database(url)
    with other.write() as c:
        for name in ("One", "Two"):
            halls.find_or_create(c, name)
    watch = StationWatch(Settings(url, "One", tmp_path, "here", "ann"), lambda: ("One", "Two"))
    watches: dict[str, AlarmWatch] = {}
    watch._look(database, watches)
    before = dict(watches)
    with other.write():
        watch._look(database, watches)
    watch._look(database, watches)
    assert watches == before
    assert [one.message.split(":")[0] for one in caplog.records] == [
        f"The alarms of {name} are looked after in a moment" for name in ("One", "Two")
    ]
    database.close()
    other.close()
