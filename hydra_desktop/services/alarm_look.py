"""What is behind an alarm: its log, the plot that it rests on, and how that looked when all was well."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..database import alarms, plots, wall
from ..database.connection import Database
from ..database.wall import PastVerdict
from ..domain.alarm import Alarm, AlarmStep
from ..domain.plot import Plot


@dataclass(frozen=True)
class AlarmLook:
    """One look at an alarm; `log` is oldest first, `plot` None for one that rests on none.

    `past` is the plot's live verdict, None where it has none any more; `last_good` the newest plot of its stream
    before it that was Confirmed good.
    """

    alarm: Alarm
    log: tuple[AlarmStep, ...] = ()
    plot: Plot | None = None
    past: PastVerdict | None = None
    last_good: PastVerdict | None = None


def look(database: Database, hall_id: int, alarm: Alarm) -> AlarmLook:
    """All that is shown of an alarm; raises DatabaseError when the database is away."""
    with database.read() as c:
        log = tuple(alarms.log(c, alarm.id))
        if alarm.plot_id is None:
            return AlarmLook(alarm, log)
        plot = plots.get(c, alarm.plot_id)
        name = plot.name
        good = wall.last_good(c, hall_id, name.plot_type, pad=name.pad, before=plot)
        return AlarmLook(alarm, log, plot, wall.past(c, plot.id), good)


def raised_because(database: Database, alarm_ids: Iterable[int]) -> dict[int, str]:
    """Of each alarm why it was last raised."""
    with database.read() as c:
        return alarms.raised_because(c, alarm_ids)
