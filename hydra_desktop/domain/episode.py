"""Episodes: an unbroken stretch of one verdict for one plot type."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from .plot import Plot
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

    @classmethod
    def begun(cls, id_: int, plot: Plot, verdict: Verdict) -> Episode:
        """An episode with its first plot."""
        name, at = plot.name, plot.taken_at
        return cls(id_, name.plot_type, name.pad, verdict.label, verdict.status, at, at, plot.id, plot.id, 1)

    def with_plot(self, plot: Plot) -> Episode:
        """The episode with one more plot at its end."""
        return replace(self, last_at=plot.taken_at, last_plot_id=plot.id, plots=self.plots + 1)

    def goes_on_with(self, verdict: Verdict) -> bool:
        """Whether a plot of this verdict extends the episode."""
        return verdict.label == self.label and verdict.status is self.status
