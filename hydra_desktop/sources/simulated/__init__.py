"""A simulated hall: 73 plot types, Poisson statistics, runs, beam trips, and faults of known truth.

It is what the demo, the tests and the generated training sets use. Everything follows from the
seed, the plot type, the run and the chunk, so any plot can be drawn again.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ...domain.hall import AlarmRule, Hall, PlotType
from ...domain.label import default_label
from ...domain.plot import PlotName
from . import faults
from .canvas import Array, Canvas, png
from .catalogue import CATALOGUE
from .faults import Fault
from .looks import Conditions, Look

RUN_PERIOD = "2026-03"
FIRST_RUN = 121453
CHUNKS_A_RUN = 20
TRIP_EVERY, TRIP_LENGTH, FIRST_TRIP = 23, 2, 12
FAULT_CHANCE = 0.014  # that a healthy plot type turns faulty from one chunk to the next
FIRST_FAULTS = 5  # plot types that are faulty from the very first chunk
DEAD_SHARE = 0.012  # of channels that are known to be dead all through a run period


@dataclass(frozen=True)
class SimulatedPlot:
    """One plot with its truth; `picture` is uint8 (533, 800, 3).

    `label` is the truth; `visible` holds for a fault that a person could see on the plot
    (faults.is_visible). One that nobody can see counts neither as Good nor as a fault to be found.
    """

    name: PlotName
    picture: npt.NDArray[np.uint8]
    label: str
    fault: Fault | None = None
    visible: bool = False


class SimulatedHall:
    """Draws chunk after chunk; the state is only the number of the next chunk."""

    def __init__(self, seed: int, plot_types: int = len(CATALOGUE)) -> None:
        self.seed = seed
        self.names = list(CATALOGUE)[:plot_types]
        self._next = 0
        self._faulty: dict[str, tuple[Fault, int]] = {}  # until that chunk
        self._fixed: dict[str, Array] = {}

    def hall(self) -> Hall:
        """The hall's settings."""
        return Hall("Demo", plot_types={name: self._plot_type(name) for name in self.names})

    def training_set(self, plot_type: str, good: int, each: int, seed: int) -> Iterator[SimulatedPlot]:
        """Labelled plots of runs that no live demo shows: `good` Good ones, `each` of every other label.

        All faults are visible ones: nobody can label from a plot what can't be seen on it.
        """
        random = self._random(plot_type, "training", seed)
        look = CATALOGUE[plot_type][1]
        for index in range(good):
            yield self._draw(plot_type, 90_000 + index, index % CHUNKS_A_RUN, random)
        kinds = look.faults
        for index in range(each * len({faults.Fault(kind, 0, 0).label for kind in kinds})):
            plot = self._draw(plot_type, 95_000 + index, index % CHUNKS_A_RUN, random, faults.draw_fault(look, random))
            while not plot.visible:
                plot = self._draw(
                    plot_type, 95_000 + index, index % CHUNKS_A_RUN, random, faults.draw_fault(look, random)
                )
            yield plot
        for index in range(max(4, each // 3)):
            yield self._draw(plot_type, 98_000 + index, index % CHUNKS_A_RUN, random, beam_on=False)

    def plot(
        self, name: str, run: int, chunk: int, some: Sequence[Fault] = (), *, exact: bool = False
    ) -> SimulatedPlot:
        """A plot with these faults, one after the other; `exact` draws what is expected, without fluctuations.

        Its label and `fault` are those of the first.
        """
        random = self._random(name, f"of choice {run}", chunk)
        return self._draw(name, run, chunk, random, *some, exact=exact)

    def chunk(self) -> list[SimulatedPlot]:
        """The plots of the next chunk."""
        number = self._next
        self._next += 1
        run, chunk = FIRST_RUN + number // CHUNKS_A_RUN, number % CHUNKS_A_RUN
        self._age_faults(number)
        plots = []
        for name in self.names:
            some = [self._faulty[name][0]] if name in self._faulty else []
            random = self._random(name, "live", number)
            plots.append(self._draw(name, run, chunk, random, *some, beam_on=self.beam_on(number)))
        return plots

    def write_next_chunk(self, folder: Path) -> int:
        """Write the next chunk under ``folder/source``, with beam.json and truth.csv beside; how many plots."""
        state = {
            "run_number": FIRST_RUN + self._next // CHUNKS_A_RUN,
            "run_period": RUN_PERIOD,
            "beam_on": self.beam_on(self._next),
            "beam_current_nA": 151.0 if self.beam_on(self._next) else 0.0,
        }
        _replace(folder / "beam.json", json.dumps(state).encode())
        plots = self.chunk()
        truth = folder / "truth.csv"
        is_new = not truth.exists()
        with truth.open("a", newline="", encoding="utf-8") as lines:
            table = csv.writer(lines)
            if is_new:
                table.writerow(["plot_type", "run_number", "chunk", "label", "fault", "size", "visible", "written_at"])
            for plot in plots:
                name = plot.name
                place = folder / "source" / f"RunPeriod-{name.run_period}" / f"Run{name.run_number:06d}"
                place.mkdir(parents=True, exist_ok=True)
                _replace(place / f"{name.plot_type}_{name.chunk:04d}.png", png(plot.picture))
                kind, size = (plot.fault.kind, f"{plot.fault.size:.3f}") if plot.fault else ("", "")
                when = datetime.now(UTC).isoformat()
                table.writerow(
                    [name.plot_type, name.run_number, name.chunk, plot.label, kind, size, int(plot.visible), when]
                )
        return len(plots)

    @staticmethod
    def beam_on(number: int) -> bool:
        """Whether there is beam in a chunk, counted from the first."""
        return number < FIRST_TRIP or (number - FIRST_TRIP) % TRIP_EVERY >= TRIP_LENGTH

    def _age_faults(self, number: int) -> None:
        random = self._random("hall", "faults", number)
        self._faulty = {name: entry for name, entry in self._faulty.items() if entry[1] > number}
        healthy = [name for name in self.names if name not in self._faulty]
        if number == 0:
            chosen = list(random.choice(healthy, min(FIRST_FAULTS, len(healthy)), replace=False))
        else:
            chosen = [name for name in healthy if random.random() < FAULT_CHANCE]
        for name in chosen:
            fault = faults.draw_fault(CATALOGUE[str(name)][1], random)
            self._faulty[str(name)] = (fault, number + int(random.integers(3, 8)))

    def _draw(
        self,
        name: str,
        run: int,
        chunk: int,
        random: np.random.Generator,
        *some: Fault,
        beam_on: bool = True,
        exact: bool = False,
    ) -> SimulatedPlot:
        look = CATALOGUE[name][1]
        conditions = self._conditions(name, run)
        good = self._scaled(name, look, conditions)
        fault = some[0] if some else None
        expected = good
        for one in some:
            expected = faults.apply(one, expected, look)
        visible = fault is not None and beam_on and faults.is_visible(good, expected, look)
        if exact:
            counts = expected
        elif look.trend:
            noise = 0.02 * good.mean() * random.standard_normal(good.shape)
            counts = expected + noise if beam_on else np.full(good.shape, np.nan)
        else:
            counts = random.poisson(expected * (1.0 if beam_on else 0.002)).astype(float)
        canvas = Canvas(name)
        look.draw(canvas, counts, good if beam_on else good * 0.002)
        label = "NoData" if not beam_on else fault.label if fault is not None else "Good"
        return SimulatedPlot(PlotName(name, run, chunk, RUN_PERIOD), canvas.array(), label, fault, visible)

    def _scaled(self, name: str, look: Look, conditions: Conditions) -> Array:
        """Expected counts of a healthy plot, known dead channels included."""
        fixed = self._random(name, "fixed", 0)
        shape = look.expect(conditions, fixed)
        if look.trend:
            return shape
        if look.axis is not None and shape.size > 60:
            dead = self._random(name, "dead", 0).random(shape.shape) < DEAD_SHARE
            shape = np.where(dead, 0.0, shape)
        return shape / shape.sum() * look.statistics * conditions.rate

    def _conditions(self, name: str, run: int) -> Conditions:
        random = self._random(name, "run", run)
        return Conditions(
            rate=float(np.exp(0.12 * random.standard_normal())),
            gain=float(1 + 0.01 * random.standard_normal()),
            shift=float(0.25 * random.standard_normal()),
            tilt=float(0.12 * random.standard_normal()),
        )

    def _plot_type(self, name: str) -> PlotType:
        group, look = CATALOGUE[name]
        labels = ["Good", *sorted({faults.Fault(kind, 0, 0).label for kind in look.faults}), "NoData", "Ignore"]
        first = group.split(" ", maxsplit=1)[0]
        return PlotType(
            name,
            group=group,
            labels=tuple(default_label(label) for label in dict.fromkeys(labels)),
            alarm_rule=AlarmRule(2, 3),
            stale_after_s=600.0,
            contact=f"{first} expert on call, phone {4400 + sum(map(ord, first)) % 100}",
            guidance=(
                f"1. Compare with the last Good plot: which part of {name} changed?\n"
                f"2. Open the {group} voltage and readout screens and look for a board off its set value.\n"
                "3. Don't switch anything on in beam. Call the expert."
            ),
        )

    def _random(self, *key: object) -> np.random.Generator:
        text = "/".join(map(str, (self.seed, *key)))
        return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little"))


def _replace(path: Path, data: bytes) -> None:
    partial = path.with_name(f".{path.name}.part")
    partial.write_bytes(data)
    partial.replace(path)
