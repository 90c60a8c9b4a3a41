"""Stations in the database: signs of life, presence, and who is signed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hydra_desktop.database import alarms, annunciations, clock, feed, halls, stations
from hydra_desktop.database import tables as t
from hydra_desktop.domain.alarm import Alarm, AlarmKind
from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.station import StationRole, StationState, unheard

from .conftest import Site


def beat(site: Site, name: str = "a", role: StationRole = StationRole.AUDIBLE, *, can_sound: bool = True) -> None:
    with site.database.write() as c:
        stations.beat(c, site.hall_id, name, role, sound="audible" if can_sound else "no device", can_sound=can_sound)


def presences(site: Site) -> list[stations.Presence]:
    with site.database.read() as c:
        now = clock.now(c)
        return stations.presences(c, site.hall_id, now - timedelta(days=1), now + timedelta(days=1))


def let_pass(site: Site, seconds: float) -> None:
    """Let all moments of stations lie so much longer ago."""
    with site.database.write() as c:
        for table, columns in ((t.stations, ("heard_at",)), (t.station_presence, ("since", "until"))):
            for row in c.execute(sa.select(table)).all():
                earlier = {name: getattr(row, name) - timedelta(seconds=seconds) for name in columns}
                c.execute(table.update().where(table.c.id == row.id).values(**earlier))


def test_a_station_is_registered_by_its_first_sign_of_life(site: Site) -> None:
    with site.database.read() as c:
        assert stations.all(c, site.hall_id) == ()
        assert not stations.audible_alive(c, site.hall_id)
    beat(site, "b", StationRole.VIEWER)
    beat(site, "a", can_sound=False)
    with site.database.read() as c:
        assert not stations.audible_alive(c, site.hall_id)
    beat(site, "a")
    with site.database.read() as c:
        assert stations.audible_alive(c, site.hall_id)
        one, other = stations.all(c, site.hall_id)
    now = datetime.now(UTC)
    assert (one.name, one.state(now), one.sound) == ("a", StationState.AUDIBLE, "audible")
    assert (other.name, other.state(now)) == ("b", StationState.VIEWER)


def test_a_station_that_is_silent_or_said_farewell_is_not_counted_on(site: Site) -> None:
    beat(site)
    let_pass(site, 16)
    with site.database.write() as c:
        assert not stations.audible_alive(c, site.hall_id)
        assert unheard(stations.all(c, site.hall_id), datetime.now(UTC))
    beat(site)
    with site.database.write() as c:
        assert stations.audible_alive(c, site.hall_id)
        stations.leave(c, site.hall_id, "a")
        assert not stations.audible_alive(c, site.hall_id)
        assert unheard(stations.all(c, site.hall_id), datetime.now(UTC))


@pytest.mark.parametrize("wrong_by", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_reader_whose_clock_is_wrong_sees_the_right_ages(
    site: Site, monkeypatch: pytest.MonkeyPatch, wrong_by: timedelta
) -> None:
    class Wrong(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + wrong_by

    if site.database.dialect == "sqlite":
        return  # one machine, one clock
    monkeypatch.setattr(clock, "datetime", Wrong)
    beat(site)
    with site.database.read() as c:
        (station,) = stations.all(c, site.hall_id)
        assert stations.audible_alive(c, site.hall_id)
    assert station.heard_at is not None
    assert abs(Wrong.now(UTC) - station.heard_at) < timedelta(minutes=1)


def test_presence_is_one_span_until_a_station_is_away_or_is_another(site: Site) -> None:
    beat(site)
    let_pass(site, 30)
    beat(site)
    (span,) = presences(site)
    assert timedelta(seconds=29) < span.until - span.since < timedelta(seconds=40)
    let_pass(site, 61)
    beat(site)
    assert [one.can_sound for one in presences(site)] == [True, True]
    let_pass(site, 5)
    beat(site, can_sound=False)
    beat(site, can_sound=False)
    beat(site, role=StationRole.VIEWER, can_sound=False)
    spans = presences(site)
    assert [(one.role.value, one.can_sound) for one in spans] == [
        ("audible", True), ("audible", True), ("audible", False), ("viewer", False)
    ]  # fmt: skip
    assert spans[1].until == spans[2].since  # no gap between


def test_only_what_others_should_know_at_once_is_told(site: Site) -> None:
    def told() -> list[str]:
        with site.database.read() as c:
            return [one.kind for one in feed.read_after(c, site.hall_id, 0)]

    beat(site)
    before = told()
    beat(site)
    assert told() == before
    beat(site, can_sound=False)
    assert told() == [*before, "station"]


def test_who_signs_in_signs_the_former_out(site: Site) -> None:
    with site.database.write() as c:
        stations.sign_in(c, site.hall_id, "a", "eva")
        stations.sign_in(c, site.hall_id, "a", "jan")
        stations.sign_in(c, site.hall_id, "b", "eva")
    beat(site)
    with site.database.write() as c:
        assert [(one.name, one.user) for one in stations.all(c, site.hall_id)] == [("a", "jan"), ("b", "eva")]
        stations.sign_out(c, site.hall_id, "a")
        first, second = stations.all(c, site.hall_id)
        assert (first.user, first.signed_in_at, second.user) == ("", None, "eva")
        now = clock.now(c)
        entries = stations.sign_ins(c, site.hall_id, now - timedelta(hours=1), now + timedelta(hours=1))
    assert [(one.station, one.user, one.until is None) for one in entries] == [
        ("a", "eva", False), ("a", "jan", False), ("b", "eva", True)
    ]  # fmt: skip


def test_who_tested_the_sound_is_remembered(site: Site) -> None:
    beat(site)
    with site.database.write() as c:
        stations.sound_tested(c, site.hall_id, "a", "eva")
        (station,) = stations.all(c, site.hall_id)
    assert station.tested_by == "eva"
    assert station.tested_at is not None
    assert abs(datetime.now(UTC) - station.tested_at) < timedelta(minutes=1)


def test_what_is_to_be_heard_is_what_nobody_has_taken(site: Site) -> None:
    def raise_one(severity: Severity, **what: Any) -> Alarm:
        with site.database.write() as c:
            return alarms.raise_alarm(
                c, site.hall_id, label="Bad", severity=severity, at=clock.now(c), station="m", why="test", **what
            )

    with site.database.write() as c:
        halls.ensure_plot_type(c, site.hall_id, "CDC_occupancy")
        other = halls.find_or_create(c, "Other")
    of_plot = raise_one(Severity.LOW, plot_type="CDC_occupancy", pad="2")
    of_hall = raise_one(Severity.HIGH, kind=AlarmKind.QUIET)
    of_group = raise_one(Severity.MEDIUM, kind=AlarmKind.STALE, pad="Drift chambers")
    of_folder = raise_one(Severity.HIGH, kind=AlarmKind.STORAGE, pad="/data/rootspy")  # nobody wants to hear its name
    taken = raise_one(Severity.HIGH, kind=AlarmKind.SOURCE)
    with site.database.write() as c:
        alarms.move(c, taken, taken.life.acknowledged(), at=clock.now(c), who="eva", station="a", why="")
        followed = annunciations.followed(c, ["D", "Other", "nowhere"])
        heard = annunciations.untaken(c, [one.id for one in followed])
        assert annunciations.untaken(c, [other]) == ()
        assert annunciations.untaken(c, []) == ()
    assert {one.id for one in followed} == {site.hall_id, other}
    assert [(one.alarm_id, one.severity, one.plot_type, one.pad) for one in heard] == [
        (of_folder.id, Severity.HIGH, "", ""), (of_group.id, Severity.MEDIUM, "", "Drift chambers"),
        (of_hall.id, Severity.HIGH, "", ""), (of_plot.id, Severity.LOW, "CDC_occupancy", "2"),
    ]  # fmt: skip
