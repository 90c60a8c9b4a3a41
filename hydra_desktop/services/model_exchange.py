"""Models out as one file, and in from another site: checked before anything is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from ..database import activations, halls, model_store
from ..database.connection import Database
from ..domain.errors import LibraryError, ModelFileError, UnknownPlotTypeError
from ..domain.hall import PlotType
from ..outputs import model_card, model_package
from ..outputs.model_package import SUFFIX, ModelPackage
from ..outputs.whole_file import write_bytes
from ..vision.deviation import DESCRIBED_BY
from ..vision.opening import open_model, read_model, renamed
from . import library, lookup


@dataclass(frozen=True)
class ExportReport:
    """A model that was written to a file."""

    model_id: int
    plot_type: str
    path: Path
    size: int

    def text(self) -> str:
        """In words."""
        size = f"{self.size / 1e6:.1f} MB"
        return f"{self.plot_type}: model {self.model_id} is in {self.path} ({size}), with labels, thresholds and card."


@dataclass(frozen=True)
class ImportReport:
    """A model that came from a file; `notes` say what a person should know of it."""

    model_id: int
    plot_type: str
    notes: Sequence[str]

    def text(self) -> str:
        """In words."""
        lines = [
            f"{self.plot_type}: stored as model {self.model_id}, not live; "
            f"hydra-desktop models activate {self.model_id} puts it live."
        ]
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])

    def figures(self) -> dict[str, object]:
        """All as plain values, for a JSON file."""
        return {"model_id": self.model_id, "plot_type": self.plot_type, "notes": list(self.notes)}


def export(database: Database, hall_name: str, model_id: int, path: Path, *, user: str) -> ExportReport:
    """Write a model to a file, whole or not at all; in a folder under a name of its own.

    Raises LibraryError for a model that isn't there, ModelFileError for one that can't be opened, StorageError.
    """
    with database.read() as c:
        hall_id = lookup.hall(c, hall_name)
        record = library.record_of(c, hall_id, model_id)
        library.expect_usable(c, record)
        data = model_store.file(c, model_id)
        settings = halls.load(c, hall_id).plot_types[record.plot_type]
    package = ModelPackage(
        plot_type=record.plot_type,
        labels=[settings.label(name) for name in read_model(data).labels],
        thresholds=record.thresholds,
        card=model_card.for_elsewhere(record.card),
        described_by=DESCRIBED_BY,
        hall=hall_name,
        trained_by=record.created_by,
        trained_at=record.created_at.isoformat(),
        exported_by=user,
        exported_at=datetime.now(UTC).isoformat(),
        model=data,
    )
    if path.is_dir():
        path = path / file_name(record.plot_type, model_id)
    whole = model_package.pack(package)
    write_bytes(path, whole)
    return ExportReport(model_id, record.plot_type, path, len(whole))


def file_name(plot_type: str, model_id: int) -> str:
    """A name for the file of a model."""
    plain = "".join(one if one.isalnum() or one in "-_." else "_" for one in plot_type).lstrip(".")
    return f"{plain}-{model_id}{SUFFIX}"


def import_file(
    database: Database, hall_name: str, path: Path, *, as_plot_type: str | None = None, user: str
) -> ImportReport:
    """Store the model in a file, not live; `as_plot_type` is the plot type here where it has another name.

    Raises ModelFileError when the file is none, cut off, changed, or made for another backbone, SettingsError for a
    plot type that the hall doesn't know, LibraryError when the model is there already. Then nothing is stored.
    """
    package = model_package.read(path)
    if package.described_by != DESCRIBED_BY:
        raise ModelFileError(
            f"{path}: this model judges plots described by {package.described_by}, this program describes them by "
            f"{DESCRIBED_BY}; train it again here, or use the version of the program that it comes from."
        )
    try:
        open_model(package.model)
        model = read_model(package.model)
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from error
    known = {label.name for label in package.labels}
    if model.plot_type != package.plot_type or known != set(model.labels) or not known.issuperset(package.thresholds):
        raise ModelFileError(f"{path}: what it says of its model isn't what the model is; export it again.")
    with database.write(durable=True) as c:
        hall_id = lookup.hall(c, hall_name)
        settings = _plot_type(c, hall_id, package, as_plot_type)
        activations.hold(c, hall_id, [settings.name])
        _expect_new(c, hall_id, settings.name, package)
        halls.ensure_labels(
            c,
            hall_id,
            settings.name,
            list(model.labels),
            user=user,
            comment="labels of an imported model",
            like={label.name: label for label in package.labels},
        )
        data = package.model if settings.name == package.plot_type else renamed(package.model, settings.name)
        model_id = model_store.add(
            c,
            hall_id,
            settings.name,
            file=data,
            card={**package.card, "imported": _origin(package, user)},
            thresholds=package.thresholds,
            user=package.trained_by,
            chosen="imported",
            comment=f"from {path.name}",
        )
    return ImportReport(model_id, settings.name, _notes(settings, package))


def _plot_type(c: Connection, hall_id: int, package: ModelPackage, wanted: str | None) -> PlotType:
    known = halls.load(c, hall_id).plot_types
    if wanted is not None:
        return known[lookup.plot_type(known, wanted)]
    if package.plot_type not in known:
        raise UnknownPlotTypeError(
            f"This is a model of {package.plot_type}, a plot type that this hall doesn't have; say which it is here "
            "with --as PLOT_TYPE, or name it in the hall's settings first (hydra-desktop hall apply). "
            f"This hall has {', '.join(sorted(known)[:8]) or 'none yet'}{', ...' if len(known) > 8 else ''}."
        )
    return known[package.plot_type]


def _expect_new(c: Connection, hall_id: int, plot_type: str, package: ModelPackage) -> None:
    for record in model_store.listing(c, hall_id, plot_type):
        imported = record.card.get("imported")
        was = imported.get("sha256") if isinstance(imported, dict) else None
        if package.sha256 in (record.sha256, was):
            state = "it is live" if record.active else "it isn't live"
            raise LibraryError(
                f"This model is here already: model {record.id} of {plot_type}, since "
                f"{record.created_at:%Y-%m-%d %H:%M} UTC, and {state}. Nothing was stored."
            )


def _origin(package: ModelPackage, user: str) -> dict[str, str]:
    return {
        "hall": package.hall,
        "plot_type": package.plot_type,
        "trained_at": package.trained_at,
        "exported_by": package.exported_by,
        "exported_at": package.exported_at,
        "by": user,
        "sha256": package.sha256,
    }


def _notes(here: PlotType, package: ModelPackage) -> list[str]:
    notes = []
    known = {label.name: label for label in here.labels}
    for label in package.labels:
        mine = known.get(label.name)
        if mine is None:
            notes.append(f"The label {label.name} is new here: {label.role}, severity {label.severity.word}.")
        elif (mine.role, mine.severity) != (label.role, label.severity):
            notes.append(
                f"The label {label.name} is {mine.role} of severity {mine.severity.word} here, {label.role} of "
                f"severity {label.severity.word} where the model comes from; what it means here counts."
            )
    notes.append("Its figures are of the plots of the hall that it comes from: try it in shadow before it goes live.")
    return notes
