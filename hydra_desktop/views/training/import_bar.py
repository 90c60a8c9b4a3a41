"""Labelled plots taken in from the training screen: what to take is asked for, how far it is is told."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from .. import keys
from ..library.asking import open_over
from ..row import Row
from ..theme import Theme
from .job_panel import left

MANIFESTS = "Manifests (*.csv)"
IMPORT, FOLDER, STOP = "Import...  [Ctrl+I]", "Import folder...  [Ctrl+Shift+I]", "Stop the import  [Ctrl+I]"
TELLS_LEFT_S = 2.0  # of an import, before anything can be said of the rest


class ImportBar(QWidget):
    """The headline with the buttons beside it, and below how far an import is.

    `asked` carries the manifests or the folder to take, `stop_asked` that what runs is to end.
    """

    asked = Signal(list)
    stop_asked = Signal()

    def __init__(self, theme: Theme, title: QLabel) -> None:
        super().__init__()
        self._theme = theme
        self._folder = Path.home()
        self._begun_at: float | None = None
        self.button, self.folder = QPushButton(IMPORT), QPushButton(FOLDER)
        self.line, self.bar = QLabel(), QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Import")
        self._row, self._under = Row(), QWidget()
        self._row.row.setContentsMargins(0, 0, 0, 0)
        title.setMinimumWidth(1)
        self._row.row.addWidget(title, 1)
        for button, work in ((self.folder, self._ask_folder), (self.button, self._press)):
            self._row.row.addWidget(button)
            button.clicked.connect(lambda _checked=False, work=work: work())
        self._row.may_go([self.folder])
        under = QVBoxLayout(self._under)
        under.setContentsMargins(0, 0, 0, 0)
        under.addWidget(self.line)
        under.addWidget(self.bar)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._row)
        layout.addWidget(self._under)
        self._show_state()

    @property
    def is_importing(self) -> bool:
        """Whether an import goes on."""
        return self._begun_at is not None

    def add_keys(self, screen: QWidget) -> None:
        """Let keys act wherever the focus is in the screen."""
        keys.add(screen, "Ctrl+I", "Import labelled plots, or stop that", self.button.click)
        keys.add(screen, "Ctrl+Shift+I", "Import folders by label", self.folder.click)

    def begin(self) -> None:
        """An import begins."""
        self._begun_at = time.monotonic()
        self.show_progress("Reading...", 0.0)
        self._show_state()

    def show_progress(self, text: str, fraction: float) -> None:
        """Show how far it is."""
        if self._begun_at is None:
            return
        passed_s = time.monotonic() - self._begun_at
        told = f"{text[:1].upper()}{text[1:]}"
        if fraction > 0 and passed_s > TELLS_LEFT_S:
            told += f", {left(passed_s * (1 - fraction) / fraction)} left"
        self.line.setText(told)
        self.bar.setValue(round(100 * fraction))

    def show_stopping(self) -> None:
        """It was asked to stop."""
        self.line.setText("Stopping...")
        self.button.setEnabled(False)

    def end(self) -> None:
        """It has ended."""
        self._begun_at = None
        self._show_state()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self.bar.setFixedHeight(px(8))
        self.bar.setStyleSheet(
            f"QProgressBar {{ background: {c.line}; border: none; border-radius: {px(3)}px; }}"
            f"QProgressBar::chunk {{ background: {c.text}; border-radius: {px(3)}px; }}"
        )
        self._row.fit()

    def _show_state(self) -> None:
        self._under.setVisible(self.is_importing)
        self.button.setEnabled(True)
        self.button.setText(STOP if self.is_importing else IMPORT)
        self.button.setAccessibleName(self.button.text().partition("  [")[0])
        self.folder.setAccessibleName("Import folder")
        self.folder.setEnabled(not self.is_importing)
        self._row.want(self.folder, not self.is_importing)

    def _press(self) -> None:
        if self.is_importing:
            self.stop_asked.emit()
        else:
            dialog = QFileDialog(self, "Import labelled plots: manifests", str(self._folder), MANIFESTS)
            dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
            dialog.filesSelected.connect(self._take)
            open_over(self, dialog)

    def _ask_folder(self) -> None:
        title = "Import labelled plots: a folder of PLOT_TYPE/LABEL/pictures"
        dialog = QFileDialog(self, title, str(self._folder))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.filesSelected.connect(self._take)
        open_over(self, dialog)

    def _take(self, paths: list[str]) -> None:
        if paths:
            self._folder = Path(paths[0]).parent
            self.asked.emit([Path(path) for path in paths])
