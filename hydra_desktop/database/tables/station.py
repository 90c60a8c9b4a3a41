"""Tables of stations, the programs that run on them, and what troubled those."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from . import columns as col

stations = Table(
    "stations",
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id"),
    col.text("name"),
    col.text("role"),  # audible or viewer
    col.text("user", server_default=""),  # who is signed in
    col.at("signed_in_at", nullable=True),
    col.at("heard_at", nullable=True),  # its last sign of life
    col.text("sound", server_default=""),  # how sound stands there, in words
    col.flag("can_sound", server_default=sa.false()),
    col.at("tested_at", nullable=True),  # when a person last heard a test of the sound
    col.text("tested_by", server_default=""),
    UniqueConstraint("hall_id", "name"),
)

station_presence = Table(
    "station_presence",
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id"),
    col.text("station"),
    col.text("role"),
    col.flag("can_sound"),
    col.at("since"),
    col.at("until"),
    Index("ix_station_presence_until", "hall_id", "until"),
)

sign_ins = Table(
    "sign_ins",
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id"),
    col.text("station"),
    col.text("user"),
    col.at(),
    col.at("until", nullable=True),
    Index("ix_sign_ins_at", "hall_id", "at"),
)

heartbeats = Table(
    "heartbeats",
    col.metadata,
    Column("hall_id", col.BigId, ForeignKey("halls.id"), primary_key=True),
    Column("kind", sa.Text, primary_key=True),
    Column("station", col.OutsideText, primary_key=True),
    col.integer("pid"),
    col.at(),
    col.integer("queue_length"),
    col.text("message"),
)

source_leases = Table(
    "source_leases",
    col.metadata,
    Column("hall_id", col.BigId, ForeignKey("halls.id"), primary_key=True),
    Column("source", col.OutsideText, primary_key=True),
    col.text("holder"),
    col.integer("fencing"),
    col.at("expires_at"),
)

problems = Table(
    "problems",
    col.metadata,
    col.own_id(),
    col.to("halls", "hall_id"),
    col.text("name"),
    col.text("message"),
    col.at("first_at"),
    col.at("last_at"),
    col.integer("times"),
    UniqueConstraint("hall_id", "name", "message"),
    Index("ix_problems_newest", "hall_id", "last_at"),
)
