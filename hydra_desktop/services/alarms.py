"""What people do with alarms.

Each act is for the alarm as a person saw it: two may press at once, and one that moved meanwhile is looked at anew.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from ..database import alarms, clock, contests, feed, halls, out_of_service
from ..database.connection import Database
from ..domain.alarm import OF_PLOTS, Alarm, AlarmState, Disposition, Life
from ..domain.alarm_settings import SHIFT_S
from ..domain.errors import AlarmActError, BusyError
from ..domain.label import Role
from ..domain.who import Who

LEAST_SHELF_S = 60.0


def acknowledge(
    database: Database, hall_id: int, alarm_id: int, *, who: Who, seen: datetime | None = None, comment: str = ""
) -> Alarm:
    """Take an alarm for a person; gives it as it stands then.

    `seen` is when that was raised which the person saw: what was raised since, a new occurrence or a higher
    severity, isn't taken by it. One that somebody took before, or that is over, stays as it is. Raises KeyError
    when there is no such alarm, DatabaseError when the database is away, BusyError when others are in the way for long.
    """

    def taken(alarm: Alarm, _now: datetime) -> Life:
        return alarm.life if seen is not None and alarm.raised_at != seen else alarm.life.acknowledged()

    return _act(database, hall_id, alarm_id, taken, who, why="acknowledged", comment=comment)


def acknowledge_all(database: Database, hall_id: int, seen: dict[int, datetime], *, who: Who) -> int:
    """Take several alarms, each as it was seen; how many are taken then."""
    states = [acknowledge(database, hall_id, id_, who=who, seen=at).state for id_, at in seen.items()]
    return sum(state not in (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED_UNACKNOWLEDGED) for state in states)


def shelve(
    database: Database, hall_id: int, alarm_id: int, *, for_s: float, why: str, who: Who, seen: datetime | None = None
) -> Alarm:
    """Put an alarm aside for a time (s), with a reason; it returns by itself.

    `seen` is as in `acknowledge`. Raises AlarmActError without a reason, for a time that is too long or too short,
    for an alarm that is over, and for one that was raised since it was seen.
    """
    if not why.strip():
        raise AlarmActError("A shelved alarm needs a reason: say why it is put aside.")
    with database.read() as connection:
        most_s = halls.load(connection, hall_id).alarms.shelve_at_most_s or SHIFT_S
    if not LEAST_SHELF_S <= for_s <= most_s:
        raise AlarmActError(
            f"An alarm can be shelved for 1 to {most_s / 60:.0f} minutes here, not for {for_s / 60:.0f}; "
            "what lasts longer is a known fault, or out of service."
        )

    def shelved(alarm: Alarm, now: datetime) -> Life:
        after = alarm.life.shelved(now + timedelta(seconds=for_s))
        if after == alarm.life:
            raise AlarmActError(f"{alarm.label} is {alarm.state} now; there is nothing to shelve.")
        if seen is not None and alarm.raised_at != seen:
            raise AlarmActError(
                f"{alarm.label} was raised again since you looked, and its severity is {alarm.severity.word} now. "
                "Look at it as it is, and shelve it then."
            )
        return after

    return _act(
        database, hall_id, alarm_id, shelved, who, why=f"shelved for {for_s / 60:.0f} min", comment=why.strip(),
        held_by=who.user, held_why=why.strip(),
    )  # fmt: skip


def unshelve(database: Database, hall_id: int, alarm_id: int, *, who: Who) -> Alarm:
    """Take an alarm from the shelf before its time."""
    return _act(
        database, hall_id, alarm_id, lambda alarm, _now: alarm.life.unshelved(), who, why="taken from the shelf"
    )


def reset(database: Database, hall_id: int, alarm_id: int, *, who: Who) -> Alarm:
    """Say that a latched alarm is over."""
    return _act(database, hall_id, alarm_id, lambda alarm, _now: alarm.life.reset(), who, why="reset")


def comment(database: Database, hall_id: int, alarm_id: int, text: str, *, who: Who) -> Alarm:
    """Write a comment that everyone on shift reads; AlarmActError for an empty one."""
    if not text.strip():
        raise AlarmActError("The comment is empty; write what the others should know.")
    return _act(database, hall_id, alarm_id, lambda alarm, _now: alarm.life, who, why="comment", comment=text.strip())


def dispose(
    database: Database, hall_id: int, alarm_id: int, disposition: Disposition, *, who: Who, comment: str = ""
) -> Alarm:
    """Say what an alarm was in the end; with a wrong model the plot waits for an expert under contested verdicts."""
    alarm = _act(
        database, hall_id, alarm_id, lambda alarm, _now: alarm.life, who, why=f"it was: {disposition}", comment=comment,
        always=True, disposition=str(disposition),
    )  # fmt: skip
    if disposition is Disposition.WRONG_MODEL and alarm.kind in OF_PLOTS:
        _contest(database, hall_id, alarm, who, comment)
    return alarm


def take_out_of_service(
    database: Database, hall_id: int, plot_type: str, *, why: str, who: Who, until: datetime | None = None
) -> None:
    """No plot of a type alarms from now on, until a time or until it is put back; AlarmActError without a reason."""
    if not why.strip():
        raise AlarmActError("What is taken out of service needs a reason: say why.")

    def take_out(connection: Connection) -> None:
        alarms.hold(connection, hall_id)
        now = clock.now(connection)
        if until is not None and until <= now:
            raise AlarmActError("The time until which it is out of service is over already; name a later one.")
        if plot_type in out_of_service.names(connection, hall_id):
            raise AlarmActError(f"{plot_type} is out of service already.")
        out_of_service.begin(connection, hall_id, plot_type, at=now, until=until, who=who, why=why.strip())
        for alarm in alarms.open_alarms(connection, hall_id):
            if alarm.plot_type == plot_type:
                alarms.move(
                    connection, alarm, alarm.life.taken_out_of_service(), at=now, who=who.user, station=who.station,
                    why="out of service", comment=why.strip(), held_by=who.user, held_why=why.strip(),
                )  # fmt: skip
                feed.publish(connection, hall_id, "alarm", alarm.id)

    database.act(take_out)


def put_back(database: Database, hall_id: int, plot_type: str, *, who: Who) -> bool:
    """In service again; False when it was all the time."""

    def back(connection: Connection) -> bool:
        alarms.hold(connection, hall_id)
        return end_out_of_service(connection, hall_id, plot_type, who=who, why="in service again")

    return database.act(back)


def end_out_of_service(connection: Connection, hall_id: int, plot_type: str, *, who: Who, why: str) -> bool:
    """As `put_back`, within a transaction that holds the alarms."""
    now = clock.now(connection)
    if not out_of_service.end(connection, hall_id, plot_type, at=now, who=who):
        return False
    for alarm in alarms.open_alarms(connection, hall_id):
        if alarm.plot_type == plot_type and alarm.life.out_of_service:
            alarms.move(
                connection, alarm, alarm.life.put_back(), at=now, who=who.user, station=who.station, why=why
            )  # fmt: skip
            feed.publish(connection, hall_id, "alarm", alarm.id)
    return True


def _act(
    database: Database,
    hall_id: int,
    alarm_id: int,
    after: Callable[[Alarm, datetime], Life],
    who: Who,
    *,
    why: str,
    comment: str = "",
    always: bool = False,
    **facts: Any,
) -> Alarm:
    """Move an alarm of the hall to what `after` says of it; anew, where somebody else moved it meanwhile."""

    def act(connection: Connection) -> Alarm:
        alarm, now = alarms.get(connection, alarm_id, hall_id), clock.now(connection)
        life = after(alarm, now)
        if life == alarm.life and not comment and not always:
            return alarm
        moved = alarms.move(
            connection, alarm, life, at=now, who=who.user, station=who.station, why=why, comment=comment, **facts
        )
        if moved is None:
            raise BusyError("The alarm is moved by others without a break; try again.")
        feed.publish(connection, hall_id, "alarm", alarm_id)
        return moved

    return database.act(act)


def _contest(database: Database, hall_id: int, alarm: Alarm, who: Who, comment: str) -> None:
    def contest(connection: Connection) -> None:
        plot_type = halls.load(connection, hall_id).plot_types[alarm.plot_type]
        good = next((label.name for label in plot_type.labels if label.role is Role.GOOD), "")
        verdict_id = alarms.verdict_id(connection, alarm.id)
        if good and verdict_id is not None:
            contests.add(
                connection, hall_id, verdict_id, good, comment=comment or "the alarm was of a wrong model",
                user=who.user, station=who.station,
            )  # fmt: skip

    database.act(contest)
