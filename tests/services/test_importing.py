from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from hydra_desktop.database import given_labels, halls
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import ManifestError, Stopped, StorageError
from hydra_desktop.domain.label import Role
from hydra_desktop.services.importing import ImportReport, import_manifest
from hydra_desktop.services.progress import Progress
from tests.fakes import manifests


@pytest.fixture
def images(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "images")


def take(database: Database, images: ImageStore, manifest: Path, user: str = "ann") -> ImportReport:
    return import_manifest(database, "D", images, manifest, user=user, progress=Progress())


def labels(database: Database, plot_type: str = "hump") -> list[tuple[int, str]]:
    with database.read() as connection:
        hall_id = halls.find(connection, "D")
        assert hall_id is not None
        current = given_labels.current(connection, hall_id, plot_type)
    return [(one.plot.name.run_number, one.label) for one in current]


def test_every_row_is_a_plot_and_a_second_time_changes_nothing(
    database: Database, images: ImageStore, tmp_path: Path
) -> None:
    manifest = manifests.write(tmp_path / "data", ["Good", "NoData", "NoData", ""])
    first = take(database, images, manifest)
    assert (first.rows, first.added, first.labelled, first.file_times) == (4, {"hump": 4}, 3, 4)
    assert len(list(images.folder.rglob("*"))) - len(list(images.folder.iterdir())) == 3  # NoData is one picture
    second = take(database, images, manifest)
    assert (second.added, second.known, second.labelled, second.refused) == ({}, 4, 0, ())
    assert "Nothing changed" in second.text()
    assert labels(database) == [(1, "Good"), (2, "NoData"), (3, "NoData")]


def test_the_same_row_twice_is_two_plots(database: Database, images: ImageStore, tmp_path: Path) -> None:
    manifest = manifests.write(tmp_path / "data", ["Good"])
    lines = manifest.read_text().splitlines()
    manifest.write_text("\n".join([*lines, lines[1]]))
    assert take(database, images, manifest).added == {"hump": 2}
    assert take(database, images, manifest).added == {}


def test_a_longer_manifest_adds_its_new_rows_only(database: Database, images: ImageStore, tmp_path: Path) -> None:
    take(database, images, manifests.write(tmp_path / "data", ["Good", "Bad"]))
    again = take(database, images, manifests.write(tmp_path / "data", ["Good", "Bad", "Bad"], name="longer.csv"))
    assert (again.added, again.known) == ({"hump": 1}, 2)


def test_a_label_mended_in_the_manifest_is_taken(database: Database, images: ImageStore, tmp_path: Path) -> None:
    manifest = manifests.write(tmp_path / "data", ["Good", "Good"])
    take(database, images, manifest)
    lines = manifest.read_text().splitlines()
    manifest.write_text("\n".join([*lines[:2], lines[2].replace("Good", "Bad")]))
    assert take(database, images, manifest).labelled == 1
    assert labels(database) == [(1, "Good"), (2, "Bad")]


def test_a_label_that_an_expert_changed_since_stays(database: Database, images: ImageStore, tmp_path: Path) -> None:
    manifest = manifests.write(tmp_path / "data", ["Good", "Bad"])
    take(database, images, manifest)
    with database.write() as connection:
        hall_id = halls.find_or_create(connection, "D")
        (first, second) = given_labels.current(connection, hall_id, "hump")
        given_labels.give(connection, first.plot.id, "Bad", user="ann", at=first.plot.arrived_at, mode="single")
    assert second.label == "Bad"
    assert take(database, images, manifest).labelled == 0
    assert labels(database) == [(1, "Bad"), (2, "Bad")]


