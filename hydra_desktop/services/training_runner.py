"""Runs the training jobs of a hall, one at a time, in a child process; made to live on a thread of its own.

Every desktop program has one, and of all stations the one with the hall's lease runs jobs. A job that was asked for
elsewhere is left for that station for a moment. Whatever ends a runner or its child, a job ends, or is taken up by
the next runner: the lease's fencing number keeps an old one from writing (database/training_jobs.py).
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..database import halls, leases, training_jobs
from ..database.connection import Database, open_database
from ..database.feed import ChangeWaiter
from ..domain.errors import DatabaseError, LeaseLostError, SiteError
from ..domain.training import Curve, Job, JobState, Stage, Stop, stage_of
from ..settings import Settings
from . import monitor_process
from .training_process import Said, TrainingProcess

log = logging.getLogger(__name__)

LEASE_TTL_S = 15.0
RENEW_S = 4.0
PATIENCE_S = 5.0  # for which a job waits for a runner of the station where it was asked for
LOOK_S = 0.2  # between two looks whether a job is to be stopped
WRITE_S = 0.4  # between two words on how far it is
HEED_S = 0.4  # for a child to stop by itself when all is discarded
IDLE_S = 5.0  # between two looks whether another station died
BETWEEN_S = 0.5  # between two looks for a new job, however much else changes
RETRY_S = 2.0  # while the database is away
FAULT_S = 20.0  # after a fault of our own
TOLD_S = 2.0  # of a stage, before anything can be said of the rest
LOG_LINES = 200


class Runner:
    """The runner of one hall on one station."""

    def __init__(self, settings: Settings, tell: Callable[[str], object] = lambda _words: None) -> None:
        """`tell` gets words for a person when jobs can't run; on the thread of `run`."""
        self._settings, self._tell = settings, tell
        self._told = ""
        self._holder = f"{settings.station}:{os.getpid()}"
        self._child = TrainingProcess(settings)
        self._hall_id = 0

    @property
    def child_pid(self) -> int | None:
        """The id of the process that trains, None when none lives."""
        return self._child.pid

    def kill_child(self) -> None:
        """End the process that trains, from whatever thread; for when `run` doesn't end."""
        self._child.kill()

    def run(self, stop: threading.Event) -> None:
        """Run jobs until `stop` is set; a job that runs then is given back, for another station or the next start.

        Nothing else ends it: after any error it begins anew, and tells of each kind once until it works again.
        """
        while not stop.is_set():
            try:
                self._serve(stop)
            except DatabaseError as error:  # those who look at the hall are told by what follows it
                self._warn(f"Training: {error}")
                stop.wait(RETRY_S)
            except SiteError as error:
                if self._warn(f"Training: {error}"):
                    self._tell(f"No training job runs on this station now. {error}")
                stop.wait(RETRY_S)
            except Exception as error:  # a fault of our own must not end training until the next start
                words = f"{type(error).__name__} {error}"
                if words != self._told:
                    log.exception("Training: the runner of %s begins anew", self._settings.hall)
                    self._tell(f"Training had a fault of its own and begins anew: {words}")
                self._told = words
                stop.wait(FAULT_S)

    def _warn(self, words: str) -> bool:
        """Log what keeps jobs from running, once; whether it is new."""
        is_new, self._told = words != self._told, words
        if is_new:
            log.warning(words)
        return is_new

    def _serve(self, stop: threading.Event) -> None:
        """Run jobs until `stop` is set, with a database that is open; raises whatever goes wrong."""
        with contextlib.ExitStack() as ended:
            database = open_database(self._settings.database_url)
            ended.callback(database.close)
            waiter = ChangeWaiter(database, LOOK_S)
            ended.callback(waiter.close)
            ended.callback(self._child.close)
            with database.write() as c:
                self._hall_id = halls.find_or_create(c, self._settings.hall)
            while not stop.is_set():
                waiter.wait(IDLE_S, stop)
                self.run_waiting(database, stop)
                self._told = ""
                stop.wait(BETWEEN_S)

    def run_waiting(self, database: Database, stop: threading.Event) -> None:
        """Run all jobs that wait, unless another runner does."""
        fencing = self._lease(database) if not stop.is_set() else None
        if fencing is None:
            return
        try:
            while not stop.is_set():
                with database.write() as c:
                    job = training_jobs.take_next(c, self._hall_id, fencing, self._settings.station)
                if job is None:
                    break
                self._run(database, job, fencing, stop)
        except LeaseLostError as error:
            log.warning("Training: %s", error)
        finally:
            self._child.close()
            with database.write() as c:
                leases.release(c, self._hall_id, training_jobs.LEASE, fencing)

    def _lease(self, database: Database) -> int | None:
        """The lease's number if there is something to run here, and nobody else does."""
        with database.read() as c:
            holder = leases.living_holder(c, self._hall_id, training_jobs.LEASE)
            if holder is not None and not monitor_process.is_dead(holder, self._settings.station):
                return None
            waits_s = training_jobs.waiting_since_s(c, self._hall_id, self._settings.station)
            if not training_jobs.runs(c, self._hall_id) and (waits_s is None or waits_s < PATIENCE_S):
                return None
        with database.write() as c:
            known = leases.holder(c, self._hall_id, training_jobs.LEASE)
            if known is not None and known[0] == holder and monitor_process.is_dead(holder, self._settings.station):
                leases.release(c, self._hall_id, training_jobs.LEASE, known[1])
            return leases.acquire(c, self._hall_id, training_jobs.LEASE, self._holder, LEASE_TTL_S)

    def _run(self, database: Database, job: Job, fencing: int, stop: threading.Event) -> None:
        """One job to its end, whatever that is; raises LeaseLostError."""
        account = _Account(job)
        renewed_at, written_at = time.monotonic(), 0.0
        told, told_at = Stop.NONE, 0.0
        self._child.begin(job, self._hall_id, fencing)
        while True:
            for said in self._child.said(LOOK_S):
                if account.take(said):
                    self._end(database, job, fencing, account, told)
                    return
            now = time.monotonic()
            if told is Stop.DISCARD and now - told_at > HEED_S:
                self._child.close()
                account.ended = {"stopped": "Stopped. No model was stored."}
                self._end(database, job, fencing, account, told)
                return
            if stop.is_set():
                self._child.close()
                with contextlib.suppress(LeaseLostError), database.write() as c:  # its model was stored at this moment
                    training_jobs.give_back(c, self._hall_id, job.id, fencing)
                return
            try:
                wish = self._look(database, job, fencing, renew=now - renewed_at > RENEW_S)
                renewed_at = now if now - renewed_at > RENEW_S else renewed_at
                if wish is None:
                    continue  # its model is stored, and the child is about to say so
                if account.is_new and now - written_at > WRITE_S:
                    with contextlib.suppress(LeaseLostError):  # the next look tells whether its model was just stored
                        account.write(database, fencing)
                    written_at = now
            except DatabaseError:
                if now - renewed_at > LEASE_TTL_S:  # another may have it
                    raise
                continue
            if wish is not Stop.NONE and wish is not told:
                told, told_at = wish, now
                self._child.stop(job, wish)

    def _look(self, database: Database, job: Job, fencing: int, *, renew: bool) -> Stop | None:
        """What a person wants of the job, None once its model is stored; raises LeaseLostError when it isn't ours."""
        if renew:
            with database.write() as c:
                if not leases.renew(c, self._hall_id, training_jobs.LEASE, fencing, LEASE_TTL_S):
                    raise LeaseLostError("Another station runs the training jobs now.")
        with database.read() as c:
            wish = training_jobs.wish_of(c, job.id, fencing)
            if wish is None and training_jobs.get(c, job.id).state is not JobState.DONE:
                raise LeaseLostError(f"The training of {job.plot_type} was taken up by another runner.")
        return wish

    def _end(self, database: Database, job: Job, fencing: int, account: _Account, told: Stop) -> None:
        ended = dict(account.ended)
        if account.is_gone:
            ended = {"failed": self._child.why_gone()}
        if account.is_gone or ended.pop("own", ""):
            log.error("The training of %s failed: %s\n%s", job.plot_type, ended["failed"], self._child.last_words)
        for words in ended.values():
            account.note(words)
        with database.write() as c:
            there = training_jobs.get(c, job.id)
            if told is not Stop.NONE and there.wished_by:
                account.note(f"Stopped by {there.wished_by}.")
            if there.state is JobState.RUNNING:
                if "stopped" in ended or (account.is_gone and told is Stop.DISCARD):
                    why = f"stopped by {there.wished_by}; no model was stored"
                    training_jobs.cancel(c, self._hall_id, job.id, fencing, why)
                elif "failed" in ended:
                    training_jobs.fail(c, self._hall_id, job.id, fencing, ended["failed"])
                else:
                    raise LeaseLostError(ended.get("lost", "The training ended without a word."))
            training_jobs.note(c, self._hall_id, job.id, account.log)


