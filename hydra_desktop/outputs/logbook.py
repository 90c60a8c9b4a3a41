"""A logbook entry as one HTML file that needs nothing beside it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Picture:
    """A picture as PNG bytes with what it shows."""

    caption: str
    png: bytes


@dataclass(frozen=True)
class Entry:
    """What an entry says; `probabilities` are label, probability and threshold, `log` lines of the alarm's log."""

    title: str
    facts: Sequence[tuple[str, str]]
    pictures: Sequence[Picture]
    probabilities: Sequence[tuple[str, float, float | None]]
    why: str
    guidance: str = ""
    log: Sequence[str] = ()
    remarks: Sequence[str] = ()  # what people said of the verdict
    written: str = ""  # by whom, where and when


def html(entry: Entry) -> str:
    """The whole page, HTML 5 in UTF-8."""
    parts = [
        "<!DOCTYPE html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(entry.title)}</title>',
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>{escape(entry.title)}</h1>",
        _table("facts", [[escape(name), escape(value)] for name, value in entry.facts]),
        f"<p>{escape(entry.why)}</p>" if entry.why else "",
        '<div class="pictures">',
        *(_picture(one) for one in entry.pictures),
        "</div>",
    ]
    if entry.probabilities:
        rows = [
            [escape(label), _share(p), "-" if threshold is None else _share(threshold)]
            for label, p, threshold in entry.probabilities
        ]
        parts += ["<h2>Probabilities</h2>", _table("probabilities", rows, ("label", "probability", "threshold"))]
    if entry.guidance:
        parts += ["<h2>What to do</h2>", f'<p class="guidance">{escape(entry.guidance)}</p>']
    for title, lines in (("This alarm", entry.log), ("Said of the verdict", entry.remarks)):
        if lines:
            parts += [f"<h2>{title}</h2>", "<ul>", *(f"<li>{escape(line)}</li>" for line in lines), "</ul>"]
    parts += [f'<p class="written">{escape(entry.written)}</p>', "</body></html>"]
    return "\n".join(part for part in parts if part) + "\n"


def _picture(picture: Picture) -> str:
    data = base64.b64encode(picture.png).decode()
    caption = escape(picture.caption)
    return (
        f'<figure><img alt="{caption}" src="data:image/png;base64,{data}"><figcaption>{caption}</figcaption></figure>'
    )


def _table(name: str, rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
    lines = [f'<table class="{name}">']
    if head:
        lines.append("<tr>" + "".join(f"<th>{one}</th>" for one in head) + "</tr>")
    lines += ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows]
    return "\n".join([*lines, "</table>"])


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


_STYLE = """
body { font: 15px/1.4 sans-serif; color: #15181d; background: #fff; margin: 24px; max-width: 1400px; }
h1 { font-size: 22px; } h2 { font-size: 16px; }
td, th { text-align: left; padding: 2px 16px 2px 0; vertical-align: top; }
.pictures { display: flex; flex-wrap: wrap; gap: 16px; }
figure { margin: 0; } img { max-width: 640px; width: 100%; border: 1px solid #c9cfd8; }
.guidance { white-space: pre-wrap; } .written { color: #555e6b; }
"""
