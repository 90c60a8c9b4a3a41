"""In which queues plots wait for a person: worked out anew whenever something of a plot changed.

`refresh` is to be called in the same transaction as what changed it: a verdict, a label, a contest, a
plot that is kept. So a queue is always what the other tables say, and can be built from them again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from ..domain.labeling import Given, Guess, Queue, Standing, in_force, queues
from ..domain.plot import Plot
from ..domain.verdict import Status
from . import plots
from . import tables as t
from .naming import plot_type_id
from .upsert import upsert

BATCH = 500
_BUILT = "label queue"  # a counter of the hall

_P, _G, _V = t.plots.c, t.given_labels.c, t.verdicts.c
_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_PLOTS = sa.select(_P.id, _P.plot_type_id, _P.taken_at, _P.run_period, _P.run_number, _P.kept).where(_P.id.in_(_IDS))
_GIVEN = (
    sa.select(
        _G.id, _G.plot_id, _G.label_id, t.labels.c.name, t.labels.c.role, _G.user, _G.at, _G.mode, _G.accepted,
        _G.guess_visible, _G.taken_ms, _G.note,
    )
    .join(t.labels, t.labels.c.id == _G.label_id)
    .where(_G.plot_id.in_(_IDS), sa.not_(_G.withdrawn))
    .order_by(_G.id)
)  # fmt: skip
_GUESSES = (
    sa.select(_V.id, _V.plot_id, _V.label_id, t.labels.c.name, _V.confidence, _V.status, _V.decided_at)
    .outerjoin(t.labels, t.labels.c.id == _V.label_id)
    .where(_V.plot_id.in_(_IDS), sa.not_(_V.shadow))
    .order_by(_V.live, _V.id)  # the live one counts, else the newest: the last of each plot
)
_CONTESTED = (
    sa.select(t.contests.c.plot_id, sa.func.max(t.contests.c.at).label("at"))
    .where(t.contests.c.plot_id.in_(_IDS), t.contests.c.taken_back_at.is_(None))
    .group_by(t.contests.c.plot_id)
)
_SUSPECT = sa.select(t.label_suspects.c.plot_id, t.label_suspects.c.given_id).where(
    t.label_suspects.c.plot_id.in_(_IDS)
)
_MISTAKEN = sa.select(t.model_mistakes.c.plot_id, t.model_mistakes.c.given_id).where(
    t.model_mistakes.c.plot_id.in_(_IDS)
)
_FORGET = t.label_queue.delete().where(t.label_queue.c.plot_id.in_(_IDS))
_INSERT = t.label_queue.insert()


def given(c: sa.Connection, plot_ids: Sequence[int]) -> dict[int, tuple[Given, ...]]:
    """What people say of each of a few plots and didn't take back, in the order it was said."""
    found: dict[int, list[Given]] = defaultdict(list)
    for row in c.execute(_GIVEN, {"ids": list(plot_ids)}):
        found[row.plot_id].append(_given(row))
    return {plot_id: tuple(said) for plot_id, said in found.items()}


def guesses(c: sa.Connection, plot_ids: Sequence[int]) -> dict[int, tuple[int, Guess]]:
    """What the model says of each of a few plots that were judged by one, with the verdict's id."""
    rows = c.execute(_GUESSES, {"ids": list(plot_ids)})
    return {row.plot_id: (row.id, _guess(row)) for row in rows if row.label_id is not None}


def without_guess(c: sa.Connection, hall_id: int, plot_type: str, model_id: int) -> list[Plot]:
    """The unlabelled plots of a type that neither the monitor nor this model has judged, the newest first."""
    q = t.label_queue.c
    judged = sa.exists().where(_V.plot_id == q.plot_id, sa.or_(_V.live, _V.model_id == model_id), sa.not_(_V.shadow))
    type_id = plot_type_id(c, hall_id, plot_type)
    rows = c.execute(
        sa.select(*plots.COLUMNS)
        .select_from(plots.JOINED.join(t.label_queue, q.plot_id == _P.id))
        .where(q.plot_type_id == type_id, q.queue == str(Queue.UNLABELLED), sa.not_(judged))
        .order_by(q.taken_at.desc(), q.plot_id.desc())
    )
    return [plots.from_row(row) for row in rows]


def refresh(c: sa.Connection, plot_ids: Iterable[int]) -> None:
    """Work out anew in which queues these plots wait."""
    ids = sorted(set(plot_ids))
    for start in range(0, len(ids), BATCH):
        _refresh(c, ids[start : start + BATCH])


