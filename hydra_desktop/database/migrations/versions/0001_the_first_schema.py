"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "halls",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source_folder", sa.Text(), nullable=False),
        sa.Column("name_pattern", sa.Text(), nullable=False),
        sa.Column("beam_file", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_halls")),
        sa.UniqueConstraint("name", name=op.f("uq_halls_name")),
    )
    op.create_table(
        "changes",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("hall_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name=op.f("fk_changes_hall_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.create_index("ix_changes_hall", ["hall_id", "position"], unique=False)

    op.create_table(
        "counters",
        sa.Column("hall_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name=op.f("fk_counters_hall_id")),
        sa.PrimaryKeyConstraint("hall_id", "name", name=op.f("pk_counters")),
    )
    op.create_table(
        "files_seen",
        sa.Column("hall_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("relative", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified_ns", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name=op.f("fk_files_seen_hall_id")),
        sa.PrimaryKeyConstraint("hall_id", "relative", name=op.f("pk_files_seen")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "hall_history",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hall_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name=op.f("fk_hall_history_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_history")),
    )
    with op.batch_alter_table("hall_history", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hall_history_hall_id"), ["hall_id"], unique=False)

    op.create_table(
        "heartbeats",
        sa.Column("hall_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queue_length", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name=op.f("fk_heartbeats_hall_id")),
        sa.PrimaryKeyConstraint("hall_id", "kind", "station", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "news",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hall_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name=op.f("fk_news_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news")),
    )
    with op.batch_alter_table("news", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_news_hall_id"), ["hall_id"], unique=False)

    op.create_table(
        "plot_types",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hall_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("chunked", sa.Boolean(), nullable=False),
        sa.Column("alarm_k", sa.Integer(), nullable=False),
        sa.Column("alarm_n", sa.Integer(), nullable=False),
        sa.Column("age_limit_s", sa.Double(), nullable=False),
        sa.Column("stale_after_s", sa.Double(), nullable=False),
        sa.Column("collect_percent", sa.Double(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("guidance", sa.Text(), nullable=False),
        sa.Column("ignored", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name=op.f("fk_plot_types_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plot_types")),
        sa.UniqueConstraint("hall_id", "name", name=op.f("uq_plot_types_hall_id_name")),
    )
    op.create_table(
        "problems",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hall_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name=op.f("fk_problems_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problems")),
        sa.UniqueConstraint("hall_id", "name", "message", name=op.f("uq_problems_hall_id_name_message")),
    )
    with op.batch_alter_table("problems", schema=None) as batch_op:
        batch_op.create_index("ix_problems_newest", ["hall_id", "last_at"], unique=False)

    op.create_table(
        "run_states",
        sa.Column("hall_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_number", sa.Integer(), nullable=True),
        sa.Column("run_period", sa.Text(), nullable=False),
        sa.Column("beam_on", sa.Boolean(), nullable=True),
        sa.Column("beam_current_na", sa.Double(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name=op.f("fk_run_states_hall_id")),
        sa.PrimaryKeyConstraint("hall_id", name=op.f("pk_run_states")),
    )
    op.create_table(
        "source_leases",
        sa.Column("hall_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("fencing", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name=op.f("fk_source_leases_hall_id")),
        sa.PrimaryKeyConstraint("hall_id", "source", name=op.f("pk_source_leases")),
    )
    op.create_table(
        "stations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hall_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name=op.f("fk_stations_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stations")),
        sa.UniqueConstraint("hall_id", "name", name=op.f("uq_stations_hall_id_name")),
    )
    op.create_table(
        "labels",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plot_type_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name=op.f("fk_labels_plot_type_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labels")),
        sa.UniqueConstraint("plot_type_id", "name", name=op.f("uq_labels_plot_type_id_name")),
    )
    op.create_table(
        "models",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plot_type_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("card", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name=op.f("fk_models_plot_type_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
    )
    with op.batch_alter_table("models", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_models_plot_type_id"), ["plot_type_id"], unique=False)

    op.create_table(
        "plot_references",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plot_type_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_period", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name=op.f("fk_plot_references_plot_type_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plot_references")),
    )
    with op.batch_alter_table("plot_references", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plot_references_plot_type_id"), ["plot_type_id"], unique=False)

    op.create_table(
        "plots",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hall_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plot_type_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pad", sa.Text(), nullable=False),
        sa.Column("run_period", sa.Text(), nullable=False),
        sa.Column("run_number", sa.Integer(), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at_is_file_time", sa.Boolean(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("origin_key", sa.Text(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name=op.f("fk_plots_hall_id")),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name=op.f("fk_plots_plot_type_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plots")),
        sa.UniqueConstraint("hall_id", "origin_key", name=op.f("uq_plots_hall_id_origin_key")),
    )
    with op.batch_alter_table("plots", schema=None) as batch_op:
        batch_op.create_index("ix_plots_chunk", ["plot_type_id", "run_number", "chunk"], unique=False)
        batch_op.create_index("ix_plots_content_hash", ["content_hash"], unique=False)
        batch_op.create_index("ix_plots_newest", ["plot_type_id", "taken_at", "id"], unique=False)

    op.create_table(
        "active_models",
        sa.Column("plot_type_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_active_models_model_id")),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name=op.f("fk_active_models_plot_type_id")),
        sa.PrimaryKeyConstraint("plot_type_id", name=op.f("pk_active_models")),
    )
    op.create_table(
        "episodes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hall_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plot_type_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pad", sa.Text(), nullable=False),
        sa.Column("label_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_plot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last_plot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plots", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["first_plot_id"], ["plots.id"], name=op.f("fk_episodes_first_plot_id")),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name=op.f("fk_episodes_hall_id")),
        sa.ForeignKeyConstraint(["label_id"], ["labels.id"], name=op.f("fk_episodes_label_id")),
        sa.ForeignKeyConstraint(["last_plot_id"], ["plots.id"], name=op.f("fk_episodes_last_plot_id")),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name=op.f("fk_episodes_plot_type_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episodes")),
    )
    with op.batch_alter_table("episodes", schema=None) as batch_op:
        batch_op.create_index("ix_episodes_stream", ["plot_type_id", "pad", "id"], unique=False)

    op.create_table(
        "given_labels",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("label_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("taken_ms", sa.Integer(), nullable=True),
        sa.Column("guess_visible", sa.Boolean(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["label_id"], ["labels.id"], name=op.f("fk_given_labels_label_id")),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name=op.f("fk_given_labels_plot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_given_labels")),
    )
    with op.batch_alter_table("given_labels", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_given_labels_plot_id"), ["plot_id"], unique=False)

    op.create_table(
        "model_activations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plot_type_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_model_activations_model_id")),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name=op.f("fk_model_activations_plot_type_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_activations")),
    )
    with op.batch_alter_table("model_activations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_model_activations_plot_type_id"), ["plot_type_id"], unique=False)

    op.create_table(
        "model_files",
        sa.Column("model_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_model_files_model_id")),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_model_files")),
    )
    op.create_table(
        "plot_reference_plots",
        sa.Column("reference_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name=op.f("fk_plot_reference_plots_plot_id")),
        sa.ForeignKeyConstraint(
            ["reference_id"], ["plot_references.id"], name=op.f("fk_plot_reference_plots_reference_id")
        ),
        sa.PrimaryKeyConstraint("reference_id", "plot_id", name=op.f("pk_plot_reference_plots")),
    )
    op.create_table(
        "thresholds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("label_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["label_id"], ["labels.id"], name=op.f("fk_thresholds_label_id")),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_thresholds_model_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thresholds")),
    )
    with op.batch_alter_table("thresholds", schema=None) as batch_op:
        batch_op.create_index("ix_thresholds_newest", ["model_id", "label_id", "id"], unique=False)

    op.create_table(
        "verdicts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("label_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("fault_score", sa.Double(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["label_id"], ["labels.id"], name=op.f("fk_verdicts_label_id")),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_verdicts_model_id")),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name=op.f("fk_verdicts_plot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdicts")),
    )
    with op.batch_alter_table("verdicts", schema=None) as batch_op:
        batch_op.create_index("ix_verdicts_plot_id", ["plot_id"], unique=False)
        batch_op.create_index(
            "uq_verdicts_live",
            ["plot_id"],
            unique=True,
            sqlite_where=sa.text("live = 1"),
            postgresql_where=sa.text("live"),
        )

    op.create_table(
        "alarms",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hall_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plot_type_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pad", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("plot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("verdict_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name=op.f("fk_alarms_hall_id")),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name=op.f("fk_alarms_plot_id")),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name=op.f("fk_alarms_plot_type_id")),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_alarms_verdict_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.create_index("ix_alarms_changed", ["hall_id", "changed_at"], unique=False)
        batch_op.create_index(
            "uq_alarms_open",
            ["plot_type_id", "pad"],
            unique=True,
            sqlite_where=sa.text("state <> 'normal'"),
            postgresql_where=sa.text("state <> 'normal'"),
        )

    op.create_table(
        "evidence",
        sa.Column("verdict_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("maps", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_evidence_verdict_id")),
        sa.PrimaryKeyConstraint("verdict_id", name=op.f("pk_evidence")),
    )
    op.create_table(
        "panels",
        sa.Column("hall_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plot_type_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pad", sa.Text(), nullable=False),
        sa.Column("plot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("verdict_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("episode_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["episode_id"], ["episodes.id"], name=op.f("fk_panels_episode_id")),
        sa.ForeignKeyConstraint(["hall_id"], ["halls.id"], name=op.f("fk_panels_hall_id")),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name=op.f("fk_panels_plot_id")),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name=op.f("fk_panels_plot_type_id")),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_panels_verdict_id")),
        sa.PrimaryKeyConstraint("hall_id", "plot_type_id", "pad", name=op.f("pk_panels")),
    )
    op.create_table(
        "probabilities",
        sa.Column("model_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("label_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("verdict_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["label_id"], ["labels.id"], name=op.f("fk_probabilities_label_id")),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_probabilities_model_id")),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_probabilities_verdict_id")),
        sa.PrimaryKeyConstraint("model_id", "label_id", "verdict_id", name=op.f("pk_probabilities")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("probabilities", schema=None) as batch_op:
        batch_op.create_index("ix_probabilities_verdict_id", ["verdict_id"], unique=False)

    op.create_table(
        "stage_timings",
        sa.Column("verdict_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("read_ms", sa.Double(), nullable=False),
        sa.Column("decode_ms", sa.Double(), nullable=False),
        sa.Column("save_ms", sa.Double(), nullable=False),
        sa.Column("classify_ms", sa.Double(), nullable=False),
        sa.Column("store_ms", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_stage_timings_verdict_id")),
        sa.PrimaryKeyConstraint("verdict_id", name=op.f("pk_stage_timings")),
    )
    op.create_table(
        "alarm_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alarm_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("plot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarms.id"], name=op.f("fk_alarm_log_alarm_id")),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name=op.f("fk_alarm_log_plot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_log")),
    )
    with op.batch_alter_table("alarm_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alarm_log_alarm_id"), ["alarm_id"], unique=False)


def downgrade() -> None:
    """Go back to the revision before."""
    with op.batch_alter_table("alarm_log", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alarm_log_alarm_id"))

    op.drop_table("alarm_log")
    op.drop_table("stage_timings")
    with op.batch_alter_table("probabilities", schema=None) as batch_op:
        batch_op.drop_index("ix_probabilities_verdict_id")

    op.drop_table("probabilities")
    op.drop_table("panels")
    op.drop_table("evidence")
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_alarms_open", sqlite_where=sa.text("state <> 'normal'"), postgresql_where=sa.text("state <> 'normal'")
        )
        batch_op.drop_index("ix_alarms_changed")

    op.drop_table("alarms")
    with op.batch_alter_table("verdicts", schema=None) as batch_op:
        batch_op.drop_index("uq_verdicts_live", sqlite_where=sa.text("live = 1"), postgresql_where=sa.text("live"))
        batch_op.drop_index("ix_verdicts_plot_id")

    op.drop_table("verdicts")
    with op.batch_alter_table("thresholds", schema=None) as batch_op:
        batch_op.drop_index("ix_thresholds_newest")

    op.drop_table("thresholds")
    op.drop_table("plot_reference_plots")
    op.drop_table("model_files")
    with op.batch_alter_table("model_activations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_model_activations_plot_type_id"))

    op.drop_table("model_activations")
    with op.batch_alter_table("given_labels", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_given_labels_plot_id"))

    op.drop_table("given_labels")
    with op.batch_alter_table("episodes", schema=None) as batch_op:
        batch_op.drop_index("ix_episodes_stream")

    op.drop_table("episodes")
    op.drop_table("active_models")
    with op.batch_alter_table("plots", schema=None) as batch_op:
        batch_op.drop_index("ix_plots_newest")
        batch_op.drop_index("ix_plots_content_hash")
        batch_op.drop_index("ix_plots_chunk")

    op.drop_table("plots")
    with op.batch_alter_table("plot_references", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plot_references_plot_type_id"))

    op.drop_table("plot_references")
    with op.batch_alter_table("models", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_models_plot_type_id"))

    op.drop_table("models")
    op.drop_table("labels")
    op.drop_table("stations")
    op.drop_table("source_leases")
    op.drop_table("run_states")
    with op.batch_alter_table("problems", schema=None) as batch_op:
        batch_op.drop_index("ix_problems_newest")

    op.drop_table("problems")
    op.drop_table("plot_types")
    with op.batch_alter_table("news", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_news_hall_id"))

    op.drop_table("news")
    op.drop_table("heartbeats")
    with op.batch_alter_table("hall_history", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hall_history_hall_id"))

    op.drop_table("hall_history")
    op.drop_table("files_seen")
    op.drop_table("counters")
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.drop_index("ix_changes_hall")

    op.drop_table("changes")
    op.drop_table("halls")
