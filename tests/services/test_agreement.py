"""How alike people label."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from hydra_desktop.database import given_labels, halls
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.labeling import Mode
from hydra_desktop.services.agreement import agreement, by_week, of_people
from tests.database.conftest import START, Site

TYPE = "CDC_occupancy"


@pytest.fixture
def site(database: Database) -> Site:
    with database.write() as c:
        return Site(database, halls.find_or_create(c, "D"))


def say(site: Site, chunk: int, *said: tuple[str, str], plot_type: str = TYPE, days: int = 0, **how: object) -> None:
    """A plot with what people say of it, in that order."""
    with site.database.write() as c:
        plot = site.add(c, plot_type, chunk=chunk, live=False)
        at = START + timedelta(days=days)
        for user, label in said:
            given_labels.give(c, plot.id, label, user=user, at=at, **{"mode": "single", **how})  # type: ignore[arg-type]


def test_each_two_people_are_compared_over_what_both_labelled_last(site: Site) -> None:
    say(site, 1, ("eva", "Good"), ("ben", "Good"))
    say(site, 2, ("eva", "Bad"), ("ben", "Good"), ("eva", "Good"))  # she changed her mind
    say(site, 3, ("ben", "Bad"), ("eva", "NoData"), ("cy", "Bad"))
    say(site, 4, ("ben", "Bad"), ("eva", "Bad"))
    say(site, 5, ("eva", "Bad"))
    found = {(one.first, one.second): one for one in of_people(site.database, site.hall_id)}
    assert list(found) == [("ben", "cy"), ("ben", "eva"), ("cy", "eva")]
    both = found["ben", "eva"]
    assert (both.alike, both.differ) == (3, 1)
    assert both.table == {("Good", "Good"): 2, ("Bad", "NoData"): 1, ("Bad", "Bad"): 1}
    assert both.kappa == pytest.approx(cohen_kappa_score(["G", "G", "B", "B"], ["G", "G", "N", "B"]))
    assert found["ben", "cy"].kappa is None  # of one plot that both call the same nothing can be said
    assert of_people(site.database, site.hall_id, TYPE) == tuple(found.values())


def test_accepted_guesses_and_settlements_are_nobodys_own_word(site: Site) -> None:
    say(site, 1, ("eva", "Good"), ("ben", "Bad"))
    say(site, 2, ("eva", "Good"), ("ben", "Good"), accepted=True)
    say(site, 3, ("eva", "Good"), ("ben", "Good"), mode=str(Mode.ADJUDICATE))
    say(site, 1, ("eva", "Good"), ("ben", "Good"), plot_type="RF_TOF")
    (found,) = of_people(site.database, site.hall_id, TYPE)
    assert (found.alike, found.differ) == (0, 1)
    (found,) = of_people(site.database, site.hall_id)
    assert (found.alike, found.differ) == (1, 1)
    assert of_people(site.database, site.hall_id + 1) == ()
    with pytest.raises(KeyError):
        of_people(site.database, site.hall_id, "Nothing")


def test_weeks_are_told_apart(site: Site) -> None:
    for chunk, days in enumerate((0, 5, 6, 14), start=1):  # the first is a Tuesday
        say(site, chunk, ("eva", "Good"), ("ben", "Good" if days else "Bad"), days=days)
    weeks = by_week(site.database, site.hall_id)
    assert {week: [(one.alike, one.differ) for one in found] for week, found in weeks.items()} == {
        date(2021, 8, 16): [(1, 1)], date(2021, 8, 23): [(1, 0)], date(2021, 8, 30): [(1, 0)]
    }  # fmt: skip


def test_kappa_is_that_of_scikit_learn_and_lies_in_its_interval() -> None:
    random = np.random.default_rng(0)
    for count in (20, 200, 2000):
        first = random.choice(["Good", "Bad", "NoData"], count, p=[0.7, 0.2, 0.1])
        second = np.where(random.random(count) < 0.8, first, random.choice(["Good", "Bad", "NoData"], count))
        pairs = list(zip(first.tolist(), second.tolist(), strict=True))
        found = agreement("a", "b", {pair: pairs.count(pair) for pair in set(pairs)})
        assert found.kappa == pytest.approx(cohen_kappa_score(first, second))
        assert found.low is not None
        assert found.high is not None
        assert found.low < found.kappa < found.high
        assert found.high - found.low < 4 / count**0.5
        assert found.alike + found.differ == count


def test_the_interval_holds_kappa_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    chances = np.array([[0.55, 0.05, 0.0], [0.04, 0.2, 0.03], [0.01, 0.02, 0.1]])
    names = [(one, other) for one in "abc" for other in "abc"]
    truth = agreement("a", "b", dict(zip(names, (1e6 * chances.ravel()).astype(int).tolist(), strict=True))).kappa
    inside = 0
    for drawn in random.multinomial(60, chances.ravel(), 400):
        found = agreement("a", "b", {name: int(one) for name, one in zip(names, drawn, strict=True) if one})
        assert found.low is not None
        assert found.high is not None
        assert truth is not None
        inside += found.low <= truth <= found.high
    assert 0.92 <= inside / 400 <= 0.98


def test_who_always_say_the_same_have_no_kappa() -> None:
    found = agreement("a", "b", {("Good", "Good"): 12})
    assert (found.alike, found.differ, found.kappa, found.low, found.high) == (12, 0, None, None, None)
    perfect = agreement("a", "b", {("Good", "Good"): 6, ("Bad", "Bad"): 6})
    assert perfect.kappa == 1.0
    assert perfect.low is not None
    assert 0.4 < perfect.low < 0.9  # twelve plots promise little
