"""Labeling: queues at the left, plots in the middle, one at a time or a page of them, labels and keys around."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ...domain.hall import Hall, PlotType
from ...domain.labeling import Keyed, Queue, QueuedPlot, keyed, voices
from ...domain.wall import WallSnapshot
from ...services.detail import Ask as DetailAsk
from ...services.detail import Detail
from ...services.label_pages import Ask
from .. import keys, words
from ..detail.reader import DetailReader
from ..marks import Fill
from ..pictures import Evidence, Pictures
from ..row import Row
from ..stored import stored
from ..theme import Theme
from .agreement_side import AgreementSide
from .beside import of_detail
from .caps import CapButton
from .desk import Counts, Desk
from .grid_view import GridView
from .key_bar import KeyBar
from .key_choice import KeyChoice
from .key_filter import KeyFilter
from .label_acts import LabelActs
from .page_side import PageSide
from .queue_side import CLEAR, WITHOUT_LABELS, QueueSide
from .screen_keys import ScreenKeys
from .single_view import SingleView, where
from .tile import Standing, Tile
from .told import Storing, Told
from .why_empty import NO_PLOT_TYPE, why_empty

REST_MS = 120  # that the focus rests before what else is known of a plot is read
SOON_MS = 25  # after which words follow: until then a label is on the disk, and they change once
COUNT_MS = 10_000
MOST_BLIND = 1.0
BLIND_SHARE = 0.05  # of the unlabelled plots, judged without the guess in sight
_AT = "labeling/at"


class LabelingScreen(QWidget):
    """What people do about the plots is done by `acts`.

    `label_key_wanted` asks for another key of a label: plot type, label, key; `asked_anew` to read all again;
    `plots_left` tells that chosen plots are no longer shown.
    """

    label_key_wanted = Signal(str, str, str)
    plots_left = Signal()
    asked_anew = Signal()

    def __init__(self, theme: Theme, desk: Desk, reader: DetailReader, evidence: Evidence, image_folder: Path) -> None:
        super().__init__()
        self.setObjectName("screen")
        self._theme, self.desk, self._reader = theme, desk, reader
        self._hall: Hall | None = None
        self.labels: tuple[Keyed, ...] = ()
        self._counts = Counts({}, {})
        self._wants_single = self._evidence_on = self._is_large = self._had_reference = False
        self.pictures = Pictures(evidence, parent=self)
        self.side = QueueSide(theme)
        self.grid = GridView(theme, desk.sheet, self.pictures, image_folder)
        self.single = SingleView(theme, self.pictures, image_folder)
        self.page_side = PageSide(theme, self.pictures, image_folder)
        self.agreement = AgreementSide(theme)
        self.legend, self.pace = self.page_side.legend, self.page_side.pace
        self.title, self.left, self.page_note = QLabel(), QLabel(), QLabel()
        self.speed, self.told = QLabel(), Told(theme)
        self.stored = Storing(theme, desk, self.told)
        self.acts = LabelActs(
            self, desk, self.told, is_single=lambda: self.is_single, skip_key=lambda: self.keys.free("S")
        )
        self.mode_button = CapButton(theme, "Single", ["Tab"], self.toggle_mode)
        self.undo_button = CapButton(theme, "Take back", ["Backspace"], desk.undo)
        self.redo_button = CapButton(theme, "Redo", ["Ctrl+Y"], desk.redo)
        self.leave_button = CapButton(theme, "Back", [CLEAR], self.side.clear_filters)
        self.empty = QLabel()
        self.bar, self.keys, self._key_filter = KeyBar(theme), ScreenKeys(self), KeyFilter(self)
        self._rest, self._count_timer = QTimer(self), QTimer(self)
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._fetched: tuple[QueuedPlot, ...] = ()
        self._lay_out()
        self._connect()
        self.rescale()
        self._show_mode()

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
    def tile(self) -> Tile | None:
        """The plot in focus, as it stands."""
        return self.desk.sheet.in_focus

    @property
    def item(self) -> QueuedPlot | None:
        """The plot in focus."""
        return self.tile.item if self.tile is not None else None

    def show_hall(self, hall: Hall, plot_type: str = "", queue: Queue | None = None) -> None:
        """Take over the plot types of the hall; where they are as before, the work goes on where it was."""
        before, self._hall = self._hall, hall
        names = [name for name, one in hall.plot_types.items() if not one.ignored]
        if before is not None and not plot_type and queue is None and self._goes_on(before, names):
            return
        if before is None and not plot_type and queue is None:
            plot_type, queue = self._remembered(hall)
        shown = self.side.plot_types.currentText()
        chosen = next((one for one in (plot_type, shown) if one in names), names[0] if names else "")
        self.side.show_plot_types(names, chosen)
        if queue is not None:
            self.side.blockSignals(True)  # it is asked once, below
            self.side.choose(queue)
            self.side.blockSignals(False)
        self._begin()

    def show_plots(self, hall: Hall, plot_type: str, plot_ids: Collection[int], text: str) -> None:
        """Show chosen plots of a type, labelled or not, until the person leaves them; `text` says what they are."""
        self._hall = hall
        names = [name for name, one in hall.plot_types.items() if not one.ignored or name == plot_type]
        self.side.show_plot_types(names, plot_type)
        self.side.show_only(plot_ids, text)
        self._begin()
        self.take_focus()

    def _goes_on(self, before: Hall, names: Sequence[str]) -> bool:
        """Whether the work goes on where it was, with other keys perhaps."""
        known = [self.side.plot_types.itemText(row) for row in range(self.side.plot_types.count())]
        if not names or names != known:
            return False
        was, now = before.plot_types[self.plot_type.name], self.plot_type
        if [one.name for one in was.labels] != [one.name for one in now.labels]:
            return False
        if was != now:
            self._take_plot_type()
            self.desk.sheet.plot_type = now
            self.grid.rescale()
            self._show_focus()
            self._refresh()
        self.desk.count()
        return True

    def look_anew(self) -> None:
        """Read the page again, and the hall's plot types."""
        if self.plot_type.name and self.labels:
            self._ask()
        self.asked_anew.emit()

    def show_detail(self, detail: Detail) -> None:
        """Take over what else is known of the plot in focus."""
        tile = self.tile
        if tile is None or detail.shown is None or detail.shown.id != tile.item.plot.id:
            return
        self.single.show_detail(detail)
        self.page_side.show_detail(detail, tile, self.plot_type)
        found = of_detail(detail)
        self.grid.show_beside(found[0] if found else None)
        if self._evidence_on:
            self.single.toggle_evidence(True)
        self.bar.show_acts(self.keys.now())

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
        self.stored.close_timer()
        self.desk.close()
        self.pictures.close()

    # How a person wants it shown

    def show_single(self, on: bool) -> None:
        """One plot at a time, or a page of them; at the same plot."""
        self._wants_single = on
        self.told.turned()
        if not on and self.side.queue is Queue.DISPUTED:
            self.told.tell("What two people disagree on is weighed one plot at a time.")
        self._show_mode()
        self.take_focus()

    def toggle_mode(self) -> None:
        """One plot at a time where a page was, and the other way round."""
        self.show_single(not self.is_single)

    def resize_plots(self, step: int) -> None:
        """Show the plots of a page larger or smaller."""
        before = self.grid.size_step
        self.grid.set_size(before + step)
        if self.grid.size_step != before and any(tile.said for tile in self.desk.sheet.tiles.values()):
            self.told.tell("The next page has plots of this size.")

    def toggle_reference(self) -> None:
        """Show what is normal beside the plot, or give the plot all the room."""
        self.single.toggle_reference()
        self.bar.show_acts(self.keys.now())

    def toggle_evidence(self) -> None:
        """Show on what the guess rests, or don't."""
        if not self._evidence_on and not self.single.has_evidence:
            self.told.tell("No evidence is stored for this plot.")
            return
        self._evidence_on = not self._evidence_on
        self.single.toggle_evidence(self._evidence_on)

    def toggle_room(self) -> None:
        """Give the plot all the room, or show again what is beside and below it."""
        self._is_large = not self._is_large
        self.single.strip.setVisible(not self._is_large)
        if self._is_large:
            self._had_reference = self.single.shows_reference
        if self._had_reference and self.single.shows_reference == self._is_large:
            self.toggle_reference()

    def change_key(self) -> None:
        """Let another key give a label."""
        if self.labels:
            choice = KeyChoice(self._theme, self.labels, self)
            choice.chosen.connect(lambda label, key: self.label_key_wanted.emit(self.plot_type.name, label, key))
            choice.exec()
            choice.deleteLater()
            self.activateWindow()

    # What is shown

    def _begin(self) -> None:
        """Work through what is chosen at the left."""
        self._take_plot_type()
        self._counts = Counts({}, {})
        self.desk.sheet.set_page((), self.plot_type)
        if self.plot_type.name:
            self._ask()
        else:
            self._refresh()

    def _take_plot_type(self) -> None:
        """Take over the labels of the plot type and their keys."""
        self.labels = keyed(self.plot_type.labels) if self.plot_type.name else ()
        self.legend.show_labels(self.labels)
        self._show_keys()

    def _ask(self) -> None:
        side = self.side
        self.desk.sheet.may_accept = side.queue is not Queue.CONTESTED  # that the guess is right is what is contested
        self.told.turned()
        self._show_mode()
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
        if self._hall is not None:
            stored().setValue(f"{_AT}/{self._hall.name}", [self.plot_type.name, side.queue.value])
        if side.queue is Queue.DISPUTED:
            self.desk.read_agreement()

    def _remembered(self, hall: Hall) -> tuple[str, Queue | None]:
        """What was worked on at this station last."""
        found = stored().value(f"{_AT}/{hall.name}")
        if not isinstance(found, list) or len(found) != 2 or found[1] not in set(Queue):
            return "", None
        return str(found[0]), Queue(found[1])

    def _show_mode(self) -> None:
        """Show one plot or a page, as the person wants it where the queue leaves the choice."""
        weighs = self.side.queue is Queue.DISPUTED
        single, before = self._wants_single or weighs, self._stack.currentWidget()
        had_focus = before.hasFocus()
        self._stack.setCurrentWidget(self.single if single else self.grid)
        if had_focus:
            self.take_focus()
        self._right.setCurrentWidget(self.agreement_place if weighs else self.page_side)
        self._right.setVisible(weighs or not single)
        self.single.weigh(weighs, has_voices=self.side.queue not in WITHOUT_LABELS)
        self.mode_button.say("Grid" if single else "Single")
        self._head.want(self.mode_button, not weighs)
        self._head.want(self.speed, single)
        self._show_keys()
        self._show_focus()
        self._refresh()

    def _page_shown(self) -> None:
        if self.desk.ask.plot_type != self.plot_type.name:  # what was taken back is of another
            self.side.plot_types.blockSignals(True)
            self.side.plot_types.setCurrentText(self.desk.ask.plot_type)
            self.side.plot_types.blockSignals(False)
            self.desk.sheet.plot_type = self.plot_type
            self._take_plot_type()
        self._fetched = self.desk.peek()
        self.grid.prefetch(self._fetched)
        self._show_focus()
        self._refresh_soon()

    def _show_focus(self, *_: object) -> None:
        tile, sheet = self.tile, self.desk.sheet
        if self.is_single:
            around = [one.item for one in sheet.tiles.values()]
            place = list(sheet.tiles).index(tile.item.plot.id) if tile is not None else 0
            around += self.desk.peek()[: max(0, 9 - (len(around) - place))]
            self.single.say_note(self.acts.note)
            self.single.show_tile(tile, self.plot_type, around, place, self.empty.text())
            if self._evidence_on:
                self.single.toggle_evidence(True)
        else:
            self.page_side.show_focus(tile, self.plot_type)
        if self.desk.queue_settles:
            said = voices(tile.item.given) if tile is not None else ()
            self.agreement.show_plot([(one.user, one.label) for one in said], self.plot_type)
        self._rest.start(REST_MS)
        self._refresh_soon()

    def _show_strip(self) -> None:
        sheet = self.desk.sheet
        place = list(sheet.tiles).index(sheet.focus) if sheet.focus in sheet.tiles else 0
        self.single.strip.show_tiles(list(sheet.tiles.values()), place, self.plot_type, self.desk.peek()[:12])

    def _read_detail(self) -> None:
        item = self.item
        if item is not None:
            name = item.plot.name
            self._reader.read(DetailAsk(name.plot_type, name.pad, item.plot.id))

    def _tiles_changed(self, plot_ids: frozenset[int]) -> None:
        if self.is_single and self.tile is not None and self.desk.sheet.focus in plot_ids:
            self.single.say(self.tile)
        self._refresh_soon()

    def _refresh_soon(self, *_: object) -> None:
        """Bring all words up to date once the plots are painted, which go first; once for all that changed."""
        if not self._soon.isActive():
            self._soon.start()

    def _refresh(self) -> None:
        desk, sheet = self.desk, self.desk.sheet
        shown = bool(sheet.tiles)
        self.title.setText(self.side.only_words or self.side.queue.words)
        self.leave_button.setVisible(bool(self.side.only_words))
        what = words.count(desk.left, "plot") if desk.ask.queue is Queue.EVERY else f"{desk.left} left"
        self.left.setText("Reading..." if desk.is_loading and not shown else what)
        self.page_note.setText(self._note_on_page())
        self.legend.show_counts(sheet.given_counts(), sheet.guessed_counts(), Counter(self._counts.labels))
        session = desk.session
        self.undo_button.setEnabled(session.can_undo > 0)
        self.redo_button.setEnabled(session.can_redo > 0)
        self.pace.show_session(session, desk.left)
        (rate, _), _, (to_go, _), (done, _) = self.pace.figures()
        self.speed.setText(f"{rate} per minute   {to_go} to go   {done} this session")
        self._say_why_empty()
        if self.is_single:
            self._show_strip()
        self.side.show_others(desk.others)
        self._say_of_keys()
        self._head.fit()

    def _note_on_page(self) -> str:
        desk, item = self.desk, self.item
        parts = []
        if desk.is_again:
            parts.append("shown again; the queue goes on after it")
        elif desk.ask.queue is Queue.EVERY and desk.sheet.tiles:
            first = desk.ask.first
            parts.append(f"{first + 1} to {first + len(desk.sheet.tiles)} of {desk.left}")
        elif not self.is_single and desk.left > desk.ask.size:
            parts.append(f"about {words.count(-(-desk.left // desk.ask.size), 'page')}")
        if self.is_single and item is not None:
            parts.append(where(item))
        wishes = self.side.wishes
        return ",  ".join([*parts, f"filtered: {wishes}"] if wishes else parts)

    def _say_why_empty(self) -> None:
        desk = self.desk
        is_empty = not desk.sheet.tiles and not desk.is_loading
        text = ""
        if is_empty and not self.plot_type.name:
            text = NO_PLOT_TYPE if self._hall is not None else ""
        elif is_empty:
            text = why_empty(desk, self.side, self._counts)
        if text != self.empty.text():
            self.empty.setText(text)
            if is_empty and self.is_single:
                self.single.show_tile(None, self.plot_type, (), 0, text)
        self.empty.setVisible(is_empty and not self.is_single)

    def _say_of_keys(self) -> None:
        """Say on the keys what they do for the plot in focus."""
        sheet, tile = self.desk.sheet, self.tile
        below: dict[str, str] = {}
        framed, fill = "", Fill.WHOLE
        if tile is not None and self.is_single:
            guess = tile.item.guess
            framed, fill = tile.label, tile.fill
            if tile.standing is Standing.OPEN and guess is not None and tile.is_guess_seen:
                below[guess.label] = f"guess, {words.confidence(guess.confidence)}"
            elif framed:
                below[framed] = "accepted" if tile.standing is Standing.ACCEPTED else tile.standing.value
            if self.desk.queue_settles:
                below, framed = self._weighed(tile), "" if tile.said is None else tile.label
        self.bar.say_of_labels(below, framed, fill)
        self.bar.enable_labels(tile is not None)
        self._show_voices(tile)
        count = sum(1 + len(one.alike) for one in sheet.to_accept())
        if self.is_single:
            accepts = tile is not None and sheet.accepts(tile.item.plot.id)
            main = f"Accept {tile.label}?" if accepts and tile is not None else "Next"
            note = "An accepted guess may train, it never evaluates" if accepts else ""
        else:
            main = f"Commit page: accept {count} {'guess' if count == 1 else 'guesses'}"
            main = main if count else "Next that waits" if self.acts.waiting else "Next page"
            note = "Accepted guesses may train, they never evaluate" if count else ""
        targets = len(sheet.selection)
        head = "" if self.is_single or tile is None else f"{targets} selected" if targets else "In focus"
        self.bar.say_main(main, note=note, head=head)
        self.bar.main.setEnabled(bool(sheet.tiles))
        self.bar.show_acts(self.keys.now())

    def _weighed(self, tile: Tile) -> dict[str, str]:
        """Who said which label, where it is no key of its own."""
        return {one.label: f"as {one.user} said" for one in voices(tile.item.given)}

    def _show_voices(self, tile: Tile | None) -> None:
        """Put what the two people said on keys of their own."""
        said = voices(tile.item.given)[:2] if tile is not None and self.desk.queue_settles else ()
        found = []
        for one, key in zip(said, ("Left", "Right"), strict=False):
            own = next((keyed.key.upper() for keyed in self.labels if keyed.label.name == one.label), "")
            found.append((key, self.plot_type.label(one.label), f"as {one.user} said" + (f", or {own}" if own else "")))
        self.bar.show_voices(found)

    def _show_keys(self) -> None:
        """Put every key where it is seen: the bar, the buttons, the sheet of keys."""
        self.keys.renew()
        self.bar.show_labels(self.labels, large=self.is_single)
        self.bar.show_acts(self.keys.now())

    # How it is put together

    def _lay_out(self) -> None:
        self._stack, self._right = QStackedWidget(), QStackedWidget()
        self._stack.addWidget(self.grid)
        self._stack.addWidget(self.single)
        self.single.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._left = QScrollArea()
        self._left.setWidget(self.side)
        self._left.setWidgetResizable(True)
        self._left.setFrameShape(QFrame.Shape.NoFrame)
        self._left.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._left.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.agreement_place = QWidget()
        self.agreement_place.setObjectName("right")
        self._agreement_layout = QVBoxLayout(self.agreement_place)
        self._agreement_layout.addWidget(self.agreement)
        self._right.addWidget(self.page_side)
        self._right.addWidget(self.agreement_place)
        head = Row()
        for label in (self.title, self.left, self.page_note):
            head.row.addWidget(label)
        head.row.addStretch(1)
        for widget in (
            self.leave_button,
            self.speed,
            self.mode_button,
            self.undo_button,
            self.redo_button,
            self.stored,
        ):
            head.row.addWidget(widget)
        head.may_go(
            [self.speed], [self.page_note], [self.redo_button], [self.undo_button], [self.mode_button], [self.left]
        )
        self._head = head
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        centre = QVBoxLayout()
        centre.addWidget(head)
        plots = QGridLayout()
        plots.addWidget(self._stack, 0, 0)
        plots.addWidget(self.empty, 0, 0)  # over what is empty, which keeps its size and the keyboard
        self.empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        plots.addWidget(self.told, 0, 0, Qt.AlignmentFlag.AlignBottom)  # over the room that is left for one line
        centre.addLayout(plots, 1)
        upper = QHBoxLayout()
        upper.addWidget(self._left)
        upper.addLayout(centre, 1)
        upper.addWidget(self._right)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(upper, 1)
        layout.addWidget(self.bar)
        self._layouts = (centre, upper)

    def _connect(self) -> None:
        desk, sheet = self.desk, self.desk.sheet
        desk.page_shown.connect(self._page_shown)
        desk.state_changed.connect(self._state_changed)
        desk.session_changed.connect(self._refresh_soon)
        self._soon.timeout.connect(self._refresh)
        desk.counted.connect(self._take_counts)
        desk.agreed.connect(self.agreement.show_agreements)
        desk.told.connect(self.told.tell)
        self.acts.decided.connect(self._refresh_soon)
        self.acts.noted.connect(self.single.say_note)
        sheet.focus_moved.connect(self._show_focus)
        sheet.tiles_changed.connect(self._tiles_changed)
        sheet.selection_changed.connect(self._refresh_soon)
        self.side.changed.connect(self._ask)
        self.side.plot_type_changed.connect(lambda _name: self._begin())
        self.side.left.connect(self.take_focus)
        self.side.plots_left.connect(self.plots_left)
        self.grid.capacity_changed.connect(lambda: desk.set_size(max(1, self.grid.capacity())))
        self.grid.painted.connect(self.acts.paint)
        self.grid.opened.connect(lambda _plot_id: self.show_single(True))
        self.grid.stack_asked.connect(desk.open_stack)
        self.single.wanted.connect(sheet.go)
        self.single.beside.hide_wanted.connect(lambda: self.bar.show_acts(self.keys.now()))
        self.legend.armed.connect(self.grid.arm)
        self.bar.label_pressed.connect(self.acts.give)
        self.bar.main_pressed.connect(self.acts.accept)
        self._reader.came.connect(self.show_detail)
        self._reader.failed.connect(lambda why: self.told.tell(why, wrong=True))
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._read_detail)
        self._count_timer.timeout.connect(self._count)
        self._count_timer.start(COUNT_MS)
        for view in (self.grid, self.single):
            view.installEventFilter(self._key_filter)
        for key, text, work in (
            ("Ctrl+Z", "Take the last decision back", desk.undo),
            ("Ctrl+Y", "Give again what was taken back", desk.redo),
            ("F5", "Look anew", self.look_anew),
            ("F2", "Change the key of a label", self.change_key),
            ("F6", "To the queues, Enter or Escape goes back", self.side.queues.setFocus),
            ("F7", "To the plots", self.take_focus),
            (CLEAR, "Clear the filters", self.side.clear_filters),
        ):
            keys.add(self, key, text, work)
        keys.also(self, "Ctrl+Y", "Ctrl+Shift+Z")

    def _count(self) -> None:
        if self.isVisible() and self.plot_type.name:
            self.desk.count_soon()

    def _state_changed(self) -> None:
        following = self.desk.peek()
        if following is not self._fetched and not self.is_single:
            self._fetched = following
            self.grid.prefetch(following)
        self._refresh_soon()

    def _take_counts(self, counts: Counts) -> None:
        self._counts = counts
        self.told.answered()
        self.side.show_counts(counts.queues)
        self.side.show_choices(counts.periods, [one.label.name for one in self.labels], counts.users)
        self._refresh_soon()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self.title.setStyleSheet(f"font-size: {px(20)}px; font-weight: bold;")
        self.left.setStyleSheet(f"font-size: {px(16)}px;")
        for label in (self.page_note, self.speed):
            label.setStyleSheet(f"color: {c.muted}; font-size: {px(13)}px;")
        self.empty.setStyleSheet(f"font-size: {px(18)}px; color: {c.muted};")
        self.agreement_place.setStyleSheet(f"#right {{ border-left: 1px solid {c.line}; }}")
        self._agreement_layout.setContentsMargins(px(12), px(12), px(12), px(8))
        self._left.setStyleSheet(f"QScrollArea {{ background: {c.background}; }}")
        self._left.setFixedWidth(px(244))
        centre, upper = self._layouts
        centre.setContentsMargins(px(12), px(6), px(12), px(2))
        centre.setSpacing(px(6))
        self._stack.setContentsMargins(0, 0, 0, px(28))
        upper.setSpacing(0)
        for part in (self.side, self.grid, self.single, self.page_side, self.bar, self.told, self.stored):
            part.rescale()
        self._right.setFixedWidth(self.page_side.width())
        for button in (self.leave_button, self.mode_button, self.undo_button, self.redo_button):
            button.updateGeometry()
        self.agreement.update()
        self._refresh()
