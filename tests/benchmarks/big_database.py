# ruff: noqa: S608
"""A database as it is after months: a million verdicts of 73 plot types, and what reading it costs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import sqlalchemy as sa

from hydra_desktop.database import alarms, episodes, feed, halls, model_store, plots, runs, verdicts, wall
from hydra_desktop.database.connection import Database
from hydra_desktop.database.tables import UtcDateTime
from hydra_desktop.domain.episode import Episode
from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.past import Moment
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.domain.verdict import Status, Verdict

from .figure import REPEAT, Figure, median_ms

TYPES = 73
LABELS = ("Good", "Bad", "NoData")
_GOOD = Verdict("Good", 0.9, Status.CONFIRMED, 0.1, {"Good": 0.9, "Bad": 0.08, "NoData": 0.02})
_START = datetime(2021, 8, 1, tzinfo=UTC)
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT CAST(:first AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < :last) "


@dataclass(frozen=True)
class BigDatabase:
    """A filled database; `model_ids` by plot type, the first of which has `replay` verdicts."""

    database: Database
    hall_id: int
    model_ids: dict[str, int]


def fill(database: Database, total: int = 1_000_000, replay: int = 0) -> BigDatabase:
    """Put `total` verdicts with their probabilities into a new database, by SQL alone, and a wall in front.

    The verdicts go round the plot types; at least `replay` of them are of the first one.
    """
    with database.write() as c:
        hall_id = halls.find_or_create(c, "Big")
        models = {}
        for number in range(TYPES):
            name = f"Type_{number:02d}"
            halls.ensure_plot_type(c, hall_id, name)
            thresholds = dict.fromkeys(LABELS, 0.6)
            models[name] = model_store.add(c, hall_id, name, file=b"", card={}, thresholds=thresholds, user="bench")
            model_store.activate(c, models[name], user="bench")
        type_ids = {
            row.name: row.id
            for row in c.execute(sa.text("SELECT id, name FROM plot_types WHERE hall_id = :h"), {"h": hall_id})
        }
        first_type = type_ids["Type_00"]
    for first in range(1, total + 1, 100_000):
        last = min(first + 99_999, total)
        with database.write() as c:
            _fill_range(c, hall_id, first, last, first_type, replay)
    with database.write() as c:
        c.execute(
            sa.text("INSERT INTO counters (hall_id, name, value) VALUES (:h, 'analysed', :n)"),
            {"h": hall_id, "n": total},
        )
        if database.dialect == "postgresql":  # SQLite numbers rows by the highest there is
            for table in ("plots", "verdicts"):
                c.execute(sa.text(f"SELECT setval('{table}_id_seq', :n)"), {"n": total})
    big = BigDatabase(database, hall_id, models)
    _show(big, total)
    if database.dialect == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
            c.execute(sa.text("VACUUM ANALYZE"))  # as autovacuum does after a while
    return big


def judge_chunk(big: BigDatabase, chunk: int) -> float:
    """Store what a chunk of 73 plots brings, in one transaction as the monitor does; seconds for the verdicts alone."""
    evidence = {label: np.ones((7, 10), np.float32) for label in LABELS}
    with big.database.write() as c:
        new = [
            NewPlot(PlotName(name, 10**6, chunk), f"{chunk:064x}", datetime.now(UTC), f"{name} {chunk}")
            for name in big.model_ids
        ]
        stored = [plot for plot in plots.add_all(c, big.hall_id, new, live=True) if plot is not None]
        started = time.perf_counter()
        ids = verdicts.add(
            c,
            big.hall_id,
            [
                verdicts.JudgedPlot(
                    plot.id, plot.name.plot_type, big.model_ids[plot.name.plot_type], _GOOD, evidence, {"read": 1.0}
                )
                for plot in stored
            ],
        )
        seconds = time.perf_counter() - started
        known = episodes.newest(c, big.hall_id)
        longer = [known[plot.name.plot_type, ""].with_plot(plot) for plot in stored]
        episodes.extend(c, longer)
        shown = [wall.Shown(plot, id_, one.id) for plot, id_, one in zip(stored, ids, longer, strict=True)]
        wall.update_panels(c, big.hall_id, shown)
        feed.publish(c, big.hall_id, "plots", None)
    return seconds


def figures(big: BigDatabase, kind: str) -> Iterator[Figure]:
    """What the wall, its details and a replay cost; each the median of several, in this process."""

    def read(work: Callable[[sa.Connection], object]) -> Callable[[], object]:
        def run() -> object:
            with big.database.read() as c:
                return work(c)

        return run

    snapshot_ms = median_ms(read(lambda c: wall.load(c, big.hall_id)))
    yield Figure(f"snapshot of {TYPES} panels, {kind}", snapshot_ms, "ms", "at most 10", snapshot_ms <= 10)
    for days in (0.5, 20):  # with 20,000 alarms still to come, and after them
        moment = Moment.of(_START + timedelta(days=days))
        then_ms = median_ms(read(lambda c, moment=moment: wall.at(c, big.hall_id, moment)))
        what = f"the wall as it was after {days:g} days, {kind}"
        yield Figure(what, then_ms, "ms", "at most 200", then_ms <= 200)
    with big.database.read() as c:
        run = runs.runs(c, big.hall_id)[0]
    all_ms = median_ms(read(lambda c: runs.runs(c, big.hall_id)))
    yield Figure(f"all runs, {kind}", all_ms, "ms")
    end_ms = median_ms(read(lambda c: runs.end_of(c, big.hall_id, run.run_period, run.run_number)))
    yield Figure(f"the end of a run of 10,000 plots, {kind}", end_ms, "ms")
    chunk_ms, verdicts_ms = _storing_ms(big)
    yield Figure(f"storing {TYPES} verdicts with maps, {kind}", verdicts_ms, "ms", "at most 100", verdicts_ms <= 100)
    yield Figure(f"all that is stored of a chunk of {TYPES}, {kind}", chunk_ms, "ms")
    yield Figure(
        f"history of 200 of a plot type, {kind}",
        median_ms(read(lambda c: wall.history(c, big.hall_id, "Type_01"))),
        "ms",
    )
    yield Figure(
        f"last Good of a plot type, {kind}", median_ms(read(lambda c: wall.last_good(c, big.hall_id, "Type_01"))), "ms"
    )
    started = time.perf_counter()
    with big.database.read() as c:
        ids, _, _ = verdicts.probabilities(c, big.model_ids["Type_00"])
    seconds = time.perf_counter() - started
    yield Figure(f"reading the probabilities of {len(ids)} verdicts for a replay, {kind}", seconds, "s")


def _fill_range(c: sa.Connection, hall_id: int, first: int, last: int, first_type: int, replay: int) -> None:
    # the first `replay` numbers are all of the first type, then it goes round
    type_of = f"CASE WHEN i <= {replay} THEN {first_type} ELSE {first_type} + i % {TYPES} END"
    numbers = {"first": first, "last": last}
    truth = "1" if c.dialect.name == "sqlite" else "true"
    at = (
        "strftime('%Y-%m-%d %H:%M:%f', :start, '+' || (i * 4 / 73) || ' minutes') || '000'"
        if c.dialect.name == "sqlite"
        else "CAST(:start AS timestamptz) + (i * 4 / 73) * interval '1 minute'"
    )
    start = {"start": _START.strftime("%Y-%m-%d %H:%M:%S") + ("" if c.dialect.name == "sqlite" else "+00")}
    c.execute(
        sa.text(
            "INSERT INTO plots (id, hall_id, plot_type_id, pad, run_period, run_number, chunk, revision, content_hash, "
            "taken_at, taken_at_is_file_time, arrived_at, origin_key, live, kept) "
            f"{_NUMBERS} SELECT i, {hall_id}, {type_of}, '', 'RunPeriod-2021-08', i / 10000, i, 1, 'hash' || i, "
            f"{at}, NOT {truth}, {at}, 'origin' || i, {truth}, NOT {truth} FROM n"
        ),
        numbers | start,
    )  # fmt: skip
    label = "(SELECT MIN(labels.id) FROM labels WHERE labels.plot_type_id = {} AND labels.name = '{}')"
    good = label.format(f"({type_of})", "Good")
    model = f"(SELECT model_id FROM active_models WHERE plot_type_id = ({type_of}))"
    c.execute(
        sa.text(
            "INSERT INTO verdicts (id, plot_id, model_id, label_id, confidence, status, fault_score, live, decided_at) "
            f"{_NUMBERS} SELECT i, i, {model}, {good}, 0.9, 'Confirmed', 0.1, {truth}, {at} FROM n"
        ),
        numbers | start,
    )
    for name, chance in zip(LABELS, ("0.9", "0.08", "0.02"), strict=True):
        c.execute(
            sa.text(
                "INSERT INTO probabilities (model_id, label_id, verdict_id, probability) "
                f"{_NUMBERS} SELECT {model}, {label.format(f'({type_of})', name)}, i, {chance} FROM n"
            ),
            numbers,
        )


def _show(big: BigDatabase, total: int) -> None:
    """The last chunk on the wall, a long list of alarms that are over and one that isn't."""
    with big.database.write() as c:
        for number in range(total - TYPES + 1, total + 1):
            plot = plots.get(c, number)
            name = plot.name.plot_type
            (episode,) = episodes.start(c, big.hall_id, [Episode.begun(0, plot, _GOOD)])
            wall.update_panels(c, big.hall_id, [wall.Shown(plot, number, episode.id)])
        truth = {"h": big.hall_id, "p": total, "last": 20_000, "first": 1, "at": _START + timedelta(days=1)}
        c.execute(
            sa.text(
                "INSERT INTO alarms (hall_id, plot_type_id, pad, label, severity, state, raised_at, changed_at, "
                f"plot_id, verdict_id, confidence) {_NUMBERS} "
                "SELECT :h, (SELECT MIN(id) FROM plot_types) + i % 73, '', 'Bad', 3, "
                "'normal', :at, :at, :p, :p, 0.9 FROM n"
            ).bindparams(sa.bindparam("at", type_=UtcDateTime())),
            truth,
        )
        for column, before, after in (
            ("raised_at", "normal", "unacknowledged"),
            ("changed_at", "unacknowledged", "normal"),
        ):
            c.execute(
                sa.text(
                    "INSERT INTO alarm_log (alarm_id, at, from_state, to_state, who, station, why, label, severity, "
                    f"plot_id, confidence) SELECT id, {column}, '{before}', '{after}', 'monitor', 'bench', '', label, "
                    "severity, plot_id, confidence FROM alarms"
                )
            )
        alarms.raise_alarm(
            c, big.hall_id, plot_type=name, pad="", label="Bad", severity=Severity.HIGH, plot_id=total,
            verdict_id=total, confidence=0.9, at=_START, station="bench", why="bench",
        )  # fmt: skip
        for _ in range(20):
            feed.publish(c, big.hall_id, "plots", None)


def _storing_ms(big: BigDatabase) -> tuple[float, float]:
    """Median time to store a chunk, and of that for its verdicts."""
    judge_chunk(big, 0)
    whole, part = [], []
    for chunk in range(1, REPEAT + 1):
        started = time.perf_counter()
        part.append(1e3 * judge_chunk(big, chunk))
        whole.append(1e3 * (time.perf_counter() - started))
    return statistics.median(whole), statistics.median(part)
