"""The tables.

How a million verdicts stay off the wall's way: the wall reads `panels`, one row a stream with
the newest plot, verdict and episode, and follows `changes`; it never counts or sorts verdicts.
`conditions` holds what is so of a plot type as a whole, `counters` the totals. A history strip
reads `plots` backwards on (plot_type_id, taken_at).

`label_queue` holds in which queues a plot waits for a person, worked out anew whenever something of
it changed, with what queues are filtered by: a page of a hundred is one range of it.

A replay under another threshold reads `probabilities`, clustered by model and label: one
contiguous range for each label of a model, and plain rows for a dashboard's SQL.

The wall as it was at another time asks each stream for its last plot until then (ix_plots_stream),
and a run or chunk for its end (ix_plots_run).

A verdict is `live`, or beside it: a guess for labeling, or of a model in `shadow`, which nothing but its
comparison reads. `active_models` says what is live now, `model_activations` how that came, and in spite of what.

`changes` is the change feed; its positions are given in the order of commits (feed.py).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A moment in UTC: aware in Python, timestamptz in PostgreSQL, plain text in SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse a naive moment; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Give back an aware moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class OutsideText(sa.TypeDecorator[str]):
    """Text that may come from outside: what no database takes is written as its escape.

    That is half a surrogate pair, which stands in Python for a byte of a file name that isn't
    UTF-8, and NUL, which PostgreSQL refuses. A search for such a text finds it.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """Escape what can't be stored."""
        return None if value is None else storable(value)


def storable(text: str) -> str:
    """The text as the database keeps it."""
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _id() -> Column[int]:
    return Column("id", _BigId, primary_key=True)


def _to(table: str, name: str, **options: Any) -> Column[int]:
    options.setdefault("nullable", False)
    return Column(name, _BigId, ForeignKey(f"{table}.id"), **options)


def _text(name: str, **options: Any) -> Column[str]:
    options.setdefault("nullable", False)
    return Column(name, OutsideText, **options)


def _at(name: str = "at", **options: Any) -> Column[datetime]:
    options.setdefault("nullable", False)
    return Column(name, UtcDateTime, **options)


def _float(name: str, **options: Any) -> Column[float]:
    options.setdefault("nullable", False)
    return Column(name, sa.Double, **options)


def _int(name: str, **options: Any) -> Column[int]:
    options.setdefault("nullable", False)
    return Column(name, sa.Integer, **options)


def _long(name: str, **options: Any) -> Column[int]:
    options.setdefault("nullable", False)
    return Column(name, _BigId, **options)


def _bool(name: str, **options: Any) -> Column[bool]:
    options.setdefault("nullable", False)
    return Column(name, sa.Boolean, **options)


halls = Table(
    "halls",
    metadata,
    _id(),
    _text("name", unique=True),
    _text("source_folder"),
    _text("name_pattern"),
    _text("beam_file"),
    _text("logbook_folder", server_default=""),
    Column("logbook_command", sa.JSON, nullable=False, server_default="[]"),  # words of a command
    Column("alarm_settings", sa.JSON, nullable=False, server_default="{}"),  # those that aren't the defaults
    Column("run_pvs", sa.JSON, nullable=False, server_default="{}"),  # EPICS variables that are named
)

hall_history = Table(
    "hall_history",
    metadata,
    _id(),
    _to("halls", "hall_id", index=True),
    _at(),
    _text("user"),
    _text("comment"),
    Column("changes", sa.JSON, nullable=False),
)

plot_types = Table(
    "plot_types",
    metadata,
    _id(),
    _to("halls", "hall_id"),
    _text("name"),
    _text("group_name"),
    _bool("chunked"),
    _int("alarm_k"),
    _int("alarm_n"),
    _float("alarm_on_delay_s", server_default="0"),
    _float("alarm_off_delay_s", server_default="0"),
    _float("alarm_hysteresis", server_default="0"),
    _bool("alarm_latches", server_default=sa.false()),
    _bool("alarm_once_per_run", server_default=sa.false()),
    _int("alarm_unfamiliar", nullable=True),  # a severity; none: the highest of the faulty labels
    _float("age_limit_s"),
    _float("stale_after_s"),
    _float("collect_percent"),
    _text("contact"),
    _text("guidance"),
    _bool("ignored"),
    UniqueConstraint("hall_id", "name"),
)