@dataclass
class _Account:
    """What is known of a job under way."""

    job: Job
    stage: str = ""
    fraction: float = 0.0
    lines: list[str] = field(default_factory=list)
    curves: dict[str, Curve] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    is_new: bool = False
    is_gone: bool = False
    _began: float = field(default_factory=time.monotonic)
    _stage_began: float = 0.0
    _stage_from: float = 0.0
    _part: Stage = Stage.READ

    def take(self, said: Said) -> bool:
        """Take over what the child said; whether the job has ended with it."""
        words = said.words
        if said.gone:
            self.is_gone = True
        elif words.get("job") != self.job.id:
            return False  # of the one before
        elif "ended" in words:
            self.ended = words["ended"]
        elif "curve" in words:
            name = words["curve"]
            self.curves[name] = self.curves.get(name, Curve()).grown([(words["step"], words["value"])])
        else:
            self._advance(words["stage"], words["fraction"])
        self.is_new = True
        return self.is_gone or bool(self.ended)

    def note(self, words: str) -> None:
        """A line of the log, with the time since the job began."""
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        self.lines = [*self.lines, f"{minutes}:{seconds:02d} {words}"][-LOG_LINES:]

    @property
    def log(self) -> str:
        """All lines."""
        return "\n".join(self.lines)

    def write(self, database: Database, fencing: int) -> None:
        """Tell every station."""
        with database.write() as c:
            training_jobs.report(
                c, self.job.id, fencing, stage=self.stage, fraction=self.fraction, left_s=self._left_s(), log=self.log,
                curves=self.curves,
            )  # fmt: skip
        self.is_new = False

    def _advance(self, stage: str, fraction: float) -> None:
        if stage != self.stage:
            self.note(stage)
        if stage_of(stage) is not self._part or fraction < self.fraction:
            self._part, self._stage_began, self._stage_from = stage_of(stage), time.monotonic(), fraction
        self.stage, self.fraction = stage, fraction

    def _left_s(self) -> float | None:
        """Of this stage, from how long it took so far; None where nothing can be told."""
        passed_s, done = time.monotonic() - self._stage_began, self.fraction - self._stage_from
        return passed_s * (1 - self.fraction) / done if passed_s > TOLD_S and done > 0.02 else None
