"""Leases: one monitor owns a source at a time.

Every lease has a fencing number that only rises. A monitor that was paused and comes back
finds its number outdated inside the transaction that it wanted to write, so it writes nothing.
The clock is the database's. Where that was set back, a lease from before stands for 2 LONGEST_S at most.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from ..domain.errors import LeaseLostError
from . import clock
from . import tables as t
from .upsert import insert

LONGEST_S = 20.0


def acquire(c: sa.Connection, hall_id: int, source: str, holder: str, ttl_s: float) -> int | None:
    """Take the lease for `ttl_s` seconds, LONGEST_S at most; its fencing number, or None while another's is valid."""
    now = clock.now(c)
    s = t.source_leases.c
    new = insert(c.dialect.name, t.source_leases).values(
        hall_id=hall_id, source=source, holder=holder, fencing=1, expires_at=_expiry(now, ttl_s)
    )
    # one statement, so that of two that come at once the second sees what the first did
    return c.scalar(
        new.on_conflict_do_update(
            index_elements=["hall_id", "source"],
            set_={"holder": new.excluded.holder, "fencing": s.fencing + 1, "expires_at": new.excluded.expires_at},
            where=sa.or_(s.holder == "", sa.not_(_is_valid(now))),
        ).returning(s.fencing)
    )


def renew(c: sa.Connection, hall_id: int, source: str, fencing: int, ttl_s: float) -> bool:
    """Prolong the lease; False when another holder has it now."""
    s = t.source_leases.c
    done = c.execute(
        t.source_leases.update()
        .where(s.hall_id == hall_id, s.source == source, s.fencing == fencing)
        .values(expires_at=_expiry(clock.now(c), ttl_s))
    )
    return done.rowcount == 1


_NEWEST = (  # built once: it is asked with every batch that is stored
    sa.select(t.source_leases.c.fencing)
    .where(t.source_leases.c.hall_id == sa.bindparam("hall"), t.source_leases.c.source == sa.bindparam("source"))
    .with_for_update()
)


def verify(c: sa.Connection, hall_id: int, source: str, fencing: int) -> None:
    """Raise LeaseLostError when another holder has the lease now; until commit nobody can take it."""
    newest = c.scalar(_NEWEST, {"hall": hall_id, "source": source})
    if newest != fencing:
        raise LeaseLostError(f"Another monitor watches {source} now; this one ends and writes nothing more.")


def release(c: sa.Connection, hall_id: int, source: str, fencing: int) -> None:
    """Give the lease back."""
    s = t.source_leases.c
    c.execute(
        t.source_leases.update()
        .where(s.hall_id == hall_id, s.source == source, s.fencing == fencing)
        .values(holder="", expires_at=clock.now(c))
    )


def holder(c: sa.Connection, hall_id: int, source: str) -> tuple[str, int] | None:
    """Who holds the lease, with the fencing number; None when nobody does."""
    s = t.source_leases.c
    row = c.execute(sa.select(s.holder, s.fencing).where(s.hall_id == hall_id, s.source == source)).one_or_none()
    return (row.holder, row.fencing) if row is not None and row.holder else None


def living_holder(c: sa.Connection, hall_id: int, source: str) -> str | None:
    """Who holds a lease that hasn't run out; None when nobody does."""
    s = t.source_leases.c
    valid = sa.and_(s.hall_id == hall_id, s.source == source, s.holder != "", _is_valid(clock.now(c)))
    found: str | None = c.scalar(sa.select(s.holder).where(valid))
    return found


def watched(c: sa.Connection, hall_id: int) -> dict[str, str]:
    """The folders with a lease that hasn't run out, and who holds it; leases on something else are no paths."""
    s = t.source_leases.c
    valid = sa.and_(s.hall_id == hall_id, s.source.startswith("/"), s.holder != "", _is_valid(clock.now(c)))
    return {row.source: row.holder for row in c.execute(sa.select(s.source, s.holder).where(valid))}


def _expiry(now: datetime, ttl_s: float) -> datetime:
    return now + timedelta(seconds=min(ttl_s, LONGEST_S))


def _is_valid(now: datetime) -> sa.ColumnElement[bool]:
    """Whether it hasn't run out; one that lies far ahead was taken before the clock was set back.

    Not at once beyond the longest: it may have been taken while this transaction waited.
    """
    return t.source_leases.c.expires_at.between(now, now + timedelta(seconds=2 * LONGEST_S))
