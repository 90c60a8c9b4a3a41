"""Pages of plots that wait for a person, with what is known of each, one labeler not in another's way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..database.connection import Database
from ..domain.labeling import Filters, Order, Queue, QueuedPlot


@dataclass(frozen=True)
class Ask:
    """Which plots of a queue are wanted: the next `size` that nobody else works on and that aren't in `without`.

    `blind_share`, 0..1, of all plots, picked by chance, are judged without the guess in sight.
    """

    plot_type: str
    queue: Queue
    size: int
    filters: Filters = Filters()
    order: Order = Order.NEWEST
    without: frozenset[int] = frozenset()
    stacks: bool = True
    blind_share: float = 0.05


@dataclass(frozen=True)
class Page:
    """Plots to be labelled now; `left` is how many wait in all, these among them.

    `others` are the other people in this queue, with the number of plots that are left out for them.
    """

    items: tuple[QueuedPlot, ...] = ()
    left: int = 0
    others: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class LabelPages:
    """Reads pages of queues for one person at one station; what it hands out is that person's for a while."""

    database: Database
    hall_id: int
    user: str
    station: str

    def page(self, ask: Ask) -> Page:
        """The next plots of a queue."""
        raise NotImplementedError

    def of_plots(self, plot_ids: Sequence[int]) -> tuple[QueuedPlot, ...]:
        """These plots as they stand now, in this order; those that are gone are left out."""
        raise NotImplementedError

    def counts(self, plot_type: str) -> dict[Queue, int]:
        """How many plots wait in each queue."""
        raise NotImplementedError

    def label_counts(self, plot_type: str) -> dict[str, int]:
        """How many plots have each label in force."""
        raise NotImplementedError

    def release(self) -> None:
        """Give back what was handed out and isn't decided."""
        raise NotImplementedError
