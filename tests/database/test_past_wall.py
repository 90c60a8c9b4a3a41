"""The wall as it was at another time, and the way from run to run and chunk to chunk."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hydra_desktop.database import alarms, conditions, episodes, halls, heartbeats, runs, verdicts, wall
from hydra_desktop.database.naming import plot_type_id
from hydra_desktop.domain.alarm import Alarm, AlarmState, Behind
from hydra_desktop.domain.condition import ConditionKind
from hydra_desktop.domain.episode import Episode
from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.past import Moment
from hydra_desktop.domain.plot import Plot
from hydra_desktop.domain.wall import PanelState, WallSnapshot, panel_state

from .conftest import START, Site

BAD = {"Good": 0.05, "Bad": 0.9, "NoData": 0.05}
GOOD = {"Good": 0.9, "Bad": 0.05, "NoData": 0.05}
MINUTE = timedelta(minutes=1)


def _judge(
    c: sa.Connection,
    site: Site,
    model_id: int | None,
    chances: dict[str, float] = GOOD,
    *,
    after: timedelta = MINUTE,
    **name: Any,
) -> Plot:
    """A plot, judged some time after it was taken, as the newest of its stream."""
    plot = site.add(c, **name)
    one = site.judged(plot, model_id, chances, decided_at=plot.taken_at + after)
    (verdict_id,) = verdicts.add(c, site.hall_id, [one])
    known = episodes.newest(c, site.hall_id).get((plot.name.plot_type, plot.name.pad))
    if known is not None and known.goes_on_with(one.verdict):
        episode = known.with_plot(plot)
        episodes.extend(c, [episode])
    else:
        (episode,) = episodes.start(c, site.hall_id, [Episode.begun(0, plot, one.verdict)])
    wall.update_panels(c, site.hall_id, [wall.Shown(plot, verdict_id, episode.id)])
    return plot


def _raise(c: sa.Connection, site: Site, plot: Plot, severity: Severity, at: datetime) -> Alarm:
    (past,) = wall.history(c, site.hall_id, plot.name.plot_type, 1, pad=plot.name.pad)
    return alarms.raise_alarm(
        c, site.hall_id, plot_type=plot.name.plot_type, pad=plot.name.pad, label="Bad", severity=severity,
        plot_id=plot.id, verdict_id=past.verdict_id, confidence=0.9, at=at, station="s", why="",
    )  # fmt: skip


def _at(site: Site, when: Any, taken_by: Any = None) -> WallSnapshot:
    with site.database.read() as c:
        return wall.at(c, site.hall_id, Moment(when, taken_by or when))


def _shown(snapshot: WallSnapshot) -> tuple[int | None, str]:
    (panel,) = snapshot.panels
    assert panel.verdict is not None
    return (panel.plot.name.chunk if panel.plot else None, panel.verdict.label)


def test_each_stream_shows_what_was_judged_by_then(site: Site) -> None:
    with site.database.write() as c:
        model_id = site.add_model(c)
        first = _judge(c, site, model_id, GOOD, chunk=1)
        _judge(c, site, model_id, BAD, chunk=2)
        third = _judge(c, site, model_id, BAD, chunk=3)
        heartbeats.beat(c, site.hall_id, "monitor", "here", 1)
    before = _at(site, first.taken_at)  # it was there, but nobody had judged it
    assert [panel.plot for panel in before.panels] == [None]
    assert (before.run.run_number, before.newest_data_at, before.as_of) == (None, None, first.taken_at)
    assert _shown(_at(site, first.taken_at + MINUTE)) == (1, "Good")
    now = third.taken_at + 2 * MINUTE
    snapshot = _at(site, now)
    assert _shown(snapshot) == (3, "Bad")
    (panel,) = snapshot.panels
    assert panel.episode is not None
    assert (panel.episode.started_at, panel.episode.last_at) == (START + 10 * MINUTE, START + 15 * MINUTE)
    then = _at(site, START + 12 * MINUTE)
    (panel,) = then.panels
    assert panel.episode is not None
    assert (panel.episode.started_at, panel.episode.last_at) == (START + 10 * MINUTE, START + 10 * MINUTE)
    assert (then.run.run_number, then.run.run_period) == (80464, "RunPeriod-2021-08")
    assert not then.monitor.recorded
    assert panel_state(panel, then.run, then.monitor, START + 12 * MINUTE) is PanelState.FAULT
    assert panel_state(panel, then.run, then.monitor, START + timedelta(hours=5)) is PanelState.STALE


def test_a_chunk_written_again_later_shows_what_was_known_then(site: Site) -> None:
    with site.database.write() as c:
        model_id = site.add_model(c)
        _judge(c, site, model_id, BAD, chunk=1, picture="first")
        _judge(c, site, model_id, GOOD, chunk=1, picture="again", after=timedelta(hours=2))
        shadow = site.judged(site.add(c, chunk=2), model_id, GOOD, decided_at=START)
        verdicts.add(c, site.hall_id, [shadow], live=False)
        site.add(c, chunk=3, live=False)
    assert _shown(_at(site, START + 10 * MINUTE)) == (1, "Bad")
    assert _shown(_at(site, START + timedelta(hours=3))) == (1, "Good")


def test_the_most_doubtful_pad_is_shown_and_each_alarm_its_own(site: Site) -> None:
    with site.database.write() as c:
        model_id = site.add_model(c)
        for pad, chances in (("01", GOOD), ("02", BAD), ("03", GOOD)):
            plot = _judge(c, site, model_id, chances, chunk=1, pad=pad)
        _judge(c, site, model_id, GOOD, chunk=2, pad="02")
        alarm = _raise(c, site, plot, Severity.HIGH, START + 8 * MINUTE)
    early = _at(site, START + 7 * MINUTE)
    assert [(panel.pad, panel.alarm) for panel in early.panels] == [("02", None)]
    assert early.in_alarm == ()
    later = _at(site, START + 9 * MINUTE)
    assert [(panel.pad, panel.alarm) for panel in later.panels] == [("03", alarm)]
    assert later.in_alarm == later.panels


def test_alarms_stand_as_they_stood_then(site: Site) -> None:
    with site.database.write() as c:
        model_id = site.add_model(c)
        plot = _judge(c, site, model_id, BAD, chunk=1)
        alarm = _raise(c, site, plot, Severity.MEDIUM, START)
        told = [alarm]
        for minute, (state, who, facts) in enumerate(
            (
                (AlarmState.ACKNOWLEDGED, "eva", {}),
                (AlarmState.UNACKNOWLEDGED, "monitor", {}),
                (AlarmState.RETURNED_UNACKNOWLEDGED, "monitor", {"behind": Behind(plot.id, None, None, 0.8)}),
                (AlarmState.NORMAL, "ben", {}),
            ),
            start=1,
        ):
            at = START + minute * 10 * MINUTE
            life = told[-1].life
            after = {
                AlarmState.UNACKNOWLEDGED: life.with_condition(True, Severity.HIGH, "Hot"),
                AlarmState.RETURNED_UNACKNOWLEDGED: life.with_condition(False),
            }.get(state, life.acknowledged())
            changed = alarms.move(c, told[-1], after, at=at, who=who, station="s", why="", **facts)
            assert changed is not None
            told.append(changed)
        later = _raise(c, site, plot, Severity.HIGH, START + 60 * MINUTE)
    with site.database.read() as c:
        for minute, expected in enumerate(told[:-1]):
            assert alarms.open_at(c, site.hall_id, START + (minute * 10 + 5) * MINUTE) == [expected]
        assert alarms.open_at(c, site.hall_id, START - MINUTE) == []
        assert alarms.open_at(c, site.hall_id, START + 45 * MINUTE) == []
        assert alarms.open_at(c, site.hall_id, START + 61 * MINUTE) == [later] == alarms.open_alarms(c, site.hall_id)
    assert _at(site, START + 39 * MINUTE).last_alarm_ended_at is None
    assert _at(site, START + 61 * MINUTE).last_alarm_ended_at == START + 40 * MINUTE


def test_an_alarm_is_there_whatever_is_said_of_an_older_one_that_is_over(site: Site) -> None:
    with site.database.write() as c:
        first, second = (_judge(c, site, site.add_model(c), BAD, chunk=1, plot_type=name) for name in ("CDC", "FDC"))
        over = _raise(c, site, first, Severity.HIGH, START)
        for minute, life in ((1, over.life.acknowledged()), (2, over.life.acknowledged().with_condition(False))):
            over = alarms.move(c, over, life, at=START + minute * MINUTE, who="eva", station="s", why="") or over
        raised = _raise(c, site, second, Severity.HIGH, START + 10 * MINUTE)
        said = {"at": START + 12 * MINUTE, "who": "eva", "station": "s", "why": "it was: real"}
        assert alarms.move(c, over, over.life, disposition="real", **said)
        later = _raise(c, site, first, Severity.LOW, START + 14 * MINUTE - timedelta(seconds=1))  # by a clock set back
        for one, minute in ((raised, 30), (later, 40)):
            alarms.move(
                c, one, one.life.acknowledged(), at=START + minute * MINUTE, who="eva", station="s", why=""
            )  # fmt: skip
        assert alarms.open_at(c, site.hall_id, START + 13 * MINUTE) == [raised]
        assert alarms.open_at(c, site.hall_id, START + 15 * MINUTE) == [later, raised]


def test_conditions_and_news_of_then(site: Site) -> None:
    with site.database.write() as c:
        plot = _judge(c, site, site.add_model(c), chunk=1)
        conditions.begin(
            c, site.hall_id, "CDC_occupancy", ConditionKind.CHANGED, first_plot_id=plot.id, since=START,
            begins_period=False, facts="38 of 40", at=START + 10 * MINUTE,
        )  # fmt: skip
        halls.set_news(c, site.hall_id, "Access at 9", "ben")
        (open_one,) = conditions.open_conditions(c, site.hall_id)
    assert _at(site, START + 9 * MINUTE).conditions == ()
    then = _at(site, START + 10 * MINUTE)
    assert then.conditions == (open_one,)
    assert then.panels[0].condition == open_one
    assert then.news.text == ""
    with site.database.write() as c:
        conditions.end(
            c, site.hall_id, plot_type_id(c, site.hall_id, "CDC_occupancy"), who="eva", why=""
        )  # now, long after
    assert _at(site, START + 10 * MINUTE).conditions == (open_one,)


def test_the_way_from_run_to_run_and_chunk_to_chunk(site: Site) -> None:
    with site.database.write() as c:
        model_id = site.add_model(c)
        for run, chunks in ((80464, (1, 2, 5)), (80470, (1, 2))):
            for chunk in chunks:
                _judge(c, site, model_id, run_number=run, chunk=chunk)
        last = _judge(c, site, model_id, plot_type="TAGM_map", run_number=80464, chunk=None, after=timedelta(hours=3))
        _judge(c, site, model_id, run_number=80460, chunk=9, run_period="RunPeriod-2022-01", after=timedelta(days=99))
        site.add(c, run_number=7, chunk=1, live=False)
    with site.database.read() as c:
        found = runs.runs(c, site.hall_id)
        # the second period began later, though its number and the time in the test's name are lower
        assert {(run.run_number, run.run_period) for run in found} == {
            (80464, "RunPeriod-2021-08"), (80470, "RunPeriod-2021-08"), (80460, "RunPeriod-2022-01"),
        }  # fmt: skip
        of_run = next(run for run in found if run.run_number == 80464)
        assert of_run.last_at == START + 25 * MINUTE
        place = (site.hall_id, "RunPeriod-2021-08", 80464)
        assert runs.chunk_beside(c, *place, 5, -1) == 2
        assert runs.chunk_beside(c, *place, 2, 1) == 5
        assert runs.chunk_beside(c, *place, 5, 1) is None
        assert runs.chunk_beside(c, *place, None, -1) == 5
        assert runs.chunk_beside(c, *place, None, 1) == 1
        assert runs.end_of(c, *place, 2) == Moment(START + 11 * MINUTE, START + 10 * MINUTE)
        assert runs.end_of(c, *place) == Moment(last.taken_at + timedelta(hours=3), START + 25 * MINUTE)
        assert runs.end_of(c, site.hall_id, "", 80464) is None


def test_a_run_judged_late_shows_its_own_plots(site: Site) -> None:
    with site.database.write() as c:
        model_id = site.add_model(c)
        _judge(c, site, model_id, BAD, run_number=80464, chunk=1, after=timedelta(days=9))
        _judge(c, site, model_id, GOOD, run_number=80466, chunk=1)
        moment = runs.end_of(c, site.hall_id, "RunPeriod-2021-08", 80464)
    assert moment is not None
    snapshot = _at(site, moment.when, moment.taken_by)
    assert (_shown(snapshot), snapshot.run.run_number) == ((1, "Bad"), 80464)
