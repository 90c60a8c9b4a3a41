"""The monitor as a whole: real files, the real network, a real database, and a real kill."""

from __future__ import annotations

import errno
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image

from hydra_desktop import paths, settings
from hydra_desktop.database import (
    alarms,
    clock,
    features,
    halls,
    heartbeats,
    leases,
    model_store,
    plots,
    problems,
    verdicts,
    wall,
)
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.alarm import AlarmKind
from hydra_desktop.domain.errors import DatabaseError, LeaseLostError, ModelFileError, SettingsError
from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.run import BeamSource
from hydra_desktop.domain.verdict import Status
from hydra_desktop.services import demo, notices
from hydra_desktop.services import monitor as monitor_module
from hydra_desktop.services.judging import Repeated
from hydra_desktop.services.live_models import LiveModels
from hydra_desktop.services.monitor import Monitor
from hydra_desktop.services.monitor_writer import all_waiting
from hydra_desktop.sources.arrival import Arrival
from hydra_desktop.sources.simulated import SimulatedHall
from hydra_desktop.vision.backbone import Backbone
from hydra_desktop.vision.deviation import DESCRIBED_BY, describe, unpack
from hydra_desktop.vision.picture import decode_for_network
from tests.conftest import wait_for
from tests.fakes.postgres_server import PostgresServer
from tests.fakes.running_monitor import running
from tests.fakes.upgraded import upgraded

TYPES = 6
on_one = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # where both kinds would show the same


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
    database = upgraded(chosen.database_url)
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
    with ready.read() as c:  # it did what it was to do, and isn't to be missed
        assert heartbeats.newest(c, halls.find(c, "Demo") or 0, "monitor") is None
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


def test_one_that_judges_once_does_not_hide_that_the_monitor_of_its_station_is_dead(
    chosen: settings.Settings, source: Path, simulated: SimulatedHall, ready: Database
) -> None:
    with ready.write() as c:
        hall_id = halls.find(c, "Demo") or 0
        heartbeats.beat(c, hall_id, heartbeats.MONITOR, chosen.station, pid=1)
        before = heartbeats.newest(c, hall_id, heartbeats.MONITOR)
    simulated.write_next_chunk(source.parent)
    judge_all(chosen, source)
    with ready.read() as c:
        assert heartbeats.newest(c, hall_id, heartbeats.MONITOR) == before


def test_a_monitor_that_ends_leaves_no_alarm_that_nobody_would_end(
    chosen: settings.Settings, source: Path, ready: Database
) -> None:
    with ready.write() as c:
        hall_id = halls.find(c, "Demo") or 0
        alarms.raise_alarm(
            c, hall_id, kind=AlarmKind.LATE, label="Plots come late", severity=Severity.HIGH, pad=str(source),
            at=clock.now(c), station="here", why="",
        )  # fmt: skip
    judge_all(chosen, source)  # none came, so nobody knows whether they would be late
    with ready.read() as c:
        (alarm,) = alarms.open_alarms(c, hall_id)
    assert not alarm.life.active


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
        Image.new("RGB", (320, 240), "red" if name == "Trigger_bits" else "blue").save(path)
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
    assert len({row.content_hash for row in live_verdicts(ready)}) == 1


def test_a_plot_type_is_chunked_as_the_first_plot_of_it_is(
    chosen: settings.Settings, source: Path, ready: Database
) -> None:
    run = source / "Run000007"
    run.mkdir()
    for name in ("Once_a_run.png", "Again_and_again_0001.png"):
        Image.new("RGB", (320, 240), "white").save(run / name)
    judge_all(chosen, source)
    with ready.read() as c:
        types = halls.load(c, halls.find(c, "Demo") or 0).plot_types
    assert (types["Once_a_run"].chunked, types["Again_and_again"].chunked) == (False, True)


def test_a_file_of_the_future_counts_as_now_and_is_told_once(
    chosen: settings.Settings, source: Path, ready: Database
) -> None:
    started = datetime.now(UTC)
    tomorrow = time.time() + 86_400
    run = source / "Run000007"
    run.mkdir()
    for chunk in range(20):  # more than a batch
        path = run / f"Trigger_bits_{chunk:04d}.png"
        Image.new("RGB", (320, 240), "white").save(path)
        os.utime(path, (tomorrow, tomorrow))
    judge_all(chosen, source)
    rows = live_verdicts(ready)
    assert len(rows) == 20
    assert all(started <= row.taken_at <= datetime.now(UTC) for row in rows)
    (message,) = problems_of(ready).values()
    assert "1440 min ahead" in message


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


