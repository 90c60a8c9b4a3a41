"""Labeling: decisions that can be taken back, queues, who works on what, suspect labels."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "label_actions",
        sa.Column("id", big, nullable=False),
        sa.Column("hall_id", big, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("session_id", big, nullable=True),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("labels", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("taken_ms", sa.Integer(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("undone_at", moment, nullable=True),
        sa.Column("gone", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name="fk_label_actions_hall_id"),
        sa.PrimaryKeyConstraint("id", name="pk_label_actions"),
        sa.UniqueConstraint("key", name="uq_label_actions_key"),
    )
    op.create_index("ix_label_actions_of_user", "label_actions", ["hall_id", "user", "station", "id"])
    op.create_index("ix_label_actions_session_id", "label_actions", ["session_id"])
    op.create_table(
        "label_skips",
        sa.Column("plot_id", big, nullable=False),
        sa.Column("action_id", big, nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("session_id", big, nullable=False),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name="fk_label_skips_plot_id"),
        sa.ForeignKeyConstraint(["action_id"], ["label_actions.id"], name="fk_label_skips_action_id"),
        sa.PrimaryKeyConstraint("plot_id", "action_id", name="pk_label_skips"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_label_skips_action_id", "label_skips", ["action_id"])
    op.create_index("ix_label_skips_session_id", "label_skips", ["session_id"])
    op.create_table(
        "label_queue",
        sa.Column("plot_type_id", big, nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("taken_at", moment, nullable=False),
        sa.Column("plot_id", big, nullable=False),
        sa.Column("run_period", sa.Text(), nullable=False),
        sa.Column("run_number", big, nullable=False),
        sa.Column("shuffle", big, nullable=False),
        sa.Column("guess_id", big, nullable=True),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("label_id", big, nullable=True),
        sa.Column("user", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name="fk_label_queue_plot_type_id"),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name="fk_label_queue_plot_id"),
        sa.ForeignKeyConstraint(["guess_id"], ["labels.id"], name="fk_label_queue_guess_id"),
        sa.ForeignKeyConstraint(["label_id"], ["labels.id"], name="fk_label_queue_label_id"),
        sa.PrimaryKeyConstraint("plot_type_id", "queue", "taken_at", "plot_id", name="pk_label_queue"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_label_queue_plot_id", "label_queue", ["plot_id"])
    of_queue = ["plot_type_id", "queue"]
    op.create_index("ix_label_queue_shuffle", "label_queue", [*of_queue, "shuffle"])
    op.create_index("ix_label_queue_label", "label_queue", [*of_queue, "label_id", "user"])
    op.create_index("ix_label_queue_run", "label_queue", [*of_queue, "run_number", "taken_at", "plot_id"])
    op.create_index("ix_label_queue_confidence", "label_queue", [*of_queue, "confidence", "taken_at", "plot_id"])
    op.create_table(
        "label_claims",
        sa.Column("plot_id", big, nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name="fk_label_claims_plot_id"),
        sa.PrimaryKeyConstraint("plot_id", name="pk_label_claims"),
    )
    op.create_index("ix_label_claims_holder", "label_claims", ["user", "station"])
    with op.batch_alter_table("given_labels") as batch:
        batch.add_column(sa.Column("note", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("action_id", big, nullable=True))
        batch.create_foreign_key("fk_given_labels_action_id", "label_actions", ["action_id"], ["id"])
        batch.create_index("ix_given_labels_action_id", ["action_id"])
    op.create_table(
        "label_suspects",
        sa.Column("given_id", big, nullable=False),
        sa.Column("plot_id", big, nullable=False),
        sa.Column("model_id", big, nullable=False),
        sa.Column("quality", sa.Double(), nullable=False),
        sa.Column("suggested_id", big, nullable=False),
        sa.ForeignKeyConstraint(["given_id"], ["given_labels.id"], name="fk_label_suspects_given_id"),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name="fk_label_suspects_plot_id"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_label_suspects_model_id"),
        sa.ForeignKeyConstraint(["suggested_id"], ["labels.id"], name="fk_label_suspects_suggested_id"),
        sa.PrimaryKeyConstraint("given_id", name="pk_label_suspects"),
    )
    op.create_index("ix_label_suspects_plot_id", "label_suspects", ["plot_id"])
    op.create_index("ix_label_suspects_model_id", "label_suspects", ["model_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("label_suspects")
    with op.batch_alter_table("given_labels") as batch:
        batch.drop_index("ix_given_labels_action_id")
        batch.drop_constraint("fk_given_labels_action_id", type_="foreignkey")
        batch.drop_column("action_id")
        batch.drop_column("note")
    for name in ("label_claims", "label_queue", "label_skips", "label_actions"):
        op.drop_table(name)
