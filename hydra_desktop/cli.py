"""The command line: reads it, calls the service behind it, and says in words what came of it.

Exit codes: 0 done, 1 the site can mend it (the message says how), 2 wrong usage. Imports of
weight stand inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from . import __version__
from . import settings as settings_module
from .domain.errors import SiteError, Stopped
from .settings import Settings

if TYPE_CHECKING:
    from .database.connection import Database
    from .services.progress import Progress

    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]

DONE, MENDABLE, INTERRUPTED = 0, 1, 130

Command = Callable[[argparse.Namespace, Settings], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program with these arguments, those of the process by default; gives the exit code."""
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as end:  # argparse has said why
        return end.code if isinstance(end.code, int) else 2
    command: Command = options.command
    try:
        settings = settings_module.load(options.database, options.hall)
        return command(options, settings)
    except SiteError as error:
        _say(str(error))
        return MENDABLE
    except (KeyboardInterrupt, Stopped):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (hydra-desktop hall show | head): no fault of anyone.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _say(f"{place}{error.strerror or error}; check the name, the permissions and the free space.")
        return MENDABLE
    except Exception as error:  # noqa: BLE001 - the last line: a fault of our own becomes a message and a log
        _say(_own_fault(error))
        return MENDABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hydra-desktop",
        description="Watches the monitoring plots of an experiment and tells the shift crew which look wrong. "
        "Without a command the desktop program starts.",
        epilog="HYDRA_DATABASE names the database, HYDRA_HALL the hall and HYDRA_HOME the data folder where no "
        "option does. Exit codes: 0 done, 1 something at the site is to be mended (the message says what), "
        "2 wrong usage.",
    )
    parser.add_argument("--version", action="version", version=f"hydra-desktop {__version__}")
    parser.add_argument("--database", metavar="URL", help="SQLAlchemy URL, or the path of an SQLite file")
    parser.add_argument("--hall", metavar="NAME", help="the hall to work on (default: Hall)")
    parser.set_defaults(command=_desktop)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_demo(commands)
    _add_plot_commands(commands)
    _add_model_commands(commands)
    _add_reference(commands)
    _add_hall(commands)
    _add_export(commands)
    _add_db(commands)
    return parser


def _add(commands: _Commands, name: str, run: Command, text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=f"{text[:1].upper()}{text[1:]}.")
    parser.set_defaults(command=run)
    return parser


def _add_demo(commands: _Commands) -> None:
    demo = _add(commands, "demo", _demo, "a simulated hall, live, on a database of its own")
    demo.add_argument("--chunks", type=_count, metavar="N", help="end by itself after N chunks")
    demo.add_argument(
        "--interval", type=_seconds, default=10.0, metavar="SECONDS", help="time between chunks (default: 10)"
    )
    demo.add_argument("--screenshot", type=Path, metavar="FILE", help="save a picture of the wall at the end")


def _add_plot_commands(commands: _Commands) -> None:
    importing = _add(commands, "import", _import, "take plots, with or without labels, from a manifest")
    importing.add_argument("manifest", type=Path, metavar="MANIFEST.csv")
    importing.add_argument("--user", metavar="NAME", help="who gave the labels (default: you)")

    classify = _add(commands, "classify", _classify, "judge plots with the active models, into a CSV file")
    classify.add_argument("plots", nargs="+", type=Path, metavar="MANIFEST.csv|IMAGE")
    classify.add_argument("--plot-type", metavar="P", help="the plot type of the images")
    classify.add_argument("--csv", required=True, type=Path, metavar="FILE", help="a row for each plot")
    classify.add_argument("--maps", type=Path, metavar="FOLDER", help="write the evidence maps, as PNG and NPY")

    monitor = _add(commands, "monitor", _monitor, "judge the plots that arrive in a folder, without a screen")
    monitor.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="default: the hall's source folder")
    monitor.add_argument("--once", action="store_true", help="judge what is there, then end")
    monitor.add_argument(
        "--interval", type=_seconds, default=30.0, metavar="SECONDS", help="time between full rescans (default: 30)"
    )


