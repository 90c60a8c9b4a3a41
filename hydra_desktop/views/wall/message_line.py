"""A line of text from outside: it wraps, never asks for more room than there is, and is plain text."""

from __future__ import annotations

import html
import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

LONGEST = 400  # characters; the tool tip has the rest
_LONG_WORD = re.compile(r"\S{24,}")  # a path mostly
_PIECE = re.compile(r"[^/_.\-]{1,24}[/_.\-]?|[/_.\-]")


class MessageLine(QLabel):
    """Shows a message, hidden while there is none; `clicked` by mouse, Enter or Space where it is a button.

    A button says what it does by its `action`; without one it can't be clicked.
    """

    clicked = Signal()

    def __init__(self, name: str, *, is_button: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action = ""
        self.message = ""
        self.setAccessibleName(name)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if is_button:
            self.set_action("put away")
        self.setVisible(False)

    def set_action(self, action: str) -> None:
        """Say from the next message on what a click does; "" for nothing."""
        self._action = action
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if action else Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor if action else Qt.CursorShape.ArrowCursor)

    def show_message(self, message: str, *, before: str = "", colour: str = "", details: str = "") -> None:
        """Show a message, what comes before it in another colour, and details in the tool tip; hide for ""."""
        self.message = message
        short = message if len(message) <= LONGEST else message[:LONGEST] + "..."
        first = f'<span style="color:{colour}">{_breakable(before)}</span>&nbsp; ' if before else ""
        after = f"&nbsp; <u>{html.escape(self._action)}</u>" if self._action else ""
        text = first + _breakable(short) + after
        if text != self.text():
            self.setText(text)
            self.setAccessibleDescription(f"{before} {message}".strip())
        self.setToolTip(f"<p>{html.escape(details or message)}</p>".replace("\n", "<br>"))
        self.setVisible(bool(message))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A button was clicked."""
        if self._action and event.button() is Qt.MouseButton.LeftButton:
            self.clicked.emit()
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A button was pressed."""
        if self._action and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
            return
        super().keyPressEvent(event)


def _breakable(text: str) -> str:
    """As HTML, with places in words too long for a line where they may be broken."""

    def broken(word: re.Match[str]) -> str:
        return "\u200b".join(_PIECE.findall(word.group()))

    return html.escape(_LONG_WORD.sub(broken, text))
