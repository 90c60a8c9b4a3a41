"""What tests of vision share: the real backbone, features of drawn plots, and plots that are noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from hydra_desktop.sources.simulated import SimulatedHall
from hydra_desktop.vision import head
from hydra_desktop.vision.backbone import CHANNELS, Backbone, Features, stack
from hydra_desktop.vision.deviation import SCALES, Description, describe
from hydra_desktop.vision.picture import resize

PLOT_TYPE = "CDC_occupancy"


@dataclass(frozen=True)
class Drawn:
    """A small training set of one plot type: features with labels and runs."""

    features: Features
    description: Description
    labels: list[str]
    runs: list[str]
    pictures: np.ndarray


def noise(count: int, seed: int = 0) -> Description:
    """Descriptions of plots of which nothing is strange: each number is random by itself."""
    random = np.random.default_rng(seed)
    parts = (random.standard_normal((count, scale.places, scale.channels), np.float32) for scale in SCALES)
    return Description(random.random((count, CHANNELS), np.float32), tuple(parts))


@pytest.fixture(scope="session", autouse=True)
def one_thread_of_blas() -> Iterator[None]:
    """As the program has it where it matters; more of them spin on each other on a busy machine."""
    with threadpool_limits(limits=1):
        yield


@pytest.fixture(scope="session")
def backbone() -> Backbone:
    return Backbone()


@pytest.fixture(scope="session")
def drawn(backbone: Backbone) -> Drawn:
    plots = list(SimulatedHall(5).training_set(PLOT_TYPE, good=30, each=9, seed=1))
    pictures = stack([resize(plot.picture) for plot in plots])
    features = backbone(pictures)
    labels, runs = [plot.label for plot in plots], [str(plot.name.run_number) for plot in plots]
    return Drawn(features, describe(features, pictures), labels, runs, pictures)


@pytest.fixture(scope="session")
def trained(drawn: Drawn) -> head.Trained:
    hashes = [f"hash of {run}" for run in drawn.runs]
    return head.train(PLOT_TYPE, drawn.description, drawn.labels, drawn.runs, good=["Good"], hashes=hashes)
