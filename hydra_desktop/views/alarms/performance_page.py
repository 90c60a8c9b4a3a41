"""How well the alarms work: the figures of ISA-18.2 against their aims, and what to do about the worst."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from ...services.alarm_performance import AlarmFigures, Reach
from .. import keys
from ..desk_page import DeskPage
from ..labeling.caps import CapButton
from ..row import Row
from ..theme import Theme
from .aim_cards import AimCard
from .performance_parts import Nuisances, Severities, Stations, WorstActors
from .rate_chart import RateChart

KEYS = {Reach.SHIFT: "S", Reach.DAY: "D", Reach.WEEK: "W", Reach.MONTH: "M", Reach.PERIOD: "R"}
CARDS = 6


class PerformancePage(DeskPage):
    """Shows the figures of a span; what a person asks for is told by signals.

    `span_asked` carries a `Reach` and how many spans before the present one, `export_asked` the file, `hand_over_asked`
    that the hand-over report is wanted, `left` that the person goes back.
    """

    span_asked = Signal(object, int)
    export_asked = Signal(Path)
    hand_over_asked = Signal()

    PANEL_MARGINS = (14, 8, 14, 10)
    PANEL_SPACING = 6

    def __init__(self, theme: Theme, came_from: str) -> None:
        super().__init__(theme)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._shown: AlarmFigures | None = None
        self.reach, self.back = Reach.WEEK, 0
        self.trail.setText(f"{came_from}  ›  Performance")
        self.reaches = {
            reach: CapButton(theme, str(reach), [key], self._asker(reach, 0)) for reach, key in KEYS.items()
        }
        for button in self.reaches.values():
            button.setCheckable(True)
        self.earlier = CapButton(theme, "earlier", ["Left"], self.go_earlier, is_flat=True)
        self.later = CapButton(theme, "later", ["Right"], self.go_later, is_flat=True)
        self.cards = [AimCard(theme) for _ in range(CARDS)]
        self.chart = RateChart(theme)
        self.worst = WorstActors(theme, "Ten worst actors")
        self.nuisances = Nuisances(theme, "Nuisance and what is held back")
        self.stations = Stations(theme, "By station")
        self.severities = Severities(theme, "By severity")
        self.export = CapButton(theme, "Export the alarms", ["Ctrl+E"], self.save)
        self.hand_over = CapButton(theme, "Hand over", ["Ctrl+D"], self.hand_over_asked.emit, is_main=True)
        self.back_button = CapButton(theme, "Back", ["Esc"], self.left.emit)
        self._lay_out()
        self._connect()
        self.rescale()
        self._enable()

    @property
    def shown(self) -> AlarmFigures | None:
        """What is shown."""
        return self._shown

    def show_reading(self) -> None:
        """Say that the figures are being read, where there are none yet."""
        if self._shown is None:
            self.headline.setText("Reading the alarms...")

    def show_failure(self, why: str) -> None:
        """Say why they can't be read; what was shown stays."""
        self.tell(why, wrong=True)
        if self._shown is None:
            self.headline.setText("The alarms can't be read.")

    def show_figures(self, shown: AlarmFigures) -> None:
        """Take over figures."""
        self._shown = shown
        self.reach, self.back = shown.reach or self.reach, shown.back
        self.headline.setText(shown.headline)
        self.lines.setText(shown.basis)
        for card, aim in zip(self.cards, shown.aims(), strict=True):
            card.show_aim(aim)
        self.chart.show_figures(shown)
        for part in (self.worst, self.nuisances, self.stations, self.severities):
            part.show_figures(shown)
        found = shown.found
        self._heads["worst"][1].setText(f"{found.worst_count:,} of {found.alarms:,} alarms")
        self._heads["stations"][1].setText(shown.heard_by())
        self._heads["severities"][1].setText("" if found.why_no_shares else f"{found.alarms:,} alarms")
        self._enable()

    def go_earlier(self) -> None:
        """Ask for the span before this."""
        if self._shown is not None and self._shown.has_earlier:
            self._ask(self.reach, self.back + 1)

    def go_later(self) -> None:
        """Ask for the span after this."""
        if self.back:
            self._ask(self.reach, self.back - 1)

    def save(self) -> None:
        """Ask for a file and write the log of the span there."""
        if self._shown is None:
            return
        begin = self._shown.found.span.begin.astimezone()
        name = f"alarms of {self._shown.hall} from {begin:%Y-%m-%d}.csv"
        self._ask_file("Save the log of these alarms", name, "CSV (*.csv)", self.export_asked.emit)

    # What every page has

    def take_focus(self) -> None:
        """Put the keyboard here."""
        self.setFocus()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        super().rescale()
        px = self._theme.px
        layout, *others = self._layouts
        layout.setContentsMargins(px(14), px(8), px(14), px(10))
        for one in (layout, *others):
            one.setSpacing(px(8))
        self._head.setSpacing(px(3))
        for card in self.cards:
            card.setFixedHeight(px(106))
        for one in (*self.cards, self.chart, self.worst, self.nuisances, self.stations, self.severities):
            one.updateGeometry()
            one.update()
        buttons = (*self.reaches.values(), self.earlier, self.later, self.export, self.hand_over, self.back_button)
        for button in buttons:
            button.updateGeometry()

    # How it is put together

    def _asker(self, reach: Reach, back: int) -> Callable[[], None]:
        return lambda: self._ask(reach, back)

    def _ask(self, reach: Reach, back: int) -> None:
        self.reach, self.back = reach, back
        self._enable()
        self.span_asked.emit(reach, back)

    def _enable(self) -> None:
        for reach, button in self.reaches.items():
            button.setChecked(reach is self.reach)
        self.earlier.setEnabled(self._shown is not None and self._shown.has_earlier)
        self.later.setEnabled(self.back > 0)
        self.export.setEnabled(self._shown is not None)

    def _connect(self) -> None:
        for reach, key in KEYS.items():
            keys.add(self, key, f"Figures of: {reach}", self._asker(reach, 0))
        for key, text, work in (("Left", "An earlier span", self.go_earlier), ("Right", "A later span", self.go_later)):
            keys.add(self, key, text, work, repeats=True)
        for key, text, work in (
            ("Ctrl+E", "Save the log of these alarms as CSV", self.save),
            ("Ctrl+D", "The report that a shift hands over", self.hand_over_asked.emit),
            ("Esc", "Back", self.left.emit),
        ):
            keys.add(self, key, text, work)

    def _lay_out(self) -> None:
        self._head = QVBoxLayout()
        top = Row()
        top.row.setContentsMargins(0, 0, 0, 0)
        top.row.addWidget(self.trail)
        top.row.addStretch(1)
        for button in self.reaches.values():
            top.row.addWidget(button)
        top.row.addWidget(self.earlier)
        top.row.addWidget(self.later)
        top.may_go([self.trail])
        self._head.addWidget(top)
        self._wrap_words()
        self._head.addWidget(self.headline)
        self._head.addWidget(self.lines)
        cards, below, right = QHBoxLayout(), QHBoxLayout(), QVBoxLayout()
        for card in self.cards:
            cards.addWidget(card, 1)
        chart = self._panel(
            "chart", "Alarms per 10 min", self.chart, note="flood: from more than 10 in 10 min until under 5"
        )
        below.addWidget(self._panel("worst", "Ten worst actors", self.worst), 33)
        below.addWidget(self._panel("nuisances", "Nuisance and what is held back", self.nuisances), 33)
        right.addWidget(self._panel("stations", "By station", self.stations), 5)
        right.addWidget(self._panel("severities", "By severity", self.severities), 4)
        below.addLayout(right, 34)
        foot = Row()
        foot.row.setContentsMargins(0, 0, 0, 0)
        foot.row.addWidget(self.told, 1)
        for button in (self.back_button, self.export, self.hand_over):
            foot.row.addWidget(button)
        foot.may_go([self.back_button])
        layout = QVBoxLayout(self)
        layout.addLayout(self._head)
        layout.addLayout(cards)
        layout.addWidget(chart, 5)
        layout.addLayout(below, 8)
        layout.addWidget(foot)
        self._layouts = (layout, cards, below, right, top.row, foot.row)