def _add_model_commands(commands: _Commands) -> None:
    train = _add(commands, "train", _train, "train a model of a plot type on the labels given so far")
    train.add_argument("plot_type", metavar="PLOT_TYPE")
    train.add_argument("--activate", action="store_true", help="put the model live")
    train.add_argument(
        "--recipe",
        choices=("first", "both"),
        default="first",
        help="both also tunes a whole network, and uses it if it clearly wins on held-out runs (minutes to hours)",
    )
    train.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")

    evaluate = _add(commands, "evaluate", _evaluate, "measure the active model on the labelled plots of a manifest")
    evaluate.add_argument("plot_type", metavar="PLOT_TYPE")
    evaluate.add_argument("manifest", type=Path, metavar="MANIFEST.csv")
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")

    models = _add(commands, "demo-models", _demo_models, "for developers: make the demo's models anew")
    models.add_argument("folder", type=Path, metavar="FOLDER", help="the folder models/ of the program")
    models.add_argument("--seed", type=int, default=1, metavar="N")
    models.add_argument("--only", action="append", metavar="PLOT_TYPE", help="only this one; may be repeated")


def _add_reference(commands: _Commands) -> None:
    text = "the plots that say what is normal in a run period"
    reference = commands.add_parser("reference", help=text, description=f"{text.capitalize()}.")
    verbs = reference.add_subparsers(title="commands", metavar="COMMAND", required=True)
    name = _add(verbs, "set", _reference_set, "make the plots of a manifest the reference")
    name.add_argument("plot_type", metavar="PLOT_TYPE")
    name.add_argument("manifest", type=Path, metavar="MANIFEST.csv")
    name.add_argument("--comment", default="", metavar="TEXT", help="why; kept in the history")
    show = _add(verbs, "show", _reference_show, "what is in force for each run period, and what waits to be confirmed")
    propose = _add(verbs, "propose", _reference_propose, "propose the first steady plots of a run period")
    confirm = _add(verbs, "confirm", _reference_confirm, "put the proposal in force")
    revoke = _add(verbs, "revoke", _reference_revoke, "take the newest back; what was before it holds again")
    history = _add(verbs, "history", _reference_history, "every reference that was ever set or proposed")
    for verb in (show, propose, confirm, revoke, history):
        verb.add_argument("plot_type", metavar="PLOT_TYPE")
    for verb, usual in (
        (name, "the one that the manifest names"),
        (show, "all"),
        (propose, "the newest"),
        (confirm, "the one with a proposal"),
        (revoke, "the one with a reference"),
    ):
        verb.add_argument("--run-period", metavar="P", help=f"for which it holds (default: {usual})")


def _add_hall(commands: _Commands) -> None:
    hall = commands.add_parser("hall", help="show or change the hall's settings", description="The hall's settings.")
    verbs = hall.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add(verbs, "show", _hall_show, "print the settings as a file that `hall apply` takes")
    apply = _add(verbs, "apply", _hall_apply, "change the settings to those of a file; what it leaves out stays")
    apply.add_argument("settings", type=Path, metavar="SETTINGS.toml")


def _add_export(commands: _Commands) -> None:
    export = _add(commands, "export", _export, "write labels, verdicts, the log of alarms or conditions to a CSV file")
    export.add_argument("what", choices=("labels", "verdicts", "alarms", "conditions"))
    export.add_argument("--csv", required=True, type=Path, metavar="FILE")


def _add_db(commands: _Commands) -> None:
    db = commands.add_parser("db", help="upgrade, check or back up the database", description="Database care.")
    verbs = db.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add(verbs, "upgrade", _db_upgrade, "bring the database to this program's version")
    _add(verbs, "check", _db_check, "look for damage, missing pictures and an old version")
    backup = _add(verbs, "backup", _db_backup, "copy the database to a file, also while it is in use")
    backup.add_argument("file", type=Path, metavar="FILE")


def _desktop(_options: argparse.Namespace, settings: Settings) -> int:
    from . import app

    return app.run(settings)


def _demo(options: argparse.Namespace, settings: Settings) -> int:
    from . import app

    return app.demo(settings, chunks=options.chunks, interval_s=options.interval, screenshot=options.screenshot)


def _monitor(options: argparse.Namespace, settings: Settings) -> int:
    from .services import monitor

    return monitor.run(settings, folder=options.folder, once=options.once, interval_s=options.interval)


