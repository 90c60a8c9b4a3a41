"""The threshold bench: what one move of the line costs with a week of 500,000 verdicts behind it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from hydra_desktop.domain.hall import PlotType
from hydra_desktop.domain.label import Role, default_label
from hydra_desktop.domain.replay import Recorded, Replay
from hydra_desktop.domain.unseen import Unseen, roles
from hydra_desktop.services.threshold_bench import ThresholdBench

from .figure import Figure

VERDICTS, HELD_OUT, MOVES = 500_000, 3_000, 100
LABELS = ("Good", "Bad", "HotChannel", "NoData")
GOAL_MS = 100.0


def figures(_data: Path | None) -> Iterator[Figure]:
    """Every figure, curve and alarm anew for each of the moves of a drag across the whole scale."""
    bench = a_week()
    values = dict(bench.now)
    times_ms, alarms = [], 0
    for threshold in np.linspace(0.3, 0.99, MOVES):
        values["Bad"] = float(threshold)
        began_s = time.perf_counter()
        outcome = bench.at(values)
        bench.said(outcome.change.vanish)
        bench.said(outcome.change.appear)
        times_ms.append(1e3 * (time.perf_counter() - began_s))
        alarms = max(alarms, len(outcome.replayed.alarms))
    began_s = time.perf_counter()
    bench.curves("Bad", values)
    curves_ms = 1e3 * (time.perf_counter() - began_s)
    times_ms.sort()
    slowest = times_ms[-1]
    yield Figure(f"a move over {VERDICTS} verdicts, median", statistics.median(times_ms), "ms")
    yield Figure(
        f"a move over {VERDICTS} verdicts, the slowest of {MOVES}",
        slowest,
        "ms",
        f"under {GOAL_MS:.0f}",
        slowest < GOAL_MS,
    )
    yield Figure("alarms in the replay, the most", alarms, "")
    yield Figure(f"curves of a label over {HELD_OUT} held-out plots", curves_ms, "ms")


def a_week() -> ThresholdBench:
    """A bench whose span is drawn: 40 streams, stretches of a fault, and single plots near the threshold."""
    chance = np.random.default_rng(1)
    top = np.where(chance.random(VERDICTS) < 0.02, chance.integers(1, len(LABELS), VERDICTS), 0)
    for begin in chance.integers(0, VERDICTS - 200, 2_000):
        top[begin : begin + chance.integers(2, 200)] = 1
    settings = PlotType("week", labels=tuple(map(default_label, LABELS)))
    confidence = np.clip(chance.normal(0.8, 0.2, VERDICTS), 0.26, 1.0)
    span = Recorded(
        LABELS, np.arange(VERDICTS) * 40 // VERDICTS, np.arange(VERDICTS) // 120, np.arange(VERDICTS) * 1_000_000,
        np.arange(VERDICTS), top, confidence, chance.random(VERDICTS) < 0.01,
        chance.choice(np.array([-1, 0, 1], np.int8), VERDICTS), np.where(top == 0, 1 - confidence, confidence),
    )  # fmt: skip
    truth = chance.integers(0, len(LABELS), HELD_OUT)
    chances = chance.dirichlet(np.ones(len(LABELS)), HELD_OUT).astype(np.float32)
    unseen = Unseen(LABELS, LABELS, truth, chances, np.arange(HELD_OUT) // 10)
    record = SimpleNamespace(id=1, plot_type="week", thresholds=dict.fromkeys(LABELS, 0.7), active=True)
    alarms = [bool(one) for one in roles(LABELS, Role.FAULTY, settings)]
    when = time.gmtime()
    return ThresholdBench(
        1, record, settings, LABELS, unseen, "", None, "", Replay(span, alarms, settings.rule), when, when, ()
    )  # fmt: skip
