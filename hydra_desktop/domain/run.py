"""Run and beam state of a hall."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

BEAM_TELLS_FOR = timedelta(minutes=5)  # a plot of the backlog is older: then the beam was another


class BeamSource(StrEnum):
    """Where the beam state comes from."""

    UNKNOWN = "unknown"
    FILE = "file"
    EPICS = "epics"
    SWITCH = "switch"  # a person set it by hand


@dataclass(frozen=True)
class RunState:
    """The run and the beam as last known; `beam_on` is None while nobody has said."""

    run_number: int | None = None
    run_period: str = ""
    beam_on: bool | None = None
    beam_current_na: float | None = None
    source: BeamSource = BeamSource.UNKNOWN
    updated_at: datetime | None = None
    state: str = ""  # of the run, as the run control names it
    events: int | None = None  # in the run so far
    began_at: datetime | None = field(default=None, compare=False)  # when the run was first heard of, as it is stored

    def beam_during(self, run_number: int, taken_at: datetime, now: datetime) -> bool | None:
        """Whether the beam was on while a plot was taken, None where this state can't tell.

        It tells of plots of its own run that were taken within `BEAM_TELLS_FOR`.
        """
        other_run = self.run_number is not None and self.run_number != run_number
        return None if other_run or now - taken_at > BEAM_TELLS_FOR else self.beam_on
