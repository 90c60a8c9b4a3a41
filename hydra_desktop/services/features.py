"""Features of many pictures, computed once for each content."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ..domain.errors import PictureError, StorageError
from ..vision.backbone import CHANNELS, Backbone
from ..vision.deviation import SCALES, Description, describe
from ..vision.picture import Picture
from .pictures import THREADS, ahead
from .progress import Progress

Source = TypeVar("Source", bound=Hashable)


@dataclass(frozen=True)
class Extracted:
    """Features of those of N sources that could be read, and which these are.

    `kept` holds their positions, int64 (K,), `description` is of length K.
    """

    description: Description
    kept: np.ndarray
    refused: tuple[str, ...]


def extract(
    sources: Sequence[Source],
    load: Callable[[Source], Picture],
    backbone: Backbone,
    progress: Progress,
    threads: int = THREADS,
) -> Extracted:
    """Features of N sources; `load` gives uint8 (224, 320, 3), and equal sources are loaded once."""
    rows: dict[Source, int] = {}
    pooled: list[np.ndarray] = []
    parts: list[tuple[np.ndarray, ...]] = []
    refused: list[str] = []
    distinct = list(dict.fromkeys(sources))

    def work(source: Source) -> Description | str:
        try:
            picture = load(source)[None]
            return describe(backbone(picture), picture)
        except (PictureError, StorageError) as error:
            return str(error)

    for done, (source, result) in enumerate(ahead(distinct, work, threads), start=1):
        progress("computing features", done / len(distinct))
        if isinstance(result, str):
            refused.append(result)
            continue
        rows[source] = len(pooled)
        pooled.append(result.pooled[0])
        parts.append(tuple(part[0].astype(np.float16) for part in result.parts))
    kept = np.array([index for index, source in enumerate(sources) if source in rows], np.int64)
    at = [rows[sources[index]] for index in kept]
    count = len(kept)
    return Extracted(
        Description(
            np.array([pooled[row] for row in at], np.float32).reshape(count, CHANNELS),
            tuple(
                np.array([parts[row][number] for row in at], np.float32).reshape(count, scale.places, scale.channels)
                for number, scale in enumerate(SCALES)
            ),
        ),
        kept,
        tuple(refused),
    )
