"""Who does something, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Who:
    """A person at a station, or a process there."""

    user: str
    station: str
