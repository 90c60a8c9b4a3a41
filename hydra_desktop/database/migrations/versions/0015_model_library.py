"""The library: activations that say why and in spite of what, sets of models, models in shadow."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_SHADOW: dict[str, Any] = {"sqlite_where": sa.text("shadow = 1"), "postgresql_where": sa.text("shadow")}
_RUNNING: dict[str, Any] = {
    "sqlite_where": sa.text("ended_at IS NULL"),
    "postgresql_where": sa.text("ended_at IS NULL"),
}
_ACTIVATIONS = "model_activations"
_OF_A_VERDICT = ("probabilities", "evidence", "familiarities", "stage_timings")


def upgrade() -> None:
    """Go to this revision."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "model_sets",
        sa.Column("id", big, nullable=False),
        sa.Column("hall_id", big, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("run_period", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name="fk_model_sets_hall_id"),
        sa.PrimaryKeyConstraint("id", name="pk_model_sets"),
        sa.UniqueConstraint("hall_id", "name", name="uq_model_sets_hall_id_name"),
    )
    op.create_table(
        "model_set_members",
        sa.Column("set_id", big, nullable=False),
        sa.Column("plot_type_id", big, nullable=False),
        sa.Column("model_id", big, nullable=False),
        sa.ForeignKeyConstraint(["set_id"], ["model_sets.id"], name="fk_model_set_members_set_id"),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name="fk_model_set_members_plot_type_id"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_model_set_members_model_id"),
        sa.PrimaryKeyConstraint("set_id", "plot_type_id", name="pk_model_set_members"),
    )
    op.create_table(
        "model_set_activations",
        sa.Column("id", big, nullable=False),
        sa.Column("set_id", big, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["set_id"], ["model_sets.id"], name="fk_model_set_activations_set_id"),
        sa.PrimaryKeyConstraint("id", name="pk_model_set_activations"),
    )
    op.create_index("ix_model_set_activations_set_id", "model_set_activations", ["set_id"])
    op.create_table(
        "shadow_models",
        sa.Column("id", big, nullable=False),
        sa.Column("plot_type_id", big, nullable=False),
        sa.Column("model_id", big, nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name="fk_shadow_models_plot_type_id"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_shadow_models_model_id"),
        sa.PrimaryKeyConstraint("id", name="pk_shadow_models"),
    )
    op.create_index("ix_shadow_models_model_id", "shadow_models", ["model_id"])
    op.create_index("uq_shadow_models_running", "shadow_models", ["plot_type_id"], unique=True, **_RUNNING)
    with op.batch_alter_table(_ACTIVATIONS) as batch:
        batch.alter_column("model_id", existing_type=big, nullable=True)
        for name, default in (("station", ""), ("kind", "activated"), ("comment", ""), ("in_spite_of", "")):
            batch.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=default))
        for name, to in (("before_id", "models"), ("set_activation_id", "model_set_activations")):
            batch.add_column(sa.Column(name, big, nullable=True))
            batch.create_foreign_key(f"fk_{_ACTIVATIONS}_{name}", to, [name], ["id"])
        batch.create_index(f"ix_{_ACTIVATIONS}_set_activation_id", ["set_activation_id"])
    op.execute(
        "UPDATE model_activations SET before_id = (SELECT earlier.model_id FROM model_activations AS earlier "
        "WHERE earlier.plot_type_id = model_activations.plot_type_id AND earlier.id < model_activations.id "
        "ORDER BY earlier.id DESC LIMIT 1)"
    )
    op.add_column("verdicts", sa.Column("shadow", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_verdicts_shadow", "verdicts", ["model_id", "decided_at"], **_SHADOW)


def downgrade() -> None:
    """Go back: what models on trial said goes, of activations those stay that weren't taken back.

    That there was no model for a time is forgotten.
    """
    for name in _OF_A_VERDICT:  # a former program would take them for guesses
        op.execute(sa.delete(sa.table(name)).where(sa.text("verdict_id IN (SELECT id FROM verdicts WHERE shadow)")))
    op.execute("DELETE FROM verdicts WHERE shadow")
    op.drop_index("ix_verdicts_shadow", "verdicts")
    op.drop_column("verdicts", "shadow")
    _forget_what_was_taken_back()
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    with op.batch_alter_table(_ACTIVATIONS) as batch:
        batch.drop_index(f"ix_{_ACTIVATIONS}_set_activation_id")
        for name in ("before_id", "set_activation_id"):
            batch.drop_constraint(f"fk_{_ACTIVATIONS}_{name}", type_="foreignkey")
            batch.drop_column(name)
        for name in ("station", "kind", "comment", "in_spite_of"):
            batch.drop_column(name)
        batch.alter_column("model_id", existing_type=big, nullable=False)
    for name in ("shadow_models", "model_set_activations", "model_set_members", "model_sets"):
        op.drop_table(name)


def _forget_what_was_taken_back() -> None:
    """Leave of each plot type the activations one after the other that led to what is live."""
    connection = op.get_bind()
    a = sa.table(_ACTIVATIONS, *(sa.column(name) for name in ("id", "plot_type_id", "model_id", "kind")))
    standing: dict[int, list[tuple[int, int | None]]] = {}
    rows = connection.execute(sa.select(a.c.id, a.c.plot_type_id, a.c.model_id, a.c.kind).order_by(a.c.id)).all()
    for id_, type_id, model_id, kind in rows:
        stack = standing.setdefault(type_id, [])
        if kind == "rolled back":
            del stack[-1:]
        else:
            stack.append((id_, model_id))
    kept: set[int] = set()
    for stack in standing.values():
        before = None
        for id_, model_id in stack:
            if model_id not in (None, before):
                kept.add(id_)
                before = model_id
    gone = [{"gone": row.id} for row in rows if row.id not in kept]
    if gone:
        connection.execute(sa.delete(a).where(a.c.id == sa.bindparam("gone")), gone)
