"""The monitor changes to other models while plots come in: real files, the real network, both databases."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hydra_desktop import settings
from hydra_desktop.database import halls, heartbeats, label_queue, model_store, verdicts, wall
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.verdict import Status
from hydra_desktop.services import demo, library, model_sets, model_switch, shadow
from hydra_desktop.services.judging import JudgingModels
from hydra_desktop.services.model_switch import LONGEST_CHUNK_S, Chunks, ModelLoader, ModelSwitch
from hydra_desktop.services.monitor import Monitor
from hydra_desktop.sources.simulated import SimulatedHall
from hydra_desktop.vision.predictor import Predictor
from tests.conftest import wait_for
from tests.fakes.library_hall import file_of
from tests.fakes.upgraded import upgraded

TYPES = 4
HALL = "Demo"


@pytest.fixture
def chosen(database_url: str) -> settings.Settings:
    return settings.load(database_url, HALL)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "plots" / "source"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def simulated() -> SimulatedHall:
    return SimulatedHall(demo.SEED, TYPES)


@pytest.fixture
def ready(chosen: settings.Settings, source: Path) -> Iterator[Database]:
    database = upgraded(chosen.database_url)
    demo.prepare(database, demo.SEED, source, TYPES)
    yield database
    database.close()


@contextmanager
def running(chosen: settings.Settings, source: Path) -> Iterator[threading.Thread]:
    watching, started = Monitor(chosen, source), threading.Event()
    thread = threading.Thread(target=watching.run, kwargs={"ready": started})
    thread.start()
    try:
        assert started.wait(60)
        yield thread
    finally:
        watching.stop()
        thread.join()


def again(database: Database, plot_type: str, file: bytes | None = None) -> int:
    """Another model of a plot type, not live."""
    with database.write() as c:
        return model_store.add(
            c, halls.find(c, HALL) or 0, plot_type, file=file or file_of(plot_type), card={},
            thresholds={"Good": 0.5, "Bad": 0.5}, user="eva",
        )  # fmt: skip


def live(database: Database) -> dict[str, int]:
    with database.read() as c:
        return {name: one.id for name, one in model_store.active(c, halls.find(c, HALL) or 0).items()}


def judged(count: int) -> Any:
    return lambda c, hall_id: verdicts.count(c, hall_id) >= count


def says(*words: str) -> Any:
    def holds(c: Any, hall_id: int) -> bool:
        beat = heartbeats.newest(c, hall_id, "monitor")
        return beat is not None and (all(word in beat.message for word in words) if words else not beat.message)

    return holds


def test_a_set_takes_over_between_two_chunks_and_no_plot_is_lost(
    chosen: settings.Settings, source: Path, simulated: SimulatedHall, ready: Database
) -> None:
    before = live(ready)
    after = {name: again(ready, name) for name in before}
    model_sets.save(ready, HALL, "New", models=after, user="eva")
    chunks = 3

    def is_used(c: Any, hall_id: int) -> bool:
        newest = c.scalar(sa.select(sa.func.max(t.verdicts.c.model_id)))
        return newest in after.values()

    with running(chosen, source) as thread:
        for _ in range(3):
            simulated.write_next_chunk(source.parent)
        model_sets.activate(ready, HALL, "New", user="eva")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:  # plots come without a pause while it changes
            simulated.write_next_chunk(source.parent)
            chunks += 1
            wait_for(ready, HALL, judged(TYPES * (chunks - 1)))
            with ready.read() as c:
                if is_used(c, 0):
                    break
        wait_for(ready, HALL, judged(TYPES * chunks))
        assert thread.is_alive()
    used: dict[tuple[int, int], set[str]] = defaultdict(set)
    with ready.read() as c:
        rows = list(verdicts.rows(c, halls.find(c, HALL) or 0))
    for row in rows:
        models = before if row.model_id == before[row.plot_type] else after
        assert row.model_id == models[row.plot_type]
        used[row.run_number, row.chunk].add("before" if models is before else "after")
    once = {(row.plot_type, row.run_number, row.chunk) for row in rows}
    assert len(rows) == len(once) == TYPES * chunks
    assert all(len(by) == 1 for (_, chunk), by in used.items() if chunk is not None)  # no chunk is torn
    assert set().union(*used.values()) == {"before", "after"}


def test_a_model_that_cannot_be_opened_leaves_the_one_before_at_work(
    chosen: settings.Settings, source: Path, simulated: SimulatedHall, ready: Database
) -> None:
    name, before = next(iter(live(ready).items()))
    broken = again(ready, name, b"no model")
    with running(chosen, source) as thread:
        with ready.write() as c:  # past the check of the library
            model_store.activate(c, broken, user="eva")
        wait_for(ready, HALL, says(f"{name} is still watched by model {before}: model {broken} can't be used"))
        simulated.write_next_chunk(source.parent)
        wait_for(ready, HALL, judged(TYPES))
        assert thread.is_alive()
        with ready.read() as c:
            (row,) = [one for one in verdicts.rows(c, halls.find(c, HALL) or 0) if one.plot_type == name]
        assert row.model_id == before
        library.activate(ready, HALL, again(ready, name), user="eva")
        wait_for(ready, HALL, says())


def test_a_plot_type_without_a_model_any_more_is_judged_by_none(
    chosen: settings.Settings, source: Path, simulated: SimulatedHall, ready: Database
) -> None:
    name = next(iter(live(ready)))
    library.deactivate(ready, HALL, name, user="eva")
    with running(chosen, source):
        simulated.write_next_chunk(source.parent)
        wait_for(ready, HALL, judged(TYPES))
    with ready.read() as c:
        rows = {one.plot_type: one for one in verdicts.rows(c, halls.find(c, HALL) or 0)}
    assert (rows[name].status, rows[name].model_id) == (Status.NO_MODEL, None)
    assert all(row.model_id is not None for other, row in rows.items() if other != name)


def test_a_model_in_shadow_judges_and_nothing_follows(
    chosen: settings.Settings, source: Path, simulated: SimulatedHall, ready: Database
) -> None:
    name = next(iter(live(ready)))
    trial = again(ready, name)
    assert "judges in shadow" in shadow.begin(ready, HALL, trial, user="eva", station="desk")
    with ready.read() as c:
        hall_id = halls.find(c, HALL) or 0
    for _ in range(3):
        simulated.write_next_chunk(source.parent)
        Monitor(chosen, source).run(once=True)
    with ready.write() as c:
        tried = c.execute(sa.select(t.verdicts).where(t.verdicts.c.shadow)).all()
        own = c.execute(sa.select(t.verdicts).where(t.verdicts.c.model_id == live(ready)[name])).all()
        assert len(tried) == len(own) > 0
        assert {one.model_id for one in tried} == {trial}
        assert not any(one.live for one in tried)
        assert [(one.plot_id, one.label_id, one.status) for one in tried] == [
            (one.plot_id, one.label_id, one.status) for one in own
        ]
        assert [one.confidence for one in tried] == pytest.approx([one.confidence for one in own], abs=1e-6)
        analysed = len(list(verdicts.rows(c, hall_id)))
        assert verdicts.count(c, hall_id) == analysed == wall.load(c, hall_id).analysed_total
        assert {panel.verdict_id for panel in wall.load(c, hall_id).panels}.isdisjoint({one.id for one in tried})
        assert {one.verdict_id for one in c.execute(sa.select(t.alarms))}.isdisjoint({one.id for one in tried})
        c.execute(t.plots.update().values(kept=True))
        guesses = label_queue.guesses(c, [one.plot_id for one in tried])
        assert {verdict_id for verdict_id, _ in guesses.values()} == {one.id for one in own}
        assert len(verdicts.probabilities(c, trial)[0]) == len(tried)
    report = shadow.report(ready, HALL, trial)
    assert (report.total.plots, report.total.same) == (len(tried), len(tried))


def broken(*_: object) -> Any:
    raise ZeroDivisionError("of a fault of our own")


@pytest.fixture
def loader(chosen: settings.Settings, ready: Database) -> ModelLoader:
    with ready.read() as c:
        return ModelLoader(ready, halls.find(c, HALL) or 0, ImageStore(chosen.image_folder))


def test_a_fault_of_what_is_in_shadow_leaves_only_that_out(
    ready: Database, loader: ModelLoader, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = next(iter(live(ready)))
    shadow.begin(ready, HALL, again(ready, name), user="eva")
    with monkeypatch.context() as patch:
        patch.setattr(loader._normals_of_trial, "load", broken)
        loaded = loader.load(None, normals_moved=False)
    assert (loaded.models.active.keys(), loaded.models.on_trial, loaded.models.trial) == (live(ready).keys(), {}, None)
    assert f"ZeroDivisionError: of a fault of our own); end the trials of {name}" in loaded.trouble
    loaded = loader.load(loaded.models, normals_moved=False)
    assert (loaded.models.on_trial.keys(), loaded.trouble) == ({name}, "")


def test_a_fault_while_others_are_loaded_keeps_those_of_before_and_is_said_once(
    ready: Database, loader: ModelLoader, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(model_switch, "FAULT_RETRY_S", 0.0)
    name = next(iter(live(ready)))
    with monkeypatch.context() as patch:
        patch.setattr(loader._normals, "load", broken)
        now = loader.load(None, normals_moved=False)  # the monitor begins all the same
        assert now.models.active.keys() == live(ready).keys()
        assert "References confirmed since training aren't used (ZeroDivisionError" in now.trouble
        library.activate(ready, HALL, again(ready, name), user="eva", in_spite=True)
        switch = ModelSwitch(loader)
        caplog.clear()
        switch.want(normals_moved=False)
        for _ in range(3):
            assert switch.ready(now.models) is None
            assert switch._loading is not None
            wait([switch._loading])
        assert "models of before go on: others can't be loaded (ZeroDivisionError" in switch.fault
        assert len(caplog.records) == 1
    while (loaded := switch.ready(now.models)) is None:
        assert switch._loading is not None
        wait([switch._loading])
    switch.close()
    assert loaded.models.active[name].id == live(ready)[name]
    assert switch.fault == ""


def test_files_of_a_chunk_are_judged_by_the_models_that_it_began_with() -> None:
    old, new = JudgingModels(Predictor({}), {}), JudgingModels(Predictor({}), {})
    chunks = Chunks()
    assert chunks.begins(1, 0.0)
    assert chunks.models(1, old, 0.0) is old
    assert not chunks.begins(1, 1.0)
    assert chunks.models(2, new, 1.0) is new
    assert chunks.models(1, new, 2.0) is old
    assert chunks.models(1, new, LONGEST_CHUNK_S) is old
    assert chunks.models(1, new, LONGEST_CHUNK_S + 0.1) is new  # also where its files never end
    assert not chunks.begins(2, LONGEST_CHUNK_S + 0.1)
