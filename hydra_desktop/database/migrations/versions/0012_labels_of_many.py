"""The first plots of a label in a run period are found in an index; what is taken back has a name."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_EVERY = sa.text("queue = 'every'")


def upgrade() -> None:
    """Go to this revision."""
    op.create_index(
        "ix_label_queue_period",
        "label_queue",
        ["plot_type_id", "label_id", "run_period", "run_number"],
        sqlite_where=_EVERY,
        postgresql_where=_EVERY,
    )
    op.add_column("label_actions", sa.Column("turned_by", sa.Text(), nullable=True))
    op.create_index("ix_label_actions_turned_by", "label_actions", ["turned_by"], unique=True)


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_label_actions_turned_by", "label_actions")
    op.drop_column("label_actions", "turned_by")
    op.drop_index("ix_label_queue_period", "label_queue")
