"""The queues follow all that changes a plot: what is stored of them is what the other tables say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hydra_desktop.database import halls, label_queue
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.label import Role
from hydra_desktop.domain.labeling import Choice, Mode
from hydra_desktop.domain.verdict import Status
from hydra_desktop.services import labeling
from hydra_desktop.services.importing import import_manifest
from hydra_desktop.services.labeling import Labeler
from hydra_desktop.services.progress import Progress
from tests.fakes import manifests
from tests.services import test_streams
from tests.services.test_streams import BAD, DOUBT, GOOD
from tests.views import detail_bench


def rows(c: sa.Connection) -> Sequence[Any]:
    return c.execute(sa.select(t.label_queue).order_by(t.label_queue.c.plot_id, t.label_queue.c.queue)).all()


def waiting(database: Database) -> list[tuple[int, str]]:
    """Each plot with its queues or "labelled", after seeing that building them anew changes nothing."""
    with database.write() as c:
        before = rows(c)
        label_queue.refresh(c, c.scalars(sa.select(t.plots.c.id)).all())
        assert rows(c) == before
    assert {row.plot_id for row in before} == {row.plot_id for row in before if row.queue == "every"}
    found = [(row.plot_id, row.queue if row.queue != "every" else "labelled" if row.label_id else "") for row in before]
    return sorted((plot_id, queue) for plot_id, queue in found if queue)


def take(database: Database, folder: Path, manifest: Path) -> None:
    import_manifest(database, "D", ImageStore(folder / "images"), manifest, user="ann", progress=Progress())


def test_a_plot_that_the_monitor_keeps_waits(database: Database) -> None:
    desk = test_streams.Desk(database)
    _, doubt, bad = desk.deal(GOOD, DOUBT, BAD)
    assert waiting(database) == [(doubt, "unconfirmed"), (doubt, "unlabelled"), (bad, "unlabelled")]
    with database.read() as c:
        guesses = label_queue.guesses(c, [doubt, bad])
    assert [guesses[plot_id][1].status for plot_id in (doubt, bad)] == [Status.UNCONFIRMED, Status.CONFIRMED]


def test_a_contested_plot_waits_until_the_contest_is_taken_back(database: Database, tmp_path: Path) -> None:
    site = detail_bench.make_site(database, tmp_path)
    plot, verdict = site.arrive("CDC", 101, 1, detail_bench.BAD, 1)
    ann, bob = site.service("ann"), site.service("bob")
    first = ann.contest(verdict, "HotChannel")
    second = ann.contest(verdict, "Good")  # in the place of the first
    third = bob.contest(verdict, "NoData")
    contested = [(plot.id, "contested"), (plot.id, "unlabelled")]
    assert waiting(database) == contested
    assert not bob.take_back(first.id)
    bob.take_back(second.id)
    assert waiting(database) == contested
    bob.take_back(third.id)
    assert waiting(database) == [(plot.id, "unlabelled")]


def test_imported_plots_and_labels_are_in_the_queues(database: Database, tmp_path: Path) -> None:
    manifest = manifests.write(tmp_path / "data", ["Good", "", "Bad"])
    take(database, tmp_path, manifest)
    assert [queue for _, queue in waiting(database)] == ["labelled", "unlabelled", "labelled"]
    lines = manifest.read_text().splitlines()
    manifest.write_text("\n".join([*lines[:2], lines[2] + "Bad", lines[3]]))
    take(database, tmp_path, manifest)
    assert [queue for _, queue in waiting(database)] == ["labelled"] * 3


def test_a_label_that_is_left_out_of_training_from_now_on_disagrees_with_nothing(database: Database) -> None:
    desk = test_streams.Desk(database)
    (plot_id,) = desk.deal(DOUBT)
    Labeler(database, desk.hall_id, "eva", "desk").decide(
        labeling.decision([Choice(plot_id, "Good")], Mode.SINGLE, 900)
    )
    assert (plot_id, "disagree") in waiting(database)
    for role, queues in ((Role.EXCLUDED, ["labelled"]), (Role.GOOD, ["disagree", "labelled"])):
        with database.write() as c:
            hall = halls.load(c, desk.hall_id)
            labels = tuple(
                replace(one, role=role) if one.name == "Good" else one for one in hall.plot_types["CDC"].labels
            )
            changed = replace(hall.plot_types["CDC"], labels=labels)
            halls.apply(c, desk.hall_id, replace(hall, plot_types={"CDC": changed}), user="eva")
        assert [queue for of, queue in waiting(database) if of == plot_id] == queues
