"""How a station has arranged the wall of a hall: order, size, group and what is hidden; kept for the next start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from PySide6.QtCore import QSize

from ..stored import stored

SHAPE = 1.16  # width to height of a panel that suits most plots
FIT = 0  # the size with which all panels are on one screen
SIZES = 16  # steps of the size of a panel
SMALLEST, LARGEST = 118, 900  # width of a panel at the first and the last step, given for a 1080p screen
LEAST = 44  # pixels; smaller ones say nothing, so that the wall scrolls
ORDERS = ("hall", "name", "group", "own")


@dataclass(frozen=True)
class WallLayout:
    """One arrangement; `own` are the names of plot types in the order that a person gave them."""

    order: str = "hall"
    size: int = FIT
    group: str = ""
    hidden: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


def from_json(value: object) -> WallLayout:
    """A layout that was stored; what can't be understood is as usual."""
    if not isinstance(value, Mapping):
        return WallLayout()
    usual = WallLayout()
    order, size = value.get("order"), value.get("size")
    return WallLayout(
        order if order in ORDERS else usual.order,
        size if isinstance(size, int) and 0 <= size <= SIZES else usual.size,
        str(value.get("group", "")),
        tuple(map(str, value.get("hidden") or ())),
        tuple(map(str, value.get("own") or ())),
    )


class Layouts:
    """The layouts of one hall on this station: that in use, and those saved under a name."""

    def __init__(self, hall: str) -> None:
        self._key = f"layouts/{hall.replace('/', '_')}"
        remembered = stored().value(self._key, "{}")
        try:
            found = json.loads(str(remembered))
        except ValueError:
            found = {}
        if not isinstance(found, dict):
            found = {}
        self.is_kept = True  # for the next start
        self.current = from_json(found.get("current"))
        saved = found.get("saved")
        self.saved = {str(name): from_json(one) for name, one in saved.items()} if isinstance(saved, dict) else {}

    def use(self, **changes: object) -> WallLayout:
        """Change the layout in use, which comes back at the next start."""
        self.current = replace(self.current, **changes)
        self._store()
        return self.current

    def save(self, name: str) -> None:
        """Save the layout in use under a name, in place of one that had it."""
        self.saved[name] = self.current
        self._store()

    def choose(self, name: str) -> WallLayout:
        """Use a saved layout, or with "" the usual one."""
        self.current = self.saved.get(name, WallLayout())
        self._store()
        return self.current

    def remove(self, name: str) -> None:
        """Forget a saved layout; the one in use stays."""
        self.saved.pop(name, None)
        self._store()

    @property
    def name(self) -> str:
        """The name under which the layout in use is saved, "" when it isn't."""
        return next((name for name, one in self.saved.items() if one == self.current), "")

    def _store(self) -> None:
        if not self.is_kept:
            return
        whole = {"current": asdict(self.current), "saved": {name: asdict(one) for name, one in self.saved.items()}}
        stored().setValue(self._key, json.dumps(whole))


def width_of(size: int) -> float:
    """The width of a panel at a step of size, given for a 1080p screen; steps are alike to the eye."""
    return SMALLEST * (LARGEST / SMALLEST) ** ((size - 1) / (SIZES - 1))


def fit(count: int, area: QSize, width: float = 0.0) -> tuple[QSize, bool]:
    """The cell of `count` panels in an area, and whether all of them are in sight.

    Without a `width` the number of columns is that with which panels are largest.
    """
    area = QSize(max(1, area.width() - 1), area.height())  # Qt's list breaks a line that fills its width exactly
    columns = max(1, int(area.width() // width)) if width else _best_columns(count, area)
    rows = -(-count // columns)
    across = area.width() // columns
    height = min(area.height() // rows, round(across * 1.15))
    if width or min(across, height * SHAPE) < LEAST:
        across = max(across, min(LEAST, area.width()))
        height = round(across / SHAPE)
        rows = -(-count // max(1, area.width() // across))
    return QSize(across, height), rows * height <= area.height()


def _best_columns(count: int, area: QSize) -> int:
    def size(columns: int) -> float:
        return min(area.width() / columns, area.height() / -(-count // columns) * SHAPE)

    return max(range(1, count + 1), key=size)
