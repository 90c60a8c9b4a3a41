"""Paints a plot type's row: light and reason, name, labels as a bar and in numbers, model, button."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ...domain.training import GAINS, Light
from .. import marks, words
from ..theme import Theme
from .type_list_model import ROW_ROLE, Index, TypeRow

MARKS = {
    Light.DRIFTED: "triangle",
    Light.READY: "tick",
    Light.STALE: "hatch",
    Light.TOO_FEW: "dashed",
    Light.UP_TO_DATE: "dash",
}
ROW = 44
# widths for 1080p; the name takes what is left
COLUMNS = (
    ("check", 40, ""),
    ("state", 250, "State and why"),
    ("name", 0, "Plot type"),
    ("bar", 110, "Labels"),
    ("good", 66, "Good"),
    ("faulty", 66, "Faulty"),
    ("conditions", 76, "Condition"),
    ("new", 66, "New"),
    ("model", 116, "Active model"),
    ("act", 104, ""),
)
MAY_GO = ("bar", "model", "conditions", "faulty", "good")  # where there is no room, these first
RIGHT = ("good", "faulty", "conditions", "new")  # numbers


def colour_of(theme: Theme, light: Light) -> str:
    """The colour of a light's mark."""
    c = theme.colours
    return {Light.DRIFTED: c.medium, Light.READY: c.text}.get(light, c.muted)


def places(theme: Theme, box: QRect) -> dict[str, QRect]:
    """Where each column of a row is; a narrow one goes without some."""
    columns = list(COLUMNS)
    for out in (None, *MAY_GO):
        columns = [column for column in columns if column[0] != out]
        taken = sum(theme.px(width) for _, width, _ in columns)
        if taken + theme.px(120) <= box.width():
            break
    left, found = box.left(), {}
    for name, width, _ in columns:
        wide = theme.px(width) if width else max(theme.px(120), box.width() - taken)
        found[name] = QRect(left, box.top(), wide - theme.px(10), box.height())
        left += wide
    return found


class TypeDelegate(QStyledItemDelegate):
    """Paints rows of one height; `most` is the largest number of labelled plots, for the bars."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.most = 1

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        """The size of a row."""
        return QSize(option.rect.width(), self._theme.px(ROW))

    def button(self, box: QRect) -> QRect:
        """Where a row has its button."""
        px, place = self._theme.px, places(self._theme, box)["act"]
        return QRect(place.left(), place.center().y() - px(14), place.width(), px(29))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a row."""
        row: TypeRow = index.data(ROW_ROLE)
        c, px, box = self._theme.colours, self._theme.px, option.rect
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        focus = current and bool(option.state & QStyle.StateFlag.State_HasFocus)
        place = places(self._theme, box)
        gains = row.state.standing.light in GAINS
        painter.save()
        painter.fillRect(box, QColor(c.selected if current or row.selected else c.panel))
        if current:
            painter.fillRect(QRect(box.left(), box.top(), px(4 if focus else 2), box.height()), QColor(c.text))
        painter.setPen(QColor(c.line))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        self._check(painter, place["check"], row)
        self._state(painter, place["state"], row)
        self._word(painter, place["name"], row.name, 14, bold=gains, colour=c.text if gains else c.muted)
        if "bar" in place:
            self._bar(painter, place["bar"], row)
        for column, number in zip(("good", "faulty", "conditions"), row.counts, strict=True):
            if column in place:
                self._word(painter, place[column], f"{number:,}" if number else "\N{EN DASH}", 13, right=True)
        new = f"+{row.new:,}" if row.new else "0"
        self._word(painter, place["new"], new, 13, bold=gains and row.new > 0, right=True)
        if "model" in place:
            self._model(painter, place["model"], row)
        if row.going:
            mark = "arrow" if row.going == "running" else "dots"
            size = px(12)
            spot = QRectF(place["act"].left() + px(8), box.center().y() - size / 2, size, size)
            marks.paint(painter, mark, spot, c.text if row.going == "running" else c.muted)
            words_at = place["act"].adjusted(px(26), 0, 0, 0)
            self._word(painter, words_at, row.going, 13, bold=row.going == "running")
        else:
            self._button(painter, self.button(box), row.act, gains=gains)
        painter.restore()

    def _check(self, painter: QPainter, place: QRect, row: TypeRow) -> None:
        c, px = self._theme.colours, self._theme.px
        if row.job is not None:
            return  # it is in the queue
        size = px(15)
        box = QRect(place.left() + px(14), place.center().y() - size // 2, size, size)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(c.edge), 1))
        painter.setBrush(QColor(c.text) if row.selected else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 3, 3)
        if row.selected:
            marks.paint(painter, "tick", QRectF(box), c.panel)

    def _state(self, painter: QPainter, place: QRect, row: TypeRow) -> None:
        c, px, standing = self._theme.colours, self._theme.px, row.state.standing
        size = px(14)
        spot = QRectF(place.left(), place.top() + px(6), size, size)
        marks.paint(painter, MARKS[standing.light], spot, colour_of(self._theme, standing.light), hole=c.panel)
        line = QRect(place.left() + px(22), place.top() + px(4), place.width() - px(22), px(19))
        gains = standing.light in GAINS
        self._word(painter, line, str(standing.light), 13, bold=gains, colour=c.text if gains else c.muted)
        self._word(painter, line.translated(0, px(18)), standing.reason, 12, colour=c.muted)

    def _bar(self, painter: QPainter, place: QRect, row: TypeRow) -> None:
        px, labelled = self._theme.px, row.state.labelled
        counts = labelled.counts
        total = sum(counts.values())
        if not total:
            return
        left, width = float(place.left()), place.width() * (total / self.most) ** 0.5
        for name, count in counts.items():
            part = max(width * count / total, 2.0)
            colour = labelled.plot_type.label(name).colour
            painter.fillRect(QRectF(left, place.center().y() - px(5), part, px(11)), QColor(colour))
            left += part + 1

    def _model(self, painter: QPainter, place: QRect, row: TypeRow) -> None:
        c, px, active = self._theme.colours, self._theme.px, row.state.active
        if active is None:
            self._word(painter, place, "no model", 13, colour=c.muted)
            return
        line = QRect(place.left(), place.top() + px(4), place.width(), px(19))
        self._word(painter, line, f"model {active.id}", 13)
        old = words.age(datetime.now(UTC) - active.created_at)
        measured = f"F1 {active.macro_f1:.2f}, {old}" if active.macro_f1 is not None else f"{old} old"
        self._word(painter, line.translated(0, px(18)), measured, 12, colour=c.muted)

    def _button(self, painter: QPainter, box: QRect, text: str, *, gains: bool) -> None:
        c, works = self._theme.colours, gains or text == "Label"
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(c.edge if works else c.line), 1))
        painter.setBrush(QColor(c.raised))
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setPen(QColor(c.text if works else c.muted))
        painter.setFont(self._theme.font(13))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _word(
        self, painter: QPainter, place: QRect, text: str, size: int, *, bold: bool = False, colour: str = "",
        right: bool = False,
    ) -> None:  # fmt: skip
        painter.setPen(QColor(colour or self._theme.colours.text))
        painter.setFont(self._theme.fitting(text, place.width(), size, 11, bold=bold))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, place.width())
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | side, shown)
