"""Which files of the source are dealt with, so that a restart needn't read them all again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from . import tables as t
from .tables import storable
from .upsert import upsert

Stamp = tuple[int, int]  # size in bytes, time of change in ns


def remember(c: sa.Connection, hall_id: int, stamps: Mapping[str, Stamp]) -> None:
    """Store the stamps of files that were dealt with, by their path in the source."""
    rows = [
        {"hall_id": hall_id, "relative": relative, "size": size, "modified_ns": modified_ns}
        for relative, (size, modified_ns) in stamps.items()
    ]
    upsert(c, t.files_seen, rows, on=["hall_id", "relative"])


def last(c: sa.Connection, hall_id: int, limit: int) -> list[str]:
    """Some paths that were dealt with, those that sort last, which for most names are the newest."""
    f = t.files_seen.c
    return list(c.scalars(sa.select(f.relative).where(f.hall_id == hall_id).order_by(f.relative.desc()).limit(limit)))


def forget_refused(c: sa.Connection, hall_id: int) -> None:
    """Forget the files that were told as problems, so that they are looked at again."""
    told = sa.select(t.problems.c.name).where(t.problems.c.hall_id == hall_id)
    c.execute(t.files_seen.delete().where(t.files_seen.c.hall_id == hall_id, t.files_seen.c.relative.in_(told)))


def of(c: sa.Connection, hall_id: int, relatives: Iterable[str]) -> dict[str, Stamp]:
    """The stamps of those of the files that were dealt with."""
    f = t.files_seen.c
    found: dict[str, Stamp] = {}
    asked = {storable(relative): relative for relative in relatives}
    wanted = list(asked)
    for start in range(0, len(wanted), 500):
        rows = c.execute(
            sa.select(f.relative, f.size, f.modified_ns).where(
                f.hall_id == hall_id, f.relative.in_(wanted[start : start + 500])
            )
        )
        found.update({asked[row.relative]: (row.size, row.modified_ns) for row in rows})
    return found
