"""The monitor: takes new plots from a folder, judges them and stores what follows.

A process of its own, always. Files come in on one thread, are decoded and judged on a pool, one
on each core, and stored on a writer thread, batch by batch, each batch in one transaction that
also verifies the monitor's lease on the source. A file is known by what the database holds, so
a monitor that is killed at any moment loses and doubles nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import heapq
import logging
import os
import queue
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ..database import (
    clock,
    features,
    feed,
    files_seen,
    halls,
    heartbeats,
    known_faults,
    leases,
    plots,
    problems,
    verdicts,
)
from ..database.connection import open_up_to_date
from ..database.image_store import ImageStore
from ..database.wall import PastVerdict
from ..domain.errors import DatabaseError, LeaseLostError, SettingsError, SiteError, StorageError
from ..domain.plot import Plot
from ..domain.run import RunState
from ..settings import Settings
from ..sources.arrival import Arrival
from ..sources.watched_folder import WatchedFolder
from ..vision.deviation import DESCRIBED_BY
from . import monitor_process, priority, retention
from .alarm_watch import AlarmWatch
from .beam import BeamFollower
from .canary import Canaries, Sent
from .judging import Judge, Judged, JudgingModels, Outcome, Refused
from .known_again import changed_types, look_again
from .model_switch import Chunks, ModelLoader, ModelSwitch
from .monitor_alarms import MonitorAlarms
from .proposals import Proposals
from .streams import Streams

log = logging.getLogger(__name__)

_One = TypeVar("_One")

LEASE_TTL_S = 10.0
BEAT_S = 1.0
RETRY_S = 2.0
GONE_AFTER_S = 5.0  # for so long a folder may be missing before it is given up
RESCAN_S = 30.0
FIRST_FORGETTING_S = 60.0
CLOCKS_APART_S = 60.0  # by which a file may be of the future without a word
FORGET_EVERY_S = 3600.0
PROPOSE_EVERY_S = 30.0
CANARY_LOOK_S = 1.0
CHUNK_OVER_S = 1.0  # without another file of it


@dataclass(order=True)
class _Waiting:
    """An arrival in the queue: the newest first."""

    age: float
    order: int
    arrival: Arrival = field(compare=False)


@dataclass
class _Troubles:
    """What a person should know, by what it concerns; "" where all is well."""

    database: str = ""
    models: str = ""
    pictures: str = ""
    storage: str = ""

    def text(self) -> str:
        return " ".join(filter(None, vars(self).values()))


class LookAgain:
    """In the queue to the writer: the name pattern changed, and files refused before this may fit it."""


@dataclass(frozen=True)
class KnownChanged:
    """In the queue to the writer: what is known of plot types is other than before, in `models` as well."""

    models: JudgingModels
    plot_types: frozenset[str]


@dataclass(frozen=True)
class CanaryCame:
    """In the queue to the writer: what came of a canary; it is no plot."""

    sent: Sent
    outcome: Outcome


ToStore = Outcome | LookAgain | KnownChanged | CanaryCame


class Monitor:
    """Judges what arrives in one folder for one hall until it is told to stop.

    Raises SettingsError when there is no folder, DatabaseError when the database can't be
    opened, LeaseLostError when another living monitor still owns the folder after `patience_s`.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path | None = None,
        *,
        rescan_s: float = RESCAN_S,
        patience_s: float = LEASE_TTL_S + 2.0,
    ) -> None:
        self._settings = settings
        self._patience_s = patience_s
        self._database = open_up_to_date(settings.database_url)
        with self._database.write() as connection:
            self._hall_id = halls.find_or_create(connection, settings.hall)
            self._hall = halls.load(connection, self._hall_id)
        self._of_settings = folder is None
        chosen = folder or monitor_process.settings_folder(self._hall)
        if chosen is None:
            self._database.close()
            raise SettingsError(
                "No folder to watch: name one (hydra-desktop monitor FOLDER), "
                "or set source.folder in the hall's settings."
            )
        self._folder = chosen.expanduser().resolve()
        self._folder_seen_at = time.monotonic()
        self._source_name = monitor_process.source_name(self._hall, chosen)
        self._source = WatchedFolder(self._folder, rescan_s=rescan_s)
        self._images = ImageStore(settings.image_folder)
        self._loader = ModelLoader(self._database, self._hall_id, self._images)
        self._switch = ModelSwitch(self._loader)
        self._next: JudgingModels | None = None  # ready, until the next chunk begins
        self._given_at_s = 0.0
        self._chunks = Chunks()
        self._proposals = Proposals(self._database, self._hall_id, self._images)
        own = hashlib.sha256(f"{self._hall_id} {self._source_name}".encode()).hexdigest()[:16]
        self._canaries = Canaries(self._database, self._hall_id, self._images, settings.home / "canary" / own)
        self._canary: queue.Queue[Sent] = queue.Queue()  # on its way to the judge
        self._on_its_way: dict[Path, Sent] = {}  # the main thread's
        self._idle = threading.Event()  # no real plot waits
        self._models_in_use: JudgingModels | None = None
        self._holder = f"{settings.station}:{os.getpid()}"
        self._streams = Streams(self._hall_id, self._hall, settings.station)
        self._beam = BeamFollower(self._hall_id, names_run=bool(self._hall.beam_file))
        self._watch = AlarmWatch(self._database, self._hall_id, settings.station, self._holder)
        self._own_alarms = MonitorAlarms(self._hall_id, settings.station, self._source_name, settings.image_folder)
        self._fencing = self._stored_under = 0
        self._feed_position = 0
        self._stop = threading.Event()
        self._reload = threading.Event()
        self._normals_moved = threading.Event()
        self._alarms_moved = threading.Event()
        self._troubles = _Troubles()
        self._logged_trouble = ""
        self._clock_told = False
        self._failure: BaseException | None = None
        self._backlog: list[_Waiting] = []
        self._order = 0
        self._queued: dict[str, tuple[int, int]] = {}
        self._retry: list[tuple[float, Arrival]] = []  # the main thread's
        self._to_retry: queue.Queue[tuple[float, Arrival]] = queue.Queue()
        self._arrived: queue.Queue[list[Arrival]] = queue.Queue()
        self._to_store: queue.Queue[list[ToStore] | None] = queue.Queue(maxsize=4)
        self.stored = 0
        self.refused = 0

    @property
    def left_out(self) -> bool:
        """Whether folders can't be read, so that plots in them aren't judged."""
        return bool(self._source.trouble)

    def stop(self) -> None:
        """Ask the monitor to end after the batch in hand."""
        self._stop.set()

    def run(self, *, once: bool = False, ready: threading.Event | None = None) -> None:
        """Work until stopped, with `once` until all that was in the folder is stored; sets `ready` when it watches."""
        try:
            self._run_all(once=once, ready=ready)
        finally:
            self._database.close()
        if self._failure is not None:
            raise self._failure

    def _run_all(self, *, once: bool, ready: threading.Event | None) -> None:
        if once and not _is_there(self._folder):
            raise SettingsError(f"{self._folder} is not a folder; name the one where the plots arrive.")
        self._await_folder()
        if self._stop.is_set():
            return
        self._acquire()
        self._withdraw_canaries()  # of one that was killed
        self._load_hall()
        judge = self._make_judge()
        with self._database.read() as connection:
            self._streams.load(connection)
        threads = [threading.Thread(target=self._keep, args=(self._store_all,), name="writer")]
        threads.append(threading.Thread(target=self._keep, args=(self._beat_all,), name="heartbeat"))
        threads.append(threading.Thread(target=self._keep, args=(self._forget_all,), name="retention"))
        threads.append(threading.Thread(target=self._keep, args=(self._propose_all,), name="proposals"))
        if not once:
            threads.append(threading.Thread(target=self._keep, args=(self._watch_alarms,), name="alarms"))
        if once:
            self._arrived.put(self._unseen(self._source.existing()))
            self._log_trouble(self._source.trouble)
        else:
            threads.append(threading.Thread(target=self._keep, args=(self._listen,), name="source"))
            threads.append(threading.Thread(target=self._keep, args=(self._canary_all,), name="canary"))
        for thread in threads:
            thread.start()
        if ready is not None:
            ready.set()
        try:
            self._work(judge, once=once)
        finally:
            judge.close()
            self._switch.close()
            self._end_writer(threads[0])
            self._stop.set()
            for thread in threads[1:]:
                thread.join()
            self._beam.close()
            self._withdraw_canaries()
            self._release(leave=once)
        if once and self._failure is None:
            self._propose()

    def _end_writer(self, writer: threading.Thread) -> None:
        while writer.is_alive():  # one that gave up on a database that is away takes nothing more
            try:
                self._to_store.put(None, timeout=0.5)
            except queue.Full:
                continue
            writer.join()

    def _work(self, judge: Judge, *, once: bool) -> None:
        told = frozenset(fault.plot_type for fault in judge.models.known.faults)
        if told:  # while no monitor was alive, perhaps
            self._hand_over([KnownChanged(judge.models, told)])
        while not self._stop.is_set():
            idle = not self._backlog and not judge.busy
            self._models_in_use = judge.models
            (self._idle.set if idle else self._idle.clear)()
            self._take_arrivals(wait_s=0.1 if idle else 0.0)
            if once and not self._backlog and not judge.busy and self._arrived.empty():
                break
            other_names = self._reload.is_set() and judge.hall.name_pattern != self._hall.name_pattern
            if self._reload.is_set() and not (other_names and judge.busy):
                self._reload.clear()
                if other_names:
                    self._hand_over([LookAgain()])  # after all that was judged by the old pattern
                judge.change_hall(self._hall)
                self._switch.want(normals_moved=self._normals_moved.is_set())
                self._normals_moved.clear()
                other_names = False
            self._change_models(judge)
            while self._backlog and judge.room > 0 and not other_names:
                self._give(judge, heapq.heappop(self._backlog).arrival)
            self._give_canary(judge)
            outcomes = self._without_canaries(judge.take())
            if outcomes:
                self._look_at_clock(outcomes)
                self._hand_over(outcomes)

    def _change_models(self, judge: Judge, coming: Arrival | None = None) -> None:
        """Use models that are ready from the file that is coming on, if a chunk begins with it, or while none comes."""
        now_s = time.monotonic()
        loaded = self._switch.ready(judge.models)
        if loaded is not None:
            changed = changed_types((self._next or judge.models).known.faults, loaded.models.known.faults)
            if changed:
                self._hand_over([KnownChanged(loaded.models, changed)])
            self._next = loaded.models
            self._troubles.models = loaded.trouble
        elif self._switch.fault:
            self._troubles.models = self._switch.fault
        if self._next is None:
            return
        if coming is not None:
            between = self._chunks.begins(judge.chunk_of(coming), now_s)
        else:
            between = not self._backlog and now_s - self._given_at_s > CHUNK_OVER_S
        if between:
            judge.change_models(self._next)
            self._next = None

    def _give(self, judge: Judge, arrival: Arrival) -> None:
        self._change_models(judge, arrival)
        self._given_at_s = time.monotonic()
        judge.give(arrival, self._chunks.models(judge.chunk_of(arrival), judge.models, self._given_at_s))

    def _give_canary(self, judge: Judge) -> None:
        while judge.room > 0 and not self._canary.empty():
            sent = self._canary.get()
            self._on_its_way[sent.arrival.path] = sent
            judge.give(sent.arrival, judge.models)

    def _without_canaries(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """The outcomes of real plots; what came of canaries goes its own way."""
        real = []
        for outcome in outcomes:
            sent = self._on_its_way.pop(outcome.arrival.path, None)
            if sent is None:
                real.append(outcome)
            else:
                self._hand_over([CanaryCame(sent, outcome)])
        self._canaries.saw(real)
        return real

    def _look_at_clock(self, outcomes: Sequence[Outcome]) -> None:
        """Tell once that the clock of the machine that writes plots is ahead of this one's."""
        ahead = [one for one in outcomes if isinstance(one, Judged) and one.ahead_s > CLOCKS_APART_S]
        if self._clock_told or not ahead:
            return
        message = (
            f"its time is {ahead[0].ahead_s / 60:.0f} min ahead of this station's clock and counts as now; "
            "set the clock of this station, or of the machine that writes the plots"
        )
        try:
            with self._database.write() as connection:
                problems.report(connection, self._hall_id, ahead[0].arrival.relative, message)
        except (DatabaseError, DBAPIError):
            return  # the next one will tell
        self._clock_told = True
        log.warning("%s: %s", ahead[0].arrival.relative, message)

    def _hand_over(self, results: Sequence[ToStore]) -> None:
        while not self._stop.is_set():
            try:
                self._to_store.put(list(results), timeout=0.5)
            except queue.Full:
                continue
            return

    def _take_arrivals(self, wait_s: float) -> None:
        while not self._to_retry.empty():
            self._retry.append(self._to_retry.get())
        now = time.monotonic()
        due = [arrival for at, arrival in self._retry if at <= now]
        self._retry = [(at, arrival) for at, arrival in self._retry if at > now]
        arrived = due
        try:
            while True:
                arrived = (
                    arrived + self._arrived.get(timeout=wait_s) if wait_s else arrived + self._arrived.get_nowait()
                )
                wait_s = 0.0
        except queue.Empty:
            pass
        for arrival in arrived:
            stamp = (arrival.size, arrival.modified_ns)
            if self._queued.get(arrival.relative) == stamp and arrival not in due:
                continue
            self._queued[arrival.relative] = stamp
            self._order += 1
            heapq.heappush(self._backlog, _Waiting(-arrival.modified_at_s, self._order, arrival))

    # the writer's thread

    def _store_all(self) -> None:
        while results := all_waiting(self._to_store):
            while True:
                try:
                    outcomes = [one for one in results if not isinstance(one, LookAgain | KnownChanged | CanaryCame)]
                    if outcomes:
                        self._store_safely(outcomes)
                    if any(isinstance(one, LookAgain) for one in results):
                        self._look_again_at_refused()
                    for one in results:
                        if isinstance(one, KnownChanged):
                            self._look_at_known(one)
                        elif isinstance(one, CanaryCame):
                            self._store_canary(one)
                except LeaseLostError:
                    if self._stored_under and self._stored_under == self._fencing:
                        raise
                    self._reload_streams()  # the folder was gone for a moment, and the lease with it
                    if self._stop.wait(RETRY_S):
                        return
                    continue
                except DatabaseError as error:
                    self._troubles.database = f"The database doesn't answer: {_first_line(error)}. Plots wait."
                    if self._stop.wait(RETRY_S):
                        return
                    self._reload_streams()
                    continue
                self._troubles.database = ""
                break

    def _look_again_at_refused(self) -> None:
        """After the name pattern changed: what didn't fit it may fit now."""
        with self._database.write() as connection:
            files_seen.forget_refused(connection, self._hall_id)
        self._source.look_again()

    def _look_at_known(self, changed: KnownChanged) -> None:
        """What a person said is known, or isn't any more, holds for the newest plots too."""
        with self._database.read() as connection:
            marks = look_again(connection, self._hall_id, self._hall, self._images, changed.models, changed.plot_types)
        with self._database.write() as connection:
            leases.verify(connection, self._hall_id, self._source_name, self._fencing)
            known_faults.mark(connection, marks)
            self._streams.look_at_known(connection, changed.plot_types, datetime.now(UTC), at=clock.now(connection))
            feed.publish(connection, self._hall_id, "plots", None)

    def _store_canary(self, came: CanaryCame) -> None:
        with self._database.write() as connection:
            leases.verify(connection, self._hall_id, self._source_name, self._fencing)
            self._canaries.take(connection, came.sent, came.outcome, self._hall)
        came.sent.arrival.path.unlink(missing_ok=True)

    def _withdraw_canaries(self) -> None:
        try:
            self._canaries.withdraw()
        except (DatabaseError, DBAPIError, OSError) as error:
            log.info("Canaries on their way may be missed: %s", _first_line(error))

    def _reload_streams(self) -> None:
        try:
            with self._database.read() as connection:
                self._streams.load(connection)
        except (DatabaseError, DBAPIError):
            log.info("Still no answer from the database.")

    def _store_safely(self, results: Sequence[Outcome]) -> None:
        """Store a batch; what can't be stored at all is told as a problem and holds nothing up."""
        try:
            self._store(results)
        except SiteError:
            raise
        except Exception as error:
            log.exception("A batch of %d can't be stored", len(results))
            self._reload_streams()
            if len(results) > 1:
                for one in results:
                    self._store_safely([one])
                return
            if isinstance(results[0], Refused):
                raise
            self._store([Refused(results[0].arrival, f"it can't be stored ({_first_line(error)}); see the log")])

    def _store(self, results: Sequence[Outcome]) -> None:
        """Store one batch in one transaction."""
        judged = [result for result in results if isinstance(result, Judged)]
        refused = [result for result in results if isinstance(result, Refused)]
        now = datetime.now(UTC)
        started = time.perf_counter()
        with self._database.write() as connection:
            self._stored_under = self._fencing
            if not self._stored_under:
                raise LeaseLostError(f"{self._folder} is gone; what was read of it waits until it is back.")
            leases.verify(connection, self._hall_id, self._source_name, self._stored_under)
            if self._alarms_moved.is_set():
                self._alarms_moved.clear()
                self._streams.refresh_alarms(connection)
            stored, lacking = self._store_judged(connection, judged, now, started)
            for one in refused:
                problems.report(connection, self._hall_id, one.arrival.relative, one.reason)
            done = [r.arrival for r in results if not (isinstance(r, Refused) and r.retry)]
            stamps = {arrival.relative: (arrival.size, arrival.modified_ns) for arrival in done}
            files_seen.remember(connection, self._hall_id, stamps)
            if stored:
                feed.publish(connection, self._hall_id, "plots", None)
        full = next((one.reason for one in refused if one.is_of_storage), "")
        if full or stored:
            self._troubles.storage = full
        self._proposals.saw(lacking)
        self.stored += stored
        self.refused += len(refused)
        for refusal in refused:
            log.warning("%s: %s", refusal.arrival.relative, refusal.reason)
            if refusal.retry:
                self._to_retry.put((time.monotonic() + RETRY_S, refusal.arrival))
        for result in results:
            self._queued.pop(result.arrival.relative, None)

    def _store_judged(
        self, connection: Connection, judged: Sequence[Judged], now: datetime, started: float
    ) -> tuple[int, list[Plot]]:
        """How many were new, and those with beam whose verdict rests on the reference of an older run period."""
        for result in judged:
            name = result.new_plot.name.plot_type
            if name not in self._hall.plot_types:
                chunked = result.new_plot.name.chunk is not None
                known = halls.ensure_plot_type(connection, self._hall_id, name, chunked=chunked)
                self._hall = replace(self._hall, plot_types={**self._hall.plot_types, name: known})
                self._streams.hall = self._hall
        run = halls.run_state(connection, self._hall_id)
        new = [
            replace(one, beam_on=run.beam_during(one.name.run_number, one.taken_at, now))
            for one in (result.new_plot for result in judged)
        ]
        found = plots.add_all(connection, self._hall_id, new, live=True)
        added = [(plot, result) for plot, result in zip(found, judged, strict=True) if plot is not None]
        if not added:
            return 0, []
        share_ms = 1e3 * (time.perf_counter() - started) / len(added)
        ids = verdicts.add(
            connection,
            self._hall_id,
            [
                verdicts.JudgedPlot(
                    plot_id=plot.id,
                    plot_type=plot.name.plot_type,
                    model_id=result.model_id,
                    verdict=result.verdict,
                    evidence=result.evidence,
                    timings_ms={**result.timings_ms, "store": share_ms},
                    familiarity=result.familiarity,
                    decided_at=now,
                    known_fault_id=result.known_fault_id,
                )
                for plot, result in added
            ],
            live=True,
        )
        verdicts.add(
            connection,
            self._hall_id,
            [
                verdicts.JudgedPlot(
                    plot.id, plot.name.plot_type, result.tried.model_id, result.tried.verdict, decided_at=now
                )
                for plot, result in added
                if result.tried is not None
            ],
            live=False,
            shadow=True,
        )
        followed = [
            PastVerdict(
                plot,
                verdict_id,
                result.verdict,
                result.model_id,
                result.familiarity,
                result.inherited,
                known_fault_id=result.known_fault_id,
            )
            for (plot, result), verdict_id in zip(added, ids, strict=True)
        ]
        kept = self._streams.follow(connection, followed, now, at=clock.now(connection))
        lacking = [plot for plot, result in added if result.inherited and plot.beam_on is not False]
        whole = kept.union(plot.id for plot in lacking if self._proposals.wants(plot))
        features.put(
            connection,
            DESCRIBED_BY,
            [
                features.StoredFeatures(plot.content_hash, pooled, parts if plot.id in whole else None)
                for plot, (pooled, parts) in ((plot, result.features) for plot, result in added if result.features)
            ],
        )
        self._follow_run(connection, run)
        return len(added), lacking

    def _follow_run(self, connection: Connection, before: RunState) -> None:
        """Where no beam file names the run, it is that of the newest plot."""
        newest = self._streams.newest
        if self._beam.names_run or newest is None:
            return
        name = newest.name
        if (before.run_number, before.run_period) != (name.run_number, name.run_period):
            state = halls.run_state(connection, self._hall_id)  # a person may have switched the beam meanwhile
            state = replace(state, run_number=name.run_number, run_period=name.run_period)
            halls.set_run_state(connection, self._hall_id, state)

    # the other threads

    def _keep(self, work) -> None:  # type: ignore[no-untyped-def]
        """Run a thread's work; when it fails, the whole monitor ends with its error."""
        try:
            work()
        except BaseException as error:  # noqa: BLE001 handed to the main thread
            self._failure = self._failure or error
            self._stop.set()

    def _listen(self) -> None:
        for arrivals in self._source.arrivals(self._stop):
            self._arrived.put(self._unseen(arrivals))

    def _unseen(self, arrivals: list[Arrival]) -> list[Arrival]:
        """Those of the files that weren't dealt with before, in an earlier life of the monitor too."""
        try:
            with self._database.read() as connection:
                seen = files_seen.of(connection, self._hall_id, [arrival.relative for arrival in arrivals])
        except (DatabaseError, DBAPIError):
            return arrivals  # the writer will find out
        return [one for one in arrivals if seen.get(one.relative) != (one.size, one.modified_ns)]

    def _beat_all(self) -> None:
        while True:
            try:
                if self._has_folder():
                    if not self._fencing:
                        self._acquire()
                    self._beat()
                elif self._fencing:
                    log.warning(
                        "The folder %s is gone; any station's monitor may watch it when it is back.", self._folder
                    )
                    self._release()
                    self._fencing = 0
                if not self._fencing:
                    self._tell_of_missing_folder()
                self._log_trouble(self._trouble)
            except (DatabaseError, DBAPIError) as error:
                self._own_alarms.forget()
                self._log_trouble(f"The database doesn't answer: {_first_line(error)}. Plots wait.")
            if self._stop.wait(BEAT_S):
                return

    def _log_trouble(self, trouble: str) -> None:
        """Log what troubles the monitor whenever that changes."""
        if trouble != self._logged_trouble:
            log.warning("%s", trouble or "All is well again.")
        self._logged_trouble = trouble

    @property
    def _trouble(self) -> str:
        return " ".join(filter(None, (self._troubles.text(), self._beam.trouble, self._source.trouble)))

    def _has_folder(self) -> bool:
        """Whether the folder is there, or was until a moment ago."""
        now = time.monotonic()
        if _is_there(self._folder):
            self._folder_seen_at = now
        return now - self._folder_seen_at < GONE_AFTER_S

    def _watch_alarms(self) -> None:
        self._watch.run(self._stop)

    def _tell_of_missing_folder(self) -> None:
        """Say that this monitor lives and has no folder, unless another monitor watches it."""
        with self._database.write() as connection:
            if leases.living_holder(connection, self._hall_id, self._source_name) is not None:
                return
            facts = f"The folder {self._folder}, where plots arrive, isn't there. Mount it, or look after its server."
            self._say_alive(connection, facts)
            self._own_alarms.tell(connection, source=facts)

    def _say_alive(self, connection: Connection, message: str) -> None:
        heartbeats.beat(
            connection,
            self._hall_id,
            heartbeats.MONITOR,
            self._settings.station,
            os.getpid(),
            queue_length=len(self._backlog),
            message=message,
        )

    def _forget_all(self) -> None:
        wait_s = FIRST_FORGETTING_S
        while not self._stop.wait(wait_s):
            wait_s = FORGET_EVERY_S
            try:
                retention.forget(self._database, self._images)
                self._troubles.pictures = ""
            except (StorageError, OSError) as error:
                self._troubles.pictures = _first_line(error)
                wait_s = FIRST_FORGETTING_S
            except (DatabaseError, DBAPIError) as error:
                log.warning("Old pictures are forgotten later: %s", _first_line(error))

    def _propose_all(self) -> None:
        while not self._stop.wait(PROPOSE_EVERY_S):
            self._propose()

    def _propose(self) -> None:
        try:
            self._proposals.look()
        except (DatabaseError, DBAPIError) as error:
            log.warning("New references are proposed later: %s", _first_line(error))

    def _canary_all(self) -> None:
        while not self._stop.wait(CANARY_LOOK_S):
            if self._models_in_use is None or not self._idle.is_set() or not self._fencing:
                continue
            try:
                sent = self._canaries.send(self._hall, self._models_in_use)
            except (DatabaseError, DBAPIError, StorageError) as error:
                log.info("A canary is sent later: %s", _first_line(error))
                continue
            if sent is not None:
                self._canary.put(sent)

    def _beat(self) -> None:
        with self._database.write() as connection:
            if not leases.renew(connection, self._hall_id, self._source_name, self._fencing, LEASE_TTL_S):
                raise LeaseLostError(f"Another monitor watches {self._folder} now; this one ends.")
            self._say_alive(connection, self._trouble)
            self._own_alarms.tell(connection, storage=self._troubles.storage, late=self._streams.late)
            self._beam.follow(connection, self._hall.beam_file, self._hall.run_pvs)
            self._read_feed(connection)

    def _read_feed(self, connection: Connection) -> None:
        for change in feed.read_after(connection, self._hall_id, self._feed_position, limit=1000):
            self._feed_position = change.position
            if change.kind == "known fault":
                self._reload.set()
            elif change.kind in ("model", "hall", "reference"):
                self._hall = halls.load(connection, self._hall_id)
                self._streams.hall = self._hall
                self._expect_same_folder()
                if change.kind != "model":
                    self._normals_moved.set()
                self._reload.set()
            elif change.kind == "alarm":
                self._alarms_moved.set()

    # the start and the end

    def _await_folder(self) -> None:
        """Wait until the folder is there, without lease and heartbeat: another station may have it."""
        if not _is_there(self._folder):
            log.warning("The folder %s isn't there; it is watched as soon as it is.", self._folder)
        while not _is_there(self._folder) and not self._stop.wait(RETRY_S):
            with contextlib.suppress(DatabaseError, DBAPIError):
                self._load_hall()
                self._tell_of_missing_folder()

    def _load_hall(self) -> None:
        with self._database.read() as connection:
            self._feed_position = feed.position(connection, self._hall_id)
            self._hall = self._streams.hall = halls.load(connection, self._hall_id)
        self._expect_same_folder()

    def _expect_same_folder(self) -> None:
        """Raise SettingsError when the folder came from the settings, and they name another now."""
        wanted = monitor_process.settings_folder(self._hall)
        if self._of_settings and str(wanted) != self._source_name:
            raise SettingsError(
                f"The hall's settings name {wanted or 'no folder'} now, so the monitor of {self._source_name} ends; "
                "the desktop program starts a new one, without it do so yourself."
            )

    def _make_judge(self) -> Judge:
        self._normals_moved.clear()  # what moves from here on is found by the next load
        loaded = self._loader.load(None, normals_moved=False)
        self._troubles.models = loaded.trouble
        return Judge(self._hall, self._images, loaded.models)

    def _acquire(self) -> None:
        """Take the lease on the folder, waiting for that of a monitor that died to run out."""
        deadline = time.monotonic() + self._patience_s
        while True:
            with self._database.write() as connection:
                fencing = leases.acquire(connection, self._hall_id, self._source_name, self._holder, LEASE_TTL_S)
                holder = leases.holder(connection, self._hall_id, self._source_name)
                if (
                    fencing is None
                    and holder is not None
                    and monitor_process.is_dead(holder[0], self._settings.station)
                ):
                    leases.release(connection, self._hall_id, self._source_name, holder[1])
                    continue
            if fencing is not None:
                self._fencing = fencing
                return
            if time.monotonic() > deadline or self._stop.wait(0.5):
                name = holder[0] if holder else "unknown"
                raise LeaseLostError(f"Another monitor ({name}) watches {self._folder} already; stop that one first.")

    def _release(self, *, leave: bool = False) -> None:
        """Give the lease back, and with `leave` say that nobody needs to miss this monitor."""
        try:
            with self._database.write() as connection:
                if leave:
                    heartbeats.leave(connection, self._hall_id, heartbeats.MONITOR, self._settings.station)
                leases.release(connection, self._hall_id, self._source_name, self._fencing)
        except (SiteError, DBAPIError) as error:
            log.info("The lease runs out by itself: %s", _first_line(error))


def run(settings: Settings, *, folder: Path | None, once: bool, interval_s: float | None = None) -> int:
    """Run a monitor in this process until it is told to stop by a signal; returns an exit code."""
    logging.basicConfig(format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    priority.give_way(priority.MONITOR)
    monitor = Monitor(settings, folder, rescan_s=interval_s or RESCAN_S)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: monitor.stop())
    started = time.monotonic()
    monitor.run(once=once)
    print(  # noqa: T201 the command's answer
        f"{monitor.stored} plots judged, {monitor.refused} files not taken, in {time.monotonic() - started:.1f} s"
    )
    return 1 if once and (monitor.refused or monitor.left_out) else 0


def all_waiting(batches: queue.Queue[list[_One] | None]) -> list[_One]:
    """All batches that wait, as one, the first of them waited for; empty at the end, which a None marks.

    A transaction costs as much as some plots: a writer that is behind makes one of several.
    """
    results = list(batches.get() or ())
    while results:
        try:
            more = batches.get_nowait()
        except queue.Empty:
            break
        if more is None:
            batches.put(None)  # met again when these are stored
            break
        results += more
    return results


def _is_there(folder: Path) -> bool:
    """Whether a folder can be looked into; one of a server that died is as good as gone."""
    try:
        return folder.is_dir()
    except OSError:
        return False


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
