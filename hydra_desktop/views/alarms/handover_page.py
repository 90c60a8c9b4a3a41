"""What a shift hands over, to read and to save."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QLabel, QTextBrowser, QVBoxLayout

from ...outputs.report_page import Block, Page, Table, Words
from ...services.alarm_performance import count
from .. import keys
from ..desk_page import DeskPage
from ..labeling.caps import CapButton
from ..row import Row
from ..theme import Theme

LEAST_H, MOST_H = 1, 48
LINE = 130  # letters of a line that is still read with ease


class HandoverPage(DeskPage):
    """Shows the report; `hours_asked` carries how long the shift was, `html_asked` and `pdf_asked` the file."""

    hours_asked = Signal(int)
    html_asked = Signal(Path)
    pdf_asked = Signal(Path)

    def __init__(self, theme: Theme, came_from: str) -> None:
        super().__init__(theme)
        self.trail.setText(f"{came_from}  ›  Hand-over")
        self.hours = 8
        self.shown: Page | None = None
        self.text = QTextBrowser()
        self.text.setAccessibleName("Shift hand-over")
        self.shorter = CapButton(theme, "an hour less", ["-"], lambda: self._ask(-1), is_flat=True)
        self.longer = CapButton(theme, "an hour more", ["+"], lambda: self._ask(1), is_flat=True)
        self.buttons = {
            "back": CapButton(theme, "Back", ["Esc"], self.left.emit),
            "html": CapButton(theme, "Save as HTML", ["Ctrl+S"], self.save_html),
            "pdf": CapButton(theme, "Save as PDF", ["Ctrl+P"], self.save_pdf, is_main=True),
        }
        self._lay_out()
        for key, text, hours in (
            ("-", "A shift that is an hour shorter", -1),
            ("+", "A shift that is an hour longer", 1),
        ):
            keys.add(self, key, text, lambda hours=hours: self._ask(hours), repeats=True)
        for key, text, work in (
            ("Ctrl+S", "Save as HTML", self.save_html),
            ("Ctrl+P", "Save as PDF", self.save_pdf),
            ("Esc", "Back", self.left.emit),
        ):
            keys.add(self, key, text, work)
        keys.tell(self.text, "Up, Down, PgUp, PgDown", "Move through the report")
        self.rescale()
        self._enable()

    def show_page(self, page: Page) -> None:
        """Take over the report."""
        self.shown = page
        self.headline.setText(page.headline)
        self._write()
        self._enable()

    def show_failure(self, why: str) -> None:
        """Say what didn't work."""
        self.tell(why, wrong=True)

    def save_html(self) -> None:
        """Ask for a file and write the report there as a page."""
        self._save("Save the hand-over as a page", "html", "Pages (*.html)", self.html_asked.emit)

    def save_pdf(self) -> None:
        """Ask for a file and write the report there for paper."""
        self._save("Save the hand-over for paper", "pdf", "PDF (*.pdf)", self.pdf_asked.emit)

    # What every page has

    def take_focus(self) -> None:
        """Put the keyboard at the text."""
        self.text.setFocus()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        super().rescale()
        c, px = self._theme.colours, self._theme.px
        self.text.setStyleSheet(
            f"QTextBrowser {{ background: {c.panel}; border: 1px solid {c.line}; border-radius: {px(3)}px;"
            f" padding: {px(10)}px; }} QTextBrowser:focus {{ border: 2px solid {c.text}; }}"
        )
        self._layout.setContentsMargins(px(14), px(8), px(14), px(10))
        self._layout.setSpacing(px(8))
        for button in (*self.buttons.values(), self.shorter, self.longer):
            button.updateGeometry()
        self._wrap()
        self._write()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break lines anew."""
        super().resizeEvent(event)
        self._wrap()

    # How it is put together

    def _ask(self, step: int) -> None:
        hours = max(LEAST_H, min(MOST_H, self.hours + step))
        if hours != self.hours:
            self.hours = hours
            self._enable()
            self.hours_asked.emit(hours)

    def _enable(self) -> None:
        self.length.setText(f"the last {count(self.hours, 'hour')}")
        self.shorter.setEnabled(self.hours > LEAST_H)
        self.longer.setEnabled(self.hours < MOST_H)
        for name in ("html", "pdf"):
            self.buttons[name].setEnabled(self.shown is not None)

    def _wrap(self) -> None:
        px, letter = self._theme.px, QFontMetrics(self._theme.font(14)).averageCharWidth()
        self.text.setLineWrapMode(QTextBrowser.LineWrapMode.FixedPixelWidth)
        self.text.setLineWrapColumnOrWidth(min(self.width() - px(80), LINE * letter))

    def _write(self) -> None:
        """Write the report in the look of the screen; where it was scrolled to stays."""
        page = self.shown
        if page is None:
            return
        c, px = self._theme.colours, self._theme.px
        bar = self.text.verticalScrollBar()
        place = bar.value()
        parts = [f"<p style='color:{c.muted}'>{escape(page.title)}</p>"]
        parts += [f"<p>{escape(line)}</p>" for line in page.lines]
        parts += [self._block(block) for block in page.blocks]
        style = f"color:{c.text}; font-size:{px(14)}px; font-family:'{self._theme.font(14).family()}'"
        self.text.setHtml(f'<body style="{style}">{"".join(parts)}</body>')
        bar.setValue(place)

    def _block(self, block: Block) -> str:
        c, px = self._theme.colours, self._theme.px
        title = f"<p style='font-size:{px(16)}px; margin-top:{px(14)}px'><b>{escape(block.title)}</b></p>"
        if isinstance(block, Words):
            return title + "".join(f"<p style='margin:{px(3)}px 0'>{escape(line)}</p>" for line in block.lines)
        if not isinstance(block, Table):
            return ""
        cell = f"padding:{px(3)}px {px(16)}px {px(3)}px 0"
        head = "".join(f"<td style='{cell}; color:{c.muted}'>{escape(one)}</td>" for one in block.head)
        rows = "".join(
            "<tr>" + "".join(f"<td style='{cell}'>{escape(one)}</td>" for one in row) + "</tr>" for row in block.rows
        )
        note = f"<p style='color:{c.muted}'>{escape(block.note)}</p>" if block.note else ""
        return f"{title}<table cellspacing='0'><tr>{head}</tr>{rows}</table>{note}"

    def _save(self, title: str, suffix: str, kind: str, then: Callable[[Path], object]) -> None:
        if self.shown is not None:
            self._ask_file(title, f"hand-over.{suffix}", kind, then)

    def _lay_out(self) -> None:
        self.length = QLabel()
        top = Row()
        top.row.setContentsMargins(0, 0, 0, 0)
        top.row.addWidget(self.trail)
        top.row.addStretch(1)
        for one in (self.length, self.shorter, self.longer):
            top.row.addWidget(one)
        self._wrap_words()
        foot = Row()
        foot.row.setContentsMargins(0, 0, 0, 0)
        foot.row.addWidget(self.told, 1)
        for button in self.buttons.values():
            foot.row.addWidget(button)
        self._layout = QVBoxLayout(self)
        for widget, stretch in ((top, 0), (self.headline, 0), (self.text, 1), (foot, 0)):
            self._layout.addWidget(widget, stretch)
