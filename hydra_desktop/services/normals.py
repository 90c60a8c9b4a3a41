"""What people confirmed as normal since a model was trained, as the statistics that judging needs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sqlalchemy import Connection
from threadpoolctl import threadpool_limits

from ..database import references
from ..database.image_store import ImageStore
from ..domain.reference import FEWEST, Reference, ReferenceState
from ..vision.backbone import Backbone
from ..vision.deviation import Normal, steady
from ..vision.model_file import Model
from .features import without_storing
from .grouping import groups


class Normals:
    """Makes statistics of references, each set of plots once as long as it counts."""

    def __init__(self, images: ImageStore, backbone: Backbone) -> None:
        self._images = images
        self._backbone = backbone
        self._made: dict[tuple[int, tuple[str, ...]], Normal | None] = {}

    def load(
        self, connection: Connection, hall_id: int, models: Mapping[str, Model], ids: Mapping[str, int]
    ) -> dict[str, dict[str, Normal]]:
        """By plot type and run period, in the order of time, what goes before what the models know themselves.

        `models` and their `ids` are by plot type.

        That is every reference that a person confirmed and the model wasn't trained by, and the first Good
        plots of a period that the model never saw. Where one of the model's own periods is newer than these,
        it comes last: periods without a reference inherit it.
        """
        found: dict[str, dict[str, Normal]] = {}
        before, self._made = self._made, {}
        for name, model in models.items():
            in_force = references.in_force(connection, hall_id, name)
            own: dict[str, Normal] = {}
            for period, reference in in_force.items():
                trained_by = model.card.get("reference_sets", {}).get(period) == reference.fingerprint
                if trained_by or not is_used(reference, model):
                    continue
                key = ids[name], reference.content_hashes
                self._made[key] = before[key] if key in before else self._make(connection, reference, model)
                normal = self._made[key]
                if normal is not None:
                    own[period] = normal
            if own:
                newest = [period for period in in_force if period in own or period in model.normals][-1]
                own.setdefault(newest, model.normal(newest))
                found[name] = own
        return found

    def _make(self, connection: Connection, reference: Reference, model: Model) -> Normal | None:
        """Statistics of a reference's steady plots, None when fewer than two of its pictures are there."""
        extracted = without_storing(connection, self._images, reference.content_hashes, self._backbone)
        if len(extracted.kept) < FEWEST:
            return None
        runs = groups([reference.plots[index] for index in extracted.kept])
        with threadpool_limits(limits=1):  # threads of BLAS spin on each other: measured 8 times the time
            known = model.variations  # a reference is too small to tell how plots vary
            kept = np.flatnonzero(steady(extracted.description, runs, known))
            return Normal.of(extracted.description.at(kept), runs[kept], known=known)


def is_used(reference: Reference, model: Model) -> bool:
    """Whether a model judges by the plots of a reference: all that a person confirmed, and what it never saw."""
    if reference.state is ReferenceState.CONFIRMED:
        return True
    return reference.state is ReferenceState.DEFAULT and reference.run_period not in model.normals
