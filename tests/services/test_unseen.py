"""The plots by which a model is measured: with the labels of now, and never one that it was trained on unmarked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hydra_desktop.database import model_store
from hydra_desktop.database import tables as t
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import ModelFileError, SettingsError
from hydra_desktop.services.unseen import SINCE, look, of_model
from hydra_desktop.vision import model_file
from tests.fakes.measured_hall import HALL, TRUTH, TYPE, MeasuredHall
from tests.fakes.upgraded import upgraded


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[MeasuredHall]:
    database = upgraded(f"sqlite:///{tmp_path / 'hydra.db'}")
    yield MeasuredHall(database, ImageStore(tmp_path / "images"), tmp_path)
    database.close()


def older(hall: MeasuredHall, model_id: int, **lacks: None) -> int:
    """The same model as an older version stored it."""
    with hall.database.write() as c:
        model = model_file.load(model_store.file(c, model_id))
        assert model.held_out is not None
        held_out = None if "held_out" in lacks else replace(model.held_out, **lacks)
        data = model_file.save(replace(model, held_out=held_out))
        return model_store.add(
            c, hall.hall_id, TYPE, file=data, card=model.card, thresholds=model.thresholds, user="ann"
        )


def test_they_are_those_held_out_with_the_labels_of_now(hall: MeasuredHall) -> None:
    hall.add()
    report = hall.train()
    unseen = of_model(hall.database, HALL, hall.images, report.model_id)
    assert [plot.name.run_number for plot in unseen.plots] == list(range(1, 41))
    assert [unseen.labels[one] for one in unseen.truth] == list(TRUTH)
    assert (unseen.right.mean(), unseen.in_sample, unseen.left_out, unseen.notes) == (1.0, False, {}, ())
    assert unseen.split == report.split
    assert len(set(unseen.groups.tolist())) == 40
    assert unseen.unfamiliar is not None
    hall.say({3: "Bad", 5: "Ignore", 7: "Cosmic"}, "eva")
    hall.say({9: "Bad"}, "ben", accepted=True)  # what a person chose counts more
    again = of_model(hall.database, HALL, hall.images, report.model_id)
    said = {plot.name.run_number: again.labels[one] for plot, one in zip(again.plots, again.truth, strict=True)}
    assert (said[3], said[7], said[9], 5 in said) == ("Bad", "Cosmic", "Good", False)
    assert again.left_out == {"label left out by its role": 1}
    assert {again.plots[row].name.run_number for row in np.flatnonzero(~again.right)} == {3, 7}
    chances = {plot.id: row.tolist() for plot, row in zip(unseen.plots, unseen.chances, strict=True)}
    assert all(chances[plot.id] == row.tolist() for plot, row in zip(again.plots, again.chances, strict=True))


def test_accepted_guesses_never_evaluate(hall: MeasuredHall) -> None:
    hall.add()
    hall.add(("Good", "Bad") * 3, first_run=100, accepted=True)
    report = hall.train()
    assert report.accepted == 6
    runs = {plot.name.run_number for plot in of_model(hall.database, HALL, hall.images, report.model_id).plots}
    assert runs == set(range(1, 41))


def test_equal_pictures_are_told_apart_by_their_time(hall: MeasuredHall) -> None:
    hall.add((*TRUTH, "NoData", "NoData", "NoData"))  # whose pictures are equal
    report = hall.train()
    hall.say({42: "Bad"})
    unseen = of_model(hall.database, HALL, hall.images, report.model_id)
    said = {plot.name.run_number: unseen.labels[one] for plot, one in zip(unseen.plots, unseen.truth, strict=True)}
    assert [said[run] for run in (41, 42, 43)] == ["NoData", "Bad", "NoData"]


def test_models_of_older_versions_are_measured_as_far_as_that_goes(hall: MeasuredHall) -> None:
    hall.add()
    model_id = hall.train().model_id
    old = of_model(hall.database, HALL, hall.images, older(hall, model_id, plots=None, unfamiliar=None))
    assert (len(old), old.plots, old.periods, old.unfamiliar) == (40, (), (), None)
    assert (old.of_runs, old.no_interval) == ("", "no intervals, as it isn't known of which runs they are")
    assert ["Unfamiliar" in note or "which plots" in note for note in old.notes] == [True, True]
    oldest = older(hall, model_id, held_out=None)
    marked = of_model(hall.database, HALL, hall.images, oldest)
    assert (len(marked), marked.in_sample) == (40, True)
    assert "trained on these plots" in marked.notes[0]
    hall.add(("Good", "Bad"), first_run=200)
    since = of_model(hall.database, HALL, hall.images, oldest)
    assert ([plot.name.run_number for plot in since.plots], since.in_sample, since.split) == ([200, 201], False, SINCE)
    assert since.right.all()


def of_two_runs(hall: MeasuredHall) -> None:
    """Let all plots be chunks of the runs 1 and 2, by turns, and those that were added last of a later chunk."""
    with hall.database.write() as c:
        new = {"run_number": 1 + t.plots.c.id % 2, "chunk": t.plots.c.id}
        c.execute(t.plots.update().values(**new))


def test_plots_of_few_runs_are_counted_by_run_and_a_later_chunk_of_one_is_not_new(hall: MeasuredHall) -> None:
    hall.add()
    of_two_runs(hall)
    model_id = hall.train().model_id
    unseen = of_model(hall.database, HALL, hall.images, model_id)
    assert (len(unseen), unseen.of_runs, unseen.is_of_seen_runs) == (40, " of 2 runs", True)
    assert len(set(unseen.groups.tolist())) == 2
    hall.add(("Good", "Bad"), first_run=200)
    of_two_runs(hall)
    with hall.database.read() as c:
        assert look(c, hall.hall_id, model_id).record.card["runs"] == 2
        assert look(c, hall.hall_id, model_id).fresh == frozenset()
    with hall.database.write() as c:  # nor is it where the labels that it was trained on are taken back
        trained = t.given_labels.c.plot_id <= 40
        c.execute(t.given_labels.update().where(trained).values(withdrawn=True))
        assert look(c, hall.hall_id, model_id).fresh == frozenset()
        c.execute(t.given_labels.update().where(trained).values(withdrawn=False))
    again = of_model(hall.database, HALL, hall.images, older(hall, model_id, held_out=None))
    assert again.in_sample


def test_where_nothing_is_left_to_measure_on_it_says_what_to_do(hall: MeasuredHall) -> None:
    hall.add()
    model_id = hall.train().model_id
    hall.say(dict.fromkeys(range(1, 41), "Ignore"))
    with pytest.raises(
        ModelFileError, match=r"label left out by its role: 40.*train it again: hydra-desktop train hump"
    ):
        of_model(hall.database, HALL, hall.images, model_id)
    with pytest.raises(SettingsError, match=rf"no model 99 in this hall; the newest are {model_id} \(hump\)"):
        of_model(hall.database, HALL, hall.images, 99)
