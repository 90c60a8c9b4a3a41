"""References as a person sets, proposes, confirms and takes them back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hydra_desktop.database import features, feed, given_labels, halls, plots, references
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import PlotReferenceError, SettingsError
from hydra_desktop.domain.plot import NewPlot, Plot, PlotName
from hydra_desktop.domain.reference import LEAST, SIZE, ReferenceState
from hydra_desktop.services import reference
from hydra_desktop.services.importing import import_manifest
from hydra_desktop.services.progress import Progress
from hydra_desktop.services.reference import ReferenceReport
from hydra_desktop.vision.deviation import DESCRIBED_BY
from tests.fakes import manifests

START = datetime(2021, 8, 17, 12, tzinfo=UTC)


@pytest.fixture
def images(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "images")


@pytest.fixture
def name(database: Database, images: ImageStore) -> Callable[..., ReferenceReport]:
    """Sets the reference of hump from a manifest."""

    def set_it(manifest: Path, plot_type: str = "hump", **options: str) -> ReferenceReport:
        return reference.set_from_manifest(
            database, "D", images, plot_type, manifest, user="eva", progress=Progress(), **options
        )

    return set_it


def manifest_of(folder: Path, rows: Sequence[tuple[str, str]], first_run: int = 1) -> Path:
    """A manifest of (run period, label), each row of a run of its own."""
    path = manifests.write(folder, [label for _, label in rows], first_run=first_run)
    head, *lines = path.read_text().splitlines()
    periods = ["run_period", *(period for period, _ in rows)]
    path.write_text("\n".join(f"{line},{period}" for line, period in zip([head, *lines], periods, strict=True)))
    return path


def live(
    database: Database, images: ImageStore, run: int, count: int, period: str = "B", plot_type: str = "hump"
) -> list[Plot]:
    """Live plots of one run, a minute apart."""
    added = []
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
        halls.ensure_plot_type(c, hall_id, plot_type)
        for chunk in range(1, count + 1):
            data = f"{plot_type} {run} {chunk}".encode()
            at = START + timedelta(days=run, minutes=chunk)
            name = PlotName(plot_type, run, chunk, period)
            new = NewPlot(name, images.add(data), at, f"{plot_type}|{period}|{run}|{chunk}")
            plot = plots.add(c, hall_id, new, live=True)
            assert plot is not None
            added.append(plot)
    return added


def label(database: Database, plot: Plot, name: str, user: str = "ann") -> None:
    with database.write() as c:
        given_labels.give(c, plot.id, name, user=user, at=datetime.now(UTC), mode="single")


def test_the_rows_of_a_manifest_become_the_reference(
    database: Database, name: Callable[..., ReferenceReport], tmp_path: Path
) -> None:
    manifest = manifest_of(tmp_path / "data", [("A", "Good"), ("A", ""), ("A", "Bad"), ("A", "NoData"), ("A", "Good")])
    manifest.write_text(manifest.read_text() + "\nhump_1.png,other,1,0,Good,A\nnone.png,hump,9,0,Good,A\n")
    report = name(manifest, comment="after the gain change")
    assert report.left_out == {"labelled Bad": 1, "labelled NoData": 1, "another plot type": 1, "file missing": 1}
    one = report.reference
    assert (one.run_period, one.state, one.user, one.comment) == (
        "A",
        ReferenceState.CONFIRMED,
        "eva",
        "after the gain change",
    )
    assert [plot.name.run_number for plot in one.plots] == [1, 2, 5]
    text = report.text()
    for words in ("run period A: confirmed by eva", "3 plots of 3 runs from 1 to 5 (after the gain", "labelled Bad: 1"):
        assert words in text
    with database.read() as c:
        hall_id = halls.find(c, "D") or 0
        assert references.in_force(c, hall_id, "hump")["A"].plot_ids == one.plot_ids
        assert "other" not in halls.load(c, hall_id).plot_types  # rows of another plot type aren't imported
        assert "reference" in [change.kind for change in feed.read_after(c, hall_id, 0)]


def test_features_of_the_plots_are_there_before_a_monitor_needs_them(
    database: Database, name: Callable[..., ReferenceReport], tmp_path: Path
) -> None:
    report = name(manifest_of(tmp_path / "data", [("A", "Good"), ("A", ""), ("A", "Bad")]))
    with database.read() as c:
        assert features.missing(c, DESCRIBED_BY, report.reference.content_hashes) == []


def test_a_second_time_imports_nothing_and_leaves_labels_alone(
    database: Database, images: ImageStore, name: Callable[..., ReferenceReport], tmp_path: Path
) -> None:
    manifest = manifest_of(tmp_path / "data", [("A", "Good")] * 4)
    import_manifest(database, "D", images, manifest, user="ann", progress=Progress())
    with database.read() as c:
        first = given_labels.current(c, halls.find(c, "D") or 0, "hump")[0].plot
    label(database, first, "Bad", "ben")
    report = name(manifest)
    assert report.imported is not None
    assert (report.imported.added, report.imported.known, report.imported.labelled) == ({}, 4, 0)
    assert report.left_out == {"labelled Bad": 1}
    assert first.id not in report.reference.plot_ids
    assert len(reference.history(database, "D", "hump")) == 1


def test_equal_rows_of_which_one_is_bad_keep_their_own_labels(
    images: ImageStore, database: Database, name: Callable[..., ReferenceReport], tmp_path: Path
) -> None:
    manifest = manifest_of(tmp_path / "data", [("A", "Bad"), ("A", "Good"), ("A", "Good")])
    head, bad, good, other = manifest.read_text().splitlines()
    manifest.write_text("\n".join([head, bad, bad.replace("Bad", "Good"), good, other]))
    import_manifest(database, "D", images, manifest, user="ann", progress=Progress())
    report = name(manifest)
    assert len(report.reference.plots) == 3
    assert report.left_out == {"labelled Bad": 1}


def test_the_period_is_that_of_the_rows_unless_it_is_named(
    name: Callable[..., ReferenceReport], tmp_path: Path
) -> None:
    assert name(manifests.write(tmp_path / "none", ["", ""])).reference.run_period == ""
    two = manifest_of(tmp_path / "two", [("A", ""), ("A", ""), ("B", ""), ("C", "Bad")], first_run=10)
    with pytest.raises(PlotReferenceError, match=r"several run periods: A, B; name the one .* with --run-period\."):
        name(two)
    report = name(two, run_period="B")
    assert (report.reference.run_period, len(report.reference.plots)) == ("B", 3)
    assert "2 of its plots are of run period A" in report.text()


def test_too_few_plots_are_said_with_what_was_left_out(name: Callable[..., ReferenceReport], tmp_path: Path) -> None:
    manifest = manifests.write(tmp_path / "data", ["Good", "Bad", "Bad"])
    with pytest.raises(
        PlotReferenceError,
        match=r"A reference of hump needs 2 plots at least, better 30; manifest.csv has 1 to use "
        r"\(left out, labelled Bad: 2\)\.",
    ):
        name(manifest)
    with pytest.raises(SettingsError, match="no plot type humb in this hall; did you mean hump"):
        name(manifest, "humb")


def test_plots_that_an_expert_names(database: Database, images: ImageStore) -> None:
    chosen = live(database, images, 1, 3, "A")
    label(database, chosen[2], "Ignore")
    ids = [plot.id for plot in chosen]
    report = reference.set_from_plots(database, "D", "hump", [*ids, 10**6], user="eva")
    assert report.reference.plot_ids == tuple(ids[:2])
    assert report.left_out == {"labelled Ignore": 1, "no plot of this type": 1}
    with pytest.raises(PlotReferenceError, match="this choice has 1 to use"):
        reference.set_from_plots(database, "D", "hump", ids[1:], user="eva")
    other = live(database, images, 9, 1, "B")
    with pytest.raises(PlotReferenceError, match="These plots are of several run periods: A, B"):
        reference.set_from_plots(database, "D", "hump", [*ids, other[0].id], user="eva")


def test_a_new_period_inherits_proposes_and_is_confirmed(database: Database, images: ImageStore) -> None:
    old = live(database, images, 1, 3, "A")
    reference.set_from_plots(database, "D", "hump", [plot.id for plot in old], user="eva")
    new = live(database, images, 2, LEAST, "B")
    label(database, new[0], "Bad")
    with pytest.raises(PlotReferenceError, match="run period B: 9 steady live plots so far, 1 more are needed"):
        reference.propose(database, "D", images, "hump", user="hydra")
    new += live(database, images, 3, 12, "B")
    images.remove(new[1].content_hash)  # forgotten by itself: nobody can look at it
    report = reference.propose(database, "D", images, "hump", user="hydra")
    assert report.reference.plot_ids == tuple(plot.id for plot in new[2:])  # spare ones of the last run fill it
    assert f"{SIZE - 20} more steady plots would make it whole" in report.text()
    again = reference.propose(database, "D", images, "hump", user="hydra")
    assert again.known
    assert again.reference.id == report.reference.id
    shown = reference.show(database, "D", "hump", run_period="B")
    assert shown.in_force["B"].state is ReferenceState.INHERITED
    assert "run period B: inherited from run period A" in shown.text()
    assert "hydra-desktop reference confirm hump --run-period B" in shown.text()

    label(database, new[5], "Bad")
    confirmed = reference.confirm(database, "D", "hump", user="ann")
    assert confirmed.left_out == {"labelled Bad": 1}
    assert len(confirmed.reference.plots) == 19
    shown = reference.show(database, "D", "hump")
    assert shown.proposals == {}
    assert {period: one.user for period, one in shown.in_force.items()} == {"A": "eva", "B": "ann"}
    with pytest.raises(PlotReferenceError, match="hump has no proposal that waits; make one"):
        reference.confirm(database, "D", "hump", user="ann")


def test_what_was_taken_back_gives_way_to_what_was_before(database: Database, images: ImageStore) -> None:
    with pytest.raises(SettingsError, match="no hall D"):
        reference.revoke(database, "D", "hump", user="eva")
    chosen = [plot.id for plot in live(database, images, 1, 4, "A")]
    first = reference.set_from_plots(database, "D", "hump", chosen[:2], user="eva").reference
    second = reference.set_from_plots(database, "D", "hump", chosen[2:], user="eva").reference
    report = reference.revoke(database, "D", "hump", user="ben")
    assert (report.revoked.id, report.now and report.now.id) == (second.id, first.id)
    last, before = reference.history(database, "D", "hump")
    assert (last.revoked_by, before.revoked_by) == ("ben", None)
    said = reference.history_text("hump", [last, before]).splitlines()
    assert "taken back by ben" in said[0]
    assert said[1].startswith(f"{first.id}: run period A, confirmed by eva, ")
    assert "there is no reference now" in reference.revoke(database, "D", "hump", user="ben").text()
    with pytest.raises(PlotReferenceError, match="no reference to take back"):
        reference.revoke(database, "D", "hump", user="ben")


def test_all_proposals_of_a_period_are_confirmed_at_once(database: Database, images: ImageStore) -> None:
    with pytest.raises(SettingsError, match="no hall D"):
        reference.confirm_all(database, "D", user="eva")
    of_type = {name: live(database, images, 1, 3, "B", name) for name in ("hump", "edge", "peak", "late")}
    for name, period in (("hump", "B"), ("edge", "B"), ("peak", "B"), ("late", "C")):
        ids = [plot.id for plot in of_type[name]]
        reference.set_from_plots(
            database, "D", name, ids, run_period=period, state=ReferenceState.PROPOSED, user="hydra"
        )
    reference.confirm(database, "D", "peak", user="ann")
    for plot in of_type["hump"][:2]:
        label(database, plot, "Bad")
    with pytest.raises(PlotReferenceError, match="proposals for several run periods: B, C; name one with --run-period"):
        reference.confirm_all(database, "D", user="eva")
    with pytest.raises(PlotReferenceError, match=r"No proposal waits for run period A; make one"):
        reference.confirm_all(database, "D", run_period="A", user="eva")
    report = reference.confirm_all(database, "D", run_period="B", user="eva")
    assert [one.reference.plot_type for one in report.confirmed] == ["edge"]
    (refused,) = report.refused
    assert refused.startswith("A reference of hump needs 2 plots at least")
    assert report.text().splitlines()[0].startswith("edge, run period B: confirmed by eva, ")
    assert f"Not confirmed: {refused}" in report.text()
    assert reference.show(database, "D", "hump").proposals
    assert [one.reference.plot_type for one in reference.confirm_all(database, "D", run_period="C", user="e").confirmed]
    assert reference.show(database, "D", "peak").in_force["B"].user == "ann"


def test_several_periods_are_asked_for_by_name(database: Database, images: ImageStore) -> None:
    for period, run in (("", 1), ("B", 2)):
        ids = [plot.id for plot in live(database, images, run, 2, period)]
        reference.set_from_plots(database, "D", "hump", ids, state=ReferenceState.PROPOSED, user="hydra")
    with pytest.raises(PlotReferenceError, match=r'none, B; name one with --run-period \(--run-period "" is none\)\.'):
        reference.confirm(database, "D", "hump", user="eva")
    assert reference.confirm(database, "D", "hump", run_period="", user="eva").reference.run_period == ""
    with pytest.raises(PlotReferenceError, match="run period C, has no proposal"):
        reference.confirm(database, "D", "hump", run_period="C", user="eva")
    with pytest.raises(PlotReferenceError, match="has references for several run periods"):
        reference.revoke(database, "D", "hump", user="eva")


def test_where_there_is_nothing_it_says_what_to_do(database: Database, images: ImageStore) -> None:
    live(database, images, 1, 1)
    assert "hydra-desktop reference propose hump" in reference.show(database, "D", "hump").text()
    assert "Nobody has set" in reference.history_text("hump", reference.history(database, "D", "hump"))
    with database.write() as c:
        halls.ensure_plot_type(c, halls.find_or_create(c, "D"), "new")
    with pytest.raises(PlotReferenceError, match="new has no live plots to choose from; start the monitor"):
        reference.propose(database, "D", images, "new", user="eva")
