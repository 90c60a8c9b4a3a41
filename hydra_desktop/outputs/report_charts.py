"""The charts of a model's report as SVG, for the screen, a page and paper alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..domain.model_report import BINS, Cell, CurvePoint, ModelReport, Promise
from .svg import ADVANCE, Drawing

Box = tuple[float, float, float, float]  # x, y, width, height
DASHES = (4.0, 3.0)
USUAL = 13.0  # pixels of words for which lines are as thick as is said


@dataclass(frozen=True)
class Look:
    """Colours and the size of words in pixels."""

    text: str = "#15181d"
    muted: str = "#555e6b"
    line: str = "#c9cfd8"
    cell: str = "#ffffff"
    right: str = "#eef1f5"  # of the cells in which the model is right
    size: float = 13.0
    family: str = "sans-serif"


@dataclass(frozen=True)
class Confusion:
    """The matrix as SVG, and where its cells are: by label, then by what was said."""

    svg: str
    cells: tuple[tuple[Box, ...], ...]


def confusion(found: ModelReport, colours: Mapping[str, str], width: float, height: float, look: Look) -> Confusion:
    """The confusion matrix whose cells are histograms of confidence, on a log scale, with the said label's threshold.

    `colours` are those of the labels.
    """
    size, names, labels = look.size, found.unseen.names, found.unseen.labels
    paper = Drawing(width, height, look.family, look.size / USUAL)
    left = min(width * 0.24, max(map(len, labels)) * ADVANCE * size * 1.25 + size)
    right, top, bottom, gap = 4.6 * size, 1.7 * size, 3.4 * size, 0.4 * size
    wide = (width - left - right) / max(1, len(names)) - gap
    high = (height - top - bottom) / max(1, len(labels)) - gap
    most = max((max(cell.histogram) for row in found.cells for cell in row), default=0)
    boxes = []
    for column, name in enumerate(names):
        x = left + column * (wide + gap)
        head = f"said {name}" if (len(name) + 5) * ADVANCE * size < wide else name
        paper.words(x + wide / 2, top - 0.6 * size, head, look.muted, size, anchor="middle", room=wide)
        said = sum(row[column].count for row in found.cells)
        y = height - bottom + 1.2 * size
        half = 1.3 * size
        at = min(max(wide * _along(found.thresholds[name], found.lowest), half), wide - half)
        paper.words(
            x + at, y, f"{100 * found.thresholds[name]:.0f} %", look.text, 0.8 * size, anchor="middle", bold=True
        )
        if at > 2.6 * size:
            paper.words(x, y, f"{100 * found.lowest:.0f}", look.muted, 0.8 * size)
        if wide - at > 3 * size:
            paper.words(x + wide, y, "100", look.muted, 0.8 * size, anchor="end")
        paper.words(
            x, height - 0.5 * size, f"{said:,} said" if wide > 7 * size else f"{said:,}", look.muted, 0.9 * size
        )
    paper.words(width - right + gap, top - 0.6 * size, "true", look.muted, size)
    total = len(found.unseen)
    paper.words(width - right + gap, height - 0.5 * size, f"{total:,}", look.text, size, bold=True)
    for place, label in enumerate(labels):
        y = top + place * (high + gap)
        paper.words(left - size, y + high / 2, label, look.text, size, anchor="end", bold=True, room=left - size)
        paper.box(left - 1.8 * size, y + high / 2 + 0.4 * size, 0.8 * size, 0.5 * size, fill=colours[label])
        plots = sum(cell.count for cell in found.cells[place])
        paper.words(width - right + gap, y + high / 2, f"{plots:,}", look.text, size, bold=True)
        paper.words(width - right + gap, y + high / 2 + 1.1 * size, "plots", look.muted, 0.85 * size)
        row = []
        for column, name in enumerate(names):
            box = (left + column * (wide + gap), y, wide, high)
            cell = found.cells[place][column]
            _cell(paper, cell, box, found, colours[label], most, look, is_right=label == name)
            row.append(box)
        boxes.append(tuple(row))
    told = f"Confusion matrix of {total} plots, {len(found.mistakes)} of them misclassified"
    return Confusion(paper.svg(told), tuple(boxes))


def _along(confidence: float, lowest: float) -> float:
    return min(1.0, max(0.0, (confidence - lowest) / (1 - lowest)))


def _cell(
    paper: Drawing, cell: Cell, box: Box, found: ModelReport, colour: str, most: int, look: Look, *, is_right: bool
) -> None:
    x, y, width, height = box
    size = look.size
    doubt = f", {cell.unconfirmed} not Confirmed" if cell.unconfirmed else ""
    told = f"{cell.count} of {cell.label} said to be {cell.said}{doubt}"
    paper.box(x, y, width, height, fill=look.right if is_right else look.cell, line=look.line, title=told)
    count = f"{cell.count:,}"
    ink = look.text if cell.count else look.muted
    paper.words(x + 0.5 * size, y + 1.3 * size, count, ink, 1.1 * size, bold=bool(cell.count))
    if not cell.count:
        return
    beside = f"{cell.unconfirmed} unconf."
    if cell.unconfirmed and (len(count) * 1.2 + len(beside) * 0.8 + 1.5) * ADVANCE * size < width:
        paper.words(x + width - 0.4 * size, y + 1.25 * size, beside, look.muted, 0.8 * size, anchor="end")
    foot, room = y + height - 0.4 * size, height - 2.2 * size
    paper.line([(x, foot), (x + width, foot)], look.line)
    step = width / BINS
    for number, plots in enumerate(cell.histogram):
        if plots:
            tall = max(2.0, room * math.log1p(plots) / math.log1p(max(1, most)))
            paper.box(x + number * step + 0.5, foot - tall, step - 1, tall, fill=colour)
    at = x + width * _along(found.thresholds[cell.said], found.lowest)
    paper.line([(at, y + 1.7 * size), (at, foot)], look.text, dashes=(3, 2))


def precision_recall(
    found: ModelReport, width: float, height: float, look: Look, others: Sequence[tuple[str, Sequence[CurvePoint]]] = ()
) -> str:
    """Precision over recall of the faulty plots, with the place of the thresholds; `others` are named and dashed."""
    told = "Precision and recall of faulty plots"
    paper = Drawing(width, height, look.family, look.size / USUAL)
    if not found.curve:
        return _empty(paper, look, "Faulty plots and others are both needed for this curve.", told)
    size = look.size
    points = [*found.curve, *(point for _, curve in others for point in curve)]
    falls = [point.recall for point in points if point.precision < 0.99]
    reached = [found.operating.recall] if found.operating is not None else []
    first = max(0.0, min(0.8, _tenth(min([1.0, *falls, *reached])) - 0.1))
    shown = [point for point in found.curve if point.recall >= first - 1e-9]
    lows = [point.precision for point in points if point.recall >= first]
    lows += [found.operating.precision] if found.operating is not None else []
    lowest = min(0.9, _tenth(min([0.9, *lows])))
    axes = _Axes.within(paper, look, (first, 1.0), (lowest, 1.0))
    axes.draw("precision", "recall of faulty plots")
    band = [point for point in shown if not math.isnan(point.low)]
    if band:
        upper = [axes.at(point.recall, point.high) for point in band]
        lower = [axes.at(point.recall, point.low) for point in band]
        paper.area([*upper, *reversed(lower)], look.muted, 0.3)
    for _, curve in others:
        dashed = [axes.at(point.recall, point.precision) for point in curve if point.recall >= first - 1e-9]
        paper.line(dashed, look.muted, thick=1.5, dashes=DASHES)
    paper.line([axes.at(point.recall, point.precision) for point in shown], look.text, thick=2)
    x, y = axes.left + 0.8 * size, axes.bottom - (0.6 + 1.3 * len(others)) * size
    for name, dashes in (
        ("this model" + (", 95 % band by run" if band else ""), ()),
        *((n, DASHES) for n, _ in others),
    ):
        ink = look.muted if dashes else look.text
        paper.line([(x, y - 0.3 * size), (x + 2 * size, y - 0.3 * size)], ink, thick=1.5, dashes=dashes)
        paper.words(x + 2.5 * size, y, name, ink, 0.9 * size, room=axes.right - x - 2.5 * size)
        y += 1.3 * size
    if found.operating is not None:
        x, y = axes.at(found.operating.recall, found.operating.precision)
        paper.dot(x, y, 0.4 * size, look.cell, look.text, 2)
        is_left = x > (axes.left + axes.right) / 2
        below = y + 1.6 * size
        paper.words(
            x + (-0.6 if is_left else 0.6) * size, below, "at the thresholds", look.text, 0.9 * size,
            anchor="end" if is_left else "start",
        )  # fmt: skip
    return paper.svg(told)


def reliability(found: ModelReport, width: float, height: float, look: Look) -> str:
    """How often plots of about the same confidence are right, with 95 % intervals and how many they are."""
    told = "How often the model is right, by its confidence"
    paper, size = Drawing(width, height, look.family, look.size / USUAL), look.size
    promises: Sequence[Promise] = found.promises
    first = max(0.0, min(0.8, _tenth(min(one.confidence for one in promises))))
    lowest = min(0.8, _tenth(min([first, *(one.right.low for one in promises if one.right.has_interval)])))
    axes = _Axes.within(paper, look, (first, 1.0), (lowest, 1.0), lines_below=1)
    axes.draw("share that is right", "confidence it states")
    start = max(first, lowest)
    paper.line([axes.at(start, start), axes.at(1.0, 1.0)], look.muted, dashes=DASHES)
    taken = -math.inf
    for one in promises:
        value = one.right.value or 0.0
        x, y = axes.at(one.confidence, value)
        if one.right.has_interval:
            paper.line([axes.at(one.confidence, one.right.low), axes.at(one.confidence, one.right.high)], look.text)
        paper.dot(x, y, 0.3 * size, look.text)
        count = f"{one.right.total:,}"
        half = len(count) * ADVANCE * 0.8 * size / 2
        if x - half > taken:  # numbers never run into each other
            paper.words(x, axes.bottom + 2.4 * size, count, look.muted, 0.8 * size, anchor="middle")
            taken = x + half + 0.3 * size
    paper.words(axes.left - 0.6 * size, axes.bottom + 2.4 * size, "plots", look.muted, 0.8 * size, anchor="end")
    return paper.svg(told)


@dataclass(frozen=True)
class _Axes:
    paper: Drawing
    look: Look
    x: tuple[float, float]
    y: tuple[float, float]
    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def within(
        cls, paper: Drawing, look: Look, x: tuple[float, float], y: tuple[float, float], *, lines_below: int = 0
    ) -> _Axes:
        size = look.size
        below = (2.8 + lines_below) * size
        return cls(paper, look, x, y, 3.6 * size, 2.0 * size, paper.width - 1.8 * size, paper.height - below)

    def at(self, x: float, y: float) -> tuple[float, float]:
        across = (min(max(x, self.x[0]), self.x[1]) - self.x[0]) / (self.x[1] - self.x[0])
        up = (min(max(y, self.y[0]), self.y[1]) - self.y[0]) / (self.y[1] - self.y[0])
        return self.left + across * (self.right - self.left), self.bottom - up * (self.bottom - self.top)

    def draw(self, name_y: str, name_x: str) -> None:
        paper, look, size = self.paper, self.look, self.look.size
        paper.words(0, 0.9 * size, name_y, look.muted, 0.9 * size)
        paper.words(self.right, paper.height - 0.4 * size, name_x, look.muted, 0.9 * size, anchor="end")
        for tick in _ticks(*self.y, (self.bottom - self.top) / (2.2 * size)):
            y = self.at(self.x[0], tick)[1]
            paper.line([(self.left, y), (self.right, y)], look.line, thick=0.6)
            paper.words(
                self.left - 0.5 * size, y + 0.3 * size, f"{100 * tick:.0f} %", look.muted, 0.8 * size, anchor="end"
            )
        for tick in _ticks(*self.x, (self.right - self.left) / (4.5 * size)):
            x = self.at(tick, self.y[0])[0]
            paper.words(x, self.bottom + 1.3 * size, f"{100 * tick:.0f} %", look.muted, 0.8 * size, anchor="middle")


def _ticks(first: float, last: float, most: float) -> list[float]:
    """Round places on an axis, `most` at most."""
    for step in (0.05, 0.1, 0.2, 0.25, 0.5):
        if (last - first) / step <= max(2.0, most):
            break
    start = math.ceil(first / step - 1e-9)
    return [number * step for number in range(start, math.floor(last / step + 1e-9) + 1)]


def _tenth(value: float) -> float:
    return math.floor(10 * value + 1e-9) / 10


def _empty(paper: Drawing, look: Look, why: str, told: str) -> str:
    paper.words(paper.width / 2, paper.height / 2, why, look.muted, look.size, anchor="middle", room=paper.width)
    return paper.svg(told)
