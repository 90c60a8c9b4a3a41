"""What the README shows works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hydra_desktop import cli

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


EXAMPLES = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_a_halls_settings_are_taken(tmp_path: Path, example: str) -> None:
    path = tmp_path / "hall.toml"
    path.write_text(example, encoding="utf-8")
    assert cli.main(["hall", "apply", str(path)]) == 0


def test_there_are_examples_of_the_halls_settings() -> None:
    assert len(EXAMPLES) == 2


def test_the_commands_of_the_readme_are_there() -> None:
    named = set(re.findall(r"^\| `([a-z]+)", README, re.MULTILINE))
    assert {"demo", "monitor", "import", "train", "evaluate", "classify", "hall", "export", "db"} <= named


def test_the_pictures_of_the_readme_are_there() -> None:
    for path in re.findall(r"!\[.*?\]\((.*?)\)", README):
        assert (Path(__file__).parent.parent / path).is_file()
