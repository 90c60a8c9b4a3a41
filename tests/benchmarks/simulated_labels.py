"""Labelled plots of the simulated hall, as an expert would have given them: training sets of no live run."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from hydra_desktop.database import given_labels, halls, label_queue, plots
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.plot import NewPlot
from hydra_desktop.services import demo
from hydra_desktop.sources.simulated import SimulatedHall
from hydra_desktop.sources.simulated.canvas import png

START = datetime(2026, 1, 1, tzinfo=UTC)


def fill(database: Database, images: ImageStore, *, good: int, each: int, only: Collection[str] | None = None) -> int:
    """Store labelled plots of the demo's plot types, which are there already; gives how many."""
    hall, count = SimulatedHall(demo.SEED), 0
    with database.read() as c:
        hall_id = halls.find(c, demo.HALL) or 0
    for name in only or hall.names:
        drawn = list(hall.training_set(name, good, each, seed=1))
        new = [
            NewPlot(
                one.name, images.add(png(one.picture)), START + timedelta(minutes=number), f"{name} taught {number}"
            )
            for number, one in enumerate(drawn)
        ]
        with database.write() as c:
            halls.ensure_labels(c, hall_id, name, sorted({one.label for one in drawn}), user="bench", comment="")
            stored = [one for one in plots.add_all(c, hall_id, new, live=False) if one is not None]
            plots.keep(c, [one.id for one in stored])
            for plot, one in zip(stored, drawn, strict=True):
                given_labels.give(c, plot.id, one.label, user="bench", at=START)
            label_queue.refresh(c, [one.id for one in stored])
        count += len(stored)
    return count
