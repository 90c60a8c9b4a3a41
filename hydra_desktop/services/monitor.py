"""The monitor: takes new plots from a folder, judges them and stores what follows.

A process of its own, always. Files come in on one thread, are decoded and judged on a pool, one
on each core, and stored on a writer thread, batch by batch, each batch in one transaction that
also verifies the monitor's lease on the source. A file is known by what the database holds, so
a monitor that is killed at any moment loses and doubles nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import signal
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ..database import clock, feed, files_seen, halls, known_faults, problems
from ..database.connection import open_up_to_date
from ..database.image_store import ImageStore
from ..domain.errors import DatabaseError, SettingsError, StorageError, first_line
from ..domain.hall import Hall
from ..settings import Settings
from ..sources.arrival import Arrival
from ..sources.watched_folder import WatchedFolder
from . import monitor_process, priority, retention
from .alarm_watch import AlarmWatch
from .beam import BeamFollower
from .canary import Canaries
from .judging import Judge, Judged, JudgingModels, Outcome
from .known_again import changed_types, look_again
from .model_switch import Chunks, ModelLoader, ModelSwitch
from .monitor_alarms import MonitorAlarms
from .monitor_backlog import RETRY_S, Backlog
from .monitor_canaries import MonitorCanaries
from .monitor_lease import LEASE_TTL_S, FolderLease
from .monitor_store import BatchStore
from .monitor_writer import Writer
from .proposals import Proposals
from .streams import Streams

log = logging.getLogger(__name__)

BEAT_S = 1.0
GONE_AFTER_S = 5.0  # for so long a folder may be missing before it is given up
RESCAN_S = 30.0
FIRST_FORGETTING_S = 60.0
CLOCKS_APART_S = 60.0  # by which a file may be of the future without a word
FORGET_EVERY_S = 3600.0
PROPOSE_EVERY_S = 30.0
CHUNK_OVER_S = 1.0  # without another file of it


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
            hall = halls.load(connection, self._hall_id)
        self._of_settings = folder is None
        chosen = folder or monitor_process.settings_folder(hall)
        if chosen is None:
            self._database.close()
            raise SettingsError(
                "No folder to watch: name one (hydra-desktop monitor FOLDER), "
                "or set source.folder in the hall's settings."
            )
        self._folder = chosen.expanduser().resolve()
        self._source_name = monitor_process.source_name(hall, chosen)
        self._source = WatchedFolder(self._folder, rescan_s=rescan_s)
        self._images = ImageStore(settings.image_folder)
        self._loader = ModelLoader(self._database, self._hall_id, self._images)
        self._switch = ModelSwitch(self._loader)
        self._next: JudgingModels | None = None  # ready, until the next chunk begins
        self._given_at_s = 0.0
        self._chunks = Chunks()
        self._proposals = Proposals(self._database, self._hall_id, self._images)
        self._stop = threading.Event()
        where = (settings.station, self._folder, self._source_name)
        self._lease = FolderLease(self._database, self._hall_id, *where, gone_after_s=GONE_AFTER_S)
        self._streams = Streams(self._hall_id, hall, settings.station)
        self._beam = BeamFollower(self._hall_id, names_run=bool(hall.beam_file))
        self._backlog = Backlog()
        self._store = BatchStore(
            self._database,
            self._hall_id,
            self._lease,
            streams=self._streams,
            backlog=self._backlog,
            beam=self._beam,
            proposals=self._proposals,
        )
        self._writer = Writer(self._store, self._lease, self._stop)
        own = f"{self._database.url} {self._hall_id} {self._source_name}"
        folder_of_canaries = settings.home / "canary" / hashlib.sha256(own.encode()).hexdigest()[:16]
        canaries = Canaries(self._database, self._hall_id, self._images, folder_of_canaries)
        self._canaries = MonitorCanaries(self._database, canaries, self._lease, self._writer, lambda: self._hall)
        self._watch = AlarmWatch(self._database, self._hall_id, settings.station, self._lease.holder)
        self._own_alarms = MonitorAlarms(self._hall_id, settings.station, self._source_name, settings.image_folder)
        self._feed_position = 0
        self._reload = threading.Event()
        self._normals_moved = threading.Event()
        self._models_trouble = self._pictures_trouble = ""
        self._logged_trouble = ""
        self._clock_told = False
        self._failure: BaseException | None = None

    @property
    def _hall(self) -> Hall:
        return self._streams.hall

    @property
    def stored(self) -> int:
        """How many plots were judged and stored."""
        return self._store.stored

    @property
    def refused(self) -> int:
        """How many files couldn't be taken."""
        return self._store.refused

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
        if once and not self._lease.folder_is_there():
            raise SettingsError(f"{self._folder} is not a folder; name the one where the plots arrive.")
        self._lease.is_missed = not once  # nobody needs to miss what ends when it is done
        self._await_folder()
        if self._stop.is_set():
            return
        self._lease.acquire(self._stop, self._patience_s)
        self._canaries.withdraw()  # of one that was killed
        self._load_hall()
        judge = self._make_judge()
        with self._database.read() as connection:
            self._streams.load(connection)
        threads = [threading.Thread(target=self._keep, args=(self._writer.run,), name="writer")]
        threads.append(threading.Thread(target=self._keep, args=(self._beat_all,), name="heartbeat"))
        threads.append(threading.Thread(target=self._keep, args=(self._forget_all,), name="retention"))
        threads.append(threading.Thread(target=self._keep, args=(self._propose_all,), name="proposals"))
        if not once:
            threads.append(threading.Thread(target=self._keep, args=(self._watch_alarms,), name="alarms"))
        if once:
            self._backlog.put(self._unseen(self._source.existing()))
            self._log_trouble(self._source.trouble)
        else:
            threads.append(threading.Thread(target=self._keep, args=(self._listen,), name="source"))
            threads.append(threading.Thread(target=self._keep, args=(self._send_canaries,), name="canary"))
        for thread in threads:
            thread.start()
        if ready is not None:
            ready.set()
        try:
            self._work(judge, once=once)
        finally:
            judge.close()
            self._switch.close()
            self._writer.end(threads[0])
            self._stop.set()
            for thread in threads[1:]:
                thread.join()
            self._beam.close()
            self._canaries.withdraw()
            self._lease.release()
        if self._failure is None:
            self._leave_alarms()
            if once:
                self._propose()

    def _work(self, judge: Judge, *, once: bool) -> None:
        told = frozenset(fault.plot_type for fault in judge.models.known.faults)
        if told:  # while no monitor was alive, perhaps
            self._writer.give([partial(self._look_at_known, judge.models, told)])
        while not self._stop.is_set():
            idle = not self._backlog and not judge.busy
            self._canaries.look(judge.models, idle=idle)
            self._backlog.take_in(wait_s=0.1 if idle else 0.0)
            if once and not self._backlog and not judge.busy and not self._backlog.has_more:
                break
            other_names = self._reload.is_set() and judge.hall.name_pattern != self._hall.name_pattern
            if self._reload.is_set() and not (other_names and judge.busy):
                self._reload.clear()
                if other_names:
                    self._writer.give([self._look_again_at_refused])  # after all that was judged by the old pattern
                judge.change_hall(self._hall)
                self._switch.want(normals_moved=self._normals_moved.is_set())
                self._normals_moved.clear()
                other_names = False
            self._change_models(judge)
            while self._backlog and judge.room > 0 and not other_names:
                self._give(judge, self._backlog.next())
            self._canaries.give(judge)
            outcomes = self._canaries.without(judge.take())
            if outcomes:
                self._look_at_clock(outcomes)
                self._writer.give(outcomes)

    def _change_models(self, judge: Judge, coming: Arrival | None = None) -> None:
        """Use models that are ready from the file that is coming on, if a chunk begins with it, or while none comes."""
        now_s = time.monotonic()
        loaded = self._switch.ready(judge.models)
        if loaded is not None:
            changed = changed_types((self._next or judge.models).known.faults, loaded.models.known.faults)
            if changed:
                self._writer.give([partial(self._look_at_known, loaded.models, changed)])
            self._next = loaded.models
            self._models_trouble = loaded.trouble
        elif self._switch.fault:
            self._models_trouble = self._switch.fault
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

    # errands of the writer's thread

    def _look_again_at_refused(self) -> None:
        """After the name pattern changed: what didn't fit it may fit now."""
        with self._database.write() as connection:
            files_seen.forget_refused(connection, self._hall_id)
        self._source.look_again()

    def _look_at_known(self, models: JudgingModels, plot_types: frozenset[str]) -> None:
        """What a person said is known, or isn't any more, holds for the newest plots too."""
        with self._database.read() as connection:
            marks = look_again(connection, self._hall_id, self._hall, self._images, models, plot_types)
        with self._database.write() as connection:
            self._lease.verify(connection)
            known_faults.mark(connection, marks)
            self._streams.look_at_known(connection, plot_types, datetime.now(UTC), at=clock.now(connection))
            feed.publish(connection, self._hall_id, "plots", None)

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
            self._backlog.put(self._unseen(arrivals))

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
                if self._lease.has_folder():
                    if not self._lease.is_held:
                        self._lease.acquire(self._stop, self._patience_s)
                    self._beat()
                elif self._lease.is_held:
                    log.warning(
                        "The folder %s is gone; any station's monitor may watch it when it is back.", self._folder
                    )
                    self._lease.release()
                if not self._lease.is_held:
                    self._tell_of_missing_folder()
                self._log_trouble(self._trouble)
            except (DatabaseError, DBAPIError) as error:
                self._own_alarms.forget()
                self._log_trouble(f"The database doesn't answer: {first_line(error)}. Plots wait.")
            if self._stop.wait(BEAT_S):
                return

    def _log_trouble(self, trouble: str) -> None:
        """Log what troubles the monitor whenever that changes."""
        if trouble != self._logged_trouble:
            log.warning("%s", trouble or "All is well again.")
        self._logged_trouble = trouble

    @property
    def _trouble(self) -> str:
        of_storing = (self._writer.trouble, self._models_trouble, self._pictures_trouble, self._store.trouble)
        return " ".join(filter(None, (*of_storing, self._beam.trouble, self._source.trouble)))

    def _watch_alarms(self) -> None:
        self._watch.run(self._stop)

    def _send_canaries(self) -> None:
        self._canaries.run(self._stop)

    def _tell_of_missing_folder(self) -> None:
        """Say that this monitor lives and has no folder, unless another monitor watches it."""
        facts = f"The folder {self._folder}, where plots arrive, isn't there. Mount it, or look after its server."
        with self._database.write() as connection:
            if self._lease.beat_without(connection, len(self._backlog), facts):
                self._own_alarms.tell(connection, source=facts)

    def _forget_all(self) -> None:
        wait_s = FIRST_FORGETTING_S
        while not self._stop.wait(wait_s):
            wait_s = FORGET_EVERY_S
            try:
                retention.forget(self._database, self._images)
                self._pictures_trouble = ""
            except (StorageError, OSError) as error:
                self._pictures_trouble = first_line(error)
                wait_s = FIRST_FORGETTING_S
            except (DatabaseError, DBAPIError) as error:
                log.warning("Old pictures are forgotten later: %s", first_line(error))

    def _propose_all(self) -> None:
        while not self._stop.wait(PROPOSE_EVERY_S):
            self._propose()

    def _propose(self) -> None:
        try:
            self._proposals.look()
        except (DatabaseError, DBAPIError) as error:
            log.warning("New references are proposed later: %s", first_line(error))

    def _beat(self) -> None:
        run = self._beam.read(self._hall.beam_file, self._hall.run_pvs)  # what may hang comes before the transaction
        low = self._own_alarms.low_disk()
        with self._database.write() as connection:
            self._lease.beat(connection, len(self._backlog), self._trouble)
            late = self._streams.late(datetime.now(UTC))
            self._own_alarms.tell(connection, storage=self._store.trouble, low=low, late=late)
            self._beam.store(connection, run)
            self._read_feed(connection)

    def _leave_alarms(self) -> None:
        try:
            with self._database.write() as connection:
                self._own_alarms.leave(connection)
        except (DatabaseError, DBAPIError) as error:
            log.info("Its alarms are ended by another monitor: %s", first_line(error))

    def _read_feed(self, connection: Connection) -> None:
        for change in feed.read_after(connection, self._hall_id, self._feed_position, limit=1000):
            self._feed_position = change.position
            if change.kind == "known fault":
                self._reload.set()
            elif change.kind in ("model", "hall", "reference"):
                self._streams.hall = halls.load(connection, self._hall_id)
                self._expect_same_folder()
                if change.kind != "model":
                    self._normals_moved.set()
                self._reload.set()
            elif change.kind == "alarm":
                self._store.alarms_moved.set()

    # the start and the end

    def _await_folder(self) -> None:
        """Wait until the folder is there, without lease and heartbeat: another station may have it."""
        if not self._lease.folder_is_there():
            log.warning("The folder %s isn't there; it is watched as soon as it is.", self._folder)
        while not self._lease.folder_is_there() and not self._stop.wait(RETRY_S):
            with contextlib.suppress(DatabaseError, DBAPIError):
                self._load_hall()
                self._tell_of_missing_folder()

    def _load_hall(self) -> None:
        with self._database.read() as connection:
            self._feed_position = feed.position(connection, self._hall_id)
            self._streams.hall = halls.load(connection, self._hall_id)
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
        self._models_trouble = loaded.trouble
        return Judge(self._hall, self._images, loaded.models)


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
