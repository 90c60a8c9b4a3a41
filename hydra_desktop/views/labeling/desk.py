"""Works through a queue: pages come ahead of need, decisions go to the database one after the other.

What a person decides is on the screen at once. One decision at most is not yet stored; what comes
while it is waits for it, one more and no further, so that nothing is believed to be stored that isn't.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from ...domain.errors import DatabaseError
from ...domain.hall import PlotType
from ...domain.labeling import Act, Choice, Mode, Queue, QueuedPlot, Session, is_disputed
from ...services import agreement, labeling
from ...services.label_pages import Ask, LabelPages, Page
from ...services.labeling import Labeler
from .. import words
from ..background import Background, Newest
from .agreement_side import Agreements
from .sheet import Sheet
from .tile import Tile

FAST_S = 1.0  # from one decision to the next
KEPT_S = 60.0  # longer than a page takes to come
NOT_STORED = "Not stored"
BUSY = "The last label isn't stored yet; this key did nothing. Wait until it says that all is stored."


@dataclass(frozen=True)
class Counts:
    """How many plots wait in each queue, and have each label."""

    queues: dict[Queue, int]
    labels: dict[str, int]
    periods: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)


class Desk(QObject):
    """One person's work at a queue.

    `page_shown` tells that another page is on the sheet, `state_changed` that something is stored or isn't yet,
    or comes or has come, `told` carries words for the person and whether something went wrong.
    """

    page_shown = Signal()
    state_changed = Signal()
    counted = Signal(object)
    agreed = Signal(object)  # how alike people label
    session_changed = Signal()
    told = Signal(str, bool)
    stored = Signal(object)  # the decision as it is on the disk now

    def __init__(self, labeler: Labeler, pages: LabelPages, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.sheet = Sheet(PlotType(""), self)
        self.session = Session()
        self.left = 0
        self.others: tuple[tuple[str, int], ...] = ()
        self.is_loading = False
        self.is_again = False  # whether the plots on the sheet were shown before: taken back, or of an opened stack
        self._labeler, self._pages = labeler, pages
        self._writer, self._reader = Background(1, self), Background(1, self)
        self._counting, self._agreeing = Newest(self._reader), Newest(self._reader)
        self._ask = Ask("", Queue.UNLABELLED, 30)
        self._number = 0  # of the question that counts: answers to older ones are dropped
        self._fetched = -1  # the number of the page that is on its way
        self._ahead = 0  # the number of the page after it, of those asked for the newest
        self._next: Page | None = None
        self._wants_next = self._is_prefetching = False
        self._works = False  # whether something is being stored
        self._unstored: frozenset[int] = frozenset()  # plots of what is being stored: the database doesn't know yet
        self._lately: dict[int, float] = {}  # when plots were stored, for pages that were asked for before
        self._held: Callable[[], None] | None = None
        self._held_work: Callable[[], object] | None = None  # of a held decision, for when the window closes
        self._count_due = False
        self._choices: tuple[list[str], list[str]] | None = None
        self._since = time.monotonic()
        self._waiting: list[Callable[[], None]] = []
        self._behind: list[Callable[[], None]] = []
        self._painted = QTimer(self, singleShot=True, interval=0)  # Qt paints before it looks at its timers
        self._painted.timeout.connect(self._start_all)
        for background in (self._writer, self._reader):
            background.failed.connect(lambda why: self.told.emit(why, True))

    @property
    def ask(self) -> Ask:
        """Which plots are worked through."""
        return self._ask

    @property
    def is_stored(self) -> bool:
        """Whether everything decided is on the disk."""
        return not self._works

    @property
    def holds(self) -> bool:
        """Whether a key waits for what isn't stored yet."""
        return self._held is not None

    @property
    def mode_of_queue(self) -> Mode | None:
        """The mode that the queue alone decides, None where the screen does."""
        return {Queue.EVERY: Mode.RELABEL, Queue.DISPUTED: Mode.ADJUDICATE}.get(self._ask.queue)

    @property
    def queue_settles(self) -> bool:
        """Whether what is said here settles what people disagree on."""
        return self._ask.queue is Queue.DISPUTED

    def open(self, ask: Ask) -> None:
        """Work through these plots from now on."""
        self._ask = ask
        self._fetch()
        self.count()

    def set_size(self, size: int) -> None:
        """Have pages of another size from the next one on; one that nothing was said of is fetched anew."""
        if size == self._ask.size:
            return
        self._ask = replace(self._ask, size=size)
        wants_next = self._wants_next
        self._another()  # what is on its way is of the other size, and what it has is not to be shown
        if self._ask.plot_type and not self.is_again and not any(tile.said for tile in self.sheet.tiles.values()):
            self._fetch()
        else:
            self._wants_next = wants_next
            self._prefetch()

    def first_of(self, pages: int) -> int | None:
        """Where another page begins where plots stay in their queue, None where there is none.

        What was said on this page may have taken plots out of what the filters leave: those behind it move up.
        """
        label, user = self._ask.filters.label, self._ask.filters.user
        said = [tile for tile in self.sheet.tiles.values() if tile.said is not None and tile.said.label is not None]
        gone = sum(bool((label and tile.label != label) or (user and user != self._labeler.user)) for tile in said)
        first = self._ask.first + pages * self._ask.size - (gone if pages > 0 else 0)
        return first if 0 <= first < self.left - gone else None

    def turn(self, pages: int) -> None:
        """Go forward or back where plots stay in their queue, if there is such a page."""
        first = self.first_of(pages)
        if first is not None:
            self._ask = replace(self._ask, first=first)
            self._fetch()

    def count_soon(self) -> None:
        """Count anew where that is in nobody's way: a person who labels fast has the next key's time after a label."""
        self._count_due = time.monotonic() - self._since < FAST_S
        if not self._count_due:
            self.count(also_choices=False)

    def count(self, *, also_choices: bool = True) -> None:
        """Count anew what waits and what was labelled, and what filters offer, which changes seldom."""
        plot_type, pages = self._ask.plot_type, self._pages
        if also_choices:
            self._choices = None

        def read() -> tuple[Counts, Session]:
            offered = self._choices or pages.choices(plot_type)
            return Counts(pages.counts(plot_type), pages.label_counts(plot_type), *offered), self._labeler.session()

        # behind what is being stored: a key that comes next finds the database and the interpreter free
        self._once_stored(lambda: self._counting.run(read, self._take_counts, lambda why: self.told.emit(why, True)))

    def read_agreement(self) -> None:
        """Work out how alike people label this plot type."""
        database, hall_id, plot_type = self._labeler.database, self._labeler.hall_id, self._ask.plot_type

        def read() -> Agreements:
            pairs = agreement.of_people(database, hall_id, plot_type)
            return Agreements(pairs, agreement.by_week(database, hall_id, plot_type))

        self._agreeing.run(read, self.agreed.emit, lambda why: self.told.emit(why, True))

    def decide(self, choices: Sequence[Choice], mode: Mode, then: Callable[[], None] | None = None) -> bool:
        """Say what plots are; False where that has to wait for what isn't stored yet.

        `then` is called at once when it is shown, before it is stored.
        """
        taken_ms = round(1000 * (time.monotonic() - self._since))
        one = labeling.decision(choices, self._mode_of(choices) or mode, taken_ms)

        def store() -> Act | None:
            return _twice(lambda: self._labeler.decide(one))

        ids = [choice.plot_id for choice in choices]
        before = {one: self.sheet.tiles[one] for one in ids if one in self.sheet.tiles}

        def begin() -> None:
            self._since = time.monotonic()
            for label, accepted in {(choice.label, choice.accepted) for choice in choices}:
                alike = [c.plot_id for c in choices if (c.label, c.accepted) == (label, accepted)]
                self._say(alike, label, accepted=accepted)
            self.sheet.pending(ids)
            self._unstored = frozenset(ids)
            self._works = True
            try:
                if then is not None:
                    then()
            finally:  # what is shown as being stored is stored, whatever went wrong on the screen
                self._store(store, lambda act: self._stored(act, ids), lambda why: self._lost(before, why))

        return self._in_turn(begin, store)

    def undo(self) -> bool:
        """Take the last decision back."""
        return self._turn(self._labeler.undo, self._undone)

    def redo(self) -> bool:
        """Give again what was taken back last."""
        return self._turn(self._labeler.redo, self._redone)

    def next_page(self) -> None:
        """Show the next page, as soon as it is there."""
        if self._next is not None:
            page, self._next = self._next, None
            self._show(replace(page, left=min(page.left, self.left)))  # some were labelled since it came
        else:
            self._wants_next = True
            self.is_loading = True
            self.state_changed.emit()
            if not self._is_prefetching and self._fetched != self._number:
                self._prefetch()

    def open_stack(self, plot_id: int) -> None:
        """Show near-duplicates one by one, to be judged each for itself."""
        self._read_again(self.sheet.with_alike([plot_id]))

    def peek(self) -> tuple[QueuedPlot, ...]:
        """The plots of the next page, as far as they are known."""
        return self._next.items if self._next is not None else ()

    def looks_now(self) -> None:
        """From now on a person looks at another plot: its time begins."""
        self._since = time.monotonic()

    def close(self) -> None:
        """Wait until all is stored, and give back what isn't decided."""
        self._start_all()
        if self._held_work is not None:  # a key that was taken is stored, though nobody sees it any more
            self._writer.run(self._held_work)
        self._writer.run(self._pages.release, failure=lambda _why: None)
        self._writer.close(drop=False)
        self._reader.close()

    def _say(self, plot_ids: Sequence[int], label: str | None, *, accepted: bool) -> None:
        if accepted:
            self.sheet.accepted(plot_ids)
        else:
            self.sheet.give(plot_ids, label)

    def _mode_of(self, choices: Sequence[Choice]) -> Mode | None:
        """The mode that the queue decides; what was taken back from another queue settles no dispute here."""
        tiles = (self.sheet.tiles.get(choice.plot_id) for choice in choices)
        if self.queue_settles and not all(tile is None or is_disputed(tile.item.given) for tile in tiles):
            return None
        return self.mode_of_queue

    def _turn(self, wish: Callable[[str], Act | None], done: Callable[[Act | None], None]) -> bool:
        key = labeling.new_key()
        return self._in_turn(lambda: self._store(lambda: _twice(lambda: wish(key)), done, self._failed))

    def _in_turn(self, begin: Callable[[], None], work: Callable[[], object] | None = None) -> bool:
        if not self._works:
            begin()
            return True
        if self._held is not None:
            self.told.emit(BUSY, True)
            return False
        self._held, self._held_work = begin, work
        self.state_changed.emit()
        return True

    def _store(self, work: Callable[[], Any], success: Callable[[Any], None], failure: Callable[[str], None]) -> None:
        def done(tell: Callable[[Any], None], value: Any, *, well: bool) -> None:
            self._works = False
            self._unstored = frozenset()
            self._waiting += self._behind
            self._behind = []
            self._painted.start()
            held, self._held, self._held_work = self._held, None, None
            try:
                tell(value)
            finally:
                if held is not None and well:
                    held()
                elif held is not None:  # what was meant for a screen that is no longer so isn't done
                    self.told.emit("The key that waited for it did nothing.", True)
                self.state_changed.emit()

        self._works = True
        self.state_changed.emit()
        self._once_painted(
            lambda: self._writer.run(
                work, lambda value: done(success, value, well=True), lambda why: done(failure, why, well=False)
            )
        )

    def _once_painted(self, start: Callable[[], None]) -> None:
        """Start what another thread is to do once what changed is painted: it would hold the painting up."""
        self._waiting.append(start)
        self._painted.start()

    def _once_stored(self, start: Callable[[], None]) -> None:
        """Start what another thread is to do once nothing is being stored."""
        if self._works:
            self._behind.append(start)
        else:
            self._once_painted(start)

    def _start_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        for start in waiting:
            start()

    def _stored(self, one: Act, ids: Sequence[int]) -> None:
        self.sheet.durable(ids)
        self._lately |= dict.fromkeys(ids, time.monotonic())
        labels = sum(choice.label is not None for choice in one.choices)
        skipped = len(one.choices) - labels
        self.session = replace(
            self.session,
            labels=self.session.labels + labels,
            skipped=self.session.skipped + skipped,
            can_undo=self.session.can_undo + 1,
            can_redo=0,
            recent=(*self.session.recent[-2000:], (datetime.now(UTC), labels)),
        )
        if self.mode_of_queue is not Mode.RELABEL:
            self.left = max(0, self.left - labels)
        self.session_changed.emit()
        self.stored.emit(one)
        if self._count_due:
            self._count_due = False
            self.count(also_choices=False)

    def _lost(self, before: Mapping[int, Tile], why: str) -> None:
        """Put what couldn't be stored back on the screen as it was, as a page of its own where it is there no more."""
        self._stay()
        if not before:
            self.told.emit(f"{NOT_STORED}. {why}", True)
            return
        if not before.keys() <= self.sheet.tiles.keys():
            items = tuple(tile.item for tile in before.values())
            self._follow(items)
            self._show(Page(items, self.left, self.others), again=True)
        self.sheet.restore(before)
        self.sheet.go(next(iter(before)))
        self.told.emit(f"{NOT_STORED}: {words.count(len(before), 'plot')} again as before. {why}", True)

    def _failed(self, why: str) -> None:
        self.told.emit(why, True)

    def _undone(self, act: Act | None) -> None:
        if act is None:
            self.told.emit("There is nothing left to take back in this session.", False)
            return
        self.session = replace(
            self.session,
            labels=max(0, self.session.labels - sum(choice.label is not None for choice in act.choices)),
            can_undo=max(0, self.session.can_undo - 1),
            can_redo=self.session.can_redo + 1,
        )
        self.session_changed.emit()
        for choice in act.choices:
            self._lately.pop(choice.plot_id, None)
        self._bring_back(act, "Taken back")

    def _redone(self, act: Act | None) -> None:
        if act is None:
            self.told.emit("There is nothing to give again.", False)
            return
        self.session = replace(
            self.session,
            labels=self.session.labels + sum(choice.label is not None for choice in act.choices),
            can_undo=self.session.can_undo + 1,
            can_redo=max(0, self.session.can_redo - 1),
        )
        self.session_changed.emit()
        self._bring_back(act, "Given again")

    def _bring_back(self, act: Act, what: str) -> None:
        """Show the plots of a decision that was taken back or given again as they stand now."""
        labels = {choice.label for choice in act.choices}
        said = "skipped" if labels == {None} else ", ".join(sorted(label or "skipped" for label in labels))
        self.told.emit(f"{what}: {said}, {words.count(len(act.choices), 'plot')}.", False)
        ids = [choice.plot_id for choice in act.choices]
        here = set(self.sheet.tiles)
        stacked = set(self.sheet.with_alike(here))
        labels_given = sum(choice.label is not None for choice in act.choices)
        if self.mode_of_queue is not Mode.RELABEL:
            self.left = max(0, self.left + (labels_given if act.undone else -labels_given))
        if here & set(ids) and set(ids) <= stacked:
            self._stay()
            if act.undone:
                self.sheet.take_back(ids)  # what stood before may be a label, of another page or person too
                ask = self._ask
                self._reader.run(lambda: self._pages.of_plots(ids, ask), self.sheet.renew, self._failed)
            else:
                for choice in act.choices:
                    self._say([choice.plot_id], choice.label, accepted=choice.accepted)
            self.sheet.go(next(one for one in ids if one in here))
            self.looks_now()
            return
        if act.undone:
            self._read_again(ids)
        else:  # what comes next may have been read while it was taken back
            self._lately |= dict.fromkeys(ids, time.monotonic())
            self._next = None
            self._prefetch()

    def _read_again(self, ids: Sequence[int]) -> None:
        number, ask = self._another(), self._ask
        self._reader.run(
            lambda: self._pages.of_plots(ids, ask), lambda items: self._show_again(number, items), self._failed
        )

    def _show_again(self, number: int, items: tuple[QueuedPlot, ...]) -> None:
        if number == self._number and items:
            self._follow(items)
            self._show(Page(items, self.left, self.others), again=True)

    def _follow(self, items: Sequence[QueuedPlot]) -> None:
        """Work on the plot type of these: what comes back may be of another."""
        plot_type = items[0].plot.name.plot_type
        if plot_type != self._ask.plot_type:
            self._ask = replace(self._ask, plot_type=plot_type, first=0)
            self.count()

    def _stay(self) -> None:
        """The page in sight stays, whatever was on its way."""
        self._wants_next = self.is_loading = False

    def _fetch(self) -> None:
        number = self._fetched = self._another()
        self.is_loading = True
        self.state_changed.emit()
        shown = frozenset(self.sheet.with_alike(self.sheet.tiles))  # nobody else gets them while they are in sight
        ask, asked_s = replace(self._ask, without=self._unstored, keep=shown), time.monotonic()

        def came(page: Page) -> None:
            if number == self._number:
                self._show(self._open_of(page, asked_s))

        def failed(why: str) -> None:
            if number == self._number:
                self.is_loading, self._fetched = False, -1
                self.told.emit(why, True)
                self.state_changed.emit()

        self._reader.run(lambda: self._pages.page(ask), came, failed)

    def _another(self) -> int:
        self._number += 1
        self._next = None
        self._wants_next = self._is_prefetching = False
        return self._number

    def _open_of(self, page: Page, asked_s: float) -> Page:
        """A page without what was decided after it was asked for."""
        if self.mode_of_queue is Mode.RELABEL:
            return page
        self._lately = {one: at for one, at in self._lately.items() if at > asked_s - KEPT_S}
        decided = self._unstored.union(one for one, at in self._lately.items() if at > asked_s)
        if not decided:
            return page
        items = (item for item in page.items if item.plot.id not in decided)
        return replace(
            page,
            items=tuple(replace(one, alike=tuple(a for a in one.alike if a not in decided)) for one in items),
            left=max(0, page.left - len(decided)),
        )

    def _show(self, page: Page, *, again: bool = False) -> None:
        self._another()
        self.is_again = again
        self.is_loading = False
        self.left, self.others = page.left, page.others
        self.sheet.set_page(page.items)
        self.looks_now()
        self.page_shown.emit()
        self.state_changed.emit()
        self._prefetch()

    def _prefetch(self) -> None:
        """Fetch the page after this one, behind what is being stored."""
        if self.mode_of_queue is Mode.RELABEL or not self._ask.plot_type:
            return
        number, self._ahead = self._number, self._ahead + 1
        ahead = self._ahead
        ask = replace(self._ask, without=self._unstored.union(self.sheet.with_alike(self.sheet.tiles)))
        asked_s = time.monotonic()

        def came(page: Page) -> None:
            if (number, ahead) != (self._number, self._ahead):
                return
            self._is_prefetching = False
            self._next = page = self._open_of(page, asked_s)
            if self._wants_next or (page.items and not self.sheet.tiles):
                self.next_page()
            else:
                self.state_changed.emit()

        def failed(why: str) -> None:
            if (number, ahead) == (self._number, self._ahead):
                self._is_prefetching = self._wants_next = self.is_loading = False
                self._failed(why)
                self.state_changed.emit()

        self._is_prefetching = True
        self._once_stored(lambda: self._reader.run(lambda: self._pages.page(ask), came, failed))

    def _take_counts(self, found: tuple[Counts, Session]) -> None:
        counts, session = found
        self._choices = counts.periods, counts.users
        if self.is_stored:
            self.session = session
            if not self._ask.filters.count:
                self.left = counts.queues.get(self._ask.queue, self.left)
            self.session_changed.emit()
        self.counted.emit(counts)
        if not self.sheet.tiles and not self.is_loading and self.is_stored and counts.queues.get(self._ask.queue):
            self._fetch()  # something has come


def _twice(work: Callable[[], Act | None]) -> Act | None:
    """Store what has a key, once more after a connection that was lost: nothing is stored twice.

    Raises DatabaseError, and says so where a connection may have been lost after all was stored.
    """
    try:
        return work()
    except DatabaseError:
        try:
            return work()
        except DatabaseError as error:
            raise DatabaseError(f"{error} Press F5 once it answers, to see what it has.") from error
