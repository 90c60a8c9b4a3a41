"""A new run period proposes its first steady plots: real files, a real model, a real database."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Connection

from hydra_desktop import settings
from hydra_desktop.database import features, halls, references, verdicts, wall
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.condition import tell_without_reference
from hydra_desktop.domain.reference import SIZE, Reference, ReferenceState, WithoutReference
from hydra_desktop.domain.wall import WallSnapshot
from hydra_desktop.services import monitor as monitor_module
from hydra_desktop.services import notices, reference
from hydra_desktop.services.importing import import_manifest
from hydra_desktop.services.monitor import Monitor
from hydra_desktop.services.progress import Progress
from hydra_desktop.services.training import train
from hydra_desktop.vision.deviation import DESCRIBED_BY
from tests.conftest import wait_for
from tests.fakes import manifests

PERIOD, FOLDER = "2026-03", "RunPeriod-2026-03"


@dataclass
class Site:
    """A hall whose model of hump was trained in an older run period."""

    settings: settings.Settings
    database: Database
    source: Path
    written: int = 0

    def write(self, labels: Sequence[str], run: int) -> None:
        """Files of a new run, one chunk after another."""
        folder = self.source / FOLDER / f"Run{run:06d}"
        folder.mkdir(parents=True)
        for chunk, label in enumerate(labels, start=1):
            self.written += 1
            (folder / f"hump_{chunk:04d}.png").write_bytes(manifests.png(label, 1000 + self.written))

    def judge(self) -> None:
        """What a monitor does with all files that are new."""
        Monitor(self.settings, self.source).run(once=True)

    @property
    def hall_id(self) -> int:
        with self.database.read() as c:
            return halls.find(c, "D") or 0

    def snapshot(self) -> WallSnapshot:
        with self.database.read() as c:
            return wall.load(c, self.hall_id)

    def proposal(self) -> Reference | None:
        with self.database.read() as c:
            return references.proposals(c, self.hall_id, "hump").get(PERIOD)

    def past(self) -> list[ReferenceState]:
        """What was ever set, newest first."""
        return [one.reference.state for one in reference.history(self.database, "D", "hump")]

    def newest(self) -> tuple[str, str]:
        """Status and label of the newest plot's verdict."""
        (panel,) = self.snapshot().panels
        assert panel.verdict is not None
        return panel.verdict.status.value, panel.verdict.label


@pytest.fixture
def site(database: Database, database_url: str, tmp_path: Path) -> Site:
    chosen = settings.load(database_url, "D")
    images = ImageStore(chosen.image_folder)
    known = manifests.write(tmp_path / "known", ["Good"] * 20 + ["Bad"] * 12)
    first, *lines = known.read_text().splitlines()
    known.write_text("\n".join([f"{first},run_period", *(f"{line},2025-09" for line in lines)]))
    import_manifest(database, "D", images, known, user="ann", progress=Progress())
    train(database, "D", images, "hump", activate=True, user="ann", progress=Progress())
    source = tmp_path / "source"
    source.mkdir()
    return Site(chosen, database, source)


GOOD = ["Good"]
TENTH_BAD = (GOOD * 9 + ["Bad"]) * 4


def test_a_new_period_proposes_its_first_steady_plots_and_confirmed_they_judge(site: Site) -> None:
    site.write(GOOD * (SIZE - 1), 200)
    site.judge()
    assert site.past() == []
    assert site.snapshot().without_reference == (WithoutReference("hump", PERIOD),)
    site.write(["Bad"], 201)
    site.judge()
    assert site.newest()[0] == "Unfamiliar"  # nobody has said yet what is normal here
    site.write(GOOD * 3, 202)
    site.judge()
    proposal = site.proposal()
    assert proposal is not None
    assert (len(proposal.plots), proposal.user) == (SIZE, "monitor")
    assert all(plot.kept for plot in proposal.plots)
    with site.database.read() as c:  # so that nothing has to be decoded when it is confirmed
        assert features.missing(c, DESCRIBED_BY, proposal.content_hashes) == []
    snapshot = site.snapshot()
    assert snapshot.without_reference == (WithoutReference("hump", PERIOD, proposed=True),)
    (line,) = tell_without_reference(snapshot.without_reference)
    assert f"hydra-desktop reference confirm hump --run-period {PERIOD}" in line
    assert f"reference confirm hump --run-period {PERIOD}" in reference.show(site.database, "D", "hump").text()

    reference.confirm(site.database, "D", "hump", run_period=PERIOD, user="eva")
    assert site.snapshot().without_reference == ()
    site.write(["Bad"], 203)
    site.judge()
    assert site.newest() == ("Confirmed", "Bad")
    assert site.snapshot().without_reference == ()
    assert site.past() == [ReferenceState.CONFIRMED, ReferenceState.PROPOSED]


def test_one_bad_plot_in_ten_is_not_proposed(site: Site) -> None:
    for run in range(4):
        site.write(TENTH_BAD[:10], 200 + run)
    site.judge()
    proposal = site.proposal()
    assert proposal is not None
    assert len(proposal.plots) == SIZE
    assert [plot.name.chunk for plot in proposal.plots].count(10) == 0


def test_what_a_person_rejected_is_not_proposed_again(site: Site) -> None:
    site.write(GOOD * SIZE, 200)
    site.judge()
    assert site.past() == [ReferenceState.PROPOSED]
    reference.revoke(site.database, "D", "hump", run_period=PERIOD, user="eva")
    site.write(GOOD * SIZE, 201)
    site.judge()
    assert site.proposal() is None
    assert site.past() == [ReferenceState.PROPOSED]


def test_without_beam_and_in_a_period_that_the_model_knows_nothing_is_proposed(site: Site) -> None:
    notices.switch_beam(site.database, site.hall_id, False)
    site.write(GOOD * (SIZE + 2), 200)
    site.judge()
    assert site.past() == []
    with site.database.read() as c:  # of plots that aren't kept nothing more is stored than ever
        stored = [one.plot for one in wall.history(c, site.hall_id, "hump")]
        lacking = features.missing(c, DESCRIBED_BY, [plot.content_hash for plot in stored])
    assert lacking
    assert set(lacking) == {plot.content_hash for plot in stored if not plot.kept}
    (site.source / FOLDER).rename(site.source / "RunPeriod-2025-09")
    notices.switch_beam(site.database, site.hall_id, True)
    site.judge()
    assert site.past() == []
    assert site.snapshot().without_reference == ()


def test_a_monitor_at_work_proposes_while_it_judges(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor_module, "PROPOSE_EVERY_S", 0.2)
    monitor = Monitor(site.settings, site.source)
    thread = threading.Thread(target=monitor.run)
    thread.start()
    try:
        site.write(GOOD * SIZE, 200)
        wait_for(site.database, "D", lambda _c, _hall_id: site.proposal() is not None)
        reference.confirm(site.database, "D", "hump", run_period=PERIOD, user="eva")
        judged = 0

        def bad_is_confirmed(c: Connection, hall_id: int) -> bool:
            nonlocal judged  # until the monitor has taken the reference over
            count = verdicts.count(c, hall_id)
            if count >= SIZE + judged:
                judged += 1
                site.write(["Bad"], 200 + judged)
            return site.newest() == ("Confirmed", "Bad")

        wait_for(site.database, "D", bad_is_confirmed)
    finally:
        monitor.stop()
        thread.join()
    assert site.past() == [ReferenceState.CONFIRMED, ReferenceState.PROPOSED]
