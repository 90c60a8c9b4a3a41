"""The same picture again and again: a source that is stuck shows it as if all were well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Look:
    """How a chunk looked: `speaks` says that there was something to see, and no known lack of beam."""

    run_number: int
    chunk: int
    content_hash: str
    taken_at: datetime
    speaks: bool


@dataclass(frozen=True)
class Repeated:
    """A stream whose last chunks all show one picture, `since` the first of them was taken."""

    plot_type: str
    pad: str
    chunks: int
    since: datetime


def same(looks: Sequence[Look], needed: int) -> tuple[int, datetime] | None:
    """How many of the last chunks (newest first) show the newest's picture, and since when; None if fewer than needed.

    A chunk in which there was nothing to see, or no beam, ends it: empty histograms are alike and no fault. 0 needed
    is never.
    """
    if not needed or not looks:
        return None
    chunks: set[tuple[int, int]] = set()
    since = looks[0].taken_at
    for look in looks:
        if look.content_hash != looks[0].content_hash or not look.speaks:
            break
        chunks.add((look.run_number, look.chunk))  # one that was written again counts once
        since = look.taken_at
    return (len(chunks), since) if len(chunks) >= needed else None
