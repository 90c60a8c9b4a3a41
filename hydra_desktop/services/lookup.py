"""Finding what a person named, with a helpful word when it isn't there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from sqlalchemy import Connection

from ..database import halls
from ..domain.errors import SettingsError


def hall(connection: Connection, name: str) -> int:
    """Id of the hall; raises SettingsError naming those that are there."""
    found = halls.find(connection, name)
    if found is None:
        there = halls.names(connection)
        raise SettingsError(
            f"There is no hall {name} in this database; "
            + (f"choose with --hall: {', '.join(there)}." if there else "it is empty, import a manifest first.")
        )
    return found


def plot_type(known: Iterable[str], name: str) -> str:
    """The name, if it is a known plot type; raises SettingsError naming those like it."""
    names = sorted(known)
    if name in names:
        return name
    like = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    raise SettingsError(
        f"There is no plot type {name} in this hall; "
        + (f"did you mean {' or '.join(like)}?" if like else f"it has {', '.join(names[:20]) or 'none yet'}.")
    )
