"""The last 200 verdicts of a stream: a row for each state, run boundaries, and times below."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from statistics import median

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from ...database.wall import PastVerdict
from ...domain.hall import PlotType
from .. import marks, words
from ..theme import Theme
from .standing import Standing, of_verdict

ROW = 17
HEAD = 20
FOOT = 20
MOST_ROWS = 6
GAP = 5.0  # medians of the time between two plots; a longer pause is marked


class HistoryStrip(QWidget):
    """Verdicts side by side at equal distance, oldest at the left; `chosen` carries the plot's id."""

    chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._plot_type = PlotType("")
        self._history: tuple[PastVerdict, ...] = ()
        self._contested: frozenset[int] = frozenset()
        self._standings: list[Standing] = []
        self._rows: list[str] = []
        self._shown: int | None = None
        self.setAccessibleName("History")
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.rescale()

    def show_history(
        self, history: tuple[PastVerdict, ...], plot_type: PlotType, contested: frozenset[int], shown: int | None
    ) -> None:
        """Take over the verdicts, oldest first, which plots are contested and which plot is looked at."""
        self._history, self._plot_type, self._contested, self._shown = history, plot_type, contested, shown
        self._stand()
        told = f"{words.count(len(history), 'verdict')}"
        here = self.place_of(shown)
        if here is not None:
            told += f"; looked at: {self._told(here)}"
        self.setAccessibleDescription(told)
        self.update()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        self.setFixedHeight(self._theme.px(HEAD + ROW * 4 + FOOT))
        self._stand()
        self.update()

    def place_of(self, plot_id: int | None) -> int | None:
        """Where in the history a plot is, None when it isn't there."""
        return next((at for at, one in enumerate(self._history) if one.plot.id == plot_id), None)

    def slot(self, at: int) -> QRectF:
        """Where a verdict is painted, over all rows."""
        left, width = self._area()
        px = self._theme.px
        return QRectF(left + at * width, px(HEAD), width, self.height() - px(HEAD + FOOT))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the plot under the pointer."""
        at = self._at(event.position().x())
        if at is not None and event.button() is Qt.MouseButton.LeftButton:
            self.chosen.emit(self._history[at].plot.id)

    def event(self, event: QEvent) -> bool:
        """Tell what is under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            at = self._at(event.pos().x())
            QToolTip.showText(event.globalPos(), self._told(at) if at is not None else "", self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the strip."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, px = self._theme.colours, self._theme.px
        middle = Qt.AlignmentFlag.AlignVCenter
        left, width = self._area()
        painter.setFont(self._theme.font(13, bold=True))
        painter.setPen(QColor(c.text))
        count = len(self._history)
        painter.drawText(QRectF(0, 0, left, px(HEAD)), middle, f"Last {count}" if count else "History")
        painter.setFont(self._theme.font(12))
        if not count:
            painter.setPen(QColor(c.muted))
            painter.drawText(QRectF(0, px(HEAD), self.width(), px(ROW)), middle, "no plot of this stream yet")
            painter.end()
            return
        for number, word in enumerate(self._rows):
            standing = next((one for one in self._standings if one.word == word), None)
            y = px(HEAD) + number * self._row_height()
            if standing is not None:
                box = QRectF(0, y + (self._row_height() - px(12)) / 2, px(12), px(12))
                marks.paint(painter, standing.mark, box, standing.colour, hole=c.panel)
            painter.setPen(QColor(c.text))
            name = painter.fontMetrics().elidedText(word, Qt.TextElideMode.ElideRight, left - px(24))
            painter.drawText(QRectF(px(18), y, left - px(22), self._row_height()), middle, name)
            painter.setPen(QPen(QColor(c.line), 1))
            centre = y + self._row_height() / 2
            painter.drawLine(round(left), round(centre), self.width(), round(centre))
        self._paint_runs(painter)
        self._paint_times(painter)
        self._paint_verdicts(painter)
        here = self.place_of(self._shown)
        if here is not None:
            box = self.slot(here)
            centre = box.center().x()
            half = max(width / 2, px(3))
            painter.setPen(QPen(QColor(c.text), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(centre - half, box.top(), 2 * half, box.height()))
        painter.end()

    def _paint_verdicts(self, painter: QPainter) -> None:
        c, px = self._theme.colours, self._theme.px
        high = self._row_height() - px(5)
        for at, standing in enumerate(self._standings):
            slot = self.slot(at)
            y = px(HEAD) + self._row_of(standing) * self._row_height() + (self._row_height() - high) / 2
            thick = min(max(1.5, slot.width() * 0.7), px(12))
            box = QRectF(slot.center().x() - thick / 2, y, thick, high)
            if standing.mark in ("question", "dots", "dashed"):
                painter.setPen(QPen(QColor(standing.colour), max(1.0, px(1.5))))
                painter.setBrush(QColor(c.panel))
                painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
            else:
                painter.fillRect(box, QColor(standing.colour))
            if self._history[at].plot.id in self._contested:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(c.text))
                painter.drawEllipse(QRectF(slot.center().x() - px(2.5), px(HEAD) - px(5), px(5), px(5)))

    def _paint_runs(self, painter: QPainter) -> None:
        c, px = self._theme.colours, self._theme.px
        free = self._area()[0]
        for at, past in enumerate(self._history):
            run = past.plot.name.run_number
            if at and self._history[at - 1].plot.name.run_number == run:
                continue
            x = self.slot(at).left()
            if at:
                painter.setPen(QPen(QColor(c.muted), 1, Qt.PenStyle.DotLine))
                painter.drawLine(round(x), px(4), round(x), self.height() - px(FOOT))
            text = f"run {run}"
            width = painter.fontMetrics().horizontalAdvance(text)
            if x + px(4) >= free and x + width + px(4) < self.width():
                painter.setPen(QColor(c.muted))
                painter.drawText(QRectF(x + px(4), 0, width + 2, px(HEAD)), Qt.AlignmentFlag.AlignVCenter, text)
                free = x + width + px(12)

    def _paint_times(self, painter: QPainter) -> None:
        """The time of some verdicts, and a gap in the axis where much more time passed than else between two."""
        c, px = self._theme.colours, self._theme.px
        left, _ = self._area()
        bottom = self.height() - px(FOOT)
        times = [one.plot.taken_at for one in self._history]
        between = [(b - a).total_seconds() for a, b in pairwise(times)]
        usual = median(between) if between else 0.0
        painter.setPen(QPen(QColor(c.edge), 1))
        painter.drawLine(round(left), bottom, self.width(), bottom)
        for at, seconds in enumerate(between, start=1):
            if usual > 0 and seconds > GAP * usual:
                x = round(self.slot(at).left())
                painter.drawLine(x - px(3), bottom + px(4), x, bottom - px(4))
                painter.drawLine(x, bottom + px(4), x + px(3), bottom - px(4))
        painter.setPen(QColor(c.muted))
        form = "%H:%M" if (times[-1] - times[0]).total_seconds() > 1200 else "%H:%M:%S"
        free, day = float(left), None
        for at, moment in enumerate(times):
            here = moment.astimezone()
            text = here.strftime(form if here.date() == day or day is None else f"%d %b {form}")
            width = painter.fontMetrics().horizontalAdvance(text)
            x = self.slot(at).center().x() - width / 2
            if x >= free and x + width <= self.width():
                painter.drawText(QRectF(x, bottom, width + 2, px(FOOT)), Qt.AlignmentFlag.AlignVCenter, text)
                free, day = x + width + px(28), here.date()
        painter.drawText(QRectF(0, bottom, left, px(FOOT)), Qt.AlignmentFlag.AlignVCenter, _day(times[-1]))

    def _stand(self) -> None:
        self._standings = [of_verdict(one.verdict, self._plot_type, self._theme.colours) for one in self._history]
        ranks = {one.word: one.rank for one in self._standings}
        self._rows = sorted(ranks, key=lambda word: (ranks[word], word))[:MOST_ROWS]

    def _row_of(self, standing: Standing) -> int:
        return self._rows.index(standing.word) if standing.word in self._rows else len(self._rows) - 1

    def _row_height(self) -> float:
        px = self._theme.px
        return min(float(px(ROW + 6)), (self.height() - px(HEAD + FOOT)) / max(1, len(self._rows)))

    def _area(self) -> tuple[float, float]:
        """Where the first verdict is, and how wide each."""
        left = self._theme.px(116)
        return left, (self.width() - left - 2) / max(40, len(self._history))

    def _at(self, x: float) -> int | None:
        left, width = self._area()
        at = int((x - left) / width)
        return at if x >= left and at < len(self._history) else None

    def _told(self, at: int) -> str:
        one = self._history[at]
        name = one.plot.name
        chunk = f", chunk {name.chunk}" if name.chunk is not None else ""
        word = self._standings[at].word
        said = f"{word} {words.confidence(one.verdict.confidence)}" if one.verdict.label else word
        contested = ", contested" if one.plot.id in self._contested else ""
        return f"run {name.run_number}{chunk}, {words.clock(one.plot.taken_at)}: {said}{contested}"


def _day(moment: datetime) -> str:
    here = moment.astimezone()
    today = datetime.now().astimezone().date()
    return f"{'today' if here.date() == today else here.strftime('%d %b')}, {here.tzname()}"
