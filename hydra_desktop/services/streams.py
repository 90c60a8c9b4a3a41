"""The second half of a plot's way: what live verdicts add up to, stream by stream.

A stream is one plot type and pad. Its newest plot stands on the wall, its verdicts make
episodes, and Confirmed faults in enough of its last chunks make an alarm.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from ..database import (
    alarms,
    clock,
    episodes,
    feed,
    label_queue,
    model_store,
    out_of_service,
    plots,
    suppressions,
    verdicts,
    wall,
)
from ..database.wall import PastVerdict
from ..domain.alarm import (
    HELD_STATES,
    OF_PLOTS,
    Alarm,
    AlarmKind,
    AlarmWindow,
    Behind,
    Finding,
    Life,
    labels_told,
)
from ..domain.episode import Episode
from ..domain.hall import Hall, PlotType
from ..domain.held import Suppression
from ..domain.label import Severity
from ..domain.plot import Plot
from ..domain.verdict import (
    DEFAULT_THRESHOLD,
    Status,
    Verdict,
    alarm_severity,
    unfamiliar_severity,
    worth_keeping,
)
from .drift import Drift
from .known_faults import KnownFaults

MONITOR = "monitor"
DELAYED = 50  # chunks that are looked at again after a restart where a rule has delays
LATE = 3  # times in a row that a plot is the newest and yet too old to alarm, until that is told
SPANS = timedelta(hours=2)  # for so long it matters for plots that come late what was suppressed


@dataclass
class _Stream:
    window: AlarmWindow
    newest: Plot | None = None
    model_id: int | None = None
    episode: Episode | None = None
    alarm: Alarm | None = None
    alarm_run: tuple[str, int] | None = None  # with which the alarm began, where it is once per run
    late: tuple[str, Status, int] = field(default=("", Status.NO_MODEL, 0))


@dataclass
class _Ages:
    """How old the newest plots of a stream were as they came, in this life of the monitor."""

    plots: int = 0
    too_old: int = 0  # in a row
    taken_at: datetime | None = None  # the last of them
    came_at: datetime | None = None

    def see(self, plot: Plot, now: datetime, *, is_old: bool) -> None:
        """Count a plot that comes now, once: a transaction that failed is done again."""
        if plot.taken_at != self.taken_at:
            self.plots += 1
            self.too_old = self.too_old + 1 if is_old else 0
        self.taken_at, self.came_at = plot.taken_at, now


class Streams:
    """Keeps panels, episodes and alarms true to the verdicts as they are stored.

    It mirrors what is in the database: after a transaction that failed, load it anew.
    """

    def __init__(self, hall_id: int, hall: Hall, station: str) -> None:
        self.hall = hall
        self._hall_id = hall_id
        self._station = station
        self._streams: dict[tuple[str, str], _Stream] = {}
        self._ages: dict[tuple[str, str], _Ages] = {}
        self._drift = Drift(hall_id)
        self._known = KnownFaults(hall_id)
        self._at = datetime.now(UTC)
        self._spans: tuple[Suppression, ...] = ()
        self._spans_since = self._at
        self._out_of_service: frozenset[str] = frozenset()
        self._rested: frozenset[str] = frozenset()  # those out of service when plots came last
        self._thresholds: dict[int, dict[str, float]] = {}  # by model, as of this transaction

    @property
    def newest(self) -> Plot | None:
        """The newest plot of all streams, None before the first."""
        known = [stream.newest for stream in self._streams.values() if stream.newest is not None]
        return max(known, key=lambda plot: plot.place, default=None)

    def late(self, now: datetime) -> str | None:
        """In words which plot types come so late that no fault of theirs alarms, "" where none does.

        In a backlog the newest come first: where even these are too old, clocks differ or plots are held up. None
        while too few came to know. One that doesn't come any more isn't late; `now` is as in `follow`.
        """
        ages = list(self._ages.items())  # the writer adds to them
        if all(one.plots < LATE for _, one in ages):
            return None
        names = sorted({name for (name, _), one in ages if one.too_old >= LATE and self._comes(name, one, now)})
        if not names:
            return ""
        limit = min(self._plot_type(name).age_limit_s for name in names)
        more = len(names) - 1
        who = f"{names[0]} and {more} more plot type{'s' if more > 1 else ''} come" if more else f"{names[0]} comes"
        return (
            f"{who} more than {limit / 60:.0f} min after the time of the files, so that no fault of theirs alarms. "
            "Compare the clocks of the computer that makes the plots, of the file server and of this station; if they "
            "agree, look for what holds the plots up."
        )

    def _comes(self, name: str, ages: _Ages, now: datetime) -> bool:
        """Whether a plot type is to alarm and still comes."""
        plot_type = self._plot_type(name)
        is_stale = ages.came_at is None or (now - ages.came_at).total_seconds() > plot_type.stale_after_s
        return not plot_type.ignored and not is_stale

    def load(self, connection: Connection) -> None:
        """Rebuild everything from the database, but for how old plots were as they came, which isn't there."""
        self._streams = {}
        self._known.load(connection)
        self._look_what_is_held(connection, clock.now(connection))
        self._drift.load(connection, self.hall)
        newest_episodes = episodes.newest(connection, self._hall_id)
        for (name, pad), episode in newest_episodes.items():
            stream = self._stream(name, pad)
            stream.episode = episode
            self._load_window(connection, name, pad, stream)
        self._load_alarms(connection)

    def refresh_alarms(self, connection: Connection) -> None:
        """Take over what people did to the alarms on any station."""
        for stream in self._streams.values():
            stream.alarm = None
        self._load_alarms(connection)

    def look_at_known(
        self, connection: Connection, plot_types: Collection[str], now: datetime, *, at: datetime
    ) -> None:
        """What is known of plot types is other than before: look at their last chunks again."""
        self._known.load(connection)
        self._at = at
        alarms.hold(connection, self._hall_id)
        self._look_what_is_held(connection, at)
        for (name, pad), stream in self._streams.items():
            if name in plot_types and stream.newest is not None:
                stream.window.restart()
                self._load_window(connection, name, pad, stream)
                self._follow_window(connection, stream, self._plot_type(name), now, "")

    def follow(
        self, connection: Connection, batch: Sequence[PastVerdict], now: datetime, *, at: datetime | None = None
    ) -> set[int]:
        """Take stored verdicts into account, the oldest plot first; ids of the plots kept for training.

        `now` is by the clock by which plots are dated, and tells how old they are; `at` by the database's, and is
        what the log of the alarms says (`now` where it isn't named).

        A plot older than the newest of its stream belongs to a backlog: it moves neither panel
        nor episode, and counts for alarms only in its place among the last chunks of this run.
        """
        touched: dict[int, Episode] = {}  # by id; one not stored yet has a number below zero
        moved: dict[int, tuple[_Stream, PastVerdict]] = {}  # by the stream, what it shows now
        kept: set[int] = set()
        self._at = at or now
        alarms.hold(connection, self._hall_id)
        self._look_what_is_held(connection, self._at)
        self._look_at_those_back(connection)
        for one in sorted(batch, key=lambda one: one.plot.place):
            plot, verdict = one.plot, one.verdict
            plot_type = self._plot_type(plot.name.plot_type)
            stream = self._stream(plot.name.plot_type, plot.name.pad)
            mark = self._drift.follow(connection, plot, plot_type, verdict, one.familiarity, one.model_id)
            finding = self._finding(connection, one, plot_type)
            if stream.newest is not None and stream.newest.taken_at > now:  # the clock was set back
                stream.newest = None
                stream.window.restart()
            if stream.newest is not None and plot.place < stream.newest.place:
                length = self._late_length(stream, verdict)
                if _same_run(plot, stream.newest) and one.model_id == stream.model_id:
                    self._look_for_alarm(connection, stream, plot_type, finding, now, mark)
            else:
                self._restart_window_on_change(stream, plot, one.model_id)
                self._end_with_its_run(connection, stream, plot_type, plot)
                stream.newest, stream.model_id = plot, one.model_id
                stream.episode = _extended(stream.episode, plot, verdict, new_id=-1 - len(touched))
                touched[stream.episode.id] = stream.episode
                moved[id(stream)] = stream, one
                length = stream.episode.plots
                self._look_for_alarm(connection, stream, plot_type, finding, now, mark)
            if self._is_kept(connection, plot, plot_type, verdict, length):
                kept.add(plot.id)
        for _, one in moved.values():
            key = (one.plot.name.plot_type, one.plot.name.pad)
            self._ages.setdefault(key, _Ages()).see(one.plot, now, is_old=self._is_old(one.plot, now))
        self._store_episodes(connection, touched, [stream for stream, _ in moved.values()])
        wall.update_panels(
            connection,
            self._hall_id,
            [
                wall.Shown(one.plot, one.verdict_id, stream.episode.id, one.inherited)
                for stream, one in moved.values()
                if stream.episode is not None
            ],
        )
        if kept:
            plots.keep(connection, kept)
            label_queue.refresh(connection, kept)
        return kept

    def _look_at_those_back(self, connection: Connection) -> None:
        """What began while a plot type was out of service stands all the same: it is told, however old, in its run."""
        back, self._rested = self._rested - self._out_of_service, self._out_of_service
        last = self.newest
        for (name, _), stream in self._streams.items():
            newest = stream.newest
            if name in back and newest is not None and last is not None and _same_run(newest, last):
                self._follow_window(connection, stream, self._plot_type(name), newest.taken_at, "")

    def _store_episodes(
        self, connection: Connection, touched: Mapping[int, Episode], streams: Sequence[_Stream]
    ) -> None:
        """Store the episodes and give the new ones their ids."""
        episodes.extend(connection, [episode for id_, episode in touched.items() if id_ > 0])
        new = {id_: episode for id_, episode in touched.items() if id_ < 0}
        stored = dict(zip(new, episodes.start(connection, self._hall_id, list(new.values())), strict=True))
        for stream in streams:
            if stream.episode is not None:
                stream.episode = stored.get(stream.episode.id, stream.episode)

    @staticmethod
    def _is_kept(connection: Connection, plot: Plot, plot_type: PlotType, verdict: Verdict, length: int) -> bool:
        draw = int(plot.content_hash[:8], 16) / 2**32  # chance that is the same for the same picture
        drawn = draw * 100.0 < plot_type.collect_percent
        first_of_chunk = drawn and plots.is_first_of_chunk(connection, plot)
        return worth_keeping(verdict, plot_type, first_of_chunk=first_of_chunk, draw=draw, episode_plots=length)

    def _plot_type(self, name: str) -> PlotType:
        return self.hall.plot_types.get(name) or PlotType(name)

    def _stream(self, plot_type: str, pad: str) -> _Stream:
        key = (plot_type, pad)
        if key not in self._streams:
            self._streams[key] = _Stream(AlarmWindow(self._plot_type(plot_type).rule))
        return self._streams[key]

    def _load_window(self, connection: Connection, name: str, pad: str, stream: _Stream) -> None:
        plot_type = self._plot_type(name)
        rule = stream.window.rule
        wanted = max(rule.n, DELAYED) if rule.is_delayed else rule.n
        chunks = wall.last_chunks(connection, self._hall_id, name, pad, wanted)
        strange = [one.verdict_id for one in chunks if one.verdict.status is Status.UNFAMILIAR]
        familiarities = verdicts.familiarities(connection, strange) if strange else {}
        spans = self._spans
        if chunks and chunks[-1].plot.taken_at < self._spans_since:
            ends = (chunks[-1].plot.taken_at, chunks[0].plot.taken_at)
            spans = suppressions.between(connection, self._hall_id, *ends)
        for past in reversed([replace(one, familiarity=familiarities.get(one.verdict_id)) for one in chunks]):
            self._restart_window_on_change(stream, past.plot, past.model_id)
            stream.newest, stream.model_id = past.plot, past.model_id
            if self._suppressing(past.plot, plot_type, spans):
                stream.window.start_after(past.plot)
            else:
                stream.window.see(self._finding(connection, past, plot_type))

    def _load_alarms(self, connection: Connection) -> None:
        for alarm in alarms.open_alarms(connection, self._hall_id):
            if alarm.kind in OF_PLOTS:
                stream = self._stream(alarm.plot_type, alarm.pad)
                stream.alarm = alarm
                if alarm.plot_id is not None:
                    stream.alarm_run = _run(plots.get(connection, alarm.plot_id))

    def _look_what_is_held(self, connection: Connection, now: datetime) -> None:
        self._spans_since = now - SPANS
        self._spans = suppressions.since(connection, self._hall_id, self._spans_since)
        self._out_of_service = out_of_service.names(connection, self._hall_id)
        self._thresholds = {}

    def _suppressing(self, plot: Plot, plot_type: PlotType, spans: Sequence[Suppression]) -> list[int]:
        """Those of the suppressions under which this plot means nothing."""
        found = []
        for span in spans:
            rules = self.hall.alarms.rules_for([span.rule])  # none: it was taken from the settings, and ends
            if span.covers(plot.taken_at) and any(rule.is_for(plot_type.name, plot_type.group) for rule in rules):
                found.append(span.id)
        return found

    def _finding(self, connection: Connection, one: PastVerdict, plot_type: PlotType) -> Finding:
        """What a verdict says to the alarms."""
        severity, told = alarm_severity(one.verdict, plot_type), ""
        if one.verdict.status is Status.UNFAMILIAR and one.familiarity is not None:
            if self._drift.is_said(one.plot, plot_type, one.verdict, one.familiarity):
                told = "it deviates as all plots of its type do"
            severity = unfamiliar_severity(one.verdict, one.familiarity, plot_type, says_change=bool(told))
        if self._known.is_known(one):
            severity, told = Severity.NONE, f"{one.verdict.label} is known"
        threshold = None
        if severity > Severity.NONE and one.model_id is not None and one.verdict.status is Status.CONFIRMED:
            if one.model_id not in self._thresholds:
                self._thresholds[one.model_id] = model_store.thresholds_of(connection, one.model_id)
            threshold = self._thresholds[one.model_id].get(one.verdict.label, DEFAULT_THRESHOLD)
        return Finding(one.plot, one.verdict_id, one.verdict, severity, one.model_id, threshold, told)

    def _end_with_its_run(self, connection: Connection, stream: _Stream, plot_type: PlotType, plot: Plot) -> None:
        """What annunciates once per run is over with its run."""
        if not plot_type.rule.once_per_run or stream.alarm_run in (None, _run(plot)):
            return
        why = f"run {plot.name.run_number} began"
        while (alarm := stream.alarm) is not None and alarm.life.with_condition(False) != alarm.life:
            if self._move_alarm(connection, stream, alarm, alarm.life.with_condition(False), None, why):
                break
        stream.alarm_run = None

    @staticmethod
    def _restart_window_on_change(stream: _Stream, plot: Plot, model_id: int | None) -> None:
        newest = stream.newest
        if newest is not None and (model_id != stream.model_id or not _same_run(plot, newest)):
            stream.window.restart(goes_on=model_id == stream.model_id)

    @staticmethod
    def _late_length(stream: _Stream, verdict: Verdict) -> int:
        label, status, length = stream.late
        length = length + 1 if (label, status) == (verdict.label, verdict.status) else 1
        stream.late = (verdict.label, verdict.status, length)
        return length

    def _look_for_alarm(
        self, connection: Connection, stream: _Stream, plot_type: PlotType, finding: Finding, now: datetime, mark: str
    ) -> None:
        if stream.window.rule != plot_type.rule:
            stream.window = AlarmWindow(plot_type.rule)
        window = stream.window
        suppressing = self._suppressing(finding.plot, plot_type, self._spans)
        if suppressing:
            window.start_after(finding.plot)
            if finding.severity > Severity.NONE:
                suppressions.count(connection, suppressing)
            return
        window.see(finding)
        self._follow_window(connection, stream, plot_type, now, mark)

    def _follow_window(
        self, connection: Connection, stream: _Stream, plot_type: PlotType, now: datetime, mark: str
    ) -> None:
        """Raise, move or end a stream's alarm by what was found in its last chunks.

        When somebody took it in this very moment, that is done to what came of it.
        """
        while not self._is_followed(connection, stream, plot_type, now, mark):
            pass

    def _is_followed(
        self, connection: Connection, stream: _Stream, plot_type: PlotType, now: datetime, mark: str
    ) -> bool:
        """As `_follow_window`; False when somebody moved the alarm meanwhile, of which is known now."""
        window = stream.window
        fault, alarm = window.newest_fault, stream.alarm
        if fault is not None and window.raises():
            status = fault.verdict.status
            why = f"{status} in {window.faulty} of {window.seen} chunks{mark}"
            if alarm is None:
                self._raise_alarm(connection, stream, plot_type, fault, why, now)
                return True
            label = self._heard_as(connection, window, alarm, fault)
            after = alarm.life.with_condition(True, fault.severity, label)
            if after != alarm.life and not (after.annunciates_after(alarm.life) and self._is_old(fault.plot, now)):
                return self._move_alarm(connection, stream, alarm, after, fault, why)
        elif alarm is not None and window.newest is not None and window.clears() and not window.rule.once_per_run:
            after = alarm.life.with_condition(False)
            if after != alarm.life:
                why = window.newest.told or f"{window.newest.verdict.label} again"
                if window.newest.verdict.status is Status.NO_MODEL:
                    why = "no model judges it any more"
                return self._move_alarm(connection, stream, alarm, after, window.newest, why)
        return True

    @staticmethod
    def _heard_as(connection: Connection, window: AlarmWindow, alarm: Alarm, fault: Finding) -> str:
        """The fault as which an alarm is heard, "" where it goes on as what it is.

        Of an alarm that stands, another one is heard that meets the rule by itself, once: two that alternate are one.
        One that is less severe is as long as the other meets the rule no more.
        """
        if not alarm.life.active or fault.severity > alarm.life.severity:
            return fault.name
        if fault.name == alarm.label or fault.verdict.status is not Status.CONFIRMED or window.rule.once_per_run:
            return ""
        if not window.raises(fault.name) or (fault.severity < alarm.life.severity and window.raises(alarm.label)):
            return ""
        is_held = alarm.state in HELD_STATES  # then nothing is heard, and it comes back as what it is
        return fault.name if is_held or fault.name not in labels_told(alarms.log(connection, alarm.id)) else ""

    def _is_old(self, plot: Plot, now: datetime) -> bool:
        """Whether a plot belongs to a backlog that is judged without a sound."""
        return (now - plot.taken_at).total_seconds() > self._plot_type(plot.name.plot_type).age_limit_s

    def _raise_alarm(
        self, connection: Connection, stream: _Stream, plot_type: PlotType, fault: Finding, why: str, now: datetime
    ) -> None:
        if self._is_old(fault.plot, now) or plot_type.name in self._out_of_service:
            return
        stream.alarm = alarms.raise_alarm(
            connection,
            self._hall_id,
            kind=_kind(fault),
            plot_type=plot_type.name,
            pad=fault.plot.name.pad,
            label=fault.name,
            severity=fault.severity,
            latches=plot_type.rule.latches,
            plot_id=fault.plot.id,
            verdict_id=fault.verdict_id,
            model_id=fault.model_id,
            confidence=fault.verdict.confidence,
            threshold=fault.threshold,
            at=self._at,
            station=self._station,
            why=why,
        )
        stream.alarm_run = _run(fault.plot)
        feed.publish(connection, self._hall_id, "alarm", stream.alarm.id)

    def _move_alarm(
        self,
        connection: Connection,
        stream: _Stream,
        alarm: Alarm,
        after: Life,
        finding: Finding | None,
        why: str,
    ) -> bool:
        """Move an alarm to a life; False when somebody moved it meanwhile, and the stream's is now as that left it."""
        facts: dict[str, Any] = {}
        behind = None
        if finding is not None:
            behind = Behind(
                finding.plot.id, finding.verdict_id, finding.model_id, finding.verdict.confidence, finding.threshold
            )
            if after.active and after.label == finding.name:
                facts = {"kind": str(_kind(finding))}
            if after.annunciates_after(alarm.life):
                stream.alarm_run = _run(finding.plot)
        changed = alarms.move(
            connection, alarm, after, at=self._at, who=MONITOR, station=self._station, why=why, behind=behind, **facts
        )
        found = changed or alarms.get(connection, alarm.id)
        stream.alarm = found if not found.is_over else None
        if changed is not None:
            feed.publish(connection, self._hall_id, "alarm", alarm.id)
        return changed is not None


def _kind(fault: Finding) -> AlarmKind:
    return AlarmKind.UNFAMILIAR if fault.verdict.status is Status.UNFAMILIAR else AlarmKind.FAULT


def _run(plot: Plot) -> tuple[str, int]:
    return plot.name.run_period, plot.name.run_number


def _same_run(one: Plot, other: Plot) -> bool:
    return _run(one) == _run(other)


def _extended(before: Episode | None, plot: Plot, verdict: Verdict, *, new_id: int) -> Episode:
    """The episode with one more plot, or where the verdict is another, a new one of that id."""
    if before is not None and before.goes_on_with(verdict):
        return before.with_plot(plot)
    return Episode.begun(new_id, plot, verdict)
