"""How well the alarms of a hall worked over a shift, a day, a week, a month or a run period, and that in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection

from ..database import alarm_history, clock, halls, runs
from ..database.connection import Database
from ..domain import alarm_performance as figures
from ..domain.alarm import Disposition
from ..domain.alarm_history import AlarmHistory, Span
from ..domain.alarm_performance import Actor, Performance, StationFigures
from ..domain.alarm_settings import AlarmSettings
from ..domain.held import Suppression
from ..domain.intervals import percent
from ..outputs.csv_file import write_rows
from . import lookup

SHIFT_HOURS = 8  # from midnight by the local clock: owl, day and swing
LOG = (
    "at", "alarm_id", "kind", "plot_type", "pad", "from_state", "to_state", "label", "severity", "annunciates", "who",
    "station", "why", "comment", "disposition",
)  # fmt: skip


class Reach(StrEnum):
    """How long a span is looked at, in the words of its button."""

    SHIFT = "Shift"
    DAY = "Day"
    WEEK = "7 days"
    MONTH = "30 days"
    PERIOD = "Run period"


@dataclass(frozen=True)
class Aim:
    """A figure against its aim: `is_met` is None where there is too little to tell, and `note` says why."""

    name: str
    value: str
    beside: str
    note: str
    is_met: bool | None


@dataclass(frozen=True)
class AlarmFigures:
    """The figures of a span, with what is needed to say them; `back` is how many spans of its reach before this."""

    hall: str
    reach: Reach | None
    back: int
    name: str
    has_earlier: bool
    history: AlarmHistory
    found: Performance
    dark: tuple[Span, ...]
    rules: Mapping[str, str]  # k of n by plot type
    now: datetime

    @property
    def headline(self) -> str:
        """The answer in a sentence."""
        found = self.found
        if not found.alarms:
            return f"No alarm in {lasting(found.span.length)}"
        if found.mean is None or found.peak is None or found.peak_at is None:
            return f"{count(found.alarms, 'alarm')}; not enough data for rates yet"
        floods = len(found.floods)
        many = found.mean > figures.MEAN_AIM
        rates = f"mean {rate(found.mean)} alarms per 10 min, peak {found.peak} {on_day(found.peak_at, self.now)}"
        if floods:
            return f"{'Too many alarms, and' if many else 'Calm but for'} {_floods(floods)}: {rates}"
        return f"{'Too many alarms' if many else 'Calm'}: {rates}"

    @property
    def basis(self) -> str:
        """What it rests on."""
        found = self.found
        dark = f"; {found.left_out} without beam {_is_are(found.left_out)} left out" if found.left_out else ""
        if found.alarms_in_dark:
            dark += f", with {count(found.alarms_in_dark, 'alarm')}"
        return (
            f"{self.name}, {count(found.alarms, 'alarm')}. {found.windows} "
            f"{'window' if found.windows == 1 else 'windows'} of 10 min with beam{dark}. Aims after ISA-18.2 and "
            "EEMUA 191."
        )

    def aims(self) -> tuple[Aim, ...]:
        """The six figures against their aims."""
        found = self.found
        real = found.real
        answers = f"{real.hits} of {real.total} with an answer" if real is not None else ""
        between = f"95 %: {percent(real.low)} to {percent(real.high)}" if real is not None else found.why_no_real
        return (
            self._aim("Mean per 10 min", found.mean, rate, "", "about 1", figures.MEAN_AIM),
            self._aim("Peak in 10 min", found.peak, str, "", "at most 10", figures.PEAK_AIM),
            self._aim(
                "Windows over 10", found.over_share, share, f"{found.over} of {found.windows}", "under 1 %",
                figures.OVER_AIM,
            ),
            self._aim(
                "Time in flood", found.flood_share, share, lasting(found.flooded) if found.floods else "", "under 1 %",
                figures.FLOOD_AIM,
            ),
            self._aim(
                "Ten worst make up", found.worst_share, share, "of all alarms", "1 to 5 %", figures.WORST_AIM,
                found.why_no_shares,
            ),
            Aim(
                "Alarms that were real faults", "Not enough data" if real is None else share(real.value or 0.0),
                answers, between, None,
            ),
        )  # fmt: skip

    def _aim(
        self, name: str, value: float | None, say: object, beside: str, aim: str, most: float, why: str = ""
    ) -> Aim:
        if value is None:
            return Aim(name, "Not enough data", "", why or self.found.why_no_rates, None)
        is_met = value <= most
        text = say(value) if callable(say) else str(value)
        return Aim(name, text, beside, f"{'within' if is_met else 'above'} the aim: {aim}", is_met)

    def nuisances(self) -> tuple[tuple[int, str, str, str], ...]:
        """What is a nuisance and what is held back: how many, what it is, when it is that, and which."""
        found = self.found
        left = sorted((one.held_until, one) for one in found.shelved if one.held_until is not None)
        shelved = ", ".join(f"{name_of(one.plot_type, one.pad, one.label)} {self._left(until)}" for until, one in left)
        rules = "; ".join(f"{one.rule}: {one.why}, since {moment(one.since, self.now)}" for one in found.suppressing)
        last = found.last_suppression
        by_design = "suppressed by design"
        if not found.suppressing and last is not None:
            until = f" to {clock_of(last.until)}" if last.until is not None else ""
            by_design += f", last: {last.rule}, {moment(last.since, self.now)}{until}"
        out = ", ".join(
            f"{one.plot_type} since {moment(one.since, self.now)}, by {one.user}" for one in found.out_of_service
        )
        return (
            (
                len(found.chattering), "Chattering", f"{figures.CHATTERS} or more times in 30 min",
                _listed(found.chattering, " times"),
            ),
            (
                sum(one.count for one in found.fleeting), "Fleeting",
                f"gone before anyone could act: under {lasting(found.fleeting_under)}", _listed(found.fleeting),
            ),
            (
                len(found.stale), "Stale", "active for more than 24 h",
                ", ".join(
                    f"{name_of(one.plot_type, one.pad, one.label)} for "
                    f"{lasting(self.now - self.history.holds_since(one))}"
                    for one in found.stale
                ),
            ),
            (
                len(found.shelved), "Shelved now",
                f"longest: {lasting(max((until for until, _ in left)) - self.now)} left" if left else "", shelved,
            ),
            (
                len(found.suppressed), "Suppressed now", by_design,
                "; ".join(part for part in (rules, f"{count(found.held_back, 'fault')} made no alarm because of it")
                          if part) if found.suppressing or found.held_back else "",
            ),
            (len(found.out_of_service), "Out of service", "nothing of it alarms", out),
        )  # fmt: skip

    def too_many(self) -> tuple[str, str]:
        """The severity that is furthest above its aim, in two sentences; "" where none is, or too little is known."""
        found = self.found
        over = {
            one: shared - aim
            for one, aim in figures.AIMS.items()
            if (shared := found.severity_share(one)) is not None and shared > aim
        }
        if not over:
            return "", ""
        severity = max(over, key=lambda one: over[one])
        heard = [one for one in self.history.lines if one.counts and found.span.holds(one.at)]
        causes = Counter((one.label, one.plot_type) for one in heard if one.severity is severity)
        (label, plot_type), most = causes.most_common(1)[0]
        if most == 1:
            many = f"{found.severities[severity]} of {found.alarms}"
            return f"Too many at {severity.word}: {many}, each of another cause.", ""
        cause = f"{label} of {plot_type}" if plot_type else label
        first = f"Too many at {severity.word}: {most} of {found.severities[severity]} are {cause}."
        rule = self.rules.get(plot_type, "")
        return first, f"It alarms at {rule} chunks." if rule else ""

    def heard_by(self) -> str:
        """Whether any time was without a station that could be heard."""
        unheard = self.found.unheard
        if unheard is None:
            return "no station was on"
        if unheard < timedelta(minutes=1):
            return "no minute without an audible station"
        return f"{lasting(unheard)} without an audible station"

    def text(self) -> str:
        """All of it in words."""
        found = self.found
        lines = [f"{self.hall}: {self.headline}.", f"  {self.basis}"]
        for one in self.aims():
            beside = f" ({one.beside})" if one.beside else ""
            lines.append(f"  {one.name:<28} {one.value}{beside}, {one.note}")
        for flood in found.floods:
            lines.append(
                f"  Flood {on_day(flood.span.begin, self.now)} for {lasting(flood.span.length)}: {flood_of(flood)}"
            )
        if found.worst:
            lines.append("Ten worst:")
            for place, actor in enumerate(found.worst, start=1):
                rule = self.rules.get(actor.plot_type, "-")
                lines.append(f"  {place:>2}  {who_of(actor):<32} {actor.count:>5}  {rule}")
        lines.append("Nuisance and what is held back:")
        for number, name, what, which in self.nuisances():
            lines.append(f"  {number:>3}  {name}{f' ({what})' if what else ''}{f': {which}' if which else ''}")
        lines.append("By severity:")
        for severity, aim in figures.AIMS.items():
            shared = found.severity_share(severity)
            said = "not enough data" if shared is None else share(shared)
            lines.append(f"  {severity.word:<8} {found.severities.get(severity, 0):>5}  {said}, aim {share(aim)}")
        lines.append(f"By station: {self.heard_by()}")
        lines += [f"  {station_text(one)}" for one in found.stations]
        return "\n".join(lines)

    def _left(self, until: datetime) -> str:
        return f"{lasting(max(timedelta(), until - self.now))} left"


def of_reach(database: Database, hall_name: str, reach: Reach, back: int = 0) -> AlarmFigures:
    """The figures of the span of a reach that is so many before the present one; SettingsError for an unknown hall."""
    with database.read() as c:
        hall_id, now = lookup.hall(c, hall_name), clock.now(c)
        if reach is not Reach.PERIOD:
            span = span_of(reach, back, now)
            return _read(c, hall_name, hall_id, span, now, reach, back)
        there = run_periods(c, hall_id, now)
        if not there:
            return _read(c, hall_name, hall_id, Span(now, now), now, reach, has_earlier=False)
        back = min(back, len(there) - 1)
        name, span = there[-1 - back]
        title = f"{name or 'Run period without a name'}, "
        return _read(c, hall_name, hall_id, span, now, reach, back, title, has_earlier=back + 1 < len(there))


def of_days(database: Database, hall_name: str, days: float) -> AlarmFigures:
    """The figures of the last days; SettingsError for an unknown hall."""
    with database.read() as c:
        hall_id, now = lookup.hall(c, hall_name), clock.now(c)
        span = Span(now - timedelta(days=days), now)
        return _read(c, hall_name, hall_id, span, now)


def of_span(c: Connection, hall_name: str, hall_id: int, span: Span, now: datetime) -> AlarmFigures:
    """The figures of a span, within a transaction."""
    return _read(c, hall_name, hall_id, span, now)


def export(shown: AlarmFigures, path: Path) -> int:
    """Write the log of the span to a CSV file; gives the number of rows. Raises StorageError."""
    span = shown.found.span
    lines = [one for one in shown.history.lines if span.holds(one.at)]
    rows = (
        (
            one.at.astimezone(UTC).isoformat().replace("+00:00", "Z"), one.alarm_id, one.kind, one.plot_type, one.pad,
            one.former, one.state, one.label, one.severity.word, int(one.annunciates), one.who, one.station, one.why,
            one.comment, one.disposition,
        )
        for one in lines
    )  # fmt: skip
    return write_rows(path, LOG, rows)


def span_of(reach: Reach, back: int, now: datetime) -> Span:
    """The span of a reach by the local clock that holds a time, or so many before it."""
    here = now.astimezone().replace(tzinfo=None)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    if reach is Reach.SHIFT:
        begin = midnight + timedelta(hours=SHIFT_HOURS * (here.hour // SHIFT_HOURS) - SHIFT_HOURS * back)
        return Span(begin.astimezone(), (begin + timedelta(hours=SHIFT_HOURS)).astimezone())
    days = {Reach.DAY: 1, Reach.WEEK: 7, Reach.MONTH: 30}[reach]
    end = midnight + timedelta(days=1 - days * back)
    return Span((end - timedelta(days=days)).astimezone(), end.astimezone())


def run_periods(c: Connection, hall_id: int, now: datetime) -> list[tuple[str, Span]]:
    """The run periods that have plots, in the order of time; each ends where the next begins, the last one now."""
    begins: dict[str, datetime] = {}
    there = runs.runs(c, hall_id)
    if not there:
        return []
    for run in there:
        if run.run_period not in begins:
            begins[run.run_period] = runs.begin_of(c, hall_id, run.run_period, run.run_number) or run.last_at
    ends = [*list(begins.values())[1:], now]
    return [(name, Span(begin, max(begin, end))) for (name, begin), end in zip(begins.items(), ends, strict=True)]


def known_since(c: Connection, hall_id: int) -> datetime | None:
    """When the hall's first plot was taken or its first alarm was heard: before that there is nothing to count."""
    there = runs.runs(c, hall_id)
    first = min(there, key=lambda run: run.last_at, default=None)
    begun = None if first is None else runs.begin_of(c, hall_id, first.run_period, first.run_number)
    known = [one for one in (begun, alarm_history.first(c, hall_id)) if one is not None]
    return min(known, default=None)


