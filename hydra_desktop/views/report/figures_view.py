"""The figures by label, with their intervals drawn, and those by run period."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...domain.hall import PlotType
from ...domain.intervals import Share, percent
from ...domain.model_report import ModelReport
from .. import marks
from ..theme import Theme

ROW, LEAST_ROW, TIGHT_ROW = 46, 34, 20  # with the interval in words above the second
PERIOD_ROW = 26
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class _Table(QWidget):
    """Words painted in columns, which shrink and are cut where they have no room."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._found: ModelReport | None = None
        self._settings = PlotType("")
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_report(self, found: ModelReport, settings: PlotType) -> None:
        """Take over the figures."""
        self._found, self._settings = found, settings
        self.setAccessibleDescription(self.told())
        self.update()

    def told(self) -> str:
        """The table in words."""
        return ""

    def _word(
        self, painter: QPainter, box: QRectF, text: str, colour: str, size: int = 13,
        side: Qt.AlignmentFlag = RIGHT, *, bold: bool = False,
    ) -> None:  # fmt: skip
        font = self._theme.fitting(text, box.width(), size, 9, bold=bold)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, math.ceil(box.width()))
        painter.drawText(box, side, shown)

    def _rule(self, painter: QPainter, y: float) -> None:
        painter.setPen(QPen(QColor(self._theme.colours.line), 1))
        painter.drawLine(QPointF(0, y), QPointF(self.width(), y))


