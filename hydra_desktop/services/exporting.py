"""Labels, verdicts, the log of alarms and conditions of plot types as CSV files; labelled pictures in folders."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy import Connection

from ..database import alarms, conditions, given_labels, verdicts
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..domain.errors import StorageError
from ..domain.label import Severity
from ..domain.plot import PlotName
from ..outputs.csv_file import write_rows
from ..outputs.whole_file import write_bytes
from ..sources.label_folders import place_of, suffix_of
from . import lookup
from .progress import Progress

SHOWN = 3  # examples told for each reason

# A file of labels is a manifest: `import` takes it into another hall or database.
_PLOT = ["plot_type", "run_period", "run_number", "chunk", "pad"]
_LABELS = ["file", *_PLOT, "taken_at", "label", "accepted", "user", "at", "mode", "content_hash"]
_VERDICTS = ["id", *_PLOT, "revision", "taken_at", "label", "confidence", "status", "fault_score", "model_id"]
_VERDICTS += ["decided_at", "content_hash"]
_ALARMS = ["at", "alarm_id", "plot_type", "pad", "from_state", "to_state", "label", "severity", "confidence", "who"]
_ALARMS += ["station", "why", "plot_id"]
_CONDITIONS = ["id", "kind", *_PLOT, "since", "begins_period", "facts", "told_at", "ended_at", "ended_by", "why_ended"]
_CONDITIONS += ["first_plot_id"]

Rows = Iterator[list[object]]


def export(database: Database, hall_name: str, images: ImageStore, what: str, path: Path) -> int:
    """Write ``labels``, ``verdicts``, ``alarms`` or ``conditions`` of a hall to a CSV file; gives the number of rows.

    Labels are those in force, one for each labelled plot; verdicts the live ones; alarms every
    change of their state; conditions all that ever were, with the run of their first plot. Raises
    SettingsError for an unknown hall, StorageError when the file can't be written.
    """
    columns, rows = _KINDS[what]
    with database.read() as connection:
        hall_id = lookup.hall(connection, hall_name)
        return write_rows(path, columns, rows(connection, hall_id, images))


@dataclass(frozen=True)
class FoldersReport:
    """What came of an export into folders: pictures written, there before, and left out by reason."""

    folder: Path
    written: int
    known: int
    left_out: tuple[tuple[str, str], ...]  # file -> why

    def text(self) -> str:
        """The report in words."""
        lines = [f"{self.written} labelled plots written to {self.folder}."]
        if self.known:
            lines.append(f"  {self.known} were there already.")
        for reason, count in Counter(reason for _, reason in self.left_out).most_common():
            files = [file for file, why in self.left_out if why == reason]
            more = f" and {count - SHOWN} more" if count > SHOWN else ""
            lines.append(f"  Not written, {reason}: {', '.join(files[:SHOWN])}{more}")
        return "\n".join(lines)


def export_folders(
    database: Database, hall_name: str, images: ImageStore, folder: Path, progress: Progress
) -> FoldersReport:
    """Copy the picture of each labelled plot into PLOT_TYPE/LABEL of a folder, accepted guesses a folder deeper.

    Names and times of the files are such that an import of the folder finds the plots' again. A file that is there
    with other bytes stays and is told. Raises SettingsError for an unknown hall, StorageError when the folder can't
    be written.
    """
    with database.read() as connection:
        rows = list(_in_force(connection, lookup.hall(connection, hall_name)))
    seen: Counter[PurePosixPath] = Counter()
    left_out: list[tuple[str, str]] = []
    written = known = 0
    for done, row in enumerate(sorted(rows, key=lambda row: row.plot_id), start=1):
        progress("writing pictures", done / len(rows))
        name = PlotName(row.plot_type, row.run_number, row.chunk, row.run_period, row.pad)
        try:
            data = images.read(row.content_hash)
        except StorageError:
            left_out.append((str(place_of(name, row.label, ".png")), "its picture isn't kept any more"))
            continue
        suffix = suffix_of(data)
        first = place_of(name, row.label, suffix, accepted=row.accepted)
        place = place_of(name, row.label, suffix, accepted=row.accepted, occurrence=seen[first])
        seen[first] += 1
        path = folder / place
        if not path.exists():
            write_bytes(path, data)
            os.utime(path, (row.taken_at.timestamp(),) * 2)
            written += 1
        elif path.is_file() and path.read_bytes() == data:
            known += 1
        else:
            left_out.append((str(place), "another picture lies there; take it away or name another folder"))
    return FoldersReport(folder, written, known, tuple(left_out))


def _label_rows(connection: Connection, hall_id: int, images: ImageStore) -> Rows:
    for row in _in_force(connection, hall_id):
        yield _fields(row, _LABELS, {"file": images.path(row.content_hash).absolute()})


def _in_force(connection: Connection, hall_id: int) -> Iterator[Any]:
    """The rows of the labels that count: the newest that was chosen, else the newest accepted guess."""
    found: dict[int, Any] = {}
    for row in given_labels.rows(connection, hall_id):
        before = found.get(row.plot_id)
        if not row.withdrawn and (before is None or before.accepted or not row.accepted):
            found[row.plot_id] = row
    yield from found.values()


def _verdict_rows(connection: Connection, hall_id: int, _images: ImageStore) -> Rows:
    for row in verdicts.rows(connection, hall_id):
        # NoModel: nobody has judged, so there is no number either
        yield _fields(row, _VERDICTS, {} if row.label else {"confidence": None, "fault_score": None})


def _alarm_rows(connection: Connection, hall_id: int, _images: ImageStore) -> Rows:
    for row in alarms.rows(connection, hall_id):
        yield _fields(row, _ALARMS, {"severity": Severity(row.severity).word})


def _condition_rows(connection: Connection, hall_id: int, _images: ImageStore) -> Rows:
    for row in conditions.rows(connection, hall_id):
        yield _fields(row, _CONDITIONS, {})


def _fields(row: Any, columns: list[str], own: Mapping[str, object]) -> list[object]:
    values = (own[name] if name in own else getattr(row, name) for name in columns)
    return [_plain(value) if isinstance(value, datetime) else value for value in values]


def _plain(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_KINDS: dict[str, tuple[list[str], Callable[[Connection, int, ImageStore], Rows]]] = {
    "labels": (_LABELS, _label_rows),
    "verdicts": (_VERDICTS, _verdict_rows),
    "alarms": (_ALARMS, _alarm_rows),
    "conditions": (_CONDITIONS, _condition_rows),
}
