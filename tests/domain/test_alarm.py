"""The alarm life cycle and the k-of-n rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hydra_desktop.domain.alarm import TO_TAKE, AlarmState, AlarmStep, AlarmWindow, Finding, Life, labels_told
from hydra_desktop.domain.hall import AlarmRule, PlotType
from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.plot import Plot, PlotName
from hydra_desktop.domain.verdict import Status, Verdict

START = datetime(2026, 3, 1, tzinfo=UTC)
BEGUN = Life().with_condition(True, Severity.LOW)


def found(chunk: int | None, severity: Severity, *, sure: bool = True, minute: int | None = None) -> Finding:
    """What was found in a chunk, taken in the minute of its number unless another is named."""
    taken = START + timedelta(minutes=(chunk or 0) if minute is None else minute)
    status = Status.CONFIRMED if sure else Status.UNCONFIRMED
    plot = Plot(1, PlotName("x", 1, chunk), "0" * 64, taken, taken)
    return Finding(plot, 1, Verdict("x", 0.9, status, 0.9, {}), severity)


def window(k: int, n: int, *severities: Severity) -> AlarmWindow:
    made = AlarmWindow(AlarmRule(k, n))
    for chunk, severity in enumerate(severities):
        made.see(found(chunk, severity))
    return made


def test_one_faulty_chunk_of_three_does_not_alarm() -> None:
    assert not window(2, 3, Severity.HIGH).raises()
    assert not window(2, 3, Severity.HIGH, Severity.NONE, Severity.NONE).raises()


def test_two_faulty_chunks_of_three_alarm_also_with_a_good_one_between() -> None:
    assert window(2, 3, Severity.HIGH, Severity.HIGH).raises()
    assert window(2, 3, Severity.HIGH, Severity.NONE, Severity.LOW).raises()


def test_what_lies_before_a_plot_that_means_nothing_counts_no_more_and_what_came_of_later_does() -> None:
    seen = window(2, 3, Severity.HIGH, Severity.NONE, Severity.NONE, Severity.HIGH)
    seen.start_after(found(1, Severity.HIGH).plot)  # it comes late
    assert (seen.seen, seen.faulty) == (2, 1)
    seen.see(found(0, Severity.HIGH))
    assert not seen.raises()
    seen.see(found(4, Severity.HIGH))
    assert seen.raises()
    seen.start_after(found(5, Severity.HIGH).plot)
    assert seen.newest is None


def test_more_that_fell_to_what_was_taken_is_heard_and_to_what_is_held_is_not() -> None:
    taken = Life().with_condition(True, Severity.LOW).acknowledged()
    again = taken.grown()
    assert again.state is AlarmState.UNACKNOWLEDGED
    assert again.annunciates_after(taken)
    assert again.grown() == again
    shelved = taken.shelved(START)
    assert shelved.grown() == shelved
    assert Life().grown() == Life()


def test_a_flickering_plot_makes_one_alarm() -> None:
    life = Life()
    flicker = AlarmWindow(AlarmRule(2, 4))
    annunciations = 0
    for chunk, severity in enumerate([Severity.HIGH, Severity.NONE] * 10):
        flicker.see(found(chunk, severity))
        before = life
        if flicker.raises():
            life = life.with_condition(True, Severity.HIGH)
        elif flicker.clears():
            life = life.with_condition(False)
        annunciations += life.annunciates_after(before)
    assert annunciations == 1


def test_a_verdict_in_doubt_neither_raises_nor_clears() -> None:
    doubtful = window(1, 1, Severity.HIGH)
    doubtful.see(found(1, Severity.NONE, sure=False))
    assert not doubtful.clears()
    assert not doubtful.raises()
    doubtful.see(found(2, Severity.NONE))
    assert doubtful.clears()


def test_the_window_starts_anew() -> None:
    restarted = window(2, 3, Severity.HIGH)
    restarted.restart()
    restarted.see(found(3, Severity.HIGH))
    assert not restarted.raises()


def test_chunks_count_in_whatever_order_they_come() -> None:
    chunks = [Severity.HIGH, Severity.NONE, Severity.HIGH, Severity.HIGH, Severity.NONE]
    for order in permutations(range(5)):
        mixed = AlarmWindow(AlarmRule(2, 3))
        for chunk in order:
            mixed.see(found(chunk, chunks[chunk]))
        assert (mixed.faulty, mixed.seen, mixed.raises(), mixed.clears()) == (2, 3, True, False)
        assert mixed.newest_fault == found(3, Severity.HIGH)


def test_a_chunk_that_is_written_again_replaces_its_entry() -> None:
    again = window(2, 3, Severity.HIGH)
    again.see(found(0, Severity.HIGH, minute=1))
    assert not again.raises()
    again.see(found(0, Severity.NONE, minute=2))
    again.see(found(0, Severity.HIGH, minute=1))
    assert (again.faulty, again.seen) == (0, 1)


def test_plots_without_a_chunk_count_each() -> None:
    each = AlarmWindow(AlarmRule(2, 3))
    each.see(found(None, Severity.HIGH))
    each.see(found(None, Severity.HIGH, minute=1))
    assert each.raises()


def test_what_returns_unacknowledged_waits_for_its_acknowledgement() -> None:
    returned = BEGUN.with_condition(False)
    assert returned.state is AlarmState.RETURNED_UNACKNOWLEDGED
    assert returned.acknowledged().state is AlarmState.NORMAL


def test_what_returns_acknowledged_is_over() -> None:
    assert BEGUN.acknowledged().state is AlarmState.ACKNOWLEDGED
    assert BEGUN.acknowledged().with_condition(False) == Life()


def test_a_fault_that_comes_back_is_a_new_annunciation() -> None:
    returned = BEGUN.with_condition(False)
    again = returned.with_condition(True, Severity.LOW)
    assert again.state is AlarmState.UNACKNOWLEDGED
    assert again.annunciates_after(returned)
    assert not BEGUN.with_condition(True, Severity.LOW).annunciates_after(BEGUN)


def test_an_acknowledgement_is_for_one_severity() -> None:
    taken = BEGUN.acknowledged()
    risen = taken.with_condition(True, Severity.HIGH)
    assert (risen.state, risen.severity) == (AlarmState.UNACKNOWLEDGED, Severity.HIGH)
    assert risen.annunciates_after(taken)
    assert BEGUN.with_condition(True, Severity.HIGH).annunciates_after(BEGUN)
    fallen = risen.acknowledged().with_condition(True, Severity.LOW)
    assert (fallen.state, fallen.severity) == (AlarmState.ACKNOWLEDGED, Severity.HIGH)


def test_an_acknowledgement_is_for_one_fault() -> None:
    bad = Life().with_condition(True, Severity.MEDIUM, "Bad")
    taken = bad.acknowledged()
    for before in (bad, taken):
        hot = before.with_condition(True, Severity.MEDIUM, "HotChannel")
        assert (hot.state, hot.label) == (AlarmState.UNACKNOWLEDGED, "HotChannel")
        assert hot.annunciates_after(before)
        assert before.with_condition(True, Severity.MEDIUM) == before
    assert bad.with_condition(True, Severity.LOW, "HotChannel") == bad  # what nobody saw stays to be seen
    returned = bad.with_condition(False)
    again = returned.with_condition(True, Severity.LOW, "HotChannel")
    assert (again.state, again.label, again.severity) == (AlarmState.UNACKNOWLEDGED, "Bad", Severity.MEDIUM)
    low = taken.with_condition(True, Severity.LOW, "HotChannel")
    assert (low.state, low.label, low.severity) == (AlarmState.UNACKNOWLEDGED, "HotChannel", Severity.LOW)
    assert low.annunciates_after(taken)
    assert taken.with_condition(False).label == "Bad"


def test_what_is_held_comes_back_as_the_fault_that_it_is_then() -> None:
    bad = Life().with_condition(True, Severity.MEDIUM, "Bad")
    for held in (bad.shelved(START), bad.taken_out_of_service()):
        hot = held.with_condition(True, Severity.LOW, "HotChannel")
        assert (hot.state, hot.label, hot.severity) == (held.state, "HotChannel", Severity.LOW)
        assert not hot.annunciates_after(held)
        back = hot.unshelved().put_back()
        assert (back.state, back.label) == (AlarmState.UNACKNOWLEDGED, "HotChannel")
        assert back.with_condition(True, Severity.LOW, "HotChannel") == back


def test_a_fault_by_itself_must_meet_the_rule() -> None:
    mixed = AlarmWindow(AlarmRule(2, 3))
    for chunk, name in enumerate(["Bad", "HotChannel", "Bad"]):
        one = found(chunk, Severity.HIGH)
        mixed.see(replace(one, verdict=replace(one.verdict, label=name)))
    assert (mixed.raises(), mixed.raises("Bad"), mixed.raises("HotChannel")) == (True, True, False)


def test_a_latched_alarm_waits_for_its_reset() -> None:
    over = replace(BEGUN, latches=True).acknowledged().with_condition(False)
    assert over.state is AlarmState.LATCHED
    assert over.acknowledged() == over
    assert over.reset().state is AlarmState.NORMAL
    assert over.with_condition(True, Severity.LOW).state is AlarmState.UNACKNOWLEDGED
    assert replace(BEGUN, latches=True).with_condition(False).acknowledged().state is AlarmState.LATCHED
    assert BEGUN.reset() == BEGUN


def test_a_shelf_returns_by_itself() -> None:
    shelved = BEGUN.acknowledged().shelved(START)
    assert shelved.state is AlarmState.SHELVED
    assert shelved.at(START - timedelta(seconds=1)) == shelved
    assert shelved.at(START).state is AlarmState.UNACKNOWLEDGED
    assert shelved.with_condition(False).at(START).state is AlarmState.NORMAL
    assert shelved.acknowledged() == shelved
    assert Life().shelved(START) == Life()


def test_after_a_beam_trip_what_was_taken_is_taken_still() -> None:
    taken = BEGUN.acknowledged()
    trip = taken.suppressed_by_design()
    assert trip.state is AlarmState.SUPPRESSED
    assert trip.with_condition(False) == trip  # nobody looks at plots without beam
    assert trip.released() == taken
    assert not trip.released().annunciates_after(trip)
    loud = BEGUN.suppressed_by_design()
    assert loud.released().state is AlarmState.UNACKNOWLEDGED
    assert not loud.released().annunciates_after(loud)  # the same occurrence, heard before


def test_what_only_began_while_it_was_suppressed_is_looked_at_anew() -> None:
    began = Life(suppressed=True).with_condition(True, Severity.HIGH)
    assert began.state is AlarmState.SUPPRESSED
    assert began.released().state is AlarmState.NORMAL
    assert began.with_condition(False).state is AlarmState.NORMAL


def test_out_of_service_and_back() -> None:
    out = BEGUN.taken_out_of_service()
    assert out.state is AlarmState.OUT_OF_SERVICE
    assert out.put_back().state is AlarmState.UNACKNOWLEDGED
    assert out.with_condition(False).put_back().state is AlarmState.NORMAL
    assert out.shelved(START) == out


def test_an_on_delay_waits_and_an_off_delay_too() -> None:
    delayed = AlarmWindow(AlarmRule(1, 1, on_delay_s=120, off_delay_s=180))
    delayed.see(found(0, Severity.HIGH))
    delayed.see(found(1, Severity.HIGH))
    assert not delayed.raises()
    delayed.see(found(2, Severity.HIGH))
    assert delayed.raises()
    for chunk in (3, 4, 5):
        delayed.see(found(chunk, Severity.NONE))
        assert not delayed.clears()
    delayed.see(found(6, Severity.NONE, sure=False))
    assert not delayed.clears()
    delayed.see(found(7, Severity.NONE))
    assert delayed.clears()


def test_a_time_without_faults_goes_on_over_a_run_change() -> None:
    short = AlarmWindow(AlarmRule(1, 1, off_delay_s=600))
    short.see(found(0, Severity.HIGH))
    for chunk in range(1, 11):
        short.see(found(chunk, Severity.NONE))
        assert not short.clears()
        if chunk % 4 == 0:
            short.restart(goes_on=True)
    short.see(found(11, Severity.NONE))
    assert short.clears()
    short.see(found(12, Severity.HIGH))
    short.restart(goes_on=True)
    short.see(found(13, Severity.NONE))
    assert not short.clears()


def test_what_is_known_or_judged_by_nobody_ends_a_condition_at_once() -> None:
    for told, status in (("Bad is known", Status.CONFIRMED), ("", Status.NO_MODEL)):
        seen = AlarmWindow(AlarmRule(2, 3, off_delay_s=1800))
        for chunk in range(3):
            seen.see(found(chunk, Severity.HIGH))
        seen.restart()
        last = found(3, Severity.NONE)
        seen.see(replace(last, told=told, verdict=replace(last.verdict, status=status)))
        assert seen.clears()


def test_by_its_hysteresis_a_fault_must_be_clearly_gone() -> None:
    rule = AlarmRule(1, 1, hysteresis=0.3)
    for score, clears in ((0.45, False), (0.15, True)):
        seen = AlarmWindow(replace(rule, n=2))
        seen.see(replace(found(0, Severity.HIGH), threshold=0.5))
        for chunk in (1, 2):
            good = found(chunk, Severity.NONE)
            seen.see(replace(good, verdict=replace(good.verdict, fault_score=score)))
        assert seen.clears() is clears


class Machine(RuleBasedStateMachine):
    """Any sequence of conditions, people, rules and time; a crash leaves what is stored, which is the life itself."""

    def __init__(self) -> None:
        super().__init__()
        self.life = Life()
        self.now = START
        self.owed = False  # somebody must still be told of what was annunciated
        self.log: list[AlarmStep] = []

    def turn(self, after: Life) -> None:
        before, self.life = self.life, after
        is_new = after.annunciates_after(before)
        self.log.append(
            AlarmStep(self.now, before.state, after.state, "", "", "", after.label, None, annunciates=is_new)
        )
        if is_new:
            assert after.sounds
            self.owed = True

    @rule(severity=st.sampled_from([Severity.LOW, Severity.MEDIUM, Severity.HIGH]), name=st.sampled_from("ABC"))
    def begin(self, severity: Severity, name: str) -> None:
        """As the monitor: of an alarm that stands, a fault that was told already is no other."""
        before, told = self.life, labels_told(self.log)
        rises = severity > before.severity
        self.turn(before.with_condition(True, severity, name if not before.active or rises or name not in told else ""))
        if before.state in (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED):
            assert before.label in told
            is_another = name not in told and (severity >= before.severity or before.state is AlarmState.ACKNOWLEDGED)
            assert self.life.annunciates_after(before) is (rises or is_another)
        if self.life.annunciates_after(before):
            was_unseen = before.state is AlarmState.RETURNED_UNACKNOWLEDGED and severity < before.severity
            assert self.life.label == (before.label if was_unseen else name)

    @rule()
    def end(self) -> None:
        self.turn(self.life.with_condition(False))

    @rule()
    def acknowledge(self) -> None:
        if self.life.state in TO_TAKE:
            self.owed = False
        self.turn(self.life.acknowledged())
        assert not self.life.sounds

    @rule(minutes=st.integers(1, 30))
    def shelve(self, minutes: int) -> None:
        after = self.life.shelved(self.now + timedelta(minutes=minutes))
        if after.state is AlarmState.SHELVED:
            self.owed = False  # a person put it aside
        self.turn(after)

    @rule()
    def unshelve(self) -> None:
        self.turn(self.life.unshelved())

    @rule(minutes=st.integers(1, 20))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.turn(self.life.at(self.now))

    @rule()
    def suppress(self) -> None:
        self.turn(self.life.suppressed_by_design())

    @rule()
    def release(self) -> None:
        before = self.life
        self.turn(before.released())
        if before.state is AlarmState.SUPPRESSED and not self.owed:
            assert not self.life.sounds  # after a trip what was taken makes no sound

    @rule()
    def take_out(self) -> None:
        self.owed = False
        self.turn(self.life.taken_out_of_service())

    @rule()
    def put_back(self) -> None:
        self.turn(self.life.put_back())

    @rule(latches=st.booleans())
    def configure(self, latches: bool) -> None:
        if self.life.state is AlarmState.NORMAL:  # an edit is for alarms to come
            self.life = replace(self.life, latches=latches)

    @rule()
    def reset(self) -> None:
        self.turn(self.life.reset())

    @invariant()
    def nothing_is_lost(self) -> None:
        if self.owed:
            assert self.life.state in (*TO_TAKE, AlarmState.SUPPRESSED)

    @invariant()
    def nothing_sounds_that_was_taken(self) -> None:
        if self.life.sounds:
            assert self.owed
            assert self.life.active

    @invariant()
    def no_shelf_is_open_past_its_time(self) -> None:
        if self.life.state is AlarmState.SHELVED:
            assert self.life.shelved_until is not None
            assert self.life.shelved_until > self.now

    @invariant()
    def every_active_alarm_is_somewhere(self) -> None:
        assert not (self.life.active and self.life.state in (AlarmState.NORMAL, AlarmState.LATCHED))


Machine.TestCase.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
test_machine = Machine.TestCase


@pytest.mark.parametrize(("k", "n"), [(0, 1), (3, 2), (-1, 3)])
def test_an_impossible_rule_is_refused(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="1 <= k <= n"):
        AlarmRule(k, n)


def test_a_plot_made_once_per_run_needs_no_second_chunk() -> None:
    assert PlotType("x", chunked=False, alarm_rule=AlarmRule(2, 3)).rule == AlarmRule(1, 1)
