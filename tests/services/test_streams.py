"""Panels, episodes and alarms as verdicts come in, on a real database."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hydra_desktop.database import alarms, episodes, halls, plots, suppressions, verdicts, wall
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.alarm import AlarmState
from hydra_desktop.domain.errors import DatabaseError
from hydra_desktop.domain.hall import AlarmRule, Hall, PlotType
from hydra_desktop.domain.label import Severity, default_label
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.domain.verdict import Status, Verdict, judge
from hydra_desktop.domain.who import Who
from hydra_desktop.services import alarms as alarm_service
from hydra_desktop.services.streams import LATE, Streams

START = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
CDC = PlotType("CDC", alarm_rule=AlarmRule(2, 3), collect_percent=0.0, age_limit_s=1800)
GOOD = judge({"Good": 0.9, "Bad": 0.1}, {}, CDC)
BAD = judge({"Good": 0.1, "Bad": 0.9}, {}, CDC)
DOUBT = judge({"Good": 0.45, "Bad": 0.55}, {"Bad": 0.7}, CDC)
SEVERE = tuple(replace(default_label(name), severity=Severity.HIGH) for name in ("Bad", "HotChannel"))
HOT_TOO = replace(CDC, labels=(default_label("Good"), *SEVERE))
HOT = judge({"Good": 0.05, "Bad": 0.05, "HotChannel": 0.9}, {}, HOT_TOO)


@dataclass
class Desk:
    """A hall with one plot type, to which verdicts are dealt chunk by chunk."""

    database: Database
    hall_id: int = 0
    chunk: int = 0
    now: datetime = START
    streams: Streams = field(init=False)

    def __post_init__(self) -> None:
        with self.database.write() as c:
            self.hall_id = halls.find_or_create(c, "D")
            halls.apply(c, self.hall_id, Hall("D", plot_types={"CDC": CDC}), user="test")
            self.streams = Streams(self.hall_id, halls.load(c, self.hall_id), "station")

    def use(self, plot_type: PlotType) -> None:
        """The plot type is another from now on."""
        with self.database.write() as c:
            halls.apply(c, self.hall_id, Hall("D", plot_types={"CDC": plot_type}), user="test")
            self.streams.hall = halls.load(c, self.hall_id)

    def deal(
        self, *dealt: Verdict, run: int = 1, chunk: int | None = None, age_s: float = 0.0, name: str = "CDC"
    ) -> list[int]:
        """Store verdicts, one a chunk and a minute; returns the plots' ids."""
        ids = []
        for verdict in dealt:
            number = self.chunk if chunk is None else chunk
            self.chunk += 1
            taken = START + timedelta(minutes=number)
            with self.database.write() as c:
                new = NewPlot(PlotName(name, run, number), f"{self.chunk:064x}", taken, f"{run}/{number}/{self.chunk}")
                plot = plots.add(c, self.hall_id, new, live=True)
                assert plot is not None
                (verdict_id,) = verdicts.add(c, self.hall_id, [verdicts.JudgedPlot(plot.id, name, None, verdict)])
                self.now = max(self.now, taken + timedelta(seconds=age_s))
                self.streams.follow(c, [wall.PastVerdict(plot, verdict_id, verdict, None)], self.now)
            ids.append(plot.id)
        return ids

    def states(self) -> list[AlarmState]:
        """States of the open alarms."""
        with self.database.read() as c:
            return [alarm.state for alarm in alarms.open_alarms(c, self.hall_id)]

    def heard(self) -> list[tuple[AlarmState, str, int]]:
        """Of the open alarms state, label and how often each was annunciated."""
        with self.database.read() as c:
            return [
                (alarm.state, alarm.label, sum(step.annunciates for step in alarms.log(c, alarm.id)))
                for alarm in alarms.open_alarms(c, self.hall_id)
            ]

    def log(self) -> list[tuple[str, str]]:
        """All transitions ever."""
        with self.database.read() as c:
            return [(row.from_state, row.to_state) for row in alarms.rows(c, self.hall_id)]

    def acknowledge(self, *, is_told: bool = True) -> None:
        """Take the open alarm; the monitor is told of it before its next plot, or it isn't."""
        with self.database.read() as c:
            (alarm,) = alarms.open_alarms(c, self.hall_id)
        alarm_service.acknowledge(self.database, self.hall_id, alarm.id, who=Who("shift", "station"))
        if is_told:
            with self.database.read() as c:
                self.streams.refresh_alarms(c)

    def suppress(self, minute: float) -> None:
        """A beam trip begins."""
        with self.database.write() as c:
            suppressions.begin(c, self.hall_id, "no beam", "the beam is off", at=START + timedelta(minutes=minute))

    def end_suppression(self, minute: float) -> None:
        """It is over."""
        with self.database.write() as c:
            (trip,) = suppressions.all_open(c, self.hall_id)
            suppressions.end(c, self.hall_id, trip, at=START + timedelta(minutes=minute))

    def reload(self) -> None:
        """As after a restart of the monitor."""
        with self.database.read() as c:
            self.streams.load(c)


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    return Desk(database)


