"""Tables of verdicts, what they rest on, and the episodes they make.

A verdict is `live`, or beside it: a guess for labeling, or of a model in `shadow`, which nothing but its
comparison reads.

A replay under another threshold reads `probabilities`, clustered by model and label: one
contiguous range for each label of a model, and plain rows for a dashboard's SQL.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table

from . import columns as col

verdicts = Table(
    "verdicts",
    col.metadata,
    col.own_id(),
    col.to("plots", "plot_id"),
    col.to("models", "model_id", nullable=True),
    col.to("labels", "label_id", nullable=True),
    col.real("confidence"),
    col.text("status"),
    col.real("fault_score"),
    col.flag("live"),
    col.flag("shadow", server_default=sa.false()),  # of a model on trial: in no count, on no wall, no guess
    col.at("decided_at"),
    Index("ix_verdicts_plot_id", "plot_id"),
    Index(
        "ix_verdicts_shadow",
        "model_id",
        "decided_at",
        sqlite_where=sa.text("shadow = 1"),
        postgresql_where=sa.text("shadow"),
    ),
    Index(
        "uq_verdicts_live",
        "plot_id",
        unique=True,
        sqlite_where=sa.text("live = 1"),
        postgresql_where=sa.text("live"),
    ),
)

probabilities = Table(
    "probabilities",
    col.metadata,
    Column("model_id", col.BigId, ForeignKey("models.id"), primary_key=True),
    Column("label_id", col.BigId, ForeignKey("labels.id"), primary_key=True),
    Column("verdict_id", col.BigId, ForeignKey("verdicts.id"), primary_key=True),
    col.real("probability"),
    Index("ix_probabilities_verdict_id", "verdict_id"),
    sqlite_with_rowid=False,
)

evidence = Table(
    "evidence",
    col.metadata,
    Column("verdict_id", col.BigId, ForeignKey("verdicts.id"), primary_key=True),
    Column("labels", sa.JSON, nullable=False),
    col.integer("height"),
    col.integer("width"),
    Column("maps", sa.LargeBinary, nullable=False),  # float16 (labels, height, width)
)

familiarities = Table(
    "familiarities",
    col.metadata,
    Column("verdict_id", col.BigId, ForeignKey("verdicts.id"), primary_key=True),
    col.real("novelty"),
    Column("nearest", sa.LargeBinary, nullable=False),  # of each plot 32 bytes of content hash, float32 distance
    Column("deviation", sa.LargeBinary, nullable=False),  # float16
    col.flag("inherited", server_default=sa.false()),  # measured by the reference of an older run period
)

stage_timings = Table(
    "stage_timings",
    col.metadata,
    Column("verdict_id", col.BigId, ForeignKey("verdicts.id"), primary_key=True),
    col.real("read_ms"),
    col.real("decode_ms"),
    col.real("save_ms"),
    col.real("classify_ms"),
    col.real("store_ms"),
)

episodes = Table(
    "episodes",
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id"),
    col.to("plot_types", "plot_type_id"),
    col.text("pad"),
    col.to("labels", "label_id", nullable=True),
    col.text("status"),
    col.at("started_at"),
    col.at("last_at"),
    col.to("plots", "first_plot_id"),
    col.to("plots", "last_plot_id"),
    col.integer("plots"),
    Index("ix_episodes_stream", "plot_type_id", "pad", "started_at", "id"),
)