class LabelFigures(_Table):
    """Precision and recall of each label with 95 % intervals, and F1."""

    def told(self) -> str:
        """The table in words."""
        return "; ".join(
            f"{one.label}, {one.plots} plots: precision {_percent(one.precision)}, recall {_percent(one.recall)}"
            for one in (self._found.by_label if self._found is not None else ())
        )

    def minimumSizeHint(self) -> QSize:
        """Room for every label."""
        rows = len(self._found.by_label) if self._found is not None else 3
        return QSize(self._theme.px(300), self._theme.px(24 + TIGHT_ROW * rows))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint it."""
        if self._found is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, px, rows = self._theme.colours, self._theme.px, self._found.by_label
        head = float(px(24))
        high = min(float(px(ROW)), (self.height() - head) / max(1, len(rows)))
        lefts = [0.0, *(share * self.width() for share in (0.28, 0.40, 0.65, 0.90, 1.0))]
        lowest = self._lowest()
        for name, start, end in zip(("label", "plots", "precision", "recall", "F1"), lefts, lefts[1:], strict=False):
            side = LEFT if name == "label" else RIGHT
            self._word(painter, QRectF(start, 0, end - start, head), name, c.muted, 12, side)
        for number, one in enumerate(rows):
            top = head + number * high
            self._rule(painter, top)
            label = self._settings.label(one.label)
            swatch = QRectF(0, top + high / 2 - px(5), px(10), px(10))
            painter.fillRect(swatch, QColor(label.colour))
            box = QRectF(px(17), top, lefts[1] - px(17), high)
            self._word(painter, box, one.label, c.text, 13, LEFT, bold=True)
            self._word(painter, QRectF(lefts[1], top, lefts[2] - lefts[1], high), f"{one.plots:,}", c.text)
            for share, start, end in ((one.precision, lefts[2], lefts[3]), (one.recall, lefts[3], lefts[4])):
                self._share(painter, QRectF(start + px(10), top, end - start - px(10), high), share, lowest)
            f1 = "-" if one.f1 is None else f"{one.f1:.2f}"
            self._word(painter, QRectF(lefts[4], top, lefts[5] - lefts[4], high), f1, c.text, bold=True)
        painter.end()

    def _lowest(self) -> float:
        """Where the drawn intervals begin."""
        shares = [share for one in self._found.by_label for share in (one.precision, one.recall)]
        lows = [share.low if share.has_interval else share.value for share in shares if share.total]
        return max(0.0, min(0.9, math.floor(10 * min([0.9, *lows])) / 10))

    def _share(self, painter: QPainter, box: QRectF, share: Share, lowest: float) -> None:
        c, px = self._theme.colours, self._theme.px
        if share.value is None:
            self._word(painter, box, "-", c.muted)
            return
        words = QRectF(box.left() + 0.4 * box.width(), box.top(), 0.6 * box.width(), box.height())
        if box.height() >= px(LEAST_ROW):
            upper, lower = QRectF(words), QRectF(words)
            upper.setBottom(words.center().y() + px(1))
            lower.setTop(words.center().y() - px(1))
            self._word(painter, upper, _percent(share), c.text, 13, bold=True)
            unit = self._found.unseen.unit
            told = f"{100 * share.low:.0f} to {100 * share.high:.0f}" if share.has_interval else unit and f"one {unit}"
            self._word(painter, lower, told, c.muted, 11)
        else:  # the interval is drawn all the same
            self._word(painter, words, _percent(share), c.text, 13, bold=True)
        room, y = 0.36 * box.width(), box.center().y()

        def x(value: float) -> float:
            return box.left() + room * (max(lowest, value) - lowest) / (1 - lowest)

        painter.setPen(QPen(QColor(c.line), 1))
        painter.drawLine(QPointF(box.left(), y), QPointF(box.left() + room, y))
        if share.has_interval:
            painter.setPen(QPen(QColor(c.muted), px(3)))
            painter.drawLine(QPointF(x(share.low), y), QPointF(x(share.high), y))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(c.text))
        painter.drawEllipse(QPointF(x(share.value), y), px(4), px(4))


class PeriodFigures(_Table):
    """What was found and called faulty wrongly in each run period; the newest ones where not all have room."""

    HEAD = ("run period", "plots", "faulty found", "false positives", "Unfamiliar")

    def told(self) -> str:
        """The table in words."""
        return "; ".join(", ".join(row) for row in self._rows())

    def minimumSizeHint(self) -> QSize:
        """Room for three of them."""
        return QSize(self._theme.px(300), self._theme.px(24 + 3 * PERIOD_ROW))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint it."""
        if self._found is None:
            return
        painter = QPainter(self)
        c, px = self._theme.colours, self._theme.px
        rows = self._rows()
        if not rows:
            why = "The runs of these plots aren't known: the model is of an older version."
            self._word(painter, QRectF(0, 0, self.width(), px(PERIOD_ROW)), why, c.muted, 13, LEFT)
            painter.end()
            return
        step = float(px(PERIOD_ROW))
        most = max(1, int(self.height() / step) - 1)
        older = len(rows) - most
        if older > 0:
            rows = rows[older + 1 :]
        shares = (0.0, 0.25, 0.36, 0.55, 0.75, 1.0)
        lefts = [share * self.width() for share in shares]
        shown = [self.HEAD, *rows]
        strange = [one.unfamiliar.hits > 0 for one in self._found.by_period[-len(rows) :] if one.unfamiliar is not None]
        for number, row in enumerate(shown):
            top = number * step
            if number:
                self._rule(painter, top)
            for column, text in enumerate(row):
                gap = px(8) if column else 0
                box = QRectF(lefts[column] + gap, top, lefts[column + 1] - lefts[column] - gap, step)
                is_strange = column == 4 and number > 0 and bool(strange) and strange[number - 1]
                ink = c.muted if number == 0 else c.text
                bold = number > 0 and (column == 0 or is_strange)
                self._word(painter, box, text, ink, 12 if number == 0 else 13, RIGHT if column else LEFT, bold=bold)
                if is_strange:
                    width = self._theme.advance(text, px(13), bold=True)
                    mark = QRectF(box.right() - width - px(20), box.center().y() - px(7), px(14), px(14))
                    marks.paint(painter, "star", mark, c.unfamiliar)
        if older > 0:
            self._rule(painter, len(shown) * step)
            box = QRectF(0, len(shown) * step, self.width(), step)
            self._word(painter, box, f"and {older + 1} older run periods", c.muted, 12, LEFT)
        painter.end()

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                one.period or "not named",
                f"{one.plots:,}",
                _of(one.found),
                _of(one.false_positives),
                "not known" if one.unfamiliar is None else _of(one.unfamiliar),
            )
            for one in (self._found.by_period if self._found is not None else ())
        ]


def _percent(share: Share) -> str:
    return "-" if share.value is None else percent(share.value)


def _of(share: Share) -> str:
    return f"{share.hits:,} of {share.total:,}" if share.total else "-"