def without_beam(settings: AlarmSettings, suppressions: Iterable[Suppression], now: datetime) -> tuple[Span, ...]:
    """When the beam was off, by the rules of the hall that look at it."""
    of_beam = {one.name for one in settings.rules if one.beam_off or one.beam_below_na is not None}
    return tuple(Span(one.since, one.until or now) for one in suppressions if one.rule in of_beam)


def _read(
    c: Connection, hall_name: str, hall_id: int, span: Span, now: datetime, reach: Reach | None = None, back: int = 0,
    title: str = "", *, has_earlier: bool = True,
) -> AlarmFigures:  # fmt: skip
    known = known_since(c, hall_id)
    if known is not None and span.begin < known:
        span = Span(min(known, span.end), span.end)
    span = Span(figures.begin_of_window(span.begin), span.end)
    hall, history = halls.load(c, hall_id), alarm_history.read(c, hall_id, span)
    dark = without_beam(hall.alarms, history.suppressions, now)
    rules = {one.name: f"{one.rule.k} of {one.rule.n}" for one in hall.plot_types.values()}
    found = figures.performance(history, now, dark=dark)
    name = f"{title}{named(span, now)}"
    return AlarmFigures(hall_name, reach, back, name, has_earlier, history, found, dark, rules, now)


# Words


