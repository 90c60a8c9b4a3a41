"""Evidence maps in closed form, and their drawing.

Appearance: for average pooling and one linear layer the gradient of a label's logit at every cell of a
map is its weight over the number of cells, so unscaled Grad-CAM (Selvaraju et al. 2017,
arXiv:1610.02391) at the layer before pooling is relu(sum_k w_k A_k) / cells, for all labels at
once and at no cost; here of the map of each depth less the mean that is normal. Deviation: what a number of the
summary adds to a logit above what is usual on Good plots, given to the places by their share in
that number. Both are in units of the logit for each 1/70 of the picture. The scale is fixed: a plot
without evidence looks like one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image

from ..domain.evidence import colour
from .backbone import MAP_HEIGHT, MAP_WIDTH, MID_HEIGHT, MID_WIDTH, Floats
from .deviation import SCALES, Maps, shares
from .model_file import Model
from .picture import Picture


def maps(depth: Floats, weights: Floats) -> Floats:
    """Evidence maps float32 (L, H, W) of one plot from its map of one depth (C, H, W) and weights (L, C)."""
    flat: Floats = weights @ depth.reshape(len(depth), -1)
    positive = (np.maximum(flat, 0.0) / (MAP_HEIGHT * MAP_WIDTH)).astype(np.float32)
    return positive.reshape(-1, *depth.shape[1:])


def of_appearance(depths: Sequence[Floats], weights: Floats) -> Floats:
    """The maps of all depths (C, H, W) together at the places of deviation, float32 (L, 14, 20), interpolated.

    `weights` (L, sum of C) are those of the pooled features of these depths, in their order.
    """
    whole = np.zeros((len(weights), MID_HEIGHT, MID_WIDTH), np.float32)
    start = 0
    for depth in depths:
        own = weights[:, start : start + len(depth)]
        start += len(depth)
        rows, columns = _between(depth.shape[1], MID_HEIGHT), _between(depth.shape[2], MID_WIDTH)
        whole += rows @ maps(depth, own) @ columns.T
    return whole


def of_deviation(weights: Floats, deviation: Maps, excess: Floats) -> Floats:
    """What deviation says for each label, float32 (L, 14, 20).

    `weights` (L, 20) of the numbers of the summary, `deviation` of one plot, each (1, places), and
    its `excess` (20,) over what is usual.
    """
    gains = np.maximum(weights * excess, 0.0)
    whole = np.zeros((len(weights), MID_HEIGHT, MID_WIDTH), np.float32)
    start = 0
    for scale, part in zip(SCALES, shares(deviation), strict=True):
        numbers = part.shape[1]
        places = gains[:, start : start + numbers] @ part[0]
        start += numbers
        rows, columns = _into(scale.rows, MID_HEIGHT), _into(scale.columns, MID_WIDTH)
        whole += rows.T @ places.reshape(-1, scale.rows, scale.columns) @ columns
    return whole * np.float32(MID_HEIGHT * MID_WIDTH / (MAP_HEIGHT * MAP_WIDTH))


@lru_cache
def _into(places: int, cells: int) -> Floats:
    """How a row of places is given to cells, float32 (places, cells): by overlap, and each place wholly."""
    edges = np.linspace(0, cells, places + 1)
    overlap = np.minimum(edges[1:, None], np.arange(1, cells + 1)) - np.maximum(edges[:-1, None], np.arange(cells))
    return (np.maximum(overlap, 0.0) / (cells / places)).astype(np.float32)


def combined(model: Model, depths: Sequence[Floats], pooled: Floats, deviation: Maps, excess: Floats) -> Floats:
    """The evidence for each label, float32 (L, 14, 20), of one plot.

    From its maps of each depth (C, H, W), what is pooled of normal plots (sum of C,), its deviation and its
    excess (20,). Appearance counts as far as it differs from normal.
    """
    weights, on_excess = model.evidence_weights()
    whole: Floats = of_deviation(on_excess, deviation, excess)
    if weights.any():
        usual = np.split(pooled, np.cumsum([len(depth) for depth in depths])[:-1])
        whole += of_appearance(
            [depth - mean[:, None, None] for depth, mean in zip(depths, usual, strict=True)], weights
        )
    return whole


@lru_cache
def _between(cells: int, finer: int) -> Floats:
    """Linear interpolation from a row of cells to finer ones, float32 (finer, cells)."""
    at = (np.arange(finer) + 0.5) * cells / finer - 0.5
    weights: Floats = np.stack([np.interp(at, np.arange(cells), one) for one in np.eye(cells)], axis=1)
    return weights.astype(np.float32)


def enlarge(evidence: Floats, height: int, width: int) -> Floats:
    """A map at the size of its plot, float32 (height, width), interpolated."""
    image = Image.fromarray(np.ascontiguousarray(evidence, np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC)).clip(min=0.0)


def overlay(picture: Picture, evidence: Floats, opacity: float = 0.6) -> Picture:
    """The greyed plot uint8 (H, W, 3) under its evidence in inferno, on the fixed scale."""
    height, width = picture.shape[:2]
    colours = colour(enlarge(evidence, height, width))
    grey = (picture @ np.array([0.299, 0.587, 0.114]))[..., None]
    return (grey * (1 - opacity) + colours * opacity).round().astype(np.uint8)
