"""The keys of the program: each an action with words, and a sheet that shows all that act now."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from .theme import Theme

_TOLD = "told_keys"
ROWS = 14  # of one column of the sheet


def add(
    owner: QWidget,
    key: str,
    text: str,
    work: Callable[[], object],
    *,
    everywhere: bool = False,
    repeats: bool = False,
) -> QAction:
    """Let a key do something while the focus is in `owner`, or in its whole window; `text` is for the sheet.

    One that is held acts once, unless it `repeats`: that is for what moves or resizes, never for what acts.
    """
    action = QAction(text, owner)
    action.setShortcut(QKeySequence(key))
    action.setAutoRepeat(repeats)
    if not everywhere and not owner.isWindow():
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    action.triggered.connect(lambda _checked=False: work())
    owner.addAction(action)
    return action


def also(owner: QWidget, key: str, other: str) -> None:
    """Let another key do what one does already."""
    for action in owner.actions():
        if action.shortcut() == QKeySequence(key):
            action.setShortcuts([QKeySequence(key), QKeySequence(other)])


def tell(owner: QWidget, key: str, text: str) -> None:
    """Have the sheet tell of a key that a control hears by itself."""
    owner.setProperty(_TOLD, [*(owner.property(_TOLD) or []), (key, text)])


def tell_nothing(owner: QWidget) -> None:
    """Have the sheet tell of no key that a control hears by itself: here it does nothing."""
    owner.setProperty(_TOLD, None)


def of(window: QWidget) -> list[tuple[str, str]]:
    """The keys that act now and what they do: those of the open screen first, then those of the window."""
    screens = [one for one in window.findChildren(QWidget) if one.isVisible()]
    found: dict[str, str] = {}
    for owner in (*screens, window):
        found |= dict(owner.property(_TOLD) or [])
        for action in owner.actions():
            if action.text() and action.isEnabled() and not action.shortcut().isEmpty():
                words = [one.toString(QKeySequence.SequenceFormat.NativeText) for one in action.shortcuts()]
                found.setdefault(" or ".join(words), action.text())
    return list(found.items())


class KeySheet(QDialog):
    """What every key does here."""

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self.setWindowTitle("Keys")
        self.setAccessibleName("Keys")
        self.shown = of(window)
        px = theme.px
        page = QWidget()
        page.setObjectName("screen")
        grid = QGridLayout(page)
        grid.setHorizontalSpacing(px(16))
        columns = -(-len(self.shown) // ROWS)
        for number, (key, text) in enumerate(self.shown):
            row, column = number % ROWS, 2 * (number // ROWS)
            cap, words = QLabel(key), QLabel(text)
            cap.setStyleSheet(
                f"border: 1px solid {theme.colours.edge}; border-radius: {px(4)}px; font-weight: bold;"
                f" padding: {px(3)}px {px(8)}px;"
            )
            cap.setAlignment(Qt.AlignmentFlag.AlignCenter)
            grid.addWidget(cap, row, column)
            grid.addWidget(words, row, column + 1)
        grid.setColumnStretch(2 * columns, 1)
        scroll = QScrollArea()
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        close = QPushButton("Close  [Esc]")
        close.clicked.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(scroll)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        hint, room = page.sizeHint(), window.size()
        self.resize(
            min(hint.width() + px(60), round(room.width() * 0.95)),
            min(hint.height() + px(90), round(room.height() * 0.95)),
        )
        close.setFocus()
