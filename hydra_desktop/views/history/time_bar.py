"""The bar with which a time or run is chosen: by writing it, by a step, or with a slider."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QDateTime, QEvent, QObject, QSignalBlocker, QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDateTimeEdit,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QWidget,
)

from ...domain.past import PastRun
from .. import words
from ..theme import Theme

SPAN = timedelta(hours=24)
SETTLE_MS = 120  # a slider that is dragged asks when it rests
KEYS = {"chunk back": ",", "chunk on": ".", "run back": "Ctrl+,", "run on": "Ctrl+."}
_SECONDS = {
    QDateTimeEdit.Section.DaySection: 24 * 3600,
    QDateTimeEdit.Section.HourSection: 3600,
    QDateTimeEdit.Section.MinuteSection: 60,
    QDateTimeEdit.Section.SecondSection: 1,
}


class _TimeEdit(QDateTimeEdit):
    """A date and time; Enter takes it."""

    entered = Signal()

    def event(self, event: QEvent) -> bool:
        """Leave the keys of steps to the screen: a time has neither comma nor full stop."""
        if event.type() is QEvent.Type.ShortcutOverride and event.key() in (Qt.Key.Key_Comma, Qt.Key.Key_Period):
            event.ignore()
            return False
        return super().event(event)

    def stepEnabled(self) -> QDateTimeEdit.StepEnabledFlag:
        """Every part steps both ways at any time of day."""
        return QDateTimeEdit.StepEnabledFlag.StepUpEnabled | QDateTimeEdit.StepEnabledFlag.StepDownEnabled

    def stepBy(self, steps: int) -> None:
        """Step the part at the cursor and let it carry: an hour on from 23:30 is half past midnight."""
        section, when = self.currentSection(), self.dateTime()
        seconds = _SECONDS.get(section)
        if seconds is not None:
            self.setDateTime(when.addSecs(steps * seconds))
            self.setSelectedSection(section)
        else:
            super().stepBy(steps)

    def focusNextPrevChild(self, next_: bool) -> bool:
        """Tab goes to the next control; arrow keys go from part to part."""
        return QWidget.focusNextPrevChild(self, next_)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes the time; all else edits it."""
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()


