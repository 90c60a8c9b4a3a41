"""Training jobs: the queue of a hall, seen by every station; one runs at a time.

Who runs jobs holds the lease `LEASE` of the hall (leases.py). A job that runs carries that lease's fencing number,
and whoever writes about it names the number: a runner whose job was taken up by another writes nothing more,
neither progress nor a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ..domain.errors import LeaseLostError, TrainingError
from ..domain.training import OPEN, Curve, Job, JobState, Options, Stop
from . import clock, feed, leases
from . import tables as t
from .naming import plot_type_ids

LEASE = "training"
MOST_ATTEMPTS = 3  # a job is taken up twice more; one whose stations die each time may be what kills them
LATELY = 30  # ended jobs that are listed

_J = t.training_jobs.c
_JOB = sa.select(t.training_jobs, t.plot_types.c.name.label("plot_type")).join(
    t.plot_types, t.plot_types.c.id == _J.plot_type_id
)
_IS_OPEN = _J.state.in_([sa.literal_column(f"'{state}'") for state in OPEN])  # written out, to fit the index
_NO_WISH: Mapping[str, Any] = {"wish": "", "wish_user": "", "wish_station": "", "wish_at": None}
_IS_RUNNING = _J.state == sa.literal_column(f"'{JobState.RUNNING}'")


def ask(
    c: sa.Connection, hall_id: int, plot_types: Iterable[str], options: Options, *, user: str, station: str
) -> list[int]:
    """Let plot types be trained, in this order; the jobs' ids.

    One that waits already keeps its place. It takes over the options where the same person asked for it, else it waits
    on as it is. Raises KeyError for a plot type that the hall doesn't have.
    """
    ids = plot_type_ids(c, hall_id, plot_types)
    _hold(c, hall_id)
    waits = (_J.hall_id == hall_id, _IS_OPEN, _J.state == str(JobState.WAITING))
    waiting = {
        row.plot_type_id: row for row in c.execute(sa.select(_J.plot_type_id, _J.id, _J.user, _J.options).where(*waits))
    }
    now, found = clock.now(c), []
    for type_id in ids.values():
        row = waiting.get(type_id)
        if row is None:
            job_id = c.execute(
                t.training_jobs.insert()
                .values(
                    hall_id=hall_id, plot_type_id=type_id, state=str(JobState.WAITING), user=user, station=station,
                    asked_at=now, options=options.plain(), stage="", fraction=0.0, runs_on="", fencing=0, attempts=0,
                    error="", log="", curves={}, **_NO_WISH,
                )
                .returning(_J.id)
            ).scalar_one()  # fmt: skip
            feed.publish(c, hall_id, "training", job_id)
        else:
            job_id = row.id
            if row.user == user and Options.of(row.options) != options:
                changed = t.training_jobs.update().where(_J.id == job_id, _J.state == str(JobState.WAITING))
                c.execute(changed.values(options=options.plain()))
                feed.publish(c, hall_id, "training", job_id)
        found.append(job_id)
    return found


def listing(c: sa.Connection, hall_id: int, ended: int = LATELY) -> list[Job]:
    """The job that runs, those that wait in their order, and some that ended, the newest first."""
    order = sa.case((_IS_RUNNING, 0), else_=1)
    rows = c.execute(_JOB.where(_J.hall_id == hall_id, _IS_OPEN).order_by(order, _J.id)).all()
    past = c.execute(
        _JOB.where(_J.hall_id == hall_id, _J.ended_at.is_not(None)).order_by(_J.ended_at.desc()).limit(ended)
    )
    alive = leases.living_holder(c, hall_id, LEASE) is not None
    return [_job(row, alive) for row in (*rows, *past)]


def get(c: sa.Connection, job_id: int) -> Job:
    """A job; raises TrainingError where there is none."""
    row = c.execute(_JOB.where(_J.id == job_id)).one_or_none()
    if row is None:
        raise TrainingError(f"There is no training job {job_id}.")
    return _job(row, leases.living_holder(c, row.hall_id, LEASE) is not None)


def runs(c: sa.Connection, hall_id: int) -> bool:
    """Whether a job is said to run."""
    return c.scalar(sa.select(_J.id).where(_J.hall_id == hall_id, _IS_RUNNING)) is not None


def waiting_since_s(c: sa.Connection, hall_id: int, station: str) -> float | None:
    """How long the oldest waiting job has waited, in seconds; None without one. One asked for here has for ever."""
    waits = (_J.hall_id == hall_id, _IS_OPEN, _J.state == str(JobState.WAITING))
    rows = c.execute(sa.select(_J.asked_at, _J.station).where(*waits).order_by(_J.id)).all()
    if not rows:
        return None
    if any(row.station == station for row in rows):
        return float("inf")
    return (clock.now(c) - rows[0].asked_at).total_seconds()


def wish(c: sa.Connection, hall_id: int, job_id: int, wanted: Stop, *, user: str, station: str) -> None:
    """Stop a job: one that waits is cancelled at once, one that runs hears of it soon; one that ended stays."""
    now = clock.now(c)
    said = {"wish": str(wanted), "wish_user": user, "wish_station": station, "wish_at": now}
    gone = (
        t.training_jobs.update()
        .where(_J.id == job_id, _J.hall_id == hall_id, _J.state == str(JobState.WAITING))
        .values(state=str(JobState.CANCELLED), ended_at=now, error=f"cancelled by {user} at {station}", **said)
    )
    told = t.training_jobs.update().where(_J.id == job_id, _J.hall_id == hall_id, _IS_RUNNING).values(**said)
    if c.execute(gone).rowcount or c.execute(told).rowcount:
        feed.publish(c, hall_id, "training", job_id)


def take_next(c: sa.Connection, hall_id: int, fencing: int, runs_on: str) -> Job | None:
    """Begin the oldest waiting job, under the lease of that number; None when nothing waits.

    A job that is left over of a runner before waits again, at its place. Raises LeaseLostError.
    """
    leases.verify(c, hall_id, LEASE, fencing)
    _take_up(c, hall_id)
    waits = sa.select(_J.id).where(_J.hall_id == hall_id, _IS_OPEN, _J.state == str(JobState.WAITING))
    job_id = c.scalar(waits.order_by(_J.id).limit(1))
    if job_id is None:
        return None
    begun = c.execute(
        t.training_jobs.update()
        .where(_J.id == job_id, _J.state == str(JobState.WAITING))
        .values(
            state=str(JobState.RUNNING), started_at=clock.now(c), runs_on=runs_on, fencing=fencing,
            attempts=_J.attempts + 1, stage="", fraction=0.0, left_s=None, log="", curves={}, error="", **_NO_WISH,
        )
    )  # fmt: skip
    if not begun.rowcount:  # it was cancelled at this moment
        return None
    feed.publish(c, hall_id, "training", job_id)
    return get(c, job_id)


def _take_up(c: sa.Connection, hall_id: int) -> None:
    """Let what a runner left behind wait again, unless a person wants it stopped or it was tried too often."""
    row = c.execute(
        sa.select(_J.id, _J.attempts, _J.wish, _J.wish_user, _J.wish_station, _J.runs_on).where(
            _J.hall_id == hall_id, _IS_RUNNING
        )
    ).one_or_none()
    if row is None:
        return
    ended = {"ended_at": clock.now(c), "left_s": None}
    values: dict[str, Any]
    if row.wish:
        why = f"stopped by {_wished_by(row)}, while {row.runs_on} died"
        values = {"state": str(JobState.CANCELLED), "error": why, **ended}
    elif row.attempts >= MOST_ATTEMPTS:
        values = {
            "state": str(JobState.LOST),
            "error": f"{row.runs_on} ended in the middle of it, for the {MOST_ATTEMPTS}rd time: ask for it again, and "
            "look at that station's memory and hydra-desktop.log",
            **ended,
        }
    else:
        values = {"state": str(JobState.WAITING), "error": f"{row.runs_on} ended in the middle of it", "stage": ""}
    c.execute(t.training_jobs.update().where(_J.id == row.id).values(**values))
    feed.publish(c, hall_id, "training", row.id)


def report(
    c: sa.Connection,
    job_id: int,
    fencing: int,
    *,
    stage: str,
    fraction: float,
    left_s: float | None,
    log: str,
    curves: Mapping[str, Curve],
) -> None:
    """Tell how far a job is; raises LeaseLostError when it isn't this runner's any more."""
    points = {name: [list(point) for point in curve.points] for name, curve in curves.items()}
    _write(c, job_id, fencing, stage=stage, fraction=fraction, left_s=left_s, log=log, curves=points)


def wish_of(c: sa.Connection, job_id: int, fencing: int) -> Stop | None:
    """What a person wants of a job that runs under that number; None when it doesn't any more."""
    wanted = c.scalar(sa.select(_J.wish).where(_J.id == job_id, _IS_RUNNING, _J.fencing == fencing))
    return None if wanted is None else Stop(wanted)


