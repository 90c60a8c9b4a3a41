"""References are confirmed or proposed and can be revoked; plots know of the beam and are found by run period."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("plot_references", sa.Column("state", sa.Text(), nullable=False, server_default="confirmed"))
    op.add_column("plot_references", sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("plot_references", sa.Column("revoked_by", sa.Text(), nullable=True))
    op.add_column("plots", sa.Column("beam_on", sa.Boolean(), nullable=True))
    op.create_index("ix_plots_period", "plots", ["plot_type_id", "run_period", "run_number", "taken_at"])


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_plots_period", "plots")
    op.drop_column("plots", "beam_on")
    for name in ("revoked_by", "revoked_at", "state"):
        op.drop_column("plot_references", name)
