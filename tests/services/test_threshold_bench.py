"""The threshold bench: what moved thresholds would do, and applying them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from hydra_desktop.database import halls, label_queue, model_store, plots, verdicts
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import SettingsError
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.domain.verdict import judge
from hydra_desktop.services import thresholds
from hydra_desktop.services.threshold_bench import STEPS, ThresholdBench, apply, open_bench, text
from tests.fakes.measured_hall import HALL, TYPE, MeasuredHall
from tests.fakes.upgraded import upgraded

START = datetime(2026, 3, 1, tzinfo=UTC)
EVERY = timedelta(minutes=10)


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[MeasuredHall]:
    database = upgraded(f"sqlite:///{tmp_path / 'hydra.db'}")
    made = MeasuredHall(database, ImageStore(tmp_path / "images"), tmp_path)
    made.add()
    yield made
    database.close()


def live(hall: MeasuredHall, model_id: int, bad: list[float]) -> list[int]:
    """Plots that came live, each with this probability of Bad."""
    with hall.database.write() as c:
        settings = halls.load(c, hall.hall_id).plot_types[TYPE]
        stored = plots.add_all(
            c,
            hall.hall_id,
            [
                NewPlot(PlotName(TYPE, 900, number), f"{number:064x}", START + number * EVERY, f"live {number}")
                for number in range(len(bad))
            ],
            live=True,
        )
        judged = [
            verdicts.JudgedPlot(
                plot.id, TYPE, model_id, judge({"Good": 1 - chance, "Bad": chance}, {"Good": 0.5, "Bad": 0.5}, settings)
            )
            for plot, chance in zip(stored, bad, strict=True)
            if plot is not None
        ]
        verdicts.add(c, hall.hall_id, judged)
        ids = [one.plot_id for one in judged]
        plots.keep(c, ids)
        label_queue.refresh(c, ids)
    return ids


def opened(hall: MeasuredHall, model_id: int) -> ThresholdBench:
    return open_bench(hall.database, HALL, hall.images, model_id)


def test_moved_thresholds_are_judged_on_unseen_plots_and_in_the_week_as_it_was(hall: MeasuredHall) -> None:
    model_id = hall.train(activate=True).model_id
    chances = [0.01] * 60
    chances[10:14], chances[30:34] = [0.97] * 4, [0.7] * 4  # two stretches, two of three chunks raise an alarm
    ids = live(hall, model_id, chances)
    with hall.database.write() as c:
        model_store.set_thresholds(c, model_id, {"Good": 0.5, "Bad": 0.6}, user="ann", chosen="by hand")
    bench = opened(hall, model_id)
    now = bench.at(bench.now)
    assert (len(now.replayed.alarms), now.replayed.episodes, now.replayed.unconfirmed) == (2, 5, 0)
    moved = bench.at({**bench.now, "Bad": 0.9})
    assert (len(moved.replayed.alarms), moved.replayed.unconfirmed) == (1, 4)
    assert bench.replay.recorded.plot_ids[moved.change.vanish.first].tolist() == [ids[31]]
    assert len(moved.change.appear) == 0
    assert bench.said(moved.change.vanish).tolist() == [-1]
    assert now.figures is not None
    assert (now.figures.missed.total, now.figures.false_positives.total) == (16, 24)
    nobody = bench.at({"Good": 0.5, "Bad": 1.0}).figures
    assert nobody is not None
    assert (nobody.missed.value, nobody.false_positives.value) == (1.0, 0.0)
    curves = bench.curves("Bad", bench.now)
    assert curves is not None
    assert (np.diff(curves.missed) >= 0).all()
    assert (np.diff(curves.false_positives) <= 0).all()
    at = int(np.flatnonzero(STEPS == 0.6)[0])
    assert curves.missed[at] == pytest.approx(now.figures.missed.value)
    assert curves.unconfirmed[at] == pytest.approx(now.figures.unconfirmed.value)
    bars = bench.histogram("Bad", 50)
    assert {name: int(bar.sum()) for name, bar in bars.items()} == {"Good": 24, "Bad": 16}
    assert bench.best_f1("Bad") is not None
    assert bench.rate is not None
    assert bench.rate.plots_a_day == pytest.approx(144, rel=0.05)
    a_day = bench.a_day(now.figures.false_positives)
    assert a_day is not None
    assert a_day[0] <= a_day[2] <= 144


def test_it_is_told_in_words(hall: MeasuredHall) -> None:
    model_id = hall.train(activate=True).model_id
    live(hall, model_id, [0.01] * 5 + [0.7] * 4 + [0.01] * 5)
    with hall.database.write() as c:
        model_store.set_thresholds(c, model_id, {"Good": 0.5, "Bad": 0.6}, user="ann", chosen="by hand")
    told = text(opened(hall, model_id), {"Bad": 0.9}).splitlines()
    assert told[0].startswith("hump, model 1: 14 plots from ")
    assert told[1].startswith("40 labelled plots of 40 runs that it never saw. 14 plots of hump came live within")
    assert "now    1 alarms, 3 episodes, 0 Unconfirmed" in told[2]
    assert "tried  0 alarms, 3 episodes, 4 Unconfirmed  (Good 0.500, Bad 0.900)" in told[4]
    assert told[6].strip() == "gone   2026-03-01 01:00 UTC, 4 plots, nobody said"
    with pytest.raises(SettingsError, match="has no label Warm; it has Good, Bad"):
        text(opened(hall, model_id), {"Warm": 0.9})


def test_they_are_put_in_force_once_and_not_over_somebody_elses(hall: MeasuredHall) -> None:
    model_id = hall.train(activate=True).model_id
    bench, other = opened(hall, model_id), opened(hall, model_id)
    apply(hall.database, bench, {**bench.now, "Bad": 0.91}, user="eva", comment="too many at night", chosen="by hand")
    with hall.database.read() as c:
        newest = model_store.threshold_history(c, model_id)[0]
    assert (newest.user, newest.comment, dict(newest.values)) == ("eva", "too many at night", {"Bad": 0.91})
    with pytest.raises(SettingsError, match=r"eva set other thresholds at .*too many at night.* nothing was set"):
        apply(hall.database, other, {"Bad": 0.2}, user="ben", comment="", chosen="by hand")
    again = opened(hall, model_id)
    assert again.now["Bad"] == 0.91
    with pytest.raises(SettingsError, match="in force already"):
        apply(hall.database, again, again.now, user="ben", comment="", chosen="by hand")
    with pytest.raises(SettingsError, match=r"Bad = 1\.2 is no threshold"):
        apply(hall.database, again, {"Bad": 1.2}, user="ben", comment="", chosen="by hand")
    assert thresholds.show(hall.database, HALL, TYPE).values["Bad"] == 0.91


def test_what_isnt_known_is_said(hall: MeasuredHall) -> None:
    bench = opened(hall, hall.train().model_id)  # it never judged a live plot
    assert len(bench.replay.recorded) == 0
    assert bench.rate is None
    assert "too few to know how many come a day" in bench.rate_unknown
    outcome = bench.at({"Bad": 0.9})
    assert (len(outcome.replayed.alarms), len(outcome.change.vanish)) == (0, 0)
    with pytest.raises(SettingsError, match="There is no model 99"):
        opened(hall, 99)
