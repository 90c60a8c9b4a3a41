"""Tables that keep the wall in step, without counting or sorting verdicts.

The wall reads `panels`, one row a stream with the newest plot, verdict and episode, and follows
`changes`, the change feed; its positions are given in the order of commits (feed.py). `counters`
holds the totals.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table

from . import columns as col

panels = Table(
    "panels",
    col.metadata,
    Column("hall_id", col.BigId, ForeignKey("halls.id"), primary_key=True),
    Column("plot_type_id", col.BigId, ForeignKey("plot_types.id"), primary_key=True),
    Column("pad", col.OutsideText, primary_key=True),
    col.to("plots", "plot_id"),
    col.to("verdicts", "verdict_id"),
    col.to("episodes", "episode_id"),
    col.flag("inherited", server_default=sa.false()),  # the verdict rests on the reference of an older run period
)

counters = Table(
    "counters",
    col.metadata,
    Column("hall_id", col.BigId, ForeignKey("halls.id"), primary_key=True),
    Column("name", sa.Text, primary_key=True),
    Column("value", sa.BigInteger, nullable=False),
)

changes = Table(
    "changes",
    col.metadata,
    Column("position", col.BigId, primary_key=True, autoincrement=True),
    col.to("halls", "hall_id"),
    col.text("kind"),
    Column("subject_id", sa.BigInteger, nullable=True),
    col.at(),
    Index("ix_changes_hall", "hall_id", "position"),
    sqlite_autoincrement=True,  # a position is never given twice, also after pruning
)
