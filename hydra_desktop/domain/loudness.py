"""What a station sounds: the most severe alarm that nobody silenced, and what Hydra itself lacks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from .label import Severity
from .station import StationRole

Key = tuple[int, int, str, int]


class Annunciation(NamedTuple):
    """An alarm that nobody has taken, as of its last annunciation; a rise of its severity is another one."""

    hall_id: int
    alarm_id: int
    raised_at: datetime
    severity: Severity
    label: str
    plot_type: str  # "" for one of the hall
    pad: str  # or the group of an alarm of many plot types; "" for one of a folder

    @property
    def key(self) -> Key:
        """What tells it from every other; a label that changed without being heard anew is no new annunciation."""
        return self.hall_id, self.alarm_id, self.raised_at.isoformat(), int(self.severity)


class Trouble(StrEnum):
    """What Hydra itself lacks, as it is spoken."""

    DATABASE = "Hydra's database does not answer"
    WRITING = "Hydra's database takes nothing, its disk may be full"
    PROGRAM = "Hydra's program is gone"


class Sounding(NamedTuple):
    """A tone to be repeated, and what is to be said between, where speech is wanted."""

    tone: str
    words: str


SYSTEM_TONE = "system"


@dataclass(frozen=True)
class Loudness:
    """What is known of what should sound at a station of a role, and what of it a person silenced there."""

    role: StationRole = StationRole.AUDIBLE
    heard: tuple[Annunciation, ...] = ()
    troubles: frozenset[Trouble] = frozenset()
    silenced: frozenset[Key] = frozenset()
    silenced_troubles: frozenset[Trouble] = frozenset()

    def hear(self, heard: Iterable[Annunciation]) -> Loudness:
        """The alarms that nobody has taken are these now; silence ends at a new annunciation."""
        after = replace(self, heard=tuple(heard))
        is_new = bool(after._keys - self._keys)
        return replace(after, silenced=frozenset() if is_new else self.silenced & after._keys)

    def suffer(self, troubles: Iterable[Trouble]) -> Loudness:
        """Hydra lacks this now; a trouble that is over and comes again sounds again."""
        troubles = frozenset(troubles)
        return replace(self, troubles=troubles, silenced_troubles=self.silenced_troubles & troubles)

    def silence(self) -> Loudness:
        """A person wants quiet for all that sounds now."""
        return replace(self, silenced=self._keys, silenced_troubles=self.troubles)

    @property
    def soundings(self) -> tuple[Sounding, ...]:
        """What is to sound, in turns; empty for silence."""
        if self.role is StationRole.VIEWER:
            return ()
        loud = [one for one in self.heard if one.key not in self.silenced]
        most = max((one.severity for one in loud), default=Severity.NONE)
        alarms = sorted((one for one in loud if one.severity == most), key=lambda one: one.raised_at, reverse=True)
        troubles = [Sounding(SYSTEM_TONE, str(one)) for one in sorted(self.troubles - self.silenced_troubles)]
        return (*([Sounding(most.word, _spoken(alarms))] if most > Severity.NONE else []), *troubles)

    @property
    def _keys(self) -> frozenset[Key]:
        return frozenset(one.key for one in self.heard)


def _spoken(alarms: list[Annunciation]) -> str:
    """The newest alarm as it is spoken, and how many more there are."""
    newest = alarms[0]
    what = f"{newest.plot_type} {newest.pad}".replace("_", " ").strip()
    more = f", and {len(alarms) - 1} more" if len(alarms) > 1 else ""
    return f"{what}, {newest.label}{more}" if what else f"{newest.label}{more}"
