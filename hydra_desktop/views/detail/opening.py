"""Opens the detail view over the wall's panels and alarms, and closes it again."""

from __future__ import annotations

from PySide6.QtCore import QObject

from ..wall.wall_screen import WallScreen
from .detail_view import DetailView


class DetailOpener(QObject):
    """Puts a detail view into the wall; while it is open the wall's own keys rest."""

    def __init__(self, wall: WallScreen, detail: DetailView) -> None:
        super().__init__(wall)
        self._wall, self._detail = wall, detail
        wall.stack.addWidget(detail)
        wall.detail_asked.connect(self.open)
        wall.snapshot_shown.connect(detail.show_snapshot)
        detail.closed.connect(self._close)

    def open(self, plot_type: str, pad: str) -> None:
        """Look at a stream of plots; Up and Down then go through the panels in the order of the wall."""
        self._rest(True)
        self._wall.stack.setCurrentWidget(self._detail)
        self._detail.open(plot_type, pad, [item.name for item in self._wall.model.items])

    def _close(self, plot_type: str) -> None:
        self._wall.stack.setCurrentIndex(0)
        self._rest(False)
        self._wall.select(plot_type)
        self._wall.view.setFocus()

    def _rest(self, on: bool) -> None:
        for action in self._wall.actions():
            action.setEnabled(not on)