def test_one_bad_chunk_is_no_alarm_two_of_three_are(desk: Desk) -> None:
    desk.deal(GOOD, BAD)
    assert desk.states() == []
    desk.deal(GOOD, BAD)
    assert desk.states() == [AlarmState.UNACKNOWLEDGED]


def test_an_episode_extends_and_a_repeat_is_no_new_alarm(desk: Desk) -> None:
    desk.deal(*[BAD] * 10)
    with desk.database.read() as c:
        snapshot = wall.load(c, desk.hall_id)
    (panel,) = snapshot.panels
    assert panel.episode is not None
    assert panel.episode.plots == 10
    assert panel.episode.last_at - panel.episode.started_at == timedelta(minutes=9)
    assert desk.log() == [("normal", "unacknowledged")]


def test_the_life_of_an_alarm_is_logged(desk: Desk) -> None:
    desk.deal(BAD, BAD)
    desk.acknowledge()
    desk.deal(GOOD, GOOD)
    assert desk.states() == []
    assert desk.log() == [
        ("normal", "unacknowledged"),
        ("unacknowledged", "acknowledged"),
        ("acknowledged", "normal"),
    ]


def test_an_alarm_nobody_took_returns_and_waits(desk: Desk) -> None:
    desk.deal(BAD, BAD, GOOD, GOOD)
    assert desk.states() == [AlarmState.RETURNED_UNACKNOWLEDGED]
    desk.deal(BAD, BAD)
    assert desk.states() == [AlarmState.UNACKNOWLEDGED]
    desk.deal(GOOD, GOOD)
    desk.acknowledge()
    assert desk.states() == []


def test_what_was_taken_in_the_moment_of_the_next_plot_ends_by_that_plot(desk: Desk) -> None:
    """Without it the alarm would stand until another plot comes, which may be never."""
    desk.deal(BAD, BAD)
    desk.acknowledge(is_told=False)
    desk.deal(GOOD, GOOD)
    assert desk.states() == []


def test_a_doubtful_verdict_neither_raises_nor_clears(desk: Desk) -> None:
    desk.deal(DOUBT, DOUBT, DOUBT)
    assert desk.states() == []
    desk.deal(BAD, BAD, DOUBT, DOUBT)
    assert desk.states() == [AlarmState.UNACKNOWLEDGED]


def test_the_window_starts_anew_with_a_run(desk: Desk) -> None:
    desk.deal(BAD)
    desk.deal(BAD, run=2)
    assert desk.states() == []
    desk.deal(BAD, run=2)
    assert desk.states() == [AlarmState.UNACKNOWLEDGED]


def test_a_plot_past_its_age_limit_never_alarms(desk: Desk) -> None:
    desk.deal(BAD, BAD, age_s=3600)
    assert desk.states() == []


def test_a_backlog_is_judged_silently_behind_the_newest(desk: Desk) -> None:
    for chunk in (8, 9, 10):
        desk.deal(GOOD, chunk=chunk)
    desk.deal(BAD, chunk=1)
    desk.deal(BAD, chunk=2)
    assert desk.states() == []
    with desk.database.read() as c:
        (panel,) = wall.load(c, desk.hall_id).panels
    assert panel.plot is not None
    assert panel.plot.name.chunk == 10
    assert panel.verdict is not None
    assert panel.verdict.label == "Good"


def test_after_a_restart_all_goes_on_where_it_was(desk: Desk) -> None:
    desk.deal(BAD)
    desk.reload()
    desk.deal(BAD)
    assert desk.states() == [AlarmState.UNACKNOWLEDGED]
    desk.reload()
    desk.deal(BAD)
    assert desk.log() == [("normal", "unacknowledged")]
    with desk.database.read() as c:
        (panel,) = wall.load(c, desk.hall_id).panels
    assert panel.episode is not None
    assert panel.episode.plots == 3


