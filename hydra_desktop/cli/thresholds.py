"""Thresholds of the active models: shown, and chosen."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..domain.errors import SettingsError
from ..settings import Settings
from .common import DONE, add, number, opened, tell

if TYPE_CHECKING:
    from ..services.thresholds import FalseAlarms
    from .common import Commands


def add_commands(commands: Commands) -> None:
    """Add them to the parser."""
    text = "how sure a verdict must be to count as Confirmed"
    thresholds = commands.add_parser("thresholds", help=text, description=f"{text.capitalize()}.")
    verbs = thresholds.add_subparsers(title="commands", metavar="COMMAND", required=True)
    show = add(verbs, "show", _show, "those of the active model, what they cost, and every change of them")
    show.add_argument("plot_type", metavar="PLOT_TYPE")
    change = add(verbs, "set", _set, "choose those of the active model; the monitor uses them from the next plots on")
    change.add_argument("plot_type", metavar="PLOT_TYPE")
    way = change.add_mutually_exclusive_group(required=True)
    way.add_argument("values", nargs="*", type=_value, default=[], metavar="LABEL=VALUE", help="by hand, 0 to 1")
    way.add_argument("--best-f1", action="store_true", help="those with the best F1 of each label")
    add_false_alarms(change, "those of the faulty labels that let through at most so many", way)
    change.add_argument("--comment", default="", metavar="TEXT", help="why; kept in the history")
    change.add_argument("--user", metavar="NAME", help="who chose (default: you)")
    _add_replay(verbs)


def _add_replay(verbs: Commands) -> None:
    text = "what other thresholds would have made of the last days: episodes, alarms, and which come and go"
    replay = add(verbs, "replay", _replay, text)
    replay.add_argument("plot_type", metavar="PLOT_TYPE")
    replay.add_argument("values", nargs="+", type=_value, metavar="LABEL=VALUE", help="to be tried, 0 to 1")
    replay.add_argument("--days", type=number, default=7.0, metavar="N", help="up to the newest plot (default: 7)")


def add_false_alarms(
    parser: argparse.ArgumentParser, text: str, way: argparse._MutuallyExclusiveGroup | None = None
) -> None:
    """Add the options that wish for a rate of false alarms, which may be one `way` of several."""
    (way or parser).add_argument("--false-alarms-a-day", type=number, metavar="N", help=text)
    parser.add_argument(
        "--plots-a-day", type=number, metavar="N", help="plots of this type a day (default: counted from the last ones)"
    )


def false_alarms(options: argparse.Namespace) -> FalseAlarms | None:
    """The wish that those options name, None where they name none; raises SettingsError for half a wish."""
    from ..services.thresholds import FalseAlarms

    if options.false_alarms_a_day is None:
        if options.plots_a_day is not None:
            raise SettingsError(
                "--plots-a-day says of how many plots; say how many false alarms: --false-alarms-a-day N."
            )
        return None
    return FalseAlarms(options.false_alarms_a_day, options.plots_a_day)


def _show(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import thresholds

    with opened(settings) as database:
        shown = thresholds.show(database, settings.hall, options.plot_type)
    tell(shown.text())
    return DONE


def _replay(options: argparse.Namespace, settings: Settings) -> int:
    from ..database.image_store import ImageStore
    from ..services import threshold_bench, thresholds

    with opened(settings) as database:
        shown = thresholds.show(database, settings.hall, options.plot_type)
        images = ImageStore(settings.image_folder)
        bench = threshold_bench.open_bench(database, settings.hall, images, shown.model_id, days=options.days)
    tell(threshold_bench.text(bench, dict(options.values)))
    return DONE


def _set(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import thresholds

    named = thresholds.BestF1() if options.best_f1 else thresholds.ByHand(dict(options.values))
    with opened(settings) as database:
        report = thresholds.change(
            database,
            settings.hall,
            options.plot_type,
            false_alarms(options) or named,
            user=options.user or settings.user,
            comment=options.comment,
        )
    tell(report.text())
    return DONE


def _value(text: str) -> tuple[str, float]:
    label, _, value = text.rpartition("=")
    try:
        found = float(value)
    except ValueError:
        found = -1.0
    if not label or not 0 <= found <= 1:
        raise argparse.ArgumentTypeError(f"must be a label and a number from 0 to 1, as Bad=0.9, not {text!r}")
    return label, found
