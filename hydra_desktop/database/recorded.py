"""The verdicts of one model over a span of time, as columns: half a million of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

import numpy as np
import sqlalchemy as sa

from ..domain.labeling import Queue
from ..domain.replay import Recorded
from ..domain.verdict import Status
from . import tables as t

_P, _V, _Q = t.plots.c, t.verdicts.c, t.label_queue.c
_AS_IT_CAME = (_P.live, sa.or_(_V.live, _V.shadow))  # neither guesses for labeling nor what was judged again
_SAID = {"good": 0, "faulty": 1}  # by the role of the label in force; others say neither
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def of_model(
    c: sa.Connection, model_id: int, labels: Sequence[str], since: datetime, until: datetime, limit: int
) -> Recorded:
    """What a model said of the plots that came live in a span, ends included, also in shadow; the newest `limit`.

    Of a chunk that came again the last plot counts, of a plot that the model judged again the live verdict, else the
    newest. Labels that the model doesn't have any more are left out.
    """
    type_id = c.scalar(sa.select(t.models.c.plot_type_id).where(t.models.c.id == model_id))
    span = (_P.plot_type_id == type_id, _P.taken_at >= since, _P.taken_at <= until)
    chosen = (
        sa.select(
            _P.id, _P.pad, _P.run_period, _P.run_number, _P.chunk, _P.taken_at, t.labels.c.name, _V.confidence,
            _V.status, _V.live, _V.id.label("verdict_id"), _V.fault_score,
        )
        .select_from(t.plots.join(t.verdicts, _V.plot_id == _P.id).join(t.labels, t.labels.c.id == _V.label_id))
        .where(*span, *_AS_IT_CAME, _V.model_id == model_id)
        .order_by(_P.taken_at.desc(), _P.id.desc())
        .limit(limit)
        .execution_options(yield_per=20_000)
    )  # fmt: skip
    said = (
        sa.select(_Q.plot_id, t.labels.c.role)
        .join(t.labels, t.labels.c.id == _Q.label_id)
        .where(_Q.plot_type_id == type_id, _Q.queue == Queue.EVERY, _Q.taken_at >= since, _Q.taken_at <= until)
    )
    roles: dict[int, str] = dict(c.execute(said).all())
    column = {name: index for index, name in enumerate(labels)}
    rows = sorted(
        (tuple(row) for row in c.execute(chosen) if row[6] in column),
        key=lambda row: (row[1], row[5], row[0], row[9], row[10]),
    )
    kept = [row for row, after in zip_longest(rows, rows[1:]) if not _is_replaced(row, after)]
    streams: dict[str, int] = {}
    runs: dict[tuple[str, int], int] = {}
    return Recorded(
        tuple(labels),
        np.array([streams.setdefault(row[1], len(streams)) for row in kept], np.int64),
        np.array([runs.setdefault((row[2], row[3]), len(runs)) for row in kept], np.int64),
        np.array([(row[5] - _EPOCH) // _MICROSECOND for row in kept], np.int64),
        np.array([row[0] for row in kept], np.int64),
        np.array([column[row[6]] for row in kept], np.int64),
        np.array([row[7] for row in kept], np.float64),
        np.array([row[8] == Status.UNFAMILIAR for row in kept], bool),
        np.array([_SAID.get(roles.get(row[0], ""), -1) for row in kept], np.int8),
        np.array([row[11] for row in kept], np.float64),
    )


def newest(c: sa.Connection, model_id: int) -> datetime | None:
    """When the newest plot was taken that a model judged as it came, None where it judged none."""
    type_id = c.scalar(sa.select(t.models.c.plot_type_id).where(t.models.c.id == model_id))
    found = (
        sa.select(_P.taken_at)
        .select_from(t.plots.join(t.verdicts, _V.plot_id == _P.id))
        .where(_P.plot_type_id == type_id, *_AS_IT_CAME, _V.model_id == model_id)
        .order_by(_P.taken_at.desc(), _P.id.desc())
        .limit(1)
    )
    return c.scalar(found)


def _is_replaced(row: tuple[object, ...], after: tuple[object, ...] | None) -> bool:
    """Whether the next one is of the same plot, or of the same chunk of the same run."""
    if after is None:
        return False
    return row[0] == after[0] or (row[4] is not None and row[1:5] == after[1:5])
