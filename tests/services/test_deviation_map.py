"""Where a plot deviates from normal, computed by a process of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hydra_desktop.database import given_labels, halls
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import SettingsError
from hydra_desktop.services.deviation_process import DeviationProcess
from hydra_desktop.services.importing import import_manifest
from hydra_desktop.services.progress import Progress
from hydra_desktop.services.training import train
from hydra_desktop.settings import Settings
from tests.fakes import manifests


def test_a_hole_deviates_where_it_is_and_a_missing_picture_is_told(database: Database, tmp_path: Path) -> None:
    images = ImageStore(tmp_path / "images")
    manifest = manifests.write(tmp_path / "a", ["Good"] * 12 + ["Bad"] * 4)
    import_manifest(database, "D", images, manifest, user="ann", progress=Progress())
    model_id = train(database, "D", images, "hump", activate=True, user="ann", progress=Progress()).model_id
    url = database.engine.url.render_as_string(hide_password=False)
    process = DeviationProcess(Settings(url, "D", tmp_path, "here", "ann"))
    with database.read() as c:
        labelled = given_labels.current(c, halls.find(c, "D") or 0, "hump")
    found = {one.plot.name.run_number: one.plot for one in labelled}
    good, bad = (process.map(found[run].id, model_id) for run in (1, 16))
    assert good.map.shape == (28, 40)
    assert not bad.inherited
    assert bad.map.max() > 2 * good.map.max()
    across = bad.map.max(axis=0)
    assert 40 / 3 - 2 <= int(np.argmax(across)) <= 40 * 0.6 + 2  # the hole is there
    assert process.map(found[16].id, model_id) is bad
    images.remove(found[1].content_hash)
    with pytest.raises(SettingsError, match="can't be computed"):
        DeviationProcess(Settings(url, "Nowhere", tmp_path / "none", "here", "ann")).map(10**6, model_id)
