"""Conditions of plot types, and how familiar each plot was to its model."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment, is_open = sa.DateTime(timezone=True), sa.text("ended_at IS NULL")
    op.create_table(
        "conditions",
        sa.Column("id", big, nullable=False),
        sa.Column("hall_id", big, nullable=False),
        sa.Column("plot_type_id", big, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("first_plot_id", big, nullable=False),
        sa.Column("begins_period", sa.Boolean(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("told_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.Column("why_ended", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name="fk_conditions_hall_id"),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name="fk_conditions_plot_type_id"),
        sa.ForeignKeyConstraint(["first_plot_id"], ["plots.id"], name="fk_conditions_first_plot_id"),
        sa.PrimaryKeyConstraint("id", name="pk_conditions"),
    )
    op.create_index(
        "uq_conditions_open",
        "conditions",
        ["plot_type_id", "kind"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_index("ix_conditions_open", "conditions", ["hall_id"], sqlite_where=is_open, postgresql_where=is_open)
    op.create_index("ix_conditions_newest", "conditions", ["plot_type_id", "id"])
    op.create_table(
        "familiarities",
        sa.Column("verdict_id", big, nullable=False),
        sa.Column("novelty", sa.Double(), nullable=False),
        sa.Column("nearest", sa.LargeBinary(), nullable=False),
        sa.Column("deviation", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name="fk_familiarities_verdict_id"),
        sa.PrimaryKeyConstraint("verdict_id", name="pk_familiarities"),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("familiarities")
    op.drop_table("conditions")
