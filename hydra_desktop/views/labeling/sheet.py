"""The page in work: its plots by guess, what was said of each here, where the keyboard is and what is selected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from ...domain.hall import PlotType
from ...domain.labeling import QueuedPlot, is_disputed
from .tile import Said, Standing, Tile


@dataclass(frozen=True)
class Group:
    """Plots of a page with the same guess, in the order they came; without a guess it is none, or a hidden one.

    Those that were labelled before have that `label`, whatever the guess; with "" people say different things.
    """

    guess: str
    is_hidden: bool
    plot_ids: tuple[int, ...]
    label: str | None = None

    @property
    def title(self) -> str:
        """What stands above it."""
        if self.label is not None:
            return self.label or "People disagree"
        if self.guess:
            return f"{self.guess}?"
        return "No guess shown" if self.is_hidden else "No guess"


class Sheet(QObject):
    """Holds a page and tells what changed; nothing is stored here.

    `page_shown` tells of other plots, `tiles_changed` carries the ids of those that look different, `focus_moved` the
    plot before and now (None without one), `selection_changed` the ids that are or were selected. A plot keeps its
    place until another page is shown.
    """

    page_shown = Signal()
    tiles_changed = Signal(object)
    focus_moved = Signal(object, object)
    selection_changed = Signal(object)

    def __init__(self, plot_type: PlotType, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.plot_type = plot_type
        self.may_accept = True  # False where the guess itself is in doubt: then each plot needs a person's own word
        self._tiles: dict[int, Tile] = {}  # in the order of the page
        self._groups: tuple[Group, ...] = ()
        self._focus: int | None = None
        self._anchor: int | None = None  # where a range begins
        self._selection: frozenset[int] = frozenset()

    # What is on the page

    @property
    def tiles(self) -> Mapping[int, Tile]:
        """The tiles by plot id, in the order of the page."""
        return self._tiles

    @property
    def in_focus(self) -> Tile | None:
        """The tile in focus, None on an empty page."""
        return self._tiles.get(self._focus) if self._focus is not None else None

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups in their order, that of most plots first."""
        return self._groups

    def set_page(
        self, items: Iterable[QueuedPlot], plot_type: PlotType | None = None, *, keep_said: bool = False
    ) -> None:
        """Show other plots; `keep_said` keeps what was said of those that stay, the focus and the selection."""
        self.plot_type = plot_type or self.plot_type
        before = self._tiles if keep_said else {}
        found = {one.plot.id: replace(before.get(one.plot.id, Tile(one)), item=one) for one in items}
        self._groups = grouped(tile.item for tile in found.values())
        self._tiles = {one: found[one] for group in self._groups for one in group.plot_ids}
        self._selection = self._selection & self._tiles.keys() if keep_said else frozenset()
        self._focus = self._focus if keep_said and self._focus in self._tiles else next(iter(self._tiles), None)
        self._anchor = self._focus
        self.page_shown.emit()

    def group_of(self, plot_id: int) -> Group:
        """The group a plot of the page is in."""
        return next(group for group in self._groups if plot_id in group.plot_ids)

    def to_accept(self) -> tuple[QueuedPlot, ...]:
        """The plots whose shown guess is accepted with the page: nobody has labelled or skipped them."""
        return tuple(tile.item for one, tile in self._tiles.items() if self.accepts(one))

    def accepts(self, plot_id: int) -> bool:
        """Whether Enter takes the guess of this plot over."""
        return self.may_accept and self._tiles[plot_id].is_to_accept

    def given_counts(self) -> Counter[str]:
        """How many plots were given each label here, those in stacks counted."""
        found: Counter[str] = Counter()
        for tile in self._tiles.values():
            if tile.standing is Standing.GIVEN:
                found[tile.label] += tile.count
        return found

    def guessed_counts(self) -> Counter[str]:
        """How many plots are of each guess that would be accepted with the page, those in stacks counted."""
        found: Counter[str] = Counter()
        for one, tile in self._tiles.items():
            if self.accepts(one):
                found[tile.label] += tile.count
        return found

    def with_alike(self, plot_ids: Iterable[int]) -> tuple[int, ...]:
        """These plots and those in their stacks."""
        return tuple(other for one in plot_ids for other in (one, *self._tiles[one].item.alike))

    def note(self, group: Group) -> str:
        """What became of a group so far, as ``30 as guessed, 2 corrected to Bad, 1 skipped``."""
        found: Counter[str] = Counter()
        for one in group.plot_ids:
            tile = self._tiles[one]
            what = _became(tile, group)
            found[_OPEN if what == _AS_GUESSED and not self.may_accept else what] += tile.count
        if not group.guess and found.keys() == {_OPEN}:
            return "for honest figures" if group.is_hidden else _OPEN
        if len(found) == 1:
            return next(iter(found))
        first = (_AS_GUESSED, _AS_LABELLED, _OPEN)
        said = sorted(found.items(), key=lambda one: (one[0] not in first, one[0] == _SKIPPED, -one[1]))
        return ", ".join(f"{count} {what}" for what, count in said)

    # What is said

    def give(self, plot_ids: Iterable[int], label: str | None) -> None:
        """A person gave plots a label, or skipped them with None."""
        self._change(plot_ids, lambda tile: replace(tile, said=Said(label)))

    def accepted(self, plot_ids: Iterable[int]) -> None:
        """The shown guesses of plots were accepted with the page; what has none stays as it is."""

        def accept(tile: Tile) -> Tile:
            guess = tile.item.shown_guess
            return replace(tile, said=Said(guess, accepted=True)) if guess else tile

        self._change(plot_ids, accept)

    def take_back(self, plot_ids: Iterable[int]) -> None:
        """What was said of plots here holds no more; a hidden guess that was told meanwhile isn't hidden again."""

        def take(tile: Tile) -> Tile:
            is_blind = tile.item.blind and not tile.is_guess_seen
            return replace(tile, said=None, item=replace(tile.item, blind=is_blind))

        self._change(plot_ids, take)

    def restore(self, before: Mapping[int, Tile]) -> None:
        """Plots of the page are as they were."""
        self._change(before, lambda tile: before[tile.item.plot.id])

    def renew(self, items: Iterable[QueuedPlot]) -> None:
        """What people said of plots before is this now; what was said of them here stays."""
        found = {one.plot.id: one.given for one in items}
        self._change(found, lambda tile: replace(tile, item=replace(tile.item, given=found[tile.item.plot.id])))

    def pending(self, plot_ids: Iterable[int]) -> None:
        """What was said of plots isn't stored yet."""
        self._change(plot_ids, lambda tile: replace(tile, is_pending=True))

    def durable(self, plot_ids: Iterable[int]) -> None:
        """What was said of plots is stored."""
        self._change(plot_ids, lambda tile: replace(tile, is_pending=False))

    def set_alike(self, plot_id: int, alike: Sequence[int]) -> None:
        """A stack has other plots in it now, as when some of it were labelled one by one."""
        self._change((plot_id,), lambda tile: replace(tile, item=replace(tile.item, alike=tuple(alike))))

    def _change(self, plot_ids: Iterable[int], change: Callable[[Tile], Tile]) -> None:
        changed = set()
        for one in plot_ids:
            before = self._tiles.get(one)
            if before is not None and (after := change(before)) != before:
                self._tiles[one] = after
                changed.add(one)
        if changed:
            self.tiles_changed.emit(frozenset(changed))

    # Where the keyboard is, and what is selected

    @property
    def focus(self) -> int | None:
        """The plot where the keyboard is."""
        return self._focus

    @property
    def selection(self) -> frozenset[int]:
        """The plots that are selected."""
        return self._selection

    @property
    def targets(self) -> tuple[int, ...]:
        """The plots that a label key acts on: the selected ones, else the one in focus; in the order of the page."""
        if self._selection:
            return tuple(one for one in self._tiles if one in self._selection)
        return () if self._focus is None else (self._focus,)

    def go(self, plot_id: int) -> None:
        """Go to a plot and let the selection go."""
        self._anchor = plot_id
        self._select(frozenset())
        self._move(plot_id)

    def choose(self, plot_id: int) -> None:
        """Go to a plot and select it alone."""
        self._anchor = plot_id
        self._select(frozenset({plot_id}))
        self._move(plot_id)

    def toggle(self, plot_id: int) -> None:
        """Go to a plot and take it into the selection, or out of it."""
        self._anchor = plot_id
        self._select(self._selection ^ {plot_id})
        self._move(plot_id)

    def extend(self, plot_id: int) -> None:
        """Go to a plot and select all from where the keyboard was before the selection began."""
        self._select(frozenset(self.range(self._anchor if self._anchor is not None else plot_id, plot_id)))
        self._move(plot_id)

    def select(self, plot_ids: Iterable[int]) -> None:
        """Select these and no others; the keyboard goes to the first of them if it was at none."""
        chosen = frozenset(plot_ids) & self._tiles.keys()
        self._select(chosen)
        if chosen and self._focus not in chosen:
            self._anchor = next(one for one in self._tiles if one in chosen)
            self._move(self._anchor)

    def select_more(self) -> None:
        """Select the group in focus; where it is selected already, all of the page."""
        if self._focus is None:
            return
        group = frozenset(self.group_of(self._focus).plot_ids)
        self._select(frozenset(self._tiles) if group <= self._selection else group)

    def let_go(self) -> None:
        """Select nothing."""
        self._anchor = self._focus
        self._select(frozenset())

    def range(self, first: int, last: int) -> tuple[int, ...]:
        """The plots of the page from one to another, in its order."""
        ids = list(self._tiles)
        start, end = sorted((ids.index(first), ids.index(last)))
        return tuple(ids[start : end + 1])

    def _select(self, chosen: frozenset[int]) -> None:
        changed, self._selection = self._selection ^ chosen, chosen
        if changed:
            self.selection_changed.emit(changed)

    def _move(self, plot_id: int) -> None:
        before, self._focus = self._focus, plot_id
        if before != plot_id:
            self.focus_moved.emit(before, plot_id)


