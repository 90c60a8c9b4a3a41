"""What the wall reads: one row a stream, whatever the number of verdicts."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ..domain.alarm import HELD_STATES, OPEN_STATES, Alarm, AlarmState
from ..domain.condition import Condition
from ..domain.episode import Episode
from ..domain.hall import Hall
from ..domain.held import OutOfService, Suppression
from ..domain.known_fault import KnownFault
from ..domain.past import Moment
from ..domain.plot import Plot
from ..domain.reference import ReferenceState, WithoutReference
from ..domain.run import RunState
from ..domain.verdict import DEFAULT_THRESHOLD, Familiarity, Status, Verdict
from ..domain.wall import MonitorHealth, News, Panel, WallSnapshot
from . import (
    alarms,
    clock,
    conditions,
    episodes,
    feed,
    halls,
    heartbeats,
    known_faults,
    out_of_service,
    plots,
    problems,
    references,
    stations,
    suppressions,
    verdicts,
)
from . import tables as t
from .naming import plot_type_id, plot_type_ids
from .upsert import upsert

_AT_ONCE = 500  # ids in one question


@dataclass(frozen=True)
class PastVerdict:
    """A plot with its live verdict.

    Only of those just judged it is known how familiar they are, and whether the verdict rests on the
    reference of an older run period (`inherited`).
    """

    plot: Plot
    verdict_id: int
    verdict: Verdict
    model_id: int | None
    familiarity: Familiarity | None = None
    inherited: bool = False
    decided_at: datetime | None = None
    known_fault_id: int | None = None  # all that it says is this


CLOCKS_AGREE = timedelta(seconds=2)
WHOLE_S = 10.0  # after so long all is read again, whatever was published


class WallReader:
    """Reads snapshots of one hall, of its plots and settings only those that are new since the last.

    A verdict never changes, an episode only as its stream gets another plot.
    """

    def __init__(self, hall_id: int) -> None:
        self._hall_id = hall_id
        self._hall = Hall("")
        self._settings_version = -1
        self._streams: dict[tuple[int, int], tuple[PastVerdict, Episode]] = {}  # by verdict and episode
        self._inherited: set[int] = set()  # verdicts
        self._known: dict[int, int] = {}  # of verdicts the known fault that is all they say
        self._last: WallSnapshot | None = None
        self._read_at_s = 0.0
        self._off = timedelta()  # by which this station's clock is ahead of the database's

    def read(self, c: sa.Connection) -> WallSnapshot:
        """All that a wall shows; panels by group, then name, ignored plot types left out.

        Where nothing was published since the last time, only signs of life are read: all else is
        what it was, the very same objects.
        """
        position = feed.position(c, self._hall_id)
        now_s = time.monotonic()
        if self._last is None or position != self._last.position or now_s - self._read_at_s > WHOLE_S:
            self._last, self._read_at_s = self._read(c, position), now_s
        else:
            known = stations.all(c, self._hall_id)
            self._last = replace(self._last, monitor=_monitor(c, self._hall_id), stations=known)
        return self._last

    def _read(self, c: sa.Connection, position: int) -> WallSnapshot:
        hall_id = self._hall_id
        self._read_hall(c)
        self._read_streams(c)
        open_conditions = conditions.open_conditions(c, hall_id)
        self._look_at_clocks(c)
        every_alarm = [alarm.later_by(self._off) for alarm in alarms.open_alarms(c, hall_id)]
        open_alarms = [alarm for alarm in every_alarm if alarm.state in OPEN_STATES]
        held = [alarm for alarm in every_alarm if alarm.state in HELD_STATES]
        suppressing = tuple(one.later_by(self._off) for one in suppressions.all_open(c, hall_id))
        resting = tuple(one.later_by(self._off) for one in out_of_service.all_open(c, hall_id))
        not_ended = known_faults.not_ended(c, hall_id)
        known = {one: fault for one, id_ in self._known.items() for fault in not_ended if fault.id == id_}
        panels, in_alarm = _panels(self._hall, self._streams.values(), open_alarms, open_conditions, known)
        panels = _with_what_is_held(self._hall, panels, held, suppressing, resting)
        return WallSnapshot(
            hall_name=self._hall.name,
            position=position,
            run=halls.run_state(c, hall_id),
            panels=tuple(panels),
            alarms=tuple(open_alarms),
            monitor=_monitor(c, hall_id),
            news=_news(c, hall_id),
            newest_data_at=max((panel.plot.taken_at for panel in panels if panel.plot is not None), default=None),
            analysed_total=verdicts.count(c, hall_id),
            last_alarm_ended_at=alarms.last_ended_at(c, hall_id),
            problems=tuple((one.last_at, f"{one.name}: {one.message}") for one in problems.newest(c, hall_id)),
            in_alarm=tuple(in_alarm),
            conditions=_of_shown(self._hall, open_conditions),
            without_reference=self._without_reference(c, panels),
            held=tuple(held),
            suppressions=suppressing,
            out_of_service=resting,
            stations=stations.all(c, hall_id),
        )

    def _look_at_clocks(self, c: sa.Connection) -> None:
        """By how much the clocks are apart, as one number while that hardly changes: ages are told by it."""
        now = clock.now(c)
        off = clock.here(c, now) - now
        if abs(off - self._off) > CLOCKS_AGREE:
            self._off = off if abs(off) > CLOCKS_AGREE else timedelta()

    def _without_reference(self, c: sa.Connection, panels: Iterable[Panel]) -> tuple[WithoutReference, ...]:
        """Plot types whose newest verdict rests on the reference of an older run period, and nobody confirmed one."""
        found = []
        for panel in panels:
            if panel.verdict_id in self._inherited and panel.plot is not None:
                found.append((panel.plot_type.name, panel.plot.name.run_period))
        if not found:
            return ()
        set_so_far = references.states(c, self._hall_id)
        return tuple(
            WithoutReference(*one, proposed=set_so_far.get(one) is ReferenceState.PROPOSED)
            for one in found
            if set_so_far.get(one) is not ReferenceState.CONFIRMED
        )

    def _read_hall(self, c: sa.Connection) -> None:
        version = halls.settings_version(c, self._hall_id)
        if version != self._settings_version:
            self._hall, self._settings_version = halls.load(c, self._hall_id), version

    def _read_streams(self, c: sa.Connection) -> None:
        rows = c.execute(_STREAMS, {"hall_id": self._hall_id}).all()
        current = [(row.verdict_id, row.episode_id) for row in rows]
        self._inherited = {row.verdict_id for row in rows if row.inherited}
        self._known = {row.verdict_id: row.known_fault_id for row in rows if row.known_fault_id is not None}
        missing = dict(stream for stream in current if stream not in self._streams)
        if missing:
            past = _past(c, c.execute(_PAST.where(t.verdicts.c.id.in_(list(missing)))).all())
            found = episodes.by_id(c, missing.values())
            for one in past:
                episode_id = missing[one.verdict_id]
                self._streams[one.verdict_id, episode_id] = (one, found[episode_id])
        self._streams = {stream: self._streams[stream] for stream in current}


def load(c: sa.Connection, hall_id: int) -> WallSnapshot:
    """All that a wall shows of a hall now."""
    return WallReader(hall_id).read(c)


def at(c: sa.Connection, hall_id: int, moment: Moment) -> WallSnapshot:
    """The wall of a hall as it was at a moment: of each stream the newest plot whose verdict was given by then.

    Plot types and labels are those of now. Not recorded, and left out: the monitor, problems, the
    total and which reference a verdict rested on; of the beam it is known what its newest plot tells.
    """
    hall = halls.load(c, hall_id)
    asked = {"hall_id": hall_id, "judged_by": moment.when, "taken_by": moment.taken_by}
    rows = [row for row in c.execute(_STREAMS_AT, asked) if row.plot_id is not None]
    past = {one.plot.id: one for one in _live(c, [row.plot_id for row in rows])}
    known = episodes.by_id(c, [row.episode_id for row in rows if row.episode_id is not None])
    streams = [(past[row.plot_id], _episode_at(known.get(row.episode_id), past[row.plot_id])) for row in rows]
    every_alarm = alarms.open_at(c, hall_id, moment.when)
    open_alarms = [alarm for alarm in every_alarm if alarm.state in OPEN_STATES]
    open_conditions = conditions.open_at(c, hall_id, moment.when)
    marks = {one.verdict_id: one.known_fault_id for one, _ in streams}
    by_id = {fault.id: fault.as_of(moment.when) for fault in known_faults.every(c, hall_id)}
    known_by = {one: by_id[fault] for one, fault in marks.items() if fault is not None}
    panels, in_alarm = _panels(hall, streams, open_alarms, open_conditions, known_by)
    newest = max((one.plot for one, _ in streams), key=lambda plot: plot.place, default=None)
    return WallSnapshot(
        hall_name=hall.name,
        run=RunState()
        if newest is None
        else RunState(newest.name.run_number, newest.name.run_period, newest.beam_on, updated_at=newest.taken_at),
        panels=tuple(panels),
        alarms=tuple(open_alarms),
        monitor=MonitorHealth(recorded=False),
        news=_news(c, hall_id, moment.when),
        newest_data_at=newest.taken_at if newest is not None else None,
        last_alarm_ended_at=alarms.last_ended_at(c, hall_id, moment.when),
        in_alarm=tuple(in_alarm),
        conditions=_of_shown(hall, open_conditions),
        as_of=moment.when,
    )


def _panels(
    hall: Hall,
    streams: Iterable[tuple[PastVerdict, Episode | None]],
    open_alarms: Sequence[Alarm],
    open_conditions: Iterable[Condition],
    known: Mapping[int, KnownFault],
) -> tuple[list[Panel], list[Panel]]:
    """A panel for each plot type that isn't ignored, and one for each alarm; `known` is by verdict."""
    condition = {one.plot_type: one for one in open_conditions}
    by_stream: dict[tuple[str, str], Panel] = {}
    newest: dict[str, tuple[PastVerdict, Panel]] = {}
    for past, episode in streams:
        name = past.plot.name
        plot_type = hall.plot_types[name.plot_type]
        fault = known.get(past.verdict_id)
        panel = Panel(
            plot_type,
            past.plot,
            past.verdict,
            past.verdict_id,
            episode,
            condition=condition.get(plot_type.name),
            known=fault if fault is not None and fault.is_known_in(name, past.plot.taken_at) else None,
        )
        by_stream[name.plot_type, name.pad] = panel
        if name.plot_type not in newest or _rank(past, panel) > _rank(*newest[name.plot_type]):
            newest[name.plot_type] = (past, panel)
    worst: dict[str, Alarm] = {}
    for alarm in open_alarms:
        if alarm.plot_type not in worst or _need(alarm) > _need(worst[alarm.plot_type]):
            worst[alarm.plot_type] = alarm
    in_alarm = {
        alarm.id: replace(
            by_stream.get((alarm.plot_type, alarm.pad))
            or Panel(hall.plot_types[alarm.plot_type], condition=condition.get(alarm.plot_type)),
            alarm=alarm,
        )
        for alarm in open_alarms
        if alarm.plot_type  # the others are of the hall
    }
    panels = []
    for plot_type in hall.plot_types.values():
        if plot_type.ignored:
            continue
        if plot_type.name in worst:
            panels.append(in_alarm[worst[plot_type.name].id])
        else:
            panels.append(
                newest[plot_type.name][1]
                if plot_type.name in newest
                else Panel(plot_type, condition=condition.get(plot_type.name))
            )
    return panels, list(in_alarm.values())


