"""Plots: taken, judged, watched, written out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import SettingsError
from ..settings import Settings
from .common import DONE, MENDABLE, add, opened, say, seconds, shown_progress, tell

if TYPE_CHECKING:
    from .common import Commands


def add_commands(commands: Commands) -> None:
    """Add them to the parser."""
    importing = add(commands, "import", _import, "take plots from a manifest, or from folders by label")
    importing.add_argument("manifest", type=Path, metavar="MANIFEST.csv|FOLDER")
    importing.add_argument("--folders", action="store_true", help="pictures lie in FOLDER/PLOT_TYPE/LABEL")
    importing.add_argument("--plot-type", metavar="P", help="with --folders: pictures of it lie in FOLDER/LABEL")
    importing.add_argument("--user", metavar="NAME", help="who gave the labels (default: you)")

    classify = add(commands, "classify", _classify, "judge plots with the active models, into a CSV file")
    classify.add_argument("plots", nargs="+", type=Path, metavar="MANIFEST.csv|IMAGE")
    classify.add_argument("--plot-type", metavar="P", help="the plot type of the images")
    classify.add_argument("--csv", required=True, type=Path, metavar="FILE", help="a row for each plot")
    classify.add_argument("--maps", type=Path, metavar="FOLDER", help="write the evidence maps, as PNG and NPY")

    monitor = add(commands, "monitor", _monitor, "judge the plots that arrive in a folder, without a screen")
    monitor.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="default: the hall's source folder")
    monitor.add_argument("--once", action="store_true", help="judge what is there, then end")
    monitor.add_argument(
        "--interval", type=seconds, default=30.0, metavar="SECONDS", help="time between full rescans (default: 30)"
    )


def _import(options: argparse.Namespace, settings: Settings) -> int:
    from ..database.image_store import ImageStore
    from ..services import importing

    if options.plot_type is not None and not options.folders:
        raise SettingsError("--plot-type is for --folders; a manifest names the plot type of each row.")
    if options.manifest.is_dir() and not options.folders:
        raise SettingsError(f"{options.manifest} is a folder; to take the pictures in its PLOT_TYPE/LABEL: --folders.")
    with opened(settings) as database, shown_progress() as progress:
        images = ImageStore(settings.image_folder)
        user = options.user or settings.user
        if options.folders:
            report = importing.import_folders(
                database,
                settings.hall,
                images,
                options.manifest,
                plot_type=options.plot_type,
                user=user,
                progress=progress,
            )
        else:
            report = importing.import_manifest(
                database, settings.hall, images, options.manifest, user=user, progress=progress
            )
    tell(report.text())
    return MENDABLE if report.refused else DONE


def _classify(options: argparse.Namespace, settings: Settings) -> int:
    from ..database.image_store import ImageStore
    from ..services import classifying

    with opened(settings) as database, shown_progress() as progress:
        report = classifying.classify(
            database,
            settings.hall,
            ImageStore(settings.image_folder),
            options.plots,
            plot_type=options.plot_type,
            csv=options.csv,
            maps=options.maps,
            progress=progress,
        )
    for line in report.refused:
        say(line)
    tell(report.text())
    return MENDABLE if report.refused else DONE


def _monitor(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import monitor

    if options.once:
        _look_again_at_refused(settings)
    return monitor.run(settings, folder=options.folder, once=options.once, interval_s=options.interval)


def _look_again_at_refused(settings: Settings) -> None:
    """Let files that were refused before be counted and named again, as long as they are there."""
    from ..database import files_seen, halls

    with opened(settings) as database, database.write() as connection:
        hall_id = halls.find(connection, settings.hall)
        if hall_id is not None:
            files_seen.forget_refused(connection, hall_id)


def add_export(commands: Commands) -> None:
    """Add `export`, which stands further down."""
    export = add(
        commands,
        "export",
        _export,
        "write labels, verdicts, the log of alarms or conditions to a CSV file, or labelled plots into folders",
    )
    export.add_argument("what", choices=("labels", "verdicts", "alarms", "conditions"))
    where = export.add_mutually_exclusive_group(required=True)
    where.add_argument("--csv", type=Path, metavar="FILE")
    where.add_argument("--folders", type=Path, metavar="FOLDER", help="labelled pictures, in FOLDER/PLOT_TYPE/LABEL")


def _export(options: argparse.Namespace, settings: Settings) -> int:
    from ..database.image_store import ImageStore
    from ..services import exporting

    if options.folders is not None:
        return _export_folders(options, settings)
    with opened(settings) as database:
        images = ImageStore(settings.image_folder)
        count = exporting.export(database, settings.hall, images, options.what, options.csv)
    tell(f"{count} {options.what} in {options.csv}.")
    return DONE


def _export_folders(options: argparse.Namespace, settings: Settings) -> int:
    from ..database.image_store import ImageStore
    from ..services import exporting

    if options.what != "labels":
        raise SettingsError(f"Only labels go into folders; write {options.what} to a table: --csv FILE.")
    with opened(settings) as database, shown_progress() as progress:
        images = ImageStore(settings.image_folder)
        report = exporting.export_folders(database, settings.hall, images, options.folders, progress)
    tell(report.text())
    return MENDABLE if report.left_out else DONE
