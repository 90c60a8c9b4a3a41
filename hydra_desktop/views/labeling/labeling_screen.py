"""Labeling: queues at the left, plots in the middle, one at a time or a page of them, labels and keys around."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ...domain.hall import Hall, PlotType
from ...domain.labeling import Choice, Keyed, Mode, Queue, QueuedPlot, keyed, voices
from ...domain.wall import WallSnapshot
from ...services.detail import Ask as DetailAsk
from ...services.detail import Detail
from ...services.label_pages import Ask
from .. import keys, words
from ..detail.probabilities import Probabilities
from ..detail.reader import DetailReader
from ..pictures import Evidence, Pictures
from ..row import Row
from ..theme import Theme
from .desk import Counts, Desk
from .grid_view import GridView
from .key_bar import KeyBar
from .legend import Legend
from .pace import Pace
from .plot_face import PlotFace
from .queue_side import QueueSide
from .single_view import SingleView, where
from .tile import Standing

REST_MS = 120  # that the focus rests before what else is known of a plot is read
COUNT_MS = 4000
MOST_BLIND = 1.0
BLIND_SHARE = 0.05  # of the unlabelled plots, judged without the guess in sight
EMPTY = {
    Queue.UNLABELLED: "Every plot of this plot type that is kept has a label.\nChoose another queue at the left, "
    "or another plot type.",
    Queue.UNCONFIRMED: "No plot waits whose verdict is Unconfirmed.",
    Queue.UNFAMILIAR: "No plot waits that the model has seen nothing like.",
    Queue.CONTESTED: "The shift contests no verdict now.\nOn the wall, in a plot's detail view, C says that a "
    "verdict is wrong.",
    Queue.DISAGREE: "Model and labels agree wherever a plot has both.",
    Queue.DISPUTED: "No two people disagree on a plot.",
    Queue.SUSPECT: "No label is suspect. Training looks for them: hydra-desktop train PLOT_TYPE.",
    Queue.RANDOM: "Every plot of this plot type that is kept has a label.",
    Queue.EVERY: "No plot of this plot type is kept yet.\nhydra-desktop import MANIFEST.csv takes plots from files; "
    "the monitor keeps some of those it judges.",
}


class LabelingScreen(QWidget):
    """`label_key_wanted` asks for another key of a label: plot type, label, key; `asked_anew` to read all again."""

    label_key_wanted = Signal(str, str, str)
    asked_anew = Signal()

    def __init__(self, theme: Theme, desk: Desk, reader: DetailReader, evidence: Evidence, image_folder: Path) -> None:
        super().__init__()
        self.setObjectName("screen")
        self._theme, self.desk, self._reader = theme, desk, reader
        self._hall: Hall | None = None
        self._keyed: tuple[Keyed, ...] = ()
        self._notes: dict[int, str] = {}
        self._acts: dict[str, Callable[[], object]] = {}
        self._counts = Counts({}, {})
        self._evidence_on = self._is_large = False
        self.pictures = Pictures(evidence, parent=self)
        self.side = QueueSide(theme)
        self.grid = GridView(theme, desk.sheet, self.pictures, image_folder)
        self.single = SingleView(theme, self.pictures, image_folder)
        self.legend, self.pace = Legend(theme), Pace(theme)
        self.focus_title = QLabel("In focus")
        self.focus_face = PlotFace(theme, self.pictures, image_folder)
        self.focus_chances = Probabilities(theme)
        self.title, self.left, self.page_note = QLabel(), QLabel(), QLabel()
        self.speed, self.stored, self.told = QLabel(), QLabel(), QLabel()
        self.mode_button = QPushButton()
        self.undo_button, self.redo_button = QPushButton(), QPushButton()
        self.empty = QLabel()
        self.bar = KeyBar(theme)
        self._rest, self._count_timer = QTimer(self), QTimer(self)
        self._lay_out()
        self._connect()
        self.rescale()
        self.show_single(False)

    # What is worked on

    @property
    def is_single(self) -> bool:
        """Whether one plot is shown at a time."""
        return self._stack.currentWidget() is self.single

    @property
    def plot_type(self) -> PlotType:
        """The plot type that is worked on, as the hall has it now."""
        name = self.side.plot_types.currentText()
        known = self._hall.plot_types if self._hall is not None else {}
        return known.get(name, PlotType(name))

    @property
    def item(self) -> QueuedPlot | None:
        """The plot in focus."""
        focus = self.desk.sheet.focus
        return self.desk.sheet.tiles[focus].item if focus is not None else None

    def show_hall(self, hall: Hall, plot_type: str = "", queue: Queue | None = None) -> None:
        """Take over the plot types of the hall, and begin with one of them."""
        self._hall = hall
        names = [name for name, one in hall.plot_types.items() if not one.ignored]
        before = self.side.plot_types.currentText()
        chosen = next((one for one in (plot_type, before) if one in names), names[0] if names else "")
        self.side.show_plot_types(names, chosen)
        if queue is not None:
            self.side.choose(queue)
        self._begin()

    def show_detail(self, detail: Detail) -> None:
        """Take over what else is known of the plot in focus."""
        if self.item is None or detail.shown is None or detail.shown.id != self.item.plot.id:
            return
        self.single.show_detail(detail)
        verdict = detail.past.verdict if detail.past is not None and self.item.shown_guess else None
        self.focus_chances.show_verdict(verdict, self.plot_type, detail.thresholds)

    def show_live(self, _snapshot: WallSnapshot, _trouble: str = "") -> None:
        """The wall goes on by itself."""

    def set_wall_mode(self, _on: bool) -> None:
        """Nothing here is for a wall."""

    def take_focus(self) -> None:
        """Put the keyboard where plots are labelled."""
        (self.single if self.is_single else self.grid).setFocus()

    def close_threads(self) -> None:
        """End the work in the background, once everything decided is stored."""
        self._rest.stop()
        self._count_timer.stop()
        self.desk.close()
        self.pictures.close()

    # What a person does

    def show_single(self, on: bool) -> None:
        """One plot at a time, or a page of them; at the same plot."""
        self._stack.setCurrentWidget(self.single if on else self.grid)
        self._right.setVisible(not on)
        self.speed.setVisible(on)
        self._show_keys()
        self._show_focus()
        self._refresh()
        self.take_focus()

    def give(self, label: str | None) -> None:
        """Label what is in focus or selected, with its stacks; None skips it."""
        sheet = self.desk.sheet
        targets = (sheet.focus,) if self.is_single and sheet.focus is not None else sheet.targets
        if targets:
            self._decide([(one, label, False) for one in targets])

    def accept(self) -> None:
        """Enter: take the guess over in single mode, the page as shown in grid mode; then go on."""
        sheet = self.desk.sheet
        if self.is_single:
            item = self.item
            if item is None:
                self.desk.next_page()
            elif sheet.tiles[item.plot.id].is_to_accept:
                self._decide([(item.plot.id, item.shown_guess, True)])
            elif sheet.tiles[item.plot.id].standing is Standing.OPEN:
                self._tell("This plot has no guess to accept: press the key of its label, or skip it.", False)
            else:
                self._go_on()
            return
        accepted = [(item.plot.id, item.shown_guess, True) for item in sheet.to_accept()]
        if accepted:
            self._decide(accepted)
            return
        waiting = [one for one, tile in sheet.tiles.items() if tile.standing is Standing.OPEN]
        if waiting:
            sheet.go(waiting[0])
            self._tell(
                f"{words.count(len(waiting), 'plot')} without a guess: press the key of the label, or skip.", False
            )
        else:
            self._next_page()

    def undo(self) -> None:
        """Take the last decision back."""
        self.desk.undo()

    def redo(self) -> None:
        """Give again what was taken back."""
        self.desk.redo()

    def move(self, step: int) -> None:
        """Look at another plot of the page, or at the next page's first."""
        ids = list(self.desk.sheet.tiles)
        if not ids or self.desk.sheet.focus is None:
            return
        place = ids.index(self.desk.sheet.focus) + step
        if 0 <= place < len(ids):
            self.desk.sheet.go(ids[place])
            self.desk.looks_now()

    def write_note(self) -> None:
        """Write a note that goes with the label of the plot in focus."""
        item = self.item
        if item is None:
            return
        text, well = QInputDialog.getText(
            self,
            "Note",
            "A note that is kept with your label:",
            QLineEdit.EchoMode.Normal,
            self._notes.get(item.plot.id, ""),
        )
        if well:
            self._notes[item.plot.id] = text.strip()
            self._tell(
                "The note is stored with the label that you give this plot." if text.strip() else "No note.", False
            )

    def change_key(self) -> None:
        """Let another key give a label."""
        names = [one.label.name for one in self._keyed]
        label, well = QInputDialog.getItem(self, "Keys", "Which label gets another key?", names, 0, False)
        if not well:
            return
        key, well = QInputDialog.getText(self, "Keys", f"The key that gives {label}, one letter, digit or sign:")
        if well and key.strip():
            self.label_key_wanted.emit(self.plot_type.name, label, key.strip())

    def _paint(self, plot_ids: Sequence[int], label: str) -> None:
        self._decide([(one, label, False) for one in plot_ids])

    def _decide(self, said: Sequence[tuple[int, str | None, bool]]) -> None:
        sheet = self.desk.sheet
        choices = []
        for plot_id, label, accepted in said:
            item = sheet.tiles[plot_id].item
            for one in (plot_id, *item.alike):
                seen = bool(item.shown_guess)
                choices.append(Choice(one, label, accepted, seen, self._notes.get(plot_id, "")))
        mode = Mode.SINGLE if self.is_single else Mode.GRID
        was_commit = bool(said) and said[0][2] and not self.is_single
        self.desk.decide(choices, mode, lambda: self._decided(was_commit))

    def _decided(self, is_commit: bool) -> None:
        """Go on at once, before it is stored."""
        sheet = self.desk.sheet
        for plot_id in list(self._notes):
            if plot_id in sheet.tiles and sheet.tiles[plot_id].said is not None:
                del self._notes[plot_id]
        if self.is_single:
            self._go_on()
        else:
            sheet.let_go()
            if is_commit and not any(tile.standing is Standing.OPEN for tile in sheet.tiles.values()):
                self._next_page()
        self._refresh()

    def _go_on(self) -> None:
        """The next plot that waits; behind the last of the page its next page."""
        sheet = self.desk.sheet
        ids = list(sheet.tiles)
        place = ids.index(sheet.focus) if sheet.focus in sheet.tiles else -1
        relabels = self.desk.ask.queue is Queue.EVERY
        if relabels:
            following = ids[place + 1 :]
        else:
            order = (*ids[place + 1 :], *ids[: max(0, place)])
            following = [one for one in order if sheet.tiles[one].said is None]
        if following:
            sheet.go(following[0])
            self.desk.looks_now()
        else:
            self._next_page()

    def _next_page(self) -> None:
        if self.desk.ask.queue is Queue.EVERY:
            self.desk.turn(1)
        else:
            self.desk.next_page()

    # What is shown

    def _begin(self) -> None:
        """Work through what is chosen at the left."""
        plot_type = self.plot_type
        self._keyed = keyed(plot_type.labels)
        self.legend.show_labels(self._keyed)
        self.desk.sheet.set_page((), plot_type)
        self._show_keys()
        if plot_type.name:
            self._ask()
        else:
            self.empty.setText("This hall has no plot type yet.\nhydra-desktop import MANIFEST.csv takes plots in.")
            self._refresh()

    def _ask(self) -> None:
        side = self.side
        if side.queue is Queue.DISPUTED and not self.is_single:
            self.show_single(True)
        self.desk.open(
            Ask(
                self.plot_type.name,
                side.queue,
                max(1, self.grid.capacity()),
                side.filters,
                side.chosen_order,
                stacks=side.stacks.isChecked(),
                blind_share=MOST_BLIND if side.hide_guesses.isChecked() else BLIND_SHARE,
            )
        )

    def _page_shown(self) -> None:
        self.grid.prefetch(self.desk.peek())
        self._show_focus()
        self._refresh()

    def _show_focus(self, *_: object) -> None:
        item, sheet = self.item, self.desk.sheet
        ids = list(sheet.tiles)
        place = ids.index(item.plot.id) if item is not None else 0
        if self.is_single:
            around = [tile.item for tile in sheet.tiles.values()]
            around += self.desk.peek()[: max(0, 9 - (len(around) - place))]
            self.single.show_item(item, self.plot_type, around, place, self.empty.text())
            self.single.strip.show_tiles(list(sheet.tiles.values()), place, self.plot_type)
            if self._evidence_on:
                self.single.toggle_evidence(True)
        else:
            self.focus_title.setText(f"In focus  {where(item)}" if item is not None else "In focus")
            self.focus_face.show_plot(item.plot.content_hash if item is not None else "", "Plot in focus")
            self.focus_chances.show_verdict(None, self.plot_type, {})
        self._rest.start(REST_MS)
        self._say_of_keys()

    def _read_detail(self) -> None:
        item = self.item
        if item is not None:
            name = item.plot.name
            self._reader.read(DetailAsk(name.plot_type, name.pad, item.plot.id))

    def _tiles_changed(self, _plot_ids: object) -> None:
        if self.is_single:
            ids = list(self.desk.sheet.tiles)
            place = ids.index(self.desk.sheet.focus) if self.desk.sheet.focus is not None else 0
            self.single.strip.show_tiles(list(self.desk.sheet.tiles.values()), place, self.plot_type)
        self._refresh()

    def _refresh(self, *_: object) -> None:
        """Bring all words up to date; cheap, as every decision does it."""
        desk, sheet = self.desk, self.desk.sheet
        queue = self.side.queue
        self.title.setText(queue.words)
        shown = bool(sheet.tiles)
        self.left.setText("Reading..." if desk.is_loading and not shown else f"{desk.left} left")
        given, guessed = sheet.given_counts(), sheet.guessed_counts()
        self.legend.show_counts(given, guessed, Counter(self._counts.labels))
        self.stored.setText("All stored" if desk.is_stored else "Storing...")
        session = desk.session
        self.undo_button.setEnabled(session.can_undo > 0)
        self.redo_button.setEnabled(session.can_redo > 0)
        self.pace.show_session(session, desk.left)
        (rate, _), _, (to_go, _), (done, _) = self.pace.figures()
        self.speed.setText(f"{rate} labels per minute   {to_go} to go   {done} this session")
        is_empty = not shown and not desk.is_loading
        if is_empty and self.plot_type.name:
            filters = self.side.filters.count
            others = sum(count for _, count in desk.others)
            self.empty.setText(
                f"No plot of this queue fits the {words.count(filters, 'filter')}.\nClear filters shows all of it."
                if filters
                else f"The {words.count(others, 'plot')} left are in other people's hands."
                if others
                else EMPTY[queue]
            )
        self.empty.setVisible(is_empty and not self.is_single)
        if is_empty and self.is_single:
            self.single.show_item(None, self.plot_type, (), 0, self.empty.text())
        self.side.show_others(desk.others)
        self._say_of_keys()
        self._say_what_enter_does()

    def _say_what_enter_does(self) -> None:
        sheet, item = self.desk.sheet, self.item
        count = sum(1 + len(one.alike) for one in sheet.to_accept())
        if self.is_single:
            tile = sheet.tiles[item.plot.id] if item is not None else None
            text = f"Accept {tile.label}?" if tile is not None and tile.is_to_accept else "Next"
        else:
            text = f"Commit page: accept {words.count(count, 'guess')}" if count else "Next page"
            text = text.replace("guesss", "guesses")
        self.bar.main.setText(f"{text}   [Enter]")
        self.bar.main.setEnabled(bool(sheet.tiles))
        self.bar.note.setText("Accepted guesses may train, they never evaluate" if count else "")
        targets = len(sheet.selection)
        self.bar.head.setText("" if self.is_single else f"{targets} selected" if targets else "In focus")

    def _say_of_keys(self) -> None:
        item = self.item
        guess = item.shown_guess if item is not None else ""
        chances = {}
        if item is not None and guess and item.guess is not None:
            chances[guess] = f"guess, {words.confidence(item.guess.confidence)}"
        self.bar.say_of_labels(chances, guess if self.is_single else "")

    def _show_keys(self) -> None:
        """Put every key where it is seen: the bar, the buttons, the sheet of keys."""
        taken = {one.key for one in self._keyed}

        def free(letter: str) -> str:
            return letter if letter.lower() not in taken else f"Shift+{letter}"

        acts: list[tuple[str, str, Callable[[], object]]] = [(free("S"), "skip", lambda: self.give(None))]
        if self.is_single:
            acts += [
                (free("R"), "normal beside it", self.single.toggle_reference),
                (free("E"), "evidence", self._toggle_evidence),
                ("[ ]", "compare with another", lambda: self.single.change_reference(1)),
                (free("W"), "note", self.write_note),
            ]
        self.bar.show_labels(self._keyed, large=self.is_single)
        self.bar.show_acts(acts)
        self._acts = {key: work for key, _, work in acts if key != "[ ]"}
        self._acts |= {"[": lambda: self.single.change_reference(-1), "]": lambda: self.single.change_reference(1)}
        self.mode_button.setText("Single  [Tab]" if not self.is_single else "Grid  [Tab]")
        self.undo_button.setText("Take back  [Backspace]")
        self.redo_button.setText("Redo  [Ctrl+Y]")
        for view in (self.grid, self.single):
            keys.tell_nothing(view)
            for one in self._keyed:
                keys.tell(view, one.key.upper(), f"Label {one.label.name}")
            for key, text, _ in acts:
                keys.tell(view, key, text.capitalize())
            keys.tell(view, "Enter", "Commit the page as shown" if view is self.grid else "Accept the guess, go on")
            keys.tell(view, "Tab", "One plot at a time, or a page of them")
            keys.tell(view, "Backspace", "Take the last decision back")
            keys.tell(view, "Arrows", "Go to another plot")
            keys.tell(view, "Page Up, Page Down", "Another page, where all plots are looked through")
        keys.tell(self.grid, "Shift+arrows", "Select plots")
        keys.tell(self.grid, "Ctrl+A", "Select the group in focus, then the page")
        keys.tell(self.grid, "Space", "Magnify the plot in focus")
        keys.tell(self.single, "Space", "Give the plot all the room")

    def _toggle_evidence(self) -> None:
        self._evidence_on = not self._evidence_on
        self.single.toggle_evidence(self._evidence_on)

    def _tell(self, text: str, wrong: bool) -> None:
        c, px = self._theme.colours, self._theme.px
        self.told.setText(text)
        self.told.setStyleSheet(
            f"background: {c.high}; color: {self._theme.word_on(c.high)}; font-weight: bold;"
            f" padding: {px(4)}px {px(10)}px;"
            if wrong
            else f"color: {c.text}; padding: {px(4)}px {px(10)}px;"
        )

    # How it is put together

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The keys of labeling, while the keyboard is at the plots."""
        if event.type() is QEvent.Type.KeyPress and watched in (self.grid, self.single):
            return self._key(event)
        if event.type() is QEvent.Type.ShortcutOverride and watched in (self.grid, self.single):
            is_label = not event.modifiers() and event.text().lower() in {one.key for one in self._keyed}
            if is_label:
                event.accept()  # a label's key goes before whatever else it means
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        key, modifiers = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        shift = modifiers == Qt.KeyboardModifier.ShiftModifier
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not modifiers:
            if not event.isAutoRepeat():  # a key held down commits one page
                self.accept()
            return True
        if key == Qt.Key.Key_Tab and not modifiers:
            self.show_single(not self.is_single)
            return True
        if key == Qt.Key.Key_Backspace and not modifiers:
            self.undo()
            return True
        if key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp) and self.desk.ask.queue is Queue.EVERY:
            self.desk.turn(1 if key == Qt.Key.Key_PageDown else -1)
            return True
        if self.is_single and not modifiers and key in _STEPS:
            if self.desk.queue_settles and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
                self._take_voice(0 if key == Qt.Key.Key_Left else 1)
            else:
                self.move(_STEPS[key])
            return True
        if self.is_single and key == Qt.Key.Key_Space and not modifiers:
            self._is_large = not self._is_large
            self.single.strip.setVisible(not self._is_large)
            if self.single.shows_reference == self._is_large:
                self.single.toggle_reference()
            return True
        text = event.text().lower()
        if not text or (modifiers and not shift):
            return False
        label = next((one.label.name for one in self._keyed if one.key == text), None)
        if label is not None and not shift:
            self.give(label)
            return True
        act = self._acts.get(f"Shift+{text.upper()}" if shift else text.upper())
        if act is not None:
            act()
            return True
        return False

    def _take_voice(self, number: int) -> None:
        said = voices(self.item.given) if self.item is not None else ()
        if number < len(said):
            self.give(said[number].label)

    def _lay_out(self) -> None:
        self._stack = QStackedWidget()
        self._stack.addWidget(self.grid)
        self._stack.addWidget(self.single)
        self.single.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._left = QScrollArea()
        self._left.setWidget(self.side)
        self._left.setWidgetResizable(True)
        self._left.setFrameShape(QFrame.Shape.NoFrame)
        self._left.viewport().setAutoFillBackground(False)
        self._left.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._left.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._right = QWidget()
        self._right.setObjectName("right")
        right = QVBoxLayout(self._right)
        for widget, stretch in (
            (self.legend, 0), (self.focus_title, 0), (self.focus_face, 2), (self.focus_chances, 0), (self.pace, 0),
        ):  # fmt: skip
            right.addWidget(widget, stretch)
        right.addStretch(1)
        head = Row()
        for label in (self.title, self.left, self.page_note):
            head.row.addWidget(label)
        head.row.addStretch(1)
        for widget in (self.speed, self.mode_button, self.undo_button, self.redo_button, self.stored):
            head.row.addWidget(widget)
        head.may_go([self.page_note], [self.speed], [self.redo_button])
        for button in (self.mode_button, self.undo_button, self.redo_button):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._head = head
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.told.setWordWrap(True)
        self.told.setAccessibleName("What happened")
        centre = QVBoxLayout()
        centre.addWidget(head)
        plots = QGridLayout()
        plots.addWidget(self._stack, 0, 0)
        plots.addWidget(self.empty, 0, 0)  # over what is empty, which keeps its size and the keyboard
        self.empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        centre.addLayout(plots, 1)
        centre.addWidget(self.told)
        upper = QHBoxLayout()
        upper.addWidget(self._left)
        upper.addLayout(centre, 1)
        upper.addWidget(self._right)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(upper, 1)
        layout.addWidget(self.bar)
        self._layouts = (right, centre, upper)

    def _connect(self) -> None:
        desk, sheet = self.desk, self.desk.sheet
        desk.page_shown.connect(self._page_shown)
        desk.state_changed.connect(self._state_changed)
        desk.session_changed.connect(self._refresh)
        desk.counted.connect(self._take_counts)
        desk.told.connect(self._tell)
        sheet.focus_moved.connect(self._show_focus)
        sheet.tiles_changed.connect(self._tiles_changed)
        sheet.selection_changed.connect(self._refresh)
        self.side.changed.connect(self._ask)
        self.side.plot_type_changed.connect(lambda _name: self._begin())
        self.grid.capacity_changed.connect(lambda: desk.set_size(max(1, self.grid.capacity())))
        self.grid.painted.connect(self._paint)
        self.grid.opened.connect(lambda _plot_id: self.show_single(True))
        self.grid.stack_asked.connect(desk.open_stack)
        self.single.wanted.connect(sheet.go)
        self.legend.armed.connect(self.grid.arm)
        self.bar.label_pressed.connect(self.give)
        self.bar.main_pressed.connect(self.accept)
        self.mode_button.clicked.connect(lambda: self.show_single(not self.is_single))
        self.undo_button.clicked.connect(self.undo)
        self.redo_button.clicked.connect(self.redo)
        self._reader.came.connect(self.show_detail)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._read_detail)
        self._count_timer.timeout.connect(self._count)
        self._count_timer.start(COUNT_MS)
        for view in (self.grid, self.single):
            view.installEventFilter(self)
        for key, text, work in (
            ("Ctrl+Z", "Take the last decision back", self.undo),
            ("Ctrl+Y", "Give again what was taken back", self.redo),
            ("F5", "Look anew", self.asked_anew.emit),
            ("F2", "Change the key of a label", self.change_key),
            ("F6", "To the queues", lambda: self.side.queues.setFocus()),
            ("F7", "To the plots", self.take_focus),
        ):
            keys.add(self, key, text, work)
        keys.also(self, "Ctrl+Y", "Ctrl+Shift+Z")

    def _count(self) -> None:
        if self.isVisible() and self.plot_type.name:
            self.desk.count()

    def _state_changed(self) -> None:
        if self.desk.peek() and not self.is_single:
            self.grid.prefetch(self.desk.peek())
        self._refresh()

    def _take_counts(self, counts: Counts) -> None:
        self._counts = counts
        self.side.show_counts(counts.queues)
        self.side.show_choices(counts.periods, [one.label.name for one in self._keyed], counts.users)
        self._refresh()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self.title.setStyleSheet(f"font-size: {px(20)}px; font-weight: bold;")
        self.left.setStyleSheet(f"font-size: {px(16)}px;")
        for label in (self.page_note, self.speed, self.stored):
            label.setStyleSheet(f"color: {c.muted}; font-size: {px(13)}px;")
        self.focus_title.setStyleSheet(f"font-weight: bold; font-size: {px(13)}px;")
        self.empty.setStyleSheet(f"font-size: {px(18)}px; color: {c.muted};")
        self._right.setFixedWidth(px(340))
        self._right.setStyleSheet(f"#right {{ border-left: 1px solid {c.line}; }} #muted {{ color: {c.muted}; }}")
        self.focus_face.setMaximumHeight(px(260))
        self._left.setFixedWidth(px(240))
        right, centre, upper = self._layouts
        right.setContentsMargins(px(12), px(12), px(12), px(8))
        centre.setContentsMargins(px(12), px(6), px(12), px(6))
        for layout in (right, centre):
            layout.setSpacing(px(8))
        upper.setSpacing(0)
        for part in (self.side, self.grid, self.single, self.legend, self.pace, self.bar, self.focus_chances):
            part.rescale()
        self._refresh()


_STEPS = {
    Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1,
    Qt.Key.Key_Home: -(10**6), Qt.Key.Key_End: 10**6,
}  # fmt: skip
