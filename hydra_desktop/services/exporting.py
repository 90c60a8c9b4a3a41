"""Labels, verdicts, the log of alarms and conditions of plot types as CSV files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from ..database import alarms, conditions, given_labels, verdicts
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..domain.label import Severity
from ..outputs.csv_file import write_rows
from . import lookup

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
