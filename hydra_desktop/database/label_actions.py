"""What people decided about plots: each decision whole, in order, to be taken back and given again.

A decision is never deleted. Taking it back withdraws its labels, giving it again puts them in force
as they were; what was taken back can't be given again once something else was decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from ..domain.labeling import Act, Choice, Decision, Mode, Session
from . import label_queue
from . import tables as t

PAUSE = timedelta(hours=8)  # after so long without a decision another session begins
_A, _G, _S = t.label_actions.c, t.given_labels.c, t.label_skips.c


def store(c: sa.Connection, hall_id: int, decision: Decision, *, user: str, station: str) -> Act:
    """Store a decision, once: one of the same key is given back as it is.

    Raises KeyError for a plot that isn't there and for a label that its plot type doesn't have now.
    """
    _hold(c, hall_id, user, station)
    known = c.execute(sa.select(t.label_actions).where(_A.key == decision.key)).one_or_none()
    if known is not None:
        return _acts(c, [known])[0]
    ids = [choice.plot_id for choice in decision.choices]
    label_ids = _label_ids(c, hall_id, ids)
    for choice in decision.choices:
        if choice.plot_id not in label_ids:
            raise KeyError(choice.plot_id)
        if choice.label is not None and choice.label not in label_ids[choice.plot_id]:
            raise KeyError(choice.label)
    session_id = _session_id(c, hall_id, user, station, decision.at)
    chosen = [choice for choice in decision.choices if choice.label is not None]
    skipped = [choice for choice in decision.choices if choice.label is None]
    if session_id is not None:  # what was taken back just now can't be given again any more
        undone = (_of_session(session_id), _A.undone_at.is_not(None), sa.not_(_A.gone))
        c.execute(t.label_actions.update().where(*undone).values(gone=True))
    action_id: int = c.execute(
        t.label_actions.insert()
        .values(
            hall_id=hall_id,
            key=decision.key,
            user=user,
            station=station,
            session_id=session_id,
            mode=str(decision.mode),
            labels=len(chosen),
            skipped=len(skipped),
            taken_ms=decision.taken_ms,
            at=decision.at,
        )
        .returning(_A.id)
    ).scalar_one()
    if chosen:
        c.execute(
            t.given_labels.insert(),
            [
                {
                    "plot_id": choice.plot_id,
                    "label_id": label_ids[choice.plot_id][choice.label or ""],
                    "user": user,
                    "at": decision.at,
                    "mode": str(decision.mode),
                    "taken_ms": decision.taken_ms,
                    "guess_visible": choice.guess_visible,
                    "accepted": choice.accepted,
                    "withdrawn": False,
                    "note": choice.note,
                    "action_id": action_id,
                }
                for choice in chosen
            ],
        )
    if skipped:
        rows = [{"plot_id": choice.plot_id, "action_id": action_id, "user": user} for choice in skipped]
        c.execute(t.label_skips.insert().values(session_id=session_id or action_id), rows)
    label_queue.refresh(c, [choice.plot_id for choice in chosen])
    return Act(action_id, decision.key, decision.mode, decision.choices, decision.at)


def undo(c: sa.Connection, hall_id: int, *, user: str, station: str, at: datetime) -> Act | None:
    """Take the newest decision of the session back; None when there is none."""
    return _turn(c, _next_undo(c, hall_id, user, station, at), at)


def redo(c: sa.Connection, hall_id: int, *, user: str, station: str, at: datetime) -> Act | None:
    """Put in force again what was taken back last; None when there is nothing."""
    return _turn(c, _next_redo(c, hall_id, user, station, at), None)


def session(c: sa.Connection, hall_id: int, *, user: str, station: str, at: datetime, recent: timedelta) -> Session:
    """What was done since the last long pause, and how much in the time before `at` that is called recent."""
    id_ = _session_id(c, hall_id, user, station, at)
    if id_ is None:
        return Session()
    of_session = _of_session(id_)
    totals = c.execute(
        sa.select(sa.func.sum(_A.labels), sa.func.sum(_A.skipped), sa.func.count()).where(
            of_session, _A.undone_at.is_(None)
        )
    ).one()
    redo = sa.select(sa.func.count()).where(of_session, _A.undone_at.is_not(None), sa.not_(_A.gone))
    newest = sa.select(_A.at, _A.labels).where(of_session, _A.undone_at.is_(None), _A.at > at - recent).order_by(_A.id)
    return Session(
        id_,
        int(totals[0] or 0),
        int(totals[1] or 0),
        totals[2],
        c.scalar(redo) or 0,
        tuple((row.at, row.labels) for row in c.execute(newest)),
    )


def of_plot(c: sa.Connection, plot_id: int) -> list[Act]:
    """Every decision about a plot, also those taken back, oldest first."""
    ids = sa.select(_G.action_id).where(_G.plot_id == plot_id, _G.action_id.is_not(None))
    return _acts(c, c.execute(sa.select(t.label_actions).where(_A.id.in_(ids)).order_by(_A.id)).all())


def _next_undo(c: sa.Connection, hall_id: int, user: str, station: str, at: datetime) -> Any:
    id_ = _held_session(c, hall_id, user, station, at)
    chosen = sa.select(t.label_actions).where(_of_session(id_), _A.undone_at.is_(None))
    return c.execute(chosen.order_by(_A.id.desc()).limit(1)).one_or_none() if id_ is not None else None


def _next_redo(c: sa.Connection, hall_id: int, user: str, station: str, at: datetime) -> Any:
    id_ = _held_session(c, hall_id, user, station, at)
    if id_ is None:
        return None
    chosen = sa.select(t.label_actions).where(_of_session(id_), _A.undone_at.is_not(None), sa.not_(_A.gone))
    return c.execute(chosen.order_by(_A.id).limit(1)).one_or_none()


def _turn(c: sa.Connection, row: Any, undone_at: datetime | None) -> Act | None:
    if row is None:
        return None
    c.execute(t.label_actions.update().where(_A.id == row.id).values(undone_at=undone_at))
    c.execute(t.given_labels.update().where(_G.action_id == row.id).values(withdrawn=undone_at is not None))
    (act,) = _acts(c, [row])
    label_queue.refresh(c, [choice.plot_id for choice in act.choices if choice.label is not None])
    return Act(act.id, act.key, act.mode, act.choices, act.at, undone_at is not None)


def _acts(c: sa.Connection, rows: Sequence[Any]) -> list[Act]:
    choices: dict[int, list[Choice]] = defaultdict(list)
    ids = [row.id for row in rows]
    given = (
        sa.select(_G.action_id, _G.plot_id, t.labels.c.name, _G.accepted, _G.guess_visible, _G.note)
        .join(t.labels, t.labels.c.id == _G.label_id)
        .where(_G.action_id.in_(ids))
        .order_by(_G.id)
    )
    for action_id, *choice in c.execute(given):
        choices[action_id].append(Choice(*choice))
    for action_id, plot_id in c.execute(sa.select(_S.action_id, _S.plot_id).where(_S.action_id.in_(ids))):
        choices[action_id].append(Choice(plot_id, None))
    return [
        Act(row.id, row.key, Mode(row.mode), tuple(choices[row.id]), row.at, row.undone_at is not None) for row in rows
    ]


def _label_ids(c: sa.Connection, hall_id: int, plot_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """The labels that each plot may get."""
    types: dict[int, int] = {}
    for start in range(0, len(plot_ids), label_queue.BATCH):
        chosen = sa.select(t.plots.c.id, t.plots.c.plot_type_id).where(
            t.plots.c.id.in_(plot_ids[start : start + label_queue.BATCH]), t.plots.c.hall_id == hall_id
        )
        types.update(c.execute(chosen).all())
    names: dict[int, dict[str, int]] = defaultdict(dict)
    valid = sa.select(t.labels.c.plot_type_id, t.labels.c.name, t.labels.c.id).where(
        t.labels.c.plot_type_id.in_(set(types.values())), t.labels.c.valid
    )
    for type_id, name, label_id in c.execute(valid):
        names[type_id][name] = label_id
    return {plot_id: names[type_id] for plot_id, type_id in types.items()}


def _session_id(c: sa.Connection, hall_id: int, user: str, station: str, at: datetime) -> int | None:
    """The session that goes on at that time, None where the next decision begins one."""
    row = c.execute(
        sa.select(_A.id, _A.session_id, _A.at, _A.undone_at)
        .where(_A.hall_id == hall_id, _A.user == user, _A.station == station)
        .order_by(_A.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None or at - max(row.at, row.undone_at or row.at) > PAUSE:
        return None
    return row.session_id or row.id


def _held_session(c: sa.Connection, hall_id: int, user: str, station: str, at: datetime) -> int | None:
    _hold(c, hall_id, user, station)
    return _session_id(c, hall_id, user, station, at)


def _of_session(id_: int | None) -> sa.ColumnElement[bool]:
    return sa.or_(_A.id == id_, _A.session_id == id_)


def _hold(c: sa.Connection, hall_id: int, user: str, station: str) -> None:
    """One decision after the other, so that what is undone next is always clear; on SQLite there is one writer."""
    if c.dialect.name == "postgresql":
        whose = f"labeling {hall_id} {user} {station}".encode("utf-8", "surrogateescape")
        c.execute(_HOLD, {"number": int.from_bytes(sha256(whose).digest()[:8], signed=True)})


_HOLD = sa.select(sa.func.pg_advisory_xact_lock(sa.bindparam("number", type_=sa.BigInteger)))
