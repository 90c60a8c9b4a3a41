"""What a shift hands over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest

from hydra_desktop.database import alarms, known_faults
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.alarm import AlarmKind, Disposition, Life
from hydra_desktop.domain.known_fault import Region
from hydra_desktop.domain.label import Severity
from hydra_desktop.outputs import report_page
from hydra_desktop.outputs.report_page import Table, Words
from hydra_desktop.services import handover
from tests.fakes.alarm_past import AlarmPast

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def hall(database: Database) -> AlarmPast:
    return AlarmPast(database)


def blocks(hall: AlarmPast) -> dict[str, list[str]]:
    page = handover.read(hall.database, "D").page("eva")
    return {
        one.title.split(":")[0]: list(one.lines) if isinstance(one, Words) else ["  ".join(row) for row in one.rows]
        for one in page.blocks
        if isinstance(one, Words | Table)
    }


def test_a_quiet_shift_says_that_there_is_nothing(hall: AlarmPast) -> None:
    found = handover.read(hall.database, "D")
    assert found.headline.startswith("No alarm is open; 0 alarms since ")
    told = blocks(hall)
    assert told["Open"] == ["Nothing is open."]
    assert told["Held back"] == ["Nothing is held back."]
    assert told["On shift"] == ["Nobody signed in."]
    assert "Alarms of this shift" not in told
    assert told["Outages"] == ["No station was on, so nobody could hear an alarm."]


def test_a_flood_across_two_windows_is_one_as_its_alarm_told_it(hall: AlarmPast) -> None:
    assert handover.read(hall.database, "D").headline.endswith("no flood")
    hall.alarm(hall.now - HOUR, "", kind=AlarmKind.FLOOD, label="Alarm flood", taken_after_s=None, over_after_s=None)
    assert handover.read(hall.database, "D").headline.endswith("1 flood")
    assert blocks(hall)["Open"][0].startswith("Alarm flood, high: nobody has taken it")


def test_open_held_and_people_with_what_the_next_shift_needs(hall: AlarmPast) -> None:
    now = hall.now
    hall.station("left", now - 7 * HOUR, now - HOUR, user="ann")
    hall.alarm(now - 3 * HOUR, over_after_s=None, comment="Module 14 is off")
    hall.alarm(now - 2 * HOUR, "TAGH_hits", taken_after_s=None, over_after_s=None, severity=Severity.MEDIUM)
    hall.alarm(now - 90 * MINUTE, "ST_timing", disposition=Disposition.WRONG_MODEL)
    held = {"state": "shelved", "held_by": "bob", "held_why": "It is swapped.", "shelved_until": now + HOUR}
    hall.alarm(now - HOUR, "DIRC_hits", over_after_s=None, **held)
    hall.alarm(now - 40 * MINUTE, "", kind=AlarmKind.QUIET, label="No data", over_after_s=300.0)
    hall.beam_off(now - 5 * MINUTE, None, arrivals=4)
    hall.out_of_service("PS_energy", now - 9 * HOUR, "It is moved.")
    with hall.database.write() as c:
        known_faults.add(
            c, hall.hall_id, "BCAL_occupancy", "Bad", region=Region(0.1, 0.1, 0.2, 0.2), until_run=80480,
            until=now + 24 * HOUR, why="Crate 5 is off.", user="eva", station="desk",
        )  # fmt: skip
    assert handover.read(hall.database, "D").headline.startswith("2 alarms open, 1 of them nobody has taken; 5 alarms")
    told = blocks(hall)
    assert told["Open"][0].startswith("Bad, TAGH_hits, medium: nobody has taken it, open for 2 h")
    assert "shift has it since" in told["Open"][1]
    assert told["Open"][1].endswith(
        "Comment: Module 14 is off. What to do: Look at the high voltage. Contact: expert 1."
    )
    shelved, suppressed, out, known = told["Held back"]
    assert shelved.startswith("Bad, DIRC_hits: shelved until ")
    assert shelved.endswith(" by bob. It is swapped.")
    assert suppressed.endswith("by the rule no beam: the beam is off; 4 faults made no alarm.")
    assert out.endswith("by administrator. It is moved.")
    assert known.startswith("Bad, BCAL_occupancy: known in a part of the plot up to run 80480 and until ")
    assert known.endswith(", by eva. Crate 5 is off.")
    assert told["On shift"][0].startswith("ann at left, ")
    assert len(told["Alarms of this shift"]) == 5
    assert told["Alarms of this shift"][2].endswith("ST_timing  Bad  high  40 s, shift  10 min  wrong model")
    assert told["Comments"][0].endswith("shift, on CDC_occupancy: Module 14 is off")
    assert "without an audible station: " in told["Outages"][0]
    assert told["Outages"][1].endswith("for 5 min: No data. Confirmed in 3 of 5 chunks")


class Log:
    """An alarm that stays in the hall while it comes and goes; times are before now."""

    def __init__(self, hall: AlarmPast, ago: timedelta, plot_type: str = "", kind: AlarmKind = AlarmKind.FAULT) -> None:
        self._hall = hall
        with hall.database.write() as c:
            self._alarm = alarms.raise_alarm(
                c, hall.hall_id, kind=kind, plot_type=plot_type, label="Bad" if plot_type else f"{kind} gone",
                severity=Severity.HIGH, at=hall.now - ago, station="server", why="it is gone",
            )  # fmt: skip

    def then(self, ago: timedelta, after: Callable[[Life], Life], who: str = "monitor") -> Log:
        """It is of another life from then on."""
        with self._hall.database.write() as c:
            moved = alarms.move(
                c, self._alarm, after(self._alarm.life), at=self._hall.now - ago, who=who, station="server", why="x"
            )
            assert moved is not None
            self._alarm = moved
        return self

    def comes(self, ago: timedelta) -> Log:
        """Its condition holds again."""
        return self.then(ago, lambda life: life.with_condition(True, Severity.HIGH))

    def goes(self, ago: timedelta) -> Log:
        """Its condition doesn't hold any more."""
        return self.then(ago, lambda life: life.with_condition(False))

    def taken(self, ago: timedelta) -> Log:
        """A person takes it."""
        return self.then(ago, Life.acknowledged, "ann")


