"""Another key for a label: choose the label, press the key."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from ...domain.labeling import Keyed
from ..theme import Theme
from .caps import CapButton


class KeyChoice(QDialog):
    """All labels with their keys: arrows go to a label, any letter, digit or sign becomes its key.

    `chosen` carries a label and a key.
    """

    chosen = Signal(str, str)

    def __init__(self, theme: Theme, labels: Sequence[Keyed], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys of labels")
        self.setAccessibleName("Keys of labels")
        px, c = theme.px, theme.colours
        self.setStyleSheet(
            f"QListWidget::item {{ padding: {px(5)}px {px(8)}px; color: {c.text}; }}"
            f"QListWidget::item:selected {{ background: {c.selected}; color: {c.text}; font-weight: bold; }}"
            f"#title {{ font-size: {px(16)}px; font-weight: bold; }}"
        )
        self._labels = list(labels)
        self.list = QListWidget()
        self.list.setAccessibleName("Labels")
        for one in labels:
            self.list.addItem(QListWidgetItem(f"{one.key.upper() or '-'}\t{one.label.name}"))
        self.list.setCurrentRow(0)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.title, self.hint = QLabel(), QLabel()
        self.title.setObjectName("title")
        self.hint.setWordWrap(True)
        self.list.currentRowChanged.connect(lambda _row: self._say())
        foot = QHBoxLayout()
        foot.addWidget(CapButton(theme, "another label", ["Up", "Down"], is_flat=True))
        foot.addStretch(1)
        foot.addWidget(CapButton(theme, "Leave it", ["Esc"], self.reject))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(px(20), px(16), px(20), px(16))
        layout.setSpacing(px(10))
        for part in (self.title, self.list, self.hint):
            layout.addWidget(part)
        layout.addLayout(foot)
        self.resize(px(420), px(150 + 34 * len(labels)))
        self._say()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose the label; what can be a key is one."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        text = event.text().lower()
        if step is not None:
            self.list.setCurrentRow(max(0, min(self.list.count() - 1, self.list.currentRow() + step)))
        elif len(text) == 1 and text.isprintable() and not text.isspace() and not event.modifiers() & _COMMAND:
            self.chosen.emit(self._labels[self.list.currentRow()].label.name, text)
            self.accept()
        else:
            super().keyPressEvent(event)

    def _say(self) -> None:
        one = self._labels[self.list.currentRow()]
        self.title.setText(f"Press the key that gives {one.label.name}")
        self.hint.setText("A letter, a digit or a sign. A label that has this key now gets another one.")


_COMMAND = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
