"""Thresholds chosen by hand, by best F1 and by false alarms, on a real model; the monitor that runs uses them."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hydra_desktop import settings
from hydra_desktop.database import feed, halls, model_store, plots, verdicts
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database, open_database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import ModelFileError, SettingsError
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.services import thresholds
from hydra_desktop.services.importing import import_manifest
from hydra_desktop.services.monitor import Monitor
from hydra_desktop.services.progress import Progress
from hydra_desktop.services.thresholds import BestF1, ByHand, FalseAlarms
from hydra_desktop.services.training import TrainingReport, train
from hydra_desktop.vision import model_file
from tests.conftest import wait_for
from tests.fakes import manifests
from tests.fakes.upgraded import upgraded

SET = ["Good"] * 10 + ["Bad"] * 8 + ["NoData"] * 4
START = datetime(2024, 5, 1, tzinfo=UTC)


def teach(database: Database, folder: Path, false_alarms: FalseAlarms | None = None) -> TrainingReport:
    images = ImageStore(folder / "images")
    manifest = manifests.write(folder / "data", SET)
    import_manifest(database, "D", images, manifest, user="ann", progress=Progress())
    return train(
        database, "D", images, "hump", activate=True, user="ann", progress=Progress(), false_alarms=false_alarms
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained hall; nobody writes to it."""
    folder = tmp_path_factory.mktemp("trained")
    database = upgraded(f"sqlite:///{folder / 'hydra.db'}")
    teach(database, folder)
    database.backup(folder / "copy.db")
    database.close()
    return folder


@pytest.fixture
def database(trained: Path, tmp_path: Path) -> Iterator[Database]:
    """A copy of it."""
    shutil.copy(trained / "copy.db", tmp_path / "hydra.db")
    opened = open_database(f"sqlite:///{tmp_path / 'hydra.db'}")
    yield opened
    opened.close()


def in_force(database: Database) -> dict[str, float]:
    with database.read() as c:
        return dict(model_store.active(c, halls.find(c, "D") or 0)["hump"].thresholds)


def come_live(database: Database, count: int, every: timedelta) -> None:
    with database.write() as c:
        new = [
            NewPlot(PlotName("hump", run_number=900, chunk=n), "0" * 64, START + n * every, f"live {n}")
            for n in range(count)
        ]
        plots.add_all(c, halls.find(c, "D") or 0, new, live=True)


def test_by_hand_with_who_why_and_what_it_costs(database: Database) -> None:
    before = in_force(database)
    with database.read() as c:
        hall_id = halls.find(c, "D") or 0
        position = feed.position(c, hall_id)
    report = thresholds.change(database, "D", "hump", ByHand({"Bad": 1.0}), user="eva", comment="a noisy night")
    assert in_force(database) == {**before, "Bad": 1.0}
    assert "by hand" in report.text()
    assert (report.costs["before"].found, report.costs["now"].found) == (8, 0)
    assert report.costs["now"].good == 10
    with database.read() as c:
        assert [change.kind for change in feed.read_after(c, hall_id, position)] == ["model"]
    shown = thresholds.show(database, "D", "hump")
    assert [(one.user, one.chosen, one.comment, dict(one.values)) for one in shown.history] == [
        ("eva", "by hand", "a noisy night", {"Bad": 1.0}),
        ("ann", "best F1", "from training", before),
    ]
    text = shown.text()
    for words in (
        "Bad              1.000",
        "eva, by hand: Bad 1.000 (a noisy night)",
        "of 10)",
        "recall of faulty 0.000",
    ):
        assert words in text


def test_back_to_the_best_f1(database: Database) -> None:
    before = in_force(database)
    thresholds.change(database, "D", "hump", ByHand({"Bad": 0.99, "Good": 0.1}), user="eva")
    report = thresholds.change(database, "D", "hump", BestF1(), user="eva")
    assert in_force(database) == report.values == before


def test_for_a_rate_of_false_alarms_that_the_held_out_plots_can_show_or_not(database: Database) -> None:
    before = in_force(database)
    report = thresholds.change(database, "D", "hump", FalseAlarms(1, plots_a_day=5), user="eva")
    assert report.costs["now"].false_positives <= 2  # of 10 Good plots, one in five
    assert set(report.values) == {"Bad"}
    assert {name: value for name, value in in_force(database).items() if name != "Bad"} == {
        name: value for name, value in before.items() if name != "Bad"
    }
    assert report.chosen == "at most 1 false alarms a day of 5 plots, as said"
    assert not report.notes
    rare = thresholds.change(database, "D", "hump", FalseAlarms(0.5, plots_a_day=288), user="eva")
    assert rare.costs["now"].false_positives == 0
    assert rare.values["Bad"] >= before["Bad"]
    assert "10 Good plots were held out, which can't show fewer than 29 false alarms a day" in rare.text()


