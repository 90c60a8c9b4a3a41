"""Which plots are proposed as a reference, and which reference is in force in a run period."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hydra_desktop.domain import reference as rules
from hydra_desktop.domain.hall import PlotType
from hydra_desktop.domain.plot import Plot, PlotName
from hydra_desktop.domain.reference import Candidate, Period, Reference, ReferenceState
from hydra_desktop.domain.run import BeamSource, RunState

START = datetime(2021, 8, 17, 12, tzinfo=UTC)
TYPE = PlotType("CDC")


def plot(run: int, chunk: int | None = 1, *, id_: int = 0, minutes: float = 0, file_time: bool = False) -> Plot:
    at = START + timedelta(minutes=minutes)
    return Plot(
        id_ or 100 * run + (chunk or 0), PlotName("CDC", run, chunk), "0" * 64, at, at, taken_at_is_file_time=file_time
    )


def reference(period: str, count: int, state: ReferenceState = ReferenceState.CONFIRMED) -> Reference:
    return Reference("CDC", period, state, tuple(plot(run) for run in range(1, count + 1)))


def default(period: str, count: int) -> Reference:
    return reference(period, count, ReferenceState.DEFAULT)


def forced(periods: str, own: dict[str, Reference], defaults: dict[str, Reference]) -> dict[str, str]:
    found = rules.in_force(periods.split(), own, defaults)
    return {period: f"{one.state} {one.origin or one.run_period} {len(one.plots)}" for period, one in found.items()}


def test_a_period_has_its_own_reference_or_that_of_the_last_before_it() -> None:
    own = {"B": reference("B", 3), "D": reference("D", 4)}
    assert forced("A B C D E", own, {}) == {
        "A": "inherited B 3",  # there is none before
        "B": "confirmed B 3",
        "C": "inherited B 3",
        "D": "confirmed D 4",
        "E": "inherited D 4",
    }
    assert forced("A B", {}, {}) == {}


def test_what_people_labelled_good_is_the_default_once_it_is_enough() -> None:
    own = {"A": reference("A", 30)}
    assert forced("A B", own, {"B": default("B", rules.LEAST)})["B"] == f"default B {rules.LEAST}"
    assert forced("A B", own, {"B": default("B", rules.LEAST - 1)})["B"] == "inherited A 30"
    assert forced("A B", own, {"A": default("A", 12)})["A"] == "confirmed A 30"
    assert forced("A B", {}, {"A": default("A", 2)}) == {"A": "default A 2", "B": "inherited A 2"}


def test_a_period_not_heard_of_inherits_the_last() -> None:
    references = rules.in_force(["A", "B"], {"A": reference("A", 3)}, {})
    assert rules.of_period(references, "A") == references["A"]
    new = rules.of_period(references, "C")
    assert new is not None
    assert (new.run_period, new.state, new.origin) == ("C", ReferenceState.INHERITED, "A")
    assert rules.of_period({}, "C") is None


def test_plots_and_periods_are_in_the_order_of_time_and_of_runs_where_times_are_those_of_files() -> None:
    late, early = plot(1, minutes=9), plot(2, minutes=3)
    assert rules.in_time_order([late, early]) == [early, late]
    copied = replace(early, taken_at_is_file_time=True)
    assert rules.in_time_order([copied, late]) == [late, copied]
    once = plot(1, None, minutes=20)
    assert rules.in_time_order([copied, late, once]) == [once, late, copied]
    a, b = Period("a", 1, START, False), Period("b", 2, START - timedelta(days=1), False)
    assert rules.periods_in_order([a, b]) == ["b", "a"]
    assert rules.periods_in_order([replace(b, is_file_time=True), a]) == ["a", "b"]


def test_steady_plots_are_those_of_normal_running() -> None:
    candidates = [
        Candidate(plot(1, 1)),
        Candidate(plot(1, 2), confirmed="NoData"),
        Candidate(plot(1, 3), confirmed="NoData", given="Good"),  # a person's word goes before a model's
        Candidate(plot(1, 4), confirmed="Bad"),  # the old model may be wrong of all in a new period
        Candidate(plot(1, 5), given="Bad"),
        Candidate(plot(1, 6), given="Ignore"),
        Candidate(plot(1, 7), beam_on=False),
        Candidate(plot(1, 8), beam_on=True),
    ]
    assert [one.name.chunk for one in rules.steady(reversed(candidates), TYPE)] == [1, 3, 4, 8]


def test_of_a_plot_that_came_again_the_newest_revision_counts() -> None:
    first = plot(1, 1, id_=1)
    again = replace(first, id=2, revision=2)
    assert [one.id for one in rules.steady([Candidate(again), Candidate(first)], TYPE)] == [2]
    assert rules.steady([Candidate(again, given="Bad"), Candidate(first)], TYPE) == []


def test_one_run_does_not_fill_a_proposal_when_others_have_plots() -> None:
    def of_runs(*chunks_of: int) -> list[int]:
        plots = [plot(run, chunk) for run, count in enumerate(chunks_of, start=1) for chunk in range(count)]
        chosen = rules.first_of(plots)
        assert chosen == sorted(chosen, key=lambda one: one.id)
        return [sum(one.name.run_number == run for one in chosen) for run in range(1, len(chunks_of) + 1)]

    assert of_runs(40) == [30]
    assert of_runs(40, 40, 40, 40) == [10, 10, 10, 0]
    assert of_runs(40, 4) == [26, 4]
    assert of_runs(3, 40, 2) == [3, 25, 2]
    assert of_runs(*[1] * 40) == [1] * 30 + [0] * 10
    assert of_runs(5) == [5]


def test_the_beam_state_tells_of_plots_just_taken_in_its_run() -> None:
    state = RunState(7, "A", True, 150.0, BeamSource.FILE, START)
    assert state.beam_during(7, START, START + timedelta(minutes=1)) is True
    assert state.beam_during(6, START, START + timedelta(minutes=1)) is None
    assert state.beam_during(7, START, START + timedelta(hours=1)) is None
    assert replace(state, run_number=None).beam_during(6, START, START) is True
    assert RunState().beam_during(7, START, START) is None
