from __future__ import annotations

from datetime import UTC, datetime

from hydra_desktop.domain.plot import Plot, PlotName
from hydra_desktop.services.grouping import groups, unit

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def plot(run: int, chunk: int | None = None, content: str = "", period: str = "") -> Plot:
    return Plot(1, PlotName("hump", run, chunk, period), content, NOW, NOW)


def test_a_run_stays_together() -> None:
    runs = [1, 1, 2, 3, 4, 5, 1]
    assert groups([plot(run, chunk) for chunk, run in enumerate(runs)]).tolist() == [0, 0, 1, 2, 3, 4, 0]


def test_a_run_number_counts_within_its_period() -> None:
    found = groups([plot(run, period=period) for period in ("spring", "fall") for run in (1, 2, 3)])
    assert found.tolist() == [0, 1, 2, 3, 4, 5]


def test_what_a_group_is_is_told() -> None:
    assert unit([plot(run) for run in range(5)]) == "run"
    assert unit([plot(1, chunk) for chunk in range(5)]) == "chunk"
    assert unit([plot(0, None, content) for content in "abb"]) == unit([]) == "picture"


def test_few_runs_are_split_by_chunk() -> None:
    assert groups([plot(1, chunk) for chunk in (1, 1, 2, 3, 4, 5)]).tolist() == [0, 0, 1, 2, 3, 4]


def test_unknown_runs_are_split_by_picture() -> None:
    assert groups([plot(0, None, content) for content in "abbc"]).tolist() == [0, 1, 1, 2]


def test_plots_beside_a_set_are_grouped_as_the_set_is_and_never_change_how() -> None:
    few = [plot(1, chunk) for chunk in range(5)]
    beside = [plot(run, 1) for run in (1, 2, 3, 4, 5, 6)]
    assert groups(few, beside).tolist() == [0, 1, 2, 3, 4, 1, 5, 6, 7, 8, 9]
