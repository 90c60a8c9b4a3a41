"""Old pictures go, unless somebody needs them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from hydra_desktop.database import features, feed, given_labels, halls, plots
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.hall import Hall, PlotType
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.services import retention
from hydra_desktop.vision.deviation import DESCRIBED_BY

NOW = datetime(2026, 3, 20, tzinfo=UTC)


def test_only_pictures_that_nobody_needs_go(database: Database, tmp_path: Path) -> None:
    images = ImageStore(tmp_path / "images")
    ids: dict[str, int] = {}
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
        halls.apply(c, hall_id, Hall("D", plot_types={"CDC": PlotType("CDC")}), user="test")

        def add(name: str, days: float, content: bytes, *, live: bool = True) -> None:
            new = NewPlot(PlotName("CDC", 1, len(ids)), images.add(content), NOW - timedelta(days=days), name)
            plot = plots.add(c, hall_id, new, live=live)
            assert plot is not None
            ids[name] = plot.id

        add("old", 8, b"old")
        add("kept", 8, b"kept")
        add("labelled", 8, b"labelled")
        add("imported", 8, b"imported", live=False)
        add("new", 1, b"new")
        add("old, shared", 8, b"shared")
        add("new, shared", 1, b"shared")
        plots.keep(c, [ids["kept"]])
        given_labels.give(c, ids["labelled"], "Bad", user="expert", at=NOW)
        stored = [
            features.StoredFeatures(one.content_hash, b"pooled", b"parts")
            for one in map(partial(plots.get, c), ids.values())
        ]
        features.put(c, DESCRIBED_BY, stored)
        features.put(c, "an older network", stored)
    assert retention.forget(database, images, NOW) == 1
    with database.read() as c:
        hashes = [one.content_hash for one in stored]
        assert features.missing(c, DESCRIBED_BY, hashes) == hashes[:1]
        assert features.get(c, "an older network", hashes) == {}
    left = {path.read_bytes() for path in images.folder.rglob("*") if path.is_file()}
    assert left == {b"kept", b"labelled", b"imported", b"new", b"shared"}
    assert retention.forget(database, images, NOW) == 0


def test_the_old_part_of_the_feed_goes_and_positions_go_on(database: Database, tmp_path: Path) -> None:
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
        feed.publish(c, hall_id, "news", None)
    with database.read() as c:
        before = feed.position(c, hall_id)
    retention.forget(database, ImageStore(tmp_path), datetime.now(UTC) + timedelta(days=3))
    with database.write() as c:
        assert feed.read_after(c, hall_id, 0) == []
        feed.publish(c, hall_id, "news", None)
    with database.read() as c:
        assert feed.position(c, hall_id) > before