def test_of_a_long_episode_few_plots_are_kept(desk: Desk) -> None:
    ids = desk.deal(*[BAD] * 20)
    with desk.database.read() as c:
        kept = [number for number, id_ in enumerate(ids, start=1) if plots.get(c, id_).kept]
    assert kept == [1, 2, 4, 8, 16]


PADS = ("", "01")


@pytest.mark.parametrize("seed", range(4))
def test_a_batch_is_followed_as_its_plots_one_by_one_would_be(database: Database, seed: int) -> None:
    """Two halls get the same verdicts, one plot by plot, the other in batches of several of a stream."""
    draw = random.Random(seed)
    dealt = [(draw.choice((GOOD, BAD, BAD, DOUBT)), minute, draw.choice(PADS)) for minute in range(40)]
    for _ in range(6):  # some come late
        dealt.insert(draw.randrange(len(dealt)), dealt.pop(draw.randrange(len(dealt))))
    one_by_one = _followed(database, "one by one", [[one] for one in dealt])
    batches = []
    while dealt:
        size = draw.randint(1, 9)
        batches.append(sorted(dealt[:size], key=lambda one: one[1]))
        dealt = dealt[size:]
    in_batches = _followed(database, "in batches", batches)
    assert _followed(database, "sorted one by one", [[one] for batch in batches for one in batch]) == in_batches
    assert one_by_one["panels"] == in_batches["panels"]  # whatever came late


def _followed(database: Database, hall: str, batches: list[list[tuple[Verdict, int, str]]]) -> dict[str, Any]:
    """All that a hall shows after these batches of (verdict, minute, pad)."""
    with database.write() as c:
        hall_id = halls.find_or_create(c, hall)
        halls.apply(c, hall_id, Hall(hall, plot_types={"CDC": CDC}), user="test")
        streams = Streams(hall_id, halls.load(c, hall_id), "station")
    ids: list[int] = []
    now = START
    for batch in batches:
        now = max(now, *(_at(minute) for _, minute, _ in batch))
        with database.write() as c:
            new = [
                NewPlot(PlotName("CDC", 1, minute, pad=pad), f"{minute:064x}", _at(minute), f"{minute}")
                for _, minute, pad in batch
            ]
            stored = [plot for plot in plots.add_all(c, hall_id, new, live=True) if plot is not None]
            judged = [
                verdicts.JudgedPlot(plot.id, "CDC", None, verdict)
                for plot, (verdict, *_) in zip(stored, batch, strict=True)
            ]
            verdict_ids = verdicts.add(c, hall_id, judged)
            past = [
                wall.PastVerdict(plot, id_, one.verdict, None)
                for plot, id_, one in zip(stored, verdict_ids, judged, strict=True)
            ]
            streams.follow(c, past[::-1], now)
            ids += [plot.id for plot in stored]
    with database.read() as c:
        found = episodes.newest(c, hall_id)
        minutes = {id_: plots.get(c, id_).name.chunk for id_ in ids}
        lengths = c.scalars(
            sa.select(t.episodes.c.plots).where(t.episodes.c.hall_id == hall_id).order_by(t.episodes.c.started_at)
        ).all()
        return {
            "panels": {
                pad: (one.label, one.status, one.last_at, minutes[one.last_plot_id]) for (_, pad), one in found.items()
            },
            "episodes": {pad: (one.plots, minutes[one.first_plot_id]) for (_, pad), one in found.items()},
            "lengths": lengths,
            "alarms": [(row.from_state, row.to_state, row.pad, row.why) for row in alarms.rows(c, hall_id)],
            "kept": sorted(minutes[id_] or 0 for id_ in ids if plots.get(c, id_).kept),
        }


def _at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def test_two_stations_that_acknowledge_at_once_make_one_entry(desk: Desk) -> None:
    desk.deal(BAD, BAD)
    with desk.database.read() as c:
        (alarm,) = alarms.open_alarms(c, desk.hall_id)
    for station in ("one", "two"):
        taken = alarm_service.acknowledge(desk.database, desk.hall_id, alarm.id, who=Who(station, station))
        assert taken.acknowledged_by == "one"
    assert desk.log() == [("normal", "unacknowledged"), ("unacknowledged", "acknowledged")]


