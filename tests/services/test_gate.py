"""The gate before a model goes live, on plots that neither model was trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hydra_desktop.database import activations, model_store
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import Stopped, WorseModelError
from hydra_desktop.services import gate, library, model_sets
from hydra_desktop.services.comparing import compare
from hydra_desktop.services.progress import Progress
from hydra_desktop.vision import model_file
from tests.fakes import library_hall
from tests.fakes.measured_hall import HALL, TYPE, MeasuredHall
from tests.fakes.upgraded import upgraded


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[MeasuredHall]:
    database = upgraded(f"sqlite:///{tmp_path / 'hydra.db'}")
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


def test_a_set_is_told_by_the_same_plots_as_well(hall: MeasuredHall) -> None:
    first = hall.train(activate=True).model_id
    worse = twin(hall, first, wrong=12)
    model_sets.save(hall.database, HALL, "Worse", models={TYPE: worse}, user="eva")

    def put(*, in_spite: bool) -> model_sets.SetChange:
        return model_sets.activate(hall.database, HALL, "Worse", user="eva", images=hall.images, in_spite=in_spite)

    with pytest.raises(WorseModelError, match=f"{TYPE}: Model {worse} is worse than model {first} .active.*40 plots"):
        put(in_spite=False)
    assert put(in_spite=True).changes[0].overruled.startswith(f"Model {worse} is worse than model {first}")


def test_of_many_plots_the_newest_are_judged_anew_and_it_can_be_stopped(hall: MeasuredHall) -> None:
    first = hall.train(activate=True).model_id
    other = twin(hall, first, wrong=0)
    hall.add(("Good",) * 10 + ("Bad",) * 5, first_run=41)
    found = compare(hall.database, HALL, hall.images, [other, first], most_anew=6)
    assert (found.plots, found.judged_anew) == (46, 6)
    assert {plot.name.run_number for plot in found.unseen[0].plots} == {*range(1, 41), *range(50, 56)}
    progress = Progress()
    progress.stop.set()
    with pytest.raises(Stopped):
        library.activate(hall.database, HALL, other, user="eva", images=hall.images, progress=progress)
    assert library_hall.active(hall.database, hall.hall_id) == {TYPE: first}


def test_what_cannot_be_compared_is_not_told_from_the_same_plots(hall: MeasuredHall) -> None:
    first = hall.train(activate=True).model_id
    assert gate.on_same_plots(hall.database, HALL, hall.images, 99, first) is None


def test_figures_from_elsewhere_let_nothing_live_and_keep_nothing_out(hall: MeasuredHall) -> None:
    """They are of no plots of this hall, and may be invented."""
    first = hall.train(activate=True).model_id
    with hall.database.read() as c:
        (record,) = model_store.listing(c, hall.hall_id)
        file = model_file.load(model_store.file(c, first))
    assert file.held_out is not None
    blind = model_file.save(replace(file, held_out=None))  # and trained on all plots here: nothing can be compared
    perfect = library_hall.card(positives=0, missed=0)["figures"]
    of_card = {**record.card, "figures": perfect, "imported": {"hall": "X"}}
    with hall.database.write() as c:
        imported, local = (
            model_store.add(c, hall.hall_id, TYPE, file=blind, card=one, thresholds=record.thresholds, user="ann")
            for one in (of_card, record.card)
        )
    with pytest.raises(WorseModelError, match=f"model {imported} was trained elsewhere, and no plots of this hall"):
        activate(hall, imported)
    with pytest.raises(WorseModelError, match="was trained elsewhere"):
        library.activate(hall.database, HALL, imported, user="eva")
    assert "trained elsewhere" in activate(hall, imported, in_spite=True).overruled
    assert activate(hall, local).overruled == ""