def refresh_labelled(c: sa.Connection, plot_type_id: int, labels: Iterable[str]) -> None:
    """The same for all plots with these labels in force, whose role has changed."""
    q = t.label_queue.c
    of_labels = sa.select(t.labels.c.id).where(
        t.labels.c.plot_type_id == plot_type_id, t.labels.c.name.in_(list(labels))
    )
    chosen = sa.select(q.plot_id).where(
        q.plot_type_id == plot_type_id, q.queue == Queue.EVERY, q.label_id.in_(of_labels)
    )
    refresh(c, c.scalars(chosen).all())


def is_built(c: sa.Connection, hall_id: int) -> bool:
    """Whether the queues of a hall were worked out for what it had before there were any."""
    k = t.counters.c
    return c.scalar(sa.select(k.value).where(k.hall_id == hall_id, k.name == _BUILT)) is not None


def plots_of(c: sa.Connection, hall_id: int) -> Iterator[list[int]]:
    """The ids of all kept plots of a hall, in batches."""
    last = 0
    while True:
        chosen = sa.select(_P.id).where(_P.hall_id == hall_id, _P.kept, _P.id > last).order_by(_P.id).limit(20 * BATCH)
        ids = list(c.scalars(chosen))
        if not ids:
            return
        yield ids
        last = ids[-1]


def say_built(c: sa.Connection, hall_id: int) -> None:
    """Note that the queues of a hall are worked out."""
    upsert(c, t.counters, {"hall_id": hall_id, "name": _BUILT, "value": 1}, on=["hall_id", "name"])


def _refresh(c: sa.Connection, ids: Sequence[int]) -> None:
    which = {"ids": ids}
    if c.dialect.name == "postgresql":  # two who change one plot at once: the second sees what the first did
        c.execute(_HOLD, which)
    said: dict[int, list[Any]] = defaultdict(list)
    for row in c.execute(_GIVEN, which):
        said[row.plot_id].append(row)
    judged = {row.plot_id: row for row in c.execute(_GUESSES, which)}
    contested = dict(c.execute(_CONTESTED, which).all())
    suspect: dict[int, int] = dict(c.execute(_SUSPECT, which).all())
    mistaken: dict[int, int] = dict(c.execute(_MISTAKEN, which).all())
    rows = []
    for plot in c.execute(_PLOTS, which):
        if not plot.kept:
            continue
        labels = tuple(_given(row) for row in said[plot.id])
        force = in_force(labels)
        label = next((row for row in said[plot.id] if force is not None and row.id == force.id), None)
        guess = judged.get(plot.id)
        waits = queues(
            Standing(
                True,
                labels,
                _guess(guess) if guess is not None and guess.label_id is not None else None,
                contested.get(plot.id),
                suspect.get(plot.id),
                mistaken.get(plot.id),
                label is not None and label.role == "excluded",
            )
        )
        for queue in (*waits, Queue.EVERY):
            rows.append(
                {
                    "plot_type_id": plot.plot_type_id,
                    "queue": str(queue),
                    "taken_at": plot.taken_at,
                    "plot_id": plot.id,
                    "run_period": plot.run_period,
                    "run_number": plot.run_number,
                    "shuffle": shuffled(plot.id),
                    "guess_id": guess.label_id if guess is not None else None,
                    "confidence": guess.confidence if guess is not None and guess.label_id is not None else 0.0,
                    "label_id": label.label_id if label is not None else None,
                    "user": label.user if label is not None else None,
                }
            )
    c.execute(_FORGET, which)
    if rows:
        c.execute(_INSERT, rows)


# in one order everywhere, so that two who hold several never wait in a circle
_HOLD = sa.select(_P.id).where(_P.id.in_(_IDS)).order_by(_P.id).with_for_update(key_share=True)


def shuffled(plot_id: int) -> int:
    """A number that chance gave to a plot, the same for everybody (the finaliser of MurmurHash3), 0 to 2^32 - 1."""
    mixed = plot_id & 0xFFFFFFFF
    for factor, shift in ((0x85EBCA6B, 16), (0xC2B2AE35, 13)):
        mixed = ((mixed ^ (mixed >> shift)) * factor) & 0xFFFFFFFF
    return mixed ^ (mixed >> 16)


def _given(row: Any) -> Given:
    return Given(row.id, row.name, row.user, row.at, row.mode, row.accepted, row.guess_visible, row.taken_ms, row.note)


def _guess(row: Any) -> Guess:
    return Guess(row.name, row.confidence, Status(row.status), row.decided_at)
