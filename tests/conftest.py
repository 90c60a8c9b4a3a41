"""What all tests share: no display, a home of their own, and real databases."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from hydra_desktop import paths
from hydra_desktop.database import halls
from hydra_desktop.database.connection import Database
from hydra_desktop.database.feed import ChangeWaiter
from tests.fakes.postgres_server import PostgresServer, programs
from tests.fakes.upgraded import upgraded

_CACHE = paths.cache()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long forms out unless they are asked for."""
    if "soak" in (config.option.markexpr or ""):
        return
    skip = pytest.mark.skip(reason="long form, run by make soak")
    for item in items:
        if "soak" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own; what is exported once stays in the shared cache."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "cache").symlink_to(_CACHE, target_is_directory=True)
    _CACHE.mkdir(parents=True, exist_ok=True)
    monkeypatch.setenv("HYDRA_HOME", str(folder))
    monkeypatch.setenv("HYDRA_ORPHAN_S", "5")  # no siren outlives a program that a test killed by much
    monkeypatch.delenv("HYDRA_DATABASE", raising=False)
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL server, stopped at the end."""
    if programs() is None:
        pytest.skip("PostgreSQL isn't installed here; .ci/run installs it")
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database without tables, of both kinds in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hydra.db'}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.new_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without rows, of both kinds in turn; an embedded one is still to be made."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'hydra.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    if server.emptied:
        url = server.emptied.pop()
    else:
        url = server.new_database()
        upgraded(url).close()
    yield url
    server.empty(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An upgraded database, of both kinds in turn."""
    opened = upgraded(database_url)
    yield opened
    opened.close()


def wait_for(
    database: Database, hall: str, condition: Callable[[Connection, int], object], timeout_s: float = 60.0
) -> None:
    """Wait until something is so in the database, looking at each change; `condition` is given the hall's id."""
    waiter, stop = ChangeWaiter(database), threading.Event()
    timer = threading.Timer(timeout_s, stop.set)
    timer.start()
    try:
        while not stop.is_set():
            waiter.wait(1.0, stop)
            with database.read() as c:
                if condition(c, halls.find(c, hall) or 0):
                    return
        pytest.fail("it never came")
    finally:
        timer.cancel()
        waiter.close()
