"""What dialogs that ask something have in common."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from . import keys

LONGEST = 1000  # characters of a comment


class Question(QDialog):
    """A title, something to fill in, and a button that does it; Esc leaves it."""

    def __init__(self, title: str, text: str, do: str, leave: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self._text = QLabel(text)
        self._text.setWordWrap(True)
        self.setAccessibleDescription(text)
        self.form = QFormLayout()
        self.do = QPushButton(f"{do}  [Ctrl+Enter]")
        self.do.setAccessibleName(do)
        self.do.setAutoDefault(False)
        self.do.clicked.connect(self._done)
        self.leave = QPushButton(f"{leave}  [Esc]")
        self.leave.setAccessibleName(leave)
        self.leave.setAutoDefault(False)
        self.leave.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.leave)
        foot.addWidget(self.do)
        self.column = QVBoxLayout(self)
        self.column.addWidget(self._text)
        self.column.addLayout(self.form)
        self.column.addLayout(foot)
        keys.add(self, "Ctrl+Return", do, self.do.click)
        keys.also(self, "Ctrl+Return", "Ctrl+Enter")
        self.setMinimumWidth(min(parent.width() * 2 // 3, 720))

    def _done(self) -> None:
        raise NotImplementedError
