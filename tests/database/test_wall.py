"""What the wall reads: episodes, alarms, panels, history."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hydra_desktop.database import alarms, episodes, feed, halls, heartbeats, problems, verdicts, wall
from hydra_desktop.domain.alarm import Alarm, AlarmState, Behind, Life
from hydra_desktop.domain.errors import DatabaseError
from hydra_desktop.domain.hall import PlotType
from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.plot import Plot
from hydra_desktop.domain.run import BeamSource, RunState
from hydra_desktop.domain.verdict import Status
from hydra_desktop.domain.wall import WallSnapshot

from .conftest import START, Site

BAD = {"Good": 0.05, "Bad": 0.9, "NoData": 0.05}
GOOD = {"Good": 0.9, "Bad": 0.05, "NoData": 0.05}
DOUBT = {"Good": 0.55, "Bad": 0.4, "NoData": 0.05}


def _raise(c: sa.Connection, site: Site, plot: Plot, verdict_id: int, **more: Any) -> Alarm:
    facts: dict[str, Any] = {
        "plot_type": plot.name.plot_type, "pad": plot.name.pad, "label": "Bad", "severity": Severity.HIGH,
        "plot_id": plot.id, "verdict_id": verdict_id, "confidence": 0.9, "at": START, "station": "s", "why": "2 of 3",
    }  # fmt: skip
    return alarms.raise_alarm(c, site.hall_id, **facts | more)


def _load(site: Site) -> WallSnapshot:
    with site.database.read() as c:
        return wall.load(c, site.hall_id)


def test_a_new_hall_has_an_empty_wall(site: Site) -> None:
    snapshot = _load(site)
    assert snapshot == WallSnapshot("D")


def test_a_snapshot_shows_all_that_is_known(site: Site) -> None:
    with site.database.write() as c:
        model_id = site.add_model(c)
        plot = site.add(c, chunk=3)
        verdict_id = site.show(c, plot, model_id, BAD)
        alarm = _raise(c, site, plot, verdict_id)
        halls.ensure_plot_type(c, site.hall_id, "RF_TOF")
        halls.set_run_state(c, site.hall_id, RunState(80464, "RunPeriod-2021-08", True, 1.0, BeamSource.SWITCH, START))
        halls.set_news(c, site.hall_id, "first", "eva")
        halls.set_news(c, site.hall_id, "Access at 9", "ben")
        heartbeats.beat(c, site.hall_id, "monitor", "station", 77, 5, "slow disk")
        problems.report(c, site.hall_id, "x.png", "is no picture")
    snapshot = _load(site)
    panels = {panel.plot_type.name: panel for panel in snapshot.panels}
    panel = panels["CDC_occupancy"]
    assert panel.plot == plot
    assert panel.verdict_id == verdict_id
    assert panel.verdict is not None
    assert (panel.verdict.label, panel.verdict.status) == ("Bad", Status.CONFIRMED)
    assert panel.verdict.probabilities == pytest.approx(BAD)
    assert panel.episode is not None
    assert panel.episode.plots == 1
    assert panel.alarm == alarm
    assert panels["RF_TOF"].plot is None
    assert snapshot.alarms == (alarm,)
    assert snapshot.news.text == "Access at 9"
    assert snapshot.run.beam_on
    assert (snapshot.monitor.queue_length, snapshot.monitor.message) == (5, "slow disk")
    assert [message for _, message in snapshot.problems] == ["x.png: is no picture"]
    assert snapshot.newest_data_at == plot.taken_at
    assert snapshot.analysed_total == 1
    with site.database.read() as c:
        assert snapshot.position == feed.position(c, site.hall_id)


def test_panels_are_ordered_and_the_ignored_left_out(site: Site) -> None:
    with site.database.write() as c:
        hall = halls.load(c, site.hall_id)
        types = [PlotType("b", "2"), PlotType("a", "2"), PlotType("z", "1"), PlotType("gone", "1", ignored=True)]
        halls.apply(c, site.hall_id, replace(hall, plot_types={one.name: one for one in types}), user="eva")
        site.show(c, site.add(c, "gone"), None)
    assert [panel.plot_type.name for panel in _load(site).panels] == ["z", "a", "b"]


def test_of_several_pads_the_most_doubtful_of_the_newest_chunk_is_shown(site: Site) -> None:
    with site.database.write() as c:
        model_id = site.add_model(c)
        for chunk, pad, chances in ((1, "01", BAD), (2, "01", GOOD), (2, "02", DOUBT), (2, "03", GOOD)):
            site.show(c, site.add(c, chunk=chunk, pad=pad), model_id, chances)
        assert len(episodes.newest(c, site.hall_id)) == 3
    (panel,) = _load(site).panels
    assert panel.plot is not None
    assert (panel.plot.name.chunk, panel.plot.name.pad) == (2, "02")


def test_each_alarm_comes_with_the_newest_plot_of_its_own_pad(site: Site) -> None:
    with site.database.write() as c:
        model_id = site.add_model(c)
        plots = {pad: site.add(c, chunk=2, pad=pad) for pad in ("02", "07", "09")}
        shown = {pad: site.show(c, plot, model_id, BAD) for pad, plot in plots.items()}
        first = _raise(c, site, plots["02"], shown["02"])
        second = _raise(c, site, plots["07"], shown["07"], at=START + timedelta(minutes=1))
        newer = site.add(c, chunk=3, pad="02")
        verdict_id = site.show(c, newer, model_id, BAD)
        taken = alarms.move(c, second, second.life.acknowledged(), at=START, who="ben", station="s", why="")
    snapshot = _load(site)
    assert [(one.alarm, one.plot, one.verdict_id, one.pad) for one in snapshot.in_alarm] == [
        (taken, plots["07"], shown["07"], "07"),
        (first, newer, verdict_id, "02"),
    ]
    (panel,) = snapshot.panels
    assert panel == snapshot.in_alarm[1]  # nobody has taken it


def test_an_episode_grows(site: Site) -> None:
    with site.database.write() as c:
        model_id = site.add_model(c)
        first = site.add(c, chunk=1)
        site.show(c, first, model_id, BAD)
        (episode,) = episodes.newest(c, site.hall_id).values()
        second = site.add(c, chunk=2)
        episodes.extend(c, [episode.with_plot(second)])
        grown = episodes.newest(c, site.hall_id)["CDC_occupancy", ""]
    assert (grown.label, grown.status, grown.plots) == ("Bad", Status.CONFIRMED, 2)
    assert (grown.first_plot_id, grown.last_plot_id) == (first.id, second.id)
    assert grown.last_at - grown.started_at == timedelta(minutes=5)


def test_history_is_newest_first_and_of_live_verdicts(site: Site) -> None:
    with site.database.write() as c:
        model_id = site.add_model(c)
        late = site.add(c, chunk=9)
        for chunk, chances in ((1, GOOD), (2, BAD), (3, DOUBT)):
            verdicts.add(c, site.hall_id, [site.judged(site.add(c, chunk=chunk, pad="01"), model_id, chances)])
        verdicts.add(c, site.hall_id, [site.judged(late, model_id, BAD)], live=False)
        past = wall.history(c, site.hall_id, "CDC_occupancy")
        assert [one.plot.name.chunk for one in past] == [3, 2, 1]
        assert past[0].verdict.probabilities == pytest.approx(DOUBT)
        assert [one.plot.name.chunk for one in wall.history(c, site.hall_id, "CDC_occupancy", 2)] == [3, 2]
        assert wall.history(c, site.hall_id, "CDC_occupancy", pad="02") == []
        good = wall.last_good(c, site.hall_id, "CDC_occupancy")
        assert good is not None
        assert good.plot.name.chunk == 1  # the third is Good, but not Confirmed
        halls.ensure_plot_type(c, site.hall_id, "RF_TOF")
        assert wall.last_good(c, site.hall_id, "RF_TOF") is None


def test_the_life_of_an_alarm_is_in_its_log(site: Site) -> None:
    with site.database.write() as c:
        plot = site.add(c)
        verdict_id = site.show(c, plot, site.add_model(c))
        alarm = _raise(c, site, plot, verdict_id, severity=Severity.LOW)
    behind = Behind(plot.id, verdict_id, None, 0.8, 0.5)
    moves = (
        (AlarmState.ACKNOWLEDGED, "eva", lambda life: life.acknowledged()),
        (AlarmState.UNACKNOWLEDGED, "monitor", lambda life: life.with_condition(True, Severity.HIGH)),
        (AlarmState.RETURNED_UNACKNOWLEDGED, "monitor", lambda life: life.with_condition(False)),
        (AlarmState.NORMAL, "ben", lambda life: life.acknowledged()),
    )
    for minutes, (state, who, turn) in enumerate(moves, start=1):
        with site.database.write() as c:
            changed = alarms.move(
                c, alarm, turn(alarm.life), at=START + timedelta(minutes=minutes), who=who, station="s", why="so",
                behind=behind,
            )  # fmt: skip
            assert changed is not None
            assert changed.state is state
            assert changed == alarms.get(c, alarm.id)
            alarm = changed
            acknowledged = state is AlarmState.ACKNOWLEDGED
            assert (alarm.acknowledged_by == "eva") is acknowledged or state is AlarmState.NORMAL
    with site.database.read() as c:
        assert alarms.open_alarms(c, site.hall_id) == []
        assert alarms.last_ended_at(c, site.hall_id) == START + timedelta(minutes=4)
        log = [(row.from_state, row.to_state, row.who) for row in alarms.rows(c, site.hall_id)]
        with pytest.raises(KeyError):
            alarms.get(c, alarm.id + 1)
    assert log == [
        ("normal", "unacknowledged", "monitor"),
        ("unacknowledged", "acknowledged", "eva"),
        ("acknowledged", "unacknowledged", "monitor"),
        ("unacknowledged", "returned unacknowledged", "monitor"),
        ("returned unacknowledged", "normal", "ben"),
    ]


def test_who_comes_second_moves_nothing(site: Site) -> None:
    with site.database.write() as c:
        plot = site.add(c)
        alarm = _raise(c, site, plot, site.show(c, plot, site.add_model(c)))
        for who, moved in (("eva", True), ("ben", False)):
            found = alarms.move(c, alarm, alarm.life.acknowledged(), at=START, who=who, station="s", why="")
            assert (found is not None) is moved
        assert alarms.get(c, alarm.id).acknowledged_by == "eva"
        assert len(list(alarms.rows(c, site.hall_id))) == 2


def test_a_stream_has_one_open_alarm(site: Site) -> None:
    with site.database.write() as c:
        plot = site.add(c)
        verdict_id = site.show(c, plot, site.add_model(c))
        first = _raise(c, site, plot, verdict_id)
        _raise(c, site, plot, verdict_id, pad="02", at=START + timedelta(minutes=1))
        assert [one.pad for one in alarms.open_alarms(c, site.hall_id)] == ["02", ""]
    with pytest.raises(sa.exc.IntegrityError), site.database.write() as c:
        _raise(c, site, plot, verdict_id)
    with site.database.write() as c:
        alarms.move(c, first, Life(), at=START, who="m", station="s", why="")
        _raise(c, site, plot, verdict_id)
        assert len(alarms.open_alarms(c, site.hall_id)) == 2


def test_a_snapshot_is_of_one_moment(site: Site) -> None:
    """What is committed while a wall is read isn't half in it."""
    with site.database.write() as c:
        plot = site.add(c)
        site.show(c, plot, site.add_model(c))
    with site.database.read() as c:
        before = wall.load(c, site.hall_id)
        with site.database.write() as other:
            halls.set_news(other, site.hall_id, "new", "eva")
            halls.ensure_plot_type(other, site.hall_id, "RF_TOF")
        assert wall.load(c, site.hall_id) == before
    assert len(_load(site).panels) == 2


