"""Models put live, rolled back and taken out of service, and the gate before that, on both databases."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hydra_desktop.database import activations, feed, model_store
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.errors import (
    ActiveChangedError,
    LibraryError,
    ModelFileError,
    SettingsError,
    SiteError,
    WorseModelError,
)
from hydra_desktop.domain.library import ActivationKind
from hydra_desktop.services import library
from tests.fakes import library_hall
from tests.fakes.library_hall import HALL, TYPES, active, card

TYPE = TYPES[0]
EVA: dict[str, Any] = {"user": "eva", "station": "desk"}
BEN: dict[str, Any] = {"user": "ben", "station": "counting house"}


@pytest.fixture
def hall_id(database: Database) -> int:
    return library_hall.fill(database)


def test_an_activation_is_kept_with_who_when_where_and_why(database: Database, hall_id: int) -> None:
    first, second = (library_hall.add(database, hall_id) for _ in range(2))
    with database.read() as c:
        position = feed.position(c, hall_id)
    assert library.activate(database, HALL, first, **EVA, comment="first of the period").before_id is None
    done = library.activate(database, HALL, second, expected_active=first, **BEN)
    assert (done.before_id, done.changed) == (first, True)
    assert done.text() == f"{TYPE}: model {second} is live now, before it model {first}."
    assert active(database, hall_id) == {TYPE: second}
    with database.read() as c:
        told = activations.history(c, hall_id, TYPE)
        changes = [one.subject_id for one in feed.read_after(c, hall_id, position) if one.kind == "model"]
    assert [(one.model_id, one.before_id, one.user, one.station, one.comment) for one in told] == [
        (first, None, "eva", "desk", "first of the period"),
        (second, first, "ben", "counting house", ""),
    ]
    assert told[0].at < told[1].at
    assert changes == [first, second]
    assert f"model {first} put live by eva at desk" in told[0].text()


def test_what_is_live_already_stays_so(database: Database, hall_id: int) -> None:
    model = library_hall.add(database, hall_id)
    library.activate(database, HALL, model, **EVA)
    done = library.activate(database, HALL, model, **EVA)
    assert not done.changed
    assert "live already" in done.text()
    with database.read() as c:
        assert len(activations.history(c, hall_id, TYPE)) == 1


def test_who_looked_before_somebody_else_acted_is_told_who_and_when(database: Database, hall_id: int) -> None:
    first, second, third = (library_hall.add(database, hall_id) for _ in range(3))
    library.activate(database, HALL, first, **EVA)
    library.activate(database, HALL, second, **BEN)
    for act in (
        lambda: library.activate(database, HALL, third, expected_active=first, **EVA),
        lambda: library.roll_back(database, HALL, TYPE, expected_active=first, **EVA),
        lambda: library.deactivate(database, HALL, TYPE, expected_active=None, **EVA),
    ):
        with pytest.raises(ActiveChangedError, match=f"model {second} is active, since 20.* UTC by ben at counting"):
            act()
    assert active(database, hall_id) == {TYPE: second}


@pytest.mark.parametrize("expects", [True, False])
def test_of_two_at_once_one_wins(database: Database, hall_id: int, expects: bool) -> None:
    first, *others = (library_hall.add(database, hall_id) for _ in range(4))
    library.activate(database, HALL, first, **EVA)
    barrier = threading.Barrier(len(others))
    more: dict[str, Any] = {"expected_active": first} if expects else {}

    def act(model: int) -> str:
        barrier.wait(10)
        try:
            library.activate(database, HALL, model, user=f"user {model}", **more)
        except ActiveChangedError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(len(others)) as pool:
        told = list(pool.map(act, others))
    with database.read() as c:
        history = activations.history(c, hall_id, TYPE)
    assert active(database, hall_id)[TYPE] == history[-1].model_id
    assert [one.before_id for one in history[1:]] == [one.model_id for one in history[:-1]]  # one after the other
    if expects:
        assert told.count("") == 1
        winner = others[told.index("")]
        assert all(f"model {winner} is active" in one and f"user {winner}" in one for one in told if one)
    else:
        assert told == [""] * len(others)


@pytest.mark.parametrize(
    ("worse", "why"),
    [
        ({"missed": 20}, "misses 20 of 60 faulty plots (model {first}: 2 of 60)"),
        ({"positives": 30}, "30 false positives of 300 Good plots (model {first}: 3 of 300)"),
    ],
)
def test_a_worse_model_goes_live_only_in_spite_and_that_is_kept(
    database: Database, hall_id: int, worse: dict[str, int], why: str
) -> None:
    first = library_hall.add(database, hall_id)
    second = library_hall.add(database, hall_id, of_card=card(**worse))
    why = why.format(first=first)
    library.activate(database, HALL, first, **EVA)
    with pytest.raises(WorseModelError, match=re.escape(why)):
        library.activate(database, HALL, second, **EVA)
    assert active(database, hall_id) == {TYPE: first}
    done = library.activate(database, HALL, second, **EVA, in_spite=True, comment="the other one is blind to noise")
    assert why in done.text()
    with database.read() as c:
        told = activations.history(c, hall_id, TYPE)[-1]
    assert why in told.in_spite_of
    assert told.comment == "the other one is blind to noise"
    assert library.roll_back(database, HALL, TYPE, **EVA).model_id == first  # back is never asked about


@pytest.mark.parametrize("same", [{}, {"missed": 4}, {"positives": 6}, {"good": 30, "positives": 1}])
def test_what_chance_explains_is_not_worse(database: Database, hall_id: int, same: dict[str, int]) -> None:
    library.activate(database, HALL, library_hall.add(database, hall_id), **EVA)
    second = library_hall.add(database, hall_id, of_card=card(**same))
    assert library.activate(database, HALL, second, **EVA).overruled == ""


@pytest.mark.parametrize("foreign", [{}, {"figures": None}, {"figures": {"confusion": {"Good": 3}, "macro_f1": "x"}}])
def test_a_model_without_figures_is_warned_of_where_the_active_one_has_some(
    database: Database, hall_id: int, foreign: dict[str, Any]
) -> None:
    first = library_hall.add(database, hall_id, of_card=foreign)
    library.activate(database, HALL, first, **EVA)
    second = library_hall.add(database, hall_id)
    library.activate(database, HALL, second, **EVA)
    with pytest.raises(WorseModelError, match="no figures of held-out plots"):
        library.activate(database, HALL, first, **EVA)


def test_several_roll_backs_go_back_step_by_step(database: Database, hall_id: int) -> None:
    models = [library_hall.add(database, hall_id) for _ in range(3)]
    for model in models:
        library.activate(database, HALL, model, **EVA)
    done = library.roll_back(database, HALL, TYPE, expected_active=models[2], **BEN, comment="noisy")
    assert (done.model_id, done.before_id) == (models[1], models[2])
    assert f"rolled back, model {models[1]} is live now, before it model {models[2]}" in done.text()
    assert library.roll_back(database, HALL, TYPE, **BEN).model_id == models[0]
    with pytest.raises(LibraryError, match=f"no other model before model {models[0]}; .*models deactivate {TYPE}"):
        library.roll_back(database, HALL, TYPE, **BEN)
    library.activate(database, HALL, models[2], **EVA)
    assert library.roll_back(database, HALL, TYPE, **BEN).model_id == models[0]
    with database.read() as c:
        kinds = [one.kind for one in activations.history(c, hall_id, TYPE)]
    assert kinds[3:5] == [ActivationKind.ROLLED_BACK] * 2


def test_a_plot_type_can_have_no_model_and_go_back(database: Database, hall_id: int) -> None:
    model = library_hall.add(database, hall_id)
    with pytest.raises(LibraryError, match="no active model"):
        library.deactivate(database, HALL, TYPE, **EVA)
    library.activate(database, HALL, model, **EVA)
    assert "no model is live now" in library.deactivate(database, HALL, TYPE, expected_active=model, **EVA).text()
    assert active(database, hall_id) == {}
    assert library.roll_back(database, HALL, TYPE, **EVA).model_id == model
    assert active(database, hall_id) == {TYPE: model}


def test_a_file_that_does_not_open_never_goes_live(database: Database, hall_id: int) -> None:
    good = library_hall.add(database, hall_id)
    library.activate(database, HALL, good, **EVA)
    whole = library_hall.file_of(TYPE)
    files = {
        "no model": b"no model at all",
        "damaged|no model": whole[: len(whole) // 2],
        "made for the backbone": whole.replace(b"efficientnet-lite0:5793", b"efficientnet-lite0:5794"),
    }
    for why, data in files.items():
        broken = library_hall.add(database, hall_id, file=data)
        with pytest.raises(ModelFileError, match=f"{TYPE}, model {broken}: .*({why})"):
            library.activate(database, HALL, broken, in_spite=True, **EVA)
    assert active(database, hall_id) == {TYPE: good}


def test_what_is_not_there_is_said(database: Database, hall_id: int) -> None:
    errors: list[tuple[type[SiteError], str, Callable[[], object]]] = [
        (LibraryError, "no model 99 in this hall", lambda: library.activate(database, HALL, 99, **EVA)),
        (SettingsError, "no plot type BCAL_atte", lambda: library.roll_back(database, HALL, "BCAL_atte", **EVA)),
        (LibraryError, f"{TYPE} had no other model before", lambda: library.roll_back(database, HALL, TYPE, **EVA)),
    ]
    for kind, why, act in errors:
        with pytest.raises(kind, match=re.escape(why)):
            act()


def test_a_model_activated_by_the_store_alone_is_in_the_history(database: Database, hall_id: int) -> None:
    first, second = (library_hall.add(database, hall_id) for _ in range(2))
    with database.write() as c:
        model_store.activate(c, first, user="demo")
        model_store.activate(c, second, user="demo")
    assert library.roll_back(database, HALL, TYPE, **EVA).model_id == first
