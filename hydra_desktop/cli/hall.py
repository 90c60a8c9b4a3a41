"""The hall's settings."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..settings import Settings
from .common import DONE, add, opened, tell

if TYPE_CHECKING:
    from .common import Commands


def add_commands(commands: Commands) -> None:
    """Add them to the parser."""
    hall = commands.add_parser("hall", help="show or change the hall's settings", description="The hall's settings.")
    verbs = hall.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add(verbs, "show", _hall_show, "print the settings as a file that `hall apply` takes")
    apply = add(verbs, "apply", _hall_apply, "change the settings to those of a file; what it leaves out stays")
    apply.add_argument("settings", type=Path, metavar="SETTINGS.toml")


def _hall_show(_options: argparse.Namespace, settings: Settings) -> int:
    from ..services import hall_settings

    with opened(settings) as database:
        sys.stdout.write(hall_settings.show_hall(database, settings.hall))
    return DONE


def _hall_apply(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import hall_settings

    with opened(settings) as database:
        changes = hall_settings.apply_file(database, settings.hall, options.settings, user=settings.user)
    tell("\n".join(changes) if changes else "Nothing changed.")
    return DONE
