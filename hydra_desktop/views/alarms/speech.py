"""What the alarms screen says in words: its banner, its emptiness, its stations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ...domain.alarm import Alarm, AlarmState
from ...domain.label import Severity
from ...domain.station import Station, StationRole, StationState
from ...domain.wall import WallSnapshot
from .. import alarm_speech, words
from .rows import in_order


@dataclass(frozen=True)
class Said:
    """What the banner says; `facts` may be left out from the end where there is no room.

    `is_filled` stands for an alarm that nobody has taken, `is_framed` for one that is over and still to take.
    """

    word: str
    title: str = ""
    facts: tuple[str, ...] = ()
    strong: str = ""
    right: str = ""
    mark: str = "tick"
    severity: Severity | None = None
    is_filled: bool = False
    is_framed: bool = False
    alarm: Alarm | None = None


def worst(snapshot: WallSnapshot) -> Alarm | None:
    """The alarm that most needs a person, None where none is to take."""
    to_take = [one for one in snapshot.alarms if alarm_speech.is_to_take(one)]
    return min(to_take, key=alarm_speech.by_need, default=None)


def banner(snapshot: WallSnapshot, why: Mapping[int, str], now: datetime) -> Said:
    """What the screen says first."""
    alarm = worst(snapshot)
    if alarm is None:
        return _quiet(snapshot)
    found = re.search(r"\d+ of \d+ chunks", why.get(alarm.id, ""))
    facts = [f"for {words.age(now - alarm.raised_at)}"]
    facts += [found.group()] if found else []
    facts += [alarm.facts] if alarm.facts and not alarm.plot_type else []
    others = [one for one in snapshot.alarms if alarm_speech.is_to_take(one) and one.id != alarm.id]
    right = ""
    if others:
        right = f"{len(others)} more unacknowledged"
        right += f": {min(others, key=alarm_speech.by_need).label}" if len(others) == 1 else ""
    if alarm.state is AlarmState.RETURNED_UNACKNOWLEDGED:
        return Said(
            f"{alarm.label} is over", alarm_speech.place(alarm), tuple(facts), "nobody has seen it", right,
            alarm_speech.mark(alarm), alarm.severity, is_framed=True, alarm=alarm,
        )  # fmt: skip
    strong = "nobody has taken it"
    return Said(
        alarm.label, alarm_speech.place(alarm) if alarm.plot_type else "", tuple(facts), strong, right,
        alarm_speech.mark(alarm), alarm.severity, is_filled=True, alarm=alarm,
    )  # fmt: skip


def _quiet(snapshot: WallSnapshot) -> Said:
    _, taken, _ = in_order(snapshot)
    states = Counter(str(one.state) for one in snapshot.held)
    held = [f"{number} {state}" for state, number in sorted(states.items())]
    if taken:
        return Said("Nothing to take", facts=(", ".join([*alarm_speech.counts(snapshot.alarms), *held]),))
    ended = snapshot.last_alarm_ended_at
    if ended is not None:
        held.insert(0, f"quiet since {words.clock(ended)[:5]}")
    return Said("No alarm", facts=tuple(held) or ("none was raised yet",))


def empty(snapshot: WallSnapshot | None, trouble: str) -> str:
    """Why the list is empty, and what to do."""
    if snapshot is None:
        return f"The alarms can't be read now.\n{trouble}" if trouble else "Reading the alarms..."
    ended = snapshot.last_alarm_ended_at
    since = f"Quiet since {words.clock(ended)[:5]}." if ended else "None was raised yet."
    return f"No alarms\n{since}\nWhat is raised next stands here, with what to do and whom to call."


def on_shift(stations: Iterable[Station]) -> tuple[str, str]:
    """Who is signed in, and since when and where."""
    there = [one for one in stations if one.user]
    if not there:
        return "Nobody is signed in", "acts are in the name of the station's user"
    names = list(dict.fromkeys(one.user for one in there))
    newest = max((one for one in there if one.signed_in_at is not None), key=_signed_in, default=None)
    since = f"since {words.clock(newest.signed_in_at)[:5]}" if newest and newest.signed_in_at else ""
    where = ", ".join(one.name for one in there)
    return f"On shift: {', '.join(names)}", ", ".join(filter(None, (since, f"at {where}")))


def _signed_in(one: Station) -> datetime:
    assert one.signed_in_at is not None  # noqa: S101 it was asked for
    return one.signed_in_at


STATION_MARKS = {
    StationState.AUDIBLE: "speaker",
    StationState.VIEWER: "eye",
    StationState.LOOKING: "dots",
    StationState.MUTE: "mute",
    StationState.GONE: "hatch",
}


def station(one: Station, now: datetime, *, sounding: bool, own: str) -> str:
    """How a station stands: "audible, heard 1 s ago"; of the own one it is known whether it is `sounding`."""
    state = one.state(now)
    heard = f"heard {words.age(now - one.heard_at)} ago" if one.heard_at is not None else "never heard"
    here = "this station" if one.name == own else heard
    if state is StationState.GONE:
        silent = f"not heard for {words.age(now - one.heard_at)}" if one.heard_at is not None else "never heard"
        return f"{one.role}, {silent if one.is_alive(now) or not one.sound.endswith('closed') else 'closed'}"
    if state is StationState.AUDIBLE:
        return f"audible, sounding, {here}" if sounding and one.name == own else f"audible, {here}"
    if state is StationState.MUTE:
        return f"{one.sound or 'no sound'}, {here}"
    return f"{state}, {here}"


def alive(stations: Iterable[Station], now: datetime) -> tuple[str, str]:
    """How many audible stations are alive, and when the sound was last tested."""
    stations = list(stations)
    meant = [one for one in stations if one.role is StationRole.AUDIBLE]
    there = sum(one.state(now) is StationState.AUDIBLE for one in meant)
    tested = [one for one in stations if one.tested_at is not None]
    newest = max(tested, key=lambda one: one.tested_at or now, default=None)
    said = "the sound was never tested by a person"
    if newest is not None and newest.tested_at is not None:
        at = newest.tested_at
        when = words.clock(at)[:5] if (now - at).total_seconds() < 86400 else f"{words.age(now - at)} ago"
        said = f"sound tested {when} by {newest.tested_by}"
    return f"{there} of {len(meant)} audible {'station' if len(meant) == 1 else 'stations'} alive", said
