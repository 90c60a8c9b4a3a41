"""The marks that stand beside every word and colour: drawn, so that they are sharp at any size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF

from ..domain.label import Label, Role, Severity
from ..domain.wall import PanelState

ARROW, RETURN = "arrow", "return"


class Fill(Enum):
    """How much of a mark is filled: a guess is hollow, an accepted one half filled, what a person chose is whole."""

    HOLLOW = "hollow"
    HALF = "half"
    WHOLE = "whole"


def for_state(state: PanelState, severity: Severity = Severity.NONE) -> str:
    """The name of the mark of a panel's state."""
    if state is PanelState.FAULT:
        return {Severity.HIGH: "square", Severity.MEDIUM: "triangle"}.get(severity, "diamond")
    return {
        PanelState.GOOD: "tick",
        PanelState.KNOWN: "pin",
        PanelState.CONDITION: "dash",
        PanelState.UNCONFIRMED: "question",
        PanelState.UNFAMILIAR: "star",
        PanelState.STALE: "hatch",
        PanelState.WAITING: "dots",
        PanelState.BEAM_OFF: "dash",
        PanelState.NO_MODEL: "dashed",
        PanelState.MONITOR_DOWN: "cross",
    }[state]


def for_label(label: Label, among: Sequence[Label] = ()) -> str:
    """The name of a label's mark: that of its severity, as on the wall, or of what it means where it has none.

    Of labels that share a mark `among` those of a plot type, each after the first has a letter of its name in it.
    """
    mark = _of_meaning(label)
    taken: set[str] = set()
    for number, one in enumerate(one for one in among if _of_meaning(one) == mark):
        letter = next((found for found in one.name.upper() if found.isalnum() and found not in taken), "") * (
            number > 0
        )
        if one.name == label.name:
            return f"{mark} {letter}" if letter else mark
        taken.add(letter)
    return mark


def _of_meaning(label: Label) -> str:
    if label.role is Role.GOOD:
        return "circled tick"
    if label.role is Role.FAULTY or label.severity is not Severity.NONE:
        return for_state(PanelState.FAULT, label.severity)
    return "hexagon" if label.role is Role.CONDITION else "crossed circle"


def paint_filled(painter: QPainter, mark: str, box: QRectF, colour: str, fill: Fill, hole: str) -> None:
    """Paint a mark filled in part, from the left."""
    if fill is not Fill.WHOLE:
        paint(painter, mark, box, colour, hollow=True)
    if fill is not Fill.HOLLOW:
        painter.save()
        if fill is Fill.HALF:
            painter.setClipRect(
                QRectF(box.left() - 1, box.top() - 1, box.width() / 2 + 1, box.height() + 2),
                Qt.ClipOperation.IntersectClip,
            )
        paint(painter, mark, box, colour, hole=hole)
        painter.restore()


