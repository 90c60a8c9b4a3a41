"""Labelled pictures in folders: written, read back, mended there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hydra_desktop.database import given_labels, halls
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import ManifestError
from hydra_desktop.domain.plot import PlotName
from hydra_desktop.services.exporting import FoldersReport, export_folders
from hydra_desktop.services.importing import ImportReport, import_folders, import_manifest
from hydra_desktop.services.progress import Progress
from hydra_desktop.sources.label_folders import place_of, read_label_folders
from tests.fakes import manifests

ROWS = """file,plot_type,run_period,run_number,chunk,taken_at,label,accepted
a.png,hump,2021-08,80464,37,2021-08-17T12:05:00Z,Good,
b.png,hump,2021-08,80464,37,2021-08-17T12:05:00Z,Good,
a.png,hump,2021-08,80464,38,2021-08-17T12:10:00Z,Bad/odd,
b.png,hump,,7,,2021-08-18T01:00:00Z,Good,true
a.png,hump,,7,,2021-08-18T01:00:00Z,,
a.png,.dot type,,7,12345,2021-08-18T01:00:00.25Z,Bad,
"""


def put(folder: Path, *files: str) -> Path:
    """Pictures at these places, each its own."""
    for number, file in enumerate(files):
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(manifests.png("Good", number))
    return folder


@pytest.fixture
def images(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "images")


def taken(database: Database, hall: str, *plot_types: str) -> list[tuple[PlotName, datetime, str, str, bool]]:
    """All labelled plots of a hall but for what is of the database's own."""
    found = []
    with database.read() as c:
        for plot_type in plot_types:
            for one in given_labels.current(c, halls.find(c, hall) or 0, plot_type):
                found.append((one.plot.name, one.plot.taken_at, one.plot.content_hash, one.label, one.accepted))
    return sorted(found, key=str)


def take(database: Database, images: ImageStore, folder: Path, plot_type: str | None = None) -> ImportReport:
    return import_folders(database, "D", images, folder, plot_type=plot_type, user="ann", progress=Progress())


def test_what_is_written_is_read_back_into_another_hall(database: Database, images: ImageStore, tmp_path: Path) -> None:
    data = put(tmp_path / "data", "a.png", "b.png")
    (data / "m.csv").write_text(ROWS)
    import_manifest(database, "E", images, data / "m.csv", user="eva", progress=Progress())
    out = tmp_path / "out"

    def write() -> FoldersReport:
        return export_folders(database, "E", images, out, Progress())

    report = write()
    assert (report.written, report.known, report.left_out) == (5, 0, ())
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()) == [
        "%2Edot type/Bad/Run000007/%2Edot type_12345.png",
        "hump/Bad%2Fodd/RunPeriod-2021-08/Run080464/hump_0038.png",
        "hump/Good/2/RunPeriod-2021-08/Run080464/hump_0037.png",
        "hump/Good/RunPeriod-2021-08/Run080464/hump_0037.png",
        "hump/Good/accepted/Run000007/hump.png",
    ]
    assert (write().written, write().known) == (0, 5)
    back = take(database, images, out)
    assert (back.added, back.labelled, back.refused) == ({"hump": 4, ".dot type": 1}, 5, ())
    assert taken(database, "D", "hump") == taken(database, "E", "hump")
    ((name, at, *_),) = taken(database, "D", ".dot type")
    assert (name.plot_type, at) == (".dot type", datetime(2021, 8, 18, 1, 0, 0, 250_000, tzinfo=UTC))
    again = take(database, images, out)
    assert (again.added, again.known, again.labelled) == ({}, 5, 0)
    assert "pictures, 0 new plots" in again.text()


def test_names_in_the_usual_form_are_read_whatever_form_the_hall_s_own_have(
    database: Database, images: ImageStore, tmp_path: Path
) -> None:
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
        pattern = r"(?:.*/)?r(?P<run_number>\d+)_(?P<plot_type>hump)\.png"
        halls.apply(c, hall_id, replace(halls.load(c, hall_id), name_pattern=pattern), user="ann")
    folder = put(
        tmp_path / "set", "hump/Good/r5_hump.png", "hump/Good/RunPeriod-A/Run6/hump-02_0007.png", "hump/Good/IMG.png"
    )
    assert take(database, images, folder).labelled == 3
    assert {name for name, *_ in taken(database, "D", "hump")} == {
        PlotName("hump", 5), PlotName("hump", 6, 7, "A", "02"), PlotName("hump")
    }  # fmt: skip


