"""Tables of a hall, its plot types, its labels and its run."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Table, UniqueConstraint

from . import columns as col

halls = Table(
    "halls",
    col.metadata,
    col.own_id(),
    col.text("name", unique=True),
    col.text("source_folder"),
    col.text("name_pattern"),
    col.text("beam_file"),
    col.text("logbook_folder", server_default=""),
    Column("logbook_command", sa.JSON, nullable=False, server_default="[]"),  # words of a command
    Column("alarm_settings", sa.JSON, nullable=False, server_default="{}"),  # those that aren't the defaults
    Column("run_pvs", sa.JSON, nullable=False, server_default="{}"),  # EPICS variables that are named
)

hall_history = Table(
    "hall_history",
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id", index=True),
    col.at(),
    col.text("user"),
    col.text("comment"),
    Column("changes", sa.JSON, nullable=False),
)

plot_types = Table(
    "plot_types",
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id"),
    col.text("name"),
    col.text("group_name"),
    col.flag("chunked"),
    col.integer("alarm_k"),
    col.integer("alarm_n"),
    col.real("alarm_on_delay_s", server_default="0"),
    col.real("alarm_off_delay_s", server_default="0"),
    col.real("alarm_hysteresis", server_default="0"),
    col.flag("alarm_latches", server_default=sa.false()),
    col.flag("alarm_once_per_run", server_default=sa.false()),
    col.integer("alarm_unfamiliar", nullable=True),  # a severity; none: the highest of the faulty labels
    col.real("age_limit_s"),
    col.real("stale_after_s"),
    col.real("collect_percent"),
    col.text("contact"),
    col.text("guidance"),
    col.flag("ignored"),
    UniqueConstraint("hall_id", "name"),
)

labels = Table(
    "labels",
    col.metadata,
    col.own_id(),
    col.to("plot_types", "plot_type_id"),
    col.text("name"),
    col.integer("position"),
    col.text("role"),
    col.integer("severity"),
    col.text("colour"),
    col.text("key"),
    col.flag("valid"),  # a label that was taken out of the valid set stays for what carries it
    UniqueConstraint("plot_type_id", "name"),
)

run_states = Table(
    "run_states",
    col.metadata,
    Column("hall_id", col.BigId, ForeignKey("halls.id"), primary_key=True),
    col.big_integer("run_number", nullable=True),
    col.text("run_period"),
    col.flag("beam_on", nullable=True),
    col.real("beam_current_na", nullable=True),
    col.text("source"),
    col.at("updated_at", nullable=True),
    col.text("state", server_default=""),  # as the run control names it
    col.big_integer("events", nullable=True),
    col.at("began_at", nullable=True),
)

news = Table(
    "news",
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id", index=True),
    col.text("text"),
    col.text("user"),
    col.at(),
)
