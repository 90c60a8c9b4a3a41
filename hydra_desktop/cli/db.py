"""Care of the database."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..settings import Settings
from .common import DONE, MENDABLE, add, opened, say, shown_progress, tell

if TYPE_CHECKING:
    from .common import Commands


def add_commands(commands: Commands) -> None:
    """Add them to the parser."""
    db = commands.add_parser("db", help="upgrade, check or back up the database", description="Database care.")
    verbs = db.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add(verbs, "upgrade", _db_upgrade, "bring the database to this program's version")
    add(verbs, "check", _db_check, "look for damage, missing pictures and an old version")
    backup = add(verbs, "backup", _db_backup, "copy the database to a file, also while it is in use")
    backup.add_argument("file", type=Path, metavar="FILE")


def _db_upgrade(_options: argparse.Namespace, settings: Settings) -> int:
    with opened(settings, upgrade=True):
        tell("The database is at this program's version.")
    return DONE


def _db_check(_options: argparse.Namespace, settings: Settings) -> int:
    from ..database.image_store import ImageStore
    from ..services import checking

    with opened(settings, any_version=True) as database, shown_progress() as progress:
        problems = checking.check(database, ImageStore(settings.image_folder), progress=progress)
    for problem in problems:
        say(problem)
    tell("No problem found." if not problems else f"{len(problems)} problems found.")
    return MENDABLE if problems else DONE


def _db_backup(options: argparse.Namespace, settings: Settings) -> int:
    with opened(settings, any_version=True) as database:
        database.backup(options.file)
    tell(f"The database is copied to {options.file}; the pictures are in {settings.image_folder}.")
    return DONE
