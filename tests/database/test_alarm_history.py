"""What happened to the alarms of a hall over a span, as it is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from hydra_desktop.database import alarm_history, alarms, out_of_service, stations, suppressions
from hydra_desktop.database import tables as t
from hydra_desktop.domain.alarm import AlarmKind, AlarmState, Disposition
from hydra_desktop.domain.alarm_history import Presence, SignIn, Span
from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.station import StationRole
from hydra_desktop.domain.who import Who

from .conftest import START, Site

WHO = {"who": "monitor", "station": "here", "why": "Confirmed"}
SHIFT = Span(START, START + timedelta(hours=8))
HOUR = timedelta(hours=1)


def test_lines_of_a_span_and_all_others_of_alarms_that_began_before_it_or_are_open(site: Site) -> None:
    with site.database.write() as c:
        site.add(c)
        bad = {"plot_type": "CDC_occupancy", "label": "Bad", "severity": Severity.HIGH, **WHO}
        open_now = alarms.raise_alarm(c, site.hall_id, at=START - 90 * HOUR, pad="01", **bad)
        over = alarms.raise_alarm(c, site.hall_id, at=START - 3 * HOUR, pad="02", **bad)
        over = alarms.move(c, over, over.life.acknowledged(), at=START - 2 * HOUR, **WHO) or over
        alarms.move(c, over, over.life.with_condition(False), at=START - HOUR, **WHO)
        early = alarms.raise_alarm(c, site.hall_id, at=START - 80 * HOUR, **bad)
        taken = early.life.acknowledged()
        said = {"disposition": str(Disposition.REAL), **WHO, "who": "eva"}
        early = alarms.move(c, early, taken, at=START + HOUR, **said) or early
        gone = {"label": "No data", "severity": Severity.MEDIUM, **WHO}
        quiet = alarms.raise_alarm(c, site.hall_id, kind=AlarmKind.QUIET, at=START + 2 * HOUR, **gone)
        alarms.move(c, early, early.life.with_condition(False), at=START + 3 * HOUR, **WHO)
        alarms.move(c, quiet, quiet.life.acknowledged(), at=SHIFT.end, **WHO)
        found = alarm_history.read(c, site.hall_id, SHIFT)
    assert [(one.pad, one.kind, one.plot_type, one.state, one.annunciates) for one in found.lines] == [
        ("01", AlarmKind.FAULT, "CDC_occupancy", AlarmState.UNACKNOWLEDGED, True),
        ("", AlarmKind.FAULT, "CDC_occupancy", AlarmState.UNACKNOWLEDGED, True),
        ("", AlarmKind.FAULT, "CDC_occupancy", AlarmState.ACKNOWLEDGED, False),
        ("", AlarmKind.QUIET, "", AlarmState.UNACKNOWLEDGED, True),
        ("", AlarmKind.FAULT, "CDC_occupancy", AlarmState.NORMAL, False),
        ("", AlarmKind.QUIET, "", AlarmState.ACKNOWLEDGED, False),
    ]
    assert [one.disposition for one in found.lines if one.plot_type and not one.pad] == [Disposition.REAL] * 3
    assert found.lines[2].takes
    assert [one.id for one in found.open_now] == [quiet.id, open_now.id]


def test_what_is_said_of_an_alarm_that_was_over_before_the_span_does_not_begin_it_anew(site: Site) -> None:
    gone = {"label": "No data", "severity": Severity.MEDIUM, **WHO}
    with site.database.write() as c:
        quiet = alarms.raise_alarm(c, site.hall_id, kind=AlarmKind.QUIET, at=START - 3 * HOUR, **gone)
        quiet = alarms.move(c, quiet, quiet.life.acknowledged(), at=START - 2 * HOUR, **WHO) or quiet
        quiet = alarms.move(c, quiet, quiet.life.with_condition(False), at=START - HOUR, **WHO) or quiet
        alarms.move(c, quiet, quiet.life, at=START + HOUR, disposition=str(Disposition.REAL), **WHO)
        found = alarm_history.read(c, site.hall_id, SHIFT).lines
    assert [(one.at - START) / HOUR for one in found] == [-3, -2, -1, 1]


def test_suppressions_that_reach_into_the_span(site: Site) -> None:
    with site.database.write() as c:
        suppressions.begin(c, site.hall_id, "access", "the run is paused", at=START - 90 * HOUR)
        short = [(-40 - hour, 1) for hour in range(40)]
        for hour, length in (*short, (-9, 10), (2, 3), (9, 1)):
            begun = START + hour * HOUR
            suppressions.begin(c, site.hall_id, "no beam", "the beam is off", at=begun)
            (one,) = (held for held in suppressions.all_open(c, site.hall_id) if held.rule == "no beam")
            suppressions.count(c, [one.id])
            suppressions.end(c, site.hall_id, one, at=begun + length * HOUR)
        found = alarm_history.read(c, site.hall_id, SHIFT).suppressions
    assert [(one.rule, (one.since - START) / HOUR) for one in found] == [
        ("access", -90),
        ("no beam", -9),
        ("no beam", 2),
    ]
    assert [one.arrivals for one in found] == [0, 1, 1]


def test_stations_people_and_what_is_out_of_service(site: Site) -> None:
    with site.database.write() as c:
        site.add(c)
        stations.beat(c, site.hall_id, "left", StationRole.AUDIBLE, sound="ok", can_sound=True)
        stations.beat(c, site.hall_id, "desk", StationRole.VIEWER, sound="", can_sound=False)
        stations.sign_in(c, site.hall_id, "left", "eva")
        c.execute(sa.update(t.station_presence).values(since=START - HOUR, until=START + HOUR))
        c.execute(sa.update(t.sign_ins).values(at=START - HOUR))
        out_of_service.begin(
            c, site.hall_id, "CDC_occupancy", at=START, until=None, who=Who("eva", "left"), why="is repaired"
        )
        found = alarm_history.read(c, site.hall_id, SHIFT)
        assert alarm_history.read(c, site.hall_id, replace(SHIFT, begin=START + 2 * HOUR)).presences == []
    assert found.presences == [
        Presence("left", True, START - HOUR, START + HOUR), Presence("desk", False, START - HOUR, START + HOUR),
    ]  # fmt: skip
    assert found.stations == [("desk", False), ("left", True)]
    assert found.sign_ins == [SignIn("left", "eva", START - HOUR, None)]
    assert [one.plot_type for one in found.out_of_service] == ["CDC_occupancy"]
