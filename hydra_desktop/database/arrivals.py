"""When plots came last."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from . import tables as t

_NEWEST = (
    sa.select(t.plot_types.c.name, sa.func.max(t.plots.c.arrived_at, type_=t.UtcDateTime))
    .select_from(t.panels)
    .join(t.plots, t.plots.c.id == t.panels.c.plot_id)
    .join(t.plot_types, t.plot_types.c.id == t.panels.c.plot_type_id)
    .where(t.panels.c.hall_id == sa.bindparam("hall_id"))
    .group_by(t.plot_types.c.name)
)


def newest(c: sa.Connection, hall_id: int) -> dict[str, datetime]:
    """When the newest plot of each plot type that ever came arrived."""
    return {row.name: row[1] for row in c.execute(_NEWEST, {"hall_id": hall_id})}