def _with_what_is_held(
    hall: Hall,
    panels: Iterable[Panel],
    held: Sequence[Alarm],
    suppressing: Sequence[Suppression],
    resting: Sequence[OutOfService],
) -> list[Panel]:
    """The panels, each with what keeps it from alarming."""
    rules = {rule.name: rule for rule in hall.alarms.rules}
    by_rule = [(rules[one.rule], one) for one in suppressing if one.rule in rules]
    shelved = {alarm.plot_type: alarm for alarm in held if alarm.state is AlarmState.SHELVED}
    at_work = {one.plot_type for one in resting}
    told = []
    for panel in panels:
        name, group = panel.plot_type.name, panel.plot_type.group
        rule = next((one for rule, one in by_rule if rule.is_for(name, group)), None)
        why = ""
        if name in at_work:
            why = str(AlarmState.OUT_OF_SERVICE)
        elif name in shelved:
            why = str(AlarmState.SHELVED)
        elif rule is not None:
            why = f"{AlarmState.SUPPRESSED}: {rule.rule}"
        told.append(replace(panel, held=why) if why else panel)
    return told


def _of_shown(hall: Hall, some: Iterable[Condition]) -> tuple[Condition, ...]:
    return tuple(one for one in some if not hall.plot_types[one.plot_type].ignored)


