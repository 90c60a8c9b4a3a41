"""Pages of plots that wait for a person, with what is known of each, one labeler not in another's way.

A page is chosen in one transaction and claimed in another, which is short: only that one keeps others waiting.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from ..database import features, label_pages, label_queue, plots
from ..database.connection import Database
from ..database.label_pages import Holder, View
from ..domain.labeling import Filters, Order, Queue, QueuedPlot
from . import near_duplicates
from .near_duplicates import Candidate
from .progress import Progress

OF_UNLABELLED = frozenset({Queue.UNLABELLED, Queue.UNCONFIRMED, Queue.UNFAMILIAR, Queue.RANDOM})
STACKED = OF_UNLABELLED - {Queue.RANDOM}  # every plot of a random sample is judged by itself
LOOKED_THROUGH = 4  # times the size of a page, for near-duplicates


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
    keep: frozenset[int] = frozenset()  # these aren't given back yet
    first: int = 0  # so many are passed over at the beginning, where all plots are looked through
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
    """Reads pages of queues for one person at one station; what it hands out is that person's for a while.

    The queues of a hall that had plots before there were any are built first, which takes a while: see `build`.
    """

    database: Database
    hall_id: int
    user: str
    station: str

    def page(self, ask: Ask) -> Page:
        """The next plots of a queue; raises KeyError for a plot type that the hall hasn't."""
        build(self.database, self.hall_id)
        holder = Holder(self.hall_id, self.user, self.station)
        mine: list[tuple[int, ...]] = []
        passed: set[int] = set(ask.without)
        while True:
            with self.database.read() as c:
                view = View.of(c, self.hall_id, ask.plot_type, ask.queue, ask.order, ask.filters)
                left = label_pages.count(c, view)
                wanted = _stacks(c, ask, view, holder, ask.size - len(mine), passed, left)
            asked = {plot_id for stack in wanted for plot_id in stack}
            held = ask.without.union(ask.keep, *mine)
            with self.database.write() as c:
                got = label_pages.claim(c, view, holder, asked, keep=held)
            mine += filter(None, (tuple(plot_id for plot_id in stack if plot_id in got) for stack in wanted))
            passed |= asked
            if len(got) == len(asked) or len(mine) == ask.size:
                break
        with self.database.read() as c:
            alike = {first: rest for first, *rest in mine}
            items = _read(c, self.hall_id, [stack[0] for stack in mine])
            return Page(
                tuple(
                    replace(item, alike=tuple(alike[item.plot.id]), blind=_is_blind(ask, item.plot.id))
                    for item in items
                ),
                left,
                tuple(label_pages.others(c, view, holder)),
            )

    def of_plots(self, plot_ids: Sequence[int], ask: Ask | None = None) -> tuple[QueuedPlot, ...]:
        """These plots as they stand now, in this order; those that are gone are left out.

        With `ask` those are blind that are in its pages.
        """
        with self.database.read() as c:
            items = _read(c, self.hall_id, plot_ids)
        return tuple(replace(one, blind=_is_blind(ask, one.plot.id)) for one in items) if ask is not None else items

    def counts(self, plot_type: str) -> dict[Queue, int]:
        """How many plots wait in each queue; raises KeyError for a plot type that the hall hasn't."""
        build(self.database, self.hall_id)
        with self.database.read() as c:
            return label_pages.counts(c, self.hall_id, plot_type)

    def label_counts(self, plot_type: str) -> dict[str, int]:
        """How many plots have each label in force; raises KeyError for a plot type that the hall hasn't."""
        build(self.database, self.hall_id)
        with self.database.read() as c:
            return label_pages.label_counts(c, self.hall_id, plot_type)

    def choices(self, plot_type: str) -> tuple[list[str], list[str]]:
        """The run periods of a plot type's plots and the people who gave them labels, for filters."""
        with self.database.read() as c:
            return label_pages.choices(c, self.hall_id, plot_type)

    def release(self) -> None:
        """Give back what was handed out and isn't decided."""
        with self.database.write() as c:
            label_pages.release(c, Holder(self.hall_id, self.user, self.station))


def build(database: Database, hall_id: int, progress: Progress | None = None) -> None:
    """Work out the queues of a hall if that wasn't done yet; 1 min or so for 200,000 plots.

    In short transactions, as others write meanwhile. Raises Stopped; the next time begins anew.
    """
    with database.read() as c:
        if label_queue.is_built(c, hall_id):
            return
        batches = list(label_queue.plots_of(c, hall_id))
    for done, batch in enumerate(batches):
        for start in range(0, len(batch), label_queue.BATCH):
            if progress is not None:
                progress("building the queues", (done + start / len(batch)) / len(batches))
            with database.write() as c:
                label_queue.refresh(c, batch[start : start + label_queue.BATCH])
    with database.write() as c:
        label_queue.say_built(c, hall_id)


def _read(c: sa.Connection, hall_id: int, plot_ids: Sequence[int]) -> tuple[QueuedPlot, ...]:
    found = plots.of_ids(c, hall_id, plot_ids)
    given, guesses = label_queue.given(c, list(found)), label_queue.guesses(c, list(found))
    items = []
    for plot in (found[plot_id] for plot_id in plot_ids if plot_id in found):
        verdict_id, guess = guesses.get(plot.id, (None, None))
        items.append(QueuedPlot(plot, guess, given.get(plot.id, ()), verdict_id=verdict_id))
    return tuple(items)


def _is_blind(ask: Ask, plot_id: int) -> bool:
    if ask.queue in (Queue.RANDOM, Queue.DISPUTED):  # two people's words are weighed without the model's
        return True
    wished = ask.filters
    if wished.guess or wished.least_confidence is not None or wished.most_confidence is not None:
        return False  # who asks for a guess knows it
    return ask.queue in OF_UNLABELLED and label_queue.shuffled(plot_id) % 10_000 < ask.blind_share * 10_000


def _stacks(
    c: sa.Connection, ask: Ask, view: View, holder: Holder, size: int, without: Collection[int], left: int
) -> list[list[int]]:
    """The next plots, each with those beyond the page that are alike."""
    stacked = ask.stacks and ask.queue in STACKED
    most = size * (LOOKED_THROUGH if stacked else 1)
    few = bool(ask.filters.count) and left <= label_pages.FEW
    plot_ids = label_pages.candidates(c, view, holder, most, without, first=ask.first, few=few)
    if not stacked:
        return [[plot_id] for plot_id in plot_ids]
    found = label_pages.kinds(c, plot_ids)
    candidates = []
    for plot_id in plot_ids:
        kind, blind = found[plot_id], _is_blind(ask, plot_id)
        same = (kind.pad, kind.run_period, kind.run_number, blind, None if blind else kind.guess_id)
        candidates.append(Candidate(plot_id, same, kind.content_hash))
    pooled = features.pooled(c, near_duplicates.comparable(candidates))
    return near_duplicates.stacks(candidates, pooled, size)
