"""A plot type that changes is one condition, on a real database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from hydra_desktop.database import alarms, conditions, feed, halls, model_store, plots, references, verdicts, wall
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.alarm import AlarmKind
from hydra_desktop.domain.condition import Condition
from hydra_desktop.domain.hall import AlarmRule, Hall, PlotType
from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.domain.reference import ReferenceState
from hydra_desktop.domain.verdict import Familiarity, judge
from hydra_desktop.services.streams import Streams

START = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
DRAW = np.random.default_rng(7)
SHIFT = DRAW.normal(0, 3, 48).astype(np.float32)
TYPES = {name: PlotType(name, alarm_rule=AlarmRule(2, 3), collect_percent=0.0) for name in ("CDC", "RF")}
GOOD = judge({"Good": 0.9, "Bad": 0.1}, {}, TYPES["CDC"])
BAD = judge({"Good": 0.1, "Bad": 0.9}, {}, TYPES["CDC"])
STRANGE = judge({"Good": 0.1, "Bad": 0.9}, {}, TYPES["CDC"], unfamiliar=True)
NO_DATA = judge({"Good": 0.1, "NoData": 0.9}, {}, TYPES["CDC"])
# of each kind the verdict, and what the plot's deviation is beside noise
KINDS = {
    "g": (GOOD, 0.0),
    "s": (STRANGE, SHIFT),
    "S": (STRANGE, -SHIFT),
    "w": (STRANGE, SHIFT / 4),
    "b": (BAD, SHIFT),
    "B": (BAD, -SHIFT),
    "n": (NO_DATA, SHIFT),
}


@dataclass
class Desk:
    """A hall whose plots are dealt one a minute."""

    database: Database
    hall_id: int = 0
    dealt: int = 0
    models: dict[str, int] = field(default_factory=dict)
    streams: Streams = field(init=False)

    def __post_init__(self) -> None:
        with self.database.write() as c:
            self.hall_id = halls.find_or_create(c, "D")
            halls.apply(c, self.hall_id, Hall("D", plot_types=TYPES), user="test")
            self.streams = Streams(self.hall_id, halls.load(c, self.hall_id), "station")
        for name in TYPES:
            self.activate(name)

    def activate(self, name: str) -> None:
        """Put a new model live."""
        with self.database.write() as c:
            added = model_store.add(
                c, self.hall_id, name, file=b"m", card={}, thresholds={"Good": 0.5, "Bad": 0.5, "NoData": 0.5}, user="e"
            )
            model_store.activate(c, added, user="eva")
        self.models[name] = added

    def deal(
        self,
        kinds: str,
        *,
        run: int = 1,
        name: str = "CDC",
        period: str = "P",
        minute: int | None = None,
        beam: bool | None = None,
        inherited: bool = False,
    ) -> None:
        """Store a plot of each kind in `KINDS`."""
        for kind in kinds:
            self.dealt += 1
            verdict, shift = KINDS[kind]
            deviation = (shift + DRAW.normal(0, 0.3, 48)).astype(np.float32)
            taken = START + timedelta(minutes=self.dealt if minute is None else minute)
            with self.database.write() as c:
                key = f"{self.dealt:064x}"
                new = NewPlot(PlotName(name, run, self.dealt, period), key, taken, key, beam_on=beam)
                plot = plots.add(c, self.hall_id, new, live=True)
                assert plot is not None
                told = Familiarity(0.5, (), deviation, inherited)
                one = verdicts.JudgedPlot(plot.id, name, self.models[name], verdict, familiarity=told)
                (verdict_id,) = verdicts.add(c, self.hall_id, [one])
                past = wall.PastVerdict(plot, verdict_id, verdict, self.models[name], told)
                self.streams.follow(c, [past], taken)

    def reload(self) -> None:
        """As after a restart of the monitor."""
        with self.database.read() as c:
            self.streams = Streams(self.hall_id, halls.load(c, self.hall_id), "station")
            self.streams.load(c)

    @property
    def open(self) -> list[Condition]:
        """What the wall shows."""
        with self.database.read() as c:
            return list(wall.load(c, self.hall_id).conditions)

    def whys(self) -> list[str]:
        """Why each transition of an alarm was."""
        with self.database.read() as c:
            return [row.why for row in alarms.rows(c, self.hall_id)]


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_a_changed_plot_type_is_one_condition_in_place_of_alarms(desk: Desk) -> None:
    desk.deal("g" * 30, run=5420)
    desk.deal("s" * 9, run=5423)
    assert desk.open == []
    desk.deal("s" * 29, run=5424)
    (condition,) = desk.open
    assert (condition.run_number, condition.facts) == (5423, "38 of the last 38 plots, all alike")
    assert not condition.begins_period
    assert desk.whys() == ["Unfamiliar in 2 of 2 chunks", "it deviates as all plots of its type do"]
    desk.deal("s" * 5, run=5425)
    assert len(desk.whys()) == 2
    with desk.database.read() as c:
        told = [change.kind for change in feed.read_after(c, desk.hall_id, 0)]
    assert told.count("condition") == 1


def test_it_ends_by_itself_when_most_plots_are_familiar_again(desk: Desk) -> None:
    desk.deal("s" * 12 + "gsgsg" + "g" * 8)
    assert len(desk.open) == 1
    desk.deal("gg")
    assert desk.open == []
    desk.deal("s" * 9)
    assert desk.open == []
    with desk.database.read() as c:
        (row,) = conditions.rows(c, desk.hall_id)
    assert (row.ended_by, row.why_ended) == ("monitor", "most of its plots are familiar again")


def test_a_new_run_period_is_told(desk: Desk) -> None:
    desk.deal("g" * 12, run=1)
    desk.deal("b" * 12, run=2, period="Q")
    (condition,) = desk.open
    assert (condition.begins_period, condition.run_period, condition.run_number) == (True, "Q", 2)


def test_a_known_fault_that_lasts_is_an_alarm_and_no_condition(desk: Desk) -> None:
    desk.deal("g" * 12 + "b" * 20)
    assert desk.open == []
    assert desk.whys() == ["Confirmed in 2 of 3 chunks"]


def test_a_fault_that_only_says_what_the_change_says_is_marked_and_another_not(desk: Desk) -> None:
    desk.deal("g" * 12, run=1)
    desk.deal("s" * 12, run=7)
    desk.deal("bb", run=8)
    assert desk.whys()[-1] == "Confirmed in 2 of 2 chunks; it deviates as all its plots since run 7 do"
    desk.deal("s" * 12, run=7, name="RF")
    desk.deal("BB", run=8, name="RF")
    assert desk.whys()[-1] == "Confirmed in 2 of 2 chunks"


@pytest.mark.parametrize("restart", [False, True])
def test_a_new_reference_ends_it_and_what_was_before_counts_no_more(desk: Desk, restart: bool) -> None:
    desk.deal("s" * 20)
    with desk.database.write() as c:
        chosen = [one.plot for one in wall.history(c, desk.hall_id, "CDC", 5)]
        for state in (ReferenceState.PROPOSED, ReferenceState.CONFIRMED):
            assert len(conditions.open_conditions(c, desk.hall_id)) == 1
            references.add(c, desk.hall_id, "CDC", "P", chosen, state=state, user="eva")
    assert desk.open == []
    with desk.database.read() as c:
        (row,) = conditions.rows(c, desk.hall_id)
    assert (row.ended_by, row.why_ended) == ("eva", "a new reference")
    if restart:
        desk.reload()
    desk.deal("s" * 9)
    assert desk.open == []
    desk.deal("ss")
    assert len(desk.open) == 1


def test_another_model_ends_it(desk: Desk) -> None:
    desk.deal("s" * 20)
    desk.activate("CDC")
    assert desk.open == []
    desk.deal("s" * 9)
    assert desk.open == []
    desk.reload()
    desk.deal("s")
    assert len(desk.open) == 1


def test_after_a_restart_all_goes_on_where_it_was(desk: Desk) -> None:
    desk.deal("g" * 20 + "s" * 9)
    desk.reload()
    desk.deal("s", run=3)
    (condition,) = desk.open
    assert condition.run_number == 1
    assert condition.facts == "10 of the last 10 plots, all alike"
    desk.reload()
    desk.deal("gs")
    assert [one.facts for one in desk.open] == ["11 of the last 12 plots, all alike"]
    desk.deal("g" * 12)
    assert desk.open == []


def test_a_backlog_counts_at_its_place_in_time(desk: Desk) -> None:
    desk.deal("s" * 9)
    for minute in range(-3, -15, -1):
        desk.deal("g", minute=minute)
    desk.deal("s")
    (condition,) = desk.open
    assert condition.facts == "10 of the last 10 plots, all alike"


def test_without_beam_and_with_no_data_nothing_is_normal(desk: Desk) -> None:
    desk.deal("s" * 20, beam=False)
    desk.reload()
    desk.deal("n" * 20 + "s" * 9)
    assert desk.open == []
    desk.deal("s")
    assert len(desk.open) == 1
    desk.deal("n" * 20)
    assert len(desk.open) == 1


def test_it_does_not_flicker(desk: Desk) -> None:
    """Plots that are off three times in five, and a reading of the state from the database at times."""
    moves, before = [0], 0
    for number, kind in enumerate(DRAW.choice(["g", "s"], 150, p=(0.4, 0.6))):
        desk.deal(str(kind))
        if number % 50 == 49:
            desk.reload()
        if len(desk.open) != before:
            before = len(desk.open)
            moves.append(number)
    assert len(moves) <= 5
    assert all(later - earlier >= 10 for earlier, later in pairwise(moves))


@pytest.mark.parametrize("restart", [False, True])
def test_unfamiliar_plots_that_deviate_strongly_alarm_and_others_not(desk: Desk, restart: bool) -> None:
    desk.deal("gggwwww")
    assert desk.whys() == []
    desk.deal("gs")
    if restart:
        desk.reload()
    desk.deal("s")
    assert desk.whys() == ["Unfamiliar in 2 of 3 chunks"]
    with desk.database.read() as c:
        (alarm,) = alarms.open_alarms(c, desk.hall_id)
    assert (alarm.kind, alarm.label, alarm.severity) == (AlarmKind.UNFAMILIAR, "Unfamiliar", Severity.HIGH)


@pytest.mark.parametrize("restart", [False, True])
def test_before_a_run_period_has_its_reference_unfamiliar_is_no_alarm(desk: Desk, restart: bool) -> None:
    desk.deal("ggg")
    desk.deal("sssss", period="Q", inherited=True)
    if restart:
        desk.reload()
    desk.deal("sss", period="Q", inherited=True)
    assert desk.whys() == []


@pytest.mark.parametrize("restart", [False, True])
def test_while_a_type_has_changed_only_what_deviates_otherwise_alarms(desk: Desk, restart: bool) -> None:
    desk.deal("w" * 14)  # too weak for an alarm, and all alike
    assert len(desk.open) == 1
    if restart:
        desk.reload()
    desk.deal("ss")
    assert desk.whys() == []
    desk.deal("SS")
    assert desk.whys() == ["Unfamiliar in 2 of 3 chunks"]
