"""Evidence maps in closed form, and their drawing.

Appearance: for average pooling and one linear layer the gradient of a label's logit at every cell of the
last map is its weight over the number of cells, so unscaled Grad-CAM (Selvaraju et al. 2017,
arXiv:1610.02391) at the layer before pooling is relu(sum_k w_k A_k) / cells, for all labels at
once and at no cost. Deviation: what a number of the summary adds to a logit above what is usual on
Good plots, given to the cells by their share in that number. Both are in units of the logit for
each 1/70 of the picture. The scale is fixed: a plot without evidence looks like one.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image

from ..domain.evidence import colour
from .backbone import MAP_HEIGHT, MAP_WIDTH, MID_HEIGHT, MID_WIDTH, Floats
from .deviation import SCALES, Maps, shares
from .model_file import Model
from .picture import Picture


def maps(last: Floats, weights: Floats) -> Floats:
    """Evidence maps float32 (L, 7, 10) of one plot from its last map (1280, 7, 10) and weights (L, 1280)."""
    cells = MAP_HEIGHT * MAP_WIDTH
    flat: Floats = weights @ last.reshape(len(last), cells)
    positive = (np.maximum(flat, 0.0) / cells).astype(np.float32)
    return positive.reshape(-1, MAP_HEIGHT, MAP_WIDTH)


def of_appearance(last: Floats, weights: Floats) -> Floats:
    """The same maps at the finer places of deviation, float32 (L, 14, 20), interpolated."""
    rows, columns = _between(MAP_HEIGHT, MID_HEIGHT), _between(MAP_WIDTH, MID_WIDTH)
    return (rows @ maps(last, weights) @ columns.T).astype(np.float32)


def of_deviation(model: Model, deviation: Maps, summary: Floats) -> Floats:
    """What deviation says for each label, float32 (L, 14, 20).

    `deviation` of one plot, each (1, cells), and its `summary` (1, 8).
    """
    excess = model.deviation_weights * (summary[0] - model.usual)
    whole = np.zeros((len(model.labels), MID_HEIGHT, MID_WIDTH), np.float32)
    start = 0
    for scale, part in zip(SCALES, shares(deviation), strict=True):
        numbers = part.shape[1]
        gains = np.maximum(excess[:, start : start + numbers], 0.0) @ part[0]
        start += numbers
        step = scale.height // MID_HEIGHT
        cells = gains.reshape(-1, MID_HEIGHT, step, MID_WIDTH, step).sum(axis=(2, 4))
        whole += cells * (MID_HEIGHT * MID_WIDTH / (MAP_HEIGHT * MAP_WIDTH))
    return whole


def combined(model: Model, last: Floats, deviation: Maps, summary: Floats) -> Floats:
    """The evidence for each label, float32 (L, 14, 20), from one plot's last map (1280, 7, 10) and its deviation."""
    return of_appearance(last, model.weights) + of_deviation(model, deviation, summary)


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
