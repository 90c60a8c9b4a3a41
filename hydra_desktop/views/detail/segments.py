"""A row of buttons of which one is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget


class Segments(QWidget):
    """Choices side by side; `chosen` carries the one that a person took."""

    chosen = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._choices: tuple[str, ...] = ()
        self._group.buttonClicked.connect(lambda button: self.chosen.emit(button.property("choice")))

    @property
    def choice(self) -> str:
        """What is chosen, "" before there are choices."""
        button = self._group.checkedButton()
        return button.property("choice") if button is not None else ""

    def button(self, choice: str) -> QPushButton:
        """The button of a choice; raises KeyError."""
        for button in self._group.buttons():
            if button.property("choice") == choice:
                return button
        raise KeyError(choice)

    def show_choices(self, choices: Sequence[str], choice: str, *, usable: Sequence[str] | None = None) -> None:
        """Offer choices, of which one is taken and only the usable ones can be."""
        if tuple(choices) != self._choices:
            self._choices = tuple(choices)
            for button in self._group.buttons():
                self._group.removeButton(button)
                self._row.removeWidget(button)
                button.deleteLater()
            for one in choices:
                button = QPushButton(one)
                button.setProperty("choice", one)
                button.setObjectName("segment")
                button.setCheckable(True)
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                button.setMinimumWidth(24)  # rather narrow than wider than the screen
                button.setToolTip(one)
                self._group.addButton(button)
                self._row.addWidget(button)
        for button in self._group.buttons():
            button.setEnabled(usable is None or button.property("choice") in usable)
            if button.property("choice") == choice:
                button.setChecked(True)

    def step(self, by: int) -> None:
        """Choose the next one that can be."""
        can = [button for button in self._group.buttons() if button.isEnabled()]
        if can:
            checked = self._group.checkedButton()
            at = can.index(checked) if checked in can else -1
            can[(at + by) % len(can)].click()
