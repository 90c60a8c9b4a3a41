"""Which plot types gain from training, and what is known of a job."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hydra_desktop.domain.hall import PlotType
from hydra_desktop.domain.label import default_label
from hydra_desktop.domain.training import (
    FEWEST_GOOD,
    NEW_FAULTY,
    NEW_LABELS,
    Curve,
    Job,
    JobState,
    Labelled,
    LastModel,
    Light,
    Options,
    Recipe,
    Stage,
    Stop,
    stage_of,
    stages_of,
    standing,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CDC = PlotType("CDC", labels=tuple(default_label(name) for name in ("Good", "Bad", "LED", "Ignore")))
COUNTS = {"Good": 30, "Bad": 5}
LAST = LastModel(7, NOW, "eva", ("Good", "Bad"), ("2026-01",), 100, COUNTS)
TRAINED = Labelled(CDC, given=COUNTS, last=LAST)


@pytest.mark.parametrize(
    ("labelled", "light", "reason"),
    [
        (TRAINED, Light.UP_TO_DATE, "nothing new"),
        (replace(TRAINED, new={"Good": 1}), Light.UP_TO_DATE, "1 new label"),
        (replace(TRAINED, new={"Good": NEW_LABELS - 1}), Light.UP_TO_DATE, f"{NEW_LABELS - 1} new labels"),
        (replace(TRAINED, new={"Good": NEW_LABELS}), Light.READY, f"{NEW_LABELS} new labels"),
        (replace(TRAINED, new={"Bad": NEW_FAULTY - 1}), Light.UP_TO_DATE, f"{NEW_FAULTY - 1} new labels"),
        (replace(TRAINED, new={"Bad": 3}), Light.READY, "3 new labels, 3 of them faulty"),
        (replace(TRAINED, new={"LED": 3}), Light.UP_TO_DATE, "3 new labels"),
        (replace(TRAINED, last=None), Light.READY, "first model, 5 faulty"),
        (replace(TRAINED, last=None, given={"Good": 30}), Light.READY, "first model, Good alone"),
        (replace(TRAINED, last=None, given={"Good": FEWEST_GOOD - 1}), Light.TOO_FEW, "19 Good, needs 20"),
        (replace(TRAINED, given={"Good": 10}, accepted={"Good": 10}), Light.UP_TO_DATE, "labels taken back since"),
        (replace(TRAINED, given={**COUNTS, "LED": 2}, new={"LED": 2}), Light.STALE, "not in the last model: LED"),
        (replace(TRAINED, given={**COUNTS, "Ignore": 9}, new={"Ignore": 9}), Light.UP_TO_DATE, "9 new labels"),
        (
            replace(TRAINED, new={"Good": 2}, run_period="2026-03"),
            Light.STALE,
            "no plot of 2026-03 was trained on",
        ),
        (replace(TRAINED, run_period="2026-03"), Light.UP_TO_DATE, "nothing new"),  # no label to learn it from
        (replace(TRAINED, drift="38 of the last 40 plots"), Light.DRIFTED, "38 of the last 40 plots"),
        (replace(TRAINED, drift="38 of the last 40", given={"Good": 2}), Light.TOO_FEW, "2 Good, needs 20"),
    ],
)
def test_the_light_of_a_plot_type(labelled: Labelled, light: Light, reason: str) -> None:
    assert (standing(labelled).light, standing(labelled).reason) == (light, reason)


@pytest.mark.parametrize(
    ("labelled", "changed"),
    [
        (TRAINED, False),
        (replace(TRAINED, new={"Good": 1}), True),
        (replace(TRAINED, given={"Good": 30}), True),  # taken back
        (replace(TRAINED, last=replace(LAST, newest_label=None, seen={})), False),
        (Labelled(CDC), False),
        (Labelled(CDC, given={"Bad": 9}), True),
        (Labelled(CDC, accepted={"Good": 2}), True),
    ],
)
def test_whether_labels_changed_since_the_last_model(labelled: Labelled, changed: bool) -> None:
    assert labelled.has_changed is changed


def test_options_are_the_same_after_they_were_stored() -> None:
    for options in (Options(), Options(Recipe.BOTH, balanced=False, false_alarms_a_day=0.5)):
        assert Options.of(options.plain()) == options
    assert Options().plain() == {}


def test_a_long_curve_keeps_its_form_and_its_end() -> None:
    curve = Curve()
    for step in range(5000):
        curve = curve.grown([(step, step**0.5)])
    steps = [step for step, _ in curve.points]
    assert len(steps) <= Curve.MOST
    assert steps[-1] == 4999
    assert steps == sorted(set(steps))
    assert steps[0] < 100


def test_stages_are_known_by_the_words_of_the_services() -> None:
    words = (
        "computing features",
        "training, cross-validation",
        "fine-tuning, tuning, epoch 3 of at most 10",
        "storing",
    )
    assert [stage_of(one) for one in words] == [Stage.FEATURES, Stage.LEARN, Stage.TUNE, Stage.STORE]
    assert Stage.TUNE not in stages_of(Recipe.FIRST)
    assert stages_of(Recipe.BOTH) == tuple(Stage)


def test_only_a_network_under_tuning_has_a_best_so_far() -> None:
    job = Job(1, "CDC", JobState.RUNNING, "eva", "desk", NOW, stage="fine-tuning, epoch 1")
    assert job.may_keep
    assert not replace(job, stage="training, novelty").may_keep
    assert not replace(job, wish=Stop.KEEP).may_keep
    assert not replace(job, state=JobState.DONE).may_keep
