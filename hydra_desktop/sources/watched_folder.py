"""A folder in which plots arrive; every file is given once it is complete."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import watchfiles

from .arrival import Arrival

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif"})
SETTLE_S = 0.3  # a file that doesn't tell that it is complete must be unchanged for so long
GIVE_UP_S = 10.0  # after which a half-written file is given all the same, to be told as a problem
TICK_MS = 5
RETRY_S = 1.0  # how often a folder that is missing or can't be watched is looked for
LOOK_S = 1.0  # how often it is made sure that the folder is still the same one
BLIND_RESCAN_S = 2.0  # between rescans while the system can't tell of all changes
FOREIGN = "lost+found"  # in the root of a disk, unreadable by design

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
    another one takes as when a disk is mounted, is noticed within `LOOK_S`. Where folders can't be
    read or watched, the rest is read every `BLIND_RESCAN_S`.
    """

    def __init__(self, folder: Path, rescan_s: float = 30.0) -> None:
        self._folder = folder.absolute()  # as the names are that the system tells
        self._rescan_s = rescan_s
        self._given: dict[str, _Stamp] = {}
        self._unsettled: dict[str, tuple[_Stamp, float]] = {}  # since when it has been so, monotonic seconds
        self._look_again = threading.Event()
        self._unreadable: set[str] = set()
        self._deaf = ""  # why the system tells of no changes
        self._tells_all = True
        self.trouble = ""  # what a person should know, "" when all is well

    def look_again(self) -> None:
        """Give all files once more, soon; any thread may ask for it."""
        self._look_again.set()

    def existing(self) -> list[Arrival]:
        """All files that are there now, the newest first, half-written ones among them."""
        found = sorted(self._scan(), key=lambda arrival: arrival.modified_ns, reverse=True)
        self._tell()
        return found

    def arrivals(self, stop: threading.Event) -> Iterator[list[Arrival]]:
        """Groups of files as they get complete, the newest first in each; first what is there already.

        Ends when `stop` is set. A folder that is missing is waited for, and told in `trouble`, as are
        those below that can't be read.
        """
        while not stop.is_set():
            identity = self._identity()
            if identity is None:
                self.trouble = f"The folder {self._folder} isn't there; plots are taken as soon as it is."
                self._deaf = ""
                stop.wait(RETRY_S)
                continue
            try:
                yield from self._watch(stop, identity)
            except (OSError, RuntimeError) as error:  # such as a ring of links
                self.trouble = f"The folder {self._folder} can't be watched ({error}); trying again."
                stop.wait(RETRY_S)

    def _tell(self) -> None:
        """Say in `trouble` what a person should know now."""
        told = [self._deaf] if self._deaf else []
        if self._unreadable:
            first, *others = sorted(self._unreadable)
            more = f" (and {len(others)} more)" if others else ""
            told.append(f"The folder {first}{more} can't be read; check its permissions.")
        self.trouble = " ".join(told)

    def _changes(self, stop: threading.Event) -> Iterator[set[tuple[watchfiles.Change, str]]]:
        """What the system tells, an empty set at least every 100 ms; only those if it can't tell anything."""
        for all_of_it in (True, False):  # beyond a folder that may not be read, the system doesn't watch those after it
            try:
                for changed in watchfiles.watch(
                    self._folder, stop_event=stop, step=TICK_MS, debounce=TICK_MS, rust_timeout=100,
                    yield_on_timeout=True, raise_interrupt=False, watch_filter=None,
                    ignore_permission_denied=not all_of_it,
                ):  # fmt: skip
                    self._tells_all, self._deaf = all_of_it, ""
                    yield changed
                return
            except (OSError, RuntimeError) as error:  # or the folder went away, or no more watches are to be had
                why = str(error)
        self._tells_all = False
        self._deaf = f"Changes in {self._folder} can't be watched ({why}); it is read every few seconds instead."
        while not stop.wait(0.1):
            yield set()

    def _watch(self, stop: threading.Event, identity: tuple[int, int]) -> Iterator[list[Arrival]]:
        """Groups of files until `stop` is set or the folder is no more the one of that identity."""
        next_scan, next_look, took_s = 0.0, 0.0, 0.0
        for changed in self._changes(stop):
            found: dict[str, Arrival] = {}
            again = False
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
                if self._deaf and next_scan:
                    return  # perhaps it can be watched now
                unreadable = self._unreadable
                found = {arrival.relative: arrival for arrival in self._scan()}
                self._given = {name: stamp for name, stamp in self._given.items() if name in found}
                again = not unreadable <= self._unreadable  # the system doesn't watch what became readable
                took_s = time.monotonic() - now
                next_scan = now + max(self._rescan_s, 20 * took_s)  # a huge folder isn't read all the time
            for change, name in changed:
                path = self._real(Path(name))
                is_folder = os.path.isdir(path)  # noqa: PTH112 False where Path.is_dir raises
                if is_folder and path.is_symlink():
                    again |= change is watchfiles.Change.added  # the system follows links only from the start
                    continue
                paths = [path] if not is_folder else [Path(entry) for entry in _files_below(path, self._failed)]
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
            self._tell()
            if self._unreadable or not self._tells_all:
                next_scan = min(next_scan, now + max(BLIND_RESCAN_S, 20 * took_s))
            ready = [arrival for arrival in found.values() if self._is_ready(arrival, now)]
            if ready:
                yield sorted(ready, key=lambda arrival: arrival.modified_ns, reverse=True)
            if again:
                return

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
        self._unreadable = set()
        for name in _files_below(self._folder, self._failed):
            arrival = self._arrival(Path(name))
            if arrival is not None:
                yield arrival

    def _arrival(self, path: Path) -> Arrival | None:
        relative = path.relative_to(self._folder)
        if path.suffix.lower() not in SUFFIXES or any(part.startswith(".") for part in relative.parts):
            return None
        try:
            status = path.stat()
        except PermissionError:
            self._unreadable.add(str(path.parent))
            return None
        except OSError:
            return None  # removed meanwhile
        if not os.path.isfile(path):  # noqa: PTH113 cheaper here, and a FIFO is none
            return None
        return Arrival(path, relative.as_posix(), status.st_size, status.st_mtime_ns)

    def _failed(self, error: OSError) -> None:
        """Note a folder that can't be read, if it wasn't just removed."""
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            self._unreadable.add(str(error.filename))


def _files_below(folder: Path, failed: Callable[[OSError], None]) -> Iterator[str]:
    """All files below, also through links to folders; one with several names has that which is no link.

    Every folder that can't be read is told to `failed`.
    """
    seen: set[tuple[int, int]] = set()
    links = deque([str(folder)])
    while links:
        for place, folders, files in os.walk(links.popleft(), onerror=failed):
            try:
                status = os.stat(place)  # noqa: PTH116 many of them
            except OSError:
                continue  # removed meanwhile
            if (status.st_dev, status.st_ino) in seen:
                folders.clear()
                continue
            seen.add((status.st_dev, status.st_ino))
            folders[:] = [name for name in folders if not name.startswith(".") and name != FOREIGN]
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
