"""The wall follows the database: what is stored is seen at once, and an outage is told and survived."""

from __future__ import annotations

import queue
import threading
from pathlib import Path

from hydra_desktop import settings
from hydra_desktop.database import halls
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.wall import WallSnapshot
from hydra_desktop.services import notices
from hydra_desktop.services.wall import WallFollower
from tests.fakes.postgres_server import PostgresServer
from tests.fakes.upgraded import upgraded


def follow(url: str) -> tuple[queue.Queue[WallSnapshot | str], threading.Event, threading.Thread]:
    seen: queue.Queue[WallSnapshot | str] = queue.Queue()
    stop = threading.Event()
    follower = WallFollower(settings.load(url, "D"))
    thread = threading.Thread(target=follower.follow, args=(stop, seen.put, seen.put))
    thread.start()
    return seen, stop, thread


def wait_for_news(seen: queue.Queue[WallSnapshot | str], text: str) -> WallSnapshot:
    while True:
        snapshot = seen.get(timeout=20)
        if isinstance(snapshot, WallSnapshot) and snapshot.news.text == text:
            return snapshot


def test_what_is_written_is_seen(database: Database, database_url: str) -> None:
    seen, stop, thread = follow(database_url)
    try:
        with database.write() as c:
            hall_id = halls.find_or_create(c, "D")
        notices.write_news(database, hall_id, "CDC is off", user="coordinator")
        assert wait_for_news(seen, "CDC is off").news.user == "coordinator"
        notices.switch_beam(database, hall_id, True)
        notices.write_news(database, hall_id, "", user="coordinator")
        assert wait_for_news(seen, "").run.beam_on is True
    finally:
        stop.set()
        thread.join()


def test_an_outage_of_the_database_is_told_and_survived(postgres_server: PostgresServer) -> None:
    url = postgres_server.new_database()
    upgraded(url).close()
    seen, stop, thread = follow(url)
    try:
        assert isinstance(seen.get(timeout=20), WallSnapshot)
        postgres_server.stop()
        while not isinstance(told := seen.get(timeout=20), str):
            pass
        assert "doesn't answer" in told or "can't be opened" in told
        postgres_server.start()
        while not isinstance(seen.get(timeout=20), WallSnapshot):
            pass
    finally:
        stop.set()
        thread.join()


def test_a_file_that_was_taken_away_is_missed_and_a_restored_backup_is_shown(tmp_path: Path) -> None:
    file, copy = tmp_path / "hydra.db", tmp_path / "copy.db"
    database = upgraded(f"sqlite:///{file}")
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
    notices.write_news(database, hall_id, "restored", user="coordinator")
    database.backup(copy)
    notices.write_news(database, hall_id, "lost", user="coordinator")
    seen, stop, thread = follow(f"sqlite:///{file}")
    try:
        wait_for_news(seen, "lost")
        database.close()
        for name in ("", "-wal", "-shm"):
            Path(f"{file}{name}").unlink(missing_ok=True)
        while not isinstance(told := seen.get(timeout=20), str):
            pass
        assert "is gone" in told
        assert "There is no database" in str(seen.get(timeout=20))  # it was looked for, and none was made
        copy.rename(file)
        wait_for_news(seen, "restored")
    finally:
        stop.set()
        thread.join()