def test_what_came_again_lasted_until_it_was_over_for_good(hall: AlarmPast) -> None:
    again = Log(hall, 7 * HOUR, "CDC_occupancy").goes(6 * HOUR).comes(5 * HOUR).taken(4 * HOUR).goes(3 * HOUR)
    again.then(2 * HOUR, lambda life: life, "ann")  # says something of it
    Log(hall, 6 * HOUR, "TAGH_hits").goes(5 * HOUR).comes(HOUR)
    Log(hall, 2 * HOUR, "FDC_wire_timing").goes(HOUR).taken(30 * MINUTE)
    first, second, third = blocks(hall)["Alarms of this shift"]
    assert first.endswith("CDC_occupancy  Bad  high  3 h, ann  4 h  -")
    assert second.endswith("TAGH_hits  Bad  high  nobody yet  still on  -")
    assert third.endswith("FDC_wire_timing  Bad  high  90 min, ann  60 min  -")


def test_outages_that_go_on_or_began_long_ago_are_told_with_their_whole_length(hall: AlarmPast) -> None:
    day = 24 * HOUR
    Log(hall, 4 * day, kind=AlarmKind.STORAGE).taken(4 * day - HOUR)  # of the days before, and still on
    Log(hall, 9 * HOUR + 2 * day, kind=AlarmKind.QUIET).taken(9 * HOUR).goes(HOUR)
    Log(hall, 10 * HOUR, kind=AlarmKind.SOURCE).goes(9 * HOUR).comes(7 * HOUR)
    over = Log(hall, 11 * HOUR, kind=AlarmKind.MONITOR).taken(10 * HOUR).goes(9 * HOUR)  # before the shift
    over.then(HOUR, lambda life: life, "ann")  # says what it was
    storage, quiet, source = blocks(hall)["Outages"][1:]
    assert storage.endswith(", still: storage gone. it is gone")
    assert quiet.endswith(" for 2 d: quiet gone. it is gone")
    assert source.endswith(", still: source gone. it is gone")


def test_the_open_tell_for_how_long_whatever_held_them_back(hall: AlarmPast) -> None:
    shelf = Log(hall, 9 * HOUR, "CDC_occupancy")
    shelf.then(8 * HOUR, lambda life: life.shelved(hall.now - HOUR), "ann").then(HOUR, Life.unshelved, "hydra")
    assert "nobody has taken it, open for 9 h." in blocks(hall)["Open"][0]


def test_the_page_and_its_words_say_the_same(hall: AlarmPast) -> None:
    hall.a_week()
    found = handover.read(hall.database, "D")
    html = unescape(report_page.html(found.page("eva")))
    assert html.startswith("<!DOCTYPE html>")
    for line in (found.headline, "The supply is swapped.", "pixel_zphi_layer1"):
        assert line in html
        assert line in found.text()
