"""What happened to the alarms of a hall over a span of time: the lines of their log, and all that was held back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from .alarm import TO_TAKE, Alarm, AlarmKind, AlarmState, Disposition
from .held import OutOfService, Suppression
from .label import Severity

OF_THE_PROGRAM = (AlarmKind.FLOOD, AlarmKind.CANARY)  # about alarms themselves, and left out of all figures

_OVER = (AlarmState.NORMAL, AlarmState.RETURNED_UNACKNOWLEDGED, AlarmState.LATCHED)


@dataclass(frozen=True)
class Span:
    """From `begin` to before `end`; times are aware."""

    begin: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.begin

    def holds(self, moment: datetime) -> bool:
        """Whether a time lies in it."""
        return self.begin <= moment < self.end

    def within(self, other: Span) -> Span | None:
        """The part of it that lies in another, None where there is none."""
        begin, end = max(self.begin, other.begin), min(self.end, other.end)
        return Span(begin, end) if begin < end else None


@dataclass(frozen=True)
class LogLine:
    """A line of the log of an alarm, with the alarm that it is of and what that was in the end."""

    alarm_id: int
    kind: AlarmKind
    plot_type: str  # "" for one of the hall
    pad: str
    label: str
    severity: Severity
    at: datetime
    former: AlarmState
    state: AlarmState
    who: str
    station: str
    annunciates: bool
    why: str = ""
    comment: str = ""
    disposition: Disposition | None = None

    @property
    def point(self) -> tuple[AlarmKind, str, str]:
        """What alarms: of each there is one alarm open at most."""
        return self.kind, self.plot_type, self.pad

    @property
    def counts(self) -> bool:
        """Whether it is an annunciation that counts: one of the program about itself doesn't."""
        return self.annunciates and self.kind not in OF_THE_PROGRAM

    @property
    def takes(self) -> bool:
        """Whether a person took the alarm here; only that ends what waits to be taken without holding it back."""
        taken = (AlarmState.ACKNOWLEDGED, AlarmState.LATCHED, AlarmState.NORMAL)
        return self.former in TO_TAKE and self.state in taken

    @property
    def is_over(self) -> bool:
        """Whether the alarm's condition doesn't hold any more; of one that is held back nobody can tell."""
        return self.state in _OVER

    @property
    def begins(self) -> bool:
        """Whether the alarm's condition holds from here on."""
        return self.former in _OVER and not self.is_over


@dataclass(frozen=True)
class Presence:
    """When a station was alive, in one role; `is_audible` is whether it was to sound and could."""

    station: str
    is_audible: bool
    since: datetime
    until: datetime


@dataclass(frozen=True)
class SignIn:
    """Who was on shift at a station, `until` None for one who still is."""

    station: str
    user: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class AlarmHistory:
    """All of it over a span, lines and spans oldest first; what is open and held is that of now.

    `lines` are those of the span, and all others of the alarms that began before it or are open now.
    """

    span: Span
    lines: Sequence[LogLine] = ()
    suppressions: Sequence[Suppression] = ()
    presences: Sequence[Presence] = ()
    stations: Sequence[tuple[str, bool]] = ()  # all that the hall has, and whether each is to sound
    sign_ins: Sequence[SignIn] = ()
    open_now: Sequence[Alarm] = ()
    out_of_service: Sequence[OutOfService] = ()  # now

    def holds_since(self, alarm: Alarm) -> datetime:
        """Since when the condition of an open alarm holds, though it was shelved or suppressed meanwhile."""
        return min(self._begun.get(alarm.id, alarm.raised_at), alarm.raised_at)

    @cached_property
    def _begun(self) -> dict[int, datetime]:
        return {one.alarm_id: one.at for one in self.lines if one.begins}  # of several the last


def merged(spans: Iterable[Span], within: Span) -> list[Span]:
    """Spans of which none touches another, in order, cut to one that holds them."""
    found: list[Span] = []
    for one in sorted((cut for span in spans if (cut := span.within(within))), key=lambda span: span.begin):
        if found and one.begin <= found[-1].end:
            found[-1] = Span(found[-1].begin, max(found[-1].end, one.end))
        else:
            found.append(one)
    return found


def total(spans: Iterable[Span]) -> timedelta:
    """How long spans are together."""
    return sum((one.length for one in spans), timedelta())
