"""Tables of alarms, what keeps a fault from being one, and the canaries that prove them.

`conditions` holds what is so of a plot type as a whole.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table

from . import columns as col

alarms = Table(
    "alarms",
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id"),
    col.text("point", server_default=""),  # kind, plot type and pad: of each there is one open alarm at most
    col.text("kind", server_default="fault"),  # as in domain.alarm
    col.to("plot_types", "plot_type_id", nullable=True, index=True),  # none for one of the hall
    col.text("pad"),
    col.text("label"),
    col.text("facts", server_default=""),
    col.integer("severity"),
    col.text("state"),  # follows from what domain.alarm.Life holds, beside it
    col.flag("active", server_default=sa.true()),
    col.flag("annunciated", server_default=sa.true()),
    col.integer("taken_severity", nullable=True),
    col.flag("latches", server_default=sa.false()),
    col.flag("suppressed", server_default=sa.false()),
    col.at("shelved_until", nullable=True),
    col.flag("out_of_service", server_default=sa.false()),
    col.at("raised_at"),
    col.at("changed_at"),
    col.to("plots", "plot_id", nullable=True),
    col.to("verdicts", "verdict_id", nullable=True),
    col.real("confidence", nullable=True),
    col.text("acknowledged_by", nullable=True),
    col.at("acknowledged_at", nullable=True),
    col.at("returned_at", nullable=True),
    col.text("held_by", server_default=""),
    col.text("held_why", server_default=""),
    col.text("comment", server_default=""),
    col.text("disposition", server_default=""),
    col.big_integer("version", server_default="0"),
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
    col.metadata,
    col.own_id(),
    col.to("alarms", "alarm_id", index=True),
    col.at(),
    col.text("from_state"),
    col.text("to_state"),
    col.text("who"),
    col.text("station"),
    col.text("why"),
    col.text("label"),
    col.integer("severity"),
    col.to("plots", "plot_id", nullable=True),
    col.to("verdicts", "verdict_id", nullable=True),
    col.to("models", "model_id", nullable=True),
    col.real("confidence", nullable=True),
    col.real("threshold", nullable=True),
    col.text("comment", server_default=""),
    col.flag("annunciates", server_default=sa.false()),  # unacknowledged anew, a rise of severity, or another fault
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
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id"),
    col.text("rule"),  # its name in the hall's settings
    col.text("why"),
    col.at("since"),
    col.at("holds_until", nullable=True),  # its conditions are over, and it stays on until then
    col.at("until", nullable=True),
    col.integer("arrivals"),  # faults that made no alarm because of it
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
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id"),
    col.to("plot_types", "plot_type_id"),
    col.at("since"),
    col.at("until", nullable=True),  # returns by itself then
    col.text("user"),
    col.text("station"),
    col.text("why"),
    col.at("ended_at", nullable=True),
    col.text("ended_by", server_default=""),
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
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id"),
    col.to("plot_types", "plot_type_id", index=True),
    col.text("pad"),
    col.to("labels", "label_id"),
    Column("region", sa.JSON, nullable=True),  # [left, top, width, height] as shares of the picture; none: all of it
    col.text("run_period"),
    col.big_integer("until_run", nullable=True),  # the last run of the period of which it is known
    col.at("until", nullable=True),
    col.text("why"),
    col.text("user"),
    col.text("station"),
    col.at(),
    col.at("ended_at", nullable=True),
    col.text("ended_by", server_default=""),
    Index(
        "ix_known_faults_open",
        "hall_id",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)

known_verdicts = Table(  # verdicts that say nothing but what is known
    "known_verdicts",
    col.metadata,
    Column("verdict_id", col.BigId, ForeignKey("verdicts.id"), primary_key=True, autoincrement=False),
    col.to("known_faults", "known_fault_id", index=True),
)

canaries = Table(
    "canaries",
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id"),
    col.to("plot_types", "plot_type_id"),
    col.text("content_hash"),  # of a plot that is known to be faulty
    col.text("label"),
    col.at("sent_at"),
    col.at("judged_at", nullable=True),
    col.text("said", server_default=""),  # label and status of its verdict
    col.flag("found", server_default=sa.false()),  # that was a Confirmed fault
    col.real("confidence", nullable=True),
    col.at("heard_at", nullable=True),  # by the siren of an audible station
    col.text("heard_by", server_default=""),
    Index("ix_canaries_sent", "hall_id", "sent_at"),
)

conditions = Table(
    "conditions",
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id"),
    col.to("plot_types", "plot_type_id"),
    col.text("kind"),
    col.at("since"),
    col.to("plots", "first_plot_id"),
    col.flag("begins_period"),
    col.text("facts"),
    col.at("told_at"),
    col.at("ended_at", nullable=True),
    col.text("ended_by"),
    col.text("why_ended"),
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
