from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from hydra_desktop.sources import watched_folder
from hydra_desktop.sources.arrival import Arrival
from hydra_desktop.sources.simulated.canvas import png
from hydra_desktop.sources.watched_folder import WatchedFolder

PNG = png(np.zeros((20, 30, 3), np.uint8))
LONG_S = 10.0  # a limit, never a time that a test takes


class Watch:
    """A watched folder at work on a thread, and what it gave."""

    def __init__(self, folder: Path, **options: float) -> None:
        self.source = WatchedFolder(folder, **options)
        self.groups: queue.Queue[list[Arrival] | BaseException] = queue.Queue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        try:
            for group in self.source.arrivals(self._stop):
                self.groups.put(group)
        except BaseException as error:  # noqa: BLE001 raised again in the test
            self.groups.put(error)

    def group(self) -> list[Arrival]:
        """The next group; what went wrong on the thread is raised here."""
        given = self.groups.get(timeout=LONG_S)
        if isinstance(given, BaseException):
            raise given
        return given

    def until(self, *names: str) -> list[Arrival]:
        """All that is given until each of the names was."""
        given: list[Arrival] = []
        while not set(names) <= {arrival.relative for arrival in given}:
            given += self.group()
        return given

    def end(self) -> None:
        self._stop.set()
        self._thread.join(LONG_S)
        assert not self._thread.is_alive()


@pytest.fixture
def watch() -> Iterator[Callable[..., Watch]]:
    started: list[Watch] = []

    def start(folder: Path, **options: float) -> Watch:
        """Watch a folder; returns once the watching began, told by a first file."""
        (folder / "first.png").write_bytes(PNG)
        one = Watch(folder, **options)
        started.append(one)
        one.until("first.png")
        return one

    yield start
    for one in started:
        one.end()


