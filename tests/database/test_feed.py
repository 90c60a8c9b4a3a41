"""The change feed: nobody who reads on from a position loses a change, and everybody is woken."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hydra_desktop.database import feed, halls
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.database.feed import ChangeWaiter
from hydra_desktop.domain.errors import DatabaseError
from tests.fakes import postgres_server
from tests.fakes.upgraded import upgraded

WRITERS, TRANSACTIONS = 5, 12
WORK = sa.text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows) SELECT count(*) FROM n")


@pytest.fixture
def hall_id(database: Database) -> int:
    with database.write() as c:
        return halls.find_or_create(c, "D")


@pytest.fixture
def waiter(database: Database) -> Iterator[ChangeWaiter]:
    opened = ChangeWaiter(database)
    yield opened
    opened.close()


def publish(database: Database, hall_id: int, subject_id: int) -> None:
    with database.write() as c:
        feed.publish(c, hall_id, "plots", subject_id)


def test_a_reader_beside_slow_commits_loses_nothing(database: Database, hall_id: int) -> None:
    subjects = range(WRITERS * TRANSACTIONS)
    draw = random.Random(5)
    rows = {subject: (draw.randrange(1, 9000), draw.randrange(1, 9000)) for subject in subjects}
    mine = threading.local()

    def be_slow(c: sa.Connection) -> None:
        if (after := getattr(mine, "rows", 0)) > 0:
            c.execute(WORK, {"rows": after})  # the positions are given, and the commits would come in any order

    def write(first: int) -> None:
        for subject in range(first, first + TRANSACTIONS):
            before, mine.rows = rows[subject]
            with database.write() as c:
                c.execute(WORK, {"rows": before})
                feed.publish(c, hall_id, "plots", subject)

    sa.event.listen(database.engine, "commit", be_slow)
    writers = [threading.Thread(target=write, args=(number * TRANSACTIONS,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    seen: list[feed.Change] = []
    running = True
    while running:
        running = any(writer.is_alive() for writer in writers)
        with database.read() as c:
            seen += feed.read_after(c, hall_id, seen[-1].position if seen else 0, limit=7)
    with database.read() as c:
        seen += feed.read_after(c, hall_id, seen[-1].position)
        assert seen == feed.read_after(c, hall_id, 0)
    assert sorted(change.subject_id or 0 for change in seen) == list(subjects)


def test_a_quick_commit_waits_for_the_position_before_it(database: Database, hall_id: int) -> None:
    if database.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    commits: queue.Queue[bool] = queue.Queue()
    may_commit = threading.Event()

    def hold(_: sa.Connection) -> None:
        if threading.current_thread() is slow:
            commits.put(True)
            assert may_commit.wait(20)

    slow = threading.Thread(target=publish, args=(database, hall_id, 1))
    quick = threading.Thread(target=publish, args=(database, hall_id, 2))
    sa.event.listen(database.engine, "commit", hold)
    slow.start()
    try:
        assert commits.get(timeout=20)
        quick.start()
        waits = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        deadline = time.monotonic() + 10
        blocked = False
        while quick.is_alive() and not blocked and time.monotonic() < deadline:
            with database.read() as c:
                blocked = bool(c.scalar(waits))
        with database.read() as c:
            assert feed.read_after(c, hall_id, 0) == []
    finally:
        may_commit.set()
        for thread in (slow, quick):
            thread.join()
    with database.read() as c:
        assert [change.subject_id for change in feed.read_after(c, hall_id, 0)] == [1, 2]


def test_publishers_never_wait_for_each_other_in_a_circle(database: Database, hall_id: int) -> None:
    if database.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    changed: queue.Queue[bool] = queue.Queue()

    def acknowledge() -> None:
        with database.write() as c:
            c.execute(t.halls.update().values(beam_file="a"))
            changed.put(True)
            feed.publish(c, hall_id, "alarm", 1)

    person = threading.Thread(target=acknowledge)
    with database.write() as c:  # the monitor, with two alarms in one batch
        feed.publish(c, hall_id, "alarm", 2)
        person.start()
        assert changed.get(timeout=20)
        c.execute(t.halls.update().values(beam_file="b"))
    person.join()
    with database.read() as c:
        assert [change.subject_id for change in feed.read_after(c, hall_id, 0)] == [1, 2]


def test_halls_have_feeds_of_their_own(database: Database, hall_id: int) -> None:
    with database.write() as c:
        other = halls.find_or_create(c, "B")
    publish(database, hall_id, 1)
    publish(database, other, 2)
    with database.read() as c:
        assert [change.subject_id for change in feed.read_after(c, other, 0)] == [2]
        assert feed.position(c, other) > feed.position(c, hall_id) > 0


def test_a_transaction_that_fails_tells_nothing(database: Database, hall_id: int) -> None:
    def fail() -> None:
        with database.write() as c:
            feed.publish(c, hall_id, "plots", 1)
            raise ZeroDivisionError

    pytest.raises(ZeroDivisionError, fail)
    publish(database, hall_id, 2)
    with database.read() as c:
        assert [change.subject_id for change in feed.read_after(c, hall_id, 0)] == [2]


def test_a_commit_wakes_the_waiter(database: Database, hall_id: int, waiter: ChangeWaiter) -> None:
    stop = threading.Event()
    assert waiter.wait(20, stop)  # the first call says: look
    assert not waiter.wait(0.1, stop)
    woken: queue.Queue[tuple[bool, float]] = queue.Queue()
    for _ in range(3):
        thread = threading.Thread(target=lambda: woken.put((waiter.wait(20, stop), time.monotonic())))
        thread.start()
        publish(database, hall_id, 1)
        committed = time.monotonic()
        new, at = woken.get(timeout=20)
        thread.join()
        assert new
        assert at - committed < 2
        assert not waiter.wait(0.1, stop)


def test_the_stop_flag_ends_waiting(database: Database, waiter: ChangeWaiter) -> None:
    stop = threading.Event()
    assert waiter.wait(20, stop)
    said: queue.Queue[bool] = queue.Queue()
    thread = threading.Thread(target=lambda: said.put(waiter.wait(60, stop)))
    thread.start()
    stop.set()
    assert said.get(timeout=2) is False
    thread.join()


def test_a_waiter_that_was_closed_connects_anew(database: Database, waiter: ChangeWaiter) -> None:
    stop = threading.Event()
    assert waiter.wait(20, stop)
    waiter.close()
    assert waiter.wait(20, stop)


def test_pruning_forgets_the_old_and_gives_no_position_twice(database: Database, hall_id: int) -> None:
    for subject in range(3):
        publish(database, hall_id, subject)
    with database.write() as c:
        last = feed.position(c, hall_id)
        assert feed.prune(c, datetime.now(UTC) - timedelta(hours=1)) == 0
        assert feed.prune(c, datetime.now(UTC) + timedelta(seconds=1)) == 3
        assert feed.read_after(c, hall_id, 0) == []
    publish(database, hall_id, 3)
    with database.read() as c:
        (change,) = feed.read_after(c, hall_id, last)
    assert change.subject_id == 3
    assert change.position > last


def test_the_same_change_is_told_once_a_transaction(database: Database, hall_id: int) -> None:
    with database.write() as c:
        for subject in (1, 2, 1, 2):
            feed.publish(c, hall_id, "alarm", subject)
    with database.read() as c:
        assert [one.subject_id for one in feed.read_after(c, hall_id, 0)] == [1, 2]


def test_who_only_reads_tells_nothing(database: Database, hall_id: int) -> None:
    with database.read() as c, pytest.raises(RuntimeError, match="write"):
        feed.publish(c, hall_id, "plots", 1)


def test_a_server_that_went_away_is_told_and_the_next_wait_works_again() -> None:
    if postgres_server.programs() is None:
        pytest.skip("PostgreSQL isn't installed here; .ci/run installs it")
    server = postgres_server.PostgresServer()
    try:
        database = upgraded(server.new_database())
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
        publish(database, hall_id, 1)
        assert waiter.wait(5.0, stop)
        waiter.close()
        database.close()
    finally:
        server.close()


def test_a_file_that_is_no_database_any_more_is_told(tmp_path: Path) -> None:
    path = tmp_path / "hydra.db"
    database = upgraded(f"sqlite:///{path}")
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
