"""Deviation: how far a plot is, place by place, from what Good plots have there.

Monitoring plots are aligned, the same axis is at the same pixel each time, so every place has
statistics of its own over Good plots: mean and variance of each of a few channels (a diagonal
form of PaDiM, Defard et al. 2020, arXiv:2011.08785), after the directions in which Good plots
vary together were taken out (the residual of principal components, Jackson and Mudholkar 1979):
a plot with more entries, or of the other detector layer, is no fault. How Good plots vary lasts
longer than what they look like: a new run period has a mean of its own from its first plots, which
are too few to know directions, and takes those of all run periods before. Five kinds of places are
looked at: cells of the network's map, which know shapes, and of the picture itself its blocks,
larger windows, columns and rows, which see a single hot or dead bin, a module or a channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from .backbone import CHANNELS, IDENTITY, MID_CHANNELS, MID_HEIGHT, MID_WIDTH, Features, Floats
from .picture import HEIGHT, WIDTH

BLOCK = 8  # side of a block in pixels; a window has two by two blocks and overlaps its neighbours
COLOURS = 3
PROJECTED = 24  # channels that are left of the network's
MOST_REMOVED = 20  # directions of common variation that are taken out, at most one for each ten plots
OWN = 5.0  # so many plots of a run period count as much for its variances as those of all others together
FOLDS = 5


@dataclass(frozen=True)
class Scale:
    """One kind of places: how many rows and columns of them, with how many channels.

    `tops` are the numbers of highest places of which means are taken.
    """

    name: str
    rows: int
    columns: int
    channels: int
    tops: tuple[int, ...]

    @property
    def places(self) -> int:
        """Number of places."""
        return self.rows * self.columns


SCALES = (
    Scale("cells", MID_HEIGHT, MID_WIDTH, PROJECTED, (1, 6, 20)),
    Scale("blocks", HEIGHT // BLOCK, WIDTH // BLOCK, COLOURS, (1, 8, 40)),
    Scale("windows", HEIGHT // BLOCK - 1, WIDTH // BLOCK - 1, COLOURS, (1, 8, 40)),
    Scale("columns", 1, WIDTH, COLOURS, (1, 4, 16)),
    Scale("rows", HEIGHT, 1, COLOURS, (1, 4, 16)),
)
SUMMARY = tuple(f"{scale.name} {what}" for scale in SCALES for what in ("mean", *(f"top {k}" for k in scale.tops)))

Parts = tuple[Floats, ...]  # of each scale, (N, places, channels)
Maps = tuple[Floats, ...]  # of each scale, (N, places)
Chosen = npt.NDArray[Any]  # positions, or True and False


@dataclass(frozen=True)
class Description:
    """All that judging and training need to know of N plots, 32 KB each in float16.

    `pooled` float32 (N, 1432); `parts` of each scale, float32 (N, places, channels).
    """

    pooled: Floats
    parts: Parts

    def __len__(self) -> int:
        return len(self.pooled)

    def at(self, chosen: Chosen) -> Description:
        """The description of some of the plots."""
        return Description(self.pooled[chosen], tuple(part[chosen] for part in self.parts))


DESCRIPTION_VERSION = 1  # goes up when the same picture is described by other numbers in the same places
_HALF = np.dtype("<f2")
_SIZES = [scale.places * scale.channels for scale in SCALES]
# with what descriptions were made: those of another identity can't be compared
DESCRIBED_BY = f"{IDENTITY}:{'-'.join(map(str, _SIZES))}:{DESCRIPTION_VERSION}"

Packed = tuple[bytes, bytes]  # pooled features and parts, float16


def pack(description: Description, row: int) -> Packed:
    """One plot of a description, to be stored."""
    parts = np.concatenate([part[row].ravel() for part in description.parts])
    return description.pooled[row].astype(_HALF).tobytes(), parts.astype(_HALF).tobytes()


def unpack(packed: Sequence[Packed]) -> Description:
    """The description of plots that were packed; raises ValueError when they were described otherwise."""
    count = len(packed)
    pooled = np.frombuffer(b"".join(one for one, _ in packed), _HALF).reshape(count, CHANNELS)
    whole = np.frombuffer(b"".join(parts for _, parts in packed), _HALF).reshape(count, sum(_SIZES))
    parts = np.split(whole, np.cumsum(_SIZES)[:-1], axis=1)
    return Description(
        pooled.astype(np.float32),
        tuple(
            part.reshape(count, scale.places, scale.channels).astype(np.float32)
            for scale, part in zip(SCALES, parts, strict=True)
        ),
    )


def describe(features: Features, pictures: npt.NDArray[np.uint8]) -> Description:
    """The description of N plots from what the network made of them and from the pictures, uint8 (N, 224, 320, 3)."""
    count = len(pictures)
    projected = _projection().T @ features.mid.reshape(count, MID_CHANNELS, MID_HEIGHT * MID_WIDTH)
    cells = np.ascontiguousarray(projected.transpose(0, 2, 1))
    scaled = pictures.reshape(count, HEIGHT, WIDTH * COLOURS).astype(np.float32)
    scaled *= np.float32(1 / 255)
    strips = scaled.reshape(count, HEIGHT // BLOCK, BLOCK, WIDTH * COLOURS).sum(axis=2) * np.float32(1 / BLOCK)
    # means along a row as products of matrices: a third of the time of numpy's own
    blocks = (strips @ _across(BLOCK)).reshape(count, HEIGHT // BLOCK, WIDTH // BLOCK, COLOURS)
    pairs = blocks[:, 1:] + blocks[:, :-1]
    windows = 0.25 * (pairs[:, :, 1:] + pairs[:, :, :-1])
    columns = strips.mean(axis=1)
    rows = scaled @ _across(WIDTH)
    parts = (cells, blocks, windows, columns, rows)
    return Description(
        features.pooled,
        tuple(part.reshape(count, scale.places, scale.channels) for scale, part in zip(SCALES, parts, strict=True)),
    )


@lru_cache
def _projection() -> Floats:
    """The fixed random orthonormal projection of the network's channels, float32 (112, 24)."""
    gaussian = np.random.default_rng(20260301).standard_normal((MID_CHANNELS, PROJECTED))
    return np.linalg.qr(gaussian)[0].astype(np.float32)


