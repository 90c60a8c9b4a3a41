"""What time it is, on whatever station.

The clock is the database server's, so that stations needn't agree on the time; an embedded
database is used by one machine, whose clock it is.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from . import tables as t


def now(c: sa.Connection) -> datetime:
    """The time by the database's clock."""
    if c.dialect.name == "postgresql":
        return c.execute(sa.select(sa.func.clock_timestamp(type_=t.UtcDateTime))).scalar_one()
    return datetime.now(UTC)


def here(c: sa.Connection, at: datetime) -> datetime:
    """A moment of the database's clock by that of this station, as ages are shown by it."""
    return at if c.dialect.name != "postgresql" else at + (datetime.now(UTC) - now(c))
