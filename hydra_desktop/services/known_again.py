"""The newest plots of what is known, looked at again when that changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from ..database import wall
from ..database.image_store import ImageStore
from ..domain.errors import PictureError, StorageError
from ..domain.hall import Hall, PlotType
from ..domain.known_fault import KnownFault
from ..vision.picture import decode_for_network
from .judging import JudgingModels

MOST_LOOKED_AT = 12  # plots of a stream


def changed_types(before: Sequence[KnownFault], after: Sequence[KnownFault]) -> frozenset[str]:
    """The plot types of faults that are in only one of two lists."""
    return frozenset(one.plot_type for one in set(before) ^ set(after))


def look_again(
    connection: Connection, hall_id: int, hall: Hall, images: ImageStore, models: JudgingModels, names: Iterable[str]
) -> dict[int, int | None]:
    """By verdict, which known fault is all that the newest plots of plot types say, as `known_faults.mark` takes it."""
    found: dict[int, int | None] = {}
    wanted = set(names)
    for name, pad in wall.streams(connection, hall_id):
        if name not in wanted:
            continue
        plot_type = hall.plot_types.get(name) or PlotType(name)
        for past in wall.last_chunks(connection, hall_id, name, pad, min(plot_type.rule.n, MOST_LOOKED_AT)):
            plot = past.plot
            known: int | None = None
            if models.known.of(plot.name, plot.taken_at):
                try:
                    picture = decode_for_network(images.read(plot.content_hash))
                except (PictureError, StorageError):
                    continue  # it was forgotten, or is damaged
                known = models.known_fault(past.verdict, picture, plot.name, plot.taken_at, plot_type)
            if known != past.known_fault_id:
                found[past.verdict_id] = known
    return found
