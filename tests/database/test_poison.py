"""What the outside world may throw at the database: it is stored or refused, never a reason to stop."""

from __future__ import annotations

import pytest

from hydra_desktop.database import files_seen, halls, plots, problems
from hydra_desktop.domain.errors import PlotNameError
from hydra_desktop.domain.hall import DEFAULT_NAME_PATTERN
from hydra_desktop.domain.plot import LARGEST_NUMBER, NamePattern, NewPlot, PlotName
from hydra_desktop.domain.run import RunState

from .conftest import START, Site

LATIN_1 = "Run000001/Z\udce4hler_0001.png"  # how Python gives a file name that isn't UTF-8


def test_a_chunk_that_is_a_time_fits(site: Site) -> None:
    with site.database.write() as c:
        halls.ensure_plot_type(c, site.hall_id, "CDC_occupancy")
        for chunk in (20211123101500, LARGEST_NUMBER):
            name = PlotName("CDC_occupancy", 2**40, chunk)
            added = plots.add(c, site.hall_id, NewPlot(name, "0" * 64, START, f"chunk {chunk}"), live=True)
            assert added is not None
            assert plots.get(c, added.id).name.chunk == chunk
        halls.set_run_state(c, site.hall_id, RunState(run_number=2**40))
        assert halls.run_state(c, site.hall_id).run_number == 2**40


def test_a_number_that_fits_nowhere_is_refused_by_its_name() -> None:
    pattern = NamePattern(DEFAULT_NAME_PATTERN)
    for name in (f"Run{2**63}/CDC_0001.png", f"Run1/CDC_{2**63}.png", f"Run1/CDC_{'9' * 5000}.png"):
        with pytest.raises(PlotNameError, match="too large"):
            pattern.read(name)


def test_a_file_name_that_is_not_utf_8_is_a_problem_that_can_be_told(site: Site) -> None:
    with site.database.write() as c:
        problems.report(c, site.hall_id, LATIN_1, f"{LATIN_1}: the name\x00doesn't fit")
        problems.report(c, site.hall_id, LATIN_1, f"{LATIN_1}: the name\x00doesn't fit")
    with site.database.read() as c:
        (problem,) = problems.newest(c, site.hall_id)
    assert problem.times == 2
    problem.message.encode()
    assert "\x00" not in problem.message
    assert "hler_0001.png" in problem.name


def test_a_file_name_that_is_not_utf_8_is_remembered(site: Site) -> None:
    with site.database.write() as c:
        files_seen.remember(c, site.hall_id, {LATIN_1: (1, 2), "Run1/a_0001.png": (3, 4)})
        assert files_seen.of(c, site.hall_id, [LATIN_1, "Run1/a_0001.png", "Run1/b_0001.png"]) == {
            LATIN_1: (1, 2),
            "Run1/a_0001.png": (3, 4),
        }
        assert plots.known_origins(c, site.hall_id, [LATIN_1]) == set()


def test_a_plot_of_a_type_whose_name_is_not_utf_8_is_a_plot(site: Site) -> None:
    with site.database.write() as c:
        plot = site.add(c, "Z\udce4hler")
        assert plots.get(c, plot.id).name.plot_type.encode()
        assert plots.add(c, site.hall_id, site.new_plot("Z\udce4hler"), live=True) is None
