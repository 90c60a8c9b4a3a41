"""Throughput and memory of the predictor beside the bare backbone; verdicts and evidence on real plots."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil

from hydra_desktop import paths
from hydra_desktop.services import demo
from hydra_desktop.sources.simulated import SimulatedHall
from hydra_desktop.vision import model_file
from hydra_desktop.vision.backbone import Backbone, stack
from hydra_desktop.vision.picture import decode_for_network, resize
from hydra_desktop.vision.predictor import Predictor

from . import real_plots
from .figure import Figure

ROUNDS = 5


REACHED = {  # macro-F1, AUC and Good called faulty of 1,000 at 90 % recall that are to be reached
    "csc_segment_time": (0.96, 0.99, 10.0),
    "pixel_zphi": (0.95, 0.98, 10.0),
}


def figures(data: Path | None) -> Iterator[Figure]:
    """Throughput; and with a folder of real manifests what verdicts on them are worth."""
    yield from _throughput()
    if data is None:
        return
    backbone = Backbone()
    for name in REACHED:
        plots = real_plots.load(data, name, backbone)
        yield from _verdicts(plots)
        if name == "pixel_zphi":
            yield _places(plots, backbone)


def _verdicts(plots: real_plots.RealPlots) -> Iterator[Figure]:
    found, seconds = [], []
    for training, test in real_plots.splits(plots.groups):
        started = time.perf_counter()
        trained = plots.train(training)
        seconds.append(time.perf_counter() - started)
        found.append((real_plots.score(plots, trained.model, test), int((plots.labels[test] == "Good").sum())))
    f1, auc, alarms = REACHED[plots.name]
    scores = [one.macro_f1 for one, _ in found]
    areas = [one.auc or 0.0 for one, _ in found]
    good = sum(count for _, count in found)
    called = sum((one.false_alarms_per_1000 or 0.0) * count for one, count in found) / good
    confirmed = sum((one.false_positives_per_1000 or 0.0) * count for one, count in found) / good
    name = plots.name
    mean = statistics.mean
    yield Figure(f"{name}, macro-F1 ({real_plots.interval(scores)})", mean(scores), "", f"{f1}", mean(scores) >= f1)
    yield Figure(f"{name}, AUC ({real_plots.interval(areas)})", mean(areas), "", f"{auc}", mean(areas) >= auc)
    what = f"{name}, Good at or above the score of 90 % recall, of 1,000 ({good} Good)"
    yield Figure(what, called, "", f"at most {alarms:g}", called <= alarms)
    yield Figure(f"{name}, Good with a Confirmed faulty verdict, of 1,000, Unfamiliar 0", confirmed, "")
    yield Figure(f"{name}, training with features ready", mean(seconds), "s")


def _places(plots: real_plots.RealPlots, backbone: Backbone) -> Figure:
    """Whether the highest point of the evidence lies within a cell of the injected fault, where it was found."""
    hits = tried = 0
    for training, test in real_plots.splits(plots.groups):
        model = plots.train(training).model
        predictor = Predictor({plots.name: model}, backbone=backbone)
        for index in np.flatnonzero(test & (plots.labels == "Bad")):
            if not plots.rows[index]["box"]:
                continue
            prediction = predictor.predict([decode_for_network(plots.files[index])], [plots.name])[0]
            if max(prediction.probabilities, key=prediction.probabilities.__getitem__) != "Bad":
                continue
            tried += 1
            hits += real_plots.points_at(prediction.evidence["Bad"], plots.rows[index]["box"])
    share = 100 * hits / max(1, tried)
    return Figure(f"{plots.name}, evidence at the fault ({tried} found)", share, "%", "at least 80", share >= 80)


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