def test_without_a_folder_it_says_what_to_do(chosen: settings.Settings, database: Database) -> None:
    with pytest.raises(SettingsError, match=r"source\.folder"):
        Monitor(chosen)


def says(*words: str) -> Any:
    """A condition: the monitor tells all these words, with none that it tells nothing."""

    def holds(c: Any, hall_id: int) -> bool:
        beat = heartbeats.newest(c, hall_id, "monitor")
        return beat is not None and (all(word in beat.message for word in words) if words else not beat.message)

    return holds


def test_a_model_that_is_damaged_is_told_as_long_as_it_is(
    chosen: settings.Settings, source: Path, simulated: SimulatedHall, ready: Database
) -> None:
    with ready.write() as c:
        hall_id = halls.find(c, "Demo") or 0
        broken = model_store.add(
            c, hall_id, "RF_TAGH", file=b"no model", card={}, thresholds={"Good": 0.5, "Bad": 0.5}, user="test"
        )
        model_store.activate(c, broken, user="test")
        with pytest.raises(ModelFileError, match="RF_TAGH"):
            LiveModels.load(c, hall_id, ["RF_TAGH"], ImageStore(chosen.image_folder))
    simulated.write_next_chunk(source.parent)
    with running(Monitor(chosen, source)):
        wait_for(ready, "Demo", lambda c, hall_id: verdicts.count(c, hall_id) == TYPES)
        simulated.write_next_chunk(source.parent)
        wait_for(ready, "Demo", lambda c, hall_id: verdicts.count(c, hall_id) == 2 * TYPES)
        with ready.read() as c:
            told_at = heartbeats.newest(c, hall_id, "monitor").at
        wait_for(ready, "Demo", lambda c, hall_id: heartbeats.newest(c, hall_id, "monitor").at > told_at)
        with ready.read() as c:
            assert says("RF_TAGH is watched without a model")(c, hall_id)


def test_a_broken_beam_file_is_told_and_ends_nothing(chosen: settings.Settings, source: Path, ready: Database) -> None:
    beam = source.parent / "beam.json"
    beam.write_text('{"run_number": "9"}')
    with running(Monitor(chosen, source)) as thread:
        wait_for(ready, "Demo", says("beam.json", "run_number"))
        assert thread.is_alive()
        beam.write_text('{"run_number": 9}')
        wait_for(ready, "Demo", says())
        wait_for(ready, "Demo", lambda c, hall_id: halls.run_state(c, hall_id).run_number == 9)


def test_nobody_waits_for_a_beam_file_that_hangs(chosen: settings.Settings, source: Path, ready: Database) -> None:
    beam = source.parent / "beam.json"
    os.mkfifo(beam)
    with running(Monitor(chosen, source)):
        with beam.open("w") as told:  # once the monitor reads, it waits for what is told
            with ready.write() as c:
                hall_id = halls.find(c, "Demo") or 0
                alarms.hold(c, hall_id)
                halls.apply(c, hall_id, replace(halls.load(c, hall_id), beam_file=""), user="test")
            told.write('{"run_number": 7}')
        wait_for(ready, "Demo", lambda c, hall_id: halls.run_state(c, hall_id).run_number == 7)


def run_of(database: Database) -> tuple[int | None, bool | None, BeamSource]:
    with database.read() as c:
        state = halls.run_state(c, halls.find(c, "Demo") or 0)
    return state.run_number, state.beam_on, state.source


def test_the_beam_by_hand_goes_before_the_file_but_for_the_run(
    chosen: settings.Settings, source: Path, ready: Database
) -> None:
    def stands(*wanted: Any) -> Any:
        return lambda _c, _hall_id: run_of(ready) == wanted

    beam = source.parent / "beam.json"
    beam.write_text('{"run_number": 7, "beam_on": true}')
    with ready.read() as c:
        hall_id = halls.find(c, "Demo") or 0
    with running(Monitor(chosen, source)):
        wait_for(ready, "Demo", stands(7, True, BeamSource.FILE))
        notices.switch_beam(ready, hall_id, False)
        beam.write_text('{"run_number": 8, "beam_on": true}')
        wait_for(ready, "Demo", stands(8, False, BeamSource.SWITCH))
        notices.switch_beam(ready, hall_id, None)
        wait_for(ready, "Demo", stands(8, True, BeamSource.FILE))