def test_other_bytes_are_never_written_over(database: Database, images: ImageStore, tmp_path: Path) -> None:
    data = put(tmp_path / "data", "a.png", "b.png")
    (data / "m.csv").write_text("\n".join(ROWS.splitlines()[:4]))
    import_manifest(database, "E", images, data / "m.csv", user="eva", progress=Progress())
    place = tmp_path / "out" / place_of(PlotName("hump", 80464, 37, "2021-08"), "Good", ".png")
    place.parent.mkdir(parents=True)
    place.write_bytes(b"mine")
    with database.read() as c:
        (bad,) = [one for one in given_labels.current(c, halls.find(c, "E") or 0, "hump") if one.label != "Good"]
    report = export_folders(database, "E", images, tmp_path / "out", Progress())
    assert (report.written, len(report.left_out)) == (2, 1)
    assert place.read_bytes() == b"mine"
    assert "Not written, another picture lies there" in report.text()
    images.remove(bad.plot.content_hash)
    report = export_folders(database, "E", images, tmp_path / "new", Progress())
    assert report.written == 1
    assert "Not written, its picture isn't kept any more: hump/Good/RunPeriod" in report.text()


def test_folders_that_are_labels_alone(database: Database, images: ImageStore, tmp_path: Path) -> None:
    folder = put(tmp_path / "set", "Good/1.png", "Good/deep/2.JPG", "Bad/1.png", ".git/x/3.png", "notes.txt", "4.png")
    report = take(database, images, folder, "hump")
    assert report.labelled == 3
    assert [(one.line, one.message) for one in report.refused] == [
        (1, "4.png lies in no label's folder; pictures lie in LABEL/PICTURES")
    ]
    assert "file 1: 4.png lies in no label's folder" in report.text()
    assert sorted(label for *_, label, _ in taken(database, "D", "hump")) == ["Bad", "Good", "Good"]
    (folder / "Good" / "1.png").rename(folder / "Bad" / "1b.png")
    with pytest.raises(ManifestError, match=r"if its folders are the labels of one plot type, .*: --plot-type P"):
        take(database, images, put(tmp_path / "flat", "Good/1.png", "Bad/2.png"))


def test_a_picture_moved_to_another_label_changes_its_label(
    database: Database, images: ImageStore, tmp_path: Path
) -> None:
    folder = put(tmp_path / "set", "hump/Good/1.png", "hump/Good/2.png", "hump/Bad/2.png", "hump/Good/accepted/3.png")
    assert take(database, images, folder).added == {"hump": 4}
    (folder / "hump/Good/1.png").rename(folder / "hump/Bad/1.png")
    (folder / "hump/Good/accepted/3.png").rename(folder / "hump/Good/3.png")  # somebody looked and agrees
    put(folder, "hump/Ask/9.png")
    report = take(database, images, folder)
    assert (report.added, report.known, report.labelled) == ({"hump": 1}, 4, 3)
    labels = [(label, accepted) for *_, label, accepted in taken(database, "D", "hump")]
    assert sorted(labels) == [("Ask", False), ("Bad", False), ("Bad", False), ("Good", False), ("Good", False)]


def test_one_picture_under_two_labels_is_refused(database: Database, images: ImageStore, tmp_path: Path) -> None:
    folder = put(tmp_path / "set", "hump/Good/1.png")
    (folder / "hump/Bad").mkdir()
    (folder / "hump/Bad/1.png").write_bytes((folder / "hump/Good/1.png").read_bytes())
    report = take(database, images, folder)
    (refusal,) = report.refused
    assert refusal.message == "hump/Good/1.png is the same picture as hump/Bad/1.png; keep it under one label"
    assert [label for *_, label, _ in taken(database, "D", "hump")] == ["Bad"]


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ("", r"set is no folder; name the one that holds PLOT_TYPE/LABEL/PICTURES"),
        ("hump/Good/notes.txt", r"holds no pictures \(\.png, .*\); they lie in PLOT_TYPE/LABEL/PICTURES"),
        ("Good/1.png", r"lie in no label's folder of a plot type, PLOT_TYPE/LABEL/PICTURES"),
    ],
)
def test_what_is_no_folder_of_labels_is_told(tmp_path: Path, made: str, message: str) -> None:
    if made:
        put(tmp_path / "set", made)
    with pytest.raises(ManifestError, match=message):
        read_label_folders(tmp_path / "set")
