"""The image store: a picture is there whole or not at all, and once."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import StorageError

PICTURE = b"a picture" * 100_000


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_picture_is_kept_once_under_its_hash(tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "images")
    name = store.add(PICTURE)
    before = store.path(name).stat()
    assert store.add(PICTURE) == name == hashlib.sha256(PICTURE).hexdigest()
    assert store.path(name).stat().st_mtime_ns == before.st_mtime_ns
    assert files(store.folder) == [store.path(name)]
    assert store.read(name) == PICTURE
    assert store.path(name).stat().st_mode & 0o444 == 0o444


def test_many_that_add_the_same_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "images")
    start = threading.Barrier(8)
    seen: list[bytes] = []

    def add() -> None:
        start.wait(20)
        seen.append(store.read(store.add(PICTURE)))  # whoever sees it sees all of it

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [PICTURE] * 8
    assert len(files(store.folder)) == 1


def test_what_cannot_be_written_says_where_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.write_text("a file stands where the folder should be")
    with pytest.raises(StorageError, match="can't be written") as told:
        ImageStore(folder).add(PICTURE)
    assert str(folder) in str(told.value)
    assert files(tmp_path) == [folder]


def test_a_write_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "images")
    name = hashlib.sha256(PICTURE).hexdigest()
    store.path(name).parent.mkdir(parents=True)
    (store.path(name).parent / ".new-of-a-killed-process").write_bytes(PICTURE[:10])
    assert not store.has(name)
    assert store.add(PICTURE) == name
    assert store.read(name) == PICTURE


def test_a_picture_that_is_gone_says_so(tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "images")
    name = store.add(PICTURE)
    for _ in range(2):
        store.remove(name)
    assert not store.has(name)
    with pytest.raises(StorageError, match="was the folder moved"):
        store.read(name)


def test_a_picture_cut_short_by_a_power_cut_is_mended_by_the_next_arrival(tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "images")
    content_hash = store.add(b"picture")
    store.path(content_hash).write_bytes(b"")
    assert store.add(b"picture") == content_hash
    assert store.read(content_hash) == b"picture"
