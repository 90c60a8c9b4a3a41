"""Looks after what no single plot tells: what stopped, what is suppressed, shelves whose time is over, floods.

Every monitor and every station's siren runs one, so that the death of any of them is noticed; one at a time looks,
under a lease. All times are the database's, and all that it knows is in the database, so another takes over at any
moment.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ..database import (
    alarms,
    arrivals,
    clock,
    conditions,
    halls,
    heartbeats,
    leases,
    out_of_service,
    repeats,
    suppressions,
)
from ..database.connection import Database
from ..domain.alarm import OF_PLOTS, Alarm, AlarmKind, Life, told_since_begun
from ..domain.alarm_settings import SuppressionRule
from ..domain.condition import tell
from ..domain.errors import DatabaseError
from ..domain.hall import Hall
from ..domain.label import Severity
from ..domain.repeated import Repeated
from ..domain.run import RunState
from ..domain.who import Who
from . import canary
from .alarm_conditions import Holding, settle, turn
from .alarms import end_out_of_service

log = logging.getLogger(__name__)

LEASE = "alarm watch"
LEASE_TTL_S = 6.0
LOOK_EVERY_S = 1.0
USER = "hydra"  # in whose name it acts
FLOOD_SPAN = timedelta(minutes=10)
SETTLES = timedelta(seconds=30)  # so long one waits for others that stop with a plot type
MANY = 3  # of more than so many plot types of a group that stop at once one alarm is made
FORGOTTEN = timedelta(days=7)  # a plot type that didn't come for longer isn't missed any more
SAME = "Same picture"
SUPPRESSIBLE = (*OF_PLOTS, AlarmKind.STALE, AlarmKind.REPEATED)
_NOT_FLOODING = (AlarmKind.FLOOD, AlarmKind.CANARY)


class AlarmWatch:
    """Looks after one hall's alarms whenever no other process does."""

    def __init__(self, database: Database, hall_id: int, station: str, holder: str) -> None:
        """`holder` names this process among all that may do it."""
        self._database, self._hall_id, self._holder = database, hall_id, holder
        self._who = Who(USER, station)
        self._fencing: int | None = None
        self._hall, self._version = Hall(""), -1
        self._flows_since: datetime | None = None  # since when plots are to be expected
        self._looks_since: datetime | None = None
        self._newest: dict[str, datetime] = {}  # as it was when what repeats itself was looked for
        self._repeated: list[Repeated] = []
        self._rules: tuple[SuppressionRule, ...] = ()  # that hold
        self._resting: frozenset[str] = frozenset()  # plot types that are out of service

    def run(self, stop: threading.Event) -> None:
        """Look again and again until told to stop; a database that is away is waited for."""
        told = ""
        while not stop.is_set():
            try:
                self.look()
                told = ""
            except (DatabaseError, DBAPIError) as error:
                self._begin_anew()
                told = _told_once(logging.WARNING, told, f"Alarms wait until the database answers: {error}")
            except Exception as error:  # noqa: BLE001 shelves must end, and a dead monitor be missed
                self._begin_anew()
                told = _told_once(logging.ERROR, told, f"Alarms can't be looked after: {error!r}")
            stop.wait(LOOK_EVERY_S)
        self.leave()

    def leave(self) -> None:
        """Let another process take over at once."""
        if self._fencing is not None:
            try:
                with self._database.write() as connection:
                    leases.release(connection, self._hall_id, LEASE, self._fencing)
            except (DatabaseError, DBAPIError):
                log.info("The lease on the alarms runs out by itself.")
            self._fencing = None

    def look(self, *, ahead: timedelta = timedelta()) -> bool:
        """Look once; False when another process does that. It looks as if it were `ahead` of now."""
        if self._fencing is None:
            with self._database.read() as connection:
                if leases.living_holder(connection, self._hall_id, LEASE) is not None:
                    return False
        with self._database.write() as connection:
            if self._fencing is not None and not leases.renew(
                connection, self._hall_id, LEASE, self._fencing, LEASE_TTL_S
            ):
                self._fencing = None
                self._begin_anew()
            if self._fencing is None:
                self._fencing = leases.acquire(connection, self._hall_id, LEASE, self._holder, LEASE_TTL_S)
            if self._fencing is None:
                return False
            alarms.hold(connection, self._hall_id)
            self._look(connection, clock.now(connection) + ahead)
        return True

    def _begin_anew(self) -> None:
        """Nothing is missed for what didn't come while nobody looked."""
        self._flows_since = self._looks_since = None

    def _look(self, connection: Connection, now: datetime) -> None:
        self._flows_since = self._flows_since or now
        self._looks_since = self._looks_since or now
        version = halls.settings_version(connection, self._hall_id)
        if version != self._version:
            self._hall, self._version = halls.load(connection, self._hall_id), version
        run = halls.run_state(connection, self._hall_id)
        self._follow_rules(connection, run, now)
        for one in out_of_service.all_open(connection, self._hall_id):
            if one.until is not None and one.until <= now:
                why = "back in service by itself"
                end_out_of_service(connection, self._hall_id, one.plot_type, who=self._who, why=why)
        open_alarms = self._move_by_themselves(connection, now)
        beat_is_missed = self._of_monitor(connection, open_alarms, now)
        active = {alarm.kind for alarm in open_alarms if alarm.life.active}
        holding = [*beat_is_missed, *self._of_changes(connection, open_alarms)]
        holding += self._of_flood(connection, active, now)
        kinds = {AlarmKind.MONITOR, AlarmKind.CHANGED, AlarmKind.FLOOD}
        if beat_is_missed or (AlarmKind.SOURCE in active and not leases.watched(connection, self._hall_id)):
            self._flows_since = now  # what should come can't, and nobody can tell what is missing
        else:
            kinds |= {AlarmKind.QUIET, AlarmKind.STALE, AlarmKind.REPEATED, AlarmKind.CANARY}
            holding += self._of_canary(connection, now)
            if run.beam_on is False:
                self._flows_since = now  # nothing needs to come
            else:
                holding += self._of_arrivals(connection, open_alarms, now)
        settle(connection, self._hall_id, holding, kinds, now=now, who=self._who, open_alarms=open_alarms)

    def _follow_rules(self, connection: Connection, run: RunState, now: datetime) -> None:
        """Begin, prolong and end suppression by design."""
        held = {one.rule: one for one in suppressions.all_open(connection, self._hall_id)}
        for rule in self._hall.alarms.rules:
            why, before = rule.why(run, now), held.pop(rule.name, None)
            if why and before is None:
                suppressions.begin(connection, self._hall_id, rule.name, why, at=now)
            elif why and before is not None:
                suppressions.go_on(connection, self._hall_id, before, why=why, holds_until=None)
            elif before is not None:
                until = before.holds_until or now + timedelta(seconds=rule.stays_s)
                if until <= now:
                    suppressions.end(connection, self._hall_id, before, at=now)
                else:
                    suppressions.go_on(connection, self._hall_id, before, why=before.why, holds_until=until)
        for before in held.values():  # its rule was taken from the settings
            suppressions.end(connection, self._hall_id, before, at=now)

    def _move_by_themselves(self, connection: Connection, now: datetime) -> list[Alarm]:
        """Shelves whose time is over, and what rules suppress; the alarms as they are then."""
        open_alarms = alarms.open_alarms(connection, self._hall_id)
        self._rules = self._hall.alarms.rules_for(
            [one.rule for one in suppressions.all_open(connection, self._hall_id)]
        )
        self._resting = out_of_service.names(connection, self._hall_id)
        moved = False
        for alarm in open_alarms:
            after, why = self._by_itself(alarm, now)
            moved |= turn(connection, self._hall_id, alarm, after, why, now, self._who)
        return alarms.open_alarms(connection, self._hall_id) if moved else open_alarms

    def _by_itself(self, alarm: Alarm, now: datetime) -> tuple[Life, str]:
        """What time, rules and settings make of an alarm, and why."""
        life, plot_type = alarm.life, self._hall.plot_types.get(alarm.plot_type)
        if life.at(now) != life:
            return life.at(now), "the shelf's time is over"
        if alarm.plot_type in self._resting and not life.out_of_service:
            return life.taken_out_of_service(), "out of service"
        if life.out_of_service and alarm.plot_type not in self._resting:
            return life.put_back(), "in service again"
        if plot_type is not None and plot_type.ignored and alarm.kind in OF_PLOTS:
            return life.with_condition(False), "its plots are ignored now"
        group = plot_type.group if plot_type is not None else alarm.pad  # that of many plot types at once
        by = [rule.name for rule in self._rules if alarm.kind in SUPPRESSIBLE and rule.is_for(alarm.plot_type, group)]
        if by and not life.suppressed:
            return life.suppressed_by_design(), f"suppressed by design: {', '.join(by)}"
        if life.suppressed and not by:
            return life.released(), "the rule is over"
        return life, ""

    def _is_held(self, name: str, own: Collection[str]) -> bool:
        """Whether a plot type can't alarm now; one that has its alarm is looked at on."""
        if name in self._resting:
            return True
        group = self._hall.plot_types[name].group if name in self._hall.plot_types else ""
        return name not in own and any(rule.is_for(name, group) for rule in self._rules)

    def _of_arrivals(self, connection: Connection, open_alarms: Sequence[Alarm], now: datetime) -> list[Holding]:
        """What doesn't come: no plot at all, else some plot types."""
        newest = arrivals.newest(connection, self._hall_id)
        if newest != self._newest:
            self._newest, self._repeated = newest, repeats.repeated(connection, self._hall_id, self._hall)
        own = {alarm.plot_type for alarm in open_alarms if alarm.kind is AlarmKind.REPEATED}
        repeated = [one for one in self._repeated if not self._is_held(one.plot_type, own)]
        missing = self._of_source(newest.values(), open_alarms, now)
        missing = missing or self._of_plot_types(connection, newest, open_alarms, now)
        return [*missing, *self._of_repeated(connection, repeated, open_alarms)]

    def _of_monitor(self, connection: Connection, open_alarms: Sequence[Alarm], now: datetime) -> list[Holding]:
        limit = timedelta(seconds=self._hall.alarms.unanswered_after_s)
        beat = heartbeats.newest(connection, self._hall_id, heartbeats.MONITOR)
        if not limit or beat is None:
            return []
        told_at = _active_since(open_alarms, AlarmKind.MONITOR)
        is_missed = beat.at <= told_at if told_at is not None else now - max(beat.at, self._looks_since or now) > limit
        if not is_missed:
            return []
        facts = (
            f"The monitor at {beat.station} gives no sign of life since {_clock(beat.at)}; no plot is judged. Start it "
            "again: open the program at a station that has the folder, or run hydra-desktop monitor there."
        )
        return [Holding(AlarmKind.MONITOR, "Monitor down", Severity.HIGH, facts)]

    def _of_source(self, newest: Iterable[datetime], open_alarms: Sequence[Alarm], now: datetime) -> list[Holding]:
        limit = timedelta(seconds=self._hall.alarms.quiet_after_s)
        raised_at = _active_since(open_alarms, AlarmKind.QUIET)
        last = max(newest, default=None)
        if not limit or last is None or not self._is_missing(last, limit, raised_at, now):
            return []
        self._flows_since = now  # the plot types have their time anew once it flows again
        facts = f"No plot of any type has come since {_clock(last)}. Look at the program that makes the plots."
        return [Holding(AlarmKind.QUIET, "No data", Severity.HIGH, facts)]

    def _of_plot_types(
        self, connection: Connection, newest: dict[str, datetime], open_alarms: Sequence[Alarm], now: datetime
    ) -> list[Holding]:
        """Plot types that stopped while others come; many of a group at once are one alarm."""
        stale = [alarm for alarm in open_alarms if alarm.kind is AlarmKind.STALE and alarm.life.active]
        own = {alarm.plot_type: alarm.raised_at for alarm in stale if alarm.plot_type}
        together = {alarm.pad: alarm for alarm in stale if not alarm.plot_type}
        of_groups = {name for alarm in together.values() for name in _named(alarm.facts)}
        by_group: dict[str, list[str]] = defaultdict(list)
        expected = 0
        for name, last in newest.items():
            plot_type = self._hall.plot_types.get(name)
            if plot_type is None or plot_type.ignored or not plot_type.chunked or self._is_held(name, own):
                continue
            expected += 1
            limit = timedelta(seconds=plot_type.stale_after_s) + SETTLES
            of_group = together.get(plot_type.group) if name in of_groups else None
            raised_at = own.get(name, of_group.raised_at if of_group is not None else None)
            if self._is_missing(last, limit, raised_at, now) and now - last < FORGOTTEN:
                by_group[plot_type.group].append(name)
        missing = [newest[name] for names in by_group.values() for name in names]
        is_all = 1 < expected == len(missing) and max(newest.values()) == max(missing)
        if is_all and not stale and self._hall.alarms.quiet_after_s:
            return []  # nothing comes at all, which is said as such in a moment
        holding = []
        for group, names in by_group.items():
            rest = [name for name in names if name not in own]
            single = names if group not in together and len(rest) <= MANY else [n for n in names if n in own]
            holding += [
                Holding(
                    AlarmKind.STALE, "No data", Severity.MEDIUM,
                    f"{name} has not come since {_clock(newest[name])}, while others do.", name,
                )
                for name in single
            ]  # fmt: skip
            rest = [name for name in rest if name not in single]
            if rest:
                first = min(newest[name] for name in rest)
                facts = f"{len(rest)} plot types have not come since {_clock(first)}: {', '.join(sorted(rest))}."
                grown = group in together and _has_more(connection, together[group], rest)
                holding.append(Holding(AlarmKind.STALE, "No data", Severity.MEDIUM, facts, pad=group, grown=grown))
        return holding

    @staticmethod
    def _of_repeated(
        connection: Connection, repeated: Sequence[Repeated], open_alarms: Sequence[Alarm]
    ) -> list[Holding]:
        """Streams that show the same picture again and again; many at once are one alarm."""
        own = {(alarm.plot_type, alarm.pad): alarm for alarm in open_alarms if alarm.kind is AlarmKind.REPEATED}
        rest = [one for one in repeated if (one.plot_type, one.pad) not in own]
        is_one = ("", "") in own or len(rest) > MANY
        holding = [
            Holding(
                AlarmKind.REPEATED, SAME, Severity.MEDIUM,
                f"{one.chunks} chunks with beam show the very same picture, since {_clock(one.since)}: what makes the "
                "plots may be stuck.", one.plot_type, one.pad,
            )
            for one in repeated
            if not is_one or one not in rest
        ]  # fmt: skip
        if is_one and rest:
            names = sorted({one.plot_type for one in rest})
            facts = (
                f"{len(names)} plot types show the very same pictures again and again, with beam, since "
                f"{_clock(min(one.since for one in rest))}: what makes the plots may be stuck: {', '.join(names)}."
            )
            grown = ("", "") in own and _has_more(connection, own["", ""], names)
            holding.append(Holding(AlarmKind.REPEATED, SAME, Severity.MEDIUM, facts, grown=grown))
        return holding

    def _of_canary(self, connection: Connection, now: datetime) -> list[Holding]:
        facts = canary.missing(connection, self._hall_id, self._hall, now)
        return [Holding(AlarmKind.CANARY, "Canary lost", Severity.HIGH, facts)] if facts else []

    def _of_changes(self, connection: Connection, open_alarms: Sequence[Alarm]) -> list[Holding]:
        """All plot types that have changed are one alarm."""
        types = self._hall.plot_types
        changed = [
            one
            for one in conditions.open_conditions(connection, self._hall_id)
            if one.plot_type in types and not types[one.plot_type].ignored and one.plot_type not in self._resting
        ]
        if not changed:
            return []
        facts = " ".join(tell(changed, {name: types[name].contact for name in types}))
        taken_at = next((one.acknowledged_at for one in open_alarms if one.kind is AlarmKind.CHANGED), None)
        grown = taken_at is not None and any(one.told_at is not None and one.told_at > taken_at for one in changed)
        return [Holding(AlarmKind.CHANGED, "Changed", Severity.LOW, facts, grown=grown)]

    def _of_flood(self, connection: Connection, active: set[AlarmKind], now: datetime) -> list[Holding]:
        settings = self._hall.alarms
        if not settings.flood_over:
            return []
        count = alarms.annunciated_since(connection, self._hall_id, now - FLOOD_SPAN, _NOT_FLOODING)
        if count <= settings.flood_over and not (AlarmKind.FLOOD in active and count >= settings.flood_until):
            return []
        facts = (
            f"{count} alarms in 10 minutes are more than a person can take in. Look for what they have in common: high "
            "voltage, the run's start, a server; tell the coordinator."
        )
        return [Holding(AlarmKind.FLOOD, "Alarm flood", Severity.MEDIUM, facts)]

    def _is_missing(self, last: datetime, limit: timedelta, raised_at: datetime | None, now: datetime) -> bool:
        """Whether nothing came for too long; what is missing stays so until it comes, whatever happened meanwhile."""
        if raised_at is not None and last <= raised_at:
            return True
        return now - self._expected(last) > limit

    def _expected(self, last: datetime) -> datetime:
        """From when on a silence counts: that of a time when nothing was to be expected doesn't."""
        return max(last, self._flows_since or last)


def _told_once(level: int, before: str, message: str) -> str:
    """Log what is wrong when it begins, with where it came from; gives what was said."""
    if not before:
        log.log(level, "%s", message, exc_info=level == logging.ERROR)
    return message


def _active_since(open_alarms: Iterable[Alarm], kind: AlarmKind) -> datetime | None:
    """When an alarm of a kind was raised whose condition holds, None without one."""
    return next((one.raised_at for one in open_alarms if one.kind is kind and one.life.active), None)


def _has_more(connection: Connection, alarm: Alarm, names: Iterable[str]) -> bool:
    """Whether an alarm of many plot types was never told of some of these since it began."""
    new = set(names) - _named(alarm.facts)
    return bool(new) and not new <= {
        name for step in told_since_begun(alarms.log(connection, alarm.id)) for name in _named(step.why)
    }


def _named(facts: str) -> set[str]:
    """The plot types that a sentence about many of them lists."""
    return set(facts.rpartition(": ")[2].rstrip(".").split(", "))


def _clock(at: datetime) -> str:
    """A time by the clock of who looks, with its zone: it is read at stations that may be in another."""
    return f"{at.astimezone():%d %b %H:%M:%S %Z}"
