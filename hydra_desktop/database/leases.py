"""Leases: one monitor owns a source at a time.

Every lease has a fencing number that only rises. A monitor that was paused and comes back
finds its number outdated inside the transaction that it wanted to write, so it writes nothing.
The clock is the caller's; stations are expected to agree within a second or so.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ..domain.errors import LeaseLostError
from . import tables as t
from .upsert import upsert


def acquire(c: sa.Connection, hall_id: int, source: str, holder: str, ttl_s: float) -> int | None:
    """Take the lease for `ttl_s` seconds; its fencing number, or None while another's is valid."""
    now = datetime.now(UTC)
    row = _locked(c, hall_id, source)
    if row is not None and row.holder and row.expires_at > now:
        return None
    fencing = (row.fencing if row is not None else 0) + 1
    upsert(
        c,
        t.source_leases,
        {
            "hall_id": hall_id,
            "source": source,
            "holder": holder,
            "fencing": fencing,
            "expires_at": now + timedelta(seconds=ttl_s),
        },
        on=["hall_id", "source"],
    )
    return fencing


def renew(c: sa.Connection, hall_id: int, source: str, fencing: int, ttl_s: float) -> bool:
    """Prolong the lease; False when another holder has it now."""
    s = t.source_leases.c
    done = c.execute(
        t.source_leases.update()
        .where(s.hall_id == hall_id, s.source == source, s.fencing == fencing)
        .values(expires_at=datetime.now(UTC) + timedelta(seconds=ttl_s))
    )
    return done.rowcount == 1


def verify(c: sa.Connection, hall_id: int, source: str, fencing: int) -> None:
    """Raise LeaseLostError when another holder has the lease now; until commit nobody can take it."""
    row = _locked(c, hall_id, source)
    if row is None or row.fencing != fencing:
        raise LeaseLostError(f"Another monitor watches {source} now; this one ends and writes nothing more.")


def release(c: sa.Connection, hall_id: int, source: str, fencing: int) -> None:
    """Give the lease back."""
    s = t.source_leases.c
    c.execute(
        t.source_leases.update()
        .where(s.hall_id == hall_id, s.source == source, s.fencing == fencing)
        .values(holder="", expires_at=datetime.now(UTC))
    )


def holder(c: sa.Connection, hall_id: int, source: str) -> tuple[str, int] | None:
    """Who holds the lease, with the fencing number; None when nobody does."""
    s = t.source_leases.c
    row = c.execute(sa.select(s.holder, s.fencing).where(s.hall_id == hall_id, s.source == source)).one_or_none()
    return (row.holder, row.fencing) if row is not None and row.holder else None


def _locked(c: sa.Connection, hall_id: int, source: str) -> Any:
    s = t.source_leases.c
    return c.execute(
        sa.select(s.holder, s.fencing, s.expires_at).where(s.hall_id == hall_id, s.source == source).with_for_update()
    ).one_or_none()
