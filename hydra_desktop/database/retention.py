"""Which pictures nobody needs any more."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from . import tables as t


def disposable(c: sa.Connection, after: datetime, before: datetime) -> list[str]:
    """Content hashes of pictures that only old plots have, taken between two moments, of all halls.

    A plot is needed when it is kept for training, has a label, stands on a wall, has an open
    alarm, or was taken at or after `before`; so is every picture that such a plot shares.
    """
    old, other = t.plots.alias("old"), t.plots.alias("other")
    needed = sa.or_(
        other.c.kept,
        other.c.taken_at >= before,
        sa.exists().where(t.given_labels.c.plot_id == other.c.id),
        sa.exists().where(t.panels.c.plot_id == other.c.id),
        sa.exists().where(t.alarms.c.plot_id == other.c.id, t.alarms.c.state != "normal"),
    )
    shared = sa.exists().where(other.c.content_hash == old.c.content_hash, needed)
    return list(
        c.scalars(
            sa.select(old.c.content_hash)
            .distinct()
            .where(old.c.live, sa.not_(old.c.kept), old.c.taken_at >= after, old.c.taken_at < before, sa.not_(shared))
        )
    )
