"""Which proposed plots deviate from the others: real features, found in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hydra_desktop.database import halls, plots
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import PlotReferenceError
from hydra_desktop.domain.plot import NewPlot, Plot, PlotName
from hydra_desktop.services import features
from hydra_desktop.services.deviating import Compared, Deviating
from hydra_desktop.services.progress import Progress
from tests.fakes import manifests

LABELS = ["Good"] * 9 + ["Bad"] + ["Good"] * 10


@pytest.fixture
def added(database: Database, tmp_path: Path) -> list[Plot]:
    """Twenty plots, the tenth of which is Bad; the last has no features."""
    images, made = ImageStore(tmp_path / "images"), []
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
        halls.ensure_plot_type(c, hall_id, "hump")
        for number, label in enumerate(LABELS):
            at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=number)
            content = images.add(manifests.png(label, number))
            plot = plots.add(c, hall_id, NewPlot(PlotName("hump", number, 1, "P"), content, at, f"{number}"), live=True)
            assert plot is not None
            made.append(plot)
    features.of_plots(database, images, [plot.content_hash for plot in made[:-1]], Progress())
    return made


def test_the_one_that_deviates_is_found(database_url: str, added: list[Plot]) -> None:
    deviating = Deviating(database_url)
    try:
        compared = deviating.find(added)
        assert compared.plots == len(added) - 1
        assert added[9].id in compared.deviating
        assert len(compared.deviating) <= len(added) // 5
        assert deviating.find(added[-1:]) == Compared()
    finally:
        deviating.close()
    with pytest.raises(PlotReferenceError, match="look at each"):
        deviating.find(added)


def test_who_asks_needs_no_network() -> None:
    code = (
        "import sys, hydra_desktop.services.deviating; "
        "print([n for n in ('torch', 'onnxruntime', 'sklearn') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_who_waits_is_let_go_when_it_is_closed(tmp_path: Path) -> None:
    deviating = Deviating(f"sqlite:///{tmp_path / 'hydra.db'}")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(deviating.find, [])
        while deviating._process is None:
            assert not asked.done(), asked.result()
        deviating.close()
        with pytest.raises(PlotReferenceError):
            asked.result(30)
