"""The command line: reads it, calls the service behind it, and says in words what came of it.

Exit codes: 0 done, 1 the site can mend it (the message says how), 2 wrong usage. Imports of
weight stand inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__
from .. import settings as settings_module
from ..domain.errors import SiteError, Stopped
from ..settings import Settings
from . import alarms, compare, db, hall, known_faults, library, models, plots, reference, siren, thresholds
from .common import DONE, INTERRUPTED, MENDABLE, Command, add, count, say, seconds

if TYPE_CHECKING:
    from .common import Commands


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program with these arguments, those of the process by default; gives the exit code."""
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as end:  # argparse has said why
        return end.code if isinstance(end.code, int) else 2
    command: Command = options.command
    options.own_process = arguments is None
    try:
        settings = settings_module.load(options.database, options.hall)
        return command(options, settings)
    except SiteError as error:
        say(str(error))
        return MENDABLE
    except (KeyboardInterrupt, Stopped):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (hydra-desktop hall show | head): no fault of anyone.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        say(f"{place}{error.strerror or error}; check the name, the permissions and the free space.")
        return MENDABLE
    except Exception as error:  # noqa: BLE001 - the last line: a fault of our own becomes a message and a log
        say(_own_fault(error))
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
    plots.add_commands(commands)
    models.add_commands(commands)
    compare.add_report(commands)
    compare.add_compare(library.add_commands(commands))
    thresholds.add_commands(commands)
    reference.add_commands(commands)
    known_faults.add_commands(commands)
    hall.add_commands(commands)
    alarms.add_commands(commands)
    plots.add_export(commands)
    db.add_commands(commands)
    siren.add_commands(commands)
    return parser


def _add_demo(commands: Commands) -> None:
    demo = add(commands, "demo", _demo, "a simulated hall, live, on a database of its own")
    demo.add_argument("--chunks", type=count, metavar="N", help="end by itself after N chunks")
    demo.add_argument(
        "--interval", type=seconds, default=10.0, metavar="SECONDS", help="time between chunks (default: 10)"
    )
    demo.add_argument("--screenshot", type=Path, metavar="FILE", help="save a picture of the wall at the end")


def _desktop(options: argparse.Namespace, settings: Settings) -> int:
    from .. import app

    return app.run(settings, own_process=options.own_process)


def _demo(options: argparse.Namespace, settings: Settings) -> int:
    from .. import app

    return app.demo(settings, chunks=options.chunks, interval_s=options.interval, screenshot=options.screenshot)


def _own_fault(error: Exception) -> str:
    """Write the traceback to the log file; gives the message for the person."""
    from .. import paths

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