labels = Table(
    "labels",
    metadata,
    _id(),
    _to("plot_types", "plot_type_id"),
    _text("name"),
    _int("position"),
    _text("role"),
    _int("severity"),
    _text("colour"),
    _text("key"),
    _bool("valid"),  # a label that was taken out of the valid set stays for what carries it
    UniqueConstraint("plot_type_id", "name"),
)

plots = Table(
    "plots",
    metadata,
    _id(),
    _to("halls", "hall_id"),
    _to("plot_types", "plot_type_id"),
    _text("pad"),
    _text("run_period"),
    _long("run_number"),
    _long("chunk", nullable=True),  # some sites count chunks by the time, 20211123101500
    _int("revision"),
    _text("content_hash"),
    _at("taken_at"),
    _bool("taken_at_is_file_time"),
    _at("arrived_at"),
    _text("origin_key"),
    _bool("live"),
    _bool("kept"),
    _bool("beam_on", nullable=True),  # while it was taken; unknown for most that didn't come live
    UniqueConstraint("hall_id", "origin_key"),
    Index("ix_plots_newest", "plot_type_id", "taken_at", "id"),
    Index("ix_plots_chunk", "plot_type_id", "run_number", "chunk"),
    Index("ix_plots_period", "plot_type_id", "run_period", "run_number", "taken_at"),
    Index("ix_plots_content_hash", "content_hash"),
    Index(
        "ix_plots_stream",
        "plot_type_id",
        "pad",
        "taken_at",
        "id",
        sqlite_where=sa.text("live = 1"),
        postgresql_where=sa.text("live"),
    ),
    Index(
        "ix_plots_run",
        "hall_id",
        "run_period",
        "run_number",
        "chunk",
        sqlite_where=sa.text("live = 1"),
        postgresql_where=sa.text("live"),
    ),
)

