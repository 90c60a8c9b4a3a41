"""A folder in which plots arrive; every file is given once it is complete."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import watchfiles

from .arrival import Arrival

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif"})
SETTLE_S = 0.3  # a file that doesn't tell that it is complete must be unchanged for so long
GIVE_UP_S = 10.0  # after which a half-written file is given all the same, to be told as a problem
TICK_MS = 5
RETRY_S = 1.0  # how often a folder that is missing or can't be watched is looked for
LOOK_S = 1.0  # how often it is made sure that the folder is still the same one

_PNG_START, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"

_Stamp = tuple[int, int]  # size in bytes, modification time in ns


class WatchedFolder:
    """Watches a folder and all below it.

    A PNG or JPEG is complete when its last bytes say so; any other file, also a picture in
    name only, when it hasn't changed for `SETTLE_S`. Hidden and temporary names are left alone.
    Changes are told by the system; every `rescan_s` the folder is read as well, so that nothing
    is lost where the system tells nothing, as on some network disks; where that is too late, set
    the environment variable WATCHFILES_FORCE_POLLING. A folder that goes away, or whose place
    another one takes as when a disk is mounted, is noticed within `LOOK_S`.
    """

    def __init__(self, folder: Path, rescan_s: float = 30.0) -> None:
        self._folder = folder.absolute()  # as the names are that the system tells
        self._rescan_s = rescan_s
        self._given: dict[str, _Stamp] = {}
        self._unsettled: dict[str, tuple[_Stamp, float]] = {}  # since when it has been so, monotonic seconds
        self._look_again = threading.Event()
        self.trouble = ""  # what a person should know, "" when all is well

    def look_again(self) -> None:
        """Give all files once more, soon; any thread may ask for it."""
        self._look_again.set()

    def existing(self) -> list[Arrival]:
        """All files that are there now, the newest first, half-written ones among them."""
        return sorted(self._scan(), key=lambda arrival: arrival.modified_ns, reverse=True)

    def arrivals(self, stop: threading.Event) -> Iterator[list[Arrival]]:
        """Groups of files as they get complete, the newest first in each; first what is there already.

        Ends when `stop` is set. A folder that is missing is waited for, and told in `trouble`.
        """
        while not stop.is_set():
            identity = self._identity()
            if identity is None:
                self.trouble = f"The folder {self._folder} isn't there; plots are taken as soon as it is."
                stop.wait(RETRY_S)
                continue
            self.trouble = ""
            try:
                yield from self._watch(stop, identity)
            except (OSError, RuntimeError) as error:  # the folder went away, or no more watches are to be had
                self.trouble = f"The folder {self._folder} can't be watched ({error}); trying again."
                stop.wait(RETRY_S)

    def _watch(self, stop: threading.Event, identity: tuple[int, int]) -> Iterator[list[Arrival]]:
        """Groups of files until `stop` is set or the folder is no more the one of that identity."""
        changes = watchfiles.watch(
            self._folder, stop_event=stop, step=TICK_MS, debounce=TICK_MS, rust_timeout=100, yield_on_timeout=True,
            raise_interrupt=False, watch_filter=None,
        )  # fmt: skip
        next_scan, next_look = 0.0, 0.0
        for changed in changes:
            found: dict[str, Arrival] = {}
            now = time.monotonic()
            if now >= next_look:
                next_look = now + LOOK_S
                if self._identity() != identity:
                    return  # the system watches a folder, not a name: it would tell nothing any more
            if (watchfiles.Change.deleted, str(self._folder)) in changed:
                return  # a new one of that name may have the same number
            if self._look_again.is_set():
                self._look_again.clear()
                self._given.clear()
                next_scan = now
            if now >= next_scan:
                found = {arrival.relative: arrival for arrival in self._scan()}
                self._given = {name: stamp for name, stamp in self._given.items() if name in found}
                took_s = time.monotonic() - now
                next_scan = now + max(self._rescan_s, 20 * took_s)  # a huge folder isn't read all the time
            relink = False
            for change, name in changed:
                path = self._real(Path(name))
                if path.is_symlink() and path.is_dir():
                    relink |= change is watchfiles.Change.added
                    continue
                paths = [path] if not path.is_dir() else [Path(entry) for entry in _files_below(path)]
                for one in paths:
                    arrival = self._arrival(one)
                    if arrival is not None:
                        found[arrival.relative] = arrival
            for relative in list(self._unsettled):
                if relative not in found:
                    arrival = self._arrival(self._folder / relative)
                    if arrival is None:
                        del self._unsettled[relative]
                    else:
                        found[relative] = arrival
            ready = [arrival for arrival in found.values() if self._is_ready(arrival, now)]
            if ready:
                yield sorted(ready, key=lambda arrival: arrival.modified_ns, reverse=True)
            if relink:
                return  # the system follows the links that are there when the watching begins

    def _is_ready(self, arrival: Arrival, now: float) -> bool:
        stamp = (arrival.size, arrival.modified_ns)
        if self._given.get(arrival.relative) == stamp:
            self._unsettled.pop(arrival.relative, None)
            return False
        complete = _says_complete(arrival.path)
        before, since = self._unsettled.get(arrival.relative, (stamp, now))
        if before != stamp:
            since = now
        if complete or now - since >= (SETTLE_S if complete is None else GIVE_UP_S):
            self._unsettled.pop(arrival.relative, None)
            self._given[arrival.relative] = stamp
            return True
        self._unsettled[arrival.relative] = (stamp, since)
        return False

    def _identity(self) -> tuple[int, int] | None:
        """Which folder it is that has the name now, None when there is none."""
        try:
            status = self._folder.stat()
        except OSError:
            return None
        return (status.st_dev, status.st_ino) if stat.S_ISDIR(status.st_mode) else None

    def _real(self, path: Path) -> Path:
        """The path by the name of its real folder, where that is below the watched one too."""
        parent, folder = path.parent.resolve(), self._folder.resolve()
        return self._folder / parent.relative_to(folder) / path.name if parent.is_relative_to(folder) else path

    def _scan(self) -> Iterator[Arrival]:
        for name in _files_below(self._folder):
            arrival = self._arrival(Path(name))
            if arrival is not None:
                yield arrival

    def _arrival(self, path: Path) -> Arrival | None:
        relative = path.relative_to(self._folder)
        if path.suffix.lower() not in SUFFIXES or any(part.startswith(".") for part in relative.parts):
            return None
        try:
            status = path.stat()
        except OSError:
            return None  # removed meanwhile
        if not os.path.isfile(path):  # noqa: PTH113 cheaper here, and a FIFO is none
            return None
        return Arrival(path, relative.as_posix(), status.st_size, status.st_mtime_ns)


def _files_below(folder: Path) -> Iterator[str]:
    """All files below, also through links to folders; one with several names has that which is no link."""
    seen: set[tuple[int, int]] = set()
    links = deque([str(folder)])
    while links:
        for place, folders, files in os.walk(links.popleft()):
            try:
                status = os.stat(place)  # noqa: PTH116 many of them
            except OSError:
                continue  # removed meanwhile
            if (status.st_dev, status.st_ino) in seen:
                folders.clear()
                continue
            seen.add((status.st_dev, status.st_ino))
            folders[:] = [name for name in folders if not name.startswith(".")]
            below = [os.path.join(place, name) for name in folders]  # noqa: PTH118
            links += [one for one in below if os.path.islink(one)]  # noqa: PTH114 which the walk itself doesn't follow
            for name in files:
                yield os.path.join(place, name)  # noqa: PTH118 half a million of them


def _says_complete(path: Path) -> bool | None:
    """Whether the last bytes say that a picture is complete; None when this kind of file can't tell.

    A file that is empty, or ends within the first bytes of a PNG or JPEG, has only been begun.
    """
    try:
        with path.open("rb") as file:
            start = file.read(8)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 8))
            end = file.read(8)
    except OSError:
        return None
    if _PNG_START.startswith(start):
        return end == _PNG_END
    if _JPEG_START.startswith(start[:2]):
        return end.rstrip(b"\0").endswith(_JPEG_END)
    return None
