"""Heartbeats, problems, files that were seen, and how moments are stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from hydra_desktop.database import clock, feed, files_seen, halls, heartbeats, problems, wall
from hydra_desktop.database import tables as t

from .conftest import Site


def test_the_newest_heartbeat_of_all_stations_is_found(site: Site) -> None:
    with site.database.write() as c:
        assert heartbeats.newest(c, site.hall_id, "monitor") is None
        for station, pid in (("a", 1), ("b", 2), ("a", 3)):
            heartbeats.beat(c, site.hall_id, "monitor", station, pid, queue_length=pid, message="m")
        heartbeats.beat(c, site.hall_id, "desktop", "c", 4)
        found = heartbeats.newest(c, site.hall_id, "monitor")
        assert c.scalar(sa.select(sa.func.count()).select_from(t.heartbeats)) == 3
    assert found is not None
    assert (found.station, found.pid, found.queue_length, found.message) == ("a", 3, 3, "m")
    assert abs((datetime.now(UTC) - found.at).total_seconds()) < 60


@pytest.mark.parametrize("wrong_by", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_station_whose_clock_is_wrong_knows_whether_the_monitor_lives(
    site: Site, monkeypatch: pytest.MonkeyPatch, wrong_by: timedelta
) -> None:
    class Wrong(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + wrong_by

    with site.database.write() as c:
        heartbeats.beat(c, site.hall_id, "monitor", "a", 1)
    if site.database.dialect == "sqlite":
        return  # one machine, one clock
    monkeypatch.setattr(clock, "datetime", Wrong)
    with site.database.write() as c:
        assert wall.load(c, site.hall_id).monitor.alive(Wrong.now(UTC))
        heartbeats.beat(c, site.hall_id, "monitor", "a", 1)
        found = heartbeats.newest(c, site.hall_id, "monitor")
    assert found is not None
    assert abs(found.at - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_problem_is_told_once_and_counted(site: Site) -> None:
    for name in ("a.png", "b.png", "a.png"):
        with site.database.write() as c:
            problems.report(c, site.hall_id, name, "is no picture")
    with site.database.read() as c:
        found = problems.newest(c, site.hall_id)
        assert [(one.name, one.times) for one in found] == [("a.png", 2), ("b.png", 1)]
        assert found[0].first_at < found[0].last_at
        assert len(problems.newest(c, site.hall_id, 1)) == 1
        assert [one.kind for one in feed.read_after(c, site.hall_id, 0)] == ["problem"] * 3


def test_problems_met_at_once_are_all_counted(site: Site, together: Callable[..., list[Any]]) -> None:
    def report() -> None:
        with site.database.write() as c:
            problems.report(c, site.hall_id, "a.png", "is no picture")

    together(*[partial(report)] * 6)
    with site.database.read() as c:
        assert [one.times for one in problems.newest(c, site.hall_id)] == [6]


def test_files_that_were_dealt_with_are_known_by_size_and_time(site: Site) -> None:
    stamps = {f"Run1/p_{number:04d}.png": (number, 1_600_000_000_000_000_000 + number) for number in range(1100)}
    with site.database.write() as c:
        other = halls.find_or_create(c, "B")
        files_seen.remember(c, site.hall_id, stamps)
        files_seen.remember(c, site.hall_id, {"Run1/p_0000.png": (7, 8)})
        found = files_seen.of(c, site.hall_id, [*stamps, "new.png"])
        assert found == {**stamps, "Run1/p_0000.png": (7, 8)}
        assert files_seen.of(c, other, stamps) == {}


def test_a_moment_without_zone_is_refused(site: Site) -> None:
    with pytest.raises(sa.exc.StatementError, match="naive datetime"), site.database.write() as c:
        c.execute(t.news.insert().values(hall_id=site.hall_id, text="", user="", at=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_a_moment_of_another_zone_is_that_moment(site: Site) -> None:
    at = datetime(2026, 3, 29, 1, 30, 0, 5, tzinfo=timezone(timedelta(hours=-4)))
    with site.database.write() as c:
        c.execute(t.news.insert().values(hall_id=site.hall_id, text="", user="", at=at))
        found = c.scalar(sa.select(t.news.c.at))
        assert c.scalar(sa.select(t.news.c.at).where(t.news.c.at == at.astimezone(UTC))) == at
    assert found == at
    assert found.tzinfo is UTC or found.utcoffset() == timedelta(0)
