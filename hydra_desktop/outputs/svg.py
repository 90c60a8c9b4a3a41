"""A picture of lines, boxes and words as SVG, in the part of it that browsers and Qt draw alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

ADVANCE = 0.56  # of a letter on average, of the size of the font: words are cut by it where room is short


@dataclass
class Drawing:
    """Collects what is drawn; lengths are pixels, y goes down. Lines are `scale` times as thick as is said."""

    width: float
    height: float
    family: str = "sans-serif"
    scale: float = 1.0
    _parts: list[str] = field(default_factory=list)

    def box(
        self, x: float, y: float, width: float, height: float, *, fill: str = "none", line: str = "none",
        thick: float = 1.0, opacity: float = 1.0, title: str = "",
    ) -> None:  # fmt: skip
        """A rectangle; `title` is told where the pointer rests on it."""
        inside = f"<title>{escape(title)}</title>" if title else ""
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{max(0.0, height):.1f}" '
            f'fill="{fill}" stroke="{line}" stroke-width="{thick * self.scale:g}" '
            f'fill-opacity="{opacity:g}">{inside}</rect>'
        )

    def line(
        self, points: Sequence[tuple[float, float]], colour: str, *, thick: float = 1.0, dashes: Sequence[float] = ()
    ) -> None:
        """A line through points, of `dashes` and gaps or without."""
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        lengths = " ".join(f"{one * self.scale:g}" for one in dashes)
        dashed = f' stroke-dasharray="{lengths}"' if dashes else ""
        self._parts.append(
            f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="{thick * self.scale:g}"{dashed}/>'
        )

    def area(self, points: Sequence[tuple[float, float]], fill: str, opacity: float) -> None:
        """A filled shape without a line."""
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(f'<polygon points="{way}" fill="{fill}" fill-opacity="{opacity:g}" stroke="none"/>')

    def dot(self, x: float, y: float, radius: float, fill: str, line: str = "none", thick: float = 1.0) -> None:
        """A filled circle."""
        self._parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{fill}" stroke="{line}" '
            f'stroke-width="{thick * self.scale:g}"/>'
        )

    def words(
        self, x: float, y: float, text: str, colour: str, size: float, *, anchor: str = "start", bold: bool = False,
        room: float = 0.0,
    ) -> None:  # fmt: skip
        """A text whose line stands on y; cut where it has no `room`, 0 for any."""
        if room and len(text) * ADVANCE * size > room:
            kept = max(1, int(room / (ADVANCE * size)) - 1)
            text = text[:kept].rstrip() + "…" if len(text) > 2 else text
        weight = ' font-weight="bold"' if bold else ' font-weight="normal"'  # Qt goes on with that of the text before
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-family="{escape(self.family)}" font-size="{size:.1f}" '
            f'fill="{colour}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'
        )

    def svg(self, title: str) -> str:
        """The whole picture; `title` tells what it is to who can't see it."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width:.0f}" height="{self.height:.0f}" '
            f'viewBox="0 0 {self.width:.0f} {self.height:.0f}" role="img" aria-label="{escape(title)}">'
            f"{''.join(self._parts)}</svg>"
        )
