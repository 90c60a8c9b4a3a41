"""What the training screen shows, read anew only where it changed: jobs at each look, plot types after new labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..database import label_counts, training_jobs
from ..database.connection import Database
from ..domain.training import Job
from . import training_state
from .training_state import TypeState


@dataclass(frozen=True)
class Look:
    """The jobs of a hall, and how its plot types stand where that was read; `stamp` says what it rests on."""

    jobs: Sequence[Job]
    stamp: tuple[int, ...]
    states: Mapping[str, TypeState] | None = None


def look(database: Database, hall: str, hall_id: int, stamp: tuple[int, ...] | None) -> Look:
    """Look anew; plot types are read unless nothing they rest on changed since that `stamp`.

    A label that is taken back alone changes no stamp: it shows with the next change, or when `stamp` is None.
    """
    with database.read() as c:
        jobs, newest = training_jobs.listing(c, hall_id), label_counts.stamp(c, hall_id)
    states = training_state.of_hall(database, hall) if newest != stamp else None
    return Look(jobs, newest, states)