def test_a_reader_reads_only_what_is_new_and_misses_nothing(site: Site) -> None:
    """However the hall changes, it shows what one who reads all anew shows, and asks for no plot twice."""
    reader = wall.WallReader(site.hall_id)
    asked: list[str] = []
    sa.event.listen(
        site.database.engine, "before_cursor_execute", lambda _c, _cursor, statement, *_: asked.append(statement)
    )

    def reads_plots() -> bool:
        asked.clear()
        with site.database.read() as c:
            snapshot = reader.read(c)
            read = any("FROM probabilities" in statement for statement in asked)
            assert snapshot == wall.load(c, site.hall_id)
        return read

    assert not reads_plots()
    with site.database.write() as c:
        model_id = site.add_model(c)
        first = site.add(c, chunk=1)
        verdict_id = site.show(c, first, model_id, BAD)
        feed.publish(c, site.hall_id, "plots", None)
    assert reads_plots()
    assert not reads_plots()
    with site.database.write() as c:
        alarm = _raise(c, site, first, verdict_id)
        halls.ensure_labels(c, site.hall_id, "CDC_occupancy", ["Hot"], user="eva", comment="")
        halls.ensure_plot_type(c, site.hall_id, "RF_TOF")
    assert not reads_plots()
    with site.database.write() as c:
        alarms.move(c, alarm, alarm.life.acknowledged(), at=START, who="eva", station="s", why="")
        (episode,) = episodes.newest(c, site.hall_id).values()
        second = site.add(c, chunk=2)
        (verdict_id,) = verdicts.add(c, site.hall_id, [site.judged(second, model_id, BAD)])
        episodes.extend(c, [episode.with_plot(second)])
        wall.update_panels(c, site.hall_id, [wall.Shown(second, verdict_id, episode.id)])
        site.show(c, site.add(c, chunk=2, pad="02"), model_id, DOUBT)
        feed.publish(c, site.hall_id, "plots", None)
    assert reads_plots()
    with site.database.write() as c:
        hall = halls.load(c, site.hall_id)
        gone = replace(hall.plot_types["RF_TOF"], ignored=True)
        halls.apply(c, site.hall_id, replace(hall, plot_types={"RF_TOF": gone}), user="eva")
    assert not reads_plots()


def test_who_reads_cannot_write(site: Site) -> None:
    refused = (DatabaseError, sa.exc.InternalError)
    with pytest.raises(refused, match=r"read-?only"), site.database.read() as c:
        halls.find_or_create(c, "X")
    with site.database.write() as c:
        halls.find_or_create(c, "X")
