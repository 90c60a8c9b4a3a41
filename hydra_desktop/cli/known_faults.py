"""Known faults: shown, added and ended."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING

from ..settings import Settings
from .common import DONE, add, count, opened, tell

if TYPE_CHECKING:
    from ..domain.known_fault import KnownFault, Region
    from .common import Commands


def add_commands(commands: Commands) -> None:
    """Add them to the parser."""
    text = "faults that are known: they don't alarm, all else on their plots does"
    known = commands.add_parser("known-faults", help=text, description=f"{text.capitalize()}.")
    verbs = known.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listed = add(verbs, "list", _list, "those of the hall")
    listed.add_argument("--ended", action="store_true", help="those that a person ended too")
    new = add(verbs, "add", _add, "say that a plot type has a fault which is known, until a run or a time")
    new.add_argument("plot_type", metavar="PLOT_TYPE")
    new.add_argument("label", metavar="LABEL")
    new.add_argument(
        "--region",
        type=_region,
        metavar="L,T,W,H",
        help="left, top, width and height in shares of the picture, 0 to 1 (default: the whole plot)",
    )
    new.add_argument("--pad", default="", metavar="P", help="of this pad only")
    new.add_argument("--until-run", type=count, metavar="N", help="the last run in which it is known")
    new.add_argument("--until", type=_time, metavar="TIME", help="as 2026-11-30 or 2026-11-30T08:00, of this station")
    new.add_argument("--why", required=True, metavar="TEXT", help="what it is, and who works at it")
    over = add(verbs, "end", _end, "say that one is over: what it kept from alarming does so again")
    over.add_argument("id", type=count, metavar="ID")


def _list(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import known_faults, lookup

    with opened(settings) as database:
        with database.read() as connection:
            hall_id = lookup.hall(connection, settings.hall)
        now, over = known_faults.listing(database, hall_id, ended=options.ended)
    lines = [_line(one) for one in now] + [f"{_line(one)}; {_over(one)}" for one in over]
    tell("\n".join(lines) if lines else "No fault is known.")
    return DONE


def _add(options: argparse.Namespace, settings: Settings) -> int:
    from ..domain.who import Who
    from ..services import known_faults, lookup

    with opened(settings) as database:
        with database.read() as connection:
            hall_id = lookup.hall(connection, settings.hall)
        made = known_faults.add(
            database,
            hall_id,
            options.plot_type,
            options.label,
            region=options.region,
            pad=options.pad,
            until_run=options.until_run,
            until=options.until,
            why=options.why,
            who=Who(settings.user, settings.station),
        )
    tell(_line(made))
    return DONE


def _end(options: argparse.Namespace, settings: Settings) -> int:
    from ..domain.who import Who
    from ..services import known_faults, lookup

    with opened(settings) as database:
        with database.read() as connection:
            hall_id = lookup.hall(connection, settings.hall)
        known_faults.end(database, hall_id, options.id, who=Who(settings.user, settings.station))
    tell(f"Known fault {options.id} is over.")
    return DONE


def _line(fault: KnownFault) -> str:
    pad = f" pad {fault.pad}" if fault.pad else ""
    place = "the whole plot"
    if fault.region is not None:
        one = fault.region
        place = f"region {one.left:.3g},{one.top:.3g},{one.width:.3g},{one.height:.3g}"
    return (
        f"{fault.id}: {fault.plot_type}{pad} {fault.words}, {place}, until {fault.until_words}: {fault.why} "
        f"({fault.user}, {fault.at.astimezone():%Y-%m-%d %H:%M})"
    )


def _over(fault: KnownFault) -> str:
    if fault.ended_at is not None:
        return f"ended by {fault.ended_by} {fault.ended_at.astimezone():%Y-%m-%d %H:%M}"
    return "over"


def _region(text: str) -> Region:
    from ..domain.known_fault import Region

    try:
        left, top, width, height = (float(part) for part in text.split(","))
        return Region(left, top, width, height)
    except ValueError as error:
        said = str(error) if str(error).startswith("a region") else "must be four numbers, as 0.1,0.2,0.3,0.25"
        raise argparse.ArgumentTypeError(f"{said}; not {text!r}") from error


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a time as 2026-11-30T08:00, not {text!r}") from error