files_seen = Table(
    "files_seen",
    metadata,
    Column("hall_id", _BigId, ForeignKey("halls.id"), primary_key=True),
    Column("relative", OutsideText, primary_key=True),
    Column("size", sa.BigInteger, nullable=False),
    Column("modified_ns", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

features = Table(
    "features",
    metadata,
    Column("backbone", sa.Text, primary_key=True),  # what they were computed with
    Column("content_hash", sa.Text, primary_key=True),
    Column("pooled", sa.LargeBinary, nullable=False),  # float16 (1432,)
    Column("parts", sa.LargeBinary, nullable=True),  # as vision.deviation packs them
)

given_labels = Table(
    "given_labels",
    metadata,
    _id(),
    _to("plots", "plot_id", index=True),
    _to("labels", "label_id"),
    _text("user"),
    _at(),
    _text("mode"),  # as in domain.labeling
    _int("taken_ms", nullable=True),
    _bool("guess_visible"),
    _bool("accepted"),  # a guess accepted with its page: may train, never evaluates
    _bool("withdrawn"),
    _text("note", server_default=""),
    _to("label_actions", "action_id", nullable=True, index=True),  # none for what was imported
    Index("ix_given_labels_counted", "label_id", "id", "plot_id", "accepted", "withdrawn"),
)

label_actions = Table(
    "label_actions",
    metadata,
    _id(),
    _to("halls", "hall_id"),
    _text("key", unique=True),  # so that a decision is never stored twice
    _text("user"),
    _text("station"),
    _long("session_id", nullable=True),  # the first action of the session, none for that one itself
    _text("mode"),
    _int("labels"),
    _int("skipped"),
    _int("taken_ms"),
    _at(),
    _at("undone_at", nullable=True),
    _bool("gone", server_default=sa.false()),  # taken back, and something else was decided since
    _text("turned_by", nullable=True),  # the wish that took it back or gave it again last
    Index("ix_label_actions_of_user", "hall_id", "user", "station", "id"),
    Index("ix_label_actions_session_id", "session_id"),
    Index("ix_label_actions_turned_by", "turned_by", unique=True),
)

label_skips = Table(
    "label_skips",
    metadata,
    Column("plot_id", _BigId, ForeignKey("plots.id"), primary_key=True),
    Column("action_id", _BigId, ForeignKey("label_actions.id"), primary_key=True),
    _text("user"),
    _long("session_id"),
    Index("ix_label_skips_action_id", "action_id"),
    Index("ix_label_skips_session_id", "session_id"),
    sqlite_with_rowid=False,
)

label_queue = Table(
    "label_queue",
    metadata,
    Column("plot_type_id", _BigId, ForeignKey("plot_types.id"), primary_key=True),
    Column("queue", sa.Text, primary_key=True),  # as in domain.labeling, where a random sample is what is unlabelled
    Column("taken_at", UtcDateTime, primary_key=True),
    Column("plot_id", _BigId, ForeignKey("plots.id"), primary_key=True),
    _text("run_period"),
    _long("run_number"),
    _long("shuffle"),  # an order that chance gave
    _to("labels", "guess_id", nullable=True),
    _float("confidence"),  # 0 without a guess
    _to("labels", "label_id", nullable=True),  # the label in force
    _text("user", nullable=True),  # who gave it
    Index("ix_label_queue_plot_id", "plot_id"),
    Index("ix_label_queue_shuffle", "plot_type_id", "queue", "shuffle"),
    Index("ix_label_queue_label", "plot_type_id", "queue", "label_id", "user"),
    Index("ix_label_queue_run", "plot_type_id", "queue", "run_number", "taken_at", "plot_id"),
    Index(
        "ix_label_queue_period",
        "plot_type_id",
        "label_id",
        "run_period",
        "run_number",
        sqlite_where=sa.text("queue = 'every'"),
        postgresql_where=sa.text("queue = 'every'"),
    ),
    Index("ix_label_queue_confidence", "plot_type_id", "queue", "confidence", "taken_at", "plot_id"),
    sqlite_with_rowid=False,
)

label_claims = Table(
    "label_claims",
    metadata,
    Column("plot_id", _BigId, ForeignKey("plots.id"), primary_key=True),
    _text("user"),
    _text("station"),
    _at("until"),
    Index("ix_label_claims_holder", "user", "station"),
)

label_suspects = Table(
    "label_suspects",
    metadata,
    Column("given_id", _BigId, ForeignKey("given_labels.id"), primary_key=True),
    _to("plots", "plot_id", index=True),
    _to("models", "model_id", index=True),  # whose training found it
    _float("quality"),  # how well the label agrees with the other plots' labels, 0..1
    _to("labels", "suggested_id"),
)

model_mistakes = Table(
    "model_mistakes",
    metadata,
    Column("given_id", _BigId, ForeignKey("given_labels.id"), primary_key=True),
    _to("plots", "plot_id", index=True),
    _to("models", "model_id", index=True),  # that said otherwise of the plot when its training held it out
    _float("quality"),  # the probability that it gave the label, 0..1
    _to("labels", "suggested_id"),  # what it said
)

models = Table(
    "models",
    metadata,
    _id(),
    _to("plot_types", "plot_type_id", index=True),
    _text("sha256"),
    Column("card", sa.JSON, nullable=False),
    _at("created_at"),
    _text("created_by"),
)

training_jobs = Table(
    "training_jobs",
    metadata,
    _id(),
    _to("halls", "hall_id"),
    _to("plot_types", "plot_type_id"),
    _text("state"),  # as in domain.training
    _text("user"),
    _text("station"),  # where it was asked for
    _at("asked_at"),
    _at("started_at", nullable=True),
    _at("ended_at", nullable=True),
    Column("options", sa.JSON, nullable=False),
    _text("stage"),
    _float("fraction"),
    _float("left_s", nullable=True),
    _text("runs_on"),
    _long("fencing"),  # of the lease under which it runs
    _int("attempts"),
    _text("wish"),
    _text("wish_user"),  # who wants it stopped, and where
    _text("wish_station"),
    _at("wish_at", nullable=True),
    _to("models", "model_id", nullable=True),
    _text("error"),
    _text("log"),
    Column("curves", sa.JSON, nullable=False),  # name -> [[step, value], ...]
    Index(
        "ix_training_jobs_open",
        "hall_id",
        "id",
        sqlite_where=sa.text("state IN ('waiting', 'running')"),
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    ),
    Index(
        "uq_training_jobs_running",  # one at a time
        "hall_id",
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    ),
    Index("ix_training_jobs_ended", "hall_id", "ended_at"),
)

model_files = Table(
    "model_files",
    metadata,
    Column("model_id", _BigId, ForeignKey("models.id"), primary_key=True),
    Column("data", sa.LargeBinary, nullable=False),
)

active_models = Table(
    "active_models",
    metadata,
    Column("plot_type_id", _BigId, ForeignKey("plot_types.id"), primary_key=True),
    _to("models", "model_id"),
)

model_activations = Table(
    "model_activations",
    metadata,
    _id(),
    _to("plot_types", "plot_type_id", index=True),
    _to("models", "model_id", nullable=True),  # none: no model from then on
    _at(),
    _text("user"),
    _text("station", server_default=""),
    _text("kind", server_default="activated"),  # or rolled back, deactivated
    _to("models", "before_id", nullable=True),  # what was active until then
    _text("comment", server_default=""),
    _text("in_spite_of", server_default=""),  # the warning that a person overruled
    _to("model_set_activations", "set_activation_id", nullable=True, index=True),
)

model_sets = Table(
    "model_sets",
    metadata,
    _id(),
    _to("halls", "hall_id"),
    _text("name"),
    _text("run_period"),
    _at(),
    _text("user"),
    _text("station"),
    _text("comment"),
    UniqueConstraint("hall_id", "name"),
)

model_set_members = Table(
    "model_set_members",
    metadata,
    Column("set_id", _BigId, ForeignKey("model_sets.id"), primary_key=True),
    Column("plot_type_id", _BigId, ForeignKey("plot_types.id"), primary_key=True),
    _to("models", "model_id"),
)

model_set_activations = Table(
    "model_set_activations",
    metadata,
    _id(),
    _to("model_sets", "set_id", index=True),
    _at(),
    _text("user"),
    _text("station"),
    _text("comment"),
    _text("kind"),  # activated, rolled back
)

shadow_models = Table(
    "shadow_models",
    metadata,
    _id(),
    _to("plot_types", "plot_type_id"),
    _to("models", "model_id", index=True),
    _at("since"),
    _text("user"),
    _text("station"),
    _at("ended_at", nullable=True),
    _text("ended_by"),
    Index(
        "uq_shadow_models_running",
        "plot_type_id",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)

thresholds = Table(
    "thresholds",
    metadata,
    _id(),
    _to("models", "model_id"),
    _to("labels", "label_id"),
    _float("value"),
    _at(),
    _text("user"),
    _text("chosen"),  # how: best F1, by hand, or for how many false alarms
    _text("comment"),
    Index("ix_thresholds_newest", "model_id", "label_id", "id"),
)

plot_references = Table(
    "plot_references",
    metadata,
    _id(),
    _to("plot_types", "plot_type_id", index=True),
    _text("run_period"),
    _text("state"),  # confirmed or proposed; a new row never touches those before it
    _at(),
    _text("user"),
    _text("comment"),
    _at("revoked_at", nullable=True),
    _text("revoked_by", nullable=True),
)

plot_reference_plots = Table(
    "plot_reference_plots",
    metadata,
    Column("reference_id", _BigId, ForeignKey("plot_references.id"), primary_key=True),
    Column("plot_id", _BigId, ForeignKey("plots.id"), primary_key=True),
)

verdicts = Table(
    "verdicts",
    metadata,
    _id(),
    _to("plots", "plot_id"),
    _to("models", "model_id", nullable=True),
    _to("labels", "label_id", nullable=True),
    _float("confidence"),
    _text("status"),
    _float("fault_score"),
    _bool("live"),
    _bool("shadow", server_default=sa.false()),  # of a model on trial: in no count, on no wall, no guess
    _at("decided_at"),
    Index("ix_verdicts_plot_id", "plot_id"),
    Index(
        "ix_verdicts_shadow",
        "model_id",
        "decided_at",
        sqlite_where=sa.text("shadow = 1"),
        postgresql_where=sa.text("shadow"),
    ),
    Index(
        "uq_verdicts_live",
        "plot_id",
        unique=True,
        sqlite_where=sa.text("live = 1"),
        postgresql_where=sa.text("live"),
    ),
)

probabilities = Table(
    "probabilities",
    metadata,
    Column("model_id", _BigId, ForeignKey("models.id"), primary_key=True),
    Column("label_id", _BigId, ForeignKey("labels.id"), primary_key=True),
    Column("verdict_id", _BigId, ForeignKey("verdicts.id"), primary_key=True),
    _float("probability"),
    Index("ix_probabilities_verdict_id", "verdict_id"),
    sqlite_with_rowid=False,
)

evidence = Table(
    "evidence",
    metadata,
    Column("verdict_id", _BigId, ForeignKey("verdicts.id"), primary_key=True),
    Column("labels", sa.JSON, nullable=False),
    _int("height"),
    _int("width"),
    Column("maps", sa.LargeBinary, nullable=False),  # float16 (labels, height, width)
)

familiarities = Table(
    "familiarities",
    metadata,
    Column("verdict_id", _BigId, ForeignKey("verdicts.id"), primary_key=True),
    _float("novelty"),
    Column("nearest", sa.LargeBinary, nullable=False),  # of each plot 32 bytes of content hash, float32 distance
    Column("deviation", sa.LargeBinary, nullable=False),  # float16
    _bool("inherited", server_default=sa.false()),  # measured by the reference of an older run period
)

stage_timings = Table(
    "stage_timings",
    metadata,
    Column("verdict_id", _BigId, ForeignKey("verdicts.id"), primary_key=True),
    _float("read_ms"),
    _float("decode_ms"),
    _float("save_ms"),
    _float("classify_ms"),
    _float("store_ms"),
)

episodes = Table(
    "episodes",
    metadata,
    _id(),
    _to("halls", "hall_id"),
    _to("plot_types", "plot_type_id"),
    _text("pad"),
    _to("labels", "label_id", nullable=True),
    _text("status"),
    _at("started_at"),
    _at("last_at"),
    _to("plots", "first_plot_id"),
    _to("plots", "last_plot_id"),
    _int("plots"),
    Index("ix_episodes_stream", "plot_type_id", "pad", "started_at", "id"),
)

alarms = Table(
    "alarms",
    metadata,
    _id(),
    _to("halls", "hall_id"),
    _text("point", server_default=""),  # kind, plot type and pad: of each there is one open alarm at most
    _text("kind", server_default="fault"),  # as in domain.alarm
    _to("plot_types", "plot_type_id", nullable=True, index=True),  # none for one of the hall
    _text("pad"),
    _text("label"),
    _text("facts", server_default=""),
    _int("severity"),
    _text("state"),  # follows from what domain.alarm.Life holds, beside it
    _bool("active", server_default=sa.true()),
    _bool("annunciated", server_default=sa.true()),
    _int("taken_severity", nullable=True),
    _bool("latches", server_default=sa.false()),
    _bool("suppressed", server_default=sa.false()),
    _at("shelved_until", nullable=True),
    _bool("out_of_service", server_default=sa.false()),
    _at("raised_at"),
    _at("changed_at"),
    _to("plots", "plot_id", nullable=True),
    _to("verdicts", "verdict_id", nullable=True),
    _float("confidence", nullable=True),
    _text("acknowledged_by", nullable=True),
    _at("acknowledged_at", nullable=True),
    _at("returned_at", nullable=True),
    _text("held_by", server_default=""),
    _text("held_why", server_default=""),
    _text("comment", server_default=""),
    _text("disposition", server_default=""),
    _long("version", server_default="0"),
    Index(
        "uq_alarms_point",
        "hall_id",
        "point",
        unique=True,
        sqlite_where=sa.text("state <> 'normal'"),
        postgresql_where=sa.text("state <> 'normal'"),
    ),
    Index("ix_alarms_changed", "hall_id", "changed_at"),
    Index(
        "ix_alarms_open",
        "hall_id",
        "raised_at",
        sqlite_where=sa.text("state <> 'normal'"),
        postgresql_where=sa.text("state <> 'normal'"),
    ),
)

alarm_log = Table(
    "alarm_log",
    metadata,
    _id(),
    _to("alarms", "alarm_id", index=True),
    _at(),
    _text("from_state"),
    _text("to_state"),
    _text("who"),
    _text("station"),
    _text("why"),
    _text("label"),
    _int("severity"),
    _to("plots", "plot_id", nullable=True),
    _to("verdicts", "verdict_id", nullable=True),
    _to("models", "model_id", nullable=True),
    _float("confidence", nullable=True),
    _float("threshold", nullable=True),
    _text("comment", server_default=""),
    _bool("annunciates", server_default=sa.false()),  # unacknowledged anew, a rise of severity, or another fault
    Index(
        "ix_alarm_log_raised",
        "at",
        sqlite_where=sa.text("from_state = 'normal'"),
        postgresql_where=sa.text("from_state = 'normal'"),
    ),
    Index("ix_alarm_log_at", "at"),
)

suppressions = Table(
    "suppressions",
    metadata,
    _id(),
    _to("halls", "hall_id"),
    _text("rule"),  # its name in the hall's settings
    _text("why"),
    _at("since"),
    _at("holds_until", nullable=True),  # its conditions are over, and it stays on until then
    _at("until", nullable=True),
    _int("arrivals"),  # faults that made no alarm because of it
    Index(
        "uq_suppressions_open",
        "hall_id",
        "rule",
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    ),
    Index("ix_suppressions_since", "hall_id", "since"),
)

out_of_service = Table(
    "out_of_service",
    metadata,
    _id(),
    _to("halls", "hall_id"),
    _to("plot_types", "plot_type_id"),
    _at("since"),
    _at("until", nullable=True),  # returns by itself then
    _text("user"),
    _text("station"),
    _text("why"),
    _at("ended_at", nullable=True),
    _text("ended_by", server_default=""),
    Index(
        "uq_out_of_service_open",
        "plot_type_id",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    Index("ix_out_of_service_since", "hall_id", "since"),
)

known_faults = Table(
    "known_faults",
    metadata,
    _id(),
    _to("halls", "hall_id"),
    _to("plot_types", "plot_type_id", index=True),
    _text("pad"),
    _to("labels", "label_id"),
    Column("region", sa.JSON, nullable=True),  # [left, top, width, height] as shares of the picture; none: all of it
    _text("run_period"),
    _long("until_run", nullable=True),  # the last run of the period of which it is known
    _at("until", nullable=True),
    _text("why"),
    _text("user"),
    _text("station"),
    _at(),
    _at("ended_at", nullable=True),
    _text("ended_by", server_default=""),
    Index(
        "ix_known_faults_open",
        "hall_id",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)

known_verdicts = Table(  # verdicts that say nothing but what is known
    "known_verdicts",
    metadata,
    Column("verdict_id", _BigId, ForeignKey("verdicts.id"), primary_key=True, autoincrement=False),
    _to("known_faults", "known_fault_id", index=True),
)

canaries = Table(
    "canaries",
    metadata,
    _id(),
    _to("halls", "hall_id"),
    _to("plot_types", "plot_type_id"),
    _text("content_hash"),  # of a plot that is known to be faulty
    _text("label"),
    _at("sent_at"),
    _at("judged_at", nullable=True),
    _text("said", server_default=""),  # label and status of its verdict
    _bool("found", server_default=sa.false()),  # that was a Confirmed fault
    _float("confidence", nullable=True),
    _at("heard_at", nullable=True),  # by the siren of an audible station
    _text("heard_by", server_default=""),
    Index("ix_canaries_sent", "hall_id", "sent_at"),
)

contests = Table(
    "contests",
    metadata,
    _id(),
    _to("halls", "hall_id"),
    _to("plots", "plot_id", index=True),
    _to("verdicts", "verdict_id"),
    _to("labels", "label_id"),  # what it should be
    _text("comment"),
    _text("user"),
    _text("station"),
    _at(),
    _at("taken_back_at", nullable=True),
    _text("taken_back_by", nullable=True),
    Index(
        "ix_contests_open",
        "hall_id",
        "id",
        sqlite_where=sa.text("taken_back_at IS NULL"),
        postgresql_where=sa.text("taken_back_at IS NULL"),
    ),
)

conditions = Table(
    "conditions",
    metadata,
    _id(),
    _to("halls", "hall_id"),
    _to("plot_types", "plot_type_id"),
    _text("kind"),
    _at("since"),
    _to("plots", "first_plot_id"),
    _bool("begins_period"),
    _text("facts"),
    _at("told_at"),
    _at("ended_at", nullable=True),
    _text("ended_by"),
    _text("why_ended"),
    Index(
        "uq_conditions_open",
        "plot_type_id",
        "kind",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    Index(
        "ix_conditions_open",
        "hall_id",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    Index("ix_conditions_newest", "plot_type_id", "id"),
)

stations = Table(
    "stations",
    metadata,
    _id(),
    _to("halls", "hall_id"),
    _text("name"),
    _text("role"),  # audible or viewer
    _text("user", server_default=""),  # who is signed in
    _at("signed_in_at", nullable=True),
    _at("heard_at", nullable=True),  # its last sign of life
    _text("sound", server_default=""),  # how sound stands there, in words
    _bool("can_sound", server_default=sa.false()),
    _at("tested_at", nullable=True),  # when a person last heard a test of the sound
    _text("tested_by", server_default=""),
    UniqueConstraint("hall_id", "name"),
)

station_presence = Table(
    "station_presence",
    metadata,
    _id(),
    _to("halls", "hall_id"),
    _text("station"),
    _text("role"),
    _bool("can_sound"),
    _at("since"),
    _at("until"),
    Index("ix_station_presence_until", "hall_id", "until"),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    _id(),
    _to("halls", "hall_id"),
    _text("station"),
    _text("user"),
    _at(),
    _at("until", nullable=True),
    Index("ix_sign_ins_at", "hall_id", "at"),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("hall_id", _BigId, ForeignKey("halls.id"), primary_key=True),
    Column("kind", sa.Text, primary_key=True),
    Column("station", OutsideText, primary_key=True),
    _int("pid"),
    _at(),
    _int("queue_length"),
    _text("message"),
)

source_leases = Table(
    "source_leases",
    metadata,
    Column("hall_id", _BigId, ForeignKey("halls.id"), primary_key=True),
    Column("source", OutsideText, primary_key=True),
    _text("holder"),
    _int("fencing"),
    _at("expires_at"),
)

problems = Table(
    "problems",
    metadata,
    _id(),
    _to("halls", "hall_id"),
    _text("name"),
    _text("message"),
    _at("first_at"),
    _at("last_at"),
    _int("times"),
    UniqueConstraint("hall_id", "name", "message"),
    Index("ix_problems_newest", "hall_id", "last_at"),
)

run_states = Table(
    "run_states",
    metadata,
    Column("hall_id", _BigId, ForeignKey("halls.id"), primary_key=True),
    _long("run_number", nullable=True),
    _text("run_period"),
    _bool("beam_on", nullable=True),
    _float("beam_current_na", nullable=True),
    _text("source"),
    _at("updated_at", nullable=True),
    _text("state", server_default=""),  # as the run control names it
    _long("events", nullable=True),
    _at("began_at", nullable=True),
)

news = Table(
    "news",
    metadata,
    _id(),
    _to("halls", "hall_id", index=True),
    _text("text"),
    _text("user"),
    _at(),
)

panels = Table(
    "panels",
    metadata,
    Column("hall_id", _BigId, ForeignKey("halls.id"), primary_key=True),
    Column("plot_type_id", _BigId, ForeignKey("plot_types.id"), primary_key=True),
    Column("pad", OutsideText, primary_key=True),
    _to("plots", "plot_id"),
    _to("verdicts", "verdict_id"),
    _to("episodes", "episode_id"),
    _bool("inherited", server_default=sa.false()),  # the verdict rests on the reference of an older run period
)

counters = Table(
    "counters",
    metadata,
    Column("hall_id", _BigId, ForeignKey("halls.id"), primary_key=True),
    Column("name", sa.Text, primary_key=True),
    Column("value", sa.BigInteger, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("position", _BigId, primary_key=True, autoincrement=True),
    _to("halls", "hall_id"),
    _text("kind"),
    Column("subject_id", sa.BigInteger, nullable=True),
    _at(),
    Index("ix_changes_hall", "hall_id", "position"),
    sqlite_autoincrement=True,  # a position is never given twice, also after pruning
)
