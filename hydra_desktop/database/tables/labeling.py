"""Tables of labeling: the labels people gave, and the queues in which plots wait for a person.

`label_queue` holds in which queues a plot waits for a person, worked out anew whenever something of
it changed, with what queues are filtered by: a page of a hundred is one range of it.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table

from . import columns as col

given_labels = Table(
    "given_labels",
    col.metadata,
    col.own_id(),
    col.to("plots", "plot_id", index=True),
    col.to("labels", "label_id"),
    col.text("user"),
    col.at(),
    col.text("mode"),  # as in domain.labeling
    col.integer("taken_ms", nullable=True),
    col.flag("guess_visible"),
    col.flag("accepted"),  # a guess accepted with its page: may train, never evaluates
    col.flag("withdrawn"),
    col.text("note", server_default=""),
    col.to("label_actions", "action_id", nullable=True, index=True),  # none for what was imported
    Index("ix_given_labels_counted", "label_id", "id", "plot_id", "accepted", "withdrawn"),
)

label_actions = Table(
    "label_actions",
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id"),
    col.text("key", unique=True),  # so that a decision is never stored twice
    col.text("user"),
    col.text("station"),
    col.big_integer("session_id", nullable=True),  # the first action of the session, none for that one itself
    col.text("mode"),
    col.integer("labels"),
    col.integer("skipped"),
    col.integer("taken_ms"),
    col.at(),
    col.at("undone_at", nullable=True),
    col.flag("gone", server_default=sa.false()),  # taken back, and something else was decided since
    col.text("turned_by", nullable=True),  # the wish that took it back or gave it again last
    Index("ix_label_actions_of_user", "hall_id", "user", "station", "id"),
    Index("ix_label_actions_session_id", "session_id"),
    Index("ix_label_actions_turned_by", "turned_by", unique=True),
)

label_skips = Table(
    "label_skips",
    col.metadata,
    Column("plot_id", col.BigId, ForeignKey("plots.id"), primary_key=True),
    Column("action_id", col.BigId, ForeignKey("label_actions.id"), primary_key=True),
    col.text("user"),
    col.big_integer("session_id"),
    Index("ix_label_skips_action_id", "action_id"),
    Index("ix_label_skips_session_id", "session_id"),
    sqlite_with_rowid=False,
)

label_queue = Table(
    "label_queue",
    col.metadata,
    Column("plot_type_id", col.BigId, ForeignKey("plot_types.id"), primary_key=True),
    Column("queue", sa.Text, primary_key=True),  # as in domain.labeling, where a random sample is what is unlabelled
    Column("taken_at", col.UtcDateTime, primary_key=True),
    Column("plot_id", col.BigId, ForeignKey("plots.id"), primary_key=True),
    col.text("run_period"),
    col.big_integer("run_number"),
    col.big_integer("shuffle"),  # an order that chance gave
    col.to("labels", "guess_id", nullable=True),
    col.real("confidence"),  # 0 without a guess
    col.to("labels", "label_id", nullable=True),  # the label in force
    col.text("user", nullable=True),  # who gave it
    Index("ix_label_queue_plot_id", "plot_id"),
    Index("ix_label_queue_shuffle", "plot_type_id", "queue", "shuffle"),
    Index("ix_label_queue_label", "plot_type_id", "queue", "label_id", "user"),
    Index("ix_label_queue_run", "plot_type_id", "queue", "run_number", "taken_at", "plot_id"),
    Index(
        "ix_label_queue_period",
        "plot_type_id",
        "label_id",
        "run_period",
        "run_number",
        sqlite_where=sa.text("queue = 'every'"),
        postgresql_where=sa.text("queue = 'every'"),
    ),
    Index("ix_label_queue_confidence", "plot_type_id", "queue", "confidence", "taken_at", "plot_id"),
    sqlite_with_rowid=False,
)

label_claims = Table(
    "label_claims",
    col.metadata,
    Column("plot_id", col.BigId, ForeignKey("plots.id"), primary_key=True),
    col.text("user"),
    col.text("station"),
    col.at("until"),
    Index("ix_label_claims_holder", "user", "station"),
)

label_suspects = Table(
    "label_suspects",
    col.metadata,
    Column("given_id", col.BigId, ForeignKey("given_labels.id"), primary_key=True),
    col.to("plots", "plot_id", index=True),
    col.to("models", "model_id", index=True),  # whose training found it
    col.real("quality"),  # how well the label agrees with the other plots' labels, 0..1
    col.to("labels", "suggested_id"),
)

model_mistakes = Table(
    "model_mistakes",
    col.metadata,
    Column("given_id", col.BigId, ForeignKey("given_labels.id"), primary_key=True),
    col.to("plots", "plot_id", index=True),
    col.to("models", "model_id", index=True),  # that said otherwise of the plot when its training held it out
    col.real("quality"),  # the probability that it gave the label, 0..1
    col.to("labels", "suggested_id"),  # what it said
)

contests = Table(
    "contests",
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id"),
    col.to("plots", "plot_id", index=True),
    col.to("verdicts", "verdict_id"),
    col.to("labels", "label_id"),  # what it should be
    col.text("comment"),
    col.text("user"),
    col.text("station"),
    col.at(),
    col.at("taken_back_at", nullable=True),
    col.text("taken_back_by", nullable=True),
    Index(
        "ix_contests_open",
        "hall_id",
        "id",
        sqlite_where=sa.text("taken_back_at IS NULL"),
        postgresql_where=sa.text("taken_back_at IS NULL"),
    ),
)
