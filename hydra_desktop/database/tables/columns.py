"""The columns that tables are made of, and the one MetaData they belong to.

A column takes no null unless `nullable=True`; other options are those of sqlalchemy.Column.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey


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

BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def own_id() -> Column[int]:
    """The number by which a row is known."""
    return Column("id", BigId, primary_key=True)


def to(table: str, name: str, **options: Any) -> Column[int]:
    """The id of a row of another table."""
    options.setdefault("nullable", False)
    return Column(name, BigId, ForeignKey(f"{table}.id"), **options)


def text(name: str, **options: Any) -> Column[str]:
    """Text that may come from outside."""
    options.setdefault("nullable", False)
    return Column(name, OutsideText, **options)


def at(name: str = "at", **options: Any) -> Column[datetime]:
    """A moment in UTC."""
    options.setdefault("nullable", False)
    return Column(name, UtcDateTime, **options)


def real(name: str, **options: Any) -> Column[float]:
    """A number in double precision."""
    options.setdefault("nullable", False)
    return Column(name, sa.Double, **options)


def integer(name: str, **options: Any) -> Column[int]:
    """A whole number of 32 bits."""
    options.setdefault("nullable", False)
    return Column(name, sa.Integer, **options)


def big_integer(name: str, **options: Any) -> Column[int]:
    """A whole number of 64 bits."""
    options.setdefault("nullable", False)
    return Column(name, BigId, **options)


def flag(name: str, **options: Any) -> Column[bool]:
    """Yes or no."""
    options.setdefault("nullable", False)
    return Column(name, sa.Boolean, **options)
