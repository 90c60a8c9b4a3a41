"""Tables of plots, the files they came from, their features and references.

A history strip reads `plots` backwards on (plot_type_id, taken_at). The wall as it was at another
time asks each stream for its last plot until then (ix_plots_stream), and a run or chunk for its
end (ix_plots_run).
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from . import columns as col

plots = Table(
    "plots",
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id"),
    col.to("plot_types", "plot_type_id"),
    col.text("pad"),
    col.text("run_period"),
    col.big_integer("run_number"),
    col.big_integer("chunk", nullable=True),  # some sites count chunks by the time, 20211123101500
    col.integer("revision"),
    col.text("content_hash"),
    col.at("taken_at"),
    col.flag("taken_at_is_file_time"),
    col.at("arrived_at"),
    col.text("origin_key"),
    col.flag("live"),
    col.flag("kept"),
    col.flag("beam_on", nullable=True),  # while it was taken; unknown for most that didn't come live
    UniqueConstraint("hall_id", "origin_key"),
    Index("ix_plots_newest", "plot_type_id", "taken_at", "id"),
    Index("ix_plots_chunk", "plot_type_id", "run_number", "chunk"),
    Index("ix_plots_period", "plot_type_id", "run_period", "run_number", "taken_at"),
    Index("ix_plots_content_hash", "content_hash"),
    Index(
        "ix_plots_stream",
        "plot_type_id",
        "pad",
        "taken_at",
        "id",
        sqlite_where=sa.text("live = 1"),
        postgresql_where=sa.text("live"),
    ),
    Index(
        "ix_plots_run",
        "hall_id",
        "run_period",
        "run_number",
        "chunk",
        sqlite_where=sa.text("live = 1"),
        postgresql_where=sa.text("live"),
    ),
)

files_seen = Table(
    "files_seen",
    col.metadata,
    Column("hall_id", col.BigId, ForeignKey("halls.id"), primary_key=True),
    Column("relative", col.OutsideText, primary_key=True),
    Column("size", sa.BigInteger, nullable=False),
    Column("modified_ns", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

features = Table(
    "features",
    col.metadata,
    Column("backbone", sa.Text, primary_key=True),  # what they were computed with
    Column("content_hash", sa.Text, primary_key=True),
    Column("pooled", sa.LargeBinary, nullable=False),  # float16 (1432,)
    Column("parts", sa.LargeBinary, nullable=True),  # as vision.deviation packs them
)

plot_references = Table(
    "plot_references",
    col.metadata,
    col.own_id(),
    col.to("plot_types", "plot_type_id", index=True),
    col.text("run_period"),
    col.text("state"),  # confirmed or proposed; a new row never touches those before it
    col.at(),
    col.text("user"),
    col.text("comment"),
    col.at("revoked_at", nullable=True),
    col.text("revoked_by", nullable=True),
)

plot_reference_plots = Table(
    "plot_reference_plots",
    col.metadata,
    Column("reference_id", col.BigId, ForeignKey("plot_references.id"), primary_key=True),
    Column("plot_id", col.BigId, ForeignKey("plots.id"), primary_key=True),
)
