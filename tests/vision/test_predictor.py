from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from hydra_desktop import paths
from hydra_desktop.domain import drift
from hydra_desktop.domain.verdict import judge
from hydra_desktop.services import demo
from hydra_desktop.sources.simulated import SimulatedHall
from hydra_desktop.vision import evidence, head, model_file
from hydra_desktop.vision.backbone import Backbone
from hydra_desktop.vision.deviation import Normal
from hydra_desktop.vision.picture import resize
from hydra_desktop.vision.predictor import Predictor
from tests.vision.conftest import PLOT_TYPE, Drawn


def test_predictions_are_the_models_own_in_the_order_of_the_plots(
    backbone: Backbone, drawn: Drawn, trained: head.Trained
) -> None:
    predictor = Predictor({PLOT_TYPE: trained.model}, backbone=backbone)
    chosen = [len(drawn.labels) - 1, 0, 31]
    predictions = predictor.predict([drawn.pictures[index] for index in chosen], [PLOT_TYPE] * 3)
    model, normal = trained.model, trained.model.normal("")
    expected = model.judge(drawn.description.at(np.array(chosen)), normal)
    for number, (prediction, index) in enumerate(zip(predictions, chosen, strict=True)):
        np.testing.assert_allclose(list(prediction.probabilities.values()), expected.chances[number], atol=1e-3)
        assert tuple(prediction.probabilities) == tuple(prediction.evidence) == model.labels
        assert prediction.novelty == pytest.approx(expected.novelty[number], abs=1e-3)
        assert prediction.unfamiliar == expected.strange[number]
        deviation = tuple(part[number : number + 1] for part in expected.maps)
        maps = evidence.combined(model, drawn.features.depths(index), normal.pooled, deviation, expected.excess[number])
        np.testing.assert_allclose(np.stack(list(prediction.evidence.values())), maps, atol=2e-3)
        assert prediction.nearest[0][0] == f"hash of {drawn.runs[index]}"
        assert len(prediction.nearest) == 3
        assert prediction.nearest[0][1] == pytest.approx(0.0, abs=0.05)
        assert prediction.description is not None
        np.testing.assert_allclose(prediction.description.parts[1][0], drawn.description.parts[1][index], atol=1e-5)


def test_a_prediction_says_how_far_and_in_which_direction_a_plot_deviates(
    backbone: Backbone, drawn: Drawn, trained: head.Trained
) -> None:
    predictor = Predictor({PLOT_TYPE: trained.model}, backbone=backbone)
    inverted = [255 - picture for picture in drawn.pictures[:4]]
    predictions = predictor.predict([*drawn.pictures[:4], *inverted], [PLOT_TYPE] * 8)
    deviations = np.stack([one.deviation for one in predictions])
    assert deviations.shape == (8, 48)
    sizes = np.sqrt((deviations**2).mean(axis=1))
    excess = trained.model.normal("").summary(drawn.description)[:4]
    np.testing.assert_allclose(sizes[:4], np.sqrt((excess**2).mean(axis=1)), rtol=1e-2)
    assert sizes[4:].min() > drift.STRAYS > sizes[:4].max()
    units = deviations / np.linalg.norm(deviations, axis=1, keepdims=True)
    assert (units[4:] @ units[4:].T).min() > drift.COSINE  # all of them deviate alike
    assert (units[:4] @ units[4:].T).max() < drift.COSINE
    assert not any(one.unfamiliar for one in predictions[:4])


def test_references_go_before_what_the_model_knows_and_a_period_without_inherits(
    backbone: Backbone, drawn: Drawn, trained: head.Trained
) -> None:
    old = trained.model.normal("")
    model = replace(trained.model, normals={"A": old, "B": replace(old, usual=old.usual + 1)})
    picture, expected = drawn.pictures[0], old.summary(drawn.description.at(np.array([0])))[0]

    def size(period: str, **references: Normal) -> tuple[float, bool]:
        predictor = Predictor({PLOT_TYPE: model}, backbone, {PLOT_TYPE: references})
        (prediction,) = predictor.predict([picture], [PLOT_TYPE], [period])
        return float(np.sqrt((prediction.deviation**2).mean())), prediction.inherited

    def less(usual: float) -> float:
        return float(np.sqrt(((expected - usual) ** 2).mean()))

    confirmed, next_one = replace(old, usual=old.usual + 3), replace(old, usual=old.usual + 5)
    for period, references, usual, inherited in (
        ("A", {}, 0, False),
        ("B", {}, 1, False),
        ("C", {}, 1, True),  # as in the newest
        ("A", {"A": confirmed}, 3, False),
        ("B", {"A": confirmed}, 1, False),
        ("C", {"A": confirmed}, 1, True),  # B is newer than the reference of A
        ("C", {"A": next_one, "C": confirmed}, 3, False),
        ("D", {"A": next_one, "C": confirmed}, 3, True),
    ):
        assert size(period, **references) == (pytest.approx(less(usual), rel=0.02), inherited), (period, references)


def test_a_plot_type_without_a_model_has_none_beside_one_that_has(
    backbone: Backbone, drawn: Drawn, trained: head.Trained
) -> None:
    predictor = Predictor({PLOT_TYPE: trained.model}, backbone=backbone)
    unknown, known = predictor.predict(list(drawn.pictures[:2]), ["never_heard_of", PLOT_TYPE])
    assert not unknown.probabilities
    assert not unknown.evidence
    assert unknown.description is not None
    assert unknown.description.pooled.any()
    assert not unknown.nearest
    assert known.probabilities


def test_no_plots_give_no_predictions(backbone: Backbone) -> None:
    assert Predictor({}, backbone=backbone).predict([], []) == []


def test_threads_may_share_a_backbone(backbone: Backbone, drawn: Drawn, trained: head.Trained) -> None:
    predictor = Predictor({PLOT_TYPE: trained.model}, backbone=backbone)

    def fault(index: int) -> dict[str, float]:
        return dict(predictor.predict([drawn.pictures[index]], [PLOT_TYPE])[0].probabilities)

    with ThreadPoolExecutor(2) as pool:
        for index, chances in enumerate(pool.map(fault, range(12))):
            assert chances == fault(index)


def test_the_shipped_models_find_the_faults_of_live_chunks(backbone: Backbone) -> None:
    folder = paths.shipped("models")
    models = {
        entry["plot_type"]: model_file.load((folder / entry["file"]).read_bytes())
        for entry in json.loads((folder / "manifest.json").read_text())["models"]
        if entry["file"].startswith("demo/")
    }
    hall = SimulatedHall(demo.SEED)
    settings = hall.hall().plot_types
    assert set(models) == set(settings)
    predictor = Predictor(models, backbone=backbone)
    found = visible = called = good = 0
    for plot in [*hall.chunk(), *hall.chunk()]:
        name = plot.name.plot_type
        (prediction,) = predictor.predict([resize(plot.picture)], [name])
        verdict = judge(prediction.probabilities, models[name].thresholds, settings[name])
        is_faulty = settings[name].label(verdict.label).role.value == "faulty" and verdict.status.value == "Confirmed"
        visible += plot.visible
        found += plot.visible and is_faulty
        good += plot.fault is None
        called += plot.fault is None and is_faulty
    assert visible >= 8
    assert found >= 0.9 * visible
    assert called <= 0.02 * good
