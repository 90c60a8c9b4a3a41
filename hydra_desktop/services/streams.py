"""The second half of a plot's way: what live verdicts add up to, stream by stream.

A stream is one plot type and pad. Its newest plot stands on the wall, its verdicts make
episodes, and Confirmed faults in enough of its last chunks make an alarm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..database import alarms, episodes, feed, label_queue, plots, wall
from ..database.wall import PastVerdict
from ..domain.alarm import Alarm, AlarmState, AlarmWindow, Finding, after_condition
from ..domain.episode import Episode
from ..domain.hall import Hall, PlotType
from ..domain.plot import Plot
from ..domain.verdict import Status, Verdict, alarm_severity, worth_keeping
from .drift import Drift

MONITOR = "monitor"


@dataclass
class _Stream:
    window: AlarmWindow
    newest: Plot | None = None
    model_id: int | None = None
    episode: Episode | None = None
    alarm: Alarm | None = None
    late: tuple[str, Status, int] = field(default=("", Status.NO_MODEL, 0))


class Streams:
    """Keeps panels, episodes and alarms true to the verdicts as they are stored.

    It mirrors what is in the database: after a transaction that failed, load it anew.
    """

    def __init__(self, hall_id: int, hall: Hall, station: str) -> None:
        self.hall = hall
        self._hall_id = hall_id
        self._station = station
        self._streams: dict[tuple[str, str], _Stream] = {}
        self._drift = Drift(hall_id)

    @property
    def newest(self) -> Plot | None:
        """The newest plot of all streams, None before the first."""
        known = [stream.newest for stream in self._streams.values() if stream.newest is not None]
        return max(known, key=lambda plot: plot.place, default=None)

    def load(self, connection: Connection) -> None:
        """Rebuild everything from the database."""
        self._streams = {}
        newest_episodes = episodes.newest(connection, self._hall_id)
        for (name, pad), episode in newest_episodes.items():
            stream = self._stream(name, pad)
            stream.episode = episode
            self._load_window(connection, name, pad, stream)
        self._load_alarms(connection)
        self._drift.load(connection, self.hall)

    def refresh_alarms(self, connection: Connection) -> None:
        """Take over what people did to the alarms on any station."""
        for stream in self._streams.values():
            stream.alarm = None
        self._load_alarms(connection)

    def follow(self, connection: Connection, batch: Sequence[PastVerdict], now: datetime) -> set[int]:
        """Take stored verdicts into account, the oldest plot first; ids of the plots kept for training.

        A plot older than the newest of its stream belongs to a backlog: it moves neither panel
        nor episode, and counts for alarms only in its place among the last chunks of this run.
        """
        touched: dict[int, Episode] = {}  # by id; one not stored yet has a number below zero
        moved: dict[int, tuple[_Stream, PastVerdict]] = {}  # by the stream, what it shows now
        kept: set[int] = set()
        for one in sorted(batch, key=lambda one: one.plot.place):
            plot, verdict = one.plot, one.verdict
            plot_type = self._plot_type(plot.name.plot_type)
            stream = self._stream(plot.name.plot_type, plot.name.pad)
            mark = self._drift.follow(connection, plot, plot_type, verdict, one.familiarity, one.model_id, now)
            finding = Finding(plot, one.verdict_id, verdict, alarm_severity(verdict, plot_type))
            if stream.newest is not None and stream.newest.taken_at > now:  # the clock was set back
                stream.newest = None
                stream.window.restart()
            if stream.newest is not None and plot.place < stream.newest.place:
                length = self._late_length(stream, verdict)
                if _same_run(plot, stream.newest) and one.model_id == stream.model_id:
                    self._look_for_alarm(connection, stream, plot_type, finding, now, mark)
            else:
                self._restart_window_on_change(stream, plot, one.model_id)
                stream.newest, stream.model_id = plot, one.model_id
                stream.episode = _extended(stream.episode, plot, verdict, new_id=-1 - len(touched))
                touched[stream.episode.id] = stream.episode
                moved[id(stream)] = stream, one
                length = stream.episode.plots
                self._look_for_alarm(connection, stream, plot_type, finding, now, mark)
            if self._is_kept(connection, plot, plot_type, verdict, length):
                kept.add(plot.id)
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
        for past in reversed(wall.last_chunks(connection, self._hall_id, name, pad, stream.window.rule.n)):
            self._restart_window_on_change(stream, past.plot, past.model_id)
            stream.newest, stream.model_id = past.plot, past.model_id
            severity = alarm_severity(past.verdict, plot_type)
            stream.window.see(Finding(past.plot, past.verdict_id, past.verdict, severity))

    def _load_alarms(self, connection: Connection) -> None:
        for alarm in alarms.open_alarms(connection, self._hall_id):
            self._stream(alarm.plot_type, alarm.pad).alarm = alarm

    @staticmethod
    def _restart_window_on_change(stream: _Stream, plot: Plot, model_id: int | None) -> None:
        newest = stream.newest
        if newest is not None and (model_id != stream.model_id or not _same_run(plot, newest)):
            stream.window.restart()

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
        window.see(finding)
        fault, alarm = window.newest_fault, stream.alarm
        if fault is not None and window.raises():
            why = f"Confirmed in {window.faulty} of {window.seen} chunks{mark}"
            if alarm is None:
                self._raise_alarm(connection, stream, plot_type, fault, why, now)
                return
            rises = fault.severity > alarm.severity  # a rise of severity is a new annunciation
            after = AlarmState.UNACKNOWLEDGED if rises else after_condition(alarm.state, active=True)
            if after is not alarm.state or rises:
                label, severity = fault.verdict.label, max(fault.severity, alarm.severity)
                self._move_alarm(connection, stream, alarm, after, fault, why, now, label=label, severity=severity)
        elif alarm is not None and window.newest is not None and window.clears():
            after = after_condition(alarm.state, active=False)
            if after is not alarm.state:
                why = f"{window.newest.verdict.label} again"
                self._move_alarm(connection, stream, alarm, after, window.newest, why, now)

    def _raise_alarm(
        self, connection: Connection, stream: _Stream, plot_type: PlotType, fault: Finding, why: str, now: datetime
    ) -> None:
        if (now - fault.plot.taken_at).total_seconds() > plot_type.age_limit_s:
            return
        stream.alarm = alarms.raise_alarm(
            connection,
            self._hall_id,
            plot_type=plot_type.name,
            pad=fault.plot.name.pad,
            label=fault.verdict.label,
            severity=fault.severity,
            plot_id=fault.plot.id,
            verdict_id=fault.verdict_id,
            confidence=fault.verdict.confidence,
            at=now,
            station=self._station,
            why=why,
        )
        feed.publish(connection, self._hall_id, "alarm", stream.alarm.id)

    def _move_alarm(
        self,
        connection: Connection,
        stream: _Stream,
        alarm: Alarm,
        after: AlarmState,
        finding: Finding,
        why: str,
        now: datetime,
        **facts: Any,
    ) -> None:
        changed = alarms.change(
            connection,
            alarm,
            after,
            at=now,
            who=MONITOR,
            station=self._station,
            why=why,
            plot_id=finding.plot.id,
            verdict_id=finding.verdict_id,
            confidence=finding.verdict.confidence,
            **facts,
        )
        if changed is None:  # somebody acknowledged it in this very moment; look again at the next chunk
            stream.alarm = alarms.get(connection, alarm.id)
            return
        stream.alarm = changed if after is not AlarmState.NORMAL else None
        feed.publish(connection, self._hall_id, "alarm", alarm.id)


def _same_run(one: Plot, other: Plot) -> bool:
    return (one.name.run_period, one.name.run_number) == (other.name.run_period, other.name.run_number)


def _extended(before: Episode | None, plot: Plot, verdict: Verdict, *, new_id: int) -> Episode:
    """The episode with one more plot, or where the verdict is another, a new one of that id."""
    if before is not None and before.goes_on_with(verdict):
        return before.with_plot(plot)
    return Episode.begun(new_id, plot, verdict)