_AS_GUESSED, _AS_LABELLED, _OPEN, _SKIPPED = "as guessed", "as labelled", "to label", "skipped"


def grouped(items: Iterable[QueuedPlot]) -> tuple[Group, ...]:
    """Plots by their label, else by the guess that is shown; the group of most plots first, those in stacks counted."""
    found: dict[tuple[str, bool, str | None], list[QueuedPlot]] = {}
    for one in items:
        if one.given:
            key = ("", False, "" if is_disputed(one.given) else one.label)
        else:
            key = (one.shown_guess, not one.shown_guess and one.guess is not None and bool(one.guess.label), None)
        found.setdefault(key, []).append(one)
    ordered = sorted(found.items(), key=lambda group: -sum(1 + len(one.alike) for one in group[1]))
    return tuple(
        Group(guess, is_hidden, tuple(one.plot.id for one in ones), label)
        for (guess, is_hidden, label), ones in ordered
    )


def _became(tile: Tile, group: Group) -> str:
    """What became of a tile, seen from its group."""
    if tile.standing is Standing.SKIPPED:
        return _SKIPPED
    if tile.standing is Standing.BEFORE:
        return "to settle" if tile.weighed else _AS_LABELLED
    if group.label:
        return _AS_LABELLED if tile.label == group.label else f"corrected to {tile.label}"
    if not group.guess:
        return _OPEN if tile.standing is Standing.OPEN else f"labelled {tile.label}"
    return _AS_GUESSED if tile.label == group.guess else f"corrected to {tile.label}"
