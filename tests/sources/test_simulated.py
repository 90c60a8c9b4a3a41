"""The simulated hall: seeded, plausible, and true about its faults."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from hydra_desktop.domain.label import Role
from hydra_desktop.domain.plot import NamePattern
from hydra_desktop.sources.simulated import FIRST_TRIP, SimulatedHall
from hydra_desktop.sources.simulated.catalogue import CATALOGUE
from hydra_desktop.sources.simulated.faults import draw_fault, is_visible

FEW = 6


def test_the_hall_has_73_plot_types_of_ten_looks_and_more() -> None:
    assert len(CATALOGUE) == 73
    assert len({look.draw for _, look in CATALOGUE.values()}) >= 10
    hall = SimulatedHall(1).hall()
    for plot_type in hall.plot_types.values():
        roles = {label.role for label in plot_type.labels}
        assert {Role.GOOD, Role.FAULTY} <= roles
        assert len({label.key for label in plot_type.labels}) == len(plot_type.labels)


def test_the_same_seed_gives_the_same_plots_and_another_seed_others() -> None:
    first, same, other = (SimulatedHall(seed, FEW).chunk() for seed in (7, 7, 8))
    for one, two, three in zip(first, same, other, strict=True):
        np.testing.assert_array_equal(one.picture, two.picture)
        assert (one.label, one.visible) == (two.label, two.visible)
        assert not np.array_equal(one.picture, three.picture)


def test_chunks_follow_each_other_into_the_next_run() -> None:
    hall = SimulatedHall(7, 1)
    names = [hall.chunk()[0].name for _ in range(22)]
    assert [name.chunk for name in names] == [*range(20), 0, 1]
    assert names[20].run_number == names[0].run_number + 1


def test_without_beam_every_plot_is_no_data() -> None:
    hall = SimulatedHall(7, FEW)
    chunks = [hall.chunk() for _ in range(FIRST_TRIP + 1)]
    assert not hall.beam_on(FIRST_TRIP)
    assert {plot.label for plot in chunks[FIRST_TRIP]} == {"NoData"}
    assert not any(plot.visible for plot in chunks[FIRST_TRIP])


def test_a_good_plot_is_never_said_to_show_a_fault() -> None:
    hall = SimulatedHall(7)
    for plot in hall.chunk():
        assert plot.visible <= (plot.fault is not None)
        assert (plot.label == "Good") == (plot.fault is None)


@pytest.mark.parametrize("name", list(CATALOGUE)[::12])
def test_a_fault_of_no_size_is_invisible_and_most_drawn_faults_are_not(name: str) -> None:
    look = CATALOGUE[name][1]
    hall = SimulatedHall(7)
    good = hall._scaled(name, look, hall._conditions(name, 1))
    assert not is_visible(good, good.copy(), look)
    random = np.random.default_rng(3)
    plots = [hall._draw(name, 1, 1, random, draw_fault(look, random)) for _ in range(20)]
    assert sum(plot.visible for plot in plots) >= 10


def test_training_plots_show_every_label_and_runs_that_no_chunk_shows() -> None:
    hall = SimulatedHall(7)
    name = hall.names[0]
    plots = list(hall.training_set(name, good=5, each=12, seed=1))
    expected = {label.name for label in hall.hall().plot_types[name].labels} - {"Ignore"}
    assert {plot.label for plot in plots} == expected
    assert all(plot.visible for plot in plots if plot.fault is not None)
    assert min(plot.name.run_number for plot in plots) != hall.chunk()[0].name.run_number


def test_a_written_chunk_is_what_the_hall_reads(tmp_path: Path) -> None:
    hall = SimulatedHall(7, FEW)
    assert hall.write_next_chunk(tmp_path) == FEW
    hall.write_next_chunk(tmp_path)
    files = sorted(path.relative_to(tmp_path / "source").as_posix() for path in (tmp_path / "source").rglob("*.png"))
    assert len(files) == 2 * FEW
    pattern = NamePattern(hall.hall().name_pattern)
    read = {(name.plot_type, name.run_number, name.chunk) for name in map(pattern.read, files)}
    with (tmp_path / "truth.csv").open(encoding="utf-8") as lines:
        truth = {(row["plot_type"], int(row["run_number"]), int(row["chunk"])) for row in csv.DictReader(lines)}
    assert read == truth
    state = json.loads((tmp_path / "beam.json").read_text(encoding="utf-8"))
    assert state["beam_on"] is True
    assert not list(tmp_path.rglob("*.part"))
