"""The beam and the run as a hall's beam file tells them."""

from __future__ import annotations

import time
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from ..database import halls
from ..domain.errors import SettingsError
from ..domain.hall import RunPvs
from ..domain.plot import Plot
from ..domain.run import BeamSource, RunState
from ..sources.beam_file import read_beam_file
from ..sources.epics import EpicsRun

AWAY_S = 5.0  # for so long the beam file may be missing, or half written, without a word
OLD_S = 3600.0
_NO_PVS = RunPvs()
_UNKNOWN = RunState(source=BeamSource.FILE)
_UNTIL_THEN = "Until then the run is that of the plots, and no alarm is held back for want of beam."
COUNT_EVERY_S = 10.0  # every wall reads anew when the state changes: events alone are told no oftener


class BeamFollower:
    """Keeps the state of a hall's run true to its beam file.

    `trouble` is what a person should know of the file, "" where all is well; `names_run` says that
    the run is the file's, and not that of the plots.
    """

    def __init__(self, hall_id: int, *, names_run: bool) -> None:
        self._hall_id = hall_id
        self._read_at = time.monotonic()
        self._counted_at = -COUNT_EVERY_S
        self._epics: EpicsRun | None = None
        self.names_run = names_run
        self.trouble = ""

    def read(self, beam_file: str, pvs: RunPvs = _NO_PVS) -> RunState | None:
        """What the file says now ("" for none), and what EPICS variables say, which goes before it; None for nothing.

        It may hang as the file's server does, so it has no place in a transaction, where others would wait for it.
        """
        told = self._with_epics(self._told(beam_file), pvs)
        self.names_run = told is not None and told.run_number is not None
        return told if beam_file or pvs.names else RunState()

    def store(self, connection: Connection, told: RunState | None) -> None:
        """Take over what was read."""
        if told is None:
            return
        now = halls.run_state(connection, self._hall_id)
        if told == RunState() and now.source not in (BeamSource.FILE, BeamSource.EPICS):
            return  # where there was one, nobody says that the beam is off any more
        if told.run_number is None:
            told = replace(told, run_number=now.run_number, run_period=now.run_period)
        elif not told.run_period and told.source is BeamSource.EPICS:
            told = replace(told, run_period=now.run_period)  # no variable names it
        if now.source is BeamSource.SWITCH:  # a person's word goes before a file's
            told = replace(told, beam_on=now.beam_on, beam_current_na=None, source=BeamSource.SWITCH)
        same = replace(told, updated_at=None, events=None) == replace(now, updated_at=None, events=None)
        counted = told.events != now.events and time.monotonic() - self._counted_at > COUNT_EVERY_S
        if not same or counted:
            self._counted_at = time.monotonic()
            halls.set_run_state(connection, self._hall_id, told)

    def follow_plots(self, connection: Connection, newest: Plot | None, before: RunState) -> None:
        """Where no beam file names the run, it is that of the newest plot; `before` is what was stored of it."""
        if self.names_run or newest is None:
            return
        name = newest.name
        if (before.run_number, before.run_period) != (name.run_number, name.run_period):
            state = halls.run_state(connection, self._hall_id)  # a person may have switched the beam meanwhile
            state = replace(state, run_number=name.run_number, run_period=name.run_period)
            halls.set_run_state(connection, self._hall_id, state)

    def close(self) -> None:
        """End what follows EPICS variables."""
        if self._epics is not None:
            self._epics.close()
            self._epics = None

    def _with_epics(self, told: RunState | None, pvs: RunPvs) -> RunState | None:
        if self._epics is not None and self._epics.pvs != pvs:
            self.close()
        if not pvs.names:
            return told
        if self._epics is None:
            try:
                self._epics = EpicsRun(pvs)
            except SettingsError as error:
                self.trouble = f"{self.trouble} {error}".strip()
                return told
        said = self._epics.read()
        self.trouble = f"{self.trouble} {self._epics.trouble}".strip()
        if told is None:
            return said
        given: dict[str, Any] = {
            f.name: value for f in fields(RunState) if (value := getattr(said, f.name)) not in (None, "")
        }
        return replace(told, **given)

    def _told(self, beam_file: str) -> RunState | None:
        """What the beam file says, of an old one neither the run nor that the beam is off; None when it says nothing.

        Of one that is gone or can't be read nothing is known any more.
        """
        self.trouble = ""
        if not beam_file:
            return None
        path = Path(beam_file)
        try:
            state = read_beam_file(path)
        except SettingsError as error:
            self.trouble = f"{error} {_UNTIL_THEN}"
            return _UNKNOWN
        now = time.monotonic()
        if state is not None:
            self._read_at = now
            written_at = state.updated_at or datetime.now(UTC)
            if (datetime.now(UTC) - written_at).total_seconds() <= OLD_S:
                return state
            self.trouble = (
                f"The beam file {path} hasn't been written since {written_at:%Y-%m-%d %H:%M} UTC; look after the "
                "program that writes it. " + _UNTIL_THEN
            )
            return replace(
                state, run_number=None, state="", events=None, beam_on=state.beam_on or None, beam_current_na=None
            )
        if now - self._read_at <= AWAY_S:
            return None
        self.trouble = (
            f"The beam file {path} isn't there or holds no JSON; look after the program that writes it, or set "
            f"source.beam_file in the hall's settings. {_UNTIL_THEN}"
        )
        return _UNKNOWN
