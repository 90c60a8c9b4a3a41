"""Asks which label a plot should have whose verdict is wrong."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ...domain.hall import PlotType

LONGEST = 1000  # characters of a comment


class ContestDialog(QDialog):
    """One key for each label, then Enter; `given` carries the label and a comment."""

    given = Signal(str, str)

    def __init__(self, plot_type: PlotType, plot: str, said: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("This verdict is wrong")
        self._keys: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        title = QLabel(f"The verdict on {plot} is {said}. What should it be?")
        title.setObjectName("head")
        title.setWordWrap(True)
        grid = QGridLayout()
        for number, label in enumerate(plot_type.labels):
            button = QPushButton(f"{label.name}  [{label.key.upper()}]" if label.key else label.name)
            button.setProperty("label", label.name)
            button.setCheckable(True)
            button.setAutoDefault(False)
            self._group.addButton(button)
            grid.addWidget(button, number // 3, number % 3)
            if label.key:
                self._keys[label.key.lower()] = button
        self.comment = QLineEdit()
        self.comment.setMaxLength(LONGEST)
        self.comment.setPlaceholderText("Why, if you like  [Tab]")
        self.comment.setAccessibleName("Comment")
        self._give = QPushButton("Contest it  [Enter]")
        self._give.setObjectName("main")
        self._give.setDefault(True)
        self._give.setEnabled(False)
        leave = QPushButton("Leave it  [Esc]")
        leave.setAutoDefault(False)
        leave.clicked.connect(self.reject)
        self._give.clicked.connect(self._done)
        self._group.buttonClicked.connect(lambda _button: self._give.setEnabled(True))
        note = QLabel("An expert gets it into the labeling queue. You can take it back.")
        note.setObjectName("muted")
        foot = QHBoxLayout()
        foot.addWidget(note, 1)
        foot.addWidget(leave)
        foot.addWidget(self._give)
        layout = QVBoxLayout(self)
        layout.addWidget(title)
        layout.addLayout(grid)
        layout.addWidget(self.comment)
        layout.addLayout(foot)
        self._give.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A label's key chooses it, Enter is enough then."""
        button = self._keys.get(event.text().lower())
        if button is not None and not self.comment.hasFocus():
            button.click()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._give.isEnabled():
                self._done()
            return
        super().keyPressEvent(event)

    def _done(self) -> None:
        button = self._group.checkedButton()
        if button is not None:
            self.given.emit(button.property("label"), self.comment.text().strip())
            self.accept()
