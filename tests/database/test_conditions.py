"""Conditions of plot types: told, kept up to date, ended once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hydra_desktop.database import conditions, feed, halls, model_store, wall
from hydra_desktop.database.naming import plot_type_id
from hydra_desktop.domain.condition import Condition, ConditionKind

from .conftest import START, Site


def begin(c: sa.Connection, site: Site, plot_type: str = "CDC_occupancy", chunk: int = 3) -> Condition:
    plot = site.add(c, plot_type, chunk=chunk)
    return conditions.begin(
        c,
        site.hall_id,
        plot_type,
        ConditionKind.CHANGED,
        first_plot_id=plot.id,
        since=plot.taken_at,
        begins_period=True,
        facts="10 of the last 10 plots",
        at=START + timedelta(hours=1),
    )


def kinds(site: Site) -> list[str]:
    with site.database.read() as c:
        return [change.kind for change in feed.read_after(c, site.hall_id, 0)]


def test_a_condition_is_on_the_wall_until_it_ends(site: Site) -> None:
    with site.database.write() as c:
        condition = begin(c, site)
        halls.ensure_plot_type(c, site.hall_id, "RF")
    assert (condition.run_number, condition.run_period, condition.begins_period) == (80464, "RunPeriod-2021-08", True)
    assert kinds(site).count("condition") == 1
    with site.database.write() as c:
        assert conditions.go_on(c, condition.id, facts="11 of the last 11 plots")
    with site.database.read() as c:
        snapshot = wall.load(c, site.hall_id)
        (shown,) = snapshot.conditions
        assert {panel.plot_type.name: panel.condition for panel in snapshot.panels} == {
            "CDC_occupancy": shown,
            "RF": None,
        }
    assert shown.facts == "11 of the last 11 plots"
    assert shown.since == START + timedelta(minutes=15)
    with site.database.write() as c:
        type_id = plot_type_id(c, site.hall_id, "CDC_occupancy")
        assert conditions.end(c, site.hall_id, type_id, who="eva", why="a new reference")
        assert not conditions.end(c, site.hall_id, type_id, who="ben", why="a new reference")
        assert not conditions.go_on(c, condition.id, facts="12")
    assert kinds(site).count("condition") == 2
    with site.database.read() as c:
        assert wall.load(c, site.hall_id).conditions == ()
        (row,) = conditions.rows(c, site.hall_id)
        assert conditions.newest(c, site.hall_id)["CDC_occupancy"].ended_by == "eva"
    assert (row.ended_by, row.why_ended, row.facts, row.chunk) == ("eva", "a new reference", shown.facts, 3)


def test_one_of_a_kind_is_open_and_the_newest_is_known(site: Site) -> None:
    with site.database.write() as c:
        begin(c, site)
    with pytest.raises(sa.exc.IntegrityError), site.database.write() as c:
        begin(c, site, chunk=4)
    with site.database.write() as c:
        conditions.end(c, site.hall_id, plot_type_id(c, site.hall_id, "CDC_occupancy"), who="eva", why="")
        second = begin(c, site, chunk=4)
        other = begin(c, site, "RF", chunk=5)
        assert conditions.newest(c, site.hall_id) == {"CDC_occupancy": second, "RF": other}
        assert conditions.open_conditions(c, site.hall_id) == [other, second]


def test_another_model_ends_what_was_so_in_the_eyes_of_the_one_before(site: Site) -> None:
    with site.database.write() as c:
        site.add_model(c)
        begin(c, site)
        begin(c, site, "RF")
        model_store.activate(c, site.add_model(c, file=b"others"), user="eva")
        assert [one.plot_type for one in conditions.open_conditions(c, site.hall_id)] == ["RF"]


def test_an_ignored_plot_type_is_not_told(site: Site) -> None:
    with site.database.write() as c:
        begin(c, site)
        hall = halls.load(c, site.hall_id)
        ignored = {name: replace(one, ignored=True) for name, one in hall.plot_types.items()}
        halls.apply(c, site.hall_id, replace(hall, plot_types=ignored), user="eva")
    with site.database.read() as c:
        assert wall.load(c, site.hall_id).conditions == ()
