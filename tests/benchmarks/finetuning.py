"""What the second recipe costs beside the first, on the same plots."""

from __future__ import annotations

import time
from collections.abc import Iterator

from hydra_desktop.sources.simulated import SimulatedHall
from hydra_desktop.vision import finetune, head
from hydra_desktop.vision.backbone import Backbone, stack
from hydra_desktop.vision.deviation import describe
from hydra_desktop.vision.picture import resize

from .figure import Figure

PLOT_TYPE = "CDC_occupancy"
GOOD, BAD = 10, 6  # few: a tuning goes over them up to ten times, at a few plots a second


def ratio_to_finetuning(backbone: Backbone | None = None) -> Iterator[Figure]:
    """Seconds of both recipes from pictures in memory, and their ratio with features ready and cold."""
    backbone = backbone or Backbone()
    drawn = list(SimulatedHall(5).training_set(PLOT_TYPE, good=GOOD, each=BAD, seed=1))
    plots = [plot for plot in drawn if plot.label == "Good"][:GOOD]
    plots += [plot for plot in drawn if plot.label == "Bad"][:BAD]
    pictures = stack([resize(plot.picture) for plot in plots])
    labels, runs = [plot.label for plot in plots], [f"run {number}" for number in range(len(plots))]
    started = time.perf_counter()
    description = describe(backbone(pictures), pictures)
    features_s = time.perf_counter() - started
    started = time.perf_counter()
    head.train(PLOT_TYPE, description, labels, runs, good=["Good"])
    ready_s = time.perf_counter() - started
    import torch  # noqa: F401 the time to import it is no part of the training

    started = time.perf_counter()
    tuned = finetune.train(PLOT_TYPE, pictures, labels, runs, good=["Good"])
    tuning_s = time.perf_counter() - started
    card = tuned.model.card
    what = f"{len(plots)} plots, {len(card['log_loss_by_epoch']) - 1} epochs on {card['device']}"
    yield Figure(f"first recipe, features ready ({len(plots)} plots)", ready_s, "s")
    yield Figure(f"fine-tuning ({what})", tuning_s, "s")
    yield Figure("fine-tuning to the first recipe with features ready", tuning_s / ready_s, "times as long")
    yield Figure("fine-tuning to the first recipe cold", tuning_s / (features_s + ready_s), "times as long")
