"""Where the tiles of a page are: all of them in the room there is, group after group, without scrolling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from PySide6.QtCore import QRect, QSize

HEADINGS = 2  # lines of headings that a page is expected to have
MOST_COLUMNS = 40


class Direction(Enum):
    """Where an arrow key points: columns to the right, lines down."""

    LEFT = (-1, 0)
    RIGHT = (1, 0)
    UP = (0, -1)
    DOWN = (0, 1)


@dataclass(frozen=True)
class Room:
    """The room for tiles and the sizes in it, in pixels.

    `tile_width` is the width that is wanted, its line of one pixel included, `shape` the height of the plots over
    their width, `strip` the height of a tile's strip by its width.
    """

    width: int
    height: int
    tile_width: int
    shape: float
    gap: int
    heading: int
    strip: Callable[[int], int]

    @property
    def columns(self) -> int:
        """How many tiles are side by side, of about the width that is wanted."""
        return max(1, min(MOST_COLUMNS, round(self.width / (self.tile_width + self.gap))))

    def cell(self, columns: int) -> QSize:
        """The size of a tile with its gap when so many are side by side; without room as small as can be."""
        width = max(1, self.width // columns - self.gap)
        picture = max(1, round((width - 2) * self.shape))
        return QSize(width + self.gap, 1 + picture + self.strip(width) + self.gap)

    @property
    def capacity(self) -> int:
        """How many tiles fit in about the size that is wanted."""
        lines = round((self.height - HEADINGS * self.heading) / self.cell(self.columns).height())
        return self.columns * max(1, lines)


@dataclass(frozen=True)
class HeadingPlace:
    """Where a group's heading is; `goes_on` marks one that only says that the group above goes on."""

    group: int
    box: QRect
    goes_on: bool = False


@dataclass(frozen=True)
class Arrangement:
    """A page's tiles in their places.

    `cells` are the tiles by plot id, gap included; `lines` the plot ids of each line by their column.
    """

    cell: QSize = field(default_factory=QSize)
    cells: dict[int, QRect] = field(default_factory=dict)
    lines: tuple[tuple[int, ...], ...] = ()
    headings: tuple[HeadingPlace, ...] = ()
    height: int = 0

    def neighbour(self, plot_id: int, direction: Direction) -> int:
        """The plot an arrow key goes to, the same at the edge; left and right go on in the line before or after."""
        columns, lines = direction.value
        if columns:
            all_of_them = list(self.cells)
            place = all_of_them.index(plot_id) + columns
            return all_of_them[max(0, min(len(all_of_them) - 1, place))]
        line = next(number for number, line in enumerate(self.lines) if plot_id in line)
        if not 0 <= line + lines < len(self.lines):
            return plot_id
        following = self.lines[line + lines]
        return following[min(self.lines[line].index(plot_id), len(following) - 1)]


def arrange(groups: Sequence[Sequence[int]], room: Room) -> Arrangement:
    """Place groups of plot ids; where they don't fit, groups are set closer, then tiles made smaller."""
    total = sum(map(len, groups))
    for columns in range(room.columns, max(room.columns, min(total, MOST_COLUMNS)) + 1):
        for is_close in (False, True):
            found = _place(groups, room, columns, is_close=is_close)
            if found.height <= room.height:
                return found
    return found


def _place(groups: Sequence[Sequence[int]], room: Room, columns: int, *, is_close: bool) -> Arrangement:
    """Groups in lines of so many columns; a group that doesn't fit whole into a line begins one, if not set close."""
    cell = room.cell(columns)
    lines: list[list[int]] = [[]]
    starts: list[list[tuple[int, int]]] = [[]]  # of each line, the column and the group of what has a heading there
    for number, ids in enumerate(groups):
        if lines[-1] and len(lines[-1]) + (min(2, len(ids)) if is_close else len(ids)) > columns:
            lines.append([])
            starts.append([])
        starts[-1].append((len(lines[-1]), number))
        for one in ids:
            if len(lines[-1]) == columns:
                lines.append([])
                starts.append([])
            lines[-1].append(one)
    cells: dict[int, QRect] = {}
    headings: list[HeadingPlace] = []
    top, last = 0, -1  # the group with which the line before ended
    for line, begun in zip(lines, starts, strict=True):
        if begun:
            goes_on = begun[0][0] > 0
            heads = [(0, last), *begun] if goes_on else begun
            ends = [*(column for column, _ in heads[1:]), columns]
            for place, ((column, group), end) in enumerate(zip(heads, ends, strict=True)):
                box = QRect(column * cell.width(), top, (end - column) * cell.width(), room.heading)
                headings.append(HeadingPlace(group, box, goes_on=goes_on and place == 0))
            last = begun[-1][1]
            top += room.heading
        for column, one in enumerate(line):
            cells[one] = QRect(column * cell.width(), top, cell.width(), cell.height())
        top += cell.height()
    return Arrangement(cell, cells, tuple(map(tuple, lines)), tuple(headings), top if cells else 0)