@lru_cache
def _across(pixels: int) -> Floats:
    """The means of each `pixels` columns of a row of colours as a matrix, float32 (960, columns * 3)."""
    means = np.kron(np.eye(WIDTH // pixels), np.full((pixels, 1), 1 / pixels))
    return np.kron(means, np.eye(COLOURS)).astype(np.float32)


@dataclass(frozen=True)
class Variation:
    """How Good plots vary within a run period, on one scale; it lasts longer than what they look like.

    `deviation` float32 (places, channels) is the standard deviation, `components` (K, places * channels)
    the orthonormal directions of common variation in its units, and `left` (places, channels) the
    variance of what is left without them.
    """

    deviation: Floats
    components: Floats
    left: Floats

    @classmethod
    def of(cls, part: Floats, periods: npt.NDArray[Any], removed: int) -> Variation:
        """Of N plots (N, places, channels) and their run periods (N,), with `removed` directions taken out."""
        centred = part.copy()
        distinct = np.unique(periods)
        for period in distinct:
            centred[periods == period] -= part[periods == period].mean(axis=0)
        count = max(1, len(part) - len(distinct))
        deviation = np.sqrt(_drawn((centred**2).mean(axis=0), count)).astype(np.float32)
        scaled = (centred / deviation).reshape(len(part), -1)
        components = np.empty((0, scaled.shape[1]), np.float32)
        if removed:
            from sklearn.utils.extmath import randomized_svd  # only where it is learned: a model is read without

            _, sizes, components = randomized_svd(scaled, removed, n_iter=4, random_state=0)
            components = components[sizes > 1e-4 * max(float(sizes[0]), 1e-6)].astype(np.float32)
        rest = scaled - (scaled @ components.T) @ components
        variance = (rest**2).mean(axis=0).reshape(deviation.shape) * (count / max(1, count - len(components)))
        return cls(deviation, components, _drawn(variance, count).astype(np.float32))

    def around(self, part: Floats) -> Spread:
        """What is normal about N plots (N, places, channels) of one run period that vary like this."""
        count, mean = len(part), part.mean(axis=0)
        rest = ((part - mean) / self.deviation).reshape(count, -1)
        rest -= (rest @ self.components.T) @ self.components
        own = _drawn((rest**2).mean(axis=0).reshape(mean.shape) * (count / max(1, count - 1)), count)
        share = count / (count + OWN)
        variance = share * own + (1 - share) * self.left
        return Spread(mean, (1 / (variance + 1e-3)).astype(np.float32), self)


@dataclass(frozen=True)
class Spread:
    """What is normal on one scale: of each place and channel, float32 (places, channels).

    `mean` of Good plots of a run period, and `weight` one over the variance of what is left of a plot without
    what Good plots have in common in their `variation`.
    """

    mean: Floats
    weight: Floats
    variation: Variation

    def map(self, part: Floats) -> Floats:
        """Mean squared deviation of each place in units of its variance, float32 (N, places)."""
        components = self.variation.components
        scaled = ((part - self.mean) / self.variation.deviation).reshape(len(part), -1)
        if len(components):
            scaled -= (scaled @ components.T) @ components
        squared = (scaled * scaled).reshape(part.shape) * self.weight
        return squared.mean(axis=2, dtype=np.float32)


def _drawn(variance: Floats, count: int) -> Floats:
    """The variance of each place drawn towards that of its channel: few plots know little of it.

    And a place that never varied must not make a speck look infinitely strange.
    """
    channel = variance.mean(axis=0, keepdims=True)
    weight = 10.0 / (10.0 + count)
    return (1 - weight) * variance + weight * channel + 0.3 * channel + 1e-8


Variations = tuple[Variation, ...]  # of each scale


def variations(description: Description, periods: npt.NDArray[Any], removed: int | None = None) -> Variations:
    """How N Good plots of run periods (N,) vary; as many directions are taken out as plots allow, or `removed`."""
    most = directions(len(description)) if removed is None else removed
    return tuple(Variation.of(part, periods, most) for part in description.parts)


def directions(plots: int) -> int:
    """How many directions of common variation so many plots allow to tell."""
    return min(MOST_REMOVED, plots // 10)


@dataclass(frozen=True)
class Normal:
    """What is normal for a plot type in a run period.

    `pooled` float32 (1432,) is the mean of Good plots, `spreads` are one for each scale, and
    `usual` float32 (20,) is the mean summary of Good plots of runs that the statistics didn't see.
    """

    pooled: Floats
    spreads: tuple[Spread, ...]
    usual: Floats

    @classmethod
    def of(
        cls,
        description: Description,
        groups: npt.NDArray[np.int_],
        seed: int = 0,
        known: Variations | None = None,
    ) -> Normal:
        """Statistics of at least 2 Good plots, `groups` (N,) their runs; how they vary may be `known`."""
        return cls.held_out(description, np.ones(len(description), bool), groups, seed, known)[0]

    @classmethod
    def held_out(
        cls,
        description: Description,
        is_good: npt.NDArray[np.bool_],
        groups: npt.NDArray[np.int_],
        seed: int = 0,
        known: Variations | None = None,
    ) -> tuple[Normal, Floats]:
        """Statistics of the Good ones of N plots, and the summary (N, 20) of each plot without its own run.

        Good plots lie closer to statistics that they were part of; a head trained on those would
        call every new Good plot deviant. How they vary is that of other run periods where it is `known`.
        """
        fold = np.zeros(len(groups), int)
        fold[is_good] = folds(groups[is_good], seed)
        first = dict(zip(groups[is_good].tolist(), fold[is_good].tolist(), strict=True))
        for index in np.flatnonzero(~is_good):
            # a faulty plot goes with the Good ones of its run; others too are measured by as many plots as Good ones
            # are, for statistics of more plots are nearer to all, and that would tell them apart
            run = int(groups[index])
            fold[index] = first.get(run, run % (1 + max(first.values())))
        numbers = np.unique(fold)
        # as many directions for all: statistics of 10 plots with one and of 8 without can't be compared
        removed = min(directions(int((is_good & (fold != number)).sum())) for number in numbers)
        normal = cls.without_usual(description.at(is_good), removed, known)
        summary = np.zeros((len(groups), len(SUMMARY)), np.float32)
        for number in numbers:
            outside, inside = fold == number, is_good & (fold != number)
            seen = cls.without_usual(description.at(inside), removed, known) if inside.sum() >= 2 else normal
            summary[outside] = seen.summary(description.at(outside))
        usual = summary[is_good].mean(axis=0)
        return cls(normal.pooled, normal.spreads, usual), summary - usual

    @classmethod
    def without_usual(
        cls, description: Description, removed: int | None = None, known: Variations | None = None
    ) -> Normal:
        """The statistics alone: `usual` is zero. `removed` directions are taken out, else as many as plots allow."""
        known = known or variations(description, np.zeros(len(description)), removed)
        spreads = tuple(one.around(part) for one, part in zip(known, description.parts, strict=True))
        return cls(description.pooled.mean(axis=0), spreads, np.zeros(len(SUMMARY), np.float32))

    @property
    def variations(self) -> Variations:
        """How Good plots vary."""
        return tuple(spread.variation for spread in self.spreads)

    def maps(self, parts: Parts) -> Maps:
        """Deviation of each place, of each scale float32 (N, places)."""
        return tuple(spread.map(part) for spread, part in zip(self.spreads, parts, strict=True))

    def summary(self, description: Description) -> Floats:
        """How far plots are from usual in each number of `SUMMARY`, float32 (N, 20)."""
        return summarise(self.maps(description.parts)) - self.usual

    def direction(self, parts: Parts, excess: Floats) -> Floats:
        """Where and in which sense plots deviate: float32 (N, 48), 8 channels in 2 x 3 regions of the network's map.

        Signed, in standard deviations of Good plots' cells averaged over the region, then brought to the root mean
        square of `excess` (N, 20), the logarithms of how much farther than usual a plot is.
        """
        scale, rows, columns, channels = SCALES[0], 2, 3, 8
        spread = self.spreads[0]
        signed = ((parts[0] - spread.mean) / spread.variation.deviation)[:, :, :channels]
        regions = [
            region.mean(axis=(1, 2))
            for band in np.array_split(signed.reshape(-1, scale.rows, scale.columns, channels), rows, axis=1)
            for region in np.array_split(band, columns, axis=2)
        ]
        found = np.concatenate(regions, axis=1)
        lengths = np.sqrt((found**2).mean(axis=1)), np.sqrt((excess**2).mean(axis=1))
        return (found * (lengths[1] / np.maximum(lengths[0], 1e-9))[:, None]).astype(np.float32)


def folds(groups: npt.NDArray[np.int_], seed: int = 0) -> npt.NDArray[np.int_]:
    """The fold 0..4 of each of N plots; plots of one group are in one fold, and no two folds differ by much.

    A single group is divided by plot: nothing better can be had of it.
    """
    distinct, index = np.unique(groups, return_inverse=True)
    if len(distinct) < 2:
        index = np.arange(len(groups))
        distinct = index
    place = np.random.default_rng(seed).permutation(len(distinct))
    chosen: npt.NDArray[np.int_] = (place * min(FOLDS, len(distinct)) // len(distinct))[index]
    return chosen


def steady(
    description: Description, groups: npt.NDArray[np.int_], known: Variations | None = None
) -> npt.NDArray[np.bool_]:
    """Which of N plots proposed as normal may stay, bool (N,): those that deviate much from the rest are left out.

    At most one in five goes. The rule is the usual one of 3 robust standard deviations (median
    absolute deviation), on the mean excess of the summary.
    """
    if known is None:  # nothing is taken out: what some bad plots share would pass for how Good plots vary
        known = variations(description, np.zeros(len(description)), 0)
    kept = np.ones(len(description), bool)
    for _ in range(3):
        inside = np.flatnonzero(kept)
        if len(inside) < 5:
            break
        part = description.at(inside)
        held_out = Normal.held_out(part, np.ones(len(inside), bool), groups[inside], known=known)[1]
        excess = held_out - np.median(held_out, axis=0)
        strange = (excess / (1.4826 * np.median(np.abs(excess), axis=0) + 0.05)).mean(axis=1)
        middle = np.median(strange)
        limit = max(1.5, middle + 3 * 1.4826 * np.median(np.abs(strange - middle)))
        allowed = len(description) // 5 - int((~kept).sum())
        out = [index for index in np.argsort(-strange) if strange[index] > limit][: max(0, allowed)]
        if not out:
            break
        kept[inside[out]] = False
    return kept


def summarise(maps: Maps) -> Floats:
    """Logarithms of the mean and of the means of the highest places, as in `SUMMARY`: float32 (N, 20)."""
    columns = []
    for scale, part in zip(SCALES, maps, strict=True):
        most = scale.tops[-1]
        highest = np.sort(np.partition(part, -most, axis=1)[:, -most:], axis=1)
        columns.append(part.mean(axis=1))
        columns += [highest[:, -k:].mean(axis=1) for k in scale.tops]
    return np.log(np.stack(columns, axis=1) + 1e-6).astype(np.float32)


def shares(maps: Maps) -> tuple[Floats, ...]:
    """What share of each number of the summary each place has: of each scale float32 (N, 4, places), sums are 1.

    These are the elasticities of the summary's numbers before the logarithm: how much of a
    relative change of a place each of them takes over.
    """
    found = []
    for scale, part in zip(SCALES, maps, strict=True):
        most = scale.tops[-1]
        highest = np.sort(np.partition(part, -most, axis=1)[:, -most:], axis=1)
        lowest = [part.min(axis=1), *(highest[:, -k] for k in scale.tops)]
        taken = np.stack([np.where(part >= least[:, None], part, 0.0) for least in lowest], axis=1) + 1e-12
        found.append((taken / taken.sum(axis=2, keepdims=True)).astype(np.float32))
    return tuple(found)
