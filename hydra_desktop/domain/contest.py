"""A contest: a person's word that a verdict is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Contest:
    """Who said when that a plot's verdict is wrong, and which label it should be.

    `taken_back_at` and `taken_back_by` are None while it stands.
    """

    id: int
    plot_id: int
    verdict_id: int
    label: str
    comment: str
    user: str
    station: str
    at: datetime
    taken_back_at: datetime | None = None
    taken_back_by: str | None = None

    @property
    def stands(self) -> bool:
        """Whether nobody took it back."""
        return self.taken_back_at is None
