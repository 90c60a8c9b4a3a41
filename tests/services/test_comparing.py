"""Models on the same plots: what is shown, what isn't, and in which words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from hydra_desktop.database import model_store
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import SettingsError
from hydra_desktop.services.comparing import Comparison, compare
from hydra_desktop.vision import finetune, tuned_model
from hydra_desktop.vision.backbone import stack
from hydra_desktop.vision.picture import decode_for_network
from hydra_desktop.vision.tuned_model import TunedModel, TunedPredictor
from tests.fakes.measured_hall import HALL, TRUTH, MeasuredHall
from tests.fakes.upgraded import upgraded

TURNED = {run: "Bad" if TRUTH[run - 1] == "Good" else "Good" for run in range(13, 33)}


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[MeasuredHall]:
    database = upgraded(f"sqlite:///{tmp_path / 'hydra.db'}")
    yield MeasuredHall(database, ImageStore(tmp_path / "images"), tmp_path)
    database.close()


def compared(hall: MeasuredHall, *ids: int) -> Comparison:
    found = compare(hall.database, HALL, hall.images, ids)
    json.dumps(found.figures(), allow_nan=False)
    return found


def test_the_same_model_twice_shows_no_difference(hall: MeasuredHall) -> None:
    hall.add()
    first, second = hall.train(activate=True).model_id, hall.train().model_id
    found = compared(hall, second, first)
    assert (found.plots, found.runs, found.judged_anew, found.worse, found.worse_in) == (40, 40, 0, False, ())
    assert found.main is not None
    assert found.main.overall.p == 1.0
    assert (
        f"No difference between model {second} and model {first} (active) can be shown on 40 plots: 0 plots right that "
        f"model {first} (active) got wrong, 0 the other way; p = 1." in found.text()
    )


def test_a_model_of_wrong_labels_is_worse_and_the_other_way_round_better(hall: MeasuredHall) -> None:
    hall.add()
    good = hall.train(activate=True).model_id
    hall.say(TURNED)  # so wrong that a model of them can't be right
    bad = hall.train().model_id
    hall.say({run: TRUTH[run - 1] for run in TURNED})
    found = compared(hall, bad, good)
    assert (found.plots, found.against) == (40, good)
    assert found.main is not None
    assert found.worse
    assert found.worse_in
    assert found.main.overall.lost > 5 * found.main.overall.won
    assert found.main.high < 0
    text = found.text()
    assert f"Model {bad} is worse than model {good} (active): " in text
    assert f"worse in {found.worse_in[0]}" in text
    other = compared(hall, good, bad)
    assert f"Model {good} is better than model {bad}: " in other.text()
    assert (other.worse, other.worse_in, other.against) == (False, (), bad)
    assert other.said() == other.text().splitlines()[1]


def test_plots_that_one_of_them_did_not_hold_out_are_judged_anew_unless_it_knows_their_run(hall: MeasuredHall) -> None:
    hall.add()
    first = hall.train(activate=True).model_id
    hall.add(("Good", "Bad", "Bad"), first_run=100)
    second = hall.train().model_id
    found = compared(hall, second, first)
    assert (found.plots, found.judged_anew, found.worse) == (43, 3, False)
    assert "(3 judged anew, the others held out in training)" in found.text()
    hall.add(("Good", "Bad"), first_run=200)  # neither was trained on these
    assert compared(hall, second, first).judged_anew == 5
    hall.say({200: "Ignore", 201: "Ignore"})
    assert compared(hall, first, second).plots == 43


def test_without_a_plot_that_all_never_saw_nothing_is_claimed(hall: MeasuredHall) -> None:
    hall.add()
    first = hall.train().model_id
    hall.say(dict.fromkeys(range(1, 41), "Ignore"))
    hall.add(TRUTH, first_run=100)
    second = hall.train().model_id
    hall.say(dict.fromkeys(range(100, 140), "Ignore"))
    found = compared(hall, first, second)
    assert (found.plots, found.worse, found.worse_in, found.main) == (0, False, (), None)
    assert "nothing can be said" in found.said()


def test_three_models_are_compared_on_the_plots_of_all(hall: MeasuredHall) -> None:
    hall.add()
    ids = [hall.train().model_id for _ in range(3)]
    with hall.database.write() as c:
        model_store.activate(c, ids[2], user="ann")
    found = compared(hall, *ids)
    assert found.against == ids[2]
    assert [one.other_id for one in found.pairs] == ids[1:]
    assert len(found.standings) == 3
    assert found.text().count("No difference") == 2


def test_a_network_of_its_own_is_let_judge_plots_anew(hall: MeasuredHall) -> None:
    hall.add()
    first = hall.train(activate=True).model_id
    network = finetune.network(2)  # as published, under a head of random numbers
    with torch.no_grad():
        torch.nn.init.normal_(network.head.weight, std=0.1, generator=torch.Generator().manual_seed(1))
        network.head.bias.zero_()
    network.fold(temperature=1.0)
    weights, graph = network.head.weight.detach().numpy().copy(), finetune.exported(network)
    with hall.database.write() as c:
        linear = model_store.file(c, first)
        card = model_store.listing(c, hall.hall_id)[0].card
        values = {"Good": 0.5, "Bad": 0.5}
        tuned = tuned_model.save(TunedModel("hump", ("Bad", "Good"), weights, graph, values, card, linear))
        second = model_store.add(c, hall.hall_id, "hump", file=tuned, card=card, thresholds=values, user="ann")
    hall.add(("Good", "Bad") * 8, first_run=100)
    found = compared(hall, second, first)
    assert (found.plots, found.judged_anew) == (16, 16)
    assert [one.right.hits for one in found.standings][1] == 16  # its labels are in another order than the other's
    chances = found.unseen[0].chances
    np.testing.assert_allclose(chances.sum(axis=1), 1.0, atol=1e-5)
    pictures = [decode_for_network(hall.images.read(plot.content_hash)) for plot in found.unseen[0].plots]
    expected = TunedPredictor(tuned_model.load(tuned)).probabilities(stack(pictures))
    np.testing.assert_allclose(chances, expected, atol=1e-5)


def test_what_cannot_be_compared_is_said(hall: MeasuredHall) -> None:
    hall.add()
    first = hall.train().model_id
    with pytest.raises(SettingsError, match="two models or more"):
        compare(hall.database, HALL, hall.images, [first, first])
    with pytest.raises(SettingsError, match="no model 77"):
        compare(hall.database, HALL, hall.images, [first, 77])
