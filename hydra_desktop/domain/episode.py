"""Episodes: an unbroken stretch of one verdict for one plot type."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .verdict import Status, Verdict


@dataclass(frozen=True)
class Episode:
    """One stretch of plots with the same label and status; a repeat extends it."""

    id: int
    plot_type: str
    pad: str
    label: str
    status: Status
    started_at: datetime
    last_at: datetime
    first_plot_id: int
    last_plot_id: int
    plots: int

    def goes_on_with(self, verdict: Verdict) -> bool:
        """Whether a plot of this verdict extends the episode."""
        return verdict.label == self.label and verdict.status is self.status
