"""The whole program on a screen of its own: from its start to a page of labels, and back, by keyboard only."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from tests.conftest import wait_for
from tests.fakes.desk_hall import HALL, fill
from tests.fakes.upgraded import upgraded
from tests.test_whole_program import LIMIT_S, Person, display, pytestmark  # noqa: F401

PLOTS = 60


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    opened = upgraded(f"sqlite:///{home / 'hydra.db'}")
    fill(opened, home / "images", PLOTS)
    yield opened
    opened.close()


@pytest.fixture
def program(home: Path, display: str, database: Database) -> Iterator[subprocess.Popen[bytes]]:  # noqa: F811
    environment = {key: value for key, value in os.environ.items() if key != "QT_QPA_PLATFORM"}
    environment |= {"DISPLAY": display, "PYTHONPATH": str(Path(__file__).parents[1]), "HYDRA_HALL": HALL}
    started = subprocess.Popen(
        [sys.executable, "-m", "hydra_desktop.cli"], env=environment, cwd=home, stderr=subprocess.DEVNULL
    )
    yield started
    started.kill()
    started.wait()


def given(c: Connection, *, accepted: bool) -> int:
    g = t.given_labels.c
    return c.scalar(sa.select(sa.func.count()).where(g.accepted == accepted, sa.not_(g.withdrawn))) or 0


def test_a_page_is_labelled_and_taken_back_by_keyboard_only(
    display: str,  # noqa: F811
    database: Database,
    program: subprocess.Popen[bytes],
) -> None:
    person = Person(display)
    person.do("windowfocus", "--sync", person.find_window())

    def correct(c: Connection, _hall_id: int) -> bool:
        if given(c, accepted=False):
            return True
        person.keys("ctrl+2", "n")  # again, where the window or the page wasn't there yet
        return False

    wait_for(database, HALL, correct, LIMIT_S)
    person.keys("Return")
    wait_for(database, HALL, lambda c, _hall_id: given(c, accepted=True) > 5, LIMIT_S)
    person.keys("BackSpace")
    wait_for(database, HALL, lambda c, _hall_id: given(c, accepted=True) == 0, LIMIT_S)
    with database.read() as c:
        assert given(c, accepted=False) >= 1
    person.keys("ctrl+q")
    assert program.wait(LIMIT_S) == 0
