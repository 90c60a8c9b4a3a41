"""What people do at a desk: take alarms, write news, switch the beam, export, check."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from hydra_desktop.database import alarms as alarm_store
from hydra_desktop.database import conditions, feed, given_labels, halls, model_store, plots, verdicts, wall
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.alarm import Alarm, AlarmState
from hydra_desktop.domain.condition import ConditionKind
from hydra_desktop.domain.errors import SettingsError
from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.domain.run import BeamSource
from hydra_desktop.domain.verdict import NO_MODEL, Status, Verdict
from hydra_desktop.domain.who import Who
from hydra_desktop.services import alarms, checking, notices
from hydra_desktop.services.alarm_watch import AlarmWatch
from hydra_desktop.services.exporting import export
from hydra_desktop.services.importing import import_manifest
from hydra_desktop.services.progress import Progress
from tests.fakes import manifests

NOW = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
WAITS = sa.text(  # of this PostgreSQL database, for what another transaction holds
    "SELECT count(*) FROM pg_locks JOIN pg_database ON oid = database "
    "WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
)


@pytest.fixture
def images(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "images")


def judged(database: Database, images: ImageStore) -> tuple[int, Alarm]:
    """A hall with one Bad plot in alarm."""
    with database.write() as connection:
        hall_id = halls.find_or_create(connection, "D")
        halls.ensure_plot_type(connection, hall_id, "hump")
        content = images.add(manifests.png("Bad", 1))
        plot = plots.add(connection, hall_id, NewPlot(PlotName("hump", 7, 3), content, NOW, "a"), live=True)
        assert plot is not None
        verdict = Verdict("Bad", 0.9, Status.CONFIRMED, 0.95, {})
        (verdict_id,) = verdicts.add(connection, hall_id, [verdicts.JudgedPlot(plot.id, "hump", None, verdict)])
        alarm = alarm_store.raise_alarm(
            connection,
            hall_id,
            plot_type="hump",
            pad="",
            label="Bad",
            severity=Severity.HIGH,
            plot_id=plot.id,
            verdict_id=verdict_id,
            confidence=0.9,
            at=NOW,
            station="here",
            why="2 of 3",
        )
    return hall_id, alarm


def until(so: Callable[[], object]) -> None:
    """Look until it is so, for 20 s at most."""
    deadline = time.monotonic() + 20.0
    while not so():
        assert time.monotonic() < deadline


def test_who_is_in_a_deadlock_takes_the_alarm_still(database: Database, images: ImageStore) -> None:
    if database.dialect == "sqlite":
        pytest.skip("there is one writer at a time, so nobody waits in a circle")
    hall_id, alarm = judged(database, images)
    with ThreadPoolExecutor(1) as person:
        with database.write() as c:
            c.execute(sa.text("SET LOCAL deadlock_timeout = '60s'"))  # the person's wait is the one that ends
            feed.publish(c, hall_id, "alarm", alarm.id)
            feed.write_pending(c)
            taken = person.submit(alarms.acknowledge, database, hall_id, alarm.id, who=Who("eva", "here"))
            until(lambda: c.scalar(WAITS))
            c.execute(sa.update(t.alarms).values(facts="seen"))
        assert taken.result(timeout=20).acknowledged_by == "eva"


def test_several_alarms_are_moved_by_one_at_a_time(database: Database, images: ImageStore) -> None:
    """Out of service, and the monitor and the watch beside, move alarms in any order and never wait in a circle."""
    if database.dialect == "sqlite":
        pytest.skip("there is one writer at a time, so nobody waits in a circle")
    hall_id, _ = judged(database, images)
    watch = AlarmWatch(database, hall_id, "here", "watch")
    assert watch.look()
    with ThreadPoolExecutor(2) as others:
        with database.write() as c:
            alarm_store.hold(c, hall_id)
            looked = others.submit(watch.look)
            out = others.submit(
                alarms.take_out_of_service, database, hall_id, "hump", why="gas", who=Who("eva", "here")
            )
            until(lambda: c.scalar(WAITS) == 2)
            (alarm,) = alarm_store.open_alarms(c, hall_id)
            taken = alarm.life.acknowledged()
            assert alarm_store.move(c, alarm, taken, at=NOW, who="ann", station="there", why="") is not None
        assert looked.result(timeout=20)
        out.result(timeout=20)
    with database.read() as c:
        assert alarm_store.get(c, alarm.id).state is AlarmState.OUT_OF_SERVICE


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_an_alarm_is_taken_once_by_the_first(database: Database, images: ImageStore) -> None:
    hall_id, alarm = judged(database, images)
    with database.read() as connection:
        before = feed.position(connection, hall_id)
    first = alarms.acknowledge(database, hall_id, alarm.id, who=Who("ann", "one"))
    second = alarms.acknowledge(database, hall_id, alarm.id, who=Who("bob", "two"))
    assert first == second
    assert (first.state, first.acknowledged_by) == (AlarmState.ACKNOWLEDGED, "ann")
    with database.read() as connection:
        assert [(c.kind, c.subject_id) for c in feed.read_after(connection, hall_id, before)] == [("alarm", alarm.id)]
        log = list(alarm_store.rows(connection, hall_id))
    assert [(row.to_state, row.who, row.station) for row in log] == [
        ("unacknowledged", "monitor", "here"),
        ("acknowledged", "ann", "one"),
    ]


def test_an_alarm_whose_fault_went_away_ends_when_it_is_taken(database: Database, images: ImageStore) -> None:
    hall_id, alarm = judged(database, images)
    with database.write() as connection:
        alarm_store.move(
            connection, alarm, alarm.life.with_condition(False), at=NOW, who="monitor", station="here", why="clear"
        )
    taken = alarms.acknowledge(database, hall_id, alarm.id, who=Who("ann", "one"))
    assert taken.state is AlarmState.NORMAL
    with database.read() as connection:
        assert alarm_store.open_alarms(connection, hall_id) == []


def test_news_and_beam_reach_the_wall(database: Database) -> None:
    with database.write() as connection:
        hall_id = halls.find_or_create(connection, "D")
    notices.write_news(database, hall_id, " Target\nis  empty ", user="ann")
    notices.switch_beam(database, hall_id, False)
    with database.read() as connection:
        snapshot = wall.load(connection, hall_id)
    assert (snapshot.news.text, snapshot.news.user) == ("Target is empty", "ann")
    assert (snapshot.run.beam_on, snapshot.run.source) == (False, BeamSource.SWITCH)


def test_labels_leave_as_a_manifest_that_comes_back(database: Database, images: ImageStore, tmp_path: Path) -> None:
    manifest = manifests.write(tmp_path / "data", ["Good", "Bad", ""])
    import_manifest(database, "D", images, manifest, user="ann", progress=Progress())
    out = tmp_path / "labels.csv"
    assert export(database, "D", images, "labels", out) == 2
    assert [(row["run_number"], row["label"], row["user"]) for row in rows(out)] == [
        ("1", "Good", "ann"),
        ("2", "Bad", "ann"),
    ]
    report = import_manifest(database, "E", images, out, user="bob", progress=Progress())
    assert (report.added, report.labelled, report.file_times, report.refused) == ({"hump": 2}, 2, 0, ())


def test_labels_that_were_accepted_come_back_as_such(database: Database, images: ImageStore, tmp_path: Path) -> None:
    manifest = manifests.write(tmp_path / "data", ["Good", "Bad", "Good"])
    lines = manifest.read_text().splitlines()
    manifest.write_text("\n".join([f"{lines[0]},accepted", f"{lines[1]},true", f"{lines[2]},", f"{lines[3]},1"]))
    import_manifest(database, "D", images, manifest, user="ann", progress=Progress())
    with database.write() as connection:
        hall_id = halls.find(connection, "D") or 0
        first, second, third = given_labels.current(connection, hall_id, "hump")
        for plot, label, accepted in ((first.plot, "Bad", False), (second.plot, "Good", True)):
            given_labels.give(connection, plot.id, label, user="bob", at=NOW, accepted=accepted)
    assert third.accepted
    out = tmp_path / "labels.csv"
    export(database, "D", images, "labels", out)
    expected = [("1", "Bad", False), ("2", "Bad", False), ("3", "Good", True)]
    assert [(row["run_number"], row["label"], row["accepted"] == "True") for row in rows(out)] == expected
    import_manifest(database, "E", images, out, user="cy", progress=Progress())
    with database.read() as connection:
        found = given_labels.current(connection, halls.find(connection, "E") or 0, "hump")
    assert [(str(one.plot.name.run_number), one.label, one.accepted) for one in found] == expected
    assert import_manifest(database, "E", images, out, user="cy", progress=Progress()).labelled == 0
    out.write_text(out.read_text().replace("True", "False"))
    assert import_manifest(database, "E", images, out, user="cy", progress=Progress()).labelled == 1


def test_verdicts_and_alarms_leave_as_tables(database: Database, images: ImageStore, tmp_path: Path) -> None:
    judged(database, images)
    assert export(database, "D", images, "verdicts", tmp_path / "v.csv") == 1
    (verdict,) = rows(tmp_path / "v.csv")
    assert (verdict["plot_type"], verdict["chunk"], verdict["label"], verdict["status"]) == (
        "hump",
        "3",
        "Bad",
        "Confirmed",
    )
    assert verdict["taken_at"] == "2026-03-01T02:30:00Z"
    assert export(database, "D", images, "alarms", tmp_path / "a.csv") == 1
    (alarm,) = rows(tmp_path / "a.csv")
    assert (alarm["from_state"], alarm["to_state"], alarm["severity"]) == ("normal", "unacknowledged", "high")


def test_conditions_leave_as_a_table(database: Database, images: ImageStore, tmp_path: Path) -> None:
    hall_id, alarm = judged(database, images)
    with database.write() as connection:
        conditions.begin(
            connection,
            hall_id,
            "hump",
            ConditionKind.CHANGED,
            first_plot_id=alarm.plot_id,
            since=NOW,
            begins_period=False,
            facts="10 of the last 10 plots",
            at=NOW,
        )
    assert export(database, "D", images, "conditions", tmp_path / "c.csv") == 1
    (condition,) = rows(tmp_path / "c.csv")
    assert (condition["kind"], condition["plot_type"], condition["run_number"]) == ("changed", "hump", "7")
    assert (condition["since"], condition["facts"]) == ("2026-03-01T02:30:00Z", "10 of the last 10 plots")
    assert (condition["ended_at"], condition["ended_by"]) == ("", "")


def test_an_empty_export_has_its_header(database: Database, images: ImageStore, tmp_path: Path) -> None:
    with database.write() as connection:
        halls.find_or_create(connection, "D")
    assert export(database, "D", images, "alarms", tmp_path / "a.csv") == 0
    assert (tmp_path / "a.csv").read_text().startswith("at,alarm_id,plot_type,")
    with pytest.raises(SettingsError, match="There is no hall E"):
        export(database, "E", images, "alarms", tmp_path / "a.csv")


def test_a_check_finds_missing_pictures(database: Database, images: ImageStore) -> None:
    judged(database, images)
    assert checking.check(database, images, progress=Progress()) == []
    (path,) = [path for path in images.folder.rglob("*") if path.is_file()]
    path.unlink()
    (problem,) = checking.check(database, images, progress=Progress())
    assert problem.startswith(f"1 pictures are not in {images.folder}")


def test_a_verdict_without_a_model_has_no_numbers(database: Database, images: ImageStore, tmp_path: Path) -> None:
    manifest = manifests.write(tmp_path / "data", [""])
    (plot_id,) = import_manifest(database, "D", images, manifest, user="ann", progress=Progress()).plot_ids.values()
    with database.write() as connection:
        hall_id = halls.find_or_create(connection, "D")
        verdicts.add(connection, hall_id, [verdicts.JudgedPlot(plot_id, "hump", None, NO_MODEL)])
    export(database, "D", images, "verdicts", tmp_path / "v.csv")
    (row,) = rows(tmp_path / "v.csv")
    assert (row["status"], row["label"], row["confidence"], row["fault_score"]) == ("NoModel", "", "", "")


def test_an_active_model_that_cannot_be_used_is_found(database: Database, images: ImageStore) -> None:
    with database.write() as connection:
        hall_id = halls.find_or_create(connection, "D")
        model_id = model_store.add(
            connection, hall_id, "hump", file=b"old", card={}, thresholds={"Good": 0.5}, user="ann"
        )
        model_store.activate(connection, model_id, user="ann")
    (problem,) = checking.check(database, images, progress=Progress())
    assert problem.startswith("hall D: the active model of hump can't be used: This is no model of Hydra")