def _episode_at(episode: Episode | None, past: PastVerdict) -> Episode | None:
    """The part of an episode up to a plot, whose number of plots stays that of the whole; None when it isn't in it."""
    plot = past.plot
    if episode is None or not episode.goes_on_with(past.verdict) or episode.last_at < plot.taken_at:
        return None
    return replace(episode, last_at=plot.taken_at, last_plot_id=plot.id)


@dataclass(frozen=True)
class Shown:
    """What stands on a stream's panel."""

    plot: Plot
    verdict_id: int
    episode_id: int
    inherited: bool = False


def update_panels(c: sa.Connection, hall_id: int, shown: Sequence[Shown]) -> None:
    """Put other plots on the panels of their streams, one a stream."""
    type_ids = plot_type_ids(c, hall_id, (one.plot.name.plot_type for one in shown))
    upsert(
        c,
        t.panels,
        [
            {
                "hall_id": hall_id,
                "plot_type_id": type_ids[one.plot.name.plot_type],
                "pad": one.plot.name.pad,
                "plot_id": one.plot.id,
                "verdict_id": one.verdict_id,
                "episode_id": one.episode_id,
                "inherited": one.inherited,
            }
            for one in shown
        ],
        on=["hall_id", "plot_type_id", "pad"],
    )


def history(
    c: sa.Connection,
    hall_id: int,
    plot_type: str,
    limit: int = 200,
    *,
    pad: str | None = None,
    before: Plot | None = None,
) -> list[PastVerdict]:
    """The last live verdicts of a plot type, or of one pad of it, newest first; of plots older than `before`."""
    chosen = _of_stream(c, hall_id, plot_type, pad)
    if before is not None:
        chosen = chosen.where(_of_plots < _place(before))
    return _past(c, c.execute(chosen.order_by(*_NEWEST_FIRST).limit(limit)).all())