def put(path: Path, data: bytes = PNG) -> None:
    """Write a file as careful programs do: under another name, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.part")
    partial.write_bytes(data)
    partial.replace(path)


def wait_for(told: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG_S
    pause = threading.Event()
    while not told():
        assert time.monotonic() < end, "it never came"
        pause.wait(0.01)


def test_what_is_there_already_comes_newest_first(tmp_path: Path) -> None:
    for age, name in enumerate(["Run2/a.png", "Run1/b.jpg", "c.PNG"]):
        put(tmp_path / name)
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    existing = WatchedFolder(tmp_path).existing()
    assert [arrival.relative for arrival in existing] == ["Run2/a.png", "Run1/b.jpg", "c.PNG"]
    assert existing[0] == Arrival(tmp_path / "Run2/a.png", "Run2/a.png", len(PNG), 10**18)
    watching = Watch(tmp_path)
    try:
        assert watching.group()[0].relative == "Run2/a.png"
    finally:
        watching.end()


def test_hidden_temporary_and_foreign_names_are_left_alone(tmp_path: Path) -> None:
    for name in (".a.png", ".hidden/b.png", "c.png.part", "d.tmp", "e.txt", "f"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(PNG)
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    assert WatchedFolder(tmp_path).existing() == []


def test_a_file_that_is_renamed_in_comes_once(tmp_path: Path, watch: Callable[..., Watch]) -> None:
    watching = watch(tmp_path)
    put(tmp_path / "a.png")
    put(tmp_path / "RunPeriod-1/Run000007/b.png")
    given = watching.until("a.png", "RunPeriod-1/Run000007/b.png")
    put(tmp_path / "last.png")
    given += watching.until("last.png")
    names = [arrival.relative for arrival in given]
    assert sorted(names) == ["RunPeriod-1/Run000007/b.png", "a.png", "last.png"]


def test_a_folder_moved_in_comes_with_all_that_is_in_it(tmp_path: Path, watch: Callable[..., Watch]) -> None:
    outside, source = tmp_path / "outside", tmp_path / "source"
    source.mkdir()
    watching = watch(source)
    put(outside / "sub/a.png")
    put(outside / "b.png")
    outside.rename(source / "Run1")
    watching.until("Run1/sub/a.png", "Run1/b.png")


def test_no_file_of_many_new_folders_is_lost(tmp_path: Path, watch: Callable[..., Watch]) -> None:
    watching = watch(tmp_path)
    names = [f"Run{run}/sub/{chunk}.png" for run in range(40) for chunk in range(3)]
    for name in names:
        put(tmp_path / name)
    watching.until(*names)


def test_other_bytes_under_the_same_name_come_again(tmp_path: Path, watch: Callable[..., Watch]) -> None:
    watching = watch(tmp_path)
    put(tmp_path / "a.png")
    watching.until("a.png")
    longer = png(np.full((40, 60, 3), 7, np.uint8))
    put(tmp_path / "a.png", longer)
    (again,) = watching.until("a.png")
    assert again.size == len(longer)


@pytest.mark.parametrize("start", [b"", PNG[:4], PNG[:8], PNG[:-1], b"\xff", b"\xff\xd8\xff\xe0half"])
def test_a_file_that_is_being_written_is_waited_for(
    tmp_path: Path, watch: Callable[..., Watch], start: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_folder, "SETTLE_S", 0.05)
    watching = watch(tmp_path)
    (tmp_path / "half.png").write_bytes(start)
    (tmp_path / "text.png").write_text("settles after the half one, and is given all the same")
    given = watching.until("text.png")
    assert [arrival.relative for arrival in given] == ["text.png"]
    (tmp_path / "half.png").write_bytes(PNG)
    (whole,) = watching.until("half.png")
    assert whole.size == len(PNG)


def test_a_file_that_stays_half_written_is_given_once_and_again_when_it_gets_whole(
    tmp_path: Path, watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_folder, "GIVE_UP_S", 0.3)
    watching = watch(tmp_path, rescan_s=0.1)
    (tmp_path / "half.png").write_bytes(PNG[:-20])
    (half,) = watching.until("half.png")
    assert half.size == len(PNG) - 20
    put(tmp_path / "other.png")
    given = watching.until("other.png")
    assert [arrival.relative for arrival in given] == ["other.png"]  # some rescans later, not told again
    with (tmp_path / "half.png").open("ab") as file:
        file.write(PNG[-20:])
    (whole,) = watching.until("half.png")
    assert whole.size == len(PNG)


def test_a_rescan_finds_what_the_system_did_not_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deaf(*_paths: Path, stop_event: threading.Event, **_options: object) -> Iterator[set[tuple[int, str]]]:
        while not stop_event.wait(0.01):
            yield set()

    monkeypatch.setattr(watched_folder.watchfiles, "watch", deaf)
    (tmp_path / "a.png").write_bytes(PNG)
    watching = Watch(tmp_path, rescan_s=0.05)
    try:
        watching.until("a.png")
        put(tmp_path / "b.png")
        watching.until("b.png")
    finally:
        watching.end()


def test_a_missing_folder_is_told_and_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched_folder, "RETRY_S", 0.02)
    folder = tmp_path / "later"
    watching = Watch(folder)
    try:
        wait_for(lambda: "later isn't there" in watching.source.trouble)
        put(folder / "a.png")
        watching.until("a.png")
        assert watching.source.trouble == ""
    finally:
        watching.end()


def test_a_folder_that_goes_is_told_soon_and_taken_up_when_it_is_back(
    tmp_path: Path, watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_folder, "RETRY_S", 0.02)
    folder = tmp_path / "source"
    folder.mkdir()
    watching = watch(folder, rescan_s=3600.0)
    shutil.rmtree(folder)
    wait_for(lambda: "isn't there" in watching.source.trouble)
    put(folder / "a.png")
    watching.until("a.png")
    put(folder / "b.png")
    watching.until("b.png")


def test_a_folder_that_is_removed_and_made_again_at_once_is_watched_on(
    tmp_path: Path, watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_folder, "RETRY_S", 0.02)
    folder = tmp_path / "source"
    folder.mkdir()
    watching = watch(folder, rescan_s=3600.0)
    shutil.rmtree(folder)
    folder.mkdir()  # often with the number that the old one had
    put(folder / "a.png")
    watching.until("a.png")
    put(folder / "b.png")
    watching.until("b.png")


def test_a_folder_that_another_takes_the_place_of_is_watched_on(
    tmp_path: Path, watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_folder, "RETRY_S", 0.02)
    folder, other = tmp_path / "source", tmp_path / "other"
    folder.mkdir()
    watching = watch(folder, rescan_s=3600.0)
    put(other / "a.png")
    folder.rename(tmp_path / "old")
    other.rename(folder)  # as when a disk is mounted there
    watching.until("a.png")
    put(folder / "b.png")
    watching.until("b.png")


def test_a_relative_folder_and_one_behind_a_link(
    tmp_path: Path, watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.chdir(tmp_path)
    for folder in (Path("real"), Path("link"), tmp_path / "link"):
        watching = watch(folder)
        put(folder / "sub" / "a.png")
        watching.until("sub/a.png")
        watching.end()
        shutil.rmtree(tmp_path / "real" / "sub")


def test_it_ends_soon_when_told(tmp_path: Path, watch: Callable[..., Watch]) -> None:
    watching = watch(tmp_path)
    watching.end()  # asserts it


def test_linked_folders_are_followed_each_folder_once(tmp_path: Path) -> None:
    source, disk = tmp_path / "source", tmp_path / "disk"
    put(source / "Run000012" / "a.png")
    put(disk / "b.png")
    (source / "Aha").symlink_to(source / "Run000012")  # as "latest" often is
    (source / "Zuletzt").symlink_to(source / "Run000012")
    (source / "Run000013").symlink_to(disk)
    (source / "Run000012" / "up").symlink_to(source)
    (disk / "round").symlink_to(disk)
    names = sorted(arrival.relative for arrival in WatchedFolder(source).existing())
    assert names == ["Run000012/a.png", "Run000013/b.png"]


def test_a_folder_that_is_linked_in_while_watching_is_watched(tmp_path: Path, watch: Callable[..., Watch]) -> None:
    source, disk = tmp_path / "source", tmp_path / "disk"
    source.mkdir()
    put(disk / "a.png")
    watching = watch(source)
    (source / "Run000013").symlink_to(disk)
    watching.until("Run000013/a.png")
    put(disk / "b.png")
    watching.until("Run000013/b.png")


def test_a_file_has_the_name_of_its_real_folder_by_whatever_name_it_is_told(
    tmp_path: Path, watch: Callable[..., Watch]
) -> None:
    source = tmp_path / "source"
    for run in range(5):
        put(source / f"Run{run}" / "a.png")
        (source / f"Alias{run}").symlink_to(source / f"Run{run}")
    watching = watch(source)
    for run in range(5):
        put(source / f"Run{run}" / "b.png")
    (source / "latest").symlink_to(source / "Run4")
    put(source / "Run5" / "b.png")
    given = watching.until(*(f"Run{run}/b.png" for run in range(6)))
    assert all(arrival.relative.startswith("Run") for arrival in given)


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder below the watched one that can't be read, between others that can."""
    for number in range(40):
        (tmp_path / "source" / f"Run{number}").mkdir(parents=True)
    folder = next(path for index, path in enumerate((tmp_path / "source").iterdir()) if index == 20)
    put(folder / "closed.png")
    folder.chmod(0)
    if os.access(folder, os.R_OK):
        folder.chmod(0o755)
        pytest.skip("this user may read every folder; the last test here runs this one as another")
    yield folder
    folder.chmod(0o755)


