"""The report of a model: its figures on plots that it never saw, in words, and as a page."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from PIL import Image
from sqlalchemy import Connection

from ..database import halls, model_store
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..database.model_store import BY_HAND, ModelRecord
from ..domain.errors import ModelFileError, PictureError, SettingsError, StorageError
from ..domain.hall import PlotType
from ..domain.intervals import Share, percent
from ..domain.label import Role
from ..domain.model_report import CurvePoint, ModelReport, headline
from ..domain.model_report import report as figures_of
from ..outputs import report_charts
from ..outputs.logbook import Picture
from ..outputs.report_charts import Look
from ..outputs.report_page import Block, Chart, Page, Pictures, Table, Words
from ..vision.picture import decode
from . import lookup, unseen
from .comparing import Comparison, compare
from .progress import Progress

SHOWN = 24  # misclassified plots on a page
CURVE = (490.0, 310.0)  # width and height of a curve on a page
THUMBNAIL = (320, 240)  # pixels at most
PRINT = Look()


@dataclass(frozen=True)
class Report:
    """A model with its figures; `comparison` with the active model, where there is another one."""

    hall: str
    record: ModelRecord
    settings: PlotType
    figures: ModelReport
    comparison: Comparison | None = None
    chosen: str = ""  # how its thresholds were

    @property
    def title(self) -> str:
        """What it is of."""
        return f"Report of model {self.record.id}, {self.record.plot_type}"

    @property
    def headline(self) -> str:
        """The answer in a sentence."""
        one, marked = self.figures.unseen, ""
        if one.in_sample:
            marked = "On plots that it was trained on: "
        elif one.is_of_seen_runs:
            marked = "On plots of runs that it was trained on: "
        words = headline(self.figures, self._faulty_word)
        return f"{marked}{words[0].lower()}{words[1:]}" if marked else words

    @property
    def lines(self) -> tuple[str, ...]:
        """What belongs to the answer: how far the figures are to be trusted, and what they rest on."""
        found, lines = self.figures, []
        if self.comparison is not None:
            lines.append(self.comparison.said())
        if found.found.total:
            missed = found.missed
            parts = [
                f"{count} {what}"
                for count, what in (
                    (missed.said_good, "said to be no fault"),
                    (missed.unconfirmed, "not sure enough"),
                    (missed.unfamiliar, "Unfamiliar"),
                )
                if count
            ]
            low, high = 1 - found.found.high, 1 - found.found.low
            lines.append(
                f"Missed: {missed.count} of {found.found.total:,} {self._faulty_word or 'faulty plots'}"
                f"{_interval(low, high)}" + (f", {', '.join(parts)}." if parts else ".")
            )
        if found.false_positives.total:
            wrong = found.false_positives
            beside = f"; beside them {found.unfamiliar.hits:,} Unfamiliar" if found.unfamiliar is not None else ""
            lines.append(
                f"Called faulty: {wrong.hits} of {wrong.total:,} Good{_interval(wrong.low, wrong.high)}{beside}."
            )
        return (*lines, self.basis)

    @property
    def basis(self) -> str:
        """On which plots it rests."""
        one = self.figures.unseen
        never = "that it was trained on" if one.in_sample else "that the model never saw"
        split = f" ({one.split})" if one.split and not one.in_sample else ""
        left = "".join(f"; left out, {reason}: {count}" for reason, count in one.left_out.items())
        notes = "".join(f" Note: {note}." for note in (one.no_interval, *one.notes) if note)
        if self.chosen not in ("", BY_HAND) and not one.in_sample:
            notes = (
                f" Its thresholds were chosen on such plots ({self.chosen}), so new ones may cost a little more.{notes}"
            )
        if one.is_of_seen_runs:
            notes = f" It was trained on other plots of these runs, so a new run will keep less.{notes}"
        return f"{len(one):,} plots{one.of_runs} {never}{split}{left}.{notes}"

    @property
    def made(self) -> str:
        """Who trained it, and when."""
        live = "active" if self.record.active else "not active"
        return f"Trained by {self.record.created_by}, {self.record.created_at:%Y-%m-%d %H:%M} UTC; {live}."

    @property
    def _faulty_word(self) -> str:
        """The name of the one faulty label that plots have, "" where there are several."""
        there = [
            one.label
            for one in self.figures.by_label
            if one.plots and self.settings.label(one.label).role is Role.FAULTY
        ]
        return there[0] if len(there) == 1 else ""

    def text(self) -> str:
        """The report in words."""
        lines = [f"{self.title}. {self.made}", self.headline, *(f"  {line}" for line in self.lines)]
        for table in (_by_label(self.figures), _by_period(self.figures)):
            if table.rows:
                lines += [f"{table.title}:", *_columns(table)]
        return "\n".join(lines)


def resolve(connection: Connection, hall_id: int, word: str) -> int:
    """The model that a person names by its number or its plot type: then the active one, else the newest.

    Raises SettingsError where there is none.
    """
    known = halls.load(connection, hall_id).plot_types
    if word.isdecimal() and word not in known:
        return unseen.record_of(connection, hall_id, int(word)).id
    there = model_store.listing(connection, hall_id, lookup.plot_type(known, word))
    if not there:
        raise SettingsError(f"{word} has no model yet; make one: hydra-desktop train {word}")
    return next((one.id for one in there if one.active), there[0].id)


def build(
    database: Database,
    hall_name: str,
    images: ImageStore,
    model_id: int,
    *,
    with_comparison: bool = True,
    progress: Progress | None = None,
) -> Report:
    """The report of a model; raises SettingsError, ModelFileError, Stopped."""
    found = unseen.of_model(database, hall_name, images, model_id, progress)
    with database.read() as connection:
        hall_id = lookup.hall(connection, hall_name)
        record = unseen.record_of(connection, hall_id, model_id)
        settings = halls.load(connection, hall_id).plot_types[record.plot_type]
        history = model_store.threshold_history(connection, model_id)
    figures = figures_of(found, record.thresholds, settings)
    comparison = with_active(database, hall_name, images, record, progress) if with_comparison else None
    return Report(hall_name, record, settings, figures, comparison, history[0].chosen if history else "")


def with_active(
    database: Database, hall_name: str, images: ImageStore, record: ModelRecord, progress: Progress | None = None
) -> Comparison | None:
    """A model against the active one of its plot type, None where it is that itself or there is none it can meet."""
    with database.read() as connection:
        active = model_store.active(connection, lookup.hall(connection, hall_name)).get(record.plot_type)
    if active is None or active.id == record.id:
        return None
    try:
        return compare(database, hall_name, images, [record.id, active.id], progress)
    except ModelFileError:  # that of the active model is damaged or of another time: the report is of this one
        return None


def page(report: Report, images: ImageStore, *, user: str, now: Callable[[], datetime] | None = None) -> Page:
    """The report as a page, for a browser or for paper."""
    found, settings = report.figures, report.settings
    colours = {name: settings.label(name).colour for name in found.unseen.labels}
    wide, high = 580.0, 150.0 + 84.0 * len(found.unseen.labels)
    matrix = report_charts.confusion(found, colours, wide, high, PRINT)
    others = active_curve(report.comparison, settings)
    blocks: list[Block] = [
        Chart(
            "Confusion: histograms of confidence",
            matrix.svg,
            wide,
            high,
            "Bars in the colour of the true label, on a log scale. Dashed: the threshold of the label that was said; "
            "left of it the verdict is Unconfirmed.",
        ),
        _by_label(found),
        Chart("Precision and recall", report_charts.precision_recall(found, *CURVE, PRINT, others), *CURVE),
        Chart(
            "Does the confidence mean what it says?",
            report_charts.reliability(found, *CURVE, PRINT),
            *CURVE,
            f"Off by {100 * found.calibration_error:.1f} % on average. Dashed: right as often as stated.",
        ),
    ]
    periods = _by_period(found)
    if periods.rows:
        blocks.append(periods)
    if report.comparison is not None:
        blocks += _compared(report.comparison)
    blocks.append(_misclassified(report, images))
    at = (now or (lambda: datetime.now(UTC)))()
    return Page(
        f"{report.title}, {report.hall}",
        report.headline,
        [*report.lines, report.made],
        blocks,
        f"Written by {user}, {at:%Y-%m-%d %H:%M} UTC, by Hydra Desktop.",
    )


def _compared(found: Comparison) -> list[Block]:
    if not found.plots:
        return [Words("Compared with the active model", [found.text()])]
    head, *rows = found.rows()
    return [
        Words("Compared with the active model", found.sentences()),
        Table("On the same plots", head, rows, found.basis),
    ]


def active_curve(comparison: Comparison | None, settings: PlotType) -> list[tuple[str, tuple[CurvePoint, ...]]]:
    """The curve of the model that a comparison is with, on the plots of the comparison, with its name."""
    if comparison is None or not comparison.plots:
        return []
    place = comparison.model_ids.index(comparison.against)
    curve = figures_of(comparison.unseen[place], {}, settings).curve
    name = "active model" if comparison.against == comparison.active_id else "model"
    return [(f"{name} {comparison.against}", curve)] if curve else []


def _by_label(found: ModelReport) -> Table:
    rows = [
        [
            one.label,
            f"{one.plots:,}",
            share(one.precision),
            share(one.recall),
            "-" if one.f1 is None else f"{one.f1:.2f}",
        ]
        for one in found.by_label
    ]
    title = "By label, with 95 % intervals by run" if not found.unseen.no_interval else "By label"
    return Table(title, ("label", "plots", "precision", "recall", "F1"), rows, f"Macro-F1 {found.macro_f1:.3f}.")


def _by_period(found: ModelReport) -> Table:
    rows = [
        [
            one.period or "not named",
            f"{one.plots:,}",
            _of(one.found),
            _of(one.false_positives),
            "not known" if one.unfamiliar is None else _of(one.unfamiliar),
        ]
        for one in found.by_period
    ]
    note = "False positive: a Good plot with a Confirmed faulty verdict. Unfamiliar: among the same Good plots."
    head = ("run period", "plots", "faulty found", "false positives", "Unfamiliar")
    return Table("By run period", head, rows, note)


def _misclassified(report: Report, images: ImageStore) -> Pictures:
    found = report.figures
    rows = found.mistakes[:SHOWN] if found.unseen.plots else ()
    pictures = [Picture(mistake(found, row), _thumbnail(images, found.unseen.plots[row].content_hash)) for row in rows]
    count = len(found.mistakes)
    title = f"{count} misclassified {'plot' if count == 1 else 'plots'}"
    note = "Their labels can be wrong too." if count else "Every plot was told right."
    if len(rows) < count:
        note = f"The {len(rows)} surest are shown. {note}" if rows else f"{note} Which plots they are isn't known."
    return Pictures(title, pictures, note)


def mistake(found: ModelReport, row: int) -> str:
    """A plot with what it is and what the model said, in words."""
    one = found.unseen
    name = one.plots[row].name
    chunk = f" chunk {name.chunk}" if name.chunk is not None else ""
    said = f"said {one.names[int(one.top[row])]} {_confidence(float(one.confidence[row]))}"
    return f"{one.labels[int(one.truth[row])]}, {said}, run {name.run_number}{chunk}"


def _thumbnail(images: ImageStore, content_hash: str) -> bytes:
    """A small PNG of a picture, nothing where it isn't there any more."""
    try:
        picture = Image.fromarray(np.ascontiguousarray(decode(images.read(content_hash))))
    except (PictureError, StorageError):
        return b""
    picture.thumbnail(THUMBNAIL)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def share(one: Share) -> str:
    """A share with its interval."""
    if one.value is None:
        return "-"
    return percent(one.value) + (f" ({100 * one.low:.0f} to {100 * one.high:.0f})" if one.has_interval else "")


def _confidence(value: float) -> str:
    rounded = round(100 * value)
    return "> 99 %" if rounded >= 100 else f"{rounded} %"


def _of(one: Share) -> str:
    return f"{one.hits:,} of {one.total:,}" if one.total else "-"


def _interval(low: float, high: float) -> str:
    """Written after a share; nothing where nothing is known."""
    if (low, high) == (0.0, 1.0):
        return ""
    return f" (95 % interval {100 * max(0.0, low):.2g} to {100 * min(1.0, high):.2g} %)"


def _columns(table: Table) -> list[str]:
    rows = [list(table.head), *(list(row) for row in table.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.head))]
    return [
        "  "
        + "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
