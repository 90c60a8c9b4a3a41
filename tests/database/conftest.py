"""A hall with plots and verdicts, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from hydra_desktop.database import episodes, halls, model_store, plots, verdicts, wall
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.episode import Episode
from hydra_desktop.domain.hall import PlotType
from hydra_desktop.domain.plot import NewPlot, Plot, PlotName
from hydra_desktop.domain.verdict import NO_MODEL, Verdict, judge

START = datetime(2021, 8, 17, 12, tzinfo=UTC)
THRESHOLDS = {"Good": 0.6, "Bad": 0.7, "NoData": 0.5}


@dataclass
class Site:
    """One hall in a database, and short ways to put things into it."""

    database: Database
    hall_id: int

    def new_plot(self, plot_type: str = "CDC_occupancy", **name: Any) -> NewPlot:
        """A plot about to be stored, whose picture and key follow from its name."""
        name = {"run_number": 80464, "chunk": 1, "run_period": "RunPeriod-2021-08"} | name
        picture = name.pop("picture", "picture")
        at = START + timedelta(minutes=5 * (name["chunk"] or 0), days=name["run_number"] - 80464)
        key = f"{plot_type}|{sorted(name.items(), key=str)}|{picture}"
        return NewPlot(PlotName(plot_type, **name), f"{abs(hash(picture)):064x}"[:64], at, key)

    def add(self, c: sa.Connection, plot_type: str = "CDC_occupancy", *, live: bool = True, **name: Any) -> Plot:
        """Store a plot that is new."""
        halls.ensure_plot_type(c, self.hall_id, plot_type)
        plot = plots.add(c, self.hall_id, self.new_plot(plot_type, **name), live=live)
        assert plot is not None
        return plot

    def add_model(self, c: sa.Connection, plot_type: str = "CDC_occupancy", file: bytes = b"weights") -> int:
        """Store a model and make it the active one."""
        halls.ensure_plot_type(c, self.hall_id, plot_type)
        model_id = model_store.add(
            c, self.hall_id, plot_type, file=file, card={"labels": list(THRESHOLDS)}, thresholds=THRESHOLDS, user="eva"
        )
        model_store.activate(c, model_id, user="eva")
        return model_id

    def judged(
        self, plot: Plot, model_id: int | None = None, chances: Mapping[str, float] | None = None, **more: Any
    ) -> verdicts.JudgedPlot:
        """A verdict about to be stored; NoModel without a model."""
        verdict: Verdict = NO_MODEL
        if model_id is not None:
            verdict = judge(
                chances or {"Good": 0.9, "Bad": 0.08, "NoData": 0.02}, THRESHOLDS, PlotType(plot.name.plot_type)
            )
        return verdicts.JudgedPlot(plot.id, plot.name.plot_type, model_id, verdict, **more)

    def show(
        self, c: sa.Connection, plot: Plot, model_id: int | None, chances: Mapping[str, float] | None = None
    ) -> int:
        """Store a verdict and put it on the wall with an episode of its own; returns the verdict's id."""
        one = self.judged(plot, model_id, chances)
        (verdict_id,) = verdicts.add(c, self.hall_id, [one])
        (episode,) = episodes.start(c, self.hall_id, [Episode.begun(0, plot, one.verdict)])
        wall.update_panels(c, self.hall_id, [wall.Shown(plot, verdict_id, episode.id)])
        return verdict_id


@pytest.fixture
def site(database: Database) -> Site:
    """A hall named D, on both kinds of database in turn."""
    with database.write() as c:
        return Site(database, halls.find_or_create(c, "D"))


@pytest.fixture
def together() -> Iterator[Callable[..., list[Any]]]:
    """Runs functions on a thread each, all starting at the same moment; returns what they return."""
    with ThreadPoolExecutor(8) as pool:

        def run(*functions: Callable[[], Any]) -> list[Any]:
            barrier = threading.Barrier(len(functions))

            def start(function: Callable[[], Any]) -> Any:
                barrier.wait(10)
                return function()

            return [future.result(30) for future in [pool.submit(start, function) for function in functions]]

        yield run


def evidence_map(value: float) -> np.ndarray[Any, Any]:
    """A map of 7 x 10 cells with one value."""
    return np.full((7, 10), value, np.float32)
