"""Labeling with years of labels behind it: pages of queues and their counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from hydra_desktop.database.connection import open_database
from hydra_desktop.domain.labeling import Filters, Order, Queue
from hydra_desktop.services.label_pages import Ask, LabelPages, build
from tests.fakes import desk_hall
from tests.fakes.postgres_server import PostgresServer, programs

from . import labelled_hall
from .figure import Figure, median_ms
from .labelled_hall import LABELLED, PLOT_TYPE, RUNS, START, WAITING, LabelledHall

PAGE = 100
BIG = "Big"  # the hall
UNSEEN = 3_000  # plots with pictures of their own, for a person
GOAL_MS = 100.0
_LAST_RUN = (LABELLED + WAITING) // RUNS

FILTERS = {
    "ten runs in the middle": Filters(first_run=200, last_run=209),
    "one person's rare label": Filters(label="NoData", user="person2"),
    "the oldest Bad ones": Filters(guess="Bad", until=START + timedelta(days=2)),
    "sure and in the second period": Filters(run_period="B", least_confidence=0.99),
    "nothing": Filters(first_run=_LAST_RUN + 1),
}


def figures(_data: Path | None) -> Iterator[Figure]:
    """All of it on SQLite, and where it is installed on PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _on(f"sqlite:///{folder}/big.db", "SQLite")
    if programs() is None:
        return
    server = PostgresServer(durable=True)
    try:
        yield from _on(server.new_database(), "PostgreSQL")
    finally:
        server.close()


def _on(url: str, kind: str) -> Iterator[Figure]:
    database = open_database(url, upgrade=True)
    try:
        hall = labelled_hall.fill(database)
        started = time.perf_counter()
        build(database, hall.hall_id)
        yield Figure(f"building the queues of {LABELLED + WAITING} plots, {kind}", time.perf_counter() - started, "s")
        if database.dialect == "postgresql":
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
                c.execute(sa.text("VACUUM ANALYZE"))  # as autovacuum does after a while
        yield from page_figures(hall, kind)
        yield from person_figures(hall, url, kind)
    finally:
        database.close()


def page_figures(hall: LabelledHall, kind: str) -> Iterator[Figure]:
    """What pages and counts cost, beside what the database needs to count its rows; medians."""
    pages = LabelPages(hall.database, hall.hall_id, "eva", "bench")
    other = LabelPages(hall.database, hall.hall_id, "ben", "bench")
    other.page(Ask(PLOT_TYPE, Queue.UNLABELLED, 2 * PAGE))  # somebody works beside

    def count_rows() -> object:
        with hall.database.read() as c:
            return c.scalar(sa.text("SELECT count(*) FROM label_queue"))

    yield Figure(f"plain count of the queue's rows, {kind}", median_ms(count_rows), "ms")
    yield _goal("counts of all queues", kind, median_ms(lambda: pages.counts(PLOT_TYPE)))
    yield _goal("counts of all labels", kind, median_ms(lambda: pages.label_counts(PLOT_TYPE)))
    for queue in Queue:
        yield _goal(f"next page of {PAGE}, {queue.words}", kind, _next_pages_ms(pages, Ask(PLOT_TYPE, queue, PAGE)))
    every = Ask(PLOT_TYPE, Queue.EVERY, PAGE)
    yield _goal("what filters offer", kind, median_ms(lambda: pages.choices(PLOT_TYPE)))
    for order in Order:
        yield _goal(f"every plot, {order.words}", kind, _next_pages_ms(pages, replace(every, order=order)))
    last = replace(every, first=pages.counts(PLOT_TYPE)[Queue.EVERY] - 2 * PAGE)
    times = [_next_pages_ms(pages, replace(last, order=order)) for order in Order]
    yield _goal("every plot, the last page, the slowest order", kind, max(times))
    for name, filters in FILTERS.items():
        times = [_next_pages_ms(pages, replace(every, order=order, filters=filters)) for order in Order]
        yield _goal(f"every plot, {name}, the slowest order", kind, max(times))
    pages.release()
    other.release()


def person_figures(hall: LabelledHall, url: str, kind: str) -> Iterator[Figure]:
    """A person at the screen, by real key events, with all those plots and labels behind."""
    with tempfile.TemporaryDirectory() as folder:
        desk_hall.fill(hall.database, Path(folder) / "images", UNSEEN, hall=BIG)
        environment = {**os.environ, "HYDRA_HOME": folder, "QT_QPA_PLATFORM": "offscreen"}
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.labeling_run", url, str(Path(folder) / "images"), BIG],
            stdout=subprocess.PIPE, text=True, check=True, env=environment,
        )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    for name, what, goal_ms in (
        ("painted_p99_ms", "10 keys a second, key to the next picture painted, 99th percentile", 16),
        ("durable_p99_ms", "10 keys a second, key to the label on the disk, 99th percentile", 20),
        ("page_p99_ms", f"Enter to the next page of {found['page_size']} painted, 99th percentile", 100),
    ):
        yield Figure(f"{what}, {kind}", found[name], "ms", f"under {goal_ms}", found[name] < goal_ms)
    yield Figure(f"key to the next picture painted, median, {kind}", found["painted_ms"], "ms")
    yield Figure(f"Enter to the next page painted, median, {kind}", found["page_ms"], "ms")
    yield Figure(f"500 plots one at a time, {kind}", found["single_a_minute"], "decisions per minute")
    yield Figure(f"of that the program's own time, {kind}", found["single_ms"], "ms a decision")
    yield Figure(f"2,000 plots in pages with 5 % wrong guesses, {kind}", found["grid_a_minute"], "decisions per minute")
    yield Figure(f"of that the program's own time, {kind}", found["grid_ms"], "ms a decision")
    yield Figure(f"keys pressed in pages, {kind}", found["grid_keys"], "a plot")


def _goal(what: str, kind: str, ms: float) -> Figure:
    return Figure(f"{what}, {kind}", ms, "ms", f"at most {GOAL_MS:.0f}", ms <= GOAL_MS)


def _next_pages_ms(pages: LabelPages, ask: Ask) -> float:
    """The median time to get the page that follows the one in hand."""
    before: frozenset[int] = frozenset()

    def look() -> None:
        nonlocal before
        page = pages.page(replace(ask, without=before))
        before = frozenset(plot_id for item in page.items for plot_id in (item.plot.id, *item.alike))

    return median_ms(look)
