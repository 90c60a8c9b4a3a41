"""Indexes for the wall as it was at another time, and for a run or chunk of all plot types."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    for name, columns in (
        ("ix_plots_stream", ["plot_type_id", "pad", "taken_at", "id"]),
        ("ix_plots_run", ["hall_id", "run_period", "run_number", "chunk"]),
    ):
        op.create_index(name, "plots", columns, sqlite_where=sa.text("live = 1"), postgresql_where=sa.text("live"))
    raised = sa.text("from_state = 'normal'")
    op.create_index("ix_alarm_log_raised", "alarm_log", ["at"], sqlite_where=raised, postgresql_where=raised)
    op.drop_index("ix_episodes_stream", "episodes")
    op.create_index("ix_episodes_stream", "episodes", ["plot_type_id", "pad", "started_at", "id"])


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_episodes_stream", "episodes")
    op.create_index("ix_episodes_stream", "episodes", ["plot_type_id", "pad", "id"])
    op.drop_index("ix_alarm_log_raised", "alarm_log")
    op.drop_index("ix_plots_run", "plots")
    op.drop_index("ix_plots_stream", "plots")
