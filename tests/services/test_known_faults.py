"""Known faults through the whole monitor: the simulated hall's files, the models that ship, a real database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection

from hydra_desktop import settings
from hydra_desktop.cli import main
from hydra_desktop.database import alarms, clock, halls, known_faults, wall
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.errors import AlarmActError, SettingsError
from hydra_desktop.domain.known_fault import KnownFault, Region
from hydra_desktop.domain.run import RunState
from hydra_desktop.domain.wall import Panel, PanelState, panel_state
from hydra_desktop.domain.who import Who
from hydra_desktop.services import demo
from hydra_desktop.services import known_faults as service
from hydra_desktop.services.monitor import Monitor
from hydra_desktop.services.rest_of_plot import painted
from hydra_desktop.sources.simulated import SimulatedHall
from hydra_desktop.sources.simulated.canvas import png
from hydra_desktop.sources.simulated.faults import Fault
from tests.conftest import wait_for
from tests.fakes.faulty_plots import apart, region_of
from tests.fakes.running_monitor import running
from tests.fakes.upgraded import upgraded

ANN = Who("ann", "desk")
TYPE, RUN = "TAGH_time", 121460
TYPES = 13  # of which it is the last
DEAD, OTHER = Fault("dead", 0.8, 0.1), Fault("dead", 0.5, 0.9)
HALL = SimulatedHall(demo.SEED, TYPES)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "plots" / "source"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def chosen(database_url: str) -> settings.Settings:
    return settings.load(database_url, demo.HALL)


@pytest.fixture
def ready(chosen: settings.Settings, source: Path) -> Iterator[Database]:
    database = upgraded(chosen.database_url)
    demo.prepare(database, demo.SEED, source, TYPES)
    yield database
    database.close()


@pytest.fixture
def hall_id(ready: Database) -> int:
    with ready.read() as c:
        return halls.find(c, demo.HALL) or 0


def write(source: Path, chunk: int, *some: Fault) -> None:
    place = source / f"RunPeriod-2026-03/Run{RUN}/{TYPE}_{chunk:04d}.png"
    place.parent.mkdir(parents=True, exist_ok=True)
    new = place.with_suffix(".new")
    new.write_bytes(png(HALL.plot(TYPE, RUN, chunk, some).picture))
    new.replace(place)


def panel(c: Connection, hall_id: int) -> Panel:
    return next(one for one in wall.load(c, hall_id).panels if one.plot_type.name == TYPE)


def shows(chunk: int, state: PanelState) -> object:
    """A condition: the panel shows that chunk, in that state."""

    def holds(c: Connection, hall_id: int) -> bool:
        now = wall.load(c, hall_id)
        one = panel(c, hall_id)
        if one.plot is None or one.plot.name.chunk != chunk:
            return False
        return panel_state(one, now.run, now.monitor, datetime.now(UTC)) is state

    return holds


def add(database: Database, hall_id: int, region: Region | None, **more: object) -> KnownFault:
    said: dict = {"until_run": RUN, "why": "crate off until Monday", "who": ANN, **more}
    return service.add(database, hall_id, TYPE, "Bad", region=region, **said)


def test_a_known_fault_does_not_alarm_and_another_one_does(
    chosen: settings.Settings, source: Path, ready: Database, hall_id: int
) -> None:
    region = region_of(HALL, TYPE, RUN, DEAD)
    other = region_of(HALL, TYPE, RUN, OTHER)
    assert region is not None
    assert other is not None
    assert apart(region, other)
    for chunk in range(3):
        write(source, chunk)
    with running(Monitor(chosen, source)):
        wait_for(ready, demo.HALL, shows(2, PanelState.GOOD))
        write(source, 3, DEAD)
        wait_for(ready, demo.HALL, shows(3, PanelState.FAULT))
        write(source, 4, DEAD)
        wait_for(ready, demo.HALL, lambda c, id_: alarms.open_alarms(c, id_))
        fault = add(ready, hall_id, region)
        # it holds for the plots that are there: the alarm ends, the panel says so
        wait_for(
            ready, demo.HALL, lambda c, id_: not wall.load(c, id_).alarms or not wall.load(c, id_).alarms[0].active
        )
        with ready.read() as c:
            assert panel(c, hall_id).known == fault
            ((alarm),) = wall.load(c, hall_id).alarms
            assert alarms.log(c, alarm.id)[-1].why == "Bad is known"
        for chunk in (5, 6):
            write(source, chunk, DEAD)
            wait_for(ready, demo.HALL, shows(chunk, PanelState.KNOWN))
        for chunk in (7, 8):
            write(source, chunk, DEAD, OTHER)
            wait_for(ready, demo.HALL, shows(chunk, PanelState.FAULT))
        wait_for(ready, demo.HALL, lambda c, id_: wall.load(c, id_).alarms[0].active)
        write(source, 9, DEAD)
        wait_for(ready, demo.HALL, shows(9, PanelState.KNOWN))
        service.end(ready, hall_id, fault.id, who=ANN)
        wait_for(ready, demo.HALL, shows(9, PanelState.FAULT))


def test_what_is_told_while_no_monitor_is_alive_holds_once_one_is(
    chosen: settings.Settings, source: Path, ready: Database, hall_id: int
) -> None:
    for chunk, some in enumerate([(), (), (DEAD,), (DEAD,)]):
        write(source, chunk, *some)
    Monitor(chosen, source).run(once=True)
    with ready.read() as c:
        assert panel(c, hall_id).known is None
        assert len(wall.load(c, hall_id).alarms) == 1
    fault = add(ready, hall_id, region_of(HALL, TYPE, RUN, DEAD))
    Monitor(chosen, source).run(once=True)
    with ready.read() as c:
        assert panel(c, hall_id).known == fault
        assert not any(alarm.active for alarm in wall.load(c, hall_id).alarms)


def test_a_whole_plot_may_be_known(chosen: settings.Settings, source: Path, ready: Database, hall_id: int) -> None:
    fault = add(ready, hall_id, None)
    for chunk in range(3):
        write(source, chunk, DEAD, OTHER)
    Monitor(chosen, source).run(once=True)
    with ready.read() as c:
        assert panel(c, hall_id).known == fault
        assert not alarms.open_alarms(c, hall_id)


def test_what_is_painted_over_is_the_region_alone() -> None:
    picture, like, other = (np.full((10, 20, 3), level, np.uint8) for level in (0, 9, 200))
    made = painted(picture, [other, like], [Region(0.5, 0.2, 0.25, 0.3)])
    assert made[2:5, 10:15].min() == 9
    assert made.sum() == 9 * 3 * 3 * 5
    assert picture.max() == 0


def test_what_is_no_known_fault_is_refused_in_words(ready: Database, hall_id: int) -> None:
    with ready.write() as c:
        halls.set_run_state(c, hall_id, RunState(RUN, "2026-03"))
        now = clock.now(c)
    for said, error, words in (
        ({"why": " "}, AlarmActError, "needs a reason"),
        ({"until_run": None}, AlarmActError, "say until when it is known"),
        ({"until_run": RUN - 1}, AlarmActError, f"Run {RUN - 1} is over, {RUN} is taken now"),
        ({"until": now - timedelta(minutes=1)}, AlarmActError, "is over; say a time to come"),
        ({"pad": "07"}, SettingsError, f"{TYPE} has no pad 07; it has none"),
    ):
        with pytest.raises(error, match=words):
            add(ready, hall_id, None, **said)
    for label, words in (("Good", "Good is no fault; faults of this plot type are"), ("Gap", "has no label Gap")):
        with pytest.raises(SettingsError, match=words):
            service.add(ready, hall_id, TYPE, label, region=None, until_run=RUN, why="x", who=ANN)
    with pytest.raises(AlarmActError, match="There is no known fault 7 that goes on; there is none"):
        service.end(ready, hall_id, 7, who=ANN)


def test_the_commands(
    chosen: settings.Settings, ready: Database, hall_id: int, capsys: pytest.CaptureFixture[str]
) -> None:
    base = ["--database", chosen.database_url, "--hall", demo.HALL, "known-faults"]
    assert main([*base, "list"]) == 0
    assert "No fault is known." in capsys.readouterr().out
    words = ["--until-run", str(RUN), "--region", "0.1,0.2,0.3,0.25", "--why", "HV trip"]
    assert main([*base, "add", TYPE, "Bad", *words]) == 0
    said = capsys.readouterr().out
    assert f"{TYPE} Bad, known, region 0.1,0.2,0.3,0.25, until the end of run {RUN}: HV trip (" in said
    number = said.split(":")[0]
    assert main([*base, "list"]) == 0
    assert capsys.readouterr().out == said
    assert main([*base, "end", number]) == 0
    assert main([*base, "list"]) == 0
    assert "No fault is known." in capsys.readouterr().out
    assert main([*base, "list", "--ended"]) == 0
    assert "; ended by " in capsys.readouterr().out
    assert main([*base, "end", number]) == 1
    assert f"There is no known fault {number} that goes on" in capsys.readouterr().err
    assert main([*base, "add", TYPE, "Bad", "--region", "0.9,0.9,0.3,0.3", "--why", "x"]) == 2
    assert "a region lies within the picture" in capsys.readouterr().err


def test_one_in_force_is_so_in_the_run_of_now(ready: Database, hall_id: int) -> None:
    with ready.write() as c:
        halls.set_run_state(c, hall_id, RunState(RUN, "2026-03"))
    first = add(ready, hall_id, None)
    second = add(ready, hall_id, Region(0, 0, 1, 0.5), until_run=RUN + 2, until=datetime(2099, 1, 1, tzinfo=UTC))
    assert service.listing(ready, hall_id) == ([second, first], [])
    with ready.write() as c:
        halls.set_run_state(c, hall_id, RunState(RUN + 1, "2026-03"))
    assert service.listing(ready, hall_id) == ([second], [first])
    with ready.read() as c:
        assert known_faults.every(c, hall_id) == (second, first)
