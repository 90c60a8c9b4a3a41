"""Features of many pictures, computed once for each content.

The monitor stores those of the plots that it keeps, and training those that it lacked: an import
computes none, as it would take three times as long, and the first training needs them anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from sqlalchemy import Connection
from threadpoolctl import threadpool_limits

from ..database import features
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..domain.errors import PictureError, StorageError
from ..vision.backbone import Backbone
from ..vision.deviation import DESCRIBED_BY, Description, Packed, describe, pack, unpack
from ..vision.picture import Picture, decode_for_network
from .pictures import THREADS, ahead
from .progress import Progress

BATCH = 64  # pictures in one transaction: the monitor's own are never kept waiting for long

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
    found: dict[Source, Packed] = {}
    refused: list[str] = []
    for source, result in _computed(sources, load, backbone, progress, threads):
        if isinstance(result, str):
            refused.append(result)
        else:
            found[source] = result
    return _in_order(sources, found, refused)


def of_plots(database: Database, images: ImageStore, content_hashes: Sequence[str], progress: Progress) -> Extracted:
    """Features of N plots by their content: what the database lacks is computed, and stored for the next time.

    Raises DatabaseError when the database is away. What was stored before an error, or a stop, stays.
    """
    with database.read() as connection:
        missing = features.missing(connection, DESCRIBED_BY, content_hashes)
    refused: list[str] = []
    if missing:
        batch: list[features.StoredFeatures] = []
        for done, (content_hash, result) in enumerate(
            _computed(missing, partial(_picture, images), Backbone(), progress, THREADS), start=1
        ):
            if isinstance(result, str):
                refused.append(result)
            else:
                batch.append(features.StoredFeatures(content_hash, *result))
            if len(batch) == BATCH or done == len(missing):
                with database.write() as connection:
                    features.put(connection, DESCRIBED_BY, batch)
                batch = []
    with database.read() as connection:
        return _in_order(content_hashes, _stored(connection, content_hashes), refused)


def without_storing(
    connection: Connection, images: ImageStore, content_hashes: Sequence[str], backbone: Backbone
) -> Extracted:
    """Features of N plots by their content, where nothing can be stored: what is there is read, the rest computed."""
    found = _stored(connection, content_hashes)
    refused: list[str] = []
    missing = [one for one in content_hashes if one not in found]
    for content_hash, result in _computed(missing, partial(_picture, images), backbone, Progress(), THREADS):
        if isinstance(result, str):
            refused.append(result)
        else:
            found[content_hash] = result
    return _in_order(content_hashes, found, refused)


def _computed(
    sources: Sequence[Source],
    load: Callable[[Source], Picture],
    backbone: Backbone,
    progress: Progress,
    threads: int,
) -> Iterator[tuple[Source, Packed | str]]:
    """The features of each distinct source, or why there are none."""
    distinct = list(dict.fromkeys(sources))

    def work(source: Source) -> Packed | str:
        try:
            picture = load(source)[None]
            return pack(describe(backbone(picture), picture), 0)
        except (PictureError, StorageError) as error:
            return str(error)

    with threadpool_limits(limits=1, user_api="blas"):  # those of BLAS spin against the network's
        for done, (source, result) in enumerate(ahead(distinct, work, threads), start=1):
            progress("computing features", done / len(distinct))
            yield source, result


def _stored(connection: Connection, content_hashes: Sequence[str]) -> dict[str, Packed]:
    found = features.get(connection, DESCRIBED_BY, list(dict.fromkeys(content_hashes)))
    return {one.content_hash: (one.pooled, one.parts) for one in found.values() if one.parts is not None}


def _in_order(sources: Sequence[Source], found: Mapping[Source, Packed], refused: Sequence[str]) -> Extracted:
    kept = [index for index, source in enumerate(sources) if source in found]
    return Extracted(unpack([found[sources[index]] for index in kept]), np.array(kept, np.int64), tuple(refused))


def _picture(images: ImageStore, content_hash: str) -> Picture:
    return decode_for_network(images.read(content_hash))
