"""A drawn day through the services of the program, chunk by chunk: plots are stored, followed and looked after."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from hydra_desktop.database import alarm_history, alarms, clock, halls, plots, verdicts, wall
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.alarm import OF_PLOTS, AlarmKind, AlarmState
from hydra_desktop.domain.alarm_history import Span
from hydra_desktop.domain.alarm_performance import Performance, performance
from hydra_desktop.domain.hall import AlarmRule, Hall, PlotType
from hydra_desktop.domain.label import default_label
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.domain.run import BeamSource, RunState
from hydra_desktop.domain.verdict import judge
from hydra_desktop.services.alarm_watch import AlarmWatch
from hydra_desktop.services.streams import Streams

from .alarm_day import BEFORE, CHUNK_S, LABELS, THRESHOLD, TYPES, Day

CHUNK = timedelta(seconds=CHUNK_S)
JUST_BEFORE = timedelta(seconds=5)
_TYPE = PlotType("a plot type", labels=tuple(map(default_label, LABELS)), collect_percent=0.0)
_CHANCES = [
    *({name: 0.95 if name == top else 0.05 / 3 for name in LABELS} for top in LABELS),
    {"Good": 0.45, "Bad": 0.55},
]
SAID = [judge(chances, dict.fromkeys(LABELS, THRESHOLD), _TYPE) for chances in _CHANCES]  # by what is said of a plot


@dataclass(frozen=True)
class Followed:
    """What came of a day: alarms of plots as in `alarm_day.score`, those of the hall by kind, and the figures."""

    heard: list[tuple[int, int, int]]
    of_hall: Counter[AlarmKind]
    found: Performance


def follow(database: Database, day: Day, rule: AlarmRule) -> Followed:
    """The alarms of a day with one rule for all plot types; a person takes each before the next chunk.

    The run before the day begins now, and those who look after it by the clock look ahead.
    """
    types = {f"type {one:02}": replace(_TYPE, name=f"type {one:02}", alarm_rule=rule) for one in range(TYPES)}
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
        halls.apply(c, hall_id, Hall("D", plot_types=types), user="bench")
        streams, start = Streams(hall_id, halls.load(c, hall_id), "here"), clock.now(c)
    watch = AlarmWatch(database, hall_id, "here", "bench")
    for chunk in range(len(day.beam)):
        now, run = start + chunk * CHUNK, int(day.runs[chunk]) + 1
        with database.write() as c:
            _take(c, hall_id, now - 2 * JUST_BEFORE)
            beam = RunState(run, "A", bool(day.beam[chunk]), source=BeamSource.FILE, updated_at=now)
            halls.set_run_state(c, hall_id, beam)
            ahead = now - JUST_BEFORE - clock.now(c)
        watch.look(ahead=ahead)
        with database.write() as c:
            streams.refresh_alarms(c)
            names = [PlotName(name, run, chunk, "A") for name in types]
            new = [NewPlot(one, f"{chunk * TYPES + n:064x}", now, f"{chunk}/{n}") for n, one in enumerate(names)]
            stored = [one for one in plots.add_all(c, hall_id, new, live=True) if one is not None]
            c.execute(t.plots.update().where(t.plots.c.taken_at == now).values(arrived_at=now))
            said = [SAID[int(day.said[n, chunk])] for n in range(TYPES)]
            judged = [
                verdicts.JudgedPlot(plot.id, plot.name.plot_type, None, verdict)
                for plot, verdict in zip(stored, said, strict=True)
            ]
            ids = verdicts.add(c, hall_id, judged)
            batch = [wall.PastVerdict(*one, None) for one in zip(stored, ids, said, strict=True)]
            streams.follow(c, batch, now + JUST_BEFORE)
    watch.leave()
    return _read(database, hall_id, start, Span(start + BEFORE * CHUNK, start + len(day.beam) * CHUNK))


def _take(c: sa.Connection, hall_id: int, now: datetime) -> None:
    """As a person does it, but at the day's own time."""
    for alarm in alarms.open_alarms(c, hall_id):
        taken = alarm.life.acknowledged()
        if taken != alarm.life:
            alarms.move(c, alarm, taken, at=now, who="shift", station="here", why="acknowledged")


def _read(database: Database, hall_id: int, start: datetime, span: Span) -> Followed:
    with database.read() as c:
        history = alarm_history.read(c, hall_id, span)
        g = t.alarm_log.c
        over = sa.select(g.alarm_id, sa.func.max(g.at)).where(g.to_state == str(AlarmState.NORMAL))
        ended = dict(c.execute(over.group_by(g.alarm_id)).all())
    dark = [Span(one.since, one.until or span.end) for one in history.suppressions]
    raised = [one for one in history.lines if one.annunciates]
    return Followed(
        [
            (
                int(one.plot_type.split()[1]),
                (one.at - start) // CHUNK,
                (ended.get(one.alarm_id, span.end) - start) // CHUNK,
            )
            for one in raised
            if one.kind in OF_PLOTS
        ],
        Counter(one.kind for one in raised if one.kind not in OF_PLOTS),
        performance(history, span.end, dark=dark),
    )
