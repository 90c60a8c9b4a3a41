"""A plot at full resolution that can be zoomed and moved, with a map over it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...domain.known_fault import KnownFault
from ..theme import Theme
from .region_tool import RegionTool
from .regions import outline, place
from .rendering import Full, FullPictures, Order, Overlay, Rendered

STEP = 1.25  # of zoom, a key press or a notch of the wheel
MOST_ZOOM = 32.0
MOVE = 0.1  # of what is in view, a key press
SETTLE_MS = 30  # a view that still moves is drawn roughly


class View(QObject):
    """How far plots are zoomed and where, shared by those that are compared; `centre` is relative, 0..1."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.zoom = 1.0
        self.centre = QPointF(0.5, 0.5)

    def fit(self) -> None:
        """All of the plot again."""
        self._set(1.0, QPointF(0.5, 0.5))

    def magnify(self, factor: float, around: QPointF | None = None) -> None:
        """Zoom around a relative place, which stays where it is."""
        zoom = min(MOST_ZOOM, max(1.0, self.zoom * factor))
        fixed = self.centre if around is None else around
        self._set(zoom, fixed + (self.centre - fixed) * (self.zoom / zoom))

    def move(self, right: float, down: float) -> None:
        """Move by shares of the plot."""
        self._set(self.zoom, self.centre + QPointF(right, down))

    def _set(self, zoom: float, centre: QPointF) -> None:
        half = 0.5 / zoom
        inside = QPointF(min(max(centre.x(), half), 1 - half), min(max(centre.y(), half), 1 - half))
        if zoom != self.zoom or inside != self.centre:
            self.zoom, self.centre = zoom, inside
            self.changed.emit()


