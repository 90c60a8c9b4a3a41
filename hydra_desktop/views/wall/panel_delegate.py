"""Paints a panel: name, picture, and a strip that says by colour, mark and word how it stands."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QRegion
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ...domain.alarm import AlarmState
from ...domain.wall import PanelState
from .. import alarm_speech, marks
from ..pictures import PictureKey, Pictures
from ..theme import Theme
from .panel_list_model import ITEM_ROLE, PanelItem

GAP = 8
READABLE = 11  # pixels of a text
SMALLEST_TEXT = 9
LEAST_PICTURE = 0.4  # of the height of a panel

_DOUBTED = (PanelState.FAULT, PanelState.UNCONFIRMED, PanelState.UNFAMILIAR)
_QUIET = (PanelState.GOOD, PanelState.CONDITION)
_MUTED = (PanelState.NO_MODEL, PanelState.WAITING, PanelState.STALE, PanelState.MONITOR_DOWN, PanelState.BEAM_OFF)

Index = QModelIndex | QPersistentModelIndex


class PanelDelegate(QStyledItemDelegate):
    """Paints panels at whatever size the wall has chosen."""

    def __init__(self, theme: Theme, pictures: Pictures, image_folder: Path) -> None:
        super().__init__()
        self._theme = theme
        self._pictures = pictures
        self._folder = image_folder
        self.cell = QSize(180, 150)
        self.opacity = 0.6
        self.evidence_on_good = False
        self.blink = False
        self.dirty = QRegion()
        self._before: dict[str, PictureKey] = {}  # what each panel showed last
        self.waiting: dict[PictureKey, set[str]] = {}  # which panels want a picture that is being fetched

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """The size of one cell, its gap included."""
        return self.cell

    def wants_evidence(self, item: PanelItem) -> bool:
        """Whether the overlay is shown: off on Good plots unless asked for."""
        if self.opacity <= 0 or item.verdict_id is None or not item.label:
            return False
        return self.evidence_on_good or item.state in _DOUBTED

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one panel, unless nothing of it is dirty: Qt asks for all between two that are."""
        if not self.dirty.intersects(option.rect):
            return
        item: PanelItem = index.data(ITEM_ROLE)
        c = self._theme.colours
        box = self._box(option.rect)
        margin, word_size, _ = self._measures(box)
        age, room = self.age_box(option.rect, item), self.picture_box(option.rect, item)
        strip = self.strip_box(option.rect)
        dirty = self.dirty.intersected(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if dirty.subtracted(QRegion(age)).subtracted(QRegion(room)).isEmpty():
            if dirty.intersects(age):
                painter.fillRect(age, QColor(c.panel))
                self._facts(painter, age, item)
            if dirty.intersects(room):
                painter.fillRect(room, QColor(c.panel))
                self._content(painter, room, item)
            self._outline(painter, box, option)
            painter.restore()
            return
        self._frame(painter, box, item)
        if not dirty.subtracted(QRegion(strip)).isEmpty():
            painter.setPen(QColor(c.text))
            name_box = self._name_box(box)
            size = min(self._theme.px(14), 0.8 * name_box.height())
            least = min(self._theme.px(11), size)
            painter.setFont(self._theme.fitting_pixels(item.title, name_box.width(), size, least))
            name = painter.fontMetrics().elidedText(item.title, Qt.TextElideMode.ElideMiddle, name_box.width())
            painter.drawText(name_box, Qt.AlignmentFlag.AlignVCenter, name)
            self._facts(painter, age, item)
            self._content(painter, room, item)
        self._strip(painter, strip, item, word_size, margin)
        self._outline(painter, box, option)
        painter.restore()

    def _outline(self, painter: QPainter, box: QRect, option: QStyleOptionViewItem) -> None:
        """Say which panels are selected, and where the keyboard is."""
        states = QStyle.StateFlag
        selected, here = bool(option.state & states.State_Selected), bool(option.state & states.State_HasFocus)
        if selected or here:
            line = Qt.PenStyle.SolidLine if selected else Qt.PenStyle.DotLine
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme.colours.text), 3 if here else 2, line))
            painter.drawRoundedRect(QRectF(box).adjusted(-1, -1, 1, 1), 5, 5)

    def strip_box(self, cell: QRect) -> QRect:
        """Where a panel says by colour, mark and word how it stands."""
        box = self._box(cell)
        _, _, height = self._measures(box)
        return QRect(box.left(), box.bottom() - height, box.width(), height + 1)

    def age_box(self, cell: QRect, item: PanelItem) -> QRect:
        """Where a panel says its run and age in one line above the strip, null without a plot.

        Null also where that would be too small to read, or take the picture's room, and says no more than the
        header does.
        """
        if not item.where:
            return QRect()
        box = self._box(cell)
        margin, _, strip_height = self._measures(box)
        size = min(max(self._theme.px(11), min(self._theme.px(15), box.height() // 16)), box.height() // 8)
        left = box.bottom() - strip_height - size - self._name_box(box).bottom()
        differs = item.is_other_run or item.how_long or item.beside or item.state in _MUTED
        if not differs and (size < READABLE or left < LEAST_PICTURE * box.height()):
            return QRect()
        size = max(size, SMALLEST_TEXT)
        return QRect(box.left() + margin, box.bottom() - strip_height - size - 5, box.width() - 2 * margin, size + 4)

    def picture_box(self, cell: QRect, item: PanelItem) -> QRect:
        """Where a panel shows its picture, or the pointer to its card while it is in alarm."""
        box, age = self._box(cell), self.age_box(cell, item)
        margin, _, strip_height = self._measures(box)
        top = self._name_box(box).bottom() + 2
        bottom = box.bottom() - strip_height if age.isNull() else age.top()
        return QRect(box.left() + margin, top, box.width() - 2 * margin, bottom - top - 3)

    def _name_box(self, box: QRect) -> QRect:
        margin, _, _ = self._measures(box)
        height = min(self._theme.px(18), round(0.19 * box.height()))
        return QRect(box.left() + margin, box.top() + margin // 2, box.width() - 2 * margin, height)

    def _box(self, cell: QRect) -> QRect:
        """A panel's frame in its cell."""
        half = max(2, self._theme.px(GAP) // 2)
        return cell.adjusted(half, half, -half, -half)

    def _measures(self, box: QRect) -> tuple[int, float, int]:
        """Margin, size of the word and height of the strip of a panel."""
        word_size = min(max(self._theme.px(15), box.height() / 9), 0.2 * box.height())
        return min(max(4, self._theme.px(7)), box.height() // 10), word_size, round(word_size * 1.45)

    def _frame(self, painter: QPainter, box: QRect, item: PanelItem) -> None:
        c = self._theme.colours
        pen = QPen(QColor(c.line), 1)
        if item.alarm is not None:
            taken = not alarm_speech.is_to_take(item.alarm)
            pen = QPen(QColor(c.severity(item.alarm.severity)), self._theme.px(2 if taken else 4))
        elif item.state in _DOUBTED and not item.is_kept:
            pen = QPen(QColor(self.colour(item)), max(1, self._theme.px(1.5)))
        elif item.state in _MUTED or item.is_kept:
            pen = QPen(QColor(c.edge), 1, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(QColor(c.panel))
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def colour(self, item: PanelItem) -> str:
        """The colour of a panel's state."""
        c = self._theme.colours
        if item.is_kept:
            return c.muted
        if item.state is PanelState.FAULT:
            return c.severity(item.severity)
        return {
            PanelState.GOOD: c.good,
            PanelState.UNCONFIRMED: c.unconfirmed,
            PanelState.UNFAMILIAR: c.unfamiliar,
        }.get(item.state, c.muted)

    def _facts(self, painter: QPainter, line: QRect, item: PanelItem) -> None:
        if line.isNull():
            return
        painter.setFont(self._theme.exact_font(line.height() - 4))
        painter.setPen(QColor(self._theme.colours.muted))

        def width(text: str) -> float:
            return self._theme.advance(text, line.height() - 4)

        between = width("  ")
        for left, right in item.facts:  # rather a shorter form than a cut one
            if width(left) + between + width(right) <= line.width():
                painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, left)
                painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, right)
                return

    def _content(self, painter: QPainter, room: QRect, item: PanelItem) -> None:
        if item.alarm is not None:
            self._pointer(painter, room, item)
        else:
            self._picture(painter, room, item)

    def _picture(self, painter: QPainter, room: QRect, item: PanelItem) -> None:
        c = self._theme.colours
        if not item.content_hash:
            painter.setFont(self._theme.font(12))
            painter.setPen(QColor(c.muted))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, item.explanation)
            return
        ratio = painter.device().devicePixelRatioF()
        overlay = self.wants_evidence(item)
        key = PictureKey(
            self._folder / item.content_hash[:2] / item.content_hash,
            max(1, round(room.width() * ratio)),
            max(1, round(room.height() * ratio)),
            item.verdict_id if overlay else None,
            item.label if overlay else "",
        )
        shown = self._pictures.get(key)
        if shown is None:
            self.waiting.setdefault(key, set()).add(item.name)
            shown = self._pictures.have(self._before.get(item.name))  # until it has come, in a moment
            if shown is None:
                return
        else:
            self._before[item.name] = key
        if shown.plot.isNull():
            painter.setFont(self._theme.font(11))
            painter.setPen(QColor(c.muted))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, shown.problem)
            return
        size = shown.plot.size() / ratio
        size.scale(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(
            room.left() + (room.width() - size.width()) // 2,
            room.top() + (room.height() - size.height()) // 2,
            size.width(),
            size.height(),
        )
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        light = self._theme.plot_light * (0.5 if item.state in _MUTED else 1.0)
        if overlay and not shown.evidence.isNull():
            painter.drawImage(target, shown.grey)
            painter.setOpacity(self.opacity)
            painter.drawImage(target, shown.evidence)
            painter.setOpacity(1.0)
        else:
            painter.drawImage(target, shown.plot)
            if light < 1.0:
                shade = QColor("#000000" if self._theme.dark else self._theme.colours.panel)
                shade.setAlphaF(1 - light)
                painter.fillRect(target, shade)

    def _pointer(self, painter: QPainter, room: QRect, item: PanelItem) -> None:
        """The number of the card in the alarm area, and an arrow towards it."""
        c = self._theme.colours
        size = min(room.height() * 0.6, room.width() * 0.3)
        painter.setFont(self._theme.exact_font(size, bold=True))
        painter.setPen(QColor(c.text))
        number = str(item.alarm_number)
        width = painter.fontMetrics().horizontalAdvance(number)
        total = width + size * 1.1
        left = room.left() + (room.width() - total) / 2
        painter.drawText(QRectF(left, room.top(), width + 2, room.height()), Qt.AlignmentFlag.AlignVCenter, number)
        colour = c.severity(item.alarm.severity) if item.alarm is not None else c.text
        box = QRectF(left + width + size * 0.3, room.center().y() - size * 0.35, size * 0.8, size * 0.8)
        marks.paint(painter, marks.ARROW, box, colour)

    def _strip(self, painter: QPainter, strip: QRect, item: PanelItem, word_size: float, margin: int) -> None:
        c = self._theme.colours
        colour, mark, word = self.colour(item), marks.for_state(item.state, item.severity), item.word
        filled = item.state is PanelState.FAULT and item.alarm is None and not item.is_kept
        hollow = item.is_kept
        if item.held == AlarmState.OUT_OF_SERVICE:
            mark = "barred"
        alarm = item.alarm
        if alarm is not None:
            colour = c.severity(alarm.severity)
            mark, word = marks.for_state(PanelState.FAULT, alarm.severity), alarm.label
            hollow = not alarm_speech.is_to_take(alarm)
            filled = alarm.state is AlarmState.UNACKNOWLEDGED
            if alarm.state is AlarmState.RETURNED_UNACKNOWLEDGED:
                mark, word = marks.RETURN, item.returned
            elif alarm.state is AlarmState.LATCHED:
                word = f"{alarm.label}, over"
        word_colour = c.text
        if filled:
            fill = c.text if alarm is not None and self.blink else colour
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(fill))
            painter.drawRoundedRect(QRectF(strip).adjusted(1, 0, -1, -1), 3, 3)
            word_colour = colour = self._theme.word_on(fill)
            hole = fill
        else:
            hole = c.panel
            if item.is_kept:
                word_colour = c.muted
            elif item.state in _QUIET and alarm is None:
                word_colour = c.good if self._theme.dark else c.text
            elif item.state in (*_MUTED, PanelState.KNOWN) and alarm is None:
                word_colour = c.muted
            elif alarm is None and self._theme.dark:
                word_colour = colour
        size = word_size * 0.85
        mark_box = QRectF(strip.left() + margin, strip.center().y() - size / 2 + 0.5, size, size)
        marks.paint(painter, mark, mark_box, colour, hollow=hollow, hole=hole)
        figure = item.confidence if alarm is None and item.state not in _MUTED else ""
        figure_size = min(max(self._theme.px(11), word_size * 0.72), self._theme.px(26), word_size)
        painter.setFont(self._theme.exact_font(figure_size))
        # as much room as the longest has, so that the words of all panels are of one size
        figure_width = self._theme.advance("> 99 %", figure_size) if figure else 0
        right = strip.adjusted(0, 0, -margin, 0)
        left = mark_box.right() + size * 0.35
        room = right.right() - left - figure_width - 4
        if (
            self._theme.advance(word, min(self._theme.px(11), 0.7 * word_size), bold=True) > room
        ):  # the word goes before the figure
            figure, room = "", room + figure_width
        painter.setPen(QColor(word_colour if filled else c.muted))
        painter.drawText(right, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, figure)
        size, least = round(word_size), min(self._theme.px(9), max(SMALLEST_TEXT, round(0.5 * word_size)))
        while size > least and self._theme.advance(word, size, bold=True) > room:
            size -= 1
        font = self._theme.exact_font(size, bold=True)
        painter.setFont(font)
        painter.setPen(QColor(word_colour))
        text = QFontMetricsF(font).elidedText(word, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(left, strip.top(), room + 2, strip.height()), Qt.AlignmentFlag.AlignVCenter, text)
