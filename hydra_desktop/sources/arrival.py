"""A file that arrived."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Arrival:
    """A complete file of a source; `relative` is its path in the source, with slashes."""

    path: Path
    relative: str
    size: int
    modified_ns: int

    @property
    def modified_at_s(self) -> float:
        """When the file was changed last, seconds since the epoch."""
        return self.modified_ns / 1e9
