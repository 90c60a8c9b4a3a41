"""What any model of a hall, live or not, says of plots that are stored, from their stored features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from ..database import model_store
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..database.model_store import ModelRecord
from ..domain.errors import PictureError, StorageError
from ..domain.plot import Plot
from ..domain.unseen import Flags, Floats, Ints
from ..vision.backbone import BATCH, Backbone, stack
from ..vision.opening import open_model
from ..vision.picture import Picture, decode_for_network
from ..vision.predictor import Predictor
from ..vision.tuned_model import TunedPredictor
from . import features
from .normals import Normals
from .pictures import ahead
from .progress import Progress

AT_ONCE = 500  # plots whose features are in memory, 64 KB each


@dataclass(frozen=True)
class Said:
    """What a model said of those of N plots that could be read.

    `chances` float32 (K, L), `unfamiliar` bool (K,), and their places among the N, int64 (K,).
    """

    names: tuple[str, ...]
    chances: Floats
    unfamiliar: Flags
    kept: Ints


def judge_anew(
    database: Database, hall_id: int, images: ImageStore, record: ModelRecord, plots: Sequence[Plot], progress: Progress
) -> Said:
    """Let a model judge plots of its type, by what is normal in their run periods now.

    Raises ModelFileError when it is damaged or made for another backbone, Stopped.
    """
    with database.read() as connection:
        model, tuned = open_model(model_store.file(connection, record.id))
        name = record.plot_type
        backbone = Backbone()
        normals = Normals(images, backbone).load(connection, hall_id, {name: model}, {name: record.id})
    predictor = Predictor({name: model}, backbone, normals)
    chances = np.zeros((len(plots), len(model.labels)), np.float32)
    unfamiliar, readable = np.zeros(len(plots), bool), np.zeros(len(plots), bool)
    for start in range(0, len(plots), AT_ONCE):
        part = plots[start : start + AT_ONCE]
        extracted = features.of_plots(database, images, [plot.content_hash for plot in part], progress)
        periods = np.array([part[index].name.run_period for index in extracted.kept], object)
        with threadpool_limits(limits=1):
            for period in dict.fromkeys(periods):
                inside = np.flatnonzero(periods == period)
                normal, inherited = predictor.normal(model, period)
                found = model.judge(extracted.description.at(inside), normal, inherited=inherited)
                rows = start + extracted.kept[inside]
                chances[rows], unfamiliar[rows], readable[rows] = found.chances, found.strange, True
        progress("judging", (start + len(part)) / len(plots))
    kept = np.flatnonzero(readable)
    if tuned is None:
        return Said(model.labels, chances[kept], unfamiliar[kept], kept)
    said, there = _tuned(tuned, images, [plots[int(index)].content_hash for index in kept], progress)
    return Said(tuned.model.labels, said, unfamiliar[kept[there]], kept[there])


def _tuned(
    tuned: TunedPredictor, images: ImageStore, content_hashes: Sequence[str], progress: Progress
) -> tuple[Floats, Ints]:
    """What a network of its own says of pictures, and the places of those that are there."""
    found = [np.zeros((0, len(tuned.model.labels)), np.float32)]
    readable: list[int] = []
    waiting: list[Picture] = []
    for place, (_, picture) in enumerate(ahead(content_hashes, partial(_picture, images))):
        if picture is not None:
            readable.append(place)
            waiting.append(picture)
        if waiting and (len(waiting) == BATCH or place + 1 == len(content_hashes)):
            found.append(tuned.probabilities(stack(waiting)))
            waiting = []
            progress("judging", (place + 1) / len(content_hashes))
    return np.concatenate(found), np.array(readable, np.int64)


def _picture(images: ImageStore, content_hash: str) -> Picture | None:
    try:
        return decode_for_network(images.read(content_hash))
    except (PictureError, StorageError):
        return None
