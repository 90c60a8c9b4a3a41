"""Contested verdicts; a row is never changed but for its taking back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..domain.contest import Contest
from . import clock, feed, label_queue, plots
from . import tables as t
from .naming import plot_type_id

_STANDS = t.contests.c.taken_back_at.is_(None)
_SELECT = sa.select(t.contests, t.labels.c.name.label("label")).join(t.labels, t.labels.c.id == t.contests.c.label_id)


def add(
    c: sa.Connection, hall_id: int, verdict_id: int, label: str, *, comment: str, user: str, station: str
) -> Contest:
    """Store that a verdict is wrong and which label it should be; its plot is kept for training from now on.

    It takes the place of what the same person said of that plot before. Raises KeyError for a label that
    the plot type never had, and for a verdict that isn't there.
    """
    found = c.execute(
        sa.select(t.verdicts.c.plot_id, t.plots.c.plot_type_id)
        .join(t.plots, t.plots.c.id == t.verdicts.c.plot_id)
        .where(t.verdicts.c.id == verdict_id, t.plots.c.hall_id == hall_id)
    ).one_or_none()
    if found is None:
        raise KeyError(verdict_id)
    label_id = c.scalar(
        sa.select(t.labels.c.id).where(t.labels.c.plot_type_id == found.plot_type_id, t.labels.c.name == label)
    )
    if label_id is None:
        raise KeyError(label)
    at = clock.now(c)
    of_user = sa.and_(t.contests.c.plot_id == found.plot_id, t.contests.c.user == user)
    _end(c, of_user, user=user, at=at)
    contest_id: int = c.execute(
        t.contests.insert()
        .values(
            hall_id=hall_id,
            plot_id=found.plot_id,
            verdict_id=verdict_id,
            label_id=label_id,
            comment=comment,
            user=user,
            station=station,
            at=at,
        )
        .returning(t.contests.c.id)
    ).scalar_one()
    plots.keep(c, [found.plot_id])
    label_queue.refresh(c, [found.plot_id])
    feed.publish(c, hall_id, "contest", contest_id)
    return Contest(contest_id, found.plot_id, verdict_id, label, comment, user, station, at)


def take_back(c: sa.Connection, hall_id: int, contest_id: int, *, user: str) -> bool:
    """Take a contest back; False when that was done before."""
    mine = sa.and_(t.contests.c.id == contest_id, t.contests.c.hall_id == hall_id)
    ended = _end(c, mine, user=user, at=clock.now(c))
    if ended:
        label_queue.refresh(c, ended)
        feed.publish(c, hall_id, "contest", contest_id)
    return bool(ended)


def of_plot(c: sa.Connection, plot_id: int) -> list[Contest]:
    """Every contest of a plot, also those that were taken back, newest first."""
    rows = c.execute(_SELECT.where(t.contests.c.plot_id == plot_id).order_by(t.contests.c.id.desc()))
    return [_contest(row) for row in rows]


def standing(c: sa.Connection, hall_id: int, plot_type: str | None = None) -> list[Contest]:
    """The contests that nobody took back, of a hall or of one of its plot types, newest first."""
    chosen = _SELECT.where(t.contests.c.hall_id == hall_id, _STANDS)
    if plot_type is not None:
        chosen = chosen.where(t.labels.c.plot_type_id == plot_type_id(c, hall_id, plot_type))
    return [_contest(row) for row in c.execute(chosen.order_by(t.contests.c.id.desc()))]


def contested(c: sa.Connection, plot_ids: Iterable[int]) -> set[int]:
    """Those of the plots whose verdict somebody contests."""
    chosen = sa.select(t.contests.c.plot_id).where(t.contests.c.plot_id.in_(list(plot_ids)), _STANDS)
    return set(c.scalars(chosen))


def _end(c: sa.Connection, which: sa.ColumnElement[bool], *, user: str, at: datetime) -> list[int]:
    """Take back those that stand; ids of their plots."""
    ended = t.contests.update().where(which, _STANDS).values(taken_back_at=at, taken_back_by=user)
    return list(c.scalars(ended.returning(t.contests.c.plot_id)))


def _contest(row: Any) -> Contest:
    return Contest(
        row.id, row.plot_id, row.verdict_id, row.label, row.comment, row.user, row.station, row.at,
        row.taken_back_at, row.taken_back_by,
    )  # fmt: skip
