"""What a model told wrong comes back to people, and what they say goes into the next training."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.labeling import Choice, Filters, Mode, Queue
from hydra_desktop.services import labeling
from hydra_desktop.services.label_pages import Ask, LabelPages
from hydra_desktop.services.labeling import Labeler
from hydra_desktop.services.unseen import of_model
from tests.fakes.measured_hall import HALL, TRUTH, TYPE, MeasuredHall

FLIPPED = {4: "Bad", 12: "Bad", 31: "Good"}  # by run


@pytest.fixture
def hall(database: Database, tmp_path: Path) -> MeasuredHall:
    return MeasuredHall(database, ImageStore(tmp_path / "images"), tmp_path)


def waiting(hall: MeasuredHall, filters: Filters | None = None, queue: Queue = Queue.MISTAKE) -> list[int]:
    """The runs of the plots that wait there."""
    pages = LabelPages(hall.database, hall.hall_id, "eva", "desk")
    found = pages.page(Ask(TYPE, queue, 50, filters or Filters()))
    assert found.left == len(found.items)
    return sorted(item.plot.name.run_number for item in found.items)


def test_what_it_told_wrong_waits_until_it_is_answered_and_trains_the_next_model(hall: MeasuredHall) -> None:
    hall.add()
    hall.say(FLIPPED)
    report = hall.train()
    unseen = of_model(hall.database, HALL, hall.images, report.model_id)
    wrong = sorted(plot.name.run_number for plot, right in zip(unseen.plots, unseen.right, strict=True) if not right)
    assert set(FLIPPED) <= set(wrong)
    assert waiting(hall) == wrong
    assert report.mistakes == len(wrong)
    assert f"{len(wrong)} held-out plots it told wrong; they wait in the queue Mistakes of the model." in report.text()
    ids = hall.ids()
    eva = Labeler(hall.database, hall.hall_id, "eva", "desk")
    # one was labelled wrong, of the other the person says that it is as it was labelled
    eva.decide(labeling.decision([Choice(ids[4], TRUTH[3]), Choice(ids[12], FLIPPED[12])], Mode.RELABEL, 900))
    left = [run for run in wrong if run not in (4, 12)]
    assert waiting(hall) == left
    eva.undo()
    assert waiting(hall) == wrong
    eva.redo()
    again = hall.train()
    after = of_model(hall.database, HALL, hall.images, again.model_id)
    said = {plot.name.run_number: after.labels[one] for plot, one in zip(after.plots, after.truth, strict=True)}
    assert (said[4], said[12]) == (TRUTH[3], FLIPPED[12])
    assert set(waiting(hall)).isdisjoint({4, 12})  # nobody is asked the same again
    assert 31 in waiting(hall)


def test_accepted_guesses_are_in_no_queue_of_mistakes(hall: MeasuredHall) -> None:
    hall.add()
    hall.add(("Good", "Bad"), first_run=100, accepted=True)
    hall.say({100: "Bad"}, accepted=True)
    hall.train()
    assert waiting(hall) == []


def test_chosen_plots_are_a_filter_like_others(hall: MeasuredHall) -> None:
    hall.add()
    ids = hall.ids()
    chosen = Filters(plots=frozenset(ids[run] for run in (2, 5, 39)))
    assert chosen.count == 1
    assert waiting(hall, chosen, Queue.EVERY) == [2, 5, 39]
    assert waiting(hall, Filters(plots=frozenset()), Queue.EVERY) == []
    assert waiting(hall, Filters(plots=chosen.plots, label="Bad"), Queue.EVERY) == [39]
