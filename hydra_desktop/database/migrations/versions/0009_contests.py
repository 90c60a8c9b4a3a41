"""Verdicts that people contest, and where a hall's logbook entries go."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment, stands = sa.DateTime(timezone=True), sa.text("taken_back_at IS NULL")
    op.create_table(
        "contests",
        sa.Column("id", big, nullable=False),
        sa.Column("hall_id", big, nullable=False),
        sa.Column("plot_id", big, nullable=False),
        sa.Column("verdict_id", big, nullable=False),
        sa.Column("label_id", big, nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("taken_back_at", moment, nullable=True),
        sa.Column("taken_back_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name="fk_contests_hall_id"),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name="fk_contests_plot_id"),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name="fk_contests_verdict_id"),
        sa.ForeignKeyConstraint(["label_id"], ["labels.id"], name="fk_contests_label_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contests"),
    )
    op.create_index("ix_contests_plot_id", "contests", ["plot_id"])
    op.create_index("ix_contests_open", "contests", ["hall_id", "id"], sqlite_where=stands, postgresql_where=stands)
    op.add_column("halls", sa.Column("logbook_folder", sa.Text(), nullable=False, server_default=""))
    op.add_column("halls", sa.Column("logbook_command", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    """Go back."""
    op.drop_column("halls", "logbook_command")
    op.drop_column("halls", "logbook_folder")
    op.drop_table("contests")
