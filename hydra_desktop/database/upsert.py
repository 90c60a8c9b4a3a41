"""Insert or update, in the words of each database.

Statements are built once and kept: building one costs more than carrying it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert(dialect: str, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """The database's own insert, which knows what to do on a conflict."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def upsert(
    c: sa.Connection,
    table: sa.Table,
    values: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    on: Sequence[str],
    update: Sequence[str] | None = None,
) -> None:
    """Insert a row or several alike, or update those with the same `on` columns.

    `update` names the columns to update, all others than `on` by default, none when empty.
    """
    rows = [dict(values)] if isinstance(values, Mapping) else [dict(row) for row in values]
    if not rows:
        return
    changed = tuple(name for name in rows[0] if name not in on) if update is None else tuple(update)
    c.execute(_upsert(c.dialect.name, table, tuple(on), changed), rows)


def insert_new(
    c: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], *, on: Sequence[str], by: str
) -> dict[Any, int]:
    """Insert those of the rows that have no like in the `on` columns; their ids by their column `by`."""
    if not rows:
        return {}
    return dict(c.execute(_insert_new(c.dialect.name, table, tuple(on), by), list(rows)).all())


@lru_cache
def _upsert(dialect: str, table: sa.Table, on: tuple[str, ...], changed: tuple[str, ...]) -> sa.Executable:
    statement = insert(dialect, table)
    if changed:
        set_ = {name: statement.excluded[name] for name in changed}
        return statement.on_conflict_do_update(index_elements=list(on), set_=set_)
    return statement.on_conflict_do_nothing(index_elements=list(on))


@lru_cache
def _insert_new(dialect: str, table: sa.Table, on: tuple[str, ...], by: str) -> Any:
    statement = insert(dialect, table).on_conflict_do_nothing(index_elements=list(on))
    return statement.returning(table.c[by], table.c.id)
