"""What is proposed as normal in a new run period, confirmed in one glance for one or all plot types."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ...domain.alarm import AlarmState
from ...domain.reference import SIZE
from ...domain.wall import WallSnapshot
from .. import keys, words
from ..pictures import PictureKey, Pictures
from ..theme import Theme
from .preview import Preview
from .proposal_delegate import ProposalDelegate
from .proposal_list_model import ProposalListModel, ProposalRow, RowState
from .proposal_view import ProposalView

WHAT_FOLLOWS = (
    "What you confirm is what is normal in that run period: from the next chunk verdicts use it. "
    "Who confirmed it, and when, is kept; it can be taken back."
)
NOTHING = (
    "No proposed reference waits for your word.\n"
    f"In a new run period the monitor proposes the first {SIZE} steady plots of a plot type taken with beam, once;\n"
    "to propose what there is so far: hydra-desktop reference propose PLOT_TYPE"
)


class ReferenceScreen(QWidget):
    """Shows proposals; tells by signals what was asked, with the row: `confirmed`, `rejected`, `taken_back`."""

    confirmed = Signal(int)
    all_confirmed = Signal()
    rejected = Signal(int)
    taken_back = Signal(int)
    left = Signal()

    def __init__(self, theme: Theme, image_folder: Path) -> None:
        super().__init__()
        self.setObjectName("screen")
        self._theme = theme
        self.model = ProposalListModel()
        self.pictures = Pictures(lambda _verdict, _label: None, parent=self)
        self.delegate = ProposalDelegate(theme, self.pictures, image_folder)
        self.view = ProposalView(self.delegate, self.model)
        self.preview = Preview(theme, self.pictures, self.delegate)
        self.title, self.now = QLabel("Reading what is proposed..."), QLabel()
        self.follows, self.told = QLabel(WHAT_FOLLOWS), QLabel()
        self.empty = QLabel()
        self.back = QPushButton("Back to the wall  [Esc]")
        self.take_back = QPushButton("Take back  [U]")
        self.reject = QPushButton("Reject  [Del]")
        self.leave_out = QPushButton("Leave out  [X]")
        self.confirm = QPushButton("Confirm  [C]")
        self.confirm_all = QPushButton("Confirm all  [Ctrl+Enter]")
        self.confirm_all.setObjectName("main")
        self._lay_out()
        self._connect()
        self._make_shortcuts()
        self.rescale()
        self._refresh()

    def show_rows(self, rows: Sequence[ProposalRow]) -> None:
        """Show what waits, before each row is read."""
        self.model.begin(rows)
        self.empty.setText(NOTHING)
        if rows:
            self.view.choose(0)
            self.view.setFocus()
        else:
            self.back.setFocus()
        self._refresh()

    def show_failure(self, message: str) -> None:
        """Say that nothing could be read, and why."""
        self.empty.setText(f"What is proposed can't be read.\n{message}")
        self._refresh()

    def show_live(self, snapshot: WallSnapshot, trouble: str = "") -> None:
        """Say what is new on the wall meanwhile."""
        fresh = sum(alarm.state is AlarmState.UNACKNOWLEDGED for alarm in snapshot.alarms)
        text = "The database is away; what you do isn't stored now" if trouble else ""
        self.now.setText(text or (f"{words.count(fresh, 'new alarm')} now: Esc returns to the wall" if fresh else ""))
        self.now.setVisible(bool(self.now.text()))

    def take_focus(self) -> None:
        """Put the cursor into the list."""
        self.view.setFocus()

    def set_wall_mode(self, _on: bool) -> None:
        """Nothing here is for a desk only."""

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self.title.setStyleSheet(f"font-size: {px(20)}px; font-weight: bold;")
        self.now.setStyleSheet(
            f"background: {c.high}; color: {self._theme.word_on(c.high)}; font-weight: bold; font-size: {px(16)}px;"
            f" padding: {px(5)}px {px(12)}px; border-radius: {px(4)}px;"
        )
        self.follows.setStyleSheet(f"font-size: {px(14)}px; color: {c.muted};")
        self.told.setStyleSheet(f"font-size: {px(14)}px;")
        self.empty.setStyleSheet(f"font-size: {px(18)}px;")
        self.preview.setFixedWidth(px(330))
        for layout in self._layouts:
            layout.setSpacing(px(8))
        self._layouts[-1].setContentsMargins(px(12), px(10), px(12), px(10))
        self.view.fit()

    def close_threads(self) -> None:
        """End the work in the background."""
        self.pictures.close()

    def _lay_out(self) -> None:
        self.follows.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.told.setWordWrap(True)
        self.told.setAccessibleName("Answer")
        self.now.setAccessibleName("On the wall now")
        top, middle, bottom = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.now)
        middle.addWidget(self.view, 1)
        middle.addWidget(self.preview)
        middle.addWidget(self.empty, 1)
        bottom.addWidget(self.told, 1)
        for button in (self.back, self.take_back, self.reject, self.leave_out, self.confirm, self.confirm_all):
            button.setAccessibleName(button.text().partition("  [")[0])
            bottom.addWidget(button)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.follows)
        layout.addLayout(middle, 1)
        layout.addLayout(bottom)
        self._layouts = (top, middle, bottom, layout)
        self.now.setVisible(False)

    def _connect(self) -> None:
        self.model.dataChanged.connect(self._refresh)
        self.model.modelReset.connect(self._refresh)
        self.view.moved.connect(self._refresh)
        self.view.confirmed.connect(self._confirm)
        self.view.rejected.connect(self.rejected)
        self.view.toggled.connect(self.model.toggle)
        self.view.verticalScrollBar().valueChanged.connect(self._forget_waiting)
        self.pictures.ready.connect(self._picture_ready)
        self.back.clicked.connect(self.left)
        self.confirm.clicked.connect(lambda: self._confirm(self.view.row))
        self.reject.clicked.connect(lambda: self.rejected.emit(self.view.row))
        self.leave_out.clicked.connect(lambda: self.model.toggle(self.view.row, self.view.cursor_plot))
        self.take_back.clicked.connect(lambda: self.taken_back.emit(self.view.row))
        self.confirm_all.clicked.connect(self.all_confirmed)

    def _make_shortcuts(self) -> None:
        """A key does what its button does, and nothing when that can't be pressed."""
        for key, text, button in (
            ("C", "Confirm this plot type's reference", self.confirm),
            ("X", "Leave the chosen plot out, or take it in again", self.leave_out),
            ("Del", "Reject this proposal", self.reject),
            ("U", "Take back what was decided", self.take_back),
            ("Ctrl+Return", "Confirm all", self.confirm_all),
            ("Esc", "Back to the wall", self.back),
        ):
            keys.add(self, key, text, lambda button=button: _press(button))
        keys.also(self, "Ctrl+Return", "Ctrl+Enter")

    def _confirm(self, row: int) -> None:
        if 0 <= row < len(self.model.rows) and self.model.rows[row].is_open:
            self.confirmed.emit(row)

    def _refresh(self, *_: object) -> None:
        """Bring title and buttons up to date with the rows."""
        rows = self.model.rows
        shown = bool(rows)
        self.view.setVisible(shown)
        self.preview.setVisible(shown)
        self.empty.setVisible(not shown and bool(self.empty.text()))
        self.follows.setVisible(shown)
        current = rows[self.view.row] if 0 <= self.view.row < len(rows) else None
        self.preview.show_plot(current, self.view.cursor_plot)
        ready = sum(row.is_open for row in rows)
        self.title.setText(self._headline(rows))
        waits = current is not None and current.state is RowState.WAITING
        self.confirm.setEnabled(current is not None and current.is_open)
        self.confirm.setText(f"Confirm {current.staying}  [C]" if waits and current else "Confirm  [C]")
        self.reject.setEnabled(waits)
        self.leave_out.setEnabled(waits)
        out = waits and current is not None and self._cursor_is_out(current)
        self.leave_out.setText("Take in again  [X]" if out else "Leave out  [X]")
        decided = (RowState.CONFIRMED, RowState.REJECTED)
        self.take_back.setVisible(any(row.state in decided for row in rows))
        self.take_back.setEnabled(current is not None and current.state in decided)
        self.confirm_all.setEnabled(ready > 0)
        self.confirm_all.setVisible(shown)
        self.confirm_all.setText(f"Confirm all {ready}  [Ctrl+Enter]" if ready else "Confirm all  [Ctrl+Enter]")
        for button in (self.confirm, self.reject, self.leave_out):
            button.setVisible(shown)

    def _cursor_is_out(self, row: ProposalRow) -> bool:
        index = self.view.cursor_plot
        return index < len(row.plots) and row.plots[index].id in row.left_out

    def _headline(self, rows: Sequence[ProposalRow]) -> str:
        if not rows:
            return "Proposed references" if self.empty.text() else "Reading what is proposed..."
        waiting = sum(row.state in (RowState.WAITING, RowState.READING) for row in rows)
        periods = sorted({row.run_period for row in rows})
        of = f" of run period {periods[0]}" if len(periods) == 1 and periods[0] else ""
        if not waiting:
            return f"Nothing{of} waits any more"
        verb = "have a proposed reference that waits" if waiting > 1 else "has a proposed reference that waits"
        return f"{words.count(waiting, 'plot type')}{of} {verb}: are these plots normal?"

    def _picture_ready(self, key: PictureKey) -> None:
        for row in self.delegate.waiting.pop(key, ()):
            self.view.update(self.model.index(row))

    def _forget_waiting(self) -> None:
        self.pictures.forget_waiting()
        self.delegate.waiting.clear()


def _press(button: QPushButton) -> None:
    if button.isVisible() and button.isEnabled():
        button.click()