def test_the_plots_of_a_day_are_those_of_the_last_week_without_pauses(database: Database) -> None:
    with pytest.raises(SettingsError, match=r"0 plots of hump came live .* --plots-a-day N"):
        thresholds.change(database, "D", "hump", FalseAlarms(1), user="eva")
    come_live(database, 100, timedelta(minutes=10))
    report = thresholds.change(database, "D", "hump", FalseAlarms(20), user="eva")
    assert "of 144 plots, counted from 2024-05-01 00:00 to 2024-05-01 16:30 UTC" in report.text()


def test_pauses_do_not_count_and_few_plots_are_not_enough() -> None:
    a_day = [START + n * timedelta(minutes=10) for n in range(40)]
    later = [one + timedelta(days=3) for one in a_day]
    assert thresholds.counted("hump", [*a_day, *later]).plots_a_day == pytest.approx(144)
    with pytest.raises(SettingsError, match=r"40 plots of hump came live within 0\.7 hours"):
        thresholds.counted("hump", [START + n * timedelta(minutes=1) for n in range(40)])


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (ByHand({}), "Name a label"),
        (ByHand({"Bda": 0.5}), "has no label Bda; it has"),
        (ByHand({"Bad": 1.5}), "number from 0 to 1, not 1.5"),
        (ByHand({"Bad": float("nan")}), "number from 0 to 1, not nan"),
        (FalseAlarms(-1.0, 5), "number from 0 on"),
        (FalseAlarms(1.0, 0.0), "number above 0"),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(
    database: Database, choice: ByHand | FalseAlarms, message: str
) -> None:
    before = in_force(database)
    with pytest.raises(SettingsError, match=message):
        thresholds.change(database, "D", "hump", choice, user="eva")
    assert in_force(database) == before


def test_without_a_model_or_held_out_plots_it_says_what_to_do(database: Database) -> None:
    with database.write() as c:
        hall_id = halls.find(c, "D") or 0
        halls.ensure_plot_type(c, hall_id, "new")
        record = model_store.active(c, hall_id)["hump"]
        model = model_file.load(model_store.file(c, record.id))
        old = model_store.add(
            c,
            hall_id,
            "hump",
            file=model_file.save(replace(model, held_out=None)),
            card={},
            thresholds=record.thresholds,
            user="ann",
        )
        model_store.activate(c, old, user="ann")
    with pytest.raises(SettingsError, match="hydra-desktop train new --activate"):
        thresholds.show(database, "D", "new")
    with pytest.raises(SettingsError, match="did you mean hump"):
        thresholds.show(database, "D", "humb")
    for choice in (BestF1(), FalseAlarms(1, 288)):
        with pytest.raises(ModelFileError, match="train again: hydra-desktop train hump --activate"):
            thresholds.change(database, "D", "hump", choice, user="eva")
    assert "train again" in thresholds.change(database, "D", "hump", ByHand({"Bad": 0.9}), user="eva").text()
    assert in_force(database)["Bad"] == 0.9
    assert "train again" in thresholds.show(database, "D", "hump").text()


def test_training_chooses_for_a_rate_too(tmp_path: Path) -> None:
    database = upgraded(f"sqlite:///{tmp_path / 'hydra.db'}")
    with pytest.raises(SettingsError, match="--plots-a-day"):
        teach(database, tmp_path, FalseAlarms(1))
    report = teach(database, tmp_path, FalseAlarms(1, 288))
    assert report.chosen == "at most 1 false alarms a day of 288 plots, as said"
    assert report.chosen in report.text()
    assert in_force(database) == report.thresholds
    assert [one.chosen for one in thresholds.show(database, "D", "hump").history] == [report.chosen]
    database.close()


@contextmanager
def running(monitor: Monitor) -> Iterator[None]:
    thread = threading.Thread(target=monitor.run)
    thread.start()
    try:
        yield
    finally:
        monitor.stop()
        thread.join()


def test_a_monitor_that_runs_uses_them_from_the_next_plots_on(database: Database, tmp_path: Path) -> None:
    source = tmp_path / "source"

    def arrive(chunk: int) -> None:
        path = source / "Run000900" / f"hump_{chunk:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(manifests.png("NoData", chunk))
        wait_for(database, "D", lambda c, hall_id: verdicts.count(c, hall_id) == chunk)

    source.mkdir()
    chosen = settings.load(str(database.engine.url), "D")
    with running(Monitor(chosen, source)):
        arrive(1)
        with database.write() as c:
            c.execute(t.model_files.delete())  # a model that is open isn't read again for its thresholds
        thresholds.change(database, "D", "hump", ByHand(dict.fromkeys(("Good", "Bad", "NoData"), 1.0)), user="eva")
        for chunk in range(2, 40):  # from one of the next chunks on, when the monitor has heard of it
            arrive(chunk)
            with database.read() as c:
                found = {row.chunk: row.status for row in verdicts.rows(c, halls.find(c, "D") or 0)}
            if found[chunk] == "Unconfirmed":
                break
    assert found[1] == "Confirmed"
    assert found[chunk] == "Unconfirmed"
