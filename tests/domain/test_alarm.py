"""The alarm life cycle and the k-of-n rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydra_desktop.domain.alarm import AlarmState, AlarmWindow, Finding, after_acknowledge, after_condition
from hydra_desktop.domain.hall import AlarmRule, PlotType
from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.plot import Plot, PlotName
from hydra_desktop.domain.verdict import Status, Verdict

START = datetime(2026, 3, 1, tzinfo=UTC)


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


def test_a_flickering_plot_makes_one_alarm() -> None:
    state = AlarmState.NORMAL
    flicker = AlarmWindow(AlarmRule(2, 4))
    annunciations = 0
    for chunk, severity in enumerate([Severity.HIGH, Severity.NONE] * 10):
        flicker.see(found(chunk, severity))
        if flicker.raises() and state is AlarmState.NORMAL:
            state, annunciations = AlarmState.UNACKNOWLEDGED, annunciations + 1
        elif flicker.clears():
            state = after_condition(state, active=False)
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


def test_an_unacknowledged_alarm_that_returns_waits_for_its_acknowledgement() -> None:
    returned = after_condition(AlarmState.UNACKNOWLEDGED, active=False)
    assert returned is AlarmState.RETURNED_UNACKNOWLEDGED
    assert after_acknowledge(returned) is AlarmState.NORMAL


def test_an_acknowledged_alarm_that_returns_is_over() -> None:
    assert after_acknowledge(AlarmState.UNACKNOWLEDGED) is AlarmState.ACKNOWLEDGED
    assert after_condition(AlarmState.ACKNOWLEDGED, active=False) is AlarmState.NORMAL


def test_a_fault_that_comes_back_is_a_new_annunciation() -> None:
    assert after_condition(AlarmState.RETURNED_UNACKNOWLEDGED, active=True) is AlarmState.UNACKNOWLEDGED
    assert after_condition(AlarmState.ACKNOWLEDGED, active=True) is AlarmState.ACKNOWLEDGED


@given(st.sampled_from(list(AlarmState)), st.booleans())
def test_no_transition_leaves_an_unacknowledged_alarm_silently(state: AlarmState, active: bool) -> None:
    after = after_condition(state, active=active)
    if state in (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED_UNACKNOWLEDGED):
        assert after in (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED_UNACKNOWLEDGED)


@pytest.mark.parametrize(("k", "n"), [(0, 1), (3, 2), (-1, 3)])
def test_an_impossible_rule_is_refused(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="1 <= k <= n"):
        AlarmRule(k, n)


def test_a_plot_made_once_per_run_needs_no_second_chunk() -> None:
    assert PlotType("x", chunked=False, alarm_rule=AlarmRule(2, 3)).rule == AlarmRule(1, 1)
