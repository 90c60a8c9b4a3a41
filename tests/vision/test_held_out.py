from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load as load_tensors

from hydra_desktop.domain.errors import ModelFileError
from hydra_desktop.vision import head, model_file
from hydra_desktop.vision.held_out import Cost, HeldOut
from hydra_desktop.vision.opening import read_model
from tests.vision.test_model_file import changed

# columns Good, Bad, Hot, NoData
CHANCES = np.array(
    [
        [0.9, 0.1, 0.0, 0.0],
        [0.3, 0.7, 0.0, 0.0],  # Good, called Bad
        [0.1, 0.0, 0.0, 0.9],  # Good, called NoData: no false positive
        [0.2, 0.8, 0.0, 0.0],
        [0.2, 0.2, 0.6, 0.0],  # Bad, called Hot: a fault was found
        [0.8, 0.2, 0.0, 0.0],
        [0.1, 0.0, 0.0, 0.9],
    ],
    np.float32,
)
TARGET = np.array([0, 0, 0, 1, 1, 2, 3], np.int32)
GOOD, FAULTY = np.array([True, False, False, False]), np.array([False, True, True, False])


@pytest.mark.parametrize(
    ("thresholds", "cost"),
    [
        ([0.0, 0.0, 0.0, 0.0], Cost(7, 3, 1, 3, 2, 0)),
        ([0.5, 0.75, 0.75, 0.5], Cost(7, 3, 0, 3, 1, 2)),
        ([0.5, np.float32(0.8), 0.6, 0.5], Cost(7, 3, 0, 3, 2, 1)),  # a threshold that is reached is met
        ([1.0, 1.0, 1.0, 1.0], Cost(7, 3, 0, 3, 0, 7)),
    ],
)
def test_what_thresholds_cost_is_counted(thresholds: list[float], cost: Cost) -> None:
    thresholds = [float(np.float32(one)) for one in thresholds]
    assert HeldOut(CHANCES, TARGET).cost(np.array(thresholds), GOOD, FAULTY) == cost


def test_they_are_in_the_file_as_they_were_and_models_without_open_too(trained: head.Trained) -> None:
    model = trained.model
    assert model.held_out is not None
    read = read_model(model_file.save(model)).held_out
    assert read is not None
    np.testing.assert_array_equal(read.chances, trained.held_out)
    np.testing.assert_array_equal(read.target, model.held_out.target)
    without = model_file.save(replace(model, held_out=None))
    assert read_model(without).held_out is None
    assert len(model_file.save(model)) - len(without) < 20 * model.held_out.chances.size + 300


def test_which_plots_they_were_and_which_were_unfamiliar_is_in_the_file(trained: head.Trained) -> None:
    model = trained.model
    assert model.held_out is not None
    assert model.held_out.content_hashes == []  # as the first recipe gives it, which knows no pictures
    hashes = [hashlib.sha256(bytes([row])).hexdigest() for row in range(model.held_out.target.size)]
    read = read_model(model_file.save(replace(model, held_out=model.held_out.of_pictures(hashes)))).held_out
    assert read is not None
    assert read.content_hashes == hashes
    assert read.unfamiliar is not None
    np.testing.assert_array_equal(read.unfamiliar, trained.unfamiliar[trained.judged])
    older = HeldOut(model.held_out.chances, model.held_out.target)
    read = read_model(model_file.save(replace(model, held_out=older))).held_out
    assert read is not None
    assert (read.plots, read.unfamiliar, read.content_hashes) == (None, None, [])


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("held_out_chances", np.full((3, 3), 0.3, np.float32)),
        ("held_out_chances", np.full((3, 3), np.nan, np.float32)),
        ("held_out_target", np.zeros(1, np.int32)),
        ("held_out_plots", np.zeros((3, 32), np.uint8)),
        ("held_out_unfamiliar", np.zeros(3, np.bool_)),
    ],
)
def test_numbers_that_do_not_fit_are_refused(trained: head.Trained, name: str, wrong: np.ndarray) -> None:
    data = model_file.save(trained.model)
    if np.isnan(wrong).any():
        wrong = np.full_like(load_tensors(data)[name], np.nan)
    with pytest.raises(ModelFileError, match="damaged"):
        model_file.load(changed(data, **{name: wrong}))