def test_an_unreadable_folder_is_told_by_its_name(closed: Path) -> None:
    source = WatchedFolder(closed.parent)
    put(closed.parent / "Run0" / "a.png")
    assert "a.png" in {arrival.path.name for arrival in source.existing()}
    assert source.trouble == f"The folder {closed} can't be read; check its permissions."
    closed.chmod(0o444)  # names can be read, files can't
    source.existing()
    assert f"The folder {closed} can't be read" in source.trouble
    closed.chmod(0o755)
    assert "closed.png" in {arrival.path.name for arrival in source.existing()}
    assert source.trouble == ""


def test_the_unreadable_folder_of_a_disk_itself_is_no_trouble(closed: Path) -> None:
    renamed = closed.rename(closed.with_name("lost+found"))
    source = WatchedFolder(closed.parent)
    assert source.existing() == []
    assert source.trouble == ""
    renamed.rename(closed)


@pytest.mark.parametrize("polling", ["", "true"])
def test_an_unreadable_folder_blinds_for_no_other_and_is_watched_when_mended(
    closed: Path, watch: Callable[..., Watch], polling: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_folder, "BLIND_RESCAN_S", 0.05)
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", polling)
    watching = watch(closed.parent, rescan_s=3600.0)
    wait_for(lambda: f"The folder {closed} can't be read" in watching.source.trouble)
    others = [path for path in closed.parent.iterdir() if path.is_dir() and path != closed]
    for folder in others:
        put(folder / "a.png")
    watching.until(*(f"{folder.name}/a.png" for folder in others))
    closed.chmod(0o755)
    watching.until(f"{closed.name}/closed.png")
    wait_for(lambda: watching.source.trouble == "")
    put(closed / "b.png")
    watching.until(f"{closed.name}/b.png")


def test_an_unreadable_folder_that_comes_later_ends_nothing(
    closed: Path, watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_folder, "BLIND_RESCAN_S", 0.05)
    closed.chmod(0o755)
    watching = watch(closed.parent, rescan_s=3600.0)
    later = closed.parent / "later"
    later.mkdir(mode=0)
    wait_for(lambda: f"The folder {later} can't be read" in watching.source.trouble)
    closed.chmod(0o444)
    (closed.parent / "Run41").mkdir()
    put(closed.parent / "Run41" / "a.png")
    watching.until("Run41/a.png")
    later.chmod(0o755)
    put(later / "b.png")
    watching.until("later/b.png")


def test_these_as_one_who_may_not_read_every_folder(tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("this user may not read every folder, or there is no setpriv")
    without = "-dac_override,-dac_read_search"
    root = Path(watched_folder.__file__).parents[2]
    drop = ["setpriv", f"--bounding-set={without}", f"--inh-caps={without}"]
    tests = ["pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'own'}", "-k", "unreadable", __file__]
    ran = subprocess.run(
        [*drop, sys.executable, "-m", *tests],
        cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout
    assert "skipped" not in ran.stdout
