"""Throughput and memory of the predictor beside the bare backbone; verdicts and evidence on real plots."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from hydra_desktop import paths
from hydra_desktop.services import demo
from hydra_desktop.sources.simulated import SimulatedHall
from hydra_desktop.vision import model_file
from hydra_desktop.vision.backbone import Backbone, stack
from hydra_desktop.vision.picture import resize
from hydra_desktop.vision.predictor import Predictor

from . import verdicts
from .figure import Figure

ROUNDS = 5


def figures(data: Path | None) -> Iterator[Figure]:
    """Throughput; and with a folder of real manifests what verdicts on them are worth."""
    yield from _throughput()
    if data is not None:
        yield from verdicts.figures(data, Backbone())


def _throughput() -> Iterator[Figure]:
    """One chunk of 73 plots with 73 models."""
    plots = SimulatedHall(demo.SEED).chunk()
    pictures = [resize(plot.picture) for plot in plots]
    types = [plot.name.plot_type for plot in plots]
    started = time.perf_counter()
    models = {
        path.stem: model_file.load(path.read_bytes())
        for path in (paths.shipped("models") / "demo").glob("*.safetensors")
    }
    loading_s = time.perf_counter() - started
    backbone = Backbone()
    predictor = Predictor(models, backbone=backbone)
    bare, whole = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for start in range(0, len(pictures), 8):
            backbone(stack(pictures[start : start + 8]))
        bare.append(time.perf_counter() - started)
        started = time.perf_counter()
        for start in range(0, len(pictures), 8):
            predictor.predict(pictures[start : start + 8], types[start : start + 8])
        whole.append(time.perf_counter() - started)
    ratio = statistics.median(whole) / statistics.median(bare)
    yield Figure("bare backbone", len(pictures) / statistics.median(bare), "plots/s")
    yield Figure("backbone, heads, deviation and maps", len(pictures) / statistics.median(whole), "plots/s")
    yield Figure("ratio of time to the bare backbone", ratio, "", "at most 1.5", ratio <= 1.5)
    yield Figure("loading 73 models", loading_s, "s")
    memory_gb = psutil.Process().memory_info().rss / 1e9
    yield Figure("memory with 73 models", memory_gb, "GB", "under 1", memory_gb < 1)
