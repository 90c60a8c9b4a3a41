"""What the wall says of sound: loudly when an alarm would not be heard, and nothing while that isn't known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hydra_desktop.domain.station import LOOKING, Station, StationRole
from hydra_desktop.domain.wall import WallSnapshot
from hydra_desktop.views.wall import lines

from .conftest import Bench

NO_SOUND = "NO SOUND: no sound device"
HERE = Station("here", StationRole.AUDIBLE, None, "this station is audible", True)


def heard(*stations: Station) -> WallSnapshot:
    now = datetime.now(UTC)
    return WallSnapshot("D", stations=tuple(replace(one, heard_at=one.heard_at or now) for one in stations))


def test_that_no_sound_can_be_made_here_stands_above_all_in_large_words(bench: Bench) -> None:
    line = bench.wall.lines.sound
    bench.wall.show_sound(LOOKING, True)
    bench.wall.show_snapshot(heard(HERE))
    assert not line.isVisible()
    bench.wall.show_sound(NO_SOUND, False)
    assert line.isVisible()
    assert line.message.startswith(f"{NO_SOUND}. Alarms are not heard here")
    assert line is bench.wall.lines.above_all[0]
    assert line.font().pixelSize() > bench.wall.lines.standing.font().pixelSize()
    assert line.font().bold()
    bench.wall.set_wall_mode(True)
    assert line.isVisible()
    bench.wall.show_sound("this station is audible", True)
    assert not line.isVisible()


def test_that_no_alarm_is_heard_anywhere_is_said_at_every_station(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = bench.wall.lines.sound
    viewer = replace(HERE, name="there", role=StationRole.VIEWER)
    gone = replace(HERE, heard_at=datetime.now(UTC) - timedelta(minutes=1))
    bench.wall.show_snapshot(heard(viewer, gone))
    assert not line.isVisible()  # a station that has just started is waited for
    monkeypatch.setattr(lines, "UNHEARD_S", 0.0)
    bench.wall.show_snapshot(heard(viewer, gone))
    assert line.message == "No alarm is heard anywhere: all stations that are on are viewers"
    bench.wall.show_sound(NO_SOUND, False)
    assert "not heard here nor at any other station" in line.message
    bench.wall.show_sound("this station is audible", True)
    bench.wall.show_snapshot(heard(viewer, HERE))
    assert not line.isVisible()
    bench.wall.show_snapshot(replace(heard(viewer), as_of=datetime.now(UTC)))
    assert not line.isVisible()  # of another time nothing is known
