"""The figures of a hall's alarms in words, and the spans that they are of."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hydra_desktop.database.connection import Database
from hydra_desktop.domain.alarm_history import Span
from hydra_desktop.domain.errors import SettingsError
from hydra_desktop.domain.label import Severity
from hydra_desktop.services import alarm_performance
from hydra_desktop.services.alarm_performance import Reach, lasting, name_of, named, of_days, of_reach, share, span_of
from tests.fakes.alarm_past import TYPES, AlarmPast

HOUR = timedelta(hours=1)


@pytest.fixture
def hall(database: Database) -> AlarmPast:
    return AlarmPast(database)


def test_a_hall_without_alarms_has_none(hall: AlarmPast) -> None:
    found = of_reach(hall.database, "D", Reach.WEEK)
    assert found.headline.startswith("No alarm in ")
    assert [one.value for one in found.aims()][-2:] == ["Not enough data", "Not enough data"]
    assert not of_reach(hall.database, "D", Reach.PERIOD).has_earlier
    with pytest.raises(SettingsError, match="There is no hall X"):
        of_reach(hall.database, "X", Reach.DAY)


def test_a_week_with_floods_is_said_in_words(hall: AlarmPast) -> None:
    hall.a_week()
    found = of_days(hall.database, "D", 7)
    assert found.headline.startswith("Calm but for three floods: mean 0.3")
    assert "without beam are left out" in found.basis
    mean, peak, over, flood, worst, real = found.aims()
    assert (mean.is_met, peak.is_met, peak.value, over.is_met, flood.beside) == (True, False, "23", True, "30 min")
    assert (worst.is_met, worst.note, real.is_met) == (False, "above the aim: 1 to 5 %", None)
    named = {name: (number, which) for number, name, _, which in found.nuisances()}
    assert named["Shelved now"] == (1, "pixel_zphi_layer1 42 min left")
    assert named["Stale"] == (1, "BCAL_occupancy for 41 h")
    assert named["Suppressed now"] == (0, "192 faults made no alarm because of it")
    assert named["Out of service"][0] == 1
    assert found.too_many()[0].startswith("Too many at high: ")
    assert found.heard_by() == "no minute without an audible station"
    text = found.text()
    assert "  1  CDC_occupancy" in text
    assert "Remote desk (viewer): sounds per 10 min silent" in text


def test_time_before_the_first_alarm_of_a_hall_makes_no_mean_better(hall: AlarmPast) -> None:
    for number in range(12):
        hall.alarm(hall.now - 2 * HOUR + number * timedelta(minutes=9))
    found = of_days(hall.database, "D", 30).found
    assert 12 <= found.windows <= 14
    assert found.mean == pytest.approx(12 / found.windows)


def test_too_many_of_one_severity_are_told_with_their_cause_where_they_share_one(hall: AlarmPast) -> None:
    for number, name in enumerate(TYPES[:12]):
        hall.alarm(hall.now - 2 * HOUR + number * timedelta(minutes=9), name)
    assert of_days(hall.database, "D", 1).too_many() == ("Too many at high: 12 of 12, each of another cause.", "")
    hall.alarm(hall.now - timedelta(minutes=5), TYPES[0])
    assert of_days(hall.database, "D", 1).too_many()[0] == f"Too many at high: 2 of 13 are Bad of {TYPES[0]}."


def test_the_log_of_a_span_is_exported_and_no_other(hall: AlarmPast, tmp_path: Path) -> None:
    hall.alarm(hall.now - 30 * HOUR)
    hall.alarm(hall.now - HOUR, comment="Look, a comma", severity=Severity.MEDIUM)
    rows = alarm_performance.export(of_days(hall.database, "D", 1), tmp_path / "log.csv")
    with (tmp_path / "log.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert rows == len(read) == 3
    assert [one["to_state"] for one in read] == ["unacknowledged", "acknowledged", "normal"]
    assert (read[1]["comment"], read[1]["severity"], read[0]["annunciates"]) == ("Look, a comma", "medium", "1")


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute).astimezone()


def test_spans_are_those_of_the_local_clock() -> None:
    now = local(12, 17, 40)
    assert span_of(Reach.SHIFT, 0, now) == Span(local(12, 16), local(13, 0))
    assert span_of(Reach.SHIFT, 3, now) == Span(local(11, 16), local(12, 0))
    assert span_of(Reach.DAY, 1, now) == Span(local(11, 0), local(12, 0))
    assert span_of(Reach.WEEK, 0, now) == Span(local(6, 0), local(13, 0))
    assert named(span_of(Reach.SHIFT, 0, now), now) == "Thu 12 Mar, 16:00 to now"
    assert named(span_of(Reach.SHIFT, 1, now), now) == "Thu 12 Mar, 08:00 to 16:00"
    assert named(span_of(Reach.WEEK, 0, now), now) == "Fri 6 Mar to Thu 12 Mar"
    assert named(Span(local(11, 22), local(12, 6)), now) == "Wed 11 Mar 22:00 to Thu 12 Mar 06:00"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(41, "41 s"), (3000, "50 min"), (7800, "2 h 10 min"), (41 * 3600, "41 h"), (3 * 86400, "3 d")],
)
def test_how_long_something_is(seconds: int, text: str) -> None:
    assert lasting(timedelta(seconds=seconds)) == text


def test_what_alarms_is_named_by_its_stream_or_its_own_word() -> None:
    assert name_of("CDC", "01", "Bad") == "CDC pad 01"
    assert name_of("CDC", "", "Bad") == "CDC"
    assert name_of("", "/data/plots", "Source gone") == "Source gone"


def test_a_small_share_keeps_its_digits() -> None:
    assert [share(one) for one in (0.0, 0.0098, 0.013, 0.61, 0.9995)] == ["0 %", "0.98 %", "1.3 %", "61 %", "> 99.9 %"]
