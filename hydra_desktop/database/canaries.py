"""Canaries that were sent; they are in no other table, so in no figure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from ..domain.canary import Canary
from . import clock, feed
from . import tables as t
from .naming import plot_type_id

_C = t.canaries.c


def send(c: sa.Connection, hall_id: int, plot_type: str, content_hash: str, label: str) -> int:
    """Store that one is sent now; gives its id."""
    sent: int = c.execute(
        t.canaries.insert()
        .values(
            hall_id=hall_id,
            plot_type_id=plot_type_id(c, hall_id, plot_type),
            content_hash=content_hash,
            label=label,
            sent_at=clock.now(c),
        )
        .returning(_C.id)
    ).scalar_one()
    return sent


def judged(c: sa.Connection, hall_id: int, canary_id: int, *, said: str, found: bool, confidence: float | None) -> None:
    """Store what was said of it, and tell it to the sirens."""
    c.execute(
        t.canaries.update()
        .where(_C.id == canary_id)
        .values(judged_at=clock.now(c), said=said, found=found, confidence=confidence)
    )
    feed.publish(c, hall_id, "canary", canary_id)


def heard(c: sa.Connection, hall_id: int, station: str) -> bool:
    """A station's siren has what was judged to be faulty; False when there was nothing new."""
    marked = c.execute(
        t.canaries.update()
        .where(_C.hall_id == hall_id, _C.judged_at.is_not(None), _C.found, _C.heard_at.is_(None))
        .values(heard_at=clock.now(c), heard_by=station)
    )
    return bool(marked.rowcount)


def withdraw(c: sa.Connection, hall_id: int, ids: Collection[int]) -> None:
    """Forget those of these of which nothing was said: nobody judges them any more."""
    c.execute(t.canaries.delete().where(_C.hall_id == hall_id, _C.id.in_(ids), _C.judged_at.is_(None)))


def newest(c: sa.Connection, hall_id: int) -> Canary | None:
    """The one that was sent last."""
    return next(iter(last(c, hall_id, 1)), None)


def last(c: sa.Connection, hall_id: int, count: int) -> list[Canary]:
    """Those that were sent last, the newest first."""
    return [_read(row) for row in c.execute(_ALL.where(_C.hall_id == hall_id).limit(count))]


def found_before(c: sa.Connection, hall_id: int) -> Canary | None:
    """The one that was judged to be faulty last, None where none ever was."""
    row = c.execute(_ALL.where(_C.hall_id == hall_id, _C.found).limit(1)).one_or_none()
    return _read(row) if row is not None else None


_ALL = (
    sa.select(t.canaries, t.plot_types.c.name.label("plot_type"))
    .join(t.plot_types, t.plot_types.c.id == _C.plot_type_id)
    .order_by(_C.sent_at.desc(), _C.id.desc())
)


def _read(row: Any) -> Canary:
    return Canary(
        row.id, row.plot_type, row.content_hash, row.label, row.sent_at, row.judged_at, row.said, row.found,
        row.confidence, row.heard_at, row.heard_by,
    )  # fmt: skip
