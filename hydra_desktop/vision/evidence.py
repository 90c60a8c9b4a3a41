"""Evidence maps in closed form, and their drawing.

For average pooling and one linear layer the gradient of a label's logit at every cell of the
last map is its weight over the number of cells, so unscaled Grad-CAM (Selvaraju et al. 2017,
arXiv:1610.02391) at the layer before pooling is relu(sum_k w_k A_k) / cells, for all labels at
once and at no cost. The scale is fixed: a plot without evidence looks like one.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from ..domain.evidence import colour
from .backbone import MAP_HEIGHT, MAP_WIDTH, Floats
from .picture import Picture


def maps(last: Floats, weights: Floats) -> Floats:
    """Evidence maps float32 (L, 7, 10) of one plot from its last map (1280, 7, 10) and weights (L, 1280)."""
    cells = MAP_HEIGHT * MAP_WIDTH
    flat: Floats = weights @ last.reshape(len(last), cells)
    positive = (np.maximum(flat, 0.0) / cells).astype(np.float32)
    return positive.reshape(-1, MAP_HEIGHT, MAP_WIDTH)


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
