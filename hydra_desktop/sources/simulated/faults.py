"""Faults of a detector and what they do to the expectation of a plot, with their truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .canvas import Array
from .looks import Look

LABEL_OF = {"hot": "HotChannel", "sector": "SectorLoss", "weak_sector": "SectorLoss", "sector_dead": "SectorLoss"}


@dataclass(frozen=True)
class Fault:
    """A fault as it was injected; `size` in 0..1 says how far it goes in its range."""

    kind: str
    size: float
    place: float

    @property
    def label(self) -> str:
        """What an expert would call it."""
        return LABEL_OF.get(self.kind, "Bad")


def draw_fault(look: Look, random: np.random.Generator) -> Fault:
    """One of the faults that this look can have, of random size and place."""
    return Fault(str(random.choice(list(look.faults))), float(random.random()), float(random.random()))


def apply(fault: Fault, expected: Array, look: Look) -> Array:
    """The expectation with the fault; the same shape as `expected`, in the same units."""
    changed = expected.copy()
    if look.trend:
        return _on_trend(fault, changed)
    if look.panels:
        return _on_panels(fault, changed)
    channels = np.moveaxis(changed, look.axis or 0, 0) if look.axis is not None else changed
    count = channels.shape[0]
    width = max(1, int(count * (0.03 + 0.22 * fault.size)))
    start = int(fault.place * (count - width))
    some = slice(start, start + width)
    if fault.kind == "dead":
        _block(channels, some, fault)[...] *= 0.0
    elif fault.kind == "hot":
        spot = _block(channels, slice(start, start + max(1, width // 8)), fault)
        spot[...] = expected.max() * (1.5 + 6.0 * fault.size)
    elif fault.kind == "swapped":
        half = max(1, count // 4)
        first, second = slice(0, half), slice(count - half, count)
        channels[first], channels[second] = channels[second].copy(), channels[first].copy()
    elif fault.kind == "shifted":
        channels[some] = np.roll(channels[some], int(4 + 14 * fault.size), axis=-1)
    elif fault.kind == "noise":
        changed += expected.mean() * (0.25 + 1.6 * fault.size)
    elif fault.kind == "washed":
        changed[...] = (1 - 0.35 - 0.6 * fault.size) * changed + (0.35 + 0.6 * fault.size) * changed.mean()
    elif fault.kind == "shift":
        changed[...] = np.roll(changed, _steps(fault, changed.shape[-1]), axis=-1)
    elif fault.kind == "shift_rows":
        changed[...] = np.roll(changed, _steps(fault, changed.shape[0]), axis=0)
    elif fault.kind in ("gain", "gain_rows"):
        changed[...] = _stretch(changed, _factor(fault), axis=0 if fault.kind == "gain_rows" else -1)
    else:
        raise ValueError(f"no such fault: {fault.kind}")
    return changed


def is_visible(good: Array, faulty: Array, look: Look) -> bool:
    """Whether a person could see the fault on the drawn plot; decided before any model looks.

    Both must hold: (1) enough of the frame's area changes, each drawn on its own axis: bars, 1 %
    of the area under the axis; maps, 0.4 % of the cells by over a quarter of the colour scale or
    from filled to white, which is some 30 x 30 pixels; (2) the change is no fluctuation: the
    counts that moved are five times the Poisson spread of all counts where they moved. Arrays
    hold expected counts.
    """
    if look.trend:
        return bool(np.abs(faulty - good).max() > 0.12 * good.mean())
    first, second = good / max(good.max(), 1e-9), faulty / max(faulty.max(), 1e-9)
    change = np.abs(second - first)
    flat = good.ndim == 1 or (look.panels and good.ndim == 2)
    emptied = (good >= 1.0) & (faulty < 0.2)
    area = change.mean() / 0.01 if flat else ((change > 0.25) | emptied).mean() / 0.004
    moved = np.abs(faulty - good)
    where = moved > 0
    significance = moved[where].sum() / np.sqrt(max(1.0, good[where].sum()))
    return bool(area >= 1.0 and significance >= 5.0)


def _block(channels: Array, some: slice, fault: Fault) -> Array:
    """Some channels; on a map only a part of their other dimension, as a board covers it."""
    if channels.ndim == 1:
        return channels[some]
    length = channels.shape[1]
    height = max(1, int(length * (0.2 + 0.5 * fault.size)))
    start = int(((fault.place * 7.3) % 1.0) * (length - height))
    return channels[some, start : start + height]


def _on_panels(fault: Fault, changed: Array) -> Array:
    index = min(int(fault.place * len(changed)), len(changed) - 1)
    if fault.kind == "sector":
        changed[index] *= 0.02
    elif fault.kind == "weak_sector":
        changed[index] *= 0.65 - 0.55 * fault.size
    else:
        length = changed.shape[1]
        width = max(1, int(length * (0.1 + 0.35 * fault.size)))
        start = int(((fault.place * 7.3) % 1.0) * (length - width))
        changed[index, start : start + width] = 0.0
    return changed


def _on_trend(fault: Fault, changed: Array) -> Array:
    count = len(changed)
    start = int(fault.place * 0.7 * count)
    if fault.kind == "drop":
        changed[start : start + max(2, int(count * (0.06 + 0.25 * fault.size)))] *= 0.6 - 0.6 * fault.size
    elif fault.kind == "step":
        changed[start:] *= 1 + (0.18 + 0.3 * fault.size) * (1 if fault.place > 0.5 else -1)
    else:
        wave = np.sin(np.arange(count) * 2.4 + 6 * fault.place)
        changed *= 1 + (0.12 + 0.3 * fault.size) * wave
    return changed


def _steps(fault: Fault, bins: int) -> int:
    size = int(bins * (0.04 + 0.2 * fault.size))
    return size if fault.place > 0.5 else -size


def _factor(fault: Fault) -> float:
    size = 1.2 + 0.7 * fault.size
    return size if fault.place > 0.5 else 1 / size


def _stretch(values: Array, factor: float, axis: int) -> Array:
    """Values read at positions scaled by one over the factor, as a gain change moves a spectrum."""
    moved = np.moveaxis(values, axis, -1)
    length = moved.shape[-1]
    source = np.arange(length) / factor
    flat = moved.reshape(-1, length)
    out = np.stack([np.interp(source, np.arange(length), row, right=float(row[-1])) for row in flat]) / factor
    return np.moveaxis(out.reshape(moved.shape), -1, axis)
