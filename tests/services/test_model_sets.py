"""Sets of models: all of them or none, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from hydra_desktop.database import activations
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.errors import ActiveChangedError, LibraryError, ModelFileError, WorseModelError
from hydra_desktop.services import library, model_sets
from tests.fakes import library_hall
from tests.fakes.library_hall import HALL, TYPES, active, card

EVA: dict[str, Any] = {"user": "eva", "station": "desk"}


@pytest.fixture
def hall_id(database: Database) -> int:
    return library_hall.fill(database)


@pytest.fixture
def before(database: Database, hall_id: int) -> dict[str, int]:
    """Models of the first two plot types, live and saved as the set Spring."""
    for name in TYPES[:2]:
        library.activate(database, HALL, library_hall.add(database, hall_id, name), **EVA)
    model_sets.save(database, HALL, "Spring", run_period="2026-03", **EVA)
    return active(database, hall_id)


@pytest.fixture
def autumn(database: Database, hall_id: int, before: dict[str, int]) -> dict[str, int]:
    """New models of all plot types, not live, as the set Autumn."""
    models = {name: library_hall.add(database, hall_id, name) for name in TYPES}
    model_sets.save(database, HALL, "Autumn", models=models, **EVA, comment="after the shutdown")
    return models


def test_a_set_goes_live_and_back_as_a_whole(
    database: Database, hall_id: int, before: dict[str, int], autumn: dict[str, int]
) -> None:
    done = model_sets.activate(database, HALL, "Autumn", expected=before, **EVA)
    assert active(database, hall_id) == autumn
    assert "of 3 plot types 3 changed" in done.text()
    newest, oldest = model_sets.listing(database, HALL)
    assert (newest.name, newest.in_force, newest.models, newest.comment) == (
        "Autumn",
        True,
        autumn,
        "after the shutdown",
    )
    assert (oldest.name, oldest.in_force, oldest.run_period, oldest.models) == ("Spring", False, "2026-03", before)
    with database.read() as c:
        assert "with the set Autumn" in activations.history(c, hall_id, TYPES[0])[-1].text()
    back = model_sets.roll_back(database, HALL, name="Autumn", **EVA)
    assert active(database, hall_id) == before  # the third has none again
    assert f"{TYPES[2]}: model {autumn[TYPES[2]]} -> no model" in back.text()
    assert not model_sets.listing(database, HALL)[0].in_force
    with pytest.raises(LibraryError, match="No set is live"):
        model_sets.roll_back(database, HALL, **EVA)


def test_what_is_live_already_is_not_changed_and_not_rolled_back(
    database: Database, hall_id: int, before: dict[str, int], autumn: dict[str, int]
) -> None:
    library.activate(database, HALL, autumn[TYPES[0]], **EVA)
    assert model_sets.activate(database, HALL, "Autumn", **EVA).unchanged == 1
    model_sets.roll_back(database, HALL, **EVA)
    assert active(database, hall_id) == {TYPES[0]: autumn[TYPES[0]], TYPES[1]: before[TYPES[1]]}


def test_live_is_the_set_whose_models_are_live_and_no_other(
    database: Database, hall_id: int, before: dict[str, int], autumn: dict[str, int]
) -> None:
    def live() -> list[str]:
        return [one.name for one in model_sets.listing(database, HALL) if one.in_force]

    assert live() == ["Spring"]  # it was saved as what is live
    for name in ("Spring", "Autumn", "Spring", "Autumn", "Autumn"):
        done = model_sets.activate(database, HALL, name, **EVA)
        assert live() == [name]
    assert done.text() == "The set Autumn is live already; nothing was changed."
    model_sets.roll_back(database, HALL, name="Autumn", **EVA)  # of the one that changed something
    assert live() == ["Spring"]
    assert active(database, hall_id) == {**autumn, **before}
    other = library_hall.add(database, hall_id, TYPES[1])
    library.activate(database, HALL, other, user="ben")
    assert live() == []
    library.roll_back(database, HALL, TYPES[1], user="ann")
    assert live() == ["Spring"]
    spring = next(one for one in model_sets.listing(database, HALL) if one.in_force)
    assert (spring.live_by, "live since" in spring.text()) == ("ann", True)


def test_one_damaged_file_keeps_the_whole_set_out(database: Database, hall_id: int, before: dict[str, int]) -> None:
    models = {name: library_hall.add(database, hall_id, name) for name in TYPES[:2]}
    models[TYPES[2]] = library_hall.add(database, hall_id, TYPES[2], file=b"no model")
    model_sets.save(database, HALL, "Broken", models=models, **EVA)
    with pytest.raises(ModelFileError, match=f"1 of 3 models can't be used: {TYPES[2]}"):
        model_sets.activate(database, HALL, "Broken", in_spite=True, **EVA)
    assert active(database, hall_id) == before


def test_one_worse_model_keeps_the_whole_set_out_unless_overruled(
    database: Database, hall_id: int, before: dict[str, int]
) -> None:
    models = {TYPES[0]: library_hall.add(database, hall_id, of_card=card(missed=30))}
    models[TYPES[1]] = library_hall.add(database, hall_id, TYPES[1])
    model_sets.save(database, HALL, "Worse", models=models, **EVA)
    with pytest.raises(WorseModelError, match=rf"1 of 2 models .* {TYPES[0]}: .*misses 30 of 60"):
        model_sets.activate(database, HALL, "Worse", **EVA)
    assert active(database, hall_id) == before
    assert "misses 30" in model_sets.activate(database, HALL, "Worse", in_spite=True, **EVA).text()
    with database.read() as c:
        assert "misses 30" in activations.history(c, hall_id, TYPES[0])[-1].in_spite_of
        assert activations.history(c, hall_id, TYPES[1])[-1].in_spite_of == ""


def test_somebody_else_who_was_first_keeps_the_whole_set_out(
    database: Database, hall_id: int, before: dict[str, int], autumn: dict[str, int]
) -> None:
    other = library_hall.add(database, hall_id, TYPES[1])
    library.activate(database, HALL, other, user="ben")
    with pytest.raises(ActiveChangedError, match=rf"{TYPES[1]}: model {other} is active, since .* by ben"):
        model_sets.activate(database, HALL, "Autumn", expected=before, **EVA)
    assert active(database, hall_id) == {**before, TYPES[1]: other}


def test_a_set_whose_models_were_changed_since_is_not_torn_apart(
    database: Database, hall_id: int, before: dict[str, int], autumn: dict[str, int]
) -> None:
    model_sets.activate(database, HALL, "Autumn", **EVA)
    other = library_hall.add(database, hall_id, TYPES[1])
    library.activate(database, HALL, other, user="ben")
    with pytest.raises(LibraryError, match=rf"1 of its plot types .*{TYPES[1]}: model {other}, ben"):
        model_sets.roll_back(database, HALL, **EVA)
    assert active(database, hall_id) == {**autumn, TYPES[1]: other}
    library.roll_back(database, HALL, TYPES[1], user="ben")
    with pytest.raises(LibraryError):  # what was rolled back to is by another change than the set's
        model_sets.roll_back(database, HALL, **EVA)


def test_names_and_models_that_do_not_fit_are_refused(
    database: Database, hall_id: int, before: dict[str, int], autumn: dict[str, int]
) -> None:
    for name, models, why in (
        ("Spring", None, "a set Spring already"),
        ("  ", None, "needs a name"),
        ("X", {TYPES[0]: autumn[TYPES[1]]}, f"is none of {TYPES[0]}"),
        ("X", {TYPES[0]: 99}, "no model 99"),
        ("X", {}, "nothing to save"),
    ):
        with pytest.raises(LibraryError, match=why):
            model_sets.save(database, HALL, name, models=models, **EVA)
    with pytest.raises(LibraryError, match="There is no set Winter in this hall; there are: Autumn, Spring"):
        model_sets.activate(database, HALL, "Winter", **EVA)
    model_sets.activate(database, HALL, "Autumn", **EVA)
    with pytest.raises(LibraryError, match="put live last is Autumn, by eva at desk"):
        model_sets.roll_back(database, HALL, name="Spring", **EVA)
