"""What one shift hands over to the next: what is open and who has it, what is held back, and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from sqlalchemy import Connection

from ..database import clock, halls, known_faults, runs
from ..database.connection import Database
from ..domain.alarm import TO_TAKE, Alarm, AlarmKind, AlarmState
from ..domain.alarm_history import OF_THE_PROGRAM, LogLine, Span, merged, total
from ..domain.alarm_settings import SHIFT_S
from ..domain.hall import Hall
from ..domain.known_fault import KnownFault
from ..outputs.report_page import Block, Page, Table, Words
from . import alarm_performance, lookup
from .alarm_performance import AlarmFigures, clock_of, count, lasting, moment, name_of

SHIFT = timedelta(seconds=SHIFT_S)
MOST_LISTED = 300  # alarms of a shift, the newest
OUTAGES = (AlarmKind.MONITOR, AlarmKind.SOURCE, AlarmKind.STORAGE, AlarmKind.LATE, AlarmKind.QUIET, AlarmKind.CANARY)


@dataclass(frozen=True)
class Occurrence:
    """An alarm of the shift: when it was heard first, when and by whom it was taken, and when it was over."""

    line: LogLine
    taken: LogLine | None
    over: LogLine | None


@dataclass(frozen=True)
class Handover:
    """All that is handed over; `runs` are number, period, first and last plot of those of the shift."""

    hall: Hall
    shown: AlarmFigures
    runs: Sequence[tuple[int, str, datetime, datetime]]
    known: Sequence[KnownFault]

    @property
    def span(self) -> Span:
        """The shift."""
        return self.shown.found.span

    @property
    def open(self) -> tuple[Alarm, ...]:
        """What needs or has a person."""
        states = (*TO_TAKE, AlarmState.ACKNOWLEDGED, AlarmState.LATCHED)
        return tuple(one for one in self.shown.history.open_now if one.state in states)

    @property
    def headline(self) -> str:
        """The answer in a sentence."""
        there, found = self.open, self.shown.found
        nobody = sum(one.state in TO_TAKE for one in there)
        first = f"{count(len(there), 'alarm')} open" if there else "No alarm is open"
        if nobody == len(there) > 0:
            first += f", nobody has taken {'it' if nobody == 1 else 'them'}"
        elif nobody:
            first += f", {nobody} of them nobody has taken"
        since = moment(self.span.begin, self.shown.now)
        floods = self._floods()
        told = count(floods, "flood") if floods else "no flood"
        return f"{first}; {count(found.alarms, 'alarm')} since {since}, {told}"

    def _floods(self) -> int:
        """How many floods there were; one that lies across two windows of 10 min was told by its alarm alone."""
        heard = [one for one in self.shown.history.lines if one.kind is AlarmKind.FLOOD and one.annunciates]
        return max(len(self.shown.found.floods), sum(self.span.holds(one.at) for one in heard))

    def occurrences(self) -> list[Occurrence]:
        """The alarms that were heard in the shift, the oldest first."""
        found = []
        for lines in self._by_alarm().values():
            heard = [one for one in lines if one.annunciates and self.span.holds(one.at)]
            if not heard or heard[0].kind in OF_THE_PROGRAM:
                continue
            after = [one for one in lines if one.at >= heard[0].at]
            taken = next((one for one in after if one.takes), None)
            found.append(Occurrence(heard[0], taken, self._end(after)))
        return sorted(found, key=lambda one: (one.line.at, one.line.alarm_id))

    def page(self, user: str) -> Page:
        """The report as a page, for a screen, a browser or paper."""
        shown = self.shown
        zone = self.span.begin.astimezone().tzname()
        return Page(
            f"Shift hand-over, {shown.hall}, {shown.name} ({zone})",
            f"{self.headline}.",
            [f"{shown.headline}.", shown.basis],
            [one for one in self._blocks() if not isinstance(one, Table) or one.rows],
            f"Written by {user}, {shown.now.astimezone():%Y-%m-%d %H:%M} {zone}, by Hydra Desktop.",
        )

    def text(self) -> str:
        """The report in words."""
        page = self.page("")
        lines = [page.title, page.headline, *page.lines]
        for block in page.blocks:
            lines.append(f"{block.title}:")
            if isinstance(block, Table):
                lines += columns(block)
            elif isinstance(block, Words):
                lines += [f"  {line}" for line in block.lines]
        return "\n".join(lines)

    def _blocks(self) -> list[Block]:
        return [
            Words("Open", [self._open(one) for one in self.open] or ["Nothing is open."]),
            Words("Held back", self._held() or ["Nothing is held back."]),
            Words("On shift", self._people()),
            self._alarms(),
            Words("Comments", self._comments() or ["Nobody wrote one."]),
            Words("Alarms as a whole", self._as_a_whole()),
            Words("Outages", self._outages()),
            Table("Runs", ("run", "period", "first plot", "last plot"), self._runs(), are_words=True),
        ]

    def _open(self, alarm: Alarm) -> str:
        now = self.shown.now
        what = f"{_what(alarm)}, {alarm.severity.word}"
        has = {
            AlarmState.UNACKNOWLEDGED: "nobody has taken it",
            AlarmState.RETURNED_UNACKNOWLEDGED: "it is over, and nobody has seen it",
            AlarmState.LATCHED: f"taken by {alarm.acknowledged_by}, over, waits for a reset",
        }.get(alarm.state)
        if has is None:
            at = f" at {moment(alarm.acknowledged_at, now)}" if alarm.acknowledged_at is not None else ""
            has = f"{alarm.acknowledged_by} has it since{at}".replace("since at", "since")
        parts = [f"{what}: {has}, open for {lasting(now - self.shown.history.holds_since(alarm))}."]
        if alarm.facts:
            parts.append(f"{alarm.facts.rstrip('.')}.")
        if alarm.comment:
            parts.append(f"Comment: {alarm.comment.rstrip('.')}.")
        return " ".join([*parts, *self._help(alarm.plot_type)])

    def _help(self, plot_type: str) -> list[str]:
        known = self.hall.plot_types.get(plot_type)
        if known is None:
            return []
        guidance = f"What to do: {' '.join(known.guidance.split()).rstrip('.')}." if known.guidance else ""
        contact = f"Contact: {known.contact}." if known.contact else ""
        return [one for one in (guidance, contact) if one]

    def _held(self) -> list[str]:
        found, now = self.shown.found, self.shown.now
        lines = []
        for one in found.shelved:
            until = f" until {moment(one.held_until, now)}" if one.held_until is not None else ""
            lines.append(f"{_what(one)}: shelved{until} by {one.held_by}. {one.held_why}")
        for rule in found.suppressing:
            lines.append(
                f"Suppressed by design since {moment(rule.since, now)} by the rule {rule.rule}: {rule.why}; "
                f"{count(rule.arrivals, 'fault')} made no alarm."
            )
        for out in found.out_of_service:
            until = f" until {moment(out.until, now)}" if out.until is not None else ""
            lines.append(
                f"{out.plot_type}: out of service since {moment(out.since, now)}{until} by {out.user}. {out.why}"
            )
        lines += [self._known(one) for one in self.known]
        return [line.strip() for line in lines]

    def _known(self, fault: KnownFault) -> str:
        now = self.shown.now
        until = ""
        if fault.until_run is not None:
            until = f" up to run {fault.until_run}"
        if fault.until is not None:
            until += f"{' and' if until else ''} until {moment(fault.until, now)}"
        where = " in a part of the plot" if fault.region is not None else ""
        what = f"{fault.label}, {name_of(fault.plot_type, fault.pad, '')}"
        return f"{what}: known{where}{until or ' until somebody ends it'}, by {fault.user}. {fault.why}"

    def _people(self) -> list[str]:
        now = self.shown.now
        lines = [
            f"{one.user} at {one.station}, {moment(one.since, now)} to "
            f"{'now' if one.until is None else moment(one.until, now)}."
            for one in self.shown.history.sign_ins
        ]
        return lines or ["Nobody signed in."]

    def _alarms(self) -> Table:
        there = self.occurrences()
        rows = []
        for one in there[-MOST_LISTED:]:
            line = one.line
            taken = f"{lasting(one.taken.at - line.at)}, {one.taken.who}" if one.taken is not None else "nobody yet"
            over = lasting(one.over.at - line.at) if one.over is not None else "still on"
            what = name_of(line.plot_type, line.pad, "the hall")
            rows.append(
                [
                    moment(line.at, self.shown.now), what, line.label, line.severity.word, taken, over,
                    str(line.disposition or "-"),
                ]
            )  # fmt: skip
        left_out = len(there) - len(rows)
        note = f"The newest {len(rows)}; {count(left_out, 'alarm')} before them." if left_out else ""
        head = ("heard", "what", "label", "severity", "taken after, by", "lasted", "it was")
        return Table(f"Alarms of this shift: {len(there)}", head, rows, note, are_words=True)

    def _comments(self) -> list[str]:
        now = self.shown.now
        lines = [one for one in self.shown.history.lines if one.comment and self.span.holds(one.at)]
        return [
            f"{moment(one.at, now)} {one.who}, on {name_of(one.plot_type, one.pad, one.label)}: {one.comment}"
            for one in lines
        ]

    def _as_a_whole(self) -> list[str]:
        shown, found = self.shown, self.shown.found
        lines = [
            f"{one.name}: {one.value}{f' ({one.beside})' if one.beside else ''}, {one.note}." for one in shown.aims()
        ]
        for flood in found.floods:
            when = alarm_performance.on_day(flood.span.begin, shown.now)
            lines.append(f"Flood {when} for {lasting(flood.span.length)}: {alarm_performance.flood_of(flood)}.")
        for number, name, what, which in shown.nuisances()[:2]:
            if number:
                lines.append(f"{name} ({what}): {which}.")
        if found.held_back:
            lines.append(f"{count(found.held_back, 'fault')} made no alarm as a rule suppressed them by design.")
        answers = alarm_performance.answers_text(found.answers)
        lines.append(f"What people said that alarms were: {answers or 'nothing yet'}.")
        return lines

    def _outages(self) -> list[str]:
        now, lines = self.shown.now, []
        there = merged(
            (Span(one.since, one.until) for one in self.shown.history.presences if one.is_audible), self.span
        )
        gaps = _between(there, self.span)
        if self.shown.found.unheard is None:
            lines.append("No station was on, so nobody could hear an alarm.")
        elif gaps:
            said = ", ".join(f"{moment(one.begin, now)} to {clock_of(one.end)}" for one in gaps[:6])
            more = f" and {len(gaps) - 6} more" if len(gaps) > 6 else ""
            lines.append(f"{lasting(total(gaps))} without an audible station: {said}{more}.")
        else:
            lines.append("No minute without an audible station.")
        for one in self._of_kinds():
            until = f" for {lasting(one.over.at - one.line.at)}" if one.over is not None else ", still"
            lines.append(f"{moment(one.line.at, now)}{until}: {one.line.label}. {one.line.why}".strip())
        return lines

    def _of_kinds(self) -> list[Occurrence]:
        """What didn't answer or didn't come, the oldest first."""
        found = []
        for lines in self._by_alarm().values():
            ended = self._end(lines)
            if lines[0].kind in OUTAGES and (ended is None or ended.at >= self.span.begin):
                found.append(Occurrence(lines[0], None, ended))
        return sorted(found, key=lambda one: one.line.at)

    def _by_alarm(self) -> dict[int, list[LogLine]]:
        found: dict[int, list[LogLine]] = {}
        for line in self.shown.history.lines:
            found.setdefault(line.alarm_id, []).append(line)
        return found

    def _end(self, lines: Sequence[LogLine]) -> LogLine | None:
        """With which line of its log an alarm was over for good, None while its condition holds."""
        if any(one.id == lines[-1].alarm_id and one.active for one in self.shown.history.open_now):
            return None
        last = list(takewhile(lambda one: one.is_over, reversed(lines)))
        return last[-1] if last else lines[-1]

    def _runs(self) -> list[list[str]]:
        now = self.shown.now
        return [
            [str(number), period or "-", moment(first, now), moment(last, now)]
            for number, period, first, last in self.runs
        ]


def read(database: Database, hall_name: str, *, length: timedelta = SHIFT) -> Handover:
    """What the shift hands over that ends now; SettingsError for an unknown hall."""
    with database.read() as c:
        hall_id, now = lookup.hall(c, hall_name), clock.now(c)
        span = Span(now - length, now)
        shown = alarm_performance.of_span(c, hall_name, hall_id, span, now)
        known = known_faults.in_force(c, hall_id, halls.run_state(c, hall_id))
        return Handover(halls.load(c, hall_id), shown, _runs(c, hall_id, span), known)


def columns(table: Table) -> list[str]:
    """A table as lines of words, its columns under each other."""
    rows = [list(table.head), *(list(row) for row in table.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.head))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _runs(c: Connection, hall_id: int, span: Span) -> list[tuple[int, str, datetime, datetime]]:
    found = []
    for run in runs.runs(c, hall_id):
        if run.last_at >= span.begin:
            begin = runs.begin_of(c, hall_id, run.run_period, run.run_number) or run.last_at
            if begin < span.end:
                found.append((run.run_number, run.run_period, begin, run.last_at))
    return found


def _what(alarm: Alarm) -> str:
    """The word of an alarm, with the stream that it is about."""
    stream = name_of(alarm.plot_type, alarm.pad, "")
    return f"{alarm.label}, {stream}" if stream else alarm.label


def _between(there: Sequence[Span], within: Span) -> list[Span]:
    """What of a span lies between others, which are in order, for a minute at least."""
    ends = [within.begin, *(one.end for one in there)]
    begins = [*(one.begin for one in there), within.end]
    gaps = (Span(end, begin) for end, begin in zip(ends, begins, strict=True) if begin > end)
    return [one for one in gaps if one.length >= timedelta(minutes=1)]
