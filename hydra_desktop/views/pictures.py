"""Pictures of plots: decoded and scaled on other threads to the size shown, in a bounded cache."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Container
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage

from ..domain.evidence import colour

MOST_PICTURES = 800
MOST_MEGAPIXELS = 60
MANY = 100  # from so many pictures on, a start or another size, two threads fetch them
AGAIN_S = 10.0  # after which what couldn't be read just then is tried again
NICENESS = 3  # before the monitor: a thread that waits for it with the interpreter's lock holds the screen up

Evidence = Callable[[int, str], "np.ndarray | None"]


@dataclass(frozen=True)
class PictureKey:
    """What is shown: a plot's picture at a size, with the evidence of a verdict for a label or without."""

    path: Path
    width: int
    height: int
    verdict_id: int | None = None
    label: str = ""

    @classmethod
    def fitting(cls, folder: Path, content_hash: str, room: QSize, ratio: float) -> PictureKey:
        """A plot's picture from the image store's folder, for a room of a screen with that pixel ratio."""
        width, height = (max(1, round(side * ratio)) for side in (room.width(), room.height()))
        return cls(folder / content_hash[:2] / content_hash, width, height)


@dataclass(frozen=True)
class Shown:
    """A picture ready to paint; `grey` and `evidence` are null without an evidence map."""

    plot: QImage
    grey: QImage
    evidence: QImage
    problem: str = ""
    is_whole: bool = True  # False where the database or the disk was away


class Pictures(QObject):
    """Fetches pictures in the background; `ready` tells that one can be painted now."""

    ready = Signal(object)

    def __init__(self, evidence: Evidence, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._evidence = evidence
        self._cache: OrderedDict[PictureKey, Shown] = OrderedDict()
        self._wanted: dict[PictureKey, Future[None]] = {}
        self._pixels = 0
        self._partial: dict[PictureKey, float] = {}  # since when what couldn't be read is shown without it
        # not QThreadPool: PySide keeps every QRunnable for ever that can be taken back (1.2 KB for each picture)
        self._pool, self._second = ThreadPoolExecutor(1, "pictures"), ThreadPoolExecutor(1, "more pictures")
        self._closed = False
        self._signals = _Signals(self)
        self._signals.done.connect(self._take)

    @property
    def busy(self) -> bool:
        """Whether pictures are still to come."""
        return bool(self._wanted)

    def get(self, key: PictureKey) -> Shown | None:
        """The picture if it is there; else it is fetched, and `ready` tells when it has come."""
        shown = self._cache.get(key)
        if shown is not None:
            self._cache.move_to_end(key)
            return shown
        if key not in self._wanted and not self._closed:
            many = len(self._wanted) >= MANY and len(self._wanted) % 2
            self._wanted[key] = (self._second if many else self._pool).submit(
                _fetch, key, self._evidence, self._signals
            )
        return None

    def have(self, key: PictureKey | None) -> Shown | None:
        """The picture if it is there; nothing is fetched."""
        return self._cache.get(key) if key is not None else None

    def forget_waiting(self, keys: Container[PictureKey] | None = None) -> None:
        """Drop what was asked for but isn't needed any more, after a scroll or another size: all, or these."""
        for key, fetch in list(self._wanted.items()):
            if (keys is None or key in keys) and fetch.cancel():
                del self._wanted[key]

    def forget_partial(self) -> bool:
        """Forget what couldn't be read some time ago; whether there was any, which is then to be asked for again."""
        now = time.monotonic()
        due = [key for key, since in self._partial.items() if now - since > AGAIN_S]
        for key in due:
            del self._partial[key]
            if self._cache.pop(key, None) is not None:
                self._pixels -= key.width * key.height
        return bool(due)

    def close(self) -> None:
        """End all work."""
        self._closed = True
        for pool in (self._pool, self._second):
            pool.shutdown(cancel_futures=True)

    def _take(self, key: PictureKey, shown: Shown) -> None:
        self._wanted.pop(key, None)
        self._cache[key] = shown
        if not shown.is_whole:
            self._partial[key] = time.monotonic()
        self._pixels += key.width * key.height
        while len(self._cache) > 1 and (len(self._cache) > MOST_PICTURES or self._pixels > MOST_MEGAPIXELS * 1_000_000):
            old, _ = self._cache.popitem(last=False)
            self._pixels -= old.width * old.height
            self._partial.pop(old, None)
        self.ready.emit(key)


class _Signals(QObject):
    done = Signal(object, object)


def _fetch(key: PictureKey, evidence: Evidence, signals: _Signals) -> None:
    shown = _load(key, evidence)
    try:
        signals.done.emit(key, shown)
    except RuntimeError:
        return  # the window was closed meanwhile


def _load(key: PictureKey, evidence: Evidence) -> Shown:
    _step_back()
    try:
        plot = _decode(key)
    except FileNotFoundError:
        return Shown(QImage(), QImage(), QImage(), "the picture isn't in the image store any more")
    except (OSError, SyntaxError, ValueError):
        return Shown(QImage(), QImage(), QImage(), "the picture can't be read now", is_whole=False)
    if key.verdict_id is None:
        return Shown(plot, QImage(), QImage())
    try:
        found = evidence(key.verdict_id, key.label)
    except Exception:  # noqa: BLE001 a wall without its overlay is still a wall
        return Shown(plot, QImage(), QImage(), is_whole=False)
    if found is None:
        return Shown(plot, QImage(), QImage())
    coloured = np.ascontiguousarray(colour(found))
    height, width = coloured.shape[:2]
    small = QImage(coloured.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    large = small.scaled(plot.size(), Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    grey = plot.convertToFormat(QImage.Format.Format_Grayscale8).convertToFormat(QImage.Format.Format_RGB32)
    return Shown(plot, grey, large.convertToFormat(QImage.Format.Format_RGB32))


def _decode(key: PictureKey) -> QImage:
    """The picture at the size shown; by Pillow, which lets the screen's thread run meanwhile."""
    with Image.open(key.path) as opened:
        opened.load()
        picture = opened if opened.mode == "RGB" else opened.convert("RGB")
    ratio = min(key.width / picture.width, key.height / picture.height)
    size = (max(1, round(picture.width * ratio)), max(1, round(picture.height * ratio)))
    shrink = int(1 / ratio)
    if shrink >= 2:
        picture = picture.reduce(shrink)
    picture = picture.resize(size, Image.Resampling.BILINEAR)
    data = picture.tobytes("raw", "BGRX")
    return QImage(data, size[0], size[1], 4 * size[0], QImage.Format.Format_RGB32).copy()


_thread = threading.local()


def _step_back() -> None:
    """Let the screen's own thread go first; on Linux niceness is a thread's."""
    if sys.platform == "linux" and not getattr(_thread, "is_nice", False):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        _thread.is_nice = True
