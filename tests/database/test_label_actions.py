"""Decisions of labelers: stored once and in order, taken back and given again, queues following."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hydra_desktop.database import clock, contests, halls, label_actions, label_queue, plots, verdicts
from hydra_desktop.database import tables as t
from hydra_desktop.domain.errors import LabelingError
from hydra_desktop.domain.labeling import Act, Choice, Mode
from hydra_desktop.domain.verdict import NO_MODEL
from hydra_desktop.services import labeling
from hydra_desktop.services.labeling import Labeler

from .conftest import Site

TYPE = "CDC_occupancy"


@pytest.fixture
def ids(site: Site) -> list[int]:
    """Six plots that were imported."""
    with site.database.write() as c:
        stored = [site.add(c, live=False, chunk=number, picture=str(number)).id for number in range(1, 7)]
        label_queue.refresh(c, stored)
    return stored


def labeler(site: Site, user: str = "eva", station: str = "desk") -> Labeler:
    return Labeler(site.database, site.hall_id, user, station)


def give(site: Site, label: str | None, *plot_ids: int, mode: Mode = Mode.SINGLE, by: Labeler | None = None) -> Act:
    choices = [Choice(plot_id, label, guess_visible=True) for plot_id in plot_ids]
    return (by or labeler(site)).decide(labeling.decision(choices, mode, 1200))


def waiting(site: Site) -> dict[str, list[int]]:
    """The plots of each queue, and those that have a label."""
    q = t.label_queue.c
    with site.database.read() as c:
        rows = c.execute(sa.select(q.queue, q.plot_id, q.label_id).order_by(q.queue, q.taken_at, q.plot_id)).all()
    found: dict[str, list[int]] = {}
    for queue, plot_id, label_id in rows:
        if queue != "every" or label_id is not None:
            found.setdefault("labelled" if queue == "every" else queue, []).append(plot_id)
    return found


def labels_of(site: Site, plot_id: int) -> list[tuple[str, str]]:
    """What stands of a plot, by user."""
    with site.database.read() as c:
        return [(one.user, one.label) for one in label_queue.given(c, [plot_id]).get(plot_id, ())]


def test_a_label_takes_a_plot_out_of_the_unlabelled(site: Site, ids: list[int]) -> None:
    assert waiting(site) == {"unlabelled": ids}
    act = give(site, "Bad", ids[0])
    assert waiting(site) == {"labelled": ids[:1], "unlabelled": ids[1:]}
    assert act.choices == (Choice(ids[0], "Bad", guess_visible=True),)
    with site.database.read() as c:
        (stored,) = label_queue.given(c, ids)[ids[0]]
    assert (stored.label, stored.user, stored.mode, stored.taken_ms, stored.accepted, stored.guess_visible) == (
        "Bad", "eva", "single", 1200, False, True,
    )  # fmt: skip


def test_all_is_undone_and_redone_step_by_step(site: Site, ids: list[int]) -> None:
    person = labeler(site)
    give(site, "Good", ids[0])
    give(site, "Bad", ids[0])
    give(site, "NoData", *ids[1:4], mode=Mode.GRID)
    give(site, None, ids[4])
    assert [labels_of(site, one)[-1:] for one in ids[:2]] == [[("eva", "Bad")], [("eva", "NoData")]]
    kinds = []
    while (act := person.undo()) is not None:
        assert act.undone
        kinds.append([choice.label for choice in act.choices])
    assert kinds == [[None], ["NoData"] * 3, ["Bad"], ["Good"]]
    assert waiting(site) == {"unlabelled": ids}
    assert person.session().can_redo == 4
    again = [person.redo() for _ in range(4)]
    assert [[choice.label for choice in act.choices] for act in again if act] == kinds[::-1]
    assert person.redo() is None
    assert labels_of(site, ids[0]) == [("eva", "Good"), ("eva", "Bad")]
    assert waiting(site) == {"labelled": ids[:4], "unlabelled": ids[4:]}


def test_what_was_taken_back_is_gone_for_redo_once_something_else_is_decided(site: Site, ids: list[int]) -> None:
    person = labeler(site)
    give(site, "Good", ids[0])
    give(site, "Good", ids[1])
    person.undo()
    give(site, "Bad", ids[2])
    assert person.redo() is None
    undone = person.undo(), person.undo()
    assert [act.choices[0].plot_id for act in undone if act] == [ids[2], ids[0]]
    assert person.undo() is None
    again = person.redo(), person.redo()  # the oldest comes back first
    assert [act.choices[0].plot_id for act in again if act] == [ids[0], ids[2]]
    assert person.session().can_redo == 0
    assert person.redo() is None  # what was taken back before that is gone
    assert labels_of(site, ids[1]) == []


def test_a_decision_sent_twice_is_stored_once(site: Site, ids: list[int]) -> None:
    one = labeling.decision([Choice(ids[0], "Bad"), Choice(ids[1], None)], Mode.GRID, 10)
    first, second = labeler(site).decide(one), labeler(site).decide(one)
    assert first == second
    assert labels_of(site, ids[0]) == [("eva", "Bad")]


def test_a_wish_to_take_back_that_is_sent_twice_is_carried_out_once(site: Site, ids: list[int]) -> None:
    person = labeler(site)
    give(site, "Good", ids[0])
    give(site, "Bad", ids[0])
    first, second = person.undo("wish"), person.undo("wish")
    assert first == second is not None
    assert first.undone
    assert labels_of(site, ids[0]) == [("eva", "Good")]
    again = person.redo("another"), person.redo("another")
    assert again[0] == again[1] is not None
    assert labels_of(site, ids[0]) == [("eva", "Good"), ("eva", "Bad")]


def test_what_counts_is_the_databases_clock(site: Site, ids: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = timedelta(hours=1)
    by_database = clock.now
    monkeypatch.setattr(clock, "now", lambda c: by_database(c) + ahead)
    monkeypatch.setattr(clock, "here", lambda _c, at: at - ahead)
    with site.database.write() as c:
        (verdict_id,) = verdicts.add(c, site.hall_id, [verdicts.JudgedPlot(ids[0], TYPE, None, NO_MODEL)])
        contest = contests.add(c, site.hall_id, verdict_id, "Bad", comment="", user="eva", station="s")
    act = give(site, "Bad", ids[0])
    with site.database.read() as c:
        (said,) = label_queue.given(c, ids)[ids[0]]
    now = datetime.now(UTC)
    assert ahead - timedelta(minutes=1) < contest.at - now < said.at - now < ahead + timedelta(seconds=1)
    assert act.at == said.at
    ((shown, count),) = labeler(site).session().recent
    assert count == 1
    assert now - timedelta(minutes=1) < shown < now


def test_the_undo_of_another_person_or_station_is_another(site: Site, ids: list[int]) -> None:
    give(site, "Bad", ids[0])
    for other in (labeler(site, "ben"), labeler(site, station="other")):
        assert other.undo() is None
    undone = labeler(site).undo()  # as after a restart: nothing of it is kept in memory
    assert undone is not None
    assert labels_of(site, ids[0]) == []


def test_after_a_long_pause_another_session_begins(site: Site, ids: list[int]) -> None:
    give(site, "Bad", ids[0])
    with site.database.write() as c:
        long_ago = datetime.now().astimezone() - label_actions.PAUSE - timedelta(minutes=1)
        c.execute(t.label_actions.update().values(at=long_ago))
    person = labeler(site)
    assert person.session().labels == 0
    assert person.undo() is None
    give(site, "Bad", *ids[1:3])
    give(site, None, ids[3])
    session = person.session()
    assert (session.labels, session.skipped, session.can_undo, session.can_redo) == (2, 1, 2, 0)
    assert [count for _, count in session.recent] == [2, 0]


def test_a_label_that_went_out_of_use_or_a_plot_that_is_gone_stores_nothing(site: Site, ids: list[int]) -> None:
    with site.database.write() as c:
        hall = halls.load(c, site.hall_id)
        kept = tuple(label for label in hall.plot_types[TYPE].labels if label.name != "Bad")
        changed = {**hall.plot_types, TYPE: type(hall.plot_types[TYPE])(TYPE, labels=kept)}
        halls.apply(c, site.hall_id, type(hall)("D", plot_types=changed), user="eva")
    with pytest.raises(LabelingError, match="The label Bad is none of this plot type any more"):
        labeler(site).decide(labeling.decision([Choice(ids[0], "Good"), Choice(ids[1], "Bad")], Mode.GRID, 1))
    with pytest.raises(LabelingError, match="isn't in the database any more"):
        give(site, "Good", ids[-1] + 1)
    assert waiting(site) == {"unlabelled": ids}
    assert labeler(site).session().can_undo == 0


def test_two_people_who_disagree_wait_for_a_third(site: Site, ids: list[int]) -> None:
    give(site, "Good", ids[0])
    give(site, "Bad", ids[0], by=labeler(site, "ben"))
    assert waiting(site)["disputed"] == ids[:1]
    give(site, "Bad", ids[0], by=labeler(site, "kim"), mode=Mode.ADJUDICATE)
    assert "disputed" not in waiting(site)
    assert labels_of(site, ids[0]) == [("eva", "Good"), ("ben", "Bad"), ("kim", "Bad")]  # all are kept
    labeler(site, "kim").undo()
    assert waiting(site)["disputed"] == ids[:1]


def test_queues_follow_verdicts_and_contests(site: Site) -> None:
    with site.database.write() as c:
        model_id = site.add_model(c)
        chances = [{"Good": 0.55, "Bad": 0.45}, {"Good": 0.1, "Bad": 0.9}]
        stored = [site.add(c, chunk=number, picture=str(number)) for number in (1, 2, 3)]
        ids = [one.id for one in stored]
        plots.keep(c, ids[:2])
        verdict_ids = verdicts.add(
            c,
            site.hall_id,
            [site.judged(plot, model_id, chance) for plot, chance in zip(stored, chances, strict=False)],
        )
        label_queue.refresh(c, ids)
    assert waiting(site) == {"unconfirmed": ids[:1], "unlabelled": ids[:2]}  # the third isn't kept
    with site.database.write() as c:
        contest = contests.add(c, site.hall_id, verdict_ids[1], "Good", comment="", user="shift", station="s")
        label_queue.refresh(c, ids)
    assert waiting(site)["contested"] == ids[1:2]
    give(site, "Good", ids[1])
    assert waiting(site) == {"labelled": ids[1:2], "unconfirmed": ids[:1], "unlabelled": ids[:1]}
    with site.database.write() as c:
        contests.take_back(c, site.hall_id, contest.id, user="shift")
        label_queue.refresh(c, ids)
    labeler(site).undo()
    assert "contested" not in waiting(site)


def test_decisions_of_several_at_once_are_all_there(
    site: Site, ids: list[int], together: Callable[..., list[Any]]
) -> None:
    people = [labeler(site, user) for user in ("eva", "ben", "kim")]

    def work(person: Labeler) -> None:
        for plot_id in ids if person.user != "ben" else ids[::-1]:
            give(site, "Good" if person.user == "eva" else "Bad", plot_id, by=person)
        give(site, "NoData", *ids, by=person)
        person.undo()

    together(*(lambda person=person: work(person) for person in people))
    for plot_id in ids:
        assert sorted(labels_of(site, plot_id)) == [("ben", "Bad"), ("eva", "Good"), ("kim", "Bad")]
    assert waiting(site) == {"disputed": ids, "labelled": ids}


def test_the_key_of_a_label_is_changed_and_kept_with_history(site: Site, ids: list[int]) -> None:
    person = labeler(site)
    person.set_key(TYPE, "NoData", "B")
    keys = {label.name: label.key for label in person.hall().plot_types[TYPE].labels}
    assert (keys["NoData"], keys["Bad"]) == ("b", "")
    with site.database.read() as c:
        assert c.scalar(sa.select(sa.func.count()).where(t.hall_history.c.comment == "key of NoData")) == 1
    for label, key in (("NoData", "bb"), ("NoData", " "), ("Nothing", "x")):
        with pytest.raises(LabelingError):
            person.set_key(TYPE, label, key)


def test_a_durable_write_is_flushed_and_the_next_is_as_before(site: Site) -> None:
    if site.database.dialect != "sqlite":
        pytest.skip("PostgreSQL's always are")
    for durable, level in ((True, 2), (False, 1), (True, 2)):
        with site.database.write(durable=durable) as c:
            assert c.exec_driver_sql("PRAGMA synchronous").scalar_one() == level
    with site.database.read() as c:
        assert c.exec_driver_sql("PRAGMA synchronous").scalar_one() == 1


def test_the_same_plot_has_the_same_place_by_chance_for_everybody() -> None:
    numbers = [label_queue.shuffled(one) for one in range(1, 10001)]
    assert len(set(numbers)) == 10000
    assert all(900 < sum(int(10 * one / 2**32) == tenth for one in numbers) < 1100 for tenth in range(10))
    assert label_queue.shuffled(1) == label_queue.shuffled(1)