def test_a_rise_of_severity_is_a_new_annunciation(desk: Desk) -> None:
    with desk.database.write() as c:
        halls.ensure_labels(c, desk.hall_id, "CDC", ["HotChannel"], user="test", comment="")
        desk.streams.hall = replace(desk.streams.hall, plot_types=halls.load(c, desk.hall_id).plot_types)
    desk.deal(HOT, HOT)
    desk.acknowledge()
    desk.deal(BAD)
    assert desk.states() == [AlarmState.UNACKNOWLEDGED]
    assert BAD.status is Status.CONFIRMED


def test_another_fault_is_heard_once_and_two_that_alternate_are_one(desk: Desk) -> None:
    desk.use(HOT_TOO)
    doubt = judge({"Good": 0.05, "Bad": 0.4, "HotChannel": 0.55}, {"HotChannel": 0.7}, HOT_TOO)
    desk.deal(BAD, BAD)
    desk.acknowledge()
    desk.deal(doubt, HOT, BAD)
    assert desk.heard() == [(AlarmState.ACKNOWLEDGED, "Bad", 1)]  # HotChannel in one of three
    desk.deal(HOT)
    assert desk.heard() == [(AlarmState.UNACKNOWLEDGED, "HotChannel", 2)]
    desk.acknowledge()
    desk.deal(BAD, HOT)
    desk.reload()
    desk.deal(BAD, BAD, HOT, HOT)
    assert desk.heard() == [(AlarmState.ACKNOWLEDGED, "HotChannel", 2)]
    desk.deal(GOOD, GOOD, BAD, BAD)
    assert desk.heard() == [(AlarmState.UNACKNOWLEDGED, "Bad", 1)]  # an alarm of its own
    desk.deal(HOT, HOT)
    assert desk.heard() == [(AlarmState.UNACKNOWLEDGED, "HotChannel", 2)]  # nobody may take it for the other


def test_a_lesser_fault_in_the_place_of_one_that_was_taken_is_heard(desk: Desk) -> None:
    labels = (default_label("Good"), default_label("Bad"), replace(default_label("HotChannel"), severity=Severity.LOW))
    desk.use(replace(CDC, labels=labels, alarm_rule=AlarmRule(2, 3, off_delay_s=1800)))
    desk.deal(BAD, BAD, HOT, HOT, HOT)
    assert desk.heard() == [(AlarmState.UNACKNOWLEDGED, "Bad", 1)]  # nobody saw it yet
    desk.acknowledge()
    desk.deal(HOT)
    assert desk.heard() == [(AlarmState.UNACKNOWLEDGED, "HotChannel", 2)]
    desk.acknowledge()
    desk.deal(HOT, GOOD, HOT, HOT)
    assert desk.heard() == [(AlarmState.ACKNOWLEDGED, "HotChannel", 2)]


def test_from_the_shelf_it_is_heard_once_as_what_it_is_then(desk: Desk) -> None:
    desk.use(HOT_TOO)
    desk.deal(BAD, BAD)
    ann = Who("ann", "station")
    with desk.database.read() as c:
        (alarm,) = alarms.open_alarms(c, desk.hall_id)
    alarm_service.shelve(desk.database, desk.hall_id, alarm.id, for_s=600, why="known", who=ann)
    desk.reload()
    desk.deal(HOT, HOT, HOT)
    alarm_service.unshelve(desk.database, desk.hall_id, alarm.id, who=ann)
    assert desk.heard() == [(AlarmState.UNACKNOWLEDGED, "HotChannel", 2)]
    desk.acknowledge()
    desk.deal(HOT, HOT)
    assert desk.heard() == [(AlarmState.ACKNOWLEDGED, "HotChannel", 2)]


def test_a_fault_of_the_past_is_not_heard_in_place_of_another(desk: Desk) -> None:
    desk.use(HOT_TOO)
    desk.deal(BAD, BAD)
    desk.deal(HOT, age_s=CDC.age_limit_s + 1)
    desk.deal(HOT, age_s=CDC.age_limit_s + 1)
    assert desk.heard() == [(AlarmState.UNACKNOWLEDGED, "Bad", 1)]


def test_a_chunk_that_is_written_again_counts_once(desk: Desk) -> None:
    desk.deal(BAD, BAD, chunk=7)
    assert desk.states() == []
    desk.reload()
    desk.deal(BAD, chunk=7)
    assert desk.states() == []
    desk.deal(BAD, chunk=8)
    assert desk.states() == [AlarmState.UNACKNOWLEDGED]


