"""Faults of the simulated hall and where on the plot they are, as an expert would draw it."""

from __future__ import annotations

import numpy as np

from hydra_desktop.domain.known_fault import Region
from hydra_desktop.sources.simulated import SimulatedHall
from hydra_desktop.sources.simulated.faults import Fault

MARGIN = 0.02  # of the picture, on each side
SEEN = 25  # grey levels


def region_of(hall: SimulatedHall, name: str, run: int, fault: Fault) -> Region | None:
    """The region that a fault changes, None for nothing."""
    good, bad = (hall.plot(name, run, 0, some, exact=True).picture.astype(int) for some in ((), (fault,)))
    rows, columns = np.nonzero(np.abs(good - bad).max(axis=2) > SEEN)
    if not len(rows):
        return None
    height, width = good.shape[:2]
    return Region.within(
        columns.min() / width - MARGIN,
        rows.min() / height - MARGIN,
        (columns.max() + 1) / width + MARGIN,
        (rows.max() + 1) / height + MARGIN,
    )


def apart(one: Region, other: Region) -> bool:
    """Whether two regions have nothing in common."""
    return one.right <= other.left or other.right <= one.left or one.bottom <= other.top or other.bottom <= one.top
