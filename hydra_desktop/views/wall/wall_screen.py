"""The live wall: panels, header, news, alarms, legend and the few controls a crew needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QInputDialog, QLabel, QStackedWidget, QVBoxLayout, QWidget

from ...domain.alarm import AlarmState
from ...domain.wall import WallSnapshot
from .. import keys
from ..pictures import Evidence, PictureKey, Pictures
from ..spread import Spread
from ..theme import Theme
from .alarm_area import AlarmArea
from .controls import Controls
from .header import Header
from .layouts import FIT, SIZES, Layouts, fit, width_of
from .legend import Legend
from .lines import Lines
from .panel_delegate import PanelDelegate
from .panel_list_model import AT_ONCE, PanelListModel
from .panel_view import PanelView

TICK_MS = 100
TICKS = 10  # in which all ages are told anew, a tenth of the panels each
BLINK_MS = 500


class WallScreen(QWidget):
    """Shows snapshots; tells what people did by signals and does nothing itself.

    `detail_asked` carries a plot type and pad, `alarm_asked` the id of an alarm that has no plot, `snapshot_shown` a
    snapshot as soon as the wall shows it, `acknowledged` the alarm's id, `beam_switched` True, False or None (the file
    decides), `news_written` the text, `elsewhere` asks for the hall that was told of, `references_asked` for those that
    are proposed, `painted` tells that every picture in sight stands.
    """

    detail_asked = Signal(str, str)
    alarm_asked = Signal(int)
    snapshot_shown = Signal(object)
    acknowledged = Signal(int)
    silenced = Signal()
    sound_tested = Signal()
    beam_switched = Signal(object)
    news_written = Signal(str)
    references_asked = Signal()
    elsewhere = Signal()
    painted = Signal()

    def __init__(
        self,
        theme: Theme,
        image_folder: Path,
        evidence: Evidence,
        clock: Callable[[], datetime] | None = None,
        hall: str = "Hall",
    ) -> None:
        super().__init__()
        self.setObjectName("screen")
        self._theme = theme
        self._contact_at: datetime | None = None
        self._part = 0
        self._is_wall_mode = self._selects_again = False
        self._selected: tuple[set[str], str] = (set(), "")  # plot types, and that where the keyboard is
        self.layouts = Layouts(hall)
        self.pictures = Pictures(evidence, parent=self)
        self.model = PanelListModel(clock) if clock else PanelListModel()
        self.delegate = PanelDelegate(theme, self.pictures, image_folder)
        self.header = Header(theme)
        self.alarm_area = AlarmArea(theme, self.model, self.pictures, image_folder)
        self.lines = Lines(theme)
        self._empty = QLabel()
        self.stack = QStackedWidget()  # panels and alarms, and what may take their place
        self.view = self._make_view()
        self.legend = Legend(theme)
        self.controls = Controls(theme, self.delegate.opacity)
        self._lay_out()
        self._connect()
        self._make_shortcuts()
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._ticked)
        self._blink = QTimer(self)
        self._blink.setInterval(BLINK_MS)
        self._blink.timeout.connect(self._blinked)
        self._blinking = Spread(self._turn_strip, AT_ONCE, self)
        self._arrived = Spread(self._show_picture, AT_ONCE, self)
        self._use_layout()
        self.rescale()
        self._show_emptiness()

    @property
    def is_painted(self) -> bool:
        """Whether everything in sight stands: no word and no picture is still to come."""
        waits = self._arrived or self._blinking or self.model.has_untold or self.pictures.busy
        return self.view.is_painted and not waits

    def show_snapshot(self, snapshot: WallSnapshot) -> None:
        """Show a new snapshot."""
        self._contact_at = datetime.now(UTC)
        groups = sorted({panel.plot_type.group for panel in snapshot.panels if panel.plot_type.group})
        self.controls.show_groups(groups, self.layouts.current.group)
        count = len(self.model.items)
        self.model.show_snapshot(snapshot)
        self.header.show_snapshot(snapshot, self.model.all_items, len(self.model.items), self._contact_at)
        self.alarm_area.refresh()
        self.legend.show_items(self.model.items)
        self.lines.show_snapshot(snapshot)
        is_live = snapshot.as_of is None
        self.controls.show_live(is_live)
        unacknowledged = is_live and any(a.state is AlarmState.UNACKNOWLEDGED for a in snapshot.alarms)
        if unacknowledged and not self._blink.isActive():
            self._blink.start()
        elif not unacknowledged:
            self._blink.stop()
            self.delegate.blink = False
        self._show_emptiness()
        if len(self.model.items) != count:
            self._fit()
        self.snapshot_shown.emit(snapshot)

    def show_trouble(self, message: str) -> None:
        """Say that the database is away; what stands on the wall is old."""
        self.header.show_trouble(message)
        self.lines.standing.show_message(message)

    def show_sound(self, state: str, audible: bool) -> None:
        """Say how sound stands at this station; loudly when there is none."""
        self.alarm_area.show_sound(state, audible)
        self.lines.show_sound(state, audible)

    def show_failure(self, message: str) -> None:
        """Say that what a person asked for was not done; it stays until it is put away."""
        self.lines.show_failure(message)

    def set_wall_mode(self, on: bool) -> None:
        """Leave out what only a desk needs, and fit all panels on the screen."""
        self._is_wall_mode = on
        self.controls.setVisible(not on)
        self._fit()

    def show_elsewhere(self, alarms: list[tuple[str, int]]) -> None:
        """Say which other halls have how many alarms to take."""
        self.lines.show_elsewhere(alarms)

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self.header.rescale()
        self.alarm_area.rescale()
        self.alarm_area.setFixedWidth(self._alarm_width())
        for layout in self._layouts:
            layout.setSpacing(px(8))
        self._layouts[-1].setContentsMargins(px(8), px(8), px(8), px(8))
        self.controls.rescale()
        self.lines.rescale()
        self._empty.setStyleSheet(f"font-size: {px(20)}px; color: {c.text};")
        self.legend.rescale()
        self._fit()
        self.view.refresh_all()

    def take_focus(self) -> None:
        """Give the keyboard to the panels, or to what is in their place."""
        (self.stack.currentWidget() if self.stack.currentIndex() else self.view).setFocus()

    def selected_names(self) -> set[str]:
        """Plot types of the selected panels."""
        return {str(index.data()) for index in self.view.selectionModel().selectedIndexes()}

    def hasHeightForWidth(self) -> bool:
        """No: the wall takes what the window has, else each new word would lay out the whole window (6 ms)."""
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the panels to the new size."""
        super().resizeEvent(event)
        self.alarm_area.setFixedWidth(self._alarm_width())
        QTimer.singleShot(0, self, self._fit)

    def showEvent(self, event: QShowEvent) -> None:
        """Tell ages again."""
        super().showEvent(event)
        self._tick.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks."""
        super().hideEvent(event)
        self._tick.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fit the panels when their area changes."""
        if watched is self.view.viewport() and event.type() is QEvent.Type.Resize:
            self._fit()
        return super().eventFilter(watched, event)

    def close_threads(self) -> None:
        """End the work in the background."""
        self._tick.stop()
        self._blink.stop()
        for place in range(1, self.stack.count()):
            self.stack.widget(place).close_threads()
        self.pictures.close()

    def _make_view(self) -> PanelView:
        view = PanelView(self.delegate)
        view.setModel(self.model)
        view.viewport().installEventFilter(self)
        return view

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        for widget in (*self.lines.beside_alarms, self.controls):
            left.addWidget(widget)
        left.addWidget(self.view, 1)
        left.addWidget(self._empty, 1)
        left.addWidget(self.legend)
        page = QWidget()
        body = QHBoxLayout(page)
        body.setContentsMargins(0, 0, 0, 0)
        body.addLayout(left, 1)
        body.addWidget(self.alarm_area)
        layout = QVBoxLayout(self)
        self._layouts: tuple[QVBoxLayout | QHBoxLayout, ...] = (left, body, layout)
        self.stack.addWidget(page)
        for widget in (self.header, *self.lines.above_all):
            layout.addWidget(widget)
        layout.addWidget(self.stack, 1)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)

    def _connect(self) -> None:
        self.alarm_area.acknowledge.connect(self.acknowledged)
        self.alarm_area.opened.connect(self.detail_asked)
        self.alarm_area.asked.connect(self.alarm_asked)
        self.view.doubleClicked.connect(lambda index: self._ask_detail(index.row()))
        self.view.entered_by_key.connect(self._open_current)
        self.alarm_area.silence.connect(self.silenced)
        self.alarm_area.test_sound.connect(self.sound_tested)
        self.pictures.ready.connect(self._picture_ready)
        self.model.aged.connect(self._show_age)
        controls = self.controls
        controls.searched.connect(self._search)
        controls.search.returnPressed.connect(self.view.setFocus)
        controls.layout_changed.connect(lambda changes: self._use_layout(**changes))
        controls.layout_chosen.connect(self._choose_layout)
        controls.layout_saved.connect(self._save_layout)
        controls.layout_removed.connect(self._remove_layout)
        controls.opacity_changed.connect(self._set_opacity)
        controls.evidence_on_good.connect(self._set_evidence_on_good)
        controls.show_hidden.connect(self._show_hidden)
        controls.beam_switched.connect(self.beam_switched)
        controls.news_wanted.connect(self._ask_for_news)
        self.lines.elsewhere.clicked.connect(self.elsewhere)
        self.lines.conditions.clicked.connect(self.references_asked)
        self.view.moved.connect(self._move)
        self.view.resized_by.connect(self._resize_by)
        self.view.selectionModel().currentChanged.connect(lambda current, _before: self._choose_alarm(current))
        self.model.modelAboutToBeReset.connect(self._remember_selection)
        self.model.modelReset.connect(self._select_again)

    def _make_shortcuts(self) -> None:
        for key, text, work in (
            ("A", "Acknowledge the chosen alarm", self.alarm_area.acknowledge_chosen),
            ("S", "Silence the sound until the next new alarm", self.silenced.emit),
            ("/", "Search plot types", self.controls.search.setFocus),
            ("Esc", "Leave the search", self._leave_search),
            ("E", "Evidence also on Good plots, on or off", self.controls.evidence.toggle),
            ("F", "Fit all panels on one screen", lambda: self._use_layout(size=FIT)),
            ("H", "Hide the selected panels; they alarm all the same", self._hide_selected),
            ("Shift+H", "Show the hidden panels again", self._show_hidden),
            ("N", "Write the line of news for all", self._ask_for_news),
        ):
            keys.add(self, key, text, work)
        for key, text, work in (
            ("+", "Larger panels", lambda: self._resize_by(1)),
            ("-", "Smaller panels", lambda: self._resize_by(-1)),
            ("Alt+Left", "Move the panel one place back", lambda: self._move_selected(-1)),
            ("Alt+Right", "Move the panel one place on", lambda: self._move_selected(1)),
        ):
            keys.add(self, key, text, work, repeats=True)
        keys.tell(self.view, "Enter", "Open the panel in full")

    def _open_current(self) -> None:
        """Ask for the detail of the current panel; before one was chosen of the alarm."""
        chosen = self.alarm_area.chosen
        if self.view.currentIndex().isValid():
            self._ask_detail(self.view.currentIndex().row())
        elif chosen is not None and chosen.plot_type:
            self.detail_asked.emit(chosen.plot_type, chosen.pad)
        elif chosen is not None:
            self.alarm_asked.emit(chosen.id)

    def _ask_detail(self, row: int) -> None:
        if 0 <= row < len(self.model.items):
            item = self.model.items[row]
            self.detail_asked.emit(item.name, item.pad)

    def _search(self, text: str) -> None:
        self.model.set_search(text)
        self._after_change()

    def _use_layout(self, **changes: object) -> None:
        """Change the layout in use, or with no change take it over as it is stored."""
        layout = self.layouts.use(**changes) if changes else self.layouts.current
        self.model.set_layout(layout)
        self._after_change()

    def _choose_layout(self, name: str) -> None:
        self.layouts.choose(name)
        self._use_layout()

    def _save_layout(self, name: str) -> None:
        self.layouts.save(name)
        self.controls.show_layout(self.layouts.current, self.layouts)

    def _remove_layout(self, name: str) -> None:
        self.layouts.remove(name)
        self.controls.show_layout(self.layouts.current, self.layouts)

    def _hide_selected(self) -> None:
        hidden, current = self.layouts.current.hidden, self.view.currentIndex()
        chosen = self.selected_names() or ({str(current.data())} if current.isValid() else set())
        self._use_layout(hidden=(*hidden, *sorted(chosen - set(hidden))))

    def _show_hidden(self) -> None:
        self._use_layout(hidden=())

    def _resize_by(self, steps: int) -> None:
        """Larger or smaller panels, by at least a column; from "all on one screen" on from the size that they have."""
        size, before = self.layouts.current.size, self.delegate.cell
        if size == FIT:
            here = before.width() / self._theme.scale
            near = min(range(1, SIZES + 1), key=lambda step: abs(width_of(step) - here))
            size = near if steps > 0 else near + 1
        step = 1 if steps > 0 else -1
        for other in range(size + steps, SIZES + 1 if steps > 0 else FIT, step):
            if self._cell(other)[0].width() != before.width():
                self._use_layout(size=other)
                return
        self._use_layout(size=SIZES if steps > 0 else FIT)

    def _move_selected(self, step: int) -> None:
        current = self.view.currentIndex()
        if current.isValid():
            self._move(current.row(), current.row() + step)

    def _move(self, row: int, to: int) -> None:
        """Move a panel to another place; the order is a person's own from then on."""
        names = [item.name for item in self.model.items]
        if not 0 <= to < len(names):
            return
        shown = set(names)
        name = names.pop(row)
        names.insert(to, name)
        moved = iter(names)  # those that aren't shown keep their places
        self._use_layout(order="own", own=tuple(next(moved) if n in shown else n for n in self.model.all_in_order()))
        self.select(name)

    def _after_change(self) -> None:
        self.controls.show_layout(self.layouts.current, self.layouts)
        self.header.show_items(self.model.all_items, len(self.model.items))
        self._show_emptiness()
        self._fit()

    def _leave_search(self) -> None:
        self.controls.search.clear()
        self.view.setFocus()

    def _ask_for_news(self) -> None:
        before = self.model.snapshot.news.text
        text, given = QInputDialog.getText(self, "News", "A line that every wall of this hall shows:", text=before)
        self.window().activateWindow()
        if given and text.strip() != before:
            self.news_written.emit(text.strip())

    def _set_opacity(self, opacity: float) -> None:
        self.delegate.opacity = opacity
        self.alarm_area.set_opacity(opacity)
        self.view.refresh_all()

    def _set_evidence_on_good(self, on: bool) -> None:
        self.delegate.evidence_on_good = on
        self.view.refresh_all()

    def _choose_alarm(self, current: QModelIndex) -> None:
        """The alarm of a panel that a person selected is the one that is taken; focus alone chooses nothing."""
        is_selected = current.isValid() and self.view.selectionModel().isSelected(current)
        alarm = self.model.items[current.row()].alarm if is_selected else None
        if alarm is not None and not self._selects_again:
            self.alarm_area.choose(alarm.id)

    def _remember_selection(self) -> None:
        current = self.view.currentIndex()
        self._selected = (self.selected_names(), str(current.data()) if current.isValid() else "")

    def _select_again(self) -> None:
        """Panels come and go; what a person selected, and where the keyboard is, stays."""
        selected, current = self._selected
        flags, selection = QItemSelectionModel.SelectionFlag, self.view.selectionModel()
        self._selects_again = True
        if (row := self.model.row_of(current)) is not None:
            selection.setCurrentIndex(self.model.index(row), flags.NoUpdate)
        for name in selected:
            if (row := self.model.row_of(name)) is not None:
                selection.select(self.model.index(row), flags.Select)
        self._selects_again = False

    def _show_emptiness(self) -> None:
        """An empty wall says why it is, and what to do."""
        shown, was_shown = bool(self.model.items), not self.view.isHidden()
        self.view.setVisible(shown)
        self.legend.setVisible(shown)
        self._empty.setVisible(not shown)
        if shown:
            if not was_shown:
                self.layout().activate()  # else all panels are painted once at a size that they don't keep
                self.view.setFocus()
            return
        if self._contact_at is None:
            text = "Opening the database..."
        elif self.model.snapshot.panels:
            text = "No plot type fits the search or group, or all are hidden.\nEsc ends the search, Shift+H shows all."
        elif self.model.snapshot.monitor.last_seen_at is None:
            text = (
                "No plots yet, and no monitor has been here.\nName the folder where plots arrive in the hall's settings"
                " (hydra-desktop hall apply SETTINGS.toml),\nor start one: hydra-desktop monitor FOLDER"
            )
        else:
            text = "Waiting for the first plot.\nThe monitor watches the folder; panels appear as plots arrive."
        self._empty.setText(text)

    def _alarm_width(self) -> int:
        return max(self._theme.px(260), min(self._theme.px(420), round(self.width() * 0.21)))

    def _fit(self) -> None:
        """Give all panels the size that the layout wants, in wall mode always all on one screen."""
        count = len(self.model.items)
        area = self.view.viewport().size()
        if not count or area.width() < 50 or area.height() < 50:
            return
        size = FIT if self._is_wall_mode else self.layouts.current.size
        bars = Qt.ScrollBarPolicy
        fits = self._cell(size)[1]
        self.view.setVerticalScrollBarPolicy(bars.ScrollBarAlwaysOff if fits else bars.ScrollBarAsNeeded)
        cell = self._cell(size)[0]  # there may be a bar more or less now
        if cell != self.delegate.cell or self.view.gridSize() != cell:
            self.delegate.cell = cell
            self.view.setGridSize(cell)
            self.pictures.forget_waiting()
            self.delegate.waiting.clear()
            self.view.doItemsLayout()
            self.alarm_area.update_cards()  # theirs were dropped too

    def _cell(self, size: int) -> tuple[QSize, bool]:
        width = self._theme.px(width_of(size)) if size != FIT else 0.0
        return fit(len(self.model.items), self.view.viewport().size(), width)

    def _picture_ready(self, key: PictureKey) -> None:
        for name in self.delegate.waiting.pop(key, ()):
            row = self.model.row_of(name)
            if row is not None:
                self._arrived.add([row])
        if not self.pictures.busy:
            QTimer.singleShot(0, self, self.painted.emit)

    def _show_picture(self, row: int) -> None:
        if row < len(self.model.items):
            self.view.refresh(row, self.delegate.picture_box(self._here(), self.model.items[row]))

    def _here(self) -> QRect:
        """A cell by itself."""
        return QRect(QPoint(0, 0), self.delegate.cell)

    def _show_age(self, row: int) -> None:
        self.view.refresh(row, self.delegate.age_box(self._here(), self.model.items[row]))

    def _ticked(self) -> None:
        self._part = (self._part + 1) % TICKS
        self.model.refresh_ages(self._part, TICKS)
        if self._part == 0:
            self.header.show_items(self.model.all_items, len(self.model.items))
            if self.pictures.forget_partial():
                self.view.refresh_all()
                self.alarm_area.update_cards()

    def _blinked(self) -> None:
        self.delegate.blink = not self.delegate.blink
        self.alarm_area.set_blink(self.delegate.blink)
        self._blinking.add(
            row
            for row, item in enumerate(self.model.items)
            if item.alarm is not None and item.alarm.state is AlarmState.UNACKNOWLEDGED
        )

    def _turn_strip(self, row: int) -> None:
        self.view.refresh(row, self.delegate.strip_box(self._here()))

    def select(self, name: str) -> None:
        """Select the panel of a plot type."""
        for row, item in enumerate(self.model.items):
            if item.name == name:
                flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
                self.view.selectionModel().setCurrentIndex(self.model.index(row), flags)
