"""The whole program on a screen of its own: an alarm comes and is taken, told of, shelved and back, by keys only."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from hydra_desktop.database import alarms, contests, feed
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.alarm import Alarm, AlarmState, Disposition
from tests.conftest import wait_for
from tests.fakes.raised_hall import HALL, TYPES, RaisedHall
from tests.fakes.upgraded import upgraded
from tests.test_whole_program import LIMIT_S, display, pytestmark  # noqa: F401
from tests.test_whole_training import Expert


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    opened = upgraded(f"sqlite:///{home / 'hydra.db'}")
    yield opened
    opened.close()


@pytest.fixture
def site(home: Path, database: Database) -> RaisedHall:
    return RaisedHall.made(database, home / "images")


@pytest.fixture
def program(home: Path, display: str, site: RaisedHall) -> Iterator[subprocess.Popen[bytes]]:  # noqa: F811
    environment = {key: value for key, value in os.environ.items() if key != "QT_QPA_PLATFORM"}
    environment |= {"DISPLAY": display, "PYTHONPATH": str(Path(__file__).parents[1]), "HYDRA_HALL": HALL}
    started = subprocess.Popen(
        [sys.executable, "-m", "hydra_desktop.cli"], env=environment, cwd=home, stderr=subprocess.DEVNULL
    )
    yield started
    started.terminate()
    started.wait()


@pytest.fixture
def shifter(display: str, program: subprocess.Popen[bytes]) -> Expert:  # noqa: F811
    person = Expert(display)
    person.do("windowfocus", "--sync", person.find_window())
    return person


class Watched:
    """One alarm of the hall, as the database has it."""

    def __init__(self, database: Database, shifter: Expert, alarm: Alarm) -> None:
        self._database, self._shifter, self._id = database, shifter, alarm.id

    def becomes(self, so: Callable[[Alarm], bool], *again: str) -> Alarm:
        """Wait until the alarm is so; `again` are keys to press again where the screen didn't show it yet."""
        found: list[Alarm] = []

        def look(c: Connection, _hall_id: int) -> bool:
            found[:] = [alarms.get(c, self._id)]
            if not so(found[0]) and again:
                self._shifter.keys(*again)
            return so(found[0])

        wait_for(self._database, HALL, look, LIMIT_S)
        return found[0]


def test_an_alarm_is_taken_told_of_shelved_and_back_by_keyboard_only(
    database: Database, site: RaisedHall, shifter: Expert
) -> None:
    raised = site.alarm(TYPES[0])
    with database.write() as c:
        feed.publish(c, site.id, "alarm", raised.id)
    alarm = Watched(database, shifter, raised)
    shifter.keys("ctrl+5")
    taken = alarm.becomes(lambda one: one.state is AlarmState.ACKNOWLEDGED, "a")
    assert taken.acknowledged_by
    shifter.keys("c")
    shifter.write("module 14: ask Eva (4417)")
    shifter.keys("Return")
    alarm.becomes(lambda one: one.comment == "module 14: ask Eva (4417)")
    assert shifter.ask("Shelve the alarm", "h")
    shifter.keys("1")
    shifter.write("while it is mended")
    shifter.keys("Return")
    shelved = alarm.becomes(lambda one: one.state is AlarmState.SHELVED)
    assert shelved.held_why == "while it is mended"
    assert shelved.held_until is not None
    assert 0 < (shelved.held_until - site.clock()).total_seconds() <= 300
    shifter.do("windowfocus", "--sync", shifter.find_window())  # as a window manager does
    back = alarm.becomes(lambda one: one.state is AlarmState.UNACKNOWLEDGED, "u")
    assert back.raised_at > raised.raised_at
    assert shifter.ask("What was it", "d")
    shifter.keys("3")
    alarm.becomes(lambda one: one.disposition is Disposition.WRONG_MODEL)
    wait_for(database, HALL, lambda c, _hall_id: contests.of_plot(c, raised.plot_id or 0), LIMIT_S)
    shifter.do("windowfocus", "--sync", shifter.find_window())
    shifter.keys("ctrl+1")
    alarm.becomes(lambda one: one.state is AlarmState.ACKNOWLEDGED, "a")  # on the wall
    said = [(step.state, step.why, step.comment) for step in site.log(raised.id)]
    assert [why for _, why, _ in said][:2] == ["Confirmed in 2 of 3 chunks", "acknowledged"]
    assert (AlarmState.ACKNOWLEDGED, "comment", "module 14: ask Eva (4417)") in said
    assert (AlarmState.SHELVED, "shelved for 5 min", "while it is mended") in said
    assert all(step.who for step in site.log(raised.id))
