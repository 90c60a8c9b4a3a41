from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from hydra_desktop import paths
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.errors import ModelFileError, SettingsError
from hydra_desktop.services import demo, demo_models
from hydra_desktop.services.progress import Progress
from hydra_desktop.vision import model_file


def make(folder: Path, *only: str) -> int:
    return demo_models.make(folder, hall_seed=1, seed=2, only=only, progress=Progress(), good=10, each=6)


def test_models_and_their_manifest_are_made_and_made_again_the_same(tmp_path: Path) -> None:
    assert make(tmp_path / "a", "PSC_time") == 1
    (entry,) = json.loads((tmp_path / "a" / "manifest.json").read_text())["models"]
    data = (tmp_path / "a" / entry["file"]).read_bytes()
    assert entry["sha256"] == hashlib.sha256(data).hexdigest()
    assert model_file.load(data).plot_type == entry["plot_type"] == "PSC_time"
    make(tmp_path / "b", "PSC_time")
    assert (tmp_path / "b" / entry["file"]).read_bytes() == data


def test_an_unknown_plot_type_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="did you mean PSC_time"):
        make(tmp_path, "PSC_tim")


def test_the_models_that_ship_are_those_of_their_manifest_and_of_this_version() -> None:
    folder = paths.shipped("models")
    entries = json.loads((folder / "manifest.json").read_text())["models"]
    assert {entry["file"] for entry in entries} == {f"demo/{path.name}" for path in (folder / "demo").iterdir()}
    for entry in entries:
        data = (folder / entry["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry["sha256"], entry["file"]
        assert model_file.load(data).plot_type == entry["plot_type"]


def test_a_shipped_model_of_another_version_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "PSC_time.safetensors").write_bytes(b"old")
    monkeypatch.setattr(paths, "shipped", lambda _folder: tmp_path)
    with pytest.raises(ModelFileError, match=r"PSC_time\.safetensors .*hydra-desktop demo-models"):
        demo.prepare(database, 1, tmp_path)
    with pytest.raises(ModelFileError, match=r"PSC_time\.safetensors: This is no model"):
        demo_models._manifest(tmp_path, 1, 1)
