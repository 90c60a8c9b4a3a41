"""What a monitor tells of its own folder and disk, beside other monitors of the hall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from hydra_desktop.database import alarms, clock, halls, leases
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.alarm import AlarmKind, AlarmState
from hydra_desktop.domain.label import Severity
from hydra_desktop.services import monitor_alarms
from hydra_desktop.services.monitor_alarms import FORGOTTEN_S, MonitorAlarms

GONE = AlarmKind.SOURCE, AlarmState.UNACKNOWLEDGED
FULL = AlarmKind.STORAGE, AlarmState.UNACKNOWLEDGED
LATE = AlarmKind.LATE, AlarmState.UNACKNOWLEDGED
NO_MORE = AlarmState.RETURNED_UNACKNOWLEDGED


@dataclass
class TwoFolders:
    """A hall of two monitors, which tell something at each call."""

    database: Database
    hall_id: int
    folder: Path

    def monitor(self, source: str) -> MonitorAlarms:
        return MonitorAlarms(self.hall_id, "here", source, self.folder)

    def tell(self, monitor: MonitorAlarms, **wrong: str | None) -> None:
        with self.database.write() as c:
            monitor.tell(c, **wrong)

    def lets_pass(self, monitor: MonitorAlarms) -> None:
        """As if the time had passed after which what nobody tells is forgotten."""
        monitor._tells_since_s -= FORGOTTEN_S
        with self.database.write() as c:
            c.execute(t.heartbeats.update().values(at=clock.now(c) - timedelta(seconds=FORGOTTEN_S)))

    @property
    def disk(self) -> str:
        return f"here {self.folder}"

    def leave(self, monitor: MonitorAlarms) -> None:
        with self.database.write() as c:
            monitor.leave(c)

    def stand(self) -> dict[str, tuple[AlarmKind, AlarmState]]:
        """By the folder, or the disk."""
        with self.database.read() as c:
            return {one.pad: (one.kind, one.state) for one in alarms.open_alarms(c, self.hall_id)}

    def steps(self) -> int:
        with self.database.read() as c:
            return sum(1 for _ in alarms.rows(c, self.hall_id))


@pytest.fixture
def hall(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TwoFolders:
    monkeypatch.setattr(monitor_alarms, "LOOK_ANEW_S", 0.0)
    monkeypatch.setattr(monitor_alarms, "LOW_BYTES", 0)
    with database.write() as c:
        return TwoFolders(database, halls.find_or_create(c, "D"), tmp_path)


def test_one_monitor_does_not_end_the_alarm_of_another(hall: TwoFolders) -> None:
    one, other = hall.monitor("/one"), hall.monitor("/other")
    hall.tell(other)
    hall.tell(one, source="The folder /one isn't there.")
    for _ in range(3):
        hall.tell(other)
        hall.tell(one, source="The folder /one isn't there.")
    assert (hall.stand(), hall.steps()) == ({"/one": GONE}, 1)
    hall.tell(other, storage="/other can't be written.")
    hall.tell(one)
    assert hall.stand() == {"/one": (AlarmKind.SOURCE, NO_MORE), hall.disk: FULL}
    hall.tell(other)
    assert hall.stand() == {"/one": (AlarmKind.SOURCE, NO_MORE), hall.disk: (AlarmKind.STORAGE, NO_MORE)}


def test_late_plots_are_an_alarm_that_ends_by_itself(hall: TwoFolders) -> None:
    one = hall.monitor("/one")
    hall.tell(one, late="CDC comes late.")
    assert hall.stand() == {"/one": LATE}
    hall.tell(one, source="The folder /one isn't there.")  # nobody knows then
    hall.tell(one)
    assert hall.stand() == {"/one": (AlarmKind.LATE, NO_MORE)}


def test_whether_plots_come_late_is_left_as_it_was_told_until_it_is_known(hall: TwoFolders) -> None:
    hall.tell(hall.monitor("/one"), late="CDC comes late.")
    started_again = hall.monitor("/one")
    hall.tell(started_again, late=None)
    assert hall.stand() == {"/one": LATE}
    hall.tell(started_again, late="CDC comes late.")
    assert hall.steps() == 1
    hall.tell(started_again, late="")
    assert hall.stand() == {"/one": (AlarmKind.LATE, NO_MORE)}


def test_a_disk_that_monitors_share_is_one_alarm_until_none_finds_it_full(hall: TwoFolders) -> None:
    one, other = hall.monitor("/one"), hall.monitor("/other")
    hall.tell(one, low="Little is left.")
    hall.tell(other, storage="it can't be written.")
    hall.tell(one)  # it has nothing to write
    assert hall.stand() == {hall.disk: FULL}
    hall.tell(other)
    hall.tell(one)
    assert hall.stand() == {hall.disk: (AlarmKind.STORAGE, NO_MORE)}
    hall.tell(other, storage="it can't be written.")
    hall.lets_pass(one)  # the other was killed
    hall.tell(one)
    assert hall.stand() == {hall.disk: (AlarmKind.STORAGE, NO_MORE)}


@pytest.mark.parametrize("beside", ["", "here", "there"])
def test_what_a_monitor_told_ends_with_it_unless_another_shares_the_disk(hall: TwoFolders, beside: str) -> None:
    one = hall.monitor("/one")
    hall.tell(one, storage="it can't be written.", late="CDC comes late.")
    with hall.database.write() as c:
        for folder, station in [("/one", "here"), *([("/other", beside)] if beside else [])]:
            assert leases.acquire(c, hall.hall_id, folder, f"{station}:1", 10.0)
    hall.leave(one)
    storage = FULL if beside == "here" else (AlarmKind.STORAGE, NO_MORE)
    assert hall.stand() == {"/one": (AlarmKind.LATE, NO_MORE), hall.disk: storage}


def test_without_its_folder_a_monitor_says_nothing_of_the_disk(hall: TwoFolders) -> None:
    """Another monitor of the same folder may wait for it too, whose disk is another."""
    watching = hall.monitor("/one")
    hall.tell(watching, storage="/one can't be written.")
    steps = hall.steps()
    waiting = hall.monitor("/one")
    hall.tell(waiting, source="The folder /one isn't there.")
    hall.tell(waiting, source="The folder /one isn't there.")
    assert hall.steps() == steps + 1
    hall.tell(watching)
    with hall.database.read() as c:
        assert {one.state for one in alarms.open_alarms(c, hall.hall_id)} == {NO_MORE}


def test_what_nobody_watches_any_more_is_over(hall: TwoFolders) -> None:
    with hall.database.write() as c:
        assert leases.acquire(c, hall.hall_id, "/watched", "here:1", 10.0)
        for pad in ("", "/watched", "/left"):
            alarms.raise_alarm(
                c, hall.hall_id, kind=AlarmKind.LATE, label="Plots come late", severity=Severity.HIGH, pad=pad,
                at=clock.now(c), station="here", why="",
            )  # fmt: skip
    new = hall.monitor("/new")
    hall.tell(new)
    assert set(hall.stand().values()) == {LATE}  # others may tell them again
    hall.lets_pass(new)
    hall.tell(new)
    assert hall.stand() == {
        "": (AlarmKind.LATE, NO_MORE), "/watched": LATE, "/left": (AlarmKind.LATE, NO_MORE),
    }  # fmt: skip


def test_a_folder_that_is_gone_is_told_as_long_as_a_monitor_waits_for_it(hall: TwoFolders) -> None:
    waiting, other = hall.monitor("/one"), hall.monitor("/other")
    for _ in range(3):
        hall.tell(waiting, source="The folder /one isn't there.")
        hall.tell(other)
        hall.lets_pass(other)
        hall.tell(waiting, source="The folder /one isn't there.")
        hall.tell(other)
    assert (hall.stand(), hall.steps()) == ({"/one": GONE}, 1)
    hall.lets_pass(other)  # the one that waits was killed
    hall.tell(other)
    assert hall.stand() == {"/one": (AlarmKind.SOURCE, NO_MORE)}


def test_after_the_database_was_away_one_waits_for_others_to_tell_anew(hall: TwoFolders) -> None:
    waiting, other = hall.monitor("/one"), hall.monitor("/other")
    hall.tell(waiting, source="The folder /one isn't there.")
    hall.tell(other)
    hall.lets_pass(other)
    other.forget()
    hall.tell(other)
    assert (hall.stand(), hall.steps()) == ({"/one": GONE}, 1)
