from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from hydra_desktop.domain.errors import SettingsError
from hydra_desktop.services import demo_models
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