class PlotCanvas(QWidget):
    """Paints one plot; `view` may be shared with another canvas."""

    def __init__(self, theme: Theme, pictures: FullPictures, view: View, name: str) -> None:
        super().__init__()
        self._theme, self._pictures, self.view = theme, pictures, view
        self._content_hash = ""
        self._overlay: Overlay | None = None
        self._opacity = 0.6
        self._message = ""
        self._grip: QPointF | None = None
        self._known: tuple[KnownFault, ...] = ()
        self.tool = RegionTool(self)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self.update)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        view.changed.connect(self._moved)
        self.tool.changed.connect(self._drawn)
        pictures.ready.connect(self.update)

    def show_plot(self, content_hash: str, overlay: Overlay | None = None, message: str = "") -> None:
        """Show a plot with a map over it, or a message where there is no plot ("")."""
        self._content_hash, self._overlay, self._message = content_hash, overlay, message
        self._settle.stop()
        self.update()

    def show_known(self, faults: Sequence[KnownFault]) -> None:
        """Outline known faults on the plot."""
        if tuple(faults) != self._known:
            self._known = tuple(faults)
            self.update()

    def set_opacity(self, opacity: float) -> None:
        """How strongly the map covers the plot, 0..1."""
        self._opacity = opacity
        self.update()

    @property
    def content_hash(self) -> str:
        """Which picture is shown, "" for none."""
        return self._content_hash

    @property
    def overlay(self) -> Overlay | None:
        """Which map lies over it."""
        return self._overlay

    def order_in_full(self) -> Order | None:
        """What is in view at the picture's own resolution, or at that of the screen where it is finer."""
        full = self._pictures.picture(self._content_hash) if self._content_hash else None
        if full is None or full.picture is None:
            return None
        order = self._order(full)
        factor = max(1.0, (order.box[2] - order.box[0]) / order.width)
        size = (round(order.width * factor), round(order.height * factor))
        return Order(order.content_hash, order.box, *size, order.overlay)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the plot, roughly while it moves or isn't drawn finely yet."""
        painter = QPainter(self)
        c = self._theme.colours
        painter.fillRect(self.rect(), QColor(c.panel))
        full = self._pictures.picture(self._content_hash) if self._content_hash else None
        if full is None or full.picture is None:
            message = self._message if not self._content_hash else full.problem if full else ""
            self._say(painter, message)
        else:
            order = self._order(full)
            done = None if self._settle.isActive() else self._pictures.rendered(order, self._overlay)
            self._paint_plot(painter, full, order, done)
        if self.hasFocus():
            painter.setPen(QPen(QColor(c.text), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def _paint_plot(self, painter: QPainter, full: Full, order: Order, done: Rendered | None) -> None:
        target = self._target(full)
        if done is None:
            left, top, right, bottom = order.box
            painter.drawImage(QRectF(target), full.image, QRectF(left, top, right - left, bottom - top))
        elif done.map.isNull() or self._opacity <= 0:
            painter.drawImage(target, done.plot)
        else:
            painter.drawImage(target, done.grey)
            painter.setOpacity(self._opacity)
            painter.drawImage(target, done.map)
            painter.setOpacity(1.0)
        painter.setPen(QColor(self._theme.colours.line))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(target.adjusted(0, 0, -1, -1))
        self._paint_regions(painter, full, order, target)

    def _paint_regions(self, painter: QPainter, full: Full, order: Order, target: QRect) -> None:
        """Outline what is known, and what is being drawn."""
        c = self._theme.colours
        size = full.image.width(), full.image.height()
        painter.save()
        painter.setClipRect(target)
        for fault in self._known:
            box = place(fault.region, size, order.box, target) if fault.region is not None else QRectF(target)
            outline(painter, self._theme, box, c.muted, fault.words)
        if self.tool.region is not None:
            outline(painter, self._theme, place(self.tool.region, size, order.box, target), c.text)
        painter.restore()

    def _say(self, painter: QPainter, message: str) -> None:
        painter.setFont(self._theme.font(14))
        painter.setPen(QColor(self._theme.colours.muted))
        box = self.rect().adjusted(self._theme.px(16), 0, -self._theme.px(16), 0)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, message)

    def _scale(self, full: Full) -> float:
        """Pixels of this widget for one of the picture."""
        width, height = full.image.width(), full.image.height()
        return min(self.width() / width, self.height() / height) * self.view.zoom

    def _target(self, full: Full) -> QRect:
        """Where in the widget the plot is: all of it as soon as it is zoomed enough."""
        scale = self._scale(full)
        width = min(self.width(), max(1, round(full.image.width() * scale)))
        height = min(self.height(), max(1, round(full.image.height() * scale)))
        return QRect((self.width() - width) // 2, (self.height() - height) // 2, width, height)

    def _order(self, full: Full) -> Order:
        scale, target = self._scale(full), self._target(full)
        across, down = full.image.width(), full.image.height()
        width, height = min(across, target.width() / scale), min(down, target.height() / scale)
        left = min(max(self.view.centre.x() * across - width / 2, 0.0), across - width)
        top = min(max(self.view.centre.y() * down - height / 2, 0.0), down - height)
        ratio = self.devicePixelRatioF()
        return Order(
            self._content_hash,
            (left, top, left + width, top + height),
            max(1, round(target.width() * ratio)),
            max(1, round(target.height() * ratio)),
            self._overlay.key if self._overlay is not None else None,
        )

    def _relative(self, at: QPointF) -> QPointF | None:
        """A place of the widget as shares of the plot."""
        full = self._pictures.picture(self._content_hash) if self._content_hash else None
        if full is None or full.picture is None:
            return None
        left, top, right, bottom = self._order(full).box
        target = self._target(full)
        x = left + (at.x() - target.left()) / max(1, target.width()) * (right - left)
        y = top + (at.y() - target.top()) / max(1, target.height()) * (bottom - top)
        return QPointF(x / full.image.width(), y / full.image.height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer."""
        self.view.magnify(STEP ** (event.angleDelta().y() / 120), self._relative(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the plot."""
        if event.button() is Qt.MouseButton.LeftButton:
            here = self._relative(event.position())
            if self.tool.region is None:
                self._grip = here
            elif here is not None:
                self.tool.press(here)
            self._show_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the plot with the pointer."""
        here = self._relative(event.position())
        if here is not None and self.tool.region is not None:
            self.tool.drag(here)
        elif self._grip is not None and here is not None:
            self.view.move(self._grip.x() - here.x(), self._grip.y() - here.y())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go of it."""
        self._grip = None
        self.tool.release()
        self._show_cursor()

    def event(self, event: QEvent) -> bool:
        """While a region is drawn its keys are no shortcuts."""
        is_key = event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if is_key and self.tool.wants(event.key()):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zoom by + and -, fit by 0, move by Shift and an arrow; everything else is the view's."""
        key, shift = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if self.tool.wants(key):
            self.tool.key(key, resize=shift)
            return
        step = MOVE / self.view.zoom
        arrows = {
            Qt.Key.Key_Left: (-step, 0.0),
            Qt.Key.Key_Right: (step, 0.0),
            Qt.Key.Key_Up: (0.0, -step),
            Qt.Key.Key_Down: (0.0, step),
        }
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.view.magnify(STEP)
        elif key == Qt.Key.Key_Minus:
            self.view.magnify(1 / STEP)
        elif key == Qt.Key.Key_0:
            self.view.fit()
        elif shift and key in arrows:
            self.view.move(*arrows[key])
        else:
            event.ignore()

    def _moved(self) -> None:
        self._settle.start()
        self._show_cursor()
        self.update()

    def _drawn(self) -> None:
        self._show_cursor()
        self.update()

    def _show_cursor(self) -> None:
        shapes = Qt.CursorShape
        if self.tool.region is not None:
            self.setCursor(shapes.CrossCursor)
            return
        held = shapes.ClosedHandCursor if self._grip is not None else shapes.OpenHandCursor
        self.setCursor(held if self.view.zoom > 1 else shapes.ArrowCursor)
