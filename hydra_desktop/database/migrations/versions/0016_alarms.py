"""Alarms of every kind and state, suppression, known faults, stations and who is on shift."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_OPEN: dict[str, Any] = {
    "sqlite_where": sa.text("state <> 'normal'"),
    "postgresql_where": sa.text("state <> 'normal'"),
}
_TYPE_COLUMNS = ("alarm_on_delay_s", "alarm_off_delay_s", "alarm_hysteresis")
_TYPE_SWITCHES = ("alarm_latches", "alarm_once_per_run")
_NEW = ("sign_ins", "station_presence", "canaries", "known_verdicts", "known_faults", "out_of_service", "suppressions")


def _big() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _at(name: str = "at", *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _switch(name: str, *, on: bool = False) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true() if on else sa.false())


def _table(name: str, to: dict[str, str], *columns: sa.Column[Any]) -> None:
    """A table with an id, and columns that point to other tables, of which the last may be named with a "?"."""
    keys = [sa.Column(key.rstrip("?"), _big(), nullable=key.endswith("?")) for key in to]
    links = [
        sa.ForeignKeyConstraint([key.rstrip("?")], [f"{other}.id"], name=f"fk_{name}_{key.rstrip('?')}")
        for key, other in to.items()
    ]
    op.create_table(
        name,
        sa.Column("id", _big(), nullable=False),
        *keys,
        *columns,
        *links,
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )


def _while(column: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(f"{column} IS NULL"), "postgresql_where": sa.text(f"{column} IS NULL")}


def upgrade() -> None:
    """Go to this revision."""
    for name in ("alarm_settings", "run_pvs"):
        op.add_column("halls", sa.Column(name, sa.JSON(), nullable=False, server_default="{}"))
    for name in _TYPE_COLUMNS:
        op.add_column("plot_types", sa.Column(name, sa.Double(), nullable=False, server_default="0"))
    for name in _TYPE_SWITCHES:
        op.add_column("plot_types", _switch(name))
    op.add_column("plot_types", sa.Column("alarm_unfamiliar", sa.Integer(), nullable=True))
    op.add_column("familiarities", _switch("inherited"))
    op.add_column("run_states", _text("state", ""))
    op.add_column("run_states", sa.Column("events", _big(), nullable=True))
    op.add_column("run_states", _at("began_at", nullable=True))
    _alarms()
    _log()
    hall = {"hall_id": "halls"}
    _table(
        "suppressions", hall, _text("rule"), _text("why"), _at("since"), _at("holds_until", nullable=True),
        _at("until", nullable=True), sa.Column("arrivals", sa.Integer(), nullable=False),
    )  # fmt: skip
    op.create_index("uq_suppressions_open", "suppressions", ["hall_id", "rule"], unique=True, **_while("until"))
    op.create_index("ix_suppressions_since", "suppressions", ["hall_id", "since"])
    of_type = {**hall, "plot_type_id": "plot_types"}
    _table(
        "out_of_service", of_type, _at("since"), _at("until", nullable=True), _text("user"), _text("station"),
        _text("why"), _at("ended_at", nullable=True), _text("ended_by", ""),
    )  # fmt: skip
    op.create_index("uq_out_of_service_open", "out_of_service", ["plot_type_id"], unique=True, **_while("ended_at"))
    op.create_index("ix_out_of_service_since", "out_of_service", ["hall_id", "since"])
    _table(
        "known_faults", {**of_type, "label_id": "labels"}, _text("pad"), sa.Column("region", sa.JSON(), nullable=True),
        _text("run_period"), sa.Column("until_run", _big(), nullable=True), _at("until", nullable=True), _text("why"),
        _text("user"), _text("station"), _at(), _at("ended_at", nullable=True), _text("ended_by", ""),
    )  # fmt: skip
    op.create_index("ix_known_faults_plot_type_id", "known_faults", ["plot_type_id"])
    op.create_index("ix_known_faults_open", "known_faults", ["hall_id"], **_while("ended_at"))
    op.create_table(
        "known_verdicts",
        sa.Column("verdict_id", _big(), autoincrement=False, nullable=False),
        sa.Column("known_fault_id", _big(), nullable=False),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name="fk_known_verdicts_verdict_id"),
        sa.ForeignKeyConstraint(["known_fault_id"], ["known_faults.id"], name="fk_known_verdicts_known_fault_id"),
        sa.PrimaryKeyConstraint("verdict_id", name="pk_known_verdicts"),
    )
    op.create_index("ix_known_verdicts_known_fault_id", "known_verdicts", ["known_fault_id"])
    _table(
        "canaries", of_type, _text("content_hash"), _text("label"), _at("sent_at"), _at("judged_at", nullable=True),
        _text("said", ""), _switch("found"), sa.Column("confidence", sa.Double(), nullable=True),
        _at("heard_at", nullable=True),
        _text("heard_by", ""),
    )  # fmt: skip
    op.create_index("ix_canaries_sent", "canaries", ["hall_id", "sent_at"])
    for column in (_text("user", ""), _at("signed_in_at", nullable=True), _at("heard_at", nullable=True)):
        op.add_column("stations", column)
    for column in (_text("sound", ""), _switch("can_sound"), _at("tested_at", nullable=True), _text("tested_by", "")):
        op.add_column("stations", column)
    _table(
        "station_presence", hall, _text("station"), _text("role"),
        sa.Column("can_sound", sa.Boolean(), nullable=False), _at("since"), _at("until"),
    )  # fmt: skip
    op.create_index("ix_station_presence_until", "station_presence", ["hall_id", "until"])
    _table("sign_ins", hall, _text("station"), _text("user"), _at(), _at("until", nullable=True))
    op.create_index("ix_sign_ins_at", "sign_ins", ["hall_id", "at"])


def _alarms() -> None:
    for name in ("uq_alarms_open", "ix_alarms_open", "ix_alarms_changed"):
        op.drop_index(name, "alarms")
    big = _big()
    with op.batch_alter_table("alarms") as batch:
        for name, kind in (("plot_type_id", big), ("plot_id", big), ("verdict_id", big), ("confidence", sa.Double())):
            batch.alter_column(name, existing_type=kind, nullable=True)
        for column in (
            _text("point", ""), _text("kind", "fault"), _text("facts", ""), _switch("active", on=True),
            _switch("annunciated", on=True), sa.Column("taken_severity", sa.Integer(), nullable=True),
            _switch("latches"), _switch("suppressed"), _at("shelved_until", nullable=True), _switch("out_of_service"),
            _text("held_by", ""), _text("held_why", ""), _text("comment", ""), _text("disposition", ""),
            sa.Column("version", big, nullable=False, server_default="0"),
        ):  # fmt: skip
            batch.add_column(column)
    op.execute(
        "UPDATE alarms SET point = 'plot ' || (SELECT name FROM plot_types WHERE plot_types.id = alarms.plot_type_id) "
        "|| ' ' || pad"
    )
    op.execute("UPDATE alarms SET active = (state IN ('unacknowledged', 'acknowledged'))")
    op.execute("UPDATE alarms SET taken_severity = severity WHERE state = 'acknowledged'")
    op.execute("UPDATE alarms SET annunciated = false WHERE state = 'normal'")
    op.create_index("ix_alarms_plot_type_id", "alarms", ["plot_type_id"])
    op.create_index("uq_alarms_point", "alarms", ["hall_id", "point"], unique=True, **_OPEN)
    op.create_index("ix_alarms_open", "alarms", ["hall_id", "raised_at"], **_OPEN)
    op.create_index("ix_alarms_changed", "alarms", ["hall_id", "changed_at"])


def _log() -> None:
    with op.batch_alter_table("alarm_log") as batch:
        for name, to in (("verdict_id", "verdicts"), ("model_id", "models")):
            batch.add_column(sa.Column(name, _big(), nullable=True))
            batch.create_foreign_key(f"fk_alarm_log_{name}", to, [name], ["id"])
        batch.add_column(sa.Column("threshold", sa.Double(), nullable=True))
        batch.add_column(_text("comment", ""))
        batch.add_column(_switch("annunciates"))
    op.execute("UPDATE alarm_log SET annunciates = true WHERE to_state = 'unacknowledged'")
    op.create_index("ix_alarm_log_at", "alarm_log", ["at"])


def downgrade() -> None:
    """Go back: what is held becomes taken, alarms that no plot raised are forgotten."""
    for name in _NEW:
        op.drop_table(name)
    for name in ("tested_by", "tested_at", "can_sound", "sound", "heard_at", "signed_in_at", "user"):
        op.drop_column("stations", name)
    op.execute("DELETE FROM alarm_log WHERE alarm_id IN (SELECT id FROM alarms WHERE verdict_id IS NULL)")
    op.execute("DELETE FROM alarms WHERE verdict_id IS NULL")
    op.execute("UPDATE alarms SET state = 'normal' WHERE kind <> 'fault'")
    op.execute(
        "UPDATE alarms SET state = 'acknowledged', acknowledged_by = held_by, acknowledged_at = changed_at "
        "WHERE state IN ('shelved', 'suppressed', 'out of service', 'latched')"
    )
    for name in ("uq_alarms_point", "ix_alarms_open", "ix_alarms_changed", "ix_alarms_plot_type_id"):
        op.drop_index(name, "alarms")
    big = _big()
    with op.batch_alter_table("alarms") as batch:
        for name in (
            "point", "kind", "facts", "active", "annunciated", "taken_severity", "latches", "suppressed",
            "shelved_until", "out_of_service", "held_by", "held_why", "comment", "disposition", "version",
        ):  # fmt: skip
            batch.drop_column(name)
        for name, kind in (("plot_type_id", big), ("plot_id", big), ("verdict_id", big), ("confidence", sa.Double())):
            batch.alter_column(name, existing_type=kind, nullable=False)
    op.create_index("uq_alarms_open", "alarms", ["plot_type_id", "pad"], unique=True, **_OPEN)
    op.create_index("ix_alarms_open", "alarms", ["hall_id", "raised_at"], **_OPEN)
    op.create_index("ix_alarms_changed", "alarms", ["hall_id", "changed_at"])
    op.drop_index("ix_alarm_log_at", "alarm_log")
    with op.batch_alter_table("alarm_log") as batch:
        for name in ("verdict_id", "model_id"):
            batch.drop_constraint(f"fk_alarm_log_{name}", type_="foreignkey")
            batch.drop_column(name)
        for name in ("threshold", "comment", "annunciates"):
            batch.drop_column(name)
    op.drop_column("familiarities", "inherited")
    for name in ("state", "events", "began_at"):
        op.drop_column("run_states", name)
    for name in (*_TYPE_COLUMNS, *_TYPE_SWITCHES, "alarm_unfamiliar"):
        op.drop_column("plot_types", name)
    for name in ("run_pvs", "alarm_settings"):
        op.drop_column("halls", name)
