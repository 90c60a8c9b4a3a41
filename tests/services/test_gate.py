"""The gate before a model goes live, on plots that neither model was trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hydra_desktop.database import activations, model_store
from hydra_desktop.database.connection import open_database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import WorseModelError
from hydra_desktop.services import library
from hydra_desktop.vision import model_file
from tests.fakes.measured_hall import HALL, TYPE, MeasuredHall


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[MeasuredHall]:
    database = open_database(f"sqlite:///{tmp_path / 'hydra.db'}", upgrade=True)
    made = MeasuredHall(database, ImageStore(tmp_path / "images"), tmp_path)
    made.add()
    yield made
    database.close()


def twin(hall: MeasuredHall, model_id: int, *, wrong: int) -> int:
    """The same model, which was wrong of the first `wrong` plots that it held out; its card tells nothing of that."""
    with hall.database.write() as c:
        model = model_file.load(model_store.file(c, model_id))
        assert model.held_out is not None
        chances = model.held_out.chances.copy()
        chances[:wrong] = chances[:wrong, ::-1]
        file = model_file.save(replace(model, held_out=replace(model.held_out, chances=chances)))
        thresholds = model.thresholds
        return model_store.add(c, hall.hall_id, TYPE, file=file, card=model.card, thresholds=thresholds, user="ann")


def activate(hall: MeasuredHall, model_id: int, *, in_spite: bool = False) -> library.Change:
    return library.activate(
        hall.database, HALL, model_id, user="eva", station="desk", in_spite=in_spite, images=hall.images
    )


def test_a_model_that_tells_the_same_plots_worse_goes_live_only_in_spite(hall: MeasuredHall) -> None:
    first = hall.train(activate=True).model_id
    worse, alike = twin(hall, first, wrong=12), twin(hall, first, wrong=2)
    with pytest.raises(
        WorseModelError, match=f"Model {worse} is worse than model {first} .active.*40 plots of 40 runs"
    ):
        activate(hall, worse)
    assert activate(hall, worse, in_spite=True).overruled.startswith(f"Model {worse} is worse than model {first}")
    with hall.database.read() as c:
        newest = activations.history(c, hall.hall_id, TYPE)[-1]
    assert newest.model_id == worse
    assert activate(hall, alike).overruled == ""
