"""Labels that people give, models with their files and thresholds."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hydra_desktop.database import feed, given_labels, halls, label_queue, model_store
from hydra_desktop.database import tables as t
from hydra_desktop.domain.errors import ModelFileError
from hydra_desktop.domain.labeling import in_force

from .conftest import START, THRESHOLDS, Site


def _current(c: sa.Connection, site: Site, plot_type: str = "CDC_occupancy") -> list[tuple[int, str, str]]:
    return [(one.plot.id, one.label, one.user) for one in given_labels.current(c, site.hall_id, plot_type)]


def test_the_newest_label_is_the_current_one_and_all_are_kept(site: Site) -> None:
    with site.database.write() as c:
        plot, other = site.add(c, chunk=1), site.add(c, chunk=2)
        site.add(c, chunk=3)
        given_labels.give(c, other.id, "NoData", user="ben", at=START)
        assert given_labels.give(c, plot.id, "Good", user="eva", at=START) is not None
        assert given_labels.give(c, plot.id, "Good", user="eva", at=START) is None
        assert given_labels.give(c, plot.id, "Good", user="ben", at=START) is not None
        given_labels.give(c, plot.id, "Bad", user="eva", at=START + timedelta(seconds=1), mode="single", taken_ms=850)
        assert _current(c, site) == [(plot.id, "Bad", "eva"), (other.id, "NoData", "ben")]
        assert _current(c, site, "RF_TOF") == []
        rows = list(given_labels.rows(c, site.hall_id))
        assert [(row.plot_id, row.label, row.user, row.mode) for row in rows] == [
            (other.id, "NoData", "ben", "import"),
            (plot.id, "Good", "eva", "import"),
            (plot.id, "Good", "ben", "import"),
            (plot.id, "Bad", "eva", "single"),
        ]
        assert rows[-1].at == START + timedelta(seconds=1)
        assert given_labels.imported(c, [plot.id, other.id], "eva") == {plot.id: ("Good", False)}


def test_a_label_taken_back_counts_no_more(site: Site) -> None:
    with site.database.write() as c:
        plot = site.add(c)
        given_labels.give(c, plot.id, "Good", user="eva", at=START)
        second = given_labels.give(c, plot.id, "Bad", user="eva", at=START)
        c.execute(t.given_labels.update().where(t.given_labels.c.id == second).values(withdrawn=True))
        assert _current(c, site) == [(plot.id, "Good", "eva")]
        assert given_labels.give(c, plot.id, "Bad", user="eva", at=START) is not None


def test_a_label_that_was_chosen_goes_before_any_accepted_guess(site: Site) -> None:
    with site.database.write() as c:
        plot, other = site.add(c, chunk=1), site.add(c, chunk=2)

        def give(plot_id: int, label: str, user: str, *, accepted: bool) -> int | None:
            return given_labels.give(c, plot_id, label, user=user, at=START, accepted=accepted)

        give(other.id, "Good", "ben", accepted=True)
        give(other.id, "Bad", "eva", accepted=True)
        give(plot.id, "Bad", "eva", accepted=False)
        assert give(plot.id, "Bad", "eva", accepted=True) is None  # she has said more
        give(plot.id, "Good", "ben", accepted=True)
        found = given_labels.current(c, site.hall_id, "CDC_occupancy")
        assert [(one.label, one.user, one.accepted) for one in found] == [("Bad", "eva", False), ("Bad", "eva", True)]
        assert given_labels.of_plots(c, [plot.id, other.id]) == {plot.id: ("Bad", "eva"), other.id: ("Bad", "eva")}
        assert give(other.id, "Bad", "eva", accepted=False) is not None
        assert [one.accepted for one in given_labels.current(c, site.hall_id, "CDC_occupancy")] == [False, False]
        for one in found:
            given = label_queue.given(c, [one.plot.id])[one.plot.id]
            assert given_labels.of_plots(c, [one.plot.id])[one.plot.id][0] == getattr(in_force(given), "label", "")


def test_a_label_that_the_plot_type_never_had_is_an_error(site: Site) -> None:
    with site.database.write() as c:
        plot = site.add(c)
        with pytest.raises(KeyError):
            given_labels.give(c, plot.id, "Nonsense", user="eva", at=START)


def test_a_model_comes_back_as_it_was(site: Site) -> None:
    file = bytes(range(256)) * 100
    with site.database.write() as c:
        model_id = site.add_model(c, file=file)
    with site.database.read() as c:
        (record,) = model_store.listing(c, site.hall_id)
        assert model_store.file(c, model_id) == file
    assert (record.id, record.plot_type, record.active, record.created_by) == (model_id, "CDC_occupancy", True, "eva")
    assert record.card == {"labels": ["Good", "Bad", "NoData"]}
    assert record.thresholds == THRESHOLDS


def test_a_file_that_was_tampered_with_is_refused(site: Site) -> None:
    with site.database.write() as c:
        model_id = site.add_model(c)
        c.execute(t.model_files.update().values(data=b"w3ights"))
        with pytest.raises(ModelFileError, match="changed"):
            model_store.file(c, model_id)
        for use in (model_store.file, lambda c, id_: model_store.activate(c, id_, user="eva")):
            with pytest.raises(ModelFileError, match="isn't in the database"):
                use(c, model_id + 1)


def test_one_model_is_active_and_going_back_is_history_too(site: Site) -> None:
    with site.database.write() as c:
        first, second = site.add_model(c), site.add_model(c)
        other = site.add_model(c, "RF_TOF")
        active = model_store.active(c, site.hall_id)
        assert {name: record.id for name, record in active.items()} == {"CDC_occupancy": second, "RF_TOF": other}
        model_store.activate(c, first, user="ben")
        assert model_store.active(c, site.hall_id)["CDC_occupancy"].id == first
        assert [record.active for record in model_store.listing(c, site.hall_id, "CDC_occupancy")] == [False, True]
        log = c.execute(sa.select(t.model_activations.c.model_id, t.model_activations.c.user)).all()
        assert [tuple(row) for row in log] == [(first, "eva"), (second, "eva"), (other, "eva"), (first, "ben")]


def test_thresholds_in_force_are_the_newest_and_the_old_stay(site: Site) -> None:
    with site.database.write() as c:
        model_id = site.add_model(c)
        model_store.set_thresholds(
            c, model_id, {"Bad": 0.9}, user="ben", chosen=model_store.BY_HAND, comment="too many"
        )
    with site.database.read() as c:
        assert model_store.active(c, site.hall_id)["CDC_occupancy"].thresholds == {**THRESHOLDS, "Bad": 0.9}
        assert c.scalar(sa.select(sa.func.count()).select_from(t.thresholds)) == 4
        kinds = [(one.kind, one.subject_id) for one in feed.read_after(c, site.hall_id, 0)]
    assert kinds.count(("model", model_id)) == 1  # once a transaction


def test_labels_of_a_model_are_labels_of_its_plot_type(site: Site) -> None:
    with site.database.write() as c:
        model_store.add(c, site.hall_id, "New", file=b"x", card={}, thresholds={"Good": 0.5, "Dent": 0.5}, user="eva")
        assert "Dent" in [label.name for label in halls.load(c, site.hall_id).plot_types["New"].labels]
