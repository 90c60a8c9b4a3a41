"""What is known and what is unknown, on the simulated hall: known faults held back, others on the same plot found.

Evidence maps are measured beside painting: a rule on them with an absolute limit, and one on their share outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hydra_desktop.domain.hall import PlotType
from hydra_desktop.domain.known_fault import Region, is_quiet
from hydra_desktop.domain.verdict import STRONG, Familiarity, Status, Verdict, alarm_severity, judge
from hydra_desktop.services.rest_of_plot import painted
from hydra_desktop.sources.simulated import SimulatedHall, SimulatedPlot, faults
from hydra_desktop.sources.simulated.catalogue import CATALOGUE
from hydra_desktop.sources.simulated.faults import Fault
from hydra_desktop.vision import head
from hydra_desktop.vision.backbone import Backbone, stack
from hydra_desktop.vision.deviation import Description, describe
from hydra_desktop.vision.model_file import Model
from hydra_desktop.vision.picture import Picture, resize
from hydra_desktop.vision.predictor import Prediction, Predictor
from tests.fakes.faulty_plots import apart, region_of

from .figure import Figure

TYPES = (
    "Trigger_bits", "TAGM_occupancy", "TAGH_time", "TAGM_map", "PS_timing", "CDC_occupancy", "FDC_strips", "FDC_wires",
    "FCAL_occupancy", "TOF_planes", "DIRC_occupancy", "FCAL_pedestal", "Vertex_xy", "CDC_efficiency",
)  # fmt: skip
SEED, PERIOD, FIRST = 11, "2026-03", 121_453
DRAWS, TRIES, LARGEST = 30, 200, 0.45  # of the picture a known region may have
MOST_OUTSIDE = 0.8  # of evidence, at the highest cell


@dataclass
class _Counts:
    alone: int = 0
    held: int = 0
    held_by_map: int = 0
    two: int = 0
    two_told: int = 0
    two_found: int = 0
    two_by_map: int = 0
    good: int = 0
    good_unfamiliar: int = 0
    left_out: int = 0
    left_out_faulty: int = 0
    left_out_unfamiliar: int = 0
    left_out_strong: int = 0


@dataclass
class _Bench:
    """One plot type with its model, and what it says."""

    hall: SimulatedHall
    name: str
    backbone: Backbone
    random: np.random.Generator
    settings: PlotType = field(init=False)

    def __post_init__(self) -> None:
        self.settings = self.hall.hall().plot_types[self.name]
        self.plots = list(self.hall.training_set(self.name, 60, 24, 3))
        pictures = [resize(plot.picture) for plot in self.plots]
        parts = []
        for start in range(0, len(pictures), 8):
            some = stack(pictures[start : start + 8])
            parts.append(describe(self.backbone(some), some))
        columns = zip(*(part.parts for part in parts), strict=True)
        self.described = Description(
            np.concatenate([part.pooled for part in parts]), tuple(map(np.concatenate, columns))
        )
        self.use(self.train())

    def train(self, without: str = "") -> Model:
        """A model that never saw a kind of fault."""
        rows = [row for row, one in enumerate(self.plots) if one.fault is None or one.fault.kind != without]
        labels = [self.plots[row].label for row in rows]
        rows = [row for row, label in zip(rows, labels, strict=True) if labels.count(label) > 1]
        runs = [str(self.plots[row].name.run_number) for row in rows]
        chosen = [self.plots[row].label for row in rows]
        periods = [PERIOD] * len(rows)
        return head.train(
            self.name, self.described.at(np.array(rows)), chosen, runs, good=("Good",), periods=periods
        ).model

    def use(self, model: Model) -> None:
        """Judge by a model from now on."""
        self.model, self.predictor = model, Predictor({self.name: model}, self.backbone)

    def says(self, pictures: Sequence[Picture]) -> list[tuple[Prediction, Verdict]]:
        """What it says of pictures."""
        found = self.predictor.predict(pictures, [self.name] * len(pictures), [PERIOD] * len(pictures))
        thresholds = self.model.thresholds
        return [(p, judge(p.probabilities, thresholds, self.settings, unfamiliar=p.unfamiliar)) for p in found]

    def alarms(self, picture: Picture) -> bool:
        """Whether a plot is a Confirmed fault."""
        return alarm_severity(self.says([picture])[0][1], self.settings) > 0

    def draw(self, run: int, *some: Fault) -> SimulatedPlot:
        """A plot with faults."""
        return self.hall.plot(self.name, run, int(self.random.integers(1 << 30)), some)

    def fault(self, run: int, kind: str = "") -> Fault | None:
        """A fault that a person could see, None where there is none after many tries."""
        look = CATALOGUE[self.name][1]
        for _ in range(TRIES):
            made = faults.draw_fault(look, self.random)
            if kind:
                made = Fault(kind, made.size, made.place)
            if self.draw(run, made).visible:
                return made
        return None


def figures(_data: Path | None) -> Iterator[Figure]:
    """Shares over all plot types."""
    hall, backbone, counts = SimulatedHall(SEED), Backbone(), _Counts()
    for name in TYPES:
        bench = _Bench(hall, name, backbone, np.random.default_rng(5))
        good = [resize(bench.draw(121_000 + number).picture) for number in range(12)]
        for _ in range(DRAWS):
            _known(bench, good, counts)
        _unknown(bench, counts)
    yield _share("a known fault alone is held back", counts.held, counts.alone, "over 0.95", 0.95)
    yield _share("with another fault elsewhere it would alarm without the known one", counts.two_told, counts.two)
    yield _share("of those it alarms all the same", counts.two_found, counts.two_told, "over 0.95", 0.95)
    yield _share("held back by the evidence map, absolute limit", counts.held_by_map, counts.alone)
    yield _share("with another fault, by the evidence map's share", counts.two_by_map, counts.two)
    yield _share("Good plots that are Unfamiliar", counts.good_unfamiliar, counts.good)
    yield _share("of a kind never trained on, told as a known kind", counts.left_out_faulty, counts.left_out)
    yield _share("of a kind never trained on, Unfamiliar", counts.left_out_unfamiliar, counts.left_out)
    yield _share("of those Unfamiliar, strongly so in one part", counts.left_out_strong, counts.left_out_unfamiliar)


def _known(bench: _Bench, good: Sequence[Picture], counts: _Counts) -> None:
    run = FIRST + int(bench.random.integers(200))
    first = bench.fault(run)
    region = region_of(bench.hall, bench.name, run, first) if first is not None else None
    if first is None or region is None or region.width * region.height > LARGEST:
        return
    alone = resize(bench.draw(run, first).picture)
    prediction, verdict = bench.says([alone])[0]
    if alarm_severity(verdict, bench.settings) == 0 or verdict.label != first.label:
        return
    counts.alone += 1
    counts.held += _is_known(bench, alone, good, region)
    counts.held_by_map += _outside(prediction, verdict.label, region)[0] < MOST_OUTSIDE
    second = bench.fault(run)
    other = region_of(bench.hall, bench.name, run, second) if second is not None else None
    if second is None or other is None or not (apart(region, other) or other.width * other.height > LARGEST):
        return
    if not bench.alarms(resize(bench.draw(run, second).picture)):
        return
    both = resize(bench.draw(run, first, second).picture)
    prediction, verdict = bench.says([both])[0]
    told = alarm_severity(verdict, bench.settings) > 0
    is_other = verdict.label != first.label
    counts.two += 1
    counts.two_told += told
    counts.two_found += told and (is_other or not _is_known(bench, both, good, region))
    counts.two_by_map += told and (is_other or _outside(prediction, verdict.label, region)[1] >= 0.5)


def _is_known(bench: _Bench, picture: Picture, good: Sequence[Picture], region: Region) -> bool:
    return is_quiet(bench.says([painted(picture, good, [region])])[0][1], bench.settings)


def _outside(prediction: Prediction, label: str, region: Region) -> tuple[float, float]:
    """The highest evidence outside a region, and the share of all that lies there."""
    evidence = prediction.evidence[label].copy()
    whole = float(evidence.sum())
    evidence[region.pixels(*evidence.shape)] = 0.0
    return float(evidence.max()), float(evidence.sum()) / max(whole, 1e-9)


def _unknown(bench: _Bench, counts: _Counts) -> None:
    for kind in CATALOGUE[bench.name][1].faults:
        bench.use(bench.train(kind))
        plots = [resize(bench.draw(FIRST + number).picture) for number in range(8)]
        counts.good += len(plots)
        counts.good_unfamiliar += sum(verdict.status is Status.UNFAMILIAR for _, verdict in bench.says(plots))
        for number in range(8):
            fault = bench.fault(FIRST + number, kind)
            if fault is None:
                continue
            prediction, verdict = bench.says([resize(bench.draw(FIRST + number, fault).picture)])[0]
            counts.left_out += 1
            counts.left_out_faulty += alarm_severity(verdict, bench.settings) > 0
            if verdict.status is Status.UNFAMILIAR:
                counts.left_out_unfamiliar += 1
                far = Familiarity(prediction.novelty, prediction.nearest, prediction.deviation)
                counts.left_out_strong += far.strongest >= STRONG


def _share(name: str, part: int, whole: int, goal: str = "", least: float = 0.0) -> Figure:
    value = part / max(1, whole)
    return Figure(f"{name}, of {whole}", value, "share", goal, value > least if goal else None)
