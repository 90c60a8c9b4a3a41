"""A report on paper, opened again as pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage
from PySide6.QtPdf import QPdfDocument
from pytestqt.qtbot import QtBot

from hydra_desktop.domain.errors import StorageError
from hydra_desktop.domain.model_report import report
from hydra_desktop.outputs import report_charts
from hydra_desktop.outputs.logbook import Picture
from hydra_desktop.outputs.report_charts import Look
from hydra_desktop.outputs.report_page import Chart, Page, Pictures, Table, Words
from hydra_desktop.views.report import report_pdf
from tests.domain.test_model_report import THRESHOLDS, TYPE, many
from tests.fakes import manifests

COLOURS = {label.name: label.colour for label in TYPE.labels}


def page(pictures: int) -> Page:
    found = report(many(), THRESHOLDS, TYPE)
    chart = report_charts.confusion(found, COLOURS, 580, 480, Look()).svg
    rows = [[one.label, f"{one.plots}"] for one in found.by_label]
    return Page(
        "Report of model 2, CDC", "Would miss none", ["A line of words that belong to it."],
        [
            Chart("Confusion", chart, 580, 480),
            Table("By label", ("label", "plots"), rows, "A note."),
            Words("Compared", ["Nothing is shown."] * 30),
            Pictures("Misclassified", [Picture(f"run {n}", manifests.png("Bad", n)) for n in range(pictures)], "Look."),
        ],
    )  # fmt: skip


def opened(path: Path) -> list[np.ndarray]:
    """The pages as pictures uint8 (H, W, 3) on white."""
    document = QPdfDocument()
    assert document.load(str(path)) is QPdfDocument.Error.None_
    found = []
    for number in range(document.pageCount()):
        size = document.pagePointSize(number)
        assert size.width() > size.height()
        shown = document.render(number, QSize(round(size.width()), round(size.height())))
        shown = shown.convertToFormat(QImage.Format.Format_RGBA8888)
        pixels = np.asarray(shown.constBits()).reshape(shown.height(), shown.bytesPerLine())
        whole = Image.fromarray(pixels[:, : 4 * shown.width()].reshape(shown.height(), shown.width(), 4).copy(), "RGBA")
        white = Image.new("RGBA", whole.size, "white")
        found.append(np.asarray(Image.alpha_composite(white, whole).convert("RGB")))
    document.close()
    return found


def test_it_has_the_chart_in_its_colours_and_goes_on_over_pages(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "new" / "r.pdf"
    report_pdf.write(page(20), path)
    pages = opened(path)
    assert 3 <= len(pages) <= 5
    first = pages[0].astype(int)
    for name in ("Good", "Bad"):
        wanted = QColor(COLOURS[name])
        near = np.abs(first - [wanted.red(), wanted.green(), wanted.blue()]).max(axis=2) < 12
        assert near.sum() > 50, name
    for one in pages:
        ink = (one < 250).any(axis=2)
        assert 0.002 < ink.mean() < 0.6
        assert not ink[:, :20].any()  # the margins are free
        assert not ink[:, -20:].any()
    assert [one.name for one in path.parent.iterdir()] == ["r.pdf"]


@pytest.mark.parametrize("pictures", [0, 1])
def test_few_pictures_or_none_make_fewer_pages(qtbot: QtBot, tmp_path: Path, pictures: int) -> None:
    report_pdf.write(page(pictures), tmp_path / "r.pdf")
    assert len(opened(tmp_path / "r.pdf")) == 2


def test_a_file_that_cannot_be_written_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="can't be written"):
        report_pdf.write(page(0), tmp_path / "file" / "r.pdf")
    (tmp_path / "folder.pdf").mkdir()
    with pytest.raises(StorageError, match="can't be written"):
        report_pdf.write(page(0), tmp_path / "folder.pdf")


def test_a_long_table_of_words_goes_on_over_pages(qtbot: QtBot, tmp_path: Path) -> None:
    rows = [[f"{number}", "a plot type with a long name " * 6, "Bad"] for number in range(100)]
    table = Table("Alarms of this shift", ("heard", "what", "label"), rows, "A note.", are_words=True)
    path = tmp_path / "r.pdf"
    report_pdf.write(Page("Shift hand-over", "Nothing is open", [], [table]), path)
    pages = opened(path)
    assert 3 <= len(pages) <= 5
    for one in pages:
        ink = (one < 250).any(axis=2)
        assert ink.mean() > 0.01
        assert not ink[:, -20:].any()  # the margin is free
        assert not ink[-20:].any()
