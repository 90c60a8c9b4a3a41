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
from . import clock, label_queue
from . import tables as t

PAUSE = timedelta(hours=8)  # after so long without a decision another session begins
_A, _G, _S = t.label_actions.c, t.given_labels.c, t.label_skips.c


def store(c: sa.Connection, hall_id: int, decision: Decision, *, user: str, station: str) -> Act:
    """Store a decision, once: one of the same key is given back as it is. It counts from now on, by the database.

    Raises KeyError for a plot that isn't there and for a label that its plot type doesn't have now.
    """
    _hold(c, hall_id, user, station)
    known = c.execute(_OF_KEY, {"wanted": decision.key}).one_or_none()
    if known is not None:
        return _acts(c, [known])[0]
    label_ids = _label_ids(c, hall_id, [choice.plot_id for choice in decision.choices])
    for choice in decision.choices:
        if choice.plot_id not in label_ids:
            raise KeyError(choice.plot_id)
        if choice.label is not None and choice.label not in label_ids[choice.plot_id]:
            raise KeyError(choice.label)
    at = clock.now(c)
    session_id = _session_id(c, hall_id, user, station, at)
    chosen = [choice for choice in decision.choices if choice.label is not None]
    skipped = [choice for choice in decision.choices if choice.label is None]
    if session_id is not None:  # what was taken back just now can't be given again any more
        c.execute(_FORGET_UNDONE, {"session": session_id})
    action = {
        "hall_id": hall_id,
        "key": decision.key,
        "user": user,
        "station": station,
        "session_id": session_id,
        "mode": str(decision.mode),
        "labels": len(chosen),
        "skipped": len(skipped),
        "taken_ms": decision.taken_ms,
        "at": at,
    }
    action_id: int = c.execute(_ADD, action).scalar_one()
    if chosen:
        c.execute(
            _GIVE,
            [
                {
                    "plot_id": choice.plot_id,
                    "label_id": label_ids[choice.plot_id][choice.label or ""],
                    "user": user,
                    "at": at,
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
        of_action = {"action_id": action_id, "user": user, "session_id": session_id or action_id}
        c.execute(_SKIP, [{"plot_id": choice.plot_id, **of_action} for choice in skipped])
    label_queue.refresh(c, [choice.plot_id for choice in chosen])
    return Act(action_id, decision.key, decision.mode, decision.choices, at)


def undo(c: sa.Connection, hall_id: int, *, key: str, user: str, station: str) -> Act | None:
    """Take the newest decision of the session back; None when there is none.

    `key` names the wish, so that the same one again, after a lost connection for instance, takes nothing more back.
    """
    return _turn(c, hall_id, user, station, key, back=True)


def redo(c: sa.Connection, hall_id: int, *, key: str, user: str, station: str) -> Act | None:
    """Put in force again what was taken back last; None when there is nothing. `key` is as in `undo`."""
    return _turn(c, hall_id, user, station, key, back=False)


def session(c: sa.Connection, hall_id: int, *, user: str, station: str, recent: timedelta) -> Session:
    """What was done since the last long pause, and how much within the time called recent, by this station's clock."""
    now = clock.now(c)
    id_ = _session_id(c, hall_id, user, station, now)
    if id_ is None:
        return Session()
    of_session = _of_session(id_)
    totals = c.execute(
        sa.select(sa.func.sum(_A.labels), sa.func.sum(_A.skipped), sa.func.count()).where(
            of_session, _A.undone_at.is_(None)
        )
    ).one()
    redo = sa.select(sa.func.count()).where(of_session, _A.undone_at.is_not(None), sa.not_(_A.gone))
    newest = sa.select(_A.at, _A.labels).where(of_session, _A.undone_at.is_(None), _A.at > now - recent).order_by(_A.id)
    ahead = clock.here(c, now) - now
    return Session(
        id_,
        int(totals[0] or 0),
        int(totals[1] or 0),
        totals[2],
        c.scalar(redo) or 0,
        tuple((row.at + ahead, row.labels) for row in c.execute(newest)),
    )


def of_plot(c: sa.Connection, plot_id: int) -> list[Act]:
    """Every decision about a plot, also those taken back, oldest first."""
    ids = sa.select(_G.action_id).where(_G.plot_id == plot_id, _G.action_id.is_not(None))
    return _acts(c, c.execute(sa.select(t.label_actions).where(_A.id.in_(ids)).order_by(_A.id)).all())


def _turn(c: sa.Connection, hall_id: int, user: str, station: str, key: str, *, back: bool) -> Act | None:
    _hold(c, hall_id, user, station)
    row = c.execute(sa.select(t.label_actions).where(_A.turned_by == key)).one_or_none()
    if row is None:  # else this very wish was carried out already
        row = _next(c, hall_id, user, station, back=back)
        if row is None:
            return None
        turned = {"undone_at": clock.now(c) if back else None, "turned_by": key}
        c.execute(t.label_actions.update().where(_A.id == row.id).values(turned))
        c.execute(t.given_labels.update().where(_G.action_id == row.id).values(withdrawn=back))
    (act,) = _acts(c, [row])
    label_queue.refresh(c, [choice.plot_id for choice in act.choices if choice.label is not None])
    return Act(act.id, act.key, act.mode, act.choices, act.at, back)


def _next(c: sa.Connection, hall_id: int, user: str, station: str, *, back: bool) -> Any:
    """What is taken back next, or given again next."""
    id_ = _session_id(c, hall_id, user, station, clock.now(c))
    if id_ is None:
        return None
    chosen = sa.select(t.label_actions).where(_of_session(id_)).limit(1)
    if back:
        chosen = chosen.where(_A.undone_at.is_(None)).order_by(_A.id.desc())
    else:
        chosen = chosen.where(_A.undone_at.is_not(None), sa.not_(_A.gone)).order_by(_A.id)
    return c.execute(chosen).one_or_none()


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
        batch = plot_ids[start : start + label_queue.BATCH]
        types.update(c.execute(_TYPES, {"hall": hall_id, "ids": batch}).all())
    names: dict[int, dict[str, int]] = defaultdict(dict)
    for type_id, name, label_id in c.execute(_VALID, {"types": sorted(set(types.values()))}):
        names[type_id][name] = label_id
    return {plot_id: names[type_id] for plot_id, type_id in types.items()}


def _session_id(c: sa.Connection, hall_id: int, user: str, station: str, at: datetime) -> int | None:
    """The session that goes on at that time, None where the next decision begins one."""
    row = c.execute(_LAST, {"hall": hall_id, "who": user, "where": station}).one_or_none()
    if row is None or at - max(row.at, row.undone_at or row.at) > PAUSE:
        return None
    return row.session_id or row.id


def _of_session(id_: int | None) -> sa.ColumnElement[bool]:
    return sa.or_(_A.id == id_, _A.session_id == id_)


def _hold(c: sa.Connection, hall_id: int, user: str, station: str) -> None:
    """One decision after the other, so that what is undone next is always clear; on SQLite there is one writer."""
    if c.dialect.name == "postgresql":
        whose = f"labeling {hall_id} {user} {station}".encode("utf-8", "surrogateescape")
        c.execute(_HOLD, {"number": int.from_bytes(sha256(whose).digest()[:8], signed=True)})


# built once: a key press waits for them
_OF_KEY = sa.select(t.label_actions).where(_A.key == sa.bindparam("wanted"))
_LAST = (
    sa.select(_A.id, _A.session_id, _A.at, _A.undone_at)
    .where(_A.hall_id == sa.bindparam("hall"), _A.user == sa.bindparam("who"), _A.station == sa.bindparam("where"))
    .order_by(_A.id.desc())
    .limit(1)
)
_TYPES = sa.select(t.plots.c.id, t.plots.c.plot_type_id).where(
    t.plots.c.id.in_(sa.bindparam("ids", expanding=True)), t.plots.c.hall_id == sa.bindparam("hall")
)
_VALID = sa.select(t.labels.c.plot_type_id, t.labels.c.name, t.labels.c.id).where(
    t.labels.c.plot_type_id.in_(sa.bindparam("types", expanding=True)), t.labels.c.valid
)
_FORGET_UNDONE = (
    t.label_actions.update()
    .where(
        sa.or_(_A.id == sa.bindparam("session"), _A.session_id == sa.bindparam("session")),
        _A.undone_at.is_not(None),
        sa.not_(_A.gone),
    )
    .values(gone=True)
)
_ADD = t.label_actions.insert().returning(_A.id)
_GIVE, _SKIP = t.given_labels.insert(), t.label_skips.insert()
_HOLD = sa.select(sa.func.pg_advisory_xact_lock(sa.bindparam("number", type_=sa.BigInteger)))
