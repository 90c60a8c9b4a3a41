"""The whole program on a screen of its own: from its start to a model that is live and back, by keyboard only."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hydra_desktop.database import activations
from hydra_desktop.database.connection import Database
from hydra_desktop.services import library
from tests.conftest import wait_for
from tests.fakes import library_hall
from tests.fakes.library_hall import HALL
from tests.fakes.upgraded import upgraded
from tests.test_whole_program import LIMIT_S, Person, display, pytestmark  # noqa: F401

TYPE = "CDC_occupancy"


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    opened = upgraded(f"sqlite:///{home / 'hydra.db'}")
    yield opened
    opened.close()


@pytest.fixture
def models(database: Database) -> list[int]:
    hall_id = library_hall.fill(database, (TYPE,))
    made = [library_hall.add(database, hall_id, TYPE) for _ in range(2)]
    library.activate(database, HALL, made[0], user="ann")
    return made


@pytest.fixture
def program(home: Path, display: str, models: list[int]) -> Iterator[subprocess.Popen[bytes]]:  # noqa: F811
    environment = {key: value for key, value in os.environ.items() if key != "QT_QPA_PLATFORM"}
    environment |= {"DISPLAY": display, "PYTHONPATH": str(Path(__file__).parents[1]), "HYDRA_HALL": HALL}
    started = subprocess.Popen(
        [sys.executable, "-m", "hydra_desktop.cli"], env=environment, cwd=home, stderr=subprocess.DEVNULL
    )
    yield started
    started.kill()
    started.wait()


def test_a_model_goes_live_and_back_by_keyboard_only(
    display: str,  # noqa: F811
    database: Database,
    models: list[int],
    program: subprocess.Popen[bytes],
) -> None:
    person = Person(display)
    person.do("windowfocus", "--sync", person.find_window())
    person.keys("ctrl+4")

    def is_live(model_id: int, key: str):
        def so(c, hall_id: int) -> bool:
            if activations.active_ids(c, hall_id)[TYPE] == model_id:
                return True
            person.keys(key)  # again, where the library wasn't read yet
            return False

        return so

    wait_for(database, HALL, is_live(models[1], "ctrl+Return"), LIMIT_S)
    wait_for(database, HALL, is_live(models[0], "b"), LIMIT_S)
    with database.read() as c:
        assert [one.model_id for one in activations.history(c, 1, TYPE)] == [models[0], models[1], models[0]]
    person.keys("ctrl+q")
    assert program.wait(LIMIT_S) == 0
