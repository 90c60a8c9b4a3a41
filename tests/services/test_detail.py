"""What a detail view reads of a stream, and what people do there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hydra_desktop.database import alarms, contests, model_store, plots
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.alarm import AlarmState
from hydra_desktop.domain.reference import ReferenceState
from hydra_desktop.domain.verdict import Status, explain, judge
from hydra_desktop.services import detail as detail_service
from hydra_desktop.services.detail import Ask, Other
from tests.views.detail_bench import BAD, GOOD, THRESHOLDS, TYPES, Site, make_site

DOUBT = {"Good": 0.55, "Bad": 0.45, "HotChannel": 0.0, "NoData": 0.0}


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Site:
    return make_site(database, tmp_path)


def test_a_stream_without_plots_is_no_error(site: Site) -> None:
    detail = site.service().read(Ask("CDC", ""))
    assert (detail.shown, detail.past, detail.history) == (None, None, ())


def test_all_of_a_plot_is_read_at_once(site: Site) -> None:
    near = site.train_on("Bad", 1)
    first, _ = site.arrive("CDC", 100, 1, GOOD, 9)
    good, _ = site.arrive("CDC", 101, 1, GOOD, 8)
    doubt, _ = site.arrive("CDC", 101, 2, DOUBT, 7)
    bad, verdict = site.arrive("CDC", 101, 3, BAD, 6, ((near, 1.5), ("e" * 64, 2.0)), novelty=0.25)
    alarm = site.alarm(bad, verdict)
    site.refer_to([first, good], ReferenceState.CONFIRMED)
    detail = site.service().read(Ask("CDC", "", None, alarm.id))
    assert detail.is_newest
    assert [one.plot.id for one in detail.history] == [first.id, good.id, doubt.id, bad.id]
    assert detail.thresholds == THRESHOLDS
    assert set(detail.maps) == set(BAD)
    assert detail.novelty == pytest.approx(0.25)
    assert [(one.label, one.plot is None) for one in detail.nearest] == [("Bad", False), ("", True)]
    assert {other: one.plot.id for other, one in detail.others.items()} == {
        Other.LAST_GOOD: good.id, Other.REFERENCE: good.id, Other.BEFORE: doubt.id, Other.FIRST_OF_RUN: good.id
    }  # fmt: skip
    assert [(step.former, step.state) for step in detail.log] == [(AlarmState.NORMAL, AlarmState.UNACKNOWLEDGED)]
    back = site.service().read(Ask("CDC", "", good.id))
    assert back.others[Other.LAST_GOOD].plot.id == first.id
    assert not back.is_newest


def test_one_can_go_back_farther_than_the_last_ones(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detail_service, "LAST", 4)
    ids = [site.arrive("CDC", 101, chunk, GOOD, 20 - chunk)[0].id for chunk in range(1, 11)]
    service = site.service()
    assert [one.plot.id for one in service.read(Ask("CDC", "")).history] == ids[-4:]
    assert [one.plot.id for one in service.read(Ask("CDC", "", ids[-3])).history] == ids[-4:]
    assert [one.plot.id for one in service.read(Ask("CDC", "", ids[6])).history] == ids[4:9]
    assert [one.plot.id for one in service.read(Ask("CDC", "", ids[0])).history] == ids[:3]


def test_thresholds_are_those_of_the_time_of_the_verdict(site: Site) -> None:
    site.arrive("CDC", 101, 1, BAD, 1)
    with site.database.write() as c:
        model_store.set_thresholds(c, site.models["CDC"], {"Bad": 0.99}, user="eva", chosen="by hand")
    assert site.service().read(Ask("CDC", "")).thresholds["Bad"] == THRESHOLDS["Bad"]
    with site.database.read() as c:
        assert model_store.thresholds_at(c, site.models["CDC"], datetime.now(UTC))["Bad"] == 0.99


def test_a_contest_is_stored_shown_and_taken_back(site: Site) -> None:
    plot, verdict = site.arrive("CDC", 101, 1, BAD, 1)
    other = site.arrive("FDC", 101, 1, BAD, 1)[1]
    ann, bob = site.service("ann"), site.service("bob")
    ann.contest(verdict, "HotChannel")
    again = ann.contest(verdict, "Good", "tripped")
    bob.contest(verdict, "NoData")
    bob.contest(other, "Good")
    detail = bob.read(Ask("CDC", ""))
    standing = [(one.user, one.label, one.comment, one.station) for one in detail.contests if one.stands]
    assert standing == [("bob", "NoData", "", "here"), ("ann", "Good", "tripped", "here")]
    assert detail.contested == {plot.id}
    assert bob.take_back(again.id)
    assert not ann.take_back(again.id)
    with site.database.read() as c:
        assert plots.get(c, plot.id).kept
        assert [one.user for one in contests.standing(c, site.hall_id, "CDC")] == ["bob"]
        assert len(contests.standing(c, site.hall_id)) == 2
        taken = next(one for one in contests.of_plot(c, plot.id) if one.id == again.id)
        assert taken.taken_back_by == "bob"


def test_a_contest_needs_a_label_and_a_verdict_of_the_hall(site: Site) -> None:
    _, verdict = site.arrive("CDC", 101, 1, BAD, 1)
    with pytest.raises(KeyError):
        site.service().contest(verdict, "Nonsense")
    with pytest.raises(KeyError):
        site.service().contest(verdict + 1000, "Good")


def test_the_log_of_an_alarm_tells_who_and_why(site: Site) -> None:
    plot, verdict = site.arrive("CDC", 101, 1, BAD, 1)
    alarm = site.alarm(plot, verdict)
    with site.database.write() as c:
        alarms.move(
            c, alarm, alarm.life.acknowledged(), at=datetime.now(UTC), who="ann", station="here", why="acknowledged"
        )
        raised, taken = alarms.log(c, alarm.id)
    assert (raised.who, raised.why, raised.label) == ("monitor", "Confirmed in 2 of 3 chunks", "Bad")
    assert (taken.state, taken.who) == (AlarmState.ACKNOWLEDGED, "ann")


@pytest.mark.parametrize(
    ("chances", "unfamiliar", "novelty", "words"),
    [
        (BAD, False, None, "Confirmed: 94 % is over the threshold of 72 %."),
        (DOUBT, False, 0.5, "Unconfirmed: 55 % is under the threshold of 60 %. It is like training plots (p = 0.5)."),
        (BAD, True, 0.01, "of familiar ones 1.0 % would be this far off (p = 0.01)"),
        (BAD, True, 0.6, "differs from what is normal"),
        ({}, False, None, "NoModel"),
    ],
)
def test_why_a_verdict_has_its_status(
    chances: dict[str, float], unfamiliar: bool, novelty: float | None, words: str
) -> None:
    verdict = judge(chances, THRESHOLDS, TYPES["CDC"], unfamiliar=unfamiliar)
    assert words in explain(verdict, THRESHOLDS, novelty)


def test_a_status_that_the_threshold_does_not_explain_is_not_explained_by_it() -> None:
    verdict = judge(BAD, {"Bad": 0.9}, TYPES["CDC"])
    assert verdict.status is Status.CONFIRMED
    assert "by another threshold" in explain(verdict, {"Bad": 0.99})