def count(number: int, noun: str) -> str:
    """A number of things as ``1 alarm`` or ``3 alarms``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def rate(value: float) -> str:
    """A mean as ``0.73``, and never as nothing when it isn't."""
    return "under 0.01" if 0 < value < 0.005 else f"{value:.2f}" if value < 10 else f"{value:.0f}"


def share(value: float) -> str:
    """A share as ``0.98 %`` below 1 %, else as everywhere."""
    return f"{100 * value:.2g} %" if 0 < value < 0.1 else percent(value)


def clock_of(moment: datetime) -> str:
    """A time of the local day as ``14:03``."""
    return moment.astimezone().strftime("%H:%M")


def on_day(moment: datetime, now: datetime) -> str:
    """A time as ``at 03:40``, with its day where that isn't today's."""
    local = moment.astimezone()
    if local.date() == now.astimezone().date():
        return f"at {clock_of(moment)}"
    return f"on {day_of(local)} at {clock_of(moment)}"


def moment(at: datetime, now: datetime) -> str:
    """A time as ``03:40``, or where it isn't today's as ``Wed 18 Nov 03:40``."""
    local = at.astimezone()
    return clock_of(at) if local.date() == now.astimezone().date() else f"{day_of(local)} {clock_of(at)}"


def day_of(local: datetime) -> str:
    """A day as ``Wed 18 Nov``."""
    return f"{local:%a} {local.day} {local:%b}"


