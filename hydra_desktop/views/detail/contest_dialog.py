"""Asks which label a plot should have whose verdict is wrong."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QPushButton, QWidget

from ...domain.hall import PlotType
from ..question import LONGEST
from .plot_dialog import PlotDialog


class ContestDialog(PlotDialog):
    """One key for each label, then Enter; `given` carries the label and a comment."""

    given = Signal(str, str)

    def __init__(self, plot_type: PlotType, plot: str, said: str, parent: QWidget) -> None:
        super().__init__(
            "This verdict is wrong", f"The verdict on {plot} is {said}. What should it be?", "Contest it", parent
        )
        self._keys: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        for number, label in enumerate(plot_type.labels):
            button = QPushButton(f"{label.name}  [{label.key.upper()}]" if label.key else label.name)
            button.setProperty("label", label.name)
            button.setCheckable(True)
            button.setAutoDefault(False)
            self._group.addButton(button)
            self.grid.addWidget(button, number // 3, number % 3)
            if label.key:
                self._keys[label.key.lower()] = button
        self.comment = QLineEdit()
        self.comment.setMaxLength(LONGEST)
        self.comment.setPlaceholderText("Why, if you like  [Tab]")
        self.comment.setAccessibleName("Comment")
        self.column.addWidget(self.comment)
        self._add_foot("An expert gets it into the labeling queue. You can take it back.")
        self.do.setEnabled(False)
        self._group.buttonClicked.connect(lambda _button: self.do.setEnabled(True))
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A label's key chooses it, Enter is enough then."""
        button = self._keys.get(event.text().lower())
        if button is not None and not self.comment.hasFocus():
            button.click()
            return
        super().keyPressEvent(event)

    def _done(self) -> None:
        button = self._group.checkedButton()
        if button is not None:
            self.given.emit(button.property("label"), self.comment.text().strip())
            self.accept()
