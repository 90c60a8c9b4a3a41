"""Features of many pictures, computed once for each content."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ..domain.errors import PictureError, StorageError
from ..vision.backbone import CHANNELS, MAP_HEIGHT, MAP_WIDTH, MID_CHANNELS, MID_HEIGHT, MID_WIDTH, Backbone, Features
from ..vision.picture import Picture
from .pictures import ahead
from .progress import Progress

BATCH = 8

Source = TypeVar("Source", bound=Hashable)


@dataclass(frozen=True)
class Extracted:
    """Features of those of N sources that could be read, and which these are.

    `kept` holds their positions, int64 (K,), `features` is of length K. It lacks the last map,
    0.36 MB a plot, which training doesn't need.
    """

    features: Features
    kept: np.ndarray
    refused: tuple[str, ...]


def extract(
    sources: Sequence[Source],
    load: Callable[[Source], Picture],
    backbone: Backbone,
    progress: Progress,
) -> Extracted:
    """Features of N sources; `load` gives uint8 (224, 320, 3), and equal sources are loaded once."""
    rows: dict[Source, int] = {}
    pooled: list[np.ndarray] = []
    mid: list[np.ndarray] = []
    refused: list[str] = []
    waiting: list[tuple[Source, Picture]] = []
    distinct = list(dict.fromkeys(sources))

    def flush() -> None:
        found = backbone(np.stack([picture for _, picture in waiting]))
        for (source, _), one, cells in zip(waiting, found.pooled, found.mid, strict=True):
            rows[source] = len(pooled)
            pooled.append(one.copy())
            mid.append(cells.astype(np.float16))
        waiting.clear()

    def read(source: Source) -> Picture | str:
        try:
            return load(source)
        except (PictureError, StorageError) as error:
            return str(error)

    for done, (source, picture) in enumerate(ahead(distinct, read), start=1):
        progress("computing features", done / len(distinct))
        if isinstance(picture, str):
            refused.append(picture)
        else:
            waiting.append((source, picture))
        if len(waiting) == BATCH:
            flush()
    if waiting:
        flush()
    kept = np.array([index for index, source in enumerate(sources) if source in rows], np.int64)
    at = [rows[sources[index]] for index in kept]
    count = len(kept)
    return Extracted(
        Features(
            np.array([pooled[row] for row in at], np.float32).reshape(count, CHANNELS),
            np.empty((count, 0, MAP_HEIGHT, MAP_WIDTH), np.float32),
            np.array([mid[row] for row in at], np.float32).reshape(count, MID_CHANNELS, MID_HEIGHT, MID_WIDTH),
        ),
        kept,
        tuple(refused),
    )
