"""The figures of the alarms, against a slow count minute by minute and against cases that are plain."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydra_desktop.domain.alarm import Alarm, AlarmKind, AlarmState, Disposition
from hydra_desktop.domain.alarm_history import AlarmHistory, LogLine, Presence, Span, merged, total
from hydra_desktop.domain.alarm_performance import Performance, performance
from hydra_desktop.domain.held import Suppression
from hydra_desktop.domain.intervals import wilson
from hydra_desktop.domain.label import Severity

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
NORMAL, HEARD, TAKEN = AlarmState.NORMAL, AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED
RETURNED = AlarmState.RETURNED_UNACKNOWLEDGED


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def line(
    minutes: float, alarm_id: int, former: AlarmState = NORMAL, state: AlarmState = HEARD, plot_type: str = "CDC",
    **more: object,
) -> LogLine:  # fmt: skip
    one = LogLine(
        alarm_id, AlarmKind.FAULT, plot_type, "", "Bad", Severity.HIGH, at(minutes), former, state, "monitor", "here",
        state is HEARD,
    )  # fmt: skip
    return replace(one, **more)


def figures(
    lines: list[LogLine], hours: float = 8, dark: tuple[Span, ...] = (), now: float | None = None, **more: object
) -> Performance:
    history = AlarmHistory(Span(START, at(60 * hours)), sorted(lines, key=lambda one: one.at), **more)
    return performance(history, at(60 * hours if now is None else now), dark=dark)


def test_a_quiet_shift_with_a_few_alarms() -> None:
    found = figures([line(5, 1), line(65, 2), line(66, 3, severity=Severity.LOW), line(70, 4)])
    assert (found.alarms, found.windows, found.left_out) == (4, 48, 0)
    assert found.mean == pytest.approx(4 / 48)
    assert (found.peak, found.peak_at, found.over_share, found.flood_share) == (2, at(60), 0.0, 0.0)
    assert (found.worst_share, found.why_no_shares) == (None, "4 alarms; 10 are needed")
    assert found.severity_share(Severity.HIGH) is None


def test_alarms_of_the_program_about_itself_dont_count() -> None:
    found = figures([line(5, 1, kind=AlarmKind.CANARY), line(6, 2, kind=AlarmKind.FLOOD), line(7, 3)])
    assert found.alarms == 1


def test_of_less_than_an_hour_with_beam_there_is_no_rate() -> None:
    dark = (Span(at(0), at(430)),)
    found = figures([line(5, 1), line(460, 2)], dark=dark)
    assert (found.mean, found.peak, found.flood_share) == (None, None, None)
    assert found.why_no_rates == "5 windows of 10 min with beam; 6 are needed"
    assert (found.windows, found.left_out, found.alarms_in_dark) == (5, 43, 1)
    running = figures([line(5, 1)], now=20)
    assert running.why_no_rates == "2 windows of 10 min with beam; 6 are needed"


def test_a_flood_lasts_until_fewer_than_five() -> None:
    per_window = [0, 12, 5, 9, 4, 11, 3]
    lines = [
        line(10 * place + 0.1 * number, 100 * place + number, plot_type="FDC" if number else "CDC")
        for place, count in enumerate(per_window)
        for number in range(count)
    ]
    found = figures(lines)
    assert [(one.span, one.alarms, one.peak, one.peak_at) for one in found.floods] == [
        (Span(at(10), at(40)), 26, 12, at(10)),
        (Span(at(50), at(60)), 11, 11, at(50)),
    ]
    assert found.floods[0].worst.plot_type == "FDC"
    assert found.flooded == timedelta(minutes=40)
    assert found.flood_share == pytest.approx(4 / 48)
    assert found.over == 2
    assert found.worst[0].plot_type == "FDC"
    assert found.worst_share == 1.0


def test_chattering_is_three_times_in_half_an_hour_of_one_plot() -> None:
    lines = [line(0, 1), line(20, 2), line(30, 3), line(31, 4, plot_type="FDC"), line(45, 5, plot_type="FDC")]
    lines += [line(50 + 31 * number, 6 + number, plot_type="TOF") for number in range(4)]
    (one,) = figures(lines).chattering
    assert (one.plot_type, one.count) == ("CDC", 3)


def test_fleeting_returned_before_anyone_could_act() -> None:
    lines = [
        line(0, 1), line(3, 1, HEARD, RETURNED), line(10, 1, RETURNED, HEARD), line(20, 1, HEARD, RETURNED),
        line(30, 2, plot_type="FDC"), line(31, 2, HEARD, TAKEN, "FDC"), line(32, 2, TAKEN, NORMAL, "FDC"),
        line(40, 3, plot_type="TOF"), line(43, 3, HEARD, HEARD, "TOF", severity=Severity.HIGH),
        line(44, 3, HEARD, RETURNED, "TOF"),
        line(50, 4, plot_type="ST"), line(70, 4, HEARD, HEARD, "ST", severity=Severity.HIGH),
        line(72, 4, HEARD, RETURNED, "ST"),
    ]  # fmt: skip
    assert [(one.plot_type, one.count) for one in figures(lines).fleeting] == [("CDC", 1), ("TOF", 1)]


def test_what_is_held_and_stale_now() -> None:
    begun = Alarm(1, "CDC", "", "Bad", Severity.HIGH, TAKEN, START - timedelta(hours=20), START)
    shelved = replace(begun, id=2, state=AlarmState.SHELVED, held_until=at(500))
    over = replace(begun, id=3, active=False, raised_at=START - timedelta(days=9), state=RETURNED)
    rules = [Suppression(1, "no beam", "the beam is off", at(-60), at(30), None, 7)]
    rules += [Suppression(2, "no beam", "the beam is off", at(400), None, None, 5)]
    found = figures([], open_now=[begun, shelved, over], suppressions=rules)
    assert [one.id for one in found.stale] == [1, 2]
    assert [one.id for one in found.shelved] == [2]
    assert (found.held_back, [one.id for one in found.suppressing]) == (12, [2])
    assert found.last_suppression is rules[1]


def test_what_was_held_back_meanwhile_is_stale_and_what_came_again_is_not() -> None:
    shelved, day = AlarmState.SHELVED, 24 * 60
    steps = [(-day - 60, NORMAL, HEARD), (-day - 50, HEARD, shelved), (-60, shelved, HEARD), (-50, HEARD, TAKEN)]
    lines = [line(minutes, 1, former, state) for minutes, former, state in steps]
    steps = [(-day - 60, NORMAL, HEARD), (-day - 50, HEARD, RETURNED), (-60, RETURNED, HEARD)]
    lines += [line(minutes, 2, former, state, "FDC") for minutes, former, state in steps]
    one = Alarm(1, "CDC", "", "Bad", Severity.HIGH, TAKEN, at(-60), at(-50))
    two = replace(one, id=2, plot_type="FDC", state=HEARD)
    found = figures(lines, now=0, open_now=[one, two])
    assert [alarm.id for alarm in found.stale] == [1]


def test_answers_of_people_give_a_share_from_thirty_on() -> None:
    answers = [Disposition.REAL] * 20 + [Disposition.WRONG_MODEL] * 9
    lines = [line(number, number, disposition=one) for number, one in enumerate(answers)]
    found = figures(lines)
    assert (found.real, found.why_no_real) == (
        None,
        "29 alarms have a person's answer; 30 give a share with an interval",
    )
    lines += [line(100, 100, disposition=Disposition.BENIGN), line(101, 100, disposition=Disposition.BENIGN)]
    assert figures(lines).real == wilson(20, 30)


def test_stations_are_told_by_what_they_sounded_and_took() -> None:
    lines = []
    for number in range(6):
        lines += [line(20 * number, number), line(20 * number + 1 + number, number, HEARD, TAKEN, station="left")]
    lines += [line(-30, 50), line(2, 50, HEARD, NORMAL, station="desk")]
    there = [
        Presence("left", True, at(-60), at(60)), Presence("left", True, at(50), at(120)),
        Presence("left", False, at(120), at(240)), Presence("desk", False, at(0), at(480)),
    ]  # fmt: skip
    left, desk = figures(lines, presences=there, stations=[("left", True)]).stations
    assert (left.station, left.is_audible, left.acknowledged, left.alive) == ("left", True, 6, 0.5)
    assert left.sounds == pytest.approx(6 / 12)
    assert left.median_time == timedelta(minutes=3.5)
    assert (desk.station, desk.sounds, desk.acknowledged, desk.median_time, desk.alive) == ("desk", None, 1, None, 1.0)
    assert figures(lines, presences=there).unheard == timedelta(hours=6)
    assert figures(lines).unheard is None


MINUTES = st.integers(0, 479)
LINES = st.lists(
    st.builds(
        lambda minute, name, severity, kind, heard: line(
            minute + 0.5, minute, plot_type=name, severity=severity, kind=kind, annunciates=heard
        ),
        MINUTES, st.sampled_from("ABCDEFGHIJKLMN"), st.sampled_from(Severity),
        st.sampled_from([AlarmKind.FAULT, AlarmKind.STALE, AlarmKind.CANARY]), st.booleans(),
    ),
    max_size=120,
)  # fmt: skip
SPANS = st.lists(st.tuples(MINUTES, MINUTES).map(sorted), max_size=5)


@given(LINES, SPANS, st.integers(1, 480))
def test_all_is_as_a_slow_count_has_it(lines: list[LogLine], dark: list[list[int]], now: int) -> None:
    found = figures(lines, dark=tuple(Span(at(a), at(b)) for a, b in dark), now=now)
    heard = [one for one in lines if one.annunciates and one.kind is not AlarmKind.CANARY and one.at < at(now)]
    windows = [range(first, min(first + 10, now)) for first in range(0, now, 10)]
    off = [sum(any(a <= minute < b for a, b in dark) for minute in window) * 2 >= len(window) for window in windows]
    counts = [sum(at(window.start) <= one.at < at(window.start + 10) for one in heard) for window in windows]
    lit = [count for count, without in zip(counts, off, strict=True) if not without]
    assert (found.counts, found.dark) == (tuple(counts), tuple(off))
    assert (found.alarms, found.alarms_in_dark) == (len(heard), len(heard) - sum(lit))
    in_flood, flooded = False, []
    for count, without in zip(counts, off, strict=True):
        count = 0 if without else count
        in_flood = count > 10 or (in_flood and count >= 5)
        flooded.append(in_flood)
    if len(lit) >= 6:
        assert found.mean == pytest.approx(sum(lit) / len(lit))
        assert found.peak == max(lit)
        assert found.flood_share == pytest.approx(sum(flooded) / len(lit))
        assert found.over_share == pytest.approx(sum(count > 10 for count in lit) / len(lit))
    else:
        assert found.mean is found.peak is found.flood_share is found.over_share is None
    assert sum(math.ceil(one.span.length / timedelta(minutes=10)) for one in found.floods) == sum(flooded)
    of_type = Counter(one.plot_type for one in heard)
    assert [one.count for one in found.worst] == sorted(of_type.values(), reverse=True)[:10]
    for severity in Severity:
        assert found.severities.get(severity, 0) == sum(one.severity is severity for one in heard)
    for name in of_type:
        times = [[one.at for one in heard if one.plot_type == name and one.kind is kind] for kind in AlarmKind]
        often = any(sum(a <= other <= a + timedelta(minutes=30) for other in some) >= 3 for some in times for a in some)
        assert often == any(one.plot_type == name for one in found.chattering)


@given(SPANS)
def test_spans_together_are_as_long_as_their_minutes(spans: list[list[int]]) -> None:
    joined = merged((Span(at(a), at(b)) for a, b in spans), Span(at(30), at(400)))
    minutes = {minute for a, b in spans for minute in range(a, b) if 30 <= minute < 400}
    assert total(joined) == timedelta(minutes=len(minutes))
    assert all(first.end < second.begin for first, second in pairwise(joined))
