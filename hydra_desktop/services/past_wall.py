"""The wall as it was: at any time, at the end of any run, and from there a chunk or a run back or on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from ..database import runs, wall
from ..database.connection import Database
from ..domain.errors import HistoryError
from ..domain.past import Moment, PastRun
from ..domain.wall import WallSnapshot


def at(database: Database, hall_id: int, when: datetime) -> WallSnapshot:
    """The wall as it was at a time."""
    with database.read() as connection:
        return wall.at(connection, hall_id, Moment.of(when))


def at_end_of(database: Database, hall_id: int, run_number: int, run_period: str | None = None) -> WallSnapshot:
    """The wall as it was at the end of a run, of the newest run period that has this number unless one is named.

    Raises HistoryError when the hall has no such run.
    """
    with database.read() as connection:
        known = runs.runs(connection, hall_id)
        for run in reversed(known):
            if run.run_number == run_number and run_period in (None, run.run_period):
                moment = runs.end_of(connection, hall_id, run.run_period, run.run_number)
                if moment is not None:
                    return wall.at(connection, hall_id, moment)
    raise HistoryError(f"There is no run {run_number} here. {_which(known)}")


def known_runs(database: Database, hall_id: int) -> list[PastRun]:
    """Runs that can be looked at, the newest last."""
    with database.read() as connection:
        return runs.runs(connection, hall_id)


def chunk_beside(database: Database, hall_id: int, shown: WallSnapshot, step: int) -> WallSnapshot:
    """The wall as it was one chunk before (`step` -1) or after (1) the newest one shown.

    Raises HistoryError when there is none.
    """
    place = _newest_chunk(shown)
    with database.read() as connection:
        known = runs.runs(connection, hall_id)
        run = _run_of(known, *place[:2]) if place is not None else None
        chunk = place[2] if place is not None else None
        while True:
            if run is not None:
                chunk = runs.chunk_beside(connection, hall_id, run.run_period, run.run_number, chunk, step)
                if chunk is not None:
                    moment = runs.end_of(connection, hall_id, run.run_period, run.run_number, chunk)
                    if moment is not None:
                        return wall.at(connection, hall_id, moment)
                    continue
            run, chunk = _beside(known, run, step), None


def run_beside(database: Database, hall_id: int, shown: WallSnapshot, step: int) -> WallSnapshot:
    """The wall as it was at the end of the run before (`step` -1) or after (1) the one shown.

    Raises HistoryError when there is none.
    """
    with database.read() as connection:
        known = runs.runs(connection, hall_id)
        run = _run_of(known, shown.run.run_period, shown.run.run_number)
        while True:
            run = _beside(known, run, step)
            found = _end(connection, hall_id, run)
            if found is not None:
                return found


def _end(connection: Connection, hall_id: int, run: PastRun) -> WallSnapshot | None:
    moment = runs.end_of(connection, hall_id, run.run_period, run.run_number)
    return None if moment is None else wall.at(connection, hall_id, moment)


def _newest_chunk(shown: WallSnapshot) -> tuple[str, int, int] | None:
    """Run period, run and chunk of the newest chunk on a wall."""
    plots = [panel.plot for panel in shown.panels if panel.plot is not None and panel.plot.name.chunk is not None]
    newest = max(plots, key=lambda plot: plot.place, default=None)
    if newest is None or newest.name.chunk is None:
        return None
    return newest.name.run_period, newest.name.run_number, newest.name.chunk


def _run_of(known: Sequence[PastRun], run_period: str, run_number: int | None) -> PastRun | None:
    return next((run for run in known if (run.run_period, run.run_number) == (run_period, run_number)), None)


def _beside(known: Sequence[PastRun], run: PastRun | None, step: int) -> PastRun:
    """The run before or after one; without one, which is a time before all, the first after it."""
    index = -1 if run is None else known.index(run)
    if 0 <= index + step < len(known):
        return known[index + step]
    if step < 0:
        raise HistoryError("There is nothing earlier.")
    raise HistoryError("There is nothing later; Esc returns to now.")


def _which(known: Sequence[PastRun]) -> str:
    if not known:
        return "No run has come yet."
    return f"The last one is {known[-1].run_number}, the first {known[0].run_number}."