class TimeBar(QWidget):
    """Tells which time (`time_chosen`), run (`run_chosen`: number, run period or None) or step was asked for."""

    time_chosen = Signal(object)
    run_chosen = Signal(object, object)
    chunk_stepped = Signal(int)
    run_stepped = Signal(int)
    refused = Signal(str)
    escaped = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._runs: list[PastRun] = []
        self._shown_at = datetime.now(UTC)
        self._run_number: int | None = None
        self._start = self._shown_at - SPAN
        self._end = self._shown_at
        self.setObjectName("times")
        self.time = _TimeEdit()
        self.time.setDisplayFormat("yyyy-MM-dd HH:mm:ss")
        self.time.setAccessibleName("Date and time")
        self.time.setToolTip("Arrow keys change the part that is marked; Enter goes there")
        self.time.entered.connect(self._time_entered)
        self.run = QLineEdit()
        self.run.setPlaceholderText("Run number")
        self.run.setAccessibleName("Run number")
        self.run.setToolTip("Enter goes to the end of that run")
        self.run.returnPressed.connect(self._run_entered)
        self._completer = QCompleter(QStringListModel(self), self)
        self._completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self._completer.setMaxVisibleItems(12)
        self._completer.popup().installEventFilter(self)
        self.run.setCompleter(self._completer)
        self.buttons = {
            what: self._button(what, *how)
            for what, how in {
                "run back": ("◂◂ run", self.run_stepped, -1),
                "chunk back": ("◂ chunk", self.chunk_stepped, -1),
                "chunk on": ("chunk ▸", self.chunk_stepped, 1),
                "run on": ("run ▸▸", self.run_stepped, 1),
            }.items()
        }
        self.span = QComboBox()
        self.span.addItems(["24 hours", "This run"])
        self.span.setAccessibleName("What the slider spans")
        self.span.currentIndexChanged.connect(self._spread)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Time")
        self._first, self._last = QLabel(), QLabel()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(lambda: self.time_chosen.emit(self._at_slider()))
        self.slider.valueChanged.connect(self._slid)
        self._lay_out()
        self.rescale()

    def show_time(self, when: datetime, run_number: int | None) -> None:
        """Show the time and run that the wall is of."""
        self._shown_at, self._run_number = when, run_number
        self._write_time(when)
        if not (self.run.hasFocus() and self.run.isModified()):
            self.run.setText(str(run_number) if run_number is not None else "")
        if not self.slider.isSliderDown():
            self._spread()

    def show_runs(self, runs: Sequence[PastRun]) -> None:
        """Take over which runs there are, for completing and for the slider."""
        self._runs = list(runs)
        often = Counter(run.run_number for run in runs)
        model = self._completer.model()
        model.setStringList(
            [
                f"{run.run_number}, {run.run_period}" if often[run.run_number] > 1 else str(run.run_number)
                for run in reversed(self._runs)
            ]
        )
        self._spread()

    def open_at(self, when: datetime) -> None:
        """Put the cursor into the time."""
        self._write_time(when)
        self.time.setFocus()
        self.time.setSelectedSection(QDateTimeEdit.Section.HourSection)

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self.setStyleSheet(f"""
            #times QDateTimeEdit {{ background: {c.panel}; color: {c.text}; border: 1px solid {c.edge};
                border-radius: {px(4)}px; padding: {px(4)}px 0; selection-background-color: {c.text};
                selection-color: {c.background}; }}
            #times QDateTimeEdit::up-button, #times QDateTimeEdit::down-button {{ width: 0; height: 0; border: none; }}
            #times QDateTimeEdit:focus {{ border: 2px solid {c.text}; }}
            #times QDateTimeEdit QLineEdit {{ border: none; padding: 0; background: transparent; }}
            #times QSlider:focus {{ border: 2px solid {c.text}; border-radius: {px(4)}px; }}
            #times QLabel {{ color: {c.muted}; }}
        """)
        self._completer.popup().setStyleSheet(
            f"background: {c.panel}; color: {c.text}; border: 1px solid {c.edge};"
            f" selection-background-color: {c.selected}; selection-color: {c.text}; font-size: {px(13)}px;"
        )
        self.time.lineEdit().setTextMargins(px(8), 0, 0, 0)
        self.time.setFixedWidth(px(190))
        self.run.setFixedWidth(px(130))
        self.slider.setMinimumHeight(px(20))
        self.span.setMinimumWidth(px(110))
        self._row.setSpacing(px(8))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc returns to now also while runs are offered."""
        if event.type() is QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self._completer.popup().hide()
            self.escaped.emit()
            return True
        return super().eventFilter(watched, event)

    def _lay_out(self) -> None:
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        back, on = ("run back", "chunk back"), ("chunk on", "run on")
        for widget in (QLabel("Go to  [T]"), self.time, self.run, *(self.buttons[what] for what in (*back, *on))):
            self._row.addWidget(widget)
        self._row.addWidget(self._first)
        self._row.addWidget(self.slider, 1)
        self._row.addWidget(self._last)
        self._row.addWidget(self.span)

    def _button(self, what: str, text: str, signal: Signal, step: int) -> QPushButton:
        button = QPushButton(f"{text}  [{KEYS[what]}]")
        button.setAccessibleName(f"One {what}")
        button.clicked.connect(lambda: signal.emit(step))
        return button

    def _write_time(self, when: datetime) -> None:
        with QSignalBlocker(self.time):
            self.time.setDateTime(QDateTime.fromSecsSinceEpoch(int(when.timestamp())))

    def _time_entered(self) -> None:
        when = datetime.fromtimestamp(self.time.dateTime().toSecsSinceEpoch(), UTC)
        if when > datetime.now(UTC):
            self.refused.emit("That time is still to come; write an earlier one.")
        else:
            # what is shown with whole seconds, of which the last verdict may have come within
            self.time_chosen.emit(when.replace(microsecond=999_999))

    def _run_entered(self) -> None:
        number, _, period = self.run.text().partition(",")
        if not number.strip().isdigit():
            self.refused.emit(f"{self.run.text() or 'Nothing'} is no run number; write one, or choose from the list.")
            return
        self.run_chosen.emit(int(number), period.strip() or None)

    def _spread(self, *_: object) -> None:
        """Spread the slider over the last 24 hours, or those around a time before, or over the run shown."""
        now = datetime.now(UTC)
        start, end = now - SPAN, now
        if self._shown_at < start:
            start, end = self._shown_at - SPAN / 2, self._shown_at + SPAN / 2
        index = next((i for i, run in enumerate(self._runs) if run.run_number == self._run_number), None)
        if self.span.currentIndex() == 1 and index is not None:
            end = self._runs[index].last_at
            before = self._runs[index - 1].last_at if index else end - SPAN
            start = max(before, end - SPAN) if before < end else end - SPAN
            end = max(end, min(self._shown_at, end + timedelta(minutes=30)))  # its last plots are judged after it
        self._start, self._end = start, end
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, max(1, round((end - start).total_seconds())))
            self.slider.setPageStep(max(1, self.slider.maximum() // 24))
            self.slider.setSingleStep(60)
            self.slider.setValue(round((self._shown_at - start).total_seconds()))
        one_day = words.day(start) == words.day(now)
        for label, moment in ((self._first, start), (self._last, end)):
            day = "" if one_day else f"{words.day(moment)[5:]} "
            label.setText(f"{day}{words.clock(moment)[:5]}")

    def _at_slider(self) -> datetime:
        return self._start + timedelta(seconds=self.slider.value())

    def _slid(self) -> None:
        self._write_time(self._at_slider())
        self._settle.start()
