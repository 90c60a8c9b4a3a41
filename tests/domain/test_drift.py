"""When a plot type has changed, and when it hasn't."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from hydra_desktop.domain import drift
from hydra_desktop.domain.condition import Condition, ConditionKind, tell
from hydra_desktop.domain.drift import Sight
from hydra_desktop.domain.hall import PlotType
from hydra_desktop.domain.plot import Plot, PlotName
from hydra_desktop.domain.verdict import NO_MODEL, Familiarity, judge

START = datetime(2026, 3, 1, tzinfo=UTC)
SIZE = 48
DRAW = np.random.default_rng(5)
SHIFT = DRAW.normal(0, 4, SIZE)  # the same deviation of every plot
FACTS = "38 of the last 40 plots, all alike"
NO_DEVIATION = np.zeros(0, np.float32)


def plots(kinds: str, *, deviations: bool = True) -> list[Sight]:
    """Plots of which each letter says the kind, a run each.

    g Good; u Unfamiliar, each in its own way; s Unfamiliar and shifted; o Good by its verdict, but
    shifted; f a fault that the model knows; F another kind of fault each time; w not sure, shifted.
    """
    made = []
    for number, kind in enumerate(kinds):
        noise = DRAW.normal(0, 0.2, SIZE)
        far = {"g": np.zeros(SIZE), "u": DRAW.normal(0, 2, SIZE), "F": DRAW.normal(0, 2, SIZE)}.get(kind, SHIFT)
        score = 0.9 if kind in "fFw" else 0.1
        deviation = (far + noise).astype(np.float32) if deviations else NO_DEVIATION
        at = START + timedelta(minutes=number)
        made.append(Sight(number, at, "P", number, kind in "us", kind in "fF", score, deviation))
    return made


@pytest.mark.parametrize(
    ("kinds", "first"),
    [
        ("g" * 30 + "s" * 9, None),
        ("g" * 30 + "s" * 10, 30),
        ("g" * 30 + "u" * 10, 30),  # Unfamiliar, whatever the way
        ("g" * 30 + "o" * 10, 30),  # no verdict says so, but all deviate alike
        ("g" * 30 + "w" * 10, 30),
        ("s" * 10, 0),
        ("g" * 30 + "sgggssssssssss", 34),
        ("g" * 30 + "sssgssssssssss", 30),
        ("s" * 24 + "g" * 7 + "s" * 9, 0),
        ("g" + "s" * 20 + "g" + "s" * 18, 1),
        ("g" * 30 + "sowsuswsos", 30),
        ("g" * 10 + "ssgg" * 8, None),  # every other one
        ("g" * 35 + "uuuuu", None),  # a few
        ("g" * 30 + "F" * 10, None),  # different faults
        ("g" * 30 + "f" * 10, None),  # one that lasts and is known
        ("g" * 20 + "f" * 9 + "s" * 9, None),
        ("g" * 20 + "f" * 9 + "s" * 10, 29),
        ("g" * 20 + "ssfssfssfsssfsssss", 20),
    ],
)
def test_many_at_once_are_a_change(kinds: str, first: int | None) -> None:
    found = drift.find(plots(kinds))
    assert (found[0].plot_id if found else None) == first


def test_it_says_how_many_and_whether_they_are_alike() -> None:
    found = drift.find(plots("gg" + "s" * 38))
    assert found is not None
    assert found[1].facts == "38 of the last 38 plots, all alike"
    sights = plots("s" * 19 + "gg" + "s" * 19)
    assert drift.since(sights, sights[0].order).facts == "38 of the last 40 plots, all alike"
    found = drift.find(plots("g" * 30 + "u" * 10))
    assert found is not None
    assert found[1].facts == "10 of the last 10 plots"


def test_without_deviations_unfamiliar_plots_alone_tell() -> None:
    found = drift.find(plots("g" * 30 + "u" * 10, deviations=False))
    assert found is not None
    assert not found[1].alike
    assert drift.find(plots("g" * 30 + "w" * 10, deviations=False)) is None


def test_a_known_fault_that_came_with_a_run_period_is_a_change() -> None:
    sights = [
        Sight(one.plot_id, one.taken_at, "P" if one.plot_id < 5 else "Q", 1, False, one.known, one.fault_score,
              one.deviation)
        for one in plots("ggggg" + "f" * 10)
    ]  # fmt: skip
    found = drift.find(sights)
    assert found is not None
    assert drift.begins_period(sights, found[0])
    assert not drift.begins_period(sights, sights[6])
    assert not drift.begins_period(sights[5:], sights[5])  # nothing is known of what was before


def is_over(kinds: str) -> bool:
    """Whether a change from the first s on is over."""
    sights = plots(kinds)
    return drift.is_over(sights, sights[kinds.index("s")].order)


def test_it_holds_until_most_plots_are_familiar_again() -> None:
    assert not any(is_over(("g" * 16 + "s" * 12 + "gs" * end)[-40:]) for end in range(13))
    assert not is_over("g" * 20 + "s" * 12 + "g" * 9)
    assert is_over("s" * 12 + "g" * 10)
    assert is_over("s" * 12 + "ggggsggggggg")


def test_only_a_fault_like_the_change_says_nothing_of_its_own() -> None:
    found = drift.find(plots("g" * 30 + "s" * 10))
    assert found is not None
    same, other, unknown = plots("f")[0], plots("F")[0], plots("f", deviations=False)[0]
    assert found[1].says(same)
    assert not found[1].says(other)
    assert not found[1].says(unknown)


def test_what_the_model_is_sure_of_is_known_unless_it_is_good() -> None:
    plot_type = PlotType("CDC")
    plot = Plot(1, PlotName("CDC", 7, 1, "P"), "0" * 64, START, START)
    assert drift.sight(plot, plot_type, NO_MODEL, Familiarity()) is None
    for label, unfamiliar, known, off in (
        ("NoData", False, True, True),
        ("NoData", True, False, True),
        ("Bad", False, True, True),
        ("Good", False, False, False),
    ):
        chances = {label: 0.9, "Cosmic": 0.1}
        seen = drift.sight(plot, plot_type, judge(chances, {}, plot_type, unfamiliar=unfamiliar), Familiarity())
        assert seen is not None
        assert (seen.known, seen.is_off) == (known, off)
    doubt = drift.sight(plot, plot_type, judge({"Bad": 0.6, "Good": 0.4}, {"Bad": 0.8}, plot_type), Familiarity())
    assert doubt is not None
    assert doubt.is_unexplained


def condition(name: str, run: int, *, begins: bool = False) -> Condition:
    at = START + timedelta(hours=run)
    return Condition(
        1, ConditionKind.CHANGED, name, at, 1, "2026-03", run, begins, "38 of the last 40 plots, all alike"
    )


def test_one_change_is_told_with_what_to_do() -> None:
    (line,) = tell([condition("CDC_occupancy", 5423)], {})
    assert line == (
        "CDC_occupancy has changed: 38 of the last 40 plots, all alike, since run 5423. "
        "If this is the new normal, give it a reference: hydra-desktop reference propose CDC_occupancy."
    )
    (line,) = tell([condition("CDC", 5423, begins=True)], {"CDC": "CDC expert, 4417"})
    assert ", since run 5423, with which run period 2026-03 began. " in line
    assert line.endswith(" If not, call CDC expert, 4417.")


def test_changes_within_one_run_are_told_as_one() -> None:
    many = [condition(f"T{number:02}", 5400) for number in range(12)]
    lines = tell([*many, condition("CDC", 5423)], {})
    assert lines[0].startswith("CDC has changed: ")
    assert lines[1].startswith("12 plot types have changed since run 5400: T00, T01, T02 and 9 more. ")
    (line,) = tell([condition("A", 1, begins=True), condition("B", 1, begins=True)], {})
    assert line.startswith("2 plot types have changed since run 1, with which run period 2026-03 began: A, B. ")


def test_with_a_proposal_that_waits_a_change_is_told_with_how_to_confirm_it() -> None:
    (line,) = tell([condition("CDC", 5423)], {}, {"CDC"})
    assert line.endswith("confirm the reference that is proposed: hydra-desktop reference confirm CDC.")
