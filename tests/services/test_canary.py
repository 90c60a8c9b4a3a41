"""The canary through a real monitor: judged as any file, stored beside, missed where it doesn't arrive."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image

from hydra_desktop import settings
from hydra_desktop.database import canaries, clock, feed, given_labels, halls, plots, stations
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.alarm_settings import AlarmSettings
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.domain.station import StationRole
from hydra_desktop.services import canary, demo
from hydra_desktop.services.model_switch import ModelLoader
from hydra_desktop.services.monitor import Monitor
from hydra_desktop.services.monitor_canaries import MonitorCanaries
from hydra_desktop.sources.simulated import SimulatedHall
from hydra_desktop.sources.simulated.canvas import png
from hydra_desktop.sources.simulated.faults import Fault
from tests.conftest import wait_for
from tests.fakes.running_monitor import running
from tests.fakes.upgraded import upgraded

TYPE, RUN = "Trigger_bits", 121460
HALL = SimulatedHall(demo.SEED, 1)
DEAD = Fault("dead", 0.9, 0.4)
NOT_FIGURES = (t.plots, t.verdicts, t.features, t.episodes, t.alarms, t.panels, t.evidence, t.probabilities)


@pytest.fixture
def chosen(database_url: str) -> settings.Settings:
    return settings.load(database_url, demo.HALL)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "plots" / "source"
    folder.mkdir(parents=True)
    place = folder / f"RunPeriod-2026-03/Run{RUN}/{TYPE}_0001.png"
    place.parent.mkdir(parents=True)
    place.write_bytes(png(HALL.plot(TYPE, RUN, 1).picture))
    return folder


@pytest.fixture
def ready(chosen: settings.Settings, source: Path) -> Iterator[Database]:
    database = upgraded(chosen.database_url)
    demo.prepare(database, demo.SEED, source, 1)
    yield database
    database.close()


@pytest.fixture
def hall_id(ready: Database) -> int:
    with ready.read() as c:
        return halls.find(c, demo.HALL) or 0


def label(database: Database, hall_id: int, images: Path, data: bytes, said: str = "Bad") -> None:
    """A person called a plot faulty, long ago."""
    content = ImageStore(images).add(data)
    with database.write() as c:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        plot = plots.add(c, hall_id, NewPlot(PlotName(TYPE, 90_000, 1, "2025-01"), content, at, "old"), live=False)
        assert plot is not None
        given_labels.give(c, plot.id, said, user="ann", at=at)


def count(database: Database) -> dict[str, int]:
    with database.read() as c:
        return {one.name: c.scalar(sa.select(sa.func.count()).select_from(one)) or 0 for one in NOT_FIGURES}


def test_it_is_judged_and_told_and_is_in_no_figure(
    chosen: settings.Settings, source: Path, ready: Database, hall_id: int
) -> None:
    label(ready, hall_id, chosen.image_folder, png(HALL.plot(TYPE, 90_000, 1, (DEAD,)).picture))
    Monitor(chosen, source).run(once=True)
    before = count(ready)
    with ready.read() as c:
        assert canaries.newest(c, hall_id) is None  # none is sent where the monitor only looks once
    with running(Monitor(chosen, source)):
        wait_for(ready, demo.HALL, lambda c, id_: (last := canaries.newest(c, id_)) is not None and last.judged_at)
    with ready.read() as c:
        last = canaries.newest(c, hall_id)
        assert last is not None
        assert (last.plot_type, last.label, last.said, last.found) == (TYPE, "Bad", "Bad, Confirmed", True)
        assert last.confidence is not None
        assert last.confidence > 0.6
        told = [change.kind for change in feed.read_after(c, hall_id, 0)]
        assert told.count("canary") == 1
        hall = halls.load(c, hall_id)
        assert "Bad, Confirmed" in canary.standing(c, hall_id, hall)
    assert count(ready) == before
    assert [one for one in (chosen.home / "canary").rglob("*") if one.is_file()] == []
    assert list(source.rglob("*.png")) == [source / f"RunPeriod-2026-03/Run{RUN}/{TYPE}_0001.png"]


def test_without_a_faulty_plot_none_is_sent_and_nothing_is_missed(
    chosen: settings.Settings, source: Path, ready: Database, hall_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="hydra_desktop.services.canary")
    label(ready, hall_id, chosen.image_folder, png(HALL.plot(TYPE, 90_000, 1).picture))  # it looks quite good
    Monitor(chosen, source).run(once=True)
    images = ImageStore(chosen.image_folder)
    models = ModelLoader(ready, hall_id, images).load(None, normals_moved=False).models
    with ready.read() as c:
        hall = halls.load(c, hall_id)
    sender = canary.Canaries(ready, hall_id, images, chosen.home / "canary")
    assert [sender.send(hall, models) for _ in range(3)] == [None] * 3
    with ready.read() as c:
        assert canaries.newest(c, hall_id) is None
        assert canary.missing(c, hall_id, halls.load(c, hall_id), clock.now(c)) == ""
        assert canary.standing(c, hall_id, halls.load(c, hall_id)).startswith("No canary was sent yet")
    assert sum("No canary is sent" in one.message for one in caplog.records) == 1


def test_what_no_siren_had_is_missed_and_then_heard(ready: Database, hall_id: int) -> None:
    with ready.write() as c:
        hall = halls.load(c, hall_id)
        sent = canaries.send(c, hall_id, TYPE, "f" * 64, "Bad")
        stations.beat(c, hall_id, "wall", StationRole.AUDIBLE, sound="is heard", can_sound=True)
        now = clock.now(c)
        assert canary.missing(c, hall_id, hall, now) == ""
        assert not canary.heard(c, hall_id, "wall")  # there is nothing to be heard yet
        canaries.judged(c, hall_id, sent, said="Bad, Confirmed", found=True, confidence=0.9)
    short = replace(hall, alarms=AlarmSettings(canary_within_s=1e-6))
    with ready.write() as c:
        assert "no siren had it" in canary.missing(c, hall_id, short, clock.now(c))
        assert canary.heard(c, hall_id, "wall")
        assert not canary.heard(c, hall_id, "wall")
        assert canary.missing(c, hall_id, short, clock.now(c)) == ""
        last = canaries.newest(c, hall_id)
        assert last is not None
        assert last.heard_by == "wall"
        late = clock.now(c) + timedelta(hours=1)
        assert canary.missing(c, hall_id, hall, late) == ""


def test_one_on_its_way_hides_no_other_that_is_missing(ready: Database, hall_id: int) -> None:
    with ready.write() as c:
        hall = halls.load(c, hall_id)
        lost = canaries.send(c, hall_id, TYPE, "f" * 64, "Bad")
        now = clock.now(c)
        c.execute(t.canaries.update().values(sent_at=now - timedelta(seconds=hall.alarms.canary_within_s + 1)))
        assert "had no verdict" in canary.missing(c, hall_id, hall, now)
        again = canaries.send(c, hall_id, TYPE, "f" * 64, "Bad")
        assert "had no verdict" in canary.missing(c, hall_id, hall, now)
        canaries.judged(c, hall_id, again, said="Bad, Confirmed", found=True, confidence=0.9)
        assert canary.missing(c, hall_id, hall, now) == ""
        canaries.withdraw(c, hall_id, [lost, again])
        assert [one.id for one in canaries.last(c, hall_id, 9)] == [again]  # of which something was said


def test_of_a_monitor_that_ends_none_is_missed(
    chosen: settings.Settings, source: Path, ready: Database, hall_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    label(ready, hall_id, chosen.image_folder, png(HALL.plot(TYPE, 90_000, 1, (DEAD,)).picture))
    Monitor(chosen, source).run(once=True)
    with monkeypatch.context() as slow:
        slow.setattr(MonitorCanaries, "give", lambda *_: None)  # it is on its way until the monitor ends
        with running(Monitor(chosen, source)):
            wait_for(ready, demo.HALL, canaries.newest)
    files = [one for one in (chosen.home / "canary").rglob("*") if one.is_file()]
    with ready.read() as c:
        assert (canaries.newest(c, hall_id), files) == (None, [])


def test_of_a_monitor_that_was_killed_none_is_missed_once_it_is_there_again(
    chosen: settings.Settings,
    source: Path,
    ready: Database,
    hall_id: int,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    label(ready, hall_id, chosen.image_folder, png(HALL.plot(TYPE, 90_000, 1, (DEAD,)).picture))
    with monkeypatch.context() as killed:
        killed.setattr(MonitorCanaries, "give", lambda *_: None)
        killed.setattr(MonitorCanaries, "withdraw", lambda _: None)
        with running(Monitor(chosen, source)):
            wait_for(ready, demo.HALL, canaries.newest)
    (left,) = (one for one in (chosen.home / "canary").rglob("*") if one.is_file())
    Monitor(replace(chosen, database_url=f"sqlite:///{tmp_path / 'other.db'}"), source).run(once=True)
    with ready.read() as c:
        assert canaries.newest(c, hall_id) is not None  # that of another database knows nothing of it
    assert left.exists()
    Monitor(chosen, source).run(once=True)
    with ready.read() as c:
        assert canaries.newest(c, hall_id) is None
    assert not left.exists()


def test_a_model_that_finds_it_no_more_is_told(
    chosen: settings.Settings, source: Path, ready: Database, hall_id: int
) -> None:
    """What was found once is sent again though the model now calls it Good: that must not pass in silence."""
    good = io.BytesIO()
    Image.fromarray(HALL.plot(TYPE, 90_000, 1).picture).save(good, "PNG")
    content = ImageStore(chosen.image_folder).add(good.getvalue())
    with ready.write() as c:
        sent = canaries.send(c, hall_id, TYPE, content, "Bad")
        canaries.judged(c, hall_id, sent, said="Bad, Confirmed", found=True, confidence=0.9)
        c.execute(t.canaries.update().values(sent_at=clock.now(c) - timedelta(hours=2)))
    with running(Monitor(chosen, source)):
        wait_for(ready, demo.HALL, lambda c, id_: (one := canaries.newest(c, id_)) and one.id != sent and one.judged_at)
    with ready.read() as c:
        words = canary.missing(c, hall_id, halls.load(c, hall_id), clock.now(c))
    assert "was judged Good, Confirmed: look at the model" in words