def finish(c: sa.Connection, hall_id: int, job_id: int, fencing: int, model_id: int) -> None:
    """End a job with its model, in the transaction that stores it.

    Raises LeaseLostError when the job isn't this runner's any more, so that nothing of it is stored.
    """
    _end(c, hall_id, job_id, fencing, JobState.DONE, model_id=model_id, fraction=1.0)


def fail(c: sa.Connection, hall_id: int, job_id: int, fencing: int, why: str) -> None:
    """End a job without a model; raises LeaseLostError."""
    _end(c, hall_id, job_id, fencing, JobState.FAILED, error=why)


def cancel(c: sa.Connection, hall_id: int, job_id: int, fencing: int, why: str) -> None:
    """End a job because a person wanted it, `why` in words; raises LeaseLostError."""
    _end(c, hall_id, job_id, fencing, JobState.CANCELLED, error=why)


def note(c: sa.Connection, hall_id: int, job_id: int, log: str) -> None:
    """Keep the words of a job that has ended."""
    c.execute(t.training_jobs.update().where(_J.id == job_id).values(log=log))
    feed.publish(c, hall_id, "training", job_id)


def give_back(c: sa.Connection, hall_id: int, job_id: int, fencing: int) -> None:
    """Let a job wait again whose runner ends in peace, unless a person wants it stopped; raises LeaseLostError."""
    job = get(c, job_id)
    if job.wish is not Stop.NONE:
        cancel(c, hall_id, job_id, fencing, f"stopped by {job.wished_by}; no model was stored")
        return
    values = {"state": str(JobState.WAITING), "stage": "", "fraction": 0.0, "left_s": None, "curves": {}}
    _write(c, job_id, fencing, **values, attempts=_J.attempts - 1)
    feed.publish(c, hall_id, "training", job_id)


