"""Pages of plots that wait for a person: in every order and queue, each plot with one labeler at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from hydra_desktop.database import features, halls, label_pages, label_queue, plots, verdicts
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.database.features import StoredFeatures
from hydra_desktop.domain.hall import PlotType
from hydra_desktop.domain.labeling import Choice, Filters, Mode, Order, Queue
from hydra_desktop.domain.verdict import Status, judge
from hydra_desktop.services import labeling
from hydra_desktop.services.label_pages import Ask, LabelPages, Page, build
from hydra_desktop.services.labeling import Labeler
from hydra_desktop.services.near_duplicates import ALIKE
from tests.database.conftest import START, THRESHOLDS, Site

TYPE = "CDC_occupancy"
EVERYTHING = Ask(TYPE, Queue.UNLABELLED, 100, stacks=False, blind_share=0.0)


@dataclass
class Desk(Site):
    """A hall whose plots wait for people."""

    model_id: int = 0

    def wait(self, chunk: int, good: float | None = 0.9, *, picture: str = "", **name: Any) -> int:
        """A kept plot of a minute of its own, judged as Good or Bad with that probability of Good; its id."""
        with self.database.write() as c:
            self.model_id = self.model_id or self.add_model(c)
            plot = self.add(c, live=False, chunk=chunk, picture=picture or str(chunk), **name)
            if good is not None:
                chances = {"Good": good, "Bad": 1 - good}
                verdict = judge(chances, THRESHOLDS, PlotType(TYPE))
                verdicts.add(c, self.hall_id, [verdicts.JudgedPlot(plot.id, TYPE, self.model_id, verdict)])
            label_queue.refresh(c, [plot.id])
        return plot.id

    def pages(self, user: str = "eva", station: str = "desk") -> LabelPages:
        return LabelPages(self.database, self.hall_id, user, station)

    def decide(self, *choices: tuple[int, str | None], user: str = "eva", mode: Mode = Mode.GRID) -> None:
        who = Labeler(self.database, self.hall_id, user, "desk")
        who.decide(labeling.decision([Choice(plot_id, label) for plot_id, label in choices], mode, 1000))


@pytest.fixture
def desk(database: Database) -> Desk:
    with database.write() as c:
        return Desk(database, halls.find_or_create(c, "D"))


def ids(page: Page) -> list[int]:
    return [item.plot.id for item in page.items]


def test_a_queue_is_offered_in_the_order_that_is_wanted(desk: Desk) -> None:
    late = desk.wait(9, 0.95, run_number=80464)
    early = desk.wait(1, 0.65, run_number=80464)
    unjudged = desk.wait(5, None, run_number=80464)
    next_day = desk.wait(3, 0.85, run_number=80465)
    pages = desk.pages()

    def offered(order: Order, **more: Any) -> list[int]:
        return ids(pages.page(replace(EVERYTHING, order=order, **more)))

    assert offered(Order.NEWEST) == [next_day, late, unjudged, early]
    assert offered(Order.OLDEST) == [early, unjudged, late, next_day]
    assert offered(Order.RUN) == [early, unjudged, late, next_day]
    assert offered(Order.LEAST_SURE) == [unjudged, early, next_day, late]
    assert offered(Order.MOST_SURE) == [late, next_day, early, unjudged]
    assert offered(Order.OLDEST, size=2, without=frozenset({unjudged})) == [early, late]
    chance = offered(Order.NEWEST, queue=Queue.RANDOM)
    assert chance == sorted(chance, key=label_queue.shuffled)
    desk.decide((late, "Good"))
    assert offered(Order.NEWEST, queue=Queue.EVERY) == [next_day, late, unjudged, early]
    assert offered(Order.MOST_SURE, queue=Queue.EVERY, size=2) == [late, next_day]
    assert offered(Order.NEWEST, queue=Queue.EVERY, size=2, first=1) == [late, unjudged]
    assert offered(Order.RUN, queue=Queue.EVERY, first=3) == [next_day]


def test_disputed_plots_come_in_the_order_of_their_ids(desk: Desk) -> None:
    later, earlier = desk.wait(2), desk.wait(1)
    for plot_id in (earlier, later):
        desk.decide((plot_id, "Good"))
        desk.decide((plot_id, "Bad"), user="ben")
    page = desk.pages().page(replace(EVERYTHING, queue=Queue.DISPUTED))
    assert ids(page) == [later, earlier]
    assert [(one.user, one.label) for one in page.items[0].given] == [("eva", "Good"), ("ben", "Bad")]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(), [1, 2, 3, 4]),
        (Filters(first_run=80465), [3, 4]),
        (Filters(last_run=80464), [1, 2]),
        (Filters(run_period="other"), [4]),
        (Filters(guess="Bad"), [2]),
        (Filters(guess="Nobody"), []),
        (Filters(label="NoData"), [3]),
        (Filters(user="ben"), [3]),
        (Filters(since=START + timedelta(minutes=10)), [2, 3, 4]),
        (Filters(until=START + timedelta(minutes=10)), [1, 2]),
        (Filters(least_confidence=0.8), [1, 2]),
        (Filters(most_confidence=0.8), [3]),
        (Filters(first_run=80465, most_confidence=0.99, user="eva"), []),
    ],
)
def test_filters_leave_plots_out_and_count_only_the_rest(desk: Desk, filters: Filters, found: list[int]) -> None:
    plot_ids = [
        desk.wait(1, 0.95),
        desk.wait(2, 0.1),
        desk.wait(1, 0.7, run_number=80465),
        desk.wait(2, None, run_number=80465, run_period="other"),
    ]
    desk.decide((plot_ids[2], "NoData"), user="ben")
    page = desk.pages().page(replace(EVERYTHING, queue=Queue.EVERY, order=Order.OLDEST, filters=filters))
    assert ids(page) == [plot_ids[number - 1] for number in found]
    assert page.left == len(found)


def test_what_one_has_is_not_offered_to_another_for_a_while(desk: Desk) -> None:
    plot_ids = [desk.wait(chunk) for chunk in range(1, 7)]
    ask = replace(EVERYTHING, order=Order.OLDEST, size=2)
    eva, ben = desk.pages("eva"), desk.pages("ben")
    assert ids(eva.page(ask)) == plot_ids[:2]
    page = ben.page(ask)
    assert ids(page) == plot_ids[2:4]
    assert (page.left, page.others) == (6, (("eva", 2),))
    assert ids(desk.pages("eva", "hall").page(ask)) == plot_ids[4:]  # another station is another desk
    desk.pages("eva", "hall").release()
    assert ids(eva.page(replace(ask, without=frozenset(plot_ids[:2])))) == plot_ids[4:]  # and it keeps the first two
    assert ids(desk.pages("cy").page(ask)) == []
    assert ids(eva.page(ask)) == plot_ids[:2]  # what it hasn't in hand any more is given back
    assert ids(desk.pages("cy").page(ask)) == plot_ids[4:]
    eva.release()
    assert ids(ben.page(replace(ask, without=frozenset(plot_ids[2:4])))) == plot_ids[:2]
    assert dict(desk.pages("cy").page(ask).others) == {"ben": 4}


def test_a_claim_that_ended_keeps_nobody_away(desk: Desk) -> None:
    plot_ids = [desk.wait(chunk) for chunk in range(1, 4)]
    ask = replace(EVERYTHING, order=Order.OLDEST, size=2)
    assert ids(desk.pages("eva").page(ask)) == plot_ids[:2]
    with desk.database.write() as c:
        c.execute(t.label_claims.update().values(until=START))
    page = desk.pages("ben").page(ask)
    assert (ids(page), page.others) == (plot_ids[:2], ())
    assert ids(desk.pages("eva").page(ask)) == plot_ids[2:]


def test_several_who_ask_at_the_same_moment_never_get_the_same_plot(desk: Desk) -> None:
    plot_ids = {desk.wait(chunk) for chunk in range(1, 31)}
    people = ["ann", "ben", "cy", "eva", "flo", "guy"]
    barrier = threading.Barrier(len(people))
    orders = [Order.NEWEST, Order.OLDEST, Order.LEAST_SURE]

    def ask(number: int) -> list[int]:
        pages = desk.pages(people[number])
        wanted = replace(EVERYTHING, size=5, order=orders[number % 3])
        barrier.wait(10)
        return ids(pages.page(wanted))

    with ThreadPoolExecutor(len(people)) as pool:
        got = [one for found in pool.map(ask, range(len(people))) for one in found]
    assert sorted(got) == sorted(plot_ids)


def test_what_was_claimed_or_decided_meanwhile_is_not_got(desk: Desk) -> None:
    first, second, third = (desk.wait(chunk) for chunk in range(1, 4))
    holder = label_pages.Holder(desk.hall_id, "eva", "desk")
    with desk.database.read() as c:
        view = label_pages.View.of(c, desk.hall_id, TYPE, Queue.UNLABELLED, Order.NEWEST, Filters())
    desk.decide((first, "Good"), user="ben")
    desk.pages("ben").page(replace(EVERYTHING, size=1))
    with desk.database.write() as c:
        assert label_pages.claim(c, view, holder, [first, second, third]) == {second}
    with desk.database.read() as c:
        assert sorted(c.execute(sa.select(t.label_claims.c.plot_id, t.label_claims.c.user)).all()) == [
            (second, "eva"), (third, "ben")
        ]  # fmt: skip


def test_a_skipped_plot_comes_back_in_another_session_or_when_the_skip_is_undone(desk: Desk) -> None:
    first, second, third = (desk.wait(chunk) for chunk in range(1, 4))
    ask = replace(EVERYTHING, order=Order.OLDEST)
    desk.decide((first, None))
    desk.decide((third, "Good"))
    assert ids(desk.pages().page(ask)) == [second]
    desk.pages().release()
    assert ids(desk.pages("ben").page(ask)) == [first, second]
    desk.pages("ben").release()
    labeler = Labeler(desk.database, desk.hall_id, "eva", "desk")
    labeler.undo()
    labeler.undo()
    assert ids(desk.pages().page(ask)) == [first, second, third]
    labeler.redo()
    assert ids(desk.pages().page(ask)) == [second, third]
    with desk.database.write() as c:  # it was another day
        c.execute(t.label_actions.update().values(at=START))
    assert ids(desk.pages().page(ask)) == [first, second, third]


def test_a_share_of_the_unlabelled_is_judged_without_the_guess(desk: Desk) -> None:
    plot_ids = [desk.wait(chunk, 0.55) for chunk in range(1, 61)]
    pages = desk.pages()
    page = pages.page(replace(EVERYTHING, blind_share=0.2))
    blind = {item.plot.id for item in page.items if item.blind}
    assert 3 < len(blind) < 25
    assert all(item.shown_guess == ("" if item.blind else "Good") for item in page.items)
    unconfirmed = pages.page(replace(EVERYTHING, queue=Queue.UNCONFIRMED, blind_share=0.2))
    assert {item.plot.id for item in unconfirmed.items if item.blind} == blind  # the same wherever they come up
    assert all(item.blind for item in pages.page(replace(EVERYTHING, queue=Queue.RANDOM, blind_share=0.0)).items)
    desk.decide(*((plot_id, "Bad") for plot_id in plot_ids))
    assert not any(item.blind for item in pages.page(replace(EVERYTHING, queue=Queue.DISAGREE, blind_share=1.0)).items)


def described(desk: Desk, vectors: dict[int, np.ndarray]) -> None:
    """Store pooled features of plots."""
    with desk.database.write() as c:
        contents = {one.id: one.content_hash for one in plots.of_ids(c, desk.hall_id, list(vectors)).values()}
        features.put(
            c,
            "net",
            [StoredFeatures(contents[one], vector.astype("<f2").tobytes()) for one, vector in vectors.items()],
        )


def test_near_duplicates_are_a_stack_with_one_who_has_it(desk: Desk) -> None:
    step = np.zeros(1432)
    step[0] = np.sqrt(1432)
    base = np.ones(1432)
    first = desk.wait(1)
    same_picture = desk.wait(2, picture="1")
    near = desk.wait(3)
    far = desk.wait(4)
    other_guess = desk.wait(5, 0.2, picture="1")
    other_pad = desk.wait(6, picture="1", pad="02")
    other_run = desk.wait(7, picture="1", run_number=80465)
    alone = desk.wait(8)
    described(desk, {first: base, near: base + 0.5 * ALIKE * step, far: base + 2 * ALIKE * step})
    ask = replace(EVERYTHING, order=Order.OLDEST, stacks=True)

    def stacks(page: Page) -> list[tuple[int, ...]]:
        return [(item.plot.id, *item.alike) for item in page.items]

    expected = [(first, same_picture, near), (far,), (other_guess,), (other_pad,), (alone,), (other_run,)]
    eva = desk.pages()
    assert stacks(eva.page(ask)) == expected
    assert stacks(eva.page(replace(ask, size=2))) == expected[:2]
    page = desk.pages("ben").page(ask)
    assert stacks(page) == expected[2:]
    assert page.others == (("eva", 4),)
    desk.pages("ben").release()
    for queue in (Queue.RANDOM, Queue.EVERY):
        assert all(not item.alike for item in eva.page(replace(ask, queue=queue)).items)
    assert len(eva.page(replace(ask, stacks=False)).items) == 8


def test_a_page_looks_through_four_times_its_size(desk: Desk) -> None:
    plot_ids = [desk.wait(chunk, picture="all alike") for chunk in range(1, 13)]
    page = desk.pages().page(replace(EVERYTHING, order=Order.OLDEST, stacks=True, size=2))
    assert [(item.plot.id, *item.alike) for item in page.items] == [tuple(plot_ids[:8])]


def test_queues_and_labels_are_counted(desk: Desk) -> None:
    good, bad, doubt, plain, unlike = desk.wait(1), desk.wait(2), desk.wait(3, 0.55), desk.wait(4), desk.wait(5)
    with desk.database.write() as c:
        c.execute(t.verdicts.update().where(t.verdicts.c.plot_id == unlike).values(status=str(Status.UNFAMILIAR)))
        label_queue.refresh(c, [unlike])
    desk.decide((good, "Good"), (bad, "Bad"))
    pages = desk.pages()
    assert pages.counts(TYPE) == {
        Queue.UNLABELLED: 3, Queue.UNCONFIRMED: 1, Queue.UNFAMILIAR: 1, Queue.CONTESTED: 0, Queue.DISAGREE: 1,
        Queue.DISPUTED: 0, Queue.SUSPECT: 0, Queue.MISTAKE: 0, Queue.RANDOM: 3, Queue.EVERY: 5,
    }  # fmt: skip
    assert pages.label_counts(TYPE) == {"Good": 1, "Bad": 1}
    assert ids(pages.page(replace(EVERYTHING, queue=Queue.UNCONFIRMED))) == [doubt]
    assert ids(pages.page(replace(EVERYTHING, queue=Queue.UNFAMILIAR))) == [unlike]
    assert plain in ids(pages.page(EVERYTHING))
    with pytest.raises(KeyError):
        pages.page(replace(EVERYTHING, plot_type="Nothing"))


def test_filters_offer_what_there_is(desk: Desk) -> None:
    first, second = desk.wait(1, run_period="2021-08"), desk.wait(2, run_period="2021-08")
    desk.wait(1, run_number=80465, run_period="2022-02")
    desk.wait(1, run_number=80463, run_period="")
    pages = desk.pages()
    assert pages.choices(TYPE) == (["2022-02", "2021-08"], [])
    desk.decide((first, "Good"), user="eva")
    desk.decide((second, "Good"), user="ben")
    assert pages.choices(TYPE)[1] == ["ben", "eva"]


def test_plots_are_read_as_they_stand(desk: Desk) -> None:
    first, second = desk.wait(1), desk.wait(2, None)
    desk.decide((second, "Bad"))
    items = desk.pages().of_plots([second, 999, first])
    assert [(item.plot.id, item.label, item.shown_guess) for item in items] == [
        (second, "Bad", ""),
        (first, "", "Good"),
    ]
    assert items[0].verdict_id is None
    assert items[1].verdict_id is not None
    assert LabelPages(desk.database, desk.hall_id + 1, "eva", "desk").of_plots([first]) == ()


Look = Callable[[LabelPages], object]


@pytest.mark.parametrize(
    "look",
    [lambda pages: pages.page(EVERYTHING), lambda pages: pages.counts(TYPE), lambda pages: pages.label_counts(TYPE)],
)
def test_the_queues_of_plots_from_before_are_built_once(database: Database, look: Look) -> None:
    with database.write() as c:
        site = Site(database, halls.find_or_create(c, "D"))
        stored = [site.add(c, live=False, chunk=chunk).id for chunk in range(1, 4)]
        site.add(c, live=True, chunk=9)  # not kept
        c.execute(t.counters.delete().where(t.counters.c.name == "label queue"))
    pages = LabelPages(database, site.hall_id, "eva", "desk")
    look(pages)
    assert sorted(set(queued(database))) == stored
    with database.write() as c:
        c.execute(t.label_queue.delete())
    look(pages)
    build(database, site.hall_id)
    assert queued(database) == []


def queued(database: Database) -> Sequence[int]:
    with database.read() as c:
        return list(c.scalars(sa.select(t.label_queue.c.plot_id).order_by(t.label_queue.c.plot_id)))
