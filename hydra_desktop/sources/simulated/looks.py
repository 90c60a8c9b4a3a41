"""What each kind of monitoring plot shows when all is well: expected counts, and how they are drawn.

A look holds the expectation of its cells, 1D (bins,) or 2D (rows, columns) or several panels
(panels, bins) or (panels, rows, columns), for one unit of statistics, and draws what was counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .canvas import Array, Box, Canvas

WHOLE: Box = (86, 52, 776, 478)
WITH_BAR: Box = (86, 52, 700, 478)


@dataclass(frozen=True)
class Conditions:
    """How a run differs from others: slow changes that are all Good.

    `rate` scales all counts, `gain` stretches amplitudes, `shift` moves times by a share of a
    peak's width, `tilt` changes slopes.
    """

    rate: float = 1.0
    gain: float = 1.0
    shift: float = 0.0
    tilt: float = 0.0


@dataclass(frozen=True)
class Look:
    """One look; `axis` is the dimension along which electronics channels run, None when none does."""

    name: str
    expect: Callable[[Conditions, np.random.Generator], Array]
    draw: Callable[[Canvas, Array, Array], None]
    statistics: float  # expected total of counts in one chunk
    axis: int | None = None
    amplitude: bool = False  # a gain change stretches the last axis
    time: bool = False  # a time offset shifts the last axis
    panels: bool = False
    trend: bool = False
    faults: tuple[str, ...] = field(default=())


def _bell(x: Array, mean: float, width: float) -> Array:
    return np.exp(-0.5 * np.square((x - mean) / width))


def _landau(x: Array, peak: float, width: float) -> Array:
    # Moyal's approximation of the Landau density (J. E. Moyal, Phil. Mag. 46 (1955) 263)
    t = (x - peak) / width
    return np.exp(-0.5 * (t + np.exp(-t)))


def occupancy(bins: int, slope: float, waves: int, x_title: str = "channel") -> Look:
    """Counts by channel with a smooth shape and channel-to-channel efficiencies."""

    def expect(c: Conditions, fixed: np.random.Generator) -> Array:
        x = np.linspace(0, 1, bins)
        shape = np.exp(-(slope + c.tilt) * x) * (1 + 0.15 * np.sin(2 * np.pi * waves * x))
        return shape * (1 + 0.05 * fixed.standard_normal(bins)).clip(0.7)

    def draw(canvas: Canvas, counts: Array, _expected: Array) -> None:
        canvas.bars(WHOLE, counts, (0, bins), "hits", x_title)
        canvas.statistics(WHOLE, counts.sum(), float((counts * np.arange(bins)).sum() / max(1, counts.sum())))

    return Look("occupancy", expect, draw, 400.0 * bins, axis=0, faults=("dead", "hot", "swapped", "noise"))


def peak(bins: int, width: float, background: float, x_title: str = "time (ns)", side: float = 0.0) -> Look:
    """A timing peak on a flat background, with the fit that monitoring draws."""

    def expect(c: Conditions, _fixed: np.random.Generator) -> Array:
        x = np.linspace(-10, 10, bins)
        signal = _bell(x, c.shift * width * 0.4, width * (1 + 0.05 * c.tilt))
        if side:
            signal = signal + side * (_bell(x, -6, width) + _bell(x, 6, width))
        return signal + background

    def draw(canvas: Canvas, counts: Array, expected: Array) -> None:
        canvas.bars(WHOLE, counts, (-10, 10), "hits", x_title)
        canvas.curve(WHOLE, expected, canvas.axis_top(counts))
        canvas.statistics(
            WHOLE, counts.sum(), float((counts * np.linspace(-10, 10, bins)).sum() / max(1, counts.sum()))
        )

    return Look("timing peak", expect, draw, 60_000.0, time=True, faults=("shift", "noise", "washed"))


def spectrum(bins: int, position: float, width: float, x_title: str = "ADC") -> Look:
    """A Landau-like pulse height spectrum."""

    def expect(c: Conditions, _fixed: np.random.Generator) -> Array:
        x = np.linspace(0, 1, bins) / c.gain
        return _landau(x, position, width) + 0.3 * np.exp(-x / 0.03)

    def draw(canvas: Canvas, counts: Array, _expected: Array) -> None:
        canvas.bars(WHOLE, counts, (0, 4096), "counts", x_title)
        canvas.statistics(
            WHOLE, counts.sum(), float((counts * np.linspace(0, 4096, bins)).sum() / max(1, counts.sum()))
        )

    return Look("pulse spectrum", expect, draw, 80_000.0, amplitude=True, faults=("gain", "noise", "washed"))


def resonance(bins: int, mass: float, width: float, fraction: float, x_title: str = "mass (GeV)") -> Look:
    """A mass peak on a falling background, with its fit."""

    def expect(c: Conditions, _fixed: np.random.Generator) -> Array:
        x = np.linspace(0, 1, bins) / (1 + 0.3 * (c.gain - 1))
        return fraction * _bell(x, mass, width) + np.exp(-(2.0 + c.tilt) * x) * (1 - np.exp(-x / 0.05))

    def draw(canvas: Canvas, counts: Array, expected: Array) -> None:
        canvas.bars(WHOLE, counts, (0, 1), "combinations", x_title)
        canvas.curve(WHOLE, expected, canvas.axis_top(counts))

    return Look("resonance", expect, draw, 60_000.0, amplitude=True, faults=("gain", "noise", "washed"))


def plane(rows: int, columns: int, spot: float, x_title: str = "column", y_title: str = "row") -> Look:
    """A rectangular map with channel-to-channel efficiencies and a bright middle."""

    def expect(c: Conditions, fixed: np.random.Generator) -> Array:
        y, x = np.mgrid[0:rows, 0:columns]
        u, v = (x + 0.5) / columns - 0.5, (y + 0.5) / rows - 0.5
        shape = 0.35 + spot * np.exp(-6 * (u * u + v * v)) + (0.4 + 0.3 * c.tilt) * (0.5 - v)
        return shape * (1 + 0.06 * fixed.standard_normal((rows, columns))).clip(0.6)

    def draw(canvas: Canvas, counts: Array, _expected: Array) -> None:
        canvas.colours(WITH_BAR, counts, (0, columns), (0, rows), y_title=y_title, x_title=x_title)

    return Look("map", expect, draw, 120.0 * rows * columns, axis=1, faults=("dead", "hot", "swapped", "noise"))


def disc(rings: int, wedges: int, hole: float) -> Look:
    """A round detector seen from the front, rings of wires or blocks, drawn in x and y."""
    size = 128
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size * 2 - 1
    radius, angle = np.hypot(x, y), np.arctan2(y, x) / (2 * np.pi) % 1.0
    ring = ((radius - hole) / (1 - hole) * rings).astype(int)
    outside = (radius < hole) | (radius >= 1.0)
    wedge = np.minimum((angle * wedges).astype(int), wedges - 1)

    def expect(c: Conditions, fixed: np.random.Generator) -> Array:
        fall = np.exp(-(2.0 + 0.6 * c.tilt) * np.linspace(0, 1, rings))[:, None]
        return (0.15 + fall) * (1 + 0.08 * fixed.standard_normal((rings, wedges))).clip(0.5)

    def draw(canvas: Canvas, counts: Array, _expected: Array) -> None:
        cells = counts[np.clip(ring, 0, rings - 1), wedge]
        shown = np.where(outside, np.nan, cells)
        canvas.colours(
            (170, 52, 630, 478),
            shown,
            (-60, 60),
            (-60, 60),
            top=canvas.axis_top(counts),
            y_title="y (cm)",
            x_title="x (cm)",
        )

    return Look("disc", expect, draw, 150.0 * rings * wedges, axis=1, faults=("dead", "hot", "swapped", "noise"))


def band(columns: int, rows: int = 60, width: float = 2.2, walk: float = 3.0) -> Look:
    """Time against channel: a band, one peak in each column."""

    def expect(c: Conditions, fixed: np.random.Generator) -> Array:
        offsets = 0.5 * fixed.standard_normal(columns) + walk * np.sin(np.linspace(0, 2 * np.pi, columns)) * 0.4
        y = np.arange(rows)[:, None]
        middle = rows / 2 + offsets[None, :] + 0.8 * c.shift
        return np.exp(-0.5 * np.square((y - middle) / width)) + 0.012

    def draw(canvas: Canvas, counts: Array, _expected: Array) -> None:
        canvas.colours(WITH_BAR, counts, (0, columns), (-30, 30), y_title="time (ns)", x_title="channel")

    return Look("time band", expect, draw, 110.0 * columns * 6, axis=1, faults=("dead", "shifted", "hot", "noise"))


def energy_loss(rows: int = 60, columns: int = 70) -> Look:
    """Energy loss against momentum: two bands that fall as 1/beta squared."""

    def expect(c: Conditions, _fixed: np.random.Generator) -> Array:
        p = np.linspace(0.25, 2.0, columns)[None, :]
        y = np.linspace(0, 1, rows)[:, None]
        cells = np.zeros((rows, columns))
        for mass, weight in ((0.14, 1.0), (0.94, 0.5)):
            loss = 0.12 * c.gain * (1 + np.square(mass / p))
            cells += weight * np.exp(-0.5 * np.square((y - loss) / (0.025 + 0.06 * loss))) * np.exp(-0.9 * p)
        return cells + 0.003

    def draw(canvas: Canvas, counts: Array, _expected: Array) -> None:
        canvas.colours(WITH_BAR, counts, (0.25, 2.0), (0, 20), y_title="dE/dx (keV/cm)", x_title="p (GeV)")

    return Look("energy loss", expect, draw, 90_000.0, amplitude=True, faults=("gain_rows", "noise", "washed"))


def correlation(size: int = 60, slope: float = -0.9) -> Look:
    """Two quantities that belong together: a tilted ellipse."""

    def expect(c: Conditions, _fixed: np.random.Generator) -> Array:
        y, x = np.mgrid[0:size, 0:size] / size - 0.5
        along, across = (x + slope * y) / np.hypot(1, slope), (y - slope * x) / np.hypot(1, slope)
        return np.exp(-0.5 * (np.square((across - 0.03 * c.shift) / 0.25) + np.square((along) / 0.07))) + 0.002

    def draw(canvas: Canvas, counts: Array, _expected: Array) -> None:
        canvas.colours(WITH_BAR, counts, (3, 9), (3, 9), y_title="E left (GeV)", x_title="E right (GeV)")

    return Look("correlation", expect, draw, 80_000.0, axis=1, faults=("dead", "shift_rows", "noise", "hot"))


def arcs(rows: int = 40, columns: int = 108) -> Look:
    """Cherenkov rings folded into a box: bright arcs over many pixels."""

    def expect(c: Conditions, fixed: np.random.Generator) -> Array:
        y, x = np.mgrid[0:rows, 0:columns]
        u = (x - columns / 2) / (columns / 2)
        low = 4 + (22 + c.shift) * u * u
        cells = np.exp(-0.5 * np.square((y - low) / 2.4)) + 0.5 * np.exp(-0.5 * np.square((y - low - 9) / 3.0)) + 0.06
        return cells * (1 + 0.08 * fixed.standard_normal((rows, columns))).clip(0.4)

    def draw(canvas: Canvas, counts: Array, _expected: Array) -> None:
        canvas.colours(WITH_BAR, counts, (0, columns), (0, rows), y_title="pixel row", x_title="pixel column")

    return Look("arcs", expect, draw, 26.0 * rows * columns, axis=1, faults=("dead", "hot", "noise"))


def phi_modulation(bins: int = 32) -> Look:
    """Counts against azimuth for a polarised beam: 1 + P cos 2 phi."""

    def expect(c: Conditions, fixed: np.random.Generator) -> Array:
        phi = np.linspace(-np.pi, np.pi, bins)
        return (1 + (0.35 + 0.04 * c.tilt) * np.cos(2 * phi + 0.3)) * (1 + 0.02 * fixed.standard_normal(bins))

    def draw(canvas: Canvas, counts: Array, _expected: Array) -> None:
        canvas.points(
            WHOLE, counts, np.sqrt(counts), (-180, 180), (0, canvas.axis_top(counts) * 1.2), "counts", "phi (deg)"
        )

    return Look("phi modulation", expect, draw, 60_000.0, axis=0, faults=("dead", "hot", "washed"))


def trend(points: int, level: float, y_title: str) -> Look:
    """A quantity over time with error bars."""

    def expect(c: Conditions, fixed: np.random.Generator) -> Array:
        slow = np.cumsum(fixed.standard_normal(points)) * 0.002
        return level * c.gain * (1 + slow + 0.02 * c.tilt * np.linspace(-1, 1, points))

    def draw(canvas: Canvas, counts: Array, _expected: Array) -> None:
        errors = np.full(points, level * 0.02)
        canvas.points(WHOLE, counts, errors, (0, 5), (0, level * 1.6), y_title, "time (min)")

    return Look("trend", expect, draw, 0.0, trend=True, faults=("drop", "step", "scatter"))


def bits(count: int) -> Look:
    """Trigger bits: a few bars of very different height."""

    def expect(c: Conditions, fixed: np.random.Generator) -> Array:
        heights = 10 ** fixed.uniform(-0.7, 0.0, count)
        return heights * (1 + 0.03 * c.tilt)

    def draw(canvas: Canvas, counts: Array, _expected: Array) -> None:
        canvas.bars(WHOLE, counts, (0, count), "triggers", "bit")

    return Look("trigger bits", expect, draw, 40_000.0, axis=0, faults=("dead", "hot", "swapped"))


def sectors_1d(panels: int, bins: int, falling: bool) -> Look:
    """The same histogram for each of several sectors."""

    def expect(c: Conditions, fixed: np.random.Generator) -> Array:
        x = np.linspace(0, 1, bins)
        shape = np.exp(-(2.2 + 0.3 * c.tilt) * x) if falling else _bell(x, 0.5 + 0.015 * c.shift, 0.11) + 0.03
        return np.stack([shape * (1 + 0.05 * fixed.standard_normal()) for _ in range(panels)])

    def draw(canvas: Canvas, counts: Array, _expected: Array) -> None:
        top = canvas.axis_top(counts)
        for box, heights in zip(_grid(panels), counts, strict=True):
            canvas.bars(box, heights, (0, 96), top=top)

    return Look(
        "sector histograms",
        expect,
        draw,
        40_000.0 * panels,
        panels=True,
        faults=("sector", "weak_sector", "sector_dead"),
    )


def sectors_2d(panels: int, size: int = 40) -> Look:
    """The same round map for each of several planes."""
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size * 2 - 1
    radius = np.hypot(x, y)

    def expect(c: Conditions, fixed: np.random.Generator) -> Array:
        shape = np.where((radius < 1) & (radius > 0.12), 0.15 + np.exp(-(2.4 + 0.3 * c.tilt) * radius), 0.0)
        noise = 1 + 0.05 * fixed.standard_normal((panels, size, size))
        return shape * noise.clip(0.5)

    def draw(canvas: Canvas, counts: Array, _expected: Array) -> None:
        top = canvas.axis_top(counts)
        for box, cells in zip(_grid(panels, square=True), counts, strict=True):
            canvas.colours(box, np.where(cells > 0, cells, np.nan), (-50, 50), (-50, 50), top=top)

    return Look(
        "sector maps",
        expect,
        draw,
        60.0 * panels * size * size,
        panels=True,
        faults=("sector", "weak_sector", "sector_dead"),
    )


def plateau(bins: int = 90) -> Look:
    """Vertex position along the target: a box with soft edges and a window behind it."""

    def expect(c: Conditions, _fixed: np.random.Generator) -> Array:
        z = np.linspace(0, 140, bins) - 0.6 * c.shift
        target = 1 / (1 + np.exp(-(z - 50) / 1.5)) / (1 + np.exp((z - 80) / 1.5))
        return target + 0.25 * _bell(z, 112, 1.8) + 0.01

    def draw(canvas: Canvas, counts: Array, _expected: Array) -> None:
        canvas.bars(WHOLE, counts, (0, 140), "vertices", "z (cm)")
        canvas.statistics(WHOLE, counts.sum(), float((counts * np.linspace(0, 140, bins)).sum() / max(1, counts.sum())))

    return Look("plateau", expect, draw, 60_000.0, time=True, faults=("shift", "noise", "washed"))


def _grid(panels: int, *, square: bool = False) -> list[Box]:
    columns = 3 if panels > 4 else 2
    rows = -(-panels // columns)
    width, height = 760 // columns, 480 // rows
    boxes = []
    for index in range(panels):
        row, column = divmod(index, columns)
        left, up = 20 + column * width, 42 + row * height
        box = (left + 44, up + 8, left + width - (52 if square else 14), up + height - 26)
        boxes.append(box)
    return boxes
