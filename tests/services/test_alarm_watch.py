"""What no single plot tells, on real databases: silence, suppression, shelves, floods, and who looks."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from hydra_desktop.database import (
    alarms,
    canaries,
    clock,
    conditions,
    episodes,
    feed,
    halls,
    heartbeats,
    leases,
    plots,
    suppressions,
    verdicts,
    wall,
)
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.alarm import Alarm, AlarmKind, AlarmState
from hydra_desktop.domain.alarm_settings import AlarmSettings, SuppressionRule
from hydra_desktop.domain.condition import ConditionKind
from hydra_desktop.domain.errors import AlarmActError
from hydra_desktop.domain.hall import AlarmRule, Hall, PlotType
from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.domain.run import RunState
from hydra_desktop.domain.verdict import Verdict, judge
from hydra_desktop.domain.who import Who
from hydra_desktop.services import alarms as alarm_service
from hydra_desktop.services.alarm_conditions import Holding, settle
from hydra_desktop.services.alarm_watch import AlarmWatch
from hydra_desktop.services.streams import Streams

ANN = Who("ann", "control room")
MINUTE = timedelta(minutes=1)
TYPES = {
    name: PlotType(name, group=group, alarm_rule=AlarmRule(1, 1), stale_after_s=900, collect_percent=0.0)
    for name, group in [("CDC", "drift"), ("FDC", "drift"), *((f"TOF{n}", "tof") for n in range(5))]
}
GOOD, BAD = (judge({"Good": good, "Bad": 1 - good}, {}, TYPES["CDC"]) for good in (0.9, 0.1))


@dataclass
class Room:
    """A hall that is looked after; time passes by looking ahead."""

    database: Database
    settings: AlarmSettings = AlarmSettings(unanswered_after_s=0)
    ahead: timedelta = timedelta()
    chunk: int = 0
    hall_id: int = field(init=False)
    watch: AlarmWatch = field(init=False)

    def __post_init__(self) -> None:
        with self.database.write() as c:
            self.hall_id = halls.find_or_create(c, "D")
            halls.apply(c, self.hall_id, Hall("D", plot_types=TYPES, alarms=self.settings), user="test")
        self.watch = AlarmWatch(self.database, self.hall_id, "here", "one")

    def use(self, settings: AlarmSettings) -> None:
        with self.database.write() as c:
            halls.apply(c, self.hall_id, replace(halls.load(c, self.hall_id), alarms=settings), user="test")

    def look(self, later: timedelta = timedelta()) -> None:
        self.ahead += later
        assert self.watch.look(ahead=self.ahead)

    def plot(self, name: str = "CDC", verdict: Verdict = GOOD, picture: str = "") -> None:
        """A plot that comes now, through the rules of streams."""
        self.chunk += 1
        with self.database.write() as c:
            streams = Streams(self.hall_id, halls.load(c, self.hall_id), "here")
            streams.load(c)
            now = clock.now(c) + self.ahead
            new = NewPlot(PlotName(name, 1, self.chunk), picture or f"{self.chunk:064x}", now, f"{name}/{self.chunk}")
            plot = plots.add(c, self.hall_id, new, live=True)
            assert plot is not None
            (verdict_id,) = verdicts.add(c, self.hall_id, [verdicts.JudgedPlot(plot.id, name, None, verdict)])
            c.execute(plots.t.plots.update().where(plots.t.plots.c.id == plot.id).values(arrived_at=now))
            streams.follow(c, [wall.PastVerdict(plot, verdict_id, verdict, None)], now)

    def tell(self, run: RunState) -> None:
        with self.database.write() as c:
            halls.set_run_state(c, self.hall_id, run)

    def open(self, kind: AlarmKind | None = None) -> list[Alarm]:
        with self.database.read() as c:
            return [one for one in alarms.open_alarms(c, self.hall_id) if kind in (None, one.kind)]

    def kinds(self) -> list[tuple[AlarmKind, str, AlarmState]]:
        return sorted((one.kind, one.plot_type or one.pad, one.state) for one in self.open())

    def only(self, kind: AlarmKind | None = None) -> Alarm:
        (alarm,) = self.open(kind)
        return alarm

    def take(self, kind: AlarmKind | None = None) -> None:
        alarm_service.acknowledge(self.database, self.hall_id, self.only(kind).id, who=ANN)


@pytest.fixture
def room(database: Database) -> Iterator[Room]:
    made = Room(database)
    yield made
    made.watch.leave()


def test_a_source_that_goes_quiet_is_one_alarm_and_ends_by_itself(room: Room) -> None:
    room.look()
    assert room.open() == []  # no plot ever came: nothing is missing
    for name in TYPES:
        room.plot(name)
    room.look(9 * MINUTE)
    assert room.open() == []
    room.look(2 * MINUTE)
    assert room.kinds() == [(AlarmKind.QUIET, "", AlarmState.UNACKNOWLEDGED)]
    assert "No plot of any type" in room.only().facts
    room.look(60 * MINUTE)
    assert len(room.open()) == 1  # and no plot type besides
    room.take()
    room.plot()
    room.look()
    assert room.open() == []


def test_a_time_in_what_an_alarm_says_names_its_zone(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.look()
    room.plot()
    monkeypatch.setenv("TZ", "XYZ-3")
    time.tzset()
    try:
        room.look(11 * MINUTE)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert re.search(r"since \d\d \w+ \d\d:\d\d:\d\d XYZ\.", room.only().facts)


def test_without_beam_nothing_needs_to_come(room: Room) -> None:
    room.plot()
    room.tell(RunState(1, beam_on=False))
    room.look(60 * MINUTE)
    assert room.open() == []
    room.tell(RunState(1, beam_on=True))
    room.look(9 * MINUTE)
    assert room.open() == []  # it has not been missing for long
    room.look(2 * MINUTE)
    assert [one.kind for one in room.open()] == [AlarmKind.QUIET]


def test_a_plot_type_that_stops_is_missed_and_many_of_a_group_are_one_alarm(room: Room) -> None:
    for name in TYPES:
        room.plot(name)
    room.look()
    for _ in range(4):
        room.ahead += 4 * MINUTE
        room.plot("FDC")
    room.look()
    assert room.kinds() == [
        (AlarmKind.STALE, "CDC", AlarmState.UNACKNOWLEDGED),
        (AlarmKind.STALE, "tof", AlarmState.UNACKNOWLEDGED),
    ]
    together = next(one for one in room.open() if not one.plot_type)
    assert "5 plot types have not come" in together.facts
    for name in ("TOF0", "TOF1", "CDC", "FDC"):
        room.plot(name)
    room.look(MINUTE)
    states = {one.plot_type or one.pad: one.state for one in room.open()}
    assert states == {"CDC": AlarmState.RETURNED_UNACKNOWLEDGED, "tof": AlarmState.UNACKNOWLEDGED}
    assert "3 plot types" in next(one for one in room.open() if not one.plot_type).facts


def test_what_joins_a_taken_alarm_of_many_is_heard_and_what_leaves_is_not(room: Room) -> None:
    for name in TYPES:
        room.plot(name)
    room.look()
    for _ in range(4):
        room.ahead += 4 * MINUTE
        room.plot("FDC")
        room.plot("TOF4")
    room.look()
    (together,) = (one for one in room.open() if one.pad == "tof")
    alarm_service.acknowledge(room.database, room.hall_id, together.id, who=ANN)
    room.plot("TOF0")
    room.look(MINUTE)
    assert (AlarmKind.STALE, "tof", AlarmState.ACKNOWLEDGED) in room.kinds()
    for _ in range(4):
        room.ahead += 4 * MINUTE
        room.plot("FDC")
    room.look()  # TOF0 is gone again, and TOF4 with it
    (again,) = (one for one in room.open() if one.pad == "tof")
    assert again.state is AlarmState.UNACKNOWLEDGED
    assert "5 plot types" in again.facts
    alarm_service.acknowledge(room.database, room.hall_id, again.id, who=ANN)
    room.look(MINUTE)
    assert (AlarmKind.STALE, "tof", AlarmState.ACKNOWLEDGED) in room.kinds()


def test_one_of_many_that_comes_and_goes_is_heard_once(room: Room) -> None:
    for name in TYPES:
        room.plot(name)
    room.look()
    heard = 0
    for _ in range(5):
        for _ in range(5):
            room.ahead += 4 * MINUTE
            room.plot("FDC")
        room.look()
        (tof,) = (one for one in room.open() if one.pad == "tof")
        heard += tof.state is AlarmState.UNACKNOWLEDGED
        alarm_service.acknowledge(room.database, room.hall_id, tof.id, who=ANN)
        room.plot("TOF0")
        room.look(MINUTE)
    assert heard == 1


def test_a_plot_type_that_changes_beside_one_that_was_taken_is_heard(room: Room) -> None:
    def change(name: str) -> None:
        room.plot(name)
        with room.database.write() as c:
            shown = [one.plot for one in wall.load(c, room.hall_id).panels if one.plot is not None]
            (plot,) = (one for one in shown if one.name.plot_type == name)
            conditions.begin(
                c, room.hall_id, name, ConditionKind.CHANGED, first_plot_id=plot.id, since=plot.taken_at,
                begins_period=False, facts="all alike", at=clock.now(c),
            )  # fmt: skip
        room.look()

    change("CDC")
    room.take(AlarmKind.CHANGED)
    room.look(MINUTE)
    assert room.only(AlarmKind.CHANGED).state is AlarmState.ACKNOWLEDGED
    change("FDC")
    assert room.only(AlarmKind.CHANGED).state is AlarmState.UNACKNOWLEDGED


@pytest.mark.parametrize("kind", ["ignored", "once"])
def test_all_that_is_watched_is_missed_though_other_plots_come(room: Room, kind: str) -> None:
    with room.database.write() as c:
        hall = halls.load(c, room.hall_id)
        other = replace(TYPES["CDC"], name="other", ignored=kind == "ignored", chunked=kind != "once")
        halls.apply(c, room.hall_id, replace(hall, plot_types={**TYPES, "other": other}), user="test")
    for name in (*TYPES, "other"):
        room.plot(name)
    room.look()
    for _ in range(5):
        room.ahead += 4 * MINUTE
        room.plot("other")
        room.look()
    assert {one.kind for one in room.open()} == {AlarmKind.STALE}


def test_a_folder_that_came_back_unseen_hides_no_silence(room: Room) -> None:
    room.plot()
    room.look()
    who = Who("monitor", "here")
    for gone in (True, False):
        holding = [Holding(AlarmKind.SOURCE, "Source gone", Severity.HIGH, "gone")] if gone else []
        with room.database.write() as c:
            settle(
                c, room.hall_id, holding, [AlarmKind.SOURCE], now=clock.now(c) + room.ahead, who=who,
                open_alarms=alarms.open_alarms(c, room.hall_id),
            )  # fmt: skip
        room.look(MINUTE)
    assert room.only().state is AlarmState.RETURNED_UNACKNOWLEDGED
    room.look(20 * MINUTE)
    assert [one.kind for one in room.open() if one.state is AlarmState.UNACKNOWLEDGED] == [AlarmKind.QUIET]


@pytest.mark.parametrize("watched", [["/other"], [], ["training"]])
def test_a_folder_that_is_gone_hides_no_silence_where_another_is_watched(room: Room, watched: list[str]) -> None:
    room.plot()
    room.look()
    with room.database.write() as c:
        alarms.raise_alarm(
            c, room.hall_id, kind=AlarmKind.SOURCE, label="Source gone", severity=Severity.HIGH, pad="/one",
            at=clock.now(c), station="here", why="",
        )  # fmt: skip
        for name in watched:
            leases.acquire(c, room.hall_id, name, "here:1", 20.0)
    room.look(20 * MINUTE)
    assert len(room.open(AlarmKind.QUIET)) == (watched == ["/other"])


def test_a_monitor_that_gives_no_sign_of_life_is_an_alarm_and_hides_no_other(room: Room) -> None:
    room.use(AlarmSettings(unanswered_after_s=30))
    room.plot("CDC")
    room.look()
    with room.database.write() as c:
        heartbeats.beat(c, room.hall_id, heartbeats.MONITOR, "there", 1)
    for _ in range(5):
        room.ahead += 4 * MINUTE
        room.plot("FDC")
        with room.database.write() as c:  # it lives
            beat = heartbeats.t.heartbeats
            c.execute(beat.update().values(at=clock.now(c) + room.ahead))
        room.look()
    assert [one.kind for one in room.open()] == [AlarmKind.STALE]
    room.take()
    room.look(MINUTE)
    assert room.kinds() == [
        (AlarmKind.MONITOR, "", AlarmState.UNACKNOWLEDGED),
        (AlarmKind.STALE, "CDC", AlarmState.ACKNOWLEDGED),
    ]
    assert "there" in room.only(AlarmKind.MONITOR).facts
    room.take(AlarmKind.MONITOR)
    with room.database.write() as c:
        beat = heartbeats.t.heartbeats
        c.execute(beat.update().values(at=clock.now(c) + room.ahead))
    room.look()
    assert room.kinds() == [(AlarmKind.STALE, "CDC", AlarmState.ACKNOWLEDGED)]


def test_a_dead_monitor_is_one_alarm_whoever_looks(room: Room) -> None:
    room.use(AlarmSettings(unanswered_after_s=30))
    with room.database.write() as c:
        heartbeats.beat(c, room.hall_id, heartbeats.MONITOR, "there", 1)
    for second in range(0, 200, 5):
        room.look(timedelta(seconds=5))
        if second == 60:
            room.take()
        if second == 100:  # another process takes over
            room.watch.leave()
            room.watch = AlarmWatch(room.database, room.hall_id, "there", "two")
    alarm = room.only()
    assert (alarm.kind, alarm.state) == (AlarmKind.MONITOR, AlarmState.ACKNOWLEDGED)
    with room.database.read() as c:
        assert sum(step.annunciates for step in alarms.log(c, alarm.id)) == 1


def test_what_returned_unacknowledged_and_is_missing_again_sounds_again(room: Room) -> None:
    for name in TYPES:
        room.plot(name)
    room.look()
    room.look(11 * MINUTE)
    room.plot("CDC")
    room.look()
    assert room.only(AlarmKind.QUIET).state is AlarmState.RETURNED_UNACKNOWLEDGED
    room.look(11 * MINUTE)
    assert room.only(AlarmKind.QUIET).state is AlarmState.UNACKNOWLEDGED


def test_what_a_rule_covers_or_is_out_of_service_is_not_missed(room: Room) -> None:
    rules = (SuppressionRule("cosmics", run_states=("cosmic",), groups=("tof",)),)
    room.use(replace(room.settings, rules=rules))
    room.tell(RunState(1, beam_on=True, state="cosmic"))
    alarm_service.take_out_of_service(room.database, room.hall_id, "CDC", why="no gas", who=ANN)
    for name in TYPES:
        for _ in range(4 if name == "CDC" else 1):
            room.plot(name, picture="c" * 64 if name == "CDC" else "")
    room.look()
    for _ in range(5):
        room.ahead += 4 * MINUTE
        room.plot("FDC")
        room.look()
    assert room.open() == []
    room.tell(RunState(1, beam_on=True, state="running"))
    room.look()
    assert room.kinds() == [(AlarmKind.STALE, "tof", AlarmState.UNACKNOWLEDGED)]
    room.tell(RunState(1, beam_on=True, state="cosmic"))
    room.look()
    assert room.only().state is AlarmState.SUPPRESSED


def test_alarms_of_what_is_ignored_end_and_service_is_put_right(room: Room) -> None:
    room.plot("CDC", BAD)
    room.plot("FDC", BAD)
    with room.database.write() as c:
        hall = halls.load(c, room.hall_id)
        ignored = {"CDC": replace(hall.plot_types["CDC"], ignored=True)}
        halls.apply(c, room.hall_id, replace(hall, plot_types=ignored), user="test")
        fault = next(one for one in alarms.open_alarms(c, room.hall_id) if one.plot_type == "FDC")
        # as when the monitor moved it in the moment in which it was put back
        alarms.move(c, fault, fault.life.taken_out_of_service(), at=clock.now(c), who="x", station="x", why="x")
    room.look()
    states = {one.plot_type: one.state for one in room.open()}
    assert states == {"CDC": AlarmState.RETURNED_UNACKNOWLEDGED, "FDC": AlarmState.UNACKNOWLEDGED}


def test_a_beam_trip_makes_no_sound_and_takes_none_away(room: Room) -> None:
    room.tell(RunState(1, beam_on=True))
    room.plot("CDC", BAD)
    room.plot("FDC", BAD)
    taken, loud = sorted(room.open(), key=lambda one: one.plot_type)
    alarm_service.acknowledge(room.database, room.hall_id, taken.id, who=ANN)
    room.tell(RunState(1, beam_on=False))
    room.look()
    assert {one.state for one in room.open()} == {AlarmState.SUPPRESSED}
    for _ in range(3):
        room.plot("TOF1", BAD)
        room.plot("CDC", GOOD)
    assert len(room.open()) == 2  # neither raised nor ended
    with room.database.read() as c:
        (held,) = suppressions.all_open(c, room.hall_id)
        panels = {one.plot_type.name: one.held for one in wall.load(c, room.hall_id).panels}
    assert (held.rule, held.why, held.arrivals) == ("no beam", "the beam is off", 3)
    assert panels["TOF1"] == "suppressed: no beam"
    room.tell(RunState(1, beam_on=True))
    room.look()
    states = {one.id: one.state for one in room.open()}
    assert states == {taken.id: AlarmState.ACKNOWLEDGED, loud.id: AlarmState.UNACKNOWLEDGED}
    with room.database.read() as c:
        assert suppressions.all_open(c, room.hall_id) == ()
        log = [(step.former, step.state) for step in alarms.log(c, taken.id)]
    assert log[-2:] == [
        (AlarmState.ACKNOWLEDGED, AlarmState.SUPPRESSED),
        (AlarmState.SUPPRESSED, AlarmState.ACKNOWLEDGED),
    ]
    room.plot("CDC", GOOD)
    assert [one.id for one in room.open()] == [loud.id]


def test_rules_of_the_hall_suppress_what_they_are_for(room: Room) -> None:
    rules = (
        SuppressionRule("low current", beam_below_na=5, stays_s=120, groups=("drift",)),
        SuppressionRule("cosmics", run_states=("cosmic",), plot_types=("TOF0",)),
    )
    room.use(replace(room.settings, rules=rules))
    room.tell(RunState(1, beam_on=True, beam_current_na=2))
    room.look()
    room.plot("CDC", BAD)
    room.plot("TOF0", BAD)
    assert [one.plot_type for one in room.open()] == ["TOF0"]
    room.tell(RunState(1, beam_on=True, beam_current_na=90, state="cosmic"))
    room.look()
    with room.database.read() as c:
        known = {one.rule: one.holds_until is not None for one in suppressions.all_open(c, room.hall_id)}
    assert known == {"low current": True, "cosmics": False}  # the one stays on for a while
    assert room.only().state is AlarmState.SUPPRESSED
    room.plot("CDC", BAD)
    assert [one.plot_type for one in room.open()] == ["TOF0"]
    room.look(3 * MINUTE)
    room.plot("CDC", BAD)
    assert sorted(one.plot_type for one in room.open()) == ["CDC", "TOF0"]
    room.use(replace(room.settings, rules=()))
    room.look()
    assert {one.state for one in room.open()} == {AlarmState.UNACKNOWLEDGED}


def test_a_shelf_returns_by_itself_with_what_holds_then(room: Room) -> None:
    room.plot("CDC", BAD)
    room.plot("FDC", BAD)
    for one in room.open():
        shelved = alarm_service.shelve(room.database, room.hall_id, one.id, for_s=1200, why="is swapped", who=ANN)
        assert (shelved.state, shelved.held_by, shelved.held_why) == (AlarmState.SHELVED, "ann", "is swapped")
    room.plot("FDC", GOOD)
    room.look(19 * MINUTE)
    assert {one.state for one in room.open()} == {AlarmState.SHELVED}
    room.look(2 * MINUTE)
    (left,) = (one for one in room.open() if one.kind is AlarmKind.FAULT)
    assert (left.plot_type, left.state) == ("CDC", AlarmState.UNACKNOWLEDGED)


@pytest.mark.parametrize(("for_s", "why", "says"), [(60, " ", "reason"), (10, "x", "1 to 480"), (1e6, "x", "1 to 480")])
def test_a_shelf_needs_a_reason_and_an_end(room: Room, for_s: float, why: str, says: str) -> None:
    room.plot("CDC", BAD)
    with pytest.raises(AlarmActError, match=says):
        alarm_service.shelve(room.database, room.hall_id, room.only().id, for_s=for_s, why=why, who=ANN)
    assert room.only().state is AlarmState.UNACKNOWLEDGED


def test_out_of_service_nothing_alarms_until_it_is_back(room: Room) -> None:
    room.plot("CDC", BAD)
    with room.database.read() as c:
        until = clock.now(c) + 30 * MINUTE
    alarm_service.take_out_of_service(room.database, room.hall_id, "CDC", why="no gas", who=ANN, until=until)
    assert room.only().state is AlarmState.OUT_OF_SERVICE
    with pytest.raises(AlarmActError, match="already"):
        alarm_service.take_out_of_service(room.database, room.hall_id, "CDC", why="no gas", who=ANN)
    room.plot("CDC", BAD)
    room.look(29 * MINUTE)
    assert {one.state for one in room.open(AlarmKind.FAULT)} == {AlarmState.OUT_OF_SERVICE}
    room.look(2 * MINUTE)
    assert room.only(AlarmKind.FAULT).state is AlarmState.UNACKNOWLEDGED
    assert not alarm_service.put_back(room.database, room.hall_id, "CDC", who=ANN)


def test_an_acknowledgement_is_for_what_was_seen(room: Room) -> None:
    room.plot("CDC", BAD)
    seen = room.only()
    room.plot("CDC", GOOD)
    room.ahead += MINUTE
    room.plot("CDC", BAD)  # raised anew meanwhile
    act = alarm_service.acknowledge(room.database, room.hall_id, seen.id, who=ANN, seen=seen.raised_at)
    assert act.state is AlarmState.UNACKNOWLEDGED
    act = alarm_service.acknowledge(room.database, room.hall_id, seen.id, who=ANN, seen=act.raised_at)
    assert act.state is AlarmState.ACKNOWLEDGED


def test_a_source_that_is_stuck_is_an_alarm_and_many_plots_are_one(room: Room) -> None:
    for _ in range(4):
        room.plot("CDC", picture="c" * 64)
    room.look()
    assert (room.only().kind, room.only().plot_type) == (AlarmKind.REPEATED, "CDC")
    for _ in range(4):
        for name in TYPES:
            room.plot(name, picture="c" * 64)
    room.look()
    assert room.kinds() == [
        (AlarmKind.REPEATED, "", AlarmState.UNACKNOWLEDGED),
        (AlarmKind.REPEATED, "CDC", AlarmState.UNACKNOWLEDGED),
    ]
    for name in TYPES:
        room.plot(name)
    room.look()
    assert {one.state for one in room.open()} == {AlarmState.RETURNED_UNACKNOWLEDGED}


def test_a_canary_that_is_lost_is_an_alarm(room: Room) -> None:
    room.use(replace(room.settings, canary_within_s=60))
    with room.database.write() as c:
        canaries.send(c, room.hall_id, "CDC", "c" * 64, "Bad")
    room.look()
    assert room.open() == []
    room.look(2 * MINUTE)
    assert room.only().kind is AlarmKind.CANARY


def test_more_than_a_person_can_take_in_is_said_once(room: Room) -> None:
    room.look()
    for _ in range(2):
        for name in [*TYPES][:6]:
            room.plot(name, BAD)
            room.plot(name, GOOD)
            alarm = next(one for one in room.open() if one.plot_type == name)
            alarm_service.acknowledge(room.database, room.hall_id, alarm.id, who=ANN)
    room.look()
    flood = room.only()
    assert (flood.kind, flood.severity) == (AlarmKind.FLOOD, Severity.MEDIUM)
    assert "12 alarms in 10 minutes" in flood.facts
    room.take()
    room.look(11 * MINUTE)
    assert AlarmKind.FLOOD not in {one.kind for one in room.open()}


def test_one_looks_at_a_time_and_another_takes_over(room: Room) -> None:
    room.look()
    other = AlarmWatch(room.database, room.hall_id, "there", "two")
    assert not other.look()
    room.watch.leave()
    assert other.look()
    assert not room.watch.look()
    other.leave()


def test_it_looks_until_it_is_told_to_stop(room: Room) -> None:
    stop = threading.Event()
    room.plot("CDC", BAD)
    alarm_service.shelve(room.database, room.hall_id, room.only().id, for_s=60, why="x", who=ANN)
    with room.database.write() as c:
        table = alarms.t.alarms
        c.execute(table.update().values(shelved_until=clock.now(c) - MINUTE))
        before = feed.position(c, room.hall_id)
    thread = threading.Thread(target=room.watch.run, args=(stop,))
    thread.start()
    waiter = feed.ChangeWaiter(room.database)
    try:
        while room.only().state is AlarmState.SHELVED:
            waiter.wait(1.0, stop)
    finally:
        stop.set()
        thread.join()
        waiter.close()
    assert room.only().state is AlarmState.UNACKNOWLEDGED
    with room.database.read() as c:
        assert feed.position(c, room.hall_id) > before
        assert episodes.newest(c, room.hall_id)
