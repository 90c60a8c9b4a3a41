"""Training jobs, and labels counted by which they are and since when."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_OPEN = sa.text("state IN ('waiting', 'running')")
_RUNNING = sa.text("state = 'running'")


def upgrade() -> None:
    """Go to this revision."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "training_jobs",
        sa.Column("id", big, nullable=False),
        sa.Column("hall_id", big, nullable=False),
        sa.Column("plot_type_id", big, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("started_at", moment, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("fraction", sa.Double(), nullable=False),
        sa.Column("left_s", sa.Double(), nullable=True),
        sa.Column("runs_on", sa.Text(), nullable=False),
        sa.Column("fencing", big, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("wish_user", sa.Text(), nullable=False),
        sa.Column("wish_station", sa.Text(), nullable=False),
        sa.Column("wish_at", moment, nullable=True),
        sa.Column("model_id", big, nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("curves", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name="fk_training_jobs_hall_id"),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name="fk_training_jobs_plot_type_id"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_training_jobs_model_id"),
        sa.PrimaryKeyConstraint("id", name="pk_training_jobs"),
    )
    op.create_index(
        "ix_training_jobs_open", "training_jobs", ["hall_id", "id"], sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_index(
        "uq_training_jobs_running",
        "training_jobs",
        ["hall_id"],
        unique=True,
        sqlite_where=_RUNNING,
        postgresql_where=_RUNNING,
    )
    op.create_index("ix_training_jobs_ended", "training_jobs", ["hall_id", "ended_at"])
    op.create_index("ix_given_labels_counted", "given_labels", ["label_id", "id", "plot_id", "accepted", "withdrawn"])


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_given_labels_counted", "given_labels")
    op.drop_table("training_jobs")
