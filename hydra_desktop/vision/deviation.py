"""Deviation: how far a plot is, place by place, from what Good plots have there.

Monitoring plots are aligned, the same axis is at the same pixel each time, so every cell of a
map of features has statistics of its own: mean and variance over Good plots of each of a few
projected channels (a diagonal form of PaDiM, Defard et al. 2020, arXiv:2011.08785). Two maps
are looked at: a coarse one that knows shapes, and a fine one that sees single hot or dead bins.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .backbone import (
    FINE_CHANNELS,
    FINE_HEIGHT,
    FINE_WIDTH,
    MID_CHANNELS,
    MID_HEIGHT,
    MID_WIDTH,
    Features,
    Floats,
)


@dataclass(frozen=True)
class Scale:
    """One of the maps: its shape, to how many channels it is projected, and of how many cells tops are taken."""

    name: str
    channels: int
    height: int
    width: int
    projected: int
    tops: tuple[int, ...]

    @property
    def cells(self) -> int:
        """Number of places."""
        return self.height * self.width


SCALES = (
    Scale("mid", MID_CHANNELS, MID_HEIGHT, MID_WIDTH, 24, (1, 6, 20)),
    Scale("fine", FINE_CHANNELS, FINE_HEIGHT, FINE_WIDTH, 8, (1, 24, 80)),
)
SUMMARY = tuple(f"{scale.name} {what}" for scale in SCALES for what in ("mean", *(f"top {k}" for k in scale.tops)))

Cells = tuple[Floats, ...]  # of each scale, (N, cells, projected)
Maps = tuple[Floats, ...]  # of each scale, (N, cells)


@dataclass(frozen=True)
class Description:
    """All that training needs to know of N plots, 34 KB each in float16.

    `pooled` float32 (N, 1280); `cells` of each scale, float32 (N, cells, projected).
    """

    pooled: Floats
    cells: Cells

    def __len__(self) -> int:
        return len(self.pooled)


def describe(features: Features) -> Description:
    """The description of plots from what the network made of them."""
    maps = (features.mid, features.fine)
    return Description(features.pooled, tuple(_project(scale, part) for scale, part in zip(SCALES, maps, strict=True)))


@lru_cache
def projection(scale: Scale) -> Floats:
    """The fixed random orthonormal projection of a scale's channels, float32 (channels, projected)."""
    gaussian = np.random.default_rng(20260301).standard_normal((scale.channels, scale.projected))
    return np.linalg.qr(gaussian)[0].astype(np.float32)


def _project(scale: Scale, maps: Floats) -> Floats:
    projected = projection(scale).T @ maps.reshape(len(maps), scale.channels, scale.cells)
    return np.ascontiguousarray(projected.transpose(0, 2, 1))


@dataclass(frozen=True)
class Normal:
    """What is normal: mean and variance of each scale's cells, float32 (cells, projected)."""

    mean: Cells
    variance: Cells

    @classmethod
    def of(cls, cells: Cells) -> Normal:
        """Statistics of Good plots' cells, of at least 2 plots.

        The variance of a cell is drawn towards that of its channel: few plots know little of it,
        and a cell that never varied must not make a speck look infinitely strange.
        """
        means, variances = [], []
        for part in cells:
            variance = part.var(axis=0)
            channel = variance.mean(axis=0, keepdims=True)
            weight = 10.0 / (10.0 + len(part))
            floor = 0.05 * channel + 1e-6
            means.append(part.mean(axis=0).astype(np.float32))
            variances.append(((1 - weight) * variance + weight * channel + floor).astype(np.float32))
        return cls(tuple(means), tuple(variances))

    def maps(self, cells: Cells) -> Maps:
        """Mean squared deviation of each cell in units of its variance, of each scale float32 (N, cells)."""
        return tuple(
            np.einsum("nck,nck,ck->nc", part - mean, part - mean, 1.0 / variance) / np.float32(part.shape[2])
            for part, mean, variance in zip(cells, self.mean, self.variance, strict=True)
        )

    def direction(self, cells: Cells) -> Floats:
        """Where and in which sense plots deviate: float32 (N, 48), 8 channels in 2 x 3 regions of the coarse map.

        Signed, in standard deviations of Good plots' cells, each averaged over its region.
        """
        scale, rows, columns, channels = SCALES[0], 2, 3, 8
        mean, variance = self.mean[0][:, :channels], self.variance[0][:, :channels]
        signed = ((cells[0][:, :, :channels] - mean) / np.sqrt(variance)).reshape(
            -1, scale.height, scale.width, channels
        )
        parts = [
            part.mean(axis=(1, 2))
            for band in np.array_split(signed, rows, axis=1)
            for part in np.array_split(band, columns, axis=2)
        ]
        return np.concatenate(parts, axis=1).astype(np.float32)


def summarise(maps: Maps) -> Floats:
    """Logarithms of the mean and of the means of the highest cells, as in `SUMMARY`: float32 (N, 8)."""
    columns = []
    for scale, part in zip(SCALES, maps, strict=True):
        ordered = np.sort(part, axis=1)
        columns.append(part.mean(axis=1))
        columns += [ordered[:, -k:].mean(axis=1) for k in scale.tops]
    return np.log(np.stack(columns, axis=1) + 1e-6).astype(np.float32)


def shares(maps: Maps) -> tuple[Floats, ...]:
    """What share of each number of the summary each cell has: of each scale float32 (N, 4, cells), sums are 1.

    These are the elasticities of the summary's numbers before the logarithm: how much of a
    relative change of a cell each of them takes over.
    """
    found = []
    for scale, part in zip(SCALES, maps, strict=True):
        ordered = np.sort(part, axis=1)
        lowest = [ordered[:, 0], *(ordered[:, -k] for k in scale.tops)]
        taken = np.stack([np.where(part >= least[:, None], part, 0.0) for least in lowest], axis=1) + 1e-12
        found.append((taken / taken.sum(axis=2, keepdims=True)).astype(np.float32))
    return tuple(found)
