"""The threshold bench of a model: a line is dragged or moved by key, and what that would do is told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ...domain.label import Role
from ...domain.plot import Plot
from ...domain.replay import Alarms
from ...services.threshold_bench import STEPS, Outcome, ThresholdBench
from .. import keys, words
from ..desk_page import DeskPage
from ..labeling.caps import CapButton
from ..pictures import Evidence, Pictures
from ..report.plots_view import PlotsView, Told
from ..row import Row
from ..theme import Theme
from . import speech
from .confidence_chart import BINS, ConfidenceChart
from .figure_card import FigureCard
from .replay_strip import SHORT, Marks, ReplayStrip, StripState
from .speech import percent

READING = "Reading the thresholds of model {}..."
REST_MS = 150  # after the last move the plots of alarms are read
MOST_LISTED = 24  # alarms with their pictures
LIGHT, STEADY = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


class ThresholdScreen(DeskPage):
    """Shows one bench; what a person decides is told by signals.

    `apply_asked` carries the thresholds, the comment and how they were chosen, `undo_asked` nothing, `plots_wanted` the
    ids of plots to be shown, `plots_asked` the plot type, ids to be labelled and what they are, `left` that the person
    goes back.
    """

    apply_asked = Signal(dict, str, str)
    undo_asked = Signal()
    plots_wanted = Signal(list)
    plots_asked = Signal(str, list, str)

    HEADLINE_PX = 20
    PANEL_MARGINS = (10, 6, 10, 8)

    def __init__(self, theme: Theme, evidence: Evidence, image_folder: Path, came_from: str) -> None:
        super().__init__(theme)
        self._came_from = came_from
        self.bench: ThresholdBench | None = None
        self.values: dict[str, float] = {}
        self.label = ""
        self._is_waiting = False
        self._outcome: Outcome | None = None
        self._listed: list[tuple[int, str]] = []  # plots of alarms that differ, with words
        self._plots: dict[int, Plot] = {}
        self.pictures = Pictures(evidence, parent=self)
        self.chips: dict[str, QPushButton] = {}
        self.chart = ConfidenceChart(theme)
        self.missed, self.false_alarms = FigureCard(theme, "Missed"), FigureCard(theme, "False alarms")
        self.unconfirmed = FigureCard(theme, "Unconfirmed")
        self._cards = (self.missed, self.false_alarms, self.unconfirmed)
        self.strip = ReplayStrip(theme)
        self.plots = PlotsView(theme, self.pictures, image_folder)
        self.history, self.comment = QListWidget(), QLineEdit()
        self.comment.setPlaceholderText("Why? Everyone will read this")
        self.comment.setAccessibleName("Why")
        self.history.setAccessibleName("History of the thresholds")
        self.apply = CapButton(theme, "Apply", ["Ctrl+Enter"], self.ask_apply, is_main=True)
        self.discard = CapButton(theme, "Back", ["Esc"], self.leave)
        self.undo = CapButton(theme, "Take back", ["Ctrl+Z"], self.ask_undo)
        self.best = CapButton(theme, "best F1", ["B"], self.to_best)
        self.back = CapButton(theme, "back to now", ["Backspace"], self.to_now)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._want_plots)
        self._chip_row = QHBoxLayout()
        self._lay_out()
        self.chart.moved.connect(lambda value: self.move_to(value))
        self.chart.installEventFilter(self)
        self.history.itemActivated.connect(self._take_from_history)
        self.plots.activated.connect(lambda _index: self._open_plots())
        self.comment.textChanged.connect(self._say_comment)
        self._add_keys()
        self.rescale()
        self._show_state()

    # What is shown

    def show_reading(self, model_id: int) -> None:
        """Say that it is being read."""
        self.headline.setText(READING.format(model_id))

    def show_failure(self, why: str) -> None:
        """Say why there is nothing to show."""
        if self.bench is None:
            self.headline.setText("The thresholds of this model can't be shown.")
        self.tell(why, wrong=True)

    def show_bench(self, bench: ThresholdBench) -> None:
        """Take over a bench; of the same model the label that was looked at stays."""
        again = self.bench is not None and self.bench.record.id == bench.record.id
        tried = self._changed if again else {}  # nothing of that is lost where others were first
        self.bench, self._is_waiting = bench, False
        self.values = {**bench.now, **{name: value for name, value in tried.items() if name in bench.labels}}
        if not again or self.label not in bench.labels:
            faulty = [name for name in bench.labels if bench.settings.label(name).role is Role.FAULTY]
            self.label = (faulty or list(bench.labels))[0]
        self._build_chips()
        self._list_history()
        self._show_label()
        if not again:
            self.take_focus()

    def wait(self) -> None:
        """What is put in force is being stored and read again: until then nothing more is."""
        self._is_waiting = True
        self._show_state()

    def applied(self) -> None:
        """What was tried is in force now."""
        self.bench = replace(self.bench, record=replace(self.bench.record, thresholds=dict(self.values)))
        self.comment.clear()
        self.take_focus()  # where Ctrl+Z isn't the comment's own

    def show_plots(self, plots: Mapping[int, Plot]) -> None:
        """Take over plots that were wanted."""
        self._plots.update(plots)
        self._list_plots()

    # What a person does

    def choose(self, label: str) -> None:
        """Move the threshold of this label from now on."""
        if self.bench is not None and label in self.bench.labels:
            self.label = label
            self._show_label()

    def move_to(self, value: float) -> None:
        """Try another threshold of the label that is looked at."""
        if self.bench is not None:
            self.values[self.label] = min(1.0, max(0.0, round(value, 4)))
            self._show_value()

    def step(self, by: float) -> None:
        """Try a threshold a little higher or lower, in whole per cents."""
        if self.bench is not None:
            self.move_to(round(self.values[self.label] / by + 1) * by if by > 0 else self._below(-by))

    def to_best(self) -> None:
        """Try the threshold with the best F1."""
        best = self.bench.best_f1(self.label) if self.bench is not None else None
        if best is not None:
            self.move_to(best)

    def to_now(self) -> None:
        """Back to the threshold in force."""
        if self.bench is not None:
            self.move_to(self.bench.now[self.label])

    def next_label(self, by: int) -> None:
        """Move the threshold of the next label, or of the one before."""
        if self.bench is not None:
            names = self.bench.labels
            self.choose(names[(names.index(self.label) + by) % len(names)])

    def ask_apply(self) -> None:
        """Have what is tried put in force."""
        if self.bench is None or self._is_waiting:
            return
        if not self._is_changed:
            self.tell("These thresholds are in force already: move the line first.")
            return
        best = all(value == self.bench.best_f1(name) for name, value in self._changed.items())
        self.apply_asked.emit(dict(self.values), self.comment.text().strip(), "best F1" if best else "by hand")

    def ask_undo(self) -> None:
        """Have the last change taken back."""
        if self.bench is not None and not self._is_waiting:
            self.undo_asked.emit()

    def leave(self) -> None:
        """Go back; what was only tried is let go."""
        self.left.emit()

    @property
    def _changed(self) -> dict[str, float]:
        now = self.bench.now if self.bench is not None else {}
        return {name: value for name, value in self.values.items() if value != now.get(name)}

    @property
    def _is_changed(self) -> bool:
        return bool(self._changed)

    def _below(self, by: float) -> float:
        return float(np.ceil(round(self.values[self.label] / by, 6)) - 1) * by

    # What every page has

    def take_focus(self) -> None:
        """Put the keyboard at the line."""
        self.chart.setFocus()

    def close_threads(self) -> None:
        """End the work in the background."""
        self._rest.stop()
        self.pictures.close()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        super().rescale()
        c, px = self._theme.colours, self._theme.px
        focus = f"border: {px(2)}px solid {c.text};"
        self.history.setStyleSheet(
            f"QListWidget {{ background: transparent; border: 1px solid {c.line}; color: {c.text};"
            f" font-size: {px(13)}px; }} QListWidget:focus {{ {focus} }}"
            f"QListWidget::item {{ padding: {px(3)}px; }}"
            f"QListWidget::item:selected {{ background: {c.selected}; color: {c.text}; }}"
        )
        self.comment.setStyleSheet(
            f"QLineEdit {{ background: {c.background}; color: {c.text}; border: 1px solid {c.edge};"
            f" padding: {px(6)}px; font-size: {px(13)}px; }} QLineEdit:focus {{ {focus} }}"
        )
        self.plots.setStyleSheet(
            f"QListView {{ background: transparent; border: none; }} QListView:focus {{ {focus} }}"
            f"QScrollBar:horizontal {{ background: {c.background}; height: {px(10)}px; }}"
            f"QScrollBar::handle:horizontal {{ background: {c.edge}; border-radius: {px(4)}px; }}"
            f"QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; }}"
        )
        for layout in self._spaced:
            layout.setSpacing(px(8))
        self._outer.setContentsMargins(px(14), px(8), px(14), px(8))
        self._bottom.setFixedHeight(px(206))
        self.plots.rescale()
        self._style_chips()
        for one in (self.chart, *self._cards, self.strip):
            one.updateGeometry()
            one.update()
        for button in (self.apply, self.discard, self.undo, self.best, self.back):
            button.updateGeometry()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """The keys of the line, which are its own while it has the keyboard."""
        if isinstance(event, QKeyEvent) and event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride):
            work = self._line_key(Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier)
            if work is not None:
                event.accept()
                if event.type() is QEvent.Type.KeyPress:
                    work()
                return True
        return False

    def _line_key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> Callable[[], object] | None:
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and modifiers in (LIGHT, STEADY):
            by = 0.05 if modifiers == STEADY else 0.01
            return lambda: self.step(by if key == Qt.Key.Key_Right else -by)
        if modifiers != LIGHT:
            return None
        return {
            Qt.Key.Key_Up: lambda: self.next_label(-1),
            Qt.Key.Key_Down: lambda: self.next_label(1),
            Qt.Key.Key_B: self.to_best,
            Qt.Key.Key_Backspace: self.to_now,
        }.get(key)

    # How it is put together

    def _add_keys(self) -> None:
        for key, text in (
            ("Left", "A per cent lower"), ("Right", "A per cent higher"), ("Shift+Left", "5 % lower"),
            ("Shift+Right", "5 % higher"), ("Up", "The label before"), ("Down", "The next label"),
            ("B", "The threshold with the best F1"), ("Backspace", "Back to the threshold in force"),
        ):  # fmt: skip
            keys.tell(self, key, text)
        keys.add(self, "Ctrl+Return", "Put the thresholds in force", self.ask_apply)
        keys.also(self, "Ctrl+Return", "Ctrl+Enter")
        keys.add(self, "Ctrl+Z", "Take the last change back", self.ask_undo)
        keys.add(self, "Escape", "Back, and let go what was only tried", self.leave)

    def _lay_out(self) -> None:
        for label in (self.headline, self.lines, self.told):
            label.setWordWrap(True)
        self._outer, top, middle, cards = QVBoxLayout(self), QHBoxLayout(), QHBoxLayout(), QVBoxLayout()
        words_ = QVBoxLayout()
        for label in (self.trail, self.headline, self.lines):
            words_.addWidget(label)
        top.addLayout(words_, 1)
        top.addLayout(self._chip_row)
        tools = Row()
        tools.row.setContentsMargins(0, 0, 0, 0)
        tools.row.addStretch(1)
        for button in (self.best, self.back):
            tools.row.addWidget(button)
        tools.may_go([self.back], [self.best])
        chart = self._panel("chart", "Confidence by what people say", self.chart, tools)
        chart.layout().setStretch(2, 0)
        middle.addWidget(chart, 63)
        for card in self._cards:
            cards.addWidget(card)
        middle.addLayout(cards, 37)
        self._bottom = QWidget()
        bottom, why, buttons = QHBoxLayout(self._bottom), QVBoxLayout(), Row()
        bottom.setContentsMargins(0, 0, 0, 0)
        buttons.row.setContentsMargins(0, 0, 0, 0)
        for button in (self.undo, self.discard, self.apply):
            buttons.row.addWidget(button)
        buttons.may_go([self.undo])
        why_panel = self._panel("why", "Why? Everyone will read this", self.comment, buttons)
        why_panel.layout().insertStretch(2, 1)
        for place in (1, 3):
            why_panel.layout().setStretch(place, 0)
        bottom.addWidget(self._panel("plots", "What differs", self.plots), 46)
        bottom.addWidget(self._panel("history", "History", self.history), 24)
        bottom.addWidget(why_panel, 30)
        for layout in (top, middle):
            self._outer.addLayout(layout)
        self._outer.setStretch(1, 1)
        self._outer.addWidget(self._panel("strip", "Replay", self.strip))
        self._outer.addWidget(self._bottom)
        self._outer.addWidget(self.told)
        self._spaced = (self._outer, middle, cards, bottom, self._chip_row, why)

    def _build_chips(self) -> None:
        for chip in self.chips.values():
            self._chip_row.removeWidget(chip)
            chip.deleteLater()
        self.chips = {}
        for name in self.bench.labels:
            chip = QPushButton()
            chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            chip.clicked.connect(lambda _checked=False, name=name: self.choose(name))
            self._chip_row.addWidget(chip)
            self.chips[name] = chip
        self._style_chips()

    def _style_chips(self) -> None:
        c, px = self._theme.colours, self._theme.px
        for name, chip in self.chips.items():
            chosen = name == self.label
            weight = "bold" if chosen else "normal"
            chip.setStyleSheet(
                f"QPushButton {{ background: {c.selected if chosen else c.panel}; color: {c.text};"
                f" border: {px(2) if chosen else 1}px solid {c.text if chosen else c.edge}; border-radius: {px(3)}px;"
                f" padding: {px(4)}px {px(9)}px; font-size: {px(13)}px; font-weight: {weight}; }}"
            )

    def _show_label(self) -> None:
        bench = self.bench
        now = bench.now[self.label]
        why = bench.unknown if bench.unseen is None else ""
        self.chart.show_bars(bench.settings, self.label, bench.histogram(self.label, BINS), now, why)
        curves = bench.curves(self.label, self.values)
        none = np.full(len(STEPS), np.nan)
        for card, curve in (
            (self.missed, curves.missed if curves else none),
            (self.false_alarms, curves.false_positives if curves else none),
            (self.unconfirmed, curves.unconfirmed if curves else none),
        ):
            card.show_curve(STEPS, curve, now)
        self._show_value()

    def _show_value(self) -> None:
        bench = self.bench
        outcome = self._outcome = bench.at(self.values)
        value = self.values[self.label]
        for one in (self.chart, *self._cards):
            one.show_value(value)
        for card, said in zip(self._cards, speech.figures(bench, outcome), strict=True):
            card.show_figure(said.title, said.number, said.unit, said.lines)
        self._show_strip(outcome)
        self._show_state()
        self._rest.start()

    def _show_state(self) -> None:
        bench = self.bench
        for button in (self.apply, self.undo, self.best, self.back):
            button.setEnabled(bench is not None)
        if bench is None or self._outcome is None:
            return
        record = bench.record
        active = "active" if record.active else "not active"
        self.trail.setText(f"{self._came_from}  ›  {record.plot_type}  ›  Thresholds of model {record.id}, {active}")
        self.headline.setText(speech.headline(bench, self._outcome, self.label, self._changed))
        self.lines.setText(bench.basis())
        for name, chip in self.chips.items():
            was = f", was {percent(bench.now[name])}" if name in self._changed else ""
            chip.setText(f"{name}  {percent(self.values[name])}{was}")
        self._style_chips()
        self.undo.setEnabled(len(bench.history) > 1 and not self._is_waiting)
        self.apply.setEnabled(self._is_changed and not self._is_waiting)
        value = percent(self.values[self.label])
        self.apply.say(f"Apply {value}" if len(self._changed) == 1 and self.label in self._changed else "Apply")
        self.discard.say("Discard" if self._is_changed else "Back")
        self._say_comment()

    def _show_strip(self, outcome: Outcome) -> None:
        bench = self.bench
        self._heads["strip"][0].setText(f"Replay: what was judged {speech.when(bench)}")
        rule = bench.settings.rule
        self._heads["strip"][1].setText(
            f"filled: a fault, said a person; square: no fault; ring: nobody said    {rule.k} of {rule.n} chunks"
        )
        gone, new = outcome.change.vanish, outcome.change.appear
        tried = percent(self.values[self.label]) if set(self._changed) <= {self.label} else "these"
        self.strip.show_state(
            StripState(
                bench.since, bench.until, self._marks(bench.replayed_now.alarms), self._marks(outcome.replayed.alarms),
                self._marks(gone), self._marks(new),
                (
                    (f"now, {percent(bench.now[self.label])}", speech.counted(bench.replayed_now)),
                    (f"at {tried}", speech.counted(outcome.replayed)),
                    ("difference", f"{len(gone)} vanish, {len(new)} appear"),
                ),
                speech.nothing_to_replay(bench),
            )
        )  # fmt: skip

    def _marks(self, alarms: Alarms) -> Marks:
        span = self.bench.replay.recorded
        last = np.maximum(alarms.end - 1, 0)
        if not len(alarms):
            return Marks(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int8))
        return Marks(span.at_us[alarms.first], span.at_us[last], self.bench.said(alarms))

    def _want_plots(self) -> None:
        """Have the plots with which alarms begin that vanish or appear, the first few of them."""
        bench, outcome = self.bench, self._outcome
        if bench is None or outcome is None:
            return
        self._listed = []
        for alarms, word in ((outcome.change.vanish, "gone"), (outcome.change.appear, "new")):
            for place, said in zip(alarms.first.tolist(), bench.said(alarms).tolist(), strict=True):
                self._listed.append((place, f"{len(self._listed) + 1} {word}{SHORT[said]}"))
        self._listed = self._listed[:MOST_LISTED]
        span = bench.replay.recorded
        missing = [
            int(span.plot_ids[place]) for place, _ in self._listed if int(span.plot_ids[place]) not in self._plots
        ]
        self._list_plots()
        if missing:
            self.plots_wanted.emit(missing)

    def _list_plots(self) -> None:
        bench, outcome = self.bench, self._outcome
        if bench is None or outcome is None:
            return
        span = bench.replay.recorded
        items = [
            Told(self._plots[plot_id], text, span.labels[int(span.top[place])], float(span.confidence[place]))
            for place, text in self._listed
            if (plot_id := int(span.plot_ids[place])) in self._plots
        ]
        self.plots.show_items(items)
        count = len(outcome.change.vanish) + len(outcome.change.appear)
        title, note = self._heads["plots"]
        title.setText(
            f"The {words.count(count, 'alarm')} that differ{'s' if count == 1 else ''}" if count else "No alarm differs"
        )
        more = f"the first {MOST_LISTED}; " if count > MOST_LISTED else ""
        note.setText(f"{more}Enter labels them" if count else "")

    def _open_plots(self) -> None:
        chosen = self.plots.chosen
        if self.bench is not None and chosen:
            text = f"{words.count(len(chosen), 'plot')} of alarms that thresholds decide"
            self.plots_asked.emit(self.bench.record.plot_type, [one.plot.id for one in chosen], text)

    def _list_history(self) -> None:
        self.history.clear()
        for number, one in enumerate(self.bench.history):
            values = ", ".join(f"{name} {percent(value)}" for name, value in one.values.items())
            when = f"{one.at.astimezone():%d %b %H:%M}"
            item = QListWidgetItem(
                f"{values}{'  in force' if number == 0 else ''}\n{one.comment or one.chosen}; {when}, {one.user}"
            )
            item.setData(Qt.ItemDataRole.UserRole, number)
            self.history.addItem(item)
        self._heads["history"][1].setText("Enter tries it again")

    def _take_from_history(self, item: QListWidgetItem) -> None:
        """Try the thresholds that were in force then."""
        self.values |= self.then(int(item.data(Qt.ItemDataRole.UserRole)))
        self._show_label()
        self.take_focus()

    def then(self, number: int) -> dict[str, float]:
        """The thresholds that were in force after a change of the history, 0 the newest."""
        values: dict[str, float] = {}
        for one in reversed(self.bench.history[number:]):
            values |= one.values
        return {name: value for name, value in values.items() if name in self.bench.labels}

    def _say_comment(self, *_: object) -> None:
        note = self._heads["why"][1]
        note.setText("in force from the next chunk on" if self._is_changed else "")
