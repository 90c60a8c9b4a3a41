"""What people confirmed as normal, as statistics that judging takes before the model's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from hydra_desktop.database import features, halls, model_store
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.services import reference
from hydra_desktop.services.classifying import classify
from hydra_desktop.services.evaluating import evaluate
from hydra_desktop.services.importing import import_manifest
from hydra_desktop.services.live_models import LiveModels
from hydra_desktop.services.normals import Normals
from hydra_desktop.services.progress import Progress
from hydra_desktop.services.training import train
from hydra_desktop.vision import model_file
from hydra_desktop.vision.backbone import Backbone
from hydra_desktop.vision.deviation import DESCRIBED_BY, Description, Normal, describe
from hydra_desktop.vision.model_file import Model
from hydra_desktop.vision.picture import Picture, decode_for_network
from tests.fakes import manifests


def manifest_of(folder: Path, labels: list[str], period: str, first_run: int) -> Path:
    """Pictures of a run period, each of a run of its own."""
    path = manifests.write(folder, labels, first_run=first_run)
    first, *lines = path.read_text().splitlines()
    path.write_text("\n".join([f"{first},run_period", *(f"{line},{period}" for line in lines)]))
    return path


@dataclass(frozen=True)
class Site:
    """A hall with a live model that was trained in run period A."""

    database: Database
    images: ImageStore
    folder: Path
    model: Model

    def load(self, normals: Normals | None = None) -> dict[str, Normal]:
        """The references of hump that go before the model."""
        with self.database.read() as connection:
            hall_id = halls.find(connection, "D") or 0
            found = (normals or Normals(self.images, Backbone())).load(
                connection, hall_id, {"hump": self.model}, {"hump": id(self.model)}
            )
        return found.get("hump", {})

    def train(self) -> Model:
        """A model of all that is labelled now."""
        report = train(self.database, "D", self.images, "hump", activate=False, user="ann", progress=Progress())
        with self.database.read() as connection:
            return model_file.load(model_store.file(connection, report.model_id))

    def set_reference(self, manifest: Path) -> tuple[str, ...]:
        """Confirm the plots of a manifest as normal; their content hashes."""
        return reference.set_from_manifest(
            self.database, "D", self.images, "hump", manifest, user="eva", progress=Progress()
        ).reference.content_hashes


def describe_one(picture: Picture) -> Description:
    return describe(Backbone()(picture[None]), picture[None])


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Site:
    images = ImageStore(tmp_path / "images")
    known = manifest_of(tmp_path / "a", ["Good"] * 12 + ["Bad"] * 4, "A", 11)
    import_manifest(database, "D", images, known, user="ann", progress=Progress())
    report = train(database, "D", images, "hump", activate=True, user="ann", progress=Progress())
    with database.read() as connection:
        model = model_file.load(model_store.file(connection, report.model_id))
    return Site(database, images, tmp_path, model)


def test_without_a_persons_word_the_model_knows_best_of_what_it_was_trained_on(site: Site) -> None:
    assert list(site.model.normals) == ["A"]
    assert site.load() == {}


def test_a_confirmed_reference_goes_before_the_model_until_it_is_taken_back(site: Site) -> None:
    manifest = manifest_of(site.folder / "b", [""] * 9 + ["Good"], "B", 100)
    picture = decode_for_network(manifests.png("Good", 500))

    def judged(period: str) -> tuple[np.ndarray, bool]:
        with site.database.read() as connection:
            live = LiveModels.load(connection, halls.find(connection, "D") or 0, ["hump"], site.images)
        (prediction,) = live.predictor.predict([picture], ["hump"], [period])
        return prediction.deviation, prediction.inherited

    before, inherited = judged("B")
    assert inherited
    hashes = site.set_reference(manifest)
    found = site.load()
    assert list(found) == ["B"]
    backbone = Backbone()
    pooled = [backbone(decode_for_network(site.images.read(one))[None]).pooled[0] for one in hashes]
    assert np.abs(found["B"].pooled - np.mean(pooled, axis=0)).max() < 0.2 * np.std(pooled, axis=0).max() + 0.05
    after, inherited = judged("B")
    assert not inherited
    assert not np.allclose(before, after)
    assert not judged("A")[1]
    assert judged("C")[1]
    reference.revoke(site.database, "D", "hump", run_period="B", user="eva")
    assert site.load() == {}


def test_the_persons_word_counts_in_the_period_of_the_training_too(site: Site) -> None:
    site.set_reference(manifest_of(site.folder / "again", ["Good"] * 6, "A", 50))
    found = site.load()
    assert list(found) == ["A"]
    assert not np.array_equal(found["A"].pooled, site.model.normals["A"].pooled)


def test_a_model_trained_by_the_persons_word_keeps_its_own_statistics(site: Site) -> None:
    site.set_reference(manifest_of(site.folder / "again", ["Good"] * 6, "A", 50))
    newer = replace(site, model=site.train())
    assert list(site.load()) == ["A"]
    assert newer.load() == {}
    newer.set_reference(manifest_of(site.folder / "other", ["Good"] * 6, "A", 70))
    assert list(newer.load()) == ["A"]


def test_good_plots_of_a_period_that_the_model_never_saw_count_without_a_persons_word(site: Site) -> None:
    manifest = manifest_of(site.folder / "b", ["Good"] * 10, "B", 100)
    import_manifest(site.database, "D", site.images, manifest, user="ann", progress=Progress())
    assert list(site.load()) == ["B"]


def test_a_new_period_inherits_the_newest_one_not_the_one_labelled_last(site: Site) -> None:
    older = manifest_of(site.folder / "0", ["Good"] * 10, "0", 1)  # before A, imported after the training
    import_manifest(site.database, "D", site.images, older, user="ann", progress=Progress())
    with site.database.read() as connection:
        live = LiveModels.load(connection, halls.find(connection, "D") or 0, ["hump"], site.images)
    (prediction,) = live.predictor.predict([decode_for_network(manifests.png("Good", 500))], ["hump"], ["B"])
    (of_a,) = live.predictor.predict([decode_for_network(manifests.png("Good", 500))], ["hump"], ["A"])
    assert prediction.inherited
    assert not of_a.inherited
    np.testing.assert_array_equal(prediction.deviation, of_a.deviation)


def test_measuring_takes_the_run_period_from_the_name_and_leaves_the_reference_out(site: Site) -> None:
    folder = site.folder / "RunPeriod-A"
    lines = ["file,plot_type,label"]
    for run, label in enumerate(["Good"] * 4 + ["Bad"] * 4, start=600):
        path = folder / f"Run{run:06}" / "hump_0001.png"
        path.parent.mkdir(parents=True)
        path.write_bytes(manifests.png(label, run))
        lines.append(f"{path.relative_to(site.folder)},hump,{label}")
    manifest = site.folder / "unseen.csv"
    manifest.write_text("\n".join(lines))
    measured = evaluate(site.database, "D", site.images, "hump", manifest, progress=Progress())
    # in a run period without a reference whatever deviates would be Unfamiliar
    assert measured.measured.plots == 8
    out = site.folder / "out.csv"
    report = classify(site.database, "D", site.images, [manifest], plot_type=None, csv=out, progress=Progress())
    assert ("Bad", "Confirmed") in report.verdicts
    site.set_reference(manifest)
    measured = evaluate(site.database, "D", site.images, "hump", manifest, progress=Progress())
    assert measured.left_out["in the reference"] == 4
    assert measured.measured.plots == 4


def test_references_come_in_the_order_of_time_and_are_made_once(site: Site) -> None:
    site.set_reference(manifest_of(site.folder / "c", ["Good"] * 4, "2024-09", 100))
    site.set_reference(manifest_of(site.folder / "b", ["Good"] * 4, "2025-01", 200))
    normals = Normals(site.images, Backbone())
    first = site.load(normals)
    assert list(first) == ["2024-09", "2025-01"]
    again = site.load(normals)
    assert all(again[period] is first[period] for period in first)


def test_a_bad_plot_among_the_named_ones_doesnt_become_normal(site: Site) -> None:
    # its label says nothing: somebody named it without looking
    manifest = manifest_of(site.folder / "b", [""] * 10, "B", 100)
    (site.folder / "b" / "hump_104.png").write_bytes(manifests.png("Bad", 104))
    site.set_reference(manifest)
    found = site.load()["B"]
    clean = manifest_of(site.folder / "c", [""] * 9, "C", 200)
    site.set_reference(clean)
    bad = describe_one(decode_for_network(manifests.png("Bad", 300)))
    assert found.summary(bad).mean() > 0.5 * site.load()["C"].summary(bad).mean()


def test_with_too_few_pictures_left_there_is_no_reference(site: Site) -> None:
    hashes = site.set_reference(manifest_of(site.folder / "b", ["Good"] * 3, "B", 100))
    with site.database.write() as connection:
        features.forget(connection, DESCRIBED_BY, hashes)
    for one in hashes[:2]:
        site.images.remove(one)
    assert site.load() == {}


def test_a_period_with_faulty_labels_alone_is_trained_against_its_confirmed_reference(site: Site) -> None:
    labels = ["Bad"] * 4
    import_manifest(
        site.database,
        "D",
        site.images,
        manifest_of(site.folder / "b", labels, "B", 100),
        user="ann",
        progress=Progress(),
    )
    before = site.train()
    hashes = site.set_reference(manifest_of(site.folder / "c", [""] * 12, "B", 200))
    after = site.train()
    assert before.card["references"] == {}
    assert set(after.card["references"]) == {"B"}
    assert after.card["references"]["B"] >= 10
    assert after.card["plots"] == before.card["plots"] == {"Good": 12, "Bad": 8}  # a reference isn't a label
    assert after.card["trained_on"] == before.card["trained_on"]
    backbone = Backbone()
    pooled = np.stack([backbone(decode_for_network(site.images.read(one))[None]).pooled[0] for one in hashes])
    np.testing.assert_allclose(after.normals["B"].pooled, pooled.mean(axis=0), atol=0.06)
    assert np.array_equal(before.normals["A"].pooled, after.normals["A"].pooled)
    assert (list(before.normals), list(after.normals)) == (["A"], ["A", "B"])


def test_a_plot_of_the_reference_that_somebody_labelled_bad_says_nothing_of_what_is_normal(site: Site) -> None:
    manifest = manifest_of(site.folder / "b", [""] * 12 + ["Good"] * 2, "B", 100)
    import_manifest(site.database, "D", site.images, manifest, user="ann", progress=Progress())
    site.set_reference(manifest)
    assert site.train().card["references"] == {"B": 14}
    head, first, *rest = manifest.read_text().splitlines()
    manifest.write_text("\n".join([head, first.replace(",0,,", ",0,Bad,"), *rest]))
    import_manifest(site.database, "D", site.images, manifest, user="ann", progress=Progress())
    assert site.train().card["references"] == {"B": 13}
