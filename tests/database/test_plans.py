"""No question that is asked while data is taken reads a whole table that grows with time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hydra_desktop.database import (
    alarm_history,
    alarms,
    annunciations,
    conditions,
    contests,
    episodes,
    features,
    feed,
    files_seen,
    given_labels,
    halls,
    heartbeats,
    label_actions,
    label_pages,
    label_queue,
    leases,
    model_store,
    plots,
    problems,
    references,
    runs,
    shadows,
    stations,
    verdicts,
    wall,
)
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.alarm_history import Span
from hydra_desktop.domain.labeling import Choice, Decision, Filters, Mode, Order, Queue
from hydra_desktop.domain.past import Moment
from hydra_desktop.domain.station import StationRole
from hydra_desktop.services.detail import Ask, DetailService
from tests.fakes.upgraded import upgraded

from .conftest import START, Site

GROWING = {
    "alarm_log", "alarms", "changes", "conditions", "contests", "episodes", "evidence", "familiarities", "features",
    "files_seen", "given_labels", "label_actions", "label_queue", "label_skips", "out_of_service", "plots",
    "probabilities", "sign_ins", "stage_timings", "station_presence", "suppressions", "verdicts",
}  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A hall on SQLite, whose plans don't depend on how much is in a table."""
    database = upgraded(f"sqlite:///{tmp_path / 'hydra.db'}")
    with database.write() as c:
        site = Site(database, halls.find_or_create(c, "D"))
        model_id = site.add_model(c)
        for chunk in range(1, 4):
            site.show(c, site.add(c, chunk=chunk), model_id)
    yield site
    database.close()


