"""Charts of a report: well-formed, of what they say, and with every word inside."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from hydra_desktop.domain.model_report import BINS, ModelReport, report
from hydra_desktop.domain.unseen import Unseen
from hydra_desktop.outputs import report_charts
from hydra_desktop.outputs.report_charts import Look
from hydra_desktop.outputs.svg import ADVANCE, Drawing
from tests.domain.test_model_report import NAMES, THRESHOLDS, TYPE, few, many

COLOURS = {label.name: label.colour for label in TYPE.labels}
LOOK = Look()
SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 written just now


def words(svg: str) -> list[str]:
    return [one.text or "" for one in parsed(svg).iter(f"{SVG}text")]


def expect_inside(svg: str) -> None:
    """Every word is within the picture, as far as its width is known without a font."""
    root = parsed(svg)
    width, height = float(root.get("width") or 0), float(root.get("height") or 0)
    for one in root.iter(f"{SVG}text"):
        x, y, size = (float(one.get(name) or 0) for name in ("x", "y", "font-size"))
        wide = len(one.text or "") * ADVANCE * size
        start = x - {"start": 0.0, "middle": wide / 2, "end": wide}[one.get("text-anchor") or "start"]
        assert start > -2, one.text
        assert start + wide < width + 3, one.text
        assert 0 < y <= height, one.text


def bars(svg: str) -> int:
    """How many bars are drawn, by their colours, less the legend's."""
    return sum(one.get("fill") in COLOURS.values() for one in parsed(svg).iter(f"{SVG}rect")) - len(NAMES)


@pytest.mark.parametrize("found", [report(few(), THRESHOLDS, TYPE), report(many(), THRESHOLDS, TYPE)])
@pytest.mark.parametrize("size", [(580.0, 480.0), (320.0, 300.0), (1600.0, 900.0)])
def test_the_matrix_has_every_cell_with_its_count_and_its_bars(found: ModelReport, size: tuple[float, float]) -> None:
    matrix = report_charts.confusion(found, COLOURS, *size, LOOK)
    expect_inside(matrix.svg)
    told = words(matrix.svg)
    for row in found.cells:
        for cell in row:
            assert f"{cell.count:,}" in told
    assert bars(matrix.svg) == sum(plots > 0 for row in found.cells for cell in row for plots in cell.histogram)
    assert bars(matrix.svg) <= BINS * 16
    assert [len(row) for row in matrix.cells] == [4, 4, 4, 4]
    for row in matrix.cells:
        for (x, _, width, _), (following, *_) in pairwise(row):
            assert x + width < following  # no cell lies on another


def test_many_labels_with_long_names_have_room_too() -> None:
    names = tuple(f"A_rather_long_label_{number}" for number in range(9))
    random = np.random.default_rng(1)
    chances = random.dirichlet(np.full(9, 0.2), 30_000).astype(np.float32)
    truth = np.where(random.random(30_000) < 0.9, chances.argmax(axis=1), 0)
    found = report(Unseen(names, names, truth, chances, np.arange(30_000)), {}, TYPE)
    matrix = report_charts.confusion(found, dict.fromkeys(names, "#112233"), 520, 420, LOOK)
    expect_inside(matrix.svg)
    assert not any("said" in one for one in words(matrix.svg))  # there is room for the names only
    for row in matrix.cells:
        for x, y, width, height in row:
            assert width > 20
            assert height > 20
            assert x + width < 520
            assert y + height < 420


def test_the_curves_say_what_they_are_and_where_the_thresholds_are() -> None:
    found = report(many(), THRESHOLDS, TYPE)
    svg = report_charts.precision_recall(found, 490, 310, LOOK, [("active model 9", found.curve)])
    expect_inside(svg)
    assert {"at the thresholds", "this model, 95 % band by run", "active model 9"} <= set(words(svg))
    svg = report_charts.reliability(found, 490, 310, LOOK)
    expect_inside(svg)
    assert {"share that is right", "confidence it states"} <= set(words(svg))


def test_without_a_faulty_plot_the_curve_says_why_it_is_not_there() -> None:
    chances = np.array([[0.7, 0.2, 0.05, 0.05]] * 4, np.float32)
    found = report(Unseen(NAMES, NAMES, np.zeros(4, int), chances, np.arange(4)), THRESHOLDS, TYPE)
    assert words(report_charts.precision_recall(found, 490, 310, LOOK)) == [
        "Faulty plots and others are both needed for this curve."
    ]
    expect_inside(report_charts.reliability(found, 490, 310, LOOK))


def test_words_from_outside_are_escaped_and_cut_where_they_have_no_room() -> None:
    paper = Drawing(100, 50)
    paper.words(0, 20, "<b>&", "#000", 10)
    paper.words(0, 40, "a_very_long_name_of_a_label", "#000", 10, room=60)
    assert words(paper.svg('"quoted"')) == ["<b>&", "a_very_lo…"]