def _import(options: argparse.Namespace, settings: Settings) -> int:
    from .database.image_store import ImageStore
    from .services import importing

    with _database(settings) as database, _progress() as progress:
        report = importing.import_manifest(
            database,
            settings.hall,
            ImageStore(settings.image_folder),
            options.manifest,
            user=options.user or settings.user,
            progress=progress,
        )
    _tell(report.text())
    return MENDABLE if report.refused else DONE


def _train(options: argparse.Namespace, settings: Settings) -> int:
    from .database.image_store import ImageStore
    from .services import training

    with _database(settings) as database, _progress() as progress:
        report = training.train(
            database,
            settings.hall,
            ImageStore(settings.image_folder),
            options.plot_type,
            activate=options.activate,
            user=settings.user,
            progress=progress,
            checkpoints=settings.home / "training" if options.recipe == "both" else None,
        )
    _tell(report.text())
    _write_json(options.json, report.figures())
    return DONE


def _evaluate(options: argparse.Namespace, settings: Settings) -> int:
    from .database.image_store import ImageStore
    from .services import evaluating

    images = ImageStore(settings.image_folder)
    with _database(settings) as database, _progress() as progress:
        report = evaluating.evaluate(
            database, settings.hall, images, options.plot_type, options.manifest, progress=progress
        )
    _tell(report.text())
    _write_json(options.json, report.figures())
    return DONE


def _classify(options: argparse.Namespace, settings: Settings) -> int:
    from .database.image_store import ImageStore
    from .services import classifying

    with _database(settings) as database, _progress() as progress:
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
        _say(line)
    _tell(report.text())
    return MENDABLE if report.refused else DONE


def _reference_set(options: argparse.Namespace, settings: Settings) -> int:
    from .database.image_store import ImageStore
    from .services import reference

    with _database(settings) as database, _progress() as progress:
        report = reference.set_from_manifest(
            database,
            settings.hall,
            ImageStore(settings.image_folder),
            options.plot_type,
            options.manifest,
            run_period=options.run_period,
            comment=options.comment,
            user=settings.user,
            progress=progress,
        )
    _tell(report.text())
    return MENDABLE if report.refused else DONE


def _reference_propose(options: argparse.Namespace, settings: Settings) -> int:
    from .database.image_store import ImageStore
    from .services import reference

    with _database(settings) as database:
        report = reference.propose(
            database,
            settings.hall,
            ImageStore(settings.image_folder),
            options.plot_type,
            run_period=options.run_period,
            user=settings.user,
        )
    _tell(report.text())
    return DONE


def _reference_confirm(options: argparse.Namespace, settings: Settings) -> int:
    from .services import reference

    with _database(settings) as database:
        report = reference.confirm(
            database, settings.hall, options.plot_type, run_period=options.run_period, user=settings.user
        )
    _tell(report.text())
    return DONE


def _reference_revoke(options: argparse.Namespace, settings: Settings) -> int:
    from .services import reference

    with _database(settings) as database:
        report = reference.revoke(
            database, settings.hall, options.plot_type, run_period=options.run_period, user=settings.user
        )
    _tell(report.text())
    return DONE


def _reference_show(options: argparse.Namespace, settings: Settings) -> int:
    from .services import reference

    with _database(settings) as database:
        shown = reference.show(database, settings.hall, options.plot_type, run_period=options.run_period)
    _tell(shown.text())
    return DONE


def _reference_history(options: argparse.Namespace, settings: Settings) -> int:
    from .services import reference

    with _database(settings) as database:
        past = reference.history(database, settings.hall, options.plot_type)
    _tell(reference.history_text(options.plot_type, past))
    return DONE


def _demo_models(options: argparse.Namespace, _settings: Settings) -> int:
    from .services import demo, demo_models

    with _progress() as progress:
        made = demo_models.make(
            options.folder, hall_seed=demo.SEED, seed=options.seed, only=options.only, progress=progress
        )
    _tell(f"{made} models in {options.folder}.")
    return DONE


def _hall_show(_options: argparse.Namespace, settings: Settings) -> int:
    from .services import hall_settings

    with _database(settings) as database:
        sys.stdout.write(hall_settings.show_hall(database, settings.hall))
    return DONE


