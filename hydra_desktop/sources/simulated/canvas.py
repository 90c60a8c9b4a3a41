"""Draws monitoring plots as control rooms know them: frame, ticks, title, bars, points and colour maps."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 800, 533

Array = npt.NDArray[np.float64]
Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels

_BLACK, _GREY = (20, 20, 20), (120, 120, 120)
_BAR, _EDGE, _POINT, _FIT = (158, 172, 214), (52, 64, 128), (30, 36, 110), (200, 40, 40)
# anchors of a perceptually ordered colour map from dark blue over green to yellow
_MAP = np.array(
    [
        (53, 42, 135), (15, 92, 221), (18, 125, 216), (7, 156, 207), (21, 177, 180),
        (89, 189, 140), (165, 190, 107), (225, 185, 82), (252, 206, 46), (249, 251, 14),
    ],
    float,
)  # fmt: skip


class Canvas:
    """One picture; all drawing is in pixels of an 800 x 533 sheet."""

    def __init__(self, title: str) -> None:
        self._image = Image.new("RGB", (WIDTH, HEIGHT), "white")
        self._draw = ImageDraw.Draw(self._image)
        self._text((WIDTH / 2, 22), title, 22, "mm")

    def array(self) -> npt.NDArray[np.uint8]:
        """The picture, uint8 (533, 800, 3)."""
        return np.asarray(self._image)

    def bars(
        self,
        box: Box,
        heights: Array,
        x_range: tuple[float, float],
        y_title: str = "",
        x_title: str = "",
        top: float | None = None,
    ) -> None:
        """A histogram as filled steps; `top` is the end of an axis that it shares with others."""
        top = top or self._axis_top(heights)
        left, up, right, down = box
        edges = np.linspace(left, right, len(heights) + 1)
        levels = down - np.clip(heights / top, 0, 1) * (down - up)
        outline = [(left, down)]
        for index, level in enumerate(levels):
            outline += [(edges[index], level), (edges[index + 1], level)]
        outline.append((right, down))
        self._draw.polygon(outline, fill=_BAR)
        self._draw.line(outline, fill=_EDGE, width=1)
        self._frame(box, x_range, (0.0, top), x_title, y_title)

    def points(
        self, box: Box, values: Array, errors: Array, x_range: tuple[float, float], y_range: tuple[float, float],
        y_title: str = "", x_title: str = "",
    ) -> None:  # fmt: skip
        """Points with error bars; a value that isn't there (NaN) isn't drawn."""
        left, up, right, down = box
        low, high = y_range
        xs = left + (np.arange(len(values)) + 0.5) * (right - left) / len(values)

        def level(value: float) -> float:
            return float(np.clip(down - (value - low) / (high - low) * (down - up), up, down))

        for x, value, error in zip(xs, values, errors, strict=True):
            if np.isnan(value):
                continue
            self._draw.line([(x, level(value - error)), (x, level(value + error))], fill=_POINT, width=2)
            y = level(value)
            self._draw.ellipse([x - 3, y - 3, x + 3, y + 3], fill=_POINT)
        self._frame(box, x_range, y_range, x_title, y_title)

    def curve(self, box: Box, values: Array, top: float) -> None:
        """A smooth line over a histogram with that axis top, as a fit is drawn."""
        left, up, right, down = box
        xs = left + (np.arange(len(values)) + 0.5) * (right - left) / len(values)
        ys = down - np.clip(values / top, 0, 1) * (down - up)
        self._draw.line(list(zip(xs.tolist(), ys.tolist(), strict=True)), fill=_FIT, width=2)

    def colours(
        self, box: Box, cells: Array, x_range: tuple[float, float], y_range: tuple[float, float],
        top: float | None = None, y_title: str = "", x_title: str = "",
    ) -> None:  # fmt: skip
        """A colour map of cells (rows from below, columns); NaN and zero stay white."""
        left, up, right, down = box
        high = top or self._axis_top(np.nan_to_num(cells))
        levels = np.nan_to_num(cells / high).clip(0, 1)
        picture = _colour_table()[(levels * 255).astype(np.uint8)]
        picture[np.isnan(cells) | (cells <= 0)] = 255
        image = Image.fromarray(picture[::-1])
        self._image.paste(image.resize((right - left, down - up), Image.Resampling.NEAREST), (left, up))
        bar = Image.fromarray(np.repeat(_colour_table()[::-1, None], 12, axis=1))
        self._image.paste(bar.resize((12, down - up)), (right + 8, up))
        self._draw.rectangle([right + 8, up, right + 20, down], outline=_BLACK)
        for part in (0.0, 0.5, 1.0):
            self._text((right + 24, down - part * (down - up)), _number(part * high), 12, "lm")
        self._frame(box, x_range, y_range, x_title, y_title)

    def statistics(self, box: Box, entries: float, mean: float) -> None:
        """The box in the corner that tells entries and mean."""
        _, up, right, _ = box
        self._draw.rectangle([right - 138, up + 6, right - 6, up + 44], fill="white", outline=_GREY)
        self._text((right - 132, up + 16), f"Entries {int(entries)}", 12, "lm")
        self._text((right - 132, up + 33), f"Mean {mean:.4g}", 12, "lm")

    def empty(
        self, box: Box, x_range: tuple[float, float], y_range: tuple[float, float], x_title: str, y_title: str
    ) -> None:
        """A frame without content."""
        self._frame(box, x_range, y_range, x_title, y_title)

    def axis_top(self, heights: Array) -> float:
        """The value at the upper end of the axis for these heights."""
        return self._axis_top(heights)

    @staticmethod
    def _axis_top(heights: Array) -> float:
        highest = float(heights.max(initial=0.0))
        return highest * 1.08 if highest > 0 else 1.0

    def _frame(
        self, box: Box, x_range: tuple[float, float], y_range: tuple[float, float], x_title: str, y_title: str
    ) -> None:
        left, up, right, down = box
        self._draw.rectangle(list(box), outline=_BLACK)
        size = 13 if right - left > 300 else 10
        for value in _ticks(*x_range, 5 if right - left > 300 else 2):
            x = left + (value - x_range[0]) / (x_range[1] - x_range[0]) * (right - left)
            self._draw.line([(x, down), (x, down - 6)], fill=_BLACK)
            self._text((x, down + 10), _number(value), size, "mm")
        for value in _ticks(*y_range, 5 if down - up > 200 else 2):
            y = down - (value - y_range[0]) / (y_range[1] - y_range[0]) * (down - up)
            self._draw.line([(left, y), (left + 6, y)], fill=_BLACK)
            self._text((left - 5, y), _number(value), size, "rm")
        if x_title:
            self._text((right, down + 28), x_title, 14, "rm")
        if y_title:
            self._text((left, up - 10), y_title, 14, "lm")

    def _text(self, at: tuple[float, float], text: str, size: int, anchor: str) -> None:
        self._draw.text(at, text, fill=_BLACK, font=_font(size), anchor=anchor)


def png(picture: npt.NDArray[np.uint8]) -> bytes:
    """A picture as a PNG file."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", compress_level=1)
    return out.getvalue()


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


@lru_cache
def _colour_table() -> npt.NDArray[np.uint8]:
    at = np.linspace(0, 255, len(_MAP))
    return np.stack([np.interp(np.arange(256), at, _MAP[:, c]) for c in range(3)], axis=1).astype(np.uint8)


def _ticks(low: float, high: float, wanted: int) -> list[float]:
    span = (high - low) / wanted
    power = 10.0 ** np.floor(np.log10(max(span, 1e-12)))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= span)
    first = np.ceil(low / step) * step
    return [float(value) for value in np.arange(first, high + step * 1e-6, step)]


def _number(value: float) -> str:
    if abs(value) >= 10000:
        return f"{value:.1e}".replace("e+0", "e").replace("e+", "e")
    return f"{value:.4g}"
