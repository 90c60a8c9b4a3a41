"""What alarms of every state and kind say of themselves, and their log."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hydra_desktop.domain.alarm import Alarm, AlarmKind, AlarmState, AlarmStep
from hydra_desktop.domain.hall import PlotType
from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.station import CLOSED, Station, StationRole
from hydra_desktop.domain.wall import Panel, WallSnapshot
from hydra_desktop.services.detail import Ask
from hydra_desktop.views import alarm_log_speech, alarm_speech
from hydra_desktop.views.alarms import speech as screen_speech
from hydra_desktop.views.alarms.rows import ItemRow, make_rows
from hydra_desktop.views.detail import speech, stream
from hydra_desktop.views.theme import DARK

NOW = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
AT = NOW - timedelta(minutes=4)


def alarm(state: AlarmState, *, plot_type: str = "CDC", kind: AlarmKind = AlarmKind.FAULT, **more: object) -> Alarm:
    return Alarm(1, plot_type, "", "Bad", Severity.HIGH, state, AT, AT, kind=kind, **more)


def step(former: AlarmState, state: AlarmState, who: str = "monitor", why: str = "", comment: str = "") -> AlarmStep:
    return AlarmStep(NOW, former, state, who, "here", why, "Bad", None, comment=comment)


@pytest.mark.parametrize("state", [state for state in AlarmState if state is not AlarmState.NORMAL])
@pytest.mark.parametrize("kind", list(AlarmKind))
@pytest.mark.parametrize("plot_type", ["CDC", ""])
def test_every_state_and_kind_is_told_by_list_banner_and_detail(
    state: AlarmState, kind: AlarmKind, plot_type: str
) -> None:
    one = alarm(state, plot_type=plot_type, kind=kind, facts="Seen.", held_until=NOW + timedelta(minutes=9))
    is_open = state in alarm_speech.NEED
    panel = Panel(PlotType("CDC"))
    snapshot = WallSnapshot(
        "D", panels=(panel,), alarms=(one,) if is_open else (), held=() if is_open else (one,)
    )  # fmt: skip
    rows = [row for row in make_rows(snapshot, NOW, {}) if isinstance(row, ItemRow)]
    is_listed = is_open or state is AlarmState.SHELVED  # the others are told by their rule or plot type
    assert len(rows) == is_listed
    assert all(row.accessible and row.mark and row.state for row in rows)
    assert screen_speech.banner(snapshot, {}, NOW).word
    assert alarm_speech.holder(one)
    for ask in (Ask("CDC", ""), Ask("Other", "")):
        assert speech.banner(ask, snapshot, (), DARK, NOW).word
    text, _ = speech.others(stream.others(snapshot, Ask("Other", "")), DARK, NOW)
    assert ("[N]" in text) is (is_open and plot_type != "")  # one of the hall has no plot to go to


@pytest.mark.parametrize(
    ("former", "state", "who", "why", "comment", "told"),
    [
        ("normal", "unacknowledged", "monitor", "Confirmed in 2 of 3 chunks", "", "raised Bad: Confirmed in 2 of"),
        ("unacknowledged", "acknowledged", "ann", "acknowledged", "", "taken by ann"),
        ("acknowledged", "latched", "monitor", "", "", "over, waits for a reset"),
        ("latched", "normal", "ann", "reset", "", "reset by ann"),
        ("unacknowledged", "unacknowledged", "ann", "comment", "Ask Eva.", "comment by ann: \u201cAsk Eva.\u201d"),
        ("unacknowledged", "shelved", "ann", "shelved for 5 min", "cable", "shelved by ann: shelved for 5 min. "),
        ("shelved", "unacknowledged", "monitor", "its time is over", "", "no longer shelved, raised Bad: its time"),
        ("acknowledged", "out of service", "ann", "out of service", "work", "out of service by ann: \u201cwork\u201d"),
        ("out of service", "normal", "ann", "in service again", "", "no longer out of service, over by ann: in se"),
        ("unacknowledged", "suppressed", "watch", "no beam", "", "suppressed by watch: no beam"),
    ],
)
def test_every_line_of_a_log_can_be_told(former: str, state: str, who: str, why: str, comment: str, told: str) -> None:
    said = alarm_log_speech.told(step(AlarmState(former), AlarmState(state), who, why, comment))
    assert said.partition("  ")[2].startswith(told)


def test_every_pair_of_states_can_be_told() -> None:
    assert all(alarm_log_speech.told(step(former, state)) for former in AlarmState for state in AlarmState)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-5, "0 s left"), (50, "50 s left"), (110, "1 min 50 s left"), (120, "2 min left"), (2520, "42 min left")],
)
def test_a_time_left_is_told(seconds: float, told: str) -> None:
    assert alarm_speech.left(NOW + timedelta(seconds=seconds), NOW) == told


def station(**more: object) -> Station:
    return Station("left", heard_at=NOW - timedelta(seconds=2), **more)


@pytest.mark.parametrize(
    ("one", "sounding", "told"),
    [
        (replace(station(can_sound=True), name="right"), True, "audible, sounding, this station"),
        (station(can_sound=True), False, "audible, heard 2 s ago"),
        (station(role=StationRole.VIEWER), True, "viewer, heard 2 s ago"),
        (station(sound="no sound device"), True, "no sound device, heard 2 s ago"),
        (station(sound=CLOSED), True, "audible, closed"),
        (Station("left", heard_at=NOW - timedelta(minutes=4)), True, "audible, not heard for 4 min"),
        (Station("left"), True, "audible, never heard"),
    ],
)
def test_how_a_station_stands_is_told(one: Station, sounding: bool, told: str) -> None:
    assert screen_speech.station(one, NOW, sounding=sounding, own="right") == told


def test_who_is_on_shift_and_who_would_hear_is_told() -> None:
    there = station(can_sound=True, user="Marie", signed_in_at=AT, tested_at=AT, tested_by="Marie")
    viewer = Station("desk", StationRole.VIEWER, NOW)
    assert screen_speech.on_shift([there, viewer])[0] == "On shift: Marie"
    assert screen_speech.on_shift([there])[1].endswith("at left")
    assert screen_speech.alive([there, viewer], NOW)[0] == "1 of 1 audible station alive"
    assert screen_speech.alive([there], NOW)[1].endswith("by Marie")
    assert screen_speech.on_shift([viewer])[0] == "Nobody is signed in"
    assert screen_speech.alive([viewer], NOW) == (
        "0 of 0 audible stations alive", "the sound was never tested by a person"
    )  # fmt: skip
