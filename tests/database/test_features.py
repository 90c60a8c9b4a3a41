"""Features of pictures: stored once, found in bulk, forgotten with what they were computed with."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from hydra_desktop.database import features
from hydra_desktop.database.connection import Database
from hydra_desktop.database.features import StoredFeatures

NET = "net:1"


def whole(name: str) -> StoredFeatures:
    return StoredFeatures(name, f"pooled of {name}".encode(), f"parts of {name}".encode())


def pooled(name: str) -> StoredFeatures:
    return StoredFeatures(name, f"pooled of {name}".encode())


def test_what_is_stored_is_found_by_picture_and_network(database: Database) -> None:
    with database.write() as c:
        features.put(c, NET, [whole("a"), pooled("b")])
        features.put(c, "net:2", [whole("c")])
        features.put(c, NET, [])
    with database.read() as c:
        assert features.get(c, NET, ["c", "b", "a", "never"]) == {"a": whole("a"), "b": pooled("b")}
        assert features.get(c, NET, []) == {}
        assert features.missing(c, NET, ["c", "b", "a", "b", "never"]) == ["c", "b", "never"]


def test_pooled_features_are_those_of_the_network_that_knows_most_of_them(database: Database) -> None:
    with database.write() as c:
        assert features.pooled(c, ["a"]) == {}
        features.put(c, NET, [whole("a"), pooled("b")])
        features.put(c, "net:2", [StoredFeatures("c", b"others"), StoredFeatures("a", b"others")])
        assert features.pooled(c, ["a", "b", "c", "never"]) in (
            {"a": pooled("a").pooled, "b": pooled("b").pooled}, {"a": b"others", "c": b"others"}
        )  # fmt: skip
        assert features.pooled(c, ["b", "never"]) == {"b": pooled("b").pooled}
        assert features.pooled(c, ["c"]) == {"c": b"others"}


def test_parts_are_added_to_what_is_there_and_never_lost(database: Database) -> None:
    with database.write() as c:
        features.put(c, NET, [pooled("a"), whole("b")])
        features.put(c, NET, [whole("a"), pooled("b")])
        features.put(c, NET, [pooled("c"), whole("c"), pooled("c")])  # equal pictures of one chunk
        assert features.get(c, NET, ["a", "b", "c"]) == {name: whole(name) for name in "abc"}


def test_thousands_are_asked_for_at_once(database: Database) -> None:
    names = [f"{number:064x}" for number in range(3 * features.SLICE + 1)]
    with database.write() as c:
        features.put(c, NET, map(whole, names[1:]))
    with database.read() as c:
        assert features.get(c, NET, names[::-1]) == {name: whole(name) for name in names[1:]}
        assert features.missing(c, NET, names) == names[:1]


def test_features_are_forgotten_by_picture(database: Database) -> None:
    with database.write() as c:
        features.put(c, NET, map(whole, "abc"))
        features.put(c, "net:2", [whole("a")])
        features.forget(c, NET, ["a", "b", "never"])
        assert set(features.get(c, NET, ["a", "b", "c"])) == {"c"}
        assert set(features.get(c, "net:2", ["a"])) == {"a"}


def test_features_of_other_networks_are_forgotten_some_at_a_time(database: Database) -> None:
    names = [f"{number:064x}" for number in range(features.SLICE + 1)]
    with database.write() as c:
        features.put(c, NET, [whole("a")])
        features.put(c, "net:0", map(whole, names))
        features.put(c, "net:2", [whole("a")])
        assert features.forget_others(c, NET)
        assert not features.forget_others(c, NET)
        assert not features.forget_others(c, NET)
        assert set(features.get(c, NET, ["a"])) == {"a"}
        assert features.missing(c, "net:0", names) == names
        assert features.missing(c, "net:2", ["a"]) == ["a"]


def test_many_who_store_the_same_pictures_never_wait_in_a_circle(
    database: Database, together: Callable[..., list[Any]]
) -> None:
    def store(seed: int) -> None:
        names = [f"{number:03d}" for number in range(100)]
        random.Random(seed).shuffle(names)
        with database.write() as c:
            features.put(c, NET, [whole(name) if seed % 2 else pooled(name) for name in names])

    together(*[lambda seed=seed: store(seed) for seed in range(6)])
    with database.read() as c:
        assert features.missing(c, NET, [f"{number:03d}" for number in range(100)]) == []
