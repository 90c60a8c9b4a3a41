"""Files that couldn't be taken, each told once however often it is met."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from . import feed
from . import tables as t
from .upsert import insert


@dataclass(frozen=True)
class Problem:
    """A file or thing that couldn't be taken, and why."""

    name: str
    message: str
    first_at: datetime
    last_at: datetime
    times: int


def report(c: sa.Connection, hall_id: int, name: str, message: str) -> None:
    """Remember a problem and tell it to all."""
    now = datetime.now(UTC)
    statement = insert(c.dialect.name, t.problems).values(
        hall_id=hall_id, name=name, message=message, first_at=now, last_at=now, times=1
    )
    c.execute(
        statement.on_conflict_do_update(
            index_elements=["hall_id", "name", "message"],
            set_={"last_at": statement.excluded.last_at, "times": t.problems.c.times + 1},
        )
    )
    feed.publish(c, hall_id, "problem", None)


def newest(c: sa.Connection, hall_id: int, limit: int = 20) -> list[Problem]:
    """The newest problems, newest first."""
    p = t.problems.c
    rows = c.execute(
        sa.select(p.name, p.message, p.first_at, p.last_at, p.times)
        .where(p.hall_id == hall_id)
        .order_by(p.last_at.desc(), p.id.desc())
        .limit(limit)
    )
    return [Problem(*row) for row in rows]
