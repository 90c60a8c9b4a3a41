"""How alike the two people label whose words on a plot are weighed, who said what, and how other pairs agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from ...domain.hall import PlotType
from ...domain.label import Label
from ...domain.labeling import Agreement
from .. import marks, words
from ..theme import Theme

DECIDED = (
    "What you say counts for training and for evaluation, and settles it. What both people said stays in the history."
)


@dataclass(frozen=True)
class Agreements:
    """How alike each two people label a plot type, in all and by week, the newest last."""

    pairs: tuple[Agreement, ...] = ()
    weeks: Mapping[date, tuple[Agreement, ...]] | None = None


class AgreementSide(QWidget):
    """Painted; `show_plot` says whose words are weighed, `show_agreements` how alike people label."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._found = Agreements()
        self._said: dict[str, str] = {}
        self._plot_type = PlotType("")
        self.setAccessibleName("Agreement")

    def show_agreements(self, found: Agreements) -> None:
        """Take over how alike people label."""
        self._found = found
        self._tell()

    def show_plot(self, said: Sequence[tuple[str, str]], plot_type: PlotType) -> None:
        """Take over who said what of the plot in focus."""
        if dict(said) != self._said or plot_type is not self._plot_type:
            self._said, self._plot_type = dict(said), plot_type
            self._tell()

    @property
    def pair(self) -> Agreement | None:
        """The two people whose words are weighed, as far as they are known to have labelled the same plots."""
        people = list(self._said)[:2]
        return next((one for one in self._found.pairs if {one.first, one.second} == set(people)), None)

    @property
    def in_words(self) -> str:
        """What is painted, for who doesn't see it."""
        pair = self.pair
        if pair is None:
            return "How alike these people label isn't known yet."
        of = f"{pair.first} and {pair.second}: {_alike(pair)}"
        return f"{of}, {_kappa_words(pair)}" if pair.kappa is not None else of

    def _tell(self) -> None:
        self.setAccessibleDescription(self.in_words)
        self.update()

    def sizeHint(self) -> QSize:
        """As high as there is room."""
        return QSize(self._theme.px(300), self._theme.px(600))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint what is known, one part below the other, as far as there is room."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, px = self._theme.colours, self._theme.px
        pair, y = self.pair, 0.0
        if pair is None:
            self._text(painter, QRectF(0, 0, self.width(), px(20)), "Agreement", 13, c.text, bold=True)
            self._wrapped(painter, px(24), self.in_words)
            painter.end()
            return
        title = f"Agreement, {pair.first} and {pair.second}"
        self._text(painter, QRectF(0, 0, self.width(), px(20)), title, 13, c.text, bold=True)
        y = self._figures(painter, px(26), pair)
        y = self._table(painter, y, pair)
        y = self._weeks(painter, y, pair)
        y = self._pairs(painter, y, pair)
        self._text(painter, QRectF(0, y, self.width(), px(20)), "What a decision does", 13, c.text, bold=True)
        self._wrapped(painter, y + px(24), DECIDED)
        painter.end()

    def _figures(self, painter: QPainter, y: float, pair: Agreement) -> float:
        c, px = self._theme.colours, self._theme.px
        half = self.width() / 2
        self._text(painter, QRectF(0, y, half, px(42)), _kappa(pair), 36, c.text, bold=True)
        count = pair.alike + pair.differ
        right = Qt.AlignmentFlag.AlignRight
        self._text(painter, QRectF(half, y + px(14), half, px(26)), f"{pair.alike} of {count}", 18, c.text, right,
                   bold=True)  # fmt: skip
        line = y + px(44)
        said = _kappa_words(pair) if pair.kappa is not None else "kappa: both always said the same"
        self._text(painter, QRectF(0, line, self.width() * 0.56, px(18)), said, 12, c.muted)
        alike = f"labelled alike, {100 * pair.alike / count:.1f} %".replace("100.0 %", "100 %")
        self._text(painter, QRectF(half, line, half, px(18)), alike, 12, c.muted, right)
        y = line + px(26)
        if pair.kappa is None or pair.low is None or pair.high is None:
            return y
        bar = QRectF(0, y, self.width(), px(6))

        def at(value: float) -> float:
            return bar.left() + bar.width() * min(1.0, max(0.0, value))

        painter.fillRect(bar, QColor(c.line))
        painter.fillRect(QRectF(at(pair.low), y, max(2.0, at(pair.high) - at(pair.low)), px(6)), QColor(c.muted))
        painter.fillRect(QRectF(at(pair.kappa) - px(1), y - px(4), px(3), px(14)), QColor(c.text))
        below = QRectF(0, y + px(10), self.width(), px(16))
        self._text(painter, below, "0, chance", 11, c.muted)
        self._text(painter, below, "1, always", 11, c.muted, right)
        return y + px(38)

    def _table(self, painter: QPainter, y: float, pair: Agreement) -> float:
        """Who said what: a row for each label of the first, a column for each of the second."""
        c, px = self._theme.colours, self._theme.px
        self._text(painter, QRectF(0, y, self.width(), px(20)), "Who said what", 13, c.text, bold=True)
        hint = f"rows {pair.first}, columns {pair.second}"
        self._text(painter, QRectF(px(110), y, self.width() - px(110), px(20)), hint, 11, c.muted,
                   Qt.AlignmentFlag.AlignRight)  # fmt: skip
        y += px(26)
        labels = [one for one in self._plot_type.labels if any(one.name in key for key in pair.table)]
        if not labels:
            return y
        names = min(self.width() * 0.36, max(self._theme.advance(one.name, self._theme.scale * 12) for one in labels)
                    + px(28))  # fmt: skip
        side = min(px(46), (self.width() - names) / len(labels))
        high = min(px(30), side)
        for number, label in enumerate(labels):
            box = QRectF(names + number * side + (side - px(13)) / 2, y + px(2), px(13), px(13))
            self._mark(painter, label, box)
        y += px(20)
        here = (self._said.get(pair.first, ""), self._said.get(pair.second, ""))
        for row, label in enumerate(labels):
            line = QRectF(0, y + row * high, names, high)
            self._mark(painter, label, QRectF(0, line.center().y() - px(6), px(13), px(13)))
            self._text(painter, line.adjusted(px(20), 0, -px(4), 0), label.name, 12, c.muted)
            for column, other in enumerate(labels):
                key = (label.name, other.name)
                cell = QRectF(names + column * side, line.top(), side, high).adjusted(1, 1, -1, -1)
                self._cell(painter, cell, pair.table.get(key, 0), is_alike=label is other, is_here=key == here)
        return y + len(labels) * high + px(16)

    def _cell(self, painter: QPainter, cell: QRectF, count: int, *, is_alike: bool, is_here: bool) -> None:
        c = self._theme.colours
        if not count and not is_here:
            return
        painter.setPen(QPen(QColor(c.text if is_here else c.line), self._theme.px(2) if is_here else 1))
        painter.setBrush(QColor(c.panel if is_alike else c.selected))
        painter.drawRect(cell)
        self._text(painter, cell, str(count), 12, c.muted if is_alike else c.text, Qt.AlignmentFlag.AlignHCenter,
                   bold=not is_alike)  # fmt: skip

    def _weeks(self, painter: QPainter, y: float, pair: Agreement) -> float:
        """Kappa of these two week by week, where there are weeks to tell apart."""
        c, px = self._theme.colours, self._theme.px
        values = [
            one.kappa
            for _, ones in sorted((self._found.weeks or {}).items())
            for one in ones
            if (one.first, one.second) == (pair.first, pair.second) and one.kappa is not None
        ]
        if len(values) < 2:
            return y
        self._text(painter, QRectF(0, y, self.width(), px(20)), "Kappa by week", 13, c.text, bold=True)
        span = f"{words.count(len(values), 'week')}, {min(values):.2f} to {max(values):.2f}"
        self._text(painter, QRectF(px(110), y, self.width() - px(110), px(20)), span, 11, c.muted,
                   Qt.AlignmentFlag.AlignRight)  # fmt: skip
        room = QRectF(2, y + px(26), self.width() - 6, px(34))
        points = [
            QPointF(
                room.left() + room.width() * number / (len(values) - 1), room.bottom() - room.height() * max(0, one)
            )
            for number, one in enumerate(values)
        ]
        painter.setPen(QPen(QColor(c.muted), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(c.text))
        painter.drawEllipse(points[-1], px(3), px(3))
        return room.bottom() + px(16)

    def _pairs(self, painter: QPainter, y: float, pair: Agreement) -> float:
        c, px = self._theme.colours, self._theme.px
        self._text(painter, QRectF(0, y, self.width(), px(20)), "Pairs", 13, c.text, bold=True)
        column, right = self.width() * 0.17, Qt.AlignmentFlag.AlignRight
        y += px(22)
        rows = [("people", "alike", "differ", "kappa")]
        rows += [
            (f"{one.first}, {one.second}", str(one.alike), str(one.differ), _kappa(one)) for one in self._found.pairs
        ]
        for number, cells in enumerate(rows):
            is_it = number > 0 and self._found.pairs[number - 1] is pair
            colour = c.text if number else c.muted
            for place, cell in enumerate(reversed(cells[1:])):
                box = QRectF(self.width() - (place + 1) * column, y, column, px(20))
                self._text(painter, box, cell, 12, colour, right, bold=is_it)
            self._text(painter, QRectF(0, y, self.width() - 3 * column, px(20)), cells[0], 12, colour, bold=is_it)
            y += px(21)
        return y + px(14)

    def _mark(self, painter: QPainter, label: Label, box: QRectF) -> None:
        c = self._theme.colours
        marks.paint(painter, marks.for_label(label, self._plot_type.labels), box, c.label(label), hole=c.background)

    def _wrapped(self, painter: QPainter, y: float, text: str) -> None:
        painter.setFont(self._theme.font(12))
        painter.setPen(QColor(self._theme.colours.muted))
        room = QRectF(0, y, self.width(), max(0.0, self.height() - y))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, text)

    def _text(
        self, painter: QPainter, room: QRectF, text: str, size: int, colour: str,
        side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft, *, bold: bool = False,
    ) -> None:  # fmt: skip
        font = self._theme.fitting(text, room.width(), size, 9, bold=bold)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room.width() + 1)
        painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, shown)


def _alike(pair: Agreement) -> str:
    return f"{pair.alike} of {pair.alike + pair.differ} labelled alike"


def _kappa(pair: Agreement) -> str:
    return _figure(pair.kappa) if pair.kappa is not None else "-"


def _figure(value: float) -> str:
    text = f"{value:.2f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _kappa_words(pair: Agreement) -> str:
    if pair.low is None or pair.high is None:
        return f"kappa {_kappa(pair)}"
    return f"kappa, 95 %: {_figure(pair.low)} to {_figure(pair.high)}"
