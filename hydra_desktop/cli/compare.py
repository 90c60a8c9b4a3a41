"""Models reported on and compared."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..settings import Settings
from .common import DONE, add, count, expect_writable, opened, say, shown_progress, tell, write_json

if TYPE_CHECKING:
    from ..outputs.report_page import Page
    from .common import Commands


def add_report(commands: Commands) -> None:
    """Add the command to the parser."""
    report = add(commands, "report", _report, "what a model is worth on the plots that it never saw")
    report.add_argument("model", metavar="MODEL_ID|PLOT_TYPE", help="a plot type means its active model, or its newest")
    report.add_argument("--html", type=Path, metavar="FILE", help="write it as a page for a browser")
    report.add_argument("--pdf", type=Path, metavar="FILE", help="write it for paper")


def add_compare(models: Commands) -> None:
    """Add the command to those of the group ``models``."""
    compare = add(models, "compare", _compare, "which of several models is better, on plots that none was trained on")
    compare.add_argument("ids", nargs="+", type=count, metavar="ID", help="the first is compared with each other one")
    compare.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")


def _report(options: argparse.Namespace, settings: Settings) -> int:
    from ..database.image_store import ImageStore
    from ..outputs import report_page
    from ..outputs.whole_file import whole_file
    from ..services import lookup
    from ..services import report as reports

    for path in (options.html, options.pdf):
        expect_writable(path)
    images = ImageStore(settings.image_folder)
    with opened(settings) as database, shown_progress() as progress:
        with database.read() as connection:
            model_id = reports.resolve(connection, lookup.hall(connection, settings.hall), options.model)
        found = reports.build(database, settings.hall, images, model_id, progress=progress)
    page = reports.page(found, images, user=settings.user) if options.html or options.pdf else None
    if options.html and page is not None:
        with whole_file(options.html) as file:
            file.write(report_page.html(page))
    if options.pdf and page is not None:
        _write_pdf(page, options.pdf)
    tell(found.text())
    for path in filter(None, (options.html, options.pdf)):
        say(f"Written: {path}")
    return DONE


def _write_pdf(page: Page, path: Path) -> None:
    from ..views.report import report_pdf

    app = report_pdf.without_screen()
    report_pdf.write(page, path)
    del app


def _compare(options: argparse.Namespace, settings: Settings) -> int:
    from ..database.image_store import ImageStore
    from ..services.comparing import compare

    expect_writable(options.json)
    with opened(settings) as database, shown_progress() as progress:
        found = compare(database, settings.hall, ImageStore(settings.image_folder), options.ids, progress)
    tell(found.text())
    write_json(options.json, found.figures())
    return DONE
