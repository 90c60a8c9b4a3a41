"""The library of models: what is live and was, sets, shadow mode, models in and out as files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import WorseModelError
from ..settings import Settings
from .common import DONE, MENDABLE, add, count, expect_writable, opened, say, shown_progress, tell, write_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..services.library import Change, Expected
    from .common import Commands


def models_group(commands: Commands) -> Commands:
    """The group `models`; gives what its verbs are added to."""
    text = "the library: which models there are, which is live, what was"
    group = commands.add_parser("models", help=text, description=f"{text[:1].upper()}{text[1:]}.")
    return group.add_subparsers(title="commands", metavar="COMMAND", required=True)


def add_commands(commands: Commands) -> Commands:
    """Add them to the parser; gives the group `models`."""
    verbs = models_group(commands)
    listing = add(verbs, "list", _list, "all plot types with what is live, or the models of one with all about them")
    listing.add_argument("plot_type", metavar="PLOT_TYPE", nargs="?")
    _add_json(listing)

    activate = add(verbs, "activate", _activate, "put a model live, from the monitor's next chunk on")
    activate.add_argument("model_id", type=count, metavar="MODEL_ID")
    _add_in_spite(activate)
    _add_change(activate)
    rollback = add(verbs, "rollback", _roll_back, "put the model live again that was so before")
    rollback.add_argument("plot_type", metavar="PLOT_TYPE")
    _add_change(rollback)
    deactivate = add(verbs, "deactivate", _deactivate, "have no model for a plot type")
    deactivate.add_argument("plot_type", metavar="PLOT_TYPE")
    _add_change(deactivate)

    out = add(verbs, "export", _export, "write a model to a file for another site")
    out.add_argument("model_id", type=count, metavar="MODEL_ID")
    out.add_argument("file", type=Path, metavar="FILE", help="or a folder, where it gets a name of its own")
    into = add(verbs, "import", _import, "take a model from such a file; it isn't live until it is activated")
    into.add_argument("file", type=Path, metavar="FILE")
    into.add_argument("--as", dest="as_plot_type", metavar="PLOT_TYPE", help="what its plot type is called here")
    _add_json(into)

    _add_sets(verbs)
    _add_shadow(verbs)
    return verbs


def _add_sets(verbs: Commands) -> None:
    text = "models of many plot types that go live and back together"
    group = verbs.add_parser("sets", help=text, description=f"{text.capitalize()}.")
    sets = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_json(add(sets, "list", _list_sets, "all sets, the newest first"))
    save = add(sets, "save", _save_set, "save what is live now, or the models named, under a name")
    save.add_argument("name", metavar="NAME")
    save.add_argument("--run-period", default="", metavar="P", help="for which it is meant")
    save.add_argument("--model", type=count, action="append", metavar="MODEL_ID", help="these; may be repeated")
    save.add_argument("--comment", default="", metavar="TEXT", help="why; kept in the history")
    activate = add(sets, "activate", _activate_set, "put all its models live, or none; other plot types stay")
    activate.add_argument("name", metavar="NAME")
    _add_in_spite(activate)
    _add_why(activate)
    _add_json(activate)
    rollback = add(sets, "rollback", _roll_back_set, "take back the set that was put live last, as a whole")
    rollback.add_argument("name", metavar="NAME", nargs="?", help="refuse if that is another")
    _add_why(rollback)
    _add_json(rollback)


def _add_shadow(verbs: Commands) -> None:
    text = "a model that judges beside the active one and alarms nobody"
    group = verbs.add_parser("shadow", help=text, description=f"{text.capitalize()}.")
    shadow = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    begin = add(shadow, "on", _shadow_on, "let a model judge in shadow from the next chunk on")
    begin.add_argument("model_id", type=count, metavar="MODEL_ID")
    end = add(shadow, "off", _shadow_off, "end that; what was found stays")
    end.add_argument("plot_type", metavar="PLOT_TYPE")
    show = add(shadow, "show", _shadow_show, "how it compares with the active model, day by day")
    show.add_argument("model_id", type=count, metavar="MODEL_ID")
    show.add_argument("--days", type=count, default=14, metavar="N", help="the last ones (default: 14)")
    _add_json(show)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same there")


def _add_in_spite(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--in-spite",
        "--yes",
        dest="in_spite",
        action="store_true",
        help="also where a model is worse than the active one on held-out runs; the warning is kept",
    )


def _add_why(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--comment", default="", metavar="TEXT", help="why; kept in the history")


def _add_change(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--expected", metavar="MODEL_ID", help="refuse unless this one is live now (none: no model)")
    _add_why(parser)
    _add_json(parser)


def _expected(options: argparse.Namespace) -> Expected:
    from ..domain.errors import SettingsError
    from ..services.library import ANYTHING

    if options.expected is None:
        return ANYTHING
    if options.expected == "none":
        return None
    if not options.expected.isdecimal():
        raise SettingsError(f"--expected takes the number of a model, or none, not {options.expected!r}.")
    return int(options.expected)


def _list(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import model_listing

    expect_writable(options.json)
    with opened(settings) as database:
        if options.plot_type is not None:
            shelf = model_listing.shelf(database, settings.hall, options.plot_type)
            tell(shelf.text())
            write_json(options.json, shelf.figures())
            return DONE
        there = model_listing.overview(database, settings.hall)
    for one in there:
        tell(one.text())
    if not there:
        tell("This hall has no plot types yet; import plots, or start a monitor.")
    write_json(options.json, [one.figures() for one in there])
    return DONE


def _activate(options: argparse.Namespace, settings: Settings) -> int:
    from ..database.image_store import ImageStore
    from ..services import library

    expect_writable(options.json)
    try:
        with opened(settings) as database, shown_progress() as progress:
            done = library.activate(
                database,
                settings.hall,
                options.model_id,
                user=settings.user,
                station=settings.station,
                expected_active=_expected(options),
                comment=options.comment,
                in_spite=options.in_spite,
                images=ImageStore(settings.image_folder),
                progress=progress,
            )
    except WorseModelError as error:
        return _warned(error)
    tell(done.text())
    write_json(options.json, done.figures())
    return DONE


def _warned(error: WorseModelError) -> int:
    say(f"{error} To do so all the same: --in-spite; the warning is kept with it.")
    return MENDABLE


def _roll_back(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import library

    return _change(options, settings, library.roll_back)


def _deactivate(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import library

    return _change(options, settings, library.deactivate)


def _change(options: argparse.Namespace, settings: Settings, work: Callable[..., Change]) -> int:
    expect_writable(options.json)
    with opened(settings) as database:
        done = work(
            database,
            settings.hall,
            options.plot_type,
            user=settings.user,
            station=settings.station,
            expected_active=_expected(options),
            comment=options.comment,
        )
    tell(done.text())
    write_json(options.json, done.figures())
    return DONE


def _export(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import model_exchange

    with opened(settings) as database:
        done = model_exchange.export(database, settings.hall, options.model_id, options.file, user=settings.user)
    tell(done.text())
    return DONE


def _import(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import model_exchange

    expect_writable(options.json)
    with opened(settings) as database:
        done = model_exchange.import_file(
            database, settings.hall, options.file, as_plot_type=options.as_plot_type, user=settings.user
        )
    tell(done.text())
    write_json(options.json, done.figures())
    return DONE


def _list_sets(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import model_sets

    expect_writable(options.json)
    with opened(settings) as database:
        there = model_sets.listing(database, settings.hall)
    for one in there:
        tell(one.text())
    if not there:
        tell("No set yet; save what is live now: hydra-desktop models sets save NAME")
    write_json(options.json, [one.figures() for one in there])
    return DONE


def _save_set(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import model_sets

    with opened(settings) as database:
        models = None if options.model is None else model_sets.by_plot_type(database, settings.hall, options.model)
        saved = model_sets.save(
            database,
            settings.hall,
            options.name,
            run_period=options.run_period,
            models=models,
            user=settings.user,
            station=settings.station,
            comment=options.comment,
        )
    tell(f"The set {saved.name} is saved with {saved.size}.")
    return DONE


def _activate_set(options: argparse.Namespace, settings: Settings) -> int:
    from ..database.image_store import ImageStore
    from ..services import model_sets

    expect_writable(options.json)
    try:
        with opened(settings) as database, shown_progress() as progress:
            done = model_sets.activate(
                database,
                settings.hall,
                options.name,
                user=settings.user,
                station=settings.station,
                comment=options.comment,
                in_spite=options.in_spite,
                images=ImageStore(settings.image_folder),
                progress=progress,
            )
    except WorseModelError as error:
        return _warned(error)
    tell(done.text())
    write_json(options.json, done.figures())
    return DONE


def _roll_back_set(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import model_sets

    expect_writable(options.json)
    with opened(settings) as database:
        done = model_sets.roll_back(
            database,
            settings.hall,
            name=options.name,
            user=settings.user,
            station=settings.station,
            comment=options.comment,
        )
    tell(done.text())
    write_json(options.json, done.figures())
    return DONE


def _shadow_on(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import shadow

    with opened(settings) as database:
        tell(shadow.begin(database, settings.hall, options.model_id, user=settings.user, station=settings.station))
    return DONE


def _shadow_off(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import shadow

    with opened(settings) as database:
        tell(shadow.end(database, settings.hall, options.plot_type, user=settings.user))
    return DONE


def _shadow_show(options: argparse.Namespace, settings: Settings) -> int:
    from ..services import shadow

    expect_writable(options.json)
    with opened(settings) as database:
        report = shadow.report(database, settings.hall, options.model_id, days=options.days)
    tell(report.text())
    write_json(options.json, report.figures())
    return DONE
