"""Open alarms are found without reading all that ever were."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    is_open = sa.text("state <> 'normal'")
    op.create_index(
        "ix_alarms_open", "alarms", ["hall_id", "raised_at"], sqlite_where=is_open, postgresql_where=is_open
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_alarms_open", "alarms")
