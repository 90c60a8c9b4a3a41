"""How the monitor stores what came of plots: each batch in one transaction that also verifies its lease."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ..database import clock, features, feed, files_seen, halls, plots, problems, verdicts
from ..database.connection import Database
from ..database.wall import PastVerdict
from ..domain.errors import DatabaseError
from ..domain.plot import Plot
from ..vision.deviation import DESCRIBED_BY
from .beam import BeamFollower
from .judging import Judged, Outcome, Refused
from .monitor_backlog import Backlog
from .monitor_lease import FolderLease
from .proposals import Proposals
from .streams import Streams

log = logging.getLogger(__name__)

_Added = tuple[Plot, Judged]  # a plot that was new, and what was judged of it


class BatchStore:
    """Stores batches for one hall, and tells the streams, the backlog and the proposals what is stored.

    `trouble` is what a person should know of the disk, "" where all is well; `stored` and `refused` count plots.
    """

    def __init__(
        self,
        database: Database,
        hall_id: int,
        lease: FolderLease,
        *,
        streams: Streams,
        backlog: Backlog,
        beam: BeamFollower,
        proposals: Proposals,
    ) -> None:
        self._database, self._hall_id, self._lease = database, hall_id, lease
        self._streams, self._backlog = streams, backlog
        self._beam, self._proposals = beam, proposals
        self.alarms_moved = threading.Event()  # set it when people, or other programs, changed alarms
        self.trouble = ""
        self.stored = self.refused = 0

    def reload(self) -> None:
        """After a transaction that failed: let the streams be as the database is, if that answers."""
        try:
            with self._database.read() as connection:
                self._streams.load(connection)
        except (DatabaseError, DBAPIError):
            log.info("Still no answer from the database.")

    def store(self, results: Sequence[Outcome]) -> None:
        """Store one batch; raises LeaseLostError when the lease isn't held, DatabaseError when nothing is stored."""
        judged = [result for result in results if isinstance(result, Judged)]
        refused = [result for result in results if isinstance(result, Refused)]
        now = datetime.now(UTC)
        started = time.perf_counter()
        with self._database.write() as connection:
            self._lease.verify(connection)
            if self.alarms_moved.is_set():
                self.alarms_moved.clear()
                self._streams.refresh_alarms(connection)
            added = self._add(connection, judged, now, started)
            for one in refused:
                problems.report(connection, self._hall_id, one.arrival.relative, one.reason)
            done = [r.arrival for r in results if not (isinstance(r, Refused) and r.retry)]
            stamps = {arrival.relative: (arrival.size, arrival.modified_ns) for arrival in done}
            files_seen.remember(connection, self._hall_id, stamps)
            if added:
                feed.publish(connection, self._hall_id, "plots", None)
        full = next((one.reason for one in refused if one.is_of_storage), "")
        if full or added:
            self.trouble = full
        self._proposals.saw(_lacking(added))
        self.stored += len(added)
        self.refused += len(refused)
        for refusal in refused:
            log.warning("%s: %s", refusal.arrival.relative, refusal.reason)
            if refusal.retry:
                self._backlog.put_later(refusal.arrival)
        for result in results:
            self._backlog.done(result.arrival)

    def _add(self, connection: Connection, judged: Sequence[Judged], now: datetime, started: float) -> list[_Added]:
        """Add plots and all that follows from them; those that were new. `started` is of time.perf_counter."""
        self._make_known(connection, judged)
        run = halls.run_state(connection, self._hall_id)
        new = [
            replace(one, beam_on=run.beam_during(one.name.run_number, one.taken_at, now))
            for one in (result.new_plot for result in judged)
        ]
        found = plots.add_all(connection, self._hall_id, new, live=True)
        added = [(plot, result) for plot, result in zip(found, judged, strict=True) if plot is not None]
        if not added:
            return []
        share_ms = 1e3 * (time.perf_counter() - started) / len(added)
        followed = self._add_verdicts(connection, added, now, share_ms)
        kept = self._streams.follow(connection, followed, now, at=clock.now(connection))
        self._add_features(connection, added, kept)
        self._beam.follow_plots(connection, self._streams.newest, run)
        return added

    def _make_known(self, connection: Connection, judged: Sequence[Judged]) -> None:
        """Add plot types that the hall doesn't have yet."""
        for result in judged:
            name, hall = result.new_plot.name, self._streams.hall
            if name.plot_type not in hall.plot_types:
                known = halls.ensure_plot_type(
                    connection, self._hall_id, name.plot_type, chunked=name.chunk is not None
                )
                self._streams.hall = replace(hall, plot_types={**hall.plot_types, name.plot_type: known})

    def _add_verdicts(
        self, connection: Connection, added: Sequence[_Added], now: datetime, share_ms: float
    ) -> list[PastVerdict]:
        """Add the verdicts, those of models in shadow too; `share_ms` is what a plot took of this transaction."""
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
        return [
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

    def _add_features(self, connection: Connection, added: Sequence[_Added], kept: set[int]) -> None:
        """Add the features, whole for plots that are kept or may become a reference."""
        whole = kept.union(plot.id for plot in _lacking(added) if self._proposals.wants(plot))
        features.put(
            connection,
            DESCRIBED_BY,
            [
                features.StoredFeatures(plot.content_hash, pooled, parts if plot.id in whole else None)
                for plot, (pooled, parts) in ((plot, result.features) for plot, result in added if result.features)
            ],
        )


def _lacking(added: Sequence[_Added]) -> list[Plot]:
    """Those with beam whose verdict rests on the reference of an older run period."""
    return [plot for plot, result in added if result.inherited and plot.beam_on is not False]
