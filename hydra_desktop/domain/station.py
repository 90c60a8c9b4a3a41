"""Stations: the screens that follow a hall, of which some make its alarms heard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SILENT_AFTER = timedelta(seconds=15)  # without a sign of life it is taken for gone
LOOKING = "sound is being looked for"
CLOSED = "the program was closed"


class StationRole(StrEnum):
    """What a station is for."""

    AUDIBLE = "audible"
    VIEWER = "viewer"  # looks on and never sounds


class StationState(StrEnum):
    """How a station stands, in the words that are shown."""

    AUDIBLE = "audible"
    VIEWER = "viewer"
    LOOKING = "looking for sound"
    MUTE = "no sound"
    GONE = "gone"


@dataclass(frozen=True)
class Station:
    """A station of a hall; moments are by the clock of whoever reads, so that ages are right.

    `sound` says in words how sound stands there, as its own siren found; `can_sound` is False until that proved
    it. `user` is who is signed in, "" for nobody; `tested_at` is when a person last had the sound tested.
    """

    name: str
    role: StationRole = StationRole.AUDIBLE
    heard_at: datetime | None = None  # its last sign of life, None when it never gave one
    sound: str = ""
    can_sound: bool = False
    user: str = ""
    signed_in_at: datetime | None = None
    tested_at: datetime | None = None
    tested_by: str = ""

    def is_alive(self, now: datetime) -> bool:
        """Whether it gave a sign of life lately and hasn't said farewell."""
        return self.sound != CLOSED and self.heard_at is not None and now - self.heard_at < SILENT_AFTER

    def state(self, now: datetime) -> StationState:
        """How it stands at the time `now`."""
        if not self.is_alive(now):
            return StationState.GONE
        if self.role is StationRole.VIEWER:
            return StationState.VIEWER
        if self.can_sound:
            return StationState.AUDIBLE
        return StationState.LOOKING if self.sound in ("", LOOKING) else StationState.MUTE


def unheard(stations: Iterable[Station], now: datetime) -> str:
    """Why no alarm of a hall would be heard now, in words for every station; "" when one would be.

    A station that still looks for its sound is waited for.
    """
    stations = list(stations)
    states = {one.name: one.state(now) for one in stations}
    if {StationState.AUDIBLE, StationState.LOOKING} & set(states.values()):
        return ""
    mute = [one for one in stations if states[one.name] is StationState.MUTE]
    if mute:
        return f"No alarm is heard anywhere: {'; '.join(f'{one.name}: {one.sound}' for one in mute)}"
    if StationState.VIEWER in states.values():
        return "No alarm is heard anywhere: all stations that are on are viewers"
    return "No alarm is heard anywhere: no audible station is on"
