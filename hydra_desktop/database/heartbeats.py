"""Signs of life of processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from . import clock
from . import tables as t
from .upsert import upsert

MONITOR = "monitor"
_SELECT = sa.select(*(t.heartbeats.c[name] for name in ("kind", "station", "pid", "at", "queue_length", "message")))


@dataclass(frozen=True)
class Heartbeat:
    """The last sign of life of a process; `at` is by the database's clock."""

    kind: str
    station: str
    pid: int
    at: datetime
    queue_length: int
    message: str


def beat(
    c: sa.Connection, hall_id: int, kind: str, station: str, pid: int, queue_length: int = 0, message: str = ""
) -> None:
    """Say that a process of this kind (monitor, desktop) lives on this station."""
    upsert(
        c,
        t.heartbeats,
        {
            "hall_id": hall_id,
            "kind": kind,
            "station": station,
            "pid": pid,
            "at": clock.now(c),
            "queue_length": queue_length,
            "message": message,
        },
        on=["hall_id", "kind", "station"],
    )


def of(c: sa.Connection, hall_id: int, kind: str, station: str) -> Heartbeat | None:
    """The last sign of life of that kind of process on that station."""
    h = t.heartbeats.c
    row = c.execute(_SELECT.where(h.hall_id == hall_id, h.kind == kind, h.station == station)).one_or_none()
    return Heartbeat(*row) if row is not None else None


def newest(c: sa.Connection, hall_id: int, kind: str) -> Heartbeat | None:
    """The newest sign of life of a kind of process, on whatever station."""
    h = t.heartbeats.c
    row = c.execute(_SELECT.where(h.hall_id == hall_id, h.kind == kind).order_by(h.at.desc()).limit(1)).one_or_none()
    return Heartbeat(*row) if row is not None else None
