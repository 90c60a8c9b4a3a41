"""What the project promises of itself."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_every_make_target_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "run", "test", "check", "soak", "bench", "install"} <= targets


@pytest.mark.parametrize("script", ["packaging/system-packages", ".ci/run"])
def test_scripts_are_sound(script: str) -> None:
    path = ROOT / script
    shell = "bash" if "bash" in path.read_text().splitlines()[0] else "sh"
    assert subprocess.run([shell, "-n", str(path)], check=False).returncode == 0
    assert path.stat().st_mode & 0o100


def test_fragile_dependencies_are_pinned() -> None:
    pins = (ROOT / "constraints.txt").read_text()
    for pin in ("torch==2.13.0", "torchvision==0.28.0", "PySide6_Essentials==6.11.3", "PySide6_Addons==6.11.3"):
        assert pin in pins
