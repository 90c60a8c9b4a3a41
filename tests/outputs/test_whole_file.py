from __future__ import annotations

from pathlib import Path

import pytest

from hydra_desktop.domain.errors import StorageError
from hydra_desktop.outputs.csv_file import write_rows
from hydra_desktop.outputs.whole_file import expect_writable, whole_file


def test_rows_have_a_header_and_quotes_where_needed(tmp_path: Path) -> None:
    path = tmp_path / "new" / "table.csv"
    assert write_rows(path, ("file", "label"), [("a,b.png", None), ("ü.png", "Good")]) == 2
    assert path.read_text(encoding="utf-8") == 'file,label\n"a,b.png",\nü.png,Good\n'


def test_a_failure_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(path) as file:
        file.write("half")
        raise ZeroDivisionError
    assert [entry.name for entry in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text() == "old"


def test_a_folder_in_its_place_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is a folder; name a file"), whole_file(tmp_path):
        pass


def test_a_file_where_a_folder_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StorageError, match=r"can't be written \("), whole_file(tmp_path / "taken" / "table.csv"):
        pass


def test_a_file_is_known_to_be_writable_before_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    expect_writable(path)
    assert not list(tmp_path.iterdir())
    path.write_text("old")
    expect_writable(path)
    assert path.read_text() == "old"
    expect_writable(Path("/dev/stdout"))
    for wrong in (tmp_path, path / "below.json"):
        with pytest.raises(StorageError):
            expect_writable(wrong)
