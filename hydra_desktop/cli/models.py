"""Models: trained and measured."""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from ..domain.errors import Stopped, TrainingError
from ..settings import Settings
from .common import DONE, MENDABLE, USAGE, add, expect_writable, opened, say, shown_progress, tell, write_json
from .thresholds import add_false_alarms, false_alarms

if TYPE_CHECKING:
    from ..services.progress import Progress
    from ..services.training import TrainingReport
    from .common import Commands


def add_commands(commands: Commands) -> None:
    """Add them to the parser."""
    train = add(commands, "train", _train, "train models of plot types on the labels given so far, one by one")
    train.add_argument("plot_types", metavar="PLOT_TYPE", nargs="*")
    train.add_argument(
        "--all-changed", action="store_true", help="every plot type whose labels changed since its last model"
    )
    train.add_argument("--activate", action="store_true", help="put each model live")
    train.add_argument(
        "--recipe",
        choices=("first", "both"),
        default="first",
        help="both also tunes a whole network, and uses it if it clearly wins on held-out runs (minutes to hours)",
    )
    train.add_argument(
        "--on-stop",
        choices=("keep", "discard"),
        default="discard",
        help="what Ctrl+C does once a network is being tuned: keep uses the best so far (default: discard)",
    )
    add_false_alarms(train, "choose the thresholds of faulty labels so (default: best F1)")
    train.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, of several a list")
    train.set_defaults(usage=train.format_usage())

    add(commands, "jobs", _jobs, "list the training jobs that the desktop programs of this hall run")

    evaluate = add(commands, "evaluate", _evaluate, "measure the active model on the labelled plots of a manifest")
    evaluate.add_argument("plot_type", metavar="PLOT_TYPE")
    evaluate.add_argument("manifest", type=Path, metavar="MANIFEST.csv")
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")

    guess = add(commands, "guess", _guess, "let the active model guess what unlabelled plots are, for Labeling")
    guess.add_argument("plot_type", metavar="PLOT_TYPE")

    models = add(commands, "demo-models", _demo_models, "for developers: make the demo's models anew")
    models.add_argument("folder", type=Path, metavar="FOLDER", help="the folder models/ of the program")
    models.add_argument("--seed", type=int, default=1, metavar="N")
    models.add_argument("--only", action="append", metavar="PLOT_TYPE", help="only this one; may be repeated")


def _train(options: argparse.Namespace, settings: Settings) -> int:
    if options.own_process:
        from ..services import priority

        priority.give_way(priority.TRAINING)
    if bool(options.plot_types) == options.all_changed:
        say(f"{options.usage}Name the plot types to train, or --all-changed, and not both.")
        return USAGE
    expect_writable(options.json)
    names = list(dict.fromkeys(options.plot_types)) or _changed(settings)
    reports, failed = [], 0
    for number, name in enumerate(names, start=1):
        if len(names) > 1:
            say(f"{name} ({number} of {len(names)})")
        try:
            report = _trained(options, settings, name)
        except (KeyboardInterrupt, Stopped):
            say(f"Stopped. No model was stored; what is live for {name} stays live.")
            failed += 1
            break
        except TrainingError as error:
            if len(names) == 1:
                raise
            say(str(error))  # the others may have enough
            failed += 1
            continue
        tell(report.text())
        reports.append(report.figures())
    if reports:
        write_json(options.json, reports if options.all_changed or len(names) > 1 else reports[0])
    return MENDABLE if failed else DONE


def _changed(settings: Settings) -> list[str]:
    from ..services import training_state

    with opened(settings) as database:
        names = training_state.changed(training_state.of_hall(database, settings.hall))
    if not names:
        tell("No plot type has new labels that are enough to learn from.")
    return names


def _jobs(_options: argparse.Namespace, settings: Settings) -> int:
    from ..services import lookup
    from ..services.training_jobs import TrainingJobs, described

    with opened(settings) as database:
        with database.read() as connection:
            hall_id = lookup.hall(connection, settings.hall)
        jobs = TrainingJobs(database, hall_id, settings.user, settings.station).listing()
    if not jobs:
        tell("No training job was asked for yet; the screen Training of the desktop program does that.")
    for job in jobs:
        tell(described(job))
    return DONE


def _trained(options: argparse.Namespace, settings: Settings, plot_type: str) -> TrainingReport:
    from ..database.image_store import ImageStore
    from ..services import training

    keep = options.on_stop == "keep"
    with opened(settings) as database, shown_progress(keep=keep) as progress, _stopped_by_interrupt(progress):
        return training.train(
            database,
            settings.hall,
            ImageStore(settings.image_folder),
            plot_type,
            activate=options.activate,
            user=settings.user,
            station=settings.station,
            progress=progress,
            checkpoints=settings.home / "training" if options.recipe == "both" else None,
            false_alarms=false_alarms(options),
        )


@contextmanager
def _stopped_by_interrupt(progress: Progress) -> Iterator[None]:
    """Ctrl+C stops the work at once where it is to be discarded, else as soon as the best so far is saved."""

    def hear(_signal: int, _frame: FrameType | None) -> None:
        if progress.settled.is_set():
            return  # it is being stored, and the report comes next
        again = progress.stop.is_set()
        progress.stop.set()
        if again or not progress.keep.is_set():
            raise KeyboardInterrupt
        # not by sys.stderr, which may be in the middle of a line
        os.write(2, b"\nStopping; what is best so far is kept. Ctrl+C once more discards it.\n")

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _evaluate(options: argparse.Namespace, settings: Settings) -> int:
    from ..database.image_store import ImageStore
    from ..services import evaluating

    expect_writable(options.json)
    images = ImageStore(settings.image_folder)
    with opened(settings) as database, shown_progress() as progress:
        report = evaluating.evaluate(
            database, settings.hall, images, options.plot_type, options.manifest, progress=progress
        )
    tell(report.text())
    write_json(options.json, report.figures())
    return DONE


def _guess(options: argparse.Namespace, settings: Settings) -> int:
    from ..database.image_store import ImageStore
    from ..services import guessing, priority

    if options.own_process:
        priority.give_way(priority.TRAINING)
    images = ImageStore(settings.image_folder)
    with opened(settings) as database, shown_progress() as progress:
        tell(guessing.guess(database, settings.hall, images, options.plot_type, progress=progress).text())
    return DONE


def _demo_models(options: argparse.Namespace, _settings: Settings) -> int:
    from ..services import demo, demo_models

    with shown_progress() as progress:
        made = demo_models.make(
            options.folder, hall_seed=demo.SEED, seed=options.seed, only=options.only, progress=progress
        )
    tell(f"{made} models in {options.folder}.")
    return DONE
