"""A plot in its frame: what it is above, the canvas, and what can be chosen for it below."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ...domain.evidence import colours
from .. import marks
from ..theme import Theme
from .canvas import PlotCanvas
from .standing import Standing


class MarkLabel(QWidget):
    """A mark alone."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._standing: Standing | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_standing(self, standing: Standing | None) -> None:
        """Take over whose mark is shown."""
        self._standing = standing
        self.setVisible(standing is not None)
        self.update()

    def sizeHint(self) -> QSize:
        """As high as a line."""
        return QSize(self._theme.px(16), self._theme.px(16))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the mark."""
        if self._standing is not None:
            painter = QPainter(self)
            box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            marks.paint(painter, self._standing.mark, box, self._standing.colour, hole=self._theme.colours.panel)
            painter.end()


class ScaleBar(QWidget):
    """What the colours of a map mean, on its fixed scale."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._name, self._end = "", ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_scale(self, name: str, end: str) -> None:
        """Take over what is shown and the value at the bright end; "" hides the bar but keeps its place."""
        self._name, self._end = name, end
        self.setAccessibleName(f"{name}: from 0 to {end}" if name else "No map")
        self.update()

    def sizeHint(self) -> QSize:
        """As high as a line."""
        return QSize(self._theme.px(260), self._theme.px(22))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the name, 0, the colours and the value at their end."""
        if not self._name:
            return
        painter = QPainter(self)
        c, px = self._theme.colours, self._theme.px
        painter.setFont(self._theme.font(12))
        width = painter.fontMetrics().horizontalAdvance
        end = width(self._end) + px(6)
        bar = min(px(150), max(px(50), self.width() - end - width(self._name) - width("0") - px(24)))
        left = max(0, min(width(self._name) + px(10), self.width() - bar - end - width("0") - px(12)))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(c.muted))
        name = painter.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, left - px(6))
        painter.drawText(QRectF(0, 0, left, self.height()), middle, name)
        painter.setPen(QColor(c.text))
        painter.drawText(QRectF(left, 0, px(16), self.height()), middle, "0")
        x = left + width("0") + px(6)
        gradient = QLinearGradient(x, 0, x + bar, 0)
        table = colours()
        for level in range(0, 256, 15):
            gradient.setColorAt(level / 255, QColor(*(int(value) for value in table[level])))
        painter.fillRect(QRectF(x, self.height() / 2 - px(5), bar, px(10)), gradient)
        painter.drawText(QRectF(x + bar + px(6), 0, end, self.height()), middle, self._end)
        painter.end()


class PlotPane(QFrame):
    """A framed plot; `below` takes the controls."""

    def __init__(self, theme: Theme, canvas: PlotCanvas) -> None:
        super().__init__()
        self.setObjectName("card")
        self._theme, self.canvas = theme, canvas
        self._mark = MarkLabel(theme)
        self.title = QLabel()
        self.title.setObjectName("head")
        self.facts = QLabel()
        self.facts.setObjectName("muted")
        self.facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.facts.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        top = QHBoxLayout()
        top.addWidget(self._mark)
        top.addWidget(self.title)
        top.addWidget(self.facts, 1)
        self.below = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(canvas, 1)
        layout.addLayout(self.below)
        self._layouts = (layout, self.below, top)
        self._colour = ""
        self.rescale()

    def show_text(self, title: str, facts: str, standing: Standing | None, frame: str = "") -> None:
        """Say what the plot is; `frame` is the colour of a thick frame."""
        self.title.setText(title)
        self.facts.setText(facts)
        self.facts.setToolTip(facts)
        self._mark.show_standing(standing)
        if frame != self._colour:
            self._colour = frame
            self._restyle()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        px = self._theme.px
        for layout in self._layouts:
            layout.setSpacing(px(6))
        self._restyle()

    def _restyle(self) -> None:
        px, c = self._theme.px, self._theme.colours
        width = px(4) if self._colour else 1
        inset = px(12) - width  # so that nothing moves when the frame gets thicker
        self._layouts[0].setContentsMargins(inset, px(8) - min(width, px(4)), inset, px(10) - min(width, px(4)))
        self.setStyleSheet(
            f"#card {{ background: {c.panel}; border: {width}px solid {self._colour or c.line};"
            f" border-radius: {px(4)}px; }}"
        )
