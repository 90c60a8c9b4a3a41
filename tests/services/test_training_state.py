"""How each plot type stands: counted in the database, the same as what training reads."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hydra_desktop.database import given_labels, halls, label_counts, model_store
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.labeling import Choice, Mode
from hydra_desktop.domain.training import Light
from hydra_desktop.services import labeling
from hydra_desktop.services.importing import import_manifest
from hydra_desktop.services.labeling import Labeler
from hydra_desktop.services.progress import Progress
from hydra_desktop.services.training import train
from hydra_desktop.services.training_state import TypeState, changed, of_hall
from tests.fakes import manifests

SET = ["Good"] * 24 + ["Bad"] * 6 + ["", "", ""]


@pytest.fixture
def images(database: Database, tmp_path: Path) -> ImageStore:
    """A hall with a plot type that can be trained, and one that can't yet."""
    images = ImageStore(tmp_path / "images")
    for name, labels in (("hump", SET), ("few", ["Good", "Good", "Bad"])):
        manifest = manifests.write(tmp_path / name, labels, plot_type=name)
        import_manifest(database, "D", images, manifest, user="ann", progress=Progress())
    return images


def label(database: Database, user: str, *given: tuple[int, str, bool]) -> None:
    """Label plots of hump by their runs: (run, label, whether it is only accepted)."""
    with database.read() as c:
        hall_id = halls.find(c, "D") or 0
        plots = {
            row.run_number: row.id
            for row in c.execute(
                t.plots.select()
                .join(t.plot_types, t.plot_types.c.id == t.plots.c.plot_type_id)
                .where(t.plot_types.c.name == "hump")
            )
        }
    choices = [Choice(plots[run], name, accepted) for run, name, accepted in given]
    Labeler(database, hall_id, user, "desk").decide(labeling.decision(choices, Mode.GRID, 0))


def learn(database: Database, images: ImageStore) -> int:
    return train(database, "D", images, "hump", activate=True, user="ann", progress=Progress()).model_id


def hump(database: Database) -> TypeState:
    return of_hall(database, "D")["hump"]


def test_a_plot_type_from_no_model_to_stale(database: Database, images: ImageStore) -> None:
    states = of_hall(database, "D")
    assert dict(states["hump"].labelled.given) == {"Good": 24, "Bad": 6}
    assert (states["hump"].standing.light, states["hump"].standing.reason) == (Light.READY, "first model, 6 faulty")
    assert states["few"].standing.light is Light.TOO_FEW
    assert changed(states) == ["hump"]

    model_id = learn(database, images)
    trained = hump(database)
    assert trained.standing.light is Light.UP_TO_DATE
    assert not trained.labelled.has_changed
    assert trained.active is not None
    assert trained.active.id == model_id
    assert trained.active.macro_f1 is not None
    assert changed(of_hall(database, "D")) == []

    label(database, "eva", (31, "Bad", False), (32, "Bad", False), (33, "Good", True))
    now = hump(database)
    assert dict(now.labelled.new) == {"Good": 1, "Bad": 2}
    assert dict(now.labelled.accepted) == {"Good": 1}
    assert now.standing.light is Light.UP_TO_DATE
    label(database, "eva", (1, "Bad", False))
    assert hump(database).standing.reason == "4 new labels, 3 of them faulty"
    assert changed(of_hall(database, "D")) == ["hump"]
    learn(database, images)
    assert dict(hump(database).labelled.new) == {}


def test_a_label_taken_back_is_a_change(database: Database, images: ImageStore) -> None:
    label(database, "eva", (31, "Bad", False))
    learn(database, images)
    assert not hump(database).labelled.has_changed
    with database.read() as c:
        hall_id = halls.find(c, "D") or 0
    assert Labeler(database, hall_id, "eva", "desk").undo() is not None
    assert hump(database).labelled.has_changed
    assert hump(database).standing.reason == "labels taken back since"


def test_counts_are_those_of_the_labels_that_train(database: Database, images: ImageStore) -> None:
    label(database, "eva", (1, "Bad", True), (2, "Bad", False), (31, "Good", True), (32, "Bad", True))
    label(database, "bob", (31, "Bad", True), (32, "Good", False), (3, "Good", True), (2, "Good", False))
    label(database, "eva", (33, "Good", True))
    with database.read() as c:
        hall_id = halls.find(c, "D") or 0
        labelled = given_labels.current(c, hall_id, "hump")
        expected = dict(Counter(one.label for one in labelled))
        passed = dict(Counter(one.label for one in labelled if one.accepted))
        assert label_counts.in_force(c, hall_id)["hump"] == expected
        assert label_counts.accepted(c, hall_id)["hump"] == passed
    with database.write() as c:  # as in a hall that an older version wrote
        c.execute(t.counters.delete())
        assert label_counts.in_force(c, hall_id)["hump"] == expected
    assert passed


def test_a_model_of_elsewhere_has_seen_no_label(database: Database, images: ImageStore) -> None:
    with database.write() as c:
        hall_id = halls.find(c, "D") or 0
        model_store.add(c, hall_id, "hump", file=b"", card={"plots": {"Good": 9}}, thresholds={}, user="demo")
    found = hump(database)
    assert dict(found.labelled.new) == {"Good": 24, "Bad": 6}
    assert found.standing.light is Light.READY
    assert found.labelled.last is not None
    assert found.labelled.last.created_at <= datetime.now(UTC)
