"""Proposes what is normal in a new run period as soon as enough of its plots are there, once for each plot type.

It is told of plots taken with beam whose verdict rests on the reference of an older run period, and
asks the database only when as many came as were missing the last time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

import numpy as np

from ..database import features, halls, references
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..domain import reference as rules
from ..domain.hall import PlotType
from ..domain.plot import Plot
from ..domain.reference import SIZE
from ..vision.deviation import DESCRIBED_BY, Packed, steady, unpack
from .drift import MONITOR
from .grouping import groups

LOOKED_AT = SIZE * 5 // 4 + 1  # plots: one in five at most is left out as it deviates from the others

_Key = tuple[str, str]  # plot type and run period


class Proposals:
    """Stores a proposal for each plot type and run period that lacks a reference; threads may share it.

    Nothing is decoded: it chooses among plots whose whole features are stored.
    """

    def __init__(self, database: Database, hall_id: int, images: ImageStore) -> None:
        self._database = database
        self._hall_id = hall_id
        self._images = images
        self._lock = threading.Lock()
        self._missing: dict[_Key, int] = {}  # plots that have to come before a look is worth its time
        self._settled: set[_Key] = set()

    def wants(self, plot: Plot) -> bool:
        """Whether the whole features of a plot that lacks a reference are needed here."""
        return _key(plot) not in self._settled

    def saw(self, lacking: Iterable[Plot]) -> None:
        """Take note of stored plots whose verdict rests on the reference of an older run period."""
        with self._lock:
            for plot in lacking:
                self._missing[_key(plot)] = self._missing.get(_key(plot), 1) - 1

    def look(self) -> None:
        """Propose what can be proposed now; raises DatabaseError when the database is away."""
        with self._lock:
            due = [key for key, missing in self._missing.items() if missing <= 0 and key not in self._settled]
        if not due:
            return
        with self._database.read() as connection:
            plot_types = halls.load(connection, self._hall_id).plot_types
        for key in due:
            with self._lock:
                before = self._missing[key]
            missing = self._look_at(plot_types[key[0]], key[1])
            with self._lock:
                self._missing[key] += missing - before  # some may have come meanwhile
                if not missing:
                    self._settled.add(key)

    def _look_at(self, plot_type: PlotType, run_period: str) -> int:
        """How many more plots it takes until a proposal can be made, 0 when there is one or was."""
        with self._database.read() as connection:
            if references.was_set(connection, self._hall_id, plot_type.name, run_period):
                return 0
            candidates = references.candidates(connection, self._hall_id, plot_type.name, run_period)
            ready = [plot for plot in rules.steady(candidates, plot_type) if self._images.has(plot.content_hash)]
            lacking = set(features.missing(connection, DESCRIBED_BY, [plot.content_hash for plot in ready]))
            known = [plot for plot in ready if plot.content_hash not in lacking][:LOOKED_AT]
            if len(known) < SIZE:
                return SIZE - len(known)
            stored = features.get(connection, DESCRIBED_BY, list({plot.content_hash for plot in known}))
        packed = {one.content_hash: (one.pooled, one.parts or b"") for one in stored.values()}
        chosen = rules.first_of(_alike(known, packed))
        if len(chosen) < SIZE:
            return SIZE - len(chosen)
        with self._database.write() as connection:
            references.propose_first(connection, self._hall_id, plot_type.name, run_period, chosen, user=MONITOR)
        return 0


def _alike(plots: list[Plot], packed: dict[str, Packed]) -> list[Plot]:
    """The plots without the few that deviate much from the others."""
    kept = steady(unpack([packed[plot.content_hash] for plot in plots]), groups(plots))
    return [plots[index] for index in np.flatnonzero(kept)]


def _key(plot: Plot) -> _Key:
    return plot.name.plot_type, plot.name.run_period
