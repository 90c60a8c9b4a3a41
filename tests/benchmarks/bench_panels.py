"""The wall's panels on a screen of 3840 x 2160, beside a plain grid of labels in the same run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hydra_desktop import paths
from hydra_desktop.database.connection import open_database
from tests.fakes.fed_hall import FedHall

from .figure import Figure

# key, name, unit, factor, goal for 300 panels
_FIGURES = (
    ("start", "start to first complete paint", "s", 1.0, 2.0),
    ("close", "close", "s", 1.0, 1.0),
    ("refresh", "refresh of a whole chunk, from its commit", "s", 1.0, None),
    ("scroll", "frame while scrolling, 99th percentile", "ms", 1.0, 16.0),
    ("memory", "memory a panel", "MB", 1.0, None),
    ("idle", "processor while nothing changes", "% of one core", 1.0, 2.0),
)


def figures(_data: Path | None) -> Iterator[Figure]:
    """73 and 300 panels."""
    for panels in (73, 300):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            (home / "cache").symlink_to(paths.cache(), target_is_directory=True)
            url = f"sqlite:///{home / 'hydra.db'}"
            database = open_database(url, upgrade=True)
            FedHall(database, home / "images", panels).feed()
            database.close()
            both = {kind: _run(kind, url, home, panels) for kind in ("labels", "wall")}
        yield Figure(f"{panels} panels, interpreter and imports", both["wall"]["imports"], "s")
        for key, name, unit, factor, goal in _FIGURES:
            value, plain = factor * both["wall"][key], factor * both["labels"][key]
            yield Figure(
                f"{panels} panels, {name} (plain labels {plain:.3g})",
                value,
                unit,
                f"under {goal:g}" if goal is not None else "",
                value < goal if goal is not None else None,
            )


def _run(kind: str, url: str, home: Path, panels: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.panels_run", kind, url, str(home / "images"), str(panels)]
    environment = {**os.environ, "HYDRA_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
