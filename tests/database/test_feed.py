"""The change feed: in the order of commits, nothing lost, and whoever waits is woken."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hydra_desktop.database import alarms, feed, halls
from hydra_desktop.database.connection import open_database
from hydra_desktop.database.feed import ChangeWaiter
from hydra_desktop.domain.alarm import AlarmState
from hydra_desktop.domain.errors import DatabaseError
from hydra_desktop.domain.label import Severity
from tests.fakes.postgres_server import PostgresServer

from .conftest import START, Site


def _publish(site: Site, subject_id: int) -> None:
    with site.database.write() as c:
        feed.publish(c, site.hall_id, "plots", subject_id)


def test_changes_are_read_after_a_position(site: Site) -> None:
    with site.database.read() as c:
        assert feed.position(c, site.hall_id) == 0
    for subject in (7, 8, 9):
        _publish(site, subject)
    with site.database.read() as c:
        changes = feed.read_after(c, site.hall_id, 0)
        assert [(one.kind, one.subject_id) for one in changes] == [("plots", 7), ("plots", 8), ("plots", 9)]
        assert feed.position(c, site.hall_id) == changes[-1].position
        assert feed.read_after(c, site.hall_id, changes[1].position) == changes[2:]
        assert feed.read_after(c, site.hall_id, 0, limit=2) == changes[:2]


def test_a_hall_hears_nothing_of_another(site: Site) -> None:
    with site.database.write() as c:
        other = halls.find_or_create(c, "B")
        feed.publish(c, other, "news", None)
    with site.database.read() as c:
        assert feed.position(c, site.hall_id) == 0
        assert len(feed.read_after(c, other, 0)) == 1


def test_the_same_change_is_told_once_a_transaction(site: Site) -> None:
    with site.database.write() as c:
        for subject in (1, 2, 1, 2):
            feed.publish(c, site.hall_id, "alarm", subject)
    with site.database.read() as c:
        assert [one.subject_id for one in feed.read_after(c, site.hall_id, 0)] == [1, 2]


def test_what_failed_is_told_to_nobody(site: Site) -> None:
    def fail() -> None:
        with site.database.write() as c:
            feed.publish(c, site.hall_id, "plots", 1)
            raise ZeroDivisionError

    pytest.raises(ZeroDivisionError, fail)
    _publish(site, 2)
    with site.database.read() as c:
        assert [one.subject_id for one in feed.read_after(c, site.hall_id, 0)] == [2]


def test_who_only_reads_tells_nothing(site: Site) -> None:
    with site.database.read() as c, pytest.raises(RuntimeError, match="write"):
        feed.publish(c, site.hall_id, "plots", 1)


def test_a_position_is_never_given_twice_even_after_pruning(site: Site) -> None:
    _publish(site, 1)
    with site.database.write() as c:
        before = feed.position(c, site.hall_id)
    with site.database.write() as c:
        assert feed.prune(c, datetime.now(UTC) + timedelta(hours=1)) == 1
    _publish(site, 2)
    with site.database.read() as c:
        (change,) = feed.read_after(c, site.hall_id, before)
        assert change.subject_id == 2


@pytest.mark.parametrize("writers", [6])
def test_a_reader_that_follows_loses_nothing_of_writers_that_commit_out_of_order(site: Site, writers: int) -> None:
    """Each writer works before and after it publishes, for a time that differs, so ids and commits cross."""
    each = 25
    start = threading.Barrier(writers + 1)
    running = threading.Event()
    running.set()

    def write(writer: int) -> None:
        start.wait(10)
        for number in range(each):
            with site.database.write() as c:
                feed.publish(c, site.hall_id, "plots", writer * each + number)
                if site.database.dialect == "postgresql":
                    c.execute(sa.select(sa.func.pg_sleep(((writer * 7 + number * 3) % 5) / 1000)))

    seen: list[int] = []

    def follow() -> None:
        position = 0
        start.wait(10)
        while True:
            last_look = not running.is_set()
            with site.database.read() as c:
                for change in feed.read_after(c, site.hall_id, position):
                    position = change.position
                    seen.append(change.subject_id or 0)
            if last_look:
                return

    threads = [threading.Thread(target=write, args=(n,)) for n in range(writers)]
    reader = threading.Thread(target=follow)
    for thread in [*threads, reader]:
        thread.start()
    for thread in threads:
        thread.join(30)
    running.clear()
    reader.join(30)
    assert sorted(seen) == list(range(writers * each))


def test_who_publishes_early_does_not_wait_in_a_circle(site: Site) -> None:
    """A monitor that published already and then moves an alarm, while a person acknowledges that very alarm."""
    with site.database.write() as c:
        plot = site.add(c)
        verdict_id = site.show(c, plot, site.add_model(c))
        alarm = alarms.raise_alarm(
            c, site.hall_id, plot_type="CDC_occupancy", pad="", label="Bad", severity=Severity.HIGH, plot_id=plot.id,
            verdict_id=verdict_id, confidence=0.9, at=START, station="s", why="2 of 3",
        )  # fmt: skip
    published, acknowledged = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def monitor() -> None:
        try:
            with site.database.write() as c:
                feed.publish(c, site.hall_id, "hall", None)
                published.set()
                acknowledged.wait(1.0 if site.database.dialect == "postgresql" else 0.0)
                alarms.change(
                    c, alarm, AlarmState.RETURNED_UNACKNOWLEDGED, at=START, who="m", station="s", why="Good again"
                )
        except BaseException as error:  # noqa: BLE001 shown below
            failures.append(error)

    thread = threading.Thread(target=monitor)
    thread.start()
    published.wait(10)
    with site.database.write() as c:
        alarms.change(c, alarm, AlarmState.ACKNOWLEDGED, at=START, who="eva", station="s", why="I look")
        acknowledged.set()
        feed.publish(c, site.hall_id, "alarm", alarm.id)
    thread.join(20)
    assert failures == []


def test_who_waits_is_woken_by_a_commit(site: Site) -> None:
    waiter, stop = ChangeWaiter(site.database), threading.Event()
    try:
        assert waiter.wait(5.0, stop)  # the first look is always worth it
        while waiter.wait(0.1, stop):
            pass
        woken: list[float] = []
        thread = threading.Thread(target=lambda: woken.append(time.monotonic() if waiter.wait(10.0, stop) else 0.0))
        thread.start()
        _publish(site, 1)
        committed = time.monotonic()
        thread.join(20)
        assert woken[0] - committed < 0.3
    finally:
        waiter.close()


def test_who_waits_hears_nothing_of_what_failed_and_goes_on_at_the_end_of_the_time(site: Site) -> None:
    waiter, stop = ChangeWaiter(site.database), threading.Event()
    try:
        while waiter.wait(0.1, stop):
            pass
        assert not waiter.wait(0.05, stop)
    finally:
        waiter.close()


def test_who_waits_stops_at_once(site: Site) -> None:
    waiter, stop = ChangeWaiter(site.database), threading.Event()
    try:
        while waiter.wait(0.1, stop):
            pass
        thread = threading.Thread(target=waiter.wait, args=(60.0, stop))
        thread.start()
        began = time.monotonic()
        stop.set()
        thread.join(20)
        assert time.monotonic() - began < 1.0
    finally:
        waiter.close()


def test_a_wait_of_a_server_that_went_away_says_so_and_the_next_works_again(
    together: Callable[..., list[Any]],
) -> None:
    from tests.fakes.postgres_server import programs

    if programs() is None:
        pytest.skip("PostgreSQL isn't installed here; .ci/run installs it")
    server = PostgresServer()
    try:
        database = open_database(server.new_database(), upgrade=True)
        waiter, stop = ChangeWaiter(database), threading.Event()
        assert waiter.wait(1.0, stop)
        server.stop()
        with pytest.raises(DatabaseError, match="doesn't answer"):
            waiter.wait(10.0, stop)
        with pytest.raises(DatabaseError, match="doesn't answer"), database.read() as c:
            c.scalar(sa.text("SELECT 1"))
        server.start()
        with database.write() as c:
            hall_id = halls.find_or_create(c, "D")
        assert waiter.wait(5.0, stop)
        with database.write() as c:
            feed.publish(c, hall_id, "news", None)
        assert waiter.wait(5.0, stop)
        waiter.close()
        database.close()
    finally:
        server.close()


def test_a_sqlite_file_that_is_no_database_any_more_says_so(tmp_path: Path) -> None:
    path = tmp_path / "hydra.db"
    database = open_database(f"sqlite:///{path}", upgrade=True)
    database.close()
    for leftover in tmp_path.iterdir():
        leftover.unlink()
    path.write_bytes(b"no database" * 1000)
    waiter = ChangeWaiter(database)
    with pytest.raises(DatabaseError, match="doesn't answer"):
        waiter.wait(1.0, threading.Event())
    with pytest.raises(DatabaseError, match="damaged"), database.read() as c:
        halls.names(c)
    database.close()
