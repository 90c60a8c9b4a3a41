"""Features of pictures are kept, so that training computes none twice."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "features",
        sa.Column("backbone", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("pooled", sa.LargeBinary(), nullable=False),
        sa.Column("parts", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("backbone", "content_hash", name=op.f("pk_features")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("features")
