"""Manifests: a CSV file that names pictures, what they are and, where known, what people called them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..domain.errors import ManifestError
from ..domain.plot import LARGEST_NUMBER

REQUIRED = ("file", "plot_type")
_DELIMITERS = (",", ";", "\t")
_TRUTHS = {"": False, "false": False, "no": False, "0": False, "true": True, "yes": True, "1": True}


@dataclass(frozen=True)
class ManifestRow:
    """One row; `file` as it is written, `path` where that lies, `line` counted from 1.

    What the row leaves empty is None or "". `problem` says why the row can't be used, "" when
    it can. A time without zone is UTC. `accepted` marks a label that is a model's guess which a person
    let pass, not one that was chosen. `under` is the folder of the label in which the file lies, where it is that
    which labels it: no part of what the row is, as it may be mended.
    """

    line: int
    file: str
    path: Path
    plot_type: str
    run_period: str = ""
    run_number: int | None = None
    chunk: int | None = None
    taken_at: datetime | None = None
    label: str = ""
    accepted: bool = False
    problem: str = ""
    under: str = ""

    @property
    def shown(self) -> str:
        """The file as a person finds it."""
        return f"{self.under}/{self.file}" if self.under else self.file


def read_manifest(path: Path) -> list[ManifestRow]:
    """All rows of a manifest; only the columns file and plot_type must be there.

    Separated by comma, semicolon or tab; columns it doesn't know are left alone. Raises
    ManifestError when the file can't be read, is no UTF-8, or lacks a column.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ManifestError(f"{path} can't be read ({error.strerror}); check its name and permissions.") from error
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path} is not in UTF-8 (byte {error.start}); save it as CSV in UTF-8.") from error
    heading = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=heading.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [name.strip().lower() for name in next(lines, [])]
        missing = [name for name in REQUIRED if name not in columns]
        if missing:
            raise ManifestError(
                f"{path} lacks the column{'s' if len(missing) > 1 else ''} {' and '.join(missing)}; its first line "
                "must name file and plot_type, and may name run_period, run_number, chunk, taken_at, label, accepted."
            )
        return [
            _row(path.parent, lines.line_num, dict(zip(columns, _filled(fields, len(columns)), strict=True)))
            for fields in lines
            if any(field.strip() for field in fields)
        ]
    except csv.Error as error:
        raise ManifestError(f"{path}, line {lines.line_num}: is no valid CSV ({error}); save it again.") from error


def _filled(fields: list[str], count: int) -> list[str]:
    return [field.strip() for field in fields[:count]] + [""] * (count - len(fields))


def _row(folder: Path, line: int, values: Mapping[str, str]) -> ManifestRow:
    file, plot_type = values["file"], values["plot_type"]
    number: dict[str, int | None] = {}
    problem = "" if file and plot_type else f"the column {'plot_type' if file else 'file'} is empty"
    for column in ("run_number", "chunk"):
        try:
            number[column] = _whole(values.get(column, ""))
        except ValueError:
            number[column] = None
            problem = problem or f"{column} must be a whole number, not {values[column]!r}"
    taken_at = None
    try:
        taken_at = _moment(values.get("taken_at", ""))
    except (ValueError, OverflowError):
        problem = problem or f"taken_at must be a time like 2021-08-14T09:30:00Z, not {values['taken_at']!r}"
    accepted = _TRUTHS.get(values.get("accepted", "").lower())
    if accepted is None:
        problem = problem or f"accepted must be true, false or empty, not {values['accepted']!r}"
    if "\x00" in "".join(values.values()):
        problem = problem or "it holds the character 0"
    return ManifestRow(
        line,
        file,
        folder / file.replace("\x00", ""),
        plot_type,
        values.get("run_period", ""),
        number["run_number"],
        number["chunk"],
        taken_at,
        values.get("label", ""),
        bool(accepted),
        problem,
    )


def _whole(text: str) -> int | None:
    """A whole number, also as spreadsheets and data frames write it: 297723.0."""
    if not text:
        return None
    whole, _, fraction = text.partition(".")
    if (
        not (whole.isascii() and whole.isdecimal())
        or fraction.strip("0")
        or len(whole) > 19
        or int(whole) > LARGEST_NUMBER
    ):
        raise ValueError(text)
    return int(whole)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
