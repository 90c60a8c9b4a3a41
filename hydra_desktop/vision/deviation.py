"""Deviation: how far a plot is, place by place, from what Good plots have there.

Monitoring plots are aligned, the same axis is at the same pixel each time, so every cell of a
mid-level map has statistics of its own: mean and variance over Good plots of each of a few
projected channels (a diagonal form of PaDiM, Defard et al. 2020, arXiv:2011.08785).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .backbone import MID_CHANNELS, Floats

PROJECTED = 24
SUMMARY = ("mean", "top", "highest")
_TOP_CELLS = 6


@lru_cache
def projection() -> Floats:
    """The fixed random orthonormal projection of channels, float32 (112, 24)."""
    gaussian = np.random.default_rng(20260301).standard_normal((MID_CHANNELS, PROJECTED))
    return np.linalg.qr(gaussian)[0].astype(np.float32)


def project(mid: Floats) -> Floats:
    """Mid-level maps (N, 112, 14, 20) to few channels a cell: float32 (N, 280, 24)."""
    count = len(mid)
    projected = projection().T @ mid.reshape(count, MID_CHANNELS, -1)
    return np.ascontiguousarray(projected.transpose(0, 2, 1))


@dataclass(frozen=True)
class Normal:
    """What is normal: `mean` and `variance` float32 (280, 24) of the projected cells."""

    mean: Floats
    variance: Floats

    @classmethod
    def of(cls, cells: Floats) -> Normal:
        """Statistics of Good plots' cells (N, 280, 24), N at least 2.

        The variance of a cell is drawn towards that of its channel: few plots know little of it,
        and a cell that never varied must not make a speck look infinitely strange.
        """
        mean = cells.mean(axis=0)
        variance = cells.var(axis=0)
        channel = variance.mean(axis=0, keepdims=True)
        weight = 10.0 / (10.0 + len(cells))
        floor = 0.05 * channel + 1e-6
        return cls(mean.astype(np.float32), ((1 - weight) * variance + weight * channel + floor).astype(np.float32))

    def map(self, cells: Floats) -> Floats:
        """Mean squared deviation of each cell in units of its variance, float32 (N, 280)."""
        return (np.square(cells - self.mean) / self.variance).mean(axis=2)


def summarise(maps: Floats) -> Floats:
    """Logarithms of mean, mean of the highest six cells, and highest cell: float32 (N, 3)."""
    ordered = np.sort(maps, axis=1)
    columns = (maps.mean(axis=1), ordered[:, -_TOP_CELLS:].mean(axis=1), ordered[:, -1])
    return np.log(np.stack(columns, axis=1) + 1e-6).astype(np.float32)
