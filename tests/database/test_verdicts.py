"""Verdicts: one live one a plot, with all that was measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from hydra_desktop.database import tables as t
from hydra_desktop.database import verdicts
from hydra_desktop.domain.verdict import Familiarity

from .conftest import Site, evidence_map

DOUBT = {"Good": 0.45, "Bad": 0.5, "NoData": 0.05}


def test_a_verdict_is_stored_with_all_that_belongs_to_it(site: Site) -> None:
    maps = {"Good": evidence_map(0.25), "Bad": evidence_map(-3.0)}
    timings = {"read": 1.0, "decode": 2.5, "classify": 4.0, "store": 0.5}
    with site.database.write() as c:
        model_id = site.add_model(c)
        plots = [site.add(c, chunk=1), site.add(c, chunk=2)]
        first, second = verdicts.add(
            c,
            site.hall_id,
            [
                site.judged(plots[0], model_id, DOUBT, evidence=maps, timings_ms=timings),
                site.judged(plots[1]),
            ],
        )
    with site.database.read() as c:
        rows = {row.id: row for row in verdicts.rows(c, site.hall_id)}
        assert list(rows) == sorted([first, second])
        assert (rows[first].label, rows[first].status, rows[first].chunk) == ("Bad", "Unconfirmed", 1)
        assert rows[first].fault_score == pytest.approx(0.55)
        assert (rows[second].label, rows[second].status, rows[second].model_id) == ("", "NoModel", None)
        found = verdicts.evidence(c, first)
        assert list(found) == ["Good", "Bad"]
        for label, map_ in maps.items():
            np.testing.assert_array_equal(found[label], map_)
        assert verdicts.evidence(c, second) == {}
        assert verdicts.count(c, site.hall_id) == 2
        assert verdicts.mean_timings_ms(c, site.hall_id) == {**timings, "save": 0.0}


def test_evidence_comes_back_cell_by_cell_within_half_precision(site: Site) -> None:
    draw = np.random.default_rng(3)
    maps = {label: draw.normal(0, 30, (7, 10)).astype(np.float32) for label in ("NoData", "Good")}
    with site.database.write() as c:
        (id_,) = verdicts.add(c, site.hall_id, [site.judged(site.add(c), site.add_model(c), evidence=maps)])
    with site.database.read() as c:
        found = verdicts.evidence(c, id_)
    assert list(found) == ["NoData", "Good"]
    for label, map_ in maps.items():
        assert found[label].dtype == np.float32
        np.testing.assert_allclose(found[label], map_, rtol=2**-11, atol=2**-24)


def test_how_familiar_a_plot_was_comes_back(site: Site) -> None:
    draw = np.random.default_rng(4)
    nearest = tuple((draw.bytes(32).hex(), distance) for distance in (0.25, 1.5, 3.0))
    told = Familiarity(0.03, nearest, draw.normal(0, 2, 48).astype(np.float32))
    with site.database.write() as c:
        model_id = site.add_model(c)
        some = [site.judged(site.add(c, chunk=1), model_id, familiarity=told)]
        some.append(site.judged(site.add(c, chunk=2), model_id, familiarity=Familiarity()))
        some.append(site.judged(site.add(c, chunk=3)))
        ids = verdicts.add(c, site.hall_id, some)
    with site.database.read() as c:
        found = verdicts.familiarities(c, ids)
    assert list(found) == ids[:2]
    assert (found[ids[0]].novelty, found[ids[0]].nearest) == (told.novelty, told.nearest)
    np.testing.assert_allclose(found[ids[0]].deviation, told.deviation, rtol=2**-11, atol=2**-24)
    assert (found[ids[1]].novelty, found[ids[1]].nearest, found[ids[1]].deviation.size) == (1.0, (), 0)


def test_ids_come_in_the_order_of_the_plots(site: Site) -> None:
    with site.database.write() as c:
        plots = [site.add(c, chunk=chunk) for chunk in range(1, 74)]
        ids = verdicts.add(c, site.hall_id, [site.judged(plot) for plot in reversed(plots)])
        owner = {row.id: row.plot_id for row in c.execute(sa.select(t.verdicts.c.id, t.verdicts.c.plot_id))}
    assert [owner[id_] for id_ in ids] == [plot.id for plot in reversed(plots)]


def test_several_shadow_verdicts_of_a_plot_keep_their_own_ids(site: Site) -> None:
    with site.database.write() as c:
        plot, other = site.add(c, chunk=1), site.add(c, chunk=2)
        models = [site.add_model(c) for _ in range(3)]
        judged = [site.judged(plot, models[2]), site.judged(other), *(site.judged(plot, one) for one in models[:2])]
        ids = verdicts.add(c, site.hall_id, judged, live=False)
        found = {row.id: row.model_id for row in c.execute(sa.select(t.verdicts.c.id, t.verdicts.c.model_id))}
    assert [found[id_] for id_ in ids] == [models[2], None, *models[:2]]


def test_a_second_live_verdict_of_a_plot_is_refused_and_a_shadow_is_not(site: Site) -> None:
    with site.database.write() as c:
        plot = site.add(c)
        verdicts.add(c, site.hall_id, [site.judged(plot)])
    with pytest.raises(sa.exc.IntegrityError), site.database.write() as c:
        verdicts.add(c, site.hall_id, [site.judged(plot)])
    with site.database.write() as c:
        verdicts.add(c, site.hall_id, [site.judged(plot), site.judged(plot)], live=False)
        assert verdicts.count(c, site.hall_id) == 1
        assert len(list(verdicts.rows(c, site.hall_id))) == 1


def test_of_many_that_judge_one_plot_at_once_one_is_live(site: Site, together: Callable[..., list[Any]]) -> None:
    with site.database.write() as c:
        plot = site.add(c)

    def judge() -> bool:
        try:
            with site.database.write() as c:
                verdicts.add(c, site.hall_id, [site.judged(plot)])
        except sa.exc.IntegrityError:
            return False
        return True

    assert sum(together(*[judge] * 6)) == 1
    with site.database.read() as c:
        assert verdicts.count(c, site.hall_id) == 1


def test_totals_of_many_writers_add_up(site: Site, together: Callable[..., list[Any]]) -> None:
    with site.database.write() as c:
        plots = [site.add(c, chunk=chunk) for chunk in range(1, 31)]

    def judge(some: slice) -> None:
        for plot in plots[some]:
            with site.database.write() as c:
                verdicts.add(c, site.hall_id, [site.judged(plot)])

    together(*[lambda start=start: judge(slice(start, None, 5)) for start in range(5)])
    with site.database.read() as c:
        assert verdicts.count(c, site.hall_id) == 30


def test_a_label_that_the_plot_type_never_had_is_an_error_and_leaves_nothing(site: Site) -> None:
    with pytest.raises(KeyError), site.database.write() as c:
        plot = site.add(c)
        good = site.judged(plot, site.add_model(c))
        verdicts.add(c, site.hall_id, [replace(good, verdict=replace(good.verdict, label="Nonsense"))])
    with site.database.read() as c:
        assert verdicts.count(c, site.hall_id) == 0


def test_nothing_to_store_is_nothing(site: Site) -> None:
    with site.database.write() as c:
        assert verdicts.add(c, site.hall_id, []) == []
        assert verdicts.count(c, site.hall_id) == 0


def test_a_replay_reads_every_probability_of_a_model(site: Site) -> None:
    rng = np.random.default_rng(3)
    with site.database.write() as c:
        model_id, other = site.add_model(c), site.add_model(c, "RF_TOF")
        expected = []
        for chunk in range(1, 41):
            good, bad = rng.dirichlet([4, 1, 1])[:2]
            chances = {"Good": good, "Bad": bad, "NoData": 1 - good - bad}
            plots = site.add(c, chunk=chunk), site.add(c, "RF_TOF", chunk=chunk)
            verdicts.add(c, site.hall_id, [site.judged(plots[0], model_id, chances), site.judged(plots[1], other)])
            expected.append([good, bad, 1 - good - bad])
    with site.database.read() as c:
        ids, labels, values = verdicts.probabilities(c, model_id)
        rows = {row.id: row for row in verdicts.rows(c, site.hall_id)}
        assert verdicts.probabilities(c, other + 1)[2].shape[0] == 0
    assert labels == ["Good", "Bad", "NoData"]
    assert ids.dtype == np.int64
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, expected, rtol=1e-6)
    assert [rows[int(id_)].chunk for id_ in ids] == list(range(1, 41))


def test_a_dashboards_sql_finds_labels_and_probabilities(site: Site) -> None:
    """What the schema promises to who reads it without Hydra."""
    with site.database.write() as c:
        model_id = site.add_model(c)
        verdicts.add(c, site.hall_id, [site.judged(site.add(c), model_id, DOUBT)])
        found = c.execute(
            sa.text(
                "SELECT plot_types.name, plots.run_number, labels.name AS label, probability "
                "FROM probabilities JOIN verdicts ON verdicts.id = verdict_id JOIN plots ON plots.id = plot_id "
                "JOIN plot_types ON plot_types.id = plots.plot_type_id "
                "JOIN labels ON labels.id = probabilities.label_id "
                "ORDER BY probability DESC"
            )
        ).all()
    assert [(row.name, row.run_number, row.label) for row in found] == [
        ("CDC_occupancy", 80464, label) for label in ("Bad", "Good", "NoData")
    ]
