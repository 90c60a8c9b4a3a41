"""What people do with alarms."""

from __future__ import annotations

from datetime import UTC, datetime

from ..database import alarms, feed
from ..database.connection import Database
from ..domain.alarm import Alarm, after_acknowledge


def acknowledge(
    database: Database, hall_id: int, alarm_id: int, *, user: str, station: str, why: str = "acknowledged"
) -> Alarm:
    """Take an alarm for a person; gives it as it stands then.

    One that somebody took before, or that is over, stays as it is: two people may press at
    once. Raises KeyError when there is no such alarm, DatabaseError when the database is away.
    """
    with database.write() as connection:
        alarm = alarms.get(connection, alarm_id)
        state = after_acknowledge(alarm.state)
        if state is alarm.state:
            return alarm
        taken = alarms.change(connection, alarm, state, at=datetime.now(UTC), who=user, station=station, why=why)
        if taken is None:  # it moved between reading and writing, on PostgreSQL
            return alarms.get(connection, alarm_id)
        feed.publish(connection, hall_id, "alarm", alarm_id)
        return taken
