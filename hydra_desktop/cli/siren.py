"""The siren's process, which the desktop program starts; nobody calls it by hand."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from ..settings import Settings
from .common import seconds

if TYPE_CHECKING:
    from .common import Commands

ORPHAN_S = 12 * 3600.0  # more than a shift


def add_commands(commands: Commands) -> None:
    """Add it to the parser, unseen in its help."""
    siren = commands.add_parser("siren", description="Makes the alarms of a hall heard; started by the program.")
    siren.set_defaults(command=_siren)
    siren.add_argument("--station", metavar="NAME", help="this station's name")
    siren.add_argument(
        "--orphan-s",
        type=seconds,
        default=float(os.environ.get("HYDRA_ORPHAN_S", ORPHAN_S)),
        metavar="SECONDS",
        help="how long it goes on when the program is gone",
    )
    siren.add_argument(
        "--sign-s", type=seconds, default=20.0, metavar="SECONDS", help="without a sign of life a program hangs"
    )
    siren.add_argument(
        "--gone-s", type=seconds, default=10.0, metavar="SECONDS", help="for a program to be gone before that is heard"
    )


def _siren(options: argparse.Namespace, settings: Settings) -> int:
    from .siren_process import Patience, run

    chosen = replace(settings, station=options.station or settings.station)
    return run(chosen, Patience(options.sign_s, options.gone_s, options.orphan_s))
