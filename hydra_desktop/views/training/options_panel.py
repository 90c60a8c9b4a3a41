"""How models are trained: folded away, as the defaults are meant to be left alone."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QGridLayout, QLabel, QLineEdit, QPushButton, QWidget

from ...domain.training import USUAL, Options, Recipe
from ..theme import Theme

ABOUT = (
    "Every label weighs alike. Split by run. Normal is the run period's confirmed reference, else its Good plots. "
    "Thresholds to the best F1. Accepted guesses train, never evaluate."
)


class OptionsPanel(QFrame):
    """The options of the jobs that are asked for next."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self._theme = theme
        self.fold = QPushButton()
        self.fold.setFlat(True)
        self.fold.setCheckable(True)
        self.changed, self.about = QLabel(), QLabel(ABOUT)
        self.about.setWordWrap(True)
        for label in (self.changed, self.about):
            label.setObjectName("muted")
        self.recipe = QComboBox()
        self.recipe.addItem("A head on the shared network: seconds", Recipe.FIRST)
        self.recipe.addItem("A whole network too, if it clearly wins: minutes to hours", Recipe.BOTH)
        self.balanced = QCheckBox("Every label weighs alike, however few plots have it")
        self.alarms = QLineEdit()
        self.alarms.setPlaceholderText("best F1")
        self.problem = QLabel()
        self._body = QWidget()
        self._lay_out()
        self.fold.toggled.connect(lambda _on: self._refresh())
        self.recipe.currentIndexChanged.connect(lambda _index: self._refresh())
        self.balanced.toggled.connect(lambda _on: self._refresh())
        self.alarms.textChanged.connect(lambda _text: self._refresh())
        self.balanced.setChecked(True)
        self._refresh()

    @property
    def options(self) -> Options | None:
        """What is chosen; None where the number can't be read."""
        text = self.alarms.text().strip().replace(",", ".")
        try:
            rate = float(text) if text else None
        except ValueError:
            return None
        if rate is not None and not 0 <= rate < 1e6:
            return None
        return Options(Recipe(self.recipe.currentData()), self.balanced.isChecked(), rate)

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        px, look = self._theme.px, self._theme.palette()
        look.setColor(QPalette.ColorRole.Window, QColor(self._theme.colours.edge).lighter(140))
        self.balanced.setPalette(look)  # its box is drawn by Qt, the edge of it as Window made darker
        self._grid.setContentsMargins(px(14), px(6), px(14), px(10))
        for grid in (self._grid, self._fields):
            grid.setSpacing(px(6))

    def _lay_out(self) -> None:
        self._grid = QGridLayout(self)
        self._grid.addWidget(self.fold, 0, 0)
        self._grid.addWidget(self.changed, 0, 1)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(self.about, 1, 0, 1, 2)
        self._grid.addWidget(self._body, 2, 0, 1, 2)
        self._fields = body = QGridLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setColumnStretch(1, 1)
        for row, (text, field) in enumerate((("What is trained", self.recipe), ("False alarms a day", self.alarms))):
            label = QLabel(text)
            label.setBuddy(field)
            field.setAccessibleName(text)
            field.setMinimumWidth(1)
            body.addWidget(label, row, 0)
            body.addWidget(field, row, 1)
        body.addWidget(self.balanced, 2, 0, 1, 2)
        body.addWidget(self.problem, 3, 0, 1, 2)

    def _refresh(self) -> None:
        options, shown = self.options, self.fold.isChecked()
        self.fold.setText(f"Options  [O] {'' if shown else '...'}".rstrip())
        self._body.setVisible(shown)
        self.about.setVisible(not shown and options == USUAL)
        self.problem.setText("" if options is not None else "Write a number from 0 on, or nothing for the best F1.")
        self.problem.setVisible(options is None)
        self.changed.setText("nothing changed from the defaults" if options == USUAL else _words(options))


def _words(options: Options | None) -> str:
    if options is None:
        return "the false alarms a day are no number"
    said = []
    if options.recipe is Recipe.BOTH:
        said.append("a whole network too")
    if not options.balanced:
        said.append("labels weigh by their plots")
    if options.false_alarms_a_day is not None:
        said.append(f"at most {options.false_alarms_a_day:g} false alarms a day")
    return "changed: " + ", ".join(said)
