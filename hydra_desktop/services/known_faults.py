"""Known faults: told and ended by a person, and what follows of them for alarms.

A known fault is no alarm, on its plot type's panel it says so; evidence elsewhere on the plot alarms as ever.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from ..database import clock, halls, known_faults, wall
from ..database.connection import Database
from ..database.wall import PastVerdict
from ..domain.errors import AlarmActError, SettingsError
from ..domain.hall import PlotType
from ..domain.known_fault import KnownFault, Region
from ..domain.label import Role, Severity
from ..domain.who import Who
from . import lookup


def add(
    database: Database,
    hall_id: int,
    plot_type: str,
    label: str,
    *,
    region: Region | None,
    pad: str = "",
    until_run: int | None = None,
    until: datetime | None = None,
    why: str,
    who: Who,
) -> KnownFault:
    """Store that a plot type has a fault which is known; it is in force from now on, for the newest plots too.

    `until_run` is the last run of the run period of now, `until` a time. Raises AlarmActError, SettingsError.
    """
    if not why.strip():
        raise AlarmActError("A known fault needs a reason: say what it is and who works at it.")
    with database.write() as connection:
        hall = halls.load(connection, hall_id)
        name = lookup.plot_type(hall.plot_types, plot_type)
        _expect_faulty(hall.plot_types[name], label)
        pads = sorted({own for one, own in wall.streams(connection, hall_id) if one == name})
        if pad and pad not in pads:
            raise SettingsError(
                f"{name} has no pad {pad}; "
                + (f"it has {', '.join(filter(None, pads))}." if any(pads) else "it has none.")
            )
        period = _period(connection, hall_id, until_run, until)
        return known_faults.add(
            connection,
            hall_id,
            name,
            label,
            pad=pad,
            region=region,
            run_period=period,
            until_run=until_run,
            until=until,
            why=why.strip(),
            user=who.user,
            station=who.station,
        )


def _expect_faulty(plot_type: PlotType, label: str) -> None:
    known = {one.name: one for one in plot_type.labels}
    if label in known and known[label].role is Role.FAULTY:
        return
    faulty = ", ".join(one.name for one in plot_type.labels if one.role is Role.FAULTY)
    what = f"{label} is no fault" if label in known else f"{plot_type.name} has no label {label}"
    raise SettingsError(f"{what}; faults of this plot type are {faulty or 'none: give it a label of role faulty'}.")


def _period(connection: Connection, hall_id: int, until_run: int | None, until: datetime | None) -> str:
    """The run period that a known fault is of; raises AlarmActError where its end is none."""
    if until_run is None and until is None:
        raise AlarmActError("A known fault ends with a run or at a time: say until when it is known.")
    if until is not None and until <= clock.now(connection):
        raise AlarmActError(f"{until:%Y-%m-%d %H:%M} is over; say a time to come.")
    run = halls.run_state(connection, hall_id)
    if until_run is not None and run.run_number is not None and until_run < run.run_number:
        raise AlarmActError(f"Run {until_run} is over, {run.run_number} is taken now; say a run from that on.")
    return run.run_period


def end(database: Database, hall_id: int, fault_id: int, *, who: Who) -> None:
    """End a known fault: what it kept from alarming does so again. Raises AlarmActError when there is none."""
    with database.write() as connection:
        if known_faults.end(connection, hall_id, fault_id, user=who.user):
            return
        there = ", ".join(
            f"{one.id} ({one.plot_type} {one.label})" for one in known_faults.not_ended(connection, hall_id)
        )
    raise AlarmActError(
        f"There is no known fault {fault_id} that goes on; {f'there are {there}' if there else 'there is none'}."
    )


def listing(database: Database, hall_id: int, *, ended: bool = False) -> tuple[list[KnownFault], list[KnownFault]]:
    """Those in force, and those that are over: by their run or time, and with `ended` by a person; newest first."""
    with database.read() as connection:
        every = known_faults.every(connection, hall_id)
        now = known_faults.in_force(connection, hall_id, halls.run_state(connection, hall_id))
    ids = {one.id for one in now}
    over = [one for one in every if one.id not in ids and (ended or one.ended_at is None)]
    return [one for one in every if one.id in ids], over


class KnownFaults:
    """The known faults as the monitor goes by them; to be loaded anew whenever the feed tells of one."""

    def __init__(self, hall_id: int) -> None:
        self._hall_id = hall_id
        self._faults: dict[int, KnownFault] = {}

    def load(self, connection: Connection) -> None:
        """Take over those that nobody ended."""
        self._faults = {one.id: one for one in known_faults.not_ended(connection, self._hall_id)}

    def is_known(self, past: PastVerdict) -> bool:
        """Whether a verdict says nothing but a known fault that is in force for its plot."""
        fault = self._faults.get(past.known_fault_id) if past.known_fault_id is not None else None
        return fault is not None and fault.is_known_in(past.plot.name, past.plot.taken_at)

    def severity(self, past: PastVerdict, severity: Severity) -> Severity:
        """The severity with which a verdict alarms: NONE where it is known."""
        return Severity.NONE if self.is_known(past) else severity