def paint(painter: QPainter, mark: str, box: QRectF, colour: str, *, hollow: bool = False, hole: str = "") -> None:
    """Paint a mark into a square box; `hole` is the colour of what is cut out of a filled one."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    size = min(box.width(), box.height())
    painter.translate(box.center())
    painter.scale(size / 16, size / 16)
    pen = QPen(QColor(colour), 1.8)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush if hollow else QColor(colour))
    inner = colour if hollow else (hole or "#0E1116")
    if mark in _PAINTERS:
        _PAINTERS[mark](painter, pen, inner)
    else:
        shape, letter = mark.rsplit(" ", 1)
        _BARE.get(shape, _PAINTERS[shape])(painter, pen, inner)
        _letter(painter, letter, inner, 1.8 if shape == "triangle" else 0.0)
    painter.restore()


def _letter(painter: QPainter, letter: str, inner: str, y: float) -> None:
    """A letter in the middle of a shape, `y` further down."""
    font = QFont()
    font.setPixelSize(100)
    font.setBold(True)
    path = QPainterPath()
    path.addText(0, 0, font, letter)
    box = path.boundingRect()
    size = (6.4 if y else 8.0) / max(box.height(), box.width())
    painter.translate(0, y)
    painter.scale(size, size)
    painter.translate(-box.center())
    painter.fillPath(path, QColor(inner))


def _tick(painter: QPainter, _pen: QPen, _inner: str) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF([QPointF(-5, 0), QPointF(-1.5, 4), QPointF(5.5, -4.5)]))


def _circled_tick(painter: QPainter, pen: QPen, inner: str) -> None:
    painter.drawEllipse(QPointF(0, 0), 6.6, 6.6)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen.setColor(QColor(inner))
    painter.setPen(pen)
    painter.drawPolyline(QPolygonF([QPointF(-3, 0.2), QPointF(-0.9, 2.5), QPointF(3.2, -2.4)]))


def _crossed_circle(painter: QPainter, pen: QPen, inner: str) -> None:
    painter.drawEllipse(QPointF(0, 0), 6.6, 6.6)
    pen.setColor(QColor(inner))
    painter.setPen(pen)
    painter.drawLine(QPointF(-3.6, 3.6), QPointF(3.6, -3.6))


def _hexagon(painter: QPainter, _pen: QPen, _inner: str) -> None:
    corners = [math.pi * corner / 3 for corner in range(6)]
    painter.drawPolygon(QPolygonF([QPointF(7 * math.cos(one), 7 * math.sin(one)) for one in corners]))


def _square(painter: QPainter, _pen: QPen, inner: str) -> None:
    painter.drawRoundedRect(QRectF(-6.5, -6.5, 13, 13), 2, 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(inner))
    painter.drawRoundedRect(QRectF(-1.1, -4.4, 2.2, 5.6), 1, 1)
    painter.drawEllipse(QPointF(0, 3.6), 1.3, 1.3)


def _triangle(painter: QPainter, _pen: QPen, _inner: str) -> None:
    painter.drawPolygon(QPolygonF([QPointF(0, -6), QPointF(6.5, 5.5), QPointF(-6.5, 5.5)]))


def _diamond(painter: QPainter, _pen: QPen, _inner: str) -> None:
    painter.drawPolygon(QPolygonF([QPointF(0, -6.5), QPointF(6.5, 0), QPointF(0, 6.5), QPointF(-6.5, 0)]))


def _question(painter: QPainter, _pen: QPen, _inner: str) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(0, 0), 6.8, 6.8)
    path = QPainterPath(QPointF(-2.2, -1.8))
    path.cubicTo(-2.2, -5.2, 2.6, -5.0, 2.2, -1.8)
    path.cubicTo(2.0, -0.4, 0.0, 0.0, 0.0, 1.6)
    painter.drawPath(path)
    painter.drawPoint(QPointF(0, 4.2))


def _star(painter: QPainter, _pen: QPen, _inner: str) -> None:
    points = []
    for corner in range(12):
        radius = 7.2 if corner % 2 == 0 else 3.4
        angle = math.pi * corner / 6 - math.pi / 2
        points.append(QPointF(radius * math.cos(angle), radius * math.sin(angle)))
    painter.drawPolygon(QPolygonF(points))


def _dash(painter: QPainter, _pen: QPen, _inner: str) -> None:
    painter.drawLine(QPointF(-5, 0), QPointF(5, 0))


def _cross(painter: QPainter, _pen: QPen, _inner: str) -> None:
    painter.drawLine(QPointF(-5, -5), QPointF(5, 5))
    painter.drawLine(QPointF(-5, 5), QPointF(5, -5))


def _dashed(painter: QPainter, pen: QPen, _inner: str) -> None:
    pen.setStyle(Qt.PenStyle.DotLine)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(QRectF(-6, -6, 12, 12))


def _dots(painter: QPainter, pen: QPen, _inner: str) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(pen.color())
    for x in (-5, 0, 5):
        painter.drawEllipse(QPointF(x, 0), 1.6, 1.6)


def _hatch(painter: QPainter, _pen: QPen, _inner: str) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(QRectF(-6, -6, 12, 12))
    for offset in (-6, 0, 6):
        painter.drawLine(
            QPointF(max(-6, offset - 6), min(6, offset + 6)), QPointF(min(6, offset + 6), max(-6, offset - 6))
        )


def _arrow(painter: QPainter, _pen: QPen, _inner: str) -> None:
    painter.drawLine(QPointF(-6, 0), QPointF(6, 0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF([QPointF(1, -5), QPointF(6, 0), QPointF(1, 5)]))


def _return(painter: QPainter, _pen: QPen, _inner: str) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    path = QPainterPath(QPointF(-6, -2))
    path.lineTo(3, -2)
    path.cubicTo(7, -2, 7, 5, 3, 5)
    path.lineTo(-2, 5)
    painter.drawPath(path)
    painter.drawPolyline(QPolygonF([QPointF(-2.5, -5.5), QPointF(-6, -2), QPointF(-2.5, 1.5)]))


def _pin(painter: QPainter, _pen: QPen, inner: str) -> None:
    painter.drawPolygon(QPolygonF([QPointF(-3.6, 0.6), QPointF(3.6, 0.6), QPointF(0, 7)]))
    painter.drawEllipse(QPointF(0, -2.2), 4.6, 4.6)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(inner))
    painter.drawEllipse(QPointF(0, -2.2), 1.9, 1.9)


def _circle(painter: QPainter, _pen: QPen, _inner: str) -> None:
    painter.drawEllipse(QPointF(0, 0), 6.9, 6.9)


def _plain_square(painter: QPainter, _pen: QPen, _inner: str) -> None:
    painter.drawRoundedRect(QRectF(-6.5, -6.5, 13, 13), 2, 2)


def _pause(painter: QPainter, pen: QPen, _inner: str) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(0, 0), 6.8, 6.8)
    pen.setWidthF(2.0)
    painter.setPen(pen)
    for x in (-2.2, 2.2):
        painter.drawLine(QPointF(x, -2.8), QPointF(x, 2.8))


def _bell(painter: QPainter, pen: QPen, _inner: str) -> None:
    path = QPainterPath(QPointF(-6, 3.5))
    path.cubicTo(-3.4, 1.5, -4.6, -6.5, 0, -6.5)
    path.cubicTo(4.6, -6.5, 3.4, 1.5, 6, 3.5)
    path.closeSubpath()
    painter.drawPath(path)
    painter.setBrush(pen.color())
    painter.drawEllipse(QPointF(0, 5.8), 1.4, 1.0)


def _double_tick(painter: QPainter, _pen: QPen, _inner: str) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF([QPointF(-7, 0.5), QPointF(-4, 4), QPointF(2, -4)]))
    painter.drawPolyline(QPolygonF([QPointF(-0.5, 3.2), QPointF(0.4, 4), QPointF(7, -4)]))


def _clock(painter: QPainter, _pen: QPen, _inner: str) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(0, 0), 6.8, 6.8)
    painter.drawPolyline(QPolygonF([QPointF(0, -3.6), QPointF(0, 0.4), QPointF(2.8, 1.8)]))


def _barred(painter: QPainter, _pen: QPen, _inner: str) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(0, 0), 6.8, 6.8)
    painter.drawLine(QPointF(-4.8, 4.8), QPointF(4.8, -4.8))


def _speaker(painter: QPainter, _pen: QPen, _inner: str) -> None:
    cone = [QPointF(-7, -2), QPointF(-4, -2), QPointF(-0.5, -5.5), QPointF(-0.5, 5.5), QPointF(-4, 2), QPointF(-7, 2)]
    painter.drawPolygon(QPolygonF(cone))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(QRectF(-1.5, -3, 5, 6), -60 * 16, 120 * 16)
    painter.drawArc(QRectF(-1.5, -6, 9, 12), -60 * 16, 120 * 16)


def _mute(painter: QPainter, _pen: QPen, _inner: str) -> None:
    cone = [QPointF(-7, -2), QPointF(-4, -2), QPointF(-0.5, -5.5), QPointF(-0.5, 5.5), QPointF(-4, 2), QPointF(-7, 2)]
    painter.drawPolygon(QPolygonF(cone))
    painter.drawLine(QPointF(2.5, -2.5), QPointF(7, 2.5))
    painter.drawLine(QPointF(7, -2.5), QPointF(2.5, 2.5))


def _eye(painter: QPainter, pen: QPen, _inner: str) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    path = QPainterPath(QPointF(-7, 0))
    path.quadTo(0, -8, 7, 0)
    path.quadTo(0, 8, -7, 0)
    painter.drawPath(path)
    painter.setBrush(pen.color())
    painter.drawEllipse(QPointF(0, 0), 1.7, 1.7)


_BARE = {"square": _plain_square, "circled tick": _circle, "crossed circle": _circle}  # shapes that a letter goes into
_PAINTERS = {
    "tick": _tick,
    "circled tick": _circled_tick,
    "crossed circle": _crossed_circle,
    "hexagon": _hexagon,
    "square": _square,
    "triangle": _triangle,
    "diamond": _diamond,
    "question": _question,
    "star": _star,
    "dash": _dash,
    "cross": _cross,
    "dashed": _dashed,
    "dots": _dots,
    "hatch": _hatch,
    "pause": _pause,
    "bell": _bell,
    "double tick": _double_tick,
    "clock": _clock,
    "barred": _barred,
    "speaker": _speaker,
    "mute": _mute,
    "eye": _eye,
    "pin": _pin,
    ARROW: _arrow,
    RETURN: _return,
}
