"""A report as a page: blocks in their order, and the same as one HTML file that needs nothing beside it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from .logbook import Picture


@dataclass(frozen=True)
class Table:
    """Rows of words under a head; the first column names what a row is of, all others are numbers or words."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    are_words: bool = False


@dataclass(frozen=True)
class Chart:
    """A drawing as SVG."""

    title: str
    svg: str
    width: float
    height: float
    note: str = ""


@dataclass(frozen=True)
class Pictures:
    """Plots as small pictures."""

    title: str
    pictures: Sequence[Picture]
    note: str = ""


@dataclass(frozen=True)
class Words:
    """Lines of words."""

    title: str
    lines: Sequence[str]


Block = Table | Chart | Pictures | Words


@dataclass(frozen=True)
class Page:
    """A report: what it is of, its answer in a sentence, what belongs to it, and all else."""

    title: str
    headline: str
    lines: Sequence[str]
    blocks: Sequence[Block]
    written: str = ""  # by whom and when


def html(page: Page) -> str:
    """The whole page, HTML 5 in UTF-8."""
    parts = [
        "<!DOCTYPE html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(page.title)}</title>',
        f"<style>{_STYLE}</style></head><body>",
        f'<p class="title">{escape(page.title)}</p>',
        f"<h1>{escape(page.headline)}</h1>",
        *(f"<p>{escape(line)}</p>" for line in page.lines),
        '<div class="blocks">',
        *(_block(one) for one in page.blocks),
        "</div>",
        f'<p class="note">{escape(page.written)}</p>' if page.written else "",
        "</body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _block(block: Block) -> str:
    wide = " wide" if isinstance(block, Pictures | Words) or (isinstance(block, Table) and block.are_words) else ""
    parts = [f'<section class="{type(block).__name__.lower()}{wide}"><h2>{escape(block.title)}</h2>']
    if isinstance(block, Table):
        parts.append("<table><tr>" + "".join(f"<th>{escape(one)}</th>" for one in block.head) + "</tr>")
        parts += ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in block.rows]
        parts.append("</table>")
    elif isinstance(block, Chart):
        parts.append(block.svg)
    elif isinstance(block, Pictures):
        parts += ['<div class="pictures">', *(_picture(one) for one in block.pictures), "</div>"]
    else:
        parts += [f"<p>{escape(line)}</p>" for line in block.lines]
    if not isinstance(block, Words) and block.note:
        parts.append(f'<p class="note">{escape(block.note)}</p>')
    return "\n".join([*parts, "</section>"])


def _picture(picture: Picture) -> str:
    caption, data = escape(picture.caption), base64.b64encode(picture.png).decode()
    image = f'<img alt="{caption}" src="data:image/png;base64,{data}">' if data else ""
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


_STYLE = """
body { font: 14px/1.4 sans-serif; color: #15181d; background: #fff; margin: 24px auto; max-width: 1240px;
  padding: 0 16px; }
h1 { font-size: 22px; margin: 4px 0 8px; } h2 { font-size: 15px; margin: 0 0 8px; }
p { margin: 4px 0; } .title, .note { color: #555e6b; }
.blocks { display: flex; flex-wrap: wrap; gap: 20px 28px; margin-top: 18px; }
section { max-width: 100%; break-inside: avoid; } section.wide { flex-basis: 100%; break-inside: auto; }
section .note { width: 0; min-width: 100%; } svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; }
td, th { text-align: right; padding: 3px 0 3px 18px; border-bottom: 1px solid #c9cfd8; white-space: nowrap; }
section.wide td, section.wide th { text-align: left; padding: 3px 18px 3px 0; }
td:first-child, th:first-child { text-align: left; padding-left: 0; } th { color: #555e6b; font-weight: normal; }
.pictures { display: flex; flex-wrap: wrap; gap: 12px; }
figure { margin: 0; width: 220px; break-inside: avoid; } img { width: 220px; border: 1px solid #c9cfd8; }
figcaption { font-size: 12px; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; } @page { size: A4 landscape; margin: 12mm; } }
"""
