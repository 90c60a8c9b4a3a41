"""What the keys do while the keyboard is at the plots: what is drawn in the bar, and what the sheet of keys tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...domain.labeling import Queue
from .. import keys
from .key_bar import Act

if TYPE_CHECKING:
    from .labeling_screen import LabelingScreen


class ScreenKeys:
    """Knows which keys act on a screen now; a label's key goes before all others."""

    def __init__(self, screen: LabelingScreen) -> None:
        self._screen = screen
        self._works: dict[str, Callable[[], object]] = {}

    def free(self, letter: str) -> str:
        """The key of an act: its letter, with Shift where a label has it."""
        return letter if letter.lower() not in self._taken else f"Shift+{letter}"

    def work(self, key: str) -> Callable[[], object] | None:
        """What a key does that is no label's, as ``S`` or ``Shift+S``."""
        return self._works.get(key)

    def now(self) -> list[Act]:
        """What can be done to the plot in focus besides labelling it, what matters most first."""
        if self._screen.tile is None:
            return []
        return [act for would_act, act in self._every() if would_act]

    def renew(self) -> None:
        """Take over the labels' keys and the mode; have the sheet of keys tell of all, the labels' first."""
        screen = self._screen
        self._works = {
            key: act.work for _, act in self._every() for key in act.caps if len(key) == 1 or key.startswith("Shift+")
        }
        if screen.is_single:
            beside = screen.single.beside
            self._works |= {"[": lambda: beside.change(-1), "]": lambda: beside.change(1)}
            beside.say_key(self.free("R"))
        else:
            self._works |= {"-": lambda: screen.resize_plots(-1)}
            self._works |= dict.fromkeys("+=", lambda: screen.resize_plots(1))
        keys.tell_nothing(screen)
        for key, text in self._told():
            keys.tell(screen, key, text)

    @property
    def _taken(self) -> set[str]:
        return {one.key for one in self._screen.labels}

    def _every(self) -> list[tuple[bool, Act]]:
        """All acts of the mode, and whether each would do something now."""
        screen, tile, sheet, free = self._screen, self._screen.tile, self._screen.desk.sheet, self.free
        skip = Act((free("S"),), "skip", lambda: screen.acts.give(None))
        stack = Act((free("O"),), "open the stack", screen.acts.open_stack)
        note = Act((free("W"),), "note", screen.acts.write_note)
        is_stack = tile is not None and bool(tile.item.alike)
        if not screen.is_single:
            size = ("Alt+Up", "Alt+Down") if self._taken & {"+", "-"} else ("+", "-")
            return [
                (True, skip),
                (bool(sheet.selection), Act(("Esc",), "let go", sheet.let_go)),
                (is_stack, stack),
                (True, Act((free("R"),), "reference beside it", screen.grid.compare)),
                (True, note),
                (len(sheet.tiles) > 1, Act(("Shift", "Left", "Right"), "widen", screen.acts.widen)),
                (True, Act(size, "size", lambda: screen.resize_plots(1))),
            ]
        single = screen.single
        reference = "hide normal" if single.shows_reference else "normal beside it"
        arrows = ("Up", "Down") if screen.desk.queue_settles else ("Left", "Right")
        compare = Act(("[", "]"), "compare with another", lambda: single.beside.change(1))
        return [
            (True, skip),
            (len(sheet.tiles) > 1, Act(arrows, "look back, ahead", lambda: screen.acts.move(1))),
            (True, Act((free("R"),), reference, screen.toggle_reference)),
            (is_stack, stack),
            (True, note),
            (single.shows_reference and single.beside.can_change, compare),
            (single.has_evidence, Act((free("E"),), "evidence", screen.toggle_evidence)),
            (True, Act(("Space",), "all the room", screen.toggle_room)),
        ]

    def _told(self) -> list[tuple[str, str]]:
        screen, free = self._screen, self.free
        told = [(one.key.upper(), f"Label {one.label.name}") for one in screen.labels]
        told += [
            ("Enter", "Accept the guess, go on" if screen.is_single else "Commit the page as shown"),
            (free("S"), "Skip: it waits for another time"),
            ("Backspace", "Take the last decision back"),
            ("Tab", "One plot at a time, or a page of them"),
            (free("W"), "Write a note that goes with the label"),
            (free("O"), "Show the near-duplicates of a stack one by one"),
        ]
        if screen.is_single:
            told += [
                ("Arrows", "Look at another plot"),
                (free("R"), "What is normal beside the plot, or not"),
                ("[, ]", "Compare with another plot"),
                (free("E"), "On what the guess rests"),
                ("Space", "Give the plot all the room"),
            ]
            if screen.desk.queue_settles:
                told += [("Left, Right", "Settle it as the first or the second person said")]
        else:
            told += [(free("R"), "Magnify the plot with what is normal beside it"), ("+, -", "Size of the plots")]
        if screen.desk.ask.queue is Queue.EVERY:
            told += [("Page Up, Page Down", "Another page")]
        return told