def _end(c: sa.Connection, hall_id: int, job_id: int, fencing: int, state: JobState, **values: Any) -> None:
    _write(c, job_id, fencing, state=str(state), ended_at=clock.now(c), left_s=None, **values)
    feed.publish(c, hall_id, "training", job_id)


def _write(c: sa.Connection, job_id: int, fencing: int, **values: Any) -> None:
    own = (_J.id == job_id, _IS_RUNNING, _J.fencing == fencing)
    if not c.execute(t.training_jobs.update().where(*own).values(**values)).rowcount:
        raise LeaseLostError("The training job was taken up by another runner, or has ended; nothing more is stored.")


def _hold(c: sa.Connection, hall_id: int) -> None:
    """Of two who ask at once the second sees what the first asked; on SQLite there is one writer."""
    if c.dialect.name == "postgresql":
        c.execute(sa.select(t.halls.c.id).where(t.halls.c.id == hall_id).with_for_update(key_share=True))


def _wished_by(row: Any) -> str:
    return f"{row.wish_user} at {row.wish_station}" if row.wish else ""


def _job(row: Any, alive: bool) -> Job:
    curves: Mapping[str, Sequence[Sequence[float]]] = row.curves
    return Job(
        row.id, row.plot_type, JobState(row.state), row.user, row.station, row.asked_at, Options.of(row.options),
        row.started_at, row.ended_at, row.stage, row.fraction, row.left_s, row.runs_on, Stop(row.wish), row.attempts,
        row.model_id, row.error, row.log,
        {name: Curve(tuple((point[0], point[1]) for point in points)) for name, points in curves.items()},
        silent=row.state == JobState.RUNNING and not alive, wished_by=_wished_by(row), wished_at=row.wish_at,
    )  # fmt: skip
