"""A station lives for others as long as it would make a sound, and says since when it can't tell."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from hydra_desktop.database import canaries, halls
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database, open_database
from hydra_desktop.domain.errors import DatabaseError
from hydra_desktop.domain.station import StationRole
from hydra_desktop.services import stations as service
from hydra_desktop.services.stations import Standing, StationLife
from hydra_desktop.settings import Settings

AUDIBLE = Standing(("D",), StationRole.AUDIBLE, "this station is audible", True)


@pytest.fixture
def hall_id(database: Database) -> int:
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
        halls.ensure_plot_type(c, hall_id, "CDC")
    return hall_id


@pytest.fixture
def life(database: Database, tmp_path: Path) -> StationLife:
    url = database.engine.url.render_as_string(hide_password=False)
    return StationLife(Settings(url, "D", tmp_path, "here", "eva"), AUDIBLE)


def known(database: Database, hall_id: int) -> tuple[object, str | None]:
    """When the station gave its last sign of life, and where the canary was heard."""
    with database.read() as c:
        newest = canaries.newest(c, hall_id)
        heard_at = c.scalar(sa.select(t.stations.c.heard_at))
    return heard_at, newest.heard_by if newest is not None and newest.heard_by else None


def test_no_sign_of_life_and_no_canary_of_a_station_whose_sound_has_stopped(
    database: Database, hall_id: int, life: StationLife, monkeypatch: pytest.MonkeyPatch
) -> None:
    life.beat(database)
    with database.write() as c:
        sent = canaries.send(c, hall_id, "CDC", "0" * 64, "Bad")
        canaries.judged(c, hall_id, sent, said="Bad, Confirmed", found=True, confidence=0.9)
    before = known(database, hall_id)
    assert before[0] is not None
    monkeypatch.setattr(service, "STANDS_FOR_S", 0.0)
    life.beat(database)
    assert known(database, hall_id) == before
    assert life.untold_since_s is None  # it isn't the database that keeps it from telling
    monkeypatch.undo()
    life.stand(AUDIBLE)
    life.beat(database)
    assert known(database, hall_id)[1] == "here"


def test_since_when_the_database_takes_no_sign_of_life(tmp_path: Path) -> None:
    file = tmp_path / "hydra.db"
    database = open_database(f"sqlite:///{file}", upgrade=True)
    life = StationLife(Settings(f"sqlite:///{file}", "D", tmp_path, "here", "eva"), AUDIBLE)
    with database.read() as c:  # on the one connection, which is used again
        c.exec_driver_sql("PRAGMA busy_timeout = 0")
    life.beat(database)
    assert life.untold_since_s is None
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    since = []
    for _ in range(2):
        with pytest.raises(DatabaseError):
            life.beat(database)
        since.append(life.untold_since_s)
    assert since[0] is not None
    assert since[0] == since[1]
    other.close()
    life.beat(database)
    assert life.untold_since_s is None
    database.close()