def following(
    c: sa.Connection, hall_id: int, plot_type: str, pad: str, after: Plot, limit: int = 200
) -> list[PastVerdict]:
    """The first live verdicts of a stream of plots newer than `after`, oldest first."""
    chosen = _of_stream(c, hall_id, plot_type, pad).where(_of_plots > _place(after))
    return _past(c, c.execute(chosen.order_by(t.plots.c.taken_at, t.plots.c.id).limit(limit)).all())


def past(c: sa.Connection, plot_id: int) -> PastVerdict | None:
    """The live verdict of a plot, None when it has none."""
    found = _past(c, c.execute(_PAST.where(t.plots.c.id == plot_id, t.verdicts.c.live)).all())
    return found[0] if found else None


def first_of_run(c: sa.Connection, hall_id: int, plot: Plot) -> PastVerdict | None:
    """The first live plot of the same stream and run that is still its chunk's, None when there is none."""
    name = plot.name
    chosen = _of_stream(c, hall_id, name.plot_type, name.pad).where(
        t.plots.c.run_number == name.run_number, t.plots.c.run_period == name.run_period
    )
    order = (t.plots.c.chunk, t.plots.c.taken_at.desc(), t.plots.c.id.desc())  # of a chunk the newest
    found = _past(c, c.execute(chosen.order_by(*order).limit(1)).all())
    return found[0] if found else None


def _of_stream(c: sa.Connection, hall_id: int, plot_type: str, pad: str | None) -> sa.Select[Any]:
    chosen = _PAST.where(t.plots.c.plot_type_id == plot_type_id(c, hall_id, plot_type), t.verdicts.c.live)
    return chosen if pad is None else chosen.where(t.plots.c.pad == pad)


_of_plots = sa.tuple_(t.plots.c.taken_at, t.plots.c.id)
_NEWEST_FIRST = (t.plots.c.taken_at.desc(), t.plots.c.id.desc())


