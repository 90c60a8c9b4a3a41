"""The program as its parts work together: what goes wrong reaches the person."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from hydra_desktop import settings
from hydra_desktop.app import Desktop
from hydra_desktop.database.connection import open_database
from hydra_desktop.domain.wall import MonitorHealth, WallSnapshot
from hydra_desktop.settings import Settings


@pytest.fixture
def chosen(home: Path) -> Settings:
    return settings.load(None, "D")


@pytest.fixture
def desktop(qtbot: QtBot, chosen: Settings) -> Iterator[Desktop]:
    database = open_database(chosen.database_url, upgrade=True)
    made = Desktop(chosen, database)
    qtbot.addWidget(made.window)
    made.window.show()
    yield made
    made.close()
    database.close()


def alive() -> WallSnapshot:
    return WallSnapshot("D", monitor=MonitorHealth(datetime.now(UTC)))


def test_an_alarm_that_could_not_be_taken_is_told_until_it_is_put_away(qtbot: QtBot, desktop: Desktop) -> None:
    told = desktop.wall._failures
    threads: list[threading.Thread] = []
    desktop.wall.show_snapshot(alive())
    desktop.background.run(lambda: 1 / 0, failure=lambda _why: threads.append(threading.current_thread()))
    desktop.wall.acknowledged.emit(99)
    qtbot.waitUntil(lambda: told.isVisible() and bool(threads))
    assert threads == [threading.main_thread()]
    assert "The alarm was not acknowledged." in told.message
    desktop.wall.show_snapshot(alive())
    assert told.isVisible()
    assert desktop.wall.header.headline(datetime.now(UTC)).title == "No plots yet"
    told.clicked.emit()
    desktop.wall.show_snapshot(alive())
    assert not told.isVisible()


def test_a_monitor_that_cannot_be_started_is_told_once(desktop: Desktop, chosen: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    desktop._settings = replace(chosen, home=tmp_path / "file")
    desktop._start_monitor_if(True)
    assert "The monitor can't be started" in desktop.wall._failures.message
    desktop.wall._failures.clicked.emit()
    desktop._start_monitor_if(True)
    assert not desktop.wall._failures.isVisible()
