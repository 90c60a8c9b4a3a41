"""Run and beam state of a hall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class BeamSource(StrEnum):
    """Where the beam state comes from."""

    UNKNOWN = "unknown"
    FILE = "file"
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
