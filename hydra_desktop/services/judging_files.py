"""Picture files judged one after the other, without a trace in the database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..domain.errors import PictureError
from ..domain.verdict import Verdict
from ..vision.picture import Picture, decode, decode_for_network, resize
from ..vision.predictor import Prediction
from .live_models import LiveModels
from .pictures import ahead
from .progress import Progress

BATCH = 8


@dataclass(frozen=True)
class PictureFile:
    """A picture file; `name` is what it is called in what a person reads."""

    name: str
    path: Path
    plot_type: str


@dataclass(frozen=True)
class JudgedFile:
    """What came of one file; `picture` is uint8 (H, W, 3) as decoded, where that was wanted."""

    file: PictureFile
    picture: Picture | None
    verdict: Verdict
    prediction: Prediction


@dataclass(frozen=True)
class UnreadableFile:
    """A file that couldn't be judged, and why."""

    file: PictureFile
    message: str


def content_hash(path: Path) -> str | None:
    """SHA-256 of a file's bytes, None when it can't be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def judge_files(
    files: Sequence[PictureFile], models: LiveModels, progress: Progress, *, keep_pictures: bool = False
) -> Iterator[JudgedFile | UnreadableFile]:
    """Judge files in their order, in batches, while the next ones are decoded."""
    batch: list[tuple[PictureFile, _Read | UnreadableFile]] = []
    for done, one in enumerate(ahead(files, partial(_read, keep=keep_pictures)), start=1):
        batch.append(one)
        if len(batch) == BATCH or done == len(files):
            progress("judging", done / len(files))
            yield from _judge(batch, models)
            batch = []


@dataclass(frozen=True)
class _Read:
    small: Picture  # as the network takes it
    whole: Picture | None


def _read(file: PictureFile, *, keep: bool) -> _Read | UnreadableFile:
    try:
        data = file.path.read_bytes()
        if keep:
            whole = decode(data)
            return _Read(resize(whole), whole)
        return _Read(decode_for_network(data), None)
    except FileNotFoundError:
        return UnreadableFile(file, f"{file.name}: isn't there; check the name")
    except OSError as error:
        return UnreadableFile(file, f"{file.name}: can't be read ({error.strerror}); check its permissions")
    except PictureError as error:
        return UnreadableFile(file, f"{file.name}: {error}")


def _judge(
    batch: Sequence[tuple[PictureFile, _Read | UnreadableFile]], models: LiveModels
) -> Iterator[JudgedFile | UnreadableFile]:
    readable = [(file, read) for file, read in batch if not isinstance(read, UnreadableFile)]
    predictions = iter(
        models.predictor.predict([read.small for _, read in readable], [file.plot_type for file, _ in readable])
    )
    for file, read in batch:
        if isinstance(read, UnreadableFile):
            yield read
        else:
            prediction = next(predictions)
            yield JudgedFile(file, read.whole, models.verdict(prediction, file.plot_type), prediction)