@on_one
@pytest.mark.parametrize(
    ("text", "age_s", "told"),
    [
        ('{"beam_on": true}', 0, ""),
        ('{"run_number": 5, "beam_on": true}', 7200, "hasn't been written since"),
        (None, 0, "isn't there"),
    ],
)
def test_without_a_run_in_the_beam_file_that_of_the_plots_is_shown(
    chosen: settings.Settings, source: Path, ready: Database, text: str | None, age_s: float, told: str
) -> None:
    beam = source.parent / "beam.json"
    if text is not None:
        beam.write_text(text)
        os.utime(beam, (time.time() - age_s, time.time() - age_s))
    with running(Monitor(chosen, source)):
        wait_for(ready, "Demo", says(told) if told else (lambda _c, _hall_id: run_of(ready)[1]))
        for run, age in ((12, 0), (11, 3600)):
            path = source / f"Run{run:06d}" / "Trigger_bits_0001.png"
            path.parent.mkdir()
            partial = path.with_name(".part")
            Image.new("RGB", (320, 240), "white").save(partial, "PNG")
            os.utime(partial, (time.time() - age, time.time() - age))
            partial.rename(path)
            wait_for(ready, "Demo", lambda c, hall_id, count=13 - run: verdicts.count(c, hall_id) == count)
        wait_for(ready, "Demo", lambda _c, _hall_id: run_of(ready)[0] == 12)
        assert run_of(ready)[1] is (None if text is None else True)


def test_pictures_that_cannot_be_removed_are_told_and_end_nothing(
    chosen: settings.Settings, source: Path, ready: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = source / "Run000007" / "Never_heard_of_0001.png"
    path.parent.mkdir()
    eight_days_ago = time.time() - 8 * 86_400
    for chunk in (1, 2):
        path = path.with_name(f"Never_heard_of_{chunk:04d}.png")
        Image.new("RGB", (320, 240), (chunk, 0, 0)).save(path)
        os.utime(path, (eight_days_ago + chunk, eight_days_ago + chunk))
    judge_all(chosen, source)
    monkeypatch.setattr(monitor_module, "FIRST_FORGETTING_S", 0.1)
    unlink = Path.unlink

    def refuse(self: Path, missing_ok: bool = False) -> None:  # a disk that is mounted read-only: root may write else
        if chosen.image_folder in self.parents:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self))
        unlink(self, missing_ok)

    with monkeypatch.context() as patch, running(Monitor(chosen, source)) as thread:
        patch.setattr(Path, "unlink", refuse)
        wait_for(ready, "Demo", says("Read-only file system"))
        assert thread.is_alive()
        patch.setattr(Path, "unlink", unlink)
        wait_for(ready, "Demo", says())
    assert len([one for one in chosen.image_folder.rglob("*") if one.is_file()]) == 1


OTHER_NAMES = r".*/(?P<run_number>\d+)_(?P<plot_type>[^/]+)\.png"


def change_hall(database: Database, **settings: str) -> None:
    with database.write() as c:
        hall_id = halls.find(c, "Demo") or 0
        halls.apply(c, hall_id, replace(halls.load(c, hall_id), **settings), user="test")


def test_refused_names_are_judged_once_the_pattern_fits_them(
    chosen: settings.Settings, source: Path, ready: Database
) -> None:
    path = source / "weird" / "12_Any.png"
    path.parent.mkdir()
    Image.new("RGB", (320, 240), "white").save(path)
    Image.new("RGB", (320, 240), "white").save(path.with_name("fits_nothing.png"))
    assert judge_all(chosen, source).refused == 2
    assert judge_all(chosen, source).refused == 0
    change_hall(ready, name_pattern=OTHER_NAMES)
    again = judge_all(chosen, source)
    assert (again.stored, again.refused) == (1, 1)


