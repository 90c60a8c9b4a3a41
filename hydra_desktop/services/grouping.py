"""Which plots belong together when a set is split: the run, so that no run is on both sides."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..domain.plot import Plot

FEWEST_GROUPS = 5  # as many as a cross-validation needs folds


def groups(plots: Sequence[Plot], beside: Sequence[Plot] = ()) -> np.ndarray:
    """The group of each plot as int64 (N,), numbered from 0 in the order of appearance.

    A group is a run. Where a set has fewer than five runs it is run and chunk, and where that
    is too few as well, or the run is unknown, the picture. M plots `beside` the set are grouped in
    the same way and come after it, (N + M,).
    """
    for belongs in _WAYS:
        if belongs is _WAYS[-1] or len({belongs(plot) for plot in plots}) >= FEWEST_GROUPS:
            break
    found: dict[object, int] = {}
    return np.asarray([found.setdefault(belongs(plot), len(found)) for plot in (*plots, *beside)], dtype=np.int64)


def _run(plot: Plot) -> object:
    return plot.name.run_period, plot.name.run_number


def _chunk(plot: Plot) -> object:
    return plot.name.run_period, plot.name.run_number, plot.name.chunk


def _picture(plot: Plot) -> object:
    return plot.content_hash


_WAYS: tuple[Callable[[Plot], object], ...] = (_run, _chunk, _picture)
