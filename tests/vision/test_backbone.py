from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from hydra_desktop.domain.errors import StorageError
from hydra_desktop.vision.backbone import IDENTITY, Backbone, Features, exported, network, stack
from tests.vision.conftest import Drawn


def pictures(count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 255, (count, 224, 320, 3), dtype=np.uint8)


def test_the_exported_network_agrees_with_torch(backbone: Backbone, drawn: Drawn) -> None:
    chosen = drawn.pictures[:3]
    with torch.no_grad():
        expected = network()(torch.from_numpy(chosen))
    ours = backbone(chosen)
    for mine, theirs in zip((ours.pooled, ours.last, ours.mid, ours.fine), expected, strict=True):
        assert mine.dtype == np.float32
        assert mine.shape == tuple(theirs.shape)
        np.testing.assert_allclose(mine, theirs.numpy(), rtol=1e-4, atol=2e-4)


def test_shapes_are_those_promised(backbone: Backbone) -> None:
    features = backbone(pictures(2))
    assert features.pooled.shape == (2, 1280 + 112 + 40)
    assert features.last.shape == (2, 1280, 7, 10)
    assert features.mid.shape == (2, 112, 14, 20)
    assert features.fine.shape == (2, 40, 14, 20)
    for index, pooled in enumerate(features.pooled):
        means = np.concatenate([depth.mean(axis=(1, 2)) for depth in features.depths(index)])
        np.testing.assert_allclose(pooled, means, atol=1e-4)


def test_a_plot_has_the_same_features_in_any_batch(backbone: Backbone) -> None:
    many = pictures(11)
    together = backbone(many)
    alone = backbone(many[9:10])
    np.testing.assert_allclose(together.pooled[9], alone.pooled[0], atol=1e-5)
    np.testing.assert_allclose(together.mid[9], alone.mid[0], atol=1e-4)


def test_no_pictures_have_no_features(backbone: Backbone) -> None:
    features = backbone(stack([]))
    assert isinstance(features, Features)
    parts = (features.pooled, features.last, features.mid, features.fine)
    assert [len(part) for part in parts] == [0, 0, 0, 0]


def test_two_processes_may_export_at_once_and_say_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "HYDRA_HOME": str(tmp_path)}
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "hydra_desktop.vision.backbone"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in both:
        said = process.communicate(timeout=100)
        assert process.returncode == 0, said
        assert said == ("", "")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [f"{IDENTITY.replace(':', '-')}.onnx"]


def test_a_damaged_file_in_the_cache_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backbone: Backbone
) -> None:
    whole = exported().read_bytes()
    monkeypatch.setenv("HYDRA_HOME", str(tmp_path))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / f"{IDENTITY.replace(':', '-')}.onnx").write_bytes(whole[: len(whole) // 2])
    one = pictures(1)
    np.testing.assert_allclose(Backbone()(one).pooled, backbone(one).pooled, atol=1e-5)


def test_a_cache_that_cant_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").write_text("a file where a folder must be")
    monkeypatch.setenv("HYDRA_HOME", str(tmp_path))
    with pytest.raises(StorageError, match="set HYDRA_HOME"):
        exported()


def test_torch_stays_away_once_the_network_is_exported() -> None:
    exported()
    code = (
        "import sys; from hydra_desktop.vision.predictor import Predictor; Predictor({}); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