def test_a_chunk_that_is_written_again_clears_what_it_raised(desk: Desk) -> None:
    desk.deal(BAD, BAD)
    desk.deal(GOOD, chunk=0)
    desk.deal(GOOD, chunk=1)
    assert desk.states() == [AlarmState.RETURNED_UNACKNOWLEDGED]


def test_after_an_outage_the_newest_chunks_alarm_in_whatever_order_they_come(desk: Desk) -> None:
    desk.deal(GOOD, chunk=0)
    desk.deal(BAD, chunk=3)
    assert desk.states() == []
    desk.deal(BAD, chunk=2)
    assert desk.states() == [AlarmState.UNACKNOWLEDGED]
    desk.deal(BAD, chunk=1)
    assert desk.log() == [("normal", "unacknowledged")]
    with desk.database.read() as c:
        (alarm,) = alarms.open_alarms(c, desk.hall_id)
        assert plots.get(c, alarm.plot_id).name.chunk == 3


def test_a_good_chunk_that_comes_first_hides_no_fault_before_it(desk: Desk) -> None:
    desk.deal(GOOD, chunk=3)
    desk.deal(BAD, chunk=2)
    desk.deal(BAD, chunk=1)
    assert desk.states() == [AlarmState.UNACKNOWLEDGED]


def test_late_plots_of_an_earlier_run_never_alarm(desk: Desk) -> None:
    desk.deal(GOOD, run=2, chunk=10)
    desk.deal(BAD, run=1, chunk=9)
    desk.deal(BAD, run=1, chunk=8)
    assert desk.states() == []


def test_the_backlog_of_a_beam_trip_takes_nothing_from_the_plots_after_it(desk: Desk) -> None:
    desk.suppress(0)
    desk.end_suppression(5)
    desk.deal(BAD, chunk=10)  # the newest first
    desk.deal(BAD, chunk=3)
    assert desk.states() == []
    desk.deal(BAD, chunk=11)
    assert desk.states() == [AlarmState.UNACKNOWLEDGED]


def test_a_fault_of_before_a_beam_trip_that_comes_while_it_lasts_counts(desk: Desk) -> None:
    desk.suppress(4.5)
    desk.deal(BAD, chunk=4)  # taken before it
    assert desk.states() == []
    desk.end_suppression(6)
    desk.deal(BAD, chunk=7)
    assert desk.states() == [AlarmState.UNACKNOWLEDGED]


@pytest.mark.parametrize("is_restarted", [False, True])
def test_faults_of_a_beam_trip_never_count_however_long_ago(desk: Desk, *, is_restarted: bool) -> None:
    desk.suppress(0.5)
    desk.deal(BAD, chunk=1)
    desk.deal(BAD, chunk=2)
    desk.end_suppression(3)
    if is_restarted:
        desk.reload()  # of which the database's clock says that it is months later
    desk.deal(BAD, chunk=299)
    assert desk.states() == []


def test_what_began_out_of_service_is_told_when_it_is_back_however_old(desk: Desk) -> None:
    ann = Who("ann", "station")
    alarm_service.take_out_of_service(desk.database, desk.hall_id, "CDC", why="moved", who=ann)
    desk.deal(BAD, BAD)
    assert desk.states() == []
    with desk.database.write() as c:
        desk.streams.follow(c, [], desk.now)
    assert alarm_service.put_back(desk.database, desk.hall_id, "CDC", who=ann)
    with desk.database.write() as c:  # whatever the monitor does before its next plots
        desk.streams.look_at_known(c, ["other"], desk.now, at=desk.now)
    desk.reload()
    with desk.database.write() as c:
        desk.streams.follow(c, [], desk.now + timedelta(hours=3))
    assert desk.states() == [AlarmState.UNACKNOWLEDGED]


def test_after_the_clock_was_set_back_a_plot_of_the_future_holds_up_nothing(desk: Desk) -> None:
    desk.deal(GOOD, chunk=1440)
    desk.now = START
    desk.deal(BAD, chunk=1)
    desk.deal(BAD, chunk=2)
    assert desk.states() == [AlarmState.UNACKNOWLEDGED]
    with desk.database.read() as c:
        (panel,) = wall.load(c, desk.hall_id).panels
    assert panel.plot is not None
    assert panel.plot.name.chunk == 2


