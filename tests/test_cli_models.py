"""The library by its commands, as one story."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hydra_desktop import settings
from hydra_desktop.cli import main
from tests.fakes import library_hall
from tests.fakes.library_hall import TYPES, card
from tests.fakes.upgraded import upgraded

TYPE = TYPES[0]


@pytest.fixture
def models(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Three models of the first plot type, the last one a bad one; nothing is live."""
    monkeypatch.setenv("HYDRA_HALL", library_hall.HALL)
    database = upgraded(settings.load().database_url)
    hall_id = library_hall.fill(database)
    found = [
        library_hall.add(database, hall_id, of_card=of_card) for of_card in (card(), card(missed=3), card(missed=30))
    ]
    database.close()
    return found


def run(capsys: pytest.CaptureFixture[str], *words: str | int, code: int = 0) -> str:
    """A command's answer; the message where it isn't done."""
    assert main(["models", *map(str, words)]) == code
    told = capsys.readouterr()
    return told.out if code == 0 else told.err


def test_models_go_live_and_back(models: list[int], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    first, second, bad = models
    assert "no model     3 in the library" in run(capsys, "list")
    assert f"model {first} is live now" in run(capsys, "activate", first, "--expected", "none")
    assert f"model {first} is active, since" in run(capsys, "activate", second, "--expected", "none", code=1)
    assert "takes the number of a model" in run(capsys, "activate", second, "--expected", "x", code=1)
    run(capsys, "activate", second, "--comment", "new runs")
    warned = run(capsys, "activate", bad, code=1)
    assert "misses 30 of 60 faulty plots" in warned
    assert "--in-spite" in warned
    report = tmp_path / "done.json"
    run(capsys, "activate", bad, "--in-spite", "--json", report)
    assert json.loads(report.read_text())["before_id"] == second
    assert f"rolled back, model {second} is live" in run(capsys, "rollback", TYPE)
    shelf = run(capsys, "list", TYPE, "--json", report)
    assert "(new runs)" in shelf
    assert f"a roll back goes to model {first}" in shelf
    assert [one["id"] for one in json.loads(report.read_text())["models"]] == [bad, second, first]
    assert json.loads(report.read_text())["models"][0]["held_out"]["missed"] == 30
    assert "no model is live now" in run(capsys, "deactivate", TYPE)
    assert "no active model" in run(capsys, "deactivate", TYPE, code=1)
    assert "did you mean" in run(capsys, "rollback", TYPE[:-1], code=1)


def test_a_file_goes_out_and_comes_in(models: list[int], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "x.hydra-model"
    assert str(path) in run(capsys, "export", models[0], path)
    assert f"here already: model {models[2]}" in run(capsys, "import", path, code=1)  # all three have the same bytes
    assert f"{TYPES[1]}: stored as model" in run(capsys, "import", path, "--as", TYPES[1])
    path.write_bytes(path.read_bytes()[:-5])
    assert "cut off" in run(capsys, "import", path, code=1)


def test_sets_and_shadows(models: list[int], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    first, second, bad = models
    assert "No set yet" in run(capsys, "sets", "list")
    assert "nothing to save" in run(capsys, "sets", "save", "Spring", code=1)
    run(capsys, "activate", first)
    assert "Spring is saved with 1 model" in run(capsys, "sets", "save", "Spring", "--run-period", "2026-03")
    run(capsys, "sets", "save", "Worse", "--model", bad)
    assert "both of" in run(capsys, "sets", "save", "Two", "--model", first, "--model", second, code=1)
    assert "misses 30" in run(capsys, "sets", "activate", "Worse", code=1)
    assert "of 1 plot types 1 changed" in run(capsys, "sets", "activate", "Worse", "--yes")
    report = tmp_path / "sets.json"
    assert "Worse: 1 model," in run(capsys, "sets", "list", "--json", report)
    assert [(one["name"], one["in_force"]) for one in json.loads(report.read_text())] == [
        ("Worse", True),
        ("Spring", False),
    ]
    assert f"model {bad} -> model {first}" in run(capsys, "sets", "rollback", "Worse")
    assert "judges in shadow" in run(capsys, "shadow", "on", second)
    assert f"model {second} in shadow" in run(capsys, "list")
    assert "judged no plot yet" in run(capsys, "shadow", "show", second, "--json", report)
    assert json.loads(report.read_text())["running"]
    assert "what it said is kept" in run(capsys, "shadow", "off", TYPE)
