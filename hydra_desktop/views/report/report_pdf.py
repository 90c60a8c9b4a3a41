"""A report's page on paper: a PDF, A4 across."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QByteArray, QMarginsF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGuiApplication, QImage, QPageLayout, QPageSize, QPainter, QPen
from PySide6.QtGui import QPdfWriter as PdfWriter
from PySide6.QtSvg import QSvgRenderer

from ...domain.errors import StorageError
from ...outputs.logbook import Picture
from ...outputs.report_page import Block, Chart, Page, Pictures, Table, Words

INK, MUTED, LINE = "#15181d", "#555e6b", "#c9cfd8"
DPI = 96  # of the lengths here; charts are made for it
SHARP = 1200
MARGIN_MM = 12
GAP = 20.0
THUMB = 186.0
BODY = 12


def write(page: Page, path: Path) -> None:
    """Write a page as PDF, whole or not at all; raises StorageError where that can't be."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(b"")  # Qt only warns of a file that it can't write
    except OSError as error:
        raise StorageError(f"{path} can't be written ({error.strerror}); check folder and permissions.") from error
    try:
        writer = PdfWriter(str(temporary))
        writer.setTitle(page.title)
        writer.setCreator("Hydra Desktop")
        writer.setResolution(SHARP)
        writer.setPageLayout(
            QPageLayout(
                QPageSize(QPageSize.PageSizeId.A4),
                QPageLayout.Orientation.Landscape,
                QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM),
                QPageLayout.Unit.Millimeter,
            )
        )
        painter = QPainter()
        if not painter.begin(writer):
            raise StorageError(f"{path} can't be written; check the free space.")
        painter.scale(SHARP / DPI, SHARP / DPI)
        _Sheet(painter, writer).draw(page)
        painter.end()
        temporary.replace(path)
    except OSError as error:
        raise StorageError(f"{path} can't be written ({error.strerror}); check folder and permissions.") from error
    finally:
        temporary.unlink(missing_ok=True)


def without_screen() -> QGuiApplication | None:
    """What fonts need where no window is open; keep it until the page is written."""
    if QGuiApplication.instance() is not None:
        return None
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return QGuiApplication([])


@dataclass(frozen=True)
class _Item:
    """Something that stays on one page, with what draws it at a place."""

    width: float
    height: float
    draw: Callable[[float, float], None]