def named(span: Span, now: datetime) -> str:
    """A span in words, as ``Wed 18 Nov, 08:00 to 16:00`` or ``Mon 16 Nov to Sun 22 Nov``."""
    begin, end = span.begin.astimezone(), min(span.end, max(now, span.begin)).astimezone()
    last = (end - timedelta(microseconds=1)).astimezone() if end > begin else end
    until = "now" if end < span.end or span.end == now else clock_of(end)
    if begin.date() == last.date():
        return f"{day_of(begin)}, {clock_of(begin)} to {until}"
    if (begin.hour, begin.minute) == (0, 0):
        return f"{day_of(begin)} to {day_of(last)}"
    return f"{day_of(begin)} {clock_of(begin)} to {until if until == 'now' else f'{day_of(last)} {until}'}"


def name_of(plot_type: str, pad: str, label: str) -> str:
    """What alarms, in words: the stream, or the word of an alarm of the hall."""
    return (f"{plot_type} pad {pad}" if plot_type and pad else plot_type) or label


def who_of(actor: Actor) -> str:
    """An actor in words."""
    return name_of(actor.plot_type, actor.pad, f"the hall: {actor.kind}")


def flood_of(flood: figures.Flood) -> str:
    """A flood in words."""
    return f"{flood.peak} in 10 min; {flood.worst.count} of {flood.alarms} of {who_of(flood.worst)}"


def station_text(one: StationFigures) -> str:
    """A station in words."""
    sounds = "silent" if not one.is_audible else "not enough data" if one.sounds is None else f"{rate(one.sounds)}"
    time = "not enough data" if one.median_time is None else lasting(one.median_time)
    return (
        f"{one.station} ({'audible' if one.is_audible else 'viewer'}): sounds per 10 min {sounds}, acknowledged "
        f"{one.acknowledged}, median time to it {time}, alive {share(one.alive)}"
    )


def answers_text(answers: Mapping[Disposition, int]) -> str:
    """What people said that alarms were, in words."""
    return ", ".join(f"{number} {one}" for one in Disposition if (number := answers.get(one, 0)))


def lasting(span: timedelta) -> str:
    """How long something is, as ``41 s``, ``53 min``, ``2 h 10 min`` or ``3 d``."""
    seconds = round(span.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    whole, minutes = divmod(minutes, 60)
    if whole < 48:
        return f"{whole} h {minutes} min" if minutes and whole < 10 else f"{whole} h"
    return f"{whole // 24} d"


def _floods(number: int) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return f"{words[number] if number < len(words) else number} flood{'' if number == 1 else 's'}"


def _listed(actors: Sequence[Actor], unit: str = "") -> str:
    """The worst of them with their numbers, of which the first has a unit."""
    said = [f"{who_of(one)} {one.count}{unit if not place else ''}" for place, one in enumerate(actors)]
    more = f" and {len(said) - 4} more" if len(said) > 4 else ""
    return ", ".join(said[:4]) + more


def _is_are(number: int) -> str:
    return "is" if number == 1 else "are"
