"""Guesses for plots that were imported without a label."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from hydra_desktop.database import tables as t
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import SettingsError
from hydra_desktop.domain.labeling import Queue
from hydra_desktop.services.guessing import guess
from hydra_desktop.services.importing import import_manifest
from hydra_desktop.services.label_pages import Ask, LabelPages
from hydra_desktop.services.progress import Progress
from hydra_desktop.services.training import train
from tests.fakes import manifests
from tests.fakes.upgraded import upgraded


def test_the_active_model_guesses_what_nobody_has_judged(tmp_path: Path) -> None:
    database, images = (
        upgraded(f"sqlite:///{tmp_path / 'hydra.db'}"),
        ImageStore(tmp_path / "images"),
    )

    def take(labels: list[str], first_run: int) -> None:
        manifest = manifests.write(tmp_path / f"data{first_run}", labels, first_run=first_run)
        import_manifest(database, "D", images, manifest, user="ann", progress=Progress())

    take(["Good"] * 12 + ["Bad"] * 8 + ["NoData"] * 4, 1)
    with pytest.raises(SettingsError, match="hydra-desktop train hump --activate"):
        guess(database, "D", images, "hump", progress=Progress())
    train(database, "D", images, "hump", activate=True, user="ann", progress=Progress())
    take([""] * 6, 100)
    report = guess(database, "D", images, "hump", progress=Progress())
    assert (report.guessed, report.refused) == (6, ())
    with database.read() as c:
        assert c.scalar(sa.select(sa.func.count()).select_from(t.verdicts).where(t.verdicts.c.live)) == 0
    page = LabelPages(database, 1, "ann", "desk").page(Ask("hump", Queue.UNLABELLED, 10, stacks=False, blind_share=0))
    assert len(page.items) == 6
    assert all(item.shown_guess in ("Good", "Bad", "NoData") for item in page.items)
    again = guess(database, "D", images, "hump", progress=Progress())
    assert again.guessed == 0
    assert "every unlabelled plot has a guess already" in again.text()
    with pytest.raises(SettingsError):
        guess(database, "D", images, "bump", progress=Progress())
    database.close()
