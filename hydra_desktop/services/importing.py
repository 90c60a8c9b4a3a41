"""Plots and labels taken from a manifest or from folders: every row is a plot, and a second time changes nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from ..database import feed, given_labels, halls, label_queue, plots
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..domain.errors import PictureError, PlotNameError
from ..domain.hall import DEFAULT_NAME_PATTERN
from ..domain.label import default_label
from ..domain.plot import NamePattern, NewPlot, PlotName
from ..sources.label_folders import read_label_folders
from ..sources.manifest import ManifestRow, read_manifest
from ..vision.picture import decode_for_network
from .pictures import ahead
from .progress import Progress

BATCH = 200  # rows in one transaction: the monitor's own are never kept waiting for long
NAME_LENGTH = 200
SHOWN = 3  # examples told for each reason
_USUAL = NamePattern(DEFAULT_NAME_PATTERN)


@dataclass(frozen=True)
class Refusal:
    """A row that wasn't taken: where it stands, the kind of reason, and the message."""

    line: int
    reason: str
    message: str


@dataclass(frozen=True)
class ImportReport:
    """What came of an import; `known` rows were there from an earlier one.

    A `row` of folders is a file, counted in the order of the names.
    """

    manifest: Path
    rows: int
    added: Mapping[str, int]  # plot type -> new plots
    known: int
    labelled: int  # labels that were given or changed
    new_labels: tuple[tuple[str, str], ...]  # (plot type, label) that the hall didn't have
    file_times: int  # new plots without a time of their own
    refused: tuple[Refusal, ...]
    plot_ids: Mapping[int, int]  # line of the manifest -> its plot, new or known
    row: str = "line"

    def text(self) -> str:
        """The report in words."""
        new = sum(self.added.values())
        rows = "rows" if self.row == "line" else "pictures"
        lines = [f"{self.manifest.name}: {self.rows} {rows}, {new} new plots, {self.labelled} labels given."]
        if len(self.added) > 1:
            lines += [f"  {name}: {count} plots" for name, count in sorted(self.added.items())]
        if self.known:
            lines.append(f"  {self.known} plots were there already.")
        if self.file_times:
            lines.append(f"  {self.file_times} plots have no time of their own; the time of the file stands for it.")
        for plot_type, label in self.new_labels:
            usual = default_label(label)
            lines.append(
                f"  {plot_type} has a new label, {label} ({usual.role.value}, severity {usual.severity.word}); "
                "`hall apply` changes that."
            )
        if not new and not self.labelled and not self.new_labels:
            lines.append("  Nothing changed.")
        for reason, count in Counter(refusal.reason for refusal in self.refused).most_common():
            lines.append(f"  Not taken, {reason}: {count}")
            examples = [refusal for refusal in self.refused if refusal.reason == reason]
            lines += [f"    {self.row} {refusal.line}: {refusal.message}" for refusal in examples[:SHOWN]]
            if count > SHOWN:
                lines.append(f"    and {count - SHOWN} more")
        return "\n".join(lines)


@dataclass(frozen=True)
class _Ready:
    """A row whose picture is in the image store."""

    line: int
    label: str
    new: NewPlot
    accepted: bool = False
    in_folder: str = ""  # where its folder labels it, the file


@dataclass
class _Tally:
    added: Counter[str] = field(default_factory=Counter)
    known: int = 0
    labelled: int = 0
    new_labels: list[tuple[str, str]] = field(default_factory=list)
    file_times: int = 0
    plot_ids: dict[int, int] = field(default_factory=dict)
    said: dict[int, tuple[str, str]] = field(default_factory=dict)  # of folders: the label and file of a plot


def import_manifest(
    database: Database,
    hall_name: str,
    images: ImageStore,
    manifest: Path,
    *,
    user: str,
    progress: Progress,
) -> ImportReport:
    """Take the plots and labels of a manifest into a hall, made if it is new.

    Raises ManifestError when the manifest can't be read as one, StorageError when the image
    store can't be written. What was taken before an error, or a stop, stays.
    """
    return import_rows(database, hall_name, images, manifest, read_manifest(manifest), user=user, progress=progress)


