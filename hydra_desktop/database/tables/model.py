"""Tables of models, their training, and which of them judge.

`active_models` says what is live now, `model_activations` how that came, and in spite of what.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from . import columns as col

models = Table(
    "models",
    col.metadata,
    col.own_id(),
    col.to("plot_types", "plot_type_id", index=True),
    col.text("sha256"),
    Column("card", sa.JSON, nullable=False),
    col.at("created_at"),
    col.text("created_by"),
)

training_jobs = Table(
    "training_jobs",
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id"),
    col.to("plot_types", "plot_type_id"),
    col.text("state"),  # as in domain.training
    col.text("user"),
    col.text("station"),  # where it was asked for
    col.at("asked_at"),
    col.at("started_at", nullable=True),
    col.at("ended_at", nullable=True),
    Column("options", sa.JSON, nullable=False),
    col.text("stage"),
    col.real("fraction"),
    col.real("left_s", nullable=True),
    col.text("runs_on"),
    col.big_integer("fencing"),  # of the lease under which it runs
    col.integer("attempts"),
    col.text("wish"),
    col.text("wish_user"),  # who wants it stopped, and where
    col.text("wish_station"),
    col.at("wish_at", nullable=True),
    col.to("models", "model_id", nullable=True),
    col.text("error"),
    col.text("log"),
    Column("curves", sa.JSON, nullable=False),  # name -> [[step, value], ...]
    Index(
        "ix_training_jobs_open",
        "hall_id",
        "id",
        sqlite_where=sa.text("state IN ('waiting', 'running')"),
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    ),
    Index(
        "uq_training_jobs_running",  # one at a time
        "hall_id",
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    ),
    Index("ix_training_jobs_ended", "hall_id", "ended_at"),
)

model_files = Table(
    "model_files",
    col.metadata,
    Column("model_id", col.BigId, ForeignKey("models.id"), primary_key=True),
    Column("data", sa.LargeBinary, nullable=False),
)

active_models = Table(
    "active_models",
    col.metadata,
    Column("plot_type_id", col.BigId, ForeignKey("plot_types.id"), primary_key=True),
    col.to("models", "model_id"),
)

model_activations = Table(
    "model_activations",
    col.metadata,
    col.own_id(),
    col.to("plot_types", "plot_type_id", index=True),
    col.to("models", "model_id", nullable=True),  # none: no model from then on
    col.at(),
    col.text("user"),
    col.text("station", server_default=""),
    col.text("kind", server_default="activated"),  # or rolled back, deactivated
    col.to("models", "before_id", nullable=True),  # what was active until then
    col.text("comment", server_default=""),
    col.text("in_spite_of", server_default=""),  # the warning that a person overruled
    col.to("model_set_activations", "set_activation_id", nullable=True, index=True),
)

model_sets = Table(
    "model_sets",
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id"),
    col.text("name"),
    col.text("run_period"),
    col.at(),
    col.text("user"),
    col.text("station"),
    col.text("comment"),
    UniqueConstraint("hall_id", "name"),
)

model_set_members = Table(
    "model_set_members",
    col.metadata,
    Column("set_id", col.BigId, ForeignKey("model_sets.id"), primary_key=True),
    Column("plot_type_id", col.BigId, ForeignKey("plot_types.id"), primary_key=True),
    col.to("models", "model_id"),
)

model_set_activations = Table(
    "model_set_activations",
    col.metadata,
    col.own_id(),
    col.to("model_sets", "set_id", index=True),
    col.at(),
    col.text("user"),
    col.text("station"),
    col.text("comment"),
    col.text("kind"),  # activated, rolled back
)

shadow_models = Table(
    "shadow_models",
    col.metadata,
    col.own_id(),
    col.to("plot_types", "plot_type_id"),
    col.to("models", "model_id", index=True),
    col.at("since"),
    col.text("user"),
    col.text("station"),
    col.at("ended_at", nullable=True),
    col.text("ended_by"),
    Index(
        "uq_shadow_models_running",
        "plot_type_id",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)

thresholds = Table(
    "thresholds",
    col.metadata,
    col.own_id(),
    col.to("models", "model_id"),
    col.to("labels", "label_id"),
    col.real("value"),
    col.at(),
    col.text("user"),
    col.text("chosen"),  # how: best F1, by hand, or for how many false alarms
    col.text("comment"),
    Index("ix_thresholds_newest", "model_id", "label_id", "id"),
)
