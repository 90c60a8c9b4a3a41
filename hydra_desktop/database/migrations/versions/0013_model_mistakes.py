"""Held-out plots that a training told wrong wait in a queue of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "model_mistakes",
        sa.Column("given_id", big, nullable=False),
        sa.Column("plot_id", big, nullable=False),
        sa.Column("model_id", big, nullable=False),
        sa.Column("quality", sa.Double(), nullable=False),
        sa.Column("suggested_id", big, nullable=False),
        sa.ForeignKeyConstraint(["given_id"], ["given_labels.id"], name="fk_model_mistakes_given_id"),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name="fk_model_mistakes_plot_id"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_model_mistakes_model_id"),
        sa.ForeignKeyConstraint(["suggested_id"], ["labels.id"], name="fk_model_mistakes_suggested_id"),
        sa.PrimaryKeyConstraint("given_id", name="pk_model_mistakes"),
    )
    op.create_index("ix_model_mistakes_plot_id", "model_mistakes", ["plot_id"])
    op.create_index("ix_model_mistakes_model_id", "model_mistakes", ["model_id"])


def downgrade() -> None:
    """Go back."""
    op.execute("DELETE FROM label_queue WHERE queue = 'mistake'")
    op.drop_index("ix_model_mistakes_model_id", "model_mistakes")
    op.drop_index("ix_model_mistakes_plot_id", "model_mistakes")
    op.drop_table("model_mistakes")
