"""Several manifests at once: what came in is told, a bad one stores nothing, and a stop keeps what was stored."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import ManifestError
from hydra_desktop.services.importing_several import Imported, import_several
from hydra_desktop.services.progress import Progress
from tests.fakes import manifests


def take(database: Database, folder: Path, *sources: Path, progress: Progress | None = None) -> Imported:
    images = ImageStore(folder / "images")
    return import_several(database, "D", images, sources, user="ann", progress=progress or Progress())


def stored(database: Database) -> int:
    with database.read() as c:
        return c.scalar(sa.select(sa.func.count()).select_from(t.plots)) or 0


def test_manifests_and_folders_come_in_together_and_a_second_time_changes_nothing(
    database: Database, tmp_path: Path
) -> None:
    one = manifests.write(tmp_path / "a", ["Good", "Bad"], plot_type="one")
    two = manifests.write(tmp_path / "a", ["Good"], plot_type="two", name="two.csv")
    label = tmp_path / "folders" / "three" / "Odd"
    label.mkdir(parents=True)
    (label / "x.png").write_bytes(manifests.png("Bad", 7))
    (label / "y.png").write_bytes(b"no picture")
    heard: list[tuple[str, float]] = []
    progress = Progress(lambda stage, fraction: heard.append((stage, fraction)))
    found = take(database, tmp_path, one, two, tmp_path / "folders", progress=progress)
    assert dict(found.added) == {"one": 2, "two": 1, "three": 1}
    first, *more = found.text().splitlines()
    assert first == "2 plots of one, 1 plot of three, 1 plot of two imported, 1 refused."
    assert more[0] == "New labels: Odd of three."
    assert more[1] == "Not taken, damaged picture: 1"
    assert "folders 2: three/Odd/y.png: " in more[2]
    assert heard[0] == ("importing manifest.csv: 1 of 5", 0.2)
    assert heard[-1] == ("importing folders: 5 of 5", 1.0)
    again = take(database, tmp_path, one, two)
    assert again.text() == (
        "No new plot imported, 0 refused.\n3 were there already; 0 labels were given or changed."
    )  # fmt: skip
    assert stored(database) == 4


def test_a_bad_one_among_them_stores_nothing(database: Database, tmp_path: Path) -> None:
    good, bad = manifests.write(tmp_path, ["Good"]), tmp_path / "bad.csv"
    bad.write_text("file\nx.png\n")
    with pytest.raises(ManifestError, match=r"bad.csv lacks the column plot_type(.|\n)*Nothing was imported\."):
        take(database, tmp_path, good, bad)
    assert stored(database) == 0


def test_what_was_stored_until_a_stop_stays_and_is_told(database: Database, tmp_path: Path) -> None:
    first = manifests.write(tmp_path, ["Good"] * 3, plot_type="one")
    second = manifests.write(tmp_path, ["Good"] * 3, plot_type="two", name="two.csv")
    stop = threading.Event()
    progress = Progress(lambda stage, _fraction: stop.set() if "4 of 6" in stage else None, stop)
    found = take(database, tmp_path, first, second, progress=progress)
    assert found.text().splitlines() == [
        "Stopped; import the same again to take the rest.",
        "3 plots of one imported, 0 refused.",
    ]
    assert stored(database) == 3
