"""Insert or update, in the words of each database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert(c: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """The database's own insert, which knows what to do on a conflict."""
    return sqlite.insert(table) if c.dialect.name == "sqlite" else postgresql.insert(table)


def upsert(
    c: sa.Connection,
    table: sa.Table,
    values: Mapping[str, Any],
    *,
    on: Sequence[str],
    update: Sequence[str] | None = None,
) -> None:
    """Insert a row, or update the one with the same `on` columns.

    `update` names the columns to update, all others than `on` by default, none when empty.
    """
    statement = insert(c, table).values(**values)
    changed = [name for name in values if name not in on] if update is None else list(update)
    if changed:
        statement = statement.on_conflict_do_update(
            index_elements=list(on), set_={name: statement.excluded[name] for name in changed}
        )
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(on))
    c.execute(statement)
