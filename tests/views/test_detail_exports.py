"""What leaves the detail view: the clipboard, a PNG file, a logbook entry."""

from __future__ import annotations

import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from hydra_desktop.database import halls
from hydra_desktop.domain.hall import Hall, Logbook

from .detail_bench import TYPES
from .test_detail_view import LIMIT_MS, Bench, bench, site

__all__ = ["bench", "site"]
CONTROL = Qt.KeyboardModifier.ControlModifier


class Page(HTMLParser):
    """What is in an entry."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def write_to(bench: Bench, path: Path) -> None:
    """Answer the dialog that asks for a file."""
    bench.qtbot.waitUntil(lambda: bool(bench.view.findChildren(QFileDialog)), timeout=LIMIT_MS)
    dialog = bench.view.findChildren(QFileDialog)[-1]
    line = dialog.findChild(QLineEdit, "fileNameEdit")
    line.setText(str(path))
    QTest.keyClick(line, Qt.Key.Key_Return)
    bench.qtbot.waitUntil(path.exists, timeout=LIMIT_MS)
    bench.told(str(path))


def set_logbook(bench: Bench, logbook: Logbook) -> None:
    with bench.site.database.write() as c:
        halls.apply(c, bench.site.hall_id, Hall("D", plot_types=TYPES, logbook=logbook), user="test")


def test_the_plot_as_shown_is_copied(bench: Bench) -> None:
    bench.open()
    QApplication.clipboard().clear()
    bench.press(Qt.Key.Key_C, CONTROL)
    bench.qtbot.waitUntil(lambda: not QApplication.clipboard().image().isNull(), timeout=LIMIT_MS)
    plain = bench.view.full.picture(bench.cdc[-1].content_hash).picture
    image = QApplication.clipboard().image()
    assert image.width() >= plain.width
    colour = image.pixelColor(image.width() // 2, image.height() // 2)
    assert colour.red() != colour.green()  # the map lies over the grey plot


def test_the_plot_as_shown_is_saved(bench: Bench, tmp_path: Path) -> None:
    bench.open()
    bench.press(Qt.Key.Key_S, CONTROL)
    write_to(bench, tmp_path / "shown.png")
    with Image.open(tmp_path / "shown.png") as saved:
        assert saved.format == "PNG"
        assert saved.width >= 320
    assert list(tmp_path.glob(".*tmp")) == []


def test_an_image_that_can_not_be_written_is_told(bench: Bench, tmp_path: Path) -> None:
    bench.open()
    order = bench.view.plots.first.canvas.order_in_full()
    assert order is not None
    (tmp_path / "file").write_text("")
    bench.press(Qt.Key.Key_S, CONTROL)
    bench.qtbot.waitUntil(lambda: bool(bench.view.findChildren(QFileDialog)), timeout=LIMIT_MS)
    bench.view.findChildren(QFileDialog)[-1].fileSelected.emit(str(tmp_path / "file" / "x.png"))
    bench.told("can't be written")
    bench.view.findChildren(QFileDialog)[-1].reject()


def test_a_logbook_entry_is_one_file_with_all_in_it(bench: Bench, tmp_path: Path) -> None:
    bench.open()
    bench.press(Qt.Key.Key_L)
    write_to(bench, tmp_path / "entry.html")
    page = Page((tmp_path / "entry.html").read_text(encoding="utf-8"))
    text = " ".join(page.words)
    assert len(page.sources) == 3
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert "call" not in page.tags  # what a hall wrote is text
    for said in ("2. <Call> Ann.", "94.0 %", "72.0 %", "Ann, 4417", "101", "Written by shift at here", "last Good"):
        assert said in text


def test_an_entry_goes_to_the_halls_folder_and_to_its_command(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "logbook"
    folder.mkdir()
    code = "import os,sys; open(sys.argv[1], 'a').write(' '.join([*sys.argv[2:], os.environ['HYDRA_LABEL']]))"
    said = tmp_path / "said $(touch x)"
    command = (sys.executable, "-c", code, str(said), "{plot_type}; rm -rf", "{run}", "{html}")
    set_logbook(bench, Logbook(str(folder), command))
    bench.open()
    bench.press(Qt.Key.Key_L)
    bench.qtbot.waitUntil(said.exists, timeout=LIMIT_MS)
    bench.told("Logbook entry written")
    (entry,) = folder.glob("*.html")
    assert said.read_text() == f"CDC; rm -rf 101 {entry} Bad"
    assert entry.name.startswith("run101_chunk4_CDC_")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ((sys.executable, "-c", "import sys; sys.exit('mail server is away')"), "failed with code 1: mail server is"),
        (("/nowhere/elog", "{html}"), "can't be run (No such file or directory); mend logbook.command"),
    ],
)
def test_a_command_that_fails_is_told_and_the_entry_stays(
    bench: Bench, tmp_path: Path, command: tuple[str, ...], told: str
) -> None:
    set_logbook(bench, Logbook(str(tmp_path), command))
    bench.open()
    QTest.mouseClick(bench.view.side.buttons["logbook"], Qt.MouseButton.LeftButton)
    bench.told(told)
    (entry,) = tmp_path.glob("run101*.html")
    assert str(entry) in bench.view.side.notice.text()


def test_a_folder_that_is_not_there_is_told(bench: Bench, tmp_path: Path) -> None:
    set_logbook(bench, Logbook(str(tmp_path / "gone")))
    bench.open()
    assert bench.view.detail.logbook == replace(Logbook(), folder=str(tmp_path / "gone"))
    bench.press(Qt.Key.Key_L)
    bench.told("isn't there; make it")
