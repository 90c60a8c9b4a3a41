"""What people do about the plots that are shown: label them, accept guesses, go on to those that wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QInputDialog, QLineEdit, QWidget

from ...domain.labeling import Choice, Mode, Queue, voices
from .desk import Desk
from .single_view import where
from .tile import Standing
from .told import Told


class LabelActs(QObject):
    """Decides at the desk, moves the focus, and tells why a key did nothing.

    `decided` tells that something was said of plots, before it is stored; `noted` carries the note on the plot in
    focus.
    """

    decided = Signal()
    noted = Signal(str)

    def __init__(
        self, screen: QWidget, desk: Desk, told: Told, *, is_single: Callable[[], bool], skip_key: Callable[[], str]
    ) -> None:
        """`is_single` gives whether one plot is shown at a time, `skip_key` the key by which a plot is skipped."""
        super().__init__(screen)
        self._screen, self._desk, self._sheet, self._told = screen, desk, desk.sheet, told
        self._is_single, self._skip_key = is_single, skip_key
        self._notes: dict[int, str] = {}
        desk.stored.connect(self._forget_notes)

    @property
    def note(self) -> str:
        """The note that goes with the next label of the plot in focus, "" for none."""
        tile = self._sheet.in_focus
        return self._notes.get(tile.item.plot.id, "") if tile is not None else ""

    @property
    def waiting(self) -> list[int]:
        """The plots of the page of which nothing was said yet."""
        return [one for one, tile in self._sheet.tiles.items() if tile.standing is Standing.OPEN]

    def give(self, label: str | None) -> None:
        """Label what is in focus or selected, with its stacks; None skips it."""
        sheet = self._sheet
        if self._awaits_page():
            return
        targets = (sheet.focus,) if self._is_single() and sheet.focus is not None else sheet.targets
        if targets:
            self._decide([(one, label, False) for one in targets])
        else:
            self._told.tell("There is no plot here to label.")

    def paint(self, plot_ids: Sequence[int], label: str) -> None:
        """Label these plots, with their stacks."""
        self._decide([(one, label, False) for one in plot_ids])

    def accept(self) -> None:
        """Enter: take the guess over in single mode, the page as shown in grid mode; then go on."""
        if self._awaits_page():
            return
        if self._is_single():
            self._accept_one()
            return
        accepted = [(item.plot.id, item.shown_guess, True) for item in self._sheet.to_accept()]
        if accepted:
            self._decide(accepted)
            return
        if not self._go_to_waiting():
            self._next_page()

    def take_voice(self, number: int) -> None:
        """Settle it as the first or the second person said."""
        tile = self._sheet.in_focus
        said = voices(tile.item.given) if tile is not None else ()
        if number < len(said):
            self.give(said[number].label)

    def move(self, step: int) -> None:
        """Look at another plot of the page, as far as it goes."""
        ids = list(self._sheet.tiles)
        if not ids or self._sheet.focus is None:
            return
        place = max(0, min(len(ids) - 1, ids.index(self._sheet.focus) + step))
        if ids[place] != self._sheet.focus:
            self._sheet.go(ids[place])
            self._desk.looks_now()

    def turn(self, pages: int) -> None:
        """Another page where all plots are looked through, as far as there are any."""
        if self._desk.first_of(pages) is not None:
            self._desk.turn(pages)
        elif pages > 0:
            self._told.tell("This is the last page; Page Up goes back.")
        else:
            self._told.tell("This is the first page.")

    def widen(self) -> None:
        """Select the plot in focus and the next one."""
        sheet = self._sheet
        ids = list(sheet.tiles)
        if sheet.focus in sheet.tiles:
            sheet.extend(ids[min(len(ids) - 1, ids.index(sheet.focus) + 1)])

    def open_stack(self) -> None:
        """Show the near-duplicates of the plot in focus one by one."""
        tile = self._sheet.in_focus
        if tile is not None and tile.item.alike:
            self._desk.open_stack(tile.item.plot.id)

    def write_note(self) -> None:
        """Write a note that goes with the label of the plot in focus."""
        tile = self._sheet.in_focus
        if tile is None:
            return
        item = tile.item
        text, well = QInputDialog.getText(
            self._screen,
            "Note",
            f"A note on {where(item)}, kept with the label that you give it next:",
            QLineEdit.EchoMode.Normal,
            self._notes.get(item.plot.id, ""),
        )
        self._screen.activateWindow()
        if well:
            self._notes[item.plot.id] = text.strip()
            self.noted.emit(text.strip())
            if text.strip():
                self._told.tell("The note is stored with the label that you give this plot.")

    def _awaits_page(self) -> bool:
        """Whether another page is on its way: a key that is meant for it does nothing to what is in sight."""
        if self._desk.is_loading and self._sheet.tiles:
            self._told.tell("The next page is coming; this key did nothing.")
            return True
        return False

    def _accept_one(self) -> None:
        sheet, tile = self._sheet, self._sheet.in_focus
        if tile is None:
            self._desk.next_page()
        elif sheet.accepts(tile.item.plot.id):
            self._decide([(tile.item.plot.id, tile.item.shown_guess, True)])
        elif tile.standing is Standing.OPEN:
            self._told.tell(f"This plot waits for your own word: {self._how_to_say()}")
        else:
            self._go_on()

    def _how_to_say(self) -> str:
        doubt = "the shift says that the guess is wrong; " if not self._sheet.may_accept else ""
        return f"{doubt}press the key of its label, or {self._skip_key()} to skip it."

    def _go_to_waiting(self) -> bool:
        """Go to the next plot of the page of which nothing was said yet; whether there is one."""
        sheet, waiting = self._sheet, self.waiting
        if not waiting:
            return False
        ids = list(sheet.tiles)
        place = ids.index(sheet.focus) if sheet.focus in sheet.tiles else -1
        sheet.go(next((one for one in waiting if ids.index(one) > place), waiting[0]))
        wait = "plot waits" if len(waiting) == 1 else "plots wait"
        self._told.tell(f"{len(waiting)} {wait} for your own word: {self._how_to_say()}")
        return True

    def _decide(self, said: Sequence[tuple[int, str | None, bool]]) -> None:
        tiles = self._sheet.tiles
        choices = []
        for plot_id, label, accepted in said:
            item = tiles[plot_id].item
            for one in (plot_id, *item.alike):
                seen = tiles[plot_id].is_guess_seen
                choices.append(Choice(one, label, accepted, seen, self._notes.get(plot_id, "")))
        mode = Mode.SINGLE if self._is_single() else Mode.GRID
        was_commit = bool(said) and said[0][2] and not self._is_single()
        self._desk.decide(choices, mode, lambda: self._decided(was_commit))

    def _decided(self, is_commit: bool) -> None:
        """Go on at once, before it is stored."""
        self._told.decided()
        if self._is_single():
            self._go_on()
        else:
            self._sheet.let_go()
            if is_commit and not self._go_to_waiting():
                self._next_page()
        self.decided.emit()

    def _go_on(self) -> None:
        """The next plot that waits; behind the last of the page its next page."""
        sheet = self._sheet
        ids = list(sheet.tiles)
        place = ids.index(sheet.focus) if sheet.focus in sheet.tiles else -1
        if self._desk.ask.queue is Queue.EVERY:
            following = ids[place + 1 :]
        else:
            order = (*ids[place + 1 :], *ids[: max(0, place)])
            following = [one for one in order if sheet.tiles[one].said is None]
        if following:
            sheet.go(following[0])
            self._desk.looks_now()
        else:
            self._next_page()

    def _next_page(self) -> None:
        if self._desk.ask.queue is Queue.EVERY:
            self.turn(1)
        else:
            self._desk.next_page()

    def _forget_notes(self, act: object) -> None:
        for choice in act.choices:
            self._notes.pop(choice.plot_id, None)