def _hall_apply(options: argparse.Namespace, settings: Settings) -> int:
    from .services import hall_settings

    with _database(settings) as database:
        changes = hall_settings.apply_file(database, settings.hall, options.settings, user=settings.user)
    _tell("\n".join(changes) if changes else "Nothing changed.")
    return DONE


def _export(options: argparse.Namespace, settings: Settings) -> int:
    from .database.image_store import ImageStore
    from .services import exporting

    with _database(settings) as database:
        images = ImageStore(settings.image_folder)
        count = exporting.export(database, settings.hall, images, options.what, options.csv)
    _tell(f"{count} {options.what} in {options.csv}.")
    return DONE


def _db_upgrade(_options: argparse.Namespace, settings: Settings) -> int:
    with _database(settings, upgrade=True):
        _tell("The database is at this program's version.")
    return DONE


def _db_check(_options: argparse.Namespace, settings: Settings) -> int:
    from .database.image_store import ImageStore
    from .services import checking

    with _database(settings, any_version=True) as database, _progress() as progress:
        problems = checking.check(database, ImageStore(settings.image_folder), progress=progress)
    for problem in problems:
        _say(problem)
    _tell("No problem found." if not problems else f"{len(problems)} problems found.")
    return MENDABLE if problems else DONE


def _db_backup(options: argparse.Namespace, settings: Settings) -> int:
    with _database(settings, any_version=True) as database:
        database.backup(options.file)
    _tell(f"The database is copied to {options.file}; the pictures are in {settings.image_folder}.")
    return DONE


@contextmanager
def _database(settings: Settings, *, upgrade: bool = False, any_version: bool = False) -> Iterator[Database]:
    from .database.connection import open_database

    # the embedded database is this program's own and follows it; a shared one waits for its keeper
    embedded = settings.database_url.startswith("sqlite") and not any_version
    database = open_database(settings.database_url, upgrade=upgrade or embedded, any_version=any_version)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _progress() -> Iterator[Progress]:
    """Progress on stderr: one line that moves on a terminal, else a line for each stage."""
    from .services.progress import Progress

    moving = sys.stderr.isatty()
    last = ["", ""]
    began = {"": 0.0}

    def report(stage: str, fraction: float) -> None:
        passed_s = time.monotonic() - began.setdefault(stage, time.monotonic())
        line = f"{stage[:1].upper()}{stage[1:]}: {100 * fraction:3.0f} %"
        if passed_s > 2 and 0.02 < fraction < 1:  # before that nothing can be told of the rest
            minutes, seconds = divmod(round(passed_s * (1 - fraction) / fraction), 60)
            line += f", {minutes} min {seconds} s left" if minutes else f", {seconds} s left"
        if moving and line != last[1]:
            sys.stderr.write(f"\r{line:<{len(last[1])}}")
            sys.stderr.flush()
        elif not moving and stage != last[0]:
            _say(f"{stage[:1].upper()}{stage[1:]} ...")
        last[:] = [stage, line]

    try:
        yield Progress(report)
    finally:
        if moving and last[1]:
            sys.stderr.write("\r" + " " * len(last[1]) + "\r")
            sys.stderr.flush()


def _write_json(path: Path | None, figures: object) -> None:
    if path is not None:
        import json

        from .outputs.whole_file import whole_file

        with whole_file(path) as file:
            json.dump(figures, file, indent=2, allow_nan=False)
            file.write("\n")


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _own_fault(error: Exception) -> str:
    """Write the traceback to the log file; gives the message for the person."""
    from . import paths

    path = paths.log_file()
    cause = f"A fault of Hydra's own stopped this command ({type(error).__name__})."
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError:
        return f"{cause} The log file {path} can't be written, so its details are lost."
    record = logging.LogRecord(
        "hydra_desktop.cli",
        logging.ERROR,
        __file__,
        0,
        "command failed",
        None,
        (type(error), error, error.__traceback__),
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(message)s"))
    handler.emit(record)
    handler.close()
    return f"{cause} Details are in {path}; please send that file to the developers."


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 on, not {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"must be a number of seconds above 0, not {text!r}")
    return value


if __name__ == "__main__":
    sys.exit(main())
