"""The library: plot types with what is live, the models of one, sets, and what may be done with them."""

from __future__ import annotations

from PySide6.QtCore import QMetaMethod, Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from ...domain.library import ModelSet, named
from ...services.model_listing import LibraryModel, Shelf
from .. import keys
from ..desk_page import DeskPage
from ..row import Row
from ..theme import Theme
from . import facts, set_list, speech
from .asking import Asking
from .desk import LibraryDesk
from .model_list import ModelDelegate, ModelListModel
from .painting import ROW_ROLE
from .set_list import SetDelegate, SetListModel
from .type_list import TypeDelegate, TypeListModel

MOST_SETS = 4  # that are in sight at once
SLOW_MS = 200  # what takes longer says so
WORKING = "Working... the files of the models are opened before anything is changed."


class LibraryScreen(DeskPage):
    """Shows what the desk has seen; other screens are asked for by signals.

    `report_asked` and `thresholds_asked` carry a model's id, `compare_asked` a list of two ids or more,
    `reference_asked` a plot type. Their keys are there as soon as somebody listens.
    """

    report_asked = Signal(int)
    thresholds_asked = Signal(int)
    compare_asked = Signal(list)
    reference_asked = Signal(str)

    HEADLINE_PX = 20

    def __init__(self, theme: Theme, desk: LibraryDesk) -> None:
        super().__init__(theme)
        self.desk = desk
        self._run_period = ""
        self._asking = Asking(self, desk)
        self._failed = ""  # why nothing could be read
        self._showing = self._is_slow = self._wants_focus = False
        self._shown_page = ""
        self._shown_for: tuple[str, int | None] = ("", None)
        self.headline.setText("Reading the library...")
        self.search = QLineEdit()
        self.types, self.models, self.sets = TypeListModel(self), ModelListModel(self), SetListModel(self)
        self.type_view, self.model_view = QListView(), QListView()
        self.sets_title, self.set_view, self.no_sets = QLabel(), QListView(), QLabel()
        self.shelf_title, self.empty = QLabel(), QLabel()
        self.facts = QTextBrowser()
        self._acts = Row()
        self._buttons: dict[QPushButton, str] = {}
        self._actions: dict[QPushButton, QAction] = {}
        self.save_set = self._button("Save...", "Ctrl+S", "Save what is live as a set")
        self.activate_set = self._button("Put live", "Ctrl+L", "Put the set live")
        self.roll_back_set = self._button("Roll back", "Ctrl+B", "Roll the set back")
        self.import_ = self._button("Import...", "Ctrl+I")
        self.export = self._button("Export...", "Ctrl+E")
        self.reference = self._button("Reference", "R")
        self.report = self._button("Report", "O")
        self.compare = self._button("Compare", "C")
        self.thresholds = self._button("Thresholds", "H")
        self.shadow = self._button("Shadow on", "S")
        self.roll_back = self._button("Roll back", "B")
        self.activate = self._button("Activate", "Ctrl+Return")
        self.activate.setObjectName("main")
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(SLOW_MS)
        self._set_up_views()
        self._lay_out()
        self._connect()
        self.rescale()
        self._refresh()

    @property
    def chosen(self) -> LibraryModel | None:
        """The model that the keys act on."""
        index = self.model_view.currentIndex()
        return index.data(ROW_ROLE) if index.isValid() else None

    @property
    def chosen_set(self) -> ModelSet | None:
        """The set that the keys act on."""
        index = self.set_view.currentIndex()
        return index.data(ROW_ROLE) if index.isValid() else None

    @property
    def comparable(self) -> list[int]:
        """The models to compare: those selected, or the chosen one and the live one."""
        ids = [index.data(ROW_ROLE).id for index in self.model_view.selectionModel().selectedIndexes()]
        shelf = self.desk.seen.shelf
        if len(ids) == 1 and shelf is not None and shelf.active_id not in (None, ids[0]):
            ids.append(shelf.active_id)
        return ids if len(ids) > 1 else []

    def show_run_period(self, run_period: str) -> None:
        """The run period of now, for which a set is saved."""
        self._run_period = run_period

    def take_focus(self) -> None:
        """Put the cursor into the list of plot types."""
        self._wants_focus = not self.type_view.isVisible()
        (self.import_ if self._wants_focus else self.type_view).setFocus()

    def show_told(self, text: str, failed: bool) -> None:
        """Say what came of what was asked."""
        if failed and self.desk.seen.types is None:
            self._failed = text
        self.told.setProperty("failed", failed)
        self.told.setText(text)
        self._style_told()
        self._refresh()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        super().rescale()
        c, px = self._theme.colours, self._theme.px
        for label in (self.shelf_title, self.sets_title):
            label.setStyleSheet(f"font-size: {px(15)}px; font-weight: bold;")
        self.empty.setStyleSheet(f"font-size: {px(15)}px; color: {c.muted};")
        self.no_sets.setStyleSheet(f"color: {c.muted};")
        self._style_told()
        self.facts.setStyleSheet(
            f"QTextBrowser {{ background: {c.panel}; border: 1px solid {c.line}; border-radius: {px(4)}px;"
            f" padding: {px(6)}px; }} QTextBrowser:focus {{ border: 2px solid {c.text}; }}"
        )
        self._left.setFixedWidth(px(400))
        self.facts.setMinimumWidth(px(420))
        for layout in self._layouts:
            layout.setSpacing(px(8))
        self._layouts[0].setContentsMargins(px(12), px(10), px(12), px(10))
        self._shown_page = ""
        self._show_facts()
        for view in (self.type_view, self.model_view, self.set_view):
            view.scheduleDelayedItemsLayout()

    # putting it together

    def _button(self, text: str, key: str, spoken: str = "") -> QPushButton:
        button = QPushButton()
        self._buttons[button] = key
        self._name(button, text, spoken)
        return button

    def _name(self, button: QPushButton, text: str, spoken: str = "") -> None:
        button.setText(f"{text}  [{self._buttons[button].replace('Return', 'Enter')}]")
        button.setAccessibleName(spoken or text.rstrip("."))

    def _set_up_views(self) -> None:
        self.type_view.setModel(self.types)
        self.type_view.setItemDelegate(TypeDelegate(self._theme, self))
        self.type_view.setAccessibleName("Plot types")
        self.model_view.setModel(self.models)
        self.model_view.setItemDelegate(ModelDelegate(self._theme, self))
        self.model_view.setAccessibleName("Models, the newest first")
        self.model_view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        for view in (self.type_view, self.model_view, self.set_view):
            view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
            view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for view in (self.type_view, self.model_view, self.set_view):
            view.setResizeMode(QListView.ResizeMode.Adjust)
        self.set_view.setModel(self.sets)
        self.set_view.setItemDelegate(SetDelegate(self._theme, self))
        self.set_view.setAccessibleName("Sets, the newest first")
        self.search.setPlaceholderText("Search plot types  [/]")
        self.search.setAccessibleName("Search plot types")
        self.search.setClearButtonEnabled(True)
        self.facts.setAccessibleName("What is known of the model")
        self.facts.setTabChangesFocus(True)

    def _lay_out(self) -> None:
        for label in (self.lines, self.empty, self.told, self.no_sets, self.headline):
            label.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.told.setAccessibleName("Answer")
        self.told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._left = QWidget()
        left, sets, middle, body = QVBoxLayout(self._left), QHBoxLayout(), QVBoxLayout(), QHBoxLayout()
        left.setContentsMargins(0, 0, 0, 0)
        left.addWidget(self.search)
        left.addWidget(self.type_view, 1)
        left.addWidget(self.sets_title)
        left.addWidget(self.no_sets)
        left.addWidget(self.set_view)
        for button in (self.save_set, self.roll_back_set, self.activate_set):
            sets.addWidget(button)
        sets.addStretch(1)
        left.addLayout(sets)
        middle.addWidget(self.shelf_title)
        middle.addWidget(self.model_view, 1)
        middle.addWidget(self.empty, 1)
        body.addWidget(self._left)
        body.addLayout(middle, 5)
        body.addWidget(self.facts, 4)
        aside = (self.import_, self.export, self.reference, self.report, self.compare, self.thresholds)
        for button in aside:
            self._acts.row.addWidget(button)
        self._acts.row.addStretch(1)
        for button in (self.shadow, self.roll_back, self.activate):
            self._acts.row.addWidget(button)
        self._acts.row.setContentsMargins(0, 0, 0, 0)
        self._acts.may_go(*([button] for button in reversed(aside)))
        layout = QVBoxLayout(self)
        layout.addWidget(self.headline)
        layout.addWidget(self.lines)
        layout.addLayout(body, 1)
        layout.addWidget(self.told)
        layout.addWidget(self._acts)
        self._layouts = (layout, left, sets, middle, body, self._acts.row)

    def _connect(self) -> None:
        self.desk.seen_changed.connect(self._show)
        self.desk.told.connect(self.show_told)
        self.desk.went.connect(lambda stage, done: self.show_told(f"Comparing, {stage}: {done:.0%}", False))
        self.desk.warned.connect(self._clear_told)
        self.desk.warned.connect(self._asking.in_spite)
        self.desk.unknown_type.connect(self._asking.for_type)
        self._slow.timeout.connect(self._say_slow)
        self.search.textChanged.connect(self._search)
        self.search.returnPressed.connect(self.type_view.setFocus)
        self.type_view.selectionModel().currentChanged.connect(self._choose_type)
        self.model_view.selectionModel().selectionChanged.connect(self._refresh)
        self.model_view.selectionModel().currentChanged.connect(self._refresh)
        self.set_view.selectionModel().currentChanged.connect(self._refresh)
        for button, text, work in (
            (self.activate, "Put the chosen model live", self._activate),
            (self.roll_back, "Go back to what was live before", self._roll_back),
            (self.shadow, "Let the chosen model judge in shadow, or end that", self._switch_shadow),
            (self.report, "Report of the chosen model", lambda: self.report_asked.emit(self.chosen.id)),
            (self.compare, "Compare the selected models, or the chosen with the live one", self._compare),
            (self.thresholds, "Thresholds of the chosen model", lambda: self.thresholds_asked.emit(self.chosen.id)),
            (self.reference, "What is normal now, and what is proposed", self._open_reference),
            (self.export, "Write the chosen model to a file", lambda: self._asking.export(self.chosen)),
            (self.import_, "Take a model from a file", self._asking.import_),
            (self.save_set, "Save what is live now as a set", lambda: self._asking.for_set(self._run_period)),
            (self.activate_set, "Put the chosen set live", self._activate_set),
            (self.roll_back_set, "Take back the set that was put live last", self._roll_back_set),
        ):
            button.clicked.connect(lambda _checked=False, work=work: work())
            self._actions[button] = keys.add(self, self._buttons[button], text, button.click)
        keys.also(self, "Ctrl+Return", "Ctrl+Enter")
        keys.add(self, "/", "Search plot types", self.search.setFocus)
        keys.add(self, "F5", "Read the library anew", self.desk.read)
        keys.add(self.search, "Esc", "Show all plot types again", self._end_search)

    # what is shown

    def _show(self) -> None:
        """Take over what the desk has seen, and keep what is chosen."""
        seen = self.desk.seen
        if seen.types is None:
            self._refresh()
            return
        self._showing, self._failed = True, ""
        self.types.show_types(seen.types)
        row = self.types.row_of(self.desk.plot_type)
        if row != self.type_view.currentIndex().row():
            self.type_view.setCurrentIndex(self.types.index(row) if row >= 0 else self.types.index(-1))
        shelf, before = seen.shelf, self.chosen.id if self.chosen is not None else None
        self.models.show_rows(shelf.models if shelf is not None else ())
        if shelf is not None and shelf.models and not self.model_view.currentIndex().isValid():
            kept = self.models.row_of(before) if before is not None else -1
            self.model_view.setCurrentIndex(self.models.index(max(kept, 0)))
        arrived = self.models.row_of(self.desk.arrived) if self.desk.arrived is not None else -1
        if arrived >= 0:
            self.model_view.setCurrentIndex(self.models.index(arrived))
            self.desk.arrived = None
        set_row = self.set_view.currentIndex().row()
        self.sets.show_rows(seen.sets)
        if seen.sets and not self.set_view.currentIndex().isValid():
            self.set_view.setCurrentIndex(self.sets.index(min(max(set_row, 0), len(seen.sets) - 1)))
        self._showing = False
        self._refresh()
        if self._wants_focus and self.type_view.isVisible():
            self.take_focus()

    def _refresh(self, *_: object) -> None:
        """Bring words, buttons and facts up to date with what is chosen."""
        if self._showing:
            return
        seen, shelf, model = self.desk.seen, self.desk.seen.shelf, self.chosen
        self.desk.choose_model(model.id if model is not None else None)
        self._look_at_pace()
        self.headline.setText(speech.headline(seen, self._failed))
        self.lines.setText(WORKING if self._is_slow else speech.second_line(seen))
        has_types = bool(seen.types)
        self.shelf_title.setText(shelf.plot_type if shelf is not None else "")
        self.empty.setText(speech.why_empty(seen, self._failed))
        self.empty.setVisible(bool(self.empty.text()))
        self.model_view.setVisible(bool(self.models.rows))
        self.facts.setVisible(shelf is not None)
        for widget in (self.search, self.type_view):
            widget.setVisible(has_types)
        self._left.setVisible(has_types)
        self.sets_title.setText(f"Sets  {len(seen.sets)}" if seen.sets else "Sets")
        self.no_sets.setText(
            "" if seen.sets else "None yet. A set keeps what is live of all plot types, to go back to it as a whole."
        )
        self.no_sets.setVisible(not seen.sets)
        self.set_view.setVisible(bool(seen.sets))
        self.set_view.setFixedHeight(self._theme.px(54) * min(len(seen.sets), MOST_SETS) + self._theme.px(4))
        self._show_facts()
        self._enable(shelf, model)

    def _look_at_pace(self) -> None:
        """What is done and takes long is said."""
        if not self.desk.is_acting:
            self._slow.stop()
            self._is_slow = False
        elif not self._slow.isActive() and not self._is_slow:
            self._slow.start()

    def _say_slow(self) -> None:
        self._is_slow = True
        self._refresh()

    def _enable(self, shelf: Shelf | None, model: LibraryModel | None) -> None:
        free = not self.desk.is_acting
        live = shelf.active_id if shelf is not None else None
        self._name(self.activate, f"Activate {model.id}" if model is not None and not model.active else "Activate")
        self.activate.setEnabled(free and model is not None and not model.active)
        back = shelf is not None and shelf.back
        self._name(self.roll_back, f"Roll back to {named(shelf.back_to)}" if back and shelf else "Roll back")
        self.roll_back.setEnabled(free and back)
        on = model is not None and model.on_trial
        self._name(self.shadow, "Shadow off" if on else "Shadow on")
        self.shadow.setEnabled(free and model is not None and (on or model.id != live))
        self.export.setEnabled(free and model is not None)
        self.import_.setEnabled(free and bool(self.desk.seen.types))
        for button, signal, possible in (
            (self.report, self.report_asked, model is not None),
            (self.thresholds, self.thresholds_asked, model is not None),
            (self.compare, self.compare_asked, bool(self.comparable)),
            (self.reference, self.reference_asked, shelf is not None),
        ):
            self._acts.want(button, self._is_heard(signal))
            button.setEnabled(possible and self._is_heard(signal))
        sets, chosen = self.desk.seen.sets, self.chosen_set
        any_live = any(one.active_id is not None for one in self.desk.seen.types or ())
        self.save_set.setEnabled(free and any_live)
        self.activate_set.setEnabled(free and chosen is not None and not speech.is_live(self.desk.seen, chosen))
        self.roll_back_set.setEnabled(free and set_list.last(sets) is not None)
        for button in (self.activate_set, self.roll_back_set):
            button.setVisible(bool(sets))
        for button, action in self._actions.items():  # a key is told of only where it acts
            action.setEnabled(button.isEnabled())
        self._acts.fit()

    def _is_heard(self, signal: SignalInstance) -> bool:
        return self.isSignalConnected(QMetaMethod.fromSignal(signal))

    def _show_facts(self) -> None:
        shelf, model = self.desk.seen.shelf, self.chosen
        if shelf is None:
            return
        page = facts.page(self._theme, shelf, model, self.desk.seen.report)
        if page != self._shown_page:
            same = self._shown_for == (shelf.plot_type, model.id if model else None)
            place = self.facts.verticalScrollBar().value()
            self.facts.setHtml(page)
            self.facts.verticalScrollBar().setValue(place if same else 0)
            self._shown_page = page
            self._shown_for = (shelf.plot_type, model.id if model else None)

    def _style_told(self) -> None:
        c, px = self._theme.colours, self._theme.px
        failed = bool(self.told.property("failed"))
        frame = f"border: 2px solid {c.medium};" if failed else f"border: 1px solid {c.line};"
        self.told.setStyleSheet(
            f"background: {c.raised}; {frame} border-radius: {px(4)}px; padding: {px(6)}px {px(10)}px;"
            f" font-size: {px(14)}px;"
        )
        self.told.setVisible(bool(self.told.text()))

    # what a person does

    def _choose_type(self, *_: object) -> None:
        index = self.type_view.currentIndex()
        if not self._showing and index.isValid():
            self.desk.choose(index.data(ROW_ROLE).plot_type)

    def _search(self, text: str) -> None:
        self._showing = True
        self.types.search(text)
        row = self.types.row_of(self.desk.plot_type)
        self._showing = False
        if self.types.rows:
            self.type_view.setCurrentIndex(self.types.index(max(row, 0)))

    def _end_search(self) -> None:
        self.search.clear()
        self.type_view.setFocus()

    def _clear_told(self, *_: object) -> None:
        self.show_told("", False)

    def _activate(self) -> None:
        self._clear_told()
        self.desk.activate(self.chosen.id)

    def _roll_back(self) -> None:
        self._clear_told()
        self.desk.roll_back()

    def _switch_shadow(self) -> None:
        self._clear_told()
        if self.chosen.on_trial:
            self.desk.end_shadow()
        else:
            self.desk.try_in_shadow(self.chosen.id)

    def _compare(self) -> None:
        self.compare_asked.emit(self.comparable)

    def _open_reference(self) -> None:
        self.reference_asked.emit(self.desk.plot_type)

    def _activate_set(self) -> None:
        self._clear_told()
        self.desk.activate_set(self.chosen_set)

    def _roll_back_set(self) -> None:
        self._clear_told()
        self.desk.roll_back_set(set_list.last(self.desk.seen.sets))
