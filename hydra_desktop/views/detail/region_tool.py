"""Draws the region of a known fault on a plot, by mouse or by keys; all in shares of the picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QPointF, Qt, Signal

from ...domain.known_fault import LEAST_SIDE, Region

STEP = 0.01  # of the picture, a key press
MIDDLE = Region(0.35, 0.35, 0.3, 0.3)
STRONG = 0.5  # of the highest evidence: what is as strong belongs to the region that is offered

_ARROWS = {
    Qt.Key.Key_Left: (-STEP, 0.0),
    Qt.Key.Key_Right: (STEP, 0.0),
    Qt.Key.Key_Up: (0.0, -STEP),
    Qt.Key.Key_Down: (0.0, STEP),
}
_ENDS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)


class RegionTool(QObject):
    """A region that is being drawn; `confirmed` carries it, `left` tells that a person gave up."""

    changed = Signal()
    confirmed = Signal(object)
    left = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._region: Region | None = None
        self._corner: QPointF | None = None

    @property
    def region(self) -> Region | None:
        """The region as it is drawn so far, None while nobody draws."""
        return self._region

    def start(self, region: Region = MIDDLE) -> None:
        """Begin with a region."""
        self._region, self._corner = region, None
        self.changed.emit()

    def stop(self) -> None:
        """Draw no more."""
        if self._region is not None:
            self._region = self._corner = None
            self.changed.emit()

    def press(self, at: QPointF) -> None:
        """Begin another region at this corner."""
        self._corner = at

    def drag(self, at: QPointF) -> None:
        """Draw it up to the opposite corner."""
        if self._region is not None and self._corner is not None:
            self._region = Region.within(self._corner.x(), self._corner.y(), at.x(), at.y())
            self.changed.emit()

    def release(self) -> None:
        """The region is drawn."""
        self._corner = None

    def wants(self, key: int) -> bool:
        """Whether a key is the region's while it is drawn."""
        return self._region is not None and (key in _ARROWS or key in _ENDS)

    def key(self, key: int, *, resize: bool) -> None:
        """Arrows move the region, or its lower right corner; Enter confirms it, Escape leaves it."""
        region = self._region
        if region is None:
            return
        if key in _ARROWS:
            right, down = _ARROWS[Qt.Key(key)]
            self._region = _resized(region, right, down) if resize else _moved(region, right, down)
            self.changed.emit()
        elif key == Qt.Key.Key_Escape:
            self.stop()
            self.left.emit()
        else:
            self.stop()
            self.confirmed.emit(region)


def _moved(region: Region, right: float, down: float) -> Region:
    left = min(max(region.left + right, 0.0), 1.0 - region.width)
    top = min(max(region.top + down, 0.0), 1.0 - region.height)
    return Region(left, top, region.width, region.height)


def _resized(region: Region, right: float, down: float) -> Region:
    width = min(max(region.width + right, LEAST_SIDE), 1.0 - region.left)
    height = min(max(region.height + down, LEAST_SIDE), 1.0 - region.top)
    return Region(region.left, region.top, width, height)


def offered(evidence: npt.NDArray[np.floating] | None) -> Region:
    """Where a fault seems to be by its evidence map (h, w), the middle where there is none."""
    if evidence is None or not evidence.size or float(evidence.max()) <= 0:
        return MIDDLE
    rows, columns = np.nonzero(evidence >= STRONG * evidence.max())
    height, width = evidence.shape
    return Region.within(
        columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height
    )