def test_plots_that_are_all_too_old_are_told_and_a_backlog_is_not(desk: Desk) -> None:
    for chunk in (50, 40, 39, 38):  # the newest first, after an outage
        desk.deal(BAD, chunk=chunk, age_s=CDC.age_limit_s + 60)
    assert desk.streams.late(desk.now) is None
    for chunk in (54, 58):
        desk.deal(BAD, chunk=chunk, age_s=CDC.age_limit_s + 60)
    said = desk.streams.late(desk.now)
    assert said is not None
    assert said.startswith("CDC comes more than 30 min after the time of the files")
    assert desk.states() == []
    desk.deal(GOOD, chunk=100)
    assert desk.streams.late(desk.now) == ""


def test_that_plots_come_late_is_known_after_a_transaction_that_failed_until_they_stop(desk: Desk) -> None:
    desk.deal(GOOD, age_s=CDC.age_limit_s + 120)
    with desk.database.read() as c:
        (past,) = wall.last_chunks(c, desk.hall_id, "CDC", "", 1)
    following = replace(past, plot=replace(past.plot, taken_at=past.plot.taken_at + timedelta(minutes=1)))
    for _ in range(3):
        with pytest.raises(DatabaseError), desk.database.write() as c:
            desk.streams.follow(c, [following], desk.now)
            raise DatabaseError("The server is away.")
        desk.reload()
    desk.deal(GOOD, age_s=CDC.age_limit_s + 120)  # the same, stored at last
    assert desk.streams.late(desk.now) is None
    desk.deal(GOOD, age_s=CDC.age_limit_s + 120)
    desk.reload()
    assert desk.streams.late(desk.now)
    desk.now += timedelta(seconds=CDC.stale_after_s + 1)
    assert desk.streams.late(desk.now) == ""


@pytest.mark.parametrize(
    ("names", "told"),
    [("A", "A comes more"), ("AB", "A and 1 more plot type come more"), ("ABC", "A and 2 more plot types come more")],
)
def test_how_many_plot_types_come_late(desk: Desk, names: str, told: str) -> None:
    with desk.database.write() as c:
        for name in names:
            halls.ensure_plot_type(c, desk.hall_id, name, chunked=True)
    for name in names * LATE:
        desk.deal(GOOD, name=name, age_s=7200)
    assert str(desk.streams.late(desk.now)).startswith(told)


def test_a_cumulative_plot_annunciates_once_per_run(desk: Desk) -> None:
    once = replace(CDC, alarm_rule=AlarmRule(1, 1, once_per_run=True))
    desk.use(once)
    desk.deal(BAD)
    desk.acknowledge()
    desk.deal(GOOD, BAD, GOOD)
    desk.reload()
    desk.deal(BAD, GOOD)
    assert desk.states() == [AlarmState.ACKNOWLEDGED]
    desk.deal(GOOD, run=2)
    assert desk.states() == []
    desk.deal(BAD, run=2)
    assert desk.states() == [AlarmState.UNACKNOWLEDGED]
    desk.deal(BAD, run=3)  # nobody took that of run 2
    assert desk.log().count(("returned unacknowledged", "unacknowledged")) == 1


def test_a_latched_alarm_stays_after_its_fault_and_an_edit_until_it_is_reset(desk: Desk) -> None:
    latched = replace(CDC, alarm_rule=AlarmRule(1, 1, latches=True))
    desk.use(latched)
    desk.deal(BAD)
    desk.acknowledge()
    desk.deal(GOOD)
    with desk.database.write() as c:
        halls.apply(c, desk.hall_id, Hall("D", plot_types={"CDC": CDC}), user="test")
        desk.streams.hall = halls.load(c, desk.hall_id)
    desk.reload()
    desk.deal(GOOD, GOOD)
    assert desk.states() == [AlarmState.LATCHED]
    with desk.database.read() as c:
        (alarm,) = alarms.open_alarms(c, desk.hall_id)
    assert alarm_service.reset(desk.database, desk.hall_id, alarm.id, who=Who("ann", "s")).state is AlarmState.NORMAL


def test_every_step_of_an_alarm_says_what_is_behind_it(desk: Desk) -> None:
    plot_id = desk.deal(BAD, BAD)[-1]
    desk.acknowledge()
    with desk.database.read() as c:
        (alarm,) = alarms.open_alarms(c, desk.hall_id)
        raised, taken = alarms.log(c, alarm.id)
    assert (raised.behind.plot_id, raised.behind.confidence) == (plot_id, BAD.confidence)
    assert raised.behind.verdict_id is not None
    assert (raised.annunciates, taken.annunciates) == (True, False)
    assert (taken.who, taken.station, taken.behind.plot_id) == ("shift", "station", plot_id)
