"""A wall that has shown a chunk every second or two for a long time needs no more than at its beginning."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.upgraded import upgraded

PANELS = 73
MEMORY_MB = 10.0
MOST_OBJECTS = 2000


@pytest.mark.parametrize(
    ("every_s", "seconds", "settled_s", "stall_ms"),
    [
        (1.0, 30, 15, None),
        pytest.param(2.0, 1800, 60, 100, marks=[pytest.mark.soak, pytest.mark.timeout(2400)]),
    ],
    ids=["half a minute", "half an hour"],
)
def test_a_wall_needs_no_more_with_time(
    home: Path, every_s: float, seconds: int, settled_s: int, stall_ms: float | None
) -> None:
    """Memory, threads, handles and timers after it settled; in the long form also how long keys had to wait."""
    url = f"sqlite:///{home / 'hydra.db'}"
    upgraded(url).close()
    environment = {**os.environ, "HYDRA_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[1])}

    def start(module: str, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", f"tests.fakes.{module}", url, *map(str, arguments)]
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )

    feeder = start("fed_hall", home / "images", PANELS, every_s, 10**6)
    assert feeder.stdout is not None
    assert feeder.stdout.readline() == "fed\n"
    wall = start("soaked_wall", seconds, max(2, seconds // 60))
    said, errors = wall.communicate(timeout=seconds + 120)
    feeder.communicate("\n")
    assert wall.returncode == 0, errors
    *samples, stalls = [json.loads(line) for line in said.splitlines()]
    settled = [one for one in samples if one["s"] >= settled_s]
    print(settled[0], settled[-1], stalls)
    assert len(settled) > 3
    assert settled[-1]["position"] - settled[0]["position"] >= 0.5 * (seconds - settled_s) / every_s  # it was fed
    growth = settled[-1]["mb"] - settled[0]["mb"]
    assert growth < MEMORY_MB, [round(one["mb"]) for one in settled]
    # what grows by little with each picture shows here first, once the cache of pictures is full
    full = [one["python_objects"] for one in settled if one["pictures"] == settled[-1]["pictures"]]
    assert full[-1] - full[0] < MOST_OBJECTS
    for what in ("threads", "python_threads", "handles", "timers", "objects"):
        assert settled[-1][what] <= max(one[what] for one in settled[: len(settled) // 2]) + 1, what
    if stall_ms is not None:
        assert stalls["longest_ms"] < stall_ms
