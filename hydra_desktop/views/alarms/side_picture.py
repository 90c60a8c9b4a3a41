"""The plot behind the chosen alarm with its evidence, the scale of that, and the last Good one beside it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...domain.evidence import colours
from .. import marks
from ..pictures import PictureKey, Pictures, Shown
from ..theme import Theme
from .rows import Picture


class SidePicture(QWidget):
    """Painted whole; a mark and a sentence in the place of a plot where there is none."""

    def __init__(self, theme: Theme, pictures: Pictures, image_folder: Path) -> None:
        super().__init__()
        self._theme, self._pictures, self._folder = theme, pictures, image_folder
        self.picture = Picture()
        self.good: tuple[str, str] = ("", "")  # content hash and when
        self.label = ""
        self.evidence = True
        self._keys: set[PictureKey] = set()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Plot")
        pictures.ready.connect(self._ready)

    def show_picture(self, picture: Picture, label: str, good: tuple[str, str] = ("", "")) -> None:
        """Take over a plot with the label that its evidence speaks for, and the last Good one."""
        if (picture, label, good) != (self.picture, self.label, self.good):
            self.picture, self.label, self.good = picture, label, good
            self.update()

    def switch_evidence(self) -> None:
        """Evidence off, or on again."""
        self.evidence = not self.evidence
        self.update()

    @property
    def has_evidence(self) -> bool:
        """Whether there may be a map to switch off."""
        return bool(self.picture.content_hash) and self.picture.verdict_id is not None

    def fit(self, width: int, most: int) -> None:
        """Be as high as a plot of that width is wide, and no higher than `most`."""
        room = width - max(self._theme.px(128), 90)
        self.setFixedHeight(max(1, min(most, round(0.68 * room))))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the plot, the scale and the last Good one."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._keys.clear()
        c, px = self._theme.colours, self._theme.px
        if not self.picture.content_hash:
            self._instead(painter)
            painter.end()
            return
        aside = max(px(118), 84) if self.good[0] or self.has_evidence else 0
        room = QRect(0, 0, self.width() - aside - (px(10) if aside else 0), self.height())
        shown, key = self._get(self.picture, room.size())
        if shown is None:
            painter.setPen(QColor(c.muted))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, "" if key is not None else "no plot")
        elif shown.plot.isNull():
            painter.setPen(QColor(c.muted))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, shown.problem)
        else:
            self._plot(painter, room, shown)
        if aside:
            with_scale = shown is not None and not shown.evidence.isNull() and self.evidence
            self._aside(painter, QRect(self.width() - aside, 0, aside, self.height()), with_scale=with_scale)
        painter.end()

    def _plot(self, painter: QPainter, room: QRect, shown: Shown) -> None:
        size = (shown.plot.size() / self.devicePixelRatioF()).scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(room.left(), room.top(), size.width(), size.height())
        if self.evidence and not shown.evidence.isNull():
            painter.drawImage(target, shown.grey)
            painter.setOpacity(0.6)
            painter.drawImage(target, shown.evidence)
            painter.setOpacity(1.0)
        else:
            painter.drawImage(target, shown.plot)
            painter.fillRect(target, QColor(0, 0, 0, round(255 * (1 - self._theme.plot_light))))

    def _aside(self, painter: QPainter, box: QRect, *, with_scale: bool) -> None:
        c, px = self._theme.colours, self._theme.px
        small = max(11, px(12))
        painter.setFont(self._theme.exact_font(small))
        top = box.top()
        if with_scale:
            height = min(px(96), box.height() // 2 - px(10))
            bar = QRect(box.left(), top, px(12), height)
            table = colours()
            image = QImage(table[::-1].copy().data, 1, 256, 3, QImage.Format.Format_RGB888).copy()
            painter.drawImage(bar, image)
            painter.setPen(QColor(c.muted))
            beside = QRect(bar.right() + px(6), top, box.width() - px(18), height)
            painter.drawText(beside, Qt.AlignmentFlag.AlignTop, "1")
            painter.drawText(beside, Qt.AlignmentFlag.AlignBottom, "0")
            middle = beside.adjusted(0, small + 4, 0, -small - 4)
            flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter
            for told in (f"evidence for {self.label}, on a fixed scale", f"evidence for {self.label}", "evidence"):
                if middle.contains(painter.boundingRect(middle, int(flags), told)):
                    painter.drawText(middle, flags, told)
                    break
            top = bar.bottom() + px(12)
        if not self.good[0]:
            return
        painter.setPen(QColor(c.muted))
        for line in ("Last Good", self.good[1]):
            painter.drawText(QRect(box.left(), top, box.width(), small + 4), Qt.AlignmentFlag.AlignVCenter, line)
            top += small + 4
        top += 2
        room = QRect(box.left(), top, box.width(), box.bottom() - top)
        if room.height() < px(30):
            return
        shown, _ = self._get(Picture(self.good[0]), room.size())
        if shown is not None and not shown.plot.isNull():
            size = (shown.plot.size() / self.devicePixelRatioF()).scaled(
                room.size(), Qt.AspectRatioMode.KeepAspectRatio
            )
            target = QRect(room.left(), room.top(), size.width(), size.height())
            painter.drawImage(target, shown.plot)
            painter.fillRect(target, QColor(0, 0, 0, round(255 * (1 - self._theme.plot_light))))
            painter.setPen(QPen(QColor(c.line), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(target)

    def _instead(self, painter: QPainter) -> None:
        c, px = self._theme.colours, self._theme.px
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(QColor(c.edge), 1, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 4, 4)
        size = min(px(64), self.height() * 0.4)
        inner = QRectF(px(24), (self.height() - size) / 2, size, size)
        marks.paint(painter, self.picture.mark or "dash", inner, c.text, hole=c.background)
        painter.setFont(self._theme.exact_font(max(12, px(16))))
        painter.setPen(QColor(c.text))
        left = round(inner.right() + px(20))
        painter.drawText(
            QRect(left, px(8), self.width() - left - px(12), self.height() - px(16)),
            Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter,
            self.picture.said,
        )

    def _get(self, picture: Picture, room: QSize) -> tuple[Shown | None, PictureKey | None]:
        ratio = self.devicePixelRatioF()
        if room.width() < 8 or room.height() < 8:
            return None, None
        key = PictureKey(
            self._folder / picture.content_hash[:2] / picture.content_hash,
            round(room.width() * ratio),
            round(room.height() * ratio),
            picture.verdict_id,
            picture.label,
        )
        self._keys.add(key)
        return self._pictures.get(key), key

    def _ready(self, key: PictureKey) -> None:
        if key in self._keys:
            self.update()
