"""The alarm life cycle and the k-of-n rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydra_desktop.domain.alarm import AlarmState, AlarmWindow, after_acknowledge, after_condition
from hydra_desktop.domain.hall import AlarmRule, PlotType
from hydra_desktop.domain.label import Severity


def window(k: int, n: int, *severities: Severity) -> AlarmWindow:
    made = AlarmWindow(AlarmRule(k, n))
    for severity in severities:
        made.see(severity)
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
    for severity in [Severity.HIGH, Severity.NONE] * 10:
        flicker.see(severity)
        if flicker.raises() and state is AlarmState.NORMAL:
            state, annunciations = AlarmState.UNACKNOWLEDGED, annunciations + 1
        elif flicker.clears():
            state = after_condition(state, active=False)
    assert annunciations == 1


def test_a_verdict_in_doubt_neither_raises_nor_clears() -> None:
    doubtful = window(1, 1, Severity.HIGH)
    doubtful.see(Severity.NONE, sure=False)
    assert not doubtful.clears()
    assert not doubtful.raises()
    doubtful.see(Severity.NONE)
    assert doubtful.clears()


def test_the_window_starts_anew() -> None:
    restarted = window(2, 3, Severity.HIGH)
    restarted.restart()
    restarted.see(Severity.HIGH)
    assert not restarted.raises()


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
