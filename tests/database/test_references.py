"""References on both databases: what is in force, what is kept, what is told."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hydra_desktop.database import feed, given_labels, halls, label_queue, plots, references
from hydra_desktop.database import tables as t
from hydra_desktop.domain import reference as rules
from hydra_desktop.domain.plot import Plot
from hydra_desktop.domain.reference import Candidate, Reference, ReferenceState

from .conftest import START, Site

CDC = "CDC_occupancy"


def add(c: sa.Connection, site: Site, chosen: list[Plot], period: str = "A", *, proposed: bool = False) -> Reference:
    state = ReferenceState.PROPOSED if proposed else ReferenceState.CONFIRMED
    return references.add(c, site.hall_id, CDC, period, chosen, state=state, user="eva", comment="why")


def of_run(c: sa.Connection, site: Site, run: int, count: int = 2, period: str = "A") -> list[Plot]:
    return [site.add(c, run_number=run, chunk=chunk, run_period=period) for chunk in range(1, count + 1)]


def give(c: sa.Connection, plot: Plot, label: str, user: str = "eva", *, days: int = 0, accepted: bool = False) -> None:
    given_labels.give(c, plot.id, label, user=user, at=START + timedelta(days=days), accepted=accepted)
    label_queue.refresh(c, [plot.id])


def test_what_is_confirmed_is_in_force_and_inherited(site: Site) -> None:
    with site.database.write() as c:
        first = of_run(c, site, 80464)
        of_run(c, site, 80465, period="B")
        stored = add(c, site, first[::-1])
    with site.database.read() as c:
        found = references.in_force(c, site.hall_id, CDC)
        assert list(found) == ["A", "B"]
        assert found["A"] == stored
        assert (stored.user, stored.comment, stored.state) == ("eva", "why", ReferenceState.CONFIRMED)
        assert found["A"].plot_ids == tuple(plot.id for plot in first)
        assert found["A"].content_hashes == tuple(plot.content_hash for plot in first)
        assert found["B"] == found["A"].inherited_by("B")
        assert all(plots.get(c, plot.id).kept for plot in first)  # their pictures are never forgotten
        assert [(one.kind, one.subject_id) for one in feed.read_after(c, site.hall_id, 0)][-1] == (
            "reference",
            stored.id,
        )


def test_a_new_set_never_deletes_the_old(site: Site) -> None:
    with site.database.write() as c:
        chosen = of_run(c, site, 80464, 4)
        old, new = add(c, site, chosen[:2]), add(c, site, chosen[2:])
        assert references.in_force(c, site.hall_id, CDC)["A"].id == new.id
        assert [one.reference.id for one in references.history(c, site.hall_id, CDC)] == [new.id, old.id]
        assert new.id is not None
        references.revoke(c, site.hall_id, new.id, user="ben")
    with site.database.read() as c:
        assert references.in_force(c, site.hall_id, CDC)["A"].id == old.id
        last, before = references.history(c, site.hall_id, CDC)
        assert (last.revoked_by, before.revoked_by, before.revoked_at) == ("ben", None, None)
        assert last.revoked_at is not None
        assert last.reference.plot_ids == new.plot_ids


def test_a_proposal_waits_and_is_not_in_force(site: Site) -> None:
    with site.database.write() as c:
        chosen = of_run(c, site, 80464, 4)
        proposal = add(c, site, chosen[:2], proposed=True)
        assert references.in_force(c, site.hall_id, CDC) == {}
        assert references.proposals(c, site.hall_id, CDC)["A"].id == proposal.id
        add(c, site, chosen[:2])
        assert references.proposals(c, site.hall_id, CDC) == {}
        later = add(c, site, chosen[2:], proposed=True)
        assert references.proposals(c, site.hall_id, CDC)["A"].id == later.id
        with pytest.raises(ValueError, match="inherited"):
            references.add(c, site.hall_id, CDC, "A", chosen, state=ReferenceState.INHERITED, user="eva")
    with site.database.read() as c:  # judging has nothing to take over of a proposal
        told = [change.kind for change in feed.read_after(c, site.hall_id, 0) if change.kind != "hall"]
    assert told == ["proposal", "reference", "proposal"]


def test_a_first_proposal_gives_way_to_what_a_person_sets_at_the_same_moment(site: Site) -> None:
    with site.database.write() as c:
        chosen = of_run(c, site, 80464, 4)
    done = threading.Event()

    def propose() -> None:
        with site.database.write() as other:
            references.propose_first(other, site.hall_id, CDC, "A", chosen[2:], user="monitor")
        done.set()

    proposing = threading.Thread(target=propose)
    with site.database.write() as c:
        add(c, site, chosen[:2])
        proposing.start()
        assert not done.wait(0.3)
    proposing.join()
    with site.database.read() as c:
        assert references.proposals(c, site.hall_id, CDC) == {}
    with site.database.write() as c:
        references.propose_first(c, site.hall_id, CDC, "B", chosen[2:], user="monitor")
        assert list(references.proposals(c, site.hall_id, CDC)) == ["B"]


def test_what_counts_of_each_period_of_a_hall(site: Site) -> None:
    with site.database.write() as c:
        chosen = of_run(c, site, 80464, 4)
        assert references.states(c, site.hall_id) == {}
        assert not references.was_set(c, site.hall_id, CDC, "A")
        add(c, site, chosen[:2])
        proposal = add(c, site, chosen[2:], proposed=True)
        add(c, site, chosen, "B", proposed=True)
        add(c, site, chosen, "B")
        proposed, confirmed = ReferenceState.PROPOSED, ReferenceState.CONFIRMED
        assert references.states(c, site.hall_id) == {(CDC, "A"): proposed, (CDC, "B"): confirmed}
        references.revoke(c, site.hall_id, proposal.id or 0, user="ben")
        assert references.states(c, site.hall_id) == {(CDC, "A"): confirmed, (CDC, "B"): confirmed}
        only = add(c, site, chosen, "C", proposed=True)
        references.revoke(c, site.hall_id, only.id or 0, user="ben")
        assert (CDC, "C") not in references.states(c, site.hall_id)
        assert references.was_set(c, site.hall_id, CDC, "C")


def test_the_default_is_the_first_plots_labelled_with_a_role_of_good(site: Site) -> None:
    with site.database.write() as c:
        chosen = [site.add(c, live=False, run_number=80500 - n, chunk=1, run_period="A") for n in range(36)]
        for plot in chosen:
            give(c, plot, "Good")
        for plot in chosen[-3:]:
            give(c, plot, "NoData", days=1)
        found = references.in_force(c, site.hall_id, CDC)["A"]
        assert (found.state, found.id, found.user) == (ReferenceState.DEFAULT, None, "")
        assert [plot.name.run_number for plot in found.plots] == list(range(80468, 80498))
        mine = add(c, site, chosen[:2])
        assert references.in_force(c, site.hall_id, CDC)["A"].id == mine.id


@pytest.mark.parametrize("file_times", [False, True])
def test_defaults_are_the_same_before_the_queues_are_built(site: Site, file_times: bool) -> None:
    chance = random.Random(4)
    with site.database.write() as c:
        halls.ensure_labels(c, site.hall_id, CDC, ["Good", "Acceptable", "Bad"], user="eva", comment="")
        for n in range(160):
            run = chance.randrange(80400, 80420)
            plot = site.add(c, live=False, run_number=run, chunk=n, run_period=chance.choice("ABC"))
            if file_times and chance.random() < 0.1:
                late = {"taken_at": START + timedelta(days=chance.randrange(9)), "taken_at_is_file_time": True}
                c.execute(t.plots.update().where(t.plots.c.id == plot.id).values(late))
            for user in chance.sample(["eva", "ben", "ada"], chance.randrange(3)):
                label = chance.choice(["Good", "Good", "Acceptable", "Bad"])
                give(c, plot, label, user, days=chance.randrange(9), accepted=chance.random() < 0.3)
        built = references.in_force(c, site.hall_id, CDC)
        assert {len(one.plots) for one in built.values()} != {rules.SIZE}
        assert {one.state for one in built.values()} == {ReferenceState.DEFAULT}
        c.execute(t.counters.delete().where(t.counters.c.name == "label queue"))
        assert not label_queue.is_built(c, site.hall_id)
        assert references.in_force(c, site.hall_id, CDC) == built


def test_a_reference_may_be_set_before_the_period_begins(site: Site) -> None:
    with site.database.write() as c:
        chosen = of_run(c, site, 80464)
        add(c, site, chosen)
        ahead = add(c, site, chosen, "B")
        assert {period: one.id for period, one in references.in_force(c, site.hall_id, CDC).items()}["B"] == ahead.id


def test_another_plot_type_and_an_unknown_one(site: Site) -> None:
    with site.database.write() as c:
        chosen = of_run(c, site, 80464)
        other = site.add(c, "RF_TOF")
        assert references.plots_of(c, site.hall_id, CDC, [other.id, *(plot.id for plot in chosen), 10**6]) == chosen
        add(c, site, chosen)
        assert references.in_force(c, site.hall_id, "RF_TOF") == {}
        with pytest.raises(KeyError):
            references.in_force(c, site.hall_id, "none")


def test_candidates_come_with_what_is_known_of_them(site: Site) -> None:
    with site.database.write() as c:
        model_id = site.add_model(c)
        chosen = of_run(c, site, 80464, 4)
        site.add(c, live=False, run_number=80464, chunk=9, run_period="A")  # from a manifest
        of_run(c, site, 80465, period="B")
        site.show(c, chosen[0], model_id, {"Good": 0.1, "Bad": 0.1, "NoData": 0.8})
        site.show(c, chosen[1], model_id, {"Good": 0.3, "Bad": 0.3, "NoData": 0.4})  # Unconfirmed
        given_labels.give(c, chosen[2].id, "Bad", user="eva", at=START)
        c.execute(t.plots.update().where(t.plots.c.id == chosen[3].id).values(beam_on=False))
        found = references.candidates(c, site.hall_id, CDC, "A")
    assert sorted(found, key=lambda one: one.plot.id) == [
        Candidate(chosen[0], confirmed="NoData"),
        Candidate(chosen[1]),
        Candidate(chosen[2], given="Bad"),
        Candidate(replace(chosen[3], beam_on=False), beam_on=False),
    ]


def test_the_beam_of_a_plot_is_stored(site: Site) -> None:
    with site.database.write() as c:
        site.add(c)
        new = replace(site.new_plot(chunk=2), beam_on=True, taken_at_is_file_time=True)
        added = plots.add(c, site.hall_id, new, live=True)
        assert added is not None
        assert plots.get(c, added.id) == added
        assert added.taken_at_is_file_time
        assert list(c.scalars(sa.select(t.plots.c.beam_on).order_by(t.plots.c.id))) == [None, True]
