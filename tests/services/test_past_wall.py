"""The way back and on from one wall to another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hydra_desktop.database import episodes, halls, plots, verdicts, wall
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.episode import Episode
from hydra_desktop.domain.errors import HistoryError
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.domain.verdict import NO_MODEL
from hydra_desktop.domain.wall import WallSnapshot
from hydra_desktop.services import past_wall
from tests.database.conftest import START

RUNS = {100: (1, 2, 3), 102: (1, 2)}


@pytest.fixture
def hall_id(database: Database) -> int:
    """Two runs of two plot types, a chunk every five minutes, judged after one."""
    at = START
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
        for name in ("CDC", "FDC"):
            halls.ensure_plot_type(c, hall_id, name)
        for run, chunks in RUNS.items():
            for chunk in chunks:
                at += timedelta(minutes=5)
                for name in ("CDC", "FDC"):
                    new = NewPlot(PlotName(name, run, chunk, "P"), "0" * 64, at, f"{name}{run}{chunk}")
                    plot = plots.add(c, hall_id, new, live=True)
                    assert plot is not None
                    decided = at + timedelta(minutes=1)
                    judged = verdicts.JudgedPlot(plot.id, name, None, NO_MODEL, decided_at=decided)
                    (verdict_id,) = verdicts.add(c, hall_id, [judged])
                    (episode,) = episodes.start(c, hall_id, [Episode.begun(0, plot, NO_MODEL)])
                    wall.update_panels(c, hall_id, [wall.Shown(plot, verdict_id, episode.id)])
    return hall_id


def place(snapshot: WallSnapshot) -> tuple[int, int | None]:
    """Run and chunk of what is shown, the same on all panels."""
    (found,) = {(panel.plot.name.run_number, panel.plot.name.chunk) for panel in snapshot.panels if panel.plot}
    return found


def test_from_chunk_to_chunk_over_the_border_of_a_run(database: Database, hall_id: int) -> None:
    shown = past_wall.at(database, hall_id, START + timedelta(days=1))
    seen = [place(shown)]
    with pytest.raises(HistoryError, match="nothing later; Esc"):
        past_wall.chunk_beside(database, hall_id, shown, 1)
    for _ in range(4):
        shown = past_wall.chunk_beside(database, hall_id, shown, -1)
        seen.append(place(shown))
    everything = [(run, chunk) for run, chunks in RUNS.items() for chunk in chunks]
    assert seen == everything[::-1]
    with pytest.raises(HistoryError, match="nothing earlier"):
        past_wall.chunk_beside(database, hall_id, shown, -1)
    for expected in everything[1:]:
        shown = past_wall.chunk_beside(database, hall_id, shown, 1)
        assert place(shown) == expected
    before = past_wall.at(database, hall_id, START)
    assert place(past_wall.chunk_beside(database, hall_id, before, 1)) == (100, 1)


def test_from_run_to_run_and_to_the_end_of_one(database: Database, hall_id: int) -> None:
    shown = past_wall.at_end_of(database, hall_id, 100)
    assert place(shown) == (100, 3)
    assert shown.as_of == START + timedelta(minutes=16)
    assert place(past_wall.run_beside(database, hall_id, shown, 1)) == (102, 2)
    with pytest.raises(HistoryError):
        past_wall.run_beside(database, hall_id, shown, -1)
    assert [run.run_number for run in past_wall.known_runs(database, hall_id)] == [100, 102]
    assert place(past_wall.at_end_of(database, hall_id, 102, "P")) == (102, 2)
    with pytest.raises(HistoryError, match=r"There is no run 101 here\. The last one is 102, the first 100\."):
        past_wall.at_end_of(database, hall_id, 101)


def test_an_empty_hall_says_that_no_run_has_come(database: Database) -> None:
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
    shown = past_wall.at(database, hall_id, START)
    assert (shown.panels, shown.as_of) == ((), START)
    with pytest.raises(HistoryError, match="nothing earlier"):
        past_wall.chunk_beside(database, hall_id, shown, -1)
    with pytest.raises(HistoryError, match="No run has come yet"):
        past_wall.at_end_of(database, hall_id, 1)
