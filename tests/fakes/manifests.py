"""Small pictures and manifests of them, drawn for tests: a hump that is Good, has a hole, or is gone."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

COLUMNS = ("file", "plot_type", "run_number", "chunk", "label")
LABELS = ("Good", "Bad", "NoData")


def png(label: str, seed: int, size: tuple[int, int] = (96, 64)) -> bytes:
    """A PNG of a noisy hump, with a hole where it is Bad; all NoData pictures are equal."""
    width, height = size
    random = np.random.default_rng(seed)
    x = np.linspace(-1, 1, width)
    counts = np.zeros(width) if label == "NoData" else np.exp(-3 * x**2) * 0.8 + 0.01 * random.standard_normal(width)
    if label == "Bad":
        counts[width // 3 : width * 6 // 10] = 0
    rows = np.linspace(1, 0, height)[:, None]
    picture = np.where((rows < counts)[..., None], np.array([40, 80, 160]), 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def write(
    folder: Path, labels: Sequence[str], *, plot_type: str = "hump", first_run: int = 1, name: str = "manifest.csv"
) -> Path:
    """Pictures of these labels, each of a run of its own, and their manifest; "" is an unlabelled Good one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for run, label in enumerate(labels, start=first_run):
            picture = folder / f"{plot_type}_{run}.png"
            picture.write_bytes(png(label or "Good", run))
            table.writerow([picture.name, plot_type, run, 0, label])
    return path
