"""From labels to a model that is live, its measure, and judged files."""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hydra_desktop.database import features, given_labels, halls, model_store
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import ManifestError, SettingsError, Stopped, TrainingError
from hydra_desktop.services.classifying import classify
from hydra_desktop.services.evaluating import evaluate
from hydra_desktop.services.features import BATCH
from hydra_desktop.services.importing import import_manifest
from hydra_desktop.services.progress import Progress
from hydra_desktop.services.training import TrainingReport, train
from hydra_desktop.vision import model_file
from hydra_desktop.vision.deviation import DESCRIBED_BY
from tests.fakes import manifests
from tests.fakes.upgraded import upgraded

SET = ["Good"] * 10 + ["Bad"] * 8 + ["NoData"] * 4
UNSEEN = ["Good", "Good", "Bad", "Bad", "", "NoData"]


@dataclass
class Site:
    """A database with a trained hall, and the folder of its pictures."""

    database: Database
    images: ImageStore
    folder: Path
    report: TrainingReport


def teach(database: Database, images: ImageStore, manifest: Path, **options: bool) -> TrainingReport:
    import_manifest(database, "D", images, manifest, user="ann", progress=Progress())
    activate = options.get("activate", True)
    return train(database, "D", images, "hump", activate=activate, user="ann", progress=Progress())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Trained once for all tests that only read."""
    folder = tmp_path_factory.mktemp("site")
    database = upgraded(f"sqlite:///{folder / 'hydra.db'}")
    images = ImageStore(folder / "images")
    report = teach(database, images, manifests.write(folder / "data", [*SET, "Ignore", "Odd"]))
    yield Site(database, images, folder, report)
    database.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[tuple[Database, ImageStore]]:
    database = upgraded(f"sqlite:///{tmp_path / 'hydra.db'}")
    yield database, ImageStore(tmp_path / "images")
    database.close()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_training_stores_a_model_and_puts_it_live(site: Site) -> None:
    report = site.report
    assert report.counts == {"Good": 10, "Bad": 8, "NoData": 4}
    assert report.left_out == {"label left out by its role": 1, "too few Odd": 1}
    assert report.held_out.auc is not None
    assert report.held_out.auc > 0.9
    with site.database.read() as connection:
        hall_id = halls.find(connection, "D")
        assert hall_id is not None
        record = model_store.active(connection, hall_id)["hump"]
        model = model_file.load(model_store.file(connection, record.id))
        hashes = {one.plot.content_hash for one in given_labels.current(connection, hall_id, "hump")}
    assert record.id == report.model_id
    assert set(record.thresholds) == {"Good", "Bad", "NoData"}
    assert len(model.card["trained_on"]) == 10 + 8 + 1
    assert set(model.card["trained_on"]) < hashes
    assert model.card["figures"]["macro_f1"] == pytest.approx(report.held_out.macro_f1)
    assert "now live" in report.text()


def test_the_report_of_good_plots_alone_tells_how_many_were_unfamiliar(
    empty: tuple[Database, ImageStore], tmp_path: Path
) -> None:
    report = teach(*empty, manifests.write(tmp_path / "data", ["Good"] * 12))
    share = report.held_out.unfamiliar_good_share
    assert share is not None
    assert 0 < share < 0.5  # of the farthest of few runs nobody can tell that it is familiar
    assert f"Unfamiliar among Good: {100 * share:.1f} %" in report.text()


def test_training_is_deterministic(empty: tuple[Database, ImageStore], tmp_path: Path) -> None:
    database, images = empty
    manifest = manifests.write(tmp_path / "data", SET)
    first = teach(database, images, manifest, activate=False)
    second = teach(database, images, manifest, activate=True)
    with database.read() as connection:
        assert model_store.file(connection, first.model_id) == model_store.file(connection, second.model_id)
        hall_id = halls.find(connection, "D")
        assert hall_id is not None
        assert [record.active for record in model_store.listing(connection, hall_id)] == [True, False]


def test_a_training_that_is_worse_than_the_active_model_is_stored_and_not_put_live(
    empty: tuple[Database, ImageStore], tmp_path: Path
) -> None:
    database, images = empty
    first = teach(database, images, manifests.write(tmp_path / "data", SET))
    mixed = manifests.write(tmp_path / "mixed", ["Good", "Bad"] * 15, first_run=100)
    swapped = mixed.read_text().replace(",Good", ",x").replace(",Bad", ",Good").replace(",x", ",Bad").splitlines()
    mixed.write_text("\n".join([*mixed.read_text().splitlines()[:15], *swapped[15:]]))  # half of them mislabelled
    report = teach(database, images, mixed)
    with database.read() as connection:
        assert model_store.active(connection, halls.find(connection, "D") or 0)["hump"].id == first.model_id
    assert not report.active
    assert f"models activate {report.model_id} --in-spite" in report.text()
    assert "worse than the active one" in report.text()


def test_features_are_computed_once_and_a_second_training_decodes_nothing(
    empty: tuple[Database, ImageStore], tmp_path: Path
) -> None:
    database, images = empty
    import_manifest(database, "D", images, manifests.write(tmp_path / "a", SET), user="ann", progress=Progress())

    def learn() -> tuple[TrainingReport, int]:
        """A training, and of how many pictures it computed features."""
        stages: list[str] = []
        progress = Progress(lambda stage, _fraction: stages.append(stage))
        report = train(database, "D", images, "hump", activate=False, user="ann", progress=progress)
        return report, stages.count("computing features")

    pictures = {path.name for path in images.folder.rglob("*") if path.is_file()}
    first, computed = learn()
    assert computed == len(pictures)
    for content_hash in pictures:  # who would decode one now can't
        images.remove(content_hash)
    second, computed = learn()
    assert computed == 0
    assert second.left_out == first.left_out
    with database.read() as connection:
        assert model_store.file(connection, first.model_id) == model_store.file(connection, second.model_id)
    more = manifests.write(tmp_path / "b", ["Good", "Bad"], first_run=500)
    import_manifest(database, "D", images, more, user="ann", progress=Progress())
    third, computed = learn()
    assert computed == 2
    assert sum(third.counts.values()) == len(SET) + 2


def test_what_a_stopped_training_computed_is_not_computed_again(
    empty: tuple[Database, ImageStore], tmp_path: Path
) -> None:
    database, images = empty
    manifest = manifests.write(tmp_path / "a", ["Good", "Bad"] * (BATCH // 2 + 3))
    import_manifest(database, "D", images, manifest, user="ann", progress=Progress())
    progress = Progress(lambda _stage, fraction: progress.stop.set() if fraction > 0.95 else None)
    with pytest.raises(Stopped):
        train(database, "D", images, "hump", activate=False, user="ann", progress=progress)
    with database.read() as connection:
        hall_id = halls.find(connection, "D") or 0
        hashes = [one.plot.content_hash for one in given_labels.current(connection, hall_id, "hump")]
        assert 0 < len(features.missing(connection, DESCRIBED_BY, hashes)) < len(set(hashes)) - BATCH + 1


def test_a_missing_picture_is_left_out_and_told(empty: tuple[Database, ImageStore], tmp_path: Path) -> None:
    database, images = empty
    manifest = manifests.write(tmp_path / "data", SET)
    import_manifest(database, "D", images, manifest, user="ann", progress=Progress())
    with database.read() as connection:
        hall_id = halls.find(connection, "D")
        assert hall_id is not None
        images.remove(given_labels.current(connection, hall_id, "hump")[0].plot.content_hash)
    report = train(database, "D", images, "hump", activate=False, user="ann", progress=Progress())
    assert report.counts["Good"] == 9
    assert report.left_out["picture not readable"] == 1


def test_too_little_to_learn_from_is_said(empty: tuple[Database, ImageStore], tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"hump has too few labelled plots to learn from \(Bad 3, Good 1\)"):
        teach(*empty, manifests.write(tmp_path / "data", ["Good", "Bad", "Bad", "Bad"]))


def test_good_plots_alone_are_enough_to_call_a_faulty_one_unfamiliar(
    empty: tuple[Database, ImageStore], tmp_path: Path
) -> None:
    database, images = empty
    report = teach(database, images, manifests.write(tmp_path / "data", [*["Good"] * 24, "Bad"]))
    assert report.counts == {"Good": 24}
    assert report.left_out["too few Bad"] == 1
    manifest = manifests.write(tmp_path / "new", ["", "", "", "Bad", "NoData"], first_run=1000)
    out = tmp_path / "out.csv"
    classify(database, "D", images, [manifest], plot_type=None, csv=out, progress=Progress())
    assert [row["status"] == "Unfamiliar" for row in rows(out)] == [False, False, False, True, True]


def test_unknown_names_are_said_with_what_is_there(site: Site, empty: tuple[Database, ImageStore]) -> None:
    def trained(database: Database, hall: str, plot_type: str) -> None:
        train(database, hall, site.images, plot_type, activate=False, user="ann", progress=Progress())

    with pytest.raises(SettingsError, match=r"no plot type humb in this hall; did you mean hump\?"):
        trained(site.database, "D", "humb")
    with pytest.raises(SettingsError, match="There is no hall E in this database; choose with --hall: D"):
        trained(site.database, "E", "hump")
    with pytest.raises(SettingsError, match="it is empty, import a manifest first"):
        trained(empty[0], "D", "hump")


def test_training_hears_a_stop(site: Site) -> None:
    stop = threading.Event()
    stages: list[str] = []

    def report(stage: str, _fraction: float) -> None:
        stages.append(stage)
        if stage.startswith("training"):
            stop.set()

    with pytest.raises(Stopped):
        train(site.database, "D", site.images, "hump", activate=True, user="ann", progress=Progress(report, stop))
    assert {stage.split(",")[0] for stage in stages} == {"training"}  # all features are there


def test_evaluation_leaves_out_what_was_trained_on(site: Site) -> None:
    manifest = manifests.write(
        site.folder / "new", ["Good"] * 4 + ["Bad"] * 3 + ["NoData", "", "Ignore"], first_run=100
    )
    table = manifest.read_text()
    manifest.write_text(
        f"{table}../data/hump_1.png,hump,1,0,Good\nhump_100.png,other,1,0,Good\nnone.png,hump,1,0,Bad\n"
    )
    report = evaluate(site.database, "D", site.images, "hump", manifest, progress=Progress())
    assert report.measured.plots == 7
    assert report.left_out == {
        "another plot type": 1,
        "without a label": 1,
        "label left out by its role": 1,
        "accepted guess": 0,
        "trained on": 2,  # the run that was there, and the empty picture that is equal to one
        "in the reference": 0,
        "not readable": 1,
    }
    assert report.measured.auc == 1.0
    assert report.figures()["false_positives_per_1000"] == 0.0
    assert "left out, trained on: 2" in report.text()


def test_accepted_guesses_train_and_are_in_no_figure(empty: tuple[Database, ImageStore], tmp_path: Path) -> None:
    manifest = manifests.write(tmp_path / "data", ["Good", "Bad"] * 9)
    lines = manifest.read_text().splitlines()
    passed = [f"{line},{'true' if number > 10 else ''}" for number, line in enumerate(lines[1:])]
    manifest.write_text("\n".join([f"{lines[0]},accepted", *passed]))
    report = teach(*empty, manifest)
    assert (report.counts, report.accepted) == ({"Good": 9, "Bad": 9}, 7)
    assert report.held_out.plots == 11
    assert "of these, accepted guesses, which are in no figure: 7" in report.text()
    others = manifests.write(tmp_path / "new", ["Good", "Bad", "Good"], first_run=100)
    lines = others.read_text().splitlines()
    others.write_text("\n".join([f"{lines[0]},accepted", f"{lines[1]},no", f"{lines[2]},0", f"{lines[3]},True"]))
    evaluated = evaluate(*empty[:1], "D", empty[1], "hump", others, progress=Progress())
    assert (evaluated.measured.plots, evaluated.left_out["accepted guess"]) == (2, 1)


def test_nothing_to_measure_is_said(site: Site) -> None:
    manifest = site.folder / "data" / "known.csv"
    manifest.write_text("file,plot_type,label\nhump_1.png,hump,Good\n")
    with pytest.raises(ManifestError, match=r"hump on \(trained on: 1\); name a manifest with .* wasn't trained on"):
        evaluate(site.database, "D", site.images, "hump", manifest, progress=Progress())


def test_classifying_writes_a_row_for_each_plot(site: Site) -> None:
    manifest = manifests.write(site.folder / "judge", UNSEEN, first_run=200)
    out = site.folder / "out.csv"
    report = classify(site.database, "D", site.images, [manifest], plot_type=None, csv=out, progress=Progress())
    found = rows(out)
    columns = ["file", "plot_type", "verdict", "confidence", "status", "fault_score", "p_Good", "p_Bad", "p_NoData"]
    assert sorted(found[0]) == sorted(columns)
    assert list(found[0])[:6] == columns[:6]
    assert [row["file"] for row in found] == [f"hump_{run}.png" for run in range(200, 206)]
    assert [row["verdict"] for row in found] == ["Good", "Good", "Bad", "Bad", "Good", "NoData"]
    for row in found:
        assert row["status"] in ("Confirmed", "Unconfirmed")
        chances = [float(row[name]) for name in ("p_Good", "p_Bad", "p_NoData")]
        assert sum(chances) == pytest.approx(1, abs=1e-5)
        assert float(row["confidence"]) == pytest.approx(max(chances))
        assert float(row["fault_score"]) == pytest.approx(1 - chances[0], abs=1e-6)
    assert sum(report.verdicts.values()) == 6
    assert report.refused == ()


def test_maps_lie_under_the_names_of_the_plots(site: Site) -> None:
    manifest = manifests.write(site.folder / "judge", UNSEEN, first_run=200)
    maps = site.folder / "maps"
    classify(
        site.database,
        "D",
        site.images,
        [manifest],
        plot_type=None,
        csv=site.folder / "m.csv",
        maps=maps,
        progress=Progress(),
    )
    assert sorted(path.name for path in maps.iterdir()) == sorted(
        f"hump_{run}.{kind}" for run in range(200, 206) for kind in ("npy", "png")
    )
    evidence = np.load(maps / "hump_202.npy")
    assert (evidence.dtype, evidence.shape) == (np.float32, (64, 96))
    assert evidence.max() > 0
    with Image.open(maps / "hump_202.png") as picture:
        assert picture.size == (96, 64)


def test_a_large_plot_has_a_map_of_its_aspect(site: Site) -> None:
    path = site.folder / "large.png"
    path.write_bytes(manifests.png("Bad", 1, (1200, 800)))
    maps = site.folder / "large"
    classify(
        site.database,
        "D",
        site.images,
        [path],
        plot_type="hump",
        csv=site.folder / "l.csv",
        maps=maps,
        progress=Progress(),
    )
    (map_file,) = maps.rglob("large.npy")
    assert np.load(map_file).shape == (213, 320)


def test_without_a_model_the_status_says_so(site: Site) -> None:
    path = site.folder / "data" / "hump_1.png"
    out = site.folder / "none.csv"
    classify(
        site.database,
        "D",
        site.images,
        [path],
        plot_type="other",
        csv=out,
        maps=site.folder / "no",
        progress=Progress(),
    )
    (row,) = rows(out)
    assert row == {
        "file": str(path),
        "plot_type": "other",
        "verdict": "",
        "confidence": "",
        "status": "NoModel",
        "fault_score": "",
    }


def test_a_picture_name_tells_its_plot_type(site: Site) -> None:
    folder = site.folder / "Run000007"
    folder.mkdir()
    path = folder / "hump_0003.png"
    path.write_bytes(manifests.png("Bad", 7))
    out = site.folder / "named.csv"
    nameless = site.folder / "data" / "hump_1.png"
    report = classify(site.database, "D", site.images, [path, nameless], plot_type=None, csv=out, progress=Progress())
    assert [(row["plot_type"], row["verdict"]) for row in rows(out)] == [("hump", "Bad")]
    assert report.refused == (f"{nameless}: its name doesn't say its plot type; give --plot-type",)


def test_bad_files_are_told_and_all_else_goes_on(site: Site) -> None:
    folder = site.folder / "bad"
    folder.mkdir()
    good, text, half = (folder / name for name in ("good.png", "text.png", "half.png"))
    good.write_bytes(manifests.png("Good", 9))
    text.write_text("no picture")
    half.write_bytes(manifests.png("Good", 9)[:-60])
    out = folder / "out.csv"
    sources = [folder, text, half, folder / "none.png", good]
    report = classify(site.database, "D", site.images, sources, plot_type="hump", csv=out, progress=Progress())
    assert [row["file"] for row in rows(out)] == [str(good)]
    assert [message.removeprefix(f"{folder}").split(" ")[0] for message in report.refused] == [
        ":",
        "/text.png:",
        "/half.png:",
        "/none.png:",
    ]
