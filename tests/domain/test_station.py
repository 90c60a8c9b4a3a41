"""Stations: which of them would make an alarm heard."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hydra_desktop.domain.station import CLOSED, LOOKING, SILENT_AFTER, Station, StationRole, StationState, unheard

NOW = datetime(2021, 8, 17, 12, tzinfo=UTC)
AUDIBLE = Station("a", StationRole.AUDIBLE, NOW, "this station is audible", True)
MUTE = replace(AUDIBLE, name="m", sound="NO SOUND: no sound device", can_sound=False)
VIEWER = replace(AUDIBLE, name="v", role=StationRole.VIEWER)
GONE = replace(AUDIBLE, name="g", heard_at=NOW - SILENT_AFTER)
STARTING = replace(MUTE, name="s", sound=LOOKING)


@pytest.mark.parametrize(
    ("station", "state"),
    [
        (AUDIBLE, StationState.AUDIBLE),
        (MUTE, StationState.MUTE),
        (VIEWER, StationState.VIEWER),
        (replace(VIEWER, can_sound=False), StationState.VIEWER),
        (GONE, StationState.GONE),
        (replace(AUDIBLE, heard_at=NOW - SILENT_AFTER + timedelta(seconds=1)), StationState.AUDIBLE),
        (replace(AUDIBLE, sound=CLOSED), StationState.GONE),
        (replace(AUDIBLE, heard_at=None), StationState.GONE),
        (STARTING, StationState.LOOKING),
    ],
)
def test_how_a_station_stands(station: Station, state: StationState) -> None:
    assert station.state(NOW) is state


def test_where_one_station_would_be_heard_nobody_is_warned() -> None:
    assert unheard([MUTE, VIEWER, GONE, AUDIBLE], NOW) == ""
    assert unheard([VIEWER, STARTING], NOW) == ""  # it is not yet known


def test_where_none_would_be_heard_every_station_learns_why() -> None:
    assert unheard([], NOW).endswith("no audible station is on")
    assert unheard([GONE], NOW).endswith("no audible station is on")
    assert unheard([GONE, VIEWER], NOW).endswith("are viewers")
    assert "m: NO SOUND: no sound device" in unheard([GONE, VIEWER, MUTE], NOW)
