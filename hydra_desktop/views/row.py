"""A row of controls that leaves out what has no room, so that no window is wider than its screen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget


class Row(QWidget):
    """Controls side by side; what is left out first is named by `may_go`. Their keys act all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.row = QHBoxLayout(self)
        self.row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        self._may_go: Sequence[Sequence[QWidget]] = ()
        self._wanted: dict[QWidget, bool] = {}

    def may_go(self, *groups: Sequence[QWidget]) -> None:
        """The controls that may be left out, the first group first."""
        self._may_go = groups
        self.fit()

    def want(self, widget: QWidget, wanted: bool) -> None:
        """Whether a control is to be shown where there is room."""
        self._wanted[widget] = wanted
        self.fit()

    def fit(self) -> None:
        """Leave out what has no room."""
        for group in self._may_go:
            for widget in group:
                widget.setVisible(self._wanted.get(widget, True))
        for group in self._may_go:
            self.row.invalidate()
            if self.row.sizeHint().width() <= self.width():
                break
            for widget in group:
                widget.setVisible(False)

    def minimumSizeHint(self) -> QSize:
        """As high as its controls, and as narrow as needs be."""
        return QSize(1, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is other room."""
        super().resizeEvent(event)
        self.fit()
