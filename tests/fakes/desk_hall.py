"""A hall with plots that wait for labels: what each is, is known by its chunk, and the guess is sometimes wrong."""

from __future__ import annotations

import io
import random
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hydra_desktop.database import halls, label_queue, model_store, plots, verdicts
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.domain.verdict import judge

HALL, TYPE, LABELS = "Desk", "CDC_occupancy", ("Good", "Bad", "NoData", "Ignore")
THRESHOLDS = {"Good": 0.8, "Bad": 0.8, "NoData": 0.8}
SHAPES = 50  # different pictures; what a plot is follows from its shape
START = datetime(2026, 3, 1, tzinfo=UTC)


def truth(chunk: int) -> str:
    """What the plot of a chunk is."""
    return "Bad" if chunk % 10 == 3 else "NoData" if chunk % 25 == 7 else "Good"


def guess(chunk: int, wrong_share: float) -> str:
    """What the model says it is: wrong for a share of the plots that chance picked."""
    chance = random.Random(chunk)
    true = truth(chunk)
    return chance.choice([one for one in LABELS[:3] if one != true]) if chance.random() < wrong_share else true


def fill(
    database: Database, folder: Path, count: int, *, wrong_share: float = 0.05, hall: str = HALL, pictures: int = 0
) -> int:
    """Store plots that were judged live and are kept, `count` of them; gives the hall's id.

    They are of as many pictures as `pictures` says, by default each of its own.
    """
    images = ImageStore(folder)
    hashes = [images.add(picture(number % SHAPES, number)) for number in range(pictures or count)]
    with database.write() as c:
        hall_id = halls.find_or_create(c, hall)
        halls.ensure_labels(c, hall_id, TYPE, LABELS, user="test", comment="")
        card = {"labels": list(LABELS[:3])}
        model_id = model_store.add(c, hall_id, TYPE, file=b"x", card=card, thresholds=THRESHOLDS, user="test")
        settings = halls.load(c, hall_id).plot_types[TYPE]
        for start in range(0, count, 1000):
            new = [
                NewPlot(
                    PlotName(TYPE, 1000 + chunk // 200, chunk, "2026-03"),
                    hashes[chunk % len(hashes)],
                    START + timedelta(minutes=chunk),
                    str(chunk),
                )
                for chunk in range(start, min(count, start + 1000))
            ]
            stored = [one for one in plots.add_all(c, hall_id, new, live=True) if one is not None]
            plots.keep(c, [one.id for one in stored])
            judged = []
            for one in stored:
                chunk = one.name.chunk or 0
                label = guess(chunk, wrong_share)
                confidence = 0.5 + 0.49 * random.Random(chunk + 1).random()
                rest = [other for other in LABELS[:3] if other != label]
                chances = {label: confidence, **dict.fromkeys(rest, (1 - confidence) / 2)}
                judged.append(verdicts.JudgedPlot(one.id, TYPE, model_id, judge(chances, THRESHOLDS, settings)))
            verdicts.add(c, hall_id, judged)
            label_queue.refresh(c, [one.id for one in stored])
    return hall_id


def picture(shape: int, number: int = 0) -> bytes:
    """A plot of 800 x 533 pixels, of one of several shapes, with a number written in its first pixels."""
    pixels = _drawn(shape).copy()
    pixels[0, :24] = np.array([255 * (number >> bit & 1) for bit in range(24)], np.uint8)[:, None]
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


@lru_cache(SHAPES)
def _drawn(shape: int) -> np.ndarray[Any, Any]:
    chance = np.random.default_rng(shape)
    pixels = np.full((533, 800, 3), 255, np.uint8)
    for bar, height in enumerate(chance.integers(40, 430, 60)):
        pixels[480 - height : 480, 80 + 11 * bar : 89 + 11 * bar] = (70, 110, 200)
    return pixels
