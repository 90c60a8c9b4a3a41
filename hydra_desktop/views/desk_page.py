"""What the pages for a desk have in common: an answer in words at the head, panels with heads, a line of answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from .dialogs import open_over
from .theme import Theme


class DeskPage(QWidget):
    """Its labels are for the page to lay out: the `trail` that leads here, `headline`, the `lines` below it, and
    `told`, what came of an act. `left` tells that the person goes back.
    """

    left = Signal()

    HEADLINE_PX = 22
    PANEL_MARGINS = (12, 8, 12, 8)  # left, top, right, bottom
    PANEL_SPACING = 4

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("screen")
        self._theme = theme
        self._folder = Path.home()  # where files are saved
        self.trail, self.headline, self.lines, self.told = QLabel(), QLabel(), QLabel(), QLabel()
        self._heads: dict[str, tuple[QLabel, QLabel]] = {}  # of the panels: title and note
        self._panels: list[QFrame] = []

    def tell(self, text: str, *, wrong: bool = False) -> None:
        """Say what came of what was asked."""
        c, px = self._theme.colours, self._theme.px
        bar = f"border-left: {px(3)}px solid {c.high}; padding-left: {px(6)}px;"
        self.told.setStyleSheet(f"color: {c.text}; {bar if wrong else ''}")
        self.told.setText(text)

    def set_wall_mode(self, _on: bool) -> None:
        """Nothing here is for a wall."""

    def show_live(self, _snapshot: object, _trouble: str = "") -> None:
        """The wall goes on by itself."""

    def close_threads(self) -> None:
        """Nothing of its own runs."""

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self.headline.setStyleSheet(f"font-size: {px(self.HEADLINE_PX)}px; font-weight: bold;")
        for label in (self.trail, self.lines):
            label.setStyleSheet(f"color: {c.muted}; font-size: {px(13)}px;")
        for title, note in self._heads.values():
            title.setStyleSheet(f"font-size: {px(14)}px; font-weight: bold; border: none;")
            note.setStyleSheet(f"color: {c.muted}; font-size: {px(12)}px; border: none;")
        for panel in self._panels:
            panel.setStyleSheet(
                f"#panel {{ background: {c.panel}; border: 1px solid {c.line}; border-radius: {px(3)}px; }}"
            )
            panel.layout().setContentsMargins(*map(px, self.PANEL_MARGINS))
            panel.layout().setSpacing(px(self.PANEL_SPACING))

    def _wrap_words(self) -> None:
        """Break the lines of what is said where the page is narrow, so that no word makes it wider."""
        for label in (self.headline, self.lines, self.told):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)

    def _panel(self, name: str, title: str, *inner: QWidget, note: str = "") -> QFrame:
        """A frame with a title, a note at its right, and what is in it below."""
        panel, head = QFrame(), QHBoxLayout()
        panel.setObjectName("panel")
        first, second = QLabel(title), QLabel(note)
        second.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        second.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        head.addWidget(first)
        head.addWidget(second, 1)
        layout = QVBoxLayout(panel)
        layout.addLayout(head)
        for widget in inner:
            layout.addWidget(widget, 1)
        self._heads[name] = first, second
        self._panels.append(panel)
        return panel

    def _ask_file(self, title: str, name: str, kind: str, then: Callable[[Path], object]) -> None:
        """Ask for a file to write, without holding the screen up; `name` is proposed, with its suffix."""
        dialog = QFileDialog(self, title, str(self._folder), kind)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(name.rpartition(".")[2])
        dialog.selectFile(name)

        def chosen(path: str) -> None:
            self._folder = Path(path).parent
            then(Path(path))

        dialog.fileSelected.connect(chosen)
        open_over(self, dialog)
