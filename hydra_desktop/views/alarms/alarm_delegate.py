"""Paints the alarm list: the heads of its sections, and its rows in columns."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPen, QRegion
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from .. import marks
from ..pictures import PictureKey, Pictures
from ..theme import Theme
from .alarm_list_model import ROW_ROLE
from .rows import KEYS, Act, ItemRow, Look, Picture, Section, SectionRow

Index = QModelIndex | QPersistentModelIndex
LARGE, SMALL = 16, 14  # of words, for a 1080p screen
LEAST_LARGE, LEAST_SMALL = 12, 11  # pixels, however small the window
HEADS = {
    "picture": "Plot", "verdict": "Verdict", "title": "Plot type, run", "state": "State", "since": "Since",
    "k_of_n": "k of n", "text": "What to do, or why", "act": "",
}  # fmt: skip


@dataclass(frozen=True)
class Columns:
    """Left edge and width of each column, in pixels; a width of 0 where there is no room for it."""

    picture: tuple[int, int]
    verdict: tuple[int, int]
    title: tuple[int, int]
    state: tuple[int, int]
    since: tuple[int, int]
    k_of_n: tuple[int, int]
    text: tuple[int, int]
    act: tuple[int, int]

    def box(self, name: str, row: QRect) -> QRect:
        """Where a column is in a row."""
        left, width = getattr(self, name)
        return QRect(row.left() + left, row.top(), width, row.height())


def columns(theme: Theme, width: int) -> Columns:
    """The columns for a list of that width; what matters least is left out first."""
    px = theme.px
    word = max(1.0, LEAST_LARGE / (LARGE * theme.scale)) if LARGE * theme.scale < LEAST_LARGE else 1.0
    wide = {
        "picture": px(104), "verdict": round(px(158) * word), "title": round(px(200) * word),
        "state": round(px(212) * word), "since": round(px(110) * word), "k_of_n": round(px(66) * word), "text": 0,
        "act": round(px(118) * word),
    }  # fmt: skip
    gap, margin = px(12), px(12)
    room = width - 2 * margin
    least_text = px(150)

    def taken() -> int:
        return sum(one + gap for one in wide.values() if one)

    for name in ("k_of_n", "since", "picture", "state"):
        if taken() + (least_text if name == "k_of_n" else 0) <= room:
            break
        wide[name] = 0
    spare = room - taken() - gap
    if spare >= least_text // 2:
        wide["text"] = spare
    elif spare > 0:
        wide["title"] += spare
    found, left = {}, margin
    for field in fields(Columns):
        found[field.name] = (left, wide[field.name])
        left += wide[field.name] + gap if wide[field.name] else 0
    return Columns(**found)


class AlarmDelegate(QStyledItemDelegate):
    """Paints rows; `pressed` carries the row whose button was clicked."""

    pressed = Signal(object)

    def __init__(self, theme: Theme, pictures: Pictures, image_folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        self.theme = theme
        self._theme, self._pictures, self._folder = theme, pictures, image_folder
        self.dirty = QRegion()  # of the list: what needn't be painted isn't
        self.blink = False
        self.can_act = True  # False where nothing can be done: another time than now

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        """As wide as the list; rows that need a person are higher."""
        row = index.data(ROW_ROLE)
        if isinstance(row, SectionRow):
            return QSize(1, max(self._theme.px(30), 22))
        return QSize(1, max(self._theme.px(86 if row.section is Section.NEEDS else 60), 44))

    def font_size(self, size: int) -> int:
        """Of words, in pixels."""
        return max(LEAST_LARGE if size >= LARGE else LEAST_SMALL, self._theme.px(size))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row, unless nothing of it is dirty: Qt asks for all between two that are."""
        if not self.dirty.intersects(option.rect):
            return
        row = index.data(ROW_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(row, SectionRow):
            self._section(painter, option.rect, row)
        else:
            self._item(painter, option, row)
        painter.restore()

    def editorEvent(self, event: QEvent, model, option: QStyleOptionViewItem, index: Index) -> bool:
        """A click on the button of a row."""
        row = index.data(ROW_ROLE)
        if (
            isinstance(event, QMouseEvent)
            and event.type() is QEvent.Type.MouseButtonRelease
            and isinstance(row, ItemRow)
            and self.can_act
            and self.button_box(option.rect, row).contains(event.position().toPoint())
        ):
            self.pressed.emit(row)
            return True
        return super().editorEvent(event, model, option, index)

    def button_box(self, rect: QRect, row: ItemRow) -> QRect:
        """Where the button of a row is."""
        room = columns(self._theme, rect.width()).box("act", rect)
        height = min(self.font_size(SMALL) + self._theme.px(16), rect.height() - 6)
        width = min(room.width(), round(self._advance(str(row.act))) + self._theme.px(56))
        return QRect(room.right() - width, room.center().y() - height // 2, width, height)

    def _advance(self, text: str) -> float:
        return self._theme.advance(text, self.font_size(SMALL), bold=True)

    def _section(self, painter: QPainter, rect: QRect, row: SectionRow) -> None:
        c, px = self._theme.colours, self._theme.px
        painter.fillRect(rect, QColor(c.background))
        painter.setFont(self._theme.exact_font(self.font_size(SMALL), bold=True))
        painter.setPen(QColor(c.text))
        x = rect.left() + px(12)
        width = painter.fontMetrics().horizontalAdvance(str(row.section))
        painter.drawText(QRect(x, rect.top(), width + 2, rect.height()), Qt.AlignmentFlag.AlignVCenter, row.section)
        painter.setFont(self._theme.exact_font(self.font_size(SMALL)))
        painter.setPen(QColor(c.muted))
        rest = QRect(x + width + px(14), rect.top(), rect.right() - x - width - px(14), rect.height())
        painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, row.beside)

    def _item(self, painter: QPainter, option: QStyleOptionViewItem, row: ItemRow) -> None:
        c, px, rect = self._theme.colours, self._theme.px, option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        focus = bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.fillRect(rect, QColor(c.selected if chosen else c.panel))
        painter.setPen(QColor(c.line))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        colour = c.severity(row.severity)
        if row.look in (Look.FILLED, Look.RETURNED):
            bar = QRect(rect.left(), rect.top(), px(5), rect.height())
            if row.look is Look.FILLED:
                painter.fillRect(bar, QColor(colour))
            else:
                painter.setPen(QPen(QColor(colour), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(bar.adjusted(0, 0, -1, -1))
        at = columns(self._theme, rect.width())
        muted = row.look is Look.MUTED
        self._verdict(painter, at.box("verdict", rect), row, colour)
        if self.dirty.intersected(rect).subtracted(QRegion(at.box("verdict", rect))).isEmpty():
            self._outline(painter, rect, focus=focus)
            return  # it blinks
        self._picture(painter, at.box("picture", rect), row.picture, colour, muted=muted, border=self._border(row))
        text = c.muted if muted else c.text
        self._lines(painter, at.box("title", rect), row.title, row.where, text, bold=True, middle=True)
        self._state(painter, at.box("state", rect), row, text)
        strong = row.section is Section.NEEDS
        self._lines(painter, at.box("since", rect), row.since, row.age, text, under_strong=strong)
        self._lines(painter, at.box("k_of_n", rect), row.k_of_n, "", text)
        self._text(painter, at.box("text", rect), row, text)
        if self.can_act and row.act is not Act.NONE:
            self._button(painter, rect, row, chosen)
        self._outline(painter, rect, focus=focus)

    def _outline(self, painter: QPainter, rect: QRect, *, focus: bool) -> None:
        if focus:
            painter.setPen(QPen(QColor(self._theme.colours.text), max(2, self._theme.px(2))))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(1, 1, -2, -2))

    @staticmethod
    def _border(row: ItemRow) -> int:
        return {Look.FILLED: 4, Look.RETURNED: 4, Look.HOLLOW: 2}.get(row.look, 1)

    def _picture(
        self, painter: QPainter, box: QRect, picture: Picture, colour: str, *, muted: bool, border: int
    ) -> None:
        c, px = self._theme.colours, self._theme.px
        room = box.adjusted(0, px(5), 0, -px(5))
        if room.width() < px(20):
            return
        if not picture.content_hash:
            painter.setPen(QPen(QColor(c.edge), 1, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(room).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            size = min(room.height() * 0.55, px(30))
            if picture.mark and not picture.said:
                middle = QRectF(room.center().x() - size / 2, room.center().y() - size / 2, size, size)
                marks.paint(painter, picture.mark, middle, c.muted if muted else c.text, hole=c.panel)
                return
            painter.setFont(self._theme.exact_font(max(LEAST_SMALL, px(12))))
            painter.setPen(QColor(c.muted))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, picture.said)
            return
        ratio = painter.device().devicePixelRatioF()
        key = PictureKey(
            self._folder / picture.content_hash[:2] / picture.content_hash,
            max(1, round((room.width() - 2 * px(border)) * ratio)),
            max(1, round((room.height() - 2 * px(border)) * ratio)),
            picture.verdict_id,
            picture.label,
        )
        shown = self._pictures.get(key)
        if shown is None or shown.plot.isNull():
            return
        size = (shown.plot.size() / ratio).scaled(
            room.size() - QSize(2 * px(border), 2 * px(border)), Qt.AspectRatioMode.KeepAspectRatio
        )
        target = QRect(room.left() + px(border), room.center().y() - size.height() // 2, size.width(), size.height())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if not shown.evidence.isNull() and not muted:
            painter.drawImage(target, shown.grey)
            painter.setOpacity(0.6)
            painter.drawImage(target, shown.evidence)
        else:
            painter.drawImage(target, shown.grey if muted and not shown.grey.isNull() else shown.plot)
            painter.fillRect(target, QColor(0, 0, 0, round(255 * (1 - self._theme.plot_light))))
        painter.setOpacity(0.55 if muted else 1.0)
        width = px(border)
        painter.setPen(QPen(QColor(c.line if muted else colour), width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(target).adjusted(-width / 2, -width / 2, width / 2, width / 2), 3, 3)
        painter.setOpacity(1.0)

    def _verdict(self, painter: QPainter, box: QRect, row: ItemRow, colour: str) -> None:
        c, px = self._theme.colours, self._theme.px
        size = self.font_size(LARGE + 2 if row.section is Section.NEEDS else LARGE)
        height = min(round(size * 2.0), box.height() - 6)
        strip = QRect(box.left(), box.center().y() - height // 2, box.width(), height)
        word_colour, mark_colour, hole = c.text, colour, c.panel
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if row.look is Look.FILLED:
            fill = c.text if self.blink else colour
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(fill))
            painter.drawRoundedRect(QRectF(strip), 3, 3)
            word_colour = mark_colour = self._theme.word_on(fill)
            hole = fill
        elif row.look is not Look.MUTED:
            width = px(3 if row.look is Look.RETURNED else 2)
            painter.setPen(QPen(QColor(colour), width))
            painter.drawRoundedRect(QRectF(strip).adjusted(width / 2, width / 2, -width / 2, -width / 2), 3, 3)
        else:
            word_colour = mark_colour = c.muted
        mark_size = size * 0.95
        mark = QRectF(strip.left() + px(9), strip.center().y() - mark_size / 2 + 0.5, mark_size, mark_size)
        hollow = row.look in (Look.HOLLOW, Look.MUTED)
        marks.paint(painter, row.mark, mark, mark_colour, hollow=hollow, hole=hole)
        left = mark.right() + px(8)
        room = strip.right() - left - px(6)
        bold = row.look is not Look.MUTED
        font = self._theme.fitting_pixels(row.word, room, size, max(LEAST_SMALL, 0.7 * size), bold=bold)
        painter.setFont(font)
        painter.setPen(QColor(word_colour))
        text = QFontMetricsF(font).elidedText(row.word, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(left, strip.top(), room + 2, strip.height()), Qt.AlignmentFlag.AlignVCenter, text)

    def _state(self, painter: QPainter, box: QRect, row: ItemRow, colour: str) -> None:
        if not box.width():
            return
        size = round(self.font_size(LARGE) * 0.95)
        indent = size + self._theme.px(8)
        first, _ = self._two(box)
        mark = QRectF(box.left(), first.center().y() - size / 2 + 0.5, size, size)
        marks.paint(painter, row.state_mark, mark, colour, hole=self._theme.colours.panel)
        strong = row.section is Section.NEEDS
        self._lines(painter, box.adjusted(indent, 0, 0, 0), row.state, row.state_under, colour, bold=strong)

    def _two(self, box: QRect) -> tuple[QRect, QRect]:
        """Two lines in the middle of a row."""
        large, small = round(self.font_size(LARGE) * 1.35), round(self.font_size(SMALL) * 1.35)
        top = box.center().y() - (large + small) // 2
        return QRect(box.left(), top, box.width(), large), QRect(box.left(), top + large, box.width(), small)

    def _lines(
        self,
        painter: QPainter,
        box: QRect,
        upper: str,
        under: str,
        colour: str,
        *,
        bold: bool = False,
        middle: bool = False,
        under_strong: bool = False,
    ) -> None:
        if box.width() <= 0:
            return
        first, second = self._two(box)
        if not under:
            first = QRect(box.left(), box.top(), box.width(), box.height())
        mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
        size = self.font_size(LARGE)
        font = self._theme.fitting_pixels(upper, box.width(), size, max(LEAST_SMALL, 0.8 * size), bold=bold)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        shown = QFontMetricsF(font).elidedText(upper, mode, box.width())
        painter.drawText(first, Qt.AlignmentFlag.AlignVCenter, shown)
        font = self._theme.fitting_pixels(under, box.width(), self.font_size(SMALL), LEAST_SMALL, bold=under_strong)
        painter.setFont(font)
        painter.setPen(QColor(self._theme.colours.text if under_strong else self._theme.colours.muted))
        shown = QFontMetricsF(font).elidedText(under, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(second, Qt.AlignmentFlag.AlignVCenter, shown)

    def _text(self, painter: QPainter, box: QRect, row: ItemRow, colour: str) -> None:
        if box.width() <= 0:
            return
        said = f"\u201c{row.text}\u201d" if row.is_said_by_person and row.text else row.text
        font = self._theme.exact_font(self.font_size(SMALL))
        painter.setFont(font)
        painter.setPen(QColor(colour))
        metrics = QFontMetricsF(font)
        lines = wrapped(said, metrics, box.width(), 3 if row.section is Section.NEEDS else 2)
        height = metrics.height()
        top = box.center().y() - height * len(lines) / 2
        for number, line in enumerate(lines):
            room = QRectF(box.left(), top + number * height, box.width() + 2, height)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, line)

    def _button(self, painter: QPainter, rect: QRect, row: ItemRow, chosen: bool) -> None:
        c, px = self._theme.colours, self._theme.px
        box = self.button_box(rect, row)
        painter.setPen(QPen(QColor(c.edge), 1))
        painter.setBrush(QColor(c.raised))
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), px(4), px(4))
        painter.setFont(self._theme.exact_font(self.font_size(SMALL), bold=True))
        painter.setPen(QColor(c.text))
        key = KEYS.get(row.act, "") if chosen else ""
        if not key:
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(row.act))
            return
        cap_width = max(px(20), round(self._theme.advance(key, self.font_size(SMALL) - 2)) + px(10))
        word = round(self._advance(str(row.act)))
        left = box.center().x() - (word + px(8) + cap_width) // 2
        painter.drawText(QRect(left, box.top(), word + 2, box.height()), Qt.AlignmentFlag.AlignVCenter, str(row.act))
        cap = QRect(left + word + px(8), box.top() + px(5), cap_width, box.height() - 2 * px(5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(c.edge), 1))
        painter.drawRoundedRect(QRectF(cap).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setPen(QColor(c.text))
        painter.setFont(self._theme.exact_font(self.font_size(SMALL) - 2))
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, key)


def wrapped(text: str, metrics: QFontMetricsF, width: float, most: int) -> list[str]:
    """A text in lines of that width, the last of them cut off where there is more."""
    lines: list[str] = []
    rest = text.split()
    while rest and len(lines) < most:
        line = rest.pop(0)
        while rest and metrics.horizontalAdvance(f"{line} {rest[0]}") <= width:
            line += f" {rest.pop(0)}"
        if rest and len(lines) == most - 1:
            line += " " + " ".join(rest)
        lines.append(metrics.elidedText(line, Qt.TextElideMode.ElideRight, width))
    return lines