def import_folders(
    database: Database,
    hall_name: str,
    images: ImageStore,
    folder: Path,
    *,
    plot_type: str | None = None,
    user: str,
    progress: Progress,
) -> ImportReport:
    """Take pictures in folders by label into a hall, made if it is new; a picture moved to another label changes it.

    `plot_type` is that of all of them, where the folders are labels alone. Raises as `import_manifest`.
    """
    rows = read_label_folders(folder, plot_type)
    report = import_rows(database, hall_name, images, folder.resolve(), rows, user=user, progress=progress)
    return replace(report, row="file")


def _unheard(_added: Mapping[str, int]) -> None:
    pass


def import_rows(
    database: Database,
    hall_name: str,
    images: ImageStore,
    manifest: Path,
    rows: Sequence[ManifestRow],
    *,
    user: str,
    progress: Progress,
    relabel: bool = True,
    stored: Callable[[Mapping[str, int]], None] = _unheard,
) -> ImportReport:
    """Take rows of a manifest, all that have the same `identity` or none of them.

    Without `relabel` a plot that is known keeps the label it has. `stored` is called after each transaction with the
    new plots so far, by plot type. Raises StorageError when the image store can't be written. What was taken before an
    error, or a stop, stays.
    """
    with database.write() as connection:
        hall_id = halls.find_or_create(connection, hall_name)
        reader = _Reader(images, NamePattern(halls.load(connection, hall_id).name_pattern))
    tally = _Tally()
    refused: list[Refusal] = []
    batch: list[_Ready] = []
    for done, (_, outcome) in enumerate(ahead(_with_occurrence(rows), reader.read), start=1):
        progress(f"importing {manifest.name}", done / len(rows))
        if isinstance(outcome, Refusal):
            refused.append(outcome)
        else:
            batch.append(outcome)
        if batch and (len(batch) == BATCH or done == len(rows)):
            refused += _store(database, hall_id, batch, user, tally, relabel=relabel)
            stored(dict(tally.added))
            batch = []
    return ImportReport(
        manifest,
        len(rows),
        dict(tally.added),
        tally.known,
        tally.labelled,
        tuple(tally.new_labels),
        tally.file_times,
        tuple(refused),
        dict(tally.plot_ids),
    )


def identity(row: ManifestRow) -> str:
    """What makes a row this row, but for its picture and its label, which may be mended later."""
    taken_at = row.taken_at.isoformat() if row.taken_at else ""
    parts = (row.file, row.plot_type, row.run_period, row.run_number, row.chunk, taken_at)
    return "|".join("" if part is None else str(part) for part in parts)


def name_of(row: ManifestRow, pattern: NamePattern) -> PlotName:
    """The plot's name; where the manifest is silent on the run, the file name may know it.

    That is read as the hall reads it, else in the usual form.
    """
    if row.run_number is None:
        for one in (pattern, _USUAL):
            try:
                found = one.read(row.file)
            except PlotNameError:
                continue
            if found.plot_type == row.plot_type:
                return found
    return PlotName(row.plot_type, row.run_number or 0, row.chunk, row.run_period)


def _with_occurrence(rows: Sequence[ManifestRow]) -> Iterator[tuple[ManifestRow, int]]:
    """Each row with how often the same came before: it is a plot of its own every time."""
    seen: Counter[tuple[str, str]] = Counter()
    for row in rows:
        which = row.under, identity(row)
        yield row, seen[which]
        seen[which] += 1