def _place(plot: Plot) -> sa.ColumnElement[Any]:
    return sa.tuple_(sa.literal(plot.taken_at, t.UtcDateTime()), sa.literal(plot.id))


def last_chunks(c: sa.Connection, hall_id: int, plot_type: str, pad: str, limit: int) -> list[PastVerdict]:
    """The last live verdicts of a stream, newest first; of a chunk that was written again only the newest."""
    chosen = _PAST.where(
        t.plots.c.plot_type_id == plot_type_id(c, hall_id, plot_type),
        t.plots.c.pad == pad,
        t.verdicts.c.live,
        sa.not_(_WRITTEN_AGAIN),
    )
    return _past(c, c.execute(chosen.order_by(t.plots.c.taken_at.desc(), t.plots.c.id.desc()).limit(limit)).all())


_LATER = t.plots.alias("later")
_WRITTEN_AGAIN = sa.exists().where(
    _LATER.c.plot_type_id == t.plots.c.plot_type_id,
    _LATER.c.run_number == t.plots.c.run_number,
    _LATER.c.chunk == t.plots.c.chunk,
    _LATER.c.pad == t.plots.c.pad,
    _LATER.c.run_period == t.plots.c.run_period,
    _LATER.c.live,
    sa.tuple_(_LATER.c.taken_at, _LATER.c.id) > sa.tuple_(t.plots.c.taken_at, t.plots.c.id),
)


def streams(c: sa.Connection, hall_id: int) -> list[tuple[str, str]]:
    """Plot type and pad of every stream."""
    p = t.panels.c
    joined = sa.select(t.plot_types.c.name, p.pad).join(t.plot_types, t.plot_types.c.id == p.plot_type_id)
    return [(name, pad) for name, pad in c.execute(joined.where(p.hall_id == hall_id))]


def last_goods(c: sa.Connection, hall_id: int, plot_type: str, pad: str, limit: int) -> list[PastVerdict]:
    """The newest plots of a stream with a Confirmed verdict of role good, newest first."""
    chosen = _of_stream(c, hall_id, plot_type, pad).where(
        t.verdicts.c.status == str(Status.CONFIRMED), t.labels.c.role == "good"
    )
    return _past(c, c.execute(chosen.order_by(*_NEWEST_FIRST).limit(limit)).all())


def last_good(
    c: sa.Connection, hall_id: int, plot_type: str, *, pad: str | None = None, before: Plot | None = None
) -> PastVerdict | None:
    """The newest plot of a type, or of one pad of it, with a Confirmed verdict of role good, None when there is none.

    With `before` that of plots older than it.
    """
    chosen = _of_stream(c, hall_id, plot_type, pad).where(
        t.verdicts.c.status == str(Status.CONFIRMED), t.labels.c.role == "good"
    )
    if before is not None:
        chosen = chosen.where(_of_plots < _place(before))
    found = c.execute(chosen.order_by(*_NEWEST_FIRST).limit(1)).all()
    return _past(c, found)[0] if found else None


_PAST = (
    sa.select(
        *plots.COLUMNS,
        t.verdicts.c.id.label("verdict_id"),
        t.verdicts.c.model_id,
        sa.func.coalesce(t.labels.c.name, "").label("label"),
        t.verdicts.c.confidence,
        t.verdicts.c.status,
        t.verdicts.c.fault_score,
        t.verdicts.c.decided_at,
        t.known_verdicts.c.known_fault_id,
    )
    .select_from(plots.JOINED)
    .join(t.verdicts, t.verdicts.c.plot_id == t.plots.c.id)
    .outerjoin(t.labels, t.labels.c.id == t.verdicts.c.label_id)
    .outerjoin(t.known_verdicts, t.known_verdicts.c.verdict_id == t.verdicts.c.id)
)


