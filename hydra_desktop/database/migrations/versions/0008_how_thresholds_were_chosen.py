"""Thresholds tell how they were chosen; until now there was one way."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("thresholds", sa.Column("chosen", sa.Text(), nullable=False, server_default="best F1"))


def downgrade() -> None:
    """Go back."""
    op.drop_column("thresholds", "chosen")
