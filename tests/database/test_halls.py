"""Halls, their plot types and their history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from hydra_desktop.database import feed, halls
from hydra_desktop.domain.hall import AlarmRule, Hall, PlotType
from hydra_desktop.domain.label import Label, Role, Severity, default_label
from hydra_desktop.domain.run import BeamSource, RunState

from .conftest import Site

CDC = PlotType(
    "CDC_occupancy", "CDC", False, (default_label("Good"), Label("Hole", Role.FAULTY, Severity.HIGH, "#112233", "h")),
    AlarmRule(2, 4), 60.0, 30.0, 5.5, "Naomi 1234", "Call Naomi", True,
)  # fmt: skip
RF = PlotType("RF_TOF", "Beam")


def test_a_hall_is_made_once(site: Site) -> None:
    with site.database.write() as c:
        assert halls.find_or_create(c, "D") == site.hall_id
        assert halls.find(c, "D") == site.hall_id
        assert halls.find(c, "nowhere") is None
        assert halls.load(c, site.hall_id) == Hall("D")
        assert halls.names(c) == ["D"]


def test_what_is_applied_is_loaded(site: Site) -> None:
    wanted = Hall(
        "D", "/data", r"(?P<plot_type>x)(?P<run_number>1)", "/beam.json", {"RF_TOF": RF, "CDC_occupancy": CDC}
    )
    with site.database.write() as c:
        changes = halls.apply(c, site.hall_id, wanted, user="eva", comment="begin")
    with site.database.read() as c:
        found = halls.load(c, site.hall_id)
        ((at, user, comment, remembered),) = halls.history(c, site.hall_id)
    assert found == wanted
    assert list(found.plot_types) == ["RF_TOF", "CDC_occupancy"]  # by group, then name
    assert (user, comment, remembered) == ("eva", "begin", changes)
    assert abs((datetime.now(UTC) - at).total_seconds()) < 60
    assert len(changes) == 5


def test_applying_the_same_changes_nothing_and_tells_nobody(site: Site) -> None:
    with site.database.write() as c:
        wanted = replace(halls.load(c, site.hall_id), plot_types={"CDC_occupancy": CDC})
        halls.apply(c, site.hall_id, wanted, user="eva")
    with site.database.write() as c:
        before = feed.position(c, site.hall_id)
        assert halls.apply(c, site.hall_id, wanted, user="eva") == []
    with site.database.read() as c:
        assert feed.position(c, site.hall_id) == before
        assert len(halls.history(c, site.hall_id)) == 1


def test_a_change_says_what_was_and_what_is(site: Site) -> None:
    with site.database.write() as c:
        halls.apply(c, site.hall_id, Hall("D", plot_types={"CDC_occupancy": CDC}), user="eva")
        hole = replace(CDC.labels[1], severity=Severity.LOW)
        changed = replace(CDC, guidance="Call Beni", labels=(CDC.labels[0], hole))
        changes = halls.apply(c, site.hall_id, Hall("D", plot_types={"CDC_occupancy": changed}), user="eva")
    assert "plot type CDC_occupancy: guidance: Call Naomi -> Call Beni" in changes
    assert any("Good, Hole (with other properties)" in line for line in changes)


def test_what_is_no_longer_named_stays_for_what_rests_on_it(site: Site) -> None:
    with site.database.write() as c:
        halls.apply(c, site.hall_id, Hall("D", plot_types={"CDC_occupancy": CDC, "RF_TOF": RF}), user="eva")
        fewer = replace(CDC, labels=CDC.labels[:1])
        halls.apply(c, site.hall_id, Hall("D", plot_types={"CDC_occupancy": fewer}), user="eva")
        found = halls.load(c, site.hall_id)
        assert set(found.plot_types) == {"CDC_occupancy", "RF_TOF"}
        assert found.plot_types["CDC_occupancy"].labels == CDC.labels[:1]
        assert halls.ensure_labels(c, site.hall_id, "CDC_occupancy", ["Hole"], user="eva", comment="") == ["Hole"]


def test_an_unknown_plot_type_is_made_with_the_defaults(site: Site) -> None:
    with site.database.write() as c:
        assert halls.ensure_plot_type(c, site.hall_id, "New") == PlotType("New")
        assert halls.ensure_plot_type(c, site.hall_id, "New") == PlotType("New")
        assert len(halls.history(c, site.hall_id)) == 1


def test_a_label_that_is_added_takes_no_key_that_is_in_use(site: Site) -> None:
    with site.database.write() as c:
        halls.apply(c, site.hall_id, Hall("D", plot_types={"CDC_occupancy": CDC}), user="eva")
        added = halls.ensure_labels(
            c, site.hall_id, "CDC_occupancy", ["HotChannel", "Good", "Odd", "Odd"], user="eva", comment="imported"
        )
        labels = {label.name: label for label in halls.load(c, site.hall_id).plot_types["CDC_occupancy"].labels}
    assert added == ["HotChannel", "Odd"]
    assert labels["HotChannel"].key == ""  # h is Hole's
    assert labels["Odd"].role is Role.FAULTY


def test_halls_are_apart(site: Site) -> None:
    with site.database.write() as c:
        other = halls.find_or_create(c, "B")
        halls.ensure_plot_type(c, other, "CDC_occupancy")
        assert halls.load(c, site.hall_id).plot_types == {}


def test_run_state_and_news_are_kept(site: Site) -> None:
    at = datetime(2021, 8, 17, 3, 4, 5, 678901, tzinfo=UTC)
    state = RunState(80464, "RunPeriod-2021-08", True, 120.5, BeamSource.FILE, at)
    with site.database.write() as c:
        assert halls.run_state(c, site.hall_id) == RunState()
        halls.set_run_state(c, site.hall_id, state)
        halls.set_run_state(c, site.hall_id, replace(state, beam_on=None))
        halls.set_news(c, site.hall_id, "Access at 9", "eva")
    with site.database.read() as c:
        assert halls.run_state(c, site.hall_id) == replace(state, beam_on=None)
        assert [one.kind for one in feed.read_after(c, site.hall_id, 0)] == ["run", "news"]


@pytest.mark.parametrize("round_", range(3))
def test_labels_that_many_add_at_once_are_all_there(
    site: Site, together: Callable[..., list[Any]], round_: int
) -> None:
    def add(label: str) -> None:
        with site.database.write() as c:
            halls.ensure_labels(c, site.hall_id, "CDC_occupancy", [label], user=label, comment="")

    names = [f"Fault{number}" for number in range(6)]
    together(*[partial(add, name) for name in names])
    with site.database.read() as c:
        found = {label.name for label in halls.load(c, site.hall_id).plot_types["CDC_occupancy"].labels}
    assert found >= set(names)


def test_a_first_plot_never_overwrites_settings_applied_in_that_moment(
    site: Site, together: Callable[..., list[Any]]
) -> None:
    def apply() -> None:
        with site.database.write() as c:
            halls.apply(c, site.hall_id, Hall("D", plot_types={"CDC_occupancy": CDC}), user="eva")

    def first_plot() -> None:
        with site.database.write() as c:
            halls.ensure_plot_type(c, site.hall_id, "CDC_occupancy")

    together(apply, first_plot, first_plot)
    with site.database.read() as c:
        assert halls.load(c, site.hall_id).plot_types["CDC_occupancy"] == CDC


def test_a_plot_type_that_is_made_once_per_run_is_known_by_its_first_plot(site: Site) -> None:
    with site.database.write() as c:
        once = halls.ensure_plot_type(c, site.hall_id, "Timing", chunked=False)
        assert not once.chunked
        assert once.rule == AlarmRule(1, 1)
        assert halls.ensure_plot_type(c, site.hall_id, "Timing", chunked=True) == once
