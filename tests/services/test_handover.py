"""What a shift hands over."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest

from hydra_desktop.database import known_faults
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.alarm import AlarmKind, Disposition
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


def test_the_page_and_its_words_say_the_same(hall: AlarmPast) -> None:
    hall.a_week()
    found = handover.read(hall.database, "D")
    html = unescape(report_page.html(found.page("eva")))
    assert html.startswith("<!DOCTYPE html>")
    for line in (found.headline, "The supply is swapped.", "pixel_zphi_layer1"):
        assert line in html
        assert line in found.text()
