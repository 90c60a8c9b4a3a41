from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hydra_desktop.domain.errors import ManifestError
from hydra_desktop.sources.manifest import ManifestRow, read_manifest


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "manifest.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_full_row(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "file,plot_type,run_period,run_number,chunk,taken_at,label,fault\n"
        'a/1.png,yield,fall,5032,7,2021-08-14T11:30:00+02:00,Good,"x,y"\n',
    )
    assert read_manifest(path) == [
        ManifestRow(
            2,
            "a/1.png",
            tmp_path / "a/1.png",
            "yield",
            "fall",
            5032,
            7,
            datetime(2021, 8, 14, 9, 30, tzinfo=UTC),
            "Good",
        )
    ]


def test_two_columns_are_enough_and_empty_lines_are_none(tmp_path: Path) -> None:
    (row,) = read_manifest(write(tmp_path, "plot_type,file\n\nyield,1.png\n,\n"))
    assert row == ManifestRow(3, "1.png", tmp_path / "1.png", "yield")


@pytest.mark.parametrize("text", ["\ufefffile;plot_type\r\n1.png;yield\r\n", " File \tPlot_Type\n1.png\tyield"])
def test_what_spreadsheets_write(tmp_path: Path, text: str) -> None:
    (row,) = read_manifest(write(tmp_path, text))
    assert (row.file, row.plot_type, row.problem) == ("1.png", "yield", "")


def test_numbers_as_data_frames_write_them(tmp_path: Path) -> None:
    (row,) = read_manifest(write(tmp_path, "file,plot_type,run_number\n1.png,yield,297723.0\n"))
    assert row.run_number == 297723


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (",yield,1,", "the column file is empty"),
        ("1.png,,1,", "the column plot_type is empty"),
        ("1.png,yield,one,", "run_number must be a whole number, not 'one'"),
        ("1.png,yield,99999999999999999999,", "run_number must be a whole number"),
        ("1.png,yield,1,yesterday", "taken_at must be a time like"),
        ("1.png,yield,1,,perhaps", "accepted must be true, false or empty, not 'perhaps'"),
    ],
)
def test_an_unusable_row_says_why(tmp_path: Path, row: str, problem: str) -> None:
    rows = read_manifest(write(tmp_path, f"file,plot_type,run_number,taken_at,accepted\n{row}\n2.png,yield,2,\n"))
    assert problem in rows[0].problem
    assert rows[1].problem == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks the columns file and plot_type"),
        ("file,label\n1.png,Good\n", "lacks the column plot_type"),
        (b"file,plot_type\n\xe9.png,yield\n", r"is not in UTF-8 \(byte 15\)"),
        ('file,plot_type\n"1.png,yield\n', "line 2: is no valid CSV"),
    ],
)
def test_no_manifest(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(ManifestError, match=message):
        read_manifest(write(tmp_path, text))


def test_a_manifest_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"can't be read \(No such file or directory\)"):
        read_manifest(tmp_path / "none.csv")
