"""What is to be heard: alarms that nobody has taken, as quickly read as can be."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa

from ..domain.alarm import OF_FOLDER, AlarmState
from ..domain.label import Severity
from ..domain.loudness import Annunciation
from . import alarm_settings
from . import tables as t

_A = t.alarms.c
_UNTAKEN = (
    sa.select(_A.hall_id, _A.id, _A.kind, _A.raised_at, _A.severity, _A.label, t.plot_types.c.name, _A.pad)
    .outerjoin(t.plot_types, t.plot_types.c.id == _A.plot_type_id)
    .where(
        _A.hall_id.in_(sa.bindparam("hall_ids", expanding=True)),
        _A.state != sa.literal_column(f"'{AlarmState.NORMAL}'"),  # which the index of open alarms has
        _A.state == str(AlarmState.UNACKNOWLEDGED),
    )
    .order_by(_A.raised_at.desc(), _A.id.desc())
)
_H = t.halls.c
_HALLS = sa.select(_H.id, _H.alarm_settings).where(_H.name.in_(sa.bindparam("names", expanding=True)))


class FollowedHall(NamedTuple):
    """A hall whose alarms are to be heard; 0 s means that nobody is to be told when its database doesn't answer."""

    id: int
    unanswered_after_s: float


def followed(c: sa.Connection, names: Collection[str]) -> tuple[FollowedHall, ...]:
    """Those halls of these names that there are."""
    rows = c.execute(_HALLS, {"names": list(names)})
    return tuple(FollowedHall(id_, alarm_settings.read(stored).unanswered_after_s) for id_, stored in rows)


def untaken(c: sa.Connection, hall_ids: Collection[int]) -> tuple[Annunciation, ...]:
    """Alarms of these halls that hold and that nobody has taken, the newest annunciation first."""
    rows = c.execute(_UNTAKEN, {"hall_ids": list(hall_ids)})
    return tuple(
        Annunciation(
            row.hall_id, row.id, row.raised_at, Severity(row.severity), row.label, row.name or "",
            "" if row.kind in OF_FOLDER else row.pad,
        )
        for row in rows
    )  # fmt: skip
