"""Other times than now, at which a wall can be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Moment:
    """What was known at a time: verdicts given by `when`, of plots taken by `taken_by`.

    The two differ only for a run or chunk that was judged late, after newer plots: its end is
    when its last plot was judged, and what was taken after it isn't shown.
    """

    when: datetime
    taken_by: datetime

    @classmethod
    def of(cls, when: datetime) -> Moment:
        """All that was known at a time."""
        return cls(when, when)


@dataclass(frozen=True)
class PastRun:
    """A run that has live plots; `last_at` is when its last chunk was taken."""

    run_number: int
    run_period: str
    last_at: datetime
