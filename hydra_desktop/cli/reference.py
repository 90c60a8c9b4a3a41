"""The reference: what is normal in a run period."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..settings import Settings
from .common import DONE, MENDABLE, add, opened, shown_progress, tell

if TYPE_CHECKING:
    from ..services.reference import ReferenceReport, RevokedReport
    from .common import Commands


def add_commands(commands: Commands) -> None:
    """Add them to the parser."""
    text = "the plots that say what is normal in a run period"
    reference = commands.add_parser("reference", help=text, description=f"{text.capitalize()}.")
    verbs = reference.add_subparsers(title="commands", metavar="COMMAND", required=True)
    name = add(verbs, "set", _reference_set, "make the plots of a manifest the reference")
    name.add_argument("plot_type", metavar="PLOT_TYPE")
    name.add_argument("manifest", type=Path, metavar="MANIFEST.csv")
    name.add_argument("--comment", default="", metavar="TEXT", help="why; kept in the history")
    show = add(verbs, "show", _reference_show, "what is in force for each run period, and what waits to be confirmed")
    propose = add(verbs, "propose", _reference_propose, "propose the first steady plots of a run period")
    confirm = add(verbs, "confirm", _reference_confirm, "put the proposal in force")
    revoke = add(verbs, "revoke", _reference_revoke, "take the newest back; what was before it holds again")
    history = add(verbs, "history", _reference_history, "every reference that was ever set or proposed")
    for verb in (show, propose, revoke, history):
        verb.add_argument("plot_type", metavar="PLOT_TYPE")
    of_what = confirm.add_mutually_exclusive_group(required=True)
    of_what.add_argument("plot_type", nargs="?", metavar="PLOT_TYPE")
    of_what.add_argument("--all", action="store_true", help="of every plot type that has one for the run period")
    for verb, usual in (
        (name, "the one that the manifest names"),
        (show, "all"),
        (propose, "the newest"),
        (confirm, "the one with a proposal"),
        (revoke, "the one with a reference"),
    ):
        verb.add_argument("--run-period", metavar="P", help=f"for which it holds (default: {usual})")


def _reference_set(options: argparse.Namespace, settings: Settings) -> int:
    from ..database.image_store import ImageStore
    from ..services import reference

    with opened(settings) as database, shown_progress() as progress:
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
    tell(report.text())
    return MENDABLE if report.refused else DONE


def _reference_propose(options: argparse.Namespace, settings: Settings) -> int:
    from ..database.image_store import ImageStore
    from ..services import reference

    with opened(settings) as database:
        report = reference.propose(
            database,
            settings.hall,
            ImageStore(settings.image_folder),
            options.plot_type,
            run_period=options.run_period,
            user=settings.user,
        )
    tell(report.text())
    return DONE


def _reference_confirm(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import reference

    if not options.all:
        return _decided(options, settings, reference.confirm)
    with opened(settings) as database:
        report = reference.confirm_all(database, settings.hall, run_period=options.run_period, user=settings.user)
    tell(report.text())
    return MENDABLE if report.refused else DONE


def _reference_revoke(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import reference

    return _decided(options, settings, reference.revoke)


def _decided(
    options: argparse.Namespace, settings: Settings, decide: Callable[..., ReferenceReport | RevokedReport]
) -> int:
    """What a person decided of the newest set of a plot type is done and told."""
    with opened(settings) as database:
        report = decide(database, settings.hall, options.plot_type, run_period=options.run_period, user=settings.user)
    tell(report.text())
    return DONE


def _reference_show(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import reference

    with opened(settings) as database:
        shown = reference.show(database, settings.hall, options.plot_type, run_period=options.run_period)
    tell(shown.text())
    return DONE


def _reference_history(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import reference

    with opened(settings) as database:
        past = reference.history(database, settings.hall, options.plot_type)
    tell(reference.history_text(options.plot_type, past))
    return DONE
