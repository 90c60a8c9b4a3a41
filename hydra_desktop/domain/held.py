"""What is held back from alarming: by a rule of the hall, or because somebody works at it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


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

    def later_by(self, off: timedelta) -> Suppression:
        """As told by a clock that is so much ahead."""
        return replace(self, since=self.since + off, holds_until=_later(self.holds_until, off)) if off else self

    def covers(self, at: datetime) -> bool:
        """Whether a plot that was taken then is meant, whenever it comes."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True)
class OutOfService:
    """A plot type of which nothing alarms, until a time or until a person puts it back."""

    plot_type: str
    since: datetime
    until: datetime | None
    user: str
    station: str
    why: str

    def later_by(self, off: timedelta) -> OutOfService:
        """As told by a clock that is so much ahead."""
        return replace(self, since=self.since + off, until=_later(self.until, off)) if off else self


def _later(at: datetime | None, off: timedelta) -> datetime | None:
    return None if at is None else at + off