def test_refused_names_are_judged_without_a_restart(chosen: settings.Settings, source: Path, ready: Database) -> None:
    path = source / "weird" / "12_Any.png"
    path.parent.mkdir()
    Image.new("RGB", (320, 240), "white").save(path)
    with running(Monitor(chosen, source)):
        wait_for(ready, "Demo", lambda c, hall_id: problems.newest(c, hall_id))
        change_hall(ready, name_pattern=OTHER_NAMES)
        wait_for(ready, "Demo", lambda c, hall_id: verdicts.count(c, hall_id) == 1)


def test_a_folder_that_is_gone_is_given_up_until_it_is_there_again(
    chosen: settings.Settings, source: Path, ready: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def holder(c: Any, hall_id: int) -> str | None:
        return leases.living_holder(c, hall_id, str(source))

    monkeypatch.setattr(monitor_module, "GONE_AFTER_S", 0.2)
    away = source.with_name("away")
    source.rename(away)
    with running(Monitor(chosen)):  # of the hall's own folder
        with ready.read() as c:
            assert holder(c, halls.find(c, "Demo") or 0) is None
        away.rename(source)
        wait_for(ready, "Demo", lambda c, hall_id: holder(c, hall_id) and heartbeats.newest(c, hall_id, "monitor"))
        source.rename(away)
        wait_for(ready, "Demo", lambda c, hall_id: not holder(c, hall_id))
        with ready.read() as c:
            before = heartbeats.newest(c, halls.find(c, "Demo") or 0, "monitor")
        away.rename(source)
        wait_for(ready, "Demo", holder)
        wait_for(ready, "Demo", lambda c, hall_id: heartbeats.newest(c, hall_id, "monitor").at > before.at)


@pytest.mark.parametrize("there", [True, False])
def test_another_folder_in_the_settings_ends_the_monitor_of_the_former(
    chosen: settings.Settings, source: Path, ready: Database, there: bool
) -> None:
    if not there:
        source.rmdir()
    monitor, failures = Monitor(chosen), []

    def run() -> None:
        try:
            monitor.run()
        except SettingsError as error:
            failures.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    if there:
        wait_for(ready, "Demo", lambda c, hall_id: heartbeats.newest(c, hall_id, "monitor") is not None)
    change_hall(ready, source_folder=str(source.parent))
    thread.join(20)
    monitor.stop()
    thread.join()
    assert len(failures) == 1
    assert str(source.parent) in failures[0]


@on_one
def test_a_monitor_of_a_folder_that_was_named_stays_with_it(
    chosen: settings.Settings, source: Path, ready: Database
) -> None:
    with running(Monitor(chosen, source)) as thread:
        wait_for(ready, "Demo", lambda c, hall_id: heartbeats.newest(c, hall_id, "monitor") is not None)
        change_hall(ready, source_folder=str(source.parent))
        with ready.read() as c:
            told_at = heartbeats.newest(c, halls.find(c, "Demo") or 0, "monitor").at
        later = told_at + timedelta(seconds=2.5)
        wait_for(ready, "Demo", lambda c, hall_id: heartbeats.newest(c, hall_id, "monitor").at > later)
        assert thread.is_alive()


def test_a_second_monitor_of_the_same_folder_is_refused(
    chosen: settings.Settings, source: Path, ready: Database
) -> None:
    first = Monitor(chosen, source)
    running = threading.Thread(target=first.run)
    running.start()
    try:
        wait_for(ready, "Demo", lambda c, hall_id: heartbeats.newest(c, hall_id, "monitor") is not None)
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
        wait_for(ready, "Demo", lambda c, hall_id, least=number * TYPES + 1: verdicts.count(c, hall_id) >= least)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    simulated.write_next_chunk(source.parent)
    done = _start_monitor(chosen, source, "--once").wait(timeout=100)
    assert done == 0
    rows = live_verdicts(ready)
    assert len(rows) == chunks * TYPES
    assert len({(row.plot_type, row.run_number, row.chunk) for row in rows}) == chunks * TYPES


def test_once_an_unreadable_folder_is_told_and_the_exit_code_says_so(tmp_path: Path, source: Path) -> None:
    chosen = settings.load(f"sqlite:///{tmp_path / 'hydra.db'}", "Demo")
    closed = source / "Run1"
    closed.mkdir()
    without = "-dac_override,-dac_read_search"
    drop = ["setpriv", f"--bounding-set={without}", f"--inh-caps={without}"] if os.geteuid() == 0 else []
    if drop and shutil.which("setpriv") is None:
        pytest.skip("this user may read every folder")
    for mode, code in ((0, 1), (0o755, 0)):
        closed.chmod(mode)
        process = _start_monitor(chosen, source, "--once", stderr=subprocess.PIPE, by=drop)
        said = process.communicate(timeout=100)[1].decode()
        assert process.returncode == code, said
        assert (f"The folder {closed} can't be read; check its permissions." in said) is bool(code)


def test_batches_that_wait_are_stored_as_one(tmp_path: Path) -> None:
    arrivals = [Repeated(Arrival(tmp_path / name, name, 1, 1)) for name in "abcde"]
    batches: queue.Queue[Any] = queue.Queue()
    for batch in (arrivals[:2], arrivals[2:3], arrivals[3:], None):
        batches.put(batch)
    assert all_waiting(batches) == arrivals
    assert all_waiting(batches) == []


def _start_monitor(
    chosen: settings.Settings, source: Path, *options: str, stderr: int = subprocess.DEVNULL, by: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "hydra_desktop.cli", "--database", chosen.database_url, "--hall", "Demo"]
    environment = {**os.environ, "HYDRA_CACHE": str(paths.cache().resolve())}
    return subprocess.Popen(
        [*by, *command, "monitor", str(source), *options],
        start_new_session=True,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
    )


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


@on_one
def test_each_change_of_trouble_is_logged_with_its_time(
    chosen: settings.Settings, source: Path, ready: Database
) -> None:
    beam = source.parent / "beam.json"
    beam.write_text('{"run_number": "9"}')
    monitor = _start_monitor(chosen, source, stderr=subprocess.PIPE)
    wait_for(ready, "Demo", says("run_number"))
    beam.write_text('{"run_number": 9}')
    wait_for(ready, "Demo", lambda c, hall_id: says()(c, hall_id) and halls.run_state(c, hall_id).run_number == 9)
    monitor.terminate()
    _, said = monitor.communicate(timeout=60)
    told, well = said.decode().splitlines()
    assert "WARNING" in told
    assert "run_number must be" in told
    assert told[:4].isdecimal()
    assert "All is well again" in well


@on_one
def test_a_folder_that_is_not_there_is_logged(chosen: settings.Settings, tmp_path: Path, ready: Database) -> None:
    monitor = _start_monitor(chosen, tmp_path / "typo", stderr=subprocess.PIPE)
    assert monitor.stderr is not None
    assert b"typo isn't there" in monitor.stderr.readline()
    monitor.terminate()
    monitor.communicate(timeout=60)
    assert monitor.returncode == 0


@on_one
def test_once_returns_1_as_long_as_files_are_left(chosen: settings.Settings, source: Path, ready: Database) -> None:
    Image.new("RGB", (320, 240), "white").save(source / "no_run_here.png")
    for _ in range(2):
        monitor = _start_monitor(chosen, source, "--once", stderr=subprocess.PIPE)
        _, said = monitor.communicate(timeout=60)
        assert monitor.returncode == 1
        assert b"no_run_here.png: its name" in said
    (source / "no_run_here.png").unlink()
    assert _start_monitor(chosen, source, "--once").wait(60) == 0


def test_a_shared_database_waits_for_its_upgrade(postgres_server: PostgresServer, source: Path) -> None:
    with pytest.raises(DatabaseError, match="hydra-desktop db upgrade"):
        Monitor(settings.load(postgres_server.new_database(), "Demo"), source)


def test_a_signal_at_the_end_of_a_wait_does_not_make_it_last_for_ever(
    chosen: settings.Settings, source: Path, ready: Database
) -> None:
    monitor = Monitor(chosen, source)
    wait_s = 0.02
    until = time.monotonic() + 2 * wait_s

    def handler(*_: object) -> None:
        while time.monotonic() < until:
            pass

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, wait_s / 4)
    try:
        waiting = monitor._backlog.take_in
        waiting(wait_s)  # a queue that is interrupted must look at what is left of its time
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    monitor.stop()
    monitor.run(once=True)