class _Reader:
    """Reads pictures into the image store; used from several threads."""

    def __init__(self, images: ImageStore, pattern: NamePattern) -> None:
        self._images = images
        self._pattern = pattern

    def read(self, counted: tuple[ManifestRow, int]) -> _Ready | Refusal:
        """A row made ready to be stored, or why it can't be."""
        row, occurrence = counted
        if row.problem:
            return Refusal(row.line, "unusable row", row.problem)
        for name in (row.plot_type, row.label):
            if not name.isprintable() or len(name) > NAME_LENGTH:
                return Refusal(
                    row.line, "unusable row", f"{name[:40]!r} can't be a name; use up to {NAME_LENGTH} letters"
                )
        try:
            data = row.path.read_bytes()
            modified_at = datetime.fromtimestamp(row.path.stat().st_mtime, UTC)
        except FileNotFoundError:
            return Refusal(row.line, "file missing", f"{row.shown} isn't there; paths are relative to the manifest")
        except OSError as error:
            return Refusal(row.line, "file not readable", f"{row.shown} can't be read ({error.strerror})")
        content_hash = hashlib.sha256(data).hexdigest()
        if not self._images.has(content_hash):
            try:
                decode_for_network(data)  # what is in the image store can be decoded
            except PictureError as error:
                return Refusal(row.line, "damaged picture", f"{row.shown}: {error}")
            self._images.add(data)
        key = f"manifest|{identity(row)}|{occurrence}|{content_hash}"
        taken_at = row.taken_at or modified_at
        return _Ready(
            row.line,
            row.label,
            NewPlot(name_of(row, self._pattern), content_hash, taken_at, key, row.taken_at is None),
            row.accepted,
            row.shown if row.under else "",
        )


def _is_once_per_run(name: PlotName) -> bool:
    """Whether a plot without a chunk is one of its run, not one of which nothing is known."""
    return name.chunk is None and name.run_number > 0


def _store(
    database: Database, hall_id: int, batch: Sequence[_Ready], user: str, tally: _Tally, *, relabel: bool
) -> list[Refusal]:
    """Store a batch in one transaction; the tally counts it only once it is committed. Gives rows that contradict."""
    here = _Tally(said=dict(tally.said))
    refused: list[Refusal] = []
    with database.write() as connection:
        for name in dict.fromkeys(ready.new.name.plot_type for ready in batch):
            mine = [ready for ready in batch if ready.new.name.plot_type == name]
            wanted = list(dict.fromkeys(ready.label for ready in mine if ready.label))
            added = halls.ensure_labels(
                connection,
                hall_id,
                name,
                wanted,
                user=user,
                comment="label of an imported plot",
                chunked=not all(_is_once_per_run(ready.new.name) for ready in mine),
            )
            here.new_labels += [(name, label) for label in added]
        labels: dict[int, tuple[str, bool]] = {}
        changed: set[int] = set()
        stored = plots.add_all(connection, hall_id, [ready.new for ready in batch], live=False)
        for ready, plot in zip(batch, stored, strict=True):
            if plot is None:
                here.known += 1
                plot_id = plots.find_by_origin(connection, hall_id, ready.new.origin_key)
                assert plot_id is not None  # noqa: S101 it was refused as known
            else:
                here.added[ready.new.name.plot_type] += 1
                here.file_times += ready.new.taken_at_is_file_time
                plot_id = plot.id
                changed.add(plot_id)
            here.plot_ids[ready.line] = plot_id
            if ready.in_folder:
                label, file = here.said.setdefault(plot_id, (ready.label, ready.in_folder))
                if label != ready.label:
                    message = f"{ready.in_folder} is the same picture as {file}; keep it under one label"
                    refused.append(Refusal(ready.line, "under two labels", message))
                    continue
            if ready.label and (relabel or plot is not None):
                labels[plot_id] = ready.label, ready.accepted
        # a label that an expert changed since the last import stays: the manifest has said its word
        said = given_labels.imported(connection, list(labels), user)
        for plot_id, (label, accepted) in labels.items():
            if said.get(plot_id) != (label, accepted):
                now = datetime.now(UTC)
                given = given_labels.give(connection, plot_id, label, user=user, at=now, accepted=accepted)
                if given is not None:
                    here.labelled += 1
                    changed.add(plot_id)
        label_queue.refresh(connection, changed)
        if here.added:
            feed.publish(connection, hall_id, "plots", None)
        if here.labelled:
            feed.publish(connection, hall_id, "label", None)
    tally.added += here.added
    tally.known += here.known
    tally.labelled += here.labelled
    tally.new_labels += here.new_labels
    tally.file_times += here.file_times
    tally.plot_ids |= here.plot_ids
    tally.said = here.said
    return refused
