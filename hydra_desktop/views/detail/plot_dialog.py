"""What the dialogs that ask about a plot have in common."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget


class PlotDialog(QDialog):
    """A head, a grid to fill in, a note, and a button that Enter presses from anywhere; Esc leaves it."""

    def __init__(self, title: str, head: str, do: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        first = QLabel(head)
        first.setObjectName("head")
        first.setWordWrap(True)
        self.grid = QGridLayout()
        self.do = QPushButton(f"{do}  [Enter]")
        self.do.setObjectName("main")
        self.do.setDefault(True)
        self.do.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.do.clicked.connect(self._done)
        self.column = QVBoxLayout(self)
        self.column.addWidget(first)
        self.column.addLayout(self.grid)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter does it from wherever the focus is, as soon as it may."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.do.isEnabled():
                self._done()
            return
        super().keyPressEvent(event)

    def _add_foot(self, note: str) -> None:
        """The note and the buttons; the last that is added, so that Tab comes there last."""
        said = QLabel(note)
        said.setObjectName("muted")
        said.setWordWrap(True)
        leave = QPushButton("Leave it  [Esc]")
        leave.setAutoDefault(False)
        leave.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.addWidget(said, 1)
        foot.addWidget(leave)
        foot.addWidget(self.do)
        self.column.addLayout(foot)

    def _done(self) -> None:
        raise NotImplementedError
