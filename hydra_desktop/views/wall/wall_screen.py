"""The live wall: panels, header, news, alarms, legend and the few controls a crew needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QEvent, QItemSelectionModel, QObject, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QColor, QKeySequence, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from ...domain.alarm import AlarmState
from ...domain.condition import tell, tell_without_reference
from ...domain.wall import WallSnapshot
from .. import marks, words
from ..spread import Spread
from ..theme import Theme
from .alarm_area import AlarmArea
from .header import Header
from .message_line import MessageLine
from .panel_delegate import PanelDelegate, PanelView
from .panel_list_model import AT_ONCE, PanelListModel
from .pictures import Evidence, PictureKey, Pictures

TICK_MS = 100
TICKS = 10  # in which all ages are told anew, a tenth of the panels each
BLINK_MS = 500
SMALLEST_PANEL = 118
SHAPE = 1.16  # width to height of a panel that suits most plots


class WallScreen(QWidget):
    """Shows snapshots; tells what people did by signals and does nothing itself.

    `acknowledged` carries the alarm's id, `beam_switched` True, False or None (the file decides),
    `news_written` the text, `painted` tells that every picture in sight stands.
    """

    acknowledged = Signal(int)
    silenced = Signal()
    sound_tested = Signal()
    beam_switched = Signal(object)
    news_written = Signal(str)
    references_asked = Signal()
    painted = Signal()

    def __init__(
        self, theme: Theme, image_folder: Path, evidence: Evidence, clock: Callable[[], datetime] | None = None
    ) -> None:
        super().__init__()
        self.setObjectName("screen")
        self._theme = theme
        self._contact_at: datetime | None = None
        self._part = 0
        self.pictures = Pictures(evidence, parent=self)
        self.model = PanelListModel(clock) if clock else PanelListModel()
        self.delegate = PanelDelegate(theme, self.pictures, image_folder)
        self.header = Header(theme)
        self.alarm_area = AlarmArea(theme, self.model, self.pictures, image_folder)
        self._news = MessageLine("News")
        self._conditions = MessageLine("Changes")
        self._standing = MessageLine("Trouble")  # as long as it lasts
        self._problems = MessageLine("Problems", is_button=True)
        self._failures = MessageLine("Failures", is_button=True)
        self._failed: list[str] = []  # newest first
        self._empty = QLabel()
        self.view = self._make_view()
        self._search = QLineEdit()
        self._group = QComboBox()
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._show_all = QPushButton()
        self._evidence_on_good = QPushButton("Evidence on Good  [E]")
        self._beam = QPushButton("Beam...")
        self.legend = Legend(theme)
        self._controls = self._make_controls()
        self._lay_out()
        self._connect()
        self._make_shortcuts()
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._ticked)
        self._tick.start()
        self._blink = QTimer(self)
        self._blink.setInterval(BLINK_MS)
        self._blink.timeout.connect(self._blinked)
        self._blinking = Spread(self._turn_strip, AT_ONCE, self)
        self.rescale()
        self._show_emptiness()

    def show_snapshot(self, snapshot: WallSnapshot) -> None:
        """Show a new snapshot."""
        self._contact_at = datetime.now(UTC)
        groups = sorted({panel.plot_type.group for panel in snapshot.panels if panel.plot_type.group})
        if groups != [self._group.itemText(i) for i in range(1, self._group.count())]:
            self._show_groups(groups)
        self.model.show_snapshot(snapshot)
        self.header.show_snapshot(snapshot, self.model.all_items, len(self.model.items), self._contact_at)
        self.alarm_area.refresh()
        self.legend.show_items(self.model.items)
        news = snapshot.news
        who = f"{news.user}, {words.clock(news.at)[:5]}" if news.at is not None else news.user
        self._news.show_message(news.text, before=who, colour=self._theme.colours.muted)
        self._show_conditions(snapshot)
        self._standing.show_message(snapshot.monitor.message)
        self._show_problems(snapshot)
        is_live = snapshot.as_of is None
        self._beam.setEnabled(is_live)
        self._beam.setToolTip("" if is_live else "Not live: the beam is switched on the live wall; Esc returns to it.")
        unacknowledged = is_live and any(a.state is AlarmState.UNACKNOWLEDGED for a in snapshot.alarms)
        if unacknowledged and not self._blink.isActive():
            self._blink.start()
        elif not unacknowledged:
            self._blink.stop()
            self.delegate.blink = False
        self._show_emptiness()

    def show_trouble(self, message: str) -> None:
        """Say that the database is away; what stands on the wall is old."""
        self.header.show_trouble(message)
        self._standing.show_message(message)

    def show_failure(self, message: str) -> None:
        """Say that what a person asked for was not done; it stays until it is put away."""
        line = f"{words.clock(datetime.now(UTC))} {message}"
        if self._failed and self._failed[0].endswith(f" {message}"):
            self._failed.pop(0)  # the same again, tried by the program itself perhaps
        self._failed.insert(0, line)
        more = f" (and {len(self._failed) - 1} before)" if len(self._failed) > 1 else ""
        self._failures.show_message(line + more, details="\n".join(self._failed[:10]))

    def set_wall_mode(self, on: bool) -> None:
        """Leave out what only a desk needs."""
        self._controls.setVisible(not on)

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self.header.rescale()
        self.alarm_area.rescale()
        self.alarm_area.setFixedWidth(self._alarm_width())
        for layout in self._layouts:
            layout.setSpacing(px(8))
        self._layouts[-1].setContentsMargins(px(8), px(8), px(8), px(8))
        self._opacity.setFixedWidth(px(120))
        frame = f"border: 1px solid {c.line}; border-radius: {px(4)}px; background: {c.panel};"
        self._news.setStyleSheet(f"font-size: {px(15)}px; padding: {px(5)}px {px(10)}px; {frame}")
        self._conditions.setStyleSheet(
            f"font-size: {px(14)}px; padding: {px(5)}px {px(10)}px; {frame} border-color: {c.unfamiliar};"
        )
        for line in (self._standing, self._failures, self._problems):
            line.setStyleSheet(
                f"font-size: {px(13)}px; padding: {px(5)}px {px(10)}px; color: {c.text};"
                f" border: 1px solid {c.medium}; border-radius: {px(4)}px; background: {c.panel};"
            )
        self._empty.setStyleSheet(f"font-size: {px(20)}px; color: {c.text};")
        self.legend.rescale()
        self._fit()
        self.view.viewport().update()

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

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fit the panels when their area changes."""
        if watched is self.view.viewport() and event.type() is QEvent.Type.Resize:
            self._fit()
        return super().eventFilter(watched, event)

    def close_threads(self) -> None:
        """End the work in the background."""
        self._tick.stop()
        self._blink.stop()
        self.pictures.close()

    def _make_view(self) -> QListView:
        view = PanelView(self.delegate)
        view.setAccessibleName("Plots")
        view.setModel(self.model)
        view.setViewMode(QListView.ViewMode.IconMode)
        view.setMovement(QListView.Movement.Static)
        view.setResizeMode(QListView.ResizeMode.Adjust)
        view.setUniformItemSizes(True)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.viewport().installEventFilter(self)
        return view

    def _make_controls(self) -> QWidget:
        controls = QWidget()
        row = QHBoxLayout(controls)
        row.setContentsMargins(0, 0, 0, 0)
        self._search.setPlaceholderText("Search plot types  [/]")
        self._search.setClearButtonEnabled(True)
        self._search.setAccessibleName("Search plot types")
        self._group.setAccessibleName("Group")
        self._group.addItem("All groups")
        self._opacity.setRange(0, 100)
        self._opacity.setValue(round(100 * self.delegate.opacity))
        self._opacity.setAccessibleName("Opacity of the evidence")
        self._evidence_on_good.setCheckable(True)
        self._show_all.setVisible(False)
        row.addWidget(self._search, 2)
        row.addWidget(self._group, 1)
        row.addWidget(self._show_all)
        row.addStretch(1)
        row.addWidget(self._beam)
        row.addWidget(self._evidence_on_good)
        row.addWidget(QLabel("Evidence"))
        row.addWidget(self._opacity)
        return controls

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        lines = (self._news, self._conditions, self._standing, self._failures, self._problems, self._controls)
        for widget in lines:
            left.addWidget(widget)
        left.addWidget(self.view, 1)
        left.addWidget(self._empty, 1)
        left.addWidget(self.legend)
        body = QHBoxLayout()
        body.addLayout(left, 1)
        body.addWidget(self.alarm_area)
        layout = QVBoxLayout(self)
        self._layouts: tuple[QVBoxLayout | QHBoxLayout, ...] = (left, body, layout)
        layout.addWidget(self.header)
        layout.addLayout(body, 1)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)

    def _connect(self) -> None:
        self.alarm_area.acknowledge.connect(self.acknowledged)
        self.alarm_area.silence.connect(self.silenced)
        self.alarm_area.test_sound.connect(self.sound_tested)
        self.pictures.ready.connect(self._picture_ready)
        self.model.aged.connect(self._show_age)
        self._search.textChanged.connect(lambda text: self._filter(search=text))
        self._group.currentIndexChanged.connect(
            lambda index: self._filter(group=self._group.itemText(index) if index > 0 else "")
        )
        self._opacity.valueChanged.connect(self._set_opacity)
        self._evidence_on_good.toggled.connect(self._set_evidence_on_good)
        self._show_all.clicked.connect(self._show_hidden)
        self._conditions.clicked.connect(self.references_asked)
        self._problems.clicked.connect(lambda: self._problems.setVisible(False))
        self._failures.clicked.connect(self._put_failures_away)
        self.view.selectionModel().currentChanged.connect(lambda current, _before: self._choose_alarm(current.row()))
        menu = QMenu(self)
        for text, value in (("Beam is on", True), ("Beam is off", False), ("As the hall's beam file says", None)):
            action = menu.addAction(text)
            action.triggered.connect(lambda _checked=False, value=value: self.beam_switched.emit(value))
        self._beam.setMenu(menu)

    def _make_shortcuts(self) -> None:
        for keys, work in (
            ("A", self.alarm_area.acknowledge_chosen),
            ("S", self.silenced.emit),
            ("/", self._search.setFocus),
            ("E", self._evidence_on_good.toggle),
            ("H", self._hide_selected),
            ("Shift+H", self._show_hidden),
            ("Esc", self._leave_search),
        ):
            action = QAction(self)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(lambda _checked=False, work=work: work())
            self.addAction(action)

    def _filter(self, *, search: str | None = None, group: str | None = None) -> None:
        self.model.set_filter(search=search, group=group)
        self._after_change()

    def _hide_selected(self) -> None:
        self.model.hide(self.selected_names())
        self._after_change()

    def _show_hidden(self) -> None:
        self.model.show_all()
        self._after_change()

    def _after_change(self) -> None:
        hidden = len(self.model.hidden)
        self._show_all.setVisible(hidden > 0)
        self._show_all.setText(f"Show {hidden} hidden  [Shift+H]")
        self.header.show_items(self.model.all_items, len(self.model.items))
        self._show_emptiness()
        self._fit()

    def _leave_search(self) -> None:
        self._search.clear()
        self.view.setFocus()

    def _set_opacity(self, percent: int) -> None:
        self.delegate.opacity = percent / 100
        self.alarm_area.set_opacity(percent / 100)
        self.view.viewport().update()

    def _set_evidence_on_good(self, on: bool) -> None:
        self.delegate.evidence_on_good = on
        self.view.viewport().update()

    def _choose_alarm(self, row: int) -> None:
        if 0 <= row < len(self.model.items) and self.model.items[row].alarm is not None:
            self.alarm_area.choose(self.model.items[row].alarm.id)

    def _show_groups(self, groups: list[str]) -> None:
        chosen = self._group.currentText()
        self._group.blockSignals(True)
        self._group.clear()
        self._group.addItems(["All groups", *groups])
        self._group.setCurrentIndex(max(0, self._group.findText(chosen)))
        self._group.blockSignals(False)

    def _show_conditions(self, snapshot: WallSnapshot) -> None:
        """One line says which plot types have changed or lack a reference, and what to do; its tool tip has all."""
        told = snapshot.conditions
        contacts = {panel.plot_type.name: panel.plot_type.contact for panel in snapshot.panels}
        proposed = {one.plot_type for one in snapshot.without_reference if one.proposed}
        changed = tell(told, contacts, proposed)
        lines = [*changed, *tell_without_reference(snapshot.without_reference)]
        more = f" (and {len(lines) - 1} more: point here)" if len(lines) > 1 else ""
        self._conditions.set_action("look at them and confirm  [R]" if proposed else "")
        each = [f"{one.plot_type}: {one.facts}, since run {one.run_number}" for one in told]
        self._conditions.show_message(
            lines[0] + more if lines else "",
            details="\n".join([*lines, *(each if len(told) > len(changed) else [])]),
        )

    def _show_problems(self, snapshot: WallSnapshot) -> None:
        now = datetime.now(UTC)
        recent = [text for at, text in snapshot.problems if (now - at).total_seconds() < 600]
        more = f" (and {len(recent) - 1} more)" if len(recent) > 1 else ""
        text = f"Not taken: {recent[0]}{more}" if recent else ""
        if text != self._problems.message:  # one that was clicked away stays away
            self._problems.show_message(text, details="\n".join([text, *recent[1:10]]))

    def _put_failures_away(self) -> None:
        self._failed.clear()
        self._failures.setVisible(False)

    def _show_emptiness(self) -> None:
        """An empty wall says why it is, and what to do."""
        shown, was_shown = bool(self.model.items), not self.view.isHidden()
        self.view.setVisible(shown)
        self.legend.setVisible(shown)
        self._empty.setVisible(not shown)
        if shown:
            if not was_shown:
                self.view.setFocus()
            return
        if self._contact_at is None:
            text = "Opening the database..."
        elif self.model.snapshot.panels:
            text = "No plot type fits the search or group.\nPress Esc to show all."
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
        """Choose the number of columns with which all panels are largest, and scroll below a least size."""
        count = len(self.model.items)
        area = self.view.viewport().size()
        if not count or area.width() < 50 or area.height() < 50:
            return
        best: tuple[float, int, int] = (0.0, 0, 0)
        for columns in range(1, count + 1):
            rows = -(-count // columns)
            width, height = area.width() / columns, area.height() / rows
            size = min(width, height * SHAPE)
            if size > best[0]:
                best = (size, columns, rows)
        size, columns, rows = best
        fits = size >= self._theme.px(SMALLEST_PANEL)
        bars = Qt.ScrollBarPolicy
        self.view.setVerticalScrollBarPolicy(bars.ScrollBarAlwaysOff if fits else bars.ScrollBarAsNeeded)
        least = self._theme.px(SMALLEST_PANEL)
        if not fits:
            columns = max(1, area.width() // least)
            cell = QSize(area.width() // columns, round(area.width() / columns / SHAPE))
        else:
            cell = QSize(area.width() // columns, min(area.height() // rows, round(area.width() / columns * 1.15)))
        if cell != self.delegate.cell or self.view.gridSize() != cell:
            self.delegate.cell = cell
            self.view.setGridSize(cell)
            self.pictures.forget_waiting()
            self.delegate.waiting.clear()
            self.view.doItemsLayout()

    def _picture_ready(self, key: PictureKey) -> None:
        for name in self.delegate.waiting.pop(key, ()):
            row = self.model.row_of(name)
            if row is not None:
                cell = self.view.visualRect(self.model.index(row))
                self.view.viewport().update(self.delegate.picture_box(cell, self.model.items[row]))
        if not self.pictures.busy:
            QTimer.singleShot(0, self, self.painted.emit)

    def _show_age(self, row: int) -> None:
        cell = self.view.visualRect(self.model.index(row))
        self.view.viewport().update(self.delegate.age_box(cell, self.model.items[row]))

    def _ticked(self) -> None:
        self._part = (self._part + 1) % TICKS
        self.model.refresh_ages(self._part, TICKS)
        if self._part == 0:
            self.header.show_items(self.model.all_items, len(self.model.items))

    def _blinked(self) -> None:
        self.delegate.blink = not self.delegate.blink
        self.alarm_area.set_blink(self.delegate.blink)
        self._blinking.add(
            row
            for row, item in enumerate(self.model.items)
            if item.alarm is not None and item.alarm.state is AlarmState.UNACKNOWLEDGED
        )

    def _turn_strip(self, row: int) -> None:
        cell = self.view.visualRect(self.model.index(row))
        self.view.viewport().update(self.delegate.strip_box(cell))

    def select(self, name: str) -> None:
        """Select the panel of a plot type."""
        for row, item in enumerate(self.model.items):
            if item.name == name:
                flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
                self.view.selectionModel().setCurrentIndex(self.model.index(row), flags)


class Legend(QWidget):
    """What marks and colours mean; an entry takes its colour only while its state is on the wall."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._here: set[str] = set()
        self.setAccessibleName("Legend")
        self.rescale()

    def rescale(self) -> None:
        """Take over the theme's size."""
        self.setFixedHeight(self._theme.px(24))
        self.update()

    def show_items(self, items: list) -> None:
        """Take over which states are on the wall."""
        here = {marks.for_state(item.state, item.severity) for item in items}
        if here != self._here:
            self._here = here
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the legend."""
        painter = QPainter(self)
        c, px = self._theme.colours, self._theme.px
        painter.setFont(self._theme.font(13))
        x = px(4)
        for mark, colour, text in (
            ("square", c.high, "high, e.g. Bad"),
            ("triangle", c.medium, "medium, e.g. HotChannel"),
            ("diamond", c.low, "low"),
            ("tick", c.good, "Good"),
            ("question", c.unconfirmed, "not confirmed"),
            ("star", c.unfamiliar, "Unfamiliar"),
            ("dash", c.muted, "condition"),
            ("dashed", c.muted, "NoModel"),
            ("dots", c.muted, "waiting"),
            ("hatch", c.muted, "stale"),
            (marks.ARROW, c.muted, "the plot is at the right, under this number"),
            ("", c.muted, "% is confidence"),
        ):
            width = painter.fontMetrics().horizontalAdvance(text)
            if x + width + px(22) > self.width():
                break
            here = mark in self._here
            if mark:
                box = QRectF(x, self.height() / 2 - px(7), px(14), px(14))
                marks.paint(painter, mark, box, colour if here else c.edge, hole=c.background)
                x += px(20)
            painter.setPen(QColor(c.text if here else c.muted))
            painter.drawText(QRectF(x, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
            x += width + px(16)
        painter.end()
