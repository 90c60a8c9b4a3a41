"""The one scale and colour map on which evidence is drawn, whoever draws it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

FULL_SCALE = 0.8  # drawn at the bright end: a cell that alone moves the logit that much

# inferno, perceptually uniform and safe for colour blindness, at nine equal steps
_ANCHORS = (
    (0, 0, 4), (31, 12, 72), (85, 15, 109), (136, 34, 106), (186, 54, 85),
    (227, 89, 51), (249, 140, 10), (249, 201, 50), (252, 255, 164),
)  # fmt: skip


@lru_cache
def colours() -> npt.NDArray[np.uint8]:
    """The colour map, uint8 (256, 3), dark to bright."""
    at = np.linspace(0, 255, len(_ANCHORS))
    anchors = np.array(_ANCHORS, float)
    columns = [np.interp(np.arange(256), at, anchors[:, channel]) for channel in range(3)]
    return np.stack(columns, axis=1).round().astype(np.uint8)


def colour(evidence: npt.NDArray[np.floating], full_scale: float = FULL_SCALE) -> npt.NDArray[np.uint8]:
    """A map (h, w) in colour, uint8 (h, w, 3), on the fixed scale of evidence or on another."""
    levels = np.clip(np.asarray(evidence, np.float32) / full_scale, 0.0, 1.0)
    return colours()[np.round(levels * 255).astype(np.uint8)]