def test_a_new_label_becomes_valid_and_its_key_is_free(database: Database, images: ImageStore, tmp_path: Path) -> None:
    report = take(database, images, manifests.write(tmp_path / "data", ["Good", "Wiggle", "Source"]))
    assert report.new_labels == (("hump", "Wiggle"), ("hump", "Source"))
    assert "Wiggle (faulty, severity medium)" in report.text()
    assert "Nothing changed" not in replace(report, added={}, labelled=0).text()
    with database.read() as connection:
        hall_id = halls.find(connection, "D")
        assert hall_id is not None
        plot_type = halls.load(connection, hall_id).plot_types["hump"]
    assert plot_type.label("Wiggle").role is Role.FAULTY
    keys = [label.key for label in plot_type.labels if label.key]
    assert len(keys) == len(set(keys))


def test_what_cannot_be_taken_is_told_by_reason_and_all_else_goes_on(
    database: Database, images: ImageStore, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    manifest = manifests.write(folder, ["Good", "Bad", "Good", "Good", "Good"])
    (folder / "hump_2.png").write_bytes((folder / "hump_2.png").read_bytes()[:-60])
    (folder / "hump_3.png").write_text("no picture")
    (folder / "hump_4.png").unlink()
    manifest.write_text(manifest.read_text() + "hump_1.png,,7,0,Good\n")
    report = take(database, images, manifest)
    assert report.added == {"hump": 2}
    assert [(refusal.line, refusal.reason) for refusal in report.refused] == [
        (3, "damaged picture"),
        (4, "damaged picture"),
        (5, "file missing"),
        (7, "unusable row"),
    ]
    assert "Not taken, damaged picture: 2\n    line 3: hump_2.png: the picture is damaged" in report.text()
    assert "line 7: the column plot_type is empty" in report.text()


def test_the_file_name_tells_the_run_where_the_manifest_is_silent(
    database: Database, images: ImageStore, tmp_path: Path
) -> None:
    folder = tmp_path / "RunPeriod-2021-08" / "Run080464"
    folder.mkdir(parents=True)
    (folder / "hump-02_0037.png").write_bytes(manifests.png("Good", 1))
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("file,plot_type,label\nRunPeriod-2021-08/Run080464/hump-02_0037.png,hump,Good\n")
    take(database, images, manifest)
    with database.read() as connection:
        hall_id = halls.find(connection, "D")
        assert hall_id is not None
        name = given_labels.current(connection, hall_id, "hump")[0].plot.name
    assert (name.run_period, name.run_number, name.pad, name.chunk) == ("2021-08", 80464, "02", 37)


def test_no_manifest_takes_nothing(database: Database, images: ImageStore, tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("file,label\n1.png,Good\n")
    with pytest.raises(ManifestError, match="lacks the column plot_type"):
        take(database, images, tmp_path / "manifest.csv")


def test_an_image_store_that_cannot_be_written_is_said(database: Database, tmp_path: Path) -> None:
    (tmp_path / "images").write_text("a file where the folder should be")
    manifest = manifests.write(tmp_path / "data", ["Good"])
    with pytest.raises(StorageError, match="can't be written"):
        take(database, ImageStore(tmp_path / "images"), manifest)


def test_what_was_stored_before_a_stop_stays(database: Database, images: ImageStore, tmp_path: Path) -> None:
    manifest = manifests.write(tmp_path / "data", ["Good"] * 3)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        import_manifest(database, "D", images, manifest, user="ann", progress=Progress(stop=stop))
    assert take(database, images, manifest).added == {"hump": 3}


@pytest.mark.parametrize(("columns", "chunked"), [("1,0", True), ("1,", False), (",", True)])
def test_a_new_plot_type_is_chunked_unless_its_plots_have_a_run_and_no_chunk(
    database: Database, images: ImageStore, tmp_path: Path, columns: str, chunked: bool
) -> None:
    manifest = manifests.write(tmp_path, ["Good", "Bad"])
    rows = [f"hump_{run}.png,hump,{columns},Good" for run in (1, 2)]
    manifest.write_text("\n".join(["file,plot_type,run_number,chunk,label", *rows]))
    take(database, images, manifest)
    with database.read() as connection:
        assert halls.load(connection, halls.find(connection, "D") or 0).plot_types["hump"].chunked is chunked