def _streams_at() -> sa.Select[Any]:
    """Of each stream the newest live plot that was judged by a time, and the last episode that had begun with it."""
    p, e = t.plots.c, t.episodes.c

    def newest(column: sa.Column[Any]) -> sa.ScalarSelect[Any]:
        # asked for each stream in turn: a planner that joins may read all plots there are
        return (
            sa.select(column)
            .select_from(t.plots.join(t.verdicts, t.verdicts.c.plot_id == p.id))
            .where(
                p.plot_type_id == t.panels.c.plot_type_id,
                p.pad == t.panels.c.pad,
                p.live,
                p.taken_at <= sa.bindparam("taken_by", type_=t.UtcDateTime),
                t.verdicts.c.live,
                t.verdicts.c.decided_at <= sa.bindparam("judged_by", type_=t.UtcDateTime),
            )
            .order_by(p.taken_at.desc(), p.id.desc())
            .limit(1)
            .correlate(t.panels)
            .scalar_subquery()
        )

    episode = (
        sa.select(e.id)
        .where(e.plot_type_id == t.panels.c.plot_type_id, e.pad == t.panels.c.pad, e.started_at <= newest(p.taken_at))
        .order_by(e.started_at.desc(), e.id.desc())
        .limit(1)
        .correlate(t.panels)
        .scalar_subquery()
    )
    return sa.select(newest(p.id).label("plot_id"), episode.label("episode_id")).where(
        t.panels.c.hall_id == sa.bindparam("hall_id")
    )


_STREAMS_AT = _streams_at()
_STREAMS = (
    sa.select(t.panels.c.verdict_id, t.panels.c.episode_id, t.panels.c.inherited, t.known_verdicts.c.known_fault_id)
    .outerjoin(t.known_verdicts, t.known_verdicts.c.verdict_id == t.panels.c.verdict_id)
    .where(t.panels.c.hall_id == sa.bindparam("hall_id"))
)


def _live(c: sa.Connection, plot_ids: Sequence[int]) -> list[PastVerdict]:
    """Plots with their live verdicts."""
    found: list[Any] = []
    for start in range(0, len(plot_ids), _AT_ONCE):
        some = t.plots.c.id.in_(plot_ids[start : start + _AT_ONCE])
        found += c.execute(_PAST.where(some, t.verdicts.c.live))
    return _past(c, found)


def _past(c: sa.Connection, rows: Iterable[Any]) -> list[PastVerdict]:
    found = list(rows)
    chances: dict[int, dict[str, float]] = defaultdict(dict)
    if found:
        p = t.probabilities.c
        for verdict_id, label, probability in c.execute(
            sa.select(p.verdict_id, t.labels.c.name, p.probability)
            .join(t.labels, t.labels.c.id == p.label_id)
            .where(p.verdict_id.in_([row.verdict_id for row in found]))
            .order_by(t.labels.c.position)
        ):
            chances[verdict_id][label] = probability
    return [
        PastVerdict(
            plots.from_row(row),
            row.verdict_id,
            Verdict(row.label, row.confidence, Status(row.status), row.fault_score, chances[row.verdict_id]),
            row.model_id,
            decided_at=row.decided_at,
            known_fault_id=row.known_fault_id,
        )
        for row in found
    ]


def _rank(past: PastVerdict, panel: Panel) -> tuple[Any, ...]:
    # of several pads of one chunk the most doubtful is shown; what is known lies between faults and Good ones
    name, doubt = past.plot.name, past.verdict.fault_score
    return (
        name.run_number,
        name.chunk or 0,
        doubt if panel.known is None else min(doubt, DEFAULT_THRESHOLD),
        past.plot.taken_at,
    )


def _need(alarm: Alarm) -> tuple[bool, bool, int]:
    # of several alarms of a plot type its panel shows the one that most needs a person
    return alarm.state is not AlarmState.ACKNOWLEDGED, alarm.state is AlarmState.UNACKNOWLEDGED, alarm.severity


def _monitor(c: sa.Connection, hall_id: int) -> MonitorHealth:
    beat = heartbeats.newest(c, hall_id, "monitor")
    if beat is None:
        return MonitorHealth()
    return MonitorHealth(clock.here(c, beat.at), beat.queue_length, beat.station, beat.message)


def _news(c: sa.Connection, hall_id: int, by: datetime | None = None) -> News:
    n = t.news.c
    written = sa.select(n.text, n.user, n.at).where(n.hall_id == hall_id)
    if by is not None:
        written = written.where(n.at <= by)
    row = c.execute(written.order_by(n.id.desc()).limit(1)).one_or_none()
    return News(*row) if row is not None else News()
