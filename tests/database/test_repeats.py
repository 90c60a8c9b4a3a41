"""Stuck sources are found among many plots, by an index alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hydra_desktop.database import halls, plots, repeats, verdicts, wall
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.alarm_settings import AlarmSettings
from hydra_desktop.domain.hall import Hall, PlotType
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.domain.repeated import Repeated
from hydra_desktop.domain.verdict import NO_MODEL, Verdict, judge
from hydra_desktop.services.streams import Streams

START = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
CDC, ONCE, FDC = PlotType("CDC"), PlotType("Once", chunked=False), PlotType("FDC")
GOOD = judge({"Good": 0.9, "Bad": 0.1}, {}, CDC)
EMPTY = judge({"Good": 0.1, "NoData": 0.9}, {}, CDC)
HALL = Hall("D", plot_types={one.name: one for one in (CDC, ONCE, FDC)})


def deal(
    database: Database, hall_id: int, pictures: str, verdict: Verdict = GOOD, *,
    name: str = "CDC", pad: str = "", beam: bool | None = True,
) -> None:  # fmt: skip
    """Store a plot a minute, a letter a picture."""
    streams = Streams(hall_id, HALL, "here")
    for number, picture in enumerate(pictures):
        at = START + timedelta(minutes=number)
        chunk = None if name == "Once" else number
        new = NewPlot(
            PlotName(name, 7 if chunk is not None else number, chunk, "P", pad), picture * 64, at, f"{name}{pad}{at}"
        )
        with database.write() as c:
            plot = plots.add(c, hall_id, replace(new, beam_on=beam), live=True)
            assert plot is not None
            (verdict_id,) = verdicts.add(c, hall_id, [verdicts.JudgedPlot(plot.id, name, None, verdict)])
            streams.follow(c, [wall.PastVerdict(plot, verdict_id, verdict, None)], at)


@pytest.fixture
def hall_id(database: Database) -> int:
    with database.write() as c:
        made = halls.find_or_create(c, "D")
        halls.apply(c, made, HALL, user="test")
    return made


def found(database: Database, hall_id: int, hall: Hall = HALL) -> list[Repeated]:
    with database.read() as c:
        return repeats.repeated(c, hall_id, hall)


def test_a_stream_that_is_stuck_is_found_and_no_other(database: Database, hall_id: int) -> None:
    deal(database, hall_id, "abcdddd")
    deal(database, hall_id, "abcdddd", pad="02", name="FDC")
    deal(database, hall_id, "abcdef", pad="03", name="FDC")
    deal(database, hall_id, "ddd", pad="04", name="FDC")
    deal(database, hall_id, "dddd", name="Once")
    since = START + timedelta(minutes=3)
    assert found(database, hall_id) == [Repeated("CDC", "", 4, since), Repeated("FDC", "02", 4, since)]
    quick = replace(HALL, alarms=AlarmSettings(repeated_chunks=3))
    assert [one.pad for one in found(database, hall_id, quick)] == ["", "02", "04"]
    off = replace(HALL, alarms=AlarmSettings(repeated_chunks=0))
    assert found(database, hall_id, off) == []
    ignored = replace(HALL, plot_types={"CDC": replace(CDC, ignored=True)})
    assert found(database, hall_id, ignored) == []


@pytest.mark.parametrize(
    ("verdict", "beam", "told"),
    [(GOOD, None, True), (GOOD, False, False), (EMPTY, True, False), (NO_MODEL, True, False)],
)
def test_empty_plots_and_those_without_beam_may_be_alike(
    database: Database, hall_id: int, verdict: Verdict, beam: bool | None, told: bool
) -> None:
    deal(database, hall_id, "ddddd", verdict, beam=beam)
    assert bool(found(database, hall_id)) is told


def test_it_is_found_by_the_index_of_the_stream(database: Database, hall_id: int) -> None:
    if database.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by the size of the tables")
    with database.read() as c:
        text = str(repeats._TWICE.compile(c.engine, compile_kwargs={"literal_binds": False}))
        plan = c.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", (1, 1, 1)[: text.count("?")]).all()
        steps = [row[3] for row in plan]
    assert any("ix_plots_stream" in step for step in steps), steps
    assert not any("SCAN one" in step for step in steps), steps
