"""A hall with trained models and labels by which they are measured, small and quick to make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from hydra_desktop.database import given_labels, halls
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.hall import AlarmRule
from hydra_desktop.services.importing import import_manifest
from hydra_desktop.services.progress import Progress
from hydra_desktop.services.training import TrainingReport, train
from tests.fakes import manifests

HALL, TYPE = "D", "hump"
TRUTH = ("Good",) * 24 + ("Bad",) * 16


@dataclass
class MeasuredHall:
    """One hall in a database, where each plot is of a run of its own, numbered from 1."""

    database: Database
    images: ImageStore
    folder: Path

    @property
    def hall_id(self) -> int:
        """The hall's id."""
        with self.database.read() as c:
            return halls.find(c, HALL) or 0

    def add(self, labels: tuple[str, ...] = TRUTH, *, first_run: int = 1, accepted: bool = False) -> None:
        """Import labelled plots."""
        manifest = manifests.write(self.folder / f"from {first_run}", labels, first_run=first_run)
        if accepted:
            head, *lines = manifest.read_text().splitlines()
            manifest.write_text("\n".join([f"{head},accepted", *(f"{line},true" for line in lines)]))
        import_manifest(self.database, HALL, self.images, manifest, user="ann", progress=Progress())
        with self.database.write() as c:
            hall = halls.load(c, self.hall_id)
            quick = replace(hall.plot_types[TYPE], alarm_rule=AlarmRule(2, 3))
            halls.apply(c, self.hall_id, replace(hall, plot_types={TYPE: quick}), user="ann")

    def train(self, *, activate: bool = False) -> TrainingReport:
        """A model of the labels that are in force."""
        return train(self.database, HALL, self.images, TYPE, activate=activate, user="ann", progress=Progress())

    def ids(self) -> dict[int, int]:
        """The id of each plot by its run."""
        with self.database.read() as c:
            return dict(c.execute(sa.select(t.plots.c.run_number, t.plots.c.id)).all())

    def say(self, labels: Mapping[int, str], user: str = "ann", *, accepted: bool = False) -> None:
        """Give plots, by their runs, other labels."""
        ids = self.ids()
        with self.database.write() as c:
            halls.ensure_labels(c, self.hall_id, TYPE, sorted(set(labels.values())), user=user, comment="")
            for run, label in labels.items():
                given_labels.give(c, ids[run], label, user=user, at=datetime.now(UTC), accepted=accepted)
