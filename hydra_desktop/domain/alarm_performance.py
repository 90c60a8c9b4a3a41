"""How well the alarms of a hall work: the figures of ANSI/ISA-18.2-2016 (clause 16, table 7) and EEMUA 191 (3rd ed.).

An alarm counts once for each annunciation, on however many stations it sounds. What there is too little to tell from
is None, and a sentence says why.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from .alarm import Alarm, AlarmKind, AlarmState, Disposition
from .alarm_history import OF_THE_PROGRAM, AlarmHistory, LogLine, Span, merged, total
from .held import OutOfService, Suppression
from .intervals import Share, wilson
from .label import Severity

WINDOW = timedelta(minutes=10)
FLOOD_OVER, FLOOD_UNTIL = 10, 5  # it begins with more than 10 in a window and ends with fewer than 5
WORST = 10
CHATTERS, CHATTERING_IN = 3, timedelta(minutes=30)
STALE_AFTER = timedelta(hours=24)
AIMS = {Severity.HIGH: 0.05, Severity.MEDIUM: 0.15, Severity.LOW: 0.80}  # shares of alarms
MEAN_AIM, PEAK_AIM, OVER_AIM, FLOOD_AIM, WORST_AIM = 1.0, 10, 0.01, 0.01, 0.05
FEWEST_WINDOWS = 6  # an hour with beam
FEWEST_ALARMS = 10  # of which shares are taken
FEWEST_ANSWERS = 30
FEWEST_TAKEN = 5  # of which a median is


@dataclass(frozen=True)
class Actor:
    """What alarms, with how often it did; `plot_type` is "" for an alarm of the hall, of that `kind`."""

    kind: AlarmKind
    plot_type: str
    pad: str
    count: int


@dataclass(frozen=True)
class Flood:
    """A flood, from the first window of it to before the first after it, with its fullest window and worst actor."""

    span: Span
    alarms: int
    peak: int
    peak_at: datetime
    worst: Actor


@dataclass(frozen=True)
class StationFigures:
    """What a station did: `sounds` in 10 min of its time, None for one that is a viewer or was never alive."""

    station: str
    is_audible: bool
    sounds: float | None
    acknowledged: int
    median_time: timedelta | None  # from the annunciation to the acknowledgement
    alive: float  # share of the span


@dataclass(frozen=True)
class Performance:
    """The figures over a span; windows are of 10 min from its begin, W of them, the last perhaps cut by its end.

    A window is `dark` where the beam was off for at least half of it; such ones are left out of all rates, and the
    `alarms` of all windows and of dark ones are told beside them.
    """

    span: Span
    counts: tuple[int, ...]  # (W,) annunciations
    dark: tuple[bool, ...]  # (W,)
    alarms: int
    alarms_in_dark: int
    mean: float | None
    peak: int | None
    peak_at: datetime | None
    over: int
    over_share: float | None
    floods: tuple[Flood, ...]
    flood_share: float | None
    why_no_rates: str
    worst: tuple[Actor, ...]
    worst_share: float | None
    chattering: tuple[Actor, ...]
    fleeting: tuple[Actor, ...]
    fleeting_under: timedelta
    stale: tuple[Alarm, ...]
    shelved: tuple[Alarm, ...]
    suppressed: tuple[Alarm, ...]
    suppressing: tuple[Suppression, ...]  # rules that hold now
    last_suppression: Suppression | None
    out_of_service: tuple[OutOfService, ...]
    held_back: int
    severities: Mapping[Severity, int]
    why_no_shares: str
    answers: Mapping[Disposition, int]
    real: Share | None
    why_no_real: str
    stations: tuple[StationFigures, ...]
    unheard: timedelta | None  # without an audible station; None where no station was ever told of

    @property
    def windows(self) -> int:
        """Windows with beam."""
        return len(self.dark) - self.left_out

    @property
    def left_out(self) -> int:
        """Windows without beam."""
        return sum(self.dark)

    @property
    def worst_count(self) -> int:
        """Alarms of the worst actors."""
        return sum(one.count for one in self.worst)

    @property
    def flooded(self) -> timedelta:
        """Time in flood."""
        return total(one.span for one in self.floods)

    def severity_share(self, severity: Severity) -> float | None:
        """The share of alarms with a severity."""
        return None if self.why_no_shares else self.severities.get(severity, 0) / max(1, self.alarms)


def performance(
    history: AlarmHistory, now: datetime, *, dark: Iterable[Span] = (), fleeting_under: timedelta = timedelta(minutes=5)
) -> Performance:
    """The figures of a span of which the part up to `now` has come; `dark` is when the beam was off.

    `fleeting_under` is how long an alarm must stand so that a person could act.
    """
    span = Span(history.span.begin, max(history.span.begin, min(history.span.end, now)))
    lines = [one for one in history.lines if one.kind not in OF_THE_PROGRAM]
    heard = [one for one in lines if one.counts and span.holds(one.at)]
    counts = windows_of(span, [one.at for one in heard])
    is_dark = dark_windows(span, dark)
    lit = [count for count, off in zip(counts, is_dark, strict=True) if not off]
    floods = find_floods(span, counts, is_dark, heard)
    few = len(lit) < FEWEST_WINDOWS
    actors = _actors(heard)
    too_few = len(heard) < FEWEST_ALARMS
    peak = max(lit, default=0)
    peaks = [place for place, off in enumerate(is_dark) if not off and counts[place] == peak]
    answers = Counter(_answers(heard))
    answered = sum(answers.values())
    return Performance(
        span=span,
        counts=tuple(counts),
        dark=tuple(is_dark),
        alarms=len(heard),
        alarms_in_dark=len(heard) - sum(lit),
        mean=None if few else sum(lit) / len(lit),
        peak=None if few else peak,
        peak_at=None if few or not peak else span.begin + peaks[0] * WINDOW,
        over=sum(count > FLOOD_OVER for count in lit),
        over_share=None if few else sum(count > FLOOD_OVER for count in lit) / len(lit),
        floods=tuple(floods),
        flood_share=None if few else sum(math.ceil(one.span.length / WINDOW) for one in floods) / len(lit),
        why_no_rates=_few(len(lit), "window of 10 min with beam", FEWEST_WINDOWS) if few else "",
        worst=tuple(actors[:WORST]),
        worst_share=None if too_few else sum(one.count for one in actors[:WORST]) / len(heard),
        chattering=tuple(find_chattering(heard)),
        fleeting=tuple(find_fleeting(lines, span, fleeting_under)),
        fleeting_under=fleeting_under,
        stale=tuple(one for one in history.open_now if one.active and now - history.holds_since(one) > STALE_AFTER),
        shelved=_in(history.open_now, AlarmState.SHELVED),
        suppressed=_in(history.open_now, AlarmState.SUPPRESSED),
        suppressing=tuple(one for one in history.suppressions if one.until is None),
        last_suppression=max(history.suppressions, key=lambda one: one.since, default=None),
        out_of_service=tuple(history.out_of_service),
        held_back=sum(one.arrivals for one in history.suppressions),
        severities=Counter(one.severity for one in heard),
        why_no_shares=_few(len(heard), "alarm", FEWEST_ALARMS) if too_few else "",
        answers=answers,
        real=wilson(answers[Disposition.REAL], answered) if answered >= FEWEST_ANSWERS else None,
        why_no_real=(
            ""
            if answered >= FEWEST_ANSWERS
            else f"{_have(answered, 'alarm')} a person's answer; {FEWEST_ANSWERS} give a share with an interval"
        ),
        stations=tuple(_stations(history, lines, span)),
        unheard=_unheard(history, span),
    )


def begin_of_window(moment: datetime) -> datetime:
    """When the window of 10 min began in which a time is, so that an alarm is in the same one however it is asked."""
    passed = (moment - datetime(1970, 1, 1, tzinfo=UTC)) % WINDOW
    return moment - passed


def windows_of(span: Span, times: Iterable[datetime]) -> list[int]:
    """How many of some times fall into each window of 10 min from the begin of a span on."""
    counts = [0] * math.ceil(span.length / WINDOW)
    for at in times:
        counts[int((at - span.begin) / WINDOW)] += 1
    return counts


def dark_windows(span: Span, dark: Iterable[Span]) -> list[bool]:
    """Which windows were without beam for at least half of their time."""
    without = merged(dark, span)
    found = []
    for place in range(math.ceil(span.length / WINDOW)):
        window = Span(span.begin + place * WINDOW, min(span.end, span.begin + (place + 1) * WINDOW))
        off = total(cut for one in without if (cut := one.within(window)))
        found.append(2 * off >= window.length)
    return found


def find_floods(span: Span, counts: Sequence[int], dark: Sequence[bool], heard: Sequence[LogLine]) -> list[Flood]:
    """Floods as ISA-18.2 has them: from a window with more than 10 alarms until one with fewer than 5.

    A dark window has none, so it ends a flood.
    """
    found, first = [], None
    for place in range(len(counts) + 1):
        count = 0 if place == len(counts) or dark[place] else counts[place]
        if first is None and count > FLOOD_OVER:
            first = place
        elif first is not None and count < FLOOD_UNTIL:
            of = Span(span.begin + first * WINDOW, min(span.end, span.begin + place * WINDOW))
            there = [one for one in heard if of.holds(one.at)]
            peak = max(counts[first:place])
            at = span.begin + counts.index(peak, first, place) * WINDOW
            found.append(Flood(of, len(there), peak, at, _actors(there)[0]))
            first = None
    return found


def find_chattering(heard: Sequence[LogLine]) -> list[Actor]:
    """What alarmed 3 or more times in 30 min, with how often it did so.

    ISA-18.2 has three times in a minute; here a plot comes once in some minutes, so that is drawn out.
    """
    found = []
    for lines in _by_point(heard).values():
        lines.sort(key=lambda one: one.at)
        often: set[int] = set()
        for place, (one, last) in enumerate(zip(lines, lines[CHATTERS - 1 :], strict=False)):
            if last.at - one.at <= CHATTERING_IN:
                often |= set(range(place, place + CHATTERS))
        if often:
            found.append(_actor([lines[place] for place in often]))
    return _most_first(found)


def find_fleeting(lines: Sequence[LogLine], span: Span, under: timedelta) -> list[Actor]:
    """What returned by itself before a person could act, with how often.

    An annunciation is fleeting when its alarm stopped to be unacknowledged in less than a time, and nobody took it;
    a rise of its severity meanwhile begins no time anew.
    """
    found = []
    for of_alarm in _by_alarm(lines).values():
        begun: LogLine | None = None
        for one in of_alarm:
            if one.annunciates and one.former is not AlarmState.UNACKNOWLEDGED:
                begun = one
            elif begun is not None and one.state is not AlarmState.UNACKNOWLEDGED:
                returned = one.state is AlarmState.RETURNED_UNACKNOWLEDGED
                if returned and one.at - begun.at < under and span.holds(begun.at):
                    found.append(begun)
                begun = None
    return _most_first([_actor(some) for some in _by_point(found).values()])


def _answers(heard: Sequence[LogLine]) -> list[Disposition]:
    """What people said that the alarms were, one for each alarm."""
    of_alarm = {one.alarm_id: one.disposition for one in heard}
    return [one for one in of_alarm.values() if one is not None]


def _stations(history: AlarmHistory, lines: Sequence[LogLine], span: Span) -> list[StationFigures]:
    heard = [one for one in lines if one.counts and span.holds(one.at)]
    times = _times_to_take(lines, span)
    names = dict(history.stations)
    for presence in history.presences:
        if Span(presence.since, presence.until).within(span) is not None:
            names.setdefault(presence.station, presence.is_audible)
    for station, _ in times:
        names.setdefault(station, False)
    found = []
    for name, to_sound in names.items():
        of = [one for one in history.presences if one.station == name]
        alive = merged((Span(one.since, one.until) for one in of), span)
        audible = merged((Span(one.since, one.until) for one in of if one.is_audible), span)
        sounded = sum(any(one.holds(line.at) for one in audible) for line in heard)
        hears = total(audible)
        mine = [time for station, time in times if station == name]
        known = [time for time in mine if time is not None]
        found.append(
            StationFigures(
                name,
                to_sound,
                sounded / (hears / WINDOW) if hears >= FEWEST_WINDOWS * WINDOW else None,
                len(mine),
                timedelta(seconds=median(one.total_seconds() for one in known)) if len(known) >= FEWEST_TAKEN else None,
                total(alive) / span.length if span.length else 0.0,
            )
        )
    return sorted(found, key=lambda one: (not one.is_audible, one.station))


def _times_to_take(lines: Sequence[LogLine], span: Span) -> list[tuple[str, timedelta | None]]:
    """Where alarms were taken in the span, and how long after they were heard last, None where that is too long ago."""
    found: list[tuple[str, timedelta | None]] = []
    for of_alarm in _by_alarm(lines).values():
        heard: datetime | None = None
        for one in of_alarm:
            if one.annunciates:
                heard = one.at
            elif one.takes:
                if span.holds(one.at):
                    found.append((one.station, one.at - heard if heard is not None else None))
                heard = None
    return found


def _unheard(history: AlarmHistory, span: Span) -> timedelta | None:
    if not history.presences:
        return None
    return span.length - total(merged((Span(p.since, p.until) for p in history.presences if p.is_audible), span))


def _in(alarms: Sequence[Alarm], state: AlarmState) -> tuple[Alarm, ...]:
    return tuple(one for one in alarms if one.state is state)


def _by_point(lines: Iterable[LogLine]) -> dict[tuple[AlarmKind, str, str], list[LogLine]]:
    found: dict[tuple[AlarmKind, str, str], list[LogLine]] = {}
    for one in lines:
        found.setdefault(one.point, []).append(one)
    return found


def _by_alarm(lines: Iterable[LogLine]) -> dict[int, list[LogLine]]:
    found: dict[int, list[LogLine]] = {}
    for one in lines:
        found.setdefault(one.alarm_id, []).append(one)
    return found


def _actors(heard: Iterable[LogLine]) -> list[Actor]:
    """Plot types, and kinds of alarms of the hall, that alarmed, the worst first; pads of a type count together."""
    counts = Counter((None if one.plot_type else one.kind, one.plot_type) for one in heard)
    return _most_first([Actor(kind or AlarmKind.FAULT, name, "", count) for (kind, name), count in counts.items()])


def _actor(lines: Sequence[LogLine]) -> Actor:
    kind, plot_type, pad = lines[0].point
    return Actor(kind, plot_type, pad, len(lines))


def _most_first(actors: list[Actor]) -> list[Actor]:
    return sorted(actors, key=lambda one: (-one.count, one.plot_type, one.pad, one.kind))


def _few(count: int, noun: str, fewest: int) -> str:
    first, *rest = noun.split(" ", 1)
    plural = " ".join([f"{first}{'' if count == 1 else 's'}", *rest])
    return f"{count} {plural}; {fewest} are needed"


def _have(count: int, noun: str) -> str:
    return f"1 {noun} has" if count == 1 else f"{count} {noun}s have"
