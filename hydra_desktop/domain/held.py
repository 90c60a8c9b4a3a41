"""What is held back from alarming: by a rule of the hall, or because somebody works at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Suppression:
    """A rule that holds, or held until `until`; `arrivals` counts faults that made no alarm because of it.

    `holds_until` is set once its conditions are over and it only stays on.
    """

    id: int
    rule: str
    why: str
    since: datetime
    until: datetime | None = None
    holds_until: datetime | None = None
    arrivals: int = 0

    def covers(self, at: datetime) -> bool:
        """Whether a plot that was taken then is meant; one that comes while it holds is in any case."""
        return self.until is None or self.since <= at < self.until


@dataclass(frozen=True)
class OutOfService:
    """A plot type of which nothing alarms, until a time or until a person puts it back."""

    plot_type: str
    since: datetime
    until: datetime | None
    user: str
    station: str
    why: str
