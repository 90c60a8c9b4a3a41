"""A plot: one arrival of a plot type's image."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from .errors import PlotNameError, SettingsError

LARGEST_NUMBER = 2**63 - 1  # of a run or chunk: what a database column holds


@dataclass(frozen=True)
class PlotName:
    """What a file name says about a plot; chunk is None for a plot made once per run."""

    plot_type: str
    run_number: int = 0  # 0 is simulated
    chunk: int | None = None
    run_period: str = ""
    pad: str = ""


class NamePattern:
    """Reads plot names from file paths by a regular expression with named groups."""

    def __init__(self, pattern: str) -> None:
        """Raises SettingsError when `pattern` is no regular expression or lacks a group."""
        try:
            self._expression = re.compile(pattern)
        except re.error as error:
            raise SettingsError(f"The name pattern is not a regular expression: {error}.") from error
        missing = {"plot_type", "run_number"} - set(self._expression.groupindex)
        if missing:
            raise SettingsError(
                f"The name pattern lacks the group {' and '.join(sorted(missing))}; write it as (?P<plot_type>...)."
            )

    def read(self, path: PurePosixPath | str) -> PlotName:
        """The name that the relative path holds; raises PlotNameError when it doesn't fit."""
        found = self._expression.fullmatch(str(path))
        if found is None:
            raise PlotNameError(
                "its name doesn't fit the hall's pattern, so run and plot type are unknown; "
                "rename it, or set source.name_pattern in the hall's settings."
            )
        groups = found.groupdict()
        chunk = groups.get("chunk")
        for number in (groups["run_number"], chunk or "0"):
            if len(number) > 19 or int(number) > LARGEST_NUMBER:
                raise PlotNameError(
                    f"the number {number[:30]} in its name is too large for a run or chunk; "
                    "rename the file, or set source.name_pattern in the hall's settings."
                )
        return PlotName(
            plot_type=groups["plot_type"],
            run_number=int(groups["run_number"]),
            chunk=int(chunk) if chunk else None,
            run_period=groups.get("run_period") or "",
            pad=groups.get("pad") or "",
        )


@dataclass(frozen=True)
class NewPlot:
    """A plot about to be stored.

    `origin_key` says where it came from and makes a second arrival of the same a repeat: for a
    folder the relative path and the content, for a manifest its row. `content_hash` is the
    SHA-256 of the picture file, hexadecimal. `taken_at` is UTC; `taken_at_is_file_time` marks
    one that was taken from the file for want of a better. `beam_on` is the beam while it was
    taken, None where nobody knows.
    """

    name: PlotName
    content_hash: str
    taken_at: datetime
    origin_key: str
    taken_at_is_file_time: bool = False
    beam_on: bool | None = None


@dataclass(frozen=True)
class Plot:
    """A stored plot; `revision` counts arrivals of other bytes under the same run and chunk."""

    id: int
    name: PlotName
    content_hash: str
    taken_at: datetime
    arrived_at: datetime
    revision: int = 1
    kept: bool = False  # kept for training
    taken_at_is_file_time: bool = False
    beam_on: bool | None = None  # while it was taken, None where nobody knows

    @property
    def place(self) -> tuple[datetime, int]:
        """Its place among the plots of its stream, by time; of equal times the one stored later comes later."""
        return self.taken_at, self.id
