"""A row of buttons of which one is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QPushButton, QWidget


class Segments(QWidget):
    """Choices side by side, or where they have no room the one taken, on which a click goes to the next.

    `chosen` carries the one that a person took.
    """

    chosen = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._choices: tuple[str, ...] = ()
        self._alone: QAbstractButton | None = None  # the only one that has room
        self._group.buttonClicked.connect(self._clicked)

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
        self._fit()

    def step(self, by: int) -> None:
        """Choose the next one that can be."""
        can = [button for button in self._group.buttons() if button.isEnabled()]
        if can:
            checked = self._group.checkedButton()
            at = can.index(checked) if checked in can else -1
            can[(at + by) % len(can)].click()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is other room."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Words have another size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._fit()

    def _clicked(self, button: QAbstractButton) -> None:
        others = [one for one in self._group.buttons() if one.isEnabled() and one is not button]
        if button is self._alone and others:
            self.step(1)
        else:
            self.chosen.emit(button.property("choice"))

    def _fit(self) -> None:
        """Show all choices, or where they would be cut only the one taken and which of how many it is."""
        buttons, checked = self._group.buttons(), self._group.checkedButton()
        for button in buttons:
            button.setText(button.property("choice"))
        is_narrow = sum(button.sizeHint().width() for button in buttons) > self.width()
        had_focus = self._alone is not None and self._alone.hasFocus()
        self._alone = checked if is_narrow else None
        for button in buttons:
            button.setVisible(self._alone in (None, button))
        if self._alone is not None:
            self._alone.setText(f"{self.choice}  ({buttons.index(self._alone) + 1} of {len(buttons)})")
            if had_focus:
                self._alone.setFocus()
