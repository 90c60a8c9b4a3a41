"""Plots: every arrival once, other bytes as another revision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from hydra_desktop.database import halls, plots
from hydra_desktop.domain.plot import Plot, PlotName

from .conftest import START, Site


def test_what_is_stored_is_found(site: Site) -> None:
    with site.database.write() as c:
        plot = site.add(c, chunk=37, pad="02")
        assert plots.get(c, plot.id) == plot
        assert plot.name == PlotName("CDC_occupancy", 80464, 37, "RunPeriod-2021-08", "02")
        assert plot.revision == 1
        assert not plot.kept
        with pytest.raises(KeyError):
            plots.get(c, plot.id + 1)


def test_an_arrival_that_is_known_is_none(site: Site) -> None:
    with site.database.write() as c:
        plot = site.add(c)
        assert plots.add(c, site.hall_id, site.new_plot(), live=True) is None
        key = site.new_plot().origin_key
        assert plots.find_by_origin(c, site.hall_id, key) == plot.id
        other = halls.find_or_create(c, "B")
        assert plots.known_origins(c, site.hall_id, [key, "new"]) == {key}
        assert plots.known_origins(c, other, [key]) == set()
        assert plots.known_origins(c, site.hall_id, [*map(str, range(1200)), key]) == {key}


@pytest.mark.parametrize("chunk", [5, None])
def test_other_bytes_are_another_revision_of_that_very_plot(site: Site, chunk: int | None) -> None:
    with site.database.write() as c:
        revisions = [site.add(c, chunk=chunk, picture=picture).revision for picture in "abc"]
        assert revisions == [1, 2, 3]
        for other in ({"pad": "01"}, {"run_number": 80465}, {"chunk": 6}, {"run_period": "RunPeriod-2022-01"}):
            assert site.add(c, **{"chunk": chunk, **other}).revision == 1, other
        assert site.add(c, "RF_TOF", chunk=chunk).revision == 1


@pytest.mark.parametrize("chunk", [5, None])
def test_a_batch_is_stored_as_its_plots_one_by_one_would_be(site: Site, chunk: int | None) -> None:
    with site.database.write() as c:
        site.add(c, chunk=chunk, picture="a")
        halls.ensure_plot_type(c, site.hall_id, "RF_TOF")
        batch = [
            site.new_plot(chunk=chunk, picture="a"),  # known
            site.new_plot(chunk=chunk, picture="b"),
            site.new_plot("RF_TOF", chunk=chunk, picture="b"),
            site.new_plot(chunk=chunk, picture="b"),  # twice in the batch
            site.new_plot(chunk=9, picture="c"),
            site.new_plot(chunk=chunk, picture="c"),
            site.new_plot(chunk=chunk, pad="01", picture="c"),
        ]
        stored = plots.add_all(c, site.hall_id, batch, live=True)
        assert [one.revision if one else None for one in stored] == [None, 2, 1, None, 1, 3, 1]
        for new, plot in zip(batch, stored, strict=True):
            if plot is not None:
                assert plots.get(c, plot.id) == plot
                assert (plot.name, plot.content_hash) == (new.name, new.content_hash)
        ids = [plot.id for plot in stored if plot]
        assert ids == sorted(ids)
        assert plots.add_all(c, site.hall_id, batch, live=True) == [None] * len(batch)
        assert plots.add_all(c, site.hall_id, [], live=True) == []
        with pytest.raises(KeyError):
            plots.add_all(c, site.hall_id, [site.new_plot(picture="d"), site.new_plot("Unknown")], live=True)


def test_batches_of_the_same_chunks_at_the_same_moment_wait_for_each_other(
    site: Site, together: Callable[..., list[Any]]
) -> None:
    """In whatever order the chunks come: nobody waits in a circle, and no revision is given twice."""
    with site.database.write() as c:
        halls.ensure_plot_type(c, site.hall_id, "CDC_occupancy")

    def arrive(picture: str) -> list[Plot | None]:
        chunks = range(8) if picture < "d" else range(7, -1, -1)
        new = [site.new_plot(chunk=chunk, picture=picture) for chunk in chunks]
        with site.database.write() as c:
            return plots.add_all(c, site.hall_id, new, live=True)

    found = [plot for batch in together(*[partial(arrive, picture) for picture in "abcdef"]) for plot in batch]
    for chunk in range(8):
        assert sorted(plot.revision for plot in found if plot.name.chunk == chunk) == [1, 2, 3, 4, 5, 6]


def test_every_row_of_a_manifest_is_a_plot_of_its_own(site: Site) -> None:
    with site.database.write() as c:
        halls.ensure_plot_type(c, site.hall_id, "CDC_occupancy")
        new = site.new_plot()
        rows = [plots.add(c, site.hall_id, replace(new, origin_key=f"row {n}"), live=False) for n in range(3)]
        assert [row.revision for row in rows if row] == [1, 1, 1]
        assert all(row.kept for row in rows if row)
        assert site.add(c).revision == 1  # labelled plots are no arrivals of the monitor
        assert list(plots.content_hashes(c)) == [new.content_hash]


def test_equal_pictures_under_two_names_are_two_plots(site: Site) -> None:
    with site.database.write() as c:
        one, other = site.add(c, chunk=1), site.add(c, chunk=2)
        assert one.content_hash == other.content_hash
        assert one.id != other.id
        assert (one.revision, other.revision) == (1, 1)
        assert [plots.get(c, plot.id).name.chunk for plot in (one, other)] == [1, 2]


def test_plots_are_kept_for_training(site: Site) -> None:
    with site.database.write() as c:
        first, second = site.add(c, chunk=1), site.add(c, chunk=2)
        plots.keep(c, [second.id])
        plots.keep(c, [])
        assert [plots.get(c, one.id).kept for one in (first, second)] == [False, True]


def test_the_first_of_a_chunk_is_the_first_of_its_type_and_run(site: Site) -> None:
    with site.database.write() as c:
        first = site.add(c, chunk=None)
        again = site.add(c, chunk=None, picture="b")
        others = [site.add(c, chunk=1), site.add(c, chunk=None, run_number=2**40 // 2**30), site.add(c, "RF_TOF")]
        site.add(c, chunk=9, live=False)
        others.append(site.add(c, chunk=9, picture="b"))
        assert plots.is_first_of_chunk(c, first)
        assert not plots.is_first_of_chunk(c, again)
        assert all(plots.is_first_of_chunk(c, other) for other in others)


def test_arrivals_at_the_same_moment_have_revisions_of_their_own(
    site: Site, together: Callable[..., list[Any]]
) -> None:
    with site.database.write() as c:
        halls.ensure_plot_type(c, site.hall_id, "CDC_occupancy")

    def arrive(picture: str) -> Plot | None:
        with site.database.write() as c:
            return plots.add(c, site.hall_id, site.new_plot(picture=picture), live=True)

    found = together(*[partial(arrive, picture) for picture in "abcdef"])
    assert sorted(plot.revision for plot in found) == [1, 2, 3, 4, 5, 6]


def test_the_same_arrival_at_the_same_moment_is_one_plot(site: Site, together: Callable[..., list[Any]]) -> None:
    with site.database.write() as c:
        halls.ensure_plot_type(c, site.hall_id, "CDC_occupancy")

    def arrive() -> Plot | None:
        with site.database.write() as c:
            return plots.add(c, site.hall_id, site.new_plot(), live=True)

    assert sum(plot is not None for plot in together(*[arrive] * 6)) == 1


def test_times_keep_their_microseconds_and_are_utc(site: Site) -> None:
    at = START.replace(microsecond=123457)
    with site.database.write() as c:
        halls.ensure_plot_type(c, site.hall_id, "CDC_occupancy")
        plot = plots.add(c, site.hall_id, replace(site.new_plot(), taken_at=at), live=True)
        assert plot is not None
        found = plots.get(c, plot.id)
    assert found.taken_at == at
    assert found.taken_at.utcoffset() is not None
    assert found.arrived_at == plot.arrived_at
