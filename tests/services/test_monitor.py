"""The monitor as a whole: real files, the real network, a real database, and a real kill."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image

from hydra_desktop import paths, settings
from hydra_desktop.database import features, halls, heartbeats, plots, problems, verdicts, wall
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database, open_database
from hydra_desktop.database.feed import ChangeWaiter
from hydra_desktop.domain.errors import LeaseLostError, SettingsError
from hydra_desktop.domain.verdict import Status
from hydra_desktop.services import demo, notices
from hydra_desktop.services.judging import Repeated
from hydra_desktop.services.monitor import Monitor, all_waiting
from hydra_desktop.sources.arrival import Arrival
from hydra_desktop.sources.simulated import SimulatedHall
from hydra_desktop.vision.backbone import Backbone
from hydra_desktop.vision.deviation import DESCRIBED_BY, describe, unpack
from hydra_desktop.vision.picture import decode_for_network

TYPES = 6


@pytest.fixture
def chosen(database_url: str) -> settings.Settings:
    return settings.load(database_url, "Demo")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "plots" / "source"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def simulated() -> SimulatedHall:
    return SimulatedHall(demo.SEED, TYPES)


@pytest.fixture
def ready(chosen: settings.Settings, source: Path) -> Database:
    """A database with the simulated hall and its models."""
    database = open_database(chosen.database_url, upgrade=True)
    demo.prepare(database, demo.SEED, source, TYPES)
    yield database
    database.close()


def judge_all(chosen: settings.Settings, source: Path) -> Monitor:
    monitor = Monitor(chosen, source)
    monitor.run(once=True)
    return monitor


def live_verdicts(database: Database) -> list[Any]:
    with database.read() as c:
        return list(verdicts.rows(c, halls.find(c, "Demo") or 0))


def problems_of(database: Database) -> dict[str, str]:
    with database.read() as c:
        return {one.name: one.message for one in problems.newest(c, halls.find(c, "Demo") or 0)}


def test_a_chunk_is_judged_once_and_a_second_time_nothing_happens(
    chosen: settings.Settings, source: Path, simulated: SimulatedHall, ready: Database
) -> None:
    simulated.write_next_chunk(source.parent)
    assert judge_all(chosen, source).stored == TYPES
    rows = live_verdicts(ready)
    assert len(rows) == TYPES
    assert {row.status for row in rows} <= {"Confirmed", "Unconfirmed"}
    assert judge_all(chosen, source).stored == 0
    assert len(live_verdicts(ready)) == TYPES
    with ready.read() as c:
        hall_id = halls.find(c, "Demo") or 0
        snapshot = wall.load(c, hall_id)
        assert verdicts.evidence(c, rows[0].id)
    shown = [panel for panel in snapshot.panels if panel.plot is not None]
    assert len(shown) == TYPES
    assert snapshot.analysed_total == TYPES
    assert snapshot.run.run_number == 121453
    assert all((chosen.image_folder / p.plot.content_hash[:2] / p.plot.content_hash).exists() for p in shown if p.plot)


def test_the_beam_that_was_there_is_kept_with_each_plot(
    chosen: settings.Settings, source: Path, simulated: SimulatedHall, ready: Database
) -> None:
    with ready.read() as c:
        hall_id = halls.find(c, "Demo") or 0
    for on in (False, True):
        notices.switch_beam(ready, hall_id, on)
        simulated.write_next_chunk(source.parent)
        judge_all(chosen, source)
    with ready.read() as c:
        beams = c.execute(sa.select(t.plots.c.chunk, t.plots.c.beam_on).distinct().order_by(t.plots.c.chunk))
        assert [beam_on for _, beam_on in beams] == [False, True]


def test_the_features_of_all_plots_are_stored_and_whole_those_of_the_plots_that_are_kept(
    chosen: settings.Settings, source: Path, simulated: SimulatedHall, ready: Database
) -> None:
    for name in ("Trigger_bits", "Never_heard_of"):
        path = source / "Run000007" / f"{name}_0001.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (320, 240), (name[0] == "T" and "red") or "blue").save(path)
    simulated.write_next_chunk(source.parent)
    judge_all(chosen, source)
    with ready.read() as c:
        stored = [plots.get(c, row.id) for row in c.execute(sa.select(t.plots.c.id).where(t.plots.c.live))]
        found = features.get(c, DESCRIBED_BY, [plot.content_hash for plot in stored])
    assert len(found) == len(stored) == TYPES + 2
    assert any(plot.kept for plot in stored)
    for plot in stored:
        assert (found[plot.content_hash].parts is not None) == plot.kept
    kept = next(found[plot.content_hash] for plot in stored if plot.kept)
    picture = decode_for_network((chosen.image_folder / kept.content_hash[:2] / kept.content_hash).read_bytes())[None]
    expected = describe(Backbone()(picture), picture)
    np.testing.assert_allclose(
        unpack([(kept.pooled, kept.parts or b"")]).pooled, expected.pooled, rtol=2**-10, atol=1e-6
    )


def test_other_bytes_under_the_same_name_are_a_new_revision(
    chosen: settings.Settings, source: Path, simulated: SimulatedHall, ready: Database
) -> None:
    simulated.write_next_chunk(source.parent)
    judge_all(chosen, source)
    path = next(source.rglob("*.png"))
    Image.new("RGB", (800, 533), "white").save(path)
    assert judge_all(chosen, source).stored == 1
    assert Counter(row.revision for row in live_verdicts(ready)) == {1: TYPES, 2: 1}


def test_equal_pictures_under_two_names_are_two_plots(chosen: settings.Settings, source: Path, ready: Database) -> None:
    for chunk in (1, 2):
        path = source / "Run000007" / f"Trigger_bits_{chunk:04d}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (320, 240), "white").save(path)
    assert judge_all(chosen, source).stored == 2
    with ready.read() as c:
        hashes = {plots.get(c, row.id).content_hash for row in live_verdicts(ready)}
    assert len(hashes) == 1


def test_bad_files_are_told_and_all_else_goes_on(
    chosen: settings.Settings, source: Path, simulated: SimulatedHall, ready: Database
) -> None:
    simulated.write_next_chunk(source.parent)
    run = next(source.rglob("*.png")).parent
    good = next(source.rglob("*.png")).read_bytes()
    (run / "Half_written_0001.png").write_bytes(good[: len(good) // 2])
    (run / "Only_text_0001.png").write_text("this is no picture")
    (run / "Empty_0001.png").write_bytes(b"")
    huge = Image.new("1", (30_000, 30_000))
    huge.save(run / "Far_too_large_0001.png")
    (source / "no_run_here.png").write_bytes(good)
    (run / "Never_heard_of_0001.png").write_bytes(good)
    assert judge_all(chosen, source).stored == TYPES + 1
    told = {Path(name).stem: message for name, message in problems_of(ready).items()}
    assert "half written" in told["Half_written_0001"]
    assert "no picture" in told["Only_text_0001"]
    assert "empty" in told["Empty_0001"]
    assert "30000 x 30000" in told["Far_too_large_0001"]
    assert "name_pattern" in told["no_run_here"]
    unknown = [row for row in live_verdicts(ready) if row.plot_type == "Never_heard_of"]
    assert [(row.status, row.label) for row in unknown] == [(Status.NO_MODEL, "")]


def test_an_image_store_that_cannot_be_written_is_told_and_nothing_is_lost(
    chosen: settings.Settings, source: Path, simulated: SimulatedHall, ready: Database
) -> None:
    simulated.write_next_chunk(source.parent)
    chosen.image_folder.write_text("a file where the folder should be")
    assert judge_all(chosen, source).stored == 0
    assert any("image store" in message for message in problems_of(ready).values())
    chosen.image_folder.unlink()
    assert judge_all(chosen, source).stored == TYPES


def test_without_a_folder_it_says_what_to_do(chosen: settings.Settings) -> None:
    with pytest.raises(SettingsError, match=r"source\.folder"):
        Monitor(chosen)


def test_a_second_monitor_of_the_same_folder_is_refused(
    chosen: settings.Settings, source: Path, ready: Database
) -> None:
    first = Monitor(chosen, source)
    running = threading.Thread(target=first.run)
    running.start()
    try:
        _wait_for(ready, lambda c, hall_id: heartbeats.newest(c, hall_id, "monitor") is not None)
        with pytest.raises(LeaseLostError, match="already"):
            Monitor(chosen, source, patience_s=0.0).run(once=True)
    finally:
        first.stop()
        running.join()


@pytest.mark.parametrize("kills", [2, pytest.param(25, marks=pytest.mark.soak)])
def test_killed_and_started_again_every_plot_has_one_live_verdict(
    chosen: settings.Settings, source: Path, simulated: SimulatedHall, ready: Database, kills: int
) -> None:
    """kill -9 in the middle of a chunk, again and again."""
    chunks = kills + 1
    for number in range(kills):
        simulated.write_next_chunk(source.parent)
        process = _start_monitor(chosen, source)
        _wait_for(ready, lambda c, hall_id, least=number * TYPES + 1: verdicts.count(c, hall_id) >= least)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    simulated.write_next_chunk(source.parent)
    done = _start_monitor(chosen, source, "--once").wait(timeout=100)
    assert done == 0
    rows = live_verdicts(ready)
    assert len(rows) == chunks * TYPES
    assert len({(row.plot_type, row.run_number, row.chunk) for row in rows}) == chunks * TYPES


def test_batches_that_wait_are_stored_as_one(tmp_path: Path) -> None:
    arrivals = [Repeated(Arrival(tmp_path / name, name, 1, 1)) for name in "abcde"]
    batches: queue.Queue[Any] = queue.Queue()
    for batch in (arrivals[:2], arrivals[2:3], arrivals[3:], None):
        batches.put(batch)
    assert all_waiting(batches) == arrivals
    assert all_waiting(batches) == []


def _start_monitor(chosen: settings.Settings, source: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "hydra_desktop.cli", "--database", chosen.database_url, "--hall", "Demo"]
    environment = {**os.environ, "HYDRA_CACHE": str(paths.cache().resolve())}
    return subprocess.Popen(
        [*command, "monitor", str(source), *options],
        start_new_session=True,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait_for(database: Database, condition: Any, timeout_s: float = 60.0) -> None:
    waiter, stop = ChangeWaiter(database), threading.Event()
    timer = threading.Timer(timeout_s, stop.set)
    timer.start()
    try:
        while not stop.is_set():
            waiter.wait(1.0, stop)
            with database.read() as c:
                if condition(c, halls.find(c, "Demo") or 0):
                    return
        pytest.fail("it never came")
    finally:
        timer.cancel()
        waiter.close()


def test_a_plot_that_cannot_be_stored_holds_up_no_other(
    chosen: settings.Settings, source: Path, simulated: SimulatedHall, ready: Database
) -> None:
    simulated.write_next_chunk(source.parent)
    with ready.write() as c:  # a trigger stands in for whatever a database may refuse
        if ready.dialect == "sqlite":
            c.exec_driver_sql(
                "CREATE TRIGGER refuse BEFORE INSERT ON plots WHEN NEW.plot_type_id = (SELECT id FROM plot_types"
                " WHERE name = 'RF_TAGH') BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
        else:
            c.exec_driver_sql(
                "ALTER TABLE plots ADD CONSTRAINT refuse CHECK (plot_type_id <> "  # noqa: S608
                + str(c.exec_driver_sql("SELECT id FROM plot_types WHERE name = 'RF_TAGH'").scalar())
                + ")"
            )
    try:
        assert judge_all(chosen, source).stored == TYPES - 1
        assert any("can't be stored" in message for message in problems_of(ready).values())
    finally:
        if ready.dialect == "postgresql":
            with ready.write() as c:
                c.exec_driver_sql("ALTER TABLE plots DROP CONSTRAINT refuse")
