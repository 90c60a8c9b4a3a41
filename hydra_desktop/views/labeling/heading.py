"""Paints the heading of a group: its guess, how many plots there are, and what became of them so far."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from .. import marks
from ..theme import Theme
from .arrangement import HeadingPlace
from .sheet import Sheet

HEIGHT = 30
LEAST_NOTE = 90  # pixels of a note that is cut off
_KEY = "Ctrl A"


def paint(painter: QPainter, theme: Theme, place: HeadingPlace, sheet: Sheet, gap: int, *, has_focus: bool) -> None:
    """Paint a heading above its group's first tile; `has_focus` where the keyboard is in this group."""
    c, px, group = theme.colours, theme.px, sheet.groups[place.group]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    line = QRectF(place.box).adjusted(gap / 2, gap / 2, -gap / 2, 0)
    size = px(15)
    if group.guess or group.label:
        label = sheet.plot_type.label(group.guess or group.label or "")
        fill = marks.Fill.HOLLOW if group.guess else marks.Fill.WHOLE
        mark = QRectF(line.left(), line.center().y() - size / 2, size, size)
        colour = c.muted if place.goes_on else c.label(label)
        name = marks.for_label(label, sheet.plot_type.labels)
        marks.paint_filled(painter, name, mark, colour, fill, c.background)
        line.setLeft(mark.right() + px(7))
    if place.goes_on:
        _text(painter, theme, line, f"{group.title} goes on", px(13), c.muted)
        return
    count = str(sum(sheet.tiles[one].count for one in group.plot_ids))
    title_size, room = px(15), line.width() - theme.advance(count, px(15)) - px(7)
    while title_size > px(10) and theme.advance(group.title, title_size, bold=True) > room:
        title_size -= 1
    line.setLeft(line.left() + _text(painter, theme, line, group.title, title_size, c.text, bold=True) + px(7))
    line.setLeft(line.left() + _text(painter, theme, line, count, px(15), c.text) + px(9))
    note = sheet.note(group)
    if line.width() >= min(theme.advance(note, px(13)), px(LEAST_NOTE)):
        line.setLeft(line.left() + _text(painter, theme, line, note, px(13), c.muted))
    if has_focus and len(sheet.selection) < len(sheet.tiles) > 1:
        whole = sheet.selection.issuperset(group.plot_ids)
        _hint(painter, theme, line, "all of the page" if whole else "all of this group")


def _text(
    painter: QPainter, theme: Theme, line: QRectF, text: str, size: int, colour: str, *, bold: bool = False
) -> float:
    """Write as much of a text as has room; returns its width."""
    font = theme.exact_font(size, bold=bold)
    width = theme.advance(text, size, bold=bold)
    if width > line.width():
        text = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, line.width()))
    painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, text)
    return min(width, line.width())


def _hint(painter: QPainter, theme: Theme, line: QRectF, text: str) -> None:
    """The key that selects more, where there is room for it."""
    c, px = theme.colours, theme.px
    size = px(12)
    words, cap = theme.advance(text, size), theme.advance(_KEY, size, bold=True) + px(12)
    left = line.right() - words - px(7) - cap
    if left < line.left() + px(24):
        return
    box = QRectF(left, line.center().y() - px(10), cap, px(20))
    painter.setPen(QPen(QColor(c.edge), 1))
    painter.setBrush(QColor(c.panel))
    painter.drawRoundedRect(box, 3, 3)
    painter.setPen(QColor(c.text))
    painter.setFont(theme.exact_font(size, bold=True))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, _KEY)
    _text(painter, theme, QRectF(box.right() + px(7), line.top(), words + 2, line.height()), text, size, c.muted)
