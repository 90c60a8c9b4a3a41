"""Models: trained and measured."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..settings import Settings
from .common import DONE, add, expect_writable, opened, shown_progress, tell, write_json

if TYPE_CHECKING:
    from .common import Commands


def add_commands(commands: Commands) -> None:
    """Add them to the parser."""
    train = add(commands, "train", _train, "train a model of a plot type on the labels given so far")
    train.add_argument("plot_type", metavar="PLOT_TYPE")
    train.add_argument("--activate", action="store_true", help="put the model live")
    train.add_argument(
        "--recipe",
        choices=("first", "both"),
        default="first",
        help="both also tunes a whole network, and uses it if it clearly wins on held-out runs (minutes to hours)",
    )
    train.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")

    evaluate = add(commands, "evaluate", _evaluate, "measure the active model on the labelled plots of a manifest")
    evaluate.add_argument("plot_type", metavar="PLOT_TYPE")
    evaluate.add_argument("manifest", type=Path, metavar="MANIFEST.csv")
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")

    models = add(commands, "demo-models", _demo_models, "for developers: make the demo's models anew")
    models.add_argument("folder", type=Path, metavar="FOLDER", help="the folder models/ of the program")
    models.add_argument("--seed", type=int, default=1, metavar="N")
    models.add_argument("--only", action="append", metavar="PLOT_TYPE", help="only this one; may be repeated")


def _train(options: argparse.Namespace, settings: Settings) -> int:
    from ..database.image_store import ImageStore
    from ..services import training

    expect_writable(options.json)
    with opened(settings) as database, shown_progress() as progress:
        report = training.train(
            database,
            settings.hall,
            ImageStore(settings.image_folder),
            options.plot_type,
            activate=options.activate,
            user=settings.user,
            progress=progress,
            checkpoints=settings.home / "training" if options.recipe == "both" else None,
        )
    tell(report.text())
    write_json(options.json, report.figures())
    return DONE


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


def _demo_models(options: argparse.Namespace, _settings: Settings) -> int:
    from ..services import demo, demo_models

    with shown_progress() as progress:
        made = demo_models.make(
            options.folder, hall_seed=demo.SEED, seed=options.seed, only=options.only, progress=progress
        )
    tell(f"{made} models in {options.folder}.")
    return DONE
