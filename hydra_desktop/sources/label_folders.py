"""Folders by label: pictures that lie in PLOT_TYPE/LABEL, as many tools of machine learning write and read them.

Below the folder of a label there may be more folders, and what a picture's name tells is read as in a source's
folder. What is in the folder ``accepted`` there are guesses of a model that a person let pass.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote

from ..domain.errors import ManifestError
from ..domain.plot import PlotName
from .manifest import ManifestRow

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif")
ACCEPTED = "accepted"
_STARTS = ((b"\xff\xd8", ".jpg"), (b"BM", ".bmp"), (b"RIFF", ".webp"), (b"GIF8", ".gif"))


def read_label_folders(root: Path, plot_type: str | None = None) -> list[ManifestRow]:
    """A row for each picture, in the order of the names; with a `plot_type` the folders in `root` are its labels.

    Files that are no pictures by their names, and hidden ones, are left alone. Raises ManifestError where there is
    nothing to read, or where folders can't be read.
    """
    if not root.is_dir():
        raise ManifestError(f"{root} is no folder; name the one that holds {_form(plot_type)}.")
    rows: list[ManifestRow] = []
    for number, path in enumerate(_pictures(root), start=1):
        parts = path.relative_to(root).parts
        depth = 1 if plot_type is not None else 2
        if len(parts) <= depth:
            problem = f"{'/'.join(parts)} lies in no label's folder; pictures lie in {_form(plot_type)}"
            rows.append(ManifestRow(number, parts[-1], path, "", under="/".join(parts[:-1]), problem=problem))
            continue
        names = [unquote(part) for part in parts[:depth]]
        under, rest = parts[:depth], parts[depth:]
        accepted = len(rest) > 1 and rest[0] == ACCEPTED
        if accepted:
            under, rest = parts[: depth + 1], rest[1:]
        rows.append(
            ManifestRow(
                number,
                "/".join(rest),
                path,
                names[0] if plot_type is None else plot_type,
                label=names[-1],
                accepted=accepted,
                under="/".join(under),
            )
        )
    if not rows:
        raise ManifestError(f"{root} holds no pictures ({', '.join(PICTURES)}); they lie in {_form(plot_type)}.")
    if plot_type is None and all(row.problem for row in rows):
        raise ManifestError(
            f"The pictures in {root} lie in no label's folder of a plot type, {_form(None)}; if its folders are the "
            "labels of one plot type, name that: --plot-type P, or take the folder around one of its name."
        )
    return rows


def place_of(name: PlotName, label: str, suffix: str, *, accepted: bool = False, occurrence: int = 0) -> PurePosixPath:
    """Where a labelled plot's picture goes, so that reading it back tells all of its name.

    `suffix` is that of the picture's format; `occurrence` counts plots of one name and label from 0.
    """
    folders = [_folder(name.plot_type), _folder(label)]
    if accepted:
        folders.append(ACCEPTED)
    if occurrence:
        folders.append(str(occurrence + 1))
    if name.run_period:
        folders.append(_folder(f"RunPeriod-{name.run_period}"))
    pad = f"-{_folder(name.pad)}" if name.pad else ""
    chunk = f"_{name.chunk:04d}" if name.chunk is not None else ""
    return PurePosixPath(*folders, f"Run{name.run_number:06d}", f"{_folder(name.plot_type)}{pad}{chunk}{suffix}")


def suffix_of(data: bytes) -> str:
    """The suffix of a picture's format by its first bytes, .png where they tell none."""
    for start, suffix in _STARTS:
        if data.startswith(start):
            return suffix
    return ".png"


def _form(plot_type: str | None) -> str:
    return "LABEL/PICTURES" if plot_type is not None else "PLOT_TYPE/LABEL/PICTURES"


def _folder(name: str) -> str:
    """A name that is one folder's, whatever is in it."""
    safe = quote(name, safe="".join(chr(code) for code in range(32, 127) if chr(code) not in '%/\\:*?"<>|'))
    return f"%2E{safe[1:]}" if safe.startswith(".") else safe


def _pictures(root: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise ManifestError(f"{error.filename} can't be read ({error.strerror}); check its permissions.") from error

    found: list[Path] = []
    for folder, folders, files in os.walk(root, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(folder, name) for name in files if not name.startswith(".") and _is_picture(name)]
    yield from sorted(found)


def _is_picture(name: str) -> bool:
    return name.lower().endswith(PICTURES)
