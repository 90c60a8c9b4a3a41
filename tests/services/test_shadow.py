"""Models in shadow: begun, ended, and compared with the active one day by day, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hydra_desktop.database import clock, given_labels, halls, plots, shadows, verdicts
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.errors import LibraryError, ModelFileError
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.domain.verdict import judge
from hydra_desktop.services import library, shadow
from tests.fakes import library_hall
from tests.fakes.library_hall import HALL, TYPES

TYPE = TYPES[0]
EVA: dict[str, Any] = {"user": "eva", "station": "desk"}


@pytest.fixture
def hall_id(database: Database) -> int:
    return library_hall.fill(database)


@pytest.fixture
def pair(database: Database, hall_id: int) -> tuple[int, int]:
    """The active model, and one in shadow."""
    active, tried = (library_hall.add(database, hall_id) for _ in range(2))
    library.activate(database, HALL, active, **EVA)
    shadow.begin(database, HALL, tried, **EVA)
    return active, tried


def say(
    database: Database, hall_id: int, pair: tuple[int, int], chunk: int, live: float, tried: float, *,
    days_ago: int = 0, label: str = "", accepted: bool = False,
) -> None:  # fmt: skip
    """Store a plot with what both models say: how probable each takes Bad to be; and what a person says it is."""
    with database.write() as c:
        settings = halls.load(c, hall_id).plot_types[TYPE]
        at = clock.now(c) - timedelta(days=days_ago)
        plot = plots.add(c, hall_id, NewPlot(PlotName(TYPE, 7, chunk), "0" * 64, at, str(chunk)), live=True)
        assert plot is not None
        for model_id, bad in zip(pair, (live, tried), strict=True):
            verdict = judge({"Good": 1 - bad, "Bad": bad}, {"Good": 0.8, "Bad": 0.8}, settings)
            is_live = model_id == pair[0]
            one = verdicts.JudgedPlot(plot.id, TYPE, model_id, verdict, decided_at=at)
            verdicts.add(c, hall_id, [one], live=is_live, shadow=not is_live)
        if label:
            given_labels.give(c, plot.id, label, user="ann", at=at, accepted=accepted)


def test_a_day_is_compared_and_labelled_plots_tell_who_was_right(
    database: Database, hall_id: int, pair: tuple[int, int]
) -> None:
    say(database, hall_id, pair, 1, 0.1, 0.05)
    say(database, hall_id, pair, 2, 0.1, 0.95, label="Bad")  # the trial finds what the active one misses
    say(database, hall_id, pair, 3, 0.1, 0.9, label="Good", accepted=True)  # a guess let pass measures nobody
    say(database, hall_id, pair, 4, 0.1, 0.3, label="Good")
    say(database, hall_id, pair, 5, 0.9, 0.9, days_ago=1)
    say(database, hall_id, pair, 6, 0.9, 0.9, days_ago=40)
    today, yesterday = shadow.report(database, HALL, pair[1]).days
    assert (today.plots, today.same, today.different) == (4, 1, 3)
    assert today.differences == {("Good", "Bad"): 2, ("Good", "Good?"): 1}
    assert (today.labelled, today.active_right, today.shadow_right) == (2, 1, 2)
    assert (yesterday.plots, yesterday.same, yesterday.labelled) == (1, 1, 0)
    assert today.day > yesterday.day
    text = shadow.report(database, HALL, pair[1]).text()
    assert (
        "1 of 4 plots alike, 2 Good -> Bad, 1 Good -> Good?; of 2 labelled the active model has 1 right, this one 2"
        in text
    )
    assert "all: 2 of 5 plots alike" in text
    assert "by eva at desk, runs" in text


def test_one_model_of_a_plot_type_is_on_trial_at_a_time(
    database: Database, hall_id: int, pair: tuple[int, int]
) -> None:
    active, tried = pair
    with pytest.raises(LibraryError, match=f"model {active} is live; only another"):
        shadow.begin(database, HALL, active, **EVA)
    assert "in shadow already" in shadow.begin(database, HALL, tried, user="ben")
    other = library_hall.add(database, hall_id)
    assert f"in the place of model {tried}" in shadow.begin(database, HALL, other, user="ben")
    with database.read() as c:
        assert [one.model_id for one in shadows.running(c, hall_id).values()] == [other]
        (trial,) = shadows.of_model(c, tried)
    assert (trial.user, trial.station, trial.ended_by) == ("eva", "desk", "ben")
    assert "what it said is kept" in shadow.end(database, HALL, TYPE, user="ben")
    with pytest.raises(LibraryError, match="has no model in shadow"):
        shadow.end(database, HALL, TYPE, user="ben")
    assert "judged no plot yet" in shadow.report(database, HALL, other).text()


def test_a_model_that_goes_live_is_on_trial_no_more(database: Database, hall_id: int, pair: tuple[int, int]) -> None:
    library.activate(database, HALL, pair[1], user="ben")
    with database.read() as c:
        assert shadows.running(c, hall_id) == {}
        assert shadows.of_model(c, pair[1])[0].ended_by == "ben"


def test_a_damaged_model_is_not_tried(database: Database, hall_id: int) -> None:
    broken = library_hall.add(database, hall_id, file=b"no model")
    with pytest.raises(ModelFileError, match=f"model {broken}"):
        shadow.begin(database, HALL, broken, **EVA)
