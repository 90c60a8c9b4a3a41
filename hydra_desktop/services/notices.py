"""What a person tells all walls: a line of news, and the beam state where nothing reports it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from ..database import halls
from ..database.connection import Database
from ..domain.run import BeamSource, RunState


def write_news(database: Database, hall_id: int, text: str, *, user: str) -> None:
    """Show a line of news on all walls; an empty one takes it down."""
    with database.write() as connection:
        halls.set_news(connection, hall_id, " ".join(text.split()), user)


def switch_beam(database: Database, hall_id: int, on: bool | None) -> RunState:
    """Set the beam state by hand, None to give the word back to the file; gives the run state as it stands then."""
    with database.write() as connection:
        before = halls.run_state(connection, hall_id)
        source = BeamSource.UNKNOWN if on is None else BeamSource.SWITCH
        state = replace(before, beam_on=on, beam_current_na=None, source=source, updated_at=datetime.now(UTC))
        halls.set_run_state(connection, hall_id, state)
        return state
