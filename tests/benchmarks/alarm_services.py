"""A drawn day through the services of the program: plots and verdicts are stored and followed, chunk by chunk."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from hydra_desktop.database import alarm_history, alarms, halls, plots, suppressions, verdicts, wall
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.alarm import AlarmState
from hydra_desktop.domain.alarm_history import Span
from hydra_desktop.domain.alarm_performance import Performance, performance
from hydra_desktop.domain.alarm_settings import NO_BEAM
from hydra_desktop.domain.hall import AlarmRule, Hall, PlotType
from hydra_desktop.domain.label import default_label
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.domain.verdict import judge
from hydra_desktop.services.streams import Streams

from .alarm_day import CHUNK_S, CHUNKS, LABELS, THRESHOLD, TYPES, Day

START = datetime(2026, 3, 1, tzinfo=UTC)
CHUNK = timedelta(seconds=CHUNK_S)
_TYPE = PlotType("a plot type", labels=tuple(map(default_label, LABELS)), collect_percent=0.0)
_CHANCES = [
    *({name: 0.95 if name == top else 0.05 / 3 for name in LABELS} for top in LABELS),
    {"Good": 0.45, "Bad": 0.55},
]
SAID = [judge(chances, dict.fromkeys(LABELS, THRESHOLD), _TYPE) for chances in _CHANCES]  # by what is said of a plot


def follow(database: Database, day: Day, rule: AlarmRule) -> tuple[list[tuple[int, int, int]], Performance]:
    """The alarms of a day by a rule of all plot types, and their figures.

    They are as in `alarm_day.score`. A person takes each alarm when the next chunk comes.
    """
    types = {f"type {one:02}": replace(_TYPE, name=f"type {one:02}", alarm_rule=rule) for one in range(TYPES)}
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
        halls.apply(c, hall_id, Hall("D", plot_types=types), user="bench")
        streams = Streams(hall_id, halls.load(c, hall_id), "here")
    for chunk in range(CHUNKS):
        now = START + chunk * CHUNK
        with database.write() as c:
            _switch_beam(c, hall_id, on=bool(day.beam[chunk]), now=now)
            _take(c, hall_id, now)
            streams.refresh_alarms(c)
            names = [PlotName(name, int(day.runs[chunk]) + 1, chunk, "A") for name in types]
            new = [NewPlot(one, f"{chunk * TYPES + n:064x}", now, f"{chunk}/{n}") for n, one in enumerate(names)]
            stored = [one for one in plots.add_all(c, hall_id, new, live=True) if one is not None]
            said = [SAID[int(day.said[n, chunk])] for n in range(TYPES)]
            judged = [
                verdicts.JudgedPlot(plot.id, plot.name.plot_type, None, verdict)
                for plot, verdict in zip(stored, said, strict=True)
            ]
            ids = verdicts.add(c, hall_id, judged)
            batch = [wall.PastVerdict(*one, None) for one in zip(stored, ids, said, strict=True)]
            streams.follow(c, batch, now + timedelta(seconds=5))
    span = Span(START, START + CHUNKS * CHUNK)
    with database.read() as c:
        history = alarm_history.read(c, hall_id, span)
        ended = dict(
            c.execute(
                sa.select(t.alarm_log.c.alarm_id, sa.func.max(t.alarm_log.c.at))
                .where(t.alarm_log.c.to_state == str(AlarmState.NORMAL))
                .group_by(t.alarm_log.c.alarm_id)
            ).all()
        )
    dark = [Span(one.since, one.until or span.end) for one in history.suppressions]
    heard = [
        (int(one.plot_type.split()[1]), (one.at - START) // CHUNK, (ended.get(one.alarm_id, span.end) - START) // CHUNK)
        for one in history.lines
        if one.counts
    ]
    return heard, performance(history, span.end, dark=dark)


def _switch_beam(c: sa.Connection, hall_id: int, *, on: bool, now: datetime) -> None:
    there = suppressions.all_open(c, hall_id)
    if not on and not there:
        suppressions.begin(c, hall_id, NO_BEAM.name, "the beam is off", at=now)
    elif on and there:
        suppressions.end(c, hall_id, there[0], at=now)


def _take(c: sa.Connection, hall_id: int, now: datetime) -> None:
    for alarm in alarms.open_alarms(c, hall_id):
        taken = alarm.life.acknowledged()
        if taken != alarm.life:
            alarms.move(c, alarm, taken, at=now, who="shift", station="here", why="acknowledged")
