"""Which plots belong together when a set is split: the run, so that no run is on both sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..domain.plot import Plot

FEWEST_GROUPS = 5  # as many as a cross-validation needs folds


def groups(plots: Sequence[Plot], beside: Sequence[Plot] = ()) -> np.ndarray:
    """The group of each plot as int64 (N,), numbered from 0 in the order of appearance.

    A group is a run. Where a set has fewer than five runs it is run and chunk, and where that
    is too few as well, or the run is unknown, the picture. M plots `beside` the set are grouped in
    the same way and come after it, (N + M,).
    """
    belongs = _WAYS[unit(plots)]
    found: dict[object, int] = {}
    return np.asarray([found.setdefault(belongs(plot), len(found)) for plot in (*plots, *beside)], dtype=np.int64)


def runs(plots: Sequence[Plot]) -> np.ndarray:
    """The run of each plot as int64 (N,), numbered from 0 in the order of appearance, however few runs there are."""
    found: dict[object, int] = {}
    return np.asarray([found.setdefault(run_of(plot), len(found)) for plot in plots], dtype=np.int64)


def unit(plots: Sequence[Plot]) -> str:
    """What the groups of a set are: "run", "chunk" or "picture"."""
    for name, belongs in _WAYS.items():
        if len({belongs(plot) for plot in plots}) >= FEWEST_GROUPS:
            return name
    return "picture"


def run_of(plot: Plot) -> tuple[str, int]:
    """The run of a plot: its run period and number."""
    return plot.name.run_period, plot.name.run_number


def _chunk(plot: Plot) -> object:
    return plot.name.run_period, plot.name.run_number, plot.name.chunk


def _picture(plot: Plot) -> object:
    return plot.content_hash


_WAYS: Mapping[str, Callable[[Plot], object]] = {"run": run_of, "chunk": _chunk, "picture": _picture}
