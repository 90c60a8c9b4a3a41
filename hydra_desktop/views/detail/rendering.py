"""Plots at full resolution, decoded and drawn to the size shown on other threads."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, Signal
from PySide6.QtGui import QImage, QPainter

from ...domain.evidence import FULL_SCALE, colour
from ..background import Background

MOST_PICTURES = 24
MOST_RENDERED = 12
_MAP_PIXELS = 400  # of the longer side of a map before it is brought to the size shown


@dataclass(frozen=True, eq=False)
class Full:
    """A decoded picture; `picture` is None, and `problem` says why, where it can't be shown."""

    picture: Image.Image | None
    image: QImage
    problem: str = ""


@dataclass(frozen=True)
class Overlay:
    """A map to draw over a plot, float32 (h, w), on a scale that ends at `full_scale`; `key` names it."""

    key: Hashable
    values: Any
    full_scale: float = FULL_SCALE


@dataclass(frozen=True)
class Order:
    """What part of a picture, in its pixels, is wanted at what size, with which overlay."""

    content_hash: str
    box: tuple[float, float, float, float]  # left, top, right, bottom
    width: int
    height: int
    overlay: Hashable = None


@dataclass(frozen=True, eq=False)
class Rendered:
    """A part of a plot ready to paint; `grey` and `map` are null without an overlay."""

    plot: QImage
    grey: QImage
    map: QImage

    def composed(self, opacity: float) -> QImage:
        """All of it in one image."""
        if self.map.isNull() or opacity <= 0:
            return self.plot
        image = self.grey.copy()
        painter = QPainter(image)
        painter.setOpacity(opacity)
        painter.drawImage(0, 0, self.map)
        painter.end()
        return image


class FullPictures(QObject):
    """Fetches and draws plots in the background; `ready` tells that something that was asked for has come."""

    ready = Signal()

    def __init__(self, folder: Path, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder, self._background = folder, background
        self._full: OrderedDict[str, Full] = OrderedDict()
        self._rendered: OrderedDict[Order, Rendered] = OrderedDict()
        self._wanted: set[Hashable] = set()

    @property
    def busy(self) -> bool:
        """Whether something is still to come."""
        return bool(self._wanted)

    def picture(self, content_hash: str) -> Full | None:
        """The whole picture if it is there; else it is fetched."""
        full = self._full.get(content_hash)
        if full is not None:
            self._full.move_to_end(content_hash)
            return full
        path = self._folder / content_hash[:2] / content_hash
        self._run(content_hash, lambda: load(path), lambda full: _keep(self._full, content_hash, full, MOST_PICTURES))
        return None

    def loaded(self, content_hash: str) -> Full:
        """The whole picture, read now where it isn't there: for other threads."""
        full = self._full.get(content_hash)
        return full if full is not None else load(self._folder / content_hash[:2] / content_hash)

    def rendered(self, order: Order, overlay: Overlay | None) -> Rendered | None:
        """A part as ordered if it is there; else it is drawn, once the picture is."""
        found = self._rendered.get(order)
        if found is not None:
            self._rendered.move_to_end(order)
            return found
        full = self.picture(order.content_hash)
        if full is None or full.picture is None:
            return None
        picture = full.picture
        self._run(
            order,
            lambda: render(picture, order, overlay),
            lambda done: _keep(self._rendered, order, done, MOST_RENDERED),
        )
        return None

    def _run(self, key: Hashable, work: Callable[[], Any], keep: Callable[[Any], None]) -> None:
        if key in self._wanted:
            return
        self._wanted.add(key)

        def success(result: Any) -> None:
            self._wanted.discard(key)
            keep(result)
            self.ready.emit()

        def failure(why: str) -> None:
            self._wanted.discard(key)
            self._background.failed.emit(why)

        self._background.run(work, success, failure, owner=self)


def _keep(cache: OrderedDict[Any, Any], key: Any, value: Any, most: int) -> None:
    cache[key] = value
    while len(cache) > most:
        cache.popitem(last=False)


def load(path: Path) -> Full:
    """Decode a picture wholly."""
    try:
        with Image.open(path) as opened:
            opened.load()
            picture = opened if opened.mode == "RGB" else opened.convert("RGB")
    except (OSError, SyntaxError, ValueError):
        return Full(None, QImage(), "the picture isn't in the image store any more; it is kept for 7 days")
    return Full(picture, _image(picture))


def render(picture: Image.Image, order: Order, overlay: Overlay | None) -> Rendered:
    """Draw a part of a picture at a size, smoothly where it gets smaller, with sharp pixels where it is enlarged."""
    size = (order.width, order.height)
    left, _, right, _ = order.box
    grows = order.width / (right - left)
    way = Image.Resampling.NEAREST if grows >= 3 else Image.Resampling.BICUBIC
    plot = picture.resize(size, way, order.box, reducing_gap=3.0 if grows < 1 else None)
    if overlay is None:
        return Rendered(_image(plot), QImage(), QImage())
    return Rendered(_image(plot), _image(plot.convert("L").convert("RGB")), _map(picture, order, overlay))


def _map(picture: Image.Image, order: Order, overlay: Overlay) -> QImage:
    values = Image.fromarray(np.ascontiguousarray(overlay.values, np.float32))
    across, down = values.width / picture.width, values.height / picture.height
    left, top, right, bottom = order.box
    box = (left * across, top * down, min(right * across, values.width), min(bottom * down, values.height))
    shrink = min(1.0, _MAP_PIXELS / max(order.width, order.height))
    size = (max(1, round(order.width * shrink)), max(1, round(order.height * shrink)))
    enlarged = np.asarray(values.resize(size, Image.Resampling.BICUBIC, box))
    coloured = Image.fromarray(colour(enlarged, overlay.full_scale))
    return _image(coloured.resize((order.width, order.height), Image.Resampling.BILINEAR))


def _image(picture: Image.Image) -> QImage:
    data = picture.tobytes("raw", "BGRX")
    width, height = picture.size
    return QImage(data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()


def png(image: QImage) -> bytes:
    """An image as the bytes of a PNG file."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    buffer.close()
    return bytes(data.data())


def png_of(picture: Image.Image) -> bytes:
    """A decoded picture as the bytes of a PNG file."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