@contextmanager
def _plans(database: Database) -> Iterator[list[str]]:
    """Collects the plan of all that is searched meanwhile, as ``plan <- statement``.

    An INSERT searches nothing but unique indexes; its plan names the tables that point to the new
    row as well, which SQLite looks at only while a foreign key is broken.
    """
    found: list[str] = []

    def explain(_connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.split()[0] not in ("SELECT", "UPDATE", "DELETE", "WITH"):
            return
        rows = cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters[0] if many else parameters).fetchall()
        found.extend(f"{row[3]} <- {statement}" for row in rows)

    sa.event.listen(database.engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", explain)


def _store_one_more(c: sa.Connection, site: Site) -> None:
    plot = site.add(c, chunk=99)
    batch = [site.new_plot(chunk=chunk, picture="b") for chunk in (*range(90, 130), None)]
    plots.add_all(c, site.hall_id, batch, live=True)
    model_id = model_store.active(c, site.hall_id)["CDC_occupancy"].id
    verdict_id = verdicts.add(c, site.hall_id, [site.judged(plot, model_id)])[0]
    episode = episodes.newest(c, site.hall_id)["CDC_occupancy", ""]
    episodes.extend(c, [episode.with_plot(plot)])
    wall.update_panels(c, site.hall_id, [wall.Shown(plot, verdict_id, episode.id)])
    plots.is_first_of_chunk(c, plot)
    plots.keep(c, [plot.id])
    files_seen.remember(c, site.hall_id, {"a.png": (1, 2)})
    given_labels.give(c, plot.id, "Good", user="eva", at=START)
    feed.publish(c, site.hall_id, "plots", None)


def _keep_features(c: sa.Connection) -> None:
    features.put(c, "net", [features.StoredFeatures("hash", b"pooled")])
    features.get(c, "net", ["hash", "other"])
    features.missing(c, "net", ["hash", "other"])
    features.pooled(c, ["hash", "other"])
    features.forget(c, "net", ["other"])
    features.forget_others(c, "another")


def _look_at_a_plot(c: sa.Connection, site: Site) -> None:
    plot = plots.get(c, 2)
    service = DetailService(site.database, site.hall_id, "D", ImageStore(Path()), "eva", "here")
    for ask in (Ask("CDC_occupancy", "", None, 1), Ask("CDC_occupancy", "", 2)):
        service._read(c, ask)
    wall.history(c, site.hall_id, "CDC_occupancy", pad="", before=plot)
    wall.following(c, site.hall_id, "CDC_occupancy", "", plot)
    plots.by_content(c, site.hall_id, "CDC_occupancy", ["a", "b", "c"])
    contest = contests.add(c, site.hall_id, 2, "Good", comment="", user="eva", station="here")
    contests.take_back(c, site.hall_id, contest.id, user="eva")
    contests.standing(c, site.hall_id, "CDC_occupancy")


def _label(c: sa.Connection, site: Site) -> None:
    holder = label_pages.Holder(site.hall_id, "eva", "here")
    choices = (Choice(1, "Good"), Choice(2, None))
    decision = Decision("key", choices, Mode.GRID, 900)
    label_actions.store(c, site.hall_id, decision, user="eva", station="here")
    for queue, order in product(Queue, Order):
        view = label_pages.View.of(c, site.hall_id, "CDC_occupancy", queue, order, Filters(first_run=1, guess="Good"))
        ids = label_pages.candidates(c, view, holder, 100)
        label_pages.claim(c, view, holder, ids)
        label_pages.count(c, view)
        label_pages.others(c, view, holder)
    plots.of_ids(c, site.hall_id, [1, 2])
    label_pages.kinds(c, [1, 2])
    label_pages.choices(c, site.hall_id, "CDC_occupancy")
    label_queue.given(c, [1, 2])
    label_queue.guesses(c, [1, 2])
    label_queue.refresh(c, [1, 2])
    label_pages.counts(c, site.hall_id, "CDC_occupancy")
    label_pages.label_counts(c, site.hall_id, "CDC_occupancy")
    label_actions.undo(c, site.hall_id, key="wish", user="eva", station="here")
    label_pages.release(c, holder)


def _be_a_station(c: sa.Connection, site: Site) -> None:
    for can_sound in (False, True):
        stations.beat(c, site.hall_id, "here", StationRole.AUDIBLE, sound="", can_sound=can_sound)
    stations.sign_in(c, site.hall_id, "here", "eva")
    stations.sign_out(c, site.hall_id, "here")
    stations.audible_alive(c, site.hall_id)
    stations.all(c, site.hall_id)
    stations.sign_ins(c, site.hall_id, START, START + timedelta(hours=8))
    stations.presences(c, site.hall_id, START, START + timedelta(hours=8))
    stations.leave(c, site.hall_id, "here")


QUESTIONS: dict[str, Callable[[sa.Connection, Site], object]] = {
    "a look at a plot": _look_at_a_plot,
    "features": lambda c, _: _keep_features(c),
    "labeling": _label,
    "the wall": lambda c, site: wall.load(c, site.hall_id),
    "history": lambda c, site: wall.history(c, site.hall_id, "CDC_occupancy"),
    "history of a pad": lambda c, site: wall.history(c, site.hall_id, "CDC_occupancy", pad=""),
    "last chunks": lambda c, site: wall.last_chunks(c, site.hall_id, "CDC_occupancy", "", 3),
    "last good": lambda c, site: wall.last_good(c, site.hall_id, "CDC_occupancy"),
    "one more plot": _store_one_more,
    "known files": lambda c, site: files_seen.of(c, site.hall_id, ["a", "b"]),
    "known origins": lambda c, site: plots.known_origins(c, site.hall_id, ["a", "b"]),
    "the feed": lambda c, site: feed.read_after(c, site.hall_id, 1),
    "evidence": lambda c, _: verdicts.evidence(c, 1),
    "a replay": lambda c, _: verdicts.probabilities(c, 1),
    "labels of a type": lambda c, site: given_labels.current(c, site.hall_id, "CDC_occupancy"),
    "labels imported": lambda c, _: given_labels.imported(c, [1, 2], "eva"),
    "references of a hall": lambda c, site: references.states(c, site.hall_id),
    "whether a reference was set": lambda c, site: references.was_set(c, site.hall_id, "CDC_occupancy", "A"),
    "candidates": lambda c, site: references.candidates(c, site.hall_id, "CDC_occupancy", "A"),
    "what is to be heard": lambda c, site: annunciations.untaken(c, [site.hall_id, site.hall_id + 1]),
    "a station": lambda c, site: _be_a_station(c, site),
    "open alarms": lambda c, site: alarms.open_alarms(c, site.hall_id),
    "the alarms of a shift": lambda c, site: alarm_history.read(
        c, site.hall_id, Span(START, START + timedelta(hours=8))
    ),
    "the first alarm": lambda c, site: alarm_history.first(c, site.hall_id),
    "when a run began": lambda c, site: runs.begin_of(c, site.hall_id, "A", 1),
    "open conditions": lambda c, site: conditions.open_conditions(c, site.hall_id),
    "newest conditions": lambda c, site: conditions.newest(c, site.hall_id),
    "a condition goes on": lambda c, _: conditions.go_on(c, 1, facts=""),
    "a condition ends": lambda c, site: conditions.end(c, site.hall_id, 1, who="", why=""),
    "familiarities": lambda c, _: verdicts.familiarities(c, [1, 2]),
    "last alarm": lambda c, site: alarms.last_ended_at(c, site.hall_id),
    "a lease": lambda c, site: leases.renew(c, site.hall_id, "/data", 1, 1.0),
    "who watches": lambda c, site: leases.living_holder(c, site.hall_id, "/data"),
    "which folders are watched": lambda c, site: leases.watched(c, site.hall_id),
    "whether it is still told": lambda c, site: heartbeats.of(c, site.hall_id, "tells source", "/data"),
    "the last heartbeat": lambda c, site: heartbeats.newest(c, site.hall_id, "monitor"),
    "the newest problems": lambda c, site: problems.newest(c, site.hall_id),
    "the wall of another time": lambda c, site: wall.at(c, site.hall_id, Moment.of(START)),
    "what was said in shadow": lambda c, _: shadows.said(c, 1, START, START + timedelta(days=1)),
    "runs": lambda c, site: runs.runs(c, site.hall_id),
    "the chunk beside": lambda c, site: runs.chunk_beside(c, site.hall_id, "A", 1, 1, -1),
    "the end of a run": lambda c, site: runs.end_of(c, site.hall_id, "A", 1),
    "the end of a chunk": lambda c, site: runs.end_of(c, site.hall_id, "A", 1, 1),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_growing_table_is_read_as_a_whole(site: Site, question: str) -> None:
    with _plans(site.database) as found, site.database.write() as c:
        QUESTIONS[question](c, site)
    assert found
    for plan in found:
        words = plan.split()
        assert not (words[0] == "SCAN" and words[1] in GROWING), plan


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("queue", [queue for queue in Queue if queue is not Queue.DISPUTED])
def test_a_page_of_a_queue_is_read_in_its_order_without_sorting(site: Site, queue: Queue, order: Order) -> None:
    holder = label_pages.Holder(site.hall_id, "eva", "here")
    with _plans(site.database) as found, site.database.read() as c:
        view = label_pages.View.of(c, site.hall_id, "CDC_occupancy", queue, order, Filters())
        label_pages.candidates(c, view, holder, 100)
    assert any("SEARCH label_queue USING" in plan for plan in found)
    assert not any("TEMP B-TREE" in plan for plan in found)


def test_a_replay_reads_one_stretch_in_the_order_of_the_table(site: Site) -> None:
    with _plans(site.database) as found, site.database.write() as c:
        verdicts.probabilities(c, 1)
    assert found[0].startswith("SEARCH probabilities USING PRIMARY KEY (model_id=?) <- ")
    assert "TEMP B-TREE" not in found[1]


def test_a_wall_asks_as_much_whatever_the_number_of_verdicts(site: Site) -> None:
    with _plans(site.database) as before, site.database.read() as c:
        wall.load(c, site.hall_id)
    with site.database.write() as c:
        model_id = model_store.active(c, site.hall_id)["CDC_occupancy"].id
        for chunk in range(100, 150):
            site.show(c, site.add(c, chunk=chunk), model_id)
    with _plans(site.database) as after, site.database.read() as c:
        wall.load(c, site.hall_id)
    assert after == before