class _Sheet:
    """Fills pages from the top, side by side where there is room."""

    def __init__(self, painter: QPainter, writer: PdfWriter) -> None:
        self._painter, self._writer = painter, writer
        self.width = writer.width() * DPI / SHARP
        self.height = writer.height() * DPI / SHARP
        self._y = 0.0

    def draw(self, page: Page) -> None:
        self._place(self._text(page.title, BODY, colour=MUTED))
        self._place(self._text(page.headline, 20, bold=True))
        for line in page.lines:
            self._place(self._text(line, BODY))
        self._y += GAP / 2
        shelf: list[_Item] = []
        for block in page.blocks:
            if isinstance(block, Chart | Table) and not (isinstance(block, Table) and block.are_words):
                item = self._chart(block) if isinstance(block, Chart) else self._table(block)
                if sum(one.width + GAP for one in shelf) + item.width > self.width:
                    self._shelf(shelf)
                    shelf = []
                shelf.append(item)
            else:
                self._shelf(shelf)
                shelf = []
                self._flow(block)
        self._shelf(shelf)
        if page.written:
            self._place(self._text(page.written, BODY - 1, colour=MUTED))

    def _flow(self, block: Block) -> None:
        """What may go over several pages: lines, rows of words, or rows of pictures."""
        if isinstance(block, Words):
            items = [self._text(line, BODY) for line in block.lines]
        elif isinstance(block, Table):
            items = self._rows(block)
            items += [self._text(block.note, BODY - 1, colour=MUTED)] if block.note else []
        else:
            items = self._pictures(block) if isinstance(block, Pictures) else []
            items += [self._text(block.note, BODY - 1, colour=MUTED)] if isinstance(block, Pictures) else []
        title = self._text(block.title, 14, bold=True)
        if self._y + title.height + (items[0].height if items else 0.0) > self.height:
            self._new_page()  # no title at the foot of a page
        for item in (title, *items):
            self._place(item)
        self._y += GAP / 2

    def _place(self, item: _Item) -> None:
        if self._y + item.height > self.height and self._y:
            self._new_page()
        item.draw(0.0, self._y)
        self._y += item.height

    def _shelf(self, items: Sequence[_Item]) -> None:
        if not items:
            return
        high = max(item.height for item in items)
        if self._y + high > self.height and self._y:
            self._new_page()
        x = 0.0
        for item in items:
            item.draw(x, self._y)
            x += item.width + GAP
        self._y += high + GAP

    def _new_page(self) -> None:
        self._writer.newPage()
        self._y = 0.0

    def _text(self, text: str, size: int, *, bold: bool = False, colour: str = INK, width: float = 0.0) -> _Item:
        font, wide = _font(size, bold=bold), width or self.width
        flags = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        high = QFontMetricsF(font).boundingRect(QRectF(0, 0, wide, 1e5), flags, text).height() + size * 0.35

        def draw(x: float, y: float) -> None:
            self._painter.setFont(font)
            self._painter.setPen(QColor(colour))
            self._painter.drawText(QRectF(x, y, wide, high), flags, text)

        return _Item(wide, high, draw)

    def _framed(self, title: str, note: str, inner: _Item) -> _Item:
        """A title above and a note below something."""
        parts = [self._text(title, 14, bold=True, width=inner.width), inner]
        if note:
            parts.append(self._text(note, BODY - 1, colour=MUTED, width=inner.width))

        def draw(x: float, y: float) -> None:
            for part in parts:
                part.draw(x, y)
                y += part.height

        return _Item(inner.width, sum(part.height for part in parts), draw)

    def _chart(self, chart: Chart) -> _Item:
        renderer = QSvgRenderer(QByteArray(chart.svg.encode()))
        share = min(1.0, self.width / chart.width, (self.height - 4 * BODY * 4) / chart.height)
        width, height = share * chart.width, share * chart.height
        return self._framed(
            chart.title,
            chart.note,
            _Item(width, height, lambda x, y: renderer.render(self._painter, QRectF(x, y, width, height))),
        )

    def _table(self, table: Table) -> _Item:
        font, metrics = _font(BODY), QFontMetricsF(_font(BODY))
        rows = [table.head, *table.rows]
        widths = [max(metrics.horizontalAdvance(row[column]) for row in rows) + 14 for column in range(len(table.head))]
        step = metrics.height() + 7

        def draw(x: float, y: float) -> None:
            self._painter.setFont(font)
            for number, row in enumerate(rows):
                left = x
                for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
                    self._painter.setPen(QColor(INK if number else MUTED))
                    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
                    self._painter.drawText(QRectF(left, y, width, step), side | Qt.AlignmentFlag.AlignVCenter, cell)
                    left += width
                y += step
                self._painter.setPen(QPen(QColor(LINE), 0.7))
                self._painter.drawLine(x, y, left, y)

        width = min(self.width, sum(widths))  # notes wrap below it
        return self._framed(table.title, table.note, _Item(width, step * len(rows) + 8, draw))

    def _rows(self, table: Table) -> list[_Item]:
        """A table of words, row by row; columns that have no room are cut."""
        font, metrics = _font(BODY), QFontMetricsF(_font(BODY))
        rows = [table.head, *table.rows]
        widths = [max(metrics.horizontalAdvance(row[column]) for row in rows) + 18 for column in range(len(table.head))]
        too_wide = sum(widths) - self.width
        if too_wide > 0:
            widest = widths.index(max(widths))
            widths[widest] = max(60.0, widths[widest] - too_wide)
        step = metrics.height() + 7

        def item(number: int, row: Sequence[str]) -> _Item:
            def draw(x: float, y: float) -> None:
                self._painter.setFont(font)
                self._painter.setPen(QColor(INK if number else MUTED))
                left = x
                for cell, width in zip(row, widths, strict=True):
                    shown = metrics.elidedText(cell, Qt.TextElideMode.ElideRight, width - 14)
                    box = QRectF(left, y, width, step)
                    self._painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
                    left += width
                self._painter.setPen(QPen(QColor(LINE), 0.7))
                self._painter.drawLine(x, y + step, left, y + step)

            return _Item(self.width, step, draw)

        return [item(number, row) for number, row in enumerate(rows)]

    def _pictures(self, block: Pictures) -> list[_Item]:
        """Rows of pictures, as many side by side as have room."""
        across = max(1, int((self.width + GAP / 2) // (THUMB + GAP / 2)))
        rows = [block.pictures[start : start + across] for start in range(0, len(block.pictures), across)]
        return [self._row(row) for row in rows]

    def _row(self, pictures: Sequence[Picture]) -> _Item:
        images = [QImage.fromData(one.png) if one.png else QImage() for one in pictures]
        tall = max((THUMB * one.height() / one.width() for one in images if not one.isNull()), default=THUMB * 0.6)
        captions = [self._text(one.caption, 10, width=THUMB) for one in pictures]

        def draw(x: float, y: float) -> None:
            for image, caption in zip(images, captions, strict=True):
                if image.isNull():
                    self._text("picture is gone", BODY, colour=MUTED, width=THUMB).draw(x, y)
                else:
                    self._painter.drawImage(QRectF(x, y, THUMB, THUMB * image.height() / image.width()), image)
                caption.draw(x, y + tall + 2)
                x += THUMB + GAP / 2

        return _Item(self.width, tall + max(one.height for one in captions) + 10, draw)


def _font(size: int, *, bold: bool = False) -> QFont:
    font = QFont("sans-serif")
    font.setPixelSize(size)
    font.setBold(bold)
    return font
