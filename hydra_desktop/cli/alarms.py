"""Alarms: how well they work, and what a shift hands over."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..settings import Settings
from .common import DONE, add, expect_writable, number, opened, say, tell

if TYPE_CHECKING:
    from .common import Commands


def add_commands(commands: Commands) -> None:
    """Add them to the parser."""
    text = "how well the alarms work"
    alarms = commands.add_parser("alarms", help=text, description=f"{text.capitalize()}.")
    verbs = alarms.add_subparsers(title="commands", metavar="COMMAND", required=True)
    performance = add(verbs, "performance", _performance, "the figures of ISA-18.2 and EEMUA 191 against their aims")
    performance.add_argument("--days", type=_days, default=7.0, metavar="N", help="up to now (default: 7)")
    handover = add(commands, "handover", _handover, "what the shift that ends now hands over")
    handover.add_argument("--hours", type=_hours, default=8.0, metavar="N", help="how long it was (default: 8)")
    handover.add_argument("--html", type=Path, metavar="FILE", help="write it as a page")
    handover.add_argument("--pdf", type=Path, metavar="FILE", help="write it for paper")


def _performance(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import alarm_performance

    with opened(settings) as database:
        shown = alarm_performance.of_days(database, settings.hall, options.days)
    tell(shown.text())
    return DONE


def _handover(options: argparse.Namespace, settings: Settings) -> int:
    from datetime import timedelta

    from ..outputs import report_page
    from ..outputs.whole_file import whole_file
    from ..services import handover

    for path in (options.html, options.pdf):
        expect_writable(path)
    with opened(settings) as database:
        found = handover.read(database, settings.hall, length=timedelta(hours=options.hours))
    page = found.page(settings.user)
    if options.html is not None:
        with whole_file(options.html) as file:
            file.write(report_page.html(page))
        say(f"Saved: {options.html}")
    if options.pdf is not None:
        from ..views.report import report_pdf

        _application = report_pdf.without_screen()
        report_pdf.write(page, options.pdf)
        say(f"Saved: {options.pdf}")
    if options.html is None and options.pdf is None:
        tell(found.text())
    return DONE


def _days(text: str) -> float:
    return _at_most(text, 3660)


def _hours(text: str) -> float:
    return _at_most(text, 240)


def _at_most(text: str, most: float) -> float:
    value = number(text)
    if not 0 < value <= most:
        raise argparse.ArgumentTypeError(f"must be a number above 0, at most {most:g}, not {text!r}")
    return value
